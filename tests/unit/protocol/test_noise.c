/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/noise.h"

#include "low_order.h"
#include "testing.h"
#include "vectors.h"

#include <sodium.h>
#include <string.h>

/* The patterns that the published examples are of. */
static const struct {
    const char *name;
    enum assay_noise_pattern pattern;
    size_t message_count; /* Of the handshake. */
} known[] = {
    {"Noise_IK_25519_ChaChaPoly_SHA256", ASSAY_NOISE_IK, 2},
    {"Noise_IX_25519_ChaChaPoly_SHA256", ASSAY_NOISE_IX, 2},
    {"Noise_KK_25519_ChaChaPoly_SHA256", ASSAY_NOISE_KK, 2},
    {"Noise_NN_25519_ChaChaPoly_SHA256", ASSAY_NOISE_NN, 2},
    {"Noise_XK_25519_ChaChaPoly_SHA256", ASSAY_NOISE_XK, 3},
    {"Noise_XX_25519_ChaChaPoly_SHA256", ASSAY_NOISE_XX, 3},
};

#define KNOWN_COUNT (sizeof(known) / sizeof(known[0]))

/* Both sides of a handshake and what comes behind it. */
struct pair {
    struct assay_noise_keypair own[2];
    struct assay_noise_handshake sides[2]; /* The initiator is the first. */
    struct assay_noise_cipher send[2];
    struct assay_noise_cipher receive[2];
};

static const uint8_t secrets[2][ASSAY_NOISE_KEY_SIZE] = {{1}, {2}};
static const uint8_t ephemerals[2][ASSAY_NOISE_KEY_SIZE] = {{3}, {4}};

/* A side of a handshake between two keys that this file knows. */
static void init_side(struct assay_noise_handshake *side_out,
                      enum assay_noise_pattern pattern, bool is_initiator)
{
    static struct assay_noise_keypair pairs[2]; /* Always the same. */
    bool is_known = pattern == ASSAY_NOISE_KK ||
                    (is_initiator &&
                     (pattern == ASSAY_NOISE_IK || pattern == ASSAY_NOISE_XK));
    size_t own = is_initiator ? 0 : 1;

    assay_noise_keypair_make(secrets[0], &pairs[0]);
    assay_noise_keypair_make(secrets[1], &pairs[1]);
    struct assay_noise_setup setup = {
        .pattern = pattern,
        .is_initiator = is_initiator,
        .prologue = assay_bytes_of("prologue"),
        .own_static = pattern == ASSAY_NOISE_NN ? NULL : &pairs[own],
        .ephemeral_secret = ephemerals[own],
        .remote_static = is_known ? &pairs[1 - own].key : NULL,
    };
    assay_noise_handshake_init(side_out, &setup);
}

static void init_pair(struct pair *pair_out, enum assay_noise_pattern pattern)
{
    init_side(&pair_out->sides[0], pattern, true);
    init_side(&pair_out->sides[1], pattern, false);
}

/* Runs the next message of a handshake from the side whose turn it is. */
static enum assay_err step(struct pair *pair)
{
    size_t writer = assay_noise_handshake_is_ours(&pair->sides[0]) ? 0 : 1;
    uint8_t message[256];
    uint8_t payload[256];
    size_t len = 0;
    enum assay_err err = assay_noise_write(
        &pair->sides[writer], ASSAY_BYTES_NONE, message, sizeof(message), &len);

    if (err == ASSAY_OK) {
        err =
            assay_noise_read(&pair->sides[1 - writer],
                             (struct assay_bytes){message, len}, payload, &len);
    }
    return err;
}

/* Runs a whole handshake and gives the ciphers. */
static void run(struct pair *pair, enum assay_noise_pattern pattern)
{
    init_pair(pair, pattern);
    while (!assay_noise_handshake_is_done(&pair->sides[0])) {
        assert_int_equal(step(pair), ASSAY_OK);
    }
    for (size_t side = 0; side < 2; side++) {
        assert_true(assay_noise_handshake_is_done(&pair->sides[side]));
        assay_noise_split(&pair->sides[side], &pair->send[side],
                          &pair->receive[side]);
    }
}

