/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - all that is said with one peer, from hello to close.
 *
 * A machine without I/O: messages, time and local events come in; messages,
 * events and one deadline come out. docs/protocol.md is what it speaks. It
 * greets, finds out with reconcile.h what differs, asks for it and answers
 * what the peer asks, fetches what a record builds on, keeps alive, and ends
 * with a reason. Membership and broadcast have machines of their own, one for
 * all peers; their messages pass through.
 *
 * The life of a session:
 *
 *   greeting -- both hellos --> open -- close either way --> closed
 *
 * Output is pulled: the node calls assay_session_produce when the socket has
 * room, and each message is made then, from queues that are bounded and hold
 * ids, not records. A peer that reads slowly holds up nothing but itself.
 * Input is pushed back: while assay_session_wants_input is false the node
 * leaves the socket alone, so that what is checked and written sets the pace.
 *
 * A view (syncview.h) is lent for the length of a call and is of that moment.
 * now_ms is a monotonic clock and never less than in the call before. What an
 * event lends is valid until the next call, unless its comment says less.
 * No memory is taken after assay_session_new, but what reconcile.h says.
 */
#ifndef ASSAY_PROTOCOL_SESSION_H
#define ASSAY_PROTOCOL_SESSION_H

#include "blobview.h"
#include "frontier.h"
#include "messages/blob.h"
#include "messages/hello.h"
#include "messages/transfer.h"
#include "syncview.h"

/* What a session takes, reconcile.h's part left out: what the peer asked 69
 * KiB, messages to pass on 64 KiB, fetches 64 KiB, records to tell 40 KiB, what
 * we asked 17 KiB, and the rest. It is the same whatever the peer does. */
#define ASSAY_SESSION_SIZE_MAX 278528

/* What the node gives to assay_session_produce: room for a message, and behind
 * it for what is put into one. One buffer does for all sessions. */
#define ASSAY_SESSION_BUFFER (ASSAY_MESSAGE_MAX + 65536)

/* No call makes more events than this. */
#define ASSAY_SESSION_EVENTS_MAX 8

struct assay_session;

struct assay_session_config {
    bool is_dialler; /* We dialled; else the peer did. */
    struct assay_key own_key;
    struct assay_key peer_key;                 /* As the channel proved it. */
    uint8_t own_nonce[ASSAY_HELLO_NONCE_SIZE]; /* Random, drawn once when the
                                                  program starts. */
    uint8_t handshake_hash[ASSAY_HASH_SIZE];   /* The channel's. */
    uint64_t now_ms;
    uint64_t time_s;          /* The node's clock, for the peer to see. */
    struct assay_bytes agent; /* ASSAY_HELLO_AGENT_MAX at most; or none. */
    struct assay_follows follows;
    const struct assay_blob_view *blobs; /* Borrowed; NULL serves none. */
    uint64_t blob_rate; /* Bytes of captures to this peer a second. */
};

/* Why a record came. It decides what may be taken in: what a record that was
 * accepted names is wanted although its team is not followed. */
enum assay_session_origin {
    ASSAY_ORIGIN_SYNC,   /* Anti-entropy: of a team that both follow. */
    ASSAY_ORIGIN_GOSSIP, /* The peer told of it. */
    ASSAY_ORIGIN_REPAIR, /* Asked for, as one that came builds on it. */
    ASSAY_ORIGIN_NAMED   /* Asked for by assay_session_fetch, or what such a
                            one builds on. */
};

enum assay_session_event_type {
    ASSAY_SESSION_HELLO,       /* The peer said hello: hello. */
    ASSAY_SESSION_SYNCED,      /* An exchange of frontiers ended: is_equal. */
    ASSAY_SESSION_RECORDS,     /* To check and store: records, origin. */
    ASSAY_SESSION_LACKED,      /* ids are not to be had from this peer. */
    ASSAY_SESSION_PASS,        /* For membership or broadcast: message. */
    ASSAY_SESSION_BLOB,        /* Captured bytes: blob, in order of offset. */
    ASSAY_SESSION_BLOB_LACKED, /* This peer has not blob.sha256 (any more). */
    ASSAY_SESSION_CLOSED       /* It is over: close, by_peer. The last one. */
};

