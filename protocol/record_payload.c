/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what is signed: the middle of record.h's parsing. */
#include "envelope.h"

#include "check.h"

#define PAYLOAD_REQUIRED 0x7eU /* Bits 1 to 6. */

/* Where the values of payload keys begin, for faults found afterwards. */
struct payload_offsets {
    size_t at[ASSAY_PAYLOAD_ABOUT + 1];
    unsigned seen; /* One bit a key. */
};

static void read_prev(struct assay_cbor_reader *reader,
                      struct assay_payload *payload)
{
    /* RECORDS 3.2: "prev MUST be an array of at most 8 ids, sorted bytewise
     * and unique." */
    payload->prev_count = assay_cbor_read_array(reader, ASSAY_PREV_MAX);
    for (size_t index = 0; index < payload->prev_count; index++) {
        size_t at = reader->pos;

        assay_cbor_read_fixed(reader, payload->prev[index].hash, ASSAY_ID_SIZE);
        if (index > 0 &&
            assay_envelope_compare_ids(&payload->prev[index - 1],
                                       &payload->prev[index]) >= 0) {
            assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                               "prev is sorted and unique");
        }
    }
}

static void read_about(struct assay_cbor_reader *reader,
                       struct assay_payload *payload)
{
    size_t at = reader->pos;

    /* RECORDS 3.3: "about MUST hold 1 to 64 entries" */
    payload->about_count = assay_cbor_read_array(reader, ASSAY_LIST_MAX);
    if (payload->about_count == 0) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "about is left out where it is empty");
    }
    for (size_t index = 0; index < payload->about_count; index++) {
        struct assay_about *about = &payload->about[index];

        at = reader->pos;
        if (assay_cbor_read_array(reader, ASSAY_LIST_MAX) != 2) {
            assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                               "an entry of about is [relation, id]");
        }
        about->relation = assay_cbor_read_uint(reader);
        /* RECORDS 3.3: "A relation MUST be an unsigned integer from 1." */
        if (about->relation == 0) {
            assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                               "a relation is 1 or more");
        }
        assay_cbor_read_fixed(reader, about->id.hash, ASSAY_ID_SIZE);
        /* RECORDS 3.3: "The entries of about MUST be sorted by relation,
         * then by id bytewise, and unique." */
        if (index > 0 && assay_envelope_compare_abouts(about - 1, about) >= 0) {
            assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                               "about is sorted by relation, then id, and "
                               "unique");
        }
    }
}

static void read_time(struct assay_cbor_reader *reader,
                      struct assay_payload *payload)
{
    size_t at = reader->pos;

    payload->time_s = assay_cbor_read_uint(reader);
    /* RECORDS 3.1: "time MUST be an unsigned integer of at most 2^53 - 1." */
    if (payload->time_s > ASSAY_NUMBER_MAX) {
        assay_cbor_fail_at(reader, at, ASSAY_E_LIMIT,
                           "time is 2^53 - 1 at most");
    }
}

static void read_field(struct assay_cbor_reader *reader, uint64_t key,
                       struct assay_payload *payload)
{
    switch (key) {
    case ASSAY_PAYLOAD_KIND:
        payload->kind = assay_cbor_read_uint(reader);
        break;
    case ASSAY_PAYLOAD_AUTH:
        assay_cbor_read_fixed(reader, payload->auth.hash, ASSAY_ID_SIZE);
        break;
    case ASSAY_PAYLOAD_SEQ:
        payload->seq = assay_cbor_read_uint(reader);
        break;
    case ASSAY_PAYLOAD_PREV:
        read_prev(reader, payload);
        break;
    case ASSAY_PAYLOAD_TIME:
        read_time(reader, payload);
        break;
    case ASSAY_PAYLOAD_BODY_HASH:
        assay_cbor_read_fixed(reader, payload->body_hash, ASSAY_HASH_SIZE);
        break;
    case ASSAY_PAYLOAD_GRANT:
        payload->grant = assay_cbor_skip(reader);
        break;
    case ASSAY_PAYLOAD_ABOUT:
        read_about(reader, payload);
        break;
    default:
        ASSAY_CHECK(false); /* The caller lets only 1 to 8 come here. */
        break;
    }
}

