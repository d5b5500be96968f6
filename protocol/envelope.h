/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope.h - the fixed parts of a record's encoding, for the two files that
 * read and write it. Not installed.
 *
 * docs/records.md sections 2 and 3 define the bytes.
 */
#ifndef ASSAY_PROTOCOL_ENVELOPE_H
#define ASSAY_PROTOCOL_ENVELOPE_H

#include "bytes.h"
#include "cbor.h"
#include "id.h"
#include "limits.h"
#include "record.h"

/* COSE_Sign1 (RFC 9052 section 4.2). */
#define ASSAY_COSE_SIGN1 18

/* The header map {1: -8, 4: key}: what stands before the key, and the whole. */
#define ASSAY_PROTECTED_HEAD                                                   \
    {                                                                          \
        0xa2, 0x01, 0x27, 0x04, 0x58, 0x20                                     \
    }
#define ASSAY_PROTECTED_HEAD_SIZE 6
#define ASSAY_PROTECTED_SIZE (ASSAY_PROTECTED_HEAD_SIZE + ASSAY_KEY_SIZE)

/*
 * Where things stand in every envelope: after the tag and the array's head
 * the protected header with its own head of two bytes, the empty map, the
 * payload with its head, the signature with its head of two bytes.
 */
#define ASSAY_PROTECTED_ITEM_AT 2
#define ASSAY_PROTECTED_ITEM_SIZE (2 + ASSAY_PROTECTED_SIZE)
#define ASSAY_PAYLOAD_ITEM_AT                                                  \
    (ASSAY_PROTECTED_ITEM_AT + ASSAY_PROTECTED_ITEM_SIZE + 1)
#define ASSAY_SIGNATURE_ITEM_SIZE (2 + ASSAY_SIGNATURE_SIZE)

/* Sig_structure adds 20 bytes to parts of an envelope; here with room. */
#define ASSAY_SIG_STRUCTURE_MAX (ASSAY_RECORD_MAX + 32)

/* The keys of a payload's map. */
enum assay_payload_key {
    ASSAY_PAYLOAD_KIND = 1,
    ASSAY_PAYLOAD_AUTH = 2,
    ASSAY_PAYLOAD_SEQ = 3,
    ASSAY_PAYLOAD_PREV = 4,
    ASSAY_PAYLOAD_TIME = 5,
    ASSAY_PAYLOAD_BODY_HASH = 6,
    ASSAY_PAYLOAD_GRANT = 7,
    ASSAY_PAYLOAD_ABOUT = 8
};

/*
 * What is signed: ["Signature1", protected, 'assay/1', payload]. The two byte
 * strings stand there as they stand in the envelope, heads included, so it is
 * four runs of bytes that exist already.
 */
/* RECORDS 2.2: "external_aad MUST be the seven bytes of assay/1." */
struct assay_sig_structure {
    struct assay_bytes piece[4];
};

/* Borrows from an envelope that was checked, and from payload inside it. */
struct assay_sig_structure assay_sig_structure_of(struct assay_bytes envelope,
                                                  struct assay_bytes payload);

/* The record's id: SHA-256 over the pieces. */
void assay_sig_structure_hash(const struct assay_sig_structure *structure,
                              struct assay_id *id_out);

/* Copies the pieces into out and returns what was written. They have to fit
 * in out_cap bytes: ASSAY_SIG_STRUCTURE_MAX, or the length of an envelope that
 * was checked, are enough. */
struct assay_bytes
assay_sig_structure_join(const struct assay_sig_structure *structure,
                         uint8_t *out, size_t out_cap);

/* Reads a payload's map and checks every rule of docs/records.md section 3
 * and the grant's shape. The reader is at its begin; it fails where a rule is
 * broken. Only used entries of prev and about are filled. */
void assay_envelope_read_payload(struct assay_cbor_reader *reader,
                                 struct assay_payload *payload);

/* The orders of prev (bytewise) and about (relation, then id): below, equal
 * to or above zero as memcmp has it. They fit qsort. */
int assay_envelope_compare_ids(const void *a, const void *b);
int assay_envelope_compare_abouts(const void *a, const void *b);

#endif
