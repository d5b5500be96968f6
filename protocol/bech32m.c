/* SPDX-License-Identifier: Apache-2.0 */
#include "bech32m.h"

#include "check.h"

/* Index: five bits; value: their character (BIP 173). */
static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

#define SEPARATOR '1'
#define VALUE_BITS 5
#define VALUE_COUNT 32
#define VALUE_MASK 0x1f

/* What the checksum is the remainder for: bech32m, not bech32. */
#define REMAINDER UINT32_C(0x2bc830a3)
#define REMAINDER_LOW_BITS 25
#define REMAINDER_LOW_MASK UINT32_C(0x1ffffff)

static bool is_upper(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool is_lower(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z';
}

static uint8_t lower(uint8_t byte)
{
    return is_upper(byte) ? (uint8_t)(byte - 'A' + 'a') : byte;
}

/* Appends five bits to a message and gives the remainder of the longer one,
 * over the generator of BIP 173. */
static uint32_t step(uint32_t remainder, uint8_t value)
{
    static const uint32_t generator[VALUE_BITS] = {
        UINT32_C(0x3b6a57b2), UINT32_C(0x26508e6d), UINT32_C(0x1ea119fa),
        UINT32_C(0x3d4233dd), UINT32_C(0x2a1462b3)};
    uint32_t top = remainder >> REMAINDER_LOW_BITS;

    remainder = ((remainder & REMAINDER_LOW_MASK) << VALUE_BITS) ^ value;
    for (size_t bit = 0; bit < VALUE_BITS; bit++) {
        if ((top >> bit) & 1) {
            remainder ^= generator[bit];
        }
    }
    return remainder;
}

/* The remainder of the prefix and the values behind it. */
static uint32_t remainder_of(struct assay_bytes prefix, const uint8_t *values,
                             size_t count)
{
    uint32_t remainder = 1;

    for (size_t index = 0; index < prefix.len; index++) {
        remainder =
            step(remainder, (uint8_t)(lower(prefix.data[index]) >> VALUE_BITS));
    }
    remainder = step(remainder, 0);
    for (size_t index = 0; index < prefix.len; index++) {
        remainder = step(remainder, lower(prefix.data[index]) & VALUE_MASK);
    }
    for (size_t index = 0; index < count; index++) {
        remainder = step(remainder, values[index]);
    }
    return remainder;
}

/* How far from the end the one wrong value is that explains the difference
 * between a remainder and the right one; count if there is no such value. */
static size_t locate(uint32_t difference, size_t count)
{
    for (uint8_t value = 1; value < VALUE_COUNT; value++) {
        uint32_t error = value;

        for (size_t behind = 0; behind < count; behind++) {
            if (error == difference) {
                return behind;
            }
            error = step(error, 0);
        }
    }
    return count;
}

static enum assay_err refuse(struct assay_fault *fault_out, size_t offset,
                             const char *rule)
{
    if (fault_out != NULL) {
        *fault_out = (struct assay_fault){offset, rule};
    }
    return ASSAY_E_MALFORMED;
}

/* The index of the first letter that is not in the case of the letters
 * before it; text.len if all are in one case. */
static size_t find_other_case(struct assay_bytes text)
{
    bool has_upper = false;
    bool has_lower = false;

    for (size_t index = 0; index < text.len; index++) {
        has_upper = has_upper || is_upper(text.data[index]);
        has_lower = has_lower || is_lower(text.data[index]);
        if (has_upper && has_lower) {
            return index;
        }
    }
    return text.len;
}

/* Reads the data characters; returns the index of one that is outside the
 * alphabet, text.len if all are in it. */
static size_t read_values(struct assay_bytes text, struct assay_bech32m *parts)
{
    size_t first = parts->prefix_len + 1;

    for (size_t index = first; index < text.len; index++) {
        uint8_t byte = lower(text.data[index]);
        const char *found = byte == '\0' ? NULL : strchr(alphabet, byte);

        if (found == NULL) {
            return index;
        }
        parts->values[index - first] = (uint8_t)(found - alphabet);
    }
    parts->count = text.len - first;
    return text.len;
}

/* The index of the first byte that a prefix may not hold. */
static size_t find_unprintable(struct assay_bytes prefix)
{
    size_t index = 0;

    while (index < prefix.len && prefix.data[index] > ' ' &&
           prefix.data[index] <= '~') {
        index++;
    }
    return index;
}

enum assay_err assay_bech32m_split(struct assay_bytes text, size_t prefix_len,
                                   struct assay_bech32m *parts_out,
                                   struct assay_fault *fault_out)
{
    struct assay_bech32m parts = {.prefix_len = prefix_len};

    if (prefix_len == 0 || prefix_len >= text.len ||
        text.data[prefix_len] != SEPARATOR) {
        return refuse(fault_out, 0, "it must begin with a word and a \"1\"");
    }
    if (text.len > ASSAY_BECH32M_TEXT_MAX) {
        return refuse(fault_out, ASSAY_BECH32M_TEXT_MAX, "it is too long");
    }
    size_t index =
        find_unprintable((struct assay_bytes){text.data, prefix_len});
    if (index < prefix_len) {
        return refuse(fault_out, index, "its word must be printable ASCII");
    }
    index = read_values(text, &parts);
    if (index < text.len) {
        return refuse(fault_out, index,
                      "behind the \"1\" it must hold only digits and letters "
                      "other than 1, b, i and o");
    }
    index = find_other_case(text);
    if (index < text.len) {
        return refuse(fault_out, index,
                      "it must be in lower case or upper case as a whole");
    }
    *parts_out = parts;
    return ASSAY_OK;
}

enum assay_err assay_bech32m_check(struct assay_bytes text,
                                   const struct assay_bech32m *parts,
                                   struct assay_fault *fault_out)
{
    struct assay_bytes prefix = {text.data, parts->prefix_len};

    if (parts->count < ASSAY_BECH32M_CHECK_LEN) {
        return refuse(fault_out, 0, "it is too short for its checksum");
    }
    uint32_t difference =
        remainder_of(prefix, parts->values, parts->count) ^ REMAINDER;
    if (difference == 0) {
        return ASSAY_OK;
    }
    size_t behind = locate(difference, parts->count);
    return refuse(fault_out, behind == parts->count ? 0 : text.len - 1 - behind,
                  "its checksum must fit: it was mistyped");
}

void assay_bech32m_write(const char *prefix, const uint8_t *values,
                         size_t count, char *text_out)
{
    size_t prefix_len = strlen(prefix);
    uint8_t check[ASSAY_BECH32M_CHECK_LEN];
    uint32_t remainder = remainder_of(assay_bytes_of(prefix), values, count);
    char *end = text_out;

    ASSAY_CHECK(prefix_len + 1 + count + ASSAY_BECH32M_CHECK_LEN <=
                ASSAY_BECH32M_TEXT_MAX);
    for (size_t index = 0; index < ASSAY_BECH32M_CHECK_LEN; index++) {
        remainder = step(remainder, 0);
    }
    remainder ^= REMAINDER;
    for (size_t index = ASSAY_BECH32M_CHECK_LEN; index > 0; index--) {
        check[index - 1] = remainder & VALUE_MASK;
        remainder >>= VALUE_BITS;
    }

    memcpy(end, prefix, prefix_len);
    end += prefix_len;
    *end++ = SEPARATOR;
    for (size_t index = 0; index < count; index++) {
        ASSAY_CHECK(values[index] < VALUE_COUNT);
        *end++ = alphabet[values[index]];
    }
    for (size_t index = 0; index < ASSAY_BECH32M_CHECK_LEN; index++) {
        *end++ = alphabet[check[index]];
    }
    *end = '\0';
}
