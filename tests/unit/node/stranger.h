/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stranger.h - one node_peer on a loop, and at the other end of its socket a
 * test that speaks, reads or does neither as it likes. Time is the test's own.
 */
#ifndef ASSAY_TESTS_UNIT_NODE_STRANGER_H
#define ASSAY_TESTS_UNIT_NODE_STRANGER_H

#include "channel_pair.h"
#include "memledger.h"
#include "node/peer_internal.h"

/* What the other end has sealed and not yet sent, at most. */
#define STRANGER_OUT_MAX ((size_t)4 * 1024 * 1024)

/* The handshake's time in milliseconds. */
#define STRANGER_HANDSHAKE_MS 10000

struct stranger {
    uv_loop_t loop;
    struct node_peer_hooks hooks;
    struct assay_noise_keypair keys; /* The peer's. */
    struct node_peer *peer;          /* NULL: gone. */
    struct memledger *ledger;
    uint8_t *space;
    size_t view_count;  /* Views that are lent now. */
    size_t views_begun; /* In all. */
    bool has_no_room;
    bool is_due; /* To be woken soon. */
    size_t over_count;
    char why[256];
    bool is_fault;

    int fd; /* The other end. */
    struct assay_channel *channel;
    bool is_open;
    uint8_t *out;
    size_t out_len;
    size_t out_pos; /* Sent. */
    uint8_t in[2 * ASSAY_CHANNEL_FRAME_MAX];
    size_t in_len;
    uint8_t message[ASSAY_MESSAGE_MAX];
    size_t record_count; /* That came. */
    size_t message_count;
    bool has_ended; /* The peer closed. */
};

/* The peer accepted a connection and nothing was said. */
struct stranger *stranger_new(void);

/* Ends whatever is left. */
void stranger_free(struct stranger *stranger);

/* Shakes hands and says hello; the peer's hello was read. */
void stranger_open(struct stranger *stranger);

/* Seals a message for the peer; sent while turns are taken. */
void stranger_say(struct stranger *stranger, struct assay_bytes message);

/* Turns of the loop: what the sockets take is sent, all or (at most limit
 * bytes) a part; what came is read where reads is true. */
void stranger_turn(struct stranger *stranger, size_t turns, bool reads);
size_t stranger_send(struct stranger *stranger, size_t limit);

/* Lets time pass, and the peer's timer ring where it is due. */
void stranger_wait(struct stranger *stranger, uint64_t ms);

#endif
