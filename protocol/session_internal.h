/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_internal.h - a session's parts, for the files that are it:
 *
 *   session.c        the doors: what comes in, what is asked for, the timer
 *   session_life.c   hello, keeping alive, close, misbehaviour
 *   session_sync.c   the exchange of frontiers, in time and in turn
 *   session_serve.c  what the peer asked
 *   session_fetch.c  what is lacking, and in which order it is asked for
 *   session_ask.c    requests of ours, and whether an answer belongs to one
 *   session_blob.c   captures' bytes, both ways
 *   session_queue.c  what others want said: gossip and membership
 *   session_bucket.c rates with room for bursts
 *
 * Not installed. Every function here takes a session that is not closed
 * unless it says otherwise; functions that may close it tell so by an event,
 * and the caller looks at session_is_open before it goes on.
 */
#ifndef ASSAY_PROTOCOL_SESSION_INTERNAL_H
#define ASSAY_PROTOCOL_SESSION_INTERNAL_H

#include "reconcile.h"
#include "session.h"
#include "session_bucket.h"

enum session_phase {
    SESSION_GREETING, /* The peer's hello is awaited. */
    SESSION_OPEN,
    SESSION_CLOSING, /* Our close is still to be sent. */
    SESSION_OVER
};

/* ------------------------------------------------- what the peer asked */

enum session_job_kind { JOB_NONE, JOB_RANGE, JOB_WANT, JOB_BLOB };

/* A request that is answered message by message. */
struct session_job {
    enum session_job_kind kind;
    uint64_t request;
    bool is_blob;
    bool is_begun;       /* It had its token. */
    uint64_t order;      /* Blobs are served one after the other. */
    uint64_t sent_count; /* Records so far. */
    bool is_ended;       /* Only its done is still to be said. */
    union {
        struct {
            struct assay_id grant;
            bool is_found; /* log_number is set. */
            uint64_t log_number;
            uint64_t seq; /* Where next_in_log goes on. */
            uint64_t lsn;
            uint64_t to;
        } range;
        struct {
            struct assay_id ids[ASSAY_WANT_MAX];
            uint32_t lacked; /* A bit for each. */
            size_t count;
            size_t at;
        } want;
        struct {
            uint8_t sha256[ASSAY_HASH_SIZE];
            uint64_t offset;
            uint64_t end; /* Not above the total once that is known. */
        } blob;
    };
};

/* ------------------------------------------------------- what we asked */

enum session_request_kind { REQUEST_NONE, REQUEST_RANGE, REQUEST_WANT };

struct session_request {
    enum session_request_kind kind;
    enum assay_session_origin origin; /* REPAIR or NAMED. */
    uint64_t number;
    uint64_t asked_ms;
    bool is_late; /* Nobody waits for it any more; it may still come. */
    union {
        struct {
            struct assay_id grant;
            uint64_t from;
            uint64_t to;
            uint64_t left; /* Records that it may still bring. */
        } range;
        struct {
            struct assay_id ids[ASSAY_WANT_MAX];
            uint32_t open; /* A bit for each that was neither brought nor
                              said to be lacking. */
            size_t count;
        } want;
    };
};

/* ------------------------------------------------------ what is lacking */

enum session_fetch_state {
    FETCH_NONE,
    FETCH_READY,  /* To be asked for. */
    FETCH_ASKED,  /* In a request. */
    FETCH_BROUGHT /* Its request ended; what it brought is being judged. */
};

/* A record, or a log up to some place. */
struct session_fetch {
    enum session_fetch_state state;
    enum assay_session_origin origin;
    bool is_log;
    bool has_needs;
    bool is_grant_asked; /* Of a log: its grant, not a range of it. */
    bool is_again; /* A record came since it was asked that it is not enough
                      for. */
    uint8_t tries;
    struct assay_id id;    /* The record's, or the log's grant. */
    struct assay_id needs; /* Not before this one is held. */
    uint64_t to;           /* Of a log. */
    uint64_t low;          /* The smallest seq that was early. */
    uint64_t best;         /* The largest seq that was held when asked. */
    uint64_t request;      /* While ASKED. */
    uint64_t barrier;      /* While BROUGHT: judged when this many are. */
    uint64_t until_ms;     /* Given up then. */
};

