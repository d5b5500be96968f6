/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "files.h"
#include "repair_internal.h"
#include "rows.h"

/* Keeps bytes that cannot stay, in a file of DIR/aside/. */
static enum assay_err set_aside(struct store_repairing *repair,
                                const char *name, struct assay_bytes bytes)
{
    struct store_aside file = {.fd = -1};
    int folder = -1;
    enum assay_err err = store_files_folder(repair->batch->view.ledger->dir_fd,
                                            "aside", true, &folder);

    if (err == ASSAY_OK) {
        err = store_aside_begin(folder, &file);
    }
    if (err == ASSAY_OK) {
        err = store_files_write(file.fd, bytes);
    }
    if (err == ASSAY_OK) {
        err = store_aside_place(&file, folder, name, STORE_ASIDE_REPLACE);
    }
    store_aside_drop(&file);
    store_files_close(folder);
    return err;
}

static enum assay_err drop_row(struct store_repairing *repair, uint64_t lsn)
{
    struct store_view *view = &repair->batch->view;
    MDB_val key = store_val(&lsn, sizeof(lsn));

    return store_err_from_mdb(
        mdb_del(view->txn, view->ledger->tables[STORE_RECORDS], &key, NULL));
}

static enum assay_err drop_body(struct store_repairing *repair, uint64_t lsn)
{
    struct store_view *view = &repair->batch->view;
    struct store_raw_row raw;
    enum assay_err err = store_row_get(view, lsn, &raw);

    if (err == ASSAY_OK) {
        raw.body = ASSAY_BYTES_NONE;
        err = store_row_replace(view, lsn, &raw);
    }
    return err;
}

/* What is kept of a row: the item that export would write; where not even its
 * parts can be told, its bytes as they are. */
static enum assay_err set_row_aside(struct store_repairing *repair,
                                    uint64_t lsn)
{
    struct store_view *view = &repair->batch->view;
    struct store_raw_row raw;
    struct assay_bytes item = ASSAY_BYTES_NONE;
    MDB_val key = store_val(&lsn, sizeof(lsn));
    MDB_val val = {0, NULL};
    char name[32];
    enum assay_err err = store_err_from_mdb(
        mdb_get(view->txn, view->ledger->tables[STORE_RECORDS], &key, &val));

    if (err != ASSAY_OK) {
        return err;
    }
    if (store_row_get(view, lsn, &raw) != ASSAY_OK ||
        assay_record_join(raw.envelope, raw.body, repair->item,
                          sizeof(repair->item), &item) != ASSAY_OK) {
        item = (struct assay_bytes){val.mv_data, val.mv_size};
    }
    (void)snprintf(name, sizeof(name), "%" PRIu64, lsn);
    return set_aside(repair, name, item);
}

enum assay_err store_repair_reject(struct store_repairing *repair, uint64_t lsn,
                                   enum assay_err why)
{
    enum assay_err err = set_row_aside(repair, lsn);

    store_check_say(&repair->checking, lsn, "it is set aside: %s",
                    assay_err_phrase(why));
    return err == ASSAY_OK ? drop_row(repair, lsn) : err;
}

/* A body that is not the one that was signed goes alone: without it the record
 * stands, and others have it. */
static enum assay_err reject_body(struct store_repairing *repair, uint64_t lsn,
                                  struct assay_bytes body)
{
    char name[32];
    enum assay_err err = ASSAY_OK;

    (void)snprintf(name, sizeof(name), "%" PRIu64 ".body", lsn);
    err = set_aside(repair, name, body);
    store_check_say(&repair->checking, lsn, "its body is set aside: %s",
                    assay_err_phrase(ASSAY_E_BODY));
    return err == ASSAY_OK ? drop_body(repair, lsn) : err;
}

enum assay_err store_repair_find(struct store_batch *batch, uint64_t *lsn)
{
    MDB_cursor *cursor = NULL;
    MDB_val key = store_val(lsn, sizeof(*lsn));
    int code = mdb_cursor_open(
        batch->view.txn, batch->view.ledger->tables[STORE_RECORDS], &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, NULL, MDB_SET_RANGE);
    }
    if (code == 0) {
        memcpy(lsn, key.mv_data, sizeof(*lsn));
    }
    mdb_cursor_close(cursor);
    return store_err_from_mdb(code);
}

