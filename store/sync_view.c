/* SPDX-License-Identifier: Apache-2.0 */
#include "sync_view.h"

#include <stdlib.h>

#include "endings.h"
#include "internal.h"
#include "rows.h"
#include "standing_log.h"

/* Logs of which is remembered what stands; beyond, it is found anew. */
#define KNOWN_MAX 32

/* What stands of a log. */
struct known {
    uint64_t number; /* 0: nothing is known. */
    enum store_extent extent;
    uint64_t last_seq;     /* Of what stands; UINT64_MAX where all does. */
    struct store_log *log; /* Where it is cut: with the heads that stand. */
};

struct store_sync_view {
    struct store_view *view;
    struct assay_sync_view face;
    struct known known[KNOWN_MAX]; /* By the number modulo KNOWN_MAX. */
};

static struct known *place_of(struct store_sync_view *sync, uint64_t number)
{
    return &sync->known[number % KNOWN_MAX];
}

/* Remembers what stands of a log. */
static enum assay_err note(struct store_sync_view *sync,
                           const struct store_log *log,
                           enum store_extent extent)
{
    struct known *known = place_of(sync, log->log_lsn);
    struct store_log *copy = known->log;

    if (extent == STORE_LOG_CUT) {
        copy = copy == NULL ? malloc(sizeof(*copy)) : copy;
        if (copy == NULL) {
            return ASSAY_E_NOMEM;
        }
        *copy = *log;
    }
    *known = (struct known){log->log_lsn, extent,
                            extent == STORE_LOG_WHOLE ? UINT64_MAX : 0, copy};
    for (size_t i = 0; i < log->head_count; i++) {
        known->last_seq = log->heads[i].seq > known->last_seq
                              ? log->heads[i].seq
                              : known->last_seq;
    }
    return ASSAY_OK;
}

/* Takes a log as stored to what stands of it. */
static enum assay_err judge(struct store_sync_view *sync, struct store_log *log)
{
    enum store_extent extent = STORE_LOG_WHOLE;
    enum assay_err err = ASSAY_OK;

    if (store_endings_concern(sync->view->ledger->endings, &log->grant,
                              &log->team)) {
        err = store_standing_log(sync->view, log, &extent);
    }
    return err == ASSAY_OK ? note(sync, log, extent) : err;
}

static enum assay_err show_log(struct store_sync_view *sync,
                               struct store_log *log,
                               struct assay_sync_log *log_out)
{
    enum assay_err err = judge(sync, log);

    if (err != ASSAY_OK) {
        return err;
    }
    log_out->number = log->log_lsn;
    log_out->grant = log->grant;
    log_out->team = log->team;
    log_out->is_root = log->is_root;
    log_out->record_count = log->record_count;
    log_out->head_count = log->head_count;
    for (size_t i = 0; i < log->head_count; i++) {
        log_out->heads[i].id = log->heads[i].id;
        log_out->heads[i].seq = log->heads[i].seq;
    }
    return ASSAY_OK;
}

static enum assay_err next_log(void *context, uint64_t *number,
                               struct assay_sync_log *log_out)
{
    struct store_sync_view *sync = context;
    struct store_log log;
    uint64_t at = *number;
    enum assay_err err = store_log_next(sync->view, &at, &log);

    if (err == ASSAY_OK) {
        err = show_log(sync, &log, log_out);
    }
    if (err == ASSAY_OK) {
        *number = at;
    }
    return err;
}

static enum assay_err find_log(void *context, const struct assay_id *grant,
                               struct assay_sync_log *log_out)
{
    struct store_sync_view *sync = context;
    struct store_log log;
    enum assay_err err = store_log_find(sync->view, grant, &log);

    return err == ASSAY_OK ? show_log(sync, &log, log_out) : err;
}

/* What stands of the log with that number. */
static enum assay_err recall(struct store_sync_view *sync, uint64_t number,
                             struct known *known_out)
{
    struct store_log log;
    uint64_t at = number - 1;
    enum assay_err err = ASSAY_OK;

    if (store_endings_are_empty(sync->view->ledger->endings)) {
        *known_out = (struct known){number, STORE_LOG_WHOLE, UINT64_MAX, NULL};
        return ASSAY_OK;
    }
    if (place_of(sync, number)->number != number) {
        err = store_log_next(sync->view, &at, &log);
        if (err == ASSAY_E_NOT_FOUND || (err == ASSAY_OK && at != number)) {
            err = ASSAY_E_CORRUPT;
        }
        if (err == ASSAY_OK) {
            err = judge(sync, &log);
        }
    }
    if (err == ASSAY_OK) {
        *known_out = *place_of(sync, number);
    }
    return err;
}

