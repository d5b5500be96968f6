/* SPDX-License-Identifier: Apache-2.0 */
#include "peer_internal.h"

#include "clock.h"
#include "protocol/check.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static void arm(struct node_peer *peer);

static void on_closed(uv_handle_t *handle)
{
    struct node_peer *peer = handle->data;

    peer->open_handles--;
    if (peer->open_handles > 0) {
        return;
    }
    peer->hooks->gone(peer->hooks->context, peer);
    assay_session_free(peer->session);
    assay_channel_free(peer->channel);
    free(peer->tcp);
    free(peer);
}

void node_peer_end(struct node_peer *peer)
{
    if (!peer->is_cut) {
        peer->is_cut = true;
        uv_close((uv_handle_t *)peer->tcp, on_closed);
        uv_close((uv_handle_t *)&peer->timer, on_closed);
    }
}

/* Tells the owner, once, that this peer is over. */
void node_peer_tell_over(struct node_peer *peer, const char *why, bool is_fault)
{
    if (!peer->is_over) {
        peer->is_over = true;
        peer->hooks->over(peer->hooks->context, peer, why, is_fault);
    }
}

/* The session has ended: what is left is written, within a while. */
void node_peer_begin_to_close(struct node_peer *peer)
{
    if (peer->state == NODE_PEER_HANDSHAKE || peer->state == NODE_PEER_OPEN) {
        peer->state = NODE_PEER_CLOSING;
        peer->limit_ms = node_clock_ms() + NODE_PEER_LINGER_MS;
    }
}

static void on_session_closed(struct node_peer *peer,
                              const struct assay_session_event *event)
{
    char why[WHY_MAX];
    struct assay_bytes text = event->close.text;
    bool is_fault = !event->by_peer &&
                    event->close.code >= ASSAY_CLOSE_MALFORMED &&
                    event->close.code != ASSAY_CLOSE_INTERNAL;

    (void)snprintf(
        why, sizeof(why), "%s%s%s%.*s", event->by_peer ? "peer: " : "",
        assay_close_name(event->close.code), text.len == 0 ? "" : ": ",
        (int)text.len, text.len == 0 ? "" : (const char *)text.data);
    node_peer_tell_over(peer, why, is_fault);
    node_peer_begin_to_close(peer);
}

/* Hands on what a call of the session made. The owner may call back. */
void node_peer_dispatch(struct node_peer *peer,
                        const struct assay_session_events *events)
{
    for (size_t i = 0; i < events->count && !peer->is_cut; i++) {
        const struct assay_session_event *event = &events->list[i];

        if (event->type == ASSAY_SESSION_CLOSED) {
            on_session_closed(peer, event);
        } else if (!peer->is_over) {
            peer->hooks->event(peer->hooks->context, peer, event);
        }
    }
}

