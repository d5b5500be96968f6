/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.h - Ed25519 keys and signatures (RFC 8032), and SHA-256.
 *
 * Verification is cofactorless (section 5.1.7 without the factor 8, encoded R
 * compared byte by byte) and refuses a non-canonical S, small-order and
 * non-canonical keys, and an R of small order. libsodium does this;
 * assay_key_self_test proves at start that the library at hand still does,
 * since a library that differs would split the ledger.
 */
#ifndef ASSAY_PROTOCOL_KEY_H
#define ASSAY_PROTOCOL_KEY_H

#include "bytes.h"
#include "err.h"
#include "id.h"
#include "limits.h"

/*
 * Signs an honest message and checks it, then refuses a published signature
 * whose R has a small-order part, a non-canonical S, a small-order key and a
 * small-order R.
 * Also initialises libsodium. Returns ASSAY_OK or ASSAY_E_SIGNATURE: the
 * program must then stop.
 */
ASSAY_MUST_CHECK
enum assay_err assay_key_self_test(void);

/* Whether a key is canonical, on the curve and in the prime-order subgroup,
 * which is asked of every key that a grant names. */
bool assay_key_is_prime_order(const struct assay_key *key);

/* Signs; secret is libsodium's form: seed, then public key. */
void assay_key_sign(const uint8_t secret[ASSAY_SECRET_SIZE],
                    struct assay_bytes message,
                    uint8_t signature_out[ASSAY_SIGNATURE_SIZE]);

/* ASSAY_OK or ASSAY_E_SIGNATURE. */
ASSAY_MUST_CHECK
enum assay_err assay_key_verify(const struct assay_key *key,
                                struct assay_bytes message,
                                const uint8_t signature[ASSAY_SIGNATURE_SIZE]);

/* SHA-256 (FIPS 180-4). */
void assay_hash(struct assay_bytes input, uint8_t hash_out[ASSAY_HASH_SIZE]);

#endif
