/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broadcast_internal.h - the parts of the broadcast machine. Not installed.
 *
 * Peers stand in slots 0 to 63, so that a set of them is a 64-bit mask. Ids and
 * trees stand in arrays of fixed size, with an index by hash and lists by
 * number.
 */
#ifndef ASSAY_PROTOCOL_BROADCAST_INTERNAL_H
#define ASSAY_PROTOCOL_BROADCAST_INTERNAL_H

#include "broadcast.h"
#include "check.h"
#include "slot_index.h"

#include <sodium.h>

/* In place of a peer's slot: nobody, or this node itself. */
#define ASSAY_NO_PEER UINT8_MAX
#define ASSAY_OURSELVES (UINT8_MAX - 1)

enum assay_seen_state {
    ASSAY_SEEN_FREE,
    ASSAY_SEEN_MISSING,  /* Announced; a graft goes out at due_ms. */
    ASSAY_SEEN_CHECKING, /* It came; CHECKED is still to come. */
    ASSAY_SEEN_HELD      /* Passed on. */
};

/* What is known of one id. */
struct assay_seen {
    struct assay_id id;
    uint64_t tree;       /* Over which it goes, once it came. */
    uint64_t announcers; /* Peers that have it. */
    uint64_t asked;      /* Of these, who got a graft for it. */
    uint64_t pending;    /* Peers that are to be told of it. */
    uint64_t sequence;   /* Its place in the order of held ids. */
    uint64_t first_ms;   /* When it was first announced. */
    uint64_t due_ms;
    uint32_t hash;
    uint32_t next;
    uint32_t previous;
    uint16_t round;
    uint8_t state;
    uint8_t first;  /* Who announced it first: an entry of its quota. */
    uint8_t parent; /* Who sent it first. */
    uint8_t graft_count;
    uint8_t asked_last; /* Who got the last graft, where there is one. */
};

/* The links over which records are pushed: those of one node, or of others. */
struct assay_tree {
    uint64_t number;  /* As its node has chosen it. */
    uint64_t eager;   /* The links. */
    uint64_t used_ms; /* When a record last went over it. */
    uint32_t next;    /* Used later than this one. */
    uint32_t previous;
    uint8_t parent; /* Where records were said to come sooner. */
    bool is_begun;  /* A record went over it, not only over the shared one. */
};

struct assay_slot_list {
    uint32_t head;
    uint32_t tail;
    size_t count;
};

struct assay_broadcast_peer {
    uint32_t peer;
    uint32_t cursor;        /* The first held entry that may be pending. */
    uint64_t have_due_ms;   /* When it is to be told; UINT64_MAX: nothing. */
    uint64_t have_last_ms;  /* When it was last told. */
    bool is_signalled;      /* SEND_HAVE is out, and not yet taken. */
    uint32_t missing_count; /* Entries that it announced first. */
    uint32_t unanswered;    /* Grafts whose time has passed since it last
                               gave a record. */
    uint64_t lenient_ms;    /* Until then none is counted. */
    uint32_t broken; /* Times that it took a tree and did not carry it. */
};

struct assay_broadcast {
    uint64_t up; /* Slots of peers that are there. */
    struct assay_tree shared;
    struct assay_broadcast_peer peers[ASSAY_ACTIVE_MAX];

    struct assay_seen *seen;
    size_t seen_max;
    struct assay_slot_index seen_index;
    struct assay_slot_list free;    /* Through next only. */
    struct assay_slot_list waiting; /* Missing or being checked. */
    struct assay_slot_list held;    /* Oldest first. */
    size_t missing_count;
    uint64_t sequence;

    struct assay_tree *trees;
    size_t tree_max;
    size_t tree_used; /* Slots that were ever used; the rest is free. */
    struct assay_slot_index tree_index;
    struct assay_slot_list recent; /* Trees, least recently used first. */

    uint64_t our_number;  /* Of this node's own tree. */
    uint64_t deadline_ms; /* No tick is due before. */
    uint8_t hash_key[crypto_shorthash_KEYBYTES];
};

static inline uint64_t assay_slot_bit(uint8_t slot)
{
    ASSAY_CHECK(slot < ASSAY_ACTIVE_MAX);
    return UINT64_C(1) << slot;
}

/* The peer of lowest number in a set; ASSAY_NO_PEER if it is empty. */
static inline uint8_t assay_lowest_slot(uint64_t set)
{
    return set == 0 ? ASSAY_NO_PEER : (uint8_t)__builtin_ctzll(set);
}

