/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"

#include "clock.h"
#include "protocol/check.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

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

static void flush(struct node_peer *peer);
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

static void cut(struct node_peer *peer)
{
    if (!peer->is_cut) {
        peer->is_cut = true;
        uv_close((uv_handle_t *)peer->tcp, on_closed);
        uv_close((uv_handle_t *)&peer->timer, on_closed);
    }
}

/* Tells the owner, once, that this peer is over. */
static void tell_over(struct node_peer *peer, const char *why, bool is_fault)
{
    if (!peer->is_over) {
        peer->is_over = true;
        peer->hooks->over(peer->hooks->context, peer, why, is_fault);
    }
}

/* The session has ended: what is left is written, within a while. */
static void begin_to_close(struct node_peer *peer)
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
    tell_over(peer, why, is_fault);
    begin_to_close(peer);
}

/* Hands on what a call of the session made. The owner may call back. */
static void dispatch(struct node_peer *peer,
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
        dispatch(peer, &peer->events);
    }
}

static void on_broken(struct node_peer *peer)
{
    const char *rule = NULL;
    enum assay_err err = assay_channel_error(peer->channel, &rule);
    char why[WHY_MAX];

    (void)snprintf(why, sizeof(why), "channel: %s",
                   rule != NULL ? rule : assay_err_phrase(err));
    tell_over(peer, why, err != ASSAY_E_TRUNCATED);
    cut(peer);
}

/* The peer will say nothing more. */
static void on_end(struct node_peer *peer)
{
    tell_over(peer, "peer: ended", false);
    if (peer->state == NODE_PEER_DRAINING || peer->session == NULL) {
        cut(peer);
        return;
    }
    assay_session_close(peer->session, ASSAY_CLOSE_DONE, "", &peer->events);
    begin_to_close(peer);
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
    dispatch(peer, &peer->events);
    peer->hooks->view_end(peer->hooks->context);
}

/* Moves what was not taken to the front. */
static void compact(struct node_peer *peer)
{
    peer->in_len -= peer->in_pos;
    memmove(peer->in, peer->in + peer->in_pos, peer->in_len);
    peer->in_pos = 0;
}

/* What the handshake has to say. */
static void pull_handshake(struct node_peer *peer)
{
    if (peer->out_len + ASSAY_CHANNEL_HANDSHAKE_MAX <= sizeof(peer->out) &&
        !peer->is_writing) {
        peer->out_len +=
            assay_channel_pull(peer->channel, peer->out + peer->out_len);
    }
}

/* Takes what was received, as far as there is room for what it leads to. */
static void take_input(struct node_peer *peer)
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
            pull_handshake(peer);
            break;
        case ASSAY_CHANNEL_OPENED:
            pull_handshake(peer);
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

        tell_over(peer, is_clean ? "peer: ended" : node_net_why((int)len),
                  false);
    }
    cut(peer);
}

/* Reads the socket exactly while there is room for what comes. */
static void steer_reading(struct node_peer *peer)
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
        dispatch(peer, &peer->events);
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
        cut(peer);
    }
}

static void flush(struct node_peer *peer)
{
    if (peer->is_cut || peer->is_writing || peer->state == NODE_PEER_DRAINING) {
        return;
    }
    pull_handshake(peer);
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

void node_peer_wake(struct node_peer *peer)
{
    if (peer->is_cut || peer->is_at_work) {
        return;
    }
    peer->is_at_work = true;
    take_input(peer);
    flush(peer);
    peer->is_at_work = false;
    if (!peer->is_cut) {
        steer_reading(peer);
        arm(peer);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct node_peer *peer = timer->data;
    uint64_t now_ms = node_clock_ms();

    peer->armed_ms = UINT64_MAX;
    if (peer->state == NODE_PEER_HANDSHAKE && now_ms >= peer->limit_ms) {
        tell_over(peer, "the handshake took too long", true);
        cut(peer);
        return;
    }
    if (peer->state >= NODE_PEER_CLOSING && now_ms >= peer->limit_ms) {
        cut(peer);
        return;
    }
    if (peer->state == NODE_PEER_OPEN &&
        now_ms >= assay_session_deadline_ms(peer->session)) {
        assay_session_tick(peer->session, now_ms, &peer->events);
        dispatch(peer, &peer->events);
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
    node_net_peer(peer->tcp, &peer->at, &peer->origin);
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
    dispatch(peer, &events);
    if (!peer->is_cut) {
        peer->hooks->soon(peer->hooks->context, peer);
    }
}

void node_peer_cut(struct node_peer *peer, const char *why)
{
    if (!peer->is_cut) {
        tell_over(peer, why, false);
        cut(peer);
    }
}

void node_peer_judge(struct node_peer *peer,
                     const struct assay_session_judgement *judgement)
{
    struct assay_session_events events; /* Other ones may be at work. */

    if (!peer->is_cut && peer->state == NODE_PEER_OPEN) {
        assay_session_judge(peer->session, node_clock_ms(), judgement, &events);
        dispatch(peer, &events);
    }
}

void node_peer_blame(struct node_peer *peer, enum assay_session_offence offence)
{
    struct assay_session_events events;

    if (!peer->is_cut && peer->state == NODE_PEER_OPEN) {
        assay_session_blame(peer->session, node_clock_ms(), offence, &events);
        dispatch(peer, &events);
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
