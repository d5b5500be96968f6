/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include "entry.h"
#include "frontier.h"
#include "protocol/check.h"
#include "protocol/key.h"
#include "rows.h"

#include <stdlib.h>

static enum assay_err get_log(struct store_view *view, uint64_t log_lsn,
                              struct store_log *log_out)
{
    enum assay_err err;

    if (log_lsn > view->last_lsn) {
        return ASSAY_E_NOT_FOUND;
    }
    err = store_frontier_get(view, log_lsn, log_out);
    if (err == ASSAY_OK && view->as_of_s != STORE_NOW) {
        err = store_log_rewind(view, log_out);
    }
    return err;
}

enum assay_err store_log_find(struct store_view *view,
                              const struct assay_id *grant,
                              struct store_log *log_out)
{
    uint64_t lsn = 0;
    enum assay_err err = store_lsn_of(view, grant, &lsn);

    return err == ASSAY_OK ? get_log(view, lsn, log_out) : err;
}

enum assay_err store_log_next(struct store_view *view, uint64_t *after_log_lsn,
                              struct store_log *log_out)
{
    uint64_t from = *after_log_lsn + 1;
    MDB_val key = store_val(&from, sizeof(from));
    MDB_cursor *cursor = NULL;
    uint64_t log_lsn = 0;
    int code = mdb_cursor_open(view->txn, view->ledger->tables[STORE_FRONTIER],
                               &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, NULL, MDB_SET_RANGE);
    }
    if (code == 0) {
        memcpy(&log_lsn, key.mv_data, sizeof(log_lsn));
    }
    mdb_cursor_close(cursor);
    enum assay_err err = store_err_from_mdb(code);
    if (err == ASSAY_OK) {
        err = get_log(view, log_lsn, log_out);
    }
    if (err == ASSAY_OK) {
        *after_log_lsn = log_lsn;
    }
    return err;
}

static enum assay_err first_entry(struct store_view *view,
                                  const struct store_log_query *query,
                                  uint64_t lsn, struct store_entry *entry_out)
{
    uint64_t team_lsn = 0;
    enum assay_err err = ASSAY_OK;

    if (query->key != NULL) {
        store_entry_of_hash(STORE_TAG_KEY, query->key->bytes, lsn, entry_out);
        return ASSAY_OK;
    }
    ASSAY_CHECK(query->team != NULL);
    err = store_lsn_of(view, query->team, &team_lsn);
    store_entry_of_team(STORE_TAG_GRANTS, team_lsn, lsn, entry_out);
    return err;
}

static bool is_meant(const struct store_log_query *query,
                     const struct store_log *log)
{
    return (query->key == NULL || assay_key_equal(query->key, &log->key)) &&
           (query->team == NULL || assay_id_equal(query->team, &log->team));
}

enum assay_err store_log_next_of(struct store_view *view,
                                 const struct store_log_query *query,
                                 uint64_t *after_log_lsn,
                                 struct store_log *log_out)
{
    struct store_entry entry;
    struct store_log log;
    enum assay_err err = first_entry(view, query, *after_log_lsn + 1, &entry);

    while (err == ASSAY_OK) {
        err = store_index_seek(view, &entry);
        if (err != ASSAY_OK) {
            break;
        }
        err = get_log(view, store_entry_lsn(&entry), &log);
        if (err == ASSAY_OK && is_meant(query, &log)) {
            *after_log_lsn = log.log_lsn;
            *log_out = log;
            return ASSAY_OK;
        }
        /* A grant that is out of place opens no log. */
        err = err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        store_entry_step(&entry);
    }
    return err;
}

/* The LSN behind the cursor; moves it. Rows beyond the view are passed. */
static enum assay_err next_in_log(struct store_view *view, uint64_t log_lsn,
                                  struct store_log_cursor *at)
{
    struct store_entry entry;
    enum assay_err err;

    store_entry_log(log_lsn, at->seq, at->lsn + 1, &entry);
    err = store_index_seek(view, &entry);
    while (err == ASSAY_OK && store_entry_lsn(&entry) > view->last_lsn) {
        store_entry_step(&entry);
        err = store_index_seek(view, &entry);
    }
    if (err == ASSAY_OK) {
        at->seq = store_entry_seq(&entry);
        at->lsn = store_entry_lsn(&entry);
    }
    return err;
}

enum assay_err store_log_next_row(struct store_view *view, uint64_t log_lsn,
                                  struct store_log_cursor *cursor,
                                  struct store_row *row_out)
{
    struct store_log_cursor next = *cursor;
    enum assay_err err = next_in_log(view, log_lsn, &next);

    if (err == ASSAY_OK) {
        err = store_view_by_lsn(view, next.lsn, row_out);
        err = err == ASSAY_E_NOT_FOUND ? ASSAY_E_CORRUPT : err;
    }
    if (err == ASSAY_OK) {
        *cursor = next;
    }
    return err;
}

/* LSNs of a log's records. */
struct lsns {
    uint64_t *items;
    size_t count;
    size_t cap;
};

static enum assay_err add_lsn(struct lsns *lsns, uint64_t lsn)
{
    if (lsns->count == lsns->cap) {
        size_t cap = lsns->cap * 2 + 64;
        uint64_t *grown = realloc(lsns->items, cap * sizeof(*grown));

        if (grown == NULL) {
            return ASSAY_E_NOMEM;
        }
        lsns->items = grown;
        lsns->cap = cap;
    }
    lsns->items[lsns->count++] = lsn;
    return ASSAY_OK;
}

static int compare_lsns(const void *a, const void *b)
{
    const uint64_t *first = a;
    const uint64_t *second = b;

    return (*first > *second) - (*first < *second);
}

static enum assay_err list_lsns(struct store_view *view, uint64_t log_lsn,
                                struct lsns *lsns)
{
    struct store_log_cursor at = {0, 0};
    enum assay_err err = ASSAY_OK;

    while (err == ASSAY_OK) {
        err = next_in_log(view, log_lsn, &at);
        if (err == ASSAY_OK) {
            err = add_lsn(lsns, at.lsn);
        }
    }
    if (err == ASSAY_E_NOT_FOUND && lsns->count > 0) {
        qsort(lsns->items, lsns->count, sizeof(*lsns->items), compare_lsns);
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

enum assay_err store_log_rewind(struct store_view *view, struct store_log *log)
{
    struct lsns lsns = {NULL, 0, 0};
    struct store_log walked = *log;
    struct store_row row;
    enum assay_err err = list_lsns(view, log->log_lsn, &lsns);

    walked.head_count = 0;
    walked.record_count = 0;
    walked.is_frozen = false;
    for (size_t i = 0; i < lsns.count && err == ASSAY_OK; i++) {
        err = store_view_by_lsn(view, lsns.items[i], &row);
        if (err == ASSAY_OK) {
            err = store_frontier_extend(&walked, &row.record, row.lsn);
        }
    }
    free(lsns.items);
    if (err == ASSAY_OK) {
        *log = walked;
    }
    /* It was taken in this order, so it can be walked in it. */
    return err == ASSAY_E_NOT_FOUND || err == ASSAY_E_FROZEN ? ASSAY_E_CORRUPT
                                                             : err;
}