/* Whether a row is part of its log, as peers see it. */
static enum assay_err is_part(struct store_sync_view *sync,
                              const struct store_row *row,
                              const struct known *known, bool *out)
{
    if (known->extent == STORE_LOG_CUT &&
        row->record.payload.seq <= known->last_seq) {
        return store_standing_row(sync->view, known->log, row, out);
    }
    *out = known->extent == STORE_LOG_WHOLE;
    return ASSAY_OK;
}

static void show_row(const struct store_row *row, bool is_part,
                     struct assay_sync_item *item_out)
{
    *item_out = (struct assay_sync_item){
        .lsn = row->lsn,
        .id = row->record.id,
        .log_number = is_part ? row->log_lsn : 0,
        .seq = row->record.payload.seq,
        .envelope = row->record.envelope,
        .body = row->record.body,
    };
}

static enum assay_err next_in_log(void *context, uint64_t log_number,
                                  uint64_t seq, uint64_t lsn,
                                  struct assay_sync_item *item_out)
{
    struct store_sync_view *sync = context;
    struct store_log_cursor at = {seq, lsn};
    struct store_row row;
    struct known known;
    enum assay_err err = recall(sync, log_number, &known);

    for (;;) {
        bool is_shown = false;

        if (err == ASSAY_OK) {
            err = store_log_next_row(sync->view, log_number, &at, &row);
        }
        if (err == ASSAY_OK && at.seq > known.last_seq) {
            err = ASSAY_E_NOT_FOUND;
        }
        if (err == ASSAY_OK) {
            err = is_part(sync, &row, &known, &is_shown);
        }
        if (err != ASSAY_OK) {
            return err;
        }
        if (is_shown) {
            show_row(&row, true, item_out);
            return ASSAY_OK;
        }
    }
}

static enum assay_err show(struct store_sync_view *sync,
                           const struct store_row *row,
                           struct assay_sync_item *item_out)
{
    struct known known;
    bool is_shown = false;
    enum assay_err err = recall(sync, row->log_lsn, &known);

    if (err == ASSAY_OK) {
        err = is_part(sync, row, &known, &is_shown);
    }
    if (err == ASSAY_OK) {
        show_row(row, is_shown, item_out);
    }
    return err;
}

static enum assay_err next_row(void *context, uint64_t lsn,
                               struct assay_sync_item *item_out)
{
    struct store_sync_view *sync = context;
    struct store_row row;
    enum assay_err err = store_view_next(sync->view, lsn, &row);

    return err == ASSAY_OK ? show(sync, &row, item_out) : err;
}

static enum assay_err find(void *context, const struct assay_id *id,
                           struct assay_sync_item *item_out)
{
    struct store_sync_view *sync = context;
    struct store_row row;
    enum assay_err err = store_view_by_id(sync->view, id, &row);

    return err == ASSAY_OK ? show(sync, &row, item_out) : err;
}

enum assay_err store_sync_view_begin(struct store_ledger *ledger,
                                     struct store_sync_view **view_out)
{
    struct store_sync_view *sync = calloc(1, sizeof(*sync));
    enum assay_err err;

    if (sync == NULL) {
        return ASSAY_E_NOMEM;
    }
    err = store_view_begin(ledger, STORE_NOW, &sync->view);
    if (err == ASSAY_OK) {
        err = store_endings_update(ledger->endings, sync->view);
    }
    if (err != ASSAY_OK) {
        store_sync_view_end(sync);
        return err;
    }
    sync->face = (struct assay_sync_view){sync,        next_log, find_log,
                                          next_in_log, next_row, find};
    *view_out = sync;
    return ASSAY_OK;
}

const struct assay_sync_view *
store_sync_view_of(const struct store_sync_view *view)
{
    return &view->face;
}

void store_sync_view_end(struct store_sync_view *view)
{
    if (view == NULL) {
        return;
    }
    for (size_t i = 0; i < KNOWN_MAX; i++) {
        free(view->known[i].log);
    }
    store_view_end(view->view);
    free(view);
}
