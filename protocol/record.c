/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "cbor.h"
#include "check.h"
#include "envelope.h"
#include "key.h"

/* An envelope is longer than what is signed of it; most are shorter than
 * this, since texts are in bodies. */
#define ENVELOPE_USUAL 2048

static void read_protected(struct assay_cbor_reader *reader,
                           struct assay_key *key_out)
{
    static const uint8_t head[] = ASSAY_PROTECTED_HEAD;
    struct assay_bytes header = assay_cbor_read_bytes(reader, ASSAY_RECORD_MAX);
    size_t at = reader->pos - header.len;

    if (reader->err != ASSAY_OK) {
        return;
    }
    /* RECORDS 2.1: "The protected header MUST be exactly the map {1: -8, 4:
     * key}, where key is the author's Ed25519 public key of 32 bytes." */
    for (size_t index = 0; index < ASSAY_PROTECTED_HEAD_SIZE; index++) {
        if (index >= header.len || header.data[index] != head[index]) {
            assay_cbor_fail_at(reader, at + index, ASSAY_E_MALFORMED,
                               "the protected header is {1: -8, 4: key}");
            return;
        }
    }
    if (header.len != ASSAY_PROTECTED_SIZE) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "the protected header ends with a key of 32 bytes");
        return;
    }
    memcpy(key_out->bytes, header.data + ASSAY_PROTECTED_HEAD_SIZE,
           ASSAY_KEY_SIZE);
}

static void read_envelope(struct assay_cbor_reader *reader,
                          struct assay_record *record)
{
    size_t at = reader->pos;

    /* RECORDS 2.1: "An envelope MUST be the tag 18 and an array of four
     * items." */
    if (assay_cbor_read_tag(reader) != ASSAY_COSE_SIGN1) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "an envelope has the tag 18 (COSE_Sign1)");
    }
    at = reader->pos;
    if (assay_cbor_read_array(reader, ASSAY_LIST_MAX) != 4) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "an envelope is an array of 4");
    }
    read_protected(reader, &record->key);

    at = reader->pos;
    /* RECORDS 2.1: "The unprotected header MUST be the empty map." */
    if (assay_cbor_read_map(reader, ASSAY_LIST_MAX).left != 0) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "the unprotected header is empty");
    }
    record->signed_bytes = assay_cbor_read_bytes(reader, ASSAY_RECORD_MAX);
    /* RECORDS 2.1: "The signature MUST be 64 bytes long." */
    assay_cbor_read_fixed(reader, record->signature, ASSAY_SIGNATURE_SIZE);
}

enum assay_err assay_record_id(struct assay_bytes envelope,
                               struct assay_id *id_out)
{
    struct assay_cbor_reader reader;
    struct assay_record record;

    assay_cbor_reader_init(&reader, envelope);
    read_envelope(&reader, &record);
    enum assay_err err = assay_cbor_reader_finish(&reader, NULL);
    if (err == ASSAY_OK) {
        struct assay_sig_structure structure =
            assay_sig_structure_of(envelope, record.signed_bytes);

        assay_sig_structure_hash(&structure, id_out);
    }
    return err;
}

static void refuse(struct assay_fault *fault_out, const char *rule)
{
    if (fault_out != NULL) {
        fault_out->offset = 0;
        fault_out->rule = rule;
    }
}

/* Reads all but the id, which takes hashing. */
static enum assay_err read_parts(struct assay_bytes envelope,
                                 struct assay_bytes body,
                                 struct assay_record *record_out,
                                 struct assay_fault *fault_out)
{
    struct assay_cbor_reader reader;

    /* RECORDS 2.1: "Envelope and body together MUST NOT be longer than 32
     * 768 bytes." */
    if (envelope.len > ASSAY_RECORD_MAX ||
        body.len > ASSAY_RECORD_MAX - envelope.len) {
        refuse(fault_out, "envelope and body are 32 KiB at most");
        return ASSAY_E_LIMIT;
    }

    assay_cbor_reader_init(&reader, envelope);
    read_envelope(&reader, record_out);
    enum assay_err err = assay_cbor_reader_finish(&reader, fault_out);
    if (err != ASSAY_OK) {
        return err;
    }

    struct assay_bytes payload = record_out->signed_bytes;
    assay_cbor_reader_init_at(&reader, payload,
                              (size_t)(payload.data - envelope.data));
    assay_envelope_read_payload(&reader, &record_out->payload);
    record_out->envelope = envelope;
    record_out->body = body;
    return assay_cbor_reader_finish(&reader, fault_out);
}

enum assay_err assay_record_parse(struct assay_bytes envelope,
                                  struct assay_bytes body,
                                  struct assay_record *record_out,
                                  struct assay_fault *fault_out)
{
    enum assay_err err = read_parts(envelope, body, record_out, fault_out);

    if (err == ASSAY_OK) {
        struct assay_sig_structure structure =
            assay_sig_structure_of(envelope, record_out->signed_bytes);

        /* RECORDS 2.3: "A record's id MUST be the SHA-256 hash of its
         * Sig_structure." */
        assay_sig_structure_hash(&structure, &record_out->id);
    }
    return err;
}

