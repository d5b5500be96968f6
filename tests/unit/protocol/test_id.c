/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/id.h"

#include "testing.h"

#include "protocol/bech32m.h"
#include "protocol/kind.h"

#include <ctype.h>
#include <string.h>

/* Characters of the data and of the checksum. */
#define DATA_LEN 52
#define WHOLE_LEN (DATA_LEN + 6)

static uint8_t sample[ASSAY_ID_SIZE];

static int fill_sample(void **state)
{
    (void)state;
    for (size_t index = 0; index < sizeof(sample); index++) {
        sample[index] = (uint8_t)(index * 37 + 11);
    }
    return 0;
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;

    for (int type = ASSAY_ID_RECORD; type <= ASSAY_ID_NODE; type++) {
        char text[ASSAY_ID_TEXT_MAX];
        struct assay_id_prefix prefix;

        assay_id_format((enum assay_id_type)type, sample, text);
        assert_int_equal(assay_id_parse(assay_bytes_of(text), &prefix, NULL),
                         ASSAY_OK);
        assert_int_equal(prefix.type, type);
        assert_int_equal(prefix.bit_count, 256);
        assert_memory_equal(prefix.bytes, sample, sizeof(sample));
    }
}

/* Texts that another implementation of BIP 350 made of the same bytes. */
static void texts_are_those_of_bip_350(void **state)
{
    static const uint8_t zeros[ASSAY_ID_SIZE] = {0};
    char text[ASSAY_ID_TEXT_MAX];
    (void)state;

    assay_id_format(ASSAY_ID_CLAIM, sample, text);
    assert_string_equal(
        text,
        "claim1pvc9275lcn5suv6c0k3v0mq3xedcpfw2au2rjh5r4rxly9euvxrqx4zgaj");
    assay_id_format(ASSAY_ID_CAPTURE, sample, text);
    assert_string_equal(
        text,
        "capture1pvc9275lcn5suv6c0k3v0mq3xedcpfw2au2rjh5r4rxly9euvxrqnnvlg2");
    assay_id_format(ASSAY_ID_KEY, zeros, text);
    assert_string_equal(
        text, "key1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqquv4l00");
}

static void each_type_has_its_word(void **state)
{
    (void)state;

    assert_string_equal(assay_id_type_name(ASSAY_ID_RECORD), "record");
    assert_string_equal(assay_id_type_name(ASSAY_ID_CLAIM), "claim");
    assert_string_equal(assay_id_type_name(ASSAY_ID_SOURCE), "source");
    assert_string_equal(assay_id_type_name(ASSAY_ID_VERDICT), "verdict");
    assert_string_equal(assay_id_type_name(ASSAY_ID_CAPTURE), "capture");
    assert_string_equal(assay_id_type_name(ASSAY_ID_TEAM), "team");
    assert_string_equal(assay_id_type_name(ASSAY_ID_KEY), "key");
    assert_string_equal(assay_id_type_name(ASSAY_ID_NODE), "node");
}

/* A team's id is that of its founding record; kinds without a word of their
 * own, known or not, are records. */
static void kinds_are_written_with_their_type(void **state)
{
    (void)state;

    for (uint64_t kind = 0; kind < 40; kind++) {
        enum assay_id_type want = ASSAY_ID_RECORD;

        want = kind == ASSAY_KIND_FOUND ? ASSAY_ID_TEAM : want;
        want = kind == ASSAY_KIND_CAPTURE ? ASSAY_ID_CAPTURE : want;
        want = kind == ASSAY_KIND_CLAIM ? ASSAY_ID_CLAIM : want;
        want = kind == ASSAY_KIND_SOURCE ? ASSAY_ID_SOURCE : want;
        want = kind == ASSAY_KIND_VERDICT ? ASSAY_ID_VERDICT : want;
        assert_int_equal(assay_id_type_of_kind(kind), want);
    }
    assert_int_equal(assay_id_type_of_kind(UINT64_MAX), ASSAY_ID_RECORD);
}

