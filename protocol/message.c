/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

enum assay_err assay_message_open(struct assay_bytes bytes,
                                  struct assay_message *message_out)
{
    struct assay_message message;
    size_t count;

    /* PROTOCOL 2.1: "A message MUST NOT be longer than 65,519 bytes." */
    if (bytes.len > ASSAY_MESSAGE_MAX) {
        return ASSAY_E_LIMIT;
    }
    assay_cbor_reader_init(&message.reader, bytes);
    /* PROTOCOL 2.1: "A message MUST NOT have more than 64 fields behind its
     * type." */
    count =
        assay_cbor_read_array(&message.reader, ASSAY_MESSAGE_FIELDS_MAX + 1);
    message.type = assay_cbor_read_uint(&message.reader);
    if (message.reader.err != ASSAY_OK) {
        return message.reader.err;
    }
    message.field_count = count - 1;
    *message_out = message;
    return ASSAY_OK;
}

void assay_message_need(struct assay_message *message, size_t count)
{
    /* PROTOCOL 2.1: "A message MUST have all fields that this page gives to its
     * type." */
    if (message->field_count < count) {
        assay_cbor_fail(&message->reader, ASSAY_E_MALFORMED,
                        "a message has all fields of its type");
    }
}

enum assay_err assay_message_finish(struct assay_message *message,
                                    size_t known_count,
                                    struct assay_fault *fault_out)
{
    assay_message_need(message, known_count);
    /* PROTOCOL 2.1: "A receiver MUST skip fields behind those it knows, so that
     * a message can grow." */
    for (size_t i = known_count;
         i < message->field_count && message->reader.err == ASSAY_OK; i++) {
        (void)assay_cbor_skip(&message->reader);
    }
    return assay_cbor_reader_finish(&message->reader, fault_out);
}

void assay_message_begin(struct assay_cbor_writer *writer,
                         enum assay_message_type type, size_t field_count)
{
    assay_cbor_write_array(writer, field_count + 1);
    assay_cbor_write_uint(writer, (uint64_t)type);
}
