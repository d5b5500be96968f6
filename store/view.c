/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include <stdlib.h>

#include "entry.h"
#include "internal.h"
#include "protocol/check.h"
#include "rows.h"

/* Whose log a record is in, its row says twice: the grant's id and its LSN. */
static void note_grant(struct store_view *view, const struct store_row *row)
{
    if (!view->is_batch && !view->is_doubted &&
        !assay_kind_is_root(row->record.payload.kind)) {
        store_lsn_note(view, &row->record.payload.auth, row->log_lsn);
    }
}

/*
 * Parses a row; id is that of its record where it is known, else NULL. A known
 * one is believed as far as the row's head bears it out, unless all is doubted.
 */
static enum assay_err parse_row(const struct store_view *view,
                                const struct store_raw_row *raw,
                                const struct assay_id *id,
                                struct assay_record *record_out)
{
    enum assay_err err =
        id == NULL || view->is_doubted
            ? assay_record_parse(raw->envelope, raw->body, record_out, NULL)
            : assay_record_parse_known(raw->envelope, raw->body, id,
                                       record_out);

    /* It was parsed before it was stored: only the disk can have changed it. */
    return err == ASSAY_OK &&
                   memcmp(raw->id, record_out->id.hash, sizeof(raw->id)) == 0 &&
                   (id == NULL || assay_id_equal(&record_out->id, id))
               ? ASSAY_OK
               : ASSAY_E_CORRUPT;
}

static enum assay_err read_row(struct store_view *view, uint64_t lsn,
                               const struct assay_id *id,
                               struct store_row *row_out)
{
    struct store_raw_row raw;
    enum assay_err err = store_row_get(view, lsn, &raw);

    if (err == ASSAY_OK) {
        err = parse_row(view, &raw, id, &row_out->record);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    row_out->lsn = lsn;
    row_out->received_s = raw.received_s;
    row_out->log_lsn = raw.log_lsn;
    row_out->is_erased = (raw.flags & STORE_ROW_ERASED) != 0;
    store_lsn_note(view, &row_out->record.id, lsn);
    note_grant(view, row_out);
    return ASSAY_OK;
}

enum assay_err store_view_by_lsn(struct store_view *view, uint64_t lsn,
                                 struct store_row *row_out)
{
    return read_row(view, lsn, NULL, row_out);
}

/* The first row from *lsn on, and when it was received: records of a team may
 * have been dropped, or set aside by a repair. */
static enum assay_err find_row_from(struct store_view *view, uint64_t *lsn,
                                    uint64_t *received_s_out)
{
    struct store_raw_row row;
    MDB_val key = store_val(lsn, sizeof(*lsn));
    MDB_val val = {0, NULL};
    MDB_cursor *cursor = NULL;
    int code = mdb_cursor_open(view->txn, view->ledger->tables[STORE_RECORDS],
                               &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &val, MDB_SET_RANGE);
    }
    enum assay_err err = store_err_from_mdb(code);
    if (err == ASSAY_OK) {
        err = store_row_read((struct assay_bytes){val.mv_data, val.mv_size},
                             &row);
    }
    if (err == ASSAY_OK) {
        memcpy(lsn, key.mv_data, sizeof(*lsn));
        *received_s_out = row.received_s;
    }
    mdb_cursor_close(cursor);
    return err;
}

enum assay_err store_view_next(struct store_view *view, uint64_t after_lsn,
                               struct store_row *row_out)
{
    uint64_t lsn = after_lsn + 1;
    uint64_t received_s = 0;
    enum assay_err err;

    if (after_lsn >= view->last_lsn) {
        return ASSAY_E_NOT_FOUND;
    }
    err = store_view_by_lsn(view, lsn, row_out);
    if (err == ASSAY_E_NOT_FOUND) {
        err = find_row_from(view, &lsn, &received_s);
        if (err == ASSAY_OK) {
            err = store_view_by_lsn(view, lsn, row_out);
        }
    }
    return err;
}

enum assay_err store_view_by_id(struct store_view *view,
                                const struct assay_id *id,
                                struct store_row *row_out)
{
    uint64_t lsn = store_lsn_known(view, id);
    struct store_entry entry;
    enum assay_err err;

    if (lsn > 0) {
        return read_row(view, lsn, id, row_out);
    }
    store_entry_id(id, 0, &entry);
    for (;;) {
        err = store_index_seek(view, &entry);
        if (err == ASSAY_OK && !store_entry_has_id(&entry, id)) {
            err = ASSAY_E_NOT_FOUND;
        }
        if (err != ASSAY_OK) {
            return err;
        }
        /* Another record's id may begin with the same bytes. */
        err = store_view_by_lsn(view, store_entry_lsn(&entry), row_out);
        if (err == ASSAY_OK && assay_id_equal(&row_out->record.id, id)) {
            return ASSAY_OK;
        }
        if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
            return err;
        }
        store_entry_step(&entry);
    }
}

/* The last LSN received by as_of_s; receive times never decrease. */
static enum assay_err find_last_lsn(struct store_view *view)
{
    uint64_t low = 0; /* Known to be in time; 0 stands for none. */
    uint64_t high = view->last_lsn;

    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        uint64_t found = middle;
        uint64_t received_s = 0;
        enum assay_err err = find_row_from(view, &found, &received_s);

        if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
            return err;
        }
        if (err == ASSAY_OK && found <= high && received_s <= view->as_of_s) {
            low = found;
        } else {
            high = middle - 1;
        }
    }
    view->last_lsn = low;
    return ASSAY_OK;
}

enum assay_err store_view_begin(struct store_ledger *ledger, uint64_t as_of_s,
                                struct store_view **view_out)
{
    struct store_view *view = malloc(sizeof(*view));
    struct store_meta meta;
    MDB_txn *txn = NULL;
    enum assay_err err;

    if (view == NULL) {
        return ASSAY_E_NOMEM;
    }
    ASSAY_CHECK(pthread_rwlock_rdlock(&ledger->map_lock) == 0);
    err = store_ledger_begin(ledger, MDB_RDONLY, &txn);
    if (err == ASSAY_OK) {
        err = store_meta_get(ledger, txn, &meta);
    }
    if (err == ASSAY_OK) {
        store_view_over(view, ledger, txn, meta.last_lsn);
        view->as_of_s = as_of_s;
        err = as_of_s == STORE_NOW ? ASSAY_OK : find_last_lsn(view);
    }
    if (err != ASSAY_OK) {
        mdb_txn_abort(txn);
        ASSAY_CHECK(pthread_rwlock_unlock(&ledger->map_lock) == 0);
        free(view);
        return err;
    }
    *view_out = view;
    return ASSAY_OK;
}

void store_view_end(struct store_view *view)
{
    if (view == NULL) {
        return;
    }
    ASSAY_CHECK(!view->is_batch);
    assay_validity_free(view->validity);
    for (size_t i = 0; i < STORE_TABLE_COUNT; i++) {
        mdb_cursor_close(view->cursors[i]);
    }
    mdb_txn_abort(view->txn);
    ASSAY_CHECK(pthread_rwlock_unlock(&view->ledger->map_lock) == 0);
    free(view);
}

uint64_t store_view_as_of(const struct store_view *view)
{
    return view->as_of_s;
}

uint64_t store_view_commits(const struct store_view *view)
{
    return mdb_txn_id(view->txn);
}

uint64_t store_view_last_lsn(const struct store_view *view)
{
    return view->last_lsn;
}
