/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sequence.h - takes the bytes of a file of records (transfer.h) apart, and
 * makes them. It does no I/O: what is read is given to it piece by piece.
 *
 * The caller holds a window of bytes and asks for the next event; the event
 * says how many bytes of the window it used, which the caller drops. Where the
 * window ends inside an item, the answer is MORE. The bytes of a capture come
 * in parts, as the window has them, so that no window is ever longer than a
 * record. Not installed.
 */
#ifndef ASSAY_STORE_SEQUENCE_H
#define ASSAY_STORE_SEQUENCE_H

#include "protocol/bytes.h"
#include "protocol/err.h"
#include "protocol/limits.h"

/* A window of this many bytes is never answered with MORE. */
#define STORE_SEQUENCE_WINDOW ASSAY_ITEM_MAX

/* Room for each head that is written below. */
#define STORE_SEQUENCE_HEAD_MAX 32

enum store_sequence_type {
    STORE_SEQUENCE_MORE,   /* The window ends inside an item. */
    STORE_SEQUENCE_HEAD,   /* The file's first item. */
    STORE_SEQUENCE_RECORD, /* envelope and body. */
    STORE_SEQUENCE_BYTES,  /* A capture begins; left is its length. */
    STORE_SEQUENCE_PART,   /* part of it; left is what comes after. */
    STORE_SEQUENCE_END,    /* The end mark; count is what it says. */
    STORE_SEQUENCE_BAD     /* err and rule; it stays so. */
};

struct store_sequence_event {
    enum store_sequence_type type;
    size_t used;                 /* Bytes of the window. */
    uint64_t offset;             /* Of the item in the file; BAD: of the
                                    fault. */
    struct assay_bytes envelope; /* These three borrow from the window. */
    struct assay_bytes body;     /* data is NULL where the file has null. */
    struct assay_bytes part;
    uint64_t left;
    uint64_t count;
    enum assay_err err;
    const char *rule;
};

enum store_sequence_phase {
    STORE_SEQUENCE_AT_HEAD,
    STORE_SEQUENCE_AT_ITEM,
    STORE_SEQUENCE_IN_BYTES,
    STORE_SEQUENCE_AT_END,
    STORE_SEQUENCE_STUCK
};

struct store_sequence {
    enum store_sequence_phase phase;
    uint64_t offset;       /* Of the window's first byte in the file. */
    uint64_t item_offset;  /* Of the item that is being read. */
    uint64_t whole_offset; /* Where the last whole item ended. */
    uint64_t left;         /* IN_BYTES: still to come. */
    enum assay_err err;    /* STUCK: why. */
    const char *rule;
    uint64_t fault_offset;
};

void store_sequence_init(struct store_sequence *sequence);

/* The next event of a window that begins where the last event's used ended.
 */
void store_sequence_next(struct store_sequence *sequence,
                         struct assay_bytes window,
                         struct store_sequence_event *event_out);

/* The file's first item, what stands before a capture's bytes, and the end
 * mark: each is written to out (STORE_SEQUENCE_HEAD_MAX). Records are joined
 * by assay_record_join. */
struct assay_bytes store_sequence_write_head(uint8_t *out);
struct assay_bytes store_sequence_write_bytes(uint64_t len, uint8_t *out);
struct assay_bytes store_sequence_write_end(uint64_t count, uint8_t *out);

#endif
