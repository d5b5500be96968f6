/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a channel carries once it is open.
 */
#include "protocol/channel.h"

#include "channel_pair.h"
#include "testing.h"

#include <stdlib.h>
#include <string.h>

static struct channel_pair pair;

static struct assay_channel *dials(void)
{
    return pair.ends[CHANNEL_DIALS];
}

static struct assay_channel *answers(void)
{
    return pair.ends[CHANNEL_ANSWERS];
}

/* Replaces both ends by new ones, open, with these limits. */
static void open_with(const struct assay_channel_rekey *rekey)
{
    channel_pair_clear(&pair);
    channel_pair_init(&pair, 1, rekey);
    channel_pair_shake_hands(&pair);
}

static int open_pair(void **state)
{
    (void)state;
    open_with(NULL);
    return 0;
}

static int close_pair(void **state)
{
    (void)state;
    channel_pair_clear(&pair);
    return 0;
}

static struct assay_bytes wire_bytes(const struct channel_wire *wire)
{
    return (struct assay_bytes){wire->bytes, wire->len};
}

static void seal_text(struct assay_channel *end, const char *text,
                      struct channel_wire *wire_out)
{
    (void)channel_end_seal(end, assay_bytes_of(text), wire_out);
}

static void seal_end(struct assay_channel *end, struct channel_wire *wire_out)
{
    assert_int_equal(assay_channel_seal_end(end, wire_out->bytes), ASSAY_OK);
    wire_out->len = ASSAY_CHANNEL_OVERHEAD;
}

static void check_text(struct assay_channel *end,
                       const struct channel_wire *wire, const char *text)
{
    struct assay_bytes message;

    assert_int_equal(channel_end_feed(end, wire_bytes(wire), &message),
                     ASSAY_CHANNEL_MESSAGE);
    assert_int_equal(message.len, strlen(text));
    assert_memory_equal(message.data, text, message.len);
}

/* Sends a text over a channel that must carry it. */
static void carry(struct assay_channel *from, struct assay_channel *to,
                  const char *text)
{
    struct channel_wire wire;

    seal_text(from, text, &wire);
    check_text(to, &wire, text);
}

static void check_broken(struct assay_channel *end, enum assay_err err)
{
    uint8_t out[ASSAY_CHANNEL_OVERHEAD + 1];
    const char *rule = NULL;

    assert_int_equal(assay_channel_state(end), ASSAY_CHANNEL_FAILED);
    assert_int_equal(assay_channel_error(end, &rule), err);
    assert_non_null(rule);
    assert_int_equal(assay_channel_seal(end, assay_bytes_of("x"), out), err);
    assert_int_equal(assay_channel_seal_end(end, out), err);
    assert_false(assay_channel_eof(end));
    assert_int_equal(assay_channel_error(end, NULL), err);
}

static void feed_breaks(struct assay_channel *end, struct assay_bytes input,
                        enum assay_err err)
{
    assert_int_equal(channel_end_feed(end, input, NULL), ASSAY_CHANNEL_BROKEN);
    check_broken(end, err);
}

/* The least and the largest message, both ways, from elsewhere and from where
 * they are sealed. */
static void messages_of_every_length_pass(void **state)
{
    static const size_t lens[] = {1, 2, 255, 256, 65518, ASSAY_MESSAGE_MAX};
    static uint8_t plain[ASSAY_MESSAGE_MAX];
    static struct channel_wire wire;
    (void)state;

    for (size_t at = 0; at < sizeof(plain); at++) {
        plain[at] = (uint8_t)(at * 7);
    }
    for (size_t index = 0; index < 2 * sizeof(lens) / sizeof(lens[0]);
         index++) {
        size_t len = lens[index / 2];
        size_t from = index % 2;
        struct assay_bytes message = {plain, len};
        struct assay_bytes received;

        if (index % 3 == 0) {
            memcpy(wire.bytes + ASSAY_CHANNEL_HEAD_SIZE, plain, len);
            message.data = wire.bytes + ASSAY_CHANNEL_HEAD_SIZE;
        }
        (void)channel_end_seal(pair.ends[from], message, &wire);
        assert_int_equal(wire.len, len + ASSAY_CHANNEL_OVERHEAD);
        assert_int_equal(
            channel_end_feed(pair.ends[1 - from], wire_bytes(&wire), &received),
            ASSAY_CHANNEL_MESSAGE);
        assert_int_equal(received.len, len);
        assert_memory_equal(received.data, plain, len);
    }
}

