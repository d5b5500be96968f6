/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "entry.h"

#define LOG_AT STORE_ROW_ID_SIZE
#define RECEIVED_AT (STORE_ROW_FLAGS_AT + 1)

static void put_bytes(uint8_t *out, uint64_t value, size_t len)
{
    while (len > 0) {
        out[--len] = (uint8_t)value;
        value >>= 8;
    }
}

static uint64_t get_bytes(const uint8_t *in, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++) {
        value = value << 8 | in[i];
    }
    return value;
}

enum assay_err store_row_head_read(struct assay_bytes row,
                                   struct store_row_head *head_out)
{
    if (row.len <= STORE_ROW_HEAD_SIZE) {
        return ASSAY_E_CORRUPT;
    }
    memcpy(head_out->id, row.data, sizeof(head_out->id));
    head_out->log_lsn =
        get_bytes(row.data + LOG_AT, STORE_ROW_FLAGS_AT - LOG_AT);
    head_out->flags = row.data[STORE_ROW_FLAGS_AT];
    head_out->received_s =
        get_bytes(row.data + RECEIVED_AT, STORE_ROW_HEAD_SIZE - RECEIVED_AT);
    return ASSAY_OK;
}

enum assay_err store_row_put(struct store_view *view, uint64_t lsn,
                             const struct store_row_head *head,
                             struct assay_bytes envelope, unsigned flags)
{
    MDB_val key = store_val(&lsn, sizeof(lsn));
    MDB_val val = store_val(NULL, STORE_ROW_HEAD_SIZE + envelope.len);
    uint8_t *row;
    int code;

    if (head->log_lsn > STORE_ROW_LSN_MAX ||
        head->received_s > STORE_ROW_TIME_MAX) {
        return ASSAY_E_LIMIT;
    }
    code = mdb_put(view->txn, view->ledger->tables[STORE_RECORDS], &key, &val,
                   flags | MDB_RESERVE);
    if (code != 0) {
        return store_err_from_mdb(code);
    }
    row = val.mv_data;
    memcpy(row, head->id, sizeof(head->id));
    put_bytes(row + LOG_AT, head->log_lsn, STORE_ROW_FLAGS_AT - LOG_AT);
    row[STORE_ROW_FLAGS_AT] = head->flags;
    put_bytes(row + RECEIVED_AT, head->received_s,
              STORE_ROW_HEAD_SIZE - RECEIVED_AT);
    memcpy(row + STORE_ROW_HEAD_SIZE, envelope.data, envelope.len);
    return ASSAY_OK;
}

enum assay_err store_row_get(struct store_view *view, uint64_t lsn,
                             struct store_row_head *head_out,
                             struct assay_bytes *envelope_out)
{
    MDB_val key = store_val(&lsn, sizeof(lsn));
    MDB_val val;

    if (lsn == 0 || lsn > view->last_lsn) {
        return ASSAY_E_NOT_FOUND;
    }
    enum assay_err err = store_err_from_mdb(
        mdb_get(view->txn, view->ledger->tables[STORE_RECORDS], &key, &val));
    if (err == ASSAY_OK) {
        err = store_row_head_read(
            (struct assay_bytes){val.mv_data, val.mv_size}, head_out);
    }
    if (err == ASSAY_OK) {
        *envelope_out = (struct assay_bytes){(const uint8_t *)val.mv_data +
                                                 STORE_ROW_HEAD_SIZE,
                                             val.mv_size - STORE_ROW_HEAD_SIZE};
    }
    return err;
}

enum assay_err store_body_get(struct store_view *view, uint64_t lsn,
                              struct assay_bytes *body_out)
{
    MDB_val key = store_val(&lsn, sizeof(lsn));
    MDB_val val;
    enum assay_err err = store_err_from_mdb(
        mdb_get(view->txn, view->ledger->tables[STORE_BODIES], &key, &val));

    *body_out = ASSAY_BYTES_NONE;
    if (err == ASSAY_OK) {
        *body_out =
            (struct assay_bytes){(const uint8_t *)val.mv_data, val.mv_size};
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* Whether the row is the record's: two can be made that share their first
 * bytes, so the whole id decides. */
static bool is_record(struct store_view *view, uint64_t lsn,
                      const struct assay_id *id)
{
    struct store_row_head head;
    struct assay_bytes envelope;
    struct assay_id found;

    return store_row_get(view, lsn, &head, &envelope) == ASSAY_OK &&
           memcmp(head.id, id->hash, sizeof(head.id)) == 0 &&
           assay_record_id(envelope, &found) == ASSAY_OK &&
           assay_id_equal(&found, id);
}

enum assay_err store_lsn_of(struct store_view *view, const struct assay_id *id,
                            uint64_t *lsn_out)
{
    struct store_entry entry;
    enum assay_err err;

    store_entry_id(id, 0, &entry);
    for (;;) {
        err = store_index_seek(view, &entry);
        if (err != ASSAY_OK) {
            return err;
        }
        if (!store_entry_has_id(&entry, id)) {
            return ASSAY_E_NOT_FOUND;
        }
        uint64_t lsn = store_entry_lsn(&entry);

        if (is_record(view, lsn, id)) {
            *lsn_out = lsn;
            return ASSAY_OK;
        }
        store_entry_step(&entry);
    }
}
