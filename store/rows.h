/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.h - rows of the table of records, without opening what they hold. Not
 * installed.
 */
#ifndef ASSAY_STORE_ROWS_H
#define ASSAY_STORE_ROWS_H

#include "internal.h"

/* What comes before an envelope in the table of records, in this order. */
#define STORE_ROW_ID_SIZE 8
#define STORE_ROW_HEAD_SIZE 20 /* id 8, log 6, flags 1, received 5 bytes. */
#define STORE_ROW_FLAGS_AT 14

/* Numbers that the head has room for: LSNs, and seconds until 36812. */
#define STORE_ROW_LSN_MAX ((UINT64_C(1) << 48) - 1)
#define STORE_ROW_TIME_MAX ((UINT64_C(1) << 40) - 1)

/* The head of a row. */
struct store_row_head {
    /* The first bytes of the record's id: they tell a row that the disk has
     * changed, and spare hashing where another record is meant. */
    uint8_t id[STORE_ROW_ID_SIZE];
    uint64_t log_lsn;
    uint8_t flags; /* STORE_ROW_*. */
    uint64_t received_s;
};
#define STORE_ROW_ERASED 1U

/* The head and envelope of a row; ASSAY_E_NOT_FOUND beyond the view. */
ASSAY_MUST_CHECK
enum assay_err store_row_get(struct store_view *view, uint64_t lsn,
                             struct store_row_head *head_out,
                             struct assay_bytes *envelope_out);

/* Reads a head from a row's bytes; ASSAY_E_CORRUPT where they are too few. */
ASSAY_MUST_CHECK
enum assay_err store_row_head_read(struct assay_bytes row,
                                   struct store_row_head *head_out);

/*
 * Writes a row of the transaction of view; flags are mdb_put's: MDB_APPEND at
 * the table's end. The envelope must not lie in the table itself.
 * ASSAY_E_LIMIT where a number is beyond what the head has room for.
 */
ASSAY_MUST_CHECK
enum assay_err store_row_put(struct store_view *view, uint64_t lsn,
                             const struct store_row_head *head,
                             struct assay_bytes envelope, unsigned flags);

/* The body with that LSN; none where it is not held. */
ASSAY_MUST_CHECK
enum assay_err store_body_get(struct store_view *view, uint64_t lsn,
                              struct assay_bytes *body_out);

/* The LSN of a record; ASSAY_E_NOT_FOUND. */
ASSAY_MUST_CHECK
enum assay_err store_lsn_of(struct store_view *view, const struct assay_id *id,
                            uint64_t *lsn_out);

#endif
