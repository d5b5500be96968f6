/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures' bytes, both ways. They are asked for range by range, so that
 * little is under way once somebody has enough of it, and served one job
 * after the other within a rate, so that records do not wait behind them.
 */
#include "session_internal.h"

#include "check.h"

/* ------------------------------------------------------------- served */

void assay_session_on_blob_want(struct session_call *call,
                                struct assay_message *message)
{
    struct assay_session *session = call->session;
    struct assay_fault fault = {0, NULL};
    struct assay_blob_want want;
    enum assay_err err = assay_blob_want_read(message, &want, &fault);
    struct session_job *job;

    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    job = assay_session_job_add(call);
    if (job != NULL) {
        job->kind = JOB_BLOB;
        job->is_blob = true;
        session->blob_job_count++;
        memcpy(job->blob.sha256, want.sha256, sizeof(want.sha256));
        job->blob.offset = want.offset;
        job->blob.end = want.offset + want.len; /* Both below 2^53. */
    }
}

/* The job that came first; NULL if there is none. */
static const struct session_job *first_job(const struct assay_session *session)
{
    const struct session_job *first = NULL;

    if (session->blob_job_count == 0) {
        return NULL;
    }
    for (size_t index = 0; index < ASSAY_SYNC_JOBS_MAX; index++) {
        const struct session_job *job = &session->jobs[index];

        if (job->kind == JOB_BLOB &&
            (first == NULL || job->order < first->order)) {
            first = job;
        }
    }
    return first;
}

/* A message goes out when there is enough for the longest one: none is cut to
 * what is left. A request that was not begun with yet has to wait for its own
 * turn, too. */
static bool may_send(const struct assay_session *session,
                     const struct session_job *job, uint64_t now_ms)
{
    return assay_session_bucket_has(&session->blob_bucket, now_ms,
                                    ASSAY_BLOB_CHUNK_MAX) &&
           (job->is_begun ||
            assay_session_bucket_has(&session->job_bucket, now_ms, 1));
}

bool assay_session_blob_may_speak(const struct assay_session *session,
                                  uint64_t now_ms)
{
    const struct session_job *job = first_job(session);

    return job != NULL && may_send(session, job, now_ms);
}

static struct assay_bytes say_blob_lack(struct assay_session *session,
                                        struct session_job *job,
                                        uint8_t *buffer)
{
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, buffer, ASSAY_MESSAGE_MAX);
    assay_blob_lack_write(&writer, job->blob.sha256);
    assay_session_job_end(session, job);
    return assay_session_written(&writer);
}

/* Reads a part into the room behind the message, and copies it. */
static struct assay_bytes say_part(struct session_call *call,
                                   struct session_job *job, uint64_t total,
                                   uint8_t *buffer)
{
    struct assay_session *session = call->session;
    struct assay_cbor_writer writer;
    struct assay_blob blob = {.offset = job->blob.offset, .total = total};
    uint64_t end = session_earlier(job->blob.end, total);
    size_t len =
        (size_t)session_earlier(end - blob.offset, ASSAY_BLOB_CHUNK_MAX);
    uint8_t *part = buffer + ASSAY_MESSAGE_MAX;

    if (len > 0 &&
        session->blobs->read(session->blobs->context, job->blob.sha256,
                             blob.offset, part, len) != ASSAY_OK) {
        return say_blob_lack(session, job, buffer);
    }
    memcpy(blob.sha256, job->blob.sha256, sizeof(blob.sha256));
    blob.bytes = (struct assay_bytes){part, len};
    assay_cbor_writer_init(&writer, buffer, ASSAY_MESSAGE_MAX);
    assay_blob_write(&writer, &blob);
    assay_session_bucket_take(&session->blob_bucket, session->now_ms, len);
    session->stats.blob_bytes_out += len;
    job->blob.offset += len;
    if (job->blob.offset >= end) {
        assay_session_job_end(session, job);
    }
    return assay_session_written(&writer);
}

struct assay_bytes assay_session_say_blob(struct session_call *call,
                                          uint8_t *buffer)
{
    struct assay_session *session = call->session;
    struct session_job *job;
    uint64_t total = 0;

    if (!assay_session_blob_may_speak(session, session->now_ms)) {
        return ASSAY_BYTES_NONE;
    }
    job = &session->jobs[first_job(session) - session->jobs];
    assay_session_job_begin(session, job);
    /* PROTOCOL 7: "offset MUST be below total, or 0: otherwise the answer is
     * blob-lack." What cannot be read is not here either: a disk that fails is
     * no reason to end a session, and is told by who reads it. */
    if (session->blobs == NULL ||
        session->blobs->size(session->blobs->context, job->blob.sha256,
                             &total) != ASSAY_OK ||
        (job->blob.offset >= total && job->blob.offset > 0)) {
        return say_blob_lack(session, job, buffer);
    }
    return say_part(call, job, total, buffer);
}

