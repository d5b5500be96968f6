/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "batch_internal.h"
#include "check_internal.h"
#include "frontier.h"
#include "rows.h"

static bool has_head(const struct store_log *log, const struct store_head *head)
{
    for (size_t i = 0; i < log->head_count; i++) {
        if (log->heads[i].lsn == head->lsn && log->heads[i].seq == head->seq &&
            assay_id_equal(&log->heads[i].id, &head->id)) {
            return true;
        }
    }
    return false;
}

/* Their order depends on that of arrival and means nothing. */
static bool is_same_heads(const struct store_log *walked,
                          const struct store_log *held)
{
    if (walked->record_count != held->record_count ||
        walked->head_count != held->head_count) {
        return false;
    }
    for (size_t i = 0; i < walked->head_count; i++) {
        if (!has_head(held, &walked->heads[i])) {
            return false;
        }
    }
    return true;
}

/* What the record of a grant says of its log; ASSAY_E_NOT_FOUND where there is
 * no such record or it grants nothing. */
static enum assay_err expect_log(struct store_view *view, uint64_t log_lsn,
                                 struct store_log *log_out)
{
    struct store_row row;
    struct store_log above;
    uint64_t above_lsn = 0;
    enum assay_err err = store_view_by_lsn(view, log_lsn, &row);

    if (err != ASSAY_OK) {
        return err;
    }
    if (row.record.payload.kind == ASSAY_KIND_FOUND) {
        store_place_root(&row.record, log_lsn, &row.record.id, log_out);
        return ASSAY_OK;
    }
    err = store_lsn_of(view, &row.record.payload.auth, &above_lsn);
    if (err == ASSAY_OK) {
        err = store_frontier_get(view, above_lsn, &above);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    if (row.record.payload.kind == ASSAY_KIND_ROTATE) {
        store_place_root(&row.record, log_lsn, &above.team, log_out);
        return ASSAY_OK;
    }
    return store_place_grants(&row.record, log_lsn, &above, log_out)
               ? ASSAY_OK
               : ASSAY_E_NOT_FOUND;
}

enum assay_err store_check_grants(struct store_checking *checking,
                                  const struct store_row *row)
{
    const uint64_t kind = row->record.payload.kind;
    struct store_log log;
    enum assay_err err;

    if (!assay_kind_is_root(kind) && kind != ASSAY_KIND_MEMBER) {
        return ASSAY_OK;
    }
    err = expect_log(checking->view, row->lsn, &log);
    if (err == ASSAY_OK) {
        err = store_frontier_get(checking->view, row->lsn, &log);
        if (err == ASSAY_E_NOT_FOUND) {
            store_check_say(checking, row->lsn,
                            "the log that it grants is not in the index "
                            "frontier");
        }
    }
    /* What else is wrong with its path is told where the log is. */
    return err == ASSAY_E_NOT_FOUND || err == ASSAY_E_CORRUPT ? ASSAY_OK : err;
}

/* Who speaks in a log: what its grant says, since this is what a batch asks
 * before it takes a record. */
static enum assay_err check_grant(struct store_checking *checking,
                                  const struct store_log *held)
{
    struct store_log want;
    enum assay_err err = expect_log(checking->view, held->log_lsn, &want);

    if (err == ASSAY_E_NOT_FOUND || err == ASSAY_E_CORRUPT) {
        store_check_say(checking, held->log_lsn, "its log has no grant");
        return ASSAY_OK;
    }
    if (err == ASSAY_OK &&
        (!assay_id_equal(&want.grant, &held->grant) ||
         !assay_id_equal(&want.team, &held->team) ||
         !assay_key_equal(&want.key, &held->key) || want.role != held->role ||
         want.signoffs != held->signoffs || want.is_root != held->is_root)) {
        store_check_say(checking, held->log_lsn,
                        "its log is not what its grant says");
    }
    return err;
}

/* One log: its heads and count are those that its records give. */
static enum assay_err check_frontier_row(struct store_checking *checking,
                                         const struct store_log *held)
{
    struct store_log walked = *held;
    enum assay_err err = store_log_rewind(checking->view, &walked);

    if (err != ASSAY_OK) {
        store_check_say(checking, held->log_lsn,
                        "the records of its log cannot be walked: %s",
                        assay_err_phrase(err));
        return err == ASSAY_E_IO || err == ASSAY_E_NOMEM ? err : ASSAY_OK;
    }
    if (!is_same_heads(&walked, held)) {
        store_check_say(checking, held->log_lsn,
                        "the heads of its log are not those of its records");
    }
    return ASSAY_OK;
}

enum assay_err store_check_frontier(struct store_checking *checking)
{
    struct store_log log;
    uint64_t after = 0;
    enum assay_err err = ASSAY_OK;

    while (err == ASSAY_OK) {
        err = store_log_next(checking->view, &after, &log);
        if (err == ASSAY_E_CORRUPT) {
            store_check_say(checking, after + 1,
                            "a row of the index frontier cannot be read");
        }
        if (err == ASSAY_OK) {
            checking->counted.logs++;
            checking->report.index_entries++;
            err = check_grant(checking, &log);
        }
        if (err == ASSAY_OK) {
            err = check_frontier_row(checking, &log);
        }
    }
    return err == ASSAY_E_NOT_FOUND || err == ASSAY_E_CORRUPT ? ASSAY_OK : err;
}
