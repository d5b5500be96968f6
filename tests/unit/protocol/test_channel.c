/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/channel.h"

#include "channel_pair.h"
#include "low_order.h"
#include "testing.h"

#include <string.h>

#define HANDSHAKE_COUNT 3

/* Lengths with their heads, and who sends. */
static const size_t handshake_lens[HANDSHAKE_COUNT] = {34, 98, 66};

static size_t sender_of(size_t message_index)
{
    return message_index % 2 == 0 ? CHANNEL_DIALS : CHANNEL_ANSWERS;
}

/* Both ends just before a handshake message is fed, and that message. */
static void run_until(struct channel_pair *pair, size_t message_index,
                      uint8_t salt, struct channel_wire *wire_out)
{
    channel_pair_init(pair, salt, NULL);
    for (size_t index = 0; index < message_index; index++) {
        (void)channel_end_feed(
            pair->ends[1 - sender_of(index)],
            channel_end_pull(pair->ends[sender_of(index)], wire_out), NULL);
    }
    (void)channel_end_pull(pair->ends[sender_of(message_index)], wire_out);
    assert_int_equal(wire_out->len, handshake_lens[message_index]);
}

static struct assay_bytes wire_bytes(const struct channel_wire *wire)
{
    return (struct assay_bytes){wire->bytes, wire->len};
}

/* It has failed for this reason, has nothing to send, and stays so. */
static void check_broken(struct assay_channel *end, enum assay_err err)
{
    struct channel_wire wire;
    const char *rule = NULL;

    assert_int_equal(assay_channel_state(end), ASSAY_CHANNEL_FAILED);
    assert_int_equal(assay_channel_error(end, &rule), err);
    assert_non_null(rule);
    assert_int_equal(channel_end_pull(end, &wire).len, 0);
    assert_int_equal(channel_end_feed(end, assay_bytes_of("more"), NULL),
                     ASSAY_CHANNEL_BROKEN);
    assert_false(assay_channel_eof(end));
    assert_int_equal(assay_channel_error(end, NULL), err);
    assert_int_equal(assay_channel_seal(end, assay_bytes_of("x"), wire.bytes),
                     err);
    assert_null(assay_channel_hash(end));
}

static void both_ends_open_and_know_each_other(void **state)
{
    struct channel_pair pair;
    (void)state;

    channel_pair_init(&pair, 1, NULL);
    for (size_t end = 0; end < 2; end++) {
        assert_int_equal(assay_channel_state(pair.ends[end]),
                         ASSAY_CHANNEL_HANDSHAKE);
        assert_int_equal(assay_channel_is_initiator(pair.ends[end]),
                         end == CHANNEL_DIALS);
        assert_null(assay_channel_peer(pair.ends[end]));
        assert_null(assay_channel_hash(pair.ends[end]));
    }
    channel_pair_shake_hands(&pair);
    for (size_t end = 0; end < 2; end++) {
        assert_int_equal(assay_channel_state(pair.ends[end]),
                         ASSAY_CHANNEL_OPEN);
        assert_int_equal(assay_channel_error(pair.ends[end], NULL), ASSAY_OK);
        assert_memory_equal(assay_channel_peer(pair.ends[end]),
                            &pair.keys[1 - end].key, ASSAY_KEY_SIZE);
    }
    assert_memory_equal(assay_channel_hash(pair.ends[0]),
                        assay_channel_hash(pair.ends[1]), ASSAY_HASH_SIZE);
    channel_pair_clear(&pair);
}

/* What session keys are made of differs from one channel to the next between
 * the same two nodes. */
static void the_hash_belongs_to_one_channel(void **state)
{
    struct channel_pair pairs[2];
    (void)state;

    for (size_t index = 0; index < 2; index++) {
        channel_pair_init(&pairs[index], (uint8_t)index, NULL);
        channel_pair_shake_hands(&pairs[index]);
    }
    assert_memory_not_equal(assay_channel_hash(pairs[0].ends[0]),
                            assay_channel_hash(pairs[1].ends[0]),
                            ASSAY_HASH_SIZE);
    channel_pair_clear(&pairs[0]);
    channel_pair_clear(&pairs[1]);
}

