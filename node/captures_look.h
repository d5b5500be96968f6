/* SPDX-License-Identifier: Apache-2.0 */
/*
 * captures_look.h - one step of a walk over captures that are held, for those
 * whose bytes are wanted and are not. A pure function of the ledger, for the
 * worker pool.
 */
#ifndef ASSAY_NODE_CAPTURES_LOOK_H
#define ASSAY_NODE_CAPTURES_LOOK_H

#include "protocol/limits.h"
#include "store/ledger.h"

/* Records that a step looks at, and lacking ones that it gives, at most: there
 * is room for all that one record cites. */
#define NODE_LOOK_RECORDS 512
#define NODE_LOOK_FOUND_MAX ASSAY_LIST_MAX

struct node_look_found {
    uint8_t sha256[ASSAY_HASH_SIZE];
    uint64_t size; /* As its record says. */
};

/* Kinds of records that a walk goes over: a record that cites may come before
 * or behind the capture that it cites. */
enum node_look_list {
    NODE_LOOK_CAPTURES,
    NODE_LOOK_CLAIMS,
    NODE_LOOK_SOURCES,
    NODE_LOOK_LIST_COUNT
};

struct node_look {
    uint64_t after_lsn[NODE_LOOK_LIST_COUNT]; /* In and out. */
    bool cited_only;
    uint64_t size_max; /* What is longer is not wanted. */

    struct node_look_found found[NODE_LOOK_FOUND_MAX]; /* Out. */
    size_t found_count;
    bool is_done; /* All lists have come to their ends. */
    enum assay_err err;
};

/* Goes on from where after_lsn says, until found may be full, as many records
 * were looked at as one step may, or all is done. */
void node_look_step(struct store_ledger *ledger, struct node_look *look);

#endif
