/* SPDX-License-Identifier: Apache-2.0 */
#include "channel.h"

#include "check.h"

#include <sodium.h>
#include <stdlib.h>

_Static_assert(ASSAY_MESSAGE_MAX ==
                   ASSAY_NOISE_MESSAGE_MAX - ASSAY_NOISE_TAG_SIZE,
               "a frame holds the longest message");
_Static_assert(ASSAY_HASH_SIZE == ASSAY_NOISE_KEY_SIZE, "both are 32 bytes");

/* One way that frames go. */
struct direction {
    struct assay_noise_cipher cipher;
    uint64_t frames; /* Since the key is in use. */
    uint64_t bytes;  /* In these frames, without their heads. */
};

struct assay_channel {
    enum assay_channel_state state;
    bool is_initiator;
    bool has_expected;
    bool was_open;    /* The handshake came to its end. */
    bool has_peer;    /* The peer has proven its key. */
    bool is_finished; /* The own last word is sealed. */
    enum assay_err error;
    const char *rule; /* Why it failed. */

    struct assay_key expected;
    struct assay_channel_rekey rekey;
    struct assay_noise_handshake handshake; /* Wiped when it is over. */
    struct assay_key peer;
    uint8_t hash[ASSAY_HASH_SIZE];
    struct direction send;
    struct direction receive;

    /* What is to be pulled. */
    uint8_t out[ASSAY_CHANNEL_HANDSHAKE_MAX];
    size_t out_len;

    /* The frame that is being received: its head, and, where only a part of
     * the rest is there, a buffer as long as the head says. */
    uint8_t head[ASSAY_CHANNEL_HEAD_SIZE];
    size_t head_len;
    uint8_t *held;
    size_t held_len;
};

static void wipe_secrets(struct assay_channel *channel)
{
    assay_noise_handshake_clear(&channel->handshake);
    assay_noise_cipher_clear(&channel->send.cipher);
    assay_noise_cipher_clear(&channel->receive.cipher);
}

static void release_held(struct assay_channel *channel)
{
    free(channel->held);
    channel->held = NULL;
    channel->held_len = 0;
}

/* The first failure stays. Nothing can be read or sent behind it. */
static enum assay_channel_event fail(struct assay_channel *channel,
                                     enum assay_err err, const char *rule)
{
    ASSAY_CHECK(channel->state != ASSAY_CHANNEL_FAILED);
    channel->state = ASSAY_CHANNEL_FAILED;
    channel->error = err;
    channel->rule = rule;
    channel->out_len = 0;
    wipe_secrets(channel);
    release_held(channel);
    return ASSAY_CHANNEL_BROKEN;
}

/* What a failure of noise.h means to a person. */
static const char *rule_of(enum assay_err err)
{
    if (err == ASSAY_E_KEY) {
        return "a peer's key does not make a shared secret of zeros";
    }
    if (err == ASSAY_E_LIMIT) {
        return "a direction ends before its frames' numbers begin again";
    }
    return "what comes was sealed by the peer, for this place and side";
}

static void write_head(uint8_t head_out[ASSAY_CHANNEL_HEAD_SIZE], size_t len)
{
    ASSAY_CHECK(len <= ASSAY_NOISE_MESSAGE_MAX);
    head_out[0] = (uint8_t)(len >> 8);
    head_out[1] = (uint8_t)(len & 0xff);
}

/* Writes the handshake message that is due into what is to be pulled. */
static enum assay_err write_handshake(struct assay_channel *channel)
{
    uint8_t *message = channel->out + ASSAY_CHANNEL_HEAD_SIZE;
    size_t len = 0;

    ASSAY_CHECK(channel->out_len == 0);
    enum assay_err err =
        assay_noise_write(&channel->handshake, ASSAY_BYTES_NONE, message,
                          sizeof(channel->out) - ASSAY_CHANNEL_HEAD_SIZE, &len);
    if (err == ASSAY_OK) {
        write_head(channel->out, len);
        channel->out_len = ASSAY_CHANNEL_HEAD_SIZE + len;
    }
    return err;
}

/* Whether the message that was just read was the one with the peer's key. */
static bool knows_peer(const struct assay_channel *channel)
{
    return channel->handshake.message_index ==
           (channel->is_initiator ? 2U : 3U);
}

