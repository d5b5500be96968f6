/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of ours, and whether what comes belongs to one. A record that
 * answers a request is looked into: it must be one that was asked for, since
 * what is asked for by name is taken in from teams that are not followed.
 */
#include "session_internal.h"

#include "check.h"

static struct session_request *find_request(struct assay_session *session,
                                            uint64_t number)
{
    for (size_t index = 0; index < ASSAY_SYNC_REQUESTS_MAX; index++) {
        struct session_request *request = &session->requests[index];

        if (request->kind != REQUEST_NONE && request->number == number) {
            return request;
        }
    }
    return NULL;
}

struct session_request *
assay_session_request_free(struct assay_session *session)
{
    for (size_t index = 0; index < ASSAY_SYNC_REQUESTS_MAX; index++) {
        if (session->requests[index].kind == REQUEST_NONE) {
            return &session->requests[index];
        }
    }
    return NULL;
}

void assay_session_request_begin(struct assay_session *session,
                                 struct session_request *request,
                                 enum session_request_kind kind)
{
    ASSAY_CHECK(request->kind == REQUEST_NONE);
    ASSAY_CHECK(kind != REQUEST_NONE);
    session->request_number++;
    request->kind = kind;
    request->number = session->request_number;
    request->asked_ms = session->now_ms;
    request->is_late = false;
    session->request_count++;
}

static void end_request(struct assay_session *session,
                        struct session_request *request)
{
    ASSAY_CHECK(session->request_count > 0);
    request->kind = REQUEST_NONE;
    session->request_count--;
}

/* Takes an id off those that are still to come. */
static bool take_wanted(struct session_request *request,
                        const struct assay_id *id)
{
    for (size_t index = 0; index < request->want.count; index++) {
        if ((request->want.open >> index & 1) != 0 &&
            assay_id_equal(&request->want.ids[index], id)) {
            request->want.open &= ~(UINT32_C(1) << index);
            return true;
        }
    }
    return false;
}

/* Whether a record is what the request asked for. */
static bool take_record(struct session_request *request,
                        const struct assay_record *record)
{
    if (request->kind == REQUEST_WANT) {
        return take_wanted(request, &record->id);
    }
    if (request->range.left == 0 ||
        !assay_id_equal(assay_record_log(record), &request->range.grant) ||
        record->payload.seq < request->range.from ||
        record->payload.seq > request->range.to) {
        return false;
    }
    request->range.left--;
    return true;
}

/* Whether all records of a message answer the request; closes if not. */
static bool take_records(struct session_call *call,
                         struct session_request *request,
                         struct assay_records records)
{
    struct assay_bytes envelope;
    struct assay_bytes body;

    while (assay_records_next(&records, &envelope, &body)) {
        struct assay_fault fault = {0, NULL};
        struct assay_record record;

        if (assay_record_parse(envelope, body, &record, &fault) != ASSAY_OK) {
            assay_session_end(call, ASSAY_CLOSE_INVALID,
                              fault.rule != NULL ? fault.rule
                                                 : "an envelope is malformed");
            return false;
        }
        if (!take_record(request, &record)) {
            assay_session_end(call, ASSAY_CLOSE_UNASKED,
                              "a record is not what was asked for");
            return false;
        }
    }
    return true;
}

void assay_session_hand_out(struct session_call *call,
                            const struct assay_records *records,
                            enum assay_session_origin origin,
                            struct assay_session_event *event)
{
    struct assay_session *session = call->session;

    event->records = *records;
    event->origin = origin;
    session->unjudged_count += records->count;
    session->unjudged_len += records->record_len;
    session->stats.records_in += records->count;
    if (origin == ASSAY_ORIGIN_SYNC) {
        session->handed[0] += records->count;
    } else if (origin != ASSAY_ORIGIN_GOSSIP) {
        session->handed[1] += records->count;
    }
}