enum assay_err store_repair_numbers(struct store_repairing *repair,
                                    uint64_t *last_out)
{
    uint64_t last = 0;
    uint64_t lsn = 0;
    enum assay_err err = store_repair_find(repair->batch, &lsn);

    while (err == ASSAY_OK) {
        if (lsn == 0 || lsn - last > STORE_REPAIR_GAP_MAX) {
            err = store_repair_reject(repair, lsn, ASSAY_E_CORRUPT);
        } else {
            last = lsn;
        }
        if (lsn == UINT64_MAX) {
            break;
        }
        lsn++;
        if (err == ASSAY_OK) {
            err = store_repair_find(repair->batch, &lsn);
        }
    }
    *last_out = last;
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* Only what the head says of a record's id is wrong, where the record verifies:
 * the head is mended. */
static enum assay_err mend_id(struct store_repairing *repair, uint64_t lsn)
{
    struct store_view *view = &repair->batch->view;
    struct store_raw_row raw;
    struct assay_record record;
    enum assay_err err = store_row_get(view, lsn, &raw);

    if (err != ASSAY_OK) {
        return err;
    }
    if (assay_record_parse(raw.envelope, raw.body, &record, NULL) != ASSAY_OK) {
        return ASSAY_E_CORRUPT;
    }
    err = assay_record_check(&record);
    if (err != ASSAY_OK && err != ASSAY_E_BODY) {
        return ASSAY_E_CORRUPT;
    }
    memcpy(raw.id, record.id.hash, sizeof(raw.id));
    return store_row_replace(view, lsn, &raw);
}

/* An erasure holds, whatever became of the row: its note is the ledger's own
 * and says that the body must go. */
static enum assay_err restore_erasure(struct store_repairing *repair,
                                      const struct store_row *row,
                                      bool *has_note_out)
{
    enum assay_err err =
        store_check_has_note(&repair->batch->view, row->lsn, has_note_out);

    return err == ASSAY_OK && *has_note_out && row->record.body.data != NULL
               ? drop_body(repair, row->lsn)
               : err;
}

/* When a row was received: no earlier than the one before, and no later than
 * the next, unless that one is out of order itself. */
static enum assay_err restore_time(struct store_repairing *repair,
                                   const struct store_row *row,
                                   uint64_t *received_s_out)
{
    struct store_view *view = &repair->batch->view;
    const uint64_t before_s = repair->received_s;
    struct store_raw_row next;
    uint64_t next_lsn = row->lsn + 1;
    uint64_t received_s = row->received_s;
    enum assay_err err = store_repair_find(repair->batch, &next_lsn);

    if (err == ASSAY_OK) {
        err = store_row_get(view, next_lsn, &next);
    }
    if (err == ASSAY_OK && next.received_s < received_s &&
        next.received_s >= before_s) {
        received_s = before_s;
    }
    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    *received_s_out = received_s < before_s ? before_s : received_s;
    return ASSAY_OK;
}

/* Rewrites the row's head where it is not what it must be. */
static enum assay_err restore_head(struct store_repairing *repair,
                                   const struct store_row *row,
                                   uint64_t log_lsn, bool has_note)
{
    struct store_view *view = &repair->batch->view;
    uint8_t flags = has_note ? STORE_ROW_ERASED : 0U;
    uint64_t received_s = 0;
    struct store_raw_row raw;
    enum assay_err err = restore_time(repair, row, &received_s);

    if (err == ASSAY_OK) {
        repair->received_s = received_s;
        err = store_row_get(view, row->lsn, &raw);
    }
    if (err != ASSAY_OK || (raw.log_lsn == log_lsn && raw.flags == flags &&
                            raw.received_s == received_s)) {
        return err;
    }
    raw.log_lsn = log_lsn;
    raw.flags = flags;
    raw.received_s = received_s;
    return store_row_replace(view, row->lsn, &raw);
}

enum assay_err store_repair_head(struct store_repairing *repair,
                                 const struct store_row *row, uint64_t log_lsn)
{
    bool has_note = false;
    enum assay_err err = restore_erasure(repair, row, &has_note);

    return err == ASSAY_OK ? restore_head(repair, row, log_lsn, has_note) : err;
}

/* Sets a row aside; it is then as if it had not been there. */
static enum assay_err give_up(struct store_repairing *repair, uint64_t lsn,
                              enum assay_err why)
{
    enum assay_err err = store_repair_reject(repair, lsn, why);

    return err == ASSAY_OK ? ASSAY_E_NOT_FOUND : err;
}

enum assay_err store_repair_row(struct store_repairing *repair, uint64_t lsn,
                                struct store_row *row_out)
{
    struct store_view *view = &repair->batch->view;
    enum assay_err err = store_view_by_lsn(view, lsn, row_out);

    if (err == ASSAY_E_CORRUPT) {
        err = mend_id(repair, lsn);
        err = err == ASSAY_OK ? store_view_by_lsn(view, lsn, row_out) : err;
    }
    if (err == ASSAY_E_CORRUPT) {
        return give_up(repair, lsn, err);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    err = assay_record_check(&row_out->record);
    if (err == ASSAY_E_BODY) {
        return reject_body(repair, lsn, row_out->record.body);
    }
    return err == ASSAY_OK ? ASSAY_OK : give_up(repair, lsn, err);
}
