/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include <stdlib.h>

#include "batch_internal.h"
#include "index.h"
#include "local.h"
#include "protocol/check.h"
#include "rows.h"

static void free_batch(struct store_batch *batch)
{
    assay_validity_free(batch->view.validity);
    store_batch_logs_free(batch->logs);
    free(batch->wishes);
    free(batch->drops);
    ASSAY_CHECK(pthread_rwlock_unlock(&batch->view.ledger->map_lock) == 0);
    free(batch);
}

/* Whether anything is noted under a tag. */
static bool has_notes(struct store_batch *batch, enum store_local_tag tag)
{
    static const uint8_t none[1];
    struct assay_bytes key;
    struct assay_bytes value;

    return store_local_next(&batch->view, tag, (struct assay_bytes){none, 0},
                            &key, &value) == ASSAY_OK;
}

static enum assay_err begin(struct store_ledger *ledger, uint64_t now_s,
                            struct store_batch *batch)
{
    MDB_txn *txn = NULL;
    enum assay_err err = store_batch_logs_new(&batch->logs);

    if (err == ASSAY_OK) {
        err = store_ledger_begin(ledger, 0, &txn);
    }
    if (err == ASSAY_OK) {
        err = store_meta_get(ledger, txn, &batch->meta);
    }
    if (err != ASSAY_OK) {
        mdb_txn_abort(txn);
        return err;
    }
    store_view_over(&batch->view, ledger, txn, batch->meta.last_lsn);
    batch->view.logs.context = &batch->view;
    batch->view.is_batch = true;
    batch->now_s = now_s > batch->meta.last_received_s
                       ? now_s
                       : batch->meta.last_received_s;
    batch->has_wanted = has_notes(batch, STORE_LOCAL_WANTED);
    batch->has_drops = has_notes(batch, STORE_LOCAL_DROP);
    return ASSAY_OK;
}

enum assay_err store_batch_begin(struct store_ledger *ledger, uint64_t now_s,
                                 struct store_batch **batch_out)
{
    struct store_batch *batch;
    enum assay_err err;

    if (ledger->mode != STORE_WRITE) {
        return ASSAY_E_READONLY;
    }
    batch = calloc(1, sizeof(*batch));
    if (batch == NULL) {
        return ASSAY_E_NOMEM;
    }
    batch->view.ledger = ledger;
    ASSAY_CHECK(pthread_rwlock_rdlock(&ledger->map_lock) == 0);
    err = begin(ledger, now_s, batch);
    if (err != ASSAY_OK) {
        free_batch(batch);
        return err;
    }
    *batch_out = batch;
    return ASSAY_OK;
}

struct store_view *store_batch_view(struct store_batch *batch)
{
    /* What the rules remember is of the batch as it was; heads are written so
     * that the view's own look-ups see them. A failure shows at commit. */
    assay_validity_free(batch->view.validity);
    batch->view.validity = NULL;
    if (store_batch_logs_write(batch) != ASSAY_OK) {
        batch->put_count = STORE_BATCH_RECORDS_MAX;
    }
    return &batch->view;
}

enum assay_err store_batch_team(struct store_batch *batch,
                                const struct assay_id *grant,
                                struct assay_id *team_out)
{
    struct store_log *log = NULL;
    enum assay_err err = store_batch_log(batch, grant, &log);

    if (err == ASSAY_OK) {
        *team_out = log->team;
    }
    return err;
}

static enum assay_err put_index(void *context, const struct store_entry *entry)
{
    struct store_batch *batch = context;

    if (entry->table == STORE_MISSING) {
        batch->meta.stats.missing++;
    }
    return store_index_put(&batch->view, entry);
}

static enum assay_err append_row(struct store_batch *batch,
                                 const struct store_row *row)
{
    const struct assay_record *record = &row->record;
    struct store_raw_row raw = {
        .log_lsn = row->log_lsn,
        .received_s = row->received_s,
        .envelope = record->envelope,
        .body = record->body,
    };

    memcpy(raw.id, record->id.hash, sizeof(raw.id));
    batch->meta.stats.record_bytes += record->envelope.len + record->body.len;
    return store_row_append(&batch->view, row->lsn, &raw);
}

/* Keeps a body that its row lacks. */
static enum assay_err put_body(struct store_batch *batch, uint64_t lsn,
                               struct assay_bytes body)
{
    struct store_raw_row raw;
    enum assay_err err = store_row_get(&batch->view, lsn, &raw);

    if (err != ASSAY_OK) {
        return err;
    }
    raw.body = body;
    batch->meta.stats.record_bytes += body.len;
    return store_row_replace(&batch->view, lsn, &raw);
}

/* References that waited for this record become ordinary ones. */
static enum assay_err adopt_missing(struct store_batch *batch,
                                    const struct store_row *row)
{
    struct store_entry waiting;
    struct store_entry entry;
    enum assay_err err = ASSAY_OK;

    if (batch->meta.stats.missing == 0) {
        return ASSAY_OK;
    }
    while (err == ASSAY_OK) {
        store_entry_missing(&row->record.id, 0, 0, &waiting);
        err = store_index_seek(&batch->view, &waiting);
        if (err == ASSAY_E_NOT_FOUND) {
            return ASSAY_OK;
        }
        if (err == ASSAY_OK) {
            store_entry_adopt(&waiting, row->lsn, &entry);
            err = store_index_put(&batch->view, &entry);
        }
        if (err == ASSAY_OK) {
            err = store_index_del(&batch->view, &waiting);
            batch->meta.stats.missing--;
        }
    }
    return err;
}

