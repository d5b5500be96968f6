/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memledger.h - a ledger in memory that takes records as a real one does and
 * is seen as protocol/syncview.h asks.
 *
 * It checks signatures, form and what a record builds on, keeps heads of logs
 * and numbers records as they come. It stops the program when memory is
 * exhausted.
 */
#ifndef ASSAY_TESTS_SUPPORT_MEMLEDGER_H
#define ASSAY_TESTS_SUPPORT_MEMLEDGER_H

#include "history.h"
#include "protocol/syncview.h"

struct memledger;

/* What became of a record. */
struct memledger_result {
    enum assay_err err; /* OK, EXISTS, EARLY, or why it is invalid. */
    struct assay_id id;
    struct assay_id log;
    struct assay_id lacks; /* Where it is EARLY. */
    struct assay_id team;  /* Where it is OK or EXISTS. */
    uint64_t kind;
    uint64_t seq;
};

struct memledger *memledger_new(void);
void memledger_free(struct memledger *ledger);

/* Takes a copy of a record. */
struct memledger_result memledger_take(struct memledger *ledger,
                                       struct assay_bytes envelope,
                                       struct assay_bytes body);

/* The team whose record it would be: false where its auth is not held. */
bool memledger_team_of(struct memledger *ledger,
                       const struct assay_record *record,
                       struct assay_id *team_out);

/* Takes a record of a history, which can be taken. */
void memledger_put(struct memledger *ledger, const struct history *history,
                   size_t index);

/* Takes all records of a history from begin up to end. */
void memledger_put_all(struct memledger *ledger, const struct history *history,
                       size_t begin, size_t end);

size_t memledger_count(const struct memledger *ledger);
bool memledger_has(struct memledger *ledger, const struct assay_id *id);

/* Whether both hold the same records. */
bool memledger_equal(struct memledger *a, struct memledger *b);

/* Lives as long as the ledger. */
const struct assay_sync_view *memledger_view(struct memledger *ledger);

/* Lets every call of the view fail with err from now on; ASSAY_OK: no more. */
void memledger_fail(struct memledger *ledger, enum assay_err err);

/* How often the view was called. */
size_t memledger_calls(const struct memledger *ledger);

#endif
