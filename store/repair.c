/* SPDX-License-Identifier: Apache-2.0 */
/* Rebuilds every index and counter from records and bodies alone. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "batch_internal.h"
#include "check_internal.h"
#include "files.h"
#include "frontier.h"
#include "index.h"
#include "protocol/check.h"
#include "rows.h"

struct repair {
    struct store_checking checking;
    struct store_batch *batch;
    uint8_t item[ASSAY_ITEM_MAX]; /* Of what is set aside. */
};

static enum assay_err empty_indexes(struct store_batch *batch)
{
    static const enum store_table indexes[] = {STORE_IDS,   STORE_LOGS,
                                               STORE_REFS,  STORE_MISSING,
                                               STORE_LISTS, STORE_FRONTIER};

    ASSAY_CHECK(batch != NULL);
    store_lsn_forget(&batch->view);
    for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
        int code = mdb_drop(batch->view.txn,
                            batch->view.ledger->tables[indexes[i]], 0);

        if (code != 0) {
            return store_err_from_mdb(code);
        }
    }
    return ASSAY_OK;
}

/* Keeps bytes that cannot stay, in a file of DIR/aside/. */
static enum assay_err set_aside(struct repair *repair, const char *name,
                                struct assay_bytes bytes)
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

static enum assay_err drop_row(struct repair *repair, uint64_t lsn)
{
    struct store_view *view = &repair->batch->view;
    MDB_val key = store_val(&lsn, sizeof(lsn));

    return store_err_from_mdb(
        mdb_del(view->txn, view->ledger->tables[STORE_RECORDS], &key, NULL));
}

static enum assay_err drop_body(struct repair *repair, uint64_t lsn)
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
static enum assay_err set_row_aside(struct repair *repair, uint64_t lsn)
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

static enum assay_err reject(struct repair *repair, uint64_t lsn,
                             enum assay_err why)
{
    enum assay_err err = set_row_aside(repair, lsn);

    store_check_say(&repair->checking, lsn, "it is set aside: %s",
                    assay_err_phrase(why));
    return err == ASSAY_OK ? drop_row(repair, lsn) : err;
}

/* A body that is not the one that was signed goes alone: without it the record
 * stands, and others have it. */
static enum assay_err reject_body(struct repair *repair, uint64_t lsn,
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

static enum assay_err put_entry(void *context, const struct store_entry *entry)
{
    struct repair *repair = context;

    repair->checking.report.index_entries++;
    if (entry->table == STORE_MISSING) {
        repair->batch->meta.stats.missing++;
    }
    return store_index_put(&repair->batch->view, entry);
}

static void count_row(struct store_batch *batch, const struct store_row *row)
{
    struct store_stats *stats = &batch->meta.stats;
    uint64_t kind = row->record.payload.kind;

    stats->records++;
    stats->record_bytes +=
        row->record.envelope.len +
        (row->record.body.data == NULL ? 0 : row->record.body.len);
    stats->by_kind[kind < 32 ? kind : 0]++;
    stats->teams += kind == ASSAY_KIND_FOUND ? 1U : 0U;
    stats->erased += row->is_erased ? 1U : 0U;
    batch->meta.last_received_s = row->received_s;
}

/* The first pass: what stays gets its id back. All ids must be there before
 * the second pass asks whom records name. */
static enum assay_err restore_id(struct repair *repair, uint64_t lsn)
{
    struct store_row row;
    struct store_entry entry;
    enum assay_err err = store_view_by_lsn(&repair->batch->view, lsn, &row);

    if (err == ASSAY_E_NOT_FOUND) {
        return ASSAY_OK; /* Set aside by a repair before this one. */
    }
    if (err == ASSAY_OK) {
        err = assay_record_check(&row.record);
        if (err == ASSAY_E_BODY) {
            err = reject_body(repair, lsn, row.record.body);
        } else if (err != ASSAY_OK) {
            return reject(repair, lsn, err);
        }
    }
    if (err == ASSAY_E_CORRUPT) {
        return reject(repair, lsn, err);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    store_entry_id(&row.record.id, lsn, &entry);
    repair->checking.report.records++;
    return store_index_put(&repair->batch->view, &entry);
}

/* The log that a row begins, or that it extends. */
static enum assay_err restore_logs(struct repair *repair,
                                   const struct store_row *row,
                                   struct store_log *log)
{
    struct store_batch *batch = repair->batch;
    struct store_log granted;
    struct store_log *held = NULL;
    enum assay_err err = store_place_check(batch, &row->record, row->lsn, log);

    if (err != ASSAY_OK) {
        return err;
    }
    if (assay_kind_is_root(row->record.payload.kind)) {
        batch->meta.stats.logs++;
        return store_batch_log_add(batch, log);
    }
    err = store_batch_log(batch, &log->grant, &held);
    if (err != ASSAY_OK) {
        return err;
    }
    *held = *log;
    store_batch_log_touch(batch, held);
    if (store_place_grants(&row->record, row->lsn, log, &granted)) {
        batch->meta.stats.logs++;
        err = store_batch_log_add(batch, &granted);
    }
    return err;
}

/* An erasure holds, whatever became of the row: its note is the ledger's own
 * and says that the body must go. */
static enum assay_err restore_erasure(struct repair *repair,
                                      struct store_row *row, bool *has_note_out)
{
    enum assay_err err =
        store_check_has_note(&repair->batch->view, row->lsn, has_note_out);

    return err == ASSAY_OK && *has_note_out && row->record.body.data != NULL
               ? drop_body(repair, row->lsn)
               : err;
}

/* Rewrites the row's head where it is not what it must be. */
static enum assay_err restore_head(struct repair *repair,
                                   const struct store_row *row,
                                   uint64_t log_lsn, bool has_note)
{
    struct store_view *view = &repair->batch->view;
    uint8_t flags = has_note ? STORE_ROW_ERASED : 0U;
    struct store_raw_row raw;
    enum assay_err err = store_row_get(view, row->lsn, &raw);

    if (err != ASSAY_OK || (raw.log_lsn == log_lsn && raw.flags == flags)) {
        return err;
    }
    raw.log_lsn = log_lsn;
    raw.flags = flags;
    return store_row_replace(view, row->lsn, &raw);
}

static enum assay_err restore_indexes(struct repair *repair, uint64_t lsn)
{
    struct store_batch *batch = repair->batch;
    struct store_row row;
    struct store_log log;
    uint64_t team_lsn = 0;
    bool has_note = false;
    enum assay_err err = store_view_by_lsn(&batch->view, lsn, &row);

    if (err == ASSAY_E_NOT_FOUND) {
        return ASSAY_OK; /* Set aside in the first pass. */
    }
    if (err == ASSAY_OK) {
        err = restore_logs(repair, &row, &log);
    }
    if (err == ASSAY_E_EARLY || err == ASSAY_E_AUTH || err == ASSAY_E_SEQ ||
        err == ASSAY_E_PREV || err == ASSAY_E_FROZEN) {
        struct store_entry entry;

        store_entry_id(&row.record.id, lsn, &entry);
        repair->checking.report.records--;
        enum assay_err why = err;
        err = store_index_del(&batch->view, &entry);
        return err == ASSAY_OK ? reject(repair, lsn, why) : err;
    }
    if (err == ASSAY_OK) {
        err = restore_erasure(repair, &row, &has_note);
    }
    if (err == ASSAY_OK) {
        err = restore_head(repair, &row, log.log_lsn, has_note);
    }
    if (err == ASSAY_OK) {
        err = store_view_by_lsn(&batch->view, lsn, &row);
    }
    if (err == ASSAY_OK) {
        count_row(batch, &row);
    }
    if (err == ASSAY_OK) {
        err = store_lsn_of(&batch->view, &log.team, &team_lsn);
    }
    return err == ASSAY_OK ? store_index_each(&batch->view, &row, team_lsn,
                                              put_entry, repair)
                           : err;
}

static enum assay_err find_last(struct store_batch *batch, uint64_t *lsn_out)
{
    MDB_cursor *cursor = NULL;
    MDB_val key;
    int code = mdb_cursor_open(
        batch->view.txn, batch->view.ledger->tables[STORE_RECORDS], &cursor);

    *lsn_out = 0;
    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, NULL, MDB_LAST);
    }
    if (code == 0) {
        memcpy(lsn_out, key.mv_data, sizeof(*lsn_out));
    }
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? ASSAY_OK : store_err_from_mdb(code);
}