/* A key of a published example; NULL where it has none. */
static const struct assay_noise_keypair *
example_pair(const json_t *example, const char *member,
             struct assay_noise_keypair *pair_out)
{
    struct vector secret;

    if (json_object_get(example, member) == NULL) {
        return NULL;
    }
    assert_int_equal(vector_from_member(&secret, example, member).len,
                     ASSAY_NOISE_KEY_SIZE);
    assay_noise_keypair_make(secret.data, pair_out);
    return pair_out;
}

static const struct assay_key *example_key(const json_t *example,
                                           const char *member,
                                           struct assay_key *key_out)
{
    struct vector bytes;

    if (json_object_get(example, member) == NULL) {
        return NULL;
    }
    assert_int_equal(vector_from_member(&bytes, example, member).len,
                     sizeof(key_out->bytes));
    memcpy(key_out->bytes, bytes.data, sizeof(key_out->bytes));
    return key_out;
}

static void init_example(const json_t *example,
                         enum assay_noise_pattern pattern,
                         struct pair *pair_out)
{
    static const char *const members[2][4] = {
        {"init_static", "init_ephemeral", "init_prologue",
         "init_remote_static"},
        {"resp_static", "resp_ephemeral", "resp_prologue",
         "resp_remote_static"}};

    for (size_t side = 0; side < 2; side++) {
        struct assay_key remote;
        struct vector ephemeral;
        struct vector prologue;
        struct assay_noise_setup setup = {
            .pattern = pattern,
            .is_initiator = side == 0,
            .prologue =
                vector_from_member(&prologue, example, members[side][2]),
            .own_static =
                example_pair(example, members[side][0], &pair_out->own[side]),
            .remote_static = example_key(example, members[side][3], &remote),
        };
        setup.ephemeral_secret =
            vector_from_member(&ephemeral, example, members[side][1]).data;
        assay_noise_handshake_init(&pair_out->sides[side], &setup);
    }
}

/* One message of an example: what is written and what is read again. */
struct exchange {
    struct vector payload;
    struct vector expected;
    uint8_t sealed[VECTOR_MAX];
    size_t sealed_len;
    uint8_t opened[VECTOR_MAX];
    size_t opened_len;
};

static void read_exchange(const json_t *message, struct exchange *exchange)
{
    (void)vector_from_member(&exchange->payload, message, "payload");
    (void)vector_from_member(&exchange->expected, message, "ciphertext");
}

static void check_exchange(const struct exchange *exchange)
{
    assert_int_equal(exchange->sealed_len, exchange->expected.len);
    assert_memory_equal(exchange->sealed, exchange->expected.data,
                        exchange->sealed_len);
    assert_int_equal(exchange->opened_len, exchange->payload.len);
    assert_memory_equal(exchange->opened, exchange->payload.data,
                        exchange->opened_len);
}

static void exchange_handshake(struct pair *pair, size_t writer,
                               struct exchange *exchange)
{
    struct assay_bytes payload = {exchange->payload.data,
                                  exchange->payload.len};

    assert_int_equal(
        assay_noise_write(&pair->sides[writer], payload, exchange->sealed,
                          sizeof(exchange->sealed), &exchange->sealed_len),
        ASSAY_OK);
    struct assay_bytes sealed = {exchange->sealed, exchange->sealed_len};
    assert_int_equal(assay_noise_read(&pair->sides[1 - writer], sealed,
                                      exchange->opened, &exchange->opened_len),
                     ASSAY_OK);
}

static void exchange_transport(struct pair *pair, size_t writer,
                               struct exchange *exchange)
{
    struct assay_bytes payload = {exchange->payload.data,
                                  exchange->payload.len};

