/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.h - rows of the table of records, without opening what they hold. Not
 * installed.
 *
 *   id 8 | log 6 | flags 1 | received 5 | envelope length 2 | envelope | body
 *
 * One look-up gives a whole record; a body comes or goes by writing its row
 * anew. Where none is held the row ends with the envelope. An empty body, which
 * breaks the rules of every kind, is as good as none: its hash says all of it.
 */
#ifndef ASSAY_STORE_ROWS_H
#define ASSAY_STORE_ROWS_H

#include "internal.h"

#define STORE_ROW_ID_SIZE 8
#define STORE_ROW_FLAGS_AT 14
#define STORE_ROW_HEAD_SIZE 22

/* A row as it is stored. */
struct store_raw_row {
    /* The first bytes of the record's id: they tell a row that the disk has
     * changed, and spare hashing where another record is meant. */
    uint8_t id[STORE_ROW_ID_SIZE];
    uint64_t log_lsn;
    uint8_t flags;       /* STORE_ROW_*. */
    uint64_t received_s; /* Until the year 36812. */
    struct assay_bytes envelope;
    struct assay_bytes body; /* data is NULL where it is not held. */
};
#define STORE_ROW_ERASED 1U

/* Takes a row's bytes apart, which the parts borrow; ASSAY_E_CORRUPT where
 * they are too few. */
ASSAY_MUST_CHECK
enum assay_err store_row_read(struct assay_bytes bytes,
                              struct store_raw_row *row_out);

/* The row with that LSN; ASSAY_E_NOT_FOUND also beyond the view. */
ASSAY_MUST_CHECK
enum assay_err store_row_get(struct store_view *view, uint64_t lsn,
                             struct store_raw_row *row_out);

/* Writes a row behind all others, in the transaction of view. Its parts lie
 * anywhere but in the table. ASSAY_E_LIMIT where a number is too large. */
ASSAY_MUST_CHECK
enum assay_err store_row_append(struct store_view *view, uint64_t lsn,
                                const struct store_raw_row *row);

/* Writes a row anew; its parts may be those that the table holds. */
ASSAY_MUST_CHECK
enum assay_err store_row_replace(struct store_view *view, uint64_t lsn,
                                 const struct store_raw_row *row);

/* The LSN of a record; ASSAY_E_NOT_FOUND. */
ASSAY_MUST_CHECK
enum assay_err store_lsn_of(struct store_view *view, const struct assay_id *id,
                            uint64_t *lsn_out);

/* The LSN of an id that the view remembers; 0 where it doesn't. */
uint64_t store_lsn_known(struct store_view *view, const struct assay_id *id);

/* Notes what an id's LSN is, for whoever asks next; forgets all, where an id
 * is taken out of the ledger. */
void store_lsn_note(struct store_view *view, const struct assay_id *id,
                    uint64_t lsn);
void store_lsn_forget(struct store_view *view);

#endif
