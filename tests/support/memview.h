/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memview.h - records in memory, seen as protocol/logview.h asks.
 *
 * Answers come in the order in which records were added, so that a test which
 * adds them in another order sees whether a rule depends on it. Walks are
 * linear: it is for hundreds or a few thousand records.
 */
#ifndef ASSAY_TESTS_SUPPORT_MEMVIEW_H
#define ASSAY_TESTS_SUPPORT_MEMVIEW_H

#include "protocol/logview.h"

struct memview;

/* Both stop the program when memory is exhausted. */
struct memview *memview_new(void);
void memview_free(struct memview *memview);

/*
 * Adds a copy of a record. As a ledger does, it refuses with ASSAY_E_EXISTS
 * what is there and with ASSAY_E_EARLY what names a prev or auth that is not
 * there; it checks no more than that and assay_record_parse, so that a test
 * can add what a ledger would refuse.
 */
ASSAY_MUST_CHECK
enum assay_err memview_add(struct memview *memview, struct assay_bytes envelope,
                           struct assay_bytes body);

/* The rules' view of the records; lives as long as memview. */
const struct assay_log_view *memview_view(struct memview *memview);

size_t memview_count(const struct memview *memview);

/* In the order of adding; lives as long as memview. */
const struct assay_record *memview_at(const struct memview *memview,
                                      size_t index);

/* NULL where it is not held. */
const struct assay_record *memview_find(const struct memview *memview,
                                        const struct assay_id *id);

/* Lets every walk answer each record twice from now on. */
void memview_stutter(struct memview *memview);

/* How often the view was called, and at which call to fail with err instead
 * of answering (0: never); counting starts again at 0. */
size_t memview_call_count(const struct memview *memview);
void memview_fail_at(struct memview *memview, size_t call, enum assay_err err);

#endif
