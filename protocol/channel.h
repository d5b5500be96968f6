/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel.h - one connection between two nodes, encrypted: received bytes in,
 * whole messages out, and the other way round.
 *
 * Noise_XX_25519_ChaChaPoly_SHA256 with a prologue that names this protocol,
 * then one message a frame. docs/protocol.md section 1 defines the bytes.
 *
 * The life of a channel:
 *
 *     HANDSHAKE ---> OPEN ---> ENDED         the peer said that it is done
 *         |           |          |
 *         +-----------+----------+---------> FAILED, for good
 *
 * A caller feeds it what the socket received, with assay_channel_feed, until
 * that has nothing more to tell. It sends what assay_channel_pull gives at the
 * start, after REPLY and after OPENED. Then it seals one message after the
 * other. What a peer can make a channel hold is
 * less than one frame, and until its handshake is over 96 bytes. How long a
 * handshake may take is the caller's to say, since nothing here has a clock.
 */
#ifndef ASSAY_PROTOCOL_CHANNEL_H
#define ASSAY_PROTOCOL_CHANNEL_H

#include "message.h"
#include "noise.h"

/* What both sides must say before they speak: protocol and version. */
#define ASSAY_CHANNEL_PROLOGUE "assay/1"

/* The big-endian length before every frame. */
#define ASSAY_CHANNEL_HEAD_SIZE 2

/* What sealing adds to a message: the head and the tag. */
#define ASSAY_CHANNEL_OVERHEAD (ASSAY_CHANNEL_HEAD_SIZE + ASSAY_NOISE_TAG_SIZE)

/* The longest frame with its head. */
#define ASSAY_CHANNEL_FRAME_MAX (ASSAY_MESSAGE_MAX + ASSAY_CHANNEL_OVERHEAD)

/* The longest frame of a handshake with its head: the second, 32 + 48 + 16. */
#define ASSAY_CHANNEL_HANDSHAKE_MAX (ASSAY_CHANNEL_HEAD_SIZE + 96)

/* A direction's key is replaced behind this many frames or bytes of frames
 * (their heads not counted), whichever comes first; see struct below. */
#define ASSAY_CHANNEL_REKEY_FRAMES (UINT64_C(1) << 16)
#define ASSAY_CHANNEL_REKEY_BYTES (UINT64_C(1) << 30)

enum assay_channel_state {
    ASSAY_CHANNEL_HANDSHAKE,
    ASSAY_CHANNEL_OPEN,
    ASSAY_CHANNEL_ENDED, /* Nothing more comes; we may still send. */
    ASSAY_CHANNEL_FAILED /* Nothing more comes and nothing can be sent. */
};

/* What feeding leads to. */
enum assay_channel_event {
    ASSAY_CHANNEL_IDLE,    /* All input is taken; more is needed. */
    ASSAY_CHANNEL_REPLY,   /* The handshake goes on: pull, and send. */
    ASSAY_CHANNEL_OPENED,  /* The peer is known: let it in, or drop it. Who
                              dialled has something to pull now. */
    ASSAY_CHANNEL_MESSAGE, /* One message is there. */
    ASSAY_CHANNEL_END,     /* The peer's last word: close, or send the rest. */
    ASSAY_CHANNEL_BROKEN   /* Drop the connection; assay_channel_error. */
};

/*
 * When keys change. Each side counts the frames of a direction and the bytes
 * in them, from 0, since the handshake or the last change. When, behind a
 * frame, one of the two is no less than its limit, that direction's cipher is
 * rekeyed (Noise, section 11.3) and both begin at 0. The two directions do not
 * depend on each other. Both sides must have the same limits, which only tests
 * make smaller.
 */
struct assay_channel_rekey {
    uint64_t frames;
    uint64_t bytes;
};

/* What a channel begins with; all is copied but for the own key, which stays
 * where it is, in locked memory as a rule. */
