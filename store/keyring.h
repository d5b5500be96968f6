/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyring.h - the key files of a ledger: DIR/keys/NAME.key, mode 0600 in a
 * folder of mode 0700.
 *
 * A file is one deterministic CBOR map: format, public key, name, time made,
 * and the secret seed, plain or sealed with XChaCha20-Poly1305 under a key
 * that Argon2id derives from a passphrase (RFC 9106; libsodium's crypto_pwhash
 * with moderate cost, stored beside it). docs/store.md defines the bytes.
 * Secrets are held in sodium_malloc'ed memory and wiped; they are never
 * printed, logged or passed in arguments.
 */
#ifndef ASSAY_STORE_KEYRING_H
#define ASSAY_STORE_KEYRING_H

#include "ledger.h"

#define STORE_KEY_NAME_MAX 64

/* A key as listed; the secret stays in its file. */
struct store_key_info {
    char name[STORE_KEY_NAME_MAX + 1]; /* Letters, digits, "-", "_", "."; not
                                          a dot first. */
    struct assay_key key;
    uint64_t made_s;
    bool is_encrypted;
};

/* A secret in locked memory: free with store_secret_free. */
struct store_secret {
    uint8_t bytes[ASSAY_SECRET_SIZE]; /* libsodium's: seed, public key. */
};

/* The locked object itself is allocated by sodium_malloc. */
void store_secret_free(struct store_secret *secret);

/* Makes a new key. passphrase may be none. ASSAY_E_EXISTS (name taken),
 * ASSAY_E_MALFORMED (name), ASSAY_E_UNSAFE (the folder's permissions). */
ASSAY_MUST_CHECK
enum assay_err store_keyring_new(struct store_ledger *ledger, const char *name,
                                 struct assay_bytes passphrase, uint64_t now_s,
                                 struct store_key_info *info_out);

/* The keys, sorted by name: *infos_out is malloc'ed, free it. Files that
 * cannot be used are listed in no order behind, with a zero key. */
ASSAY_MUST_CHECK
enum assay_err store_keyring_list(struct store_ledger *ledger,
                                  struct store_key_info **infos_out,
                                  size_t *count_out);

/* One key by name; ASSAY_E_NOT_FOUND, ASSAY_E_UNSAFE (permissions of the
 * file: must be 0600 and the caller's own), ASSAY_E_MALFORMED, _VERSION. */
ASSAY_MUST_CHECK
enum assay_err store_keyring_find(struct store_ledger *ledger, const char *name,
                                  struct store_key_info *info_out);

/* Unlocks a key. ASSAY_E_PASSPHRASE when one is needed and wrong or none. */
ASSAY_MUST_CHECK
enum assay_err store_keyring_unlock(struct store_ledger *ledger,
                                    const char *name,
                                    struct assay_bytes passphrase,
                                    struct store_secret **secret_out);

/* Replaces the passphrase of a key (none: stored plain), atomically. */
ASSAY_MUST_CHECK
enum assay_err store_keyring_set_passphrase(struct store_ledger *ledger,
                                            const char *name,
                                            struct assay_bytes old_passphrase,
                                            struct assay_bytes new_passphrase);

/* Renames a key file (a rotation's next key becomes the root's). */
ASSAY_MUST_CHECK
enum assay_err store_keyring_rename(struct store_ledger *ledger,
                                    const char *from, const char *to);

/* Copies a key file out of, or into, the keyring, as it is: what is encrypted
 * stays so. export makes path with mode 0600 and never overwrites
 * (ASSAY_E_EXISTS). import checks the file first; name may be NULL: the one
 * in the file. */
ASSAY_MUST_CHECK
enum assay_err store_keyring_export(struct store_ledger *ledger,
                                    const char *name, const char *path);
ASSAY_MUST_CHECK
enum assay_err store_keyring_import(struct store_ledger *ledger,
                                    const char *path, const char *name,
                                    struct store_key_info *info_out);

#endif
