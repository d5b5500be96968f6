/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/quote.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

/* Bytes read whole from a file of tests/vectors; the caller frees data. */
static uint8_t *read_vector(const char *name, size_t *len_out)
{
    char path[1024];
    uint8_t *data = malloc(65536);

    assert_non_null(data);
    assert_true(snprintf(path, sizeof(path), "%s/%s", ASSAY_TEST_VECTORS,
                         name) < (int)sizeof(path));
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    *len_out = fread(data, 1, 65536, file);
    assert_int_equal(ferror(file), 0);
    (void)fclose(file);
    assert_in_range(*len_out, 1, 65535);
    return data;
}

static struct assay_quote_result find(const char *text, const char *prefix,
                                      const char *exact, const char *suffix)
{
    struct assay_place place;

    memset(&place, 0, sizeof(place));
    place.exact = assay_bytes_of(exact);
    place.prefix = assay_bytes_of(prefix);
    place.suffix = assay_bytes_of(suffix);
    return assay_quote_find(assay_bytes_of(text), &place, true);
}

static void assert_nearest(const struct assay_quote_result *result,
                           struct assay_bytes text, const char *expected)
{
    assert_int_equal(result->state, ASSAY_QUOTE_ABSENT);
    assert_non_null(result->nearest.data);
    if (!assay_bytes_equal(result->nearest, assay_bytes_of(expected))) {
        fail_msg("nearest is \"%.*s\"", (int)result->nearest.len,
                 (const char *)result->nearest.data);
    }
    assert_ptr_equal(result->nearest.data, text.data + result->nearest_offset);
}

static void a_quote_is_found_to_the_byte(void **state)
{
    struct assay_quote_result result =
        find("It’s the price, not the permit.", NULL, "price", NULL);
    (void)state;

    assert_int_equal(result.state, ASSAY_QUOTE_FOUND);
    assert_int_equal(result.offset, 11);
    assert_int_equal(result.count, 1);
}

static void a_quote_at_either_end_is_found(void **state)
{
    struct assay_quote_result result = find("abcabd", NULL, "abc", NULL);
    (void)state;

    assert_int_equal(result.state, ASSAY_QUOTE_FOUND);
    assert_int_equal(result.offset, 0);
    result = find("abcabd", NULL, "abd", NULL);
    assert_int_equal(result.state, ASSAY_QUOTE_FOUND);
    assert_int_equal(result.offset, 3);
    result = find("abcabd", NULL, "abcabd", NULL);
    assert_int_equal(result.state, ASSAY_QUOTE_FOUND);
    result = find("abcabd", NULL, "abcabde", NULL);
    assert_int_equal(result.state, ASSAY_QUOTE_ABSENT);
}

static void several_places_are_ambiguous(void **state)
{
    struct assay_quote_result result =
        find("a mine and a mine", NULL, "a mine", NULL);
    (void)state;

    assert_int_equal(result.state, ASSAY_QUOTE_AMBIGUOUS);
    assert_int_equal(result.count, 2);
    assert_int_equal(result.offset, 0);
}

static void overlapping_places_count(void **state)
{
    struct assay_quote_result result = find("aaaa", NULL, "aa", NULL);
    (void)state;

    assert_int_equal(result.count, 3);
}

static void prefix_and_suffix_tell_places_apart(void **state)
{
    const char *text = "one mine; two mine, three mine.";
    struct assay_quote_result result = find(text, "two ", "mine", NULL);
    (void)state;

    assert_int_equal(result.state, ASSAY_QUOTE_FOUND);
    assert_int_equal(result.offset, 14);
    result = find(text, NULL, "mine", ".");
    assert_int_equal(result.state, ASSAY_QUOTE_FOUND);
    assert_int_equal(result.offset, 26);
    result = find(text, "two ", "mine", ".");
    assert_int_equal(result.state, ASSAY_QUOTE_ABSENT);

    /* They stand directly beside it, not somewhere before or after. */
    result = find(text, "two", "mine", NULL);
    assert_int_equal(result.state, ASSAY_QUOTE_ABSENT);
}

