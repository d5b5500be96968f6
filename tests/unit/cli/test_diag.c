/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diag.h"

#include "protocol/limits.h"
#include "testing.h"

#include <string.h>

/* What is written for an item, and the code. */
static enum assay_err write_item(const void *item, size_t len, char said[4096])
{
    FILE *out = tmpfile();

    assert_non_null(out);
    enum assay_err err = cli_diag_item((struct assay_bytes){item, len}, 0, out);
    rewind(out);
    said[fread(said, 1, 4095, out)] = '\0';
    assert_int_equal(fclose(out), 0);
    return err;
}

static void assert_item(const char *item, size_t len, const char *text)
{
    char said[4096];

    assert_int_equal(write_item(item, len, said), ASSAY_OK);
    assert_string_equal(said, text);
}

/* Appendix A of RFC 8949, what our records have of it. */
static void items_are_written_as_the_rfc_has_them(void **state)
{
    (void)state;
    assert_item("\x00", 1, "0");
    assert_item("\x18\x64", 2, "100");
    assert_item("\x1b\xff\xff\xff\xff\xff\xff\xff\xff", 9,
                "18446744073709551615");
    assert_item("\x20", 1, "-1");
    assert_item("\x39\x03\xe7", 3, "-1000");
    assert_item("\xf4", 1, "false");
    assert_item("\xf5", 1, "true");
    assert_item("\xf6", 1, "null");
    assert_item("\x44\x01\x02\x03\x04", 5, "h'01020304'");
    assert_item("\x40", 1, "h''");
    assert_item("\x64IETF", 5, "\"IETF\"");
    assert_item("\x80", 1, "[]");
    assert_item("\xa0", 1, "{}");
}

/* Nothing that a record holds reaches a terminal as it is. */
static void texts_are_written_in_ascii(void **state)
{
    (void)state;
    assert_item("\x62\"\\", 3, "\"\\\"\\\\\"");
    assert_item("\x62\xc3\xbc", 3, "\"\\u00fc\"");
    assert_item("\x63\xe2\x80\xae", 4, "\"\\u202e\"");
    assert_item("\x64\xf0\x90\x85\x91", 5, "\"\\ud800\\udd51\"");
    assert_item("\x61\n", 2, "\"\\u000a\"");
}

static void levels_are_indented(void **state)
{
    (void)state;
    assert_item("\xa2\x01\x82\x02\x03\x04\xa0", 7,
                "{\n  1: [\n    2,\n    3\n  ],\n  4: {}\n}");
}

static void what_is_no_deterministic_cbor_is_refused(void **state)
{
    static uint8_t deep[ASSAY_RECORD_MAX];
    char said[4096];
    (void)state;

    assert_int_equal(write_item("", 0, said), ASSAY_E_TRUNCATED);
    assert_int_equal(write_item("\x18\x01", 2, said), ASSAY_E_MALFORMED);
    assert_int_equal(write_item("\x82\x01", 2, said), ASSAY_E_TRUNCATED);
    assert_int_equal(write_item("\x01\x02", 2, said), ASSAY_E_MALFORMED);
    assert_int_equal(write_item("\xf9\x3c\x00", 3, said), ASSAY_E_MALFORMED);
    memset(deep, 0x81, sizeof(deep));
    assert_int_equal(write_item(deep, sizeof(deep), said), ASSAY_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_written_as_the_rfc_has_them),
        cmocka_unit_test(texts_are_written_in_ascii),
        cmocka_unit_test(levels_are_indented),
        cmocka_unit_test(what_is_no_deterministic_cbor_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
