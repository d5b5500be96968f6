/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer_internal.h - what the parts of a peer share: its life (peer.c), what
 * comes in (peer_in.c) and what goes out (peer_out.c).
 */
#ifndef ASSAY_NODE_PEER_INTERNAL_H
#define ASSAY_NODE_PEER_INTERNAL_H

#include "peer.h"

/* What is said of an end, at most. */
#define WHY_MAX 320

struct node_peer {
    const struct node_peer_hooks *hooks;
    uv_tcp_t *tcp;
    uv_timer_t timer;
    uv_write_t write;
    uv_shutdown_t shutdown;
    uint32_t number;
    enum node_peer_state state;
    bool is_dialled;
    bool is_reading;
    bool is_writing;
    bool is_cut;     /* Being closed; nothing is called but gone. */
    bool is_over;    /* over was called. */
    bool has_ended;  /* Our last word was sealed. */
    bool is_at_work; /* Inside node_peer_wake, which finishes the work. */
    size_t open_handles;
    uint64_t since_ms;
    uint64_t limit_ms; /* When the handshake, or the end, must be done. */
    uint64_t armed_ms; /* What the timer is set to. */
    struct node_endpoint at;
    struct node_net_origin origin;
    struct assay_key key;
    bool has_key;
    struct assay_channel *channel;
    struct assay_session *session;
    size_t in_pos; /* What lies before was taken. */
    size_t in_len;
    size_t out_len;
    uint8_t in[NODE_PEER_BUFFER];
    uint8_t out[NODE_PEER_BUFFER];
    uint8_t *space; /* For a message, in or out; borrowed. */
    struct assay_session_events events;
};

/* --- peer.c */

/* Closes the socket; gone is called when it is closed. */
void node_peer_end(struct node_peer *peer);

/* Tells the owner, once, that this peer is over. */
void node_peer_tell_over(struct node_peer *peer, const char *why,
                         bool is_fault);

/* The session has ended: what is left is written, within a while. */
void node_peer_begin_to_close(struct node_peer *peer);

/* Hands on what a call of the session made. The owner may call back. */
void node_peer_dispatch(struct node_peer *peer,
                        const struct assay_session_events *events);

/* --- peer_in.c */

/* Takes what was received, as far as there is room for what it leads to. */
void node_peer_take_input(struct node_peer *peer);

/* Reads the socket exactly while there is room for what comes. */
void node_peer_steer(struct node_peer *peer);

/* --- peer_out.c */

/* What the handshake has to say. */
void node_peer_pull_handshake(struct node_peer *peer);

/* Writes what there is to say, unless the last is still being written. */
void node_peer_flush(struct node_peer *peer);

#endif
