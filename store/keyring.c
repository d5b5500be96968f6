/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring.h"

#include "files.h"
#include "keyfile.h"
#include "protocol/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SUFFIX ".key"
#define SUFFIX_LEN (sizeof(SUFFIX) - 1)

/* A key's name, the suffix and a final zero. */
#define FILE_NAME_SIZE (STORE_KEY_NAME_MAX + SUFFIX_LEN + 1)

/* Keys that are listed: more than any desk has members. */
#define KEYS_MAX 4096

static void file_name(const char *name, char out[FILE_NAME_SIZE])
{
    int len = snprintf(out, FILE_NAME_SIZE, "%s" SUFFIX, name);

    ASSAY_CHECK(len > 0 && (size_t)len < FILE_NAME_SIZE);
}

static enum assay_err open_keys(struct store_ledger *ledger, bool make,
                                int *folder_out)
{
    struct stat info;
    int root = -1;
    int folder = -1;
    enum assay_err err =
        store_files_folder(AT_FDCWD, store_ledger_dir(ledger), false, &root);

    if (err == ASSAY_OK) {
        err = store_files_folder(root, "keys", make, &folder);
    }
    if (err == ASSAY_OK && fstat(folder, &info) != 0) {
        err = store_files_err(errno);
    }
    if (err == ASSAY_OK && !store_keyfile_is_private(&info)) {
        err = ASSAY_E_UNSAFE;
    }
    store_files_close(root);
    if (err != ASSAY_OK) {
        store_files_close(folder);
        return err;
    }
    if (make) {
        store_aside_sweep(folder); /* Secrets that a crash left there. */
    }
    *folder_out = folder;
    return ASSAY_OK;
}

/* Loads a key by name. What the file is called is the key's name. */
static enum assay_err load(int folder, const char *name,
                           struct store_keyfile **file_out)
{
    char path[FILE_NAME_SIZE];
    struct store_keyfile *file = NULL;

    if (!store_keyfile_is_name(name)) {
        return ASSAY_E_NOT_FOUND;
    }
    file_name(name, path);
    enum assay_err err =
        store_keyfile_load(folder, path, STORE_KEY_SIGNS, &file);
    if (err == ASSAY_OK) {
        memset(file->info.name, 0, sizeof(file->info.name));
        memcpy(file->info.name, name, strlen(name));
        *file_out = file;
    }
    return err;
}

static enum assay_err save_as(int folder, const char *name,
                              struct store_keyfile *file,
                              enum store_aside_mode mode)
{
    char path[FILE_NAME_SIZE];

    ASSAY_CHECK(store_keyfile_is_name(name));
    if (name != file->info.name) {
        memset(file->info.name, 0, sizeof(file->info.name));
        memcpy(file->info.name, name, strlen(name));
    }
    file_name(file->info.name, path);
    return store_keyfile_save(folder, path, file, mode);
}

/* Opens the keyring and loads a key. */
static enum assay_err find(struct store_ledger *ledger, const char *name,
                           int *folder_out, struct store_keyfile **file_out)
{
    int folder = -1;
    enum assay_err err = open_keys(ledger, false, &folder);

    if (err == ASSAY_OK) {
        err = load(folder, name, file_out);
    }
    if (err != ASSAY_OK) {
        store_files_close(folder);
        return err;
    }
    *folder_out = folder;
    return ASSAY_OK;
}

/* A new random key in file, sealed where there is a passphrase. */
static enum assay_err make(struct store_keyfile *file,
                           struct assay_bytes passphrase, uint64_t now_s)
{
    enum assay_err err = store_keyfile_make(file, STORE_KEY_SIGNS, now_s);

    if (err != ASSAY_OK) {
        return err;
    }
    return store_keyfile_seal(file, passphrase, store_keyfile_cost_default());
}

enum assay_err store_keyring_new(struct store_ledger *ledger, const char *name,
                                 struct assay_bytes passphrase, uint64_t now_s,
                                 struct store_key_info *info_out)
{
    struct store_keyfile *file = NULL;
    int folder = -1;

    if (!store_keyfile_is_name(name)) {
        return ASSAY_E_MALFORMED;
    }
    enum assay_err err = open_keys(ledger, true, &folder);
    if (err != ASSAY_OK) {
        return err;
    }
    file = store_keyfile_new();
    err = file == NULL ? ASSAY_E_NOMEM : make(file, passphrase, now_s);
    if (err == ASSAY_OK) {
        err = save_as(folder, name, file, STORE_ASIDE_NEW);
    }
    if (err == ASSAY_OK) {
        *info_out = file->info;
    }
    store_keyfile_free(file);
    store_files_close(folder);
    return err;
}

