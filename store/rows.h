/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.h - rows of the table of records, without opening what they hold. Not
 * installed.
 */
#ifndef ASSAY_STORE_ROWS_H
#define ASSAY_STORE_ROWS_H

#include "internal.h"

/* The head and envelope of a row; ASSAY_E_NOT_FOUND beyond the view. */
ASSAY_MUST_CHECK
enum assay_err store_row_get(struct store_view *view, uint64_t lsn,
                             struct store_row_head *head_out,
                             struct assay_bytes *envelope_out);

/* The body with that LSN; none where it is not held. */
ASSAY_MUST_CHECK
enum assay_err store_body_get(struct store_view *view, uint64_t lsn,
                              struct assay_bytes *body_out);

/* The LSN of a record; ASSAY_E_NOT_FOUND. */
ASSAY_MUST_CHECK
enum assay_err store_lsn_of(struct store_view *view, const struct assay_id *id,
                            uint64_t *lsn_out);

#endif
