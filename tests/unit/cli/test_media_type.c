/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/media_type.h"

#include "testing.h"

static void assert_type(const char *name, const char *text, const char *type)
{
    assert_string_equal(cli_media_type(name, assay_bytes_of(text)), type);
}

static void a_common_ending_says_the_type(void **state)
{
    (void)state;
    assert_type("a.png", "\x89PNG", "image/png");
    assert_type("A.PDF", "%PDF-1.7", "application/pdf");
    assert_type("dir.png/page.json", "{}", "application/json");
    assert_type("archive.tar.gz", "\x1f\x8b", "application/octet-stream");
}

/* What a browser is told decides how it reads bytes beyond ASCII. */
static void text_says_that_it_is_utf8_where_it_is(void **state)
{
    (void)state;
    assert_type("a.html", "<p>\xc3\xa9t\xc3\xa9", "text/html; charset=utf-8");
    assert_type("a.html", "<p>\xe9t\xe9", "text/html");
    assert_type("a.csv", "", "text/csv; charset=utf-8");
}

static void without_an_ending_the_bytes_say_it(void **state)
{
    (void)state;
    assert_type("-", "Line.\r\n\tAnother.\f", "text/plain; charset=utf-8");
    assert_type("folder.txt/page", "A \xef\xbf\xbd as such.",
                "text/plain; charset=utf-8");
    assert_type("page", "\x01", "application/octet-stream");
    assert_type("page", "\x7f", "application/octet-stream");
    assert_type("page", "cut \xe2\x82", "application/octet-stream");
    assert_string_equal(
        cli_media_type("page",
                       (struct assay_bytes){(const uint8_t *)"a\0b", 3}),
        "application/octet-stream");
}

/* A name that a person chose is no format to be parsed. */
static void odd_names_are_no_endings(void **state)
{
    (void)state;
    assert_type("", "text", "text/plain; charset=utf-8");
    assert_type(".", "text", "text/plain; charset=utf-8");
    assert_type("page.", "text", "text/plain; charset=utf-8");
    assert_type("page.pdf.unknown", "text", "text/plain; charset=utf-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_common_ending_says_the_type),
        cmocka_unit_test(text_says_that_it_is_utf8_where_it_is),
        cmocka_unit_test(without_an_ending_the_bytes_say_it),
        cmocka_unit_test(odd_names_are_no_endings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
