/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile_desk.h - two ledgers that a test deals records of one history to,
 * and their exchange.
 */
#ifndef ASSAY_TESTS_UNIT_PROTOCOL_RECONCILE_DESK_H
#define ASSAY_TESTS_UNIT_PROTOCOL_RECONCILE_DESK_H

#include "exchange.h"
#include "history.h"
#include "memledger.h"

enum desk_side { DESK_DIALLER = 1, DESK_LISTENER = 2, DESK_BOTH = 3 };

struct desk {
    struct history *history;
    struct memledger *dialler;
    struct memledger *listener;
    struct exchange exchange; /* Both follow all, unless told otherwise. */
    size_t root;              /* A team's root, held by both. */
    size_t checker;           /* A member's grant, held by both. */
};

/* A team with a checker, which both hold. */
void desk_begin(struct desk *desk, uint64_t seed);
void desk_end(struct desk *desk);

/* Gives a record to a side or both; returns it. */
size_t desk_give(struct desk *desk, enum desk_side side, size_t record);

/* A record of the checker, for a side or both. */
size_t desk_say(struct desk *desk, enum desk_side side);

/* Lets them exchange until both are silent: neither machine may fail. */
void desk_run(struct desk *desk);

/* Both say that all is equal, and it is. */
void desk_check_equal(struct desk *desk);

/* Both ended like this. */
void desk_check_state(struct desk *desk, enum assay_reconcile_state state);

struct assay_reconcile_stats desk_stats(struct desk *desk, enum desk_side side);

#endif
