/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - the envelope: COSE_Sign1 (RFC 9052) over deterministic CBOR.
 *
 *   envelope = 18([ protected: bstr, {}, payload: bstr, signature: bstr 64 ])
 *   header   = { 1: -8, 4: key }
 *   payload  = { 1: kind, 2: auth, 3: seq, 4: [prev], 5: time, 6: body-hash,
 *                ? 7: grant, ? 8: [[relation, id]] }
 *   item     = [ envelope, body / null ]
 *   id       = SHA-256(["Signature1", protected, 'assay/1', payload])
 *
 * docs/records.md defines every rule. What is not in this exact form is
 * refused with the offset and the rule; a body is only held to its hash here
 * (kinds/ reads what it says).
 */
#ifndef ASSAY_PROTOCOL_RECORD_H
#define ASSAY_PROTOCOL_RECORD_H

#include "bytes.h"
#include "err.h"
#include "grant.h"
#include "id.h"
#include "kind.h"
#include "limits.h"

/* One thing that a record speaks about. */
struct assay_about {
    uint64_t relation; /* enum assay_relation, or one not known; never 0. */
    struct assay_id id;
};

/* What is signed. Writers fill it; assay_record_parse fills it too. */
struct assay_payload {
    uint64_t kind;        /* enum assay_kind, or one not known here. */
    struct assay_id auth; /* The grant; all zero in a found record. */
    uint64_t seq;
    struct assay_id prev[ASSAY_PREV_MAX]; /* Sorted, unique. */
    size_t prev_count;
    uint64_t time_s; /* The author's clock, Unix time. */
    uint8_t body_hash[ASSAY_HASH_SIZE];
    struct assay_bytes grant; /* CBOR as grant.h reads it; none for most. */
    struct assay_about about[ASSAY_LIST_MAX]; /* By relation, then id. */
    size_t about_count;
};

/* A record as it was read; all bytes are borrowed from the input. */
struct assay_record {
    struct assay_id id;
    struct assay_key key; /* The author's. */
    struct assay_payload payload;
    uint8_t signature[ASSAY_SIGNATURE_SIZE];
    struct assay_bytes signed_bytes; /* The payload as encoded. */
    struct assay_bytes envelope;
    struct assay_bytes body; /* data is NULL where it is not held. */
};

/*
 * Reads an envelope and, where body.data is not NULL, notes the body. Checks
 * every rule that needs no other record: canonical form, sizes (envelope and
 * body together at most ASSAY_RECORD_MAX), seq against prev (1 exactly when
 * there is none), found's zero auth, the grant's shape for kinds that have
 * one, about sorted and unique. Computes the id. Checks neither the
 * signature nor the body's hash.
 *
 * Fails with ASSAY_E_TRUNCATED, ASSAY_E_MALFORMED, ASSAY_E_LIMIT or
 * ASSAY_E_SEQ; offsets in *fault_out (may be NULL) are of the envelope.
 * *record_out is unspecified then.
 */
ASSAY_MUST_CHECK
enum assay_err assay_record_parse(struct assay_bytes envelope,
                                  struct assay_bytes body,
                                  struct assay_record *record_out,
                                  struct assay_fault *fault_out);

/*
 * The same for a record whose id is known, as where it was looked up by it:
 * *id is taken over and no hash is computed. For bytes that were parsed once,
 * since nothing here shows that they are the record of that id. Errors as of
 * assay_record_parse, without a fault. id may not lie in *record_out.
 */
ASSAY_MUST_CHECK
enum assay_err assay_record_parse_known(struct assay_bytes envelope,
                                        struct assay_bytes body,
                                        const struct assay_id *id,
                                        struct assay_record *record_out);

/* The id of the record in an envelope, whose payload is not read: for bytes
 * that were parsed once. ASSAY_E_TRUNCATED, ASSAY_E_MALFORMED. */
ASSAY_MUST_CHECK
enum assay_err assay_record_id(struct assay_bytes envelope,
                               struct assay_id *id_out);

/*
 * Checks the signature of a parsed record, that the keys which it names as a
 * grant (a found or rotate record's own, a member's) lie in the prime-order
 * subgroup, and the hash of the body where there is one. Pure and
 * thread-safe: this is what worker threads run. Some 50 microseconds.
 * ASSAY_OK, ASSAY_E_SIGNATURE, ASSAY_E_KEY or ASSAY_E_BODY.
 */
ASSAY_MUST_CHECK
enum assay_err assay_record_check(const struct assay_record *record);

/* Parse and check in one. */
ASSAY_MUST_CHECK
enum assay_err assay_record_open(struct assay_bytes envelope,
                                 struct assay_bytes body,
                                 struct assay_record *record_out,
                                 struct assay_fault *fault_out);

/*
 * Splits [envelope, body / null], as stored in files and sent, into the two;
 * a null gives no bytes (data is NULL). Borrows from item.
 */
ASSAY_MUST_CHECK
enum assay_err assay_record_split(struct assay_bytes item,
                                  struct assay_bytes *envelope_out,
                                  struct assay_bytes *body_out,
                                  struct assay_fault *fault_out);

/* Joins the two into out, which has room for out_cap bytes
 * (ASSAY_ITEM_MAX is always enough). ASSAY_E_LIMIT if it does not fit. */
ASSAY_MUST_CHECK
enum assay_err assay_record_join(struct assay_bytes envelope,
                                 struct assay_bytes body, uint8_t *out,
                                 size_t out_cap, struct assay_bytes *item_out);

/*
 * Seals: encodes payload and signs it with secret (libsodium's 64 bytes).
 * There is a body, which is one in form where assay_body_check says so.
 * payload->body_hash is overwritten with the hash of body, prev and about
 * are sorted and duplicates dropped in place; seq, auth and the rest are the
 * caller's. The envelope is written to out (room for ASSAY_RECORD_MAX).
 * Writes the id too. What assay_record_open would refuse is refused here
 * with the same code.
 */
ASSAY_MUST_CHECK
enum assay_err assay_record_seal(struct assay_payload *payload,
                                 struct assay_bytes body,
                                 const uint8_t secret[ASSAY_SECRET_SIZE],
                                 uint8_t *out, struct assay_bytes *envelope_out,
                                 struct assay_id *id_out);

/* The name of the log that a record is in: its own id for found and rotate,
 * else the id of the grant in auth. */
const struct assay_id *assay_record_log(const struct assay_record *record);

/* The first id with that relation in about; NULL if there is none. */
const struct assay_id *assay_record_about(const struct assay_record *record,
                                          uint64_t relation);

#endif
