/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/help.h"
#include "cli/options.h"
#include "testing.h"

#include <stdio.h>
#include <string.h>

static bool is_option_of(const struct cli_option *table, const char *name,
                         size_t len)
{
    for (; table != NULL && table->name != NULL; table++) {
        if (strlen(table->name) == len &&
            strncmp(table->name, name, len) == 0) {
            return true;
        }
    }
    return false;
}

/* Help, parser, completions and the manual page take the table as it is. */
static void every_row_says_what_help_needs(void **state)
{
    size_t count = 0;
    const struct cli_command *const *all = cli_commands(&count);
    (void)state;

    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(all[i]->name);
        assert_non_null(all[i]->summary);
        assert_non_null(all[i]->arguments);
        assert_non_null(all[i]->example);
        assert_non_null(all[i]->run);
        assert_int_equal(strncmp(all[i]->example, "assay ", 6), 0);
        assert_int_equal(all[i]->summary[strlen(all[i]->summary) - 1], '.');
        assert_true(all[i]->positional_min <= all[i]->positional_max);
    }
}

/* main.c and the completions look for commands of one name side by side. */
static void rows_are_sorted_and_differ(void **state)
{
    size_t count = 0;
    const struct cli_command *const *all = cli_commands(&count);
    (void)state;

    for (size_t i = 1; i < count; i++) {
        int order = strcmp(all[i - 1]->name, all[i]->name);

        assert_true(order <= 0);
        if (order == 0) {
            assert_non_null(all[i - 1]->sub);
            assert_non_null(all[i]->sub);
            assert_true(strcmp(all[i - 1]->sub, all[i]->sub) < 0);
        }
    }
}

/* An option of a command must not hide one that all commands have. */
static void options_have_names_of_their_own(void **state)
{
    size_t count = 0;
    const struct cli_command *const *all = cli_commands(&count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        for (const struct cli_option *at = all[i]->options;
             at != NULL && at->name != NULL; at++) {
            assert_non_null(at->help);
            assert_false(
                is_option_of(cli_options_global(), at->name, strlen(at->name)));
            assert_false(is_option_of(at + 1, at->name, strlen(at->name)));
        }
    }
}

/* The options in an example are the command's own. */
static void examples_use_options_that_there_are(void **state)
{
    size_t count = 0;
    const struct cli_command *const *all = cli_commands(&count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        const char *at = all[i]->example;

        while ((at = strstr(at, " --")) != NULL) {
            at += 3;
            size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz-");
            if (!is_option_of(all[i]->options, at, len) &&
                !is_option_of(cli_options_global(), at, len)) {
                fail_msg("no such option: %s", all[i]->example);
            }
        }
    }
}

/* Lines that a printing function writes, each within 80 columns and without
 * a space behind it. */
static void check_width(const struct cli_command *command)
{
    FILE *out = tmpfile();
    char line[512];

    assert_non_null(out);
    cli_help_print_command(out, command);
    rewind(out);
    while (fgets(line, sizeof(line), out) != NULL) {
        size_t len = strlen(line);

        if (len > 81) {
            fail_msg("too long: %s", line);
        }
        if (len > 1 && line[len - 2] == ' ') {
            fail_msg("a space at its end: %s", line);
        }
    }
    (void)fclose(out);
}

static void help_fits_a_terminal(void **state)
{
    size_t count = 0;
    const struct cli_command *const *all = cli_commands(&count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        check_width(all[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_says_what_help_needs),
        cmocka_unit_test(rows_are_sorted_and_differ),
        cmocka_unit_test(options_have_names_of_their_own),
        cmocka_unit_test(examples_use_options_that_there_are),
        cmocka_unit_test(help_fits_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
