/* SPDX-License-Identifier: Apache-2.0 */
/*
 * membership_internal.h - the parts of the membership machine. Not installed.
 */
#ifndef ASSAY_PROTOCOL_MEMBERSHIP_INTERNAL_H
#define ASSAY_PROTOCOL_MEMBERSHIP_INTERNAL_H

#include "membership.h"

#include <sodium.h>

/*
 * The life of a link: a dial (DIALLING) or a peer that connected (OPEN), our
 * request to be neighbours (ASKED), neighbours (ACTIVE). It is FREE again when
 * either side ends it.
 */
enum assay_link_state {
    ASSAY_LINK_FREE,
    ASSAY_LINK_DIALLING,
    ASSAY_LINK_OPEN,
    ASSAY_LINK_ASKED,
    ASSAY_LINK_ACTIVE,
    ASSAY_LINK_STATES /* How many states there are. */
};

struct assay_link {
    struct assay_peer *address; /* Lies apart, for it is large and seldom
                                   looked at. */
    uint64_t tag;               /* Of its key. */
    uint64_t since_ms;          /* When it came to its state. */
    uint64_t deadline_ms;       /* When it is given up; UINT64_MAX: never. */
    uint64_t walk_ms;           /* When walk_left was last reckoned. */
    uint32_t peer;              /* The caller's number, if it is connected. */
    uint32_t walk_left;         /* Walking messages that are let pass. */
    uint8_t state;
    bool is_static;  /* The operator named it. */
    bool is_dialled; /* By us. */
    bool is_needed;  /* Room is made for it on both sides. */
    bool is_swap;    /* It comes in another neighbour's place. */
};

/* An address for later. */
struct assay_passive {
    struct assay_peer *address; /* Lies apart, too. */
    uint64_t tag;
    uint64_t rest_until_ms;
    uint64_t source; /* Tag of the peer that told it; 0: we know ourselves. */
    uint32_t failures;
};

/* A peer that the operator named. */
struct assay_static {
    struct assay_peer address;
    uint64_t tag;
    uint64_t rest_until_ms;
    uint32_t failures;
    uint32_t refusals; /* In a row. */
    bool was_away;     /* It could not be reached before it answered. */
};

/* The key of an address that failed too often. */
struct assay_forgotten {
    uint64_t tag;
    uint64_t until_ms;
};

/* A shuffle that was handed on, so that its answer finds back. */
struct assay_shuffle_path {
    uint64_t number_out;
    uint64_t number_in;
    uint64_t until_ms;
    uint32_t peer_out;
    uint32_t peer_in;
};

/* Our own shuffle that is under way. */
struct assay_shuffle_sent {
    uint64_t number;
    uint32_t peer;
    size_t count;
    uint64_t tags[ASSAY_SHUFFLE_MAX]; /* Of the keys in it. */
};

struct assay_membership {
    struct assay_peer self;
    size_t active_target;
    size_t active_max;
    bool has_joined; /* It had a neighbour once. */
    bool is_leaving;

    struct assay_peer *addresses; /* Of links, then of passive ones. */
    struct assay_link *links;
    size_t link_max;
    size_t state_counts[ASSAY_LINK_STATES];
    struct assay_passive *passive;
    size_t passive_count;
    size_t passive_max;
    struct assay_static *statics;
    size_t static_count;
    size_t static_max;
    struct assay_forgotten forgotten[ASSAY_FORGOTTEN_MAX];
    size_t forgotten_next;
    struct assay_shuffle_path paths[ASSAY_SHUFFLE_PATHS];
    size_t path_next;
    struct assay_shuffle_sent sent;

    uint64_t shuffle_ms; /* When the next one is due. */
    uint64_t refresh_ms;
    uint64_t deadline_ms;
    struct assay_random random;
    uint8_t tag_key[crypto_shorthash_KEYBYTES];
};

/* What one step works on. */
struct assay_membership_run {
    struct assay_membership *membership;
    struct assay_membership_actions *out;
    uint64_t now_ms;
};

/* membership_links.c: the link of a connection or of a key; NULL. */
struct assay_link *assay_link_of_peer(struct assay_membership *membership,
                                      uint32_t peer);
struct assay_link *assay_link_of_key(struct assay_membership *membership,
                                     const struct assay_key *key);

bool assay_link_exists(const struct assay_membership *membership, uint64_t tag);

/* A new link to an address, in a state that ends in some time, or never (0);
 * NULL if there is no room. */
struct assay_link *assay_link_add(struct assay_membership_run *run,
                                  const struct assay_peer *address,
                                  enum assay_link_state state,
                                  uint64_t time_ms);

/* How many links there are in a state. */
static inline size_t assay_link_count(const struct assay_membership *membership,
                                      enum assay_link_state state)
{
    return membership->state_counts[state];
}

/* Neighbours, and those who may become some: dials, and requests that are not
 * answered yet. */
static inline size_t
assay_link_hope_count(const struct assay_membership *membership)
{
    return assay_link_count(membership, ASSAY_LINK_ACTIVE) +
           assay_link_count(membership, ASSAY_LINK_DIALLING) +
           assay_link_count(membership, ASSAY_LINK_ASKED);
}