/* What list shows of a file that cannot be used: its name, made harmless. */
static void show_unusable(const char *stem, size_t len,
                          struct store_key_info *info_out)
{
    memset(info_out, 0, sizeof(*info_out));
    for (size_t index = 0; index < len && index < STORE_KEY_NAME_MAX; index++) {
        char c = stem[index];

        info_out->name[index] = c > ' ' && c <= '~' ? c : '?';
    }
}

static void describe(int folder, const char *stem, size_t len,
                     struct store_key_info *info_out)
{
    char name[STORE_KEY_NAME_MAX + 1] = {0};
    struct store_keyfile *file = NULL;

    show_unusable(stem, len, info_out);
    if (len > STORE_KEY_NAME_MAX) {
        return;
    }
    memcpy(name, stem, len);
    if (load(folder, name, &file) == ASSAY_OK) {
        *info_out = file->info;
    }
    store_keyfile_free(file);
}

/* By name; what cannot be used comes last. */
static int compare_infos(const void *a, const void *b)
{
    const struct store_key_info *first = a;
    const struct store_key_info *second = b;
    bool first_is_bad =
        sodium_is_zero(first->key.bytes, sizeof(first->key.bytes)) == 1;
    bool second_is_bad =
        sodium_is_zero(second->key.bytes, sizeof(second->key.bytes)) == 1;

    if (first_is_bad != second_is_bad) {
        return first_is_bad ? 1 : -1;
    }
    return strcmp(first->name, second->name);
}

struct key_list {
    struct store_key_info *infos;
    size_t count;
    size_t cap;
};

static enum assay_err grow(struct key_list *keys)
{
    size_t cap = keys->cap == 0 ? 16 : keys->cap * 2;
    struct store_key_info *infos = NULL;

    if (keys->count < keys->cap) {
        return ASSAY_OK;
    }
    if (cap > KEYS_MAX) {
        return ASSAY_E_LIMIT;
    }
    infos = realloc(keys->infos, cap * sizeof(*infos));
    if (infos == NULL) {
        return ASSAY_E_NOMEM;
    }
    keys->infos = infos;
    keys->cap = cap;
    return ASSAY_OK;
}

static enum assay_err list_files(DIR *list, struct key_list *keys)
{
    const struct dirent *entry = NULL;
    enum assay_err err = ASSAY_OK;

    while (err == ASSAY_OK && (entry = readdir(list)) != NULL) {
        size_t len = strlen(entry->d_name);

        if (entry->d_name[0] == '.' || len <= SUFFIX_LEN ||
            strcmp(entry->d_name + len - SUFFIX_LEN, SUFFIX) != 0) {
            continue;
        }
        err = grow(keys);
        if (err == ASSAY_OK) {
            describe(dirfd(list), entry->d_name, len - SUFFIX_LEN,
                     &keys->infos[keys->count]);
            keys->count++;
        }
    }
    return err;
}

enum assay_err store_keyring_list(struct store_ledger *ledger,
                                  struct store_key_info **infos_out,
                                  size_t *count_out)
{
    struct key_list keys = {NULL, 0, 0};
    int folder = -1;
    enum assay_err err = open_keys(ledger, false, &folder);

    if (err == ASSAY_E_NOT_FOUND) {
        *infos_out = NULL;
        *count_out = 0;
        return ASSAY_OK;
    }
    if (err != ASSAY_OK) {
        return err;
    }
    DIR *list = fdopendir(folder);
    if (list == NULL) {
        err = store_files_err(errno);
        store_files_close(folder);
        return err;
    }
    err = list_files(list, &keys);
    (void)closedir(list);
    if (err != ASSAY_OK) {
        free(keys.infos);
        return err;
    }
    if (keys.count > 0) {
        qsort(keys.infos, keys.count, sizeof(*keys.infos), compare_infos);
    }
    *infos_out = keys.infos;
    *count_out = keys.count;
    return ASSAY_OK;
}

enum assay_err store_keyring_find(struct store_ledger *ledger, const char *name,
                                  struct store_key_info *info_out)
{
    struct store_keyfile *file = NULL;
    int folder = -1;
    enum assay_err err = find(ledger, name, &folder, &file);

    if (err == ASSAY_OK) {
        *info_out = file->info;
    }
    store_keyfile_free(file);
    store_files_close(folder);
    return err;
}

static enum assay_err unlock(const struct store_keyfile *file,
                             struct assay_bytes passphrase,
                             struct store_secret **secret_out)
{
    struct store_secret *secret = sodium_malloc(sizeof(*secret));
    enum assay_err err = ASSAY_E_NOMEM;

    if (secret != NULL) {
        err = store_keyfile_open(file, passphrase, secret);
    }
    if (err != ASSAY_OK) {
        store_secret_free(secret);
        return err;
    }
    *secret_out = secret;
    return ASSAY_OK;
}

