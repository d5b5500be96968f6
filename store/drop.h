/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drop.h - takes the records of a team out of the ledger, for one that is
 * followed no longer.
 *
 * What records of other teams name stays, with what it builds on: its log up
 * to there, and the grants that lead to it. So the ledger is as if the team
 * had never been followed. Numbers of dropped records are not given again.
 */
#ifndef ASSAY_STORE_DROP_H
#define ASSAY_STORE_DROP_H

#include "batch.h"

/* A team with more records than this is not dropped: in so large a gap a
 * repair would see damage. */
#define STORE_DROP_MAX (UINT64_C(1) << 20)

/* Records that a batch may drop. */
#define STORE_DROP_STEP_MAX 4000

/*
 * Drops some of the team's records, from the ends of its logs, so that what is
 * left after each batch is whole; *count_out is 0 when nothing is left to
 * drop. The batch must be new, and is good for nothing but commit afterwards;
 * captured bytes go with it as store_batch_erase says. ASSAY_E_NOT_FOUND: no
 * record of the team is held; ASSAY_E_LIMIT; other codes: abort the batch.
 */
ASSAY_MUST_CHECK
enum assay_err store_batch_drop_team(struct store_batch *batch,
                                     const struct assay_id *team,
                                     size_t *count_out);

#endif