struct assay_session_event {
    enum assay_session_event_type type;
    struct assay_hello hello; /* Its agent: as long as the message. */
    bool is_equal;            /* The roots are the same. */
    /* Each record is to be judged once, in any order (assay_session_judge).
     * Read them with assay_records_next; borrowed from the message that was
     * received. */
    struct assay_records records;
    enum assay_session_origin origin;
    const struct assay_id *ids;
    size_t id_count;
    /* The whole message as received, not looked into but for its type. A
     * GOSSIP message's record is in records too, with origin GOSSIP: it is to
     * be judged like others, also where the broadcast knows it already. */
    struct assay_bytes message;
    uint64_t message_type;
    struct assay_blob blob;
    struct assay_close close; /* Its text: as long as the session. */
    bool by_peer;
};

/* What happened, in order. The caller's memory, overwritten by each call. */
struct assay_session_events {
    struct assay_session_event list[ASSAY_SESSION_EVENTS_MAX];
    size_t count;
};

/* What became of a record that was handed out. */
enum assay_session_fate {
    ASSAY_FATE_ACCEPTED, /* Stored now: views from here on have it. */
    ASSAY_FATE_HELD,     /* Stored before, or in this batch already. */
    ASSAY_FATE_EARLY,    /* Wanted, and it names a prev or auth that is not
                            held: what it lacks is asked for, and it again. */
    ASSAY_FATE_INVALID,  /* It can never be right: its author's doing, and
                            the peer's who passed it on unchecked. */
    ASSAY_FATE_UNWANTED, /* Right, and of nobody whose records we want. */
    ASSAY_FATE_DROPPED   /* Our own doing: a quota, a frozen log, no room. */
};

struct assay_session_judgement {
    enum assay_session_fate fate;
    enum assay_session_origin origin; /* As the event said. */
    size_t record_len;                /* Envelope and body, as handed out. */
    enum assay_err err;               /* Of INVALID. */
    struct assay_id id;               /* All but INVALID have these. */
    struct assay_id log;              /* The grant whose log it is in. */
    uint64_t seq;
    struct assay_id lacks; /* Of EARLY: the prev or auth. */
};

/* Misbehaviour that adds up; ASSAY_SYNC_SCORE_MAX points close. Some of it
 * only the node sees. Code, points, name. */
#define ASSAY_OFFENCE_MAP(X)                                                   \
    X(ASSAY_OFFENCE_UNWANTED, 1, "unwanted records")                           \
    X(ASSAY_OFFENCE_CHATTER, 10, "idle messages")                              \
    X(ASSAY_OFFENCE_NO_BASIS, 50, "records without what they build on")        \
    X(ASSAY_OFFENCE_UNANSWERED, 500, "requests left unanswered")               \
    X(ASSAY_OFFENCE_FALSE_HAVE, 100, "announced records withheld")             \
    X(ASSAY_OFFENCE_FALSE_BLOB, 500, "captured bytes that do not match")

enum assay_session_offence {
#define ASSAY_OFFENCE_ENUM(code, points, name) code,
    ASSAY_OFFENCE_MAP(ASSAY_OFFENCE_ENUM)
#undef ASSAY_OFFENCE_ENUM
};

/* A record that the peer is to be told of. */
struct assay_session_news {
    struct assay_id id;
    uint32_t round; /* Both as broadcast.h says. */
    uint64_t tree;
};

struct assay_session_stats {
    uint64_t messages_in, messages_out, bytes_in, bytes_out;
    uint64_t records_in, records_accepted, records_held, records_out;
    uint64_t blob_bytes_in, blob_bytes_out;
    uint64_t exchange_count; /* Of whole frontiers. */
    uint32_t score;          /* ASSAY_SYNC_SCORE_MAX closes. */
    size_t job_count;        /* What the peer asked and has not got yet. */
    size_t request_count;    /* What we asked and have not got yet. */
    size_t fetch_count;      /* What we are going to ask. */
    size_t gossip_dropped;   /* Records not told, as the queue was full. */
};

/* ASSAY_E_NOMEM, ASSAY_E_LIMIT (too many teams). All but blobs is copied. */
ASSAY_MUST_CHECK
enum assay_err assay_session_new(const struct assay_session_config *config,
                                 struct assay_session **session_out);
void assay_session_free(struct assay_session *session);

/* Takes in one message: the plaintext of one frame, borrowed. It cannot fail:
 * a peer that misbehaves leads to CLOSED. Ignored once closed. */
void assay_session_receive(struct assay_session *session,
                           const struct assay_sync_view *view, uint64_t now_ms,
                           struct assay_bytes message,
                           struct assay_session_events *events_out);

