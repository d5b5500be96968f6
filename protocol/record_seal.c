/* SPDX-License-Identifier: Apache-2.0 */
/* Writing records: the other half of record.h. */
#include "record.h"

#include "cbor.h"
#include "check.h"
#include "envelope.h"
#include "key.h"

#include <stdlib.h>

enum assay_err assay_record_join(struct assay_bytes envelope,
                                 struct assay_bytes body, uint8_t *out,
                                 size_t out_cap, struct assay_bytes *item_out)
{
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, out, out_cap);
    assay_cbor_write_array(&writer, 2);
    assay_cbor_write_bytes(&writer, envelope);
    if (body.data == NULL) {
        assay_cbor_write_null(&writer);
    } else {
        assay_cbor_write_bytes(&writer, body);
    }
    return assay_cbor_writer_finish(&writer, item_out);
}

static void sort_prev(struct assay_payload *payload)
{
    struct assay_id *prev = payload->prev;
    size_t kept = 0;

    qsort(prev, payload->prev_count, sizeof(prev[0]),
          assay_envelope_compare_ids);
    for (size_t index = 0; index < payload->prev_count; index++) {
        if (kept == 0 || !assay_id_equal(&prev[kept - 1], &prev[index])) {
            prev[kept] = prev[index];
            kept++;
        }
    }
    payload->prev_count = kept;
}

static void sort_about(struct assay_payload *payload)
{
    struct assay_about *about = payload->about;
    size_t kept = 0;

    qsort(about, payload->about_count, sizeof(about[0]),
          assay_envelope_compare_abouts);
    for (size_t index = 0; index < payload->about_count; index++) {
        if (kept == 0 || assay_envelope_compare_abouts(&about[kept - 1],
                                                       &about[index]) != 0) {
            about[kept] = about[index];
            kept++;
        }
    }
    payload->about_count = kept;
}

static void write_id(struct assay_cbor_writer *writer,
                     const struct assay_id *id)
{
    assay_cbor_write_bytes(writer,
                           (struct assay_bytes){id->hash, sizeof(id->hash)});
}

static void write_about(struct assay_cbor_writer *writer,
                        const struct assay_payload *payload)
{
    assay_cbor_write_uint(writer, ASSAY_PAYLOAD_ABOUT);
    assay_cbor_write_array(writer, payload->about_count);
    for (size_t index = 0; index < payload->about_count; index++) {
        assay_cbor_write_array(writer, 2);
        assay_cbor_write_uint(writer, payload->about[index].relation);
        write_id(writer, &payload->about[index].id);
    }
}

static void write_payload(struct assay_cbor_writer *writer,
                          const struct assay_payload *payload)
{
    bool has_grant = payload->grant.data != NULL;
    bool has_about = payload->about_count > 0;

    assay_cbor_write_map(writer,
                         6 + (has_grant ? 1U : 0U) + (has_about ? 1U : 0U));
    assay_cbor_write_uint(writer, ASSAY_PAYLOAD_KIND);
    assay_cbor_write_uint(writer, payload->kind);
    assay_cbor_write_uint(writer, ASSAY_PAYLOAD_AUTH);
    write_id(writer, &payload->auth);
    assay_cbor_write_uint(writer, ASSAY_PAYLOAD_SEQ);
    assay_cbor_write_uint(writer, payload->seq);
    assay_cbor_write_uint(writer, ASSAY_PAYLOAD_PREV);
    assay_cbor_write_array(writer, payload->prev_count);
    for (size_t index = 0; index < payload->prev_count; index++) {
        write_id(writer, &payload->prev[index]);
    }
    assay_cbor_write_uint(writer, ASSAY_PAYLOAD_TIME);
    assay_cbor_write_uint(writer, payload->time_s);
    assay_cbor_write_uint(writer, ASSAY_PAYLOAD_BODY_HASH);
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){payload->body_hash, ASSAY_HASH_SIZE});
    if (has_grant) {
        assay_cbor_write_uint(writer, ASSAY_PAYLOAD_GRANT);
        assay_cbor_write_raw(writer, payload->grant);
    }
    if (has_about) {
        write_about(writer, payload);
    }
}

