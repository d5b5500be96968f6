/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The doors of a session: what comes in and goes out, the timer, and what is
 * asked from inside. Behind them session_internal.h names the rooms.
 */
#include "session_internal.h"

#include "check.h"

#include <stdlib.h>

_Static_assert(sizeof(struct assay_session) <= ASSAY_SESSION_SIZE_MAX,
               "session.h says how large a session is");

struct assay_bytes assay_session_written(const struct assay_cbor_writer *writer)
{
    struct assay_bytes bytes = ASSAY_BYTES_NONE;
    enum assay_err err = assay_cbor_writer_finish(writer, &bytes);

    ASSAY_CHECK(err == ASSAY_OK);
    return bytes;
}

/* ---------------------------------------------------------------- life */

static void set_up(struct assay_session *session,
                   const struct assay_session_config *config)
{
    session->phase = SESSION_GREETING;
    session->is_dialler = config->is_dialler;
    session->own_key = config->own_key;
    session->peer_key = config->peer_key;
    memcpy(session->own_nonce, config->own_nonce, sizeof(session->own_nonce));
    session->now_ms = config->now_ms;
    session->began_ms = config->now_ms;
    session->heard_ms = config->now_ms;
    session->brought_ms = config->now_ms;
    session->score_ms = config->now_ms;
    session->time_s = config->time_s;
    if (config->agent.len > 0) {
        memcpy(session->agent, config->agent.data, config->agent.len);
    }
    session->agent_len = config->agent.len;
    session->exchange_ms = UINT64_MAX;
    session->pause_ms = ASSAY_SYNC_EXCHANGE_MS;
    session->blobs = config->blobs;
    assay_session_bucket_init(&session->blob_bucket, config->blob_rate,
                              ASSAY_BLOB_BURST, config->now_ms);
    assay_session_bucket_init(&session->job_bucket, ASSAY_SYNC_JOB_RATE,
                              ASSAY_SYNC_JOB_BURST, config->now_ms);
    assay_session_bucket_init(&session->pass_bucket, ASSAY_SYNC_PASS_RATE,
                              ASSAY_SYNC_PASS_BURST, config->now_ms);
}

enum assay_err assay_session_new(const struct assay_session_config *config,
                                 struct assay_session **session_out)
{
    struct assay_reconcile_config reconcile = {.is_dialler = config->is_dialler,
                                               .follows = config->follows};
    struct assay_session *session = calloc(1, sizeof(*session));
    enum assay_err err = ASSAY_E_NOMEM;

    ASSAY_CHECK(config->agent.len <= ASSAY_HELLO_AGENT_MAX);
    if (session == NULL) {
        goto out;
    }
    memcpy(reconcile.handshake, config->handshake_hash,
           sizeof(reconcile.handshake));
    err = assay_reconcile_new(&reconcile, &session->reconcile);
    if (err != ASSAY_OK) {
        goto out;
    }
    set_up(session, config);
    *session_out = session;
    session = NULL; /* The caller's now. */

out:
    free(session);
    return err;
}

void assay_session_free(struct assay_session *session)
{
    if (session == NULL) {
        return;
    }
    assay_reconcile_free(session->reconcile);
    free(session);
}

/* Begins a call from outside. */
static struct session_call enter(struct assay_session *session,
                                 const struct assay_sync_view *view,
                                 uint64_t now_ms,
                                 struct assay_session_events *events)
{
    ASSAY_CHECK(now_ms >= session->now_ms);
    session->now_ms = now_ms;
    events->count = 0;
    return (struct session_call){session, view, events};
}

/* Ends it: notes since when there is something that nobody takes. */
static void leave(struct session_call *call)
{
    struct assay_session *session = call->session;
    bool has_output = assay_session_has_output(session, session->now_ms);

    assay_session_fetch_tell(call);
    if (has_output && !session->is_waiting) {
        session->pulled_ms = session->now_ms;
    }
    session->is_waiting = has_output;
}

/* ------------------------------------------------------------------ in */

/* Messages that a session passes on to the machines of all peers. Those hold
 * little for one peer; here it is time that has a bound. */
