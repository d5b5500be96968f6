/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers.h - the messages of membership (HyParView): types 32 to 42.
 *
 *   peer:             [key(32), host text, port]
 *   32 join           [peer]            the sender, who knows nobody yet
 *   34 forward-join   [peer, walk]      a newcomer, handed on
 *   36 neighbor       [step, peer]      the sender asks, or accepts
 *   38 disconnect     [reason, [peer, ...]]   others to turn to
 *   40 shuffle        [number, walk, [peer, ...]]
 *   42 shuffle-reply  [number, [peer, ...]]
 *
 * docs/protocol.md, "Membership and broadcast", says what each is for.
 */
#ifndef ASSAY_PROTOCOL_MESSAGES_PEERS_H
#define ASSAY_PROTOCOL_MESSAGES_PEERS_H

#include "../gossip_limits.h"
#include "../id.h"
#include "../message.h"

/* A node and where it can be dialled. */
struct assay_peer {
    struct assay_key key;
    uint16_t port;                 /* 0: it cannot be dialled. */
    uint8_t host_len;              /* 0: where its messages come from. */
    char host[ASSAY_HOST_MAX + 1]; /* With a final zero. */
};

enum assay_neighbor_step {
    ASSAY_NEIGHBOR_ASK = 0,  /* Refused by who has no room. */
    ASSAY_NEIGHBOR_NEED = 1, /* The sender has nobody: room is made. */
    ASSAY_NEIGHBOR_ACCEPT = 2
};

enum assay_disconnect_reason {
    ASSAY_DISCONNECT_FULL = 0,   /* Refused, or put out for another. */
    ASSAY_DISCONNECT_LEAVING = 1 /* The sender stops. */
};

/* A message of membership; which fields are set is told by the type. */
struct assay_peers_message {
    enum assay_message_type type;
    uint32_t step;     /* Of neighbor; reason of disconnect. */
    uint32_t walk;     /* Of forward-join and shuffle: hops still to go. */
    uint64_t number;   /* Of shuffle and its reply, chosen by who sent it. */
    size_t peer_count; /* 1 in join, forward-join and neighbor; 0 and more in
                          disconnect and the shuffles. */
    struct assay_peer peers[ASSAY_SHUFFLE_MAX];
};

/* The longest encoding of a message above. */
#define ASSAY_PEERS_MESSAGE_MAX                                                \
    (32 + ASSAY_SHUFFLE_MAX * (8 + ASSAY_KEY_SIZE + ASSAY_HOST_MAX))

/* Whether host is a name or a numeric address by its characters: letters,
 * digits, "-", "." and ":" (IPv6), at most ASSAY_HOST_MAX of them; none is
 * allowed. That it may be dialled is for the node to decide. */
bool assay_peer_host_is_ok(struct assay_bytes host);

/* Sets key, host and port; MALFORMED or LIMIT for a host that is not ok. */
ASSAY_MUST_CHECK
enum assay_err assay_peer_set(const struct assay_key *key,
                              struct assay_bytes host, uint16_t port,
                              struct assay_peer *peer_out);

/*
 * Reads the fields of a message that was opened and whose type is one of the
 * above. Unknown further fields are skipped. Fails with TRUNCATED, MALFORMED
 * (also an unknown step) or LIMIT (more peers or a longer host than
 * allowed).
 */
ASSAY_MUST_CHECK
enum assay_err assay_peers_read(struct assay_message *message,
                                struct assay_peers_message *out,
                                struct assay_fault *fault_out);

/* Writes a message whole. */
void assay_peers_write(struct assay_cbor_writer *writer,
                       const struct assay_peers_message *message);

#endif
