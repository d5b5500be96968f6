/* SPDX-License-Identifier: Apache-2.0 */
#include "node_key.h"

#include "files.h"
#include "keyfile.h"

#include <fcntl.h>
#include <sodium.h>

_Static_assert(STORE_SEED_SIZE == ASSAY_NOISE_KEY_SIZE, "the seed is X25519's");

#define FILE_NAME "node.key"

/* The name inside the file. */
#define KEY_NAME "node"

static enum assay_err load(int folder, struct store_keyfile **file_out)
{
    return store_keyfile_load(folder, FILE_NAME, STORE_KEY_SPEAKS, file_out);
}

/* Makes a key and its file. ASSAY_E_EXISTS where another process was faster. */
static enum assay_err make(int folder, struct assay_bytes passphrase,
                           uint64_t now_s)
{
    struct store_keyfile *file = store_keyfile_new();

    if (file == NULL) {
        return ASSAY_E_NOMEM;
    }
    enum assay_err err = store_keyfile_make(file, STORE_KEY_SPEAKS, now_s);
    if (err == ASSAY_OK) {
        memcpy(file->info.name, KEY_NAME, sizeof(KEY_NAME));
        err =
            store_keyfile_seal(file, passphrase, store_keyfile_cost_default());
    }
    if (err == ASSAY_OK) {
        err = store_keyfile_save(folder, FILE_NAME, file, STORE_ASIDE_NEW);
    }
    store_keyfile_free(file);
    return err;
}

/* Whoever made the key, what is in the file is what counts. */
static enum assay_err load_or_make(int folder, struct assay_bytes passphrase,
                                   uint64_t now_s,
                                   struct store_keyfile **file_out)
{
    enum assay_err err = load(folder, file_out);

    if (err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    err = make(folder, passphrase, now_s);
    if (err != ASSAY_OK && err != ASSAY_E_EXISTS) {
        return err;
    }
    return load(folder, file_out);
}

static enum assay_err unlock(const struct store_keyfile *file,
                             struct assay_bytes passphrase,
                             struct store_node_key **key_out)
{
    struct store_node_key *key = sodium_malloc(sizeof(*key));
    struct store_secret *secret = sodium_malloc(sizeof(*secret));
    enum assay_err err = ASSAY_E_NOMEM;

    if (key != NULL && secret != NULL) {
        err = store_keyfile_open(file, passphrase, secret);
    }
    if (err == ASSAY_OK) {
        memcpy(key->pair.secret, secret->bytes, sizeof(key->pair.secret));
        key->pair.key = file->info.key;
        *key_out = key;
        key = NULL; /* The caller's now. */
    }
    store_secret_free(secret);
    store_node_key_free(key);
    return err;
}

static enum assay_err open_folder(struct store_ledger *ledger, int *folder_out)
{
    return store_files_folder(AT_FDCWD, store_ledger_dir(ledger), false,
                              folder_out);
}

enum assay_err store_node_key_open(struct store_ledger *ledger,
                                   struct assay_bytes passphrase,
                                   uint64_t now_s,
                                   struct store_node_key **key_out)
{
    struct store_keyfile *file = NULL;
    int folder = -1;
    enum assay_err err = open_folder(ledger, &folder);

    if (err == ASSAY_OK) {
        err = load_or_make(folder, passphrase, now_s, &file);
    }
    if (err == ASSAY_OK) {
        err = unlock(file, passphrase, key_out);
    }
    store_keyfile_free(file);
    store_files_close(folder);
    return err;
}

void store_node_key_free(struct store_node_key *key)
{
    sodium_free(key);
}

enum assay_err store_node_key_find(struct store_ledger *ledger,
                                   struct store_key_info *info_out)
{
    struct store_keyfile *file = NULL;
    int folder = -1;
    enum assay_err err = open_folder(ledger, &folder);

    if (err == ASSAY_OK) {
        err = load(folder, &file);
    }
    if (err == ASSAY_OK) {
        *info_out = file->info;
    }
    store_keyfile_free(file);
    store_files_close(folder);
    return err;
}
