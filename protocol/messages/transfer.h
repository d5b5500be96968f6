/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer.h - the messages that ask for records and bring them.
 *
 *   records = [14, request, [[envelope, body / null]...]]
 *   range   = [16, request, grant, from, to]
 *   want    = [18, request, [id...]]
 *   lack    = [20, request, [id...]]
 *
 * docs/protocol.md section 5 defines them. A request has a number, which the
 * asker chose and every answer repeats; 0 is what anti-entropy brings. How
 * readers and writers behave says hello.h.
 */
#ifndef ASSAY_PROTOCOL_MESSAGES_TRANSFER_H
#define ASSAY_PROTOCOL_MESSAGES_TRANSFER_H

#include "../id.h"
#include "../message.h"
#include "../sync_limits.h"

/* The number of records that nobody asked for by a request of their own. */
#define ASSAY_REQUEST_NONE 0

/* What stands before the items at most: three heads, a type, a request. */
#define ASSAY_RECORDS_HEAD_MAX 14

struct assay_range {
    uint64_t request;
    struct assay_id grant; /* The log's name. */
    uint64_t from;         /* The first seq, 1 or above. */
    uint64_t to;           /* The last one, from or above. */
};

/* want and lack alike. */
struct assay_id_list {
    uint64_t request;
    struct assay_id ids[ASSAY_WANT_MAX];
    size_t count; /* 1 or above. */
};

/* The items of a records message, all checked for their form. */
struct assay_records {
    uint64_t request;
    size_t count;      /* Items that are still to come. */
    size_t record_len; /* Bytes of all envelopes and bodies. */
    struct assay_cbor_reader reader;
};

/* Records are written one by one, and their number afterwards. */
struct assay_records_writer {
    struct assay_cbor_writer items;
    uint8_t *data;
    uint64_t request;
    size_t count;
};

ASSAY_MUST_CHECK
enum assay_err assay_range_read(struct assay_message *message,
                                struct assay_range *range_out,
                                struct assay_fault *fault_out);
void assay_range_write(struct assay_cbor_writer *writer,
                       const struct assay_range *range);

ASSAY_MUST_CHECK
enum assay_err assay_id_list_read(struct assay_message *message,
                                  struct assay_id_list *list_out,
                                  struct assay_fault *fault_out);
/* type is WANT or LACK. */
void assay_id_list_write(struct assay_cbor_writer *writer,
                         enum assay_message_type type,
                         const struct assay_id_list *list);

/* Checks the whole message; what records_out then gives borrows from it. */
ASSAY_MUST_CHECK
enum assay_err assay_records_read(struct assay_message *message,
                                  struct assay_records *records_out,
                                  struct assay_fault *fault_out);

/* The next item; false at the end. Envelopes are not looked into. */
bool assay_records_next(struct assay_records *records,
                        struct assay_bytes *envelope_out,
                        struct assay_bytes *body_out);

/* Begins a message in a buffer of ASSAY_MESSAGE_MAX bytes or more. */
void assay_records_begin(struct assay_records_writer *writer, uint64_t request,
                         uint8_t *data, size_t cap);

/* Adds a record; false, and the message is as before, where it would not fit
 * any more. A message has room for one record of any size at least. */
bool assay_records_add(struct assay_records_writer *writer,
                       struct assay_bytes envelope, struct assay_bytes body);

/* The message, somewhere in the buffer. At least one record was added. */
struct assay_bytes assay_records_end(struct assay_records_writer *writer);

#endif
