/* SPDX-License-Identifier: Apache-2.0 */
#include "noise.h"

#include "check.h"

#include <sodium.h>

_Static_assert(ASSAY_NOISE_KEY_SIZE == crypto_scalarmult_curve25519_BYTES,
               "of X25519");
_Static_assert(ASSAY_NOISE_KEY_SIZE == crypto_scalarmult_curve25519_SCALARBYTES,
               "of X25519");
_Static_assert(ASSAY_NOISE_KEY_SIZE == ASSAY_KEY_SIZE, "a key is 32 bytes");
_Static_assert(ASSAY_HASH_SIZE == crypto_auth_hmacsha256_BYTES,
               "HKDF's outputs are hashes");
_Static_assert(ASSAY_HASH_SIZE == crypto_auth_hmacsha256_KEYBYTES,
               "HKDF's keys are hashes");

/* Noise, section 7: what a message says, or does, in order. */
enum token { END, E, S, EE, ES, SE, SS };

/* Noise, sections 7.4 and 7.5. The names are those of section 8: each is of
 * as many bytes as a hash, so that the first hash is the name itself. */
struct pattern {
    char name[ASSAY_HASH_SIZE + 1];
    bool initiator_is_known; /* "-> s" stands before the handshake. */
    bool responder_is_known; /* "<- s" stands before the handshake. */
    size_t message_count;
    uint8_t tokens[ASSAY_NOISE_MESSAGES_MAX][ASSAY_NOISE_TOKENS_MAX];
};

static const struct pattern patterns[] = {
    [ASSAY_NOISE_IK] = {"Noise_IK_25519_ChaChaPoly_SHA256",
                        false,
                        true,
                        2,
                        {{E, ES, S, SS}, {E, EE, SE}}},
    [ASSAY_NOISE_IX] = {"Noise_IX_25519_ChaChaPoly_SHA256",
                        false,
                        false,
                        2,
                        {{E, S}, {E, EE, SE, S, ES}}},
    [ASSAY_NOISE_KK] = {"Noise_KK_25519_ChaChaPoly_SHA256",
                        true,
                        true,
                        2,
                        {{E, ES, SS}, {E, EE, SE}}},
    [ASSAY_NOISE_NN] =
        {"Noise_NN_25519_ChaChaPoly_SHA256", false, false, 2, {{E}, {E, EE}}},
    [ASSAY_NOISE_XK] = {"Noise_XK_25519_ChaChaPoly_SHA256",
                        false,
                        true,
                        3,
                        {{E, ES}, {E, EE}, {S, SE}}},
    [ASSAY_NOISE_XX] = {"Noise_XX_25519_ChaChaPoly_SHA256",
                        false,
                        false,
                        3,
                        {{E}, {E, EE, S, ES}, {S, SE}}},
};

void assay_noise_keypair_make(const uint8_t secret[ASSAY_NOISE_KEY_SIZE],
                              struct assay_noise_keypair *pair_out)
{
    memcpy(pair_out->secret, secret, ASSAY_NOISE_KEY_SIZE);
    /* It cannot fail: what is multiplied is the generator. */
    (void)crypto_scalarmult_curve25519_base(pair_out->key.bytes,
                                            pair_out->secret);
}

static struct assay_bytes key_bytes(const struct assay_key *key)
{
    return (struct assay_bytes){key->bytes, sizeof(key->bytes)};
}

/* Noise, section 4.3: HKDF (RFC 5869) without info and with two outputs, of
 * which the first replaces chaining_key. */
static void derive(uint8_t chaining_key[ASSAY_HASH_SIZE],
                   struct assay_bytes input,
                   uint8_t second_out[ASSAY_HASH_SIZE])
{
    static const uint8_t one = 1;
    uint8_t temporary[ASSAY_HASH_SIZE];
    uint8_t block[ASSAY_HASH_SIZE + 1];

    (void)crypto_auth_hmacsha256(temporary, input.data, input.len,
                                 chaining_key);
    (void)crypto_auth_hmacsha256(block, &one, 1, temporary);
    memcpy(chaining_key, block, ASSAY_HASH_SIZE);
    block[ASSAY_HASH_SIZE] = 2;
    (void)crypto_auth_hmacsha256(second_out, block, sizeof(block), temporary);
    sodium_memzero(temporary, sizeof(temporary));
    sodium_memzero(block, sizeof(block));
}

