/* SPDX-License-Identifier: Apache-2.0 */
#include "keyfile.h"

#include "protocol/cbor.h"
#include "protocol/check.h"

#include <sodium.h>

_Static_assert(STORE_SEED_SIZE == crypto_sign_SEEDBYTES, "of Ed25519");
_Static_assert(STORE_SEAL_SALT_SIZE == crypto_pwhash_SALTBYTES, "of Argon2id");
_Static_assert(STORE_SEAL_NONCE_SIZE ==
                   crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
               "of XChaCha20");
_Static_assert(STORE_SEALED_SIZE ==
                   STORE_SEED_SIZE + crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "of the seed and its tag");

_Static_assert(STORE_SEED_SIZE == crypto_scalarmult_curve25519_SCALARBYTES,
               "of X25519");

/* Room for the first field. */
#define MAGIC_MAX 16

enum field {
    FIELD_MAGIC = 1,
    FIELD_VERSION = 2,
    FIELD_KEY = 3,
    FIELD_NAME = 4,
    FIELD_MADE = 5,
    FIELD_SEED = 6,
    FIELD_SEALED = 7
};

/* All but one of the last two are in every file. */
#define FIELD_COUNT 6
#define SEAL_PART_COUNT 5

/* How a file of each usage begins, and what its seal authenticates before the
 * public key. */
static const struct {
    const char *magic;
    const char *seal_context;
} usages[] = {
    [STORE_KEY_SIGNS] = {"assay-key", "assay-key/1"},
    [STORE_KEY_SPEAKS] = {"assay-node", "assay-node/1"},
};

#define USAGE_COUNT (sizeof(usages) / sizeof(usages[0]))

/* What a seal authenticates beside the seed. */
#define SEAL_DATA_MAX (MAGIC_MAX + ASSAY_KEY_SIZE)

struct store_keyfile_cost store_keyfile_cost_default(void)
{
    return (struct store_keyfile_cost){crypto_pwhash_OPSLIMIT_MODERATE,
                                       crypto_pwhash_MEMLIMIT_MODERATE};
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool store_keyfile_is_name(const char *name)
{
    size_t len = 0;

    while (name[len] != '\0') {
        if (len == STORE_KEY_NAME_MAX || !is_name_char(name[len])) {
            return false;
        }
        len++;
    }
    return len > 0 && name[0] != '.';
}

struct store_keyfile *store_keyfile_new(void)
{
    struct store_keyfile *file = NULL;

    if (sodium_init() < 0) {
        return NULL;
    }
    file = sodium_malloc(sizeof(*file));
    if (file != NULL) {
        memset(file, 0, sizeof(*file));
    }
    return file;
}

void store_keyfile_free(struct store_keyfile *file)
{
    sodium_free(file);
}

void store_secret_free(struct store_secret *secret)
{
    sodium_free(secret);
}

/* Makes the public key and the whole secret from a seed. */
static bool make_key(enum store_key_usage usage,
                     const uint8_t seed[STORE_SEED_SIZE],
                     struct assay_key *key_out, struct store_secret *secret)
{
    if (usage == STORE_KEY_SIGNS) {
        return crypto_sign_seed_keypair(key_out->bytes, secret->bytes, seed) ==
               0;
    }
    memcpy(secret->bytes, seed, STORE_SEED_SIZE);
    if (crypto_scalarmult_curve25519_base(key_out->bytes, seed) != 0) {
        return false;
    }
    memcpy(secret->bytes + STORE_SEED_SIZE, key_out->bytes, ASSAY_KEY_SIZE);
    return true;
}

/* Whether the seed makes the public key; secret is overwritten with the whole
 * secret. */
static bool seed_makes_key(const struct store_keyfile *file,
                           const uint8_t seed[STORE_SEED_SIZE],
                           struct store_secret *secret)
{
    struct assay_key made;

