/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ingest.h - the way of a peer's record into the ledger: its signature is
 * checked on the worker pool, then the one writer puts it into a batch with
 * whatever else has been checked by then, and when that is durable the node is
 * told what became of it.
 *
 *   put -> chunk -> checked on the pool -> batch -> durable -> settled
 *
 * While one batch is written the next is checked, so that a batch is one
 * record on an idle node and some thousands on a busy one. Records are written
 * in the order in which they were put. Early records wait in bounded memory
 * for what they lack, and are tried again when that is there.
 *
 * When the ledger cannot be written (a full disk), nothing is dropped: the
 * batch is tried again every few seconds, meanwhile there is no room, and so
 * peers are not read.
 *
 * All functions are called by the thread of the loop, which calls the hooks,
 * too, but for judge and noted: those are called by the writer, one at a time.
 */
#ifndef ASSAY_NODE_INGEST_H
#define ASSAY_NODE_INGEST_H

#include <uv.h>

#include "protocol/record.h"
#include "store/batch.h"

/* A chunk is what a worker checks at once, some six milliseconds of records
 * of usual size; its bytes have room for any record behind another. */
#define NODE_INGEST_CHUNK_RECORDS 128
#define NODE_INGEST_CHUNK_BYTES ((size_t)3 * ASSAY_RECORD_MAX)

/* Chunks under way, beyond which there is no room: 8,192 records, 33 MB. */
#define NODE_INGEST_CHUNKS_MAX 64

/* Of these, what one batch takes: beside a batch that is written there are
 * always others to check. */
#define NODE_INGEST_BATCH_CHUNKS (NODE_INGEST_CHUNKS_MAX / 2)

/* What early records may take while they wait, of one source and of all. */
#define NODE_INGEST_WAIT_MAX ((size_t)16 * 1024 * 1024)
#define NODE_INGEST_WAIT_SOURCE_MAX ((size_t)2 * 1024 * 1024)

/* A batch that failed is tried again after this. */
#define NODE_INGEST_RETRY_MS 2000

struct node_ingest; /* Opaque. */

/* What the policy says of a record that is right. */
enum node_wish {
    NODE_WISH_FOLLOWED, /* Keep it and pass it on. */
    NODE_WISH_KEPT,     /* Keep it, since what is kept needs it. */
    NODE_WISH_NONE,     /* Nobody here wants it. */
    NODE_WISH_QUOTA     /* It would be kept, but too many came today. */
};

/* A record as a peer brought it. */
struct node_ingest_item {
    uint64_t source; /* Which peer; the number is never given to another. */
    uint64_t cookie; /* The node's own. */
    bool is_named;   /* A record that is kept names it, or builds on it. */
    struct assay_bytes envelope; /* Both are copied. */
    struct assay_bytes body;
};

/* What became of it; valid during the hook. */
struct node_ingest_result {
    uint64_t source;
    uint64_t cookie;
    bool is_waiter;     /* It was told before that it is early. */
    size_t record_len;  /* Envelope and body. */
    enum assay_err err; /* ASSAY_OK: stored now. ASSAY_E_EXISTS: held. _EARLY.
                           ASSAY_E_LIMIT: our own bound. ASSAY_E_STOPPED: its
                           source was forgotten before. Else refused. */
    enum node_wish wish;
    uint64_t lsn; /* Of ASSAY_OK and ASSAY_E_EXISTS. */
    bool has_new_body;
    const struct assay_record *record; /* NULL where it is not signed well. */
    const struct assay_id *id;         /* NULL only where its form is bad. */
    const struct assay_id *lacks;      /* Of ASSAY_E_EARLY; else NULL. */
    const char *rule;                  /* Of a bad form; else NULL. */
};

struct node_ingest_hooks {
    void *context;
    uint64_t retry_ms; /* 0: NODE_INGEST_RETRY_MS. */

    /* By the writer: whether a record is wanted, of what the batch sees. */
    enum node_wish (*judge)(void *context, struct store_batch *batch,
                            const struct assay_record *record, bool is_named);
    /* By the writer: what became of a record that was judged. */
    void (*noted)(void *context, struct store_batch *batch,
                  const struct assay_record *record, enum assay_err err);
    /* Before each write, while the writer rests: take in what has changed. */
    void (*resting)(void *context);

    /* A batch is durable; the LSNs of new records, first 0 where none is. */
    void (*written)(void *context, uint64_t first_lsn, uint64_t last_lsn);
    void (*settled)(void *context, const struct node_ingest_result *result);
    /* All results of a batch were told; there may be room again. */
    void (*rested)(void *context);
    /* The ledger cannot be written, or can again (ASSAY_OK). Where it cannot,
     * the ingest may be stopped from here, and freed in done. */
    void (*blocked)(void *context, enum assay_err err);
};

struct node_ingest_counts {
    size_t queued;          /* Records put and not settled yet. */
    size_t waiting;         /* Early ones. */
    uint64_t batches;       /* That were made durable. */
    uint64_t added;         /* Records stored. */
    uint64_t refused;       /* Signatures and places that were wrong. */
    uint64_t last_write_us; /* What the last batch took. */
    bool is_blocked;
};

/* The ledger, the loop and the hooks' context outlive it. ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err node_ingest_new(uv_loop_t *loop, struct store_ledger *ledger,
                               const struct node_ingest_hooks *hooks,
                               struct node_ingest **ingest_out);

/* Whether more may be put now. One message more, of 512 records, may be put
 * all the same. */
bool node_ingest_has_room(const struct node_ingest *ingest);

/* Takes a record; settled is called for it later. ASSAY_E_NOMEM;
 * ASSAY_E_LIMIT: longer than a record can be; ASSAY_E_STOPPED. */
ASSAY_MUST_CHECK
enum assay_err node_ingest_put(struct node_ingest *ingest,
                               const struct node_ingest_item *item);

/* A peer is gone: what waits of its records is forgotten. What was not tried
 * yet is not, and is told so; what is being written is told like any other. */
void node_ingest_forget(struct node_ingest *ingest, uint64_t source);

/* Takes no more; writes what it has, unless it is blocked, and calls done,
 * perhaps before it returns. Called once. Free it in done or later. */
void node_ingest_stop(struct node_ingest *ingest, void (*done)(void *context));

/* Frees one that has stopped, or was just made; its handles are closed by the
 * loop afterwards. Accepts NULL. */
void node_ingest_free(struct node_ingest *ingest);

void node_ingest_count(const struct node_ingest *ingest,
                       struct node_ingest_counts *counts_out);

#endif