/* A reader that gets the bytes one at a time gets the same messages. */
static void frames_may_come_byte_by_byte(void **state)
{
    struct channel_wire wire;
    struct assay_bytes message;
    (void)state;

    for (size_t round = 0; round < 3; round++) {
        seal_text(dials(), "in small pieces", &wire);
        for (size_t at = 0; at + 1 < wire.len; at++) {
            assert_int_equal(
                channel_end_feed(
                    answers(), (struct assay_bytes){wire.bytes + at, 1}, NULL),
                ASSAY_CHANNEL_IDLE);
        }
        assert_int_equal(
            channel_end_feed(answers(),
                             (struct assay_bytes){wire.bytes + wire.len - 1, 1},
                             &message),
            ASSAY_CHANNEL_MESSAGE);
        assert_int_equal(message.len, 15);
        assert_memory_equal(message.data, "in small pieces", 15);
    }
}

/* Messages that come together are told one after the other, and a reader may
 * stop between two. */
static void frames_that_come_together_are_told_one_by_one(void **state)
{
    static const char *const texts[] = {"first", "second", "third"};
    static uint8_t space[ASSAY_MESSAGE_MAX];
    uint8_t joined[256];
    struct assay_bytes input = {joined, 0};
    struct assay_bytes message = ASSAY_BYTES_NONE;
    struct channel_wire wire;
    (void)state;

    for (size_t index = 0; index < 3; index++) {
        seal_text(dials(), texts[index], &wire);
        memcpy(joined + input.len, wire.bytes, wire.len);
        input.len += wire.len;
    }
    input.len -= 1;
    for (size_t index = 0; index < 2; index++) {
        assert_int_equal(assay_channel_feed(answers(), &input, space, &message),
                         ASSAY_CHANNEL_MESSAGE);
        assert_int_equal(message.len, strlen(texts[index]));
        assert_memory_equal(message.data, texts[index], message.len);
        assert_int_not_equal(input.len, 0);
    }
    assert_int_equal(assay_channel_feed(answers(), &input, space, &message),
                     ASSAY_CHANNEL_IDLE);
    assert_int_equal(input.len, 0);
    input = (struct assay_bytes){wire.bytes + wire.len - 1, 1};
    assert_int_equal(assay_channel_feed(answers(), &input, space, &message),
                     ASSAY_CHANNEL_MESSAGE);
    assert_memory_equal(message.data, texts[2], message.len);
}

/* The last handshake message and what follows may come in one piece. */
static void the_first_frames_may_follow_the_handshake_at_once(void **state)
{
    static uint8_t space[ASSAY_MESSAGE_MAX];
    struct channel_wire wire;
    uint8_t joined[256];
    struct assay_bytes input = {joined, 0};
    struct assay_bytes message = ASSAY_BYTES_NONE;
    (void)state;

    channel_pair_clear(&pair);
    channel_pair_init(&pair, 1, NULL);
    (void)channel_end_feed(answers(), channel_end_pull(dials(), &wire), NULL);
    (void)channel_end_feed(dials(), channel_end_pull(answers(), &wire), NULL);
    input.len = assay_channel_pull(dials(), joined);
    seal_text(dials(), "hello", &wire);
    memcpy(joined + input.len, wire.bytes, wire.len);
    input.len += wire.len;
    assert_int_equal(assay_channel_feed(answers(), &input, space, &message),
                     ASSAY_CHANNEL_OPENED);
    assert_int_equal(input.len, wire.len);
    assert_int_equal(assay_channel_feed(answers(), &input, space, &message),
                     ASSAY_CHANNEL_MESSAGE);
    assert_memory_equal(message.data, "hello", 5);
}

/* A changed length leads to a frame that is too short, fails, or never comes
 * whole; nothing that was changed is ever taken for a message. */
static void a_flipped_bit_breaks_the_channel(void **state)
{
    struct channel_wire wire;
    (void)state;

    for (size_t bit = 0; bit < 8 * (ASSAY_CHANNEL_OVERHEAD + (size_t)4);
         bit++) {
        open_with(NULL);
        seal_text(dials(), "text", &wire);
        wire.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        enum assay_channel_event event =
            channel_end_feed(answers(), wire_bytes(&wire), NULL);
        if (event == ASSAY_CHANNEL_IDLE) {
            assert_true(bit < (size_t)8 * ASSAY_CHANNEL_HEAD_SIZE);
            assert_false(assay_channel_eof(answers()));
            check_broken(answers(), ASSAY_E_TRUNCATED);
        } else {
            assert_int_equal(event, ASSAY_CHANNEL_BROKEN);
            check_broken(answers(), wire.bytes[1] < ASSAY_NOISE_TAG_SIZE
                                        ? ASSAY_E_MALFORMED
                                        : ASSAY_E_TAG);
        }
    }
}