enum assay_err store_keyring_unlock(struct store_ledger *ledger,
                                    const char *name,
                                    struct assay_bytes passphrase,
                                    struct store_secret **secret_out)
{
    struct store_keyfile *file = NULL;
    int folder = -1;
    enum assay_err err = find(ledger, name, &folder, &file);

    if (err == ASSAY_OK) {
        err = unlock(file, passphrase, secret_out);
    }
    store_keyfile_free(file);
    store_files_close(folder);
    return err;
}

enum assay_err store_keyring_set_passphrase(struct store_ledger *ledger,
                                            const char *name,
                                            struct assay_bytes old_passphrase,
                                            struct assay_bytes new_passphrase)
{
    struct store_keyfile *file = NULL;
    struct store_secret *secret = NULL;
    int folder = -1;
    enum assay_err err = find(ledger, name, &folder, &file);

    if (err == ASSAY_OK) {
        err = unlock(file, old_passphrase, &secret);
    }
    if (err == ASSAY_OK) {
        /* libsodium's secret begins with the seed. */
        memcpy(file->seed, secret->bytes, sizeof(file->seed));
        file->info.is_encrypted = false;
        err = store_keyfile_seal(file, new_passphrase,
                                 store_keyfile_cost_default());
    }
    if (err == ASSAY_OK) {
        err = save_as(folder, file->info.name, file, STORE_ASIDE_REPLACE);
    }
    store_secret_free(secret);
    store_keyfile_free(file);
    store_files_close(folder);
    return err;
}

enum assay_err store_keyring_rename(struct store_ledger *ledger,
                                    const char *from, const char *to)
{
    char from_path[FILE_NAME_SIZE];
    struct store_keyfile *file = NULL;
    int folder = -1;

    if (!store_keyfile_is_name(to)) {
        return ASSAY_E_MALFORMED;
    }
    enum assay_err err = find(ledger, from, &folder, &file);
    if (err == ASSAY_OK) {
        file_name(from, from_path);
        err = save_as(folder, to, file, STORE_ASIDE_NEW);
    }
    /* A crash before this leaves the key under both names, not under none. */
    if (err == ASSAY_OK && unlinkat(folder, from_path, 0) != 0) {
        err = store_files_err(errno);
    }
    if (err == ASSAY_OK) {
        err = store_files_sync(folder);
    }
    store_keyfile_free(file);
    store_files_close(folder);
    return err;
}

enum assay_err store_keyring_export(struct store_ledger *ledger,
                                    const char *name, const char *path)
{
    struct store_keyfile *file = NULL;
    const char *target_name = NULL;
    int folder = -1;
    int target = -1;
    enum assay_err err = find(ledger, name, &folder, &file);

    if (err == ASSAY_OK) {
        err = store_files_parent(path, &target, &target_name);
    }
    if (err == ASSAY_OK) {
        err = store_keyfile_save(target, target_name, file, STORE_ASIDE_NEW);
    }
    store_keyfile_free(file);
    store_files_close(target);
    store_files_close(folder);
    return err;
}

/* Loads a file from outside the keyring. Where its secret is plain, others
 * must not have been able to read it. */
static enum assay_err load_outside(const char *path,
                                   struct store_keyfile **file_out)
{
    struct store_keyfile *file = NULL;
    const char *name = NULL;
    struct stat info;
    int folder = -1;
    int fd = -1;
    enum assay_err err = store_files_parent(path, &folder, &name);

    if (err == ASSAY_OK) {
        err = store_files_open(folder, name, &fd, &info);
    }
    if (err == ASSAY_OK) {
        err = store_keyfile_read_fd(fd, STORE_KEY_SIGNS, &file);
    }
    if (err == ASSAY_OK && !file->info.is_encrypted &&
        !store_keyfile_is_private(&info)) {
        err = ASSAY_E_UNSAFE;
    }
    store_files_close(fd);
    store_files_close(folder);
    if (err != ASSAY_OK) {
        store_keyfile_free(file);
        return err;
    }
    *file_out = file;
    return ASSAY_OK;
}

enum assay_err store_keyring_import(struct store_ledger *ledger,
                                    const char *path, const char *name,
                                    struct store_key_info *info_out)
{
    struct store_keyfile *file = NULL;
    int folder = -1;

    if (name != NULL && !store_keyfile_is_name(name)) {
        return ASSAY_E_MALFORMED;
    }
    enum assay_err err = load_outside(path, &file);
    if (err == ASSAY_OK) {
        err = open_keys(ledger, true, &folder);
    }
    if (err == ASSAY_OK) {
        err = save_as(folder, name != NULL ? name : file->info.name, file,
                      STORE_ASIDE_NEW);
    }
    if (err == ASSAY_OK) {
        *info_out = file->info;
    }
    store_keyfile_free(file);
    store_files_close(folder);
    return err;
}
