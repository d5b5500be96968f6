/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/command.h"
#include "cli/options.h"
#include "testing.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option sample_options[] = {
    {"text", "T", "the text", true, false},
    {"topic", "T", "a topic", false, true},
    {"all", NULL, "everything", false, false},
    {"output", "FILE", "the file", false, false},
    {0},
};

static const struct cli_command sample_command = {
    .name = "claim",
    .sub = "add",
    .arguments = "FROM TO",
    .positional_max = 2,
    .options = sample_options,
};

/* A command line of words that end with NULL. */
static bool parse(const char *const *words, struct cli_args *args)
{
    char copies[16][64];
    char *argv[16];
    int argc = 0;

    while (words[argc] != NULL) {
        assert_in_range(argc, 0, 14);
        (void)snprintf(copies[argc], sizeof(copies[argc]), "%s", words[argc]);
        argv[argc] = copies[argc];
        argc++;
    }
    return cli_args_parse(&sample_command, argc, argv, args);
}

/* The same, and what was said on standard error, in said_out. */
static bool parse_and_listen(const char *const *words, char said_out[512])
{
    struct cli_args args;
    FILE *heard = tmpfile();
    int saved = dup(STDERR_FILENO);
    bool is_right;

    assert_non_null(heard);
    assert_true(saved >= 0);
    (void)fflush(stderr);
    assert_true(dup2(fileno(heard), STDERR_FILENO) >= 0);
    is_right = parse(words, &args);
    (void)fflush(stderr);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved);
    rewind(heard);
    said_out[fread(said_out, 1, 511, heard)] = '\0';
    (void)fclose(heard);
    return is_right;
}

/* Whoever has either habit is understood. */
static void values_follow_or_stand_behind_a_sign(void **state)
{
    static const char *const apart[] = {"--text", "a=b", NULL};
    static const char *const together[] = {"--text=a=b", NULL};
    char kept[] = "--text=a=b";
    char *argv[] = {kept};
    struct cli_args args;
    (void)state;

    assert_true(parse(apart, &args));
    assert_true(parse(together, &args));
    assert_true(cli_args_parse(&sample_command, 1, argv, &args));
    assert_string_equal(cli_args_value(&args, "text"), "a=b");
}

static void options_repeat_in_their_order(void **state)
{
    char text[] = "--text=x";
    char first[] = "--topic=one";
    char second[] = "--topic=two";
    char *argv[] = {first, text, second};
    struct cli_args args;
    (void)state;

    assert_true(cli_args_parse(&sample_command, 3, argv, &args));
    assert_int_equal(cli_args_count(&args, "topic"), 2);
    assert_string_equal(cli_args_value_at(&args, "topic", 0), "one");
    assert_string_equal(cli_args_value_at(&args, "topic", 1), "two");
    assert_null(cli_args_value_at(&args, "topic", 2));
    assert_string_equal(cli_args_value(&args, "topic"), "two");
    assert_false(cli_args_has(&args, "all"));
}

/* "-" means standard input, and is no option. */
static void a_lone_dash_is_a_value(void **state)
{
    char name[] = "--text";
    char dash[] = "-";
    char other[] = "-";
    char *argv[] = {name, dash, other};
    struct cli_args args;
    (void)state;

    assert_true(cli_args_parse(&sample_command, 3, argv, &args));
    assert_string_equal(cli_args_value(&args, "text"), "-");
    assert_int_equal(args.positional_count, 1);
    assert_string_equal(cli_args_positional(&args, 0), "-");
    assert_null(cli_args_positional(&args, 1));
}

/* A file may be called --all. */
static void two_dashes_end_the_options(void **state)
{
    char text[] = "--text=x";
    char end[] = "--";
    char file[] = "--all";
    char *argv[] = {text, end, file};
    struct cli_args args;
    (void)state;

    assert_true(cli_args_parse(&sample_command, 3, argv, &args));
    assert_false(cli_args_has(&args, "all"));
    assert_string_equal(cli_args_positional(&args, 0), "--all");
}

static void the_short_form_of_output_is_taken(void **state)
{
    char text[] = "--text=x";
    char output[] = "-o";
    char file[] = "file";
    char *argv[] = {text, output, file};
    struct cli_args args;
    (void)state;

    assert_true(cli_args_parse(&sample_command, 3, argv, &args));
    assert_string_equal(cli_args_value(&args, "output"), "file");
    assert_int_equal(args.positional_count, 0);
}