/* ---------------------------------------------------------- captures */

struct session_blob_fetch {
    bool is_used;
    bool is_cancelled; /* What is under way is taken in silently. */

    uint8_t sha256[ASSAY_HASH_SIZE];
    uint64_t next;     /* The offset that comes next. */
    uint64_t asked_to; /* The end of what was asked for. */
    uint64_t total;    /* UINT64_MAX while it is not known. */
    uint64_t asked_ms; /* Or the last of it came. */
};

/* ---------------------------------------------- what others want said */

/* Messages one behind the other, each with two bytes of length before it, in
 * a ring. */
struct session_control {
    size_t begin;
    size_t len;
    uint8_t bytes[ASSAY_SYNC_CONTROL_BYTES];
};

struct session_news {
    size_t begin;
    size_t count;
    struct assay_session_news list[ASSAY_SYNC_GOSSIP_MAX];
};

/* -------------------------------------------------------- the session */

struct assay_session {
    enum session_phase phase;
    bool is_dialler;
    struct assay_key own_key;
    struct assay_key peer_key;
    uint8_t own_nonce[ASSAY_HELLO_NONCE_SIZE];
    uint64_t now_ms; /* Of the last call that said. */

    /* Life. */
    bool is_hello_said;
    bool is_opening_known;
    bool peer_serves_blobs;
    bool is_pong_due;
    bool is_ping_due;
    bool is_ping_out;
    struct assay_msg_root opening;
    uint64_t time_s;
    char agent[ASSAY_HELLO_AGENT_MAX];
    size_t agent_len;
    uint64_t began_ms;
    uint64_t heard_ms;   /* The last message. */
    uint64_t brought_ms; /* The last one that answered something. */
    uint64_t pulled_ms;  /* The last time that output was asked for, or that
                            there was some for the first time. */
    bool is_waiting;     /* There is output since then. */
    uint64_t closing_ms;
    uint64_t pong_nonce;
    uint64_t ping_nonce;
    uint64_t close_code;
    char close_text[ASSAY_CLOSE_TEXT_MAX + 1];
    uint32_t score;
    uint64_t score_ms;

    /* Records that were handed out, and those that were judged. */
    uint64_t handed[2]; /* [0] by anti-entropy, [1] by requests of ours. */
    uint64_t judged[2];
    size_t unjudged_count;
    size_t unjudged_len; /* And captured bytes that were not taken. */

    /* The exchange of frontiers. */
    struct assay_reconcile *reconcile;
    bool is_exchanging;
    bool is_broken;    /* The last one was broken off in its middle. */
    bool may_speak;    /* The machine may have something to say. */
    bool is_searching; /* It has more to look through for records. */
    bool is_sync_wanted;
    bool is_compare_due;  /* The peer, who dialled, is to be asked for one. */
    uint64_t exchange_ms; /* When the next one may begin. */
    uint64_t ended_ms;    /* When the last one ended. */
    uint64_t turned_ms;   /* When either side said something of it. */
    uint64_t pause_ms;
    uint64_t sync_new;      /* New records of this slice. */
    uint64_t exchange_new;  /* Of this exchange. */
    uint64_t exchange_sent; /* The machine's count when it began. */

