/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"

#include "listen.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>

static char said[1024];

static enum cli_exit read_time(const char *text, uint64_t *time_s_out)
{
    struct listening listening;

    listen_begin(&listening);
    enum cli_exit code = cli_input_time(text, time_s_out);
    listen_end(&listening, said, sizeof(said));
    return code;
}

/* The seconds are what date -u -d says. */
static void times_are_read_in_every_form(void **state)
{
    static const struct {
        const char *text;
        uint64_t time_s;
    } cases[] = {
        {"1970", 0},
        {"2025-10", 1759276800},
        {"2025-10-09", 1759968000},
        {"2025-10-09T08:00:01Z", 1759996801},
        {"2000-02-29", 951782400},
        {"2024-12-31T23:59:59Z", 1735689599},
        {"1759996801", 1759996801},
        {"1900", 0}, /* Before the first second there is. */
    };
    uint64_t time_s = 0;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_time(cases[i].text, &time_s), CLI_DONE);
        assert_int_equal(time_s, cases[i].time_s);
    }
}

static void what_is_no_time_is_said_with_what_is(void **state)
{
    static const char *const wrong[] = {"",
                                        "now",
                                        "-5",
                                        "2025-13-01",
                                        "2025-02-30",
                                        "2025-10-09T08:00:00+02:00",
                                        "2025-10-9",
                                        "2025-10-09 08:00",
                                        "99999999999999"};
    uint64_t time_s = 7;
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(read_time(wrong[i], &time_s), CLI_USAGE);
        assert_int_equal(time_s, 7);
        assert_non_null(strstr(said, "2025-10-09T08:00:00Z"));
    }
}

static enum cli_exit read_text(const char *value, char **text_out)
{
    struct listening listening;
    char *draft = NULL;

    listen_begin(&listening);
    enum cli_exit code =
        cli_input_text("reason", value, "Why?", text_out, &draft);
    assert_null(draft); /* What is given is in no file. */
    listen_end(&listening, said, sizeof(said));
    return code;
}

static void white_space_around_a_text_is_taken_off(void **state)
{
    char *text = NULL;
    (void)state;

    assert_int_equal(read_text(" \n\tIt rains.\nAgain. \n", &text), CLI_DONE);
    assert_string_equal(text, "It rains.\nAgain.");
    free(text);
}

static void what_is_no_text_is_refused_with_the_option(void **state)
{
    static char long_text[ASSAY_TEXT_MAX + 2];
    char *text = NULL;
    (void)state;

    memset(long_text, 'x', sizeof(long_text) - 1);
    const char *const wrong[] = {"", " \n ", "a\033b", "a\xc3", long_text};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(read_text(wrong[i], &text), CLI_REFUSED);
        assert_null(text);
        assert_non_null(strstr(said, "--reason"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_in_every_form),
        cmocka_unit_test(what_is_no_time_is_said_with_what_is),
        cmocka_unit_test(white_space_around_a_text_is_taken_off),
        cmocka_unit_test(what_is_no_text_is_refused_with_the_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
