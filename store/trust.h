/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust.h - whose verdicts count here: this ledger's own list of teams.
 */
#ifndef ASSAY_STORE_TRUST_H
#define ASSAY_STORE_TRUST_H

#include "batch.h"

/* ASSAY_E_EXISTS, ASSAY_E_NOT_FOUND. The team need not be held. */
ASSAY_MUST_CHECK
enum assay_err store_trust_add(struct store_batch *batch,
                               const struct assay_id *team);
ASSAY_MUST_CHECK
enum assay_err store_trust_remove(struct store_batch *batch,
                                  const struct assay_id *team);

/* The next trusted team after *cursor (begin with zeros), and since when.
 * ASSAY_E_NOT_FOUND at the end. */
ASSAY_MUST_CHECK
enum assay_err store_trust_next(struct store_view *view,
                                struct assay_id *cursor, uint64_t *since_s_out);

/* Whether the team is in the list. */
bool store_trust_has(struct store_view *view, const struct assay_id *team);

#endif
