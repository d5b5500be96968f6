/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ingest_internal.h - what the loop's side of the ingest (ingest.c) and the
 * writer's (ingest_write.c) share.
 *
 * A chunk belongs to one side at a time: the loop fills it, a worker checks
 * it, the loop queues it, the writer writes it, the loop tells and frees it.
 */
#ifndef ASSAY_NODE_INGEST_INTERNAL_H
#define ASSAY_NODE_INGEST_INTERNAL_H

#include "ingest.h"
#include "store/waiting.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Waiters that a batch takes in beside its chunks: both together stay inside
 * STORE_BATCH_RECORDS_MAX. */
#define NODE_INGEST_WOKEN_MAX 6000

_Static_assert(NODE_INGEST_WOKEN_MAX + (NODE_INGEST_CHUNKS_MAX + 4) *
                                           NODE_INGEST_CHUNK_RECORDS <=
                   STORE_BATCH_RECORDS_MAX,
               "a batch has no room for what may be put into it");

struct node_ingest_slot {
    uint64_t source;
    uint64_t cookie;
    bool is_named;
    struct assay_bytes envelope; /* In the chunk. */
    struct assay_bytes body;
    bool is_forgotten; /* Its peer is gone: nobody asks for it. */
    bool is_parked;    /* A batch that failed let it wait already. */
    bool has_form;     /* It can be read: it has an id. */
    bool has_record;   /* And its signature is right. */
    enum assay_err err;
    const char *rule;
    enum node_wish wish;
    uint64_t lsn;
    bool has_new_body;
    struct assay_id lacks;
    struct assay_record record; /* Borrows from the chunk. */
};

struct node_ingest_chunk {
    uv_work_t work;
    struct node_ingest *ingest;
    struct node_ingest_chunk *next;
    bool is_checked;
    size_t count;
    size_t data_len;
    struct node_ingest_slot slots[NODE_INGEST_CHUNK_RECORDS];
    uint8_t data[NODE_INGEST_CHUNK_BYTES];
};

/* A waiter that a batch has settled; kept until its result was told. */
struct node_ingest_woken {
    struct store_waiter *waiter;
    enum assay_err err;
    enum node_wish wish;
    uint64_t lsn;
    bool has_new_body;
};

/* The number that a waiter carries: its source, and whether it is named. */
static inline uint64_t node_ingest_tag(uint64_t source, bool is_named)
{
    return source << 1 | (is_named ? 1 : 0);
}

static inline uint64_t node_ingest_source(const struct store_waiter *waiter)
{
    return waiter->offset >> 1;
}

/* What the early records of a source take. */
struct node_ingest_wait {
    uint64_t source;
    size_t size;
    UT_hash_handle hh;
};

/* The writer: its own from the start of a write to the end, else the loop's. */
struct node_ingest_writer {
    struct store_ledger *ledger;
    const struct node_ingest_hooks *hooks;
    struct store_waiting *waiting;
    struct node_ingest_wait *waits;
    struct store_batch *batch;
    struct node_ingest_chunk *chunks; /* To be written, in order. */
    uint64_t now_s;
    uint64_t first_lsn; /* Of new records; 0 where there is none. */
    uint64_t last_lsn;
    struct node_ingest_woken *woken;
    size_t woken_count;
    size_t woken_room;
    bool has_awake; /* Waiters are left that can be tried. */
    enum assay_err err;
};

/* The loop's side. */
struct node_ingest {
    uv_loop_t *loop;
    struct node_ingest_hooks hooks;
    uv_idle_t idle;    /* Sends off what a turn of the loop gathered. */
    uv_timer_t retry;  /* Of a batch that failed. */
    uv_work_t writing; /* The writer's. */
    size_t open_handles;
    bool is_writing;
    bool is_blocked; /* The last batch failed; its chunks are the writer's. */
    bool is_stopping;
    void (*done)(void *context);

    struct node_ingest_chunk *filling;
    struct node_ingest_chunk *first; /* On the pool, or checked; in order. */
    struct node_ingest_chunk **last;
    struct node_ingest_chunk *spare;
    size_t spare_count;
    size_t chunk_count; /* All but the spare ones. */
    size_t queued;      /* Records. */

    struct node_ingest_writer writer;
    uint64_t *forgotten; /* Sources that left while the writer had them. */
    size_t forgotten_count;
    size_t forgotten_room;

    struct node_ingest_counts counts;
    uint64_t write_began_us;
};

/* Begins with nothing. ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err node_ingest_writer_init(struct node_ingest_writer *writer,
                                       struct store_ledger *ledger,
                                       const struct node_ingest_hooks *hooks);
void node_ingest_writer_clear(struct node_ingest_writer *writer);

/* Writes the chunks in one batch and makes it durable; writer->err says how it
 * went. Where it is not ASSAY_OK, the batch is undone and the same chunks can
 * be written again. */
void node_ingest_writer_run(struct node_ingest_writer *writer);

/* Forgets what was settled: after its results were told. */
void node_ingest_writer_settle(struct node_ingest_writer *writer);

/* Forgets the early records of a source. */
void node_ingest_writer_forget(struct node_ingest_writer *writer,
                               uint64_t source);

/* --- ingest_tell.c */

/* Keeps a chunk for the next records, or frees it. */
void node_ingest_chunk_put(struct node_ingest *ingest,
                           struct node_ingest_chunk *chunk);

/* Tells what became of everything in a batch that is durable. */
void node_ingest_tell_all(struct node_ingest *ingest);

/* The writer rests: what happened meanwhile is caught up with. */
void node_ingest_catch_up(struct node_ingest *ingest);

#endif