/* BIP 173: "Decoders MUST accept both uppercase and lowercase strings". */
static void upper_case_as_a_whole_is_read(void **state)
{
    char text[ASSAY_ID_TEXT_MAX];
    struct assay_id_prefix prefix;
    (void)state;

    assay_id_format(ASSAY_ID_VERDICT, sample, text);
    for (char *at = text; *at != '\0'; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
    assert_int_equal(assay_id_parse(assay_bytes_of(text), &prefix, NULL),
                     ASSAY_OK);
    assert_int_equal(prefix.type, ASSAY_ID_VERDICT);
    assert_memory_equal(prefix.bytes, sample, sizeof(sample));
}

static void mixed_case_is_refused_where_it_changes(void **state)
{
    char text[ASSAY_ID_TEXT_MAX];
    struct assay_id_prefix prefix;
    struct assay_fault fault = {0, NULL};
    (void)state;

    assay_id_format(ASSAY_ID_TEAM, sample, text);
    text[0] = 'T';
    assert_int_equal(assay_id_parse(assay_bytes_of(text), &prefix, &fault),
                     ASSAY_E_MALFORMED);
    assert_int_equal(fault.offset, 1);
}

/* From the eighth character on every beginning of an id is a short form. */
static void every_beginning_of_eight_or_more_is_read(void **state)
{
    char text[ASSAY_ID_TEXT_MAX];
    const size_t word_len = sizeof("claim1") - 1;
    (void)state;

    assay_id_format(ASSAY_ID_CLAIM, sample, text);
    for (size_t count = ASSAY_ID_SHORT_MIN; count < DATA_LEN; count++) {
        struct assay_bytes beginning = {(const uint8_t *)text,
                                        word_len + count};
        struct assay_id_prefix prefix;

        assert_int_equal(assay_id_parse(beginning, &prefix, NULL), ASSAY_OK);
        assert_int_equal(prefix.type, ASSAY_ID_CLAIM);
        assert_int_equal(prefix.bit_count, count * 5);
        assert_true(assay_id_matches(&prefix, sample));
        for (size_t bit = prefix.bit_count; bit < 256; bit++) {
            assert_int_equal(prefix.bytes[bit / 8] & (0x80 >> (bit % 8)), 0);
        }
    }
}

static void a_shorter_beginning_ends_too_early(void **state)
{
    char text[ASSAY_ID_TEXT_MAX];
    const size_t word_len = sizeof("claim1") - 1;
    (void)state;

    assay_id_format(ASSAY_ID_CLAIM, sample, text);
    for (size_t count = 0; count < ASSAY_ID_SHORT_MIN; count++) {
        struct assay_bytes beginning = {(const uint8_t *)text,
                                        word_len + count};
        struct assay_id_prefix prefix;
        struct assay_fault fault = {0, NULL};

        assert_int_equal(assay_id_parse(beginning, &prefix, &fault),
                         ASSAY_E_TRUNCATED);
        assert_int_equal(fault.offset, beginning.len);
    }
}

/* A whole id is only believed with its checksum. */
static void a_checksum_that_is_cut_off_is_refused(void **state)
{
    char text[ASSAY_ID_TEXT_MAX];
    const size_t word_len = sizeof("claim1") - 1;
    (void)state;

    assay_id_format(ASSAY_ID_CLAIM, sample, text);
    for (size_t count = DATA_LEN; count < WHOLE_LEN; count++) {
        struct assay_bytes beginning = {(const uint8_t *)text,
                                        word_len + count};
        struct assay_id_prefix prefix;
        struct assay_fault fault = {0, NULL};

        assert_int_equal(assay_id_parse(beginning, &prefix, &fault),
                         ASSAY_E_MALFORMED);
        assert_int_equal(fault.offset, beginning.len);
    }
}

static void a_longer_text_is_refused(void **state)
{
    char text[ASSAY_ID_TEXT_MAX + 32];
    struct assay_id_prefix prefix;
    struct assay_fault fault = {0, NULL};
    (void)state;

    assay_id_format(ASSAY_ID_CLAIM, sample, text);
    size_t len = strlen(text);
    for (size_t more = 1; more <= 32; more++) {
        text[len + more - 1] = 'q';
        struct assay_bytes longer = {(const uint8_t *)text, len + more};

        assert_int_equal(assay_id_parse(longer, &prefix, &fault),
                         ASSAY_E_MALFORMED);
    }
    struct assay_bytes longer = {(const uint8_t *)text, len + 1};
    assert_int_equal(assay_id_parse(longer, &prefix, &fault),
                     ASSAY_E_MALFORMED);
    assert_int_equal(fault.offset, len);
}

/* One slip anywhere behind the word is found, and shown. */
static void a_single_slip_is_found_where_it_is(void **state)
{
    char good[ASSAY_ID_TEXT_MAX];
    (void)state;

    assay_id_format(ASSAY_ID_SOURCE, sample, good);
    for (size_t at = sizeof("source1") - 1; at < strlen(good); at++) {
        char text[ASSAY_ID_TEXT_MAX];
        struct assay_id_prefix prefix = {.bit_count = 77};
        struct assay_fault fault = {0, NULL};

        memcpy(text, good, sizeof(text));
        text[at] = text[at] == 'q' ? 'p' : 'q';
        assert_int_equal(assay_id_parse(assay_bytes_of(text), &prefix, &fault),
                         ASSAY_E_MALFORMED);
        assert_int_equal(fault.offset, at);
        assert_int_equal(prefix.bit_count, 77);
    }
}

/* The word is under the checksum as well: one cannot be put for another. */
static void another_word_does_not_fit(void **state)
{
    static const char node[] = {'n', 'o', 'd', 'e'};
    char text[ASSAY_ID_TEXT_MAX];
    struct assay_id_prefix prefix;
    (void)state;

    assay_id_format(ASSAY_ID_TEAM, sample, text);
    memcpy(text, node, sizeof(node));
    assert_int_equal(assay_id_parse(assay_bytes_of(text), &prefix, NULL),
                     ASSAY_E_MALFORMED);
}

static void unknown_words_are_refused(void **state)
{
    static const char *const texts[] = {
        "",           "1",           "claim",         "1qqqqqqqq",
        "qqqqqqqqqq", "clai1qqqqqq", "claims1qqqqqq", "bc1qqqqqqqqqq",
        "link1qqqqq", " claim1qqqq",
    };
    (void)state;

    for (size_t index = 0; index < sizeof(texts) / sizeof(texts[0]); index++) {
        struct assay_id_prefix prefix;
        struct assay_fault fault = {99, NULL};

        assert_int_equal(
            assay_id_parse(assay_bytes_of(texts[index]), &prefix, &fault),
            ASSAY_E_MALFORMED);
        assert_int_equal(fault.offset, 0);
        assert_non_null(fault.rule);
    }
    struct assay_id_prefix prefix;
    assert_int_equal(assay_id_parse(ASSAY_BYTES_NONE, &prefix, NULL),
                     ASSAY_E_MALFORMED);
}

static void a_character_outside_the_alphabet_is_shown(void **state)
{
    static const char *const texts[] = {"claim1qqqbqqqqq", "claim1qqqiqqqqq",
                                        "claim1qqqoqqqqq", "claim1qqq1qqqqq",
                                        "claim1qqq-qqqqq", "claim1qqq\x80qqqq"};
    (void)state;

    for (size_t index = 0; index < sizeof(texts) / sizeof(texts[0]); index++) {
        struct assay_id_prefix prefix;
        struct assay_fault fault = {0, NULL};

        assert_int_equal(
            assay_id_parse(assay_bytes_of(texts[index]), &prefix, &fault),
            ASSAY_E_MALFORMED);
        assert_int_equal(fault.offset, 9);
    }
}

/* Else sixteen texts would stand for one id. */
static void bits_behind_the_256th_must_be_zero(void **state)
{
    uint8_t values[DATA_LEN] = {0};
    char text[ASSAY_ID_TEXT_MAX];
    struct assay_id_prefix prefix;
    struct assay_fault fault = {0, NULL};
    (void)state;

    for (uint8_t spare = 0; spare < 16; spare++) {
        values[DATA_LEN - 1] = spare;
        assay_bech32m_write("claim", values, DATA_LEN, text);
        assert_int_equal(assay_id_parse(assay_bytes_of(text), &prefix, &fault),
                         spare == 0 ? ASSAY_OK : ASSAY_E_MALFORMED);
    }
    assert_int_equal(fault.offset, sizeof("claim1") - 1 + DATA_LEN - 1);
}

static void a_prefix_matches_what_begins_with_its_bits(void **state)
{
    (void)state;

    for (size_t bits = 0; bits <= 256; bits++) {
        struct assay_id_prefix prefix = {.bit_count = bits};

        for (size_t bit = 0; bit < bits; bit++) {
            prefix.bytes[bit / 8] |=
                (uint8_t)(sample[bit / 8] & (0x80U >> (bit % 8)));
        }
        assert_true(assay_id_matches(&prefix, sample));
        for (size_t bit = 0; bit < 256; bit++) {
            uint8_t other[ASSAY_ID_SIZE];

            memcpy(other, sample, sizeof(other));
            other[bit / 8] ^= (uint8_t)(0x80U >> (bit % 8));
            assert_int_equal(assay_id_matches(&prefix, other), bit >= bits);
        }
    }
}

/* The search in an index begins and ends where matches do. */
static void a_range_holds_what_matches_and_nothing_else(void **state)
{
    uint64_t first = 0;
    uint64_t last = 0;
    struct assay_id_prefix prefix = {.bit_count = 40,
                                     .bytes = {0x12, 0x34, 0x56, 0x78, 0x9a}};
    (void)state;

    assay_id_range(&prefix, &first, &last);
    assert_true(first == 0x123456789a000000);
    assert_true(last == 0x123456789affffff);

    prefix.bit_count = 45;
    prefix.bytes[5] = 0xa8;
    assay_id_range(&prefix, &first, &last);
    assert_true(first == 0x123456789aa80000);
    assert_true(last == 0x123456789aafffff);

    prefix.bit_count = 63;
    memset(prefix.bytes, 0xff, sizeof(prefix.bytes));
    prefix.bytes[7] = 0xfe;
    assay_id_range(&prefix, &first, &last);
    assert_true(first == UINT64_MAX - 1);
    assert_true(last == UINT64_MAX);

    prefix.bit_count = 0;
    memset(prefix.bytes, 0, sizeof(prefix.bytes));
    assay_id_range(&prefix, &first, &last);
    assert_true(first == 0);
    assert_true(last == UINT64_MAX);
}

static void a_range_of_64_bits_or_more_is_one_number(void **state)
{
    uint64_t first = 0;
    uint64_t last = 0;
    struct assay_id_prefix prefix = {.bit_count = 64};
    (void)state;

    memcpy(prefix.bytes, sample, sizeof(sample));
    for (prefix.bit_count = 64; prefix.bit_count <= 256; prefix.bit_count++) {
        assay_id_range(&prefix, &first, &last);
        assert_true(first == last);
        assert_int_equal(first >> 56, sample[0]);
        assert_int_equal(first & 0xff, sample[7]);
    }
}

static void ids_and_keys_are_compared_whole(void **state)
{
    struct assay_id id = {{0}};
    struct assay_key key = {{0}};
    (void)state;

    for (size_t index = 0; index < ASSAY_ID_SIZE; index++) {
        struct assay_id other_id = id;
        struct assay_key other_key = key;

        assert_true(assay_id_equal(&id, &other_id));
        assert_true(assay_key_equal(&key, &other_key));
        other_id.hash[index] = 1;
        other_key.bytes[index] = 1;
        assert_false(assay_id_equal(&id, &other_id));
        assert_false(assay_key_equal(&key, &other_key));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(texts_are_those_of_bip_350),
        cmocka_unit_test(each_type_has_its_word),
        cmocka_unit_test(kinds_are_written_with_their_type),
        cmocka_unit_test(upper_case_as_a_whole_is_read),
        cmocka_unit_test(mixed_case_is_refused_where_it_changes),
        cmocka_unit_test(every_beginning_of_eight_or_more_is_read),
        cmocka_unit_test(a_shorter_beginning_ends_too_early),
        cmocka_unit_test(a_checksum_that_is_cut_off_is_refused),
        cmocka_unit_test(a_longer_text_is_refused),
        cmocka_unit_test(a_single_slip_is_found_where_it_is),
        cmocka_unit_test(another_word_does_not_fit),
        cmocka_unit_test(unknown_words_are_refused),
        cmocka_unit_test(a_character_outside_the_alphabet_is_shown),
        cmocka_unit_test(bits_behind_the_256th_must_be_zero),
        cmocka_unit_test(a_prefix_matches_what_begins_with_its_bits),
        cmocka_unit_test(a_range_holds_what_matches_and_nothing_else),
        cmocka_unit_test(a_range_of_64_bits_or_more_is_one_number),
        cmocka_unit_test(ids_and_keys_are_compared_whole),
    };

    return cmocka_run_group_tests(tests, fill_sample, NULL);
}