static void mix_key(struct assay_noise_symmetric *symmetric,
                    struct assay_bytes input)
{
    uint8_t key[ASSAY_HASH_SIZE];

    derive(symmetric->chaining_key, input, key);
    assay_noise_cipher_init(&symmetric->cipher, key);
    sodium_memzero(key, sizeof(key));
}

static void mix_hash(struct assay_noise_symmetric *symmetric,
                     struct assay_bytes data)
{
    crypto_hash_sha256_state state;

    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, symmetric->hash,
                                    sizeof(symmetric->hash));
    (void)crypto_hash_sha256_update(&state, data.data, data.len);
    (void)crypto_hash_sha256_final(&state, symmetric->hash);
}

/* What encryption adds at this point of a handshake. */
static size_t tag_len(bool has_key)
{
    return has_key ? ASSAY_NOISE_TAG_SIZE : 0;
}

static enum assay_err encrypt_and_hash(struct assay_noise_symmetric *symmetric,
                                       struct assay_bytes plain, uint8_t *out)
{
    struct assay_bytes ad = {symmetric->hash, sizeof(symmetric->hash)};
    size_t out_len = plain.len + tag_len(symmetric->cipher.has_key);

    if (symmetric->cipher.has_key) {
        enum assay_err err =
            assay_noise_encrypt(&symmetric->cipher, ad, plain, out);
        if (err != ASSAY_OK) {
            return err;
        }
    } else if (plain.len > 0) {
        memcpy(out, plain.data, plain.len);
    }
    mix_hash(symmetric, (struct assay_bytes){out, out_len});
    return ASSAY_OK;
}

static enum assay_err decrypt_and_hash(struct assay_noise_symmetric *symmetric,
                                       struct assay_bytes sealed, uint8_t *out)
{
    struct assay_bytes ad = {symmetric->hash, sizeof(symmetric->hash)};

    if (symmetric->cipher.has_key) {
        enum assay_err err =
            assay_noise_decrypt(&symmetric->cipher, ad, sealed, out);
        if (err != ASSAY_OK) {
            return err;
        }
    } else if (sealed.len > 0) {
        memcpy(out, sealed.data, sealed.len);
    }
    mix_hash(symmetric, sealed);
    return ASSAY_OK;
}

void assay_noise_handshake_init(struct assay_noise_handshake *handshake,
                                const struct assay_noise_setup *setup)
{
    const struct pattern *pattern = &patterns[setup->pattern];
    struct assay_noise_symmetric *symmetric = &handshake->symmetric;
    bool remote_is_known = setup->is_initiator ? pattern->responder_is_known
                                               : pattern->initiator_is_known;

    ASSAY_CHECK(setup->own_static != NULL || setup->pattern == ASSAY_NOISE_NN);
    ASSAY_CHECK((setup->remote_static != NULL) == remote_is_known);
    memset(handshake, 0, sizeof(*handshake));
    handshake->pattern = setup->pattern;
    handshake->is_initiator = setup->is_initiator;
    assay_noise_keypair_make(setup->ephemeral_secret,
                             &handshake->own_ephemeral);
    handshake->own_static = setup->own_static;
    if (setup->remote_static != NULL) {
        handshake->remote_static = *setup->remote_static;
    }

    memcpy(symmetric->hash, pattern->name, sizeof(symmetric->hash));
    memcpy(symmetric->chaining_key, symmetric->hash, sizeof(symmetric->hash));
    mix_hash(symmetric, setup->prologue);
    if (pattern->initiator_is_known) {
        mix_hash(symmetric,
                 key_bytes(setup->is_initiator ? &setup->own_static->key
                                               : &handshake->remote_static));
    }
    if (pattern->responder_is_known) {
        mix_hash(symmetric,
                 key_bytes(setup->is_initiator ? &handshake->remote_static
                                               : &setup->own_static->key));
    }
}

void assay_noise_handshake_clear(struct assay_noise_handshake *handshake)
{
    sodium_memzero(handshake, sizeof(*handshake));
}

