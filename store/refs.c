/* SPDX-License-Identifier: Apache-2.0 */
#include "refs.h"

#include "index.h"
#include "protocol/check.h"
#include "rows.h"

/* The LSN of a record that is held now, also beyond the view's last. */
static enum assay_err lsn_now(struct store_view *view,
                              const struct assay_id *id, uint64_t *lsn_out)
{
    uint64_t last = view->last_lsn;

    view->last_lsn = UINT64_MAX;
    enum assay_err err = store_lsn_of(view, id, lsn_out);
    view->last_lsn = last;
    return err;
}

/* Where the references to an id begin: the key up to the kind. */
static enum assay_err find_prefix(struct store_view *view,
                                  const struct assay_id *id, uint64_t kind,
                                  struct store_entry *entry_out)
{
    uint64_t named_lsn = 0;
    enum assay_err err = lsn_now(view, id, &named_lsn);

    if (err == ASSAY_OK) {
        entry_out->table = STORE_REFS;
        entry_out->key_len =
            store_key_ref(named_lsn, kind, 0, entry_out->key) - 8;
    } else if (err == ASSAY_E_NOT_FOUND) {
        entry_out->table = STORE_MISSING;
        entry_out->key_len = store_key_missing(id, kind, 0, entry_out->key) - 8;
        err = ASSAY_OK;
    }
    return err;
}

/* The first entry with the prefix and an LSN above after. */
static enum assay_err next_lsn(struct store_view *view,
                               const struct store_entry *prefix, uint64_t after,
                               uint64_t *lsn_out)
{
    uint8_t bytes[STORE_KEY_MAX] = {0};
    MDB_val key = store_val(bytes, prefix->key_len + 8);
    MDB_cursor *cursor = NULL;
    enum assay_err err;

    memcpy(bytes, prefix->key, prefix->key_len);
    store_put_u64(bytes + prefix->key_len, after + 1);
    int code = mdb_cursor_open(view->txn, view->ledger->tables[prefix->table],
                               &cursor);
    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, NULL, MDB_SET_RANGE);
    }
    err = store_err_from_mdb(code);
    if (err == ASSAY_OK &&
        (key.mv_size != prefix->key_len + 8 ||
         memcmp(key.mv_data, prefix->key, prefix->key_len) != 0)) {
        err = ASSAY_E_NOT_FOUND;
    }
    if (err == ASSAY_OK) {
        *lsn_out =
            store_get_u64((const uint8_t *)key.mv_data + prefix->key_len);
        err = *lsn_out > view->last_lsn ? ASSAY_E_NOT_FOUND : ASSAY_OK;
    }
    mdb_cursor_close(cursor);
    return err;
}

enum assay_err store_refs_next(struct store_view *view,
                               const struct assay_id *id, uint64_t kind,
                               uint64_t *after_lsn, struct store_row *row_out)
{
    struct store_entry prefix;
    uint64_t lsn = 0;
    enum assay_err err = find_prefix(view, id, kind, &prefix);

    if (err == ASSAY_OK) {
        err = next_lsn(view, &prefix, *after_lsn, &lsn);
    }
    if (err == ASSAY_OK) {
        err = store_view_by_lsn(view, lsn, row_out);
        err = err == ASSAY_E_NOT_FOUND ? ASSAY_E_CORRUPT : err;
    }
    if (err == ASSAY_OK) {
        *after_lsn = lsn;
    }
    return err;
}

enum assay_err store_refs_count(struct store_view *view,
                                const struct assay_id *id, uint64_t kind,
                                uint64_t max, uint64_t *count_out)
{
    struct store_entry prefix;
    uint64_t lsn = 0;
    uint64_t count = 0;
    enum assay_err err = find_prefix(view, id, kind, &prefix);

    while (err == ASSAY_OK && count < max) {
        err = next_lsn(view, &prefix, lsn, &lsn);
        count += err == ASSAY_OK ? 1U : 0U;
    }
    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    *count_out = count;
    return ASSAY_OK;
}

enum assay_err store_refs_next_missing(struct store_view *view,
                                       struct assay_id *cursor_id,
                                       uint64_t *named_by_lsn_out)
{
    uint8_t bytes[STORE_KEY_MAX] = {0};
    MDB_val key = store_val(bytes, 0);
    MDB_cursor *cursor = NULL;
    enum assay_err err;

    /* Beyond all keys that begin with the cursor's id. */
    memcpy(bytes, cursor_id->hash, ASSAY_ID_SIZE);
    memset(bytes + ASSAY_ID_SIZE, 0xff, 9);
    key.mv_size = ASSAY_ID_SIZE + 9;
    int code = mdb_cursor_open(view->txn, view->ledger->tables[STORE_MISSING],
                               &cursor);
    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, NULL, MDB_SET_RANGE);
    }
    err = store_err_from_mdb(code);
    if (err == ASSAY_OK && key.mv_size != ASSAY_ID_SIZE + 9) {
        err = ASSAY_E_CORRUPT;
    }
    if (err == ASSAY_OK) {
        const uint8_t *found = key.mv_data;

        memcpy(cursor_id->hash, found, ASSAY_ID_SIZE);
        *named_by_lsn_out = store_get_u64(found + ASSAY_ID_SIZE + 1);
    }
    mdb_cursor_close(cursor);
    return err;
}
