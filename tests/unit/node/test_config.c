/* SPDX-License-Identifier: Apache-2.0 */
#include "node/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "folder.h"
#include "testing.h"

static enum assay_err read_text(const char *text, struct node_config *out,
                                struct node_config_fault *fault)
{
    *fault = (struct node_config_fault){0, ""};
    return node_config_read(assay_bytes_of(text), out, fault);
}

/* Reads text that must be refused at a line, for a reason with that word. */
static void refuses(const char *text, unsigned line, const char *word)
{
    struct node_config config = {.connections_max = 4711};
    struct node_config_fault fault;

    assert_int_equal(read_text(text, &config, &fault), ASSAY_E_MALFORMED);
    assert_int_equal(fault.line, line);
    assert_non_null(strstr(fault.text, word));
    assert_int_equal(config.connections_max, 4711); /* Untouched. */
}

static void nothing_means_the_defaults(void **state)
{
    struct node_config config;
    struct node_config_fault fault;
    (void)state;

    assert_int_equal(read_text("", &config, &fault), ASSAY_OK);
    assert_string_equal(config.ledger, "");
    assert_int_equal(config.log_level, NODE_LOG_INFO);
    assert_int_equal(config.listen.count, 2);
    assert_int_equal(config.listen.items[1].port, 7117);
    assert_int_equal(config.peers.count, 0);
    assert_false(config.allow_all);
    assert_int_equal(config.active_view, 8);
    assert_int_equal(config.accept, NODE_ACCEPT_TRUSTED);
    assert_int_equal(config.captures, NODE_CAPTURES_CITED);
    assert_int_equal(config.capture_size_max, 64 << 20);
    assert_int_equal(config.captures_quota, UINT64_C(10) << 30);
    assert_int_equal(config.metrics.count, 0);
    node_config_clear(&config);
}

static void reads_every_kind_of_value(void **state)
{
    struct node_config config;
    struct node_config_fault fault;
    struct assay_key key;
    char node[ASSAY_ID_TEXT_MAX];
    char team[ASSAY_ID_TEXT_MAX];
    char text[2048];
    (void)state;

    memset(key.bytes, 7, sizeof(key.bytes));
    assay_id_format(ASSAY_ID_NODE, key.bytes, node);
    assay_id_format(ASSAY_ID_TEAM, key.bytes, team);
    (void)snprintf(text, sizeof(text),
                   "# a comment\n[node]\nledger = /var/lib/assay ; and why\n"
                   "log=debug\n\n[network]\nlisten = 127.0.0.1:0, [::1]:0\n"
                   "  localhost:7117\npeers = %s@a.example:1\n"
                   "peers = %s@b.example:2\nallow = %s open\n"
                   "connections = 12\n[policy]\naccept = vouched:3\n"
                   "follow = %s\n[captures]\nkeep = none\nsize-max = 3K\n"
                   "quota = 2T\n[metrics]\nlisten = 127.0.0.1:9117\n",
                   node, node, node, team);
    assert_int_equal(read_text(text, &config, &fault), ASSAY_OK);
    assert_string_equal(config.ledger, "/var/lib/assay");
    assert_int_equal(config.log_level, NODE_LOG_DEBUG);
    assert_int_equal(config.listen.count, 3); /* The defaults are gone. */
    assert_string_equal(config.listen.items[1].host, "::1");
    assert_string_equal(config.listen.items[2].host, "localhost");
    assert_int_equal(config.peers.count, 2);
    assert_string_equal(config.peers.items[1].at.host, "b.example");
    assert_int_equal(config.peers.items[1].at.port, 2);
    assert_true(assay_key_equal(&config.peers.items[1].node, &key));
    assert_true(config.allow_all);
    assert_int_equal(config.allow.count, 1);
    assert_int_equal(config.connections_max, 12);
    assert_int_equal(config.accept, NODE_ACCEPT_VOUCHED);
    assert_int_equal(config.vouched_steps, 3);
    assert_int_equal(config.follow.count, 1);
    assert_memory_equal(config.follow.items[0].bytes, key.bytes, 32);
    assert_int_equal(config.captures, NODE_CAPTURES_NONE);
    assert_int_equal(config.capture_size_max, 3072);
    assert_int_equal(config.captures_quota, UINT64_C(2) << 40);
    assert_int_equal(config.metrics.items[0].port, 9117);
    node_config_clear(&config);
}

