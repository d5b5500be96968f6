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
#include "messages/blob.h"
#include "messages/hello.h"
#include "messages/transfer.h"
#include "syncview.h"

/* What a session takes, reconcile.h's part left out: jobs 69 KiB, fetches
 * 60 KiB, messages to pass on 64 KiB, records to tell 40 KiB, and the rest. */
#define ASSAY_SESSION_SIZE_MAX 262144

/* Room for a message; what the node gives to assay_session_produce. */
#define ASSAY_SESSION_BUFFER ASSAY_MESSAGE_MAX

/* No call makes more events than this. */
#define ASSAY_SESSION_EVENTS_MAX 8

struct assay_session;

/* Teams whose records are wanted, as both sides compare them. */
struct assay_session_teams {
    const struct assay_id *ids; /* Sorted bytewise, unique. */
    size_t count;
};

struct assay_session_config {
    bool is_dialler; /* We dialled; else the peer did. */
    struct assay_key own_key;
    struct assay_key peer_key;                 /* As the channel proved it. */
    uint8_t own_nonce[ASSAY_HELLO_NONCE_SIZE]; /* Random, drawn once when the
                                                  program starts. */
    uint8_t handshake_hash[ASSAY_HASH_SIZE];   /* The channel's. */
    uint64_t now_ms;
    uint64_t time_s;          /* The node's clock, for the peer to see. */
    struct assay_bytes agent; /* Borrowed; none to say nothing. */
    struct assay_session_teams teams;    /* Borrowed until they are set anew
                                            or the session is freed. */
    const struct assay_blob_view *blobs; /* Borrowed; NULL serves none. */
    uint64_t blob_rate; /* Bytes of captures to this peer a second. */
};

enum assay_session_event_type {
    ASSAY_SESSION_HELLO,       /* The peer said hello: hello. */
    ASSAY_SESSION_SYNCED,      /* The roots are the same. */
    ASSAY_SESSION_RECORDS,     /* To check and store: records. */
    ASSAY_SESSION_LACKED,      /* ids are not to be had from this peer. */
    ASSAY_SESSION_PASS,        /* For membership or broadcast: message. */
    ASSAY_SESSION_BLOB,        /* Captured bytes: blob, in order of offset. */
    ASSAY_SESSION_BLOB_LACKED, /* This peer has not blob.sha256 (any more). */
    ASSAY_SESSION_CLOSED       /* It is over: close, by_peer. */
};

struct assay_session_event {
    enum assay_session_event_type type;
    struct assay_hello hello;
    /* Each record is to be judged once, in any order (assay_session_judge).
     * Read them with assay_records_next; borrowed from the message that was
     * received. */
    struct assay_records records;
    const struct assay_id *ids;
    size_t id_count;
    /* The whole message as received, not looked into but for its type. The
     * record of a GOSSIP message is to be judged like others, also where the
     * broadcast knows it already. */
    struct assay_bytes message;
    uint64_t message_type;
    struct assay_blob blob;
    struct assay_close close; /* Its text: valid as long as the session. */
    bool by_peer;
};

/* What happened, in order. The caller's memory, overwritten by each call. */
struct assay_session_events {
    struct assay_session_event list[ASSAY_SESSION_EVENTS_MAX];
    size_t count;
};

/* What became of a record that was handed out. */
enum assay_session_fate {
    ASSAY_FATE_ACCEPTED, /* Stored now. */
    ASSAY_FATE_HELD,     /* Stored before, or in this batch already. */
    ASSAY_FATE_EARLY,    /* It names a prev or auth that is not held. */
    ASSAY_FATE_INVALID,  /* It can never be right: its author's doing, and
                            the peer's who passed it on unchecked. */
    ASSAY_FATE_UNWANTED, /* Right, and of nobody whose records we want. */
    ASSAY_FATE_DROPPED   /* Our own doing: a quota, a frozen log, no room. */
};

struct assay_session_judgement {
    enum assay_session_fate fate;
    size_t record_len;   /* Envelope and body, as handed out. */
    enum assay_err err;  /* Of INVALID. */
    struct assay_id id;  /* All but INVALID. */
    struct assay_id log; /* The grant whose log it is in. */
    uint64_t seq;
};

/* Misbehaviour that only the node or another machine sees. */
enum assay_session_offence {
    ASSAY_OFFENCE_FALSE_HAVE, /* It has not what it said it has. */
    ASSAY_OFFENCE_FALSE_BLOB, /* A capture that does not match its hash. */
    ASSAY_OFFENCE_CHATTER     /* Membership messages beyond measure. */
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

/* ASSAY_E_NOMEM. The config is copied, what it borrows is not. */
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
 * is only opened then. It may be wrong and say true. */
bool assay_session_has_output(const struct assay_session *session,
                              uint64_t now_ms);

/*
 * The next message, made in buffer, which has room for ASSAY_SESSION_BUFFER
 * bytes; it may begin behind the buffer's first byte. Without any bytes there
 * is nothing to say now: ask again after any other call, or at the deadline.
 * Once CLOSED was told, the last message is the close, if it is ours.
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
void assay_session_judge(struct assay_session *session,
                         const struct assay_sync_view *view, uint64_t now_ms,
                         const struct assay_session_judgement *judgement,
                         struct assay_session_events *events_out);

/* The node took in the bytes of a BLOB event. */
void assay_session_blob_taken(struct assay_session *session, size_t len);

/* Compares frontiers as soon as the pause between two exchanges lets it;
 * also after records came in that this peer may lack. */
void assay_session_sync(struct assay_session *session);

/* Other teams are followed from now on. */
void assay_session_set_teams(struct assay_session *session,
                             const struct assay_session_teams *teams);

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

/* Tells the peer of a record in a gossip message of that round, from the view
 * when its turn comes. False: the queue was full; the next anti-entropy
 * brings it, which this asks for. */
bool assay_session_tell(struct assay_session *session,
                        const struct assay_id *id, uint64_t round);

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
