/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - two machines of anti-entropy that talk until neither has more
 * to say, and what that cost.
 *
 * Each turn one side says all that it can and the other takes it in, so that
 * turns are halves of round trips. Messages go through their bytes; records
 * are handed to the other side's ledger as they come.
 */
#ifndef ASSAY_TESTS_SUPPORT_EXCHANGE_H
#define ASSAY_TESTS_SUPPORT_EXCHANGE_H

#include "protocol/reconcile.h"

/* What stores a record that came: ASSAY_OK if it was new. */
typedef enum assay_err (*exchange_take_fn)(void *context,
                                           const struct assay_sync_item *item);

struct exchange_side {
    const struct assay_sync_view *view;
    struct assay_follows follows;
    exchange_take_fn take;
    void *context;
    struct assay_reconcile *machine; /* Made by exchange_begin. */

    /* What it said and got. */
    size_t message_count;
    size_t bytes; /* Of messages. */
    size_t record_count;
    size_t new_count;         /* Of those that came. */
    size_t refused_count;     /* EXISTS among them. */
    size_t early_count;       /* Refused as ASSAY_E_EARLY. */
    size_t turns;             /* In which it said something. */
    size_t first_record_turn; /* Counted from 1; 0: it sent none. */
    size_t longest;           /* Message. */
    uint64_t cpu_ns;          /* In its machine. */
    size_t unsettled;         /* New ones since the last settled. */
};

struct exchange {
    struct exchange_side dialler;
    struct exchange_side listener;
};

/* Makes both machines, with a handshake's hash that comes from seed, and lets
 * the hellos cross. Views, follows, take and context were set. */
void exchange_begin(struct exchange *exchange, uint64_t seed);

/* Lets them talk until both are silent, or a machine fails. */
enum assay_err exchange_run(struct exchange *exchange);

/* One side says all that it can, and the other takes it in. *said_out is
 * false where there was nothing. */
enum assay_err exchange_turn(struct exchange_side *from,
                             struct exchange_side *to, bool *said_out);

void exchange_end(struct exchange *exchange);

#endif