static void counting_ends_at_a_thousand(void **state)
{
    static uint8_t text[5000];
    struct assay_place place;
    (void)state;

    memset(text, 'a', sizeof(text));
    memset(&place, 0, sizeof(place));
    place.exact = assay_bytes_of("a");
    struct assay_quote_result result = assay_quote_find(
        (struct assay_bytes){text, sizeof(text)}, &place, true);
    assert_int_equal(result.state, ASSAY_QUOTE_AMBIGUOUS);
    assert_int_equal(result.count, 1000);
}

static size_t count_naively(const uint8_t *text, size_t text_len,
                            const uint8_t *quote, size_t quote_len,
                            size_t *first_out)
{
    size_t count = 0;

    for (size_t pos = 0; pos + quote_len <= text_len; pos++) {
        if (memcmp(text + pos, quote, quote_len) == 0) {
            *first_out = count == 0 ? pos : *first_out;
            count++;
        }
    }
    return count;
}

/* Words over two and three letters have every kind of period and border, the
 * cases in which a clever search can go wrong. */
static void it_finds_what_a_naive_search_finds(void **state)
{
    uint32_t number = 1;
    uint8_t text[64];
    uint8_t quote[16];
    size_t found = 0;
    (void)state;

    for (int round = 0; round < 60000; round++) {
        struct assay_place place;
        size_t first = 0;

        number = number * 1664525U + 1013904223U;
        size_t text_len = 1 + (number >> 8) % sizeof(text);
        size_t quote_len = 1 + (number >> 16) % sizeof(quote);
        unsigned letters = 2 + (unsigned)(round % 2);
        for (size_t index = 0; index < text_len; index++) {
            number = number * 1664525U + 1013904223U;
            text[index] = (uint8_t)('a' + (number >> 16) % letters);
        }
        for (size_t index = 0; index < quote_len; index++) {
            number = number * 1664525U + 1013904223U;
            quote[index] = (uint8_t)('a' + (number >> 16) % letters);
        }
        memset(&place, 0, sizeof(place));
        place.exact = (struct assay_bytes){quote, quote_len};
        struct assay_quote_result result = assay_quote_find(
            (struct assay_bytes){text, text_len}, &place, round % 8 == 0);
        size_t count = count_naively(text, text_len, quote, quote_len, &first);
        assert_int_equal(result.count, count);
        if (count > 0) {
            assert_int_equal(result.offset, first);
            found++;
        }
    }
    assert_true(found > 1000);
}

/* All the short words there are. */
static void it_finds_every_short_word(void **state)
{
    (void)state;

    for (unsigned bits = 0; bits < 1U << 12; bits++) {
        uint8_t text[12];

        for (size_t index = 0; index < sizeof(text); index++) {
            text[index] = (bits >> index & 1) != 0 ? 'b' : 'a';
        }
        for (size_t len = 1; len <= 6; len++) {
            struct assay_place place;
            size_t first = 0;

            memset(&place, 0, sizeof(place));
            place.exact = (struct assay_bytes){text + 3, len};
            struct assay_quote_result result = assay_quote_find(
                (struct assay_bytes){text, sizeof(text)}, &place, false);
            assert_int_equal(
                result.count,
                count_naively(text, sizeof(text), text + 3, len, &first));
            assert_int_equal(result.offset, first);
        }
    }
}

static void nothing_to_look_for_is_absent(void **state)
{
    struct assay_quote_result result = find("text", "te", NULL, "xt");
    (void)state;

    assert_int_equal(result.state, ASSAY_QUOTE_ABSENT);
    assert_null(result.nearest.data);
    result = find("", NULL, "a quote of some length", NULL);
    assert_int_equal(result.state, ASSAY_QUOTE_ABSENT);
    assert_null(result.nearest.data);
}

/* No record can hold such a quote; it is answered nevertheless. */
static void a_quote_longer_than_a_record_is_absent(void **state)
{
    size_t len = ASSAY_RECORD_MAX + 1;
    uint8_t *text = malloc(len);
    struct assay_place place;
    (void)state;

    assert_non_null(text);
    memset(text, 'a', len);
    memset(&place, 0, sizeof(place));
    place.exact = (struct assay_bytes){text, len};
    struct assay_quote_result result =
        assay_quote_find((struct assay_bytes){text, len}, &place, true);
    assert_int_equal(result.state, ASSAY_QUOTE_ABSENT);
    assert_null(result.nearest.data);
    place.exact.len = ASSAY_RECORD_MAX;
    place.suffix = assay_bytes_of("a");
    result = assay_quote_find((struct assay_bytes){text, len}, &place, true);
    assert_int_equal(result.state, ASSAY_QUOTE_ABSENT);
    free(text);
}