/* ------------------------------------------------------------ fetched */

static struct session_blob_fetch *find_blob(struct assay_session *session,
                                            const uint8_t *sha256)
{
    for (size_t index = 0; index < ASSAY_BLOB_FETCHES_MAX; index++) {
        struct session_blob_fetch *fetch = &session->blob_fetches[index];

        if (fetch->is_used &&
            memcmp(fetch->sha256, sha256, ASSAY_HASH_SIZE) == 0) {
            return fetch;
        }
    }
    return NULL;
}

enum assay_err assay_session_fetch_blob(struct assay_session *session,
                                        const uint8_t sha256[ASSAY_HASH_SIZE],
                                        uint64_t offset)
{
    ASSAY_CHECK(offset <= ASSAY_NUMBER_MAX);
    if (!session_is_open(session)) {
        return ASSAY_E_BUSY;
    }
    if (!session->peer_serves_blobs) {
        return ASSAY_E_NOT_FOUND;
    }
    if (find_blob(session, sha256) != NULL) {
        return ASSAY_E_EXISTS;
    }
    for (size_t index = 0; index < ASSAY_BLOB_FETCHES_MAX; index++) {
        struct session_blob_fetch *fetch = &session->blob_fetches[index];

        if (!fetch->is_used) {
            memset(fetch, 0, sizeof(*fetch));
            fetch->is_used = true;
            memcpy(fetch->sha256, sha256, ASSAY_HASH_SIZE);
            fetch->next = offset;
            fetch->asked_to = offset;
            fetch->total = UINT64_MAX;
            return ASSAY_OK;
        }
    }
    return ASSAY_E_BUSY;
}

void assay_session_cancel_blob(struct assay_session *session,
                               const uint8_t sha256[ASSAY_HASH_SIZE])
{
    struct session_blob_fetch *fetch = find_blob(session, sha256);

    if (fetch == NULL) {
        return;
    }
    if (fetch->next == fetch->asked_to) {
        fetch->is_used = false;
    } else {
        fetch->is_cancelled = true;
    }
}

bool assay_session_blob_may_ask(const struct assay_session *session)
{
    for (size_t index = 0; index < ASSAY_BLOB_FETCHES_MAX; index++) {
        const struct session_blob_fetch *fetch = &session->blob_fetches[index];

        if (fetch->is_used && fetch->next == fetch->asked_to) {
            return true;
        }
    }
    return false;
}

struct assay_bytes assay_session_say_blob_want(struct session_call *call,
                                               uint8_t *buffer)
{
    struct assay_session *session = call->session;

    for (size_t index = 0; index < ASSAY_BLOB_FETCHES_MAX; index++) {
        struct session_blob_fetch *fetch = &session->blob_fetches[index];
        struct assay_blob_want want;
        struct assay_cbor_writer writer;

        if (!fetch->is_used || fetch->next != fetch->asked_to) {
            continue;
        }
        memcpy(want.sha256, fetch->sha256, sizeof(want.sha256));
        want.offset = fetch->next;
        want.len = ASSAY_BLOB_RANGE;
        if (fetch->total - fetch->next < want.len) {
            want.len = fetch->total - fetch->next;
        }
        fetch->asked_to = fetch->next + want.len;
        fetch->asked_ms = session->now_ms;
        assay_cbor_writer_init(&writer, buffer, ASSAY_MESSAGE_MAX);
        assay_blob_want_write(&writer, &want);
        return assay_session_written(&writer);
    }
    return ASSAY_BYTES_NONE;
}

/* Whether bytes are those that come next of what was asked for. PROTOCOL 7:
 * "The answer to a blob-want MUST be the bytes from offset on, in ascending
 * order and without gaps" */
static bool fits(const struct session_blob_fetch *fetch,
                 const struct assay_blob *blob)
{
    return fetch != NULL && fetch->next < fetch->asked_to &&
           blob->offset == fetch->next &&
           blob->bytes.len <= fetch->asked_to - fetch->next &&
           (fetch->total == UINT64_MAX || fetch->total == blob->total);
}

