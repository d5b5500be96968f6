/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records to send. A log's number is smaller than those of the logs whose
 * grants are in it, and in order of arrival everything stands behind what it
 * names: either way prev and auth come first.
 */
#include "check.h"
#include "reconcile_internal.h"

#include <stdlib.h>

/* Jobs begin with room for this many. */
#define ROOM_FIRST 64

/* With fewer jobs than this, and unless a row in this many is wanted, going
 * log by log reads less than passing through all rows. */
#define SCAN_JOBS_MIN 16
#define SCAN_SHARE 4

/* Jobs whose rows are looked up to see where a scan is to begin and end; with
 * more of them, it goes from one end to the other. */
#define LOOKUPS_MAX 4096

/* Records that go to a log which has no room for more heads: what extends or
 * heals those that it has. */
#define FULL_LOG_MAX 256

enum assay_err assay_reconcile_send_add(struct assay_reconcile_send *send,
                                        const struct assay_reconcile_job *job)
{
    if (send->count == send->room) {
        size_t room = send->room == 0 ? ROOM_FIRST : send->room * 2;
        struct assay_reconcile_job *jobs =
            realloc(send->jobs, room * sizeof(*jobs));

        if (jobs == NULL) {
            return ASSAY_E_NOMEM;
        }
        send->jobs = jobs;
        send->room = room;
    }
    send->jobs[send->count++] = *job;
    return ASSAY_OK;
}

static int compare_jobs(const void *left, const void *right)
{
    const struct assay_reconcile_job *a = left;
    const struct assay_reconcile_job *b = right;

    return (a->number > b->number) - (a->number < b->number);
}

void assay_reconcile_send_clear(struct assay_reconcile_send *send)
{
    assay_lacking_clear(&send->lacking);
    free(send->jobs);
    *send = (struct assay_reconcile_send){.jobs = NULL};
}

/* Moves to the next job of the pass. */
static void end_job(struct assay_reconcile_send *send)
{
    assay_lacking_clear(&send->lacking);
    send->is_open = false;
    send->fork_sent = 0;
    send->at++;
    send->seq = 0;
    send->lsn = 0;
}

/* What a pass comes to, as far as that can be told without reading it. */
struct extent {
    uint64_t wanted; /* Records. */
    uint64_t first;  /* Rows. */
    uint64_t last;
};

