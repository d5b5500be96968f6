/* SPDX-License-Identifier: Apache-2.0 */
/* The writer of the ingest: one batch. It runs on the worker pool. */
#include "ingest_internal.h"

#include "protocol/check.h"

#include <stdlib.h>

enum assay_err node_ingest_writer_init(struct node_ingest_writer *writer,
                                       struct store_ledger *ledger,
                                       const struct node_ingest_hooks *hooks)
{
    *writer = (struct node_ingest_writer){.ledger = ledger, .hooks = hooks};
    return store_waiting_new(NODE_INGEST_WAIT_MAX, &writer->waiting);
}

void node_ingest_writer_clear(struct node_ingest_writer *writer)
{
    struct node_ingest_wait *wait = writer->waits;

    HASH_CLEAR(hh, writer->waits);
    while (wait != NULL) {
        struct node_ingest_wait *next = wait->hh.next;

        free(wait);
        wait = next;
    }
    for (size_t i = 0; i < writer->woken_count; i++) {
        store_waiting_drop(writer->waiting, writer->woken[i].waiter);
    }
    free(writer->woken);
    store_waiting_free(writer->waiting);
    *writer = (struct node_ingest_writer){0};
}

/* What a source's early records take; NULL where there is no memory. */
static struct node_ingest_wait *wait_of(struct node_ingest_writer *writer,
                                        uint64_t source)
{
    struct node_ingest_wait *wait = NULL;

    HASH_FIND(hh, writer->waits, &source, sizeof(source), wait);
    if (wait != NULL) {
        return wait;
    }
    wait = calloc(1, sizeof(*wait));
    if (wait == NULL) {
        return NULL;
    }
    wait->source = source;
    HASH_ADD(hh, writer->waits, source, sizeof(wait->source), wait);
    if (wait->hh.tbl == NULL) {
        free(wait);
        return NULL;
    }
    return wait;
}

/* Gives back the room of a waiter that waits no more. */
static void release(struct node_ingest_writer *writer,
                    const struct store_waiter *waiter)
{
    struct node_ingest_wait *wait = NULL;
    uint64_t source = node_ingest_source(waiter);

    HASH_FIND(hh, writer->waits, &source, sizeof(source), wait);
    if (wait == NULL) {
        return;
    }
    ASSAY_CHECK(wait->size >= waiter->size);
    wait->size -= waiter->size;
    if (wait->size == 0) {
        HASH_DEL(writer->waits, wait);
        free(wait);
    }
}

void node_ingest_writer_forget(struct node_ingest_writer *writer,
                               uint64_t source)
{
    struct node_ingest_wait *wait = NULL;

    HASH_FIND(hh, writer->waits, &source, sizeof(source), wait);
    if (wait != NULL) {
        store_waiting_forget(writer->waiting, node_ingest_tag(source, false));
        store_waiting_forget(writer->waiting, node_ingest_tag(source, true));
        HASH_DEL(writer->waits, wait);
        free(wait);
    }
}

/* Lets an early record wait where there is room; where there is none, its
 * peer brings it again. */
static void park(struct node_ingest_writer *writer,
                 struct node_ingest_slot *slot)
{
    struct node_ingest_wait *wait = NULL;
    size_t size =
        sizeof(struct store_waiter) + slot->envelope.len + slot->body.len;

    if (slot->is_parked || slot->is_forgotten) {
        return;
    }
    wait = wait_of(writer, slot->source);
    if (wait == NULL || size > NODE_INGEST_WAIT_SOURCE_MAX - wait->size) {
        return;
    }
    if (store_waiting_add(writer->waiting, &slot->record,
                          node_ingest_tag(slot->source, slot->is_named),
                          &slot->lacks) == ASSAY_OK) {
        wait->size += size;
        slot->is_parked = true;
    } else if (wait->size == 0) {
        HASH_DEL(writer->waits, wait);
        free(wait);
    }
}

/* Whether a code says something of the record alone. */
static bool is_of_record(enum assay_err err)
{
    return err == ASSAY_OK || err == ASSAY_E_EXISTS || err == ASSAY_E_EARLY ||
           err == ASSAY_E_AUTH || err == ASSAY_E_PREV || err == ASSAY_E_SEQ ||
           err == ASSAY_E_FROZEN;
}

/* What trying one record came to. */
struct attempt {
    enum node_wish wish;
    enum assay_err err;
    uint64_t lsn;
    bool has_new_body;
    struct assay_id lacks;
};

/* Judges and puts one record. Returns what concerns the whole batch. */
static enum assay_err try_record(struct node_ingest_writer *writer,
                                 const struct assay_record *record,
                                 bool is_named, struct attempt *attempt_out)
{
    const struct node_ingest_hooks *hooks = writer->hooks;
    struct attempt attempt = {.err = ASSAY_OK};
    enum assay_err err = ASSAY_OK;

    attempt.wish =
        hooks->judge(hooks->context, writer->batch, record, is_named);
    if (attempt.wish == NODE_WISH_NONE || attempt.wish == NODE_WISH_QUOTA) {
        *attempt_out = attempt;
        return ASSAY_OK;
    }
    attempt.err = store_batch_put(writer->batch, record, &attempt.lsn,
                                  &attempt.has_new_body);
    if (!is_of_record(attempt.err)) {
        return attempt.err;
    }
    if (attempt.err == ASSAY_E_EARLY) {
        err = store_batch_lacks(writer->batch, record, &attempt.lacks);
    } else if (attempt.err == ASSAY_OK) {
        writer->first_lsn =
            writer->first_lsn == 0 ? attempt.lsn : writer->first_lsn;
        writer->last_lsn = attempt.lsn;
        store_waiting_wake(writer->waiting, &record->id);
    }
    if (err != ASSAY_OK) {
        return err == ASSAY_E_NOT_FOUND ? ASSAY_E_CORRUPT : err;
    }
    hooks->noted(hooks->context, writer->batch, record, attempt.err);
    *attempt_out = attempt;
    return ASSAY_OK;
}

