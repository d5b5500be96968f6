/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs with forks: three heads messages a log, after which each side knows
 * which of its own and of the other's points both hold.
 */
#include "check.h"
#include "reconcile_internal.h"

#include <stdlib.h>

void assay_reconcile_forks_note(struct assay_reconcile_slice *slice,
                                size_t index)
{
    bool is_root = slice->part.logs[index].is_root;
    size_t at = is_root ? slice->forked_roots : slice->forked_count;

    if (slice->forked_count == ASSAY_RECONCILE_FORKS_MAX) {
        slice->send.has_left = true;
        if (!is_root || slice->forked_roots == ASSAY_RECONCILE_FORKS_MAX) {
            return;
        }
        slice->forked_count--;
    }
    /* The logs of roots come first: the others need the grants in them. */
    memmove(slice->forked + at + 1, slice->forked + at,
            (slice->forked_count - at) * sizeof(slice->forked[0]));
    slice->forked[at] = index;
    slice->forked_count++;
    slice->forked_roots += is_root ? 1U : 0U;
}

static struct assay_reconcile_fork *
find_fork(const struct assay_reconcile_slice *slice, uint64_t log_key)
{
    for (size_t i = 0; i < slice->fork_count; i++) {
        if (slice->forks[i]->log_key == log_key) {
            return slice->forks[i];
        }
    }
    return NULL;
}

static struct assay_reconcile_fork *
add_fork(struct assay_reconcile_slice *slice, uint64_t log_key)
{
    struct assay_reconcile_fork *fork = calloc(1, sizeof(*fork));

    if (fork != NULL) {
        fork->log_key = log_key;
        slice->forks[slice->fork_count++] = fork;
    }
    return fork;
}

enum assay_err assay_reconcile_forks_begin(struct assay_reconcile *reconcile)
{
    struct assay_reconcile_slice *slice = reconcile->slice;

    for (size_t i = 0; i < slice->forked_count; i++) {
        const struct assay_frontier_log *log =
            &slice->part.logs[slice->forked[i]];
        struct assay_reconcile_fork *fork;

        if (find_fork(slice, log->key) != NULL) {
            continue;
        }
        fork = add_fork(slice, log->key);
        if (fork == NULL) {
            return ASSAY_E_NOMEM;
        }
        fork->stage = FORK_ASK;
        fork->number = log->number;
        fork->is_plain = log->is_plain;
        fork->seq = log->seq;
        reconcile->stats.fork_count++;
    }
    return ASSAY_OK;
}

/* Which of their points are records of this log here. */
static enum assay_err look_up(struct assay_reconcile_fork *fork,
                              const struct assay_sync_view *view,
                              const struct assay_msg_heads *heads)
{
    fork->last_seq = heads->last_seq;
    fork->is_full = heads->head_count == ASSAY_HEADS_MAX;
    fork->their_count = heads->points.len / ASSAY_ID_SIZE;
    for (size_t i = 0; i < fork->their_count; i++) {
        struct assay_sync_item item;
        struct assay_id id;

        memcpy(id.hash, heads->points.data + i * ASSAY_ID_SIZE, sizeof(id));
        enum assay_err err = view->find(view->context, &id, &item);

        if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
            return err;
        }
        if (err == ASSAY_OK && item.log_number == fork->number) {
            assay_held_add(&fork->held, item.lsn, item.seq);
        }
        /* What fell here is held, but shows nothing of what stands. */
        if (err == ASSAY_OK &&
            (item.log_number == fork->number || item.log_number == 0)) {
            fork->theirs[i / 8] |= (uint8_t)(1U << i % 8);
        }
    }
    return ASSAY_OK;
}

/* Which of our points they say that they hold. */
static enum assay_err take_held(struct assay_reconcile_fork *fork,
                                const struct assay_sync_view *view,
                                struct assay_bytes held)
{
    for (size_t i = 0; i < fork->own_count; i++) {
        struct assay_sync_item item;

        if (!assay_sync_bit(held, i)) {
            continue;
        }
        enum assay_err err =
            view->next_row(view->context, fork->own[i] - 1, &item);

        if (err != ASSAY_OK || item.lsn != fork->own[i]) {
            return err == ASSAY_OK ? ASSAY_E_CORRUPT : err;
        }
        assay_held_add(&fork->held, item.lsn, item.seq);
    }
    return ASSAY_OK;
}

/* All is said about it: what they lack can be sent. */
static enum assay_err add_job(struct assay_reconcile_slice *slice,
                              const struct assay_reconcile_fork *fork)
{
    struct assay_reconcile_job job = {
        .number = fork->number,
        .until = fork->is_plain ? fork->seq : UINT64_MAX,
        .fork = fork,
    };

    if (fork->number == 0) {
        return ASSAY_OK;
    }
    if (fork->is_plain) {
        job.from = fork->held.seq + 1;
    } else if (fork->last_seq == 0) {
        job.from = 1;
    }
    return assay_reconcile_send_add(&slice->send, &job);
}

