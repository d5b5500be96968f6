/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest_internal.h"

#include "clock.h"
#include "protocol/check.h"

#include <stdlib.h>

static void pump(struct node_ingest *ingest);

static struct node_ingest_chunk *chunk_get(struct node_ingest *ingest)
{
    struct node_ingest_chunk *chunk = ingest->spare;

    if (chunk != NULL) {
        ingest->spare = chunk->next;
        ingest->spare_count--;
    } else {
        chunk = malloc(sizeof(*chunk));
    }
    if (chunk != NULL) {
        chunk->ingest = ingest;
        chunk->next = NULL;
        chunk->is_checked = false;
        chunk->count = 0;
        chunk->data_len = 0;
        ingest->chunk_count++;
    }
    return chunk;
}

/* On the pool: pure functions over the chunk's own bytes. */
static void check_chunk(uv_work_t *work)
{
    struct node_ingest_chunk *chunk = work->data;

    for (size_t i = 0; i < chunk->count; i++) {
        struct node_ingest_slot *slot = &chunk->slots[i];
        struct assay_fault fault = {0, NULL};

        slot->err = assay_record_parse(slot->envelope, slot->body,
                                       &slot->record, &fault);
        slot->rule = slot->err == ASSAY_OK ? NULL : fault.rule;
        slot->has_form = slot->err == ASSAY_OK;
        if (slot->has_form) {
            slot->err = assay_record_check(&slot->record);
        }
        slot->has_record = slot->err == ASSAY_OK;
    }
}

static void after_check(uv_work_t *work, int status)
{
    struct node_ingest_chunk *chunk = work->data;

    ASSAY_CHECK(status == 0); /* Work is never cancelled. */
    chunk->is_checked = true;
    pump(chunk->ingest);
}

/* Sends the chunk that is being filled to the pool. */
static void send_off(struct node_ingest *ingest)
{
    struct node_ingest_chunk *chunk = ingest->filling;

    if (chunk == NULL) {
        return;
    }
    ingest->filling = NULL;
    *ingest->last = chunk;
    ingest->last = &chunk->next;
    chunk->work.data = chunk;
    ASSAY_CHECK(uv_queue_work(ingest->loop, &chunk->work, check_chunk,
                              after_check) == 0);
}

static void on_idle(uv_idle_t *handle)
{
    ASSAY_CHECK(uv_idle_stop(handle) == 0);
    send_off(handle->data);
}

static bool has_space(const struct node_ingest_chunk *chunk, size_t len)
{
    return chunk != NULL && chunk->count < NODE_INGEST_CHUNK_RECORDS &&
           len <= sizeof(chunk->data) - chunk->data_len;
}

static struct assay_bytes copy(struct node_ingest_chunk *chunk,
                               struct assay_bytes bytes)
{
    uint8_t *at = chunk->data + chunk->data_len;

    if (bytes.data == NULL) {
        return ASSAY_BYTES_NONE;
    }
    if (bytes.len > 0) {
        memcpy(at, bytes.data, bytes.len);
    }
    chunk->data_len += bytes.len;
    return (struct assay_bytes){at, bytes.len};
}

enum assay_err node_ingest_put(struct node_ingest *ingest,
                               const struct node_ingest_item *item)
{
    struct node_ingest_chunk *chunk = NULL;
    struct node_ingest_slot *slot = NULL;

    if (ingest->is_stopping) {
        return ASSAY_E_STOPPED;
    }
    if (item->envelope.len > ASSAY_RECORD_MAX ||
        item->body.len > ASSAY_RECORD_MAX) {
        return ASSAY_E_LIMIT;
    }
    if (!has_space(ingest->filling, item->envelope.len + item->body.len)) {
        send_off(ingest);
        ingest->filling = chunk_get(ingest);
        /* While it is active the loop does not wait for anything. */
        ASSAY_CHECK(uv_idle_start(&ingest->idle, on_idle) == 0);
    }
    chunk = ingest->filling;
    if (chunk == NULL) {
        return ASSAY_E_NOMEM;
    }
    slot = &chunk->slots[chunk->count++];
    slot->source = item->source;
    slot->cookie = item->cookie;
    slot->is_named = item->is_named;
    slot->envelope = copy(chunk, item->envelope);
    slot->body = copy(chunk, item->body);
    slot->is_forgotten = false;
    slot->is_parked = false;
    slot->has_form = false;
    slot->has_record = false;
    slot->err = ASSAY_OK;
    slot->rule = NULL;
    slot->wish = NODE_WISH_FOLLOWED;
    slot->lsn = 0;
    slot->has_new_body = false;
    ingest->queued++;
    return ASSAY_OK;
}

bool node_ingest_has_room(const struct node_ingest *ingest)
{
    return !ingest->is_stopping && !ingest->is_blocked &&
           ingest->chunk_count < NODE_INGEST_CHUNKS_MAX;
}

static void on_retry(uv_timer_t *timer)
{
    pump(timer->data);
}

static void write_batch(uv_work_t *work)
{
    struct node_ingest *ingest = work->data;

    node_ingest_writer_run(&ingest->writer);
}

/* The batch failed: its chunks are written again after a while, or never,
 * where it is stopping. */
static void on_failed(struct node_ingest *ingest, enum assay_err err)
{
    bool was_stopping = ingest->is_stopping;
    bool was_blocked = ingest->is_blocked;

    ingest->is_blocked = true;
    ASSAY_CHECK(uv_timer_start(&ingest->retry, on_retry, ingest->hooks.retry_ms,
                               0) == 0);
    if (!was_blocked) {
        /* Who hears it may stop and free this at once. */
        ingest->hooks.blocked(ingest->hooks.context, err);
    }
    if (was_stopping) {
        pump(ingest);
    }
}