/* Messages of a handshake have the lengths that docs/protocol.md says, and
 * each is given once. */
static void each_handshake_message_has_its_length(void **state)
{
    (void)state;

    for (size_t index = 0; index < HANDSHAKE_COUNT; index++) {
        struct channel_pair pair;
        struct channel_wire wire;
        size_t len = handshake_lens[index] - ASSAY_CHANNEL_HEAD_SIZE;

        run_until(&pair, index, 1, &wire);
        assert_int_equal(wire.bytes[0], 0);
        assert_int_equal(wire.bytes[1], len);
        assert_int_equal(
            channel_end_pull(pair.ends[sender_of(index)], &wire).len, 0);
        channel_pair_clear(&pair);
    }
}

/* A handshake that is cut leads nowhere, wherever that happens. */
static void a_handshake_cut_at_any_byte_is_truncated(void **state)
{
    (void)state;

    for (size_t index = 0; index < HANDSHAKE_COUNT; index++) {
        for (size_t cut = 0; cut < handshake_lens[index]; cut++) {
            struct channel_pair pair;
            struct channel_wire wire;

            run_until(&pair, index, 1, &wire);
            struct assay_channel *reader = pair.ends[1 - sender_of(index)];
            assert_int_equal(
                channel_end_feed(reader, (struct assay_bytes){wire.bytes, cut},
                                 NULL),
                ASSAY_CHANNEL_IDLE);
            assert_int_equal(channel_end_pull(reader, &wire).len, 0);
            assert_false(assay_channel_eof(reader));
            check_broken(reader, ASSAY_E_TRUNCATED);
            channel_pair_clear(&pair);
        }
    }
}

/* The same bytes in pieces of one do open it. */
static void a_handshake_may_come_byte_by_byte(void **state)
{
    struct channel_pair pair;
    (void)state;

    channel_pair_init(&pair, 1, NULL);
    for (size_t index = 0; index < HANDSHAKE_COUNT; index++) {
        struct assay_channel *reader = pair.ends[1 - sender_of(index)];
        struct channel_wire wire;

        (void)channel_end_pull(pair.ends[sender_of(index)], &wire);
        for (size_t at = 0; at < wire.len; at++) {
            enum assay_channel_event event =
                index > 0 ? ASSAY_CHANNEL_OPENED : ASSAY_CHANNEL_REPLY;

            assert_int_equal(
                channel_end_feed(
                    reader, (struct assay_bytes){wire.bytes + at, 1}, NULL),
                at + 1 == wire.len ? event : ASSAY_CHANNEL_IDLE);
        }
    }
    channel_pair_clear(&pair);
}

/* A flipped bit of the first message is seen when the answer comes, since only
 * then there is a key. */
static void check_flip_of_first(struct channel_pair *pair,
                                const struct channel_wire *wire)
{
    struct assay_channel *dials = pair->ends[CHANNEL_DIALS];
    struct assay_channel *answers = pair->ends[CHANNEL_ANSWERS];
    struct channel_wire answer;

    assert_int_equal(channel_end_feed(answers, wire_bytes(wire), NULL),
                     ASSAY_CHANNEL_REPLY);
    assert_int_equal(
        channel_end_feed(dials, channel_end_pull(answers, &answer), NULL),
        ASSAY_CHANNEL_BROKEN);
    check_broken(dials, ASSAY_E_TAG);
}

