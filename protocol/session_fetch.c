/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is lacking, and in which order it is asked for.
 *
 * A fetch is a record, asked for by id, or a log up to some seq, asked for by
 * range. A record that comes too early makes fetches of what it builds on:
 *
 *   its auth is lacking    that record, and then the log up to this one
 *   its prev is lacking    the log, from where we stand to this one
 *
 * A log of which we hold more than that, or whose range came and was not
 * enough, forked somewhere below: it is asked for from further and further
 * down. Before anything is asked for the view tells whether it is still
 * lacking, since it may have come on another way. Every fetch ends: with
 * what it was for, after some tries, or after a time.
 */
#include "session_internal.h"

#include "check.h"

static struct session_fetch *find_fetch(struct assay_session *session,
                                        bool is_log, const struct assay_id *id)
{
    if (session->fetch_count == 0) {
        return NULL;
    }
    for (size_t index = 0; index < ASSAY_SYNC_FETCHES_MAX; index++) {
        struct session_fetch *fetch = &session->fetches[index];

        if (fetch->state != FETCH_NONE && fetch->is_log == is_log &&
            assay_id_equal(&fetch->id, id)) {
            return fetch;
        }
    }
    return NULL;
}

/* The fetch of that record or log, a new one if need be; NULL: no room. */
static struct session_fetch *take_fetch(struct assay_session *session,
                                        bool is_log, const struct assay_id *id,
                                        enum assay_session_origin origin)
{
    struct session_fetch *fetch = find_fetch(session, is_log, id);

    if (fetch != NULL) {
        if (origin == ASSAY_ORIGIN_NAMED) {
            fetch->origin = origin;
        }
        return fetch;
    }
    for (size_t index = 0; index < ASSAY_SYNC_FETCHES_MAX; index++) {
        fetch = &session->fetches[index];
        if (fetch->state == FETCH_NONE) {
            memset(fetch, 0, sizeof(*fetch));
            fetch->state = FETCH_READY;
            fetch->origin = origin;
            fetch->is_log = is_log;
            fetch->id = *id;
            fetch->low = UINT64_MAX;
            fetch->until_ms = session->now_ms + ASSAY_SYNC_FETCH_MS;
            session->fetch_count++;
            session->may_ask = true;
            return fetch;
        }
    }
    return NULL;
}

static void end_fetch(struct assay_session *session,
                      struct session_fetch *fetch)
{
    ASSAY_CHECK(session->fetch_count > 0);
    fetch->state = FETCH_NONE;
    session->fetch_count--;
}

/* Ends a fetch without what it was for. Where one call has no room to tell of
 * it, a later tick does. */
static void give_up(struct assay_session *session, struct session_fetch *fetch)
{
    if (!fetch->is_log) {
        if (session->lacked_count == ASSAY_WANT_MAX) {
            fetch->state = FETCH_BROUGHT;
            fetch->barrier = UINT64_MAX;
            fetch->until_ms = session->now_ms;
            return;
        }
        session->lacked[session->lacked_count] = fetch->id;
        session->lacked_count++;
    }
    end_fetch(session, fetch);
}

bool assay_session_fetch_record(struct assay_session *session,
                                const struct assay_id *id,
                                enum assay_session_origin origin)
{
    return take_fetch(session, false, id, origin) != NULL;
}

static void await(struct session_fetch *fetch, const struct assay_id *needs)
{
    fetch->has_needs = true;
    fetch->needs = *needs;
}

