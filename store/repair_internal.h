/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repair_internal.h - a repair under way. Not installed.
 *
 *   repair.c        the passes; indexes and counters from rows
 *   repair_rows.c   the rows themselves: what is wrong with one is mended where
 *                   the rest of it says how, and set aside where it does not
 */
#ifndef ASSAY_STORE_REPAIR_INTERNAL_H
#define ASSAY_STORE_REPAIR_INTERNAL_H

#include "batch_internal.h"
#include "check_internal.h"

/* Numbers are given one by one, and what a repair sets aside leaves a gap. A
 * larger one than this was made by damage. */
#define STORE_REPAIR_GAP_MAX (UINT64_C(1) << 20)

struct store_repairing {
    struct store_checking checking;
    struct store_batch *batch;
    uint64_t received_s;          /* Of the row before. */
    uint8_t item[ASSAY_ITEM_MAX]; /* Of what is set aside. */
};

/* Moves *lsn to the first row from there on. ASSAY_E_NOT_FOUND. */
ASSAY_MUST_CHECK
enum assay_err store_repair_find(struct store_batch *batch, uint64_t *lsn);

/* Sets a row aside, in a file of DIR/aside/, and says why. */
ASSAY_MUST_CHECK
enum assay_err store_repair_reject(struct store_repairing *repair, uint64_t lsn,
                                   enum assay_err why);

/* Sets aside rows whose number cannot be theirs; gives the last of the others.
 */
ASSAY_MUST_CHECK
enum assay_err store_repair_numbers(struct store_repairing *repair,
                                    uint64_t *last_out);

/* Reads and verifies a row. One that does not verify is set aside
 * (ASSAY_E_NOT_FOUND); of one with another body than was signed, the body. */
ASSAY_MUST_CHECK
enum assay_err store_repair_row(struct store_repairing *repair, uint64_t lsn,
                                struct store_row *row_out);

/* Makes the head of a row in its place what it must be: its log, when it was
 * received, and whether its body was erased here, which then goes. */
ASSAY_MUST_CHECK
enum assay_err store_repair_head(struct store_repairing *repair,
                                 const struct store_row *row, uint64_t log_lsn);

#endif
