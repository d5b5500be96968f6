/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drop_plan.h - which records of a team go, and in what order. Not installed.
 */
#ifndef ASSAY_STORE_DROP_PLAN_H
#define ASSAY_STORE_DROP_PLAN_H

#include "log.h"

/* A log of the team. */
struct store_drop_log {
    uint64_t log_lsn;
    struct assay_id grant;
    bool is_root;
    uint64_t keep_seq;   /* What is beyond goes. */
    size_t parent;       /* The log that its grant's record is in... */
    uint64_t parent_seq; /* ...and where; 0 until it was met. */
    size_t prior;        /* Of a rotated root: the root before; else itself. */
};

struct store_drop_plan {
    struct store_drop_log *logs; /* By their LSN. */
    size_t log_count;
    uint64_t record_count;
};

/* Looks at all of the team's logs. ASSAY_E_NOT_FOUND where there is none;
 * ASSAY_E_LIMIT as drop.h says. End it with store_drop_plan_clear. */
ASSAY_MUST_CHECK
enum assay_err store_drop_plan_make(struct store_view *view,
                                    const struct assay_id *team,
                                    struct store_drop_plan *plan_out);
void store_drop_plan_clear(struct store_drop_plan *plan);

/* The index of the log with that LSN; log_count where it is none of the
 * team's. */
size_t store_drop_plan_find(const struct store_drop_plan *plan,
                            uint64_t log_lsn);

#endif
