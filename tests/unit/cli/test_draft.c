/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/draft.h"

#include "listen.h"
#include "testing.h"

#include <string.h>

static char said[4096];

static struct cli_draft draft;

static enum cli_exit about(uint8_t number)
{
    struct assay_id id = {{number}};
    struct listening listening;

    listen_begin(&listening);
    enum cli_exit code = cli_draft_about(&draft, ASSAY_REL_CITES, &id);
    listen_end(&listening, said, sizeof(said));
    return code;
}

/* --cite twice of one source is a slip, not a reason for refusal. */
static void what_is_named_twice_is_named_once(void **state)
{
    (void)state;
    cli_draft_begin(&draft, ASSAY_KIND_VERDICT);
    assert_int_equal(about(1), CLI_DONE);
    assert_int_equal(about(2), CLI_DONE);
    assert_int_equal(about(1), CLI_DONE);
    assert_int_equal(draft.store.about_count, 2);
}

static void more_than_a_record_may_name_is_refused(void **state)
{
    (void)state;
    cli_draft_begin(&draft, ASSAY_KIND_VERDICT);
    for (uint8_t number = 0; number < ASSAY_LIST_MAX; number++) {
        assert_int_equal(about(number), CLI_DONE);
    }
    assert_int_equal(about(ASSAY_LIST_MAX), CLI_REFUSED);
    assert_non_null(strstr(said, "at most 64"));
    assert_int_equal(draft.store.about_count, ASSAY_LIST_MAX);
}

/* One salt for two texts would let a guess at one be checked on the other. */
static void each_draft_has_a_salt_of_its_own(void **state)
{
    uint8_t first[ASSAY_SALT_SIZE];
    (void)state;

    cli_draft_begin(&draft, ASSAY_KIND_CLAIM);
    memcpy(first, draft.salt, sizeof(first));
    cli_draft_begin(&draft, ASSAY_KIND_CLAIM);
    assert_memory_not_equal(draft.salt, first, sizeof(first));
}

static void texts_have_the_form_that_is_asked_for(void **state)
{
    static const struct {
        const char *text;
        enum cli_option_form form;
        const char *wrong; /* NULL: it is right. */
    } cases[] = {
        {"One.\n\tTwo.", CLI_TEXT_LONG, NULL},
        {"", CLI_TEXT_LONG, "empty"},
        {"a\033[2Jb", CLI_TEXT_LONG, "control characters"},
        {"a\xff", CLI_TEXT_NAME, "not UTF-8"},
        {"https://a.example/", CLI_TEXT_URL, NULL},
        {"ftp://a.example/", CLI_TEXT_URL, "http or https"},
        {"javascript:alert(1)", CLI_TEXT_URL, "http or https"},
        {"en", CLI_TEXT_LANG, NULL},
        {"not a language", CLI_TEXT_LANG, "language tag"},
        {"2025-10", CLI_TEXT_DATE, NULL},
        {"2025-13", CLI_TEXT_DATE, "not a date"},
        {"yesterday", CLI_TEXT_DATE, "not a date"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *wrong = cli_draft_text_wrong(cases[i].text, cases[i].form);

        if (cases[i].wrong == NULL) {
            assert_null(wrong);
        } else {
            assert_non_null(wrong);
            assert_non_null(strstr(wrong, cases[i].wrong));
        }
    }
}

/* 16 KiB for a text, 256 bytes for a name. */
static void texts_are_as_long_as_their_limit_at_most(void **state)
{
    static char text[ASSAY_TEXT_MAX + 2];
    (void)state;

    memset(text, 'x', ASSAY_TEXT_MAX);
    assert_null(cli_draft_text_wrong(text, CLI_TEXT_LONG));
    text[ASSAY_TEXT_MAX] = 'x';
    assert_non_null(cli_draft_text_wrong(text, CLI_TEXT_LONG));
    text[ASSAY_NAME_MAX] = '\0';
    assert_null(cli_draft_text_wrong(text, CLI_TEXT_NAME));
    text[ASSAY_NAME_MAX] = 'x';
    text[ASSAY_NAME_MAX + 1] = '\0';
    assert_non_null(cli_draft_text_wrong(text, CLI_TEXT_NAME));
}

static enum cli_exit look_for(const char *text, const char *quote,
                              const char *prefix)
{
    const struct assay_place place = {.exact = assay_bytes_of(quote),
                                      .prefix = assay_bytes_of(prefix)};
    struct listening listening;

    listen_begin(&listening);
    enum cli_exit code = cli_draft_quote(assay_bytes_of(text), &place, "HERE");
    listen_end(&listening, said, sizeof(said));
    return code;
}

static void a_quote_stands_in_the_bytes_once(void **state)
{
    static const char page[] = "The sea is dry. The sea is wet.";
    (void)state;

    assert_int_equal(look_for(page, "sea is dry", NULL), CLI_DONE);
    assert_int_equal(look_for(page, "The sea", "dry. "), CLI_DONE);
    assert_string_equal(said, "");
    assert_int_equal(look_for(page, "The sea", NULL), CLI_REFUSED);
    assert_non_null(strstr(said, "HERE: the quote is ambiguous"));
    assert_non_null(strstr(said, "2 times"));
    assert_int_equal(look_for(page, "The see is dry", NULL), CLI_REFUSED);
    assert_non_null(strstr(said, "at byte 0"));
    assert_non_null(strstr(said, "The sea is dry"));
}

/* What a page holds is said in a message, and must not be obeyed there. */
static void the_nearest_text_is_short_and_harmless(void **state)
{
    static const char start[] = "The sea \033[2J is dry";
    static char page[8192];
    (void)state;

    memset(page, 'y', sizeof(page) - 1);
    for (size_t i = 0; i < sizeof(start) - 1; i++) {
        page[i] = start[i];
    }
    assert_int_equal(look_for(page, "The sea \033[3J is dry", NULL),
                     CLI_REFUSED);
    assert_null(strchr(said, '\033'));
    assert_non_null(strstr(said, "U+001B"));
    assert_in_range(strlen(said), 1, 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_named_twice_is_named_once),
        cmocka_unit_test(more_than_a_record_may_name_is_refused),
        cmocka_unit_test(each_draft_has_a_salt_of_its_own),
        cmocka_unit_test(texts_have_the_form_that_is_asked_for),
        cmocka_unit_test(texts_are_as_long_as_their_limit_at_most),
        cmocka_unit_test(a_quote_stands_in_the_bytes_once),
        cmocka_unit_test(the_nearest_text_is_short_and_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