static void pass_on(struct session_call *call, uint64_t type,
                    struct assay_bytes whole)
{
    struct assay_session *session = call->session;
    struct assay_session_event *event;

    if (assay_session_bucket_has(&session->pass_bucket, session->now_ms, 1)) {
        assay_session_bucket_take(&session->pass_bucket, session->now_ms, 1);
    } else {
        assay_session_offend(call, ASSAY_OFFENCE_CHATTER);
    }
    if (session_is_open(session)) {
        event = assay_session_event_add(call, ASSAY_SESSION_PASS);
        event->message = whole;
        event->message_type = type;
    }
}

/* A done says itself what it ends. */
static void on_done(struct session_call *call, struct assay_message *message)
{
    struct assay_message again = *message;
    struct assay_fault fault = {0, NULL};
    struct assay_msg_done done;
    enum assay_err err = assay_msg_done_read(message, &done, &fault);

    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
    } else if (done.what == ASSAY_DONE_RANGE) {
        assay_session_on_done(call, done.number);
    } else {
        assay_session_on_sync(call, &again);
    }
}

static void on_unknown(struct session_call *call,
                       const struct assay_message *message)
{
    struct assay_message copy = *message;
    struct assay_fault fault = {0, NULL};
    enum assay_err err;

    /* PROTOCOL 2.1: "A receiver MUST close the connection when it does not know
     * an even type." */
    if (!assay_message_is_optional(message->type)) {
        assay_session_end(call, ASSAY_CLOSE_UNKNOWN,
                          "a message of a type that is not known");
        return;
    }
    /* PROTOCOL 2.1: "A receiver MUST skip a message whose type it does not know
     * and that is odd." It is well-formed all the same. */
    err = assay_message_finish(&copy, 0, &fault);
    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    assay_session_offend(call, ASSAY_OFFENCE_CHATTER);
}

/* A message in an open session. */
static void on_message(struct session_call *call, struct assay_message *message,
                       struct assay_bytes whole)
{
    switch (message->type) {
    case ASSAY_MSG_HELLO:
        assay_session_on_hello(call, message);
        break;
    case ASSAY_MSG_PING:
        assay_session_on_ping(call, message);
        break;
    case ASSAY_MSG_CLOSE:
        assay_session_on_close(call, message);
        break;
    case ASSAY_MSG_PONG:
        assay_session_on_pong(call, message);
        break;
    case ASSAY_MSG_FOLLOWS:
    case ASSAY_MSG_ROOT:
    case ASSAY_MSG_BUCKETS:
    case ASSAY_MSG_FRONTIER:
    case ASSAY_MSG_HEADS:
        assay_session_on_sync(call, message);
        break;
    case ASSAY_MSG_COMPARE:
        assay_session_on_compare(call, message);
        break;
    case ASSAY_MSG_RECORDS:
        assay_session_on_records(call, message);
        break;
    case ASSAY_MSG_RANGE:
        assay_session_on_range(call, message);
        break;
    case ASSAY_MSG_WANT:
        assay_session_on_want(call, message);
        break;
    case ASSAY_MSG_LACK:
        assay_session_on_lack(call, message);
        break;
    case ASSAY_MSG_DONE:
        on_done(call, message);
        break;
    case ASSAY_MSG_GOSSIP:
        assay_session_on_gossip(call, message, whole);
        break;
    case ASSAY_MSG_HAVE:
    case ASSAY_MSG_GRAFT:
    case ASSAY_MSG_PRUNE:
    case ASSAY_MSG_JOIN:
    case ASSAY_MSG_FORWARD_JOIN:
    case ASSAY_MSG_NEIGHBOR:
    case ASSAY_MSG_DISCONNECT:
    case ASSAY_MSG_SHUFFLE:
    case ASSAY_MSG_SHUFFLE_REPLY:
        pass_on(call, message->type, whole);
        break;
    case ASSAY_MSG_BLOB_WANT:
        assay_session_on_blob_want(call, message);
        break;
    case ASSAY_MSG_BLOB:
        assay_session_on_blob(call, message);
        break;
    case ASSAY_MSG_BLOB_LACK:
        assay_session_on_blob_lack(call, message);
        break;
    default:
        on_unknown(call, message);
        break;
    }
}

