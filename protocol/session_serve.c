/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the peer asked: jobs, of which each gets its turn, one message at a
 * time. A job holds where it stands, and no records.
 */
#include "session_internal.h"

#include "check.h"

_Static_assert(ASSAY_WANT_MAX <= 32, "a job has a bit for each id");

struct session_job *assay_session_job_add(struct session_call *call)
{
    struct assay_session *session = call->session;

    for (size_t index = 0; index < ASSAY_SYNC_JOBS_MAX; index++) {
        struct session_job *job = &session->jobs[index];

        if (job->kind == JOB_NONE) {
            memset(job, 0, sizeof(*job));
            job->order = session->job_order;
            session->job_order++;
            session->job_count++;
            return job;
        }
    }
    /* PROTOCOL 5.4: "A side MUST NOT have more than 64 requests open, those of
     * section 7 counted too, and is closed with flood if it does." */
    assay_session_end(call, ASSAY_CLOSE_FLOOD, "too many requests at a time");
    return NULL;
}

void assay_session_job_end(struct assay_session *session,
                           struct session_job *job)
{
    ASSAY_CHECK(job->kind != JOB_NONE);
    ASSAY_CHECK(session->job_count > 0);
    job->kind = JOB_NONE;
    session->job_count--;
    if (job->is_blob) {
        session->blob_job_count--;
    }
}

void assay_session_job_begin(struct assay_session *session,
                             struct session_job *job)
{
    if (!job->is_begun) {
        assay_session_bucket_take(&session->job_bucket, session->now_ms, 1);
        job->is_begun = true;
    }
}

/* Whether a job can be gone on with. */
static bool is_ready(const struct session_job *job, bool may_begin)
{
    return (job->kind == JOB_RANGE || job->kind == JOB_WANT) &&
           (job->is_begun || may_begin);
}

bool assay_session_serves(const struct assay_session *session, uint64_t now_ms)
{
    bool may_begin = assay_session_bucket_has(&session->job_bucket, now_ms, 1);

    if (session->job_count == session->blob_job_count) {
        return false;
    }
    for (size_t index = 0; index < ASSAY_SYNC_JOBS_MAX; index++) {
        if (is_ready(&session->jobs[index], may_begin)) {
            return true;
        }
    }
    return false;
}

uint64_t assay_session_serve_deadline(const struct assay_session *session)
{
    if (session->job_count == session->blob_job_count ||
        assay_session_serves(session, session->now_ms)) {
        return UINT64_MAX;
    }
    return assay_session_bucket_ready_ms(&session->job_bucket, 1);
}

/* A job for a request with a number, which no other may have now. */
static struct session_job *add_numbered(struct session_call *call,
                                        enum session_job_kind kind,
                                        uint64_t number)
{
    struct assay_session *session = call->session;
    struct session_job *job;

    for (size_t index = 0; index < ASSAY_SYNC_JOBS_MAX; index++) {
        job = &session->jobs[index];
        /* PROTOCOL 5.4: "A request's number MUST be 1 or above, and none that a
         * request of the same side has which is still open." */
        if (job->kind != JOB_NONE && job->request == number) {
            assay_session_end(call, ASSAY_CLOSE_ORDER,
                              "a request has the number of one that is open");
            return NULL;
        }
    }
    job = assay_session_job_add(call);
    if (job != NULL) {
        job->kind = kind;
        job->request = number;
    }
    return job;
}

void assay_session_on_range(struct session_call *call,
                            struct assay_message *message)
{
    struct assay_fault fault = {0, NULL};
    struct assay_range range;
    enum assay_err err = assay_range_read(message, &range, &fault);
    struct session_job *job;

    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    job = add_numbered(call, JOB_RANGE, range.request);
    if (job != NULL) {
        job->range.grant = range.grant;
        job->range.seq = range.from;
        job->range.to = range.to;
    }
}

void assay_session_on_want(struct session_call *call,
                           struct assay_message *message)
{
    struct assay_fault fault = {0, NULL};
    struct assay_id_list list;
    enum assay_err err = assay_id_list_read(message, &list, &fault);
    struct session_job *job;

    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    job = add_numbered(call, JOB_WANT, list.request);
    if (job != NULL) {
        memcpy(job->want.ids, list.ids, list.count * sizeof(list.ids[0]));
        job->want.count = list.count;
    }
}

/* ------------------------------------------------------------ answers */

static struct assay_bytes say_lack(struct session_job *job,
                                   struct assay_id_list *list, uint8_t *buffer)
{
    struct assay_cbor_writer writer;

    list->request = job->request;
    assay_cbor_writer_init(&writer, buffer, ASSAY_MESSAGE_MAX);
    assay_id_list_write(&writer, ASSAY_MSG_LACK, list);
    return assay_session_written(&writer);
}

static struct assay_bytes say_done(struct assay_session *session,
                                   struct session_job *job, uint8_t *buffer)
{
    struct assay_cbor_writer writer;
    struct assay_msg_done done = {.what = ASSAY_DONE_RANGE,
                                  .number = job->request,
                                  .status = ASSAY_DONE_ALL,
                                  .count = job->sent_count};