static void count_row(struct store_batch *batch, const struct store_row *row)
{
    struct store_stats *stats = &batch->meta.stats;
    uint64_t kind = row->record.payload.kind;

    stats->records++;
    stats->by_kind[kind < 32 ? kind : 0]++;
    stats->teams += kind == ASSAY_KIND_FOUND ? 1U : 0U;
    batch->meta.last_lsn = row->lsn;
    batch->meta.last_received_s = row->received_s;
    batch->view.last_lsn = row->lsn;
    batch->put_count++;
}

/* Brings the record's log, and the one that it grants, up to date. */
static enum assay_err put_logs(struct store_batch *batch,
                               const struct store_row *row,
                               const struct store_log *log)
{
    struct store_log granted;
    struct store_log *held = NULL;
    enum assay_err err;

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

static enum assay_err append(struct store_batch *batch,
                             const struct store_row *row,
                             const struct store_log *log)
{
    uint64_t team_lsn = 0;
    enum assay_err err = append_row(batch, row);

    if (err == ASSAY_OK) {
        count_row(batch, row);
        err = put_logs(batch, row, log);
    }
    if (err == ASSAY_OK && store_index_needs_team(&row->record)) {
        err = store_lsn_of(&batch->view, &log->team, &team_lsn);
    }
    if (err == ASSAY_OK) {
        err = store_index_each(&batch->view, row, team_lsn, put_index, batch);
    }
    if (err == ASSAY_OK) {
        err = adopt_missing(batch, row);
    }
    return err == ASSAY_OK ? store_erase_note(batch, row) : err;
}

/* A record that is held already: perhaps its body was missing. */
static enum assay_err fill_body(struct store_batch *batch, uint64_t lsn,
                                struct assay_bytes body, bool *has_new_out)
{
    struct store_row row;
    enum assay_err err = store_view_by_lsn(&batch->view, lsn, &row);

    if (err != ASSAY_OK) {
        return err;
    }
    if (body.len == 0 || row.record.body.data != NULL || row.is_erased) {
        return ASSAY_OK;
    }
    row.record.body = body;
    err = put_body(batch, lsn, body);
    if (err == ASSAY_OK) {
        err = store_index_each_of_body(&row, put_index, batch);
    }
    if (err == ASSAY_OK) {
        *has_new_out = true;
        err = store_erase_note(batch, &row);
    }
    return err;
}

enum assay_err store_batch_put(struct store_batch *batch,
                               const struct assay_record *record,
                               uint64_t *lsn_out, bool *has_new_body_out)
{
    struct store_log log;
    struct store_row row = {.lsn = batch->meta.last_lsn + 1,
                            .received_s = batch->now_s};
    uint64_t held_lsn = 0;
    bool has_new_body = false;
    enum assay_err err;

    if (batch->put_count >= STORE_BATCH_RECORDS_MAX) {
        return ASSAY_E_LIMIT;
    }
    err = store_lsn_of(&batch->view, &record->id, &held_lsn);
    if (err == ASSAY_OK) {
        err = fill_body(batch, held_lsn, record->body, &has_new_body);
        if (err != ASSAY_OK) {
            return err;
        }
        *lsn_out = held_lsn;
        *has_new_body_out = has_new_body;
        return ASSAY_E_EXISTS;
    }
    if (err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    err = store_place_check(batch, record, row.lsn, &log);
    if (err != ASSAY_OK) {
        return err;
    }
    row.record = *record;
    row.log_lsn = log.log_lsn;
    err = append(batch, &row, &log);
    if (err == ASSAY_OK) {
        *lsn_out = row.lsn;
        *has_new_body_out = false;
    }
    /* An index that cannot be written is never the record's fault. */
    return err == ASSAY_E_NOT_FOUND || err == ASSAY_E_EXISTS ? ASSAY_E_CORRUPT
                                                             : err;
}

enum assay_err store_batch_lacks(struct store_batch *batch,
                                 const struct assay_record *record,
                                 struct assay_id *lacks_out)
{
    const struct assay_payload *payload = &record->payload;
    const struct assay_id *id = &payload->auth;
    uint64_t lsn = 0;
    size_t next = 0;
    enum assay_err err = ASSAY_OK;

    if (payload->kind != ASSAY_KIND_FOUND) {
        err = store_lsn_of(&batch->view, id, &lsn);
    }
    while (err == ASSAY_OK && next < payload->prev_count) {
        id = &payload->prev[next++];
        err = store_lsn_of(&batch->view, id, &lsn);
    }
    if (err == ASSAY_OK) {
        return ASSAY_E_NOT_FOUND;
    }
    if (err == ASSAY_E_NOT_FOUND) {
        *lacks_out = *id;
        return ASSAY_OK;
    }
    return err;
}

enum assay_err store_batch_commit(struct store_batch *batch)
{
    struct store_ledger *ledger = batch->view.ledger;
    enum assay_err err = store_erase_follow(batch);

    if (err == ASSAY_OK) {
        err = store_erase_bytes_decide(batch);
    }
    if (err == ASSAY_OK) {
        err = store_batch_logs_write(batch);
    }
    if (err == ASSAY_OK) {
        err = store_meta_put(ledger, batch->view.txn, &batch->meta);
    }
    if (err == ASSAY_OK) {
        err = store_commit(ledger, batch->view.txn);
        batch->view.txn = NULL; /* Commit consumes it, even when it fails. */
    }
    mdb_txn_abort(batch->view.txn);
    if (err == ASSAY_OK) {
        store_erase_bytes_drop(ledger, batch->drops, batch->drop_count);
    }
    free_batch(batch);
    return err;
}

void store_batch_abort(struct store_batch *batch)
{
    if (batch != NULL) {
        mdb_txn_abort(batch->view.txn);
        free_batch(batch);
    }
}
