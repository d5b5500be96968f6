/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in the folders of captured bytes: how much, and what for. */
#include "capture_stage.h"
#include "incoming.h"
#include "lists.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static DIR *list_folder(int fd, enum assay_err *err_out)
{
    DIR *list = fdopendir(fd);

    if (list == NULL) {
        *err_out = store_files_err(errno);
        store_files_close(fd);
    }
    return list;
}

/* Adds the sizes of a folder's files; takes the descriptor. */
static enum assay_err add_sizes(int fd, uint64_t *size)
{
    enum assay_err err = ASSAY_OK;
    DIR *list = list_folder(fd, &err);
    const struct dirent *entry = NULL;

    if (list == NULL) {
        return err;
    }
    while ((entry = readdir(list)) != NULL) {
        struct stat info;

        if (fstatat(dirfd(list), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) ==
                0 &&
            S_ISREG(info.st_mode) && info.st_size > 0) {
            *size += (uint64_t)info.st_size;
        }
    }
    (void)closedir(list);
    return ASSAY_OK;
}

static enum assay_err add_captures(struct store_ledger *ledger, uint64_t *size)
{
    const struct dirent *entry = NULL;
    DIR *list = NULL;
    int captures = -1;
    enum assay_err err = store_captures_folder(ledger, false, &captures);

    if (err == ASSAY_OK) {
        list = list_folder(captures, &err);
    }
    while (list != NULL && err == ASSAY_OK && (entry = readdir(list)) != NULL) {
        int bucket = -1;

        if (entry->d_name[0] != '.' &&
            store_files_folder(dirfd(list), entry->d_name, false, &bucket) ==
                ASSAY_OK) {
            err = add_sizes(bucket, size);
        }
    }
    if (list != NULL) {
        (void)closedir(list);
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

enum assay_err store_captures_usage(struct store_ledger *ledger,
                                    uint64_t *size_out)
{
    uint64_t size = 0;
    int incoming = -1;
    enum assay_err err = add_captures(ledger, &size);

    if (err == ASSAY_OK) {
        err = store_incoming_folder(ledger, false, &incoming);
        if (err == ASSAY_OK) {
            err = add_sizes(incoming, &size);
        }
        err = err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
    }
    if (err == ASSAY_OK) {
        *size_out = size;
    }
    return err;
}

/* Whether a capture that is held is of the bytes that a file's name says. */
static bool is_named(struct store_view *view, const char *name)
{
    struct store_list_query query = {.list = STORE_LIST_SHA256};
    struct store_row row;
    uint64_t cursor = 0;
    size_t len = 0;

    return sodium_hex2bin(query.id.hash, sizeof(query.id.hash), name,
                          strlen(name), NULL, &len, NULL) == 0 &&
           len == sizeof(query.id.hash) &&
           store_list_next(view, &query, &cursor, &row) == ASSAY_OK;
}

enum assay_err store_incoming_prune(struct store_ledger *ledger)
{
    struct store_view *view = NULL;
    const struct dirent *entry = NULL;
    DIR *list = NULL;
    int folder = -1;
    enum assay_err err = store_incoming_folder(ledger, false, &folder);

    if (err == ASSAY_OK) {
        list = list_folder(folder, &err);
    }
    if (list == NULL) {
        return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
    }
    err = store_view_begin(ledger, STORE_NOW, &view);
    while (err == ASSAY_OK && (entry = readdir(list)) != NULL) {
        if (entry->d_name[0] != '.' && !is_named(view, entry->d_name)) {
            (void)unlinkat(dirfd(list), entry->d_name, 0);
        }
    }
    store_view_end(view);
    (void)closedir(list);
    return err;
}
