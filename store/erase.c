/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that go: by this ledger's own decision, or because a standing
 * retraction asks for it. The record and its place stay. */
#include <stdlib.h>

#include "batch_internal.h"
#include "index.h"
#include "local.h"
#include "protocol/check.h"
#include "rows.h"

/* A note's value: time, 1 or 0, the retraction's id or zeros, the reason. */
#define NOTE_HEAD (8 + 1 + ASSAY_ID_SIZE)

static struct assay_bytes lsn_key(uint64_t lsn, uint8_t out[8])
{
    store_put_u64(out, lsn);
    return (struct assay_bytes){out, 8};
}

enum assay_err store_view_erasure(struct store_view *view, uint64_t lsn,
                                  struct store_erasure *erasure_out)
{
    uint8_t key[8];
    struct assay_bytes value;
    enum assay_err err =
        store_local_get(view, STORE_LOCAL_ERASURE, lsn_key(lsn, key), &value);

    if (err != ASSAY_OK) {
        return err;
    }
    if (value.len < NOTE_HEAD) {
        return ASSAY_E_CORRUPT;
    }
    erasure_out->at_s = store_get_u64(value.data);
    erasure_out->has_by = value.data[8] != 0;
    memcpy(erasure_out->by.hash, value.data + 9, ASSAY_ID_SIZE);
    erasure_out->reason = ASSAY_BYTES_NONE;
    if (value.len > NOTE_HEAD) {
        erasure_out->reason =
            (struct assay_bytes){value.data + NOTE_HEAD, value.len - NOTE_HEAD};
    }
    return ASSAY_OK;
}

static enum assay_err write_note(struct store_batch *batch, uint64_t lsn,
                                 const struct assay_id *by,
                                 struct assay_bytes reason)
{
    uint8_t key[8];
    uint8_t *value = calloc(1, NOTE_HEAD + reason.len);
    enum assay_err err;

    if (value == NULL) {
        return ASSAY_E_NOMEM;
    }
    store_put_u64(value, batch->now_s);
    value[8] = by == NULL ? 0 : 1;
    if (by != NULL) {
        memcpy(value + 9, by->hash, ASSAY_ID_SIZE);
    }
    if (reason.len > 0) {
        memcpy(value + NOTE_HEAD, reason.data, reason.len);
    }
    err = store_local_put(&batch->view, STORE_LOCAL_ERASURE, lsn_key(lsn, key),
                          (struct assay_bytes){value, NOTE_HEAD + reason.len});
    free(value);
    return err;
}

static enum assay_err delete_index(void *context,
                                   const struct store_entry *entry)
{
    return store_index_del(context, entry);
}

/* Drops a row's body, if it has one, with its index entries; marks the row. */
static enum assay_err drop_body(struct store_batch *batch,
                                const struct store_row *row)
{
    struct store_raw_row raw;
    enum assay_err err = store_erase_bytes_note(batch, row);

    if (err == ASSAY_OK) {
        err = store_index_each_of_body(row, delete_index, &batch->view);
    }
    if (err == ASSAY_OK) {
        err = store_row_get(&batch->view, row->lsn, &raw);
    }
    if (err == ASSAY_OK) {
        batch->meta.stats.record_bytes -= raw.body.len;
        raw.body = ASSAY_BYTES_NONE;
        raw.flags |= STORE_ROW_ERASED;
        err = store_row_replace(&batch->view, row->lsn, &raw);
    }
    return err;
}

enum assay_err store_batch_erase(struct store_batch *batch,
                                 const struct assay_id *id,
                                 const struct assay_id *by,
                                 struct assay_bytes reason)
{
    struct store_row row;
    enum assay_err err = store_view_by_id(&batch->view, id, &row);

    if (err != ASSAY_OK) {
        return err;
    }
    if (row.is_erased) {
        return ASSAY_E_EXISTS;
    }
    err = drop_body(batch, &row);
    if (err == ASSAY_OK) {
        err = write_note(batch, row.lsn, by, reason);
    }
    if (err == ASSAY_OK) {
        batch->meta.stats.erased++;
    }
    return err;
}

static enum assay_err add_wish(struct store_batch *batch,
                               const struct assay_id *target,
                               const struct assay_id *by)
{
    struct store_erase_wish *grown = realloc(
        batch->wishes, (batch->wish_count + 1) * sizeof(*batch->wishes));

    if (grown == NULL) {
        return ASSAY_E_NOMEM;
    }
    batch->wishes = grown;
    batch->wishes[batch->wish_count].target = *target;
    batch->wishes[batch->wish_count].by = *by;
    batch->wish_count++;
    return ASSAY_OK;
}

bool store_erase_wanted_key(const struct store_row *row,
                            uint8_t out[STORE_WANTED_KEY_SIZE])
{
    const struct assay_id *target =
        assay_record_about(&row->record, ASSAY_REL_ERASES);

    if (target == NULL || row->record.payload.kind != ASSAY_KIND_RETRACT) {
        return false;
    }
    memcpy(out, target->hash, ASSAY_ID_SIZE);
    store_put_u64(out + ASSAY_ID_SIZE, row->lsn);
    return true;
}

/* The key of the table of what is wanted. */
struct wanted {
    uint8_t key[STORE_WANTED_KEY_SIZE];
    struct assay_id target;
    uint64_t by_lsn;
};

/* Moves to the first wish from *wanted's key on, and its key behind that. */
static enum assay_err next_wanted(struct store_batch *batch,
                                  struct wanted *wanted)
{
    struct assay_bytes key;
    struct assay_bytes value;
    enum assay_err err = store_local_next(
        &batch->view, STORE_LOCAL_WANTED,
        (struct assay_bytes){wanted->key, sizeof(wanted->key)}, &key, &value);