void assay_session_receive(struct assay_session *session,
                           const struct assay_sync_view *view, uint64_t now_ms,
                           struct assay_bytes message,
                           struct assay_session_events *events_out)
{
    struct session_call call = enter(session, view, now_ms, events_out);
    struct assay_fault fault = {0, NULL};
    struct assay_message opened;
    enum assay_err err;

    /* PROTOCOL 3.4: "What comes after a close was sent MUST be ignored." */
    if (session->phase == SESSION_CLOSING || session->phase == SESSION_OVER) {
        return;
    }
    session->heard_ms = now_ms;
    session->stats.messages_in++;
    session->stats.bytes_in += message.len;
    err = assay_message_open(message, &opened);
    if (err != ASSAY_OK) {
        assay_session_refuse(&call, err, &fault);
    } else if (session->phase == SESSION_GREETING &&
               opened.type != ASSAY_MSG_HELLO &&
               opened.type != ASSAY_MSG_CLOSE) {
        assay_session_end(&call, ASSAY_CLOSE_ORDER, "hello is said first");
    } else {
        if (opened.type != ASSAY_MSG_PING && opened.type != ASSAY_MSG_PONG) {
            session->brought_ms = now_ms;
        }
        on_message(&call, &opened, message);
    }
    leave(&call);
}

/* ----------------------------------------------------------------- out */

typedef struct assay_bytes (*say_fn)(struct session_call *call,
                                     uint8_t *buffer);

/* What is small and holds others up goes before everything. */
static const say_fn first[] = {
    assay_session_say_alive, assay_session_say_compare, assay_session_say_sync,
    assay_session_say_request, assay_session_say_blob_want};

/* Then news and what was asked for take turns, and so do the latter. */
static const say_fn live[] = {assay_session_say_control,
                              assay_session_say_news};
static const say_fn bulk[] = {assay_session_say_sync_records,
                              assay_session_say_answer, assay_session_say_blob};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The first of some that has something to say, beginning with the one behind
 * *turn, which becomes it. */
static struct assay_bytes say_one_of(struct session_call *call,
                                     const say_fn *list, size_t count,
                                     size_t *turn, uint8_t *buffer)
{
    for (size_t step = 1; step <= count; step++) {
        size_t index = (*turn + step) % count;
        struct assay_bytes message = list[index](call, buffer);

        if (message.len > 0 || !session_is_open(call->session)) {
            *turn = index;
            return message;
        }
    }
    return ASSAY_BYTES_NONE;
}

static struct assay_bytes say_open(struct session_call *call, uint8_t *buffer)
{
    struct assay_session *session = call->session;
    size_t always = COUNT_OF(first) - 1;
    struct assay_bytes message =
        say_one_of(call, first, COUNT_OF(first), &always, buffer);

    for (unsigned turn = 0;
         turn < 2 && message.len == 0 && session_is_open(session); turn++) {
        session->is_bulks_turn = !session->is_bulks_turn;
        message = session->is_bulks_turn
                      ? say_one_of(call, bulk, COUNT_OF(bulk),
                                   &session->bulk_turn, buffer)
                      : say_one_of(call, live, COUNT_OF(live),
                                   &session->live_turn, buffer);
    }
    return message;
}

static struct assay_bytes say(struct session_call *call, uint8_t *buffer)
{
    struct assay_session *session = call->session;
    struct assay_bytes message = ASSAY_BYTES_NONE;

    /* PROTOCOL 3.1: "Each side MUST say hello as its first message, without
     * waiting for the other's." */
    if (!session->is_hello_said && session->phase != SESSION_CLOSING &&
        session->phase != SESSION_OVER) {
        message = assay_session_say_hello(call, buffer);
        /* PROTOCOL 3.1: "A side MUST NOT say anything else but a close before
         * it has the other's hello." */
    } else if (session_is_open(session)) {
        message = say_open(call, buffer);
    }
    /* What failed just now is said at once. */
    if (session->phase == SESSION_CLOSING) {
        message = assay_session_say_close(call, buffer);
    }
    return message;
}