/* When it is time for assay_session_tick; UINT64_MAX when never. */
uint64_t assay_session_deadline_ms(const struct assay_session *session);
void assay_session_tick(struct assay_session *session, uint64_t now_ms,
                        struct assay_session_events *events_out);

/* Whether assay_session_produce has something to say: cheap, so that a view
 * is only opened then. Where it says true there may be nothing after all. */
bool assay_session_has_output(const struct assay_session *session,
                              uint64_t now_ms);

/*
 * The next message, made in buffer, which has room for ASSAY_SESSION_BUFFER
 * bytes; it may begin behind the buffer's first byte, and is as long as a
 * message may be at most. Without any bytes there is nothing to say now: ask
 * again after any other call, or at the deadline. Once CLOSED was told, the
 * last message is the close, if it is ours.
 */
struct assay_bytes
assay_session_produce(struct assay_session *session,
                      const struct assay_sync_view *view, uint64_t now_ms,
                      uint8_t *buffer, struct assay_session_events *events_out);

/* False while so much is unjudged that the socket should not be read. */
bool assay_session_wants_input(const struct assay_session *session);

/* Closed, and nothing is left to say: the channel can be ended. */
bool assay_session_is_over(const struct assay_session *session);

/* What became of one record that RECORDS or a GOSSIP message handed out. */
void assay_session_judge(struct assay_session *session, uint64_t now_ms,
                         const struct assay_session_judgement *judgement,
                         struct assay_session_events *events_out);

/* The node took in the bytes of a BLOB event. */
void assay_session_blob_taken(struct assay_session *session, size_t len);

/* Compares frontiers as soon as the pause between two exchanges lets it: when
 * somebody asks for it, or when this peer may lack something. Where the peer
 * dialled it is asked to. Without this they are compared now and then. */
void assay_session_sync(struct assay_session *session);

/* Captures are served at another rate from now on, in bytes a second. */
void assay_session_pace(struct assay_session *session, uint64_t now_ms,
                        uint64_t blob_rate);

/* Other teams are followed from now on. Errors are those of
 * assay_reconcile_follow; the session is as before then. */
ASSAY_MUST_CHECK
enum assay_err assay_session_follow(struct assay_session *session,
                                    const struct assay_follows *follows);

/* Asks the peer for a record: one that an accepted record names, for
 * instance. Answered by RECORDS, or LACKED. ASSAY_E_BUSY: no room now. */
ASSAY_MUST_CHECK
enum assay_err assay_session_fetch(struct assay_session *session,
                                   const struct assay_id *id);

/* Asks for captured bytes from offset to their end: BLOB events until
 * offset and length reach total. ASSAY_E_BUSY: as many as can be are under
 * way; ASSAY_E_EXISTS: this one is; ASSAY_E_NOT_FOUND: it serves none. */
ASSAY_MUST_CHECK
enum assay_err assay_session_fetch_blob(struct assay_session *session,
                                        const uint8_t sha256[ASSAY_HASH_SIZE],
                                        uint64_t offset);
/* What is under way of it is taken in silently. */
void assay_session_cancel_blob(struct assay_session *session,
                               const uint8_t sha256[ASSAY_HASH_SIZE]);

/* Whether the peer follows the team of a record that is held, as far as it has
 * told: only then has it a use for it, or for hearing of it. */
bool assay_session_shares(const struct assay_session *session,
                          const struct assay_sync_view *view,
                          const struct assay_id *id);

/* Sends the peer a record in a gossip message, from the view when its turn
 * comes, if it shares its team. False: the queue is full; the next
 * anti-entropy brings it, and this asks for one. */
bool assay_session_tell(struct assay_session *session,
                        const struct assay_session_news *news);

/* Sends a message of membership or broadcast as it is. ASSAY_E_BUSY: there is
 * no room, the peer is slow. */
ASSAY_MUST_CHECK
enum assay_err assay_session_pass(struct assay_session *session,
                                  struct assay_bytes message);

/* Ends it from this side; code and a text of one line, which is copied and
 * cut at ASSAY_CLOSE_TEXT_MAX. */
void assay_session_close(struct assay_session *session,
                         enum assay_close_code code, const char *text,
                         struct assay_session_events *events_out);

/* Counts an offence; CLOSED where it is the one too many. */
void assay_session_blame(struct assay_session *session, uint64_t now_ms,
                         enum assay_session_offence offence,
                         struct assay_session_events *events_out);

void assay_session_stats(const struct assay_session *session,
                         struct assay_session_stats *stats_out);

#endif
