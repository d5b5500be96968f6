/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include "listen.h"
#include "testing.h"

#include <string.h>

static char said[1024];

static void say_err(enum assay_err err, const char *rule)
{
    const struct assay_fault fault = {0, rule};
    struct listening listening;

    listen_begin(&listening);
    assert_int_equal(cli_report_err("file", err, &fault), CLI_REFUSED);
    listen_end(&listening, said, sizeof(said));
}

static void say_refused(enum assay_err err, const char *rule)
{
    struct listening listening;

    listen_begin(&listening);
    cli_report_refused(NULL, 7, NULL, err, rule);
    listen_end(&listening, said, sizeof(said));
}

static void a_rule_stands_behind_the_phrase(void **state)
{
    (void)state;

    say_err(ASSAY_E_MALFORMED, "the text is empty");
    assert_non_null(strstr(said, ": the text is empty."));
    say_refused(ASSAY_E_MALFORMED, "the text is empty");
    assert_non_null(strstr(said, "at byte 7: a record: "));
    assert_non_null(strstr(said, ": the text is empty\n"));
}

/* What has no rule of its own gives the phrase as its rule. */
static void nothing_is_said_twice(void **state)
{
    const char *phrase = assay_err_phrase(ASSAY_E_SIGNATURE);
    (void)state;

    say_err(ASSAY_E_SIGNATURE, phrase);
    assert_string_equal(said, "assay: file: the signature does not match.\n");
    say_refused(ASSAY_E_SIGNATURE, phrase);
    assert_string_equal(said, "assay: at byte 7: a record: the signature does "
                              "not match\n");
    say_refused(ASSAY_E_SIGNATURE, NULL);
    assert_string_equal(said, "assay: at byte 7: a record: the signature does "
                              "not match\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_stands_behind_the_phrase),
        cmocka_unit_test(nothing_is_said_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
