/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logview.h - the records that are held, as the rules see them.
 *
 * The rules in ancestry.h and validity.h ask through this interface, so that
 * they are pure functions of a set of records: the store answers from LMDB, a
 * test from an array. Records that a view lends stay valid until the view
 * ends.
 */
#ifndef ASSAY_PROTOCOL_LOGVIEW_H
#define ASSAY_PROTOCOL_LOGVIEW_H

#include "record.h"

struct assay_log_view {
    void *context;

    /* Loads the record with this id. ASSAY_E_NOT_FOUND when it is not held;
     * other errors are the store's own (I/O, corruption). */
    enum assay_err (*load)(void *context, const struct assay_id *id,
                           struct assay_record *record_out);

    /*
     * Walks over the records of one kind that name id: revoke records by the
     * grant they end, rotate records by their auth, others by any entry of
     * about. *cursor begins at 0 and is the view's own. ASSAY_E_NOT_FOUND at
     * the end.
     */
    enum assay_err (*next_naming)(void *context, const struct assay_id *id,
                                  enum assay_kind kind, uint64_t *cursor,
                                  struct assay_record *record_out);

    /* Walks over the records of a log at one seq (several where it forks).
     * The log's own first record counts at seq 1 for root logs. */
    enum assay_err (*next_at)(void *context, const struct assay_id *log,
                              uint64_t seq, uint64_t *cursor,
                              struct assay_id *id_out);
};

#endif