static enum assay_err write_slot(struct node_ingest_writer *writer,
                                 struct node_ingest_slot *slot)
{
    struct attempt attempt = {.err = ASSAY_OK};
    enum assay_err err;

    if (!slot->has_record) {
        return ASSAY_OK;
    }
    if (slot->is_forgotten) {
        slot->err = ASSAY_E_STOPPED;
        return ASSAY_OK;
    }
    err = try_record(writer, &slot->record, slot->is_named, &attempt);
    if (err != ASSAY_OK) {
        return err;
    }
    slot->err = attempt.err;
    slot->wish = attempt.wish;
    slot->lsn = attempt.lsn;
    slot->has_new_body = attempt.has_new_body;
    if (attempt.err == ASSAY_E_EARLY) {
        slot->lacks = attempt.lacks;
        park(writer, slot);
    }
    return ASSAY_OK;
}

/* Lets the next batch try a waiter (again): what it lacked may be there, or
 * may have been there in a batch that failed. */
static void keep_awake(struct node_ingest_writer *writer,
                       struct store_waiter *waiter)
{
    struct assay_id lacks = waiter->lacks;

    store_waiting_put_back(writer->waiting, waiter, &lacks);
    store_waiting_wake(writer->waiting, &lacks);
    writer->has_awake = true;
}

/* Room to remember one more that was woken. */
static enum assay_err grow_woken(struct node_ingest_writer *writer)
{
    if (writer->woken_count < writer->woken_room) {
        return ASSAY_OK;
    }
    size_t room = writer->woken_room == 0 ? 64 : writer->woken_room * 2;
    struct node_ingest_woken *woken =
        realloc(writer->woken, room * sizeof(*woken));

    if (woken == NULL) {
        return ASSAY_E_NOMEM;
    }
    writer->woken = woken;
    writer->woken_room = room;
    return ASSAY_OK;
}

/* Tries one that was woken: it waits on, or is settled. */
static enum assay_err write_waiter(struct node_ingest_writer *writer,
                                   struct store_waiter *waiter)
{
    struct assay_record record;
    struct attempt attempt = {.err = ASSAY_OK};
    enum assay_err err = grow_woken(writer);

    if (err == ASSAY_OK) {
        store_waiter_record(waiter, &record);
        err = try_record(writer, &record, (waiter->offset & 1) != 0, &attempt);
    }
    if (err != ASSAY_OK) {
        keep_awake(writer, waiter);
        return err;
    }
    if (attempt.err == ASSAY_E_EARLY) {
        store_waiting_put_back(writer->waiting, waiter, &attempt.lacks);
        return ASSAY_OK;
    }
    writer->woken[writer->woken_count++] =
        (struct node_ingest_woken){.waiter = waiter,
                                   .err = attempt.err,
                                   .wish = attempt.wish,
                                   .lsn = attempt.lsn,
                                   .has_new_body = attempt.has_new_body};
    return ASSAY_OK;
}

/* Tries those that are awake; what they add wakes others. */
static enum assay_err write_awake(struct node_ingest_writer *writer)
{
    enum assay_err err = ASSAY_OK;

    writer->has_awake = false;
    while (err == ASSAY_OK) {
        struct store_waiter *waiter = store_waiting_take(writer->waiting);

        if (waiter == NULL) {
            return ASSAY_OK;
        }
        if (writer->woken_count >= NODE_INGEST_WOKEN_MAX) {
            keep_awake(writer, waiter);
            return ASSAY_OK;
        }
        err = write_waiter(writer, waiter);
    }
    return err;
}

static enum assay_err write_chunks(struct node_ingest_writer *writer)
{
    enum assay_err err = write_awake(writer);

    for (struct node_ingest_chunk *chunk = writer->chunks;
         err == ASSAY_OK && chunk != NULL; chunk = chunk->next) {
        for (size_t i = 0; err == ASSAY_OK && i < chunk->count; i++) {
            err = write_slot(writer, &chunk->slots[i]);
            if (err == ASSAY_OK) {
                err = write_awake(writer);
            }
        }
    }
    return err;
}

/* Lets those that a failed batch had settled be tried again. */
static void undo(struct node_ingest_writer *writer)
{
    for (size_t i = 0; i < writer->woken_count; i++) {
        keep_awake(writer, writer->woken[i].waiter);
    }
    writer->woken_count = 0;
    writer->first_lsn = 0;
    writer->last_lsn = 0;
}

void node_ingest_writer_run(struct node_ingest_writer *writer)
{
    enum assay_err err =
        store_batch_begin(writer->ledger, writer->now_s, &writer->batch);

    if (err == ASSAY_OK) {
        err = write_chunks(writer);
    }
    if (err == ASSAY_OK) {
        err = store_batch_commit(writer->batch);
    } else {
        store_batch_abort(writer->batch);
    }
    writer->batch = NULL;
    if (err != ASSAY_OK) {
        undo(writer);
    }
    writer->err = err;
}

void node_ingest_writer_settle(struct node_ingest_writer *writer)
{
    for (size_t i = 0; i < writer->woken_count; i++) {
        release(writer, writer->woken[i].waiter);
        store_waiting_drop(writer->waiting, writer->woken[i].waiter);
    }
    writer->woken_count = 0;
    writer->first_lsn = 0;
    writer->last_lsn = 0;
}