    /* Work. */
    bool is_bulks_turn; /* Who spoke last, so that nobody waits for ever. */
    size_t live_turn;
    size_t bulk_turn;
    size_t job_turn;
    size_t job_count; /* All, with those of blobs. */
    size_t blob_job_count;
    uint64_t job_order;
    struct session_bucket job_bucket;  /* Requests that we begin to answer. */
    struct session_bucket pass_bucket; /* Messages that pass through. */
    struct session_job jobs[ASSAY_SYNC_JOBS_MAX];
    uint64_t request_number;
    size_t request_count;
    struct session_request requests[ASSAY_SYNC_REQUESTS_MAX];
    size_t fetch_count;
    bool may_ask;     /* One of them may be ready. */
    uint64_t look_ms; /* When they are looked at again. */
    struct session_fetch fetches[ASSAY_SYNC_FETCHES_MAX];
    size_t lacked_count; /* To be told at the end of the call. */
    struct assay_id lacked[ASSAY_WANT_MAX];
    struct assay_id told[ASSAY_WANT_MAX]; /* Lent with an event. */
    const struct assay_blob_view *blobs;
    struct session_bucket blob_bucket;
    struct session_blob_fetch blob_fetches[ASSAY_BLOB_FETCHES_MAX];
    struct session_control control;
    struct session_news news;
    struct assay_session_stats stats;
};

/* What one call works with. */
struct session_call {
    struct assay_session *session;
    const struct assay_sync_view *view; /* NULL in those without one. */
    struct assay_session_events *events;
};

/* ------------------------------------------------------ session_life.c */

static inline bool session_is_open(const struct assay_session *session)
{
    return session->phase == SESSION_OPEN;
}

/* A new event, of which all but its type is zero. */
struct assay_session_event *
assay_session_event_add(struct session_call *call,
                        enum assay_session_event_type type);

/* Closes from this side; text is static or ends in a zero. */
void assay_session_end(struct session_call *call, enum assay_close_code code,
                       const char *text);

/* Closes because a view or the memory failed. */
void assay_session_fail(struct session_call *call, enum assay_err err);

/* Closes because a message breaks a rule. */
void assay_session_refuse(struct session_call *call, enum assay_err err,
                          const struct assay_fault *fault);

void assay_session_offend(struct session_call *call,
                          enum assay_session_offence offence);

void assay_session_on_hello(struct session_call *call,
                            struct assay_message *message);
void assay_session_on_close(struct session_call *call,
                            struct assay_message *message);
void assay_session_on_ping(struct session_call *call,
                           struct assay_message *message);
void assay_session_on_pong(struct session_call *call,
                           struct assay_message *message);

/* Each say writes one message, or nothing where it has none to say. */
struct assay_bytes assay_session_say_hello(struct session_call *call,
                                           uint8_t *buffer);
struct assay_bytes assay_session_say_close(struct session_call *call,
                                           uint8_t *buffer);
struct assay_bytes assay_session_say_alive(struct session_call *call,
                                           uint8_t *buffer);

uint64_t assay_session_life_deadline(const struct assay_session *session);
void assay_session_life_tick(struct session_call *call);

/* ------------------------------------------------------ session_sync.c */

/* What our hello says of the ledger; closes and gives false where the view
 * fails. */
bool assay_session_sync_open(struct session_call *call);
void assay_session_sync_start(struct session_call *call,
                              const struct assay_hello *hello);
void assay_session_on_sync(struct session_call *call,
                           struct assay_message *message);

void assay_session_on_compare(struct session_call *call,
                              struct assay_message *message);
struct assay_bytes assay_session_say_compare(struct session_call *call,
                                             uint8_t *buffer);

/* Whether records that no request brought may come now. */
bool assay_session_sync_takes(const struct assay_session *session);

/* Goes on where all that came was judged. */
void assay_session_sync_settle(struct session_call *call);

struct assay_bytes assay_session_say_sync(struct session_call *call,
                                          uint8_t *buffer);
struct assay_bytes assay_session_say_sync_records(struct session_call *call,
                                                  uint8_t *buffer);
uint64_t assay_session_sync_deadline(const struct assay_session *session);
void assay_session_sync_tick(struct session_call *call);

/* ----------------------------------------------------- session_serve.c */

void assay_session_on_range(struct session_call *call,
                            struct assay_message *message);
void assay_session_on_want(struct session_call *call,
                           struct assay_message *message);
/* A job that is free; closes and gives NULL where there is none. */
struct session_job *assay_session_job_add(struct session_call *call);
void assay_session_job_end(struct assay_session *session,
                           struct session_job *job);