/* The thread that every demonstration carries end to end. */
static void every_quote_of_the_thread_is_found_once(void **state)
{
    size_t text_len = 0;
    size_t manifest_len = 0;
    size_t index = 0;
    const json_t *claim = NULL;
    (void)state;

    uint8_t *text = read_vector("thread/thread.txt", &text_len);
    uint8_t *manifest = read_vector("thread/claims.json", &manifest_len);
    json_t *root = json_loadb((const char *)manifest, manifest_len, 0, NULL);
    assert_non_null(root);
    const json_t *claims = json_object_get(root, "claims");
    assert_int_equal(json_array_size(claims), 9);
    json_array_foreach(claims, index, claim)
    {
        struct assay_place place;

        memset(&place, 0, sizeof(place));
        place.exact =
            assay_bytes_of(json_string_value(json_object_get(claim, "quote")));
        assert_non_null(place.exact.data);
        struct assay_quote_result result = assay_quote_find(
            (struct assay_bytes){text, text_len}, &place, true);
        assert_int_equal(result.state, ASSAY_QUOTE_FOUND);
        assert_int_equal(result.count, 1);
        assert_memory_equal(text + result.offset, place.exact.data,
                            place.exact.len);
    }
    json_decref(root);
    free(manifest);
    free(text);
}

/* What people type: another apostrophe, a letter too few, another number. */
static const struct slip {
    const char *typed;
    const char *stands;
} slips[] = {
    {"comprising 0.1% or more of the product's value.",
     "comprising 0.1% or more of the product’s value."},
    {"95% of US companies are not seing a return on investment on AI.",
     "95% of US companies are not seeing a return on investment on AI."},
    {"It will all officially take effect on November 9, in one month.",
     "It will all officially take effect on November 8, in one month."},
    {"California refused to isue a final permit and allow operation, so the "
     "company went bankrupt",
     "California refused to issue a final permit and allow operation, so the "
     "company went bankrupt"},
    {"specificaly those above 300 Wh/kg", "specifically those above 300 Wh/kg"},
    {"This realy isn't geting enough atention.",
     "This really isn’t getting enough attention."},
};

static void a_slip_shows_what_stands_there(void **state)
{
    size_t text_len = 0;
    (void)state;

    uint8_t *data = read_vector("thread/thread.txt", &text_len);
    struct assay_bytes text = {data, text_len};
    for (size_t index = 0; index < sizeof(slips) / sizeof(slips[0]); index++) {
        struct assay_place place;

        memset(&place, 0, sizeof(place));
        place.exact = assay_bytes_of(slips[index].typed);
        struct assay_quote_result result = assay_quote_find(text, &place, true);
        assert_nearest(&result, text, slips[index].stands);

        result = assay_quote_find(text, &place, false);
        assert_int_equal(result.state, ASSAY_QUOTE_ABSENT);
        assert_null(result.nearest.data);
    }
    free(data);
}

/* A quote that stands there, behind another prefix, is nearest to itself. */
static void a_wrong_prefix_shows_the_quote(void **state)
{
    const char *text = "The mine produced before the owner went bankrupt.";
    struct assay_quote_result result =
        find(text, "after the ", "owner went bankrupt", NULL);
    (void)state;

    assert_nearest(&result, assay_bytes_of(text), "owner went bankrupt");
}

static void nearest_is_whole_characters(void **state)
{
    const char *text = "报告说：中国对稀土实施新的出口管制措施。完。";
    struct assay_quote_result result =
        find(text, NULL, "中国对稀土实施的出口管制措施", NULL);
    (void)state;

    assert_nearest(&result, assay_bytes_of(text),
                   "中国对稀土实施新的出口管制措施");
}

/* The slip is where a character of three bytes stands, so that the guess of
 * where the quote begins lies inside it. */