void assay_session_fetch_basis(struct assay_session *session,
                               const struct assay_session_judgement *judgement)
{
    enum assay_session_origin origin = judgement->origin == ASSAY_ORIGIN_NAMED
                                           ? ASSAY_ORIGIN_NAMED
                                           : ASSAY_ORIGIN_REPAIR;
    bool begins_log = assay_id_equal(&judgement->id, &judgement->log);
    bool lacks_auth =
        begins_log || assay_id_equal(&judgement->lacks, &judgement->log);
    struct session_fetch *fetch = find_fetch(session, false, &judgement->id);

    /* A record that was asked for by itself is looked for again once it can
     * be taken, in case that the range of its log does not bring it. */
    if (fetch != NULL) {
        await(fetch, &judgement->lacks);
    }
    if (lacks_auth &&
        !assay_session_fetch_record(session, &judgement->lacks, origin)) {
        return;
    }
    fetch = take_fetch(session, !begins_log,
                       begins_log ? &judgement->id : &judgement->log, origin);
    if (fetch == NULL) {
        return;
    }
    if (lacks_auth) {
        await(fetch, &judgement->lacks);
    } else {
        fetch->is_again = true;
        fetch->low = session_earlier(fetch->low, judgement->seq);
    }
    if (judgement->seq > fetch->to) {
        fetch->to = judgement->seq;
    }
}

void assay_session_fetch_settled(struct assay_session *session,
                                 const struct assay_id *id, bool is_held)
{
    session->may_ask = session->fetch_count > 0;
    if (is_held) {
        return;
    }
    for (size_t index = 0;
         index < ASSAY_SYNC_FETCHES_MAX && session->fetch_count > 0; index++) {
        struct session_fetch *fetch = &session->fetches[index];

        if (fetch->state != FETCH_NONE &&
            (assay_id_equal(&fetch->id, id) ||
             (fetch->has_needs && assay_id_equal(&fetch->needs, id)))) {
            give_up(session, fetch);
        }
    }
}

void assay_session_fetch_ended(struct assay_session *session, uint64_t number,
                               bool is_answered)
{
    for (size_t index = 0; index < ASSAY_SYNC_FETCHES_MAX; index++) {
        struct session_fetch *fetch = &session->fetches[index];

        if (fetch->state != FETCH_ASKED || fetch->request != number) {
            continue;
        }
        if (is_answered) {
            fetch->state = FETCH_BROUGHT;
            fetch->barrier = session->handed[1];
            session->may_ask = true;
        } else {
            give_up(session, fetch);
        }
    }
}

void assay_session_fetch_lacked(struct session_call *call,
                                const struct assay_id *id)
{
    /* Whatever waits for it waits in vain, as far as this peer goes. */
    assay_session_fetch_settled(call->session, id, false);
}

void assay_session_fetch_tell(struct session_call *call)
{
    struct assay_session *session = call->session;
    struct assay_session_event *event;

    if (session->lacked_count == 0 || !session_is_open(session)) {
        return;
    }
    memcpy(session->told, session->lacked, sizeof(session->told));
    event = assay_session_event_add(call, ASSAY_SESSION_LACKED);
    event->ids = session->told;
    event->id_count = session->lacked_count;
    session->lacked_count = 0;
}

/* ------------------------------------------------------------- asking */

/* A request that is being put together. */
struct asking {
    struct session_request *request;
    struct session_fetch *range; /* The log that can be asked for. */
    uint64_t best;               /* The largest seq of it that we hold. */
};

bool assay_session_fetches(const struct assay_session *session)
{
    return session->may_ask && session->request_count < ASSAY_SYNC_REQUESTS_MAX;
}

/* Puts an id onto the list of a want, if there is room. */
static void want(struct asking *asking, struct session_fetch *fetch)
{
    struct session_request *request = asking->request;

    if (request->want.count == ASSAY_WANT_MAX) {
        return;
    }
    for (size_t index = 0; index < request->want.count; index++) {
        if (assay_id_equal(&request->want.ids[index], &fetch->id)) {
            return;
        }
    }
    request->want.ids[request->want.count] = fetch->id;
    request->want.open |= UINT32_C(1) << request->want.count;
    request->want.count++;
    if (fetch->origin == ASSAY_ORIGIN_NAMED) {
        request->origin = ASSAY_ORIGIN_NAMED;
    }
    fetch->state = FETCH_ASKED;
    fetch->request = 0; /* Its number comes with the message. */
}