static void after_write(uv_work_t *work, int status)
{
    struct node_ingest *ingest = work->data;
    enum assay_err err = ingest->writer.err;

    ASSAY_CHECK(status == 0);
    ingest->is_writing = false;
    ingest->counts.last_write_us = node_clock_us() - ingest->write_began_us;
    node_ingest_catch_up(ingest);
    if (err != ASSAY_OK) {
        on_failed(ingest, err);
        return;
    }
    ingest->counts.batches++;
    if (ingest->is_blocked) {
        ingest->is_blocked = false;
        ingest->hooks.blocked(ingest->hooks.context, ASSAY_OK);
    }
    node_ingest_tell_all(ingest);
    pump(ingest);
}

/* Hands the chunks that are checked, up to the first that is not, to the
 * writer, unless it still has those of a batch that failed. */
static void gather(struct node_ingest *ingest)
{
    struct node_ingest_chunk **end = &ingest->first;
    size_t taken = 0;

    if (ingest->writer.chunks != NULL) {
        return;
    }
    while (*end != NULL && (*end)->is_checked &&
           taken < NODE_INGEST_BATCH_CHUNKS) {
        end = &(*end)->next;
        taken++;
    }
    if (end == &ingest->first) {
        return;
    }
    ingest->writer.chunks = ingest->first;
    ingest->first = *end;
    if (ingest->first == NULL) {
        ingest->last = &ingest->first;
    }
    *end = NULL;
}

static void drop_all(struct node_ingest *ingest)
{
    while (ingest->writer.chunks != NULL) {
        struct node_ingest_chunk *chunk = ingest->writer.chunks;

        ingest->writer.chunks = chunk->next;
        ingest->queued -= chunk->count;
        node_ingest_chunk_put(ingest, chunk);
    }
}

/* Begins to write where there is something to write and nobody writes. */
static void pump(struct node_ingest *ingest)
{
    if (ingest->is_writing) {
        return;
    }
    if (ingest->is_stopping && ingest->is_blocked) {
        (void)uv_timer_stop(&ingest->retry);
        drop_all(ingest);
        ingest->writer.has_awake = false;
    } else if (uv_is_active((const uv_handle_t *)&ingest->retry)) {
        return;
    }
    gather(ingest);
    if (ingest->is_stopping && ingest->is_blocked) {
        drop_all(ingest);
    }
    if (ingest->writer.chunks == NULL && !ingest->writer.has_awake) {
        if (ingest->is_stopping && ingest->first == NULL &&
            ingest->done != NULL) {
            void (*done)(void *context) = ingest->done;

            ingest->done = NULL;
            done(ingest->hooks.context);
        }
        return;
    }
    ingest->hooks.resting(ingest->hooks.context);
    ingest->writer.now_s = node_clock_wall_s();
    ingest->write_began_us = node_clock_us();
    ingest->is_writing = true;
    ingest->writing.data = ingest;
    ASSAY_CHECK(uv_queue_work(ingest->loop, &ingest->writing, write_batch,
                              after_write) == 0);
}

enum assay_err node_ingest_new(uv_loop_t *loop, struct store_ledger *ledger,
                               const struct node_ingest_hooks *hooks,
                               struct node_ingest **ingest_out)
{
    struct node_ingest *ingest = calloc(1, sizeof(*ingest));
    enum assay_err err = ASSAY_E_NOMEM;

    if (ingest == NULL) {
        return ASSAY_E_NOMEM;
    }
    ingest->loop = loop;
    ingest->hooks = *hooks;
    if (ingest->hooks.retry_ms == 0) {
        ingest->hooks.retry_ms = NODE_INGEST_RETRY_MS;
    }
    ingest->last = &ingest->first;
    err = node_ingest_writer_init(&ingest->writer, ledger, &ingest->hooks);
    if (err != ASSAY_OK) {
        free(ingest);
        return err;
    }
    ASSAY_CHECK(uv_idle_init(loop, &ingest->idle) == 0);
    ASSAY_CHECK(uv_timer_init(loop, &ingest->retry) == 0);
    ingest->open_handles = 2;
    ingest->idle.data = ingest;
    ingest->retry.data = ingest;
    *ingest_out = ingest;
    return ASSAY_OK;
}

void node_ingest_stop(struct node_ingest *ingest, void (*done)(void *context))
{
    ASSAY_CHECK(!ingest->is_stopping);
    send_off(ingest);
    ingest->is_stopping = true;
    ingest->done = done;
    pump(ingest);
}

static void on_close(uv_handle_t *handle)
{
    struct node_ingest *ingest = handle->data;

    ingest->open_handles--;
    if (ingest->open_handles == 0) {
        free(ingest);
    }
}

void node_ingest_free(struct node_ingest *ingest)
{
    if (ingest == NULL) {
        return;
    }
    ASSAY_CHECK(!ingest->is_writing && ingest->first == NULL &&
                ingest->filling == NULL && ingest->writer.chunks == NULL);
    while (ingest->spare != NULL) {
        struct node_ingest_chunk *chunk = ingest->spare;

        ingest->spare = chunk->next;
        free(chunk);
    }
    node_ingest_writer_clear(&ingest->writer);
    free(ingest->forgotten);
    uv_close((uv_handle_t *)&ingest->idle, on_close);
    uv_close((uv_handle_t *)&ingest->retry, on_close);
}

void node_ingest_count(const struct node_ingest *ingest,
                       struct node_ingest_counts *counts_out)
{
    *counts_out = ingest->counts;
    counts_out->queued = ingest->queued;
    counts_out->is_blocked = ingest->is_blocked;
    /* While the writer runs, how many wait is its own matter. */
    if (!ingest->is_writing) {
        counts_out->waiting = store_waiting_count(ingest->writer.waiting);
    }
}
