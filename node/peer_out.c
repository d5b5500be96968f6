/* SPDX-License-Identifier: Apache-2.0 */
/* What a peer gets: from the session through the channel to the socket. */
#include "peer_internal.h"

#include "clock.h"

/* What the handshake has to say. */
void node_peer_pull_handshake(struct node_peer *peer)
{
    if (peer->out_len + ASSAY_CHANNEL_HANDSHAKE_MAX <= sizeof(peer->out) &&
        !peer->is_writing) {
        peer->out_len +=
            assay_channel_pull(peer->channel, peer->out + peer->out_len);
    }
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
    (void)request; /* Reading tells when the other side closes. */
    (void)status;
}

static void on_written(uv_write_t *request, int status)
{
    struct node_peer *peer = request->data;

    peer->is_writing = false;
    peer->out_len = 0;
    if (peer->is_cut) {
        return;
    }
    if (status != 0) {
        node_peer_cut(peer, node_net_why(status));
        return;
    }
    node_peer_wake(peer);
}

/* Seals the session's messages while there is room for one more. */
static void fill_out(struct node_peer *peer)
{
    const struct assay_sync_view *view = NULL;

    if (peer->session == NULL ||
        !assay_session_has_output(peer->session, node_clock_ms())) {
        return;
    }
    view = peer->hooks->view_begin(peer->hooks->context);
    if (view == NULL) {
        node_peer_cut(peer, "the ledger cannot be read");
        return;
    }
    while (!peer->is_cut &&
           sizeof(peer->out) - peer->out_len >= ASSAY_CHANNEL_FRAME_MAX) {
        struct assay_bytes message = assay_session_produce(
            peer->session, view, node_clock_ms(), peer->space, &peer->events);
        if (message.len > 0 &&
            assay_channel_seal(peer->channel, message,
                               peer->out + peer->out_len) == ASSAY_OK) {
            peer->out_len += message.len + ASSAY_CHANNEL_OVERHEAD;
        }
        node_peer_dispatch(peer, &peer->events);
        if (message.len == 0) {
            break;
        }
    }
    peer->hooks->view_end(peer->hooks->context);
}

/* Behind the session's last message comes the channel's last word. */
static void fill_end(struct node_peer *peer)
{
    bool has_room = sizeof(peer->out) - peer->out_len >= ASSAY_CHANNEL_OVERHEAD;

    if (peer->state != NODE_PEER_CLOSING || peer->has_ended || !has_room ||
        (peer->session != NULL && !assay_session_is_over(peer->session))) {
        return;
    }
    peer->has_ended = true;
    if (assay_channel_state(peer->channel) == ASSAY_CHANNEL_HANDSHAKE) {
        return;
    }
    if (assay_channel_seal_end(peer->channel, peer->out + peer->out_len) ==
        ASSAY_OK) {
        peer->out_len += ASSAY_CHANNEL_OVERHEAD;
    }
}

/* Everything is written: no more will be. */
static void begin_to_drain(struct node_peer *peer)
{
    peer->state = NODE_PEER_DRAINING;
    if (uv_shutdown(&peer->shutdown, (uv_stream_t *)peer->tcp, on_shutdown) !=
        0) {
        node_peer_end(peer);
    }
}

void node_peer_flush(struct node_peer *peer)
{
    if (peer->is_cut || peer->is_writing || peer->state == NODE_PEER_DRAINING) {
        return;
    }
    node_peer_pull_handshake(peer);
    fill_out(peer);
    if (peer->is_cut) {
        return;
    }
    fill_end(peer);
    if (peer->out_len > 0) {
        uv_buf_t buffer =
            uv_buf_init((char *)peer->out, (unsigned)peer->out_len);

        peer->is_writing = true;
        peer->write.data = peer;
        if (uv_write(&peer->write, (uv_stream_t *)peer->tcp, &buffer, 1,
                     on_written) != 0) {
            peer->is_writing = false;
            node_peer_cut(peer, "the socket cannot be written");
        }
    } else if (peer->has_ended) {
        begin_to_drain(peer);
    }
}