/* Keeps the peer's key; whether it is one that this side may speak with. */
static bool check_peer(struct assay_channel *channel, const char **rule_out)
{
    const struct assay_noise_handshake *handshake = &channel->handshake;

    channel->peer = handshake->remote_static;
    channel->has_peer = true;
    /* PROTOCOL 1.2: "A side that meets its own key MUST close the connection,
     * too." */
    if (assay_key_equal(&channel->peer, &handshake->own_static->key)) {
        *rule_out = "a node does not speak with itself";
        return false;
    }
    if (channel->has_expected &&
        !assay_key_equal(&channel->peer, &channel->expected)) {
        *rule_out = "the peer has the key that was dialled";
        return false;
    }
    return true;
}

static void open_channel(struct assay_channel *channel)
{
    struct assay_noise_handshake *handshake = &channel->handshake;

    assay_noise_split(handshake, &channel->send.cipher,
                      &channel->receive.cipher);
    memcpy(channel->hash, handshake->symmetric.hash, sizeof(channel->hash));
    channel->state = ASSAY_CHANNEL_OPEN;
    channel->was_open = true;
    assay_noise_handshake_clear(handshake);
}

/* Takes the peer's message and answers with the own one where there is one. */
static enum assay_channel_event take_handshake(struct assay_channel *channel,
                                               struct assay_bytes frame)
{
    struct assay_noise_handshake *handshake = &channel->handshake;
    uint8_t nothing[ASSAY_CHANNEL_HANDSHAKE_MAX];
    const char *rule = NULL;
    size_t len = 0;

    /* PROTOCOL 1.2: "A side MUST refuse a message that comes before it has
     * sent the one that is answered by it." Nobody can make such a message,
     * but the caller may have forgotten to pull. */
    if (channel->out_len > 0) {
        return fail(channel, ASSAY_E_MALFORMED,
                    "an answer comes behind what it answers");
    }
    enum assay_err err = assay_noise_read(handshake, frame, nothing, &len);
    if (err != ASSAY_OK) {
        return fail(channel, err, rule_of(err));
    }
    ASSAY_CHECK(len == 0); /* By the length of the frame. */

    /* PROTOCOL 1.2: "Where it dialled a certain node and this is another, it
     * MUST close the connection without sending the third message" */
    if (knows_peer(channel) && !check_peer(channel, &rule)) {
        return fail(channel, ASSAY_E_PEER, rule);
    }
    if (assay_noise_handshake_is_ours(handshake)) {
        err = write_handshake(channel);
        if (err != ASSAY_OK) {
            return fail(channel, err, rule_of(err));
        }
    }
    if (!assay_noise_handshake_is_done(handshake)) {
        return ASSAY_CHANNEL_REPLY;
    }
    open_channel(channel);
    return ASSAY_CHANNEL_OPENED;
}

/* Counts a frame, and changes the key behind it where it is time. */
static void count_frame(const struct assay_channel_rekey *limit,
                        struct direction *direction, size_t len)
{
    direction->frames++;
    direction->bytes += len;
    /* PROTOCOL 1.4: "When, after a frame, there are 65,536 frames or
     * 1,073,741,824 bytes or more, the key of that direction MUST be
     * replaced, and both counts begin at 0 again." */
    if (direction->frames >= limit->frames ||
        direction->bytes >= limit->bytes) {
        assay_noise_rekey(&direction->cipher);
        direction->frames = 0;
        direction->bytes = 0;
    }
}

static enum assay_channel_event take_message(struct assay_channel *channel,
                                             struct assay_bytes frame,
                                             uint8_t *space,
                                             struct assay_bytes *message_out)
{
    struct direction *receive = &channel->receive;

    /* PROTOCOL 1.3: "A frame that fails to decrypt MUST end the connection,
     * without a word to the peer" */
    enum assay_err err =
        assay_noise_decrypt(&receive->cipher, ASSAY_BYTES_NONE, frame, space);
    if (err != ASSAY_OK) {
        return fail(channel, err, rule_of(err));
    }
    count_frame(&channel->rekey, receive, frame.len);
    if (frame.len == ASSAY_NOISE_TAG_SIZE) {
        channel->state = ASSAY_CHANNEL_ENDED;
        return ASSAY_CHANNEL_END;
    }
    *message_out =
        (struct assay_bytes){space, frame.len - ASSAY_NOISE_TAG_SIZE};
    return ASSAY_CHANNEL_MESSAGE;
}

