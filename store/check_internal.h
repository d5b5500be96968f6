/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_internal.h - a check or repair under way. Not installed.
 */
#ifndef ASSAY_STORE_CHECK_INTERNAL_H
#define ASSAY_STORE_CHECK_INTERNAL_H

#include <stdarg.h>

#include "check.h"
#include "internal.h"

struct store_checking {
    const struct store_check_hooks *hooks;
    struct store_check_report report;
    struct store_view *view;
    uint64_t lsn;                         /* Of the record being checked. */
    uint64_t received_s;                  /* Of the record before. */
    uint64_t expected[STORE_TABLE_COUNT]; /* Entries that records call for. */
    struct store_stats counted;
};

/* Counts a problem and tells it. */
__attribute__((format(printf, 3, 4))) void
store_check_say(struct store_checking *checking, uint64_t lsn,
                const char *format, ...);

/* Whether there is a note that the body of a record was erased here. */
ASSAY_MUST_CHECK
enum assay_err store_check_has_note(struct store_view *view, uint64_t lsn,
                                    bool *has_note_out);

#endif