/* Whatever bit of a handshake is changed, it does not come to its end. */
static void a_flipped_bit_breaks_the_handshake(void **state)
{
    (void)state;

    for (size_t index = 0; index < HANDSHAKE_COUNT; index++) {
        for (size_t bit = 0; bit < 8 * handshake_lens[index]; bit++) {
            struct channel_pair pair;
            struct channel_wire wire;
            bool is_head = bit < (size_t)8 * ASSAY_CHANNEL_HEAD_SIZE;

            run_until(&pair, index, 1, &wire);
            struct assay_channel *reader = pair.ends[1 - sender_of(index)];
            wire.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            if (index == 0 && !is_head) {
                check_flip_of_first(&pair, &wire);
            } else {
                assert_int_equal(
                    channel_end_feed(reader, wire_bytes(&wire), NULL),
                    ASSAY_CHANNEL_BROKEN);
                check_broken(reader, is_head ? ASSAY_E_MALFORMED : ASSAY_E_TAG);
            }
            channel_pair_clear(&pair);
        }
    }
}

/* What one channel said means nothing on another between the same nodes. */
static void a_replayed_message_is_refused(void **state)
{
    for (size_t index = 1; index < HANDSHAKE_COUNT; index++) {
        struct channel_pair old;
        struct channel_pair pair;
        struct channel_wire wire;
        struct channel_wire unused;
        (void)state;

        run_until(&old, index, 1, &wire);
        run_until(&pair, index, 2, &unused);
        struct assay_channel *reader = pair.ends[1 - sender_of(index)];
        assert_int_equal(channel_end_feed(reader, wire_bytes(&wire), NULL),
                         ASSAY_CHANNEL_BROKEN);
        check_broken(reader, ASSAY_E_TAG);
        channel_pair_clear(&old);
        channel_pair_clear(&pair);
    }
}

/* The first message says nothing that is checked; whoever replays it cannot go
 * on, neither with what was said then, nor with what is answered. */
static void a_replayed_handshake_does_not_open(void **state)
{
    struct channel_pair old;
    struct channel_wire first;
    struct channel_wire third;
    struct channel_wire wire;
    (void)state;

    channel_pair_init(&old, 1, NULL);
    (void)channel_end_pull(old.ends[CHANNEL_DIALS], &first);
    (void)channel_end_feed(old.ends[CHANNEL_ANSWERS], wire_bytes(&first), NULL);
    (void)channel_end_feed(old.ends[CHANNEL_DIALS],
                           channel_end_pull(old.ends[CHANNEL_ANSWERS], &wire),
                           NULL);
    (void)channel_end_pull(old.ends[CHANNEL_DIALS], &third);

    struct assay_channel *answers =
        channel_end_new(CHANNEL_ANSWERS, 2, NULL, NULL);
    assert_int_equal(channel_end_feed(answers, wire_bytes(&first), NULL),
                     ASSAY_CHANNEL_REPLY);
    (void)channel_end_pull(answers, &wire);
    assert_int_equal(channel_end_feed(answers, wire_bytes(&third), NULL),
                     ASSAY_CHANNEL_BROKEN);
    check_broken(answers, ASSAY_E_TAG);
    assay_channel_free(answers);
    channel_pair_clear(&old);
}

/* Whoever is reached in place of the one that was dialled does not learn who
 * dialled: the third message is never made. */
static void another_peer_than_the_expected_is_refused(void **state)
{
    struct assay_key expected = {{7}};
    struct assay_noise_keypair reached;
    struct channel_wire wire;
    (void)state;

    channel_pair_key(CHANNEL_ANSWERS, &reached);
    struct assay_channel *dials =
        channel_end_new(CHANNEL_DIALS, 1, &expected, NULL);
    struct assay_channel *answers =
        channel_end_new(CHANNEL_ANSWERS, 1, NULL, NULL);
    (void)channel_end_feed(answers, channel_end_pull(dials, &wire), NULL);
    assert_int_equal(
        channel_end_feed(dials, channel_end_pull(answers, &wire), NULL),
        ASSAY_CHANNEL_BROKEN);
    check_broken(dials, ASSAY_E_PEER);
    /* Its key is there for the log. */
    assert_memory_equal(assay_channel_peer(dials), &reached.key,
                        ASSAY_KEY_SIZE);
    assert_null(assay_channel_peer(answers));
    assay_channel_free(dials);
    assay_channel_free(answers);
}

