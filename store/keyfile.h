/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyfile.h - what a key file holds, as bytes: one deterministic CBOR map.
 *
 *   { 1: "assay-key" or "assay-node", 2: version, 3: public key (32), 4: name,
 * 5: time made, ? 6: seed (32), ? 7: [ opslimit, memlimit, salt (16), nonce
 * (24), sealed seed (48) ] }
 *
 * Exactly one of 6 and 7. The seed is sealed with XChaCha20-Poly1305 under
 * the key that Argon2id makes of the passphrase, salt and limits; the public
 * key and the version are authenticated with it, the name is not, since a
 * key may be renamed by someone who cannot open it.
 *
 * Internal to store/ (keyring.c and node_key.c are the users) and its tests.
 */
#ifndef ASSAY_STORE_KEYFILE_H
#define ASSAY_STORE_KEYFILE_H

#include "files.h"
#include "keyring.h"

#define STORE_KEYFILE_VERSION 1

/* The longest file is some 300 bytes. */
#define STORE_KEYFILE_MAX 512

/* What a file may ask for: libsodium's "sensitive" memory, and as many passes
 * as a patient person waits for. More is refused, so that a file that somebody
 * hands over cannot take the machine's memory or time. */
#define STORE_KEYFILE_OPS_MAX 8
#define STORE_KEYFILE_MEM_MAX ((uint64_t)1024 * 1024 * 1024)

#define STORE_SEED_SIZE 32
#define STORE_SEAL_SALT_SIZE 16
#define STORE_SEAL_NONCE_SIZE 24
#define STORE_SEALED_SIZE (STORE_SEED_SIZE + 16)

/* How much work a passphrase costs: libsodium's limits of crypto_pwhash. */
struct store_keyfile_cost {
    uint64_t ops;
    uint64_t mem; /* Bytes. */
};

/* What a key is for. The file's first field says it, and a seal is made for it,
 * so that a key is never used for the other. */
enum store_key_usage {
    STORE_KEY_SIGNS, /* Records, with Ed25519: "assay-key". */
    STORE_KEY_SPEAKS /* With other nodes, with X25519: "assay-node". */
};

/* A key file's content. It may hold a secret: allocate it with
 * store_keyfile_new. */
struct store_keyfile {
    enum store_key_usage usage;
    struct store_key_info info;
    uint8_t seed[STORE_SEED_SIZE]; /* Where it is not encrypted. */
    struct store_keyfile_cost cost;
    uint8_t salt[STORE_SEAL_SALT_SIZE];
    uint8_t nonce[STORE_SEAL_NONCE_SIZE];
    uint8_t sealed[STORE_SEALED_SIZE];
};

/* What new files cost to open: crypto_pwhash's "moderate". */
struct store_keyfile_cost store_keyfile_cost_default(void);

/* Whether name may be a key's: letters, digits, "-", "_", ".", not a dot
 * first, 1 to STORE_KEY_NAME_MAX characters. */
bool store_keyfile_is_name(const char *name);

/* Zeroed and in locked memory; NULL where there is none. Freeing wipes. */
struct store_keyfile *store_keyfile_new(void);
void store_keyfile_free(struct store_keyfile *file);

/* Draws a seed, makes its public key and notes the time; the name is the
 * caller's. ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err store_keyfile_make(struct store_keyfile *file,
                                  enum store_key_usage usage, uint64_t now_s);

/*
 * Reads a file's bytes. ASSAY_E_MALFORMED (also where a plain seed does not
 * make the public key), ASSAY_E_TRUNCATED, ASSAY_E_VERSION, ASSAY_E_LIMIT (it
 * asks for more than the bounds above), ASSAY_E_NOMEM. *file_out is unspecified
 * then.
 */
ASSAY_MUST_CHECK
enum assay_err store_keyfile_read(struct assay_bytes input,
                                  struct store_keyfile *file_out);

/* Writes it into out, which has room for STORE_KEYFILE_MAX bytes. */
struct assay_bytes store_keyfile_write(const struct store_keyfile *file,
                                       uint8_t *out);

/* Seals the seed of a file that is not encrypted and wipes it there; no
 * passphrase leaves it plain. ASSAY_E_NOMEM where Argon2id finds no memory. */
ASSAY_MUST_CHECK
enum assay_err store_keyfile_seal(struct store_keyfile *file,
                                  struct assay_bytes passphrase,
                                  struct store_keyfile_cost cost);

/* Gives the secret, the seed and then the public key: ASSAY_E_PASSPHRASE,
 * ASSAY_E_MALFORMED (the seed is not the public key's), ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err store_keyfile_open(const struct store_keyfile *file,
                                  struct assay_bytes passphrase,
                                  struct store_secret *secret_out);

/* Whether nobody but the caller can read or write a file or folder. */
bool store_keyfile_is_private(const struct stat *info);

/* Reads a key file from a descriptor; the caller frees *file_out. It must be
 * for this usage, or else ASSAY_E_MALFORMED; store_keyfile_read's errors,
 * store_files_err's, ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err store_keyfile_read_fd(int fd, enum store_key_usage usage,
                                     struct store_keyfile **file_out);

/* Reads the file at name in a folder, which must be private, or else
 * ASSAY_E_UNSAFE; ASSAY_E_NOT_FOUND; as above. */
ASSAY_MUST_CHECK
enum assay_err store_keyfile_load(int folder, const char *name,
                                  enum store_key_usage usage,
                                  struct store_keyfile **file_out);

/* Writes a key file to name in a folder, in one step; store_aside_place's
 * errors. */
ASSAY_MUST_CHECK
enum assay_err store_keyfile_save(int folder, const char *name,
                                  const struct store_keyfile *file,
                                  enum store_aside_mode mode);

#endif
