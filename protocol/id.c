/* SPDX-License-Identifier: Apache-2.0 */
#include "id.h"

#include "bech32m.h"
#include "check.h"
#include "kind.h"

/* Index: enum assay_id_type. */
static const char *const type_names[] = {
    [ASSAY_ID_RECORD] = "record",   [ASSAY_ID_CLAIM] = "claim",
    [ASSAY_ID_SOURCE] = "source",   [ASSAY_ID_VERDICT] = "verdict",
    [ASSAY_ID_CAPTURE] = "capture", [ASSAY_ID_TEAM] = "team",
    [ASSAY_ID_KEY] = "key",         [ASSAY_ID_NODE] = "node",
};

#define TYPE_COUNT (sizeof(type_names) / sizeof(type_names[0]))

#define ID_BITS (ASSAY_ID_SIZE * 8)
#define CHAR_BITS 5

/* Data characters of 32 bytes: 260 bits, the last four of which are zero. */
#define DATA_LEN 52
#define PADDING_MASK 0x0f

_Static_assert(sizeof("capture") - 1 + 1 + DATA_LEN + ASSAY_BECH32M_CHECK_LEN <
                   ASSAY_ID_TEXT_MAX,
               "the longest text and its final zero must fit");
_Static_assert(ASSAY_ID_SIZE == ASSAY_KEY_SIZE,
               "ids and keys are written alike");

static enum assay_err refuse(struct assay_fault *fault_out, enum assay_err err,
                             size_t offset, const char *rule)
{
    if (fault_out != NULL) {
        *fault_out = (struct assay_fault){offset, rule};
    }
    return err;
}

static bool equal_ignoring_case(struct assay_bytes text, const char *word)
{
    if (text.len != strlen(word)) {
        return false;
    }
    for (size_t index = 0; index < text.len; index++) {
        uint8_t byte = text.data[index];

        if (byte >= 'A' && byte <= 'Z') {
            byte = (uint8_t)(byte - 'A' + 'a');
        }
        if (byte != (uint8_t)word[index]) {
            return false;
        }
    }
    return true;
}

/* Finds the type of the word before the first "1"; none of ours holds a "1",
 * so that a second one is found to be a wrong character. */
static bool find_type(struct assay_bytes text, enum assay_id_type *type_out,
                      size_t *word_len_out)
{
    const uint8_t *one =
        text.len == 0 ? NULL : memchr(text.data, '1', text.len);

    if (one == NULL) {
        return false;
    }
    struct assay_bytes word = {text.data, (size_t)(one - text.data)};
    for (size_t index = 0; index < TYPE_COUNT; index++) {
        if (equal_ignoring_case(word, type_names[index])) {
            *type_out = (enum assay_id_type)index;
            *word_len_out = word.len;
            return true;
        }
    }
    return false;
}

/* Packs values of five bits into bytes, from the highest bit on. */
static void pack(const uint8_t *values, size_t bit_count, uint8_t *bytes)
{
    for (size_t bit = 0; bit < bit_count; bit++) {
        uint8_t value = values[bit / CHAR_BITS];

        if ((value >> (CHAR_BITS - 1 - bit % CHAR_BITS)) & 1) {
            bytes[bit / 8] |= (uint8_t)(0x80U >> (bit % 8));
        }
    }
}

/* Checks what only a whole text has: the checksum, and no bits left over. */
static enum assay_err check_whole(struct assay_bytes text,
                                  const struct assay_bech32m *parts,
                                  struct assay_fault *fault_out)
{
    size_t data = parts->prefix_len + 1;

    if (parts->count > DATA_LEN + ASSAY_BECH32M_CHECK_LEN) {
        return refuse(fault_out, ASSAY_E_MALFORMED,
                      data + DATA_LEN + ASSAY_BECH32M_CHECK_LEN,
                      "it must not be longer than an id");
    }
    if (parts->count < DATA_LEN + ASSAY_BECH32M_CHECK_LEN) {
        return refuse(fault_out, ASSAY_E_MALFORMED, text.len,
                      "its checksum must not be cut off");
    }
    enum assay_err err = assay_bech32m_check(text, parts, fault_out);
    if (err == ASSAY_OK && (parts->values[DATA_LEN - 1] & PADDING_MASK) != 0) {
        return refuse(fault_out, ASSAY_E_MALFORMED, data + DATA_LEN - 1,
                      "it must hold 256 bits and no more");
    }
    return err;
}