static void the_expected_peer_is_let_in(void **state)
{
    struct channel_pair pair;
    (void)state;

    channel_pair_init(&pair, 1, NULL);
    assay_channel_free(pair.ends[CHANNEL_DIALS]);
    pair.ends[CHANNEL_DIALS] = channel_end_new(
        CHANNEL_DIALS, 1, &pair.keys[CHANNEL_ANSWERS].key, NULL);
    channel_pair_shake_hands(&pair);
    channel_pair_clear(&pair);
}

/* The one who answers may wait for a certain node, too. */
static void another_peer_than_the_awaited_is_refused(void **state)
{
    struct assay_key expected = {{7}};
    struct channel_pair pair;
    struct channel_wire wire;
    (void)state;

    channel_pair_init(&pair, 1, NULL);
    assay_channel_free(pair.ends[CHANNEL_ANSWERS]);
    struct assay_channel *answers =
        channel_end_new(CHANNEL_ANSWERS, 1, &expected, NULL);
    pair.ends[CHANNEL_ANSWERS] = answers;
    struct assay_channel *dials = pair.ends[CHANNEL_DIALS];
    (void)channel_end_feed(answers, channel_end_pull(dials, &wire), NULL);
    (void)channel_end_feed(dials, channel_end_pull(answers, &wire), NULL);
    assert_int_equal(
        channel_end_feed(answers, channel_end_pull(dials, &wire), NULL),
        ASSAY_CHANNEL_BROKEN);
    check_broken(answers, ASSAY_E_PEER);
    channel_pair_clear(&pair);
}

/* A node that dials its own address through another name. */
static void a_node_does_not_speak_with_itself(void **state)
{
    uint8_t ephemeral[ASSAY_NOISE_KEY_SIZE] = {9};
    struct assay_noise_keypair own;
    struct channel_wire wire;
    struct assay_channel *answers = NULL;
    (void)state;

    channel_pair_key(CHANNEL_DIALS, &own);
    struct assay_channel *dials = channel_end_new(CHANNEL_DIALS, 1, NULL, NULL);
    struct assay_channel_config config = {.own = &own,
                                          .ephemeral_secret = ephemeral};
    assert_int_equal(assay_channel_new(&config, &answers), ASSAY_OK);
    (void)channel_end_feed(answers, channel_end_pull(dials, &wire), NULL);
    assert_int_equal(
        channel_end_feed(dials, channel_end_pull(answers, &wire), NULL),
        ASSAY_CHANNEL_BROKEN);
    check_broken(dials, ASSAY_E_PEER);
    assay_channel_free(dials);
    assay_channel_free(answers);
}

/* Puts a key where a handshake message begins with the ephemeral one. */
static struct assay_bytes put_key(struct channel_wire *wire,
                                  const struct assay_key *key)
{
    memcpy(wire->bytes + ASSAY_CHANNEL_HEAD_SIZE, key->bytes, ASSAY_KEY_SIZE);
    return wire_bytes(wire);
}

/* With such a key the secret would be zero, whatever the own key is. */
static void low_order_ephemeral_keys_are_refused(void **state)
{
    (void)state;

    for (size_t index = 0; index < 2 * (size_t)LOW_ORDER_COUNT; index++) {
        struct assay_key key = low_order_keys[index / 2];

        key.bytes[31] |= index % 2 == 0 ? 0x00 : 0x80;
        for (size_t message = 0; message < 2; message++) {
            struct channel_pair pair;
            struct channel_wire wire;

            run_until(&pair, message, 1, &wire);
            struct assay_channel *reader = pair.ends[1 - sender_of(message)];
            assert_int_equal(
                channel_end_feed(reader, put_key(&wire, &key), NULL),
                ASSAY_CHANNEL_BROKEN);
            check_broken(reader, ASSAY_E_KEY);
            channel_pair_clear(&pair);
        }
    }
}