/* What a fetch whose request ended goes on with. */
static void look_back(struct assay_session *session,
                      struct session_fetch *fetch)
{
    if (fetch->state != FETCH_BROUGHT || session->judged[1] < fetch->barrier) {
        return;
    }
    if (fetch->is_log && !fetch->is_again && !fetch->has_needs) {
        end_fetch(session, fetch);
        return;
    }
    fetch->tries++;
    if (fetch->tries >= ASSAY_SYNC_FETCH_TRIES) {
        give_up(session, fetch);
        return;
    }
    fetch->state = FETCH_READY;
}

/* Whether something is held. */
static enum assay_err look_up(struct session_call *call,
                              const struct assay_id *id, bool *is_held_out)
{
    struct assay_sync_item item;
    enum assay_err err = call->view->find(call->view->context, id, &item);

    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    *is_held_out = err == ASSAY_OK;
    return ASSAY_OK;
}

static enum assay_err look_at_log(struct session_call *call,
                                  struct session_fetch *fetch,
                                  struct asking *asking)
{
    struct assay_sync_log log;
    enum assay_err err =
        call->view->find_log(call->view->context, &fetch->id, &log);

    if (err == ASSAY_E_NOT_FOUND) {
        /* Its grant comes first; it is then asked for by a fetch of its own,
         * unless that was given up. */
        if (find_fetch(call->session, false, &fetch->id) == NULL) {
            fetch->is_again = true;
            fetch->is_grant_asked = true;
            want(asking, fetch);
        }
        return ASSAY_OK;
    }
    if (err != ASSAY_OK || asking->range != NULL) {
        return err;
    }
    if (fetch->is_grant_asked) {
        fetch->is_grant_asked = false;
        fetch->tries = 0;
    }
    asking->range = fetch;
    asking->best = 0;
    for (size_t index = 0; index < log.head_count; index++) {
        if (log.heads[index].seq > asking->best) {
            asking->best = log.heads[index].seq;
        }
    }
    return ASSAY_OK;
}

/* Whether and how a fetch that is ready can be asked for now. */
static enum assay_err look_at(struct session_call *call,
                              struct session_fetch *fetch,
                              struct asking *asking)
{
    enum assay_err err;
    bool is_held = false;

    if (fetch->has_needs) {
        err = look_up(call, &fetch->needs, &is_held);
        if (err != ASSAY_OK || !is_held) {
            return err;
        }
        fetch->has_needs = false;
    }
    if (fetch->is_log) {
        return look_at_log(call, fetch, asking);
    }
    err = look_up(call, &fetch->id, &is_held);
    if (err == ASSAY_OK && is_held) {
        end_fetch(call->session, fetch);
    } else if (err == ASSAY_OK) {
        want(asking, fetch);
    }
    return err;
}

/* Where a log is asked for from: behind what we hold as long as that brings
 * something, and further and further down where it forked. */
static uint64_t begin_of(struct session_fetch *fetch, uint64_t best)
{
    uint64_t reach = ASSAY_SYNC_FORK_REACH;
    uint64_t top = session_earlier(fetch->low, fetch->to);

    if (best > fetch->best) {
        fetch->best = best;
        fetch->tries = 0;
    }
    if (fetch->tries == 0 && best < fetch->low && best < fetch->to) {
        return best + 1;
    }
    for (unsigned step = 1; step < fetch->tries; step++) {
        reach *= ASSAY_SYNC_FORK_REACH;
    }
    if (fetch->tries + 1 >= ASSAY_SYNC_FETCH_TRIES || top <= reach) {
        return 1;
    }
    return top - reach;
}

static struct assay_bytes say_range(struct assay_session *session,
                                    struct asking *asking, uint8_t *buffer)
{
    struct session_request *request = asking->request;
    struct session_fetch *fetch = asking->range;
    struct assay_cbor_writer writer;
    struct assay_range range;

