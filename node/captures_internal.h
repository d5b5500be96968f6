/* SPDX-License-Identifier: Apache-2.0 */
/*
 * captures_internal.h - what the two parts of captures share: what is wanted
 * (captures.c), and how one is fetched (captures_fetch.c).
 *
 * A fetch's incoming file belongs to the pool while a work is under way, else
 * to the loop.
 */
#ifndef ASSAY_NODE_CAPTURES_INTERNAL_H
#define ASSAY_NODE_CAPTURES_INTERNAL_H

#include "captures.h"
#include "captures_look.h"
#include "store/incoming.h"

/* Bytes on their way to the file, from one peer: of a blob message, or of many
 * where these are small, so that they take no more memory than they count. */
struct node_part {
    struct node_part *next;
    uint32_t peer; /* Who sent them. */
    size_t len;
    uint8_t data[ASSAY_BLOB_CHUNK_MAX];
};

/* Of those whose bytes turn out to be others, so many are named. */
#define NODE_FETCH_SENDERS_MAX 8

enum node_fetch_job { NODE_FETCH_OPEN, NODE_FETCH_WRITE, NODE_FETCH_FINISH };

struct node_fetch {
    struct node_captures *captures;
    bool is_used;
    uint8_t sha256[ASSAY_HASH_SIZE];
    uint64_t offset; /* Of what comes next, from a peer. */
    uint64_t total;  /* UINT64_MAX: not known. */
    uint64_t need;   /* Of the quota: what its record or its peer says, less
                        what was there. */
    uint32_t peer;   /* Who was asked, and answers; 0: nobody. */
    uint32_t last_peer;
    uint32_t only_peer; /* Who has sent all that there is; 0: nobody has. */
    bool is_mixed;      /* Several have, or a former run. */
    struct assay_key senders[NODE_FETCH_SENDERS_MAX]; /* Of this run. */
    size_t sender_count;
    bool is_kept;      /* It is in its place. */
    bool is_over;      /* It is too much: to be released. */
    unsigned tries;    /* Of all peers that there were. */
    uint64_t retry_ms; /* Not before; 0: now. */

    struct store_incoming *incoming; /* NULL: not opened. */
    struct node_part *first;         /* To be written. */
    struct node_part *last;

    uv_work_t work;
    bool is_working;
    enum node_fetch_job job;
    struct node_part *writing;
    uint64_t found_len; /* By OPEN. */
    enum assay_err err;
};

struct node_captures {
    uv_loop_t *loop;
    struct store_ledger *ledger;
    const struct node_log *log;
    struct node_captures_hooks hooks;
    uint64_t keep; /* enum node_captures_keep, of the configuration */
    uint64_t size_max;
    uint64_t quota;

    struct node_fetch fetches[NODE_CAPTURES_WANTED_MAX];
    size_t wanted;
    size_t working; /* Works under way, the look's too. */
    struct node_captures_counts counts;
    bool is_quota_told;

    uv_work_t look_work;
    struct node_look look;
    bool is_looking;
    bool wants_full_look;
    bool is_full_look; /* The step under way begins with all captures. */
    bool has_more;     /* A walk has not come to its end, or there is news. */
    bool has_news;     /* Came while it looked. */
    uint64_t full_ms;  /* When the last full look began; 0: never. */
    uint64_t used;     /* Found by the step under way. */

    uv_timer_t timer;
    uint64_t armed_ms;
    bool is_stopping;
    void (*done)(void *context);
};

/* --- captures_fetch.c */

/* Goes on with a fetch on which nobody works: asks the next peer, or gives it
 * up for now. */
void node_fetch_go_on(struct node_fetch *fetch);

/* Gives a place back; what came so far stays where keep is true. */
void node_fetch_release(struct node_fetch *fetch, bool keep);

/* What a peer says of it. */
void node_fetch_take(struct node_fetch *fetch, const struct assay_blob *blob);
void node_fetch_turn_away(struct node_fetch *fetch);

/* --- captures.c */

/* A work has ended. True where the node is stopping, and nothing may be begun
 * any more. */
bool node_captures_work_ended(struct node_captures *captures);

/* Begins whatever can be begun, sets the timer, and tells when there is
 * nothing. */
void node_captures_pump(struct node_captures *captures);

/* Whether so many bytes of a fetch (NULL: of a new one) would be within the
 * quota, beside what others need; tells once where not. */
bool node_captures_fit(struct node_captures *captures,
                       const struct node_fetch *of, uint64_t len);

#endif
