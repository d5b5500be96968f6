/* SPDX-License-Identifier: Apache-2.0 */
#include "local.h"

#include "protocol/check.h"

static MDB_val make_key(enum store_local_tag tag, struct assay_bytes key,
                        uint8_t bytes[STORE_KEY_MAX])
{
    ASSAY_CHECK(key.len < STORE_KEY_MAX);
    bytes[0] = (uint8_t)tag;
    if (key.len > 0) {
        memcpy(bytes + 1, key.data, key.len);
    }
    return store_val(bytes, key.len + 1);
}

enum assay_err store_local_get(struct store_view *view,
                               enum store_local_tag tag, struct assay_bytes key,
                               struct assay_bytes *value_out)
{
    uint8_t bytes[STORE_KEY_MAX];
    MDB_val mdb_key = make_key(tag, key, bytes);
    MDB_val val;
    enum assay_err err = store_err_from_mdb(
        mdb_get(view->txn, view->ledger->tables[STORE_LOCAL], &mdb_key, &val));

    if (err == ASSAY_OK) {
        *value_out = (struct assay_bytes){val.mv_data, val.mv_size};
    }
    return err;
}

enum assay_err store_local_put(struct store_view *view,
                               enum store_local_tag tag, struct assay_bytes key,
                               struct assay_bytes value)
{
    uint8_t bytes[STORE_KEY_MAX];
    MDB_val mdb_key = make_key(tag, key, bytes);
    MDB_val val = store_val(value.data, value.len);

    return store_err_from_mdb(mdb_put(
        view->txn, view->ledger->tables[STORE_LOCAL], &mdb_key, &val, 0));
}

enum assay_err store_local_del(struct store_view *view,
                               enum store_local_tag tag, struct assay_bytes key)
{
    uint8_t bytes[STORE_KEY_MAX];
    MDB_val mdb_key = make_key(tag, key, bytes);

    return store_err_from_mdb(
        mdb_del(view->txn, view->ledger->tables[STORE_LOCAL], &mdb_key, NULL));
}

enum assay_err store_local_next(struct store_view *view,
                                enum store_local_tag tag,
                                struct assay_bytes from,
                                struct assay_bytes *key_out,
                                struct assay_bytes *value_out)
{
    uint8_t bytes[STORE_KEY_MAX];
    MDB_val key = make_key(tag, from, bytes);
    MDB_val val;
    MDB_cursor *cursor = NULL;
    int code =
        mdb_cursor_open(view->txn, view->ledger->tables[STORE_LOCAL], &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &val, MDB_SET_RANGE);
    }
    if (code == 0 &&
        (key.mv_size == 0 || *(const uint8_t *)key.mv_data != (uint8_t)tag)) {
        code = MDB_NOTFOUND;
    }
    if (code == 0) {
        *key_out = (struct assay_bytes){(const uint8_t *)key.mv_data + 1,
                                        key.mv_size - 1};
        *value_out = (struct assay_bytes){val.mv_data, val.mv_size};
    }
    mdb_cursor_close(cursor);
    return store_err_from_mdb(code);
}