    assert_int_equal(assay_noise_encrypt(&pair->send[writer], ASSAY_BYTES_NONE,
                                         payload, exchange->sealed),
                     ASSAY_OK);
    exchange->sealed_len = payload.len + ASSAY_NOISE_TAG_SIZE;
    struct assay_bytes sealed = {exchange->sealed, exchange->sealed_len};
    assert_int_equal(assay_noise_decrypt(&pair->receive[1 - writer],
                                         ASSAY_BYTES_NONE, sealed,
                                         exchange->opened),
                     ASSAY_OK);
    exchange->opened_len = payload.len;
}

static void check_hashes(const json_t *example, const struct pair *pair)
{
    struct vector hash;

    assert_int_equal(vector_from_member(&hash, example, "handshake_hash").len,
                     ASSAY_HASH_SIZE);
    for (size_t side = 0; side < 2; side++) {
        assert_memory_equal(pair->sides[side].symmetric.hash, hash.data,
                            hash.len);
    }
}

static void check_example(const json_t *example, size_t index)
{
    const json_t *messages = json_object_get(example, "messages");
    size_t handshake_count = known[index].message_count;
    struct pair pair;

    init_example(example, known[index].pattern, &pair);
    assert_true(json_array_size(messages) > handshake_count);
    for (size_t at = 0; at < json_array_size(messages); at++) {
        struct exchange exchange;
        size_t writer = at % 2;

        read_exchange(json_array_get(messages, at), &exchange);
        assert_int_equal(assay_noise_handshake_is_done(&pair.sides[0]),
                         at >= handshake_count);
        if (at < handshake_count) {
            exchange_handshake(&pair, writer, &exchange);
        } else {
            exchange_transport(&pair, writer, &exchange);
        }
        check_exchange(&exchange);
        if (at + 1 == handshake_count) {
            check_hashes(example, &pair);
            for (size_t side = 0; side < 2; side++) {
                assay_noise_split(&pair.sides[side], &pair.send[side],
                                  &pair.receive[side]);
            }
        }
    }
}

/* What others published comes out byte for byte, on both sides. */
static void every_published_handshake_is_ours(void **state)
{
    json_t *root = vectors_load("noise/cacophony_25519_ChaChaPoly_SHA256.json");
    const json_t *examples = json_object_get(root, "vectors");
    bool is_seen[KNOWN_COUNT] = {false};
    (void)state;

    assert_int_equal(json_array_size(examples), KNOWN_COUNT);
    for (size_t at = 0; at < json_array_size(examples); at++) {
        const json_t *example = json_array_get(examples, at);
        const char *name = vectors_text(example, "protocol_name");

        for (size_t index = 0; index < KNOWN_COUNT; index++) {
            if (strcmp(name, known[index].name) == 0) {
                check_example(example, index);
                is_seen[index] = true;
            }
        }
    }
    for (size_t index = 0; index < KNOWN_COUNT; index++) {
        assert_true(is_seen[index]);
    }
    json_decref(root);
}

/* Whether some bytes stand anywhere in others. */
static bool has_bytes(const void *where, size_t where_len, const uint8_t *what,
                      size_t what_len)
{
    const uint8_t *bytes = where;

    for (size_t at = 0; at + what_len <= where_len; at++) {
        if (memcmp(bytes + at, what, what_len) == 0) {
            return true;
        }
    }
    return false;
}

/* However much of a message is missing, it is too short, and then there is
 * nothing left to go on with. */
