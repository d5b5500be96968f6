/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_indexes.h - whether the indexes hold what the records call for, all of
 * it and nothing else. Not installed.
 *
 * Each entry that a record must have goes into a sum, and each one that an
 * index holds into another: its SipHash-2-4 of 128 bits under a key of this
 * run, so that no entries can be made that cancel out. Equal sums and counts
 * are equal sets: every entry is confirmed both ways in one pass over the
 * records and one over each index, in order, and with no memory that grows.
 * Where they differ, the index is walked again to name each entry.
 */
#ifndef ASSAY_STORE_CHECK_INDEXES_H
#define ASSAY_STORE_CHECK_INDEXES_H

#include "check_internal.h"
#include "entry.h"

/* Begins with empty sums and a fresh key. */
void store_check_indexes_begin(struct store_checking *checking);

/* Takes in what a record calls for; team_lsn as store_index_each wants it. */
ASSAY_MUST_CHECK
enum assay_err store_check_indexes_row(struct store_checking *checking,
                                       const struct store_row *row,
                                       uint64_t team_lsn);

/* Compares with what the indexes hold, and tells what is missing or too many.
 * ASSAY_E_STOPPED, the view's errors. */
ASSAY_MUST_CHECK
enum assay_err store_check_indexes_end(struct store_checking *checking);

#endif
