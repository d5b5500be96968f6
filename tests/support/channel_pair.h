/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel_pair.h - both ends of a channel, with keys that are always the same.
 *
 * Needs no cmocka: fuzzers and benchmarks use it as well.
 */
#ifndef ASSAY_TESTS_SUPPORT_CHANNEL_PAIR_H
#define ASSAY_TESTS_SUPPORT_CHANNEL_PAIR_H

#include "protocol/channel.h"

/* The initiator, and the responder. */
#define CHANNEL_DIALS 0
#define CHANNEL_ANSWERS 1

/* Frames on their way from one end to the other. */
struct channel_wire {
    uint8_t bytes[ASSAY_CHANNEL_FRAME_MAX];
    size_t len;
};

struct channel_pair {
    struct assay_channel *ends[2];
    struct assay_noise_keypair keys[2];
};

/* The lasting key of an end. */
void channel_pair_key(size_t end, struct assay_noise_keypair *pair_out);

/* A channel that has not said anything yet. The salt makes another ephemeral
 * key; expected and rekey may be NULL. The caller frees it. */
struct assay_channel *channel_end_new(size_t end, uint8_t salt,
                                      const struct assay_key *expected,
                                      const struct assay_channel_rekey *rekey);

/* What the end has to send for the handshake, as it stands on the wire. */
struct assay_bytes channel_end_pull(struct assay_channel *end,
                                    struct channel_wire *wire_out);

/* Feeds bytes until there is something to tell; what is told. All of them must
 * be taken. *message_out, where not NULL, lies in a place of its own. */
enum assay_channel_event channel_end_feed(struct assay_channel *end,
                                          struct assay_bytes input,
                                          struct assay_bytes *message_out);

/* Both ends, before the handshake. Free them with channel_pair_clear. */
void channel_pair_init(struct channel_pair *pair_out, uint8_t salt,
                       const struct assay_channel_rekey *rekey);

/* Runs the whole handshake, which must succeed. */
void channel_pair_shake_hands(struct channel_pair *pair);

void channel_pair_clear(struct channel_pair *pair);

/* Seals one message, which must succeed. */
struct assay_bytes channel_end_seal(struct assay_channel *end,
                                    struct assay_bytes message,
                                    struct channel_wire *wire_out);

#endif