struct assay_channel_config {
    bool is_initiator; /* Who dialled. */
    /* The node's own key; borrowed until OPENED or BROKEN is told. */
    const struct assay_noise_keypair *own;
    /* 32 random bytes, never used for another channel. */
    const uint8_t *ephemeral_secret;
    const struct assay_key *expected;        /* NULL where any peer will do. */
    const struct assay_channel_rekey *rekey; /* NULL: the limits above. */
};

struct assay_channel; /* Opaque; it holds secrets. */

/* ASSAY_E_NOMEM. The caller frees it, which wipes it; NULL is accepted. */
ASSAY_MUST_CHECK
enum assay_err assay_channel_new(const struct assay_channel_config *config,
                                 struct assay_channel **channel_out);
void assay_channel_free(struct assay_channel *channel);

/*
 * Takes received bytes from the front of *input, up to the first thing to
 * tell, and moves *input on. Call it again until it says IDLE, BROKEN or END,
 * or keep the rest of the input for later. With MESSAGE, *message_out lies in
 * space, which has room for ASSAY_MESSAGE_MAX bytes, and is never empty;
 * otherwise it is unchanged, though space may be overwritten.
 *
 * After BROKEN all further input leads to BROKEN. Bytes behind the peer's last
 * word are BROKEN as well.
 */
enum assay_channel_event assay_channel_feed(struct assay_channel *channel,
                                            struct assay_bytes *input,
                                            uint8_t *space,
                                            struct assay_bytes *message_out);

/*
 * The connection ended here: nothing more will be received. True where the
 * peer had said so, inside the channel; otherwise somebody or something cut
 * it, and the channel has failed with ASSAY_E_TRUNCATED (or had already).
 */
bool assay_channel_eof(struct assay_channel *channel);

/* Writes what the handshake has to send now into out, which has room for
 * ASSAY_CHANNEL_HANDSHAKE_MAX bytes, and gives its length, 0 where there is
 * nothing. It is given once. */
size_t assay_channel_pull(struct assay_channel *channel, uint8_t *out);

/*
 * Seals one message of 1 to ASSAY_MESSAGE_MAX bytes into out, which has room
 * for message.len + ASSAY_CHANNEL_OVERHEAD; all of it is to be sent, in this
 * order. The message may lie in out at ASSAY_CHANNEL_HEAD_SIZE, or elsewhere
 * without overlap. Not before OPENED was told and what it left to be pulled
 * is, and not behind the own last word. ASSAY_E_LIMIT when a direction is used
 * up (2^64 frames), else what the channel failed with.
 */
ASSAY_MUST_CHECK
enum assay_err assay_channel_seal(struct assay_channel *channel,
                                  struct assay_bytes message, uint8_t *out);

/* The own last word, ASSAY_CHANNEL_OVERHEAD bytes: an authentic frame with
 * nothing in it. What the peer still sends can be read on. As above. */
ASSAY_MUST_CHECK
enum assay_err assay_channel_seal_end(struct assay_channel *channel,
                                      uint8_t *out);

enum assay_channel_state
assay_channel_state(const struct assay_channel *channel);

/* Why the channel failed; ASSAY_OK where it did not. *rule_out, where not
 * NULL, is a static sentence for the log: the rule that is broken.
 * ASSAY_E_TRUNCATED: cut off. ASSAY_E_MALFORMED: frames of a wrong length, or
 * behind the end. ASSAY_E_TAG, ASSAY_E_KEY: noise.h. ASSAY_E_PEER: not the
 * expected peer, or oneself. ASSAY_E_LIMIT: all frames are used up.
 * ASSAY_E_NOMEM. */
enum assay_err assay_channel_error(const struct assay_channel *channel,
                                   const char **rule_out);

/* Whether this side dialled. */
bool assay_channel_is_initiator(const struct assay_channel *channel);

/* The peer's key; NULL until the peer has proven it, which OPENED tells. It
 * is there, too, where the channel has failed because of it. */
const struct assay_key *assay_channel_peer(const struct assay_channel *channel);

/* The handshake's hash, ASSAY_HASH_SIZE bytes, the same on both sides and on
 * no other channel (Noise, section 11.2); NULL until OPENED was told. */
const uint8_t *assay_channel_hash(const struct assay_channel *channel);

#endif
