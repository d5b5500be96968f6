/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - what assay(1) and a node on the same machine say to each other
 * over the node's Unix socket.
 *
 * A message is a 4-byte big-endian length and that many bytes of deterministic
 * CBOR: an array of a type and its fields, like those of peers (message.h).
 * The client sends one request; the node answers it with one or more messages,
 * of which DONE or FAILED is the last. FOLLOW has no end but the client's.
 *
 *   status      [1]                 answered by [17, ...], then done
 *   peers       [2]                 by [18, ...] for each connection and each
 *                                   address to be kept, then done
 *   peer-add    [3, address]        peer-remove [4, node key]
 *   sync        [5, address]        by [20, ...] while it goes on; without an
 *                                   address with all peers
 *   follow      [6, after LSN]      by [19, ...] for each record, as it comes
 *   failed      [0, exit code, text]
 *   done        [16]
 *
 * Fields that a reader does not know stand behind those that it knows. Socket
 * and client are of one machine and user, but not always of one version.
 */
#ifndef ASSAY_PROTOCOL_CONTROL_H
#define ASSAY_PROTOCOL_CONTROL_H

#include "cbor.h"
#include "id.h"

/* The length before every message, and the longest one: an answer about one
 * peer or the whole status is far shorter. */
#define ASSAY_CONTROL_HEAD_SIZE 4
#define ASSAY_CONTROL_MAX 32768

/* Texts: NODE@HOST:PORT, a path, a sentence. */
#define ASSAY_CONTROL_TEXT_MAX 4096

/* Sockets that a status lists. */
#define ASSAY_CONTROL_LISTEN_MAX 64

enum assay_control_type {
    ASSAY_CONTROL_FAILED = 0,
    ASSAY_CONTROL_ASK_STATUS = 1,
    ASSAY_CONTROL_ASK_PEERS = 2,
    ASSAY_CONTROL_PEER_ADD = 3,
    ASSAY_CONTROL_PEER_REMOVE = 4,
    ASSAY_CONTROL_SYNC = 5,
    ASSAY_CONTROL_FOLLOW = 6,
    ASSAY_CONTROL_DONE = 16,
    ASSAY_CONTROL_STATUS = 17,
    ASSAY_CONTROL_PEER = 18,
    ASSAY_CONTROL_RECORD = 19,
    ASSAY_CONTROL_PROGRESS = 20
};

/* How a connection or an address stands. */
enum assay_control_peer_state {
    ASSAY_CONTROL_PEER_AWAY,     /* An address: nobody is connected. */
    ASSAY_CONTROL_PEER_DIALLING, /* Connecting, or proving who one is. */
    ASSAY_CONTROL_PEER_OPEN,     /* Speaking. */
    ASSAY_CONTROL_PEER_ACTIVE,   /* Speaking, and a neighbour. */
    ASSAY_CONTROL_PEER_CLOSING
};

struct assay_control_status {
    struct assay_key node;
    struct assay_bytes version;
    struct assay_bytes ledger;
    uint64_t uptime_s;
    uint64_t records;
    uint64_t last_lsn;
    uint64_t connections; /* Open ones. */
    uint64_t active;      /* Neighbours. */
    uint64_t passive;     /* Addresses in reserve. */
    uint64_t queued;      /* Records that are being checked and written. */
    uint64_t waiting;     /* Early ones. */
    uint64_t added;       /* Since the start, of peers. */
    uint64_t refused;
    bool is_blocked; /* The ledger cannot be written. */
    bool follows_all;
    uint64_t teams; /* That are followed, else. */
    struct assay_bytes listen[ASSAY_CONTROL_LISTEN_MAX];
    size_t listen_count;
};

struct assay_control_peer {
    uint64_t state; /* enum assay_control_peer_state, or one not known. */
    bool has_key;
    struct assay_key node;
    struct assay_bytes at; /* HOST:PORT; none where it is not known. */
    bool is_dialled;
    bool is_static; /* It is to be kept connected. */
    bool is_synced; /* The last comparison found no difference. */
    uint64_t connected_s;
    uint64_t records_in;
    uint64_t records_out;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t score;
    struct assay_bytes agent; /* What it says it is. */
};

struct assay_control_record {
    uint64_t lsn;
    struct assay_id id;
    uint64_t kind;
    uint64_t received_s;
};

struct assay_control_progress {
    struct assay_key node;
    bool is_synced;
    uint64_t records_in;
    uint64_t records_out;
    uint64_t bytes_in;
    uint64_t bytes_out;
};

struct assay_control_failure {
    uint64_t exit_code; /* As assay(1) has them. */
    struct assay_bytes text;
};

/* A message, whatever its type. Texts borrow. */
struct assay_control {
    uint64_t type; /* enum assay_control_type */
    union {
        struct assay_control_status status;
        struct assay_control_peer peer;
        struct assay_control_record record;
        struct assay_control_progress progress;
        struct assay_control_failure failure;
        struct assay_bytes address; /* Of PEER_ADD and SYNC; may be none. */
        struct assay_key node;      /* Of PEER_REMOVE. */
        uint64_t after_lsn;         /* Of FOLLOW; UINT64_MAX: what comes. */
    } as;
};

/*
 * How long the first message of input is, head included; 0 where the head is
 * not there yet. ASSAY_E_LIMIT where it says more than ASSAY_CONTROL_MAX or
 * nothing.
 */
ASSAY_MUST_CHECK
enum assay_err assay_control_length(struct assay_bytes input, size_t *len_out);

/* Reads one message without its head. ASSAY_E_TRUNCATED, ASSAY_E_MALFORMED,
 * ASSAY_E_LIMIT, ASSAY_E_VERSION (a type that is not known). */
ASSAY_MUST_CHECK
enum assay_err assay_control_read(struct assay_bytes bytes,
                                  struct assay_control *control_out,
                                  struct assay_fault *fault_out);

/* Writes one with its head into out, which has room for ASSAY_CONTROL_MAX
 * bytes. ASSAY_E_LIMIT where it does not fit. */
ASSAY_MUST_CHECK
enum assay_err assay_control_write(const struct assay_control *control,
                                   uint8_t *out, struct assay_bytes *bytes_out);

#endif