static void check_grant(struct assay_cbor_reader *reader,
                        const struct assay_payload *payload,
                        const struct payload_offsets *offsets)
{
    bool has_grant = (offsets->seen & (1U << ASSAY_PAYLOAD_GRANT)) != 0;
    bool is_required = assay_grant_is_required(payload->kind);
    struct assay_grant grant;
    struct assay_fault fault;

    /* RECORDS 4.1: "Records of the kinds found, member, revoke and rotate
     * MUST have a grant of their kind's form" */
    if (is_required && !has_grant) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "found, member, revoke and rotate have a grant");
        return;
    }
    if (!is_required) {
        /* RECORDS 4.1: "those of the other known kinds MUST NOT have one." */
        if (has_grant && assay_kind_is_known(payload->kind)) {
            assay_cbor_fail_at(reader, offsets->at[ASSAY_PAYLOAD_GRANT],
                               ASSAY_E_MALFORMED,
                               "records of this kind have no grant");
        }
        return;
    }

    enum assay_err err =
        assay_grant_read(payload->kind, payload->grant, &grant, &fault);
    if (err != ASSAY_OK) {
        assay_cbor_fail_at(reader,
                           offsets->at[ASSAY_PAYLOAD_GRANT] + fault.offset, err,
                           fault.rule);
    }
}

static void check_place_in_log(struct assay_cbor_reader *reader,
                               const struct assay_payload *payload,
                               const struct payload_offsets *offsets)
{
    static const struct assay_id zero;
    bool is_found = payload->kind == ASSAY_KIND_FOUND;

    /* RECORDS 3.1: "kind MUST be an unsigned integer from 1." */
    if (payload->kind == 0) {
        assay_cbor_fail_at(reader, offsets->at[ASSAY_PAYLOAD_KIND],
                           ASSAY_E_MALFORMED, "kind is 1 or more");
    }
    /* RECORDS 3.2: "auth MUST be 32 zero bytes in a found record, and in no
     * other record." */
    if (assay_id_equal(&payload->auth, &zero) != is_found) {
        assay_cbor_fail_at(reader, offsets->at[ASSAY_PAYLOAD_AUTH],
                           ASSAY_E_MALFORMED,
                           "auth is zero in a found record and nowhere else");
    }
    /* RECORDS 3.2: "seq MUST be an unsigned integer from 1." */
    if (payload->seq == 0) {
        assay_cbor_fail_at(reader, offsets->at[ASSAY_PAYLOAD_SEQ], ASSAY_E_SEQ,
                           "seq counts from 1");
    }
    /* RECORDS 3.2: "seq MUST be 1 where prev is empty, and only there." */
    if ((payload->seq == 1) != (payload->prev_count == 0)) {
        assay_cbor_fail_at(reader, offsets->at[ASSAY_PAYLOAD_SEQ], ASSAY_E_SEQ,
                           "seq is 1 exactly where prev is empty");
    }
    /* RECORDS 3.2: "A found or rotate record MUST have seq 1 and no prev." */
    if (assay_kind_is_root(payload->kind) && payload->seq != 1) {
        assay_cbor_fail_at(reader, offsets->at[ASSAY_PAYLOAD_SEQ], ASSAY_E_SEQ,
                           "found and rotate begin their log");
    }
}

void assay_envelope_read_payload(struct assay_cbor_reader *reader,
                                 struct assay_payload *payload)
{
    struct payload_offsets offsets = {{0}, 0};
    uint64_t key = 0;

    payload->about_count = 0;
    payload->grant = ASSAY_BYTES_NONE;

    struct assay_cbor_map map = assay_cbor_read_map(reader, ASSAY_LIST_MAX);
    size_t at = reader->pos;
    while (assay_cbor_next_key(reader, &map, &key)) {
        /* RECORDS 3.1: "The payload MUST be a map with the keys 1 to 6,
         * where it has them also 7 and 8, and no others." */
        if (key < ASSAY_PAYLOAD_KIND || key > ASSAY_PAYLOAD_ABOUT) {
            assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                               "the payload's keys are 1 to 8");
            return;
        }
        offsets.at[key] = reader->pos;
        offsets.seen |= 1U << key;
        read_field(reader, key, payload);
        at = reader->pos;
    }
    if (reader->err != ASSAY_OK) {
        return;
    }
    if ((offsets.seen & PAYLOAD_REQUIRED) != PAYLOAD_REQUIRED) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "the payload has the keys 1 to 6");
        return;
    }
    check_place_in_log(reader, payload, &offsets);
    check_grant(reader, payload, &offsets);
}
