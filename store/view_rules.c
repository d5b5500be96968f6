/* SPDX-License-Identifier: Apache-2.0 */
/* A view as the rules see it, and what a short id could mean. */
#include "entry.h"
#include "protocol/check.h"
#include "refs.h"
#include "rows.h"

#define COUNT_MAX 1000

static enum assay_err load(void *context, const struct assay_id *id,
                           struct assay_record *record_out)
{
    struct store_row row;
    enum assay_err err = store_view_by_id(context, id, &row);

    if (err == ASSAY_OK) {
        *record_out = row.record;
    }
    return err;
}

static enum assay_err next_naming(void *context, const struct assay_id *id,
                                  enum assay_kind kind, uint64_t *cursor,
                                  struct assay_record *record_out)
{
    struct store_row row;
    enum assay_err err =
        store_refs_next(context, id, (uint64_t)kind, cursor, &row);

    if (err == ASSAY_OK) {
        *record_out = row.record;
    }
    return err;
}

static enum assay_err next_at(void *context, const struct assay_id *log,
                              uint64_t seq, uint64_t *cursor,
                              struct assay_id *id_out)
{
    struct store_view *view = context;
    struct store_log_cursor at = {seq, *cursor};
    struct store_row row;
    uint64_t log_lsn = 0;
    enum assay_err err = store_lsn_of(view, log, &log_lsn);

    if (err == ASSAY_OK) {
        err = store_log_next_row(view, log_lsn, &at, &row);
    }
    if (err == ASSAY_OK && at.seq != seq) {
        err = ASSAY_E_NOT_FOUND;
    }
    if (err == ASSAY_OK) {
        *cursor = at.lsn;
        *id_out = row.record.id;
    }
    return err;
}

void store_view_over(struct store_view *view, struct store_ledger *ledger,
                     MDB_txn *txn, uint64_t last_lsn)
{
    *view = (struct store_view){
        .ledger = ledger,
        .txn = txn,
        .as_of_s = STORE_NOW,
        .last_lsn = last_lsn,
        .logs = {view, load, next_naming, next_at},
    };
}

const struct assay_log_view *store_view_logs(struct store_view *view)
{
    return &view->logs;
}

enum assay_err store_view_validity(struct store_view *view,
                                   struct assay_validity **validity_out)
{
    if (view->validity == NULL) {
        enum assay_err err = assay_validity_new(&view->logs, &view->validity);

        if (err != ASSAY_OK) {
            return err;
        }
    }
    *validity_out = view->validity;
    return ASSAY_OK;
}

/* Whether a held record is what the prefix means. */
static bool is_meant(struct store_view *view,
                     const struct assay_id_prefix *prefix, uint64_t lsn,
                     struct assay_id *id_out)
{
    struct store_row row;

    if (store_view_by_lsn(view, lsn, &row) != ASSAY_OK ||
        !assay_id_matches(prefix, row.record.id.hash)) {
        return false;
    }
    *id_out = row.record.id;
    if (prefix->type == ASSAY_ID_TEAM) {
        return row.record.payload.kind == ASSAY_KIND_FOUND;
    }
    return prefix->type == ASSAY_ID_RECORD ||
           prefix->type == assay_id_type_of_kind(row.record.payload.kind);
}

enum assay_err store_view_by_prefix(struct store_view *view,
                                    const struct assay_id_prefix *prefix,
                                    struct assay_id *ids_out, size_t ids_max,
                                    size_t *count_out)
{
    struct assay_id first = {{0}};
    struct store_entry entry;
    uint64_t at = 0;
    uint64_t last = 0;
    size_t count = 0;
    enum assay_err err;

    assay_id_range(prefix, &at, &last);
    store_put_u64(first.hash, at);
    store_entry_id(&first, 0, &entry);
    err = store_index_seek(view, &entry);
    while (err == ASSAY_OK && count < COUNT_MAX &&
           store_entry_id_part(&entry) <= last) {
        struct assay_id id;

        if (is_meant(view, prefix, store_entry_lsn(&entry), &id)) {
            if (count < ids_max) {
                ids_out[count] = id;
            }
            count++;
        }
        store_entry_step(&entry);
        err = store_index_seek(view, &entry);
    }
    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    *count_out = count;
    return ASSAY_OK;
}
