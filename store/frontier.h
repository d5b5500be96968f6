/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frontier.h - rows of the table of the frontier: a log and its heads. Not
 * installed.
 */
#ifndef ASSAY_STORE_FRONTIER_H
#define ASSAY_STORE_FRONTIER_H

#include "internal.h"

/* ASSAY_E_NOT_FOUND, ASSAY_E_CORRUPT. */
ASSAY_MUST_CHECK
enum assay_err store_frontier_get(struct store_view *view, uint64_t log_lsn,
                                  struct store_log *log_out);
ASSAY_MUST_CHECK
enum assay_err store_frontier_put(struct store_view *view,
                                  const struct store_log *log);

/* Takes a record of a log into its heads: those that it names as prev are
 * heads no more, and it is one. ASSAY_E_FROZEN where there is no room; the
 * log is unchanged then. */
ASSAY_MUST_CHECK
enum assay_err store_frontier_extend(struct store_log *log,
                                     const struct assay_record *record,
                                     uint64_t lsn);

/*
 * Counts a log's records again and finds its heads, as they are in the view.
 * Records are taken in the order in which they came: in that of their seq, a
 * log that was frozen and then healed has more heads on the way than there is
 * room for. Needs 8 bytes a record. ASSAY_E_CORRUPT, ASSAY_E_NOMEM.
 */
ASSAY_MUST_CHECK
enum assay_err store_log_rewind(struct store_view *view, struct store_log *log);

#endif
