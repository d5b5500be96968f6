/* SPDX-License-Identifier: Apache-2.0 */
/* Key files on disk: read where nobody else can, written in one step. */
#include "keyfile.h"

#include <sodium.h>
#include <unistd.h>

#define LOOSE_BITS (S_IRWXG | S_IRWXO)

bool store_keyfile_is_private(const struct stat *info)
{
    return info->st_uid == geteuid() && (info->st_mode & LOOSE_BITS) == 0;
}

enum assay_err store_keyfile_read_fd(int fd, enum store_key_usage usage,
                                     struct store_keyfile **file_out)
{
    struct store_keyfile *file = store_keyfile_new();
    uint8_t *buffer = NULL;
    size_t len = 0;
    enum assay_err err = ASSAY_E_NOMEM;

    if (file == NULL) {
        return ASSAY_E_NOMEM;
    }
    /* It may hold a plain seed, so it is wiped like one. */
    buffer = sodium_malloc(STORE_KEYFILE_MAX + 1);
    if (buffer == NULL) {
        goto out;
    }
    err = store_files_read(fd, buffer, STORE_KEYFILE_MAX + 1, &len);
    if (err != ASSAY_OK) {
        goto out;
    }
    if (len > STORE_KEYFILE_MAX) {
        err = ASSAY_E_MALFORMED;
        goto out;
    }
    err = store_keyfile_read((struct assay_bytes){buffer, len}, file);
    if (err == ASSAY_OK && file->usage != usage) {
        err = ASSAY_E_MALFORMED;
    }
    if (err == ASSAY_OK) {
        *file_out = file;
        file = NULL; /* The caller's now. */
    }

out:
    sodium_free(buffer);
    store_keyfile_free(file);
    return err;
}

enum assay_err store_keyfile_load(int folder, const char *name,
                                  enum store_key_usage usage,
                                  struct store_keyfile **file_out)
{
    struct stat info;
    int fd = -1;
    enum assay_err err = store_files_open(folder, name, &fd, &info);

    if (err == ASSAY_OK && !store_keyfile_is_private(&info)) {
        err = ASSAY_E_UNSAFE;
    }
    if (err == ASSAY_OK) {
        err = store_keyfile_read_fd(fd, usage, file_out);
    }
    store_files_close(fd);
    return err;
}

enum assay_err store_keyfile_save(int folder, const char *name,
                                  const struct store_keyfile *file,
                                  enum store_aside_mode mode)
{
    struct store_aside aside = {.fd = -1};
    uint8_t *buffer = sodium_malloc(STORE_KEYFILE_MAX);
    enum assay_err err = ASSAY_E_NOMEM;

    if (buffer == NULL) {
        goto out;
    }
    err = store_aside_begin(folder, &aside);
    if (err != ASSAY_OK) {
        goto out;
    }
    err = store_files_write(aside.fd, store_keyfile_write(file, buffer));
    if (err == ASSAY_OK) {
        err = store_aside_place(&aside, folder, name, mode);
    }

out:
    store_aside_drop(&aside);
    sodium_free(buffer);
    return err;
}