void assay_session_on_records(struct session_call *call,
                              struct assay_message *message)
{
    struct assay_session *session = call->session;
    struct assay_fault fault = {0, NULL};
    struct assay_records records;
    struct session_request *request;
    enum assay_session_origin origin = ASSAY_ORIGIN_SYNC;
    enum assay_err err = assay_records_read(message, &records, &fault);

    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    /* PROTOCOL 5.1: "A receiver MUST close with unasked on records that break
     * this rule." */
    if (records.request == ASSAY_REQUEST_NONE) {
        if (!assay_session_sync_takes(session)) {
            assay_session_end(call, ASSAY_CLOSE_UNASKED,
                              "records come without an exchange of frontiers");
            return;
        }
        session->turned_ms = session->now_ms;
    } else {
        request = find_request(session, records.request);
        if (request == NULL) {
            assay_session_end(call, ASSAY_CLOSE_UNASKED,
                              "records answer no request");
            return;
        }
        if (!take_records(call, request, records)) {
            return;
        }
        origin = request->origin;
    }
    assay_session_hand_out(
        call, &records, origin,
        assay_session_event_add(call, ASSAY_SESSION_RECORDS));
}

/* Whether what is said to be lacking was asked for and did not come. */
static bool take_lack(struct session_request *request,
                      const struct assay_id *id)
{
    if (request->kind == REQUEST_WANT) {
        return take_wanted(request, id);
    }
    return assay_id_equal(&request->range.grant, id);
}

void assay_session_on_lack(struct session_call *call,
                           struct assay_message *message)
{
    struct assay_session *session = call->session;
    struct assay_fault fault = {0, NULL};
    struct assay_id_list list;
    struct session_request *request;
    enum assay_err err = assay_id_list_read(message, &list, &fault);

    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    request = find_request(session, list.request);
    for (size_t index = 0; index < list.count; index++) {
        if (request == NULL || !take_lack(request, &list.ids[index])) {
            assay_session_end(call, ASSAY_CLOSE_UNASKED,
                              "what is lacking was not asked for");
            return;
        }
    }
    for (size_t index = 0; index < list.count; index++) {
        assay_session_fetch_lacked(call, &list.ids[index]);
    }
    /* Who passes on a record holds what it builds on. */
    if (request->origin == ASSAY_ORIGIN_REPAIR) {
        assay_session_offend(call, ASSAY_OFFENCE_NO_BASIS);
    }
}

void assay_session_on_done(struct session_call *call, uint64_t number)
{
    struct assay_session *session = call->session;
    struct session_request *request = find_request(session, number);

    if (request == NULL) {
        assay_session_end(call, ASSAY_CLOSE_UNASKED, "no such request is open");
        return;
    }
    end_request(session, request);
    assay_session_fetch_ended(session, number, true);
}

/* A request waits as long as the peer says something else: it may have other
 * things to send first. But not for ever. */
static uint64_t late_ms(const struct assay_session *session,
                        const struct session_request *request)
{
    uint64_t since_ms = session->brought_ms > request->asked_ms
                            ? session->brought_ms
                            : request->asked_ms;

    return session_earlier(since_ms + ASSAY_SYNC_ANSWER_MS,
                           request->asked_ms + ASSAY_SYNC_ANSWER_MAX_MS);
}

uint64_t assay_session_ask_deadline(const struct assay_session *session)
{
    uint64_t deadline_ms = UINT64_MAX;

    if (session->request_count == 0 || !assay_session_wants_input(session)) {
        return UINT64_MAX;
    }
    for (size_t index = 0; index < ASSAY_SYNC_REQUESTS_MAX; index++) {
        const struct session_request *request = &session->requests[index];

        if (request->kind != REQUEST_NONE && !request->is_late) {
            deadline_ms =
                session_earlier(deadline_ms, late_ms(session, request));
        }
    }
    return deadline_ms;
}

void assay_session_ask_tick(struct session_call *call)
{
    struct assay_session *session = call->session;
    bool is_any_late = false;

    if (session->request_count == 0 || !assay_session_wants_input(session)) {
        return;
    }
    for (size_t index = 0; index < ASSAY_SYNC_REQUESTS_MAX; index++) {
        struct session_request *request = &session->requests[index];

        if (request->kind != REQUEST_NONE && !request->is_late &&
            session->now_ms >= late_ms(session, request)) {
            request->is_late = true;
            assay_session_fetch_ended(session, request->number, false);
            is_any_late = true;
        }
    }
    /* Once for all that were pending when the peer fell silent. */
    if (is_any_late) {
        assay_session_offend(call, ASSAY_OFFENCE_UNANSWERED);
    }
}