bool assay_noise_handshake_is_done(
    const struct assay_noise_handshake *handshake)
{
    return handshake->message_index ==
           patterns[handshake->pattern].message_count;
}

bool assay_noise_handshake_is_ours(
    const struct assay_noise_handshake *handshake)
{
    bool is_initiators = handshake->message_index % 2 == 0;

    return !assay_noise_handshake_is_done(handshake) &&
           is_initiators == handshake->is_initiator;
}

/* The tokens of the next message, END behind them unless there are the most
 * that there can be. */
static const uint8_t *next_tokens(const struct assay_noise_handshake *handshake)
{
    ASSAY_CHECK(!handshake->is_failed);
    ASSAY_CHECK(!assay_noise_handshake_is_done(handshake));
    return patterns[handshake->pattern].tokens[handshake->message_index];
}

size_t
assay_noise_handshake_overhead(const struct assay_noise_handshake *handshake)
{
    const uint8_t *tokens = next_tokens(handshake);
    bool has_key = handshake->symmetric.cipher.has_key;
    size_t len = 0;

    for (size_t index = 0;
         index < ASSAY_NOISE_TOKENS_MAX && tokens[index] != END; index++) {
        if (tokens[index] == E) {
            len += ASSAY_NOISE_KEY_SIZE;
        } else if (tokens[index] == S) {
            len += ASSAY_NOISE_KEY_SIZE + tag_len(has_key);
        } else {
            has_key = true;
        }
    }
    return len + tag_len(has_key);
}

/* Noise, section 5.3: "ee", "es", "se" and "ss" name the initiator's key
 * first; what is own and what is remote follows from the side. */
static enum assay_err mix_shared(struct assay_noise_handshake *handshake,
                                 enum token token)
{
    bool own_is_first = handshake->is_initiator;
    bool first_is_static = token == SE || token == SS;
    bool second_is_static = token == ES || token == SS;
    bool own_is_static = own_is_first ? first_is_static : second_is_static;
    bool remote_is_static = own_is_first ? second_is_static : first_is_static;
    const struct assay_noise_keypair *own =
        own_is_static ? handshake->own_static : &handshake->own_ephemeral;
    const struct assay_key *remote = remote_is_static
                                         ? &handshake->remote_static
                                         : &handshake->remote_ephemeral;
    uint8_t shared[crypto_scalarmult_curve25519_BYTES];
    enum assay_err err = ASSAY_E_KEY;

    /* PROTOCOL 1.2: "A key with which the result of X25519 is all zeros MUST
     * be refused." */
    if (crypto_scalarmult_curve25519(shared, own->secret, remote->bytes) == 0) {
        mix_key(&handshake->symmetric,
                (struct assay_bytes){shared, sizeof(shared)});
        err = ASSAY_OK;
    }
    sodium_memzero(shared, sizeof(shared));
    return err;
}

/* Carries out one token of a message that is written; *at_inout moves on. */
static enum assay_err write_token(struct assay_noise_handshake *handshake,
                                  enum token token, uint8_t **at_inout)
{
    struct assay_noise_symmetric *symmetric = &handshake->symmetric;
    uint8_t *at = *at_inout;

    if (token == E) {
        memcpy(at, handshake->own_ephemeral.key.bytes, ASSAY_NOISE_KEY_SIZE);
        mix_hash(symmetric, key_bytes(&handshake->own_ephemeral.key));
        *at_inout = at + ASSAY_NOISE_KEY_SIZE;
        return ASSAY_OK;
    }
    if (token == S) {
        *at_inout =
            at + ASSAY_NOISE_KEY_SIZE + tag_len(symmetric->cipher.has_key);
        return encrypt_and_hash(symmetric,
                                key_bytes(&handshake->own_static->key), at);
    }
    return mix_shared(handshake, token);
}

/* The same for one that is read. */
static enum assay_err read_token(struct assay_noise_handshake *handshake,
                                 enum token token, const uint8_t **at_inout)
{
    struct assay_noise_symmetric *symmetric = &handshake->symmetric;
    struct assay_bytes field = {*at_inout, ASSAY_NOISE_KEY_SIZE};

