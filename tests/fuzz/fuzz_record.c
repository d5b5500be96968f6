/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_record.c - what we take for a record is in its one encoding.
 *
 * The input is an item, [envelope, body / null]. What parses is encoded again
 * by a writer of this file's own and must give the bytes that were signed.
 */
#include "protocol/body.h"
#include "protocol/check.h"
#include "protocol/record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len);

static void write_id(struct assay_cbor_writer *writer, const uint8_t *id)
{
    assay_cbor_write_bytes(writer, (struct assay_bytes){id, ASSAY_ID_SIZE});
}

static void write_payload(struct assay_cbor_writer *writer,
                          const struct assay_payload *payload)
{
    size_t count = 6 + (payload->grant.data != NULL ? 1U : 0U) +
                   (payload->about_count > 0 ? 1U : 0U);

    assay_cbor_write_map(writer, count);
    assay_cbor_write_uint(writer, 1);
    assay_cbor_write_uint(writer, payload->kind);
    assay_cbor_write_uint(writer, 2);
    write_id(writer, payload->auth.hash);
    assay_cbor_write_uint(writer, 3);
    assay_cbor_write_uint(writer, payload->seq);
    assay_cbor_write_uint(writer, 4);
    assay_cbor_write_array(writer, payload->prev_count);
    for (size_t index = 0; index < payload->prev_count; index++) {
        write_id(writer, payload->prev[index].hash);
    }
    assay_cbor_write_uint(writer, 5);
    assay_cbor_write_uint(writer, payload->time_s);
    assay_cbor_write_uint(writer, 6);
    write_id(writer, payload->body_hash);
    if (payload->grant.data != NULL) {
        assay_cbor_write_uint(writer, 7);
        assay_cbor_write_raw(writer, payload->grant);
    }
    if (payload->about_count > 0) {
        assay_cbor_write_uint(writer, 8);
        assay_cbor_write_array(writer, payload->about_count);
    }
    for (size_t index = 0; index < payload->about_count; index++) {
        assay_cbor_write_array(writer, 2);
        assay_cbor_write_uint(writer, payload->about[index].relation);
        write_id(writer, payload->about[index].id.hash);
    }
}

static void check_encoding(const struct assay_record *record)
{
    static uint8_t space[ASSAY_RECORD_MAX];
    struct assay_cbor_writer writer;
    struct assay_bytes again;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    write_payload(&writer, &record->payload);
    ASSAY_CHECK(assay_cbor_writer_finish(&writer, &again) == ASSAY_OK);
    ASSAY_CHECK(assay_bytes_equal(again, record->signed_bytes));
}

/* A grant that is read is written as the same bytes. */
static void check_grant(const struct assay_payload *payload)
{
    static uint8_t space[ASSAY_RECORD_MAX];
    struct assay_cbor_writer writer;
    struct assay_grant grant;
    struct assay_bytes again;

    if (!assay_grant_is_required(payload->kind)) {
        return;
    }
    ASSAY_CHECK(assay_grant_read(payload->kind, payload->grant, &grant, NULL) ==
                ASSAY_OK);
    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_grant_write(payload->kind, &grant, &writer);
    ASSAY_CHECK(assay_cbor_writer_finish(&writer, &again) == ASSAY_OK);
    ASSAY_CHECK(assay_bytes_equal(again, payload->grant));
}

static void check_body(const struct assay_record *record)
{
    struct assay_fault fault = {0, NULL};

    if (assay_body_check(record, &fault) == ASSAY_OK) {
        return;
    }
    ASSAY_CHECK(fault.rule != NULL);
    ASSAY_CHECK(fault.offset <= record->body.len);
}

/* The body is read as that of every kind, since it is not held to its hash
 * here, and a fault lies inside it. */
static void check_bodies(struct assay_record *record)
{
    for (uint64_t kind = 1; kind <= ASSAY_KIND_RETRACT; kind++) {
        record->payload.kind = kind;
        check_body(record);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
    static struct assay_record record;
    struct assay_bytes item = {data, data_len};
    struct assay_fault fault = {0, NULL};
    struct assay_bytes envelope;
    struct assay_bytes body;

    if (assay_record_split(item, &envelope, &body, &fault) != ASSAY_OK) {
        ASSAY_CHECK(fault.rule != NULL && fault.offset <= data_len);
        return 0;
    }
    if (assay_record_parse(envelope, body, &record, &fault) != ASSAY_OK) {
        ASSAY_CHECK(fault.rule != NULL && fault.offset <= envelope.len);
        return 0;
    }
    check_encoding(&record);
    check_grant(&record.payload);
    (void)!assay_record_check(&record);
    if (body.data != NULL) {
        check_bodies(&record);
    }
    return 0;
}
