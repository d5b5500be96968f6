/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/bech32m.h"

#include "testing.h"
#include "vectors.h"

#include <ctype.h>
#include <string.h>

/* As BIP 173 has it, for words that may hold a "1": it ends at the last. */
static enum assay_err read_whole(struct assay_bytes text,
                                 struct assay_bech32m *parts,
                                 struct assay_fault *fault)
{
    size_t prefix_len = text.len;

    while (prefix_len > 0 && text.data[prefix_len - 1] != '1') {
        prefix_len--;
    }
    if (prefix_len == 0) {
        return ASSAY_E_MALFORMED;
    }
    enum assay_err err =
        assay_bech32m_split(text, prefix_len - 1, parts, fault);
    return err != ASSAY_OK ? err : assay_bech32m_check(text, parts, fault);
}

static void strings_that_bip_350_calls_valid_pass(void **state)
{
    json_t *root = vectors_load("bech32m/bip350.json");
    const json_t *valid = json_object_get(root, "valid");
    (void)state;

    assert_int_equal(json_array_size(valid), 12);
    for (size_t index = 0; index < json_array_size(valid); index++) {
        const char *text = json_string_value(json_array_get(valid, index));
        struct assay_bech32m parts;

        assert_non_null(text);
        assert_int_equal(read_whole(assay_bytes_of(text), &parts, NULL),
                         ASSAY_OK);
    }
    json_decref(root);
}

/* Writing what was read gives the text again, in lower case. */
static void strings_that_bip_350_calls_valid_are_written_so(void **state)
{
    json_t *root = vectors_load("bech32m/bip350.json");
    const json_t *valid = json_object_get(root, "valid");
    (void)state;

    assert_int_equal(json_array_size(valid), 12);
    for (size_t index = 0; index < json_array_size(valid); index++) {
        const char *text = json_string_value(json_array_get(valid, index));
        char want[ASSAY_BECH32M_TEXT_MAX + 1] = {0};
        char prefix[ASSAY_BECH32M_TEXT_MAX + 1] = {0};
        char got[ASSAY_BECH32M_TEXT_MAX + 1];
        struct assay_bech32m parts;

        assert_int_equal(read_whole(assay_bytes_of(text), &parts, NULL),
                         ASSAY_OK);
        for (size_t at = 0; text[at] != '\0'; at++) {
            want[at] = (char)tolower((unsigned char)text[at]);
        }
        memcpy(prefix, want, parts.prefix_len);
        assay_bech32m_write(prefix, parts.values,
                            parts.count - ASSAY_BECH32M_CHECK_LEN, got);
        assert_string_equal(got, want);
    }
    json_decref(root);
}

static void strings_that_bip_350_calls_invalid_are_refused(void **state)
{
    json_t *root = vectors_load("bech32m/bip350.json");
    const json_t *invalid = json_object_get(root, "invalid");
    struct vector vector;
    (void)state;

    assert_int_equal(json_array_size(invalid), 19);
    for (size_t index = 0; index < json_array_size(invalid); index++) {
        const json_t *item = json_array_get(invalid, index);
        struct assay_bytes text = vector_from_member(&vector, item, "hex");
        struct assay_bech32m parts;

        assert_int_equal(read_whole(text, &parts, NULL), ASSAY_E_MALFORMED);
    }
    json_decref(root);
}

/* A person is shown the character that alone can be wrong. */
static void every_single_wrong_character_is_found(void **state)
{
    static const char good[] = "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx";
    static const char others[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const size_t first = sizeof("abcdef1") - 1;
    (void)state;

    for (size_t at = first; at < sizeof(good) - 1; at++) {
        for (size_t index = 0; index < sizeof(others) - 1; index++) {
            char text[sizeof(good)];
            struct assay_bech32m parts;
            struct assay_fault fault = {0, NULL};

            memcpy(text, good, sizeof(good));
            if (text[at] == others[index]) {
                continue;
            }
            text[at] = others[index];
            assert_int_equal(read_whole(assay_bytes_of(text), &parts, &fault),
                             ASSAY_E_MALFORMED);
            assert_int_equal(fault.offset, at);
            assert_non_null(fault.rule);
        }
    }
}

/* Which of two swapped neighbours is wrong cannot be told. */
static void two_wrong_characters_are_found_but_not_placed(void **state)
{
    static const char good[] = "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx";
    const size_t first = sizeof("abcdef1") - 1;
    (void)state;

    for (size_t at = first; at + 2 < sizeof(good); at++) {
        char text[sizeof(good)];
        struct assay_bech32m parts;
        struct assay_fault fault = {99, NULL};

        memcpy(text, good, sizeof(good));
        text[at] = good[at + 1];
        text[at + 1] = good[at];
        assert_int_equal(read_whole(assay_bytes_of(text), &parts, &fault),
                         ASSAY_E_MALFORMED);
        assert_int_equal(fault.offset, 0);
    }
}

static void refusals_name_the_place(void **state)
{
    static const struct {
        const char *text;
        size_t prefix_len;
        size_t offset;
    } cases[] = {
        {"", 0, 0},           {"1qqqqqqqq", 0, 0},     {"key", 3, 0},
        {"keyqqqqq", 3, 0},   {"key1qqbqqq", 3, 6},    {"key1qq qqq", 3, 6},
        {"key1qq1qqq", 3, 6}, {"key1qqQqqq", 3, 6},    {"KEY1qQQQQQ", 3, 4},
        {"k y1qqqqqq", 3, 1}, {"k\x7fy1qqqqqq", 3, 1}, {"k\x80y1qqqqqq", 3, 1},
    };
    (void)state;

    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        struct assay_bech32m parts;
        struct assay_fault fault = {99, NULL};

        assert_int_equal(assay_bech32m_split(assay_bytes_of(cases[index].text),
                                             cases[index].prefix_len, &parts,
                                             &fault),
                         ASSAY_E_MALFORMED);
        assert_int_equal(fault.offset, cases[index].offset);
        assert_non_null(fault.rule);
    }
}

/* A zero byte ends no alphabet. */
static void a_zero_byte_is_outside_the_alphabet(void **state)
{
    static const uint8_t text[] = {'k', '1', 'q', 0, 'q'};
    struct assay_bech32m parts;
    struct assay_fault fault = {99, NULL};
    (void)state;

    assert_int_equal(
        assay_bech32m_split((struct assay_bytes){text, sizeof(text)}, 1, &parts,
                            &fault),
        ASSAY_E_MALFORMED);
    assert_int_equal(fault.offset, 3);
}

static void a_text_without_room_for_a_checksum_has_none(void **state)
{
    /* The remainder of these five happens to be right. */
    struct assay_bytes text = assay_bytes_of("ap1e2gzx");
    struct assay_bech32m parts;
    (void)state;

    assert_int_equal(assay_bech32m_split(text, 2, &parts, NULL), ASSAY_OK);
    assert_int_equal(parts.count, 5);
    assert_int_equal(assay_bech32m_check(text, &parts, NULL),
                     ASSAY_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_that_bip_350_calls_valid_pass),
        cmocka_unit_test(strings_that_bip_350_calls_valid_are_written_so),
        cmocka_unit_test(strings_that_bip_350_calls_invalid_are_refused),
        cmocka_unit_test(every_single_wrong_character_is_found),
        cmocka_unit_test(two_wrong_characters_are_found_but_not_placed),
        cmocka_unit_test(refusals_name_the_place),
        cmocka_unit_test(a_zero_byte_is_outside_the_alphabet),
        cmocka_unit_test(a_text_without_room_for_a_checksum_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