    return make_key(file->usage, seed, &made, secret) &&
           assay_key_equal(&made, &file->info.key);
}

enum assay_err store_keyfile_make(struct store_keyfile *file,
                                  enum store_key_usage usage, uint64_t now_s)
{
    struct store_secret *secret = sodium_malloc(sizeof(*secret));

    if (secret == NULL) {
        return ASSAY_E_NOMEM;
    }
    randombytes_buf(file->seed, sizeof(file->seed));
    bool is_made = make_key(usage, file->seed, &file->info.key, secret);
    ASSAY_CHECK(is_made); /* Any seed makes a key. */
    store_secret_free(secret);
    file->usage = usage;
    file->info.made_s = now_s;
    return ASSAY_OK;
}

static void read_name(struct assay_cbor_reader *reader,
                      struct store_key_info *info)
{
    size_t start = reader->pos;
    struct assay_bytes name = assay_cbor_read_text(reader, STORE_KEY_NAME_MAX);

    memset(info->name, 0, sizeof(info->name));
    if (name.len > 0) {
        memcpy(info->name, name.data, name.len);
    }
    if (!store_keyfile_is_name(info->name)) {
        assay_cbor_fail_at(reader, start, ASSAY_E_MALFORMED,
                           "a key's name is of letters, digits, - _ .");
    }
}

static void read_sealed(struct assay_cbor_reader *reader,
                        struct store_keyfile *file)
{
    if (assay_cbor_read_array(reader, SEAL_PART_COUNT) != SEAL_PART_COUNT) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED, "a seal has five parts");
    }
    file->cost.ops = assay_cbor_read_uint(reader);
    file->cost.mem = assay_cbor_read_uint(reader);
    assay_cbor_read_fixed(reader, file->salt, sizeof(file->salt));
    assay_cbor_read_fixed(reader, file->nonce, sizeof(file->nonce));
    assay_cbor_read_fixed(reader, file->sealed, sizeof(file->sealed));
    if (file->cost.ops > STORE_KEYFILE_OPS_MAX ||
        file->cost.mem > STORE_KEYFILE_MEM_MAX) {
        assay_cbor_fail(reader, ASSAY_E_LIMIT,
                        "a passphrase must not cost more than the bounds");
    }
    if (file->cost.ops < crypto_pwhash_OPSLIMIT_MIN ||
        file->cost.mem < crypto_pwhash_MEMLIMIT_MIN) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "a passphrase must cost something");
    }
}

static void read_magic(struct assay_cbor_reader *reader,
                       struct store_keyfile *file)
{
    size_t start = reader->pos;
    struct assay_bytes magic = assay_cbor_read_text(reader, MAGIC_MAX);

    for (size_t usage = 0; usage < USAGE_COUNT; usage++) {
        if (assay_bytes_equal(magic, assay_bytes_of(usages[usage].magic))) {
            file->usage = (enum store_key_usage)usage;
            return;
        }
    }
    assay_cbor_fail_at(reader, start, ASSAY_E_MALFORMED,
                       "a key file begins with its format's name");
}

static void read_version(struct assay_cbor_reader *reader)
{
    size_t start = reader->pos;
    uint64_t version = assay_cbor_read_uint(reader);

    if (version != STORE_KEYFILE_VERSION) {
        assay_cbor_fail_at(reader, start, ASSAY_E_VERSION,
                           "the key file is of another version");
    }
}

static void read_field(struct assay_cbor_reader *reader, enum field field,
                       struct store_keyfile *file)
{
    switch (field) {
    case FIELD_MAGIC:
        read_magic(reader, file);
        break;
    case FIELD_VERSION:
        read_version(reader);
        break;
    case FIELD_KEY:
        assay_cbor_read_fixed(reader, file->info.key.bytes, ASSAY_KEY_SIZE);
        break;
    case FIELD_NAME:
        read_name(reader, &file->info);
        break;
    case FIELD_MADE:
        file->info.made_s = assay_cbor_read_uint(reader);
        break;
    case FIELD_SEED:
        assay_cbor_read_fixed(reader, file->seed, sizeof(file->seed));
        break;
    case FIELD_SEALED:
        file->info.is_encrypted = true;
        read_sealed(reader, file);
        break;
    }
}

