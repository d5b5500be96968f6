/* SPDX-License-Identifier: Apache-2.0 */
/*
 * captures.h - captured bytes that are named here and not held: found out, as
 * the policy wants them, and fetched from whoever has them.
 *
 * A look (captures_look.h) walks over the captures that are held: all at the
 * start and now and then, and what is new as it comes. What lacks its bytes is
 * wanted, of which there are few at a time: the look waits while there are
 * enough. For each the peers are asked one after the other. What one has sent
 * is written and hashed on the pool; the next one goes on behind it, and so
 * does the next run of the program.
 *
 *   look -> wanted -> opened -> asked of a peer -> all there -> kept
 *                       |             |    lacked, gone: the next peer
 *                       +-- no peer --+--> dropped, until a look finds it again
 *
 * Bytes that have not their hash: where one peer alone sent them, it is to
 * blame; where several did, the last is asked again from the beginning.
 *
 * Memory: NODE_CAPTURES_WANTED_MAX places, and for each what its peer's
 * session leaves unjudged, at most ASSAY_SYNC_UNJUDGED_BYTES.
 */
#ifndef ASSAY_NODE_CAPTURES_H
#define ASSAY_NODE_CAPTURES_H

#include <uv.h>

#include "config.h"
#include "log.h"
#include "protocol/messages/blob.h"
#include "store/ledger.h"

/* Captures that are wanted at a time: a look goes on while there is room for
 * all that one record may cite. Of a peer four are asked for at a time
 * (ASSAY_BLOB_FETCHES_MAX). */
#define NODE_CAPTURES_WANTED_MAX 128

/* How often all peers are asked for one, each time twice as long after the
 * last, before it waits for another look: some two minutes in all. */
#define NODE_CAPTURES_TRIES_MAX 8

/* All captures are looked at again after this: what no peer had then, and what
 * other programs have dropped or added. */
#define NODE_CAPTURES_LOOK_MS ((uint64_t)10 * 60 * 1000)

/* But after this, where a peer has come. */
#define NODE_CAPTURES_PEER_MS ((uint64_t)60 * 1000)

struct node_captures; /* Opaque. */

struct node_captures_hooks {
    void *context;
    unsigned tries_max; /* NODE_CAPTURES_TRIES_MAX, or fewer. */

    /* The smallest number of an open peer beyond after; 0: there is none. */
    uint32_t (*next_peer)(void *context, uint32_t after);

    /* As the functions of sessions, which have their codes; ASSAY_E_NOT_FOUND
     * also where the peer is gone. */
    enum assay_err (*ask)(void *context, uint32_t peer,
                          const uint8_t sha256[ASSAY_HASH_SIZE],
                          uint64_t offset);
    void (*cancel)(void *context, uint32_t peer,
                   const uint8_t sha256[ASSAY_HASH_SIZE]);
    void (*taken)(void *context, uint32_t peer, size_t len);

    /* Who a peer is that is open. */
    const struct assay_key *(*key)(void *context, uint32_t peer);

    /* A peer alone has sent bytes that are others. */
    void (*blame)(void *context, uint32_t peer);

    /* Nothing is left to look at or to fetch. */
    void (*idle)(void *context);
};

struct node_captures_counts {
    size_t wanted;
    uint64_t fetched; /* Captures that came and are kept. */
    uint64_t failed;  /* Bytes that were others. */
    uint64_t used;    /* Of the quota. */
};

/* All that is given outlives it. ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err node_captures_new(uv_loop_t *loop, struct store_ledger *ledger,
                                 const struct node_log *log,
                                 const struct node_captures_hooks *hooks,
                                 struct node_captures **captures_out);

/* Takes over what the configuration says, and looks at all captures. */
void node_captures_configure(struct node_captures *captures,
                             const struct node_config *config);

/* There are new records. */
void node_captures_news(struct node_captures *captures);

/* A peer that may have captures can be asked; it cannot any more. */
void node_captures_peer_open(struct node_captures *captures);
void node_captures_peer_gone(struct node_captures *captures, uint32_t peer);

/* What its session says. */
void node_captures_blob(struct node_captures *captures, uint32_t peer,
                        const struct assay_blob *blob);
void node_captures_lacked(struct node_captures *captures, uint32_t peer,
                          const uint8_t sha256[ASSAY_HASH_SIZE]);

/* Whether nothing is left to look at or to fetch. */
bool node_captures_are_idle(const struct node_captures *captures);

void node_captures_count(const struct node_captures *captures,
                         struct node_captures_counts *counts_out);

/* Begins no more work and calls done when none is under way, perhaps before
 * it returns. What has come so far stays for the next time. */
void node_captures_stop(struct node_captures *captures,
                        void (*done)(void *context));

/* Frees one that has stopped, or was just made; its handles are closed by the
 * loop afterwards. Accepts NULL. */
void node_captures_free(struct node_captures *captures);

#endif
