/* SPDX-License-Identifier: Apache-2.0 */
/* Hello, keeping alive, close, and misbehaviour that adds up. */
#include "session_internal.h"

#include "check.h"

static const struct {
    uint32_t points;
    const char *name;
} offences[] = {
#define OFFENCE(code, cost, text) [code] = {cost, text},
    ASSAY_OFFENCE_MAP(OFFENCE)
#undef OFFENCE
};

struct assay_session_event *
assay_session_event_add(struct session_call *call,
                        enum assay_session_event_type type)
{
    struct assay_session_event *event;

    ASSAY_CHECK(call->events->count < ASSAY_SESSION_EVENTS_MAX);
    event = &call->events->list[call->events->count];
    memset(event, 0, sizeof(*event));
    event->type = type;
    call->events->count++;
    return event;
}

/* Keeps the code and as much of the text as there is room for. */
static void keep_close(struct assay_session *session, uint64_t code,
                       struct assay_bytes text)
{
    size_t len = text.len;

    if (len > ASSAY_CLOSE_TEXT_MAX) {
        len = ASSAY_CLOSE_TEXT_MAX;
        /* Not in the middle of a character. */
        while (len > 0 && (text.data[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    if (len > 0) {
        memcpy(session->close_text, text.data, len);
    }
    session->close_text[len] = '\0';
    session->close_code = code;
}

static void tell_closed(struct session_call *call, bool by_peer)
{
    struct assay_session *session = call->session;
    struct assay_session_event *event =
        assay_session_event_add(call, ASSAY_SESSION_CLOSED);

    event->close.code = session->close_code;
    event->close.text = assay_bytes_of(session->close_text);
    event->by_peer = by_peer;
}

void assay_session_end(struct session_call *call, enum assay_close_code code,
                       const char *text)
{
    struct assay_session *session = call->session;

    if (session->phase == SESSION_CLOSING || session->phase == SESSION_OVER) {
        return;
    }
    keep_close(session, (uint64_t)code, assay_bytes_of(text));
    session->phase = SESSION_CLOSING;
    session->closing_ms = session->now_ms;
    tell_closed(call, false);
}

void assay_session_fail(struct session_call *call, enum assay_err err)
{
    assay_session_end(call, ASSAY_CLOSE_INTERNAL, assay_err_phrase(err));
}

void assay_session_refuse(struct session_call *call, enum assay_err err,
                          const struct assay_fault *fault)
{
    const char *rule = fault->rule;

    assay_session_end(call, ASSAY_CLOSE_MALFORMED,
                      rule != NULL ? rule : assay_err_phrase(err));
}

void assay_session_offend(struct session_call *call,
                          enum assay_session_offence offence)
{
    struct assay_session *session = call->session;
    uint64_t forgiven = (session->now_ms - session->score_ms) / 1000 *
                        ASSAY_SYNC_SCORE_FORGIVEN;

    if (forgiven > 0) {
        session->score -=
            forgiven < session->score ? (uint32_t)forgiven : session->score;
        session->score_ms += forgiven / ASSAY_SYNC_SCORE_FORGIVEN * 1000;
    }
    session->score += offences[offence].points;
    if (session->score >= ASSAY_SYNC_SCORE_MAX) {
        assay_session_end(call, ASSAY_CLOSE_MISBEHAVED, offences[offence].name);
    }
}

/* ------------------------------------------------------------- hello */

static bool has_common_version(const struct assay_hello *hello)
{
    for (size_t index = 0; index < hello->version_count; index++) {
        if (hello->versions[index] == ASSAY_PROTOCOL_VERSION) {
            return true;
        }
    }
    return false;
}

/* Whether the peer is somebody to speak with; closes if not. */
static bool check_peer(struct session_call *call,
                       const struct assay_hello *hello)
{
    struct assay_session *session = call->session;

    /* PROTOCOL 3.1: "Both sides MUST speak the highest version that both list,
     * and close with version when there is none." There is one so far. */
    if (!has_common_version(hello)) {
        assay_session_end(call, ASSAY_CLOSE_VERSION,
                          "no version of the protocol in common");
        return false;
    }
    /* PROTOCOL 3.1: "A side MUST close with self when it is given its own
     * nonce." */
    if (memcmp(hello->nonce, session->own_nonce, sizeof(hello->nonce)) == 0) {
        assay_session_end(call, ASSAY_CLOSE_SELF,
                          "a node does not speak with itself");
        return false;
    }
    /* PROTOCOL 3.1: "A side MUST close with same-key when the other has the
     * same node key and another nonce" */
    if (assay_key_equal(&session->own_key, &session->peer_key)) {
        assay_session_end(call, ASSAY_CLOSE_SAME_KEY,
                          "another node has the same key");
        return false;
    }
    return true;
}

void assay_session_on_hello(struct session_call *call,
                            struct assay_message *message)
{
    struct assay_session *session = call->session;
    struct assay_fault fault = {0, NULL};
    struct assay_hello hello;
    enum assay_err err;

    /* PROTOCOL 3.1: "A side MUST close with order when something else comes
     * before a hello, or a second hello." */
    if (session->phase != SESSION_GREETING) {
        assay_session_end(call, ASSAY_CLOSE_ORDER, "hello is said once");
        return;
    }
    err = assay_hello_read(message, &hello, &fault);
    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    if (!check_peer(call, &hello) || !assay_session_sync_open(call)) {
        return;
    }
    session->phase = SESSION_OPEN;
    session->peer_serves_blobs = hello.serves_blobs;
    assay_session_event_add(call, ASSAY_SESSION_HELLO)->hello = hello;
    assay_session_sync_start(call, &hello);
}

struct assay_bytes assay_session_say_hello(struct session_call *call,
                                           uint8_t *buffer)
{
    struct assay_session *session = call->session;
    struct assay_cbor_writer writer;
    struct assay_hello hello;

    if (!assay_session_sync_open(call)) {
        return ASSAY_BYTES_NONE;
    }
    memset(&hello, 0, sizeof(hello));
    hello.versions[0] = ASSAY_PROTOCOL_VERSION;
    hello.version_count = 1;
    hello.time_s = session->time_s;
    memcpy(hello.nonce, session->own_nonce, sizeof(hello.nonce));
    memcpy(hello.follows, session->opening.follows, sizeof(hello.follows));
    memcpy(hello.root, session->opening.root, sizeof(hello.root));
    hello.log_count = session->opening.log_count;
    hello.agent = (struct assay_bytes){(const uint8_t *)session->agent,
                                       session->agent_len};
    hello.serves_blobs = session->blobs != NULL;
    session->is_hello_said = true;

    assay_cbor_writer_init(&writer, buffer, ASSAY_MESSAGE_MAX);
    assay_hello_write(&writer, &hello);
    return assay_session_written(&writer);
}

/* ------------------------------------------------------ keeping alive */

void assay_session_on_ping(struct session_call *call,
                           struct assay_message *message)
{
    struct assay_session *session = call->session;
    struct assay_fault fault = {0, NULL};
    uint64_t nonce = 0;
    enum assay_err err = assay_ping_read(message, &nonce, &fault);

    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    /* PROTOCOL 3.3: "A side MUST answer a ping with a pong of the same nonce;
     * of several pings that wait it may answer the last one only." So a flood
     * of them leads to nothing that waits. */
    session->pong_nonce = nonce;
    session->is_pong_due = true;
    assay_session_offend(call, ASSAY_OFFENCE_CHATTER);
}

void assay_session_on_pong(struct session_call *call,
                           struct assay_message *message)
{
    struct assay_session *session = call->session;
    struct assay_fault fault = {0, NULL};
    uint64_t nonce = 0;
    enum assay_err err = assay_ping_read(message, &nonce, &fault);

    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    if (!session->is_ping_out || nonce != session->ping_nonce) {
        assay_session_offend(call, ASSAY_OFFENCE_CHATTER);
        return;
    }
    session->is_ping_out = false;
}

struct assay_bytes assay_session_say_alive(struct session_call *call,
                                           uint8_t *buffer)
{
    struct assay_session *session = call->session;
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, buffer, ASSAY_MESSAGE_MAX);
    if (session->is_pong_due) {
        session->is_pong_due = false;
        assay_ping_write(&writer, ASSAY_MSG_PONG, session->pong_nonce);
    } else if (session->is_ping_due) {
        session->is_ping_due = false;
        session->is_ping_out = true;
        session->ping_nonce++;
        assay_ping_write(&writer, ASSAY_MSG_PING, session->ping_nonce);
    } else {
        return ASSAY_BYTES_NONE;
    }
    return assay_session_written(&writer);
}

/* ------------------------------------------------------------- close */

void assay_session_on_close(struct session_call *call,
                            struct assay_message *message)
{
    struct assay_session *session = call->session;
    struct assay_fault fault = {0, NULL};
    struct assay_close close;
    enum assay_err err = assay_close_read(message, &close, &fault);

    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    keep_close(session, close.code, close.text);
    session->phase = SESSION_OVER;
    tell_closed(call, true);
}

struct assay_bytes assay_session_say_close(struct session_call *call,
                                           uint8_t *buffer)
{
    struct assay_session *session = call->session;
    struct assay_cbor_writer writer;
    struct assay_close close = {session->close_code,
                                assay_bytes_of(session->close_text)};

    session->phase = SESSION_OVER;
    assay_cbor_writer_init(&writer, buffer, ASSAY_MESSAGE_MAX);
    assay_close_write(&writer, &close);
    return assay_session_written(&writer);
}

/* ------------------------------------------------------------- timers */

/* When the peer is asked whether it is there, or is gone. While we do not
 * listen ourselves, its silence says nothing. PROTOCOL 3.3: "A side MUST close
 * with timeout when it hears nothing for 90 seconds, while it reads, or when no
 * hello comes within 10." */
static uint64_t silence_deadline(const struct assay_session *session)
{
    uint64_t gone_ms = session->heard_ms + ASSAY_SYNC_SILENCE_MS;

    if (!assay_session_wants_input(session)) {
        return UINT64_MAX;
    }
    if (session->is_ping_out || session->is_ping_due) {
        return gone_ms;
    }
    return session->heard_ms + ASSAY_SYNC_PING_MS;
}

uint64_t assay_session_life_deadline(const struct assay_session *session)
{
    switch (session->phase) {
    case SESSION_GREETING:
        return session->began_ms + ASSAY_SYNC_HELLO_MS;
    case SESSION_OPEN:
        return session_earlier(silence_deadline(session),
                               session->is_waiting
                                   ? session->pulled_ms + ASSAY_SYNC_STALL_MS
                                   : UINT64_MAX);
    case SESSION_CLOSING:
        return session->closing_ms + ASSAY_SYNC_CLOSE_MS;
    case SESSION_OVER:
        break;
    }
    return UINT64_MAX;
}

static void tick_open(struct session_call *call)
{
    struct assay_session *session = call->session;
    uint64_t now_ms = session->now_ms;

    if (session->is_waiting &&
        now_ms >= session->pulled_ms + ASSAY_SYNC_STALL_MS) {
        /* PROTOCOL 3.3: "A side MUST close with timeout when what it has to
         * send is not taken for 90 seconds." */
        assay_session_end(call, ASSAY_CLOSE_TIMEOUT,
                          "what is sent is not taken");
        return;
    }
    if (!assay_session_wants_input(session)) {
        return;
    }
    /* PROTOCOL 3.3: "A side that hears nothing for 30 seconds MUST send a
     * ping." */
    if (now_ms >= session->heard_ms + ASSAY_SYNC_SILENCE_MS) {
        assay_session_end(call, ASSAY_CLOSE_TIMEOUT, "nothing was heard");
    } else if (now_ms >= session->heard_ms + ASSAY_SYNC_PING_MS &&
               !session->is_ping_out) {
        session->is_ping_due = true;
    }
}

void assay_session_life_tick(struct session_call *call)
{
    struct assay_session *session = call->session;

    switch (session->phase) {
    case SESSION_GREETING:
        if (session->now_ms >= session->began_ms + ASSAY_SYNC_HELLO_MS) {
            assay_session_end(call, ASSAY_CLOSE_TIMEOUT, "no hello came");
        }
        break;
    case SESSION_OPEN:
        tick_open(call);
        break;
    case SESSION_CLOSING:
        /* A peer that does not take even this is left without it. */
        if (session->now_ms >= session->closing_ms + ASSAY_SYNC_CLOSE_MS) {
            session->phase = SESSION_OVER;
        }
        break;
    case SESSION_OVER:
        break;
    }
}