    if (err != ASSAY_OK) {
        return err;
    }
    if (key.len != sizeof(wanted->key)) {
        return ASSAY_E_CORRUPT;
    }
    memcpy(wanted->target.hash, key.data, ASSAY_ID_SIZE);
    wanted->by_lsn = store_get_u64(key.data + ASSAY_ID_SIZE);
    memcpy(wanted->key, key.data, ASSAY_ID_SIZE);
    store_put_u64(wanted->key + ASSAY_ID_SIZE, wanted->by_lsn + 1);
    return ASSAY_OK;
}

static enum assay_err add_wanted(struct store_batch *batch,
                                 const struct wanted *wanted)
{
    struct store_row by;
    enum assay_err err = store_view_by_lsn(&batch->view, wanted->by_lsn, &by);

    return err == ASSAY_OK ? add_wish(batch, &wanted->target, &by.record.id)
                           : err;
}

/* A body that came may be what earlier retractions wait for. They are kept:
 * whether they stand is decided anew each time. */
static enum assay_err meet_wanted(struct store_batch *batch,
                                  const struct store_row *row)
{
    struct wanted wanted = {.by_lsn = 0};
    enum assay_err err = ASSAY_OK;

    memcpy(wanted.key, row->record.id.hash, ASSAY_ID_SIZE);
    while (err == ASSAY_OK) {
        err = next_wanted(batch, &wanted);
        if (err == ASSAY_OK &&
            !assay_id_equal(&wanted.target, &row->record.id)) {
            break;
        }
        if (err == ASSAY_OK) {
            err = add_wanted(batch, &wanted);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* Adds all wishes whose bodies are still here. */
static enum assay_err meet_all_wanted(struct store_batch *batch)
{
    struct wanted wanted = {.by_lsn = 0};
    struct store_row target;
    enum assay_err err = ASSAY_OK;

    while (err == ASSAY_OK) {
        err = next_wanted(batch, &wanted);
        if (err != ASSAY_OK) {
            break;
        }
        err = store_view_by_id(&batch->view, &wanted.target, &target);
        if (err == ASSAY_OK && !target.is_erased) {
            err = add_wanted(batch, &wanted);
        }
        err = err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

enum assay_err store_erase_note(struct store_batch *batch,
                                const struct store_row *row)
{
    uint8_t key[STORE_WANTED_KEY_SIZE];
    struct assay_id target;
    enum assay_err err = ASSAY_OK;

    if (batch->has_wanted) {
        err = meet_wanted(batch, row);
    }
    if (err != ASSAY_OK || !store_erase_wanted_key(row, key)) {
        return err;
    }
    /* What it asks for may come later, or come back. */
    batch->has_wanted = true;
    err = store_local_put(&batch->view, STORE_LOCAL_WANTED,
                          (struct assay_bytes){key, sizeof(key)},
                          ASSAY_BYTES_NONE);
    memcpy(target.hash, key, sizeof(target.hash));
    return err == ASSAY_OK ? add_wish(batch, &target, &row->record.id) : err;
}

/* Whether the retraction stands and its author may retract the target. */
static enum assay_err may_erase(struct store_batch *batch,
                                const struct store_erase_wish *wish,
                                bool *may_out)
{
    struct assay_validity *validity = NULL;
    struct assay_validity_result by_result;
    struct assay_validity_result target_result;
    struct store_row by;
    struct store_row target;
    enum assay_err err = store_view_validity(&batch->view, &validity);

    if (err == ASSAY_OK) {
        err = store_view_by_id(&batch->view, &wish->by, &by);
    }
    if (err == ASSAY_OK) {
        err = store_view_by_id(&batch->view, &wish->target, &target);
    }
    if (err == ASSAY_OK) {
        err = assay_validity_of(validity, &by.record, &by_result);
    }
    if (err == ASSAY_OK) {
        err = assay_validity_of(validity, &target.record, &target_result);
    }
    if (err != ASSAY_OK) {
        *may_out = false;
        return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
    }
    *may_out = by_result.state == ASSAY_STANDS &&
               target_result.authority != NULL &&
               assay_validity_may_retract(by_result.authority, &target.record,
                                          target_result.authority);
    return ASSAY_OK;
}

enum assay_err store_erase_follow(struct store_batch *batch)
{
    enum assay_err err = ASSAY_OK;
    bool revives = false;

    /* What had fallen may stand again: a rotation can cut a revocation, and a
     * record of a grant that has ended can be the last good one, which shows
     * that those before it are good. Both use the log of an ended grant. */
    if (batch->has_wanted) {
        err = store_batch_logs_ended(batch, &revives);
    }
    if (err == ASSAY_OK && revives) {
        err = meet_all_wanted(batch);
    }
    if (err == ASSAY_OK && batch->wish_count > 0) {
        err = store_batch_logs_write(batch);
        assay_validity_free(batch->view.validity);
        batch->view.validity = NULL;
    }
    for (size_t i = 0; i < batch->wish_count && err == ASSAY_OK; i++) {
        const struct store_erase_wish *wish = &batch->wishes[i];
        bool may = false;

        err = may_erase(batch, wish, &may);
        if (err == ASSAY_OK && may) {
            err = store_batch_erase(batch, &wish->target, &wish->by,
                                    ASSAY_BYTES_NONE);
            err = err == ASSAY_E_EXISTS ? ASSAY_OK : err;
        }
    }
    return err;
}
