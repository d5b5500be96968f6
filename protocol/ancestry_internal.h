/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ancestry_internal.h - a cut: what of one log is behind some of its records.
 *
 * A cut answers for many records of a log. Where the log has one record only
 * at some seq, that record is behind every tip of the same or a larger seq,
 * and two calls of the view tell. Where it forks, the cut walks from its tips
 * down to the seq in question, once, and remembers what it reached.
 *
 * Life: assay_cut_init, any number of assay_cut_lets, assay_cut_clear.
 */
#ifndef ASSAY_PROTOCOL_ANCESTRY_INTERNAL_H
#define ASSAY_PROTOCOL_ANCESTRY_INTERNAL_H

#include "id_table.h"
#include "logview.h"

struct assay_cut_node; /* A record that was reached. */

struct assay_cut {
    const struct assay_log_view *view;
    struct assay_id log;
    uint64_t top_seq;                /* Of the tips; 0 where none is held. */
    struct assay_id_entry *reached;  /* Nodes; all of them are let stand. */
    struct assay_cut_node **pending; /* A heap: the largest seq first. Their
                                        prev was not looked at yet. */
    size_t pending_count;
    size_t pending_cap;
};

/*
 * Makes the cut of a log at its tips. A tip that is not held, or of another
 * log, has nothing behind it. The view is borrowed until the cut is cleared.
 * Errors are the view's and ASSAY_E_NOMEM; nothing is to be cleared then.
 */
ASSAY_MUST_CHECK
enum assay_err assay_cut_init(struct assay_cut *cut,
                              const struct assay_log_view *view,
                              const struct assay_id *log,
                              const struct assay_id *tips, size_t tip_count);

/* Sets *lets_out to whether a held record is one of the tips or behind one.
 * Errors as above; the cut stays usable. */
ASSAY_MUST_CHECK
enum assay_err assay_cut_lets(struct assay_cut *cut,
                              const struct assay_record *record,
                              bool *lets_out);

/* Accepts a zeroed cut. */
void assay_cut_clear(struct assay_cut *cut);

#endif
