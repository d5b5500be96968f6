/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exchange of frontiers: reconcile.h knows what is said in it; here is
 * when it may begin, what of it is sent when, and when it has taken too long.
 */
#include "session_internal.h"

#include "check.h"

_Static_assert(ASSAY_SYNC_DIGEST_SIZE == ASSAY_SYNC_HASH_SIZE,
               "a hello carries what a root message does");

static bool is_peers_fault(enum assay_err err)
{
    return err == ASSAY_E_TRUNCATED || err == ASSAY_E_MALFORMED ||
           err == ASSAY_E_LIMIT;
}

/* The pause until the next exchange, after one that ended. */
static uint64_t pause_after(struct assay_session *session,
                            enum assay_reconcile_state state,
                            bool brought_something)
{
    uint64_t pause_ms = session->pause_ms;

    if (brought_something || session->is_sync_wanted) {
        session->pause_ms = ASSAY_SYNC_EXCHANGE_MS;
        return ASSAY_SYNC_EXCHANGE_MS;
    }
    if (state == ASSAY_RECONCILE_EQUAL) {
        session->pause_ms = ASSAY_SYNC_EXCHANGE_MS;
        return ASSAY_SYNC_IDLE_MS;
    }
    session->pause_ms = pause_ms >= ASSAY_SYNC_EXCHANGE_MAX_MS / 2
                            ? ASSAY_SYNC_EXCHANGE_MAX_MS
                            : pause_ms * 2;
    return pause_ms;
}

static void end_exchange(struct session_call *call,
                         enum assay_reconcile_state state)
{
    struct assay_session *session = call->session;
    struct assay_reconcile_stats stats;
    bool brought_something;

    assay_reconcile_stats(session->reconcile, &stats);
    brought_something =
        session->exchange_new > 0 || stats.sent_count > session->exchange_sent;
    session->is_exchanging = false;
    session->is_broken = state == ASSAY_RECONCILE_LATER;
    session->ended_ms = session->now_ms;
    session->stats.exchange_count++;
    if (session->is_dialler) {
        session->exchange_ms =
            session->now_ms + pause_after(session, state, brought_something);
    } else {
        session->exchange_ms =
            session->now_ms +
            (brought_something ? 0 : ASSAY_SYNC_EXCHANGE_TAKEN_MS);
    }
    session->is_sync_wanted = false;
    assay_session_event_add(call, ASSAY_SESSION_SYNCED)->is_equal =
        state == ASSAY_RECONCILE_EQUAL;
}

/* Looks whether an exchange began or ended by what the machine was told. */
static void note_state(struct session_call *call)
{
    struct assay_session *session = call->session;
    enum assay_reconcile_state state =
        assay_reconcile_state(session->reconcile);
    struct assay_reconcile_stats stats;

    session->turned_ms = session->now_ms;
    if (state == ASSAY_RECONCILE_RUNNING) {
        if (!session->is_exchanging) {
            assay_reconcile_stats(session->reconcile, &stats);
            session->is_exchanging = true;
            session->exchange_new = 0;
            session->exchange_sent = stats.sent_count;
        }
    } else if (state != ASSAY_RECONCILE_NEW && session->is_exchanging) {
        end_exchange(call, state);
    }
}

bool assay_session_sync_open(struct session_call *call)
{
    struct assay_session *session = call->session;
    enum assay_err err;

    if (session->is_opening_known) {
        return true;
    }
    err = assay_reconcile_opening(session->reconcile, call->view,
                                  &session->opening);
    if (err != ASSAY_OK) {
        assay_session_fail(call, err);
        return false;
    }
    session->is_opening_known = true;
    return true;
}

void assay_session_sync_start(struct session_call *call,
                              const struct assay_hello *hello)
{
    struct assay_session *session = call->session;
    struct assay_msg_root root;

    memset(&root, 0, sizeof(root));
    memcpy(root.follows, hello->follows, sizeof(root.follows));
    memcpy(root.root, hello->root, sizeof(root.root));
    root.log_count = hello->log_count;
    assay_reconcile_start(session->reconcile, &root);
    session->is_exchanging = true;
    session->may_speak = true;
    note_state(call);
}

void assay_session_on_sync(struct session_call *call,
                           struct assay_message *message)
{
    struct assay_session *session = call->session;
    struct assay_fault fault = {0, NULL};
    uint64_t type = message->type;
    bool was_exchanging = session->is_exchanging;
    enum assay_err err =
        assay_reconcile_feed(session->reconcile, call->view, message, &fault);

    if (err != ASSAY_OK) {
        if (!is_peers_fault(err)) {
            assay_session_fail(call, err);
        } else if (assay_reconcile_is_out_of_turn(session->reconcile)) {
            /* PROTOCOL 4: "A side MUST close with order when one has not." */
            assay_session_end(call, ASSAY_CLOSE_ORDER,
                              "a message of an exchange is out of its turn");
        } else {
            assay_session_refuse(call, err, &fault);
        }
        return;
    }
    session->may_speak = true;
    note_state(call);
    if (type == ASSAY_MSG_ROOT && !was_exchanging && !session->is_exchanging) {
        /* It came before its time and is answered with that. */
        assay_session_offend(call, ASSAY_OFFENCE_CHATTER);
    }
    assay_session_sync_settle(call);
}