/* A neighbour at random, but neither of two; NULL if there is none. */
struct assay_link *assay_link_random(struct assay_membership *membership,
                                     const struct assay_link *except,
                                     const struct assay_key *except_key);

/* Moves a link to a state that ends in some time, or never (0). */
void assay_link_move(struct assay_membership_run *run, struct assay_link *link,
                     enum assay_link_state state, uint64_t time_ms);

/* Makes a link a neighbour, and tells who has asked for it. One that is needed
 * puts another out where there is no room. False, and nothing done, if there is
 * none. */
bool assay_link_activate(struct assay_membership_run *run,
                         struct assay_link *link, bool is_asked);

/* Ends a link: tells broadcast, closes the connection for a reason, and keeps
 * the address for after rest_ms (0: does not keep it). */
void assay_link_end(struct assay_membership_run *run, struct assay_link *link,
                    enum assay_membership_reason reason, uint64_t rest_ms);

/* The same, and says so to the other side before. */
void assay_link_disconnect(struct assay_membership_run *run,
                           struct assay_link *link,
                           enum assay_disconnect_reason reason,
                           uint64_t rest_ms);

/* Forgets a link whose connection is gone already. */
void assay_link_drop(struct assay_membership_run *run, struct assay_link *link);

/* Puts the youngest neighbour out that is neither static nor this one. */
void assay_link_end_youngest(struct assay_membership_run *run,
                             const struct assay_link *except);

/* Whether one more walking message of a neighbour is let pass. */
bool assay_link_may_walk(struct assay_link *link, uint64_t now_ms);

/* One more action; and a message to fill in, to be sent to any number. */
struct assay_membership_action *
assay_membership_act(struct assay_membership_run *run,
                     enum assay_membership_action_type type, uint32_t peer);
struct assay_peers_message *
assay_membership_message(struct assay_membership_run *run,
                         enum assay_message_type type);
void assay_membership_send(struct assay_membership_run *run, uint32_t peer,
                           const struct assay_peers_message *message);

/* Sends a neighbor message that tells our address. */
void assay_membership_send_neighbor(struct assay_membership_run *run,
                                    uint32_t peer,
                                    enum assay_neighbor_step step);

/* membership_passive.c: a keyed hash of a key, by which it is known here: no
 * peer can make two keys meet. Never 0. */
uint64_t assay_membership_tag(const struct assay_membership *membership,
                              const struct assay_key *key);

struct assay_static *assay_static_find(struct assay_membership *membership,
                                       const struct assay_key *key);
struct assay_passive *assay_passive_find(struct assay_membership *membership,
                                         const struct assay_key *key);

/* Keeps an address that the peer with this tag told (0: that we know
 * ourselves), if it can be dialled and is not one of ours, a link's, a static
 * one or one that was forgotten. A full view gives up one that was just sent
 * away (tags of sent, may be NULL), else one at random. */
void assay_passive_add(struct assay_membership_run *run,
                       const struct assay_peer *address, uint64_t source,
                       const struct assay_shuffle_sent *sent);
void assay_passive_remove(struct assay_membership *membership,
                          const struct assay_key *key);

/* One at random that may be dialled now; NULL. */
struct assay_passive *assay_passive_random(struct assay_membership_run *run);

/* How long a peer rests that has refused us: a static one longer each time,
 * until it is a neighbour. */
uint64_t assay_address_refused_ms(struct assay_membership *membership,
                                  const struct assay_key *key);
void assay_address_is_taken(struct assay_membership *membership,
                            const struct assay_key *key);

/* An address that was a link's rests; one that failed rests longer each time,
 * and is forgotten if it is a passive one. One that connected is well. */
void assay_address_rest(struct assay_membership_run *run,
                        const struct assay_peer *address, uint64_t rest_ms);
void assay_address_failed(struct assay_membership_run *run,
                          const struct assay_peer *address);
void assay_address_is_well(struct assay_membership *membership,
                           const struct assay_key *key);

/* Up to count addresses at random, without one key. */
size_t assay_passive_sample(struct assay_membership *membership,
                            const struct assay_key *except,
                            struct assay_peer *peers_out, size_t count);

/* When the first address that rests may be dialled; UINT64_MAX. */
uint64_t assay_static_next_ms(const struct assay_membership *membership);
uint64_t assay_passive_next_ms(const struct assay_membership *membership);

/* A time from half of it to the whole. */
uint64_t assay_membership_jitter(struct assay_membership *membership,
                                 uint64_t time_ms);

/* membership_messages.c: takes in a message from a link. */
void assay_membership_on_message(struct assay_membership_run *run,
                                 struct assay_link *link,
                                 const struct assay_peers_message *message);

/* Adds some neighbours and passive addresses to a message for a link. */
void assay_membership_suggest(struct assay_membership *membership,
                              const struct assay_link *to,
                              struct assay_peers_message *message);

/* Begins a shuffle, if there is a neighbour. */
void assay_membership_shuffle(struct assay_membership_run *run);

/* membership.c: begins a dial to a node that takes another neighbour's place if
 * it accepts. */
void assay_membership_swap(struct assay_membership_run *run,
                           const struct assay_peer *address);

/* Begins a dial; false if no more may be under way. */
bool assay_membership_dial(struct assay_membership_run *run,
                           const struct assay_peer *address, bool is_needed);

#endif
