/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h - what one peer says to another, one message a frame.
 *
 * A message is a deterministic CBOR array: its type, then its fields.
 * docs/protocol.md lists them. A type with an odd number may be skipped by who
 * does not know it; one with an even number may not. Fields behind those that
 * this version knows are skipped, so that a message can grow.
 */
#ifndef ASSAY_PROTOCOL_MESSAGE_H
#define ASSAY_PROTOCOL_MESSAGE_H

#include "cbor.h"

/* The longest message: what a Noise frame of 65535 bytes holds. */
#define ASSAY_MESSAGE_MAX 65519

/* Fields of a message behind its type that are read or skipped. */
#define ASSAY_MESSAGE_FIELDS_MAX 64

enum assay_message_type {
    ASSAY_MSG_HELLO = 0,
    ASSAY_MSG_PING = 1,
    ASSAY_MSG_CLOSE = 2,
    ASSAY_MSG_PONG = 3,
    ASSAY_MSG_FOLLOWS = 4,
    ASSAY_MSG_COMPARE = 5,
    ASSAY_MSG_ROOT = 6,
    ASSAY_MSG_BUCKETS = 8,
    ASSAY_MSG_FRONTIER = 10,
    ASSAY_MSG_HEADS = 12,
    ASSAY_MSG_RECORDS = 14,
    ASSAY_MSG_RANGE = 16,
    ASSAY_MSG_WANT = 18,
    ASSAY_MSG_LACK = 20,
    ASSAY_MSG_DONE = 22,
    ASSAY_MSG_GOSSIP = 24,
    ASSAY_MSG_HAVE = 26,
    ASSAY_MSG_GRAFT = 28,
    ASSAY_MSG_PRUNE = 30,
    ASSAY_MSG_JOIN = 32,
    ASSAY_MSG_FORWARD_JOIN = 34,
    ASSAY_MSG_NEIGHBOR = 36,
    ASSAY_MSG_DISCONNECT = 38,
    ASSAY_MSG_SHUFFLE = 40,
    ASSAY_MSG_SHUFFLE_REPLY = 42,
    ASSAY_MSG_BLOB_WANT = 44,
    ASSAY_MSG_BLOB = 46,
    ASSAY_MSG_BLOB_LACK = 48
};

/* A message whose type is read; the fields are the codec's of that type. */
struct assay_message {
    uint64_t type;
    size_t field_count; /* Behind the type. */
    struct assay_cbor_reader reader;
};

/* Whether a type that is not known may be skipped. */
static inline bool assay_message_is_optional(uint64_t type)
{
    return (type & 1) != 0;
}

/*
 * Reads the array's head and the type; message_out->reader then stands at the
 * first field, over borrowed bytes. ASSAY_E_TRUNCATED, ASSAY_E_MALFORMED,
 * ASSAY_E_LIMIT (longer than ASSAY_MESSAGE_MAX, or too many fields).
 */
ASSAY_MUST_CHECK
enum assay_err assay_message_open(struct assay_bytes bytes,
                                  struct assay_message *message_out);

/* Ends the reading of a message of which known_count fields were read: skips
 * the others and refuses trailing bytes. A message with fewer fields than
 * known_count fails with MALFORMED: check before reading them with
 * assay_message_need. */
ASSAY_MUST_CHECK
enum assay_err assay_message_finish(struct assay_message *message,
                                    size_t known_count,
                                    struct assay_fault *fault_out);

/* Makes the reader fail unless the message has at least count fields. */
void assay_message_need(struct assay_message *message, size_t count);

/* Begins a message in the caller's buffer: field_count fields follow. */
void assay_message_begin(struct assay_cbor_writer *writer,
                         enum assay_message_type type, size_t field_count);

#endif