/* Six keys, of which the first five must be these, so the sixth is one of the
 * two forms of the secret. */
static void read_fields(struct assay_cbor_reader *reader,
                        struct store_keyfile *file)
{
    struct assay_cbor_map map = assay_cbor_read_map(reader, FIELD_COUNT);
    uint64_t key = 0;
    uint64_t count = 0;

    while (assay_cbor_next_key(reader, &map, &key)) {
        count++;
        if (key != count && !(count == FIELD_SEED && key == FIELD_SEALED)) {
            assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                            "a key file has these six fields");
            return;
        }
        read_field(reader, (enum field)key, file);
    }
    if (count != FIELD_COUNT) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "a key file has these six fields");
    }
}

enum assay_err store_keyfile_read(struct assay_bytes input,
                                  struct store_keyfile *file_out)
{
    struct assay_cbor_reader reader;

    memset(file_out, 0, sizeof(*file_out));
    assay_cbor_reader_init(&reader, input);
    read_fields(&reader, file_out);
    enum assay_err err = assay_cbor_reader_finish(&reader, NULL);
    if (err != ASSAY_OK || file_out->info.is_encrypted) {
        return err;
    }
    struct store_secret *secret = sodium_malloc(sizeof(*secret));
    if (secret == NULL) {
        return ASSAY_E_NOMEM;
    }
    if (!seed_makes_key(file_out, file_out->seed, secret)) {
        err = ASSAY_E_MALFORMED;
    }
    store_secret_free(secret);
    return err;
}

static void write_sealed(struct assay_cbor_writer *writer,
                         const struct store_keyfile *file)
{
    assay_cbor_write_uint(writer, FIELD_SEALED);
    assay_cbor_write_array(writer, SEAL_PART_COUNT);
    assay_cbor_write_uint(writer, file->cost.ops);
    assay_cbor_write_uint(writer, file->cost.mem);
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){file->salt, sizeof(file->salt)});
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){file->nonce, sizeof(file->nonce)});
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){file->sealed, sizeof(file->sealed)});
}

struct assay_bytes store_keyfile_write(const struct store_keyfile *file,
                                       uint8_t *out)
{
    struct assay_cbor_writer writer;
    struct assay_bytes bytes = ASSAY_BYTES_NONE;

    assay_cbor_writer_init(&writer, out, STORE_KEYFILE_MAX);
    assay_cbor_write_map(&writer, FIELD_COUNT);
    assay_cbor_write_uint(&writer, FIELD_MAGIC);
    assay_cbor_write_text(&writer, assay_bytes_of(usages[file->usage].magic));
    assay_cbor_write_uint(&writer, FIELD_VERSION);
    assay_cbor_write_uint(&writer, STORE_KEYFILE_VERSION);
    assay_cbor_write_uint(&writer, FIELD_KEY);
    assay_cbor_write_bytes(
        &writer, (struct assay_bytes){file->info.key.bytes, ASSAY_KEY_SIZE});
    assay_cbor_write_uint(&writer, FIELD_NAME);
    assay_cbor_write_text(&writer, assay_bytes_of(file->info.name));
    assay_cbor_write_uint(&writer, FIELD_MADE);
    assay_cbor_write_uint(&writer, file->info.made_s);
    if (file->info.is_encrypted) {
        write_sealed(&writer, file);
    } else {
        assay_cbor_write_uint(&writer, FIELD_SEED);
        assay_cbor_write_bytes(
            &writer, (struct assay_bytes){file->seed, sizeof(file->seed)});
    }
    enum assay_err err = assay_cbor_writer_finish(&writer, &bytes);
    ASSAY_CHECK(err == ASSAY_OK); /* The buffer has room for any. */
    return bytes;
}

