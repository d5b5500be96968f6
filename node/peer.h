/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.h - one connection: a socket, the channel over it and the session in
 * that.
 *
 *   HANDSHAKE -> OPEN -> CLOSING -> DRAINING -> gone
 *        |         |         |          |
 *        +---------+---------+----------+--> gone, where the socket fails
 *
 * A peer's socket is read while its session and the ingest have room, and its
 * session is asked for more only when the socket has taken what was there, so
 * that neither side grows memory here: 270 KB and what session.h says. What
 * must happen in time has one timer: the handshake, the session's deadline,
 * the end.
 */
#ifndef ASSAY_NODE_PEER_H
#define ASSAY_NODE_PEER_H

#include "net.h"
#include "protocol/channel.h"
#include "protocol/session.h"

/* What is read at once and what is written at once: two frames each. */
#define NODE_PEER_BUFFER ((size_t)2 * ASSAY_CHANNEL_FRAME_MAX)

/* The last word shall reach a peer that reads; one that does not is cut. */
#define NODE_PEER_LINGER_MS 2000

enum node_peer_state {
    NODE_PEER_HANDSHAKE,
    NODE_PEER_OPEN,
    NODE_PEER_CLOSING, /* The session is over; the rest is being written. */
    NODE_PEER_DRAINING /* All was written; until the other side closes. */
};

struct node_peer; /* Opaque. */

/* Why a peer is not let in. */
struct node_peer_refusal {
    enum assay_close_code code;
    const char *text; /* Static. */
};

/* What a peer asks of its owner, who gives each a number. */
struct node_peer_hooks {
    void *context;

    /* The ledger as it is now, lent until view_end; NULL where it cannot be
     * had, which ends the peer. Calls may be nested. */
    const struct assay_sync_view *(*view_begin)(void *context);
    void (*view_end)(void *context);

    /* Whether records can be taken. While not, the peer is not read; wake it
     * with node_peer_wake. */
    bool (*has_room)(void *context);

    /* Wake this peer soon, but not now: others are at work. */
    void (*soon)(void *context, struct node_peer *peer);

    /* The peer has proven its key. Fill in what the session begins with (who,
     * which side and what hash are filled in); true to let it in, false to say
     * goodbye with a code and text that are given. */
    bool (*opened)(void *context, struct node_peer *peer,
                   struct assay_session_config *config,
                   struct node_peer_refusal *refusal_out);

    /* Something came of the session. */
    void (*event)(void *context, struct node_peer *peer,
                  const struct assay_session_event *event);

    /* It is over, why is one line, harmless only where a log makes it so; who
     * is to blame tells is_fault. Called once, before it is gone; nothing is
     * told of this peer any more but gone. */
    void (*over)(void *context, struct node_peer *peer, const char *why,
                 bool is_fault);

    /* Its memory goes when this returns. */
    void (*gone)(void *context, struct node_peer *peer);
};

struct node_peer_config {
    uv_loop_t *loop;
    uv_tcp_t *tcp; /* Connected, malloc'ed; taken on success. */
    uint32_t number;
    bool is_dialled;
    const struct assay_noise_keypair *own; /* Borrowed while it lives. */
    const struct assay_key *expected;      /* Copied; NULL: anybody. */
    uint64_t handshake_ms;
    uint8_t *space; /* ASSAY_SESSION_BUFFER bytes, borrowed while it lives; one
                       does for all peers of a thread. */
    const struct node_peer_hooks *hooks; /* Borrowed while it lives. */
};

/* Begins to speak. ASSAY_E_NOMEM, ASSAY_E_IO. */
ASSAY_MUST_CHECK
enum assay_err node_peer_new(const struct node_peer_config *config,
                             struct node_peer **peer_out);

/* Reads on, and writes what the session has to say: after anything that may
 * have given it room or something to say. */
void node_peer_wake(struct node_peer *peer);

/* Ends the session with a code and text, and then the connection. */
void node_peer_close(struct node_peer *peer, enum assay_close_code code,
                     const char *text);

/* Cuts the connection without a word. */
void node_peer_cut(struct node_peer *peer, const char *why);

/* Tells the session what became of a record. Not after over. */
void node_peer_judge(struct node_peer *peer,
                     const struct assay_session_judgement *judgement);

/* Counts misbehaviour that others have seen. */
void node_peer_blame(struct node_peer *peer,
                     enum assay_session_offence offence);

/* Its session, for what needs no view and makes no event: NULL before opened
 * and after over. */
struct assay_session *node_peer_session(struct node_peer *peer);

/* The same also after over, for its figures. */
const struct assay_session *node_peer_any_session(const struct node_peer *peer);

uint32_t node_peer_number(const struct node_peer *peer);
enum node_peer_state node_peer_state(const struct node_peer *peer);
bool node_peer_is_dialled(const struct node_peer *peer);
const struct node_endpoint *node_peer_at(const struct node_peer *peer);
const struct node_net_origin *node_peer_origin(const struct node_peer *peer);
uint64_t node_peer_since_ms(const struct node_peer *peer);

/* Whose key it has proven; NULL before. */
const struct assay_key *node_peer_key(const struct node_peer *peer);

#endif