static void a_frame_cut_at_any_byte_is_truncated(void **state)
{
    struct channel_wire wire;
    (void)state;

    for (size_t cut = 0; cut < ASSAY_CHANNEL_OVERHEAD + 4; cut++) {
        open_with(NULL);
        seal_text(dials(), "text", &wire);
        assert_int_equal(channel_end_feed(answers(),
                                          (struct assay_bytes){wire.bytes, cut},
                                          NULL),
                         ASSAY_CHANNEL_IDLE);
        assert_false(assay_channel_eof(answers()));
        check_broken(answers(), ASSAY_E_TRUNCATED);
    }
}

/* Each frame is good for one place in one direction of one channel. */
static void a_frame_out_of_its_place_is_refused(void **state)
{
    struct channel_wire first;
    struct channel_wire second;
    (void)state;

    /* Twice. */
    seal_text(dials(), "first", &first);
    check_text(answers(), &first, "first");
    feed_breaks(answers(), wire_bytes(&first), ASSAY_E_TAG);

    /* Before its time. */
    open_with(NULL);
    seal_text(dials(), "first", &first);
    seal_text(dials(), "second", &second);
    feed_breaks(answers(), wire_bytes(&second), ASSAY_E_TAG);

    /* Sent back. */
    open_with(NULL);
    seal_text(dials(), "first", &first);
    feed_breaks(dials(), wire_bytes(&first), ASSAY_E_TAG);

    /* Into another channel between the same nodes. */
    open_with(NULL);
    seal_text(dials(), "first", &first);
    channel_pair_clear(&pair);
    channel_pair_init(&pair, 2, NULL);
    channel_pair_shake_hands(&pair);
    feed_breaks(answers(), wire_bytes(&first), ASSAY_E_TAG);
}

/* A frame without room for its tag is refused by its head. */
static void a_frame_that_is_too_short_is_refused(void **state)
{
    (void)state;

    for (uint8_t len = 0; len < ASSAY_NOISE_TAG_SIZE; len++) {
        uint8_t head[] = {0, len};

        open_with(NULL);
        feed_breaks(answers(), (struct assay_bytes){head, sizeof(head)},
                    ASSAY_E_MALFORMED);
    }
}

/* What is refused once stays refused, however right the rest is. */
static void a_failure_stays(void **state)
{
    struct channel_wire bad;
    struct channel_wire good;
    (void)state;

    seal_text(dials(), "bad", &bad);
    bad.bytes[5] ^= 1;
    feed_breaks(answers(), wire_bytes(&bad), ASSAY_E_TAG);
    seal_text(dials(), "good", &good);
    feed_breaks(answers(), wire_bytes(&good), ASSAY_E_TAG);
    assert_int_equal(channel_end_feed(answers(), ASSAY_BYTES_NONE, NULL),
                     ASSAY_CHANNEL_BROKEN);
}

/* Both ends replace a key behind the same frame, and only of the direction
 * that it went in. */
static void keys_change_behind_the_same_frame(void **state)
{
    static const struct assay_channel_rekey by_frames = {3, UINT64_MAX};
    static const struct assay_channel_rekey by_bytes = {
        UINT64_MAX, 2 * (4 + ASSAY_NOISE_TAG_SIZE)};
    (void)state;

    open_with(&by_frames);
    for (size_t round = 0; round < 20; round++) {
        carry(dials(), answers(), "text");
        if (round % 4 == 0) {
            carry(answers(), dials(), "answer");
        }
    }
    open_with(&by_bytes);
    for (size_t round = 0; round < 20; round++) {
        carry(dials(), answers(), "text");
        if (round % 4 == 0) {
            carry(answers(), dials(), "answer");
        }
    }
}

/* Opens the pair so that only the dialling end has these limits. */
static void open_unlike(const struct assay_channel_rekey *rekey)
{
    channel_pair_clear(&pair);
    channel_pair_init(&pair, 1, NULL);
    assay_channel_free(pair.ends[CHANNEL_DIALS]);
    pair.ends[CHANNEL_DIALS] = channel_end_new(CHANNEL_DIALS, 1, NULL, rekey);
    channel_pair_shake_hands(&pair);
}