void assay_session_on_compare(struct session_call *call,
                              struct assay_message *message)
{
    struct assay_session *session = call->session;
    struct assay_fault fault = {0, NULL};
    enum assay_err err = assay_compare_read(message, &fault);

    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    /* PROTOCOL 3.6: "A side that did not dial MUST ignore it." */
    if (session->is_dialler) {
        assay_session_sync(session);
    }
    assay_session_offend(call, ASSAY_OFFENCE_CHATTER);
}

struct assay_bytes assay_session_say_compare(struct session_call *call,
                                             uint8_t *buffer)
{
    struct assay_cbor_writer writer;

    if (!call->session->is_compare_due) {
        return ASSAY_BYTES_NONE;
    }
    call->session->is_compare_due = false;
    assay_cbor_writer_init(&writer, buffer, ASSAY_MESSAGE_MAX);
    assay_compare_write(&writer);
    return assay_session_written(&writer);
}

bool assay_session_sync_takes(const struct assay_session *session)
{
    if (!session->is_exchanging) {
        /* What was under way when one side broke it off may still come. */
        return session->is_broken;
    }
    return !assay_reconcile_is_settling(session->reconcile);
}

void assay_session_sync_settle(struct session_call *call)
{
    struct assay_session *session = call->session;

    if (!session_is_open(session) || session->judged[0] != session->handed[0] ||
        !assay_reconcile_is_settling(session->reconcile)) {
        return;
    }
    assay_reconcile_settled(session->reconcile, session->sync_new);
    session->exchange_new += session->sync_new;
    session->sync_new = 0;
    session->may_speak = true;
    note_state(call);
}

struct assay_bytes assay_session_say_sync(struct session_call *call,
                                          uint8_t *buffer)
{
    struct assay_session *session = call->session;
    struct assay_bytes message = ASSAY_BYTES_NONE;
    enum assay_err err;

    if (!session->may_speak) {
        return ASSAY_BYTES_NONE;
    }
    err = assay_reconcile_produce(session->reconcile, call->view, buffer,
                                  &message);
    if (err == ASSAY_OK) {
        note_state(call);
    } else if (err != ASSAY_E_NOT_FOUND) {
        assay_session_fail(call, err);
    }
    return message;
}

/* Fills a message with records; what next said last. */
static enum assay_err gather(struct session_call *call,
                             struct assay_records_writer *writer)
{
    struct assay_session *session = call->session;
    struct assay_sync_item item;
    enum assay_err err;

    for (;;) {
        err = assay_reconcile_next(session->reconcile, call->view, &item);
        if (err != ASSAY_OK ||
            !assay_records_add(writer, item.envelope, item.body)) {
            return err;
        }
        assay_reconcile_sent(session->reconcile);
    }
}

struct assay_bytes assay_session_say_sync_records(struct session_call *call,
                                                  uint8_t *buffer)
{
    struct assay_session *session = call->session;
    struct assay_records_writer writer;
    enum assay_err err;

    if (!session->may_speak) {
        return ASSAY_BYTES_NONE;
    }
    assay_records_begin(&writer, ASSAY_REQUEST_NONE, buffer, ASSAY_MESSAGE_MAX);
    err = gather(call, &writer);
    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND && err != ASSAY_E_BUSY) {
        assay_session_fail(call, err);
        return ASSAY_BYTES_NONE;
    }
    session->is_searching = err == ASSAY_E_BUSY;
    if (writer.count > 0) {
        session->turned_ms = session->now_ms;
        session->stats.records_out += writer.count;
        return assay_records_end(&writer);
    }
    if (err == ASSAY_E_NOT_FOUND) {
        /* That there is nothing more to send may be what is to be said. */
        struct assay_bytes message = assay_session_say_sync(call, buffer);

        session->may_speak = message.len > 0;
        return message;
    }
    return ASSAY_BYTES_NONE;
}

/* Whether it is the peer's turn, and it takes too long. PROTOCOL 4: "A side
 * MUST close with timeout when it is the other's turn and neither has said
 * anything of an exchange that runs for 120 seconds." */
static uint64_t turn_deadline(const struct assay_session *session)
{
    if (!session->is_exchanging || session->may_speak ||
        session->judged[0] != session->handed[0] ||
        !assay_session_wants_input(session)) {
        return UINT64_MAX;
    }
    return session->turned_ms + ASSAY_SYNC_TURN_MS;
}

uint64_t assay_session_sync_deadline(const struct assay_session *session)
{
    if (!session_is_open(session)) {
        return UINT64_MAX;
    }
    if (session->is_searching) {
        return session->now_ms;
    }
    if (session->is_exchanging) {
        return turn_deadline(session);
    }
    return session->exchange_ms;
}

void assay_session_sync_tick(struct session_call *call)
{
    struct assay_session *session = call->session;

    if (!session_is_open(session)) {
        return;
    }
    if (session->is_exchanging) {
        if (session->now_ms >= turn_deadline(session)) {
            assay_session_end(call, ASSAY_CLOSE_TIMEOUT,
                              "the exchange of frontiers is not answered");
        }
    } else if (session->now_ms >= session->exchange_ms) {
        session->exchange_ms = UINT64_MAX;
        if (session->is_dialler) {
            session->is_sync_wanted = false;
        }
        assay_reconcile_renew(session->reconcile);
        session->may_speak = true;
        note_state(call);
    }
}
