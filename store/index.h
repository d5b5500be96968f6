/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.h - the entries that a record must have in the indexes: written with
 * it in a batch, confirmed by check and rebuilt by repair, all through this
 * one place. Not installed.
 */
#ifndef ASSAY_STORE_INDEX_H
#define ASSAY_STORE_INDEX_H

#include "entry.h"

/*
 * Calls visit for every index entry that a row must have: ids, logs, refs or
 * missing, and lists. Names of records are looked up in view (the row's own
 * batch or a view of all). team_lsn is the LSN of its team's founding record,
 * which only some need. Stops at the first error.
 */
ASSAY_MUST_CHECK
enum assay_err store_index_each(
    struct store_view *view, const struct store_row *row, uint64_t team_lsn,
    enum assay_err (*visit)(void *context, const struct store_entry *entry),
    void *context);

/* Whether a record's entries need team_lsn. */
bool store_index_needs_team(const struct assay_record *record);

/* The entries of the lists that a body gives (topics, captures): another
 * part of the same walk, for bodies that come late or go. */
ASSAY_MUST_CHECK
enum assay_err store_index_each_of_body(
    const struct store_row *row,
    enum assay_err (*visit)(void *context, const struct store_entry *entry),
    void *context);

/* The ids that a record names, each once: about, a revoke's grant, and the
 * auth of a rotate or profile. ids_out has room for ASSAY_LIST_MAX + 1. */
size_t store_index_named(const struct assay_record *record,
                         struct assay_id *ids_out);

#endif
