/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a record may stand where it says it does. */
#include "batch_internal.h"
#include "frontier.h"
#include "protocol/key.h"
#include "rows.h"

void store_place_root(const struct assay_record *record, uint64_t lsn,
                      const struct assay_id *team, struct store_log *log_out)
{
    memset(log_out, 0, sizeof(*log_out));
    log_out->log_lsn = lsn;
    log_out->grant = record->id;
    log_out->team = *team;
    log_out->key = record->key;
    log_out->role = ASSAY_ROLE_EDITOR;
    log_out->is_root = true;
}

/* A rotate's key is the one whose hash the grant that it ends committed to. */
static enum assay_err check_rotate(struct store_batch *batch,
                                   const struct assay_record *record,
                                   struct assay_id *team_out)
{
    struct store_log *ended = NULL;
    struct store_row row;
    struct assay_grant grant;
    uint8_t hash[ASSAY_HASH_SIZE];
    enum assay_err err =
        store_view_by_id(&batch->view, &record->payload.auth, &row);

    if (err != ASSAY_OK) {
        return err == ASSAY_E_NOT_FOUND ? ASSAY_E_EARLY : err;
    }
    if (!assay_kind_is_root(row.record.payload.kind) ||
        assay_grant_read(row.record.payload.kind, row.record.payload.grant,
                         &grant, NULL) != ASSAY_OK) {
        return ASSAY_E_AUTH;
    }
    assay_hash((struct assay_bytes){record->key.bytes, ASSAY_KEY_SIZE}, hash);
    if (memcmp(hash, grant.next_key_hash, sizeof(hash)) != 0) {
        return ASSAY_E_AUTH;
    }
    err = store_batch_log(batch, &record->payload.auth, &ended);
    if (err == ASSAY_OK) {
        *team_out = ended->team;
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_E_CORRUPT : err;
}

static const struct store_head *find_head(const struct store_log *log,
                                          const struct assay_id *id)
{
    for (size_t i = 0; i < log->head_count; i++) {
        if (assay_id_equal(&log->heads[i].id, id)) {
            return &log->heads[i];
        }
    }
    return NULL;
}

/* The seq of a prev, which must be a held record of the same log. */
static enum assay_err find_prev(struct store_batch *batch,
                                const struct store_log *log,
                                const struct assay_id *prev, uint64_t *seq_out)
{
    const struct store_head *head = find_head(log, prev);
    struct store_row row;
    enum assay_err err;

    if (head != NULL) {
        *seq_out = head->seq;
        return ASSAY_OK;
    }
    err = store_view_by_id(&batch->view, prev, &row);
    if (err != ASSAY_OK) {
        return err == ASSAY_E_NOT_FOUND ? ASSAY_E_EARLY : err;
    }
    if (row.log_lsn != log->log_lsn) {
        return ASSAY_E_PREV;
    }
    *seq_out = row.record.payload.seq;
    return ASSAY_OK;
}

static enum assay_err check_seq(struct store_batch *batch,
                                const struct store_log *log,
                                const struct assay_record *record)
{
    uint64_t largest = 0;

    /* A root's log begins with its found or rotate record. */
    if (log->is_root && record->payload.prev_count == 0) {
        return ASSAY_E_SEQ;
    }
    for (size_t i = 0; i < record->payload.prev_count; i++) {
        uint64_t seq = 0;
        enum assay_err err =
            find_prev(batch, log, &record->payload.prev[i], &seq);

        if (err != ASSAY_OK) {
            return err;
        }
        largest = seq > largest ? seq : largest;
    }
    return record->payload.seq == largest + 1 ? ASSAY_OK : ASSAY_E_SEQ;
}

/* A record that its auth does not lead to a log: early, or without grant. */
static enum assay_err without_log(struct store_batch *batch,
                                  const struct assay_record *record)
{
    uint64_t lsn = 0;
    enum assay_err err =
        store_lsn_of(&batch->view, &record->payload.auth, &lsn);

    if (err == ASSAY_OK) {
        return ASSAY_E_AUTH;
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_E_EARLY : err;
}

enum assay_err store_place_check(struct store_batch *batch,
                                 const struct assay_record *record,
                                 uint64_t lsn, struct store_log *log_out)
{
    struct store_log *log = NULL;
    struct assay_id team = record->id;
    enum assay_err err = ASSAY_OK;

    if (assay_kind_is_root(record->payload.kind)) {
        if (record->payload.kind == ASSAY_KIND_ROTATE) {
            err = check_rotate(batch, record, &team);
        }
        if (err == ASSAY_OK) {
            store_place_root(record, lsn, &team, log_out);
            err = store_frontier_extend(log_out, record, lsn);
        }
        return err;
    }
    err = store_batch_log(batch, &record->payload.auth, &log);
    if (err == ASSAY_E_NOT_FOUND) {
        return without_log(batch, record);
    }
    if (err == ASSAY_OK && !assay_key_equal(&log->key, &record->key)) {
        err = ASSAY_E_AUTH;
    }
    if (err == ASSAY_OK) {
        err = check_seq(batch, log, record);
    }
    if (err == ASSAY_OK) {
        *log_out = *log;
        err = store_frontier_extend(log_out, record, lsn);
    }
    return err;
}

bool store_place_grants(const struct assay_record *record, uint64_t lsn,
                        const struct store_log *root, struct store_log *log_out)
{
    struct assay_grant grant;

    if (record->payload.kind != ASSAY_KIND_MEMBER || !root->is_root ||
        assay_grant_read(record->payload.kind, record->payload.grant, &grant,
                         NULL) != ASSAY_OK) {
        return false;
    }
    memset(log_out, 0, sizeof(*log_out));
    log_out->log_lsn = lsn;
    log_out->grant = record->id;
    log_out->team = root->team;
    log_out->key = grant.key;
    log_out->role = grant.role;
    log_out->signoffs = grant.signoffs;
    return true;
}
