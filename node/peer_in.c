/* SPDX-License-Identifier: Apache-2.0 */
/* What a peer sends: from the socket through the channel to the session. */
#include "peer_internal.h"

#include "clock.h"

#include <stdio.h>

/* The peer has proven who it is: a session begins, if only to say no. */
static void on_opened(struct node_peer *peer)
{
    struct assay_session_config config = {.is_dialler = peer->is_dialled};
    struct node_peer_refusal refusal = {ASSAY_CLOSE_REFUSED, ""};
    bool is_let_in = false;

    peer->key = *assay_channel_peer(peer->channel);
    peer->has_key = true;
    config.peer_key = peer->key;
    config.now_ms = node_clock_ms();
    memcpy(config.handshake_hash, assay_channel_hash(peer->channel),
           sizeof(config.handshake_hash));
    is_let_in =
        peer->hooks->opened(peer->hooks->context, peer, &config, &refusal);
    if (assay_session_new(&config, &peer->session) != ASSAY_OK) {
        node_peer_cut(peer, "memory is exhausted");
        return;
    }
    peer->state = NODE_PEER_OPEN;
    if (!is_let_in) {
        assay_session_close(peer->session, refusal.code, refusal.text,
                            &peer->events);
        node_peer_dispatch(peer, &peer->events);
    }
}

static void on_broken(struct node_peer *peer)
{
    const char *rule = NULL;
    enum assay_err err = assay_channel_error(peer->channel, &rule);
    char why[WHY_MAX];

    (void)snprintf(why, sizeof(why), "channel: %s",
                   rule != NULL ? rule : assay_err_phrase(err));
    node_peer_tell_over(peer, why, err != ASSAY_E_TRUNCATED);
    node_peer_end(peer);
}

/* The peer will say nothing more. */
static void on_end(struct node_peer *peer)
{
    node_peer_tell_over(peer, "peer: ended", false);
    if (peer->state == NODE_PEER_DRAINING || peer->session == NULL) {
        node_peer_end(peer);
        return;
    }
    assay_session_close(peer->session, ASSAY_CLOSE_DONE, "", &peer->events);
    node_peer_begin_to_close(peer);
}

/* Whether a message could be taken in now. */
static bool may_take(const struct node_peer *peer)
{
    return peer->state != NODE_PEER_OPEN ||
           (assay_session_wants_input(peer->session) &&
            peer->hooks->has_room(peer->hooks->context));
}

static void take_message(struct node_peer *peer, struct assay_bytes message)
{
    const struct assay_sync_view *view = NULL;

    if (peer->state != NODE_PEER_OPEN) {
        return; /* It is late: nobody listens any more. */
    }
    view = peer->hooks->view_begin(peer->hooks->context);
    if (view == NULL) {
        node_peer_cut(peer, "the ledger cannot be read");
        return;
    }
    assay_session_receive(peer->session, view, node_clock_ms(), message,
                          &peer->events);
    node_peer_dispatch(peer, &peer->events);
    peer->hooks->view_end(peer->hooks->context);
}

/* Moves what was not taken to the front. */
static void compact(struct node_peer *peer)
{
    peer->in_len -= peer->in_pos;
    memmove(peer->in, peer->in + peer->in_pos, peer->in_len);
    peer->in_pos = 0;
}

/* Takes what was received, as far as there is room for what it leads to. */
void node_peer_take_input(struct node_peer *peer)
{
    bool goes_on = true;

    while (goes_on && !peer->is_cut && peer->in_pos < peer->in_len &&
           may_take(peer)) {
        struct assay_bytes input = {peer->in + peer->in_pos,
                                    peer->in_len - peer->in_pos};
        struct assay_bytes message = ASSAY_BYTES_NONE;
        size_t len_before = input.len;
        enum assay_channel_event event =
            assay_channel_feed(peer->channel, &input, peer->space, &message);

        peer->in_pos += len_before - input.len;
        switch (event) {
        case ASSAY_CHANNEL_IDLE:
            goes_on = false;
            break;
        case ASSAY_CHANNEL_REPLY:
            node_peer_pull_handshake(peer);
            break;
        case ASSAY_CHANNEL_OPENED:
            node_peer_pull_handshake(peer);
            on_opened(peer);
            break;
        case ASSAY_CHANNEL_MESSAGE:
            take_message(peer, message);
            break;
        case ASSAY_CHANNEL_END:
            on_end(peer);
            goes_on = false;
            break;
        case ASSAY_CHANNEL_BROKEN:
            on_broken(peer);
            break;
        }
    }
    if (!peer->is_cut) {
        compact(peer);
    }
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    struct node_peer *peer = handle->data;

    (void)size;
    *buffer = uv_buf_init((char *)peer->in + peer->in_len,
                          (unsigned)(sizeof(peer->in) - peer->in_len));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct node_peer *peer = stream->data;

    (void)buffer;
    if (len >= 0) {
        peer->in_len += (size_t)len;
        node_peer_wake(peer);
        return;
    }
    if (peer->state == NODE_PEER_HANDSHAKE || peer->state == NODE_PEER_OPEN) {
        bool is_clean = len == UV_EOF && assay_channel_eof(peer->channel);

        node_peer_tell_over(
            peer, is_clean ? "peer: ended" : node_net_why((int)len), false);
    }
    node_peer_end(peer);
}

/* Reads the socket exactly while there is room for what comes. */
void node_peer_steer(struct node_peer *peer)
{
    bool wants = peer->in_len < sizeof(peer->in) && may_take(peer);

    if (peer->is_cut || wants == peer->is_reading) {
        return;
    }
    peer->is_reading = wants;
    if (!wants) {
        (void)uv_read_stop((uv_stream_t *)peer->tcp);
    } else if (uv_read_start((uv_stream_t *)peer->tcp, on_alloc, on_read) !=
               0) {
        node_peer_cut(peer, "the socket cannot be read");
    }
}