static enum assay_err feed_ask(struct assay_reconcile *reconcile,
                               const struct assay_sync_view *view,
                               const struct assay_msg_heads *heads)
{
    struct assay_reconcile_slice *slice = reconcile->slice;
    const struct assay_frontier *part = &slice->part;
    uint64_t place =
        assay_frontier_place(part, slice->bucket_bits, heads->log_key);
    struct assay_reconcile_fork *fork;

    /* PROTOCOL 4.6: "A side MUST NOT ask about more than 64 logs in a slice,
     * nor about one that the other asked about." */
    if (slice->asked_count == ASSAY_RECONCILE_FORKS_MAX) {
        return ASSAY_E_LIMIT;
    }
    slice->asked_count++;
    fork = add_fork(slice, heads->log_key);
    if (fork == NULL) {
        return ASSAY_E_NOMEM;
    }
    fork->stage = FORK_ANSWER;
    for (size_t i = assay_frontier_find(part, slice->bucket_bits, place);
         i < part->count && part->logs[i].key <= heads->log_key; i++) {
        if (part->logs[i].key == heads->log_key) {
            fork->number = part->logs[i].number;
            fork->is_plain = part->logs[i].is_plain;
            fork->seq = part->logs[i].seq;
        }
    }
    return look_up(fork, view, heads);
}

enum assay_err assay_reconcile_forks_feed(struct assay_reconcile *reconcile,
                                          const struct assay_sync_view *view,
                                          const struct assay_msg_heads *heads)
{
    struct assay_reconcile_slice *slice = reconcile->slice;
    struct assay_reconcile_fork *fork = find_fork(slice, heads->log_key);
    enum assay_err err = ASSAY_OK;

    if (heads->stage == ASSAY_HEADS_ASK) {
        return fork == NULL ? feed_ask(reconcile, view, heads)
                            : assay_reconcile_out_of_turn(reconcile);
    }
    if (fork == NULL ||
        fork->stage !=
            (heads->stage == ASSAY_HEADS_ANSWER ? FORK_ASKED : FORK_ANSWERED)) {
        return assay_reconcile_out_of_turn(reconcile);
    }
    if (heads->stage == ASSAY_HEADS_ANSWER) {
        err = look_up(fork, view, heads);
    }
    if (err == ASSAY_OK) {
        err = take_held(fork, view, heads->held);
    }
    if (err == ASSAY_OK) {
        err = add_job(slice, fork);
    }
    if (err == ASSAY_OK) {
        fork->stage =
            heads->stage == ASSAY_HEADS_ANSWER ? FORK_CLOSE : FORK_KNOWN;
    }
    return err;
}

/* Takes our points of a log, to be shown. */
static enum assay_err show_points(struct assay_reconcile_fork *fork,
                                  const struct assay_sync_view *view,
                                  struct assay_points *points)
{
    uint64_t number = fork->number - 1;
    struct assay_sync_log log;
    enum assay_err err;

    points->count = 0;
    points->head_count = 0;
    points->last_seq = 0;
    if (fork->number == 0) {
        return ASSAY_OK;
    }
    err = view->next_log(view->context, &number, &log);
    if (err == ASSAY_OK && number == fork->number) {
        err = assay_points_take(view, &log, points);
    } else if (err == ASSAY_OK || err == ASSAY_E_NOT_FOUND) {
        err = ASSAY_E_CORRUPT;
    }
    if (err == ASSAY_OK) {
        memcpy(fork->own, points->lsns, points->count * sizeof(fork->own[0]));
        fork->own_count = points->count;
        fork->own_heads = points->head_count;
    }
    return err;
}

static enum assay_err write_heads(struct assay_reconcile *reconcile,
                                  const struct assay_sync_view *view,
                                  struct assay_reconcile_fork *fork,
                                  struct assay_cbor_writer *writer)
{
    struct assay_points points = {.count = 0};
    struct assay_msg_heads heads = {
        .round = reconcile->round,
        .log_key = fork->log_key,
        .held = {fork->theirs, (fork->their_count + 7) / 8},
    };
    enum assay_err err = ASSAY_OK;

    if (fork->stage != FORK_CLOSE) {
        err = show_points(fork, view, &points);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    heads.last_seq = points.last_seq;
    heads.head_count = points.head_count;
    heads.points =
        (struct assay_bytes){points.ids[0].hash, points.count * ASSAY_ID_SIZE};
    if (fork->stage == FORK_ASK) {
        heads.stage = ASSAY_HEADS_ASK;
        fork->stage = FORK_ASKED;
    } else if (fork->stage == FORK_ANSWER) {
        heads.stage = ASSAY_HEADS_ANSWER;
        fork->stage = FORK_ANSWERED;
    } else {
        heads.stage = ASSAY_HEADS_CLOSE;
        fork->stage = FORK_KNOWN;
    }
    assay_msg_heads_write(&heads, writer);
    return ASSAY_OK;
}

enum assay_err assay_reconcile_forks_produce(struct assay_reconcile *reconcile,
                                             const struct assay_sync_view *view,
                                             struct assay_cbor_writer *writer)
{
    struct assay_reconcile_slice *slice = reconcile->slice;

    for (size_t i = 0; i < slice->fork_count; i++) {
        enum assay_fork_stage stage = slice->forks[i]->stage;

        if (stage == FORK_ASK || stage == FORK_ANSWER || stage == FORK_CLOSE) {
            return write_heads(reconcile, view, slice->forks[i], writer);
        }
    }
    return ASSAY_E_NOT_FOUND;
}

bool assay_reconcile_forks_are_open(const struct assay_reconcile_slice *slice)
{
    for (size_t i = 0; i < slice->fork_count; i++) {
        if (slice->forks[i]->stage != FORK_KNOWN) {
            return true;
        }
    }
    return false;
}