static void an_empty_list_replaces_the_default(void **state)
{
    struct node_config config;
    struct node_config_fault fault;
    (void)state;

    assert_int_equal(read_text("[network]\nlisten =\n", &config, &fault),
                     ASSAY_OK);
    assert_int_equal(config.listen.count, 0);
    node_config_clear(&config);
}

static void names_the_line_of_what_is_unknown(void **state)
{
    (void)state;
    refuses("\n[node]\nledgr = /x\n", 3, "ledgr");
    refuses("[nodes]\nledger = /x\n", 2, "[nodes]");
    refuses("ledger = /x\n", 1, "before any");
    refuses("[node]\nledger = /x\nwhat is this\n", 3, "neither");
    refuses("[node\nledger = /x\n", 1, "neither");
    /* The right key in another's section. */
    refuses("[policy]\nlisten = 127.0.0.1:1\n", 2, "listen");
}

static void names_the_line_of_what_is_wrong(void **state)
{
    (void)state;
    refuses("[node]\nlog = loud\n", 2, "error warn info debug");
    refuses("[network]\nlisten = 127.0.0.1:0\n  nowhere\n", 3, "port");
    refuses("[network]\npeers = a.example:7117\n", 2, "NODE@");
    refuses("[network]\nallow = everyone\n", 2, "node id");
    refuses("[network]\nactive-view = 49\n", 2, "from 1 to 48");
    refuses("[network]\nactive-view = 0\n", 2, "from 1 to 48");
    refuses("[network]\nconnections = -1\n", 2, "number");
    refuses("[network]\nconnections = 99999999999999999999\n", 2, "number");
    refuses("[network]\nconnections =\n", 2, "number");
    refuses("[policy]\naccept = vouched:0\n", 2, "vouched:N");
    refuses("[policy]\naccept = vouched:9\n", 2, "vouched:N");
    refuses("[policy]\naccept = vouched:\n", 2, "vouched:N");
    refuses("[policy]\nfollow = node1qqqqqqqq\n", 2, "team id");
    refuses("[captures]\nsize-max = 1Q\n", 2, "64M");
    refuses("[captures]\nsize-max = K\n", 2, "64M");
    refuses("[captures]\nquota = 9007199254740992T\n", 2, "10G");
    refuses("[node]\nlog = info\nlog = info\n", 3, "twice");
    refuses("[node]\nlog = info\n  debug\n", 3, "twice");
}

/* The first line that is wrong is named, whoever notices it. */
static void names_the_first_of_several(void **state)
{
    (void)state;
    refuses("[node]\nnonsense\nlog = loud\n", 2, "neither");
    refuses("[node]\nlog = loud\nnonsense\n", 2, "loud");
}

/* Such bytes would be cut or shown on a terminal. */
static void refuses_what_is_no_text(void **state)
{
    static const uint8_t nul[] = "[node]\nlog = info\0rest\n";
    struct node_config config;
    struct node_config_fault fault = {0, ""};
    (void)state;

    assert_int_equal(
        node_config_read((struct assay_bytes){nul, sizeof(nul) - 1}, &config,
                         &fault),
        ASSAY_E_MALFORMED);
    assert_int_equal(fault.line, 2);
    refuses("[node]\n\nledger = /\x1b[31m\n", 3, "text");
    refuses("[node]\nledger = /\xff\n", 2, "text");
}

/* A line that the reader would take for two is refused instead. */
static void refuses_a_line_that_is_too_long(void **state)
{
    char text[1024] = "[node]\nledger = /";
    size_t len = strlen(text);
    struct node_config config;
    struct node_config_fault fault;
    (void)state;

    memset(text + len, 'x', 400);
    memcpy(text + len + 400, "\n", 2);
    refuses(text, 2, "longer");
    memset(text + len, 'x', 150);
    memcpy(text + len + 150, "\n", 2);
    assert_int_equal(read_text(text, &config, &fault), ASSAY_OK);
    node_config_clear(&config);
}

static void a_file_without_its_last_line_end_is_whole(void **state)
{
    struct node_config config;
    struct node_config_fault fault;
    (void)state;

    assert_int_equal(read_text("[node]\r\nlog = debug", &config, &fault),
                     ASSAY_E_MALFORMED); /* A carriage return is no text. */
    assert_int_equal(read_text("[node]\nlog = debug", &config, &fault),
                     ASSAY_OK);
    assert_int_equal(config.log_level, NODE_LOG_DEBUG);
    node_config_clear(&config);
}