static void every_shorter_message_is_refused(void **state)
{
    (void)state;

    for (size_t index = 0; index < KNOWN_COUNT; index++) {
        struct pair pair;

        init_pair(&pair, known[index].pattern);
        while (!assay_noise_handshake_is_done(&pair.sides[0])) {
            struct pair before = pair;
            size_t reader =
                assay_noise_handshake_is_ours(&pair.sides[0]) ? 1 : 0;
            uint8_t bytes[256] = {0};
            uint8_t payload[256];
            size_t len = assay_noise_handshake_overhead(&pair.sides[reader]);

            for (size_t cut = 0; cut < len; cut++) {
                struct assay_noise_handshake side = before.sides[reader];
                size_t payload_len = 7;

                assert_int_equal(
                    assay_noise_read(&side, (struct assay_bytes){bytes, cut},
                                     payload, &payload_len),
                    ASSAY_E_TRUNCATED);
                assert_int_equal(payload_len, 7);
                assert_true(side.is_failed);
                assert_false(has_bytes(&side, sizeof(side), ephemerals[reader],
                                       ASSAY_NOISE_KEY_SIZE));
            }
            assert_int_equal(step(&pair), ASSAY_OK);
        }
    }
}

/* As the initiator's ephemeral key. */
static void check_low_order_ephemeral(const struct assay_key *key)
{
    struct assay_noise_handshake side;
    uint8_t message[256];
    size_t len = 0;

    init_side(&side, ASSAY_NOISE_XX, false);
    assert_int_equal(
        assay_noise_read(&side,
                         (struct assay_bytes){key->bytes, sizeof(key->bytes)},
                         message, &len),
        ASSAY_OK);
    assert_int_equal(assay_noise_write(&side, ASSAY_BYTES_NONE, message,
                                       sizeof(message), &len),
                     ASSAY_E_KEY);
    assert_true(side.is_failed);
}

/* As a side's static key, which is sealed: whoever sends it has said nothing
 * else that is untrue. The other side learns it from message_index. */
static void check_low_order_static(const struct assay_key *key, size_t side,
                                   size_t message_index)
{
    struct assay_noise_keypair lying;
    struct pair pair;

    init_pair(&pair, ASSAY_NOISE_XX);
    lying = *pair.sides[side].own_static;
    lying.key = *key;
    pair.sides[side].own_static = &lying;
    for (size_t index = 0; index < message_index; index++) {
        assert_int_equal(step(&pair), ASSAY_OK);
    }
    assert_int_equal(step(&pair), ASSAY_E_KEY);
    assert_true(pair.sides[1 - side].is_failed);
}

/* A key of low order would make a secret that everybody knows. The highest bit
 * of a key does not count (RFC 7748, section 5). */
static void low_order_keys_are_refused(void **state)
{
    (void)state;

    for (size_t index = 0; index < 2 * (size_t)LOW_ORDER_COUNT; index++) {
        struct assay_key key = low_order_keys[index / 2];

        key.bytes[31] |= index % 2 == 0 ? 0x00 : 0x80;
        check_low_order_ephemeral(&key);
        check_low_order_static(&key, 1, 1);
        check_low_order_static(&key, 0, 2);
    }
}

/* Sides that come with different ideas of what they are about to do do not
 * get to do it. */
static void prologues_must_be_the_same(void **state)
{
    struct assay_noise_keypair own;
    struct pair pair;
    (void)state;

    init_pair(&pair, ASSAY_NOISE_XX);
    assay_noise_keypair_make(secrets[1], &own);
    struct assay_noise_setup setup = {.pattern = ASSAY_NOISE_XX,
                                      .prologue = assay_bytes_of("prologuf"),
                                      .own_static = &own,
                                      .ephemeral_secret = ephemerals[1]};
    assay_noise_handshake_init(&pair.sides[1], &setup);
    assert_int_equal(step(&pair), ASSAY_OK);
    assert_int_equal(step(&pair), ASSAY_E_TAG);
}

/* What does not fit is refused before anything is done, so that the caller
 * may come again with more room. */
