/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_channel.c - whatever a peer sends, and however the network cuts it, a
 * channel tells the same, and tells only what the other end has said.
 *
 * The first byte chooses: the rest is what an end receives from the beginning
 * (0 dials, 1 answers), or what an open one receives (2), each in one piece
 * and in pieces; or it is a script that the network follows between two open
 * ends (3). All keys are always the same, so seeds hold whole handshakes.
 */
#include "protocol/check.h"
#include "tests/support/channel_pair.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len);

/* Keys change often, so that short inputs see it. */
static const struct assay_channel_rekey often = {3, 4096};

/* What an end told: the events and the messages, folded into one number, so
 * that two tellings can be compared. */
struct told {
    uint64_t events;
    size_t message_count;
    enum assay_channel_state state;
    enum assay_err err;
};

static void fold(struct told *told, uint64_t value)
{
    told->events = (told->events ^ value) * UINT64_C(0x100000001b3);
}

static void fold_message(struct told *told, struct assay_bytes message)
{
    told->message_count++;
    fold(told, message.len);
    for (size_t at = 0; at < message.len; at++) {
        fold(told, message.data[at]);
    }
}

/* Feeds one piece as far as it goes. */
static void feed(struct assay_channel *end, struct assay_bytes piece,
                 struct told *told)
{
    static uint8_t space[ASSAY_MESSAGE_MAX];
    static struct channel_wire wire;
    enum assay_channel_event event = ASSAY_CHANNEL_OPENED;

    while (event != ASSAY_CHANNEL_IDLE && event != ASSAY_CHANNEL_BROKEN) {
        struct assay_bytes message = ASSAY_BYTES_NONE;
        struct assay_bytes before = piece;

        event = assay_channel_feed(end, &piece, space, &message);
        ASSAY_CHECK(piece.len <= before.len);
        ASSAY_CHECK(piece.data == before.data + (before.len - piece.len));
        ASSAY_CHECK((event == ASSAY_CHANNEL_MESSAGE) == (message.len > 0));
        if (event == ASSAY_CHANNEL_MESSAGE) {
            fold_message(told, message);
        }
        if (event != ASSAY_CHANNEL_IDLE && event != ASSAY_CHANNEL_BROKEN) {
            fold(told, (uint64_t)event);
        }
        (void)channel_end_pull(end, &wire);
        if (piece.len == 0 && event != ASSAY_CHANNEL_MESSAGE) {
            break;
        }
    }
}

/* Feeds all of it, in pieces of piece_len bytes. */
static struct told feed_all(struct assay_channel *end, struct assay_bytes input,
                            size_t piece_len)
{
    struct told told = {.events = 0};
    const char *rule = NULL;

    while (input.len > 0) {
        size_t len = input.len < piece_len ? input.len : piece_len;

        feed(end, (struct assay_bytes){input.data, len}, &told);
        input.data += len;
        input.len -= len;
    }
    bool is_ended = assay_channel_eof(end);
    told.state = assay_channel_state(end);
    told.err = assay_channel_error(end, &rule);
    ASSAY_CHECK(is_ended == (told.state == ASSAY_CHANNEL_ENDED));
    ASSAY_CHECK(is_ended == (told.err == ASSAY_OK));
    ASSAY_CHECK(is_ended == (rule == NULL));
    return told;
}

/* An end that receives for the first time, or is open already. */
static struct told tell(size_t choice, struct assay_bytes input,
                        size_t piece_len)
{
    struct channel_pair pair;
    struct channel_wire wire;
    size_t end = choice == 0 ? CHANNEL_DIALS : CHANNEL_ANSWERS;

    channel_pair_init(&pair, 0, &often);
    if (choice == 2) {
        channel_pair_shake_hands(&pair);
    }
    (void)channel_end_pull(pair.ends[end], &wire);
    struct told told = feed_all(pair.ends[end], input, piece_len);
    channel_pair_clear(&pair);
    return told;
}

/* How the network cuts what is sent makes no difference. */
static void compare(size_t choice, struct assay_bytes input, size_t piece_len)
{
    struct told whole = tell(choice, input, SIZE_MAX);
    struct told pieces = tell(choice, input, piece_len);

    ASSAY_CHECK(whole.events == pieces.events);
    ASSAY_CHECK(whole.message_count == pieces.message_count);
    ASSAY_CHECK(whole.state == pieces.state);
    ASSAY_CHECK(whole.err == pieces.err);
}

/* What a script's network carries. */
#define LINE_MAX 16384
#define SENT_MAX 256