/* broadcast_seen.c: the entry of an id, NULL if there is none. */
struct assay_seen *assay_seen_find(struct assay_broadcast *broadcast,
                                   const struct assay_id *id);

/* A new entry that waits; NULL if all room is taken by others that wait. The
 * oldest held one makes room. */
struct assay_seen *assay_seen_add(struct assay_broadcast *broadcast,
                                  const struct assay_id *id);

/* Whether one more id that peer announces may wait. */
bool assay_seen_has_room(const struct assay_broadcast *broadcast, uint8_t slot);

/* Puts an entry that waits into the state MISSING, or out of it. */
void assay_seen_miss(struct assay_broadcast *broadcast, struct assay_seen *seen,
                     uint8_t first, uint64_t now_ms, uint64_t due_ms);
void assay_seen_unmiss(struct assay_broadcast *broadcast,
                       struct assay_seen *seen);

/* The entry's record is here: it moves behind the other held ones. */
void assay_seen_hold(struct assay_broadcast *broadcast,
                     struct assay_seen *seen);

/* Forgets an entry. */
void assay_seen_remove(struct assay_broadcast *broadcast,
                       struct assay_seen *seen);

/* Forgets a peer in all entries; ids that nobody else announced are
 * forgotten. */
void assay_seen_forget_peer(struct assay_broadcast *broadcast, uint8_t slot);

/* broadcast_trees.c: which tree a record takes that is published now. */
uint64_t assay_trees_choose(struct assay_broadcast *broadcast, uint64_t now_ms);

/* The tree of a record that is passed on now; NULL for none. That of a node
 * begins as the shared one, and again if it is out of date; the one used
 * longest ago makes room. Without trees of nodes the shared one is for all. */
struct assay_tree *assay_trees_use(struct assay_broadcast *broadcast,
                                   uint64_t number, uint64_t now_ms);

/* The tree of a record that was passed on; NULL if there is none any more. */
struct assay_tree *assay_trees_of(struct assay_broadcast *broadcast,
                                  const struct assay_seen *seen);

/* A peer's link is in all trees, or in none. */
void assay_trees_join_all(struct assay_broadcast *broadcast, uint8_t slot);
void assay_trees_forget_peer(struct assay_broadcast *broadcast, uint8_t slot);

/* An empty list. */
void assay_slot_list_init(struct assay_slot_list *list);

/* What one step works on. */
struct assay_broadcast_run {
    struct assay_broadcast *broadcast;
    const struct assay_broadcast_event *event;
    struct assay_broadcast_actions *out;
    uint8_t slot; /* The event's peer, where it has one. */
    uint64_t bit;
};

/* broadcast_links.c: one more action that concerns the peer in a slot. */
struct assay_broadcast_action *
assay_broadcast_act(struct assay_broadcast_run *run,
                    enum assay_broadcast_action_type type, uint8_t slot);
void assay_broadcast_graft(struct assay_broadcast_run *run, uint8_t slot,
                           const struct assay_id *id,
                           enum assay_graft_mode mode);
void assay_broadcast_prune(struct assay_broadcast_run *run, uint8_t slot,
                           const struct assay_id *id);

/* Says that a peer has something to take, now. */
void assay_broadcast_signal(struct assay_broadcast_run *run, uint8_t slot);

/* A held id is to be announced to these peers. */
void assay_broadcast_announce(struct assay_broadcast_run *run,
                              struct assay_seen *seen, uint64_t to);

/* The record is here and good: pushes it over its tree, and announces it to
 * all others who lack it. */
void assay_broadcast_pass_on(struct assay_broadcast_run *run,
                             struct assay_seen *seen);

/* The next tick comes no later than this. */
void assay_broadcast_remind(struct assay_broadcast *broadcast, uint64_t due_ms);

/* broadcast_records.c: one event each. */
void assay_broadcast_on_publish(struct assay_broadcast_run *run);
void assay_broadcast_on_announce(struct assay_broadcast_run *run);
void assay_broadcast_on_gossip(struct assay_broadcast_run *run);
void assay_broadcast_on_checked(struct assay_broadcast_run *run);
void assay_broadcast_on_have(struct assay_broadcast_run *run);
void assay_broadcast_on_graft(struct assay_broadcast_run *run);
void assay_broadcast_on_prune(struct assay_broadcast_run *run);
void assay_broadcast_on_not_sent(struct assay_broadcast_run *run);

#endif