/* Takes the token of a job that begins to be answered; there is one. */
void assay_session_job_begin(struct assay_session *session,
                             struct session_job *job);
/* Whether a job other than a blob's can be gone on with. */
bool assay_session_serves(const struct assay_session *session, uint64_t now_ms);
uint64_t assay_session_serve_deadline(const struct assay_session *session);
struct assay_bytes assay_session_say_answer(struct session_call *call,
                                            uint8_t *buffer);

/* ------------------------------------------------------- session_ask.c */

void assay_session_on_records(struct session_call *call,
                              struct assay_message *message);
void assay_session_on_lack(struct session_call *call,
                           struct assay_message *message);
/* A done that is not anti-entropy's. */
void assay_session_on_done(struct session_call *call, uint64_t number);
/* A request that is free; NULL where there is none. It is numbered, and
 * counted once its kind is set by assay_session_request_begin. */
struct session_request *
assay_session_request_free(struct assay_session *session);
void assay_session_request_begin(struct assay_session *session,
                                 struct session_request *request,
                                 enum session_request_kind kind);
uint64_t assay_session_ask_deadline(const struct assay_session *session);
void assay_session_ask_tick(struct session_call *call);

/* ----------------------------------------------------- session_fetch.c */

/* False: no room. */
bool assay_session_fetch_record(struct assay_session *session,
                                const struct assay_id *id,
                                enum assay_session_origin origin);
/* A record came too early. */
void assay_session_fetch_basis(struct assay_session *session,
                               const struct assay_session_judgement *judgement);
/* A record was stored, or will not be. */
void assay_session_fetch_settled(struct assay_session *session,
                                 const struct assay_id *id, bool is_held);
/* A request ended, or was given up. */
void assay_session_fetch_ended(struct assay_session *session, uint64_t number,
                               bool is_answered);
/* The peer has not got a record or log that a request asked for. */
void assay_session_fetch_lacked(struct session_call *call,
                                const struct assay_id *id);
bool assay_session_fetches(const struct assay_session *session);
struct assay_bytes assay_session_say_request(struct session_call *call,
                                             uint8_t *buffer);
uint64_t assay_session_fetch_deadline(const struct assay_session *session);
void assay_session_fetch_tick(struct session_call *call);
/* Tells what is to be told of lacked ids. */
void assay_session_fetch_tell(struct session_call *call);

/* ------------------------------------------------------ session_blob.c */

void assay_session_on_blob_want(struct session_call *call,
                                struct assay_message *message);
void assay_session_on_blob(struct session_call *call,
                           struct assay_message *message);
void assay_session_on_blob_lack(struct session_call *call,
                                struct assay_message *message);
struct assay_bytes assay_session_say_blob_want(struct session_call *call,
                                               uint8_t *buffer);
struct assay_bytes assay_session_say_blob(struct session_call *call,
                                          uint8_t *buffer);
bool assay_session_blob_may_speak(const struct assay_session *session,
                                  uint64_t now_ms);
bool assay_session_blob_may_ask(const struct assay_session *session);
uint64_t assay_session_blob_deadline(const struct assay_session *session);
void assay_session_blob_tick(struct session_call *call);

/* ----------------------------------------------------- session_queue.c */

struct assay_bytes assay_session_say_control(struct session_call *call,
                                             uint8_t *buffer);
struct assay_bytes assay_session_say_news(struct session_call *call,
                                          uint8_t *buffer);
void assay_session_on_gossip(struct session_call *call,
                             struct assay_message *message,
                             struct assay_bytes whole);

/* ------------------------------------------------------------ shared */

/* Hands records out and counts them. */
void assay_session_hand_out(struct session_call *call,
                            const struct assay_records *records,
                            enum assay_session_origin origin,
                            struct assay_session_event *event);

/* What a writer that cannot have overflowed wrote. */
struct assay_bytes
assay_session_written(const struct assay_cbor_writer *writer);

static inline uint64_t session_earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

#endif
