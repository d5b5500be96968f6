/* SPDX-License-Identifier: Apache-2.0 */
/* What encrypts a handshake's fields and the messages behind it. */
#include "noise.h"

#include "check.h"

#include <sodium.h>

_Static_assert(ASSAY_NOISE_KEY_SIZE ==
                   crypto_aead_chacha20poly1305_ietf_KEYBYTES,
               "of ChaCha20");
_Static_assert(ASSAY_NOISE_TAG_SIZE == crypto_aead_chacha20poly1305_ietf_ABYTES,
               "of Poly1305");

/* Noise, section 4.2: a nonce is 32 zero bits and the number, little-endian. */
#define NONCE_SIZE 12
#define NONCE_ZERO_SIZE 4

/* Noise, section 5.1: the last number is the one that rekeying uses. */
#define NONCE_REKEY UINT64_MAX

void assay_noise_cipher_init(struct assay_noise_cipher *cipher,
                             const uint8_t key[ASSAY_NOISE_KEY_SIZE])
{
    memcpy(cipher->key, key, sizeof(cipher->key));
    cipher->nonce = 0;
    cipher->has_key = true;
}

void assay_noise_cipher_clear(struct assay_noise_cipher *cipher)
{
    sodium_memzero(cipher, sizeof(*cipher));
}

static void write_nonce(uint64_t number, uint8_t nonce_out[NONCE_SIZE])
{
    memset(nonce_out, 0, NONCE_ZERO_SIZE);
    for (size_t index = NONCE_ZERO_SIZE; index < NONCE_SIZE; index++) {
        nonce_out[index] = (uint8_t)number;
        number >>= 8;
    }
}

enum assay_err assay_noise_encrypt(struct assay_noise_cipher *cipher,
                                   struct assay_bytes ad,
                                   struct assay_bytes plain, uint8_t *out)
{
    uint8_t nonce[NONCE_SIZE];

    ASSAY_CHECK(cipher->has_key);
    if (cipher->nonce == NONCE_REKEY) {
        return ASSAY_E_LIMIT;
    }
    write_nonce(cipher->nonce, nonce);
    /* It cannot fail: libsodium's limit is far beyond any message. */
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.data,
                                                    plain.len, ad.data, ad.len,
                                                    NULL, nonce, cipher->key);
    cipher->nonce++;
    return ASSAY_OK;
}

enum assay_err assay_noise_decrypt(struct assay_noise_cipher *cipher,
                                   struct assay_bytes ad,
                                   struct assay_bytes sealed, uint8_t *out)
{
    uint8_t nonce[NONCE_SIZE];

    ASSAY_CHECK(cipher->has_key);
    if (cipher->nonce == NONCE_REKEY) {
        return ASSAY_E_LIMIT;
    }
    if (sealed.len < ASSAY_NOISE_TAG_SIZE) {
        return ASSAY_E_TRUNCATED;
    }
    write_nonce(cipher->nonce, nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data,
                                                  sealed.len, ad.data, ad.len,
                                                  nonce, cipher->key) != 0) {
        return ASSAY_E_TAG;
    }
    cipher->nonce++;
    return ASSAY_OK;
}

void assay_noise_rekey(struct assay_noise_cipher *cipher)
{
    static const uint8_t zeros[ASSAY_NOISE_KEY_SIZE];
    uint8_t sealed[ASSAY_NOISE_KEY_SIZE + ASSAY_NOISE_TAG_SIZE];
    uint8_t nonce[NONCE_SIZE];

    ASSAY_CHECK(cipher->has_key);
    write_nonce(NONCE_REKEY, nonce);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(
        sealed, NULL, zeros, sizeof(zeros), NULL, 0, NULL, nonce, cipher->key);
    memcpy(cipher->key, sealed, sizeof(cipher->key));
    sodium_memzero(sealed, sizeof(sealed));
}