const char *assay_id_type_name(enum assay_id_type type)
{
    ASSAY_CHECK((size_t)type < TYPE_COUNT);
    return type_names[type];
}

enum assay_id_type assay_id_type_of_kind(uint64_t kind)
{
    switch (kind) {
    case ASSAY_KIND_FOUND:
        return ASSAY_ID_TEAM;
    case ASSAY_KIND_CAPTURE:
        return ASSAY_ID_CAPTURE;
    case ASSAY_KIND_CLAIM:
        return ASSAY_ID_CLAIM;
    case ASSAY_KIND_SOURCE:
        return ASSAY_ID_SOURCE;
    case ASSAY_KIND_VERDICT:
        return ASSAY_ID_VERDICT;
    default:
        return ASSAY_ID_RECORD;
    }
}

void assay_id_format(enum assay_id_type type, const uint8_t *bytes,
                     char *text_out)
{
    uint8_t values[DATA_LEN] = {0};

    for (size_t bit = 0; bit < ID_BITS; bit++) {
        if ((bytes[bit / 8] >> (7 - bit % 8)) & 1) {
            values[bit / CHAR_BITS] |=
                (uint8_t)(1U << (CHAR_BITS - 1 - bit % CHAR_BITS));
        }
    }
    assay_bech32m_write(assay_id_type_name(type), values, DATA_LEN, text_out);
}

enum assay_err assay_id_parse(struct assay_bytes text,
                              struct assay_id_prefix *prefix_out,
                              struct assay_fault *fault_out)
{
    struct assay_id_prefix prefix = {.bit_count = ID_BITS};
    struct assay_bech32m parts;
    size_t word_len = 0;

    if (!find_type(text, &prefix.type, &word_len)) {
        return refuse(fault_out, ASSAY_E_MALFORMED, 0,
                      "it must begin with record1, claim1, source1, verdict1, "
                      "capture1, team1, key1 or node1");
    }
    enum assay_err err = assay_bech32m_split(text, word_len, &parts, fault_out);
    if (err != ASSAY_OK) {
        return err;
    }
    if (parts.count < ASSAY_ID_SHORT_MIN) {
        return refuse(fault_out, ASSAY_E_TRUNCATED, text.len,
                      "eight characters at least must follow the \"1\"");
    }
    if (parts.count < DATA_LEN) {
        prefix.bit_count = parts.count * CHAR_BITS;
    } else {
        err = check_whole(text, &parts, fault_out);
        if (err != ASSAY_OK) {
            return err;
        }
    }
    pack(parts.values, prefix.bit_count, prefix.bytes);
    *prefix_out = prefix;
    return ASSAY_OK;
}

bool assay_id_matches(const struct assay_id_prefix *prefix,
                      const uint8_t *bytes)
{
    size_t whole = prefix->bit_count / 8;
    size_t rest = prefix->bit_count % 8;

    ASSAY_CHECK(prefix->bit_count <= ID_BITS);
    if (memcmp(prefix->bytes, bytes, whole) != 0) {
        return false;
    }
    if (rest == 0) {
        return true;
    }
    return (prefix->bytes[whole] ^ bytes[whole]) >> (8 - rest) == 0;
}

void assay_id_range(const struct assay_id_prefix *prefix, uint64_t *first_out,
                    uint64_t *last_out)
{
    uint64_t first = 0;

    ASSAY_CHECK(prefix->bit_count <= ID_BITS);
    for (size_t index = 0; index < sizeof(first); index++) {
        first = first << 8 | prefix->bytes[index];
    }
    *first_out = first;
    *last_out = first;
    if (prefix->bit_count < 64) {
        *last_out = first | (UINT64_MAX >> prefix->bit_count);
    }
}