/* Why a frame cannot have this length; NULL where it can. */
static const char *rule_against(const struct assay_channel *channel, size_t len)
{
    if (channel->state == ASSAY_CHANNEL_HANDSHAKE) {
        /* PROTOCOL 1.2: "a handshake message MUST have exactly its length" */
        return len == assay_noise_handshake_overhead(&channel->handshake)
                   ? NULL
                   : "a handshake message has exactly its length";
    }
    /* PROTOCOL 1.3: "A length below 16 MUST be refused at once." */
    return len >= ASSAY_NOISE_TAG_SIZE ? NULL
                                       : "a frame is no shorter than its tag";
}

/* Takes bytes from the front of the input; fewer where there are no more. */
static size_t take(struct assay_bytes *input, uint8_t *out, size_t len)
{
    size_t taken = input->len < len ? input->len : len;

    if (taken > 0) {
        memcpy(out, input->data, taken);
        input->data += taken;
        input->len -= taken;
    }
    return taken;
}

static bool take_head(struct assay_channel *channel, struct assay_bytes *input,
                      size_t *len_out)
{
    channel->head_len += take(input, channel->head + channel->head_len,
                              sizeof(channel->head) - channel->head_len);
    if (channel->head_len < sizeof(channel->head)) {
        return false;
    }
    *len_out = (size_t)channel->head[0] << 8 | channel->head[1];
    const char *rule = rule_against(channel, *len_out);
    if (rule != NULL) {
        (void)fail(channel, ASSAY_E_MALFORMED, rule);
        return false;
    }
    return true;
}

/* Adds to the part of a frame that is held. */
static bool hold(struct assay_channel *channel, struct assay_bytes *input,
                 size_t len)
{
    if (input->len == 0) {
        return false;
    }
    if (channel->held == NULL) {
        channel->held = malloc(len);
    }
    if (channel->held == NULL) {
        (void)fail(channel, ASSAY_E_NOMEM, "there is memory for one frame");
        return false;
    }
    channel->held_len +=
        take(input, channel->held + channel->held_len, len - channel->held_len);
    return channel->held_len == len;
}

/* Gives the next whole frame, which borrows from the input or from what is
 * held. False where more is needed, or the channel has failed. */
static bool take_frame(struct assay_channel *channel, struct assay_bytes *input,
                       struct assay_bytes *frame_out)
{
    size_t len = 0;

    if (!take_head(channel, input, &len)) {
        return false;
    }
    if (channel->held == NULL && input->len >= len) {
        *frame_out = (struct assay_bytes){input->data, len};
        input->data += len;
        input->len -= len;
    } else if (hold(channel, input, len)) {
        *frame_out = (struct assay_bytes){channel->held, len};
    } else {
        return false;
    }
    channel->head_len = 0;
    return true;
}

enum assay_channel_event assay_channel_feed(struct assay_channel *channel,
                                            struct assay_bytes *input,
                                            uint8_t *space,
                                            struct assay_bytes *message_out)
{
    enum assay_channel_event event = ASSAY_CHANNEL_IDLE;
    struct assay_bytes frame;

    if (channel->state == ASSAY_CHANNEL_ENDED && input->len > 0) {
        /* PROTOCOL 1.5: "whatever follows MUST be refused" */
        return fail(channel, ASSAY_E_MALFORMED, "nothing follows a last word");
    }
    while (event == ASSAY_CHANNEL_IDLE &&
           channel->state != ASSAY_CHANNEL_FAILED &&
           take_frame(channel, input, &frame)) {
        event = channel->state == ASSAY_CHANNEL_HANDSHAKE
                    ? take_handshake(channel, frame)
                    : take_message(channel, frame, space, message_out);
        release_held(channel);
    }
    return channel->state == ASSAY_CHANNEL_FAILED ? ASSAY_CHANNEL_BROKEN
                                                  : event;
}

bool assay_channel_eof(struct assay_channel *channel)
{
    if (channel->state == ASSAY_CHANNEL_ENDED) {
        return true;
    }
    if (channel->state != ASSAY_CHANNEL_FAILED) {
        (void)fail(channel, ASSAY_E_TRUNCATED,
                   "a connection ends with a last word");
    }
    return false;
}