/* A key of XChaCha20 from a passphrase; sodium_free it. */
static enum assay_err derive(const struct store_keyfile *file,
                             struct assay_bytes passphrase, uint8_t **key_out)
{
    uint8_t *key = sodium_malloc(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

    if (key == NULL) {
        return ASSAY_E_NOMEM;
    }
    if (crypto_pwhash(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
                      (const char *)passphrase.data, passphrase.len, file->salt,
                      file->cost.ops, (size_t)file->cost.mem,
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
        sodium_free(key);
        return ASSAY_E_NOMEM;
    }
    *key_out = key;
    return ASSAY_OK;
}

/* Gives how many bytes there are. */
static size_t seal_data(const struct store_keyfile *file,
                        uint8_t data_out[SEAL_DATA_MAX])
{
    struct assay_bytes context =
        assay_bytes_of(usages[file->usage].seal_context);

    ASSAY_CHECK(context.data != NULL);
    ASSAY_CHECK(context.len <= MAGIC_MAX);
    memcpy(data_out, context.data, context.len);
    memcpy(data_out + context.len, file->info.key.bytes, ASSAY_KEY_SIZE);
    return context.len + ASSAY_KEY_SIZE;
}

enum assay_err store_keyfile_seal(struct store_keyfile *file,
                                  struct assay_bytes passphrase,
                                  struct store_keyfile_cost cost)
{
    uint8_t data[SEAL_DATA_MAX];
    uint8_t *key = NULL;

    ASSAY_CHECK(!file->info.is_encrypted);
    if (passphrase.len == 0) {
        return ASSAY_OK;
    }
    file->cost = cost;
    randombytes_buf(file->salt, sizeof(file->salt));
    randombytes_buf(file->nonce, sizeof(file->nonce));
    enum assay_err err = derive(file, passphrase, &key);
    if (err != ASSAY_OK) {
        return err;
    }
    size_t data_len = seal_data(file, data);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        file->sealed, NULL, file->seed, sizeof(file->seed), data, data_len,
        NULL, file->nonce, key);
    sodium_free(key);
    sodium_memzero(file->seed, sizeof(file->seed));
    file->info.is_encrypted = true;
    return ASSAY_OK;
}

/* Opens the seal into seed. */
static enum assay_err unseal(const struct store_keyfile *file,
                             struct assay_bytes passphrase,
                             uint8_t seed[STORE_SEED_SIZE])
{
    uint8_t data[SEAL_DATA_MAX];
    uint8_t *key = NULL;

    if (passphrase.len == 0) {
        return ASSAY_E_PASSPHRASE;
    }
    enum assay_err err = derive(file, passphrase, &key);
    if (err != ASSAY_OK) {
        return err;
    }
    size_t data_len = seal_data(file, data);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            seed, NULL, NULL, file->sealed, sizeof(file->sealed), data,
            data_len, file->nonce, key) != 0) {
        err = ASSAY_E_PASSPHRASE;
    }
    sodium_free(key);
    return err;
}

enum assay_err store_keyfile_open(const struct store_keyfile *file,
                                  struct assay_bytes passphrase,
                                  struct store_secret *secret_out)
{
    uint8_t *seed = sodium_malloc(STORE_SEED_SIZE);
    struct store_secret *secret = sodium_malloc(sizeof(*secret));
    enum assay_err err = ASSAY_OK;

    if (seed == NULL || secret == NULL) {
        err = ASSAY_E_NOMEM;
    } else if (file->info.is_encrypted) {
        err = unseal(file, passphrase, seed);
    } else {
        memcpy(seed, file->seed, STORE_SEED_SIZE);
    }
    if (err == ASSAY_OK && !seed_makes_key(file, seed, secret)) {
        err = ASSAY_E_MALFORMED;
    }
    if (err == ASSAY_OK) {
        *secret_out = *secret;
    }
    store_secret_free(secret);
    sodium_free(seed);
    return err;
}
