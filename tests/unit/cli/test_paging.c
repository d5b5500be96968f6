/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/paging.h"

#include "listen.h"
#include "testing.h"

#include <string.h>

/* Asks for --limit from 1 to 100; its value from the start is 7. */
static bool read_limit(const char *value, uint64_t *number_out, char said[256])
{
    struct cli_args args = {.option_count = 0};
    struct listening listening;

    if (value != NULL) {
        args.names[0] = "limit";
        args.values[0] = value;
        args.option_count = 1;
    }
    *number_out = 7;
    listen_begin(&listening);
    bool is_right = cli_paging_number(&args, "limit", 1, 100, number_out);
    listen_end(&listening, said, 256);
    return is_right;
}

static void numbers_within_the_bounds_are_taken(void **state)
{
    static const struct {
        const char *text;
        uint64_t number;
    } right[] = {{NULL, 7}, {"1", 1}, {"100", 100}, {"0099", 99}};
    char said[256];
    uint64_t number = 0;
    (void)state;

    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        assert_true(read_limit(right[i].text, &number, said));
        assert_int_equal(number, right[i].number);
        assert_string_equal(said, "");
    }
}

/* The message names the option and its bounds; the number stays. */
static void everything_else_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",   "0",    "101", "-1",  "+1",  " 1",
        "1 ", "0x10", "1e2", "ten", "1.0", "99999999999999999999999"};
    char said[256];
    uint64_t number = 0;
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(read_limit(wrong[i], &number, said));
        assert_int_equal(number, 7);
        assert_non_null(strstr(said, "--limit needs a number from 1 to 100"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_within_the_bounds_are_taken),
        cmocka_unit_test(everything_else_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
