/* SPDX-License-Identifier: Apache-2.0 */
/*
 * membership.h - who a node's neighbours are: HyParView as a pure machine.
 *
 * Neighbours (the active view) are few and mutual, each an open connection;
 * addresses for later (the passive view) are many and only words. A newcomer
 * joins through anybody; its name walks at random and ends with nodes that
 * dial it. Views are mixed by shuffles along random walks. A neighbour that is
 * lost is replaced out of the passive view. Peers that the operator names
 * (static) are dialled again and again, are never put out and do not count
 * against the limits.
 *
 * Every address that a peer tells is hearsay: it costs a handshake at most,
 * which proves the key, and one peer fills a part of the passive view only.
 * What this holds against, and what not: docs/protocol.md.
 *
 * Nothing is allocated after _new. Connections are numbered by the caller:
 * any numbers, each unique among those that are open.
 */
#ifndef ASSAY_PROTOCOL_MEMBERSHIP_H
#define ASSAY_PROTOCOL_MEMBERSHIP_H

#include "messages/peers.h"
#include "random.h"

struct assay_membership;

struct assay_membership_config {
    struct assay_peer self; /* What it tells others; host may be empty. */
    size_t active_target;   /* 1 to active_max; 0 for ASSAY_ACTIVE_TARGET. */
    size_t active_max;      /* To ASSAY_ACTIVE_MAX; 0 for the default. */
    size_t passive_max;     /* To ASSAY_PASSIVE_MAX; 0 for the default. */
    size_t static_max;      /* Static peers that may be added; 0 for all that
                               active_max leaves of ASSAY_ACTIVE_MAX. */
    uint8_t seed[ASSAY_RANDOM_SEED_SIZE];
};

enum assay_membership_event_type {
    ASSAY_MEMBERSHIP_ADD_STATIC,    /* Keep this address as a neighbour. */
    ASSAY_MEMBERSHIP_REMOVE_STATIC, /* No longer; by its key. */
    ASSAY_MEMBERSHIP_LEARN,       /* An address for later, for instance one kept
                                     from before a restart. */
    ASSAY_MEMBERSHIP_CONNECTED,   /* A handshake is done. */
    ASSAY_MEMBERSHIP_DIAL_FAILED, /* What DIAL asked for, by its key. */
    ASSAY_MEMBERSHIP_LOST,        /* A connection has ended, however. */
    ASSAY_MEMBERSHIP_MESSAGE,     /* One of types 32 to 42 has come. */
    ASSAY_MEMBERSHIP_LEAVE,       /* The node stops: neighbours are told. */
    ASSAY_MEMBERSHIP_TICK         /* assay_membership_deadline_ms() has come. */
};

struct assay_membership_event {
    enum assay_membership_event_type type;
    uint64_t now_ms; /* Monotonic; never less than in the last event. */
    uint32_t peer;   /* Of CONNECTED, LOST and MESSAGE. */
    bool is_dialled; /* Of CONNECTED: by us, following a DIAL. */
    const struct assay_peer *address; /* Borrowed. Of CONNECTED: the key that
                        the handshake proved, and where the other side is seen
                        to be (its port counts only if is_dialled). */
    const struct assay_peers_message *message; /* Borrowed. */
};

enum assay_membership_action_type {
    ASSAY_MEMBERSHIP_DIAL,  /* Connect to address; only its key will do. The
                               answer is CONNECTED or DIAL_FAILED, in time. */
    ASSAY_MEMBERSHIP_SEND,  /* Send message to peer. */
    ASSAY_MEMBERSHIP_CLOSE, /* Close peer's connection when what was sent is
                               out; LOST need not follow. */
    ASSAY_MEMBERSHIP_UP,    /* Peer is a neighbour: broadcast uses it. */
    ASSAY_MEMBERSHIP_DOWN   /* It no longer is; before CLOSE, or after LOST. */
};

/* Why a connection is closed. Only the last is the other's fault. */
enum assay_membership_reason {
    ASSAY_MEMBERSHIP_SURPLUS,   /* No neighbour of ours: the connection may go
                                   on if something else needs it. */
    ASSAY_MEMBERSHIP_DUPLICATE, /* There is another one to the same key. */
    ASSAY_MEMBERSHIP_SELF,      /* The other side has our own key. */
    ASSAY_MEMBERSHIP_TIMEOUT,   /* It did not answer. */
    ASSAY_MEMBERSHIP_MISBEHAVED /* It broke a rule of the protocol. */
};

struct assay_membership_action {
    enum assay_membership_action_type type;
    enum assay_membership_reason reason; /* Of CLOSE. */
    uint32_t peer;
    const struct assay_peers_message *message; /* Lies in the actions. */
    struct assay_peer address;                 /* Of DIAL. */
};

/* A step gives no more actions than this: a message or two to each neighbour
 * there can be. */
#define ASSAY_MEMBERSHIP_ACTIONS_MAX (3 * ASSAY_ACTIVE_MAX + 64)
#define ASSAY_MEMBERSHIP_MESSAGES_MAX 8

/* The caller's room for actions; large, so not for a stack. */
struct assay_membership_actions {
    size_t count;
    size_t message_count;
    struct assay_membership_action items[ASSAY_MEMBERSHIP_ACTIONS_MAX];
    struct assay_peers_message messages[ASSAY_MEMBERSHIP_MESSAGES_MAX];
};

struct assay_membership_counts {
    size_t active; /* Neighbours, static ones among them. */
    size_t passive;
    size_t dialling;
    size_t statics;
};

/* ASSAY_E_LIMIT for a size out of its bounds, ASSAY_E_NOMEM. The caller frees
 * *out. */
ASSAY_MUST_CHECK
enum assay_err
assay_membership_new(const struct assay_membership_config *config,
                     struct assay_membership **out);
void assay_membership_free(struct assay_membership *membership);

/*
 * Takes in one event and overwrites actions_out with what to do, in order. It
 * cannot fail: a peer that misbehaves leads to CLOSE. Static peers beyond
 * static_max are not taken; assay_membership_count tells how many there are.
 */
void assay_membership_step(struct assay_membership *membership,
                           const struct assay_membership_event *event,
                           struct assay_membership_actions *actions_out);

/* When the next TICK is due; UINT64_MAX when none is. */
uint64_t
assay_membership_deadline_ms(const struct assay_membership *membership);

void assay_membership_count(const struct assay_membership *membership,
                            struct assay_membership_counts *counts_out);

/* The neighbours one after the other, in no order: false behind the last.
 * address_out may be NULL. */
bool assay_membership_active_at(const struct assay_membership *membership,
                                size_t index, uint32_t *peer_out,
                                struct assay_peer *address_out);

/* The same for the passive view, for instance to keep it over a restart. */
bool assay_membership_passive_at(const struct assay_membership *membership,
                                 size_t index, struct assay_peer *address_out);

#endif
