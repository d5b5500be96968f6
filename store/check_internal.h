/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_internal.h - a check or repair under way. Not installed.
 *
 *   check.c           begins and ends; row by row, counters, captures
 *   check_records.c   signatures, on all cores
 *   check_indexes.c   indexes against records, both ways
 *   check_frontier.c  logs and their heads
 */
#ifndef ASSAY_STORE_CHECK_INTERNAL_H
#define ASSAY_STORE_CHECK_INTERNAL_H

#include <stdarg.h>

#include "check.h"
#include "internal.h"

/* A set of index entries (check_indexes.h). */
struct store_check_sum {
    uint64_t count;
    uint64_t halves[2];
};

struct store_checking {
    const struct store_check_hooks *hooks;
    struct store_check_report report;
    struct store_view *view;
    uint64_t last;       /* The last LSN that is looked at. */
    uint64_t received_s; /* Of the record before. */
    struct store_stats counted;
    uint64_t unread;  /* Rows that are not a record's bytes. */
    uint64_t wanted;  /* Bodies that retractions ask to erase. */
    bool has_stopped; /* While captures were hashed. */

    /* Entries that records call for, and those of one index. */
    uint8_t sum_key[16];
    struct store_check_sum called[STORE_TABLE_COUNT];
    struct store_check_sum held;
    enum store_table named; /* The index that is looked through again. */
};

/* Counts a problem and tells it. */
__attribute__((format(printf, 3, 4))) void
store_check_say(struct store_checking *checking, uint64_t lsn,
                const char *format, ...);

const char *store_check_table_name(enum store_table table);

/* The LSN of the founding record of a row's team. ASSAY_E_NOT_FOUND or _CORRUPT
 * where the index frontier does not lead there. */
ASSAY_MUST_CHECK
enum assay_err store_check_team(struct store_view *view,
                                const struct store_row *row,
                                uint64_t *team_lsn_out);

/* Confirms every log: who speaks in it, its heads, and that each grant has
 * one. Counts the logs. (check_frontier.c) */
ASSAY_MUST_CHECK
enum assay_err store_check_frontier(struct store_checking *checking);
ASSAY_MUST_CHECK
enum assay_err store_check_grants(struct store_checking *checking,
                                  const struct store_row *row);

/* Whether there is a note that the body of a record was erased here. */
ASSAY_MUST_CHECK
enum assay_err store_check_has_note(struct store_view *view, uint64_t lsn,
                                    bool *has_note_out);

#endif
