/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broadcast.h - how a new record reaches every node: Plumtree as a pure
 * machine.
 *
 * A record is pushed whole over a tree of links (eager) and announced by its
 * id over the others (lazy). Who hears of an id and does not get the record in
 * time asks an announcer for it (graft), which mends the tree; who gets a
 * record twice says so (prune), which thins it. A record that comes later than
 * its announcement shows that another link is faster: the tree moves there.
 *
 * All nodes share one tree, which moves a little towards each sender. A node
 * that publishes often gets a tree of its own, which begins as the shared one
 * and stays with it. Who publishes a record says which of the two it takes, and
 * what happens to the record changes that tree alone.
 *
 * Records are not kept here: the machine speaks of ids, the caller gets the
 * bytes when it sends. Nothing is allocated after _new; what a peer can make
 * this remember is bounded. A peer is the caller's number of a connection.
 */
#ifndef ASSAY_PROTOCOL_BROADCAST_H
#define ASSAY_PROTOCOL_BROADCAST_H

#include "messages/gossip.h"
#include "random.h"

struct assay_broadcast;

struct assay_broadcast_config {
    size_t seen_max; /* Ids remembered; 0 for ASSAY_SEEN_DEFAULT. */
    size_t tree_max; /* Trees of single nodes; 0: the shared tree alone. */
    uint8_t seed[ASSAY_RANDOM_SEED_SIZE];
};

enum assay_broadcast_event_type {
    ASSAY_BROADCAST_UP,       /* peer is a neighbour (membership's UP). */
    ASSAY_BROADCAST_DOWN,     /* It no longer is. */
    ASSAY_BROADCAST_PUBLISH,  /* id was written here: push it. */
    ASSAY_BROADCAST_ANNOUNCE, /* id came by other ways, and others may have it
                                 already: announce it only. */
    ASSAY_BROADCAST_GOSSIP,   /* peer sent the record id, unasked or grafted. */
    ASSAY_BROADCAST_CHECKED,  /* The answer to CHECK: pass id on, or forget. */
    ASSAY_BROADCAST_HAVE,     /* peer announced id: one event an id. */
    ASSAY_BROADCAST_GRAFT,
    ASSAY_BROADCAST_PRUNE,
    ASSAY_BROADCAST_NOT_SENT, /* A SEND_RECORD found no room in peer's queue:
                                 id is announced later instead. */
    ASSAY_BROADCAST_TICK      /* assay_broadcast_deadline_ms() has come. */
};

struct assay_broadcast_event {
    enum assay_broadcast_event_type type;
    uint64_t now_ms; /* Monotonic; never less than in the last event. */
    uint32_t peer;
    struct assay_id id;
    uint32_t round;             /* Of GOSSIP. */
    uint64_t tree;              /* Of GOSSIP. */
    enum assay_graft_mode mode; /* Of GRAFT. */
    bool is_held; /* Of GOSSIP, HAVE and GRAFT: the ledger holds id. */
    bool is_good; /* Of CHECKED: valid, accepted, and can be got by its id. */
};

enum assay_broadcast_action_type {
    ASSAY_BROADCAST_SEND_RECORD, /* gossip: peer, id, round, tree. */
    ASSAY_BROADCAST_SEND_HAVE,   /* Something to announce to peer: call
                                    assay_broadcast_take when it can be sent. */
    ASSAY_BROADCAST_SEND_GRAFT,  /* peer, id, mode. */
    ASSAY_BROADCAST_SEND_PRUNE,  /* peer, id. */
    ASSAY_BROADCAST_CHECK, /* The record that peer sent is new: check it, keep
                              it, and answer with CHECKED. Without this action
                              a GOSSIP event's record may be dropped. */
    ASSAY_BROADCAST_BLAME  /* peer announces what it does not give. */
};

struct assay_broadcast_action {
    enum assay_broadcast_action_type type;
    uint32_t peer;
    struct assay_id id;
    uint32_t round;
    uint64_t tree;
    enum assay_graft_mode mode;
};

/* A step gives no more: a record or an announcement for each neighbour, and
 * grafts, of which those beyond wait for the next tick. */
#define ASSAY_BROADCAST_ACTIONS_MAX (3 * ASSAY_ACTIVE_MAX)

/* The caller's room for actions. */
struct assay_broadcast_actions {
    size_t count;
    struct assay_broadcast_action items[ASSAY_BROADCAST_ACTIONS_MAX];
};

struct assay_broadcast_counts {
    size_t peers;
    size_t eager;   /* Of these, in the shared tree. */
    size_t seen;    /* Ids of records that are here. */
    size_t missing; /* Ids announced and not here yet. */
    size_t trees;
};

/* ASSAY_E_LIMIT for a size out of its bounds, ASSAY_E_NOMEM. The caller frees
 * *out. */
ASSAY_MUST_CHECK
enum assay_err assay_broadcast_new(const struct assay_broadcast_config *config,
                                   struct assay_broadcast **out);
void assay_broadcast_free(struct assay_broadcast *broadcast);

/*
 * Takes in one event and overwrites actions_out with what to do, in order. It
 * cannot fail; events of a peer that is not UP, and an UP beyond
 * ASSAY_ACTIVE_MAX peers, do nothing.
 */
void assay_broadcast_step(struct assay_broadcast *broadcast,
                          const struct assay_broadcast_event *event,
                          struct assay_broadcast_actions *actions_out);

/*
 * Takes up to ASSAY_HAVE_MAX ids that are to be announced to peer, oldest
 * first, and returns how many. If more are left, the next tick gives another
 * SEND_HAVE. A peer that reads slowly gets what is still remembered by then;
 * nothing grows meanwhile.
 */
size_t assay_broadcast_take(struct assay_broadcast *broadcast, uint32_t peer,
                            uint64_t now_ms,
                            struct assay_id ids_out[ASSAY_HAVE_MAX]);

/* When the next TICK is due; UINT64_MAX when none is. */
uint64_t assay_broadcast_deadline_ms(const struct assay_broadcast *broadcast);

void assay_broadcast_count(const struct assay_broadcast *broadcast,
                           struct assay_broadcast_counts *counts_out);

#endif