/* One direction of two open ends, with a network between that does as told. */
struct line {
    struct channel_pair pair;
    uint8_t bytes[LINE_MAX]; /* On their way. */
    size_t len;
    size_t sent_lens[SENT_MAX];
    size_t sent_count;
    size_t received_count;
    bool is_ended; /* The last word is sent. */
};

/* Each message is told by its number, which all its bytes are. */
static void send_message(struct line *line, size_t len)
{
    struct channel_wire wire;

    if (line->is_ended || line->sent_count == SENT_MAX ||
        len + ASSAY_CHANNEL_OVERHEAD > LINE_MAX - line->len) {
        return;
    }
    if (len == 0) {
        enum assay_err err =
            assay_channel_seal_end(line->pair.ends[CHANNEL_DIALS], wire.bytes);
        ASSAY_CHECK(err == ASSAY_OK);
        line->is_ended = true;
    } else {
        struct assay_bytes message = {wire.bytes + ASSAY_CHANNEL_HEAD_SIZE,
                                      len};

        memset(wire.bytes + ASSAY_CHANNEL_HEAD_SIZE, (int)line->sent_count,
               len);
        (void)channel_end_seal(line->pair.ends[CHANNEL_DIALS], message, &wire);
        line->sent_lens[line->sent_count] = len;
        line->sent_count++;
    }
    memcpy(line->bytes + line->len, wire.bytes, len + ASSAY_CHANNEL_OVERHEAD);
    line->len += len + ASSAY_CHANNEL_OVERHEAD;
}

/* Whatever the network did, a message that arrives is the next one sent. */
static void check_message(struct line *line, struct assay_bytes message)
{
    ASSAY_CHECK(line->received_count < line->sent_count);
    ASSAY_CHECK(message.len == line->sent_lens[line->received_count]);
    for (size_t at = 0; at < message.len; at++) {
        ASSAY_CHECK(message.data[at] == (uint8_t)line->received_count);
    }
    line->received_count++;
}

static void deliver(struct line *line, size_t len)
{
    static uint8_t space[ASSAY_MESSAGE_MAX];
    size_t taken = len < line->len ? len : line->len;
    struct assay_bytes input = {line->bytes, taken};
    enum assay_channel_event event = ASSAY_CHANNEL_MESSAGE;

    while (event == ASSAY_CHANNEL_MESSAGE) {
        struct assay_bytes message;

        event = assay_channel_feed(line->pair.ends[CHANNEL_ANSWERS], &input,
                                   space, &message);
        if (event == ASSAY_CHANNEL_MESSAGE) {
            check_message(line, message);
        }
        ASSAY_CHECK(event != ASSAY_CHANNEL_OPENED &&
                    event != ASSAY_CHANNEL_REPLY);
        /* The end is told only behind all that was sent before it. */
        ASSAY_CHECK(
            event != ASSAY_CHANNEL_END ||
            (line->is_ended && line->received_count == line->sent_count));
    }
    line->len -= taken;
    memmove(line->bytes, line->bytes + taken, line->len);
}

static void drop(struct line *line, size_t at, size_t len)
{
    if (line->len == 0) {
        return;
    }
    at %= line->len;
    len = len < line->len - at ? len : line->len - at;
    memmove(line->bytes + at, line->bytes + at + len, line->len - at - len);
    line->len -= len;
}

/* Pairs of bytes: what to do, and how much of it. */
static void follow(struct assay_bytes script)
{
    struct line *line = calloc(1, sizeof(*line));

    if (line == NULL) {
        return;
    }
    channel_pair_init(&line->pair, 0, &often);
    channel_pair_shake_hands(&line->pair);
    for (size_t at = 0; at + 1 < script.len; at += 2) {
        uint8_t what = script.data[at];
        size_t much = script.data[at + 1];

        if (what < 0x60) {
            send_message(line, (what & 7U) * 256 + much);
        } else if (what < 0xc0) {
            deliver(line, (what & 7U) * 256 + much);
        } else if (what < 0xe0) {
            drop(line, (what & 0x1fU) * 8, much);
        } else if (line->len > 0) {
            line->bytes[much % line->len] ^= (uint8_t)(1U << (what & 7U));
        }
    }
    deliver(line, SIZE_MAX);
    channel_pair_clear(&line->pair);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
    if (data_len < 2) {
        return 0;
    }
    if (data[0] % 4 == 3) {
        follow((struct assay_bytes){data + 1, data_len - 1});
    } else {
        compare(data[0] % 4, (struct assay_bytes){data + 2, data_len - 2},
                data[1] + (size_t)1);
    }
    return 0;
}
