/* SPDX-License-Identifier: Apache-2.0 */
#include "captures.h"

#include "capture_stage.h"
#include "protocol/check.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

/* "captures/", a folder's name, a file's name, as far as they go. */
#define WALK_PATH_MAX 1024

/* A walk over the files of captures/. */
struct walk {
    bool (*visit)(void *context, const char *path, bool is_sound);
    void *context;
    char path[WALK_PATH_MAX]; /* Of what is visited. */
    bool has_stopped;
};

static void visit(struct walk *walk, const char *folder, const char *file,
                  bool is_sound)
{
    int len = snprintf(walk->path, sizeof(walk->path), "captures/%s%s%s",
                       folder, folder[0] == '\0' ? "" : "/", file);

    ASSAY_CHECK(len > 0 && (size_t)len < sizeof(walk->path));
    if (!walk->visit(walk->context, walk->path, is_sound)) {
        walk->has_stopped = true;
    }
}

/* Reads the hash that the names of a folder and a file make. */
static bool hash_of(const char *folder, const char *file,
                    uint8_t sha256_out[ASSAY_HASH_SIZE])
{
    uint8_t hash[ASSAY_HASH_SIZE];
    char hex[STORE_CAPTURE_HEX_LEN + 1];
    size_t len = 0;

    if (strlen(file) != STORE_CAPTURE_HEX_LEN - STORE_CAPTURE_FOLDER_LEN) {
        return false;
    }
    memcpy(hex, folder, STORE_CAPTURE_FOLDER_LEN);
    memcpy(hex + STORE_CAPTURE_FOLDER_LEN, file,
           STORE_CAPTURE_HEX_LEN - STORE_CAPTURE_FOLDER_LEN + 1);
    if (sodium_hex2bin(hash, sizeof(hash), hex, STORE_CAPTURE_HEX_LEN, NULL,
                       &len, NULL) != 0 ||
        len != sizeof(hash)) {
        return false;
    }
    /* Upper case would be a second name for the same bytes. */
    struct store_capture_name name = store_capture_name(hash);
    if (memcmp(name.folder, folder, STORE_CAPTURE_FOLDER_LEN) != 0 ||
        strcmp(name.file, file) != 0) {
        return false;
    }
    memcpy(sha256_out, hash, sizeof(hash));
    return true;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Lists an open folder and takes the descriptor; NULL, with *err_out set,
 * where it cannot. */
static DIR *list_folder(int fd, enum assay_err *err_out)
{
    DIR *list = fdopendir(fd);

    if (list == NULL) {
        *err_out = store_files_err(errno);
        store_files_close(fd);
    }
    return list;
}

static enum assay_err walk_bucket(struct walk *walk, int captures,
                                  const char *folder)
{
    uint8_t sha256[ASSAY_HASH_SIZE];
    const struct dirent *entry = NULL;
    DIR *list = NULL;
    int fd = -1;
    enum assay_err err = ASSAY_OK;

    if (strlen(folder) != STORE_CAPTURE_FOLDER_LEN ||
        store_files_folder(captures, folder, false, &fd) != ASSAY_OK) {
        visit(walk, "", folder, false);
        return ASSAY_OK;
    }
    list = list_folder(fd, &err);
    if (list == NULL) {
        return err;
    }
    while (!walk->has_stopped && (entry = readdir(list)) != NULL) {
        if (!is_dots(entry->d_name)) {
            visit(
                walk, folder, entry->d_name,
                hash_of(folder, entry->d_name, sha256) &&
                    store_capture_is_sound(dirfd(list), entry->d_name, sha256));
        }
    }
    (void)closedir(list);
    return ASSAY_OK;
}

enum assay_err store_captures_walk(struct store_ledger *ledger,
                                   bool (*visit_file)(void *context,
                                                      const char *path,
                                                      bool is_sound),
                                   void *context)
{
    struct walk walk = {.visit = visit_file, .context = context};
    const struct dirent *entry = NULL;
    DIR *list = NULL;
    int captures = -1;
    enum assay_err err = store_captures_folder(ledger, false, &captures);

    if (err == ASSAY_E_NOT_FOUND) {
        return ASSAY_OK;
    }
    if (err == ASSAY_OK) {
        list = list_folder(captures, &err);
    }
    if (list == NULL) {
        return err;
    }
    while (err == ASSAY_OK && !walk.has_stopped &&
           (entry = readdir(list)) != NULL) {
        /* What is on its way is no capture, and what a crash left of one is
         * removed when the next is stored. */
        if (!is_dots(entry->d_name) && !store_aside_is_named(entry->d_name)) {
            err = walk_bucket(&walk, captures, entry->d_name);
        }
    }
    (void)closedir(list);
    return err;
}
