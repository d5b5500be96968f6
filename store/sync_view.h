/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync_view.h - the ledger as it is shown to peers (protocol/syncview.h): one
 * consistent state, one LMDB read transaction, for one thread.
 *
 * A log's number is the LSN of its grant. What a revocation or rotation took
 * out of a log is no part of it here: not among its heads, not in its order,
 * and by id or in the order of arrival without a log (log_number 0). A log
 * without endings, which is nearly every one, costs nothing for that.
 */
#ifndef ASSAY_STORE_SYNC_VIEW_H
#define ASSAY_STORE_SYNC_VIEW_H

#include "ledger.h"
#include "protocol/syncview.h"

struct store_sync_view;

/* Begins a view of all that is held now. End it soon: an old one keeps pages
 * from being reused. ASSAY_E_NOMEM, ASSAY_E_BUSY (too many readers),
 * ASSAY_E_IO. */
ASSAY_MUST_CHECK
enum assay_err store_sync_view_begin(struct store_ledger *ledger,
                                     struct store_sync_view **view_out);

/* What the machines of protocol/ are given; lives until the view ends. Its
 * errors are ASSAY_E_CORRUPT, ASSAY_E_IO and ASSAY_E_NOMEM. */
const struct assay_sync_view *
store_sync_view_of(const struct store_sync_view *view);

/* Ends it; accepts NULL. */
void store_sync_view_end(struct store_sync_view *view);

#endif
