/* SPDX-License-Identifier: Apache-2.0 */
#include "node/options.h"

#include "testing.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

static void no_option_runs_a_node(void **state)
{
    char name[] = "assayd";
    char *argv[] = {name};
    struct node_options options;
    (void)state;

    assert_true(node_options_parse(1, argv, &options));
    assert_int_equal(options.task, NODE_RUN);
    assert_null(options.config);
    assert_int_equal(options.setting_count, 0);
}

static void options_win_over_the_defaults(void **state)
{
    char args[][32] = {"assayd",           "--listen", "127.0.0.1:0",
                       "--listen=[::1]:0", "--accept", "open",
                       "--ready-file",     "r"};
    char *argv[COUNT(args)];
    struct node_options options;
    struct node_config config;
    struct node_config_fault fault;
    (void)state;

    for (int i = 0; i < COUNT(args); i++) {
        argv[i] = args[i];
    }
    assert_true(node_options_parse(COUNT(args), argv, &options));
    assert_string_equal(options.ready_file, "r");
    assert_int_equal(node_options_config(&options, &config, &fault), ASSAY_OK);
    assert_int_equal(config.listen.count, 2);
    assert_string_equal(config.listen.items[0].host, "127.0.0.1");
    assert_string_equal(config.listen.items[1].host, "::1");
    assert_int_equal(config.accept, NODE_ACCEPT_OPEN);
    node_config_clear(&config);
}

static void refuses_what_it_does_not_know(void **state)
{
    static const char *const bad[][2] = {
        {"--nonsense", NULL}, {"-h", NULL},       {"run", NULL},
        {"--config", NULL},   {"--help=x", NULL}, {"--", NULL},
        {"--listen", NULL},   {"--confi", "x"},
    };
    (void)state;

    for (int i = 0; i < COUNT(bad); i++) {
        char name[] = "assayd";
        char first[32];
        char second[32];
        char *argv[] = {name, first, second};
        struct node_options options;

        (void)snprintf(first, sizeof(first), "%s", bad[i][0]);
        (void)snprintf(second, sizeof(second), "%s",
                       bad[i][1] == NULL ? "" : bad[i][1]);
        assert_false(
            node_options_parse(bad[i][1] == NULL ? 2 : 3, argv, &options));
    }
}

/* Line 0: it was not the file. */
static void a_bad_value_is_told(void **state)
{
    char args[][32] = {"assayd", "--log", "loud"};
    char *argv[] = {args[0], args[1], args[2]};
    struct node_options options;
    struct node_config config;
    struct node_config_fault fault = {9, ""};
    (void)state;

    assert_true(node_options_parse(3, argv, &options));
    assert_int_equal(node_options_config(&options, &config, &fault),
                     ASSAY_E_MALFORMED);
    assert_int_equal(fault.line, 0);
    assert_non_null(strstr(fault.text, "loud"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_option_runs_a_node),
        cmocka_unit_test(options_win_over_the_defaults),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(a_bad_value_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
