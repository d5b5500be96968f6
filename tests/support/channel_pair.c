/* SPDX-License-Identifier: Apache-2.0 */
#include "channel_pair.h"

#include "protocol/check.h"

#include <string.h>

void channel_pair_key(size_t end, struct assay_noise_keypair *pair_out)
{
    uint8_t secret[ASSAY_NOISE_KEY_SIZE] = {0x11, (uint8_t)end};

    assay_noise_keypair_make(secret, pair_out);
}

struct assay_channel *channel_end_new(size_t end, uint8_t salt,
                                      const struct assay_key *expected,
                                      const struct assay_channel_rekey *rekey)
{
    uint8_t ephemeral[ASSAY_NOISE_KEY_SIZE] = {0x22, (uint8_t)end, salt};
    static struct assay_noise_keypair owns[2]; /* Always the same. */
    struct assay_channel *channel = NULL;
    struct assay_channel_config config = {
        .is_initiator = end == CHANNEL_DIALS,
        .own = &owns[end],
        .ephemeral_secret = ephemeral,
        .expected = expected,
        .rekey = rekey,
    };

    channel_pair_key(end, &owns[end]);
    enum assay_err err = assay_channel_new(&config, &channel);
    ASSAY_CHECK(err == ASSAY_OK);
    return channel;
}

struct assay_bytes channel_end_pull(struct assay_channel *end,
                                    struct channel_wire *wire_out)
{
    wire_out->len = assay_channel_pull(end, wire_out->bytes);
    return (struct assay_bytes){wire_out->bytes, wire_out->len};
}

enum assay_channel_event channel_end_feed(struct assay_channel *end,
                                          struct assay_bytes input,
                                          struct assay_bytes *message_out)
{
    static uint8_t space[ASSAY_MESSAGE_MAX];
    struct assay_bytes message = ASSAY_BYTES_NONE;
    enum assay_channel_event event =
        assay_channel_feed(end, &input, space, &message);

    ASSAY_CHECK(event == ASSAY_CHANNEL_BROKEN || input.len == 0);
    ASSAY_CHECK((event == ASSAY_CHANNEL_MESSAGE) == (message.len > 0));
    if (message_out != NULL) {
        *message_out = message;
    }
    return event;
}

void channel_pair_init(struct channel_pair *pair_out, uint8_t salt,
                       const struct assay_channel_rekey *rekey)
{
    for (size_t end = 0; end < 2; end++) {
        channel_pair_key(end, &pair_out->keys[end]);
        pair_out->ends[end] = channel_end_new(end, salt, NULL, rekey);
    }
}

void channel_pair_shake_hands(struct channel_pair *pair)
{
    struct assay_channel *dials = pair->ends[CHANNEL_DIALS];
    struct assay_channel *answers = pair->ends[CHANNEL_ANSWERS];
    struct channel_wire wire;
    enum assay_channel_event event =
        channel_end_feed(answers, channel_end_pull(dials, &wire), NULL);

    ASSAY_CHECK(event == ASSAY_CHANNEL_REPLY);
    event = channel_end_feed(dials, channel_end_pull(answers, &wire), NULL);
    ASSAY_CHECK(event == ASSAY_CHANNEL_OPENED);
    event = channel_end_feed(answers, channel_end_pull(dials, &wire), NULL);
    ASSAY_CHECK(event == ASSAY_CHANNEL_OPENED);
}

void channel_pair_clear(struct channel_pair *pair)
{
    assay_channel_free(pair->ends[CHANNEL_DIALS]);
    assay_channel_free(pair->ends[CHANNEL_ANSWERS]);
    memset(pair, 0, sizeof(*pair));
}

struct assay_bytes channel_end_seal(struct assay_channel *end,
                                    struct assay_bytes message,
                                    struct channel_wire *wire_out)
{
    enum assay_err err = assay_channel_seal(end, message, wire_out->bytes);

    ASSAY_CHECK(err == ASSAY_OK);
    wire_out->len = message.len + ASSAY_CHANNEL_OVERHEAD;
    return (struct assay_bytes){wire_out->bytes, wire_out->len};
}