    assay_session_job_end(session, job);
    assay_cbor_writer_init(&writer, buffer, ASSAY_MESSAGE_MAX);
    assay_msg_done_write(&done, &writer);
    return assay_session_written(&writer);
}

/* Finds the log of a range; false where it is not here, and the job is then
 * at its end. */
static enum assay_err find_range(struct session_call *call,
                                 struct session_job *job)
{
    struct assay_sync_log log;
    enum assay_err err =
        call->view->find_log(call->view->context, &job->range.grant, &log);

    if (err == ASSAY_OK) {
        job->range.is_found = true;
        job->range.log_number = log.number;
    }
    return err;
}

/* Puts records of a range into a message; ends the job behind the last. */
static enum assay_err gather_range(struct session_call *call,
                                   struct session_job *job,
                                   struct assay_records_writer *writer)
{
    for (;;) {
        struct assay_sync_item item;
        enum assay_err err =
            call->view->next_in_log(call->view->context, job->range.log_number,
                                    job->range.seq, job->range.lsn, &item);

        if (err == ASSAY_E_NOT_FOUND ||
            (err == ASSAY_OK && item.seq > job->range.to)) {
            job->is_ended = true;
            return ASSAY_OK;
        }
        if (err != ASSAY_OK ||
            !assay_records_add(writer, item.envelope, item.body)) {
            return err;
        }
        job->range.seq = item.seq;
        job->range.lsn = item.lsn;
    }
}

/* Puts records that are wanted into a message and notes what is lacking. */
static enum assay_err gather_want(struct session_call *call,
                                  struct session_job *job,
                                  struct assay_records_writer *writer)
{
    while (job->want.at < job->want.count) {
        struct assay_sync_item item;
        enum assay_err err = call->view->find(
            call->view->context, &job->want.ids[job->want.at], &item);

        if (err == ASSAY_E_NOT_FOUND) {
            job->want.lacked |= UINT32_C(1) << job->want.at;
        } else if (err != ASSAY_OK ||
                   !assay_records_add(writer, item.envelope, item.body)) {
            return err;
        }
        job->want.at++;
    }
    job->is_ended = true;
    return ASSAY_OK;
}

/* The log that is not here, or the ids of records that are not; once. */
static struct assay_bytes say_what_is_lacking(struct session_job *job,
                                              uint8_t *buffer)
{
    struct assay_id_list list = {.count = 0};

    if (job->kind == JOB_RANGE) {
        if (job->range.is_found) {
            return ASSAY_BYTES_NONE;
        }
        job->range.is_found = true;
        list.ids[0] = job->range.grant;
        list.count = 1;
        return say_lack(job, &list, buffer);
    }
    for (size_t index = 0; index < job->want.count; index++) {
        if ((job->want.lacked >> index & 1) != 0) {
            list.ids[list.count] = job->want.ids[index];
            list.count++;
        }
    }
    job->want.lacked = 0;
    return list.count > 0 ? say_lack(job, &list, buffer) : ASSAY_BYTES_NONE;
}

/* The next message of a job: records as long as there are any, then what is
 * lacking, then that this is all. PROTOCOL 5.4: "lack MUST name only what the
 * request asked for and records did not bring." */
static struct assay_bytes say_of_job(struct session_call *call,
                                     struct session_job *job, uint8_t *buffer)
{
    struct assay_session *session = call->session;
    struct assay_records_writer writer;
    struct assay_bytes message;
    enum assay_err err = ASSAY_OK;

    if (!job->is_ended) {
        assay_records_begin(&writer, job->request, buffer, ASSAY_MESSAGE_MAX);
        if (job->kind == JOB_WANT) {
            err = gather_want(call, job, &writer);
        } else {
            if (!job->range.is_found) {
                err = find_range(call, job);
            }
            if (err == ASSAY_OK) {
                err = gather_range(call, job, &writer);
            } else if (err == ASSAY_E_NOT_FOUND) {
                job->is_ended = true;
                err = ASSAY_OK;
            }
        }
        if (err != ASSAY_OK) {
            assay_session_fail(call, err);
            return ASSAY_BYTES_NONE;
        }
        if (writer.count > 0) {
            job->sent_count += writer.count;
            session->stats.records_out += writer.count;
            return assay_records_end(&writer);
        }
    }
    message = say_what_is_lacking(job, buffer);
    return message.len > 0 ? message : say_done(session, job, buffer);
}

struct assay_bytes assay_session_say_answer(struct session_call *call,
                                            uint8_t *buffer)
{
    struct assay_session *session = call->session;

    bool may_begin =
        assay_session_bucket_has(&session->job_bucket, session->now_ms, 1);

    for (size_t step = 1; step <= ASSAY_SYNC_JOBS_MAX; step++) {
        size_t index = (session->job_turn + step) % ASSAY_SYNC_JOBS_MAX;
        struct session_job *job = &session->jobs[index];

        if (is_ready(job, may_begin)) {
            session->job_turn = index;
            assay_session_job_begin(session, job);
            return say_of_job(call, job, buffer);
        }
    }
    return ASSAY_BYTES_NONE;
}
