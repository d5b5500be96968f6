/* SPDX-License-Identifier: Apache-2.0 */
#include "blob.h"

#include "../check.h"

#define BLOB_WANT_FIELDS 3
#define BLOB_FIELDS 4
#define BLOB_LACK_FIELDS 1

static uint64_t read_number(struct assay_cbor_reader *reader)
{
    size_t at = reader->pos;
    uint64_t number = assay_cbor_read_uint(reader);

    if (number > ASSAY_NUMBER_MAX) {
        assay_cbor_fail_at(reader, at, ASSAY_E_LIMIT, "a number is below 2^53");
        return 0;
    }
    return number;
}

static void write_hash(struct assay_cbor_writer *writer, const uint8_t *sha256)
{
    assay_cbor_write_bytes(writer,
                           (struct assay_bytes){sha256, ASSAY_HASH_SIZE});
}

enum assay_err assay_blob_want_read(struct assay_message *message,
                                    struct assay_blob_want *want_out,
                                    struct assay_fault *fault_out)
{
    struct assay_blob_want want;
    struct assay_cbor_reader *reader = &message->reader;
    size_t at;
    enum assay_err err;

    ASSAY_CHECK(message->type == ASSAY_MSG_BLOB_WANT);
    assay_message_need(message, BLOB_WANT_FIELDS);
    assay_cbor_read_fixed(reader, want.sha256, sizeof(want.sha256));
    /* PROTOCOL 7: "offset, length and total MUST be below 2^53, and length MUST
     * be 1 or above." */
    want.offset = read_number(reader);
    at = reader->pos;
    want.len = read_number(reader);
    if (want.len == 0) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a byte is wanted at least");
    }

    err = assay_message_finish(message, BLOB_WANT_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *want_out = want;
    }
    return err;
}

void assay_blob_want_write(struct assay_cbor_writer *writer,
                           const struct assay_blob_want *want)
{
    ASSAY_CHECK(want->offset <= ASSAY_NUMBER_MAX);
    ASSAY_CHECK(want->len > 0);
    ASSAY_CHECK(want->len <= ASSAY_NUMBER_MAX);
    assay_message_begin(writer, ASSAY_MSG_BLOB_WANT, BLOB_WANT_FIELDS);
    write_hash(writer, want->sha256);
    assay_cbor_write_uint(writer, want->offset);
    assay_cbor_write_uint(writer, want->len);
}

enum assay_err assay_blob_read(struct assay_message *message,
                               struct assay_blob *blob_out,
                               struct assay_fault *fault_out)
{
    struct assay_blob blob;
    struct assay_cbor_reader *reader = &message->reader;
    size_t at;
    enum assay_err err;

    ASSAY_CHECK(message->type == ASSAY_MSG_BLOB);
    assay_message_need(message, BLOB_FIELDS);
    assay_cbor_read_fixed(reader, blob.sha256, sizeof(blob.sha256));
    at = reader->pos;
    blob.offset = read_number(reader);
    blob.total = read_number(reader);
    blob.bytes = assay_cbor_read_bytes(reader, ASSAY_BLOB_CHUNK_MAX);
    /* PROTOCOL 7: "The bytes of a blob message MUST NOT be longer than 60,000,
     * nor go beyond total." Both numbers are below 2^53: no sum overflows. */
    if (blob.offset + blob.bytes.len > blob.total) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "captured bytes end at their total");
    }
    /* PROTOCOL 7: "A blob message MUST NOT be without bytes unless total is
     * 0." */
    if (blob.bytes.len == 0 && blob.total > 0) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a message brings bytes where there are any");
    }

    err = assay_message_finish(message, BLOB_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *blob_out = blob;
    }
    return err;
}

void assay_blob_write(struct assay_cbor_writer *writer,
                      const struct assay_blob *blob)
{
    ASSAY_CHECK(blob->bytes.len <= ASSAY_BLOB_CHUNK_MAX);
    ASSAY_CHECK(blob->total <= ASSAY_NUMBER_MAX);
    ASSAY_CHECK(blob->offset <= blob->total);
    ASSAY_CHECK(blob->bytes.len <= blob->total - blob->offset);
    assay_message_begin(writer, ASSAY_MSG_BLOB, BLOB_FIELDS);
    write_hash(writer, blob->sha256);
    assay_cbor_write_uint(writer, blob->offset);
    assay_cbor_write_uint(writer, blob->total);
    assay_cbor_write_bytes(writer, blob->bytes);
}

enum assay_err assay_blob_lack_read(struct assay_message *message,
                                    uint8_t sha256_out[ASSAY_HASH_SIZE],
                                    struct assay_fault *fault_out)
{
    uint8_t sha256[ASSAY_HASH_SIZE];
    enum assay_err err;

    ASSAY_CHECK(message->type == ASSAY_MSG_BLOB_LACK);
    assay_message_need(message, BLOB_LACK_FIELDS);
    assay_cbor_read_fixed(&message->reader, sha256, sizeof(sha256));
    err = assay_message_finish(message, BLOB_LACK_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        memcpy(sha256_out, sha256, sizeof(sha256));
    }
    return err;
}

void assay_blob_lack_write(struct assay_cbor_writer *writer,
                           const uint8_t sha256[ASSAY_HASH_SIZE])
{
    assay_message_begin(writer, ASSAY_MSG_BLOB_LACK, BLOB_LACK_FIELDS);
    write_hash(writer, sha256);
}