/* One side of a handshake without a channel around it: it says what it likes
 * to. */
static void init_bare(struct assay_noise_handshake *bare_out, size_t end,
                      const struct assay_key *claimed)
{
    static struct assay_noise_keypair own; /* Of the last one begun. */
    uint8_t ephemeral[ASSAY_NOISE_KEY_SIZE] = {8};

    channel_pair_key(end, &own);
    own.key = *claimed;
    struct assay_noise_setup setup = {
        .pattern = ASSAY_NOISE_XX,
        .is_initiator = end == CHANNEL_DIALS,
        .prologue = assay_bytes_of(ASSAY_CHANNEL_PROLOGUE),
        .own_static = &own,
        .ephemeral_secret = ephemeral,
    };
    assay_noise_handshake_init(bare_out, &setup);
}

/* A handshake message of the bare side, in its frame. */
static struct assay_bytes write_bare(struct assay_noise_handshake *bare,
                                     struct channel_wire *wire_out)
{
    size_t len = 0;

    assert_int_equal(
        assay_noise_write(
            bare, ASSAY_BYTES_NONE, wire_out->bytes + ASSAY_CHANNEL_HEAD_SIZE,
            sizeof(wire_out->bytes) - ASSAY_CHANNEL_HEAD_SIZE, &len),
        ASSAY_OK);
    wire_out->bytes[0] = 0;
    wire_out->bytes[1] = (uint8_t)len;
    wire_out->len = len + ASSAY_CHANNEL_HEAD_SIZE;
    return wire_bytes(wire_out);
}

static void read_bare(struct assay_noise_handshake *bare,
                      struct assay_bytes frame)
{
    uint8_t payload[ASSAY_CHANNEL_HANDSHAKE_MAX];
    size_t len = 0;

    frame.data += ASSAY_CHANNEL_HEAD_SIZE;
    frame.len -= ASSAY_CHANNEL_HEAD_SIZE;
    assert_int_equal(assay_noise_read(bare, frame, payload, &len), ASSAY_OK);
}

/* Lasting keys travel sealed, so only a liar can send such a one. */
static void low_order_static_keys_are_refused(void **state)
{
    (void)state;

    for (size_t index = 0; index < LOW_ORDER_COUNT; index++) {
        const struct assay_key *key = &low_order_keys[index];
        struct assay_noise_handshake bare;
        struct channel_wire wire;

        struct assay_channel *dials =
            channel_end_new(CHANNEL_DIALS, 1, NULL, NULL);
        init_bare(&bare, CHANNEL_ANSWERS, key);
        read_bare(&bare, channel_end_pull(dials, &wire));
        assert_int_equal(
            channel_end_feed(dials, write_bare(&bare, &wire), NULL),
            ASSAY_CHANNEL_BROKEN);
        check_broken(dials, ASSAY_E_KEY);
        assay_channel_free(dials);

        struct assay_channel *answers =
            channel_end_new(CHANNEL_ANSWERS, 1, NULL, NULL);
        init_bare(&bare, CHANNEL_DIALS, key);
        (void)channel_end_feed(answers, write_bare(&bare, &wire), NULL);
        read_bare(&bare, channel_end_pull(answers, &wire));
        assert_int_equal(
            channel_end_feed(answers, write_bare(&bare, &wire), NULL),
            ASSAY_CHANNEL_BROKEN);
        check_broken(answers, ASSAY_E_KEY);
        assay_channel_free(answers);
    }
}

