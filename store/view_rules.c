/* SPDX-License-Identifier: Apache-2.0 */
/* A view as the rules see it, and what a short id could mean. */
#include "index.h"
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
    uint64_t at = 0;
    uint64_t last = 0;
    MDB_cursor *cursor = NULL;
    MDB_val val;
    size_t count = 0;

    assay_id_range(prefix, &at, &last);
    MDB_val key = store_val(&at, sizeof(at));
    int code =
        mdb_cursor_open(view->txn, view->ledger->tables[STORE_IDS], &cursor);
    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &val, MDB_SET_RANGE);
    }
    while (code == 0 && count < COUNT_MAX) {
        struct assay_id id;
        uint64_t found;
        uint64_t lsn;

        memcpy(&found, key.mv_data, sizeof(found));
        memcpy(&lsn, val.mv_data, sizeof(lsn));
        if (found > last) {
            break;
        }
        if (is_meant(view, prefix, lsn, &id)) {
            if (count < ids_max) {
                ids_out[count] = id;
            }
            count++;
        }
        code = mdb_cursor_get(cursor, &key, &val, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (code != 0 && code != MDB_NOTFOUND) {
        return store_err_from_mdb(code);
    }
    *count_out = count;
    return ASSAY_OK;
}