struct assay_bytes
assay_session_produce(struct assay_session *session,
                      const struct assay_sync_view *view, uint64_t now_ms,
                      uint8_t *buffer, struct assay_session_events *events_out)
{
    struct session_call call = enter(session, view, now_ms, events_out);
    struct assay_bytes message = say(&call, buffer);

    session->pulled_ms = now_ms;
    if (message.len > 0) {
        session->stats.messages_out++;
        session->stats.bytes_out += message.len;
    }
    leave(&call);
    return message;
}

bool assay_session_has_output(const struct assay_session *session,
                              uint64_t now_ms)
{
    switch (session->phase) {
    case SESSION_GREETING:
        return !session->is_hello_said;
    case SESSION_OPEN:
        return !session->is_hello_said || session->is_pong_due ||
               session->is_ping_due || session->is_compare_due ||
               session->may_speak || session->control.len > 0 ||
               session->news.count > 0 ||
               assay_session_serves(session, now_ms) ||
               assay_session_fetches(session) ||
               assay_session_blob_may_ask(session) ||
               assay_session_blob_may_speak(session, now_ms);
    case SESSION_CLOSING:
        return true;
    case SESSION_OVER:
        break;
    }
    return false;
}

bool assay_session_is_over(const struct assay_session *session)
{
    return session->phase == SESSION_OVER;
}

/* --------------------------------------------------------------- timer */

uint64_t assay_session_deadline_ms(const struct assay_session *session)
{
    uint64_t deadline_ms = assay_session_life_deadline(session);

    if (session_is_open(session)) {
        deadline_ms =
            session_earlier(deadline_ms, assay_session_sync_deadline(session));
        deadline_ms =
            session_earlier(deadline_ms, assay_session_ask_deadline(session));
        deadline_ms =
            session_earlier(deadline_ms, assay_session_serve_deadline(session));
        deadline_ms =
            session_earlier(deadline_ms, assay_session_fetch_deadline(session));
        deadline_ms =
            session_earlier(deadline_ms, assay_session_blob_deadline(session));
    }
    return deadline_ms;
}

typedef void (*tick_fn)(struct session_call *call);

static const tick_fn ticks[] = {assay_session_sync_tick, assay_session_ask_tick,
                                assay_session_fetch_tick,
                                assay_session_blob_tick};

void assay_session_tick(struct assay_session *session, uint64_t now_ms,
                        struct assay_session_events *events_out)
{
    struct session_call call = enter(session, NULL, now_ms, events_out);

    assay_session_life_tick(&call);
    for (size_t index = 0; index < COUNT_OF(ticks); index++) {
        if (session_is_open(session)) {
            ticks[index](&call);
        }
    }
    leave(&call);
}

/* -------------------------------------------------------- from inside */

bool assay_session_wants_input(const struct assay_session *session)
{
    return session->unjudged_count < ASSAY_SYNC_UNJUDGED_RECORDS &&
           session->unjudged_len < ASSAY_SYNC_UNJUDGED_BYTES;
}

/* Takes off what is not unjudged any more. Where we did not listen until
 * now, the peer's silence begins now. */
static void take_off(struct assay_session *session, size_t count, size_t len)
{
    bool was_deaf = !assay_session_wants_input(session);

    ASSAY_CHECK(session->unjudged_count >= count);
    ASSAY_CHECK(session->unjudged_len >= len);
    session->unjudged_count -= count;
    session->unjudged_len -= len;
    if (was_deaf && assay_session_wants_input(session)) {
        session->heard_ms = session->now_ms;
        session->brought_ms = session->now_ms;
        session->turned_ms = session->now_ms;
    }
}