    if (token == E) {
        memcpy(handshake->remote_ephemeral.bytes, field.data, field.len);
        mix_hash(symmetric, field);
        *at_inout += field.len;
        return ASSAY_OK;
    }
    if (token == S) {
        field.len += tag_len(symmetric->cipher.has_key);
        *at_inout += field.len;
        return decrypt_and_hash(symmetric, field,
                                handshake->remote_static.bytes);
    }
    return mix_shared(handshake, token);
}

/* After a failure there is nothing to go on with, so no secret stays. */
static enum assay_err fail(struct assay_noise_handshake *handshake,
                           enum assay_err err)
{
    assay_noise_handshake_clear(handshake);
    handshake->is_failed = true;
    return err;
}

enum assay_err assay_noise_write(struct assay_noise_handshake *handshake,
                                 struct assay_bytes payload, uint8_t *out,
                                 size_t cap, size_t *len_out)
{
    const uint8_t *tokens = next_tokens(handshake);
    size_t overhead = assay_noise_handshake_overhead(handshake);
    enum assay_err err = ASSAY_OK;
    uint8_t *at = out;

    ASSAY_CHECK(assay_noise_handshake_is_ours(handshake));
    if (payload.len > ASSAY_NOISE_MESSAGE_MAX - overhead ||
        overhead + payload.len > cap) {
        return ASSAY_E_LIMIT;
    }
    for (size_t index = 0; index < ASSAY_NOISE_TOKENS_MAX &&
                           tokens[index] != END && err == ASSAY_OK;
         index++) {
        err = write_token(handshake, (enum token)tokens[index], &at);
    }
    if (err == ASSAY_OK) {
        err = encrypt_and_hash(&handshake->symmetric, payload, at);
    }
    if (err != ASSAY_OK) {
        return fail(handshake, err);
    }
    handshake->message_index++;
    *len_out = overhead + payload.len;
    return ASSAY_OK;
}

enum assay_err assay_noise_read(struct assay_noise_handshake *handshake,
                                struct assay_bytes message,
                                uint8_t *payload_out, size_t *len_out)
{
    const uint8_t *tokens = next_tokens(handshake);
    size_t overhead = assay_noise_handshake_overhead(handshake);
    enum assay_err err = ASSAY_OK;
    const uint8_t *at = message.data;

    ASSAY_CHECK(!assay_noise_handshake_is_ours(handshake));
    if (message.len < overhead) {
        return fail(handshake, ASSAY_E_TRUNCATED);
    }
    if (message.len > ASSAY_NOISE_MESSAGE_MAX) {
        return fail(handshake, ASSAY_E_LIMIT);
    }
    for (size_t index = 0; index < ASSAY_NOISE_TOKENS_MAX &&
                           tokens[index] != END && err == ASSAY_OK;
         index++) {
        err = read_token(handshake, (enum token)tokens[index], &at);
    }
    if (err == ASSAY_OK) {
        size_t rest = message.len - (size_t)(at - message.data);

        err = decrypt_and_hash(&handshake->symmetric,
                               (struct assay_bytes){at, rest}, payload_out);
    }
    if (err != ASSAY_OK) {
        return fail(handshake, err);
    }
    handshake->message_index++;
    *len_out = message.len - overhead;
    return ASSAY_OK;
}

void assay_noise_split(const struct assay_noise_handshake *handshake,
                       struct assay_noise_cipher *send_out,
                       struct assay_noise_cipher *receive_out)
{
    uint8_t first[ASSAY_HASH_SIZE];
    uint8_t second[ASSAY_HASH_SIZE];

    ASSAY_CHECK(!handshake->is_failed);
    ASSAY_CHECK(assay_noise_handshake_is_done(handshake));
    memcpy(first, handshake->symmetric.chaining_key, sizeof(first));
    derive(first, ASSAY_BYTES_NONE, second);
    /* Noise, section 5.3: the first is for what the initiator sends. */
    assay_noise_cipher_init(send_out, handshake->is_initiator ? first : second);
    assay_noise_cipher_init(receive_out,
                            handshake->is_initiator ? second : first);
    sodium_memzero(first, sizeof(first));
    sodium_memzero(second, sizeof(second));
}
