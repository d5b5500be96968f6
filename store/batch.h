/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.h - writes: one batch is one LMDB transaction with all indexes in it,
 * there whole or not at all, and durable when commit returns.
 *
 * One batch at a time in all processes: beginning one waits for the other.
 */
#ifndef ASSAY_STORE_BATCH_H
#define ASSAY_STORE_BATCH_H

#include "log.h"
#include "protocol/record.h"
#include "view.h"

/* As many records as keep a batch's pages well inside the headroom that
 * beginning one makes sure of in the map. */
#define STORE_BATCH_RECORDS_MAX 20000

struct store_batch;

/* Begins; now_s is the receive time of its records (raised to the last one's
 * if the clock went back). This thread must have no view open: where the map
 * has to grow, this waits until every view of the process has ended.
 * ASSAY_E_READONLY, ASSAY_E_FULL, ASSAY_E_IO. */
ASSAY_MUST_CHECK
enum assay_err store_batch_begin(struct store_ledger *ledger, uint64_t now_s,
                                 struct store_batch **batch_out);

/* What the batch sees, its own records included; ends with the batch. Do not
 * end it yourself. */
struct store_view *store_batch_view(struct store_batch *batch);

/* The team of a grant that is held, or was put in this batch. Costs less than
 * store_batch_view, which writes out every log that was changed.
 * ASSAY_E_NOT_FOUND where the id is no grant's; ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err store_batch_team(struct store_batch *batch,
                                const struct assay_id *grant,
                                struct assay_id *team_out);

/*
 * Takes a record whose signature, keys and body hash the caller has checked
 * (assay_record_check). Decides whether its place is right:
 *   ASSAY_OK          appended; *lsn_out is its LSN
 *   ASSAY_E_EXISTS    held already; *lsn_out is its LSN. A body that was
 *                     missing is kept (*has_new_body_out), unless it was
 *                     erased here
 *   ASSAY_E_EARLY     a prev or auth is not held
 *   ASSAY_E_AUTH      auth is no grant, not this key's, or a rotate's key is
 *                     not the one that was committed to
 *   ASSAY_E_PREV, ASSAY_E_SEQ, ASSAY_E_FROZEN
 *   ASSAY_E_LIMIT     STORE_BATCH_RECORDS_MAX are in the batch: commit first
 * None of these harms the batch. Other codes (ASSAY_E_FULL, ASSAY_E_IO,
 * ASSAY_E_CORRUPT, ASSAY_E_NOMEM) do: abort it.
 */
ASSAY_MUST_CHECK
enum assay_err store_batch_put(struct store_batch *batch,
                               const struct assay_record *record,
                               uint64_t *lsn_out, bool *has_new_body_out);

/* What an early record lacks first: its auth, or one of its prev. On
 * ASSAY_E_NOT_FOUND it lacks nothing (any more). */
ASSAY_MUST_CHECK
enum assay_err store_batch_lacks(struct store_batch *batch,
                                 const struct assay_record *record,
                                 struct assay_id *lacks_out);

/* Drops the body of a held record, for a reason that is kept. by is NULL
 * where no retraction asked. The bytes of a capture go with its body once the
 * batch is durable, unless another capture that is held is of the same.
 * ASSAY_E_NOT_FOUND; ASSAY_E_EXISTS if it was erased before. */
ASSAY_MUST_CHECK
enum assay_err store_batch_erase(struct store_batch *batch,
                                 const struct assay_id *id,
                                 const struct assay_id *by,
                                 struct assay_bytes reason);

/* Makes the batch durable and frees it, also on failure. Standing
 * retractions that ask to erase, of this batch or earlier, are followed
 * first. */
ASSAY_MUST_CHECK
enum assay_err store_batch_commit(struct store_batch *batch);

/* Forgets it; accepts NULL. */
void store_batch_abort(struct store_batch *batch);

#endif