void node_peer_wake(struct node_peer *peer)
{
    if (peer->is_cut || peer->is_at_work) {
        return;
    }
    peer->is_at_work = true;
    node_peer_take_input(peer);
    node_peer_flush(peer);
    peer->is_at_work = false;
    if (!peer->is_cut) {
        node_peer_steer(peer);
        arm(peer);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct node_peer *peer = timer->data;
    uint64_t now_ms = node_clock_ms();

    peer->armed_ms = UINT64_MAX;
    if (peer->state == NODE_PEER_HANDSHAKE && now_ms >= peer->limit_ms) {
        node_peer_tell_over(peer, "the handshake took too long", true);
        node_peer_end(peer);
        return;
    }
    if (peer->state >= NODE_PEER_CLOSING && now_ms >= peer->limit_ms) {
        node_peer_end(peer);
        return;
    }
    if (peer->state == NODE_PEER_OPEN &&
        now_ms >= assay_session_deadline_ms(peer->session)) {
        assay_session_tick(peer->session, now_ms, &peer->events);
        node_peer_dispatch(peer, &peer->events);
    }
    node_peer_wake(peer);
    arm(peer);
}

/* Sets the timer to what is due next. */
static void arm(struct node_peer *peer)
{
    uint64_t due_ms = peer->state == NODE_PEER_OPEN
                          ? assay_session_deadline_ms(peer->session)
                          : peer->limit_ms;
    uint64_t now_ms = node_clock_ms();

    if (peer->is_cut || due_ms == peer->armed_ms) {
        return;
    }
    peer->armed_ms = due_ms;
    if (due_ms == UINT64_MAX) {
        (void)uv_timer_stop(&peer->timer);
        return;
    }
    ASSAY_CHECK(uv_timer_start(&peer->timer, on_timer,
                               due_ms > now_ms ? due_ms - now_ms : 0, 0) == 0);
}

enum assay_err node_peer_new(const struct node_peer_config *config,
                             struct node_peer **peer_out)
{
    struct node_peer *peer = calloc(1, sizeof(*peer));
    uint8_t ephemeral[ASSAY_NOISE_KEY_SIZE];
    struct assay_channel_config channel = {.is_initiator = config->is_dialled,
                                           .own = config->own,
                                           .ephemeral_secret = ephemeral,
                                           .expected = config->expected};
    enum assay_err err = ASSAY_E_NOMEM;

    if (peer == NULL) {
        return ASSAY_E_NOMEM;
    }
    node_random(ephemeral, sizeof(ephemeral));
    err = assay_channel_new(&channel, &peer->channel);
    sodium_memzero(ephemeral, sizeof(ephemeral));
    if (err != ASSAY_OK) {
        free(peer);
        return err;
    }
    peer->hooks = config->hooks;
    peer->space = config->space;
    peer->tcp = config->tcp;
    peer->tcp->data = peer;
    peer->number = config->number;
    peer->is_dialled = config->is_dialled;
    peer->since_ms = node_clock_ms();
    peer->limit_ms = peer->since_ms + config->handshake_ms;
    peer->armed_ms = UINT64_MAX;
    (void)node_net_peer(peer->tcp, &peer->at, &peer->origin);
    (void)uv_tcp_nodelay(peer->tcp, 1);
    ASSAY_CHECK(uv_timer_init(config->loop, &peer->timer) == 0);
    peer->timer.data = peer;
    peer->open_handles = 2;
    *peer_out = peer;
    return ASSAY_OK;
}

void node_peer_close(struct node_peer *peer, enum assay_close_code code,
                     const char *text)
{
    if (peer->is_cut || peer->state >= NODE_PEER_CLOSING) {
        return;
    }
    struct assay_session_events events;

    if (peer->state == NODE_PEER_HANDSHAKE) {
        node_peer_cut(peer, text);
        return;
    }
    assay_session_close(peer->session, code, text, &events);
    node_peer_dispatch(peer, &events);
    if (!peer->is_cut) {
        peer->hooks->soon(peer->hooks->context, peer);
    }
}

void node_peer_cut(struct node_peer *peer, const char *why)
{
    if (!peer->is_cut) {
        node_peer_tell_over(peer, why, false);
        node_peer_end(peer);
    }
}

void node_peer_judge(struct node_peer *peer,
                     const struct assay_session_judgement *judgement)
{
    struct assay_session_events events; /* Other ones may be at work. */

    if (!peer->is_cut && peer->state == NODE_PEER_OPEN) {
        assay_session_judge(peer->session, node_clock_ms(), judgement, &events);
        node_peer_dispatch(peer, &events);
    }
}

void node_peer_blame(struct node_peer *peer, enum assay_session_offence offence)
{
    struct assay_session_events events;

    if (!peer->is_cut && peer->state == NODE_PEER_OPEN) {
        assay_session_blame(peer->session, node_clock_ms(), offence, &events);
        node_peer_dispatch(peer, &events);
    }
}

struct assay_session *node_peer_session(struct node_peer *peer)
{
    return peer->is_over ? NULL : peer->session;
}

const struct assay_session *node_peer_any_session(const struct node_peer *peer)
{
    return peer->session;
}

uint32_t node_peer_number(const struct node_peer *peer)
{
    return peer->number;
}

enum node_peer_state node_peer_state(const struct node_peer *peer)
{
    return peer->state;
}

bool node_peer_is_dialled(const struct node_peer *peer)
{
    return peer->is_dialled;
}

const struct node_endpoint *node_peer_at(const struct node_peer *peer)
{
    return &peer->at;
}

const struct node_net_origin *node_peer_origin(const struct node_peer *peer)
{
    return &peer->origin;
}

uint64_t node_peer_since_ms(const struct node_peer *peer)
{
    return peer->since_ms;
}

const struct assay_key *node_peer_key(const struct node_peer *peer)
{
    return peer->has_key ? &peer->key : NULL;
}
