/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bech32m.h - the alphabet and the checksum of BIP 350.
 *
 * A text is a human-readable prefix, "1", and data characters of five bits
 * each, the last six of which are a checksum over the prefix and the rest.
 * id.h says what we put into it, and is what others use.
 */
#ifndef ASSAY_PROTOCOL_BECH32M_H
#define ASSAY_PROTOCOL_BECH32M_H

#include "bytes.h"
#include "err.h"

/* The longest text, within which the checksum finds every four wrong
 * characters (BIP 173). */
#define ASSAY_BECH32M_TEXT_MAX 90

/* Characters of the checksum. */
#define ASSAY_BECH32M_CHECK_LEN 6

/* A text that was taken apart. */
struct assay_bech32m {
    size_t prefix_len;
    uint8_t values[ASSAY_BECH32M_TEXT_MAX]; /* Five bits each. */
    size_t count;
};

/*
 * Takes apart a text whose prefix is prefix_len bytes long. Refuses an empty
 * prefix, characters outside the alphabet, mixed case, a missing "1" and an
 * overlong text with ASSAY_E_MALFORMED; leaves the checksum alone, which a
 * shortened text does not have. fault_out may be NULL.
 */
ASSAY_MUST_CHECK
enum assay_err assay_bech32m_split(struct assay_bytes text, size_t prefix_len,
                                   struct assay_bech32m *parts_out,
                                   struct assay_fault *fault_out);

/*
 * Checks the checksum of a text that was taken apart into parts. Where it
 * fails with ASSAY_E_MALFORMED, the fault's offset is that of the character
 * which alone could be wrong; 0 where no single one could.
 */
ASSAY_MUST_CHECK
enum assay_err assay_bech32m_check(struct assay_bytes text,
                                   const struct assay_bech32m *parts,
                                   struct assay_fault *fault_out);

/* Writes prefix (in lower case), "1", count values of five bits, the checksum
 * and a final zero into text_out, which must have room for them; without the
 * zero they are at most ASSAY_BECH32M_TEXT_MAX characters. */
void assay_bech32m_write(const char *prefix, const uint8_t *values,
                         size_t count, char *text_out);

#endif
