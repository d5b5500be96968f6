/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synthetic.h - a ledger of many logs that are chains, by arithmetic.
 *
 * Nothing is signed or stored: a log is a number of records, whose ids come
 * from the log, the seq and the branch. It is for what only counts logs and
 * heads, with a million records and more. Rows are in order of seq, then log,
 * as if all authors wrote in turn.
 */
#ifndef ASSAY_TESTS_SUPPORT_SYNTHETIC_H
#define ASSAY_TESTS_SUPPORT_SYNTHETIC_H

#include "protocol/syncview.h"

struct synthetic;

/* log_count logs of one team, each with record_count records. Stops the
 * program when memory is exhausted. */
struct synthetic *synthetic_new(size_t log_count, uint64_t record_count);
void synthetic_free(struct synthetic *synthetic);

/* A log as long as told; 0: it is not there at all. */
void synthetic_set(struct synthetic *synthetic, size_t log, uint64_t count);
uint64_t synthetic_length(const struct synthetic *synthetic, size_t log);

/* From this seq on the log's records are others than with another branch: 0
 * is what all begin with. */
void synthetic_branch(struct synthetic *synthetic, size_t log, uint64_t from,
                      uint32_t branch);

/* Lengthens a log by the record of another such ledger: ASSAY_OK if it is the
 * next, ASSAY_E_EXISTS or ASSAY_E_EARLY. */
enum assay_err synthetic_take(void *context,
                              const struct assay_sync_item *item);

const struct assay_sync_view *synthetic_view(struct synthetic *synthetic);

/* How often the view was asked for a record. */
uint64_t synthetic_reads(const struct synthetic *synthetic);

#endif
