/* SPDX-License-Identifier: Apache-2.0 */
#include "drop.h"

#include "batch_internal.h"
#include "drop_plan.h"
#include "frontier.h"
#include "index.h"
#include "local.h"
#include "rows.h"

#include <stdlib.h>

/* A drop under way. */
struct drop {
    struct store_batch *batch;
    struct store_drop_plan plan;
    uint64_t team_lsn; /* Of the founding record. */
    size_t count;
};

static enum assay_err delete_entry(void *context,
                                   const struct store_entry *entry)
{
    struct store_batch *batch = context;

    if (entry->table == STORE_MISSING) {
        batch->meta.stats.missing--;
    }
    return store_index_del(&batch->view, entry);
}

/* Who names the record names one that is not held, from now on. */
static enum assay_err forsake(struct store_batch *batch,
                              const struct store_row *row)
{
    struct store_entry entry;
    struct store_entry missing;
    enum assay_err err = ASSAY_OK;

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
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* What this ledger alone has noted of the record. */
static enum assay_err drop_notes(struct store_batch *batch,
                                 const struct store_row *row)
{
    uint8_t wanted[STORE_WANTED_KEY_SIZE];
    uint8_t erased[8];
    enum assay_err err = store_erase_bytes_note(batch, row);

    if (err == ASSAY_OK && store_erase_wanted_key(row, wanted)) {
        err = store_local_del(&batch->view, STORE_LOCAL_WANTED,
                              (struct assay_bytes){wanted, sizeof(wanted)});
        err = err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
    }
    if (err == ASSAY_OK && row->is_erased) {
        store_put_u64(erased, row->lsn);
        err = store_local_del(&batch->view, STORE_LOCAL_ERASURE,
                              (struct assay_bytes){erased, sizeof(erased)});
        err = err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
    }
    return err;
}

static void uncount(struct store_batch *batch, const struct store_row *row)
{
    struct store_stats *stats = &batch->meta.stats;
    uint64_t kind = row->record.payload.kind;

    stats->records--;
    stats->record_bytes -=
        row->record.envelope.len +
        (row->record.body.data == NULL ? 0 : row->record.body.len);
    stats->by_kind[kind < 32 ? kind : 0]--;
    stats->teams -= kind == ASSAY_KIND_FOUND ? 1U : 0U;
    stats->erased -= row->is_erased ? 1U : 0U;
}

static enum assay_err delete_number(struct store_batch *batch,
                                    enum store_table table, uint64_t number)
{
    MDB_val key = store_val(&number, sizeof(number));

    return store_err_from_mdb(mdb_del(
        batch->view.txn, batch->view.ledger->tables[table], &key, NULL));
}

static enum assay_err drop_row(struct drop *drop, uint64_t lsn)
{
    struct store_batch *batch = drop->batch;
    struct store_row row;
    enum assay_err err = store_view_by_lsn(&batch->view, lsn, &row);

    if (err == ASSAY_OK) {
        err = drop_notes(batch, &row);
    }
    if (err == ASSAY_OK) {
        err = store_index_each(&batch->view, &row, drop->team_lsn, delete_entry,
                               batch);
    }
    if (err == ASSAY_OK) {
        err = forsake(batch, &row);
    }
    if (err == ASSAY_OK &&
        store_drop_plan_find(&drop->plan, lsn) < drop->plan.log_count) {
        batch->meta.stats.logs--; /* It is a grant, whose log is empty now. */
        err = delete_number(batch, STORE_FRONTIER, lsn);
    }
    if (err == ASSAY_OK) {
        uncount(batch, &row);
        err = delete_number(batch, STORE_RECORDS, lsn);
        drop->count++;
    }
    store_lsn_forget(&batch->view);
    return err;
}

/* The records of a log that go, from its beginning on; *lsns_out is malloc'ed.
 */
static enum assay_err gather(struct drop *drop,
                             const struct store_drop_log *log,
                             uint64_t **lsns_out, size_t *count_out)
{
    struct store_view *view = &drop->batch->view;
    struct store_log_cursor cursor = {0, 0};
    struct store_row row;
    uint64_t *lsns = NULL;
    size_t count = 0;
    size_t room = 0;
    enum assay_err err = store_log_next_row(view, log->log_lsn, &cursor, &row);

    while (err == ASSAY_OK) {
        if (row.record.payload.seq > log->keep_seq) {
            if (count == room) {
                uint64_t *grown =
                    realloc(lsns, (room * 2 + 64) * sizeof(*lsns));

                if (grown == NULL) {
                    err = ASSAY_E_NOMEM;
                    break;
                }
                lsns = grown;
                room = room * 2 + 64;
            }
            lsns[count++] = row.lsn;
        }
        err = store_log_next_row(view, log->log_lsn, &cursor, &row);
    }
    if (err != ASSAY_E_NOT_FOUND) {
        free(lsns);
        return err;
    }
    *lsns_out = lsns;
    *count_out = count;
    return ASSAY_OK;
}

/* A log that is shorter has other heads. */
static enum assay_err shorten(struct drop *drop, uint64_t log_lsn)
{
    struct store_view *view = &drop->batch->view;
    struct store_log log;
    enum assay_err err = store_frontier_get(view, log_lsn, &log);

    if (err == ASSAY_OK) {
        err = store_log_rewind(view, &log);
    }
    if (err == ASSAY_OK) {
        err = store_frontier_put(view, &log);
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err; /* It went whole. */
}

static enum assay_err drop_log(struct drop *drop,
                               const struct store_drop_log *log)
{
    uint64_t *lsns = NULL;
    size_t count = 0;
    size_t count_before = drop->count;
    enum assay_err err = gather(drop, log, &lsns, &count);

    while (err == ASSAY_OK && count > 0 && drop->count < STORE_DROP_STEP_MAX) {
        err = drop_row(drop, lsns[--count]);
    }
    free(lsns);
    if (err == ASSAY_OK && drop->count > count_before) {
        err = shorten(drop, log->log_lsn);
    }
    return err;
}

/* Members' logs first, then those of roots: nothing is left without what it
 * builds on, wherever a batch ends. */
static enum assay_err drop_logs(struct drop *drop, bool are_roots)
{
    enum assay_err err = ASSAY_OK;

    for (size_t i = drop->plan.log_count;
         i > 0 && err == ASSAY_OK && drop->count < STORE_DROP_STEP_MAX; i--) {
        if (drop->plan.logs[i - 1].is_root == are_roots) {
            err = drop_log(drop, &drop->plan.logs[i - 1]);
        }
    }
    return err;
}

/* The time of the last receipt is that of the last row that is left. */
static enum assay_err restore_time(struct store_batch *batch)
{
    struct store_raw_row raw;
    MDB_cursor *cursor = NULL;
    MDB_val key;
    uint64_t lsn = 0;
    int code = mdb_cursor_open(
        batch->view.txn, batch->view.ledger->tables[STORE_RECORDS], &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, NULL, MDB_LAST);
    }
    if (code == 0) {
        memcpy(&lsn, key.mv_data, sizeof(lsn));
    }
    mdb_cursor_close(cursor);
    if (code == MDB_NOTFOUND) {
        batch->meta.last_received_s = 0;
        return ASSAY_OK;
    }
    enum assay_err err = store_err_from_mdb(code);

    if (err == ASSAY_OK) {
        err = store_row_get(&batch->view, lsn, &raw);
    }
    if (err == ASSAY_OK) {
        batch->meta.last_received_s = raw.received_s;
    }
    return err;
}

enum assay_err store_batch_drop_team(struct store_batch *batch,
                                     const struct assay_id *team,
                                     size_t *count_out)
{
    struct drop drop = {.batch = batch};
    struct store_view *view = store_batch_view(batch);
    enum assay_err err = store_lsn_of(view, team, &drop.team_lsn);

    if (err == ASSAY_OK) {
        err = store_drop_plan_make(view, team, &drop.plan);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    err = drop_logs(&drop, false);
    if (err == ASSAY_OK) {
        err = drop_logs(&drop, true);
    }
    if (err == ASSAY_OK) {
        err = restore_time(batch);
    }
    store_drop_plan_clear(&drop.plan);
    if (err == ASSAY_OK) {
        *count_out = drop.count;
    }
    return err;
}
