/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <stdlib.h>

#include "entry.h"
#include "protocol/limits.h"

#define LOG_AT STORE_ROW_ID_SIZE
#define RECEIVED_AT (STORE_ROW_FLAGS_AT + 1)
#define RECEIVED_SIZE 5
#define LENGTH_AT (RECEIVED_AT + RECEIVED_SIZE)
#define LENGTH_SIZE 2

#define RECEIVED_MAX ((UINT64_C(1) << 40) - 1)

_Static_assert(LOG_AT + STORE_LSN_SIZE == STORE_ROW_FLAGS_AT &&
                   LENGTH_AT + LENGTH_SIZE == STORE_ROW_HEAD_SIZE,
               "the parts of a row's head lie side by side");

enum assay_err store_row_read(struct assay_bytes bytes,
                              struct store_raw_row *row_out)
{
    struct assay_bytes left;
    size_t len;

    if (bytes.len < STORE_ROW_HEAD_SIZE) {
        return ASSAY_E_CORRUPT;
    }
    len = (size_t)store_get_number(bytes.data + LENGTH_AT, LENGTH_SIZE);
    left = (struct assay_bytes){bytes.data + STORE_ROW_HEAD_SIZE,
                                bytes.len - STORE_ROW_HEAD_SIZE};
    if (len > left.len) {
        return ASSAY_E_CORRUPT;
    }
    memcpy(row_out->id, bytes.data, sizeof(row_out->id));
    row_out->log_lsn = store_get_number(bytes.data + LOG_AT, STORE_LSN_SIZE);
    row_out->flags = bytes.data[STORE_ROW_FLAGS_AT];
    row_out->received_s =
        store_get_number(bytes.data + RECEIVED_AT, RECEIVED_SIZE);
    row_out->envelope = (struct assay_bytes){left.data, len};
    row_out->body = ASSAY_BYTES_NONE;
    if (len < left.len) {
        row_out->body = (struct assay_bytes){left.data + len, left.len - len};
    }
    return ASSAY_OK;
}

static void write_row(uint8_t *out, const struct store_raw_row *row)
{
    memcpy(out, row->id, sizeof(row->id));
    store_put_number(out + LOG_AT, row->log_lsn, STORE_LSN_SIZE);
    out[STORE_ROW_FLAGS_AT] = row->flags;
    store_put_number(out + RECEIVED_AT, row->received_s, RECEIVED_SIZE);
    store_put_number(out + LENGTH_AT, row->envelope.len, LENGTH_SIZE);
    out += STORE_ROW_HEAD_SIZE;
    memcpy(out, row->envelope.data, row->envelope.len);
    if (row->body.len > 0) {
        memcpy(out + row->envelope.len, row->body.data, row->body.len);
    }
}

static enum assay_err check_numbers(uint64_t lsn,
                                    const struct store_raw_row *row)
{
    return lsn > STORE_LSN_MAX || row->log_lsn > STORE_LSN_MAX ||
                   row->received_s > RECEIVED_MAX ||
                   row->envelope.len > ASSAY_RECORD_MAX ||
                   row->body.len > ASSAY_RECORD_MAX
               ? ASSAY_E_LIMIT
               : ASSAY_OK;
}

static size_t row_size(const struct store_raw_row *row)
{
    return STORE_ROW_HEAD_SIZE + row->envelope.len + row->body.len;
}

enum assay_err store_row_append(struct store_view *view, uint64_t lsn,
                                const struct store_raw_row *row)
{
    MDB_val key = store_val(&lsn, sizeof(lsn));
    MDB_val val = store_val(NULL, row_size(row));
    enum assay_err err = check_numbers(lsn, row);

    if (err == ASSAY_OK) {
        err = store_err_from_mdb(mdb_put(view->txn,
                                         view->ledger->tables[STORE_RECORDS],
                                         &key, &val, MDB_APPEND | MDB_RESERVE));
    }
    if (err == ASSAY_OK) {
        write_row(val.mv_data, row);
    }
    return err;
}

enum assay_err store_row_replace(struct store_view *view, uint64_t lsn,
                                 const struct store_raw_row *row)
{
    MDB_val key = store_val(&lsn, sizeof(lsn));
    enum assay_err err = check_numbers(lsn, row);
    uint8_t *copy;

    if (err != ASSAY_OK) {
        return err;
    }
    copy = malloc(row_size(row));
    if (copy == NULL) {
        return ASSAY_E_NOMEM;
    }
    write_row(copy, row);
    MDB_val val = store_val(copy, row_size(row));
    err = store_err_from_mdb(
        mdb_put(view->txn, view->ledger->tables[STORE_RECORDS], &key, &val, 0));
    free(copy);
    return err;
}

enum assay_err store_row_get(struct store_view *view, uint64_t lsn,
                             struct store_raw_row *row_out)
{
    MDB_val key = store_val(&lsn, sizeof(lsn));
    MDB_val val;

    if (lsn == 0 || lsn > view->last_lsn) {
        return ASSAY_E_NOT_FOUND;
    }
    enum assay_err err = store_err_from_mdb(
        mdb_get(view->txn, view->ledger->tables[STORE_RECORDS], &key, &val));
    return err == ASSAY_OK
               ? store_row_read((struct assay_bytes){val.mv_data, val.mv_size},
                                row_out)
               : err;
}

/* Whether the row is the record's: two can be made that share their first
 * bytes, so the whole id decides. */
static bool is_record(struct store_view *view, uint64_t lsn,
                      const struct assay_id *id)
{
    struct store_raw_row row;
    struct assay_id found;

    return store_row_get(view, lsn, &row) == ASSAY_OK &&
           memcmp(row.id, id->hash, sizeof(row.id)) == 0 &&
           assay_record_id(row.envelope, &found) == ASSAY_OK &&
           assay_id_equal(&found, id);
}

static enum assay_err find_lsn(struct store_view *view,
                               const struct assay_id *id, uint64_t *lsn_out)
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
        if (is_record(view, store_entry_lsn(&entry), id)) {
            *lsn_out = store_entry_lsn(&entry);
            return ASSAY_OK;
        }
        store_entry_step(&entry);
    }
}

/* Where an id is remembered. Its first byte orders the index; any other is as
 * good. */
static struct store_known_id *known_place(struct store_view *view,
                                          const struct assay_id *id)
{
    return &view->known[id->hash[1] % STORE_KNOWN_IDS];
}

uint64_t store_lsn_known(struct store_view *view, const struct assay_id *id)
{
    const struct store_known_id *known = known_place(view, id);

    return assay_id_equal(&known->id, id) ? known->lsn : 0;
}

void store_lsn_note(struct store_view *view, const struct assay_id *id,
                    uint64_t lsn)
{
    *known_place(view, id) = (struct store_known_id){*id, lsn};
}

void store_lsn_forget(struct store_view *view)
{
    memset(view->known, 0, sizeof(view->known));
}

enum assay_err store_lsn_of(struct store_view *view, const struct assay_id *id,
                            uint64_t *lsn_out)
{
    uint64_t lsn = store_lsn_known(view, id);
    enum assay_err err = ASSAY_OK;

    if (lsn == 0) {
        err = find_lsn(view, id, &lsn);
        if (err == ASSAY_OK) {
            store_lsn_note(view, id, lsn);
        }
    }
    if (err == ASSAY_OK && lsn > view->last_lsn) {
        err = ASSAY_E_NOT_FOUND;
    }
    if (err == ASSAY_OK) {
        *lsn_out = lsn;
    }
    return err;
}
