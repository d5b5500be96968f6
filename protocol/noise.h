/* SPDX-License-Identifier: Apache-2.0 */
/*
 * noise.h - handshakes of the Noise Protocol Framework, revision 34, with
 * X25519, ChaCha20-Poly1305 and SHA-256 (noiseprotocol.org/noise.html).
 *
 * A handshake is driven by a table of patterns. Nodes speak XX only
 * (channel.h); the other patterns are there because published examples of
 * them hold the machinery to the specification.
 *
 * Ephemeral secrets are arguments, since nothing here makes randomness. Who
 * gives the same one to two handshakes gives both of them away. Each state
 * lies in the caller's memory, holds secrets, and is wiped by its _clear.
 */
#ifndef ASSAY_PROTOCOL_NOISE_H
#define ASSAY_PROTOCOL_NOISE_H

#include "bytes.h"
#include "err.h"
#include "id.h"

/* A key of X25519, secret or public, and one of ChaCha20. */
#define ASSAY_NOISE_KEY_SIZE 32

/* What encryption adds: the tag of Poly1305. */
#define ASSAY_NOISE_TAG_SIZE 16

/* Noise, section 3: the longest message, of a handshake or after it. */
#define ASSAY_NOISE_MESSAGE_MAX 65535

/* The most tokens of one message, and messages of one pattern. */
#define ASSAY_NOISE_TOKENS_MAX 5
#define ASSAY_NOISE_MESSAGES_MAX 3

enum assay_noise_pattern {
    ASSAY_NOISE_IK,
    ASSAY_NOISE_IX,
    ASSAY_NOISE_KK,
    ASSAY_NOISE_NN,
    ASSAY_NOISE_XK,
    ASSAY_NOISE_XX
};

/* A secret and what it makes; assay_noise_keypair_make sees that they fit. */
struct assay_noise_keypair {
    uint8_t secret[ASSAY_NOISE_KEY_SIZE];
    struct assay_key key;
};

/* Noise, section 5.1: a key and the number of its next message. */
struct assay_noise_cipher {
    uint8_t key[ASSAY_NOISE_KEY_SIZE];
    uint64_t nonce;
    bool has_key; /* Without one, bytes pass unchanged. */
};

/* Noise, section 5.2. */
struct assay_noise_symmetric {
    struct assay_noise_cipher cipher;
    uint8_t chaining_key[ASSAY_HASH_SIZE];
    uint8_t hash[ASSAY_HASH_SIZE]; /* Of all that was said so far. */
};

/* Noise, section 5.3. */
struct assay_noise_handshake {
    enum assay_noise_pattern pattern;
    bool is_initiator;
    bool is_failed;       /* A message was refused: nothing follows. */
    size_t message_index; /* Of the next message, sent or received. */
    struct assay_noise_symmetric symmetric;
    const struct assay_noise_keypair *own_static; /* Borrowed. */
    struct assay_noise_keypair own_ephemeral;
    struct assay_key remote_static;
    struct assay_key remote_ephemeral;
};

/* What a handshake begins with. */
struct assay_noise_setup {
    enum assay_noise_pattern pattern;
    bool is_initiator;
    struct assay_bytes prologue; /* Both sides must have the same. */
    /* NULL only in NN; borrowed until the handshake is done or has failed. */
    const struct assay_noise_keypair *own_static;
    const uint8_t *ephemeral_secret; /* 32 random bytes, used once. */
    /* Where the pattern has it known before, the initiator's in KK and the
     * responder's in IK, KK and XK; else NULL. */
    const struct assay_key *remote_static;
};

/* Makes the public key of a secret: any 32 bytes are one. */
void assay_noise_keypair_make(const uint8_t secret[ASSAY_NOISE_KEY_SIZE],
                              struct assay_noise_keypair *pair_out);

/* Begins. End it with assay_noise_handshake_clear. */
void assay_noise_handshake_init(struct assay_noise_handshake *handshake,
                                const struct assay_noise_setup *setup);

/* Wipes it. Accepts a zeroed one. */
void assay_noise_handshake_clear(struct assay_noise_handshake *handshake);

/* Whether all messages were sent and received. */
bool assay_noise_handshake_is_done(
    const struct assay_noise_handshake *handshake);

/* Whether the next message is to be written here. */
bool assay_noise_handshake_is_ours(
    const struct assay_noise_handshake *handshake);

/* How many bytes the next message adds to its payload. */
size_t
assay_noise_handshake_overhead(const struct assay_noise_handshake *handshake);

/*
 * Writes the next message, which must be ours, into out: overhead and payload.
 * ASSAY_E_LIMIT (longer than cap or ASSAY_NOISE_MESSAGE_MAX; nothing is done),
 * ASSAY_E_KEY (a key of the peer's has a low order: the shared secret would be
 * zero). The handshake has failed then.
 */
ASSAY_MUST_CHECK
enum assay_err assay_noise_write(struct assay_noise_handshake *handshake,
                                 struct assay_bytes payload, uint8_t *out,
                                 size_t cap, size_t *len_out);

/*
 * Reads the next message, which must be the peer's; its payload goes to
 * payload_out, which has room for as many bytes as message has.
 * ASSAY_E_TRUNCATED, ASSAY_E_LIMIT, ASSAY_E_TAG (it was changed, or the sides
 * do not agree on what was said or on a key), ASSAY_E_KEY (as above). The
 * handshake has failed then, and what payload_out holds means nothing.
 */
ASSAY_MUST_CHECK
enum assay_err assay_noise_read(struct assay_noise_handshake *handshake,
                                struct assay_bytes message,
                                uint8_t *payload_out, size_t *len_out);

/* The two ciphers of a handshake that is done. Its hash stands in
 * handshake->symmetric.hash; the peer's key in handshake->remote_static. */
void assay_noise_split(const struct assay_noise_handshake *handshake,
                       struct assay_noise_cipher *send_out,
                       struct assay_noise_cipher *receive_out);

/* Begins with message number 0. Wipe it with assay_noise_cipher_clear. */
void assay_noise_cipher_init(struct assay_noise_cipher *cipher,
                             const uint8_t key[ASSAY_NOISE_KEY_SIZE]);
void assay_noise_cipher_clear(struct assay_noise_cipher *cipher);

/* Encrypts with the next number: plain.len + ASSAY_NOISE_TAG_SIZE bytes go to
 * out, which may be plain.data itself but must not overlap it otherwise.
 * ASSAY_E_LIMIT when all numbers are used; they never begin again. */
ASSAY_MUST_CHECK
enum assay_err assay_noise_encrypt(struct assay_noise_cipher *cipher,
                                   struct assay_bytes ad,
                                   struct assay_bytes plain, uint8_t *out);

/* Decrypts with the next number: sealed.len - ASSAY_NOISE_TAG_SIZE bytes go to
 * out, as above. ASSAY_E_TRUNCATED, ASSAY_E_LIMIT, ASSAY_E_TAG: the number is
 * not used up then, and what out holds means nothing. */
ASSAY_MUST_CHECK
enum assay_err assay_noise_decrypt(struct assay_noise_cipher *cipher,
                                   struct assay_bytes ad,
                                   struct assay_bytes sealed, uint8_t *out);

/* Noise, sections 4.2 and 11.3: replaces the key by one that it makes; the
 * numbers go on. Who learns the new key cannot read what came before. */
void assay_noise_rekey(struct assay_noise_cipher *cipher);

#endif
