/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waiting.h - where records wait that came before what they build on: in
 * bounded memory, each under the id that it lacks, so that the arrival of one
 * wakes those and no others. Not installed.
 */
#ifndef ASSAY_STORE_WAITING_H
#define ASSAY_STORE_WAITING_H

#include "protocol/record.h"

struct store_waiting;

/* A record that waits; its bytes are its own. */
struct store_waiter {
    struct store_waiter *next; /* In a bucket, or among the woken. */
    struct assay_id lacks;
    uint64_t offset; /* Of its item in the file. */
    size_t size;     /* What it takes of the room. */
    size_t envelope_len;
    size_t body_len;
    bool has_body;
    uint8_t data[]; /* Envelope, then body. */
};

/* Room for size_max bytes of records. ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err store_waiting_new(size_t size_max,
                                 struct store_waiting **waiting_out);
void store_waiting_free(struct store_waiting *waiting);

/* Copies a record that lacks an id. ASSAY_E_LIMIT where there is no room,
 * ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err store_waiting_add(struct store_waiting *waiting,
                                 const struct assay_record *record,
                                 uint64_t offset, const struct assay_id *lacks);

/* Wakes those that lack id, or all; these in the order of the file. */
void store_waiting_wake(struct store_waiting *waiting,
                        const struct assay_id *id);
ASSAY_MUST_CHECK
enum assay_err store_waiting_wake_all(struct store_waiting *waiting);

/* Takes one that is awake, or NULL; the caller hands it to one of the two
 * functions below. */
struct store_waiter *store_waiting_take(struct store_waiting *waiting);

/* Lets a waiter that was taken wait for another id. */
void store_waiting_put_back(struct store_waiting *waiting,
                            struct store_waiter *waiter,
                            const struct assay_id *lacks);

/* Frees a waiter that was taken. */
void store_waiting_drop(struct store_waiting *waiting,
                        struct store_waiter *waiter);

/* The record of a waiter, parsed; it borrows from the waiter. */
void store_waiter_record(const struct store_waiter *waiter,
                         struct assay_record *record_out);

/* Drops those that sleep and carry this number as their offset. */
void store_waiting_forget(struct store_waiting *waiting, uint64_t offset);

/* How many wait, awake or not. */
size_t store_waiting_count(const struct store_waiting *waiting);

#endif
