/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/text.h"

#include "testing.h"

#include "protocol/limits.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Writes a code point as UTF-8 does, even where it may not; returns the
 * length. Independent of the code that is tested. */
static size_t encode(uint32_t code_point, uint8_t *out)
{
    if (code_point < 0x80) {
        out[0] = (uint8_t)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (uint8_t)(0xc0 | code_point >> 6);
        out[1] = (uint8_t)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (uint8_t)(0xe0 | code_point >> 12);
        out[1] = (uint8_t)(0x80 | (code_point >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (code_point & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | code_point >> 18);
    out[1] = (uint8_t)(0x80 | (code_point >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (code_point >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (code_point & 0x3f));
    return 4;
}

static enum assay_err check(const uint8_t *data, size_t len)
{
    return assay_text_check((struct assay_bytes){data, len}, NULL);
}

/* Every code point that there is, one by one. */
static void each_code_point_is_taken_or_refused_as_the_rule_says(void **state)
{
    (void)state;

    for (uint32_t code_point = 0; code_point < 0x140000; code_point++) {
        uint8_t text[4];
        size_t len = encode(code_point, text);
        bool is_control =
            code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f);
        bool is_kept = code_point == '\n' || code_point == '\t';
        bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
        bool is_good =
            (!is_control || is_kept) && !is_surrogate && code_point <= 0x10ffff;

        if (check(text, len) != (is_good ? ASSAY_OK : ASSAY_E_MALFORMED)) {
            fail_msg("U+%04X is judged wrongly", (unsigned)code_point);
        }
    }
}

/* A row of the table of well-formed sequences in the Unicode standard (3.9,
 * table 3-7): first bytes, second bytes, and how many follow the first. */
static const struct {
    uint8_t first[2];
    uint8_t second[2];
    size_t more;
} rows[] = {
    {{0x00, 0x7f}, {0x00, 0xff}, 0}, {{0xc2, 0xdf}, {0x80, 0xbf}, 1},
    {{0xe0, 0xe0}, {0xa0, 0xbf}, 2}, {{0xe1, 0xec}, {0x80, 0xbf}, 2},
    {{0xed, 0xed}, {0x80, 0x9f}, 2}, {{0xee, 0xef}, {0x80, 0xbf}, 2},
    {{0xf0, 0xf0}, {0x90, 0xbf}, 3}, {{0xf1, 0xf3}, {0x80, 0xbf}, 3},
    {{0xf4, 0xf4}, {0x80, 0x8f}, 3},
};

static bool is_within(uint8_t byte, const uint8_t bounds[2])
{
    return byte >= bounds[0] && byte <= bounds[1];
}

/* The length of the sequence that begins text; 0 if it is not well-formed. */
static size_t table_len(const uint8_t *text, size_t len)
{
    static const uint8_t tail[2] = {0x80, 0xbf};
    size_t row = 0;

    while (row < COUNT(rows) && !is_within(text[0], rows[row].first)) {
        row++;
    }
    if (row == COUNT(rows) || rows[row].more >= len) {
        return 0;
    }
    for (size_t index = 1; index <= rows[row].more; index++) {
        if (!is_within(text[index], index == 1 ? rows[row].second : tail)) {
            return 0;
        }
    }
    return rows[row].more + 1;
}

static bool is_well_formed(const uint8_t *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        size_t sequence = table_len(text + at, len - at);

        if (sequence == 0) {
            return false;
        }
        at += sequence;
    }
    return true;
}

/* Whether one of the bytes is a control character, C1 ones in two bytes. */
static bool has_control(const uint8_t *text, size_t len)
{
    for (size_t at = 0; at < len; at++) {
        bool is_kept = text[at] == '\n' || text[at] == '\t';

        if ((text[at] < 0x20 && !is_kept) || text[at] == 0x7f ||
            (text[at] == 0xc2 && at + 1 < len && text[at + 1] >= 0x80 &&
             text[at + 1] < 0xa0)) {
            return true;
        }
    }
    return false;
}

static void each_three_bytes_are_judged_as_the_standard_does(void **state)
{
    (void)state;

    for (uint32_t number = 0; number < 1U << 24; number++) {
        uint8_t text[3] = {(uint8_t)(number >> 16), (uint8_t)(number >> 8),
                           (uint8_t)number};
        bool is_good = is_well_formed(text, 3) && !has_control(text, 3);

        if (check(text, 3) != (is_good ? ASSAY_OK : ASSAY_E_MALFORMED)) {
            fail_msg("%06X is judged wrongly", (unsigned)number);
        }
    }
}

static void sequences_of_four_bytes_are_judged_at_their_edges(void **state)
{
    static const uint8_t edges[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90,
                                    0xa0, 0xbf, 0xc0, 0xc2, 0xf0, 0xff};
    (void)state;

    for (unsigned first = 0xe0; first <= 0xff; first++) {
        for (size_t index = 0;
             index < COUNT(edges) * COUNT(edges) * COUNT(edges); index++) {
            uint8_t text[4] = {(uint8_t)first, edges[index % COUNT(edges)],
                               edges[index / COUNT(edges) % COUNT(edges)],
                               edges[index / COUNT(edges) / COUNT(edges)]};
            bool is_good = is_well_formed(text, 4) && !has_control(text, 4);

            assert_int_equal(check(text, 4),
                             is_good ? ASSAY_OK : ASSAY_E_MALFORMED);
        }
    }
}

/* Eight bytes are looked at together: every byte in every place of every
 * length around eight, with the right offset. */
static void one_bad_byte_is_found_wherever_it_stands(void **state)
{
    (void)state;

    for (size_t len = 1; len <= 33; len++) {
        uint8_t *text = malloc(len);

        assert_non_null(text);
        for (size_t at = 0; at < len; at++) {
            for (unsigned byte = 0; byte < 0x100; byte++) {
                struct assay_fault fault = {99, NULL};
                bool is_good = (byte >= 0x20 && byte < 0x7f) || byte == '\n' ||
                               byte == '\t';

                memset(text, 'a', len);
                text[at] = (uint8_t)byte;
                assert_int_equal(
                    assay_text_check((struct assay_bytes){text, len}, &fault),
                    is_good ? ASSAY_OK : ASSAY_E_MALFORMED);
                assert_int_equal(fault.offset, is_good ? 99 : at);
                assert_true((fault.rule == NULL) == is_good);
            }
        }
        free(text);
    }
}

static void nothing_at_all_is_text(void **state)
{
    (void)state;

    assert_int_equal(assay_text_check(ASSAY_BYTES_NONE, NULL), ASSAY_OK);
}

/* 16 KiB of combining marks are legal: showing them is the shower's task. */
static void many_combining_marks_are_text(void **state)
{
    uint8_t *text = malloc(ASSAY_TEXT_MAX);
    (void)state;

    assert_non_null(text);
    for (size_t at = 0; at < ASSAY_TEXT_MAX; at += 2) {
        (void)encode(0x0301, text + at);
    }
    assert_int_equal(check(text, ASSAY_TEXT_MAX), ASSAY_OK);
    assert_int_equal(check(text, ASSAY_TEXT_MAX - 1), ASSAY_E_MALFORMED);
    free(text);
}

static void next_walks_over_code_points(void **state)
{
    struct assay_bytes text =
        assay_bytes_of("a\xc3\xbc\xe6\xb0\xb4\xf0\x90\x85\x91");
    size_t pos = 0;
    (void)state;

    assert_int_equal(assay_text_next(text, &pos), 'a');
    assert_int_equal(pos, 1);
    assert_int_equal(assay_text_next(text, &pos), 0xfc);
    assert_int_equal(pos, 3);
    assert_int_equal(assay_text_next(text, &pos), 0x6c34);
    assert_int_equal(pos, 6);
    assert_int_equal(assay_text_next(text, &pos), 0x10151);
    assert_int_equal(pos, text.len);
}

/* A walk over any bytes ends. */
static void next_gives_the_replacement_for_what_is_not_utf_8(void **state)
{
    static const char *const texts[] = {"\x80",
                                        "\xff",
                                        "\xc3",
                                        "\xc0\x80",
                                        "\xed\xa0\x80",
                                        "\xe6\xb0",
                                        "\xf0\x90",
                                        "\xf4\x90\x80\x80",
                                        "\xf0\x80\x80\x80"};
    (void)state;

    for (size_t index = 0; index < COUNT(texts); index++) {
        struct assay_bytes text = assay_bytes_of(texts[index]);

        for (size_t pos = 0; pos < text.len;) {
            size_t before = pos;

            assert_int_equal(assay_text_next(text, &pos), 0xfffd);
            assert_int_equal(pos, before + 1);
        }
    }
}

static void characters_that_are_not_seen_are_hidden(void **state)
{
    static const uint32_t hidden[] = {
        0x00ad,  0x034f,  0x061c,  0x115f,  0x1160,  0x17b4, 0x180e, 0x200b,
        0x200c,  0x200d,  0x200e,  0x200f,  0x2028,  0x2029, 0x202a, 0x202b,
        0x202c,  0x202d,  0x202e,  0x2060,  0x2064,  0x2066, 0x2067, 0x2068,
        0x2069,  0x206a,  0x206f,  0x3164,  0xfeff,  0xffa0, 0xfff9, 0xfffb,
        0x1bca0, 0x1d173, 0x1d17a, 0xe0001, 0xe0020, 0xe007f};
    (void)state;

    for (size_t index = 0; index < COUNT(hidden); index++) {
        assert_true(assay_text_is_hidden(hidden[index]));
    }
}

/* Scripts and emoji are shown as they are. */
static void characters_that_are_seen_are_not_hidden(void **state)
{
    static const uint32_t seen[] = {
        0,      'a',    '\n',   0x00a0,  0x00ac,  0x00ae,   0x0301,    0x05d0,
        0x0627, 0x2010, 0x2027, 0x202f,  0x205f,  0x2070,   0x3000,    0x4e00,
        0xac00, 0xfe0f, 0xfffd, 0x1f600, 0xe0100, 0x10ffff, UINT32_MAX};
    (void)state;

    for (size_t index = 0; index < COUNT(seen); index++) {
        assert_false(assay_text_is_hidden(seen[index]));
    }
}

static void urls_of_the_web_are_urls(void **state)
{
    static const char *const urls[] = {
        "http://a",
        "https://example.org",
        "HTTPS://Example.ORG/Path",
        "https://example.org:8443/",
        "https://example.org:/",
        "https://user@example.org/",
        "https://user:word@example.org:1/",
        "https://[2001:db8::1]:80/a",
        "https://[::1]",
        "https://example.org?q=1#part",
        "https://example.org/a%20b/(c)?d=[e]&f;g,h=i!j*k'l$m+n",
        "https://xn--bcher-kva.example/~x",
        "https://192.0.2.1/",
    };
    (void)state;

    for (size_t index = 0; index < COUNT(urls); index++) {
        if (!assay_text_is_url(assay_bytes_of(urls[index]))) {
            fail_msg("%s is refused", urls[index]);
        }
    }
}

static void other_texts_are_no_urls(void **state)
{
    static const char *const texts[] = {
        "",
        "http",
        "http:",
        "http:/",
        "http://",
        "https://",
        "http:///path",
        "https://?q",
        "https://#part",
        "https://:80/",
        "https://@/",
        "https://user@:80/",
        "https://a@b@c/",
        "https://example.org:8a/",
        "https://[::1",
        "https://[]",
        "https://[::1]x/",
        "ftp://example.org/",
        "javascript:alert(1)",
        "//example.org/",
        "example.org",
        " https://example.org/",
        "https://example.org/a b",
        "https://example.org/a\tb",
        "https://example.org/a\nb",
        "https://example.org/\x1b[31m",
        "https://example.org/\x7f",
        "https://\xc3\xbc.example/",
        "https://example.org/\"onload",
        "https://example.org/<b>",
        "https://example.org\\@evil.example/",
        "https://example.org/`",
        "https://example.org/{a}",
        "https://example.org/a|b^c",
    };
    (void)state;

    for (size_t index = 0; index < COUNT(texts); index++) {
        if (assay_text_is_url(assay_bytes_of(texts[index]))) {
            fail_msg("%s is taken", texts[index]);
        }
    }
    assert_false(assay_text_is_url((struct assay_bytes){
        (const uint8_t *)"https://a/\0b", sizeof("https://a/\0b") - 1}));
}

static void a_url_has_a_longest_length(void **state)
{
    static const uint8_t scheme[] = {'h', 't', 't', 'p', ':', '/', '/'};
    uint8_t url[ASSAY_URL_MAX + 1];
    (void)state;

    memset(url, 'a', sizeof(url));
    memcpy(url, scheme, sizeof(scheme));
    assert_true(assay_text_is_url((struct assay_bytes){url, ASSAY_URL_MAX}));
    assert_false(
        assay_text_is_url((struct assay_bytes){url, ASSAY_URL_MAX + 1}));
}

static void language_tags_have_their_shape(void **state)
{
    static const char *const tags[] = {
        "en",
        "de-CH",
        "zh-Hant-TW",
        "sl-rozaj-biske",
        "x-private",
        "es-419",
        "de-1996",
        "i-klingon",
        "a",
        "12345678",
        "en-a-bbb-x-a1",
        "ca-valencia",
        "aaaaaaaa-bbbbbbbb-cccccccc-dddddddd",
    };
    static const char *const others[] = {
        "",
        "-",
        "en-",
        "-en",
        "en--us",
        "en_US",
        "en us",
        "abcdefghi",
        "en-abcdefghi",
        "d\xc3\xa9",
        "en\n",
        "aaaaaaaa-bbbbbbbb-cccccccc-dddddddd-e",
        "aaaaaaaa-bbbbbbbb-cccccccc-ddddddddd",
    };
    (void)state;

    for (size_t index = 0; index < COUNT(tags); index++) {
        if (!assay_text_is_lang(assay_bytes_of(tags[index]))) {
            fail_msg("%s is refused", tags[index]);
        }
    }
    for (size_t index = 0; index < COUNT(others); index++) {
        if (assay_text_is_lang(assay_bytes_of(others[index]))) {
            fail_msg("%s is taken", others[index]);
        }
    }
    assert_false(assay_text_is_lang(ASSAY_BYTES_NONE));
}

static void dates_of_the_calendar_are_dates(void **state)
{
    static const char *const dates[] = {
        "2025",
        "0000",
        "9999",
        "2025-10",
        "2025-01",
        "2025-12",
        "2025-10-09",
        "2025-01-31",
        "2025-04-30",
        "2024-02-29",
        "2000-02-29",
        "2025-02-28",
        "2025-10-09T00:00:00Z",
        "2025-10-09T23:59:59Z",
    };
    (void)state;

    for (size_t index = 0; index < COUNT(dates); index++) {
        if (!assay_text_is_date(assay_bytes_of(dates[index]))) {
            fail_msg("%s is refused", dates[index]);
        }
    }
}

static void other_texts_are_no_dates(void **state)
{
    static const char *const texts[] = {
        "",
        "202",
        "20255",
        "20a5",
        "+202",
        " 202",
        "2025-",
        "2025-1",
        "2025-00",
        "2025-13",
        "2025/10",
        "2025-1a",
        "2025-10-",
        "2025-10-9",
        "2025-10-00",
        "2025-10-32",
        "2025-04-31",
        "2025-02-29",
        "1900-02-29",
        "2100-02-29",
        "2025-10/09",
        "2025-10-09T",
        "2025-10-09Z",
        "2025-10-09T00:00",
        "2025-10-09T00:00:00",
        "2025-10-09T24:00:00Z",
        "2025-10-09T23:60:00Z",
        "2025-10-09T23:59:60Z",
        "2025-10-09t00:00:00Z",
        "2025-10-09T00:00:00z",
        "2025-10-09 00:00:00Z",
        "2025-10-09T00-00:00Z",
        "2025-10-09T00:00-00Z",
        "2025-10-09T0a:00:00Z",
        "2025-10-09T00:00:00+00:00",
        "2025-02-29T00:00:00Z",
        "2025-10-09T00:00:00.5Z",
    };
    (void)state;

    for (size_t index = 0; index < COUNT(texts); index++) {
        if (assay_text_is_date(assay_bytes_of(texts[index]))) {
            fail_msg("%s is taken", texts[index]);
        }
    }
    assert_false(assay_text_is_date(ASSAY_BYTES_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_point_is_taken_or_refused_as_the_rule_says),
        cmocka_unit_test(each_three_bytes_are_judged_as_the_standard_does),
        cmocka_unit_test(sequences_of_four_bytes_are_judged_at_their_edges),
        cmocka_unit_test(one_bad_byte_is_found_wherever_it_stands),
        cmocka_unit_test(nothing_at_all_is_text),
        cmocka_unit_test(many_combining_marks_are_text),
        cmocka_unit_test(next_walks_over_code_points),
        cmocka_unit_test(next_gives_the_replacement_for_what_is_not_utf_8),
        cmocka_unit_test(characters_that_are_not_seen_are_hidden),
        cmocka_unit_test(characters_that_are_seen_are_not_hidden),
        cmocka_unit_test(urls_of_the_web_are_urls),
        cmocka_unit_test(other_texts_are_no_urls),
        cmocka_unit_test(a_url_has_a_longest_length),
        cmocka_unit_test(language_tags_have_their_shape),
        cmocka_unit_test(dates_of_the_calendar_are_dates),
        cmocka_unit_test(other_texts_are_no_dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