/* Writes the envelope into out, with a signature of zeros at its end. */
static enum assay_err write_envelope(const uint8_t *key,
                                     struct assay_bytes payload, uint8_t *out,
                                     struct assay_bytes *envelope_out)
{
    static const uint8_t no_signature[ASSAY_SIGNATURE_SIZE];
    uint8_t header[ASSAY_PROTECTED_SIZE] = ASSAY_PROTECTED_HEAD;
    struct assay_cbor_writer writer;

    memcpy(header + ASSAY_PROTECTED_HEAD_SIZE, key, ASSAY_KEY_SIZE);

    assay_cbor_writer_init(&writer, out, ASSAY_RECORD_MAX);
    assay_cbor_write_tag(&writer, ASSAY_COSE_SIGN1);
    assay_cbor_write_array(&writer, 4);
    assay_cbor_write_bytes(&writer,
                           (struct assay_bytes){header, sizeof(header)});
    assay_cbor_write_map(&writer, 0);
    ASSAY_CHECK(writer.len == ASSAY_PAYLOAD_ITEM_AT);
    assay_cbor_write_bytes(&writer, payload);
    assay_cbor_write_bytes(
        &writer, (struct assay_bytes){no_signature, sizeof(no_signature)});
    return assay_cbor_writer_finish(&writer, envelope_out);
}

/* Puts the signature where write_envelope left room for it. */
static void sign_envelope(struct assay_bytes envelope, uint8_t *out,
                          size_t payload_len,
                          const uint8_t secret[ASSAY_SECRET_SIZE])
{
    uint8_t buffer[ASSAY_SIG_STRUCTURE_MAX];
    size_t signature_at = envelope.len - ASSAY_SIGNATURE_SIZE;

    /* The signature's own head takes two bytes. */
    struct assay_bytes payload = {out + signature_at - 2 - payload_len,
                                  payload_len};
    struct assay_sig_structure structure =
        assay_sig_structure_of(envelope, payload);
    assay_key_sign(secret,
                   assay_sig_structure_join(&structure, buffer, sizeof(buffer)),
                   out + signature_at);
}

enum assay_err assay_record_seal(struct assay_payload *payload,
                                 struct assay_bytes body,
                                 const uint8_t secret[ASSAY_SECRET_SIZE],
                                 uint8_t *out, struct assay_bytes *envelope_out,
                                 struct assay_id *id_out)
{
    const uint8_t *key = secret + ASSAY_SECRET_SIZE - ASSAY_KEY_SIZE;
    uint8_t buffer[ASSAY_RECORD_MAX];
    struct assay_cbor_writer writer;
    struct assay_record record;
    struct assay_bytes signed_bytes;
    struct assay_bytes envelope;

    ASSAY_CHECK(body.data != NULL);
    if (payload->prev_count > ASSAY_PREV_MAX ||
        payload->about_count > ASSAY_LIST_MAX) {
        return ASSAY_E_LIMIT;
    }
    sort_prev(payload);
    sort_about(payload);
    assay_hash(body, payload->body_hash);

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    write_payload(&writer, payload);
    enum assay_err err = assay_cbor_writer_finish(&writer, &signed_bytes);
    if (err != ASSAY_OK) {
        return err;
    }
    err = write_envelope(key, signed_bytes, out, &envelope);
    if (err != ASSAY_OK) {
        return err;
    }
    sign_envelope(envelope, out, signed_bytes.len, secret);

    /* Nothing leaves here that another node would refuse. */
    err = assay_record_open(envelope, body, &record, NULL);
    if (err == ASSAY_OK) {
        *envelope_out = envelope;
        *id_out = record.id;
    }
    return err;
}
