/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer.h"

#include "../check.h"

#define RECORDS_FIELDS 2
#define RANGE_FIELDS 4
#define ID_LIST_FIELDS 2

/* The head of a byte string of n bytes. */
static size_t head_size(uint64_t value)
{
    if (value < 24) {
        return 1;
    }
    if (value <= UINT8_MAX) {
        return 2;
    }
    return value <= UINT16_MAX ? 3 : 5;
}

static void refuse_none(struct assay_cbor_reader *reader, size_t at,
                        uint64_t request)
{
    if (request == ASSAY_REQUEST_NONE) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a request's number is 1 or above");
    }
}

enum assay_err assay_range_read(struct assay_message *message,
                                struct assay_range *range_out,
                                struct assay_fault *fault_out)
{
    struct assay_range range;
    struct assay_cbor_reader *reader = &message->reader;
    size_t at;
    enum assay_err err;

    ASSAY_CHECK(message->type == ASSAY_MSG_RANGE);
    assay_message_need(message, RANGE_FIELDS);
    at = reader->pos;
    range.request = assay_cbor_read_uint(reader);
    /* PROTOCOL 5.4: "A request's number MUST be 1 or above" */
    refuse_none(reader, at, range.request);
    assay_cbor_read_fixed(reader, range.grant.hash, sizeof(range.grant.hash));
    at = reader->pos;
    range.from = assay_cbor_read_uint(reader);
    range.to = assay_cbor_read_uint(reader);
    /* PROTOCOL 5.2: "from MUST be 1 or above, and to MUST NOT be below
     * from." */
    if (range.from == 0 || range.to < range.from) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a range goes from 1 or above, and not backwards");
    }

    err = assay_message_finish(message, RANGE_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *range_out = range;
    }
    return err;
}

void assay_range_write(struct assay_cbor_writer *writer,
                       const struct assay_range *range)
{
    ASSAY_CHECK(range->request != ASSAY_REQUEST_NONE);
    ASSAY_CHECK(range->from > 0);
    ASSAY_CHECK(range->to >= range->from);
    assay_message_begin(writer, ASSAY_MSG_RANGE, RANGE_FIELDS);
    assay_cbor_write_uint(writer, range->request);
    assay_cbor_write_bytes(
        writer,
        (struct assay_bytes){range->grant.hash, sizeof(range->grant.hash)});
    assay_cbor_write_uint(writer, range->from);
    assay_cbor_write_uint(writer, range->to);
}

enum assay_err assay_id_list_read(struct assay_message *message,
                                  struct assay_id_list *list_out,
                                  struct assay_fault *fault_out)
{
    struct assay_id_list list;
    struct assay_cbor_reader *reader = &message->reader;
    size_t at;
    enum assay_err err;

    ASSAY_CHECK(message->type == ASSAY_MSG_WANT ||
                message->type == ASSAY_MSG_LACK);
    assay_message_need(message, ID_LIST_FIELDS);
    at = reader->pos;
    list.request = assay_cbor_read_uint(reader);
    refuse_none(reader, at, list.request);
    at = reader->pos;
    list.count = assay_cbor_read_array(reader, ASSAY_WANT_MAX);
    if (list.count == 0) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a list of ids names one");
    }
    for (size_t index = 0; index < list.count; index++) {
        assay_cbor_read_fixed(reader, list.ids[index].hash, ASSAY_ID_SIZE);
    }

    err = assay_message_finish(message, ID_LIST_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *list_out = list;
    }
    return err;
}

void assay_id_list_write(struct assay_cbor_writer *writer,
                         enum assay_message_type type,
                         const struct assay_id_list *list)
{
    ASSAY_CHECK(type == ASSAY_MSG_WANT || type == ASSAY_MSG_LACK);
    ASSAY_CHECK(list->request != ASSAY_REQUEST_NONE);
    ASSAY_CHECK(list->count > 0);
    ASSAY_CHECK(list->count <= ASSAY_WANT_MAX);
    assay_message_begin(writer, type, ID_LIST_FIELDS);
    assay_cbor_write_uint(writer, list->request);
    assay_cbor_write_array(writer, list->count);
    for (size_t index = 0; index < list->count; index++) {
        assay_cbor_write_bytes(
            writer, (struct assay_bytes){list->ids[index].hash, ASSAY_ID_SIZE});
    }
}

/* Reads one item, whose form is all that is checked. */
static void read_item(struct assay_cbor_reader *reader,
                      struct assay_bytes *envelope_out,
                      struct assay_bytes *body_out)
{
    size_t at = reader->pos;