size_t assay_channel_pull(struct assay_channel *channel, uint8_t *out)
{
    size_t len = channel->out_len;

    memcpy(out, channel->out, len);
    channel->out_len = 0;
    return len;
}

/* Seals what may be empty: then it is the last word. */
static enum assay_err seal(struct assay_channel *channel,
                           struct assay_bytes message, uint8_t *out)
{
    struct direction *send = &channel->send;
    size_t len = message.len + ASSAY_NOISE_TAG_SIZE;

    if (channel->state == ASSAY_CHANNEL_FAILED) {
        return channel->error;
    }
    ASSAY_CHECK(channel->state != ASSAY_CHANNEL_HANDSHAKE);
    ASSAY_CHECK(channel->out_len == 0);
    ASSAY_CHECK(!channel->is_finished);
    enum assay_err err =
        assay_noise_encrypt(&send->cipher, ASSAY_BYTES_NONE, message,
                            out + ASSAY_CHANNEL_HEAD_SIZE);
    if (err != ASSAY_OK) {
        (void)fail(channel, err, rule_of(err));
        return err;
    }
    write_head(out, len);
    count_frame(&channel->rekey, send, len);
    return ASSAY_OK;
}

enum assay_err assay_channel_seal(struct assay_channel *channel,
                                  struct assay_bytes message, uint8_t *out)
{
    ASSAY_CHECK(message.len >= 1);
    ASSAY_CHECK(message.len <= ASSAY_MESSAGE_MAX);
    return seal(channel, message, out);
}

enum assay_err assay_channel_seal_end(struct assay_channel *channel,
                                      uint8_t *out)
{
    enum assay_err err = seal(channel, ASSAY_BYTES_NONE, out);

    channel->is_finished = true;
    return err;
}

enum assay_err assay_channel_new(const struct assay_channel_config *config,
                                 struct assay_channel **channel_out)
{
    struct assay_channel *channel = calloc(1, sizeof(*channel));
    struct assay_noise_setup setup = {
        .pattern = ASSAY_NOISE_XX,
        .is_initiator = config->is_initiator,
        .prologue = assay_bytes_of(ASSAY_CHANNEL_PROLOGUE),
        .own_static = config->own,
        .ephemeral_secret = config->ephemeral_secret,
    };

    if (channel == NULL) {
        return ASSAY_E_NOMEM;
    }
    channel->state = ASSAY_CHANNEL_HANDSHAKE;
    channel->is_initiator = config->is_initiator;
    channel->rekey = (struct assay_channel_rekey){ASSAY_CHANNEL_REKEY_FRAMES,
                                                  ASSAY_CHANNEL_REKEY_BYTES};
    if (config->rekey != NULL) {
        channel->rekey = *config->rekey;
    }
    if (config->expected != NULL) {
        channel->has_expected = true;
        channel->expected = *config->expected;
    }
    assay_noise_handshake_init(&channel->handshake, &setup);
    if (channel->is_initiator) {
        /* The first message is a key alone, so nothing can go wrong. */
        enum assay_err err = write_handshake(channel);
        ASSAY_CHECK(err == ASSAY_OK);
    }
    *channel_out = channel;
    return ASSAY_OK;
}

void assay_channel_free(struct assay_channel *channel)
{
    if (channel == NULL) {
        return;
    }
    release_held(channel);
    sodium_memzero(channel, sizeof(*channel));
    free(channel);
}

enum assay_channel_state
assay_channel_state(const struct assay_channel *channel)
{
    return channel->state;
}

enum assay_err assay_channel_error(const struct assay_channel *channel,
                                   const char **rule_out)
{
    if (rule_out != NULL) {
        *rule_out = channel->rule;
    }
    return channel->error;
}

bool assay_channel_is_initiator(const struct assay_channel *channel)
{
    return channel->is_initiator;
}

const struct assay_key *assay_channel_peer(const struct assay_channel *channel)
{
    return channel->has_peer ? &channel->peer : NULL;
}

const uint8_t *assay_channel_hash(const struct assay_channel *channel)
{
    return channel->was_open ? channel->hash : NULL;
}