void assay_session_on_blob(struct session_call *call,
                           struct assay_message *message)
{
    struct assay_session *session = call->session;
    struct assay_fault fault = {0, NULL};
    struct session_blob_fetch *fetch;
    struct assay_blob blob;
    enum assay_err err = assay_blob_read(message, &blob, &fault);

    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    fetch = find_blob(session, blob.sha256);
    /* PROTOCOL 7: "A side MUST NOT send bytes that were not asked for, and is
     * closed with unasked if it does." */
    if (!fits(fetch, &blob)) {
        assay_session_end(call, ASSAY_CLOSE_UNASKED,
                          "captured bytes are not what comes next");
        return;
    }
    fetch->total = blob.total;
    fetch->next += blob.bytes.len;
    fetch->asked_to = session_earlier(fetch->asked_to, blob.total);
    fetch->asked_ms = session->now_ms;
    session->stats.blob_bytes_in += blob.bytes.len;
    if (!fetch->is_cancelled) {
        session->unjudged_len += blob.bytes.len;
        assay_session_event_add(call, ASSAY_SESSION_BLOB)->blob = blob;
    }
    if (fetch->next == fetch->total ||
        (fetch->is_cancelled && fetch->next == fetch->asked_to)) {
        fetch->is_used = false;
    }
}

void assay_session_on_blob_lack(struct session_call *call,
                                struct assay_message *message)
{
    struct assay_session *session = call->session;
    struct assay_fault fault = {0, NULL};
    struct session_blob_fetch *fetch;
    uint8_t sha256[ASSAY_HASH_SIZE];
    enum assay_err err = assay_blob_lack_read(message, sha256, &fault);

    if (err != ASSAY_OK) {
        assay_session_refuse(call, err, &fault);
        return;
    }
    fetch = find_blob(session, sha256);
    if (fetch == NULL || fetch->next == fetch->asked_to) {
        assay_session_end(call, ASSAY_CLOSE_UNASKED,
                          "captured bytes that are lacking were not asked for");
        return;
    }
    fetch->is_used = false;
    if (!fetch->is_cancelled) {
        memcpy(assay_session_event_add(call, ASSAY_SESSION_BLOB_LACKED)
                   ->blob.sha256,
               sha256, sizeof(sha256));
    }
}

/* ------------------------------------------------------------- timers */

/* When bytes can be sent again. */
static uint64_t token_deadline(const struct assay_session *session)
{
    const struct session_job *job = first_job(session);
    uint64_t bytes_ms = assay_session_bucket_ready_ms(&session->blob_bucket,
                                                      ASSAY_BLOB_CHUNK_MAX);
    uint64_t turn_ms = assay_session_bucket_ready_ms(&session->job_bucket, 1);

    if (job == NULL) {
        return UINT64_MAX;
    }
    return job->is_begun || bytes_ms > turn_ms ? bytes_ms : turn_ms;
}

static bool is_under_way(const struct session_blob_fetch *fetch)
{
    return fetch->is_used && !fetch->is_cancelled &&
           fetch->next < fetch->asked_to;
}

uint64_t assay_session_blob_deadline(const struct assay_session *session)
{
    uint64_t deadline_ms = UINT64_MAX;

    if (!assay_session_blob_may_speak(session, session->now_ms)) {
        deadline_ms = token_deadline(session);
    }
    if (!assay_session_wants_input(session)) {
        return deadline_ms;
    }
    for (size_t index = 0; index < ASSAY_BLOB_FETCHES_MAX; index++) {
        const struct session_blob_fetch *fetch = &session->blob_fetches[index];

        if (is_under_way(fetch)) {
            deadline_ms = session_earlier(
                deadline_ms, fetch->asked_ms + ASSAY_SYNC_ANSWER_MAX_MS);
        }
    }
    return deadline_ms;
}

/* A peer may serve slowly; where nothing comes any more, another is asked. */
void assay_session_blob_tick(struct session_call *call)
{
    struct assay_session *session = call->session;

    if (!assay_session_wants_input(session)) {
        return;
    }
    for (size_t index = 0; index < ASSAY_BLOB_FETCHES_MAX; index++) {
        struct session_blob_fetch *fetch = &session->blob_fetches[index];

        if (is_under_way(fetch) &&
            session->now_ms >= fetch->asked_ms + ASSAY_SYNC_ANSWER_MAX_MS) {
            fetch->is_cancelled = true;
            memcpy(assay_session_event_add(call, ASSAY_SESSION_BLOB_LACKED)
                       ->blob.sha256,
                   fetch->sha256, sizeof(fetch->sha256));
        }
    }
}