/* What --sample-config prints is taken, also with every comment removed. */
static void the_sample_holds_the_defaults(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);
    struct node_config sample;
    struct node_config defaults;
    struct node_config_fault fault;
    size_t count = 0;
    const struct node_config_key *keys = node_config_keys(&count);
    (void)state;

    assert_non_null(file);
    node_config_print_sample(file);
    assert_int_equal(fclose(file), 0);
    for (size_t i = 1; i + 1 < len; i++) {
        if (text[i - 1] == '\n' && text[i] == ';') {
            memmove(text + i, text + i + 1, len - i);
        }
    }
    assert_int_equal(node_config_init(&defaults), ASSAY_OK);
    assert_int_equal(read_text(text, &sample, &fault), ASSAY_OK);
    for (size_t i = 0; i < count; i++) {
        assert_true(node_config_is_same(&sample, &defaults, &keys[i]));
    }
    node_config_clear(&sample);
    node_config_clear(&defaults);
    free(text);
}

static void count_refused(void *context, const struct node_config_key *key)
{
    size_t *count = context;

    assert_false(key->is_live);
    (*count)++;
}

static void a_reload_changes_only_what_may_change(void **state)
{
    struct node_config current;
    struct node_config next;
    struct node_config_fault fault;
    size_t refused = 0;
    (void)state;

    assert_int_equal(read_text("[node]\nledger = /a\nlog = warn\n[network]\n"
                               "listen = 127.0.0.1:1\n",
                               &current, &fault),
                     ASSAY_OK);
    assert_int_equal(read_text("[node]\nledger = /b\nlog = debug\n[network]\n"
                               "listen = 127.0.0.1:2 [::1]:3\nallow = open\n",
                               &next, &fault),
                     ASSAY_OK);
    node_config_keep(&next, &current, count_refused, &refused);
    assert_int_equal(refused, 2);
    assert_string_equal(next.ledger, "/a");
    assert_int_equal(next.listen.count, 1);
    assert_int_equal(next.listen.items[0].port, 1);
    assert_int_equal(next.log_level, NODE_LOG_DEBUG);
    assert_true(next.allow_all);
    node_config_clear(&current);
    node_config_clear(&next);
}

static void a_file_that_is_not_there_is_named_so(void **state)
{
    char folder[TEST_PATH_MAX];
    char path[TEST_PATH_MAX];
    struct node_config config;
    struct node_config_fault fault;
    (void)state;

    test_folder_make(folder);
    test_path(path, folder, "assayd.conf");
    assert_int_equal(node_config_load(path, &config, &fault),
                     ASSAY_E_NOT_FOUND);
    assert_int_equal(node_config_load(folder, &config, &fault), ASSAY_E_IO);
    test_file_write(path, "[node]\nlog = warn\n", 18, 0600);
    assert_int_equal(node_config_load(path, &config, &fault), ASSAY_OK);
    assert_int_equal(config.log_level, NODE_LOG_WARN);
    node_config_clear(&config);
    test_folder_remove(folder);
}

/* A list that grows and is cut back keeps what it had. */
static void a_bad_value_adds_nothing_to_its_list(void **state)
{
    struct node_config config;
    struct node_config_fault fault;
    const struct node_config_key *key = node_config_find("network", "listen");
    (void)state;

    assert_int_equal(node_config_init(&config), ASSAY_OK);
    node_config_forget(&config, key);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(
            node_config_set(&config, key, assay_bytes_of("h:1 h:2"), &fault),
            ASSAY_OK);
        assert_int_equal(
            node_config_set(&config, key, assay_bytes_of("h:3 h"), &fault),
            ASSAY_E_MALFORMED);
    }
    assert_int_equal(config.listen.count, 80);
    assert_int_equal(config.listen.items[79].port, 2);
    node_config_clear(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_means_the_defaults),
        cmocka_unit_test(reads_every_kind_of_value),
        cmocka_unit_test(an_empty_list_replaces_the_default),
        cmocka_unit_test(names_the_line_of_what_is_unknown),
        cmocka_unit_test(names_the_line_of_what_is_wrong),
        cmocka_unit_test(names_the_first_of_several),
        cmocka_unit_test(refuses_what_is_no_text),
        cmocka_unit_test(refuses_a_line_that_is_too_long),
        cmocka_unit_test(a_file_without_its_last_line_end_is_whole),
        cmocka_unit_test(the_sample_holds_the_defaults),
        cmocka_unit_test(a_reload_changes_only_what_may_change),
        cmocka_unit_test(a_file_that_is_not_there_is_named_so),
        cmocka_unit_test(a_bad_value_adds_nothing_to_its_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
