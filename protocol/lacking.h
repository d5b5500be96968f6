/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lacking.h - which records of a log another ledger lacks, where the log is
 * more than a chain. Not installed.
 *
 * Each side shows points: its heads, and samples of what is behind them at
 * distances 1, 2, 4, 8 ... What the other holds of one's points, with all
 * that is behind those, it need not be sent. The rest is found in two parts:
 *
 *   beside  records up to the last seq of the other's heads, reached from our
 *           heads, or from what the second part sends, by going back along
 *           prev until something is met that the other holds;
 *   behind  records of larger seq, all of which it lacks, by seq.
 *
 * A record is known to be held by the other if it is a shared point, or if it
 * is the only one here of its seq and a shared point is not below: every
 * record has an ancestor at each smaller seq. What cannot be told is sent; a
 * few records too many do no harm.
 */
#ifndef ASSAY_PROTOCOL_LACKING_H
#define ASSAY_PROTOCOL_LACKING_H

#include "messages/sync.h"
#include "syncview.h"

/* Records beside; a log that has more is left out as too tangled. 256 KB of
 * them, and twice that to find them again. */
#define ASSAY_LACKING_MAX ((size_t)32768)

/* Where a ledger stands in a log. */
struct assay_points {
    struct assay_id ids[ASSAY_SYNC_POINTS_MAX];
    uint64_t lsns[ASSAY_SYNC_POINTS_MAX];
    size_t count;
    size_t head_count; /* The first of them. */
    uint64_t last_seq; /* The largest of the heads'; 0 without a head. */
};

/* What another ledger is known to hold of a log, as rows of ours. */
struct assay_held {
    uint64_t lsns[2 * ASSAY_SYNC_POINTS_MAX];
    size_t count;
    uint64_t seq; /* The largest of theirs; 0 without any. */
};

/* Takes the points of a log of the view. Errors are the view's. */
ASSAY_MUST_CHECK
enum assay_err assay_points_take(const struct assay_sync_view *view,
                                 const struct assay_sync_log *log,
                                 struct assay_points *points_out);

/* Adds a row that the other holds; it has room for both sides' points. */
void assay_held_add(struct assay_held *held, uint64_t lsn, uint64_t seq);

struct assay_lacking {
    uint64_t log_number;
    uint64_t last_seq;
    const struct assay_held *held;
    uint64_t *found; /* Beside: their rows, in order up to sorted. */
    size_t found_count;
    size_t room;
    size_t expanded; /* What is behind these was looked at. */
    size_t sorted;
    size_t emitted;
    uint64_t *table; /* The same rows, to be found by a hash; 0 is free. */
    size_t table_size;
    uint64_t scan_seq; /* Behind: the place of the last one. */
    uint64_t scan_lsn;
    struct assay_id scan_id;
    struct assay_sync_item current; /* Its place only is used. */
};

/* What is known before the walk; all is borrowed. */
struct assay_lacking_ask {
    uint64_t log_number;
    const uint64_t *heads; /* The rows of our heads, as the other was shown
                              them: what it sends meanwhile is not sent
                              back. */
    size_t head_count;
    const struct assay_held *held; /* By the other. */
    uint64_t last_seq;             /* Of the other's heads; 0: it has none. */
};

/* Begins. Cleared by the caller, also after a failure. ASSAY_E_NOMEM, or the
 * view's. */
ASSAY_MUST_CHECK
enum assay_err assay_lacking_init(struct assay_lacking *lacking,
                                  const struct assay_sync_view *view,
                                  const struct assay_lacking_ask *ask);
void assay_lacking_clear(struct assay_lacking *lacking);

/*
 * The next record, prev first; the same again until advance. Each that is
 * looked at takes one of *steps. ASSAY_E_NOT_FOUND at the end, ASSAY_E_BUSY
 * without steps, ASSAY_E_LIMIT (too tangled), ASSAY_E_NOMEM, or the view's.
 */
ASSAY_MUST_CHECK
enum assay_err assay_lacking_next(struct assay_lacking *lacking,
                                  const struct assay_sync_view *view,
                                  size_t *steps,
                                  struct assay_sync_item *item_out);
void assay_lacking_advance(struct assay_lacking *lacking);

#endif