/* The row of a log at a seq, if there is one, is in the extent. */
static enum assay_err include_row(struct extent *extent,
                                  const struct assay_sync_view *view,
                                  uint64_t log_number, uint64_t seq)
{
    struct assay_sync_item item;
    enum assay_err err =
        view->next_in_log(view->context, log_number, seq, 0, &item);

    if (err == ASSAY_OK) {
        extent->first = item.lsn < extent->first ? item.lsn : extent->first;
        extent->last = item.lsn > extent->last ? item.lsn : extent->last;
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum assay_err measure_job(struct extent *extent,
                                  const struct assay_sync_view *view,
                                  const struct assay_reconcile_job *job)
{
    enum assay_err err = ASSAY_OK;

    if (job->until == UINT64_MAX) {
        uint64_t number = job->number - 1;
        struct assay_sync_log log;

        err = view->next_log(view->context, &number, &log);
        extent->wanted += err == ASSAY_OK ? log.record_count : 0;
        extent->last = UINT64_MAX;
    } else {
        extent->wanted += job->until + 1 - job->from;
        err = include_row(extent, view, job->number, job->until);
    }
    return err == ASSAY_OK ? include_row(extent, view, job->number, job->from)
                           : err;
}

/* Passes through all rows if that reads less. Only ends of logs can be told
 * from a row alone, so that forks go log by log. */
static enum assay_err choose_order(struct assay_reconcile *reconcile,
                                   const struct assay_sync_view *view)
{
    struct assay_reconcile_send *send = &reconcile->slice->send;
    struct extent extent = {.first = UINT64_MAX};
    size_t count = send->end - send->at;
    uint64_t rows = reconcile->root.record_count;

    send->is_scan = false;
    for (size_t i = send->at; i < send->end; i++) {
        if (send->jobs[i].from == 0) {
            return ASSAY_OK;
        }
    }
    if (count < SCAN_JOBS_MIN) {
        return ASSAY_OK;
    }
    if (count > LOOKUPS_MAX) {
        /* A log's number is not above its rows'. */
        extent = (struct extent){rows, send->jobs[send->at].number, UINT64_MAX};
    }
    for (size_t i = send->at; i < send->end && count <= LOOKUPS_MAX; i++) {
        enum assay_err err = measure_job(&extent, view, &send->jobs[i]);

        if (err != ASSAY_OK) {
            return err;
        }
    }
    rows = rows > extent.first ? rows - extent.first : 0;
    if (extent.first != UINT64_MAX && extent.wanted >= rows / SCAN_SHARE) {
        send->is_scan = true;
        send->lsn = extent.first - 1;
        send->last = extent.last;
    }
    return ASSAY_OK;
}

static enum assay_err begin_pass(struct assay_reconcile *reconcile,
                                 const struct assay_sync_view *view)
{
    struct assay_reconcile_send *send = &reconcile->slice->send;

    send->end = send->count;
    send->seq = 0;
    send->lsn = 0;
    qsort(send->jobs + send->at, send->end - send->at, sizeof(*send->jobs),
          compare_jobs);
    return choose_order(reconcile, view);
}

static const struct assay_reconcile_job *
job_of(const struct assay_reconcile_send *send, uint64_t number)
{
    struct assay_reconcile_job wanted = {.number = number};

    return bsearch(&wanted, send->jobs + send->at, send->end - send->at,
                   sizeof(wanted), compare_jobs);
}

static enum assay_err next_in_scan(struct assay_reconcile_send *send,
                                   const struct assay_sync_view *view,
                                   size_t *steps,
                                   struct assay_sync_item *item_out)
{
    while (*steps > 0) {
        const struct assay_reconcile_job *job;
        enum assay_err err = view->next_row(view->context, send->lsn, item_out);

        if (err != ASSAY_OK) {
            return err;
        }
        job = job_of(send, item_out->log_number);
        if (job != NULL && item_out->seq >= job->from) {
            return ASSAY_OK;
        }
        send->lsn = item_out->lsn;
        --*steps;
    }
    return ASSAY_E_BUSY;
}

static enum assay_err next_of_fork(struct assay_reconcile_send *send,
                                   const struct assay_sync_view *view,
                                   size_t *steps,
                                   struct assay_sync_item *item_out)
{
    const struct assay_reconcile_fork *fork = send->jobs[send->at].fork;
    enum assay_err err = ASSAY_OK;

    if (fork->is_full && send->fork_sent >= FULL_LOG_MAX) {
        send->has_left = true;
        return ASSAY_E_NOT_FOUND;
    }
    if (!send->is_open) {
        struct assay_lacking_ask ask = {
            .log_number = fork->number,
            .heads = fork->own,
            .head_count = fork->own_heads,
            .held = &fork->held,
            .last_seq = fork->last_seq,
        };

        err = assay_lacking_init(&send->lacking, view, &ask);
        send->is_open = err == ASSAY_OK;
    }
    return err == ASSAY_OK
               ? assay_lacking_next(&send->lacking, view, steps, item_out)
               : err;
}

static enum assay_err next_in_log(struct assay_reconcile *reconcile,
                                  const struct assay_sync_view *view,
                                  size_t *steps,
                                  struct assay_sync_item *item_out)
{
    struct assay_reconcile_send *send = &reconcile->slice->send;
    const struct assay_reconcile_job *job = &send->jobs[send->at];
    enum assay_err err;

    if (job->from == 0) {
        err = next_of_fork(send, view, steps, item_out);
        if (err == ASSAY_E_LIMIT) {
            reconcile->stats.left_count++;
            send->has_left = true;
            err = ASSAY_E_NOT_FOUND;
        }
        return err;
    }
    if (send->seq == 0) {
        send->seq = job->from;
    }
    err = view->next_in_log(view->context, job->number, send->seq, send->lsn,
                            item_out);
    if (err == ASSAY_OK && item_out->seq > job->until) {
        err = ASSAY_E_NOT_FOUND;
    }
    return err;
}

enum assay_err assay_reconcile_send_next(struct assay_reconcile *reconcile,
                                         const struct assay_sync_view *view,
                                         struct assay_sync_item *item_out)
{
    struct assay_reconcile_send *send = &reconcile->slice->send;
    size_t steps = ASSAY_RECONCILE_STEPS_MAX;
    enum assay_err err = ASSAY_OK;

    /* A pass waits for what is being said about forks, so that it has them in
     * their places. */
    while (send->at < send->count) {
        if (send->at == send->end) {
            if (assay_reconcile_forks_are_open(reconcile->slice)) {
                return ASSAY_E_NOT_FOUND;
            }
            err = begin_pass(reconcile, view);
            if (err != ASSAY_OK) {
                return err;
            }
        }
        err = send->is_scan ? next_in_scan(send, view, &steps, item_out)
                            : next_in_log(reconcile, view, &steps, item_out);
        if (err == ASSAY_OK) {
            send->current = *item_out;
        }
        if (err != ASSAY_E_NOT_FOUND) {
            return err;
        }
        if (send->is_scan) {
            send->at = send->end - 1;
        }
        end_job(send);
        if (steps == 0) {
            return ASSAY_E_BUSY;
        }
        steps--;
    }
    return ASSAY_E_NOT_FOUND;
}

void assay_reconcile_send_advance(struct assay_reconcile_send *send)
{
    send->sent_count++;
    if (!send->is_scan && send->jobs[send->at].from == 0) {
        send->fork_sent++;
        assay_lacking_advance(&send->lacking);
        return;
    }
    send->seq = send->current.seq;
    send->lsn = send->current.lsn;
    if (!send->is_scan && send->jobs[send->at].until != UINT64_MAX) {
        /* Of a chain, the first record at each seq: others came later. */
        send->seq++;
        send->lsn = 0;
    }
}