static enum assay_err each_row(struct repair *repair, uint64_t last,
                               enum assay_err (*pass)(struct repair *repair,
                                                      uint64_t lsn))
{
    const struct store_check_hooks *hooks = repair->checking.hooks;
    enum assay_err err = ASSAY_OK;

    for (uint64_t lsn = 1; lsn <= last && err == ASSAY_OK; lsn++) {
        err = pass(repair, lsn);
        if (err == ASSAY_OK && lsn % 1000 == 0 && hooks->progress != NULL &&
            !hooks->progress(hooks->context, lsn, last)) {
            err = ASSAY_E_STOPPED;
        }
    }
    return err;
}

static enum assay_err rebuild(struct repair *repair)
{
    struct store_batch *batch = repair->batch;
    uint64_t last = 0;
    enum assay_err err = empty_indexes(batch);

    if (err == ASSAY_OK) {
        err = find_last(batch, &last);
    }
    memset(&batch->meta.stats, 0, sizeof(batch->meta.stats));
    batch->meta.last_lsn = last;
    batch->view.last_lsn = last;
    if (err == ASSAY_OK) {
        err = each_row(repair, last, restore_id);
    }
    return err == ASSAY_OK ? each_row(repair, last, restore_indexes) : err;
}

/* Begins with room for everything once more: pages that are freed in a
 * transaction cannot be used again before it ends. */
static enum assay_err begin(struct repair *repair, struct store_ledger *ledger)
{
    const uint64_t headroom = ledger->headroom;
    struct stat status;
    enum assay_err err;

    if (fstatat(ledger->dir_fd, "db/data.mdb", &status, 0) != 0) {
        return store_err_from_errno(errno);
    }
    ledger->headroom += (uint64_t)status.st_size;
    err = store_batch_begin(ledger, 0, &repair->batch);
    ledger->headroom = headroom;
    return err;
}

enum assay_err store_repair(struct store_ledger *ledger,
                            const struct store_check_hooks *hooks,
                            struct store_check_report *report_out)
{
    struct repair repair = {.checking = {.hooks = hooks}};
    enum assay_err err = begin(&repair, ledger);

    if (err != ASSAY_OK) {
        return err;
    }
    err = rebuild(&repair);
    if (err != ASSAY_OK) {
        store_batch_abort(repair.batch);
        return err;
    }
    err = store_batch_commit(repair.batch);
    if (err == ASSAY_OK) {
        *report_out = repair.checking.report;
    }
    return err;
}