    request->origin = fetch->origin;
    request->range.grant = fetch->id;
    request->range.from = begin_of(fetch, asking->best);
    request->range.to = fetch->to;
    request->range.left =
        fetch->to - request->range.from < UINT32_MAX
            ? (fetch->to - request->range.from + 1) * ASSAY_HEADS_MAX
            : UINT64_MAX;
    assay_session_request_begin(session, request, REQUEST_RANGE);
    fetch->state = FETCH_ASKED;
    fetch->until_ms = session->now_ms + ASSAY_SYNC_FETCH_MS;
    fetch->request = request->number;
    fetch->is_again = false;
    fetch->low = UINT64_MAX;

    range.request = request->number;
    range.grant = request->range.grant;
    range.from = request->range.from;
    range.to = request->range.to;
    assay_cbor_writer_init(&writer, buffer, ASSAY_MESSAGE_MAX);
    assay_range_write(&writer, &range);
    return assay_session_written(&writer);
}

static struct assay_bytes say_want(struct assay_session *session,
                                   struct asking *asking, uint8_t *buffer)
{
    struct session_request *request = asking->request;
    struct assay_cbor_writer writer;
    struct assay_id_list list;

    assay_session_request_begin(session, request, REQUEST_WANT);
    for (size_t index = 0; index < ASSAY_SYNC_FETCHES_MAX; index++) {
        struct session_fetch *fetch = &session->fetches[index];

        if (fetch->state == FETCH_ASKED && fetch->request == 0) {
            fetch->request = request->number;
        }
    }
    list.request = request->number;
    list.count = request->want.count;
    memcpy(list.ids, request->want.ids, sizeof(list.ids));
    assay_cbor_writer_init(&writer, buffer, ASSAY_MESSAGE_MAX);
    assay_id_list_write(&writer, ASSAY_MSG_WANT, &list);
    return assay_session_written(&writer);
}

struct assay_bytes assay_session_say_request(struct session_call *call,
                                             uint8_t *buffer)
{
    struct assay_session *session = call->session;
    struct asking asking = {.request = assay_session_request_free(session)};

    if (!session->may_ask || asking.request == NULL) {
        return ASSAY_BYTES_NONE;
    }
    memset(&asking.request->want, 0, sizeof(asking.request->want));
    asking.request->origin = ASSAY_ORIGIN_REPAIR;
    for (size_t index = 0; index < ASSAY_SYNC_FETCHES_MAX; index++) {
        struct session_fetch *fetch = &session->fetches[index];
        enum assay_err err = ASSAY_OK;

        look_back(session, fetch);
        if (fetch->state == FETCH_READY) {
            err = look_at(call, fetch, &asking);
        }
        if (err != ASSAY_OK) {
            assay_session_fail(call, err);
            return ASSAY_BYTES_NONE;
        }
    }
    if (asking.request->want.count > 0) {
        return say_want(session, &asking, buffer);
    }
    if (asking.range != NULL) {
        return say_range(session, &asking, buffer);
    }
    /* All wait for something; looked at again when something happens, or some
     * time later, as it may come from another peer. */
    session->may_ask = false;
    session->look_ms = session->now_ms + ASSAY_SYNC_LOOK_MS;
    return ASSAY_BYTES_NONE;
}

uint64_t assay_session_fetch_deadline(const struct assay_session *session)
{
    if (session->fetch_count == 0 || session->may_ask) {
        return UINT64_MAX;
    }
    return session->look_ms;
}

void assay_session_fetch_tick(struct session_call *call)
{
    struct assay_session *session = call->session;

    if (session->fetch_count == 0 || session->now_ms < session->look_ms) {
        return;
    }
    session->may_ask = true;
    session->look_ms = session->now_ms + ASSAY_SYNC_LOOK_MS;
    for (size_t index = 0; index < ASSAY_SYNC_FETCHES_MAX; index++) {
        struct session_fetch *fetch = &session->fetches[index];

        if ((fetch->state == FETCH_READY || fetch->state == FETCH_BROUGHT) &&
            session->now_ms >= fetch->until_ms) {
            give_up(session, fetch);
        }
    }
}
