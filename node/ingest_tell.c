/* SPDX-License-Identifier: Apache-2.0 */
/* What became of records is told, and who has left is forgotten. */
#include "ingest_internal.h"

#include <stdlib.h>

/* Chunks that are kept for the next records instead of being freed. */
#define SPARE_MAX 4

void node_ingest_chunk_put(struct node_ingest *ingest,
                           struct node_ingest_chunk *chunk)
{
    ingest->chunk_count--;
    if (ingest->spare_count < SPARE_MAX) {
        chunk->next = ingest->spare;
        ingest->spare = chunk;
        ingest->spare_count++;
    } else {
        free(chunk);
    }
}

static void tell(struct node_ingest *ingest,
                 const struct node_ingest_result *result)
{
    if (result->err == ASSAY_OK && result->wish != NODE_WISH_NONE &&
        result->wish != NODE_WISH_QUOTA) {
        ingest->counts.added++;
    } else if (result->err != ASSAY_OK && result->err != ASSAY_E_EXISTS &&
               result->err != ASSAY_E_EARLY && result->err != ASSAY_E_STOPPED) {
        ingest->counts.refused++;
    }
    ingest->hooks.settled(ingest->hooks.context, result);
}

static void tell_slot(struct node_ingest *ingest,
                      const struct node_ingest_slot *slot)
{
    struct node_ingest_result result = {
        .source = slot->source,
        .cookie = slot->cookie,
        .record_len = slot->envelope.len + slot->body.len,
        .err = slot->err,
        .wish = slot->wish,
        .lsn = slot->lsn,
        .has_new_body = slot->has_new_body,
        .record = slot->has_record ? &slot->record : NULL,
        .id = slot->has_form ? &slot->record.id : NULL,
        .lacks = slot->err == ASSAY_E_EARLY ? &slot->lacks : NULL,
        .rule = slot->rule};

    tell(ingest, &result);
}

static void tell_woken(struct node_ingest *ingest,
                       const struct node_ingest_woken *woken)
{
    struct assay_record record;
    struct node_ingest_result result = {.source =
                                            node_ingest_source(woken->waiter),
                                        .is_waiter = true,
                                        .err = woken->err,
                                        .wish = woken->wish,
                                        .lsn = woken->lsn,
                                        .has_new_body = woken->has_new_body,
                                        .record = &record,
                                        .id = &record.id};

    store_waiter_record(woken->waiter, &record);
    result.record_len = record.envelope.len + record.body.len;
    tell(ingest, &result);
}

/* Tells what became of everything in a batch that is durable. */
void node_ingest_tell_all(struct node_ingest *ingest)
{
    struct node_ingest_writer *writer = &ingest->writer;

    ingest->hooks.written(ingest->hooks.context, writer->first_lsn,
                          writer->last_lsn);
    while (writer->chunks != NULL) {
        struct node_ingest_chunk *chunk = writer->chunks;

        /* Also of a source that is gone: what it left in the ledger is news to
         * others, and what it did not may be had of others. */
        for (size_t i = 0; i < chunk->count; i++) {
            tell_slot(ingest, &chunk->slots[i]);
        }
        writer->chunks = chunk->next;
        ingest->queued -= chunk->count;
        node_ingest_chunk_put(ingest, chunk);
    }
    for (size_t i = 0; i < writer->woken_count; i++) {
        tell_woken(ingest, &writer->woken[i]);
    }
    node_ingest_writer_settle(writer);
    ingest->hooks.rested(ingest->hooks.context);
}

static void forget_in(struct node_ingest_chunk *chunk, uint64_t source)
{
    for (; chunk != NULL; chunk = chunk->next) {
        for (size_t i = 0; i < chunk->count; i++) {
            if (chunk->slots[i].source == source) {
                chunk->slots[i].is_forgotten = true;
            }
        }
    }
}

/* The writer rests: what happened meanwhile is caught up with. */
void node_ingest_catch_up(struct node_ingest *ingest)
{
    for (size_t i = 0; i < ingest->forgotten_count; i++) {
        forget_in(ingest->writer.chunks, ingest->forgotten[i]);
        node_ingest_writer_forget(&ingest->writer, ingest->forgotten[i]);
    }
    ingest->forgotten_count = 0;
}

/* Notes a source for when the writer rests. */
static void note_forgotten(struct node_ingest *ingest, uint64_t source)
{
    if (ingest->forgotten_count == ingest->forgotten_room) {
        size_t room = ingest->forgotten_room * 2 + 16;
        uint64_t *sources = realloc(ingest->forgotten, room * sizeof(*sources));

        if (sources == NULL) {
            return; /* Its early records wait in vain; their room is small. */
        }
        ingest->forgotten = sources;
        ingest->forgotten_room = room;
    }
    ingest->forgotten[ingest->forgotten_count++] = source;
}

void node_ingest_forget(struct node_ingest *ingest, uint64_t source)
{
    forget_in(ingest->filling, source);
    forget_in(ingest->first, source);
    if (ingest->is_writing) {
        note_forgotten(ingest, source);
    } else {
        forget_in(ingest->writer.chunks, source);
        node_ingest_writer_forget(&ingest->writer, source);
    }
}