/* That keys do change is seen by an end that does not change them. */
static void the_frame_behind_the_limit_has_another_key(void **state)
{
    static const struct assay_channel_rekey by_frames = {3, UINT64_MAX};
    static const struct assay_channel_rekey by_bytes = {
        UINT64_MAX, 2 * (4 + ASSAY_NOISE_TAG_SIZE)};
    struct channel_wire wire;
    (void)state;

    open_unlike(&by_frames);
    carry(dials(), answers(), "text");
    carry(dials(), answers(), "text");
    carry(dials(), answers(), "text");
    seal_text(dials(), "text", &wire);
    feed_breaks(answers(), wire_bytes(&wire), ASSAY_E_TAG);

    open_unlike(&by_bytes);
    carry(dials(), answers(), "text");
    carry(dials(), answers(), "text");
    seal_text(dials(), "text", &wire);
    feed_breaks(answers(), wire_bytes(&wire), ASSAY_E_TAG);

    /* A byte less, and the limit is not reached. */
    open_unlike(&by_bytes);
    carry(dials(), answers(), "text");
    carry(dials(), answers(), "tex");
    carry(dials(), answers(), "t");
    seal_text(dials(), "text", &wire);
    feed_breaks(answers(), wire_bytes(&wire), ASSAY_E_TAG);
}

/* Who writes a peer from docs/protocol.md has these limits. */
static void the_limits_are_those_of_the_protocol(void **state)
{
    static const struct assay_channel_rekey documented = {65536, 1073741824};
    struct channel_wire wire;
    (void)state;

    open_unlike(&documented);
    for (size_t frame = 0; frame < 65540; frame++) {
        carry(dials(), answers(), "x");
    }
    assert_true(ASSAY_CHANNEL_REKEY_BYTES == documented.bytes);

    /* An end that changes its key one frame later is not understood. */
    struct assay_channel_rekey late = documented;
    late.frames++;
    open_unlike(&late);
    for (size_t frame = 0; frame < 65536; frame++) {
        carry(dials(), answers(), "x");
    }
    seal_text(dials(), "x", &wire);
    feed_breaks(answers(), wire_bytes(&wire), ASSAY_E_TAG);
}

/* A last word tells an end from a cut. The other side may finish what it has
 * to say. */
static void a_last_word_ends_one_direction(void **state)
{
    struct channel_wire wire;
    (void)state;

    carry(dials(), answers(), "text");
    seal_end(dials(), &wire);
    assert_int_equal(channel_end_feed(answers(), wire_bytes(&wire), NULL),
                     ASSAY_CHANNEL_END);
    assert_int_equal(assay_channel_state(answers()), ASSAY_CHANNEL_ENDED);
    assert_true(assay_channel_eof(answers()));
    assert_int_equal(channel_end_feed(answers(), ASSAY_BYTES_NONE, NULL),
                     ASSAY_CHANNEL_IDLE);
    assert_int_equal(assay_channel_error(answers(), NULL), ASSAY_OK);

    carry(answers(), dials(), "the rest");
    assert_int_equal(assay_channel_state(dials()), ASSAY_CHANNEL_OPEN);
    seal_end(answers(), &wire);
    assert_int_equal(channel_end_feed(dials(), wire_bytes(&wire), NULL),
                     ASSAY_CHANNEL_END);
    assert_true(assay_channel_eof(dials()));
}

/* Without it, whatever came may be a part. */
static void an_end_without_a_last_word_is_a_cut(void **state)
{
    (void)state;

    carry(dials(), answers(), "text");
    assert_false(assay_channel_eof(answers()));
    check_broken(answers(), ASSAY_E_TRUNCATED);
}

static void nothing_follows_a_last_word(void **state)
{
    struct channel_wire wire;
    (void)state;

    seal_end(dials(), &wire);
    (void)channel_end_feed(answers(), wire_bytes(&wire), NULL);
    feed_breaks(answers(), (struct assay_bytes){wire.bytes, 1},
                ASSAY_E_MALFORMED);
}

/* Nobody but the peer can say the last word. */
static void a_last_word_is_authentic(void **state)
{
    uint8_t forged[ASSAY_CHANNEL_OVERHEAD] = {0, ASSAY_NOISE_TAG_SIZE};
    (void)state;

    feed_breaks(answers(), (struct assay_bytes){forged, sizeof(forged)},
                ASSAY_E_TAG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(messages_of_every_length_pass),
        TEST(frames_may_come_byte_by_byte),
        TEST(frames_that_come_together_are_told_one_by_one),
        TEST(the_first_frames_may_follow_the_handshake_at_once),
        TEST(a_flipped_bit_breaks_the_channel),
        TEST(a_frame_cut_at_any_byte_is_truncated),
        TEST(a_frame_out_of_its_place_is_refused),
        TEST(a_frame_that_is_too_short_is_refused),
        TEST(a_failure_stays),
        TEST(keys_change_behind_the_same_frame),
        TEST(the_frame_behind_the_limit_has_another_key),
        TEST(the_limits_are_those_of_the_protocol),
        TEST(a_last_word_ends_one_direction),
        TEST(an_end_without_a_last_word_is_a_cut),
        TEST(nothing_follows_a_last_word),
        TEST(a_last_word_is_authentic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