    *body_out = ASSAY_BYTES_NONE;
    if (assay_cbor_read_array(reader, 2) != 2) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a record is [envelope, body / null]");
    }
    *envelope_out = assay_cbor_read_bytes(reader, ASSAY_RECORD_MAX);
    if (assay_cbor_peek(reader) == ASSAY_CBOR_NULL) {
        assay_cbor_read_null(reader);
    } else {
        *body_out = assay_cbor_read_bytes(reader, ASSAY_RECORD_MAX);
    }
    /* PROTOCOL 5.1: "Envelope and body of an item MUST be at most 32,768 bytes
     * together." */
    if (envelope_out->len + body_out->len > ASSAY_RECORD_MAX) {
        assay_cbor_fail_at(reader, at, ASSAY_E_LIMIT,
                           "envelope and body are at most 32 KiB together");
    }
}

enum assay_err assay_records_read(struct assay_message *message,
                                  struct assay_records *records_out,
                                  struct assay_fault *fault_out)
{
    struct assay_records records;
    struct assay_cbor_reader *reader = &message->reader;
    size_t at;
    enum assay_err err;

    ASSAY_CHECK(message->type == ASSAY_MSG_RECORDS);
    memset(&records, 0, sizeof(records));
    assay_message_need(message, RECORDS_FIELDS);
    records.request = assay_cbor_read_uint(reader);
    at = reader->pos;
    /* PROTOCOL 5.1: "A message of records MUST hold 1 to 512 items." */
    records.count = assay_cbor_read_array(reader, ASSAY_RECORDS_MAX);
    if (records.count == 0) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a message of records has one");
    }
    records.reader = *reader;
    for (size_t index = 0; index < records.count; index++) {
        struct assay_bytes envelope;
        struct assay_bytes body;

        read_item(reader, &envelope, &body);
        records.record_len += envelope.len + body.len;
    }

    err = assay_message_finish(message, RECORDS_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *records_out = records;
    }
    return err;
}

bool assay_records_next(struct assay_records *records,
                        struct assay_bytes *envelope_out,
                        struct assay_bytes *body_out)
{
    if (records->count == 0) {
        return false;
    }
    records->count--;
    read_item(&records->reader, envelope_out, body_out);
    ASSAY_CHECK(records->reader.err == ASSAY_OK);
    return true;
}

void assay_records_begin(struct assay_records_writer *writer, uint64_t request,
                         uint8_t *data, size_t cap)
{
    ASSAY_CHECK(cap >= ASSAY_MESSAGE_MAX);
    assay_cbor_writer_init(&writer->items, data + ASSAY_RECORDS_HEAD_MAX,
                           ASSAY_MESSAGE_MAX - ASSAY_RECORDS_HEAD_MAX);
    writer->data = data;
    writer->request = request;
    writer->count = 0;
}

bool assay_records_add(struct assay_records_writer *writer,
                       struct assay_bytes envelope, struct assay_bytes body)
{
    size_t len = 1 + head_size(envelope.len) + envelope.len + 1;

    ASSAY_CHECK(envelope.data != NULL);
    ASSAY_CHECK(envelope.len + body.len <= ASSAY_RECORD_MAX);
    if (body.data != NULL) {
        len += head_size(body.len) - 1 + body.len;
    }
    if (writer->count == ASSAY_RECORDS_MAX ||
        len > writer->items.cap - writer->items.len) {
        ASSAY_CHECK(writer->count > 0);
        return false;
    }
    assay_cbor_write_array(&writer->items, 2);
    assay_cbor_write_bytes(&writer->items, envelope);
    if (body.data != NULL) {
        assay_cbor_write_bytes(&writer->items, body);
    } else {
        assay_cbor_write_null(&writer->items);
    }
    writer->count++;
    return true;
}

struct assay_bytes assay_records_end(struct assay_records_writer *writer)
{
    uint8_t bytes[ASSAY_RECORDS_HEAD_MAX];
    struct assay_cbor_writer head;
    uint8_t *begin;

    ASSAY_CHECK(writer->count > 0);
    ASSAY_CHECK(!writer->items.has_overflowed);
    assay_cbor_writer_init(&head, bytes, sizeof(bytes));
    assay_message_begin(&head, ASSAY_MSG_RECORDS, RECORDS_FIELDS);
    assay_cbor_write_uint(&head, writer->request);
    assay_cbor_write_array(&head, writer->count);
    ASSAY_CHECK(!head.has_overflowed);

    /* The head's length is known only now: it is put in front of the items,
     * which stay where they are. */
    begin = writer->data + ASSAY_RECORDS_HEAD_MAX - head.len;
    memcpy(begin, bytes, head.len);
    return (struct assay_bytes){begin, head.len + writer->items.len};
}
