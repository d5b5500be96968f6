/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syncview.h - what speaking with a peer needs of the ledger: the logs with
 * their heads, and records by log, by id and in order of arrival.
 *
 * An interface like logview.h: the store answers from one LMDB read
 * transaction, tests and the simulator from arrays. What a view lends stays
 * valid until the view ends. No call blocks longer than a read from a mapped
 * file.
 */
#ifndef ASSAY_PROTOCOL_SYNCVIEW_H
#define ASSAY_PROTOCOL_SYNCVIEW_H

#include "record.h"

/* One head of a log. */
struct assay_sync_head {
    struct assay_id id;
    uint64_t seq;
};

/* A log and where it ends. What a revocation or rotation took out of a log is
 * neither among its heads nor in its order. */
struct assay_sync_log {
    uint64_t number;       /* Its number here; a grant has the smallest of all
                              that are signed under it, roots come first. */
    struct assay_id grant; /* The log's name everywhere. */
    struct assay_id team;
    bool is_root;
    uint64_t record_count;
    size_t head_count; /* 0: granted, and nothing signed yet. */
    struct assay_sync_head heads[ASSAY_HEADS_MAX];
};

/* A record as it is sent: both borrow from the view. */
struct assay_sync_item {
    uint64_t lsn; /* Its place in order of arrival here. */
    struct assay_id id;
    uint64_t log_number; /* 0 from next_row and find where a revocation or
                            rotation took it out of its log. */
    uint64_t seq;
    struct assay_bytes envelope;
    struct assay_bytes body; /* data is NULL where it is not held. */
};

struct assay_sync_view {
    void *context;

    /* The next log behind *number (begin with 0), which becomes its number.
     * ASSAY_E_NOT_FOUND at the end. */
    enum assay_err (*next_log)(void *context, uint64_t *number,
                               struct assay_sync_log *log_out);

    /* The log of a grant; ASSAY_E_NOT_FOUND. */
    enum assay_err (*find_log)(void *context, const struct assay_id *grant,
                               struct assay_sync_log *log_out);

    /* The next record of a log in order of seq, then of arrival, behind the
     * place (seq, lsn) (begin with the seq that is wanted first and lsn 0).
     * Root logs begin with their own found or rotate record at seq 1.
     * ASSAY_E_NOT_FOUND at the end. */
    enum assay_err (*next_in_log)(void *context, uint64_t log_number,
                                  uint64_t seq, uint64_t lsn,
                                  struct assay_sync_item *item_out);

    /* The next record in order of arrival behind lsn, with its log's number
     * and seq. ASSAY_E_NOT_FOUND at the end. */
    enum assay_err (*next_row)(void *context, uint64_t lsn,
                               struct assay_sync_item *item_out);

    /* One record; ASSAY_E_NOT_FOUND. */
    enum assay_err (*find)(void *context, const struct assay_id *id,
                           struct assay_sync_item *item_out);
};

#endif