static void nearest_is_widened_to_whole_characters(void **state)
{
    const char *text = "报中国对稀土实施出口管制措施。";
    struct assay_quote_result result =
        find(text, NULL, "x国对稀土实施出口管制措x", NULL);
    (void)state;

    assert_nearest(&result, assay_bytes_of(text), "中国对稀土实施出口管制措施");
}

/* Words that stand far apart do not add up to one place. */
static void nearest_is_one_place(void **state)
{
    const char *text =
        "The mine ran before the owner went bankrupt. This has been told in "
        "other words elsewhere, and at length, by people who had read of it "
        "in papers, that is to say: he ran before his owner went home.";
    struct assay_quote_result result =
        find(text, NULL, "The mine ran before his owner went bankrupt.", NULL);
    (void)state;

    assert_nearest(&result, assay_bytes_of(text),
                   "The mine ran before the owner went bankrupt.");
}

static void what_is_nowhere_near_has_no_nearest(void **state)
{
    struct assay_quote_result result =
        find("The mine produced before its owner went bankrupt.", NULL,
             "ZZZZ 12345 QQQQ 67890", NULL);
    (void)state;

    assert_int_equal(result.state, ASSAY_QUOTE_ABSENT);
    assert_null(result.nearest.data);
}

/* Bytes that are no UTF-8 are a text like any other. */
static void text_that_is_no_utf8_is_searched(void **state)
{
    uint8_t text[300];
    struct assay_place place;
    (void)state;

    for (size_t index = 0; index < sizeof(text); index++) {
        text[index] = (uint8_t)(0x80 + index % 64);
    }
    memset(&place, 0, sizeof(place));
    place.exact = assay_bytes_of("\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d"
                                 "\x8e\x8f\x90\x90");
    struct assay_quote_result result = assay_quote_find(
        (struct assay_bytes){text, sizeof(text)}, &place, true);
    assert_int_equal(result.state, ASSAY_QUOTE_ABSENT);
    assert_non_null(result.nearest.data);
    assert_true(result.nearest_offset + result.nearest.len <= sizeof(text));
}

/* 16 KiB of the same letter, with one that differs at its end, against a
 * text of that letter: a naive search would compare 16 thousand million. */
static void a_quote_made_to_be_slow_is_not(void **state)
{
    size_t text_len = 1024 * 1024;
    uint8_t *text = malloc(text_len);
    static uint8_t quote[ASSAY_TEXT_MAX];
    struct assay_place place;
    (void)state;

    assert_non_null(text);
    memset(text, 'a', text_len);
    memset(quote, 'a', sizeof(quote));
    memset(&place, 0, sizeof(place));
    place.exact = (struct assay_bytes){quote, sizeof(quote)};
    for (size_t at = 0; at < sizeof(quote); at += sizeof(quote) - 1) {
        quote[at] = 'b';
        struct assay_quote_result result = assay_quote_find(
            (struct assay_bytes){text, text_len}, &place, true);
        assert_int_equal(result.state, ASSAY_QUOTE_ABSENT);
        quote[at] = 'a';
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quote_is_found_to_the_byte),
        cmocka_unit_test(a_quote_at_either_end_is_found),
        cmocka_unit_test(several_places_are_ambiguous),
        cmocka_unit_test(overlapping_places_count),
        cmocka_unit_test(prefix_and_suffix_tell_places_apart),
        cmocka_unit_test(counting_ends_at_a_thousand),
        cmocka_unit_test(it_finds_what_a_naive_search_finds),
        cmocka_unit_test(it_finds_every_short_word),
        cmocka_unit_test(nothing_to_look_for_is_absent),
        cmocka_unit_test(a_quote_longer_than_a_record_is_absent),
        cmocka_unit_test(every_quote_of_the_thread_is_found_once),
        cmocka_unit_test(a_slip_shows_what_stands_there),
        cmocka_unit_test(a_wrong_prefix_shows_the_quote),
        cmocka_unit_test(nearest_is_whole_characters),
        cmocka_unit_test(nearest_is_widened_to_whole_characters),
        cmocka_unit_test(nearest_is_one_place),
        cmocka_unit_test(what_is_nowhere_near_has_no_nearest),
        cmocka_unit_test(text_that_is_no_utf8_is_searched),
        cmocka_unit_test(a_quote_made_to_be_slow_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
