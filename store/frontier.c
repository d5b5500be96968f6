/* SPDX-License-Identifier: Apache-2.0 */
#include "frontier.h"

#include "protocol/check.h"

#define VALUE_MAX                                                              \
    (sizeof(struct store_frontier) +                                           \
     ASSAY_HEADS_MAX * sizeof(struct store_frontier_head))

enum assay_err store_frontier_get(struct store_view *view, uint64_t log_lsn,
                                  struct store_log *log_out)
{
    MDB_val key = store_val(&log_lsn, sizeof(log_lsn));
    MDB_val val;
    struct store_frontier row;
    struct store_frontier_head head;
    enum assay_err err = store_err_from_mdb(
        mdb_get(view->txn, view->ledger->tables[STORE_FRONTIER], &key, &val));

    if (err != ASSAY_OK) {
        return err;
    }
    if (val.mv_size < sizeof(row)) {
        return ASSAY_E_CORRUPT;
    }
    memcpy(&row, val.mv_data, sizeof(row));
    if (row.head_count > ASSAY_HEADS_MAX || row.is_root > 1 ||
        val.mv_size != sizeof(row) + row.head_count * sizeof(head)) {
        return ASSAY_E_CORRUPT;
    }
    log_out->log_lsn = log_lsn;
    memcpy(log_out->grant.hash, row.grant, sizeof(row.grant));
    memcpy(log_out->team.hash, row.team, sizeof(row.team));
    memcpy(log_out->key.bytes, row.key, sizeof(row.key));
    log_out->role = (enum assay_role)row.role;
    log_out->signoffs = row.signoffs;
    log_out->is_root = row.is_root != 0;
    log_out->is_frozen = row.head_count == ASSAY_HEADS_MAX;
    log_out->record_count = row.record_count;
    log_out->head_count = row.head_count;
    for (size_t i = 0; i < row.head_count; i++) {
        memcpy(&head,
               (const uint8_t *)val.mv_data + sizeof(row) + i * sizeof(head),
               sizeof(head));
        log_out->heads[i].lsn = head.lsn;
        log_out->heads[i].seq = head.seq;
        memcpy(log_out->heads[i].id.hash, head.id, sizeof(head.id));
    }
    return ASSAY_OK;
}

enum assay_err store_frontier_put(struct store_view *view,
                                  const struct store_log *log)
{
    uint8_t bytes[VALUE_MAX];
    struct store_frontier row = {0};
    MDB_val key = store_val(&log->log_lsn, sizeof(log->log_lsn));
    size_t len = sizeof(row);

    memcpy(row.grant, log->grant.hash, sizeof(row.grant));
    memcpy(row.team, log->team.hash, sizeof(row.team));
    memcpy(row.key, log->key.bytes, sizeof(row.key));
    row.role = (uint32_t)log->role;
    row.signoffs = log->signoffs;
    row.is_root = log->is_root ? 1 : 0;
    row.record_count = log->record_count;
    row.head_count = (uint32_t)log->head_count;
    memcpy(bytes, &row, sizeof(row));
    for (size_t i = 0; i < log->head_count; i++) {
        struct store_frontier_head head = {
            log->heads[i].lsn, log->heads[i].seq, {0}};

        memcpy(head.id, log->heads[i].id.hash, sizeof(head.id));
        memcpy(bytes + len, &head, sizeof(head));
        len += sizeof(head);
    }
    MDB_val val = store_val(bytes, len);
    return store_err_from_mdb(mdb_put(
        view->txn, view->ledger->tables[STORE_FRONTIER], &key, &val, 0));
}

static bool is_prev(const struct assay_record *record,
                    const struct assay_id *id)
{
    for (size_t i = 0; i < record->payload.prev_count; i++) {
        if (assay_id_equal(&record->payload.prev[i], id)) {
            return true;
        }
    }
    return false;
}

enum assay_err store_frontier_extend(struct store_log *log,
                                     const struct assay_record *record,
                                     uint64_t lsn)
{
    size_t kept = 0;

    for (size_t i = 0; i < log->head_count; i++) {
        kept += is_prev(record, &log->heads[i].id) ? 0U : 1U;
    }
    if (kept >= ASSAY_HEADS_MAX) {
        return ASSAY_E_FROZEN;
    }
    kept = 0;
    for (size_t i = 0; i < log->head_count; i++) {
        if (!is_prev(record, &log->heads[i].id)) {
            log->heads[kept++] = log->heads[i];
        }
    }
    log->heads[kept].lsn = lsn;
    log->heads[kept].seq = record->payload.seq;
    log->heads[kept].id = record->id;
    log->head_count = kept + 1;
    log->is_frozen = log->head_count == ASSAY_HEADS_MAX;
    log->record_count++;
    return ASSAY_OK;
}