static void judge_open(struct session_call *call,
                       const struct assay_session_judgement *judgement)
{
    struct assay_session *session = call->session;

    switch (judgement->fate) {
    case ASSAY_FATE_ACCEPTED:
        session->stats.records_accepted++;
        if (judgement->origin == ASSAY_ORIGIN_SYNC) {
            session->sync_new++;
        }
        assay_session_fetch_settled(session, &judgement->id, true);
        break;
    case ASSAY_FATE_HELD:
        session->stats.records_held++;
        assay_session_fetch_settled(session, &judgement->id, true);
        break;
    case ASSAY_FATE_EARLY:
        /* What anti-entropy brings too early it brings again. */
        if (judgement->origin != ASSAY_ORIGIN_SYNC) {
            assay_session_fetch_basis(session, judgement);
        }
        break;
    case ASSAY_FATE_INVALID:
        /* PROTOCOL 3.5: "close with invalid when one can never be valid" */
        assay_session_end(call, ASSAY_CLOSE_INVALID,
                          assay_err_phrase(judgement->err));
        break;
    case ASSAY_FATE_UNWANTED:
        assay_session_fetch_settled(session, &judgement->id, false);
        assay_session_offend(call, ASSAY_OFFENCE_UNWANTED);
        break;
    case ASSAY_FATE_DROPPED:
        assay_session_fetch_settled(session, &judgement->id, false);
        break;
    }
}

void assay_session_judge(struct assay_session *session, uint64_t now_ms,
                         const struct assay_session_judgement *judgement,
                         struct assay_session_events *events_out)
{
    struct session_call call = enter(session, NULL, now_ms, events_out);

    take_off(session, 1, judgement->record_len);
    if (judgement->origin == ASSAY_ORIGIN_SYNC) {
        session->judged[0]++;
    } else if (judgement->origin != ASSAY_ORIGIN_GOSSIP) {
        session->judged[1]++;
    }
    ASSAY_CHECK(session->judged[0] <= session->handed[0]);
    ASSAY_CHECK(session->judged[1] <= session->handed[1]);
    if (!session_is_open(session)) {
        return;
    }
    judge_open(&call, judgement);
    assay_session_sync_settle(&call);
    leave(&call);
}

void assay_session_blob_taken(struct assay_session *session, size_t len)
{
    take_off(session, 0, len);
}

void assay_session_sync(struct assay_session *session)
{
    if (!session->is_dialler) {
        session->is_compare_due |= !session->is_sync_wanted;
        session->is_sync_wanted = true;
        return;
    }
    session->is_sync_wanted = true;
    if (session_is_open(session) && !session->is_exchanging) {
        session->exchange_ms = session_earlier(
            session->exchange_ms, session->ended_ms + ASSAY_SYNC_EXCHANGE_MS);
    }
}

void assay_session_pace(struct assay_session *session, uint64_t now_ms,
                        uint64_t blob_rate)
{
    ASSAY_CHECK(now_ms >= session->now_ms);
    session->now_ms = now_ms;
    assay_session_bucket_pace(&session->blob_bucket, now_ms, blob_rate);
}

enum assay_err assay_session_follow(struct assay_session *session,
                                    const struct assay_follows *follows)
{
    enum assay_err err = assay_reconcile_follow(session->reconcile, follows);

    if (err == ASSAY_OK) {
        assay_session_sync(session);
    }
    return err;
}

enum assay_err assay_session_fetch(struct assay_session *session,
                                   const struct assay_id *id)
{
    if (!session_is_open(session) ||
        !assay_session_fetch_record(session, id, ASSAY_ORIGIN_NAMED)) {
        return ASSAY_E_BUSY;
    }
    return ASSAY_OK;
}

void assay_session_close(struct assay_session *session,
                         enum assay_close_code code, const char *text,
                         struct assay_session_events *events_out)
{
    struct session_call call =
        enter(session, NULL, session->now_ms, events_out);

    assay_session_end(&call, code, text);
}

void assay_session_blame(struct assay_session *session, uint64_t now_ms,
                         enum assay_session_offence offence,
                         struct assay_session_events *events_out)
{
    struct session_call call = enter(session, NULL, now_ms, events_out);

    if (session_is_open(session)) {
        assay_session_offend(&call, offence);
    }
}

void assay_session_stats(const struct assay_session *session,
                         struct assay_session_stats *stats_out)
{
    *stats_out = session->stats;
    stats_out->score = session->score;
    stats_out->job_count = session->job_count;
    stats_out->request_count = session->request_count;
    stats_out->fetch_count = session->fetch_count;
}