/* The prologue is this protocol's and this version's. */
static void another_protocol_is_refused(void **state)
{
    uint8_t ephemeral[ASSAY_NOISE_KEY_SIZE] = {8};
    struct assay_noise_handshake bare;
    struct assay_noise_keypair own;
    struct channel_wire wire;
    (void)state;

    channel_pair_key(CHANNEL_ANSWERS, &own);
    struct assay_noise_setup setup = {
        .pattern = ASSAY_NOISE_XX,
        .prologue = assay_bytes_of("assay/2"),
        .own_static = &own,
        .ephemeral_secret = ephemeral,
    };
    assay_noise_handshake_init(&bare, &setup);
    struct assay_channel *dials = channel_end_new(CHANNEL_DIALS, 1, NULL, NULL);
    read_bare(&bare, channel_end_pull(dials, &wire));
    assert_int_equal(channel_end_feed(dials, write_bare(&bare, &wire), NULL),
                     ASSAY_CHANNEL_BROKEN);
    check_broken(dials, ASSAY_E_TAG);
    assay_channel_free(dials);
}

/* A frame that cannot be the next message is refused by its head, before
 * anything is held for it. */
static void another_length_is_refused_by_its_head(void **state)
{
    (void)state;

    for (size_t index = 0; index < HANDSHAKE_COUNT; index++) {
        size_t right = handshake_lens[index] - ASSAY_CHANNEL_HEAD_SIZE;

        /* Heads 00 00 to 00 ff, and ff 20 or its like. */
        for (size_t len = 0; len <= 0x100; len++) {
            size_t head_len = len < 0x100 ? len : 0xff00 + right;
            uint8_t head[] = {(uint8_t)(head_len >> 8), (uint8_t)head_len};
            struct channel_pair pair;
            struct channel_wire wire;

            if (head_len == right) {
                continue;
            }
            run_until(&pair, index, 1, &wire);
            struct assay_channel *reader = pair.ends[1 - sender_of(index)];
            assert_int_equal(
                channel_end_feed(
                    reader, (struct assay_bytes){head, sizeof(head)}, NULL),
                ASSAY_CHANNEL_BROKEN);
            check_broken(reader, ASSAY_E_MALFORMED);
            channel_pair_clear(&pair);
        }
    }
}

/* Something that comes before the end has spoken cannot be an answer. */
static void an_answer_before_its_question_is_refused(void **state)
{
    struct channel_pair pair;
    struct channel_wire wire;
    (void)state;

    run_until(&pair, 1, 1, &wire);
    struct assay_channel *dials = channel_end_new(CHANNEL_DIALS, 1, NULL, NULL);
    assert_int_equal(channel_end_feed(dials, wire_bytes(&wire), NULL),
                     ASSAY_CHANNEL_BROKEN);
    check_broken(dials, ASSAY_E_MALFORMED);
    assay_channel_free(dials);
    channel_pair_clear(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_open_and_know_each_other),
        cmocka_unit_test(the_hash_belongs_to_one_channel),
        cmocka_unit_test(each_handshake_message_has_its_length),
        cmocka_unit_test(a_handshake_cut_at_any_byte_is_truncated),
        cmocka_unit_test(a_handshake_may_come_byte_by_byte),
        cmocka_unit_test(a_flipped_bit_breaks_the_handshake),
        cmocka_unit_test(a_replayed_message_is_refused),
        cmocka_unit_test(a_replayed_handshake_does_not_open),
        cmocka_unit_test(another_peer_than_the_expected_is_refused),
        cmocka_unit_test(the_expected_peer_is_let_in),
        cmocka_unit_test(another_peer_than_the_awaited_is_refused),
        cmocka_unit_test(a_node_does_not_speak_with_itself),
        cmocka_unit_test(low_order_ephemeral_keys_are_refused),
        cmocka_unit_test(low_order_static_keys_are_refused),
        cmocka_unit_test(another_protocol_is_refused),
        cmocka_unit_test(another_length_is_refused_by_its_head),
        cmocka_unit_test(an_answer_before_its_question_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