static void a_message_that_does_not_fit_changes_nothing(void **state)
{
    static uint8_t payload[ASSAY_NOISE_MESSAGE_MAX];
    static uint8_t out[ASSAY_NOISE_MESSAGE_MAX + 1];
    struct pair pair;
    size_t len = 7;
    (void)state;

    init_pair(&pair, ASSAY_NOISE_XX);
    struct assay_noise_handshake *side = &pair.sides[0];
    assert_int_equal(assay_noise_write(side, ASSAY_BYTES_NONE, out, 31, &len),
                     ASSAY_E_LIMIT);
    assert_int_equal(
        assay_noise_write(side,
                          (struct assay_bytes){payload, sizeof(payload) - 31},
                          out, sizeof(out), &len),
        ASSAY_E_LIMIT);
    assert_int_equal(assay_noise_write(side,
                                       (struct assay_bytes){payload, SIZE_MAX},
                                       out, sizeof(out), &len),
                     ASSAY_E_LIMIT);
    assert_int_equal(len, 7);
    assert_false(side->is_failed);
    assert_int_equal(
        assay_noise_write(side,
                          (struct assay_bytes){payload, sizeof(payload) - 32},
                          out, sizeof(out), &len),
        ASSAY_OK);
    assert_int_equal(len, ASSAY_NOISE_MESSAGE_MAX);
}

/* Noise has no longer messages, even where nothing else is wrong. */
static void a_message_that_is_too_long_is_refused(void **state)
{
    static uint8_t message[ASSAY_NOISE_MESSAGE_MAX + 1];
    static uint8_t payload[ASSAY_NOISE_MESSAGE_MAX + 1];
    struct pair pair;
    size_t len = 0;
    (void)state;

    init_pair(&pair, ASSAY_NOISE_XX);
    assert_int_equal(
        assay_noise_read(&pair.sides[1],
                         (struct assay_bytes){message, sizeof(message)},
                         payload, &len),
        ASSAY_E_LIMIT);
    assert_true(pair.sides[1].is_failed);
}

/* A nonce that is used twice gives both messages away, so the numbers end
 * before they begin again; the last is rekeying's. */
static void numbers_do_not_begin_again(void **state)
{
    struct pair pair;
    struct assay_bytes plain = assay_bytes_of("x");
    uint8_t sealed[1 + ASSAY_NOISE_TAG_SIZE];
    struct assay_bytes sealed_bytes = {sealed, sizeof(sealed)};
    uint8_t opened[1] = {0};
    (void)state;

    run(&pair, ASSAY_NOISE_XX);
    pair.send[0].nonce = UINT64_MAX - 1;
    pair.receive[1].nonce = UINT64_MAX - 1;
    assert_int_equal(
        assay_noise_encrypt(&pair.send[0], ASSAY_BYTES_NONE, plain, sealed),
        ASSAY_OK);
    assert_int_equal(assay_noise_decrypt(&pair.receive[1], ASSAY_BYTES_NONE,
                                         sealed_bytes, opened),
                     ASSAY_OK);
    assert_int_equal(opened[0], 'x');
    assert_int_equal(
        assay_noise_encrypt(&pair.send[0], ASSAY_BYTES_NONE, plain, sealed),
        ASSAY_E_LIMIT);
    assert_int_equal(assay_noise_decrypt(&pair.receive[1], ASSAY_BYTES_NONE,
                                         sealed_bytes, opened),
                     ASSAY_E_LIMIT);
    assert_true(pair.send[0].nonce == UINT64_MAX);
}

/* Each message has its own number, so one that comes again is not taken, and
 * one that is refused does not use up a number. */