enum assay_err assay_record_parse_known(struct assay_bytes envelope,
                                        struct assay_bytes body,
                                        const struct assay_id *id,
                                        struct assay_record *record_out)
{
    record_out->id = *id;
    return read_parts(envelope, body, record_out, NULL);
}

static enum assay_err check_named_keys(const struct assay_record *record)
{
    struct assay_grant grant;

    if (assay_kind_is_root(record->payload.kind)) {
        return assay_key_is_prime_order(&record->key) ? ASSAY_OK : ASSAY_E_KEY;
    }
    if (record->payload.kind != ASSAY_KIND_MEMBER) {
        return ASSAY_OK;
    }
    enum assay_err err = assay_grant_read(record->payload.kind,
                                          record->payload.grant, &grant, NULL);
    ASSAY_CHECK(err == ASSAY_OK); /* Parsing has read it before. */
    return assay_key_is_prime_order(&grant.key) ? ASSAY_OK : ASSAY_E_KEY;
}

/* Verifies the signature, joining in buffer what was signed. */
static enum assay_err verify_in(const struct assay_record *record,
                                uint8_t *buffer, size_t buffer_cap)
{
    struct assay_sig_structure structure =
        assay_sig_structure_of(record->envelope, record->signed_bytes);

    return assay_key_verify(
        &record->key, assay_sig_structure_join(&structure, buffer, buffer_cap),
        record->signature);
}

/* Not inlined, so that only large records touch so many pages of stack. */
static __attribute__((noinline)) enum assay_err
verify_large(const struct assay_record *record)
{
    uint8_t buffer[ASSAY_SIG_STRUCTURE_MAX];

    return verify_in(record, buffer, sizeof(buffer));
}

static enum assay_err verify(const struct assay_record *record)
{
    uint8_t buffer[ENVELOPE_USUAL];

    return record->envelope.len <= sizeof(buffer)
               ? verify_in(record, buffer, sizeof(buffer))
               : verify_large(record);
}

enum assay_err assay_record_check(const struct assay_record *record)
{
    uint8_t hash[ASSAY_HASH_SIZE];
    enum assay_err err = verify(record);

    if (err != ASSAY_OK) {
        return err;
    }
    err = check_named_keys(record);
    if (err != ASSAY_OK) {
        return err;
    }
    if (record->body.data != NULL) {
        assay_hash(record->body, hash);
        /* RECORDS 5.2: "A body whose hash is not the record's body-hash MUST
         * be refused." */
        if (memcmp(hash, record->payload.body_hash, sizeof(hash)) != 0) {
            return ASSAY_E_BODY;
        }
    }
    return ASSAY_OK;
}

enum assay_err assay_record_open(struct assay_bytes envelope,
                                 struct assay_bytes body,
                                 struct assay_record *record_out,
                                 struct assay_fault *fault_out)
{
    enum assay_err err =
        assay_record_parse(envelope, body, record_out, fault_out);
    if (err != ASSAY_OK) {
        return err;
    }
    err = assay_record_check(record_out);
    if (err != ASSAY_OK) {
        refuse(fault_out, assay_err_phrase(err));
    }
    return err;
}

enum assay_err assay_record_split(struct assay_bytes item,
                                  struct assay_bytes *envelope_out,
                                  struct assay_bytes *body_out,
                                  struct assay_fault *fault_out)
{
    struct assay_cbor_reader reader;
    struct assay_bytes body = ASSAY_BYTES_NONE;

    assay_cbor_reader_init(&reader, item);
    /* RECORDS 2.4: "A record MUST be stored in files and sent as an array of
     * its envelope and its body, both byte strings, with null in place of a
     * body that is not there." */
    if (assay_cbor_read_array(&reader, ASSAY_LIST_MAX) != 2) {
        assay_cbor_fail_at(&reader, 0, ASSAY_E_MALFORMED,
                           "a record is [envelope, body / null]");
    }
    struct assay_bytes envelope =
        assay_cbor_read_bytes(&reader, ASSAY_RECORD_MAX);
    if (assay_cbor_peek(&reader) == ASSAY_CBOR_NULL) {
        assay_cbor_read_null(&reader);
    } else {
        body = assay_cbor_read_bytes(&reader, ASSAY_RECORD_MAX);
    }

    enum assay_err err = assay_cbor_reader_finish(&reader, fault_out);
    if (err == ASSAY_OK) {
        *envelope_out = envelope;
        *body_out = body;
    }
    return err;
}

const struct assay_id *assay_record_log(const struct assay_record *record)
{
    if (assay_kind_is_root(record->payload.kind)) {
        return &record->id;
    }
    return &record->payload.auth;
}

const struct assay_id *assay_record_about(const struct assay_record *record,
                                          uint64_t relation)
{
    for (size_t index = 0; index < record->payload.about_count; index++) {
        if (record->payload.about[index].relation == relation) {
            return &record->payload.about[index].id;
        }
    }
    return NULL;
}