static void global_options_are_every_commands(void **state)
{
    char text[] = "--text=x";
    char ledger[] = "--ledger=dir";
    char json[] = "--json";
    char *argv[] = {text, ledger, json};
    struct cli_args args;
    (void)state;

    assert_true(cli_args_parse(&sample_command, 3, argv, &args));
    assert_string_equal(cli_args_value(&args, "ledger"), "dir");
    assert_true(cli_args_has(&args, "json"));
}

/* Each wrong line is refused, with what a person needs to set it right. */
static void wrong_lines_are_refused_with_the_reason(void **state)
{
    static const struct {
        const char *words[6];
        const char *reason;
    } wrong[] = {
        {{"--txet", "x", NULL}, "--text"},
        {{"--text=x", "--aal", NULL}, "--all"},
        {{"--text=x", "--jsno", NULL}, "--json"},
        {{"--text=x", "--nothing-like-it", NULL}, "assay help claim"},
        {{"--text=x", "-x", NULL}, "two dashes"},
        {{"--text", NULL}, "needs a value"},
        {{"--text=x", "-o", NULL}, "needs a value"},
        {{"--text=x", "--all=yes", NULL}, "takes no value"},
        {{"--text=x", "--text=y", NULL}, "once only"},
        {{"--topic=x", NULL}, "--text T is needed"},
        {{"--text=x", "a", "b", "c", NULL}, "too many"},
    };
    char said[512];
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(parse_and_listen(wrong[i].words, said));
        if (strstr(said, wrong[i].reason) == NULL) {
            fail_msg("\"%s\" lacks \"%s\"", said, wrong[i].reason);
        }
    }
}

/* Who asks for help has not read what is needed. */
static void help_is_given_without_what_is_needed(void **state)
{
    static const char *const words[] = {"--help", NULL};
    struct cli_args args;
    (void)state;

    assert_true(parse(words, &args));
    assert_true(cli_args_has(&args, "help"));
}

/* What is typed reaches the terminal again only as harmless text. */
static void a_wrong_option_cannot_steer_the_terminal(void **state)
{
    static const char *const words[] = {"--\033[2J", NULL};
    char said[512];
    (void)state;

    assert_false(parse_and_listen(words, said));
    assert_null(strchr(said, '\033'));
    assert_non_null(strstr(said, "U+001B"));
}

/* More than there is room for is refused, not dropped. */
static void too_many_words_are_refused(void **state)
{
    static const struct cli_command many = {
        .name = "many",
        .arguments = "",
        .positional_max = 2 * CLI_ARGS_MAX,
    };
    char word[] = "word";
    char *argv[CLI_ARGS_MAX + 1];
    struct cli_args args;
    (void)state;

    for (size_t i = 0; i <= CLI_ARGS_MAX; i++) {
        argv[i] = word;
    }
    assert_true(cli_args_parse(&many, CLI_ARGS_MAX, argv, &args));
    assert_false(cli_args_parse(&many, CLI_ARGS_MAX + 1, argv, &args));
}

static void distance_counts_changes_of_letters(void **state)
{
    (void)state;

    assert_int_equal(cli_options_distance("claim", "claim"), 0);
    assert_int_equal(cli_options_distance("", "abc"), 3);
    assert_int_equal(cli_options_distance("kitten", "sitting"), 3);
    assert_int_equal(cli_options_distance("verdict", "verdcit"), 2);
    assert_true(cli_options_distance("a word that is much longer than any "
                                     "command's name could ever be",
                                     "a") >= 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_follow_or_stand_behind_a_sign),
        cmocka_unit_test(options_repeat_in_their_order),
        cmocka_unit_test(a_lone_dash_is_a_value),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(the_short_form_of_output_is_taken),
        cmocka_unit_test(global_options_are_every_commands),
        cmocka_unit_test(wrong_lines_are_refused_with_the_reason),
        cmocka_unit_test(help_is_given_without_what_is_needed),
        cmocka_unit_test(a_wrong_option_cannot_steer_the_terminal),
        cmocka_unit_test(too_many_words_are_refused),
        cmocka_unit_test(distance_counts_changes_of_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