static void a_refused_message_uses_up_no_number(void **state)
{
    struct pair pair;
    struct assay_bytes plain = assay_bytes_of("x");
    uint8_t sealed[2][1 + ASSAY_NOISE_TAG_SIZE];
    struct assay_bytes first = {sealed[0], sizeof(sealed[0])};
    struct assay_bytes second = {sealed[1], sizeof(sealed[1])};
    uint8_t opened[1];
    (void)state;

    run(&pair, ASSAY_NOISE_NN);
    for (size_t index = 0; index < 2; index++) {
        assert_int_equal(assay_noise_encrypt(&pair.send[1], ASSAY_BYTES_NONE,
                                             plain, sealed[index]),
                         ASSAY_OK);
    }
    struct assay_noise_cipher *cipher = &pair.receive[0];
    assert_int_equal(
        assay_noise_decrypt(cipher, ASSAY_BYTES_NONE, second, opened),
        ASSAY_E_TAG);
    assert_int_equal(
        assay_noise_decrypt(cipher, ASSAY_BYTES_NONE, first, opened), ASSAY_OK);
    assert_int_equal(
        assay_noise_decrypt(cipher, ASSAY_BYTES_NONE, first, opened),
        ASSAY_E_TAG);
    for (size_t len = 0; len < ASSAY_NOISE_TAG_SIZE; len++) {
        assert_int_equal(
            assay_noise_decrypt(cipher, ASSAY_BYTES_NONE,
                                (struct assay_bytes){sealed[1], len}, opened),
            ASSAY_E_TRUNCATED);
    }
    assert_int_equal(
        assay_noise_decrypt(cipher, ASSAY_BYTES_NONE, second, opened),
        ASSAY_OK);
}

/* The new key is the second block of ChaCha20's stream under the old one: the
 * first makes Poly1305's key (RFC 8439, section 2.8). */
static void rekeying_follows_the_specification(void **state)
{
    static const uint8_t nonce[12] = {0,    0,    0,    0,    0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t old_key[ASSAY_NOISE_KEY_SIZE] = {42};
    uint8_t expected[ASSAY_NOISE_KEY_SIZE] = {0};
    struct assay_noise_cipher cipher;
    (void)state;

    assay_noise_cipher_init(&cipher, old_key);
    cipher.nonce = 5;
    (void)crypto_stream_chacha20_ietf_xor_ic(
        expected, expected, sizeof(expected), nonce, 1, old_key);
    assay_noise_rekey(&cipher);
    assert_memory_equal(cipher.key, expected, sizeof(expected));
    assert_true(cipher.nonce == 5);
    assert_true(cipher.has_key);
}

/* A sender may seal a message where it lies. */
static void a_message_is_sealed_and_opened_in_place(void **state)
{
    struct pair pair;
    uint8_t buffer[5 + ASSAY_NOISE_TAG_SIZE] = "hello";
    (void)state;

    run(&pair, ASSAY_NOISE_IK);
    assert_int_equal(assay_noise_encrypt(&pair.send[0], ASSAY_BYTES_NONE,
                                         (struct assay_bytes){buffer, 5},
                                         buffer),
                     ASSAY_OK);
    assert_memory_not_equal(buffer, "hello", 5);
    assert_int_equal(assay_noise_decrypt(
                         &pair.receive[1], ASSAY_BYTES_NONE,
                         (struct assay_bytes){buffer, sizeof(buffer)}, buffer),
                     ASSAY_OK);
    assert_memory_equal(buffer, "hello", 5);
}

static void clearing_leaves_no_secret(void **state)
{
    struct pair pair;
    (void)state;

    run(&pair, ASSAY_NOISE_XX);
    assay_noise_handshake_clear(&pair.sides[0]);
    assert_true(sodium_is_zero((const unsigned char *)&pair.sides[0],
                               sizeof(pair.sides[0])) == 1);
    assay_noise_cipher_clear(&pair.send[0]);
    assert_true(sodium_is_zero((const unsigned char *)&pair.send[0],
                               sizeof(pair.send[0])) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_published_handshake_is_ours),
        cmocka_unit_test(every_shorter_message_is_refused),
        cmocka_unit_test(low_order_keys_are_refused),
        cmocka_unit_test(prologues_must_be_the_same),
        cmocka_unit_test(a_message_that_does_not_fit_changes_nothing),
        cmocka_unit_test(a_message_that_is_too_long_is_refused),
        cmocka_unit_test(numbers_do_not_begin_again),
        cmocka_unit_test(a_refused_message_uses_up_no_number),
        cmocka_unit_test(rekeying_follows_the_specification),
        cmocka_unit_test(a_message_is_sealed_and_opened_in_place),
        cmocka_unit_test(clearing_leaves_no_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
