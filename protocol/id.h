/* SPDX-License-Identifier: Apache-2.0 */
/*
 * id.h - record ids and keys as bytes and as text that shows what it names.
 *
 * The text form is bech32m (BIP 350) over the 32 bytes, with the kind as the
 * human-readable prefix: "claim1...". A typing slip is caught by the checksum,
 * and a person sees what an id is. A short form is the prefix, "1" and the
 * first eight or more data characters, without a checksum.
 */
#ifndef ASSAY_PROTOCOL_ID_H
#define ASSAY_PROTOCOL_ID_H

#include "bytes.h"
#include "err.h"
#include "limits.h"

/* SHA-256 of a record's Sig_structure. */
struct assay_id {
    uint8_t hash[ASSAY_ID_SIZE];
};

/* An Ed25519 public key, or a node's X25519 key. */
struct assay_key {
    uint8_t bytes[ASSAY_KEY_SIZE];
};

/* What a text form names: the kinds that have a prefix of their own; any
 * record; and keys. Team ids are ids of found records. */
enum assay_id_type {
    ASSAY_ID_RECORD, /* record1: any kind without a prefix of its own. */
    ASSAY_ID_CLAIM,
    ASSAY_ID_SOURCE,
    ASSAY_ID_VERDICT,
    ASSAY_ID_CAPTURE,
    ASSAY_ID_TEAM,
    ASSAY_ID_KEY,
    ASSAY_ID_NODE
};

/* What was typed: the whole 32 bytes, or their first bits. */
struct assay_id_prefix {
    enum assay_id_type type;
    uint8_t bytes[ASSAY_ID_SIZE]; /* Zero behind the first bit_count bits. */
    size_t bit_count;             /* 256 for a whole id whose checksum fits. */
};

static inline bool assay_id_equal(const struct assay_id *a,
                                  const struct assay_id *b)
{
    return memcmp(a->hash, b->hash, sizeof(a->hash)) == 0;
}

static inline bool assay_key_equal(const struct assay_key *a,
                                   const struct assay_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* The prefix of a type, for instance "claim"; static. */
const char *assay_id_type_name(enum assay_id_type type);

/* The type that a record kind (kind.h) is written with. */
enum assay_id_type assay_id_type_of_kind(uint64_t kind);

/*
 * Writes 32 bytes as text with a final zero into text_out, which has room
 * for ASSAY_ID_TEXT_MAX bytes.
 */
void assay_id_format(enum assay_id_type type, const uint8_t *bytes,
                     char *text_out);

/*
 * Reads a whole or short text form; upper case as a whole is allowed, as BIP
 * 173 says. Fails with ASSAY_E_MALFORMED (an unknown prefix, a character
 * outside the alphabet, mixed case, a checksum that does not fit: then the
 * fault's offset is that of the first character in doubt where it can be
 * told, else 0; a whole form whose checksum is cut off) or ASSAY_E_TRUNCATED
 * (a short form of less than ASSAY_ID_SHORT_MIN characters).
 */
ASSAY_MUST_CHECK
enum assay_err assay_id_parse(struct assay_bytes text,
                              struct assay_id_prefix *prefix_out,
                              struct assay_fault *fault_out);

/* Whether 32 bytes begin with the prefix's bits. */
bool assay_id_matches(const struct assay_id_prefix *prefix,
                      const uint8_t *bytes);

/* Upper and lower bound of the first eight bytes of what can match, as
 * big-endian numbers, for a search in an ordered index. */
void assay_id_range(const struct assay_id_prefix *prefix, uint64_t *first_out,
                    uint64_t *last_out);

#endif
