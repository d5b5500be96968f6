/* SPDX-License-Identifier: Apache-2.0 */
/* Rebuilds every index and counter from records and bodies alone. */
#include <string.h>

#include "check.h"
#include "frontier.h"
#include "index.h"
#include "local.h"
#include "protocol/check.h"
#include "repair_internal.h"
#include "rows.h"

#define PROGRESS_EVERY 1000

/* Notes of what retractions ask to erase: they are made of records, unlike the
 * rest of that table. */
static enum assay_err empty_wishes(struct store_batch *batch)
{
    static const uint8_t none[1];
    struct assay_bytes key;
    struct assay_bytes value;
    enum assay_err err = ASSAY_OK;

    while (err == ASSAY_OK) {
        err = store_local_next(&batch->view, STORE_LOCAL_WANTED,
                               (struct assay_bytes){none, 0}, &key, &value);
        if (err == ASSAY_OK) {
            err = store_local_del(&batch->view, STORE_LOCAL_WANTED, key);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

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
    return empty_wishes(batch);
}

static enum assay_err put_entry(void *context, const struct store_entry *entry)
{
    struct store_repairing *repair = context;

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
static enum assay_err restore_id(struct store_repairing *repair, uint64_t lsn)
{
    struct store_row row;
    struct store_entry entry;
    enum assay_err err = store_repair_row(repair, lsn, &row);

    if (err != ASSAY_OK) {
        return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
    }
    store_entry_id(&row.record.id, lsn, &entry);
    repair->checking.report.records++;
    return store_index_put(&repair->batch->view, &entry);
}

/* The log that a row begins, or that it extends. */
static enum assay_err restore_logs(struct store_repairing *repair,
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

/* Takes a record out that was in its place in the first pass: who named it
 * before it was looked at again names a record that is not held. */
static enum assay_err forsake(struct store_repairing *repair,
                              const struct store_row *row)
{
    struct store_batch *batch = repair->batch;
    struct store_entry entry;
    struct store_entry missing;
    enum assay_err err;

    store_entry_id(&row->record.id, row->lsn, &entry);
    err = store_index_del(&batch->view, &entry);
    while (err == ASSAY_OK) {
        store_entry_ref(row->lsn, 0, 0, &entry);
        err = store_index_seek(&batch->view, &entry);
        if (err != ASSAY_OK) {
            break;
        }
        store_entry_forsake(&entry, &row->record.id, &missing);
        batch->meta.stats.missing++;
        err = store_index_put(&batch->view, &missing);
        if (err == ASSAY_OK) {
            err = store_index_del(&batch->view, &entry);
        }
    }
    repair->checking.report.records--;
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* What a retraction asks to erase is noted again. */
static enum assay_err restore_wish(struct store_repairing *repair,
                                   const struct store_row *row)
{
    uint8_t key[STORE_WANTED_KEY_SIZE];

    return store_erase_wanted_key(row, key)
               ? store_local_put(&repair->batch->view, STORE_LOCAL_WANTED,
                                 (struct assay_bytes){key, sizeof(key)},
                                 ASSAY_BYTES_NONE)
               : ASSAY_OK;
}

/* Everything that is made of a row which is in its place. */
static enum assay_err restore_entries(struct store_repairing *repair,
                                      uint64_t lsn, const struct store_log *log)
{
    struct store_batch *batch = repair->batch;
    struct store_row row;
    uint64_t team_lsn = 0;
    enum assay_err err = store_view_by_lsn(&batch->view, lsn, &row);

    if (err == ASSAY_OK) {
        count_row(batch, &row);
        err = restore_wish(repair, &row);
    }
    if (err == ASSAY_OK) {
        err = store_lsn_of(&batch->view, &log->team, &team_lsn);
    }
    return err == ASSAY_OK ? store_index_each(&batch->view, &row, team_lsn,
                                              put_entry, repair)
                           : err;
}

static bool is_out_of_place(enum assay_err err)
{
    return err == ASSAY_E_EARLY || err == ASSAY_E_AUTH || err == ASSAY_E_SEQ ||
           err == ASSAY_E_PREV || err == ASSAY_E_FROZEN;
}

static enum assay_err restore_indexes(struct store_repairing *repair,
                                      uint64_t lsn)
{
    struct store_row row;
    struct store_log log;
    enum assay_err err = store_view_by_lsn(&repair->batch->view, lsn, &row);

    if (err == ASSAY_OK) {
        err = restore_logs(repair, &row, &log);
    }
    if (is_out_of_place(err)) {
        enum assay_err why = err;

        err = forsake(repair, &row);
        return err == ASSAY_OK ? store_repair_reject(repair, lsn, why) : err;
    }
    if (err == ASSAY_OK) {
        err = store_repair_head(repair, &row, log.log_lsn);
    }
    return err == ASSAY_OK ? restore_entries(repair, lsn, &log) : err;
}

/* Two passes over all rows; done is what was done before this one. */
static enum assay_err
each_row(struct store_repairing *repair, uint64_t last, uint64_t done,
         enum assay_err (*pass)(struct store_repairing *repair, uint64_t lsn))
{
    const struct store_check_hooks *hooks = repair->checking.hooks;
    uint64_t lsn = 1;
    enum assay_err err = store_repair_find(repair->batch, &lsn);

    for (uint64_t count = 1; err == ASSAY_OK; count++) {
        err = pass(repair, lsn);
        if (err == ASSAY_OK && count % PROGRESS_EVERY == 0 &&
            hooks->progress != NULL &&
            !hooks->progress(hooks->context, done + lsn, 2 * last)) {
            err = ASSAY_E_STOPPED;
        }
        lsn++;
        if (err == ASSAY_OK) {
            err = store_repair_find(repair->batch, &lsn);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* Numbers are never given twice: those of rows that were set aside behind the
 * last one that is left are not free. */
static void restore_last(struct store_batch *batch, uint64_t last)
{
    struct store_meta *meta = &batch->meta;

    if (meta->last_lsn < last || meta->last_lsn - last > STORE_REPAIR_GAP_MAX) {
        meta->last_lsn = last;
    }
    batch->view.last_lsn = meta->last_lsn;
}

static enum assay_err rebuild(struct store_repairing *repair)
{
    struct store_batch *batch = repair->batch;
    uint64_t last = 0;
    enum assay_err err = empty_indexes(batch);

    memset(&batch->meta.stats, 0, sizeof(batch->meta.stats));
    batch->view.last_lsn = UINT64_MAX;
    if (err == ASSAY_OK) {
        err = store_repair_numbers(repair, &last);
    }
    if (err == ASSAY_OK) {
        restore_last(batch, last);
        batch->meta.last_received_s = 0;
        err = each_row(repair, last, 0, restore_id);
    }
    return err == ASSAY_OK ? each_row(repair, last, last, restore_indexes)
                           : err;
}

/* The indexes are written anew while the old ones are still there. */
static uint64_t room_for(const struct store_ledger *ledger)
{
    MDB_envinfo info;
    MDB_stat stat;
    uint64_t used = 0;

    if (mdb_env_info(ledger->env, &info) == 0 &&
        mdb_env_stat(ledger->env, &stat) == 0) {
        used = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
    }
    return used + ledger->headroom;
}

enum assay_err store_repair(struct store_ledger *ledger,
                            const struct store_check_hooks *hooks,
                            struct store_check_report *report_out)
{
    struct store_repairing repair = {.checking = {.hooks = hooks}};
    const uint64_t headroom = ledger->headroom;
    enum assay_err err;

    ledger->headroom = room_for(ledger);
    err = store_batch_begin(ledger, 0, &repair.batch);
    ledger->headroom = headroom;
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
