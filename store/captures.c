/* SPDX-License-Identifier: Apache-2.0 */
#include "captures.h"

#include "files.h"
#include "protocol/check.h"
#include "protocol/key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Hashed and copied so much at a time. */
#define CHUNK_SIZE ((size_t)64 * 1024)

/* What is kept or mapped at most, whatever a caller allows: sixteen times what
 * is taken by default. */
#define CAPTURE_SIZE_MAX ((uint64_t)16 * ASSAY_CAPTURE_MAX)

/* A hash is a folder of two characters and a file of the others. */
#define HEX_LEN ((size_t)2 * ASSAY_HASH_SIZE)
#define FOLDER_LEN 2

/* "captures/", a folder's name, a file's name, as far as they go. */
#define WALK_PATH_MAX 1024

struct capture_name {
    char folder[FOLDER_LEN + 1];
    char file[HEX_LEN - FOLDER_LEN + 1];
};

static const uint8_t no_bytes[1];

static struct capture_name name_of(const uint8_t sha256[ASSAY_HASH_SIZE])
{
    struct capture_name name;
    char hex[HEX_LEN + 1];

    (void)sodium_bin2hex(hex, sizeof(hex), sha256, ASSAY_HASH_SIZE);
    memcpy(name.folder, hex, FOLDER_LEN);
    name.folder[FOLDER_LEN] = '\0';
    memcpy(name.file, hex + FOLDER_LEN, sizeof(name.file));
    return name;
}

static enum assay_err open_captures(struct store_ledger *ledger, bool make,
                                    int *folder_out)
{
    int root = -1;
    enum assay_err err =
        store_files_folder(AT_FDCWD, store_ledger_dir(ledger), false, &root);

    if (err == ASSAY_OK) {
        err = store_files_folder(root, "captures", make, folder_out);
    }
    store_files_close(root);
    return err;
}

/* Opens the folder that holds, or is to hold, the bytes. */
static enum assay_err open_bucket(struct store_ledger *ledger,
                                  const struct capture_name *name,
                                  int *folder_out)
{
    int captures = -1;
    enum assay_err err = open_captures(ledger, false, &captures);

    if (err == ASSAY_OK) {
        err = store_files_folder(captures, name->folder, false, folder_out);
    }
    store_files_close(captures);
    return err;
}

/* Hashes what is left of fd, up to max_bytes, and copies it to to_fd unless
 * that is -1. */
static enum assay_err hash_copy(int fd, int to_fd, uint64_t max_bytes,
                                struct store_capture_info *info)
{
    crypto_hash_sha256_state state;
    size_t len = 0;
    enum assay_err err = ASSAY_OK;
    uint8_t *chunk = malloc(CHUNK_SIZE);

    if (chunk == NULL) {
        return ASSAY_E_NOMEM;
    }
    info->size = 0;
    (void)crypto_hash_sha256_init(&state);
    do {
        err = store_files_read(fd, chunk, CHUNK_SIZE, &len);
        if (err != ASSAY_OK) {
            goto out;
        }
        if (len > max_bytes - info->size) {
            err = ASSAY_E_LIMIT;
            goto out;
        }
        info->size += len;
        (void)crypto_hash_sha256_update(&state, chunk, len);
        if (to_fd >= 0) {
            err = store_files_write(to_fd, (struct assay_bytes){chunk, len});
        }
    } while (err == ASSAY_OK && len == CHUNK_SIZE);
    (void)crypto_hash_sha256_final(&state, info->sha256);

out:
    free(chunk);
    return err;
}

/* Whether the file in a folder holds the bytes of that hash. */
static bool is_sound(int folder, const char *file,
                     const uint8_t sha256[ASSAY_HASH_SIZE])
{
    struct store_capture_info info = {.size = 0};
    struct stat status;
    int fd = -1;
    enum assay_err err = store_files_open(folder, file, &fd, &status);

    if (err == ASSAY_OK) {
        err = hash_copy(fd, -1, CAPTURE_SIZE_MAX, &info);
    }
    store_files_close(fd);
    return err == ASSAY_OK && memcmp(info.sha256, sha256, ASSAY_HASH_SIZE) == 0;
}

/* Puts the bytes aside in their place, unless they are there; a damaged file
 * that has their name is replaced. */
static enum assay_err keep(int captures, struct store_aside *aside,
                           struct store_capture_info *info)
{
    struct capture_name name = name_of(info->sha256);
    int bucket = -1;
    enum assay_err err =
        store_files_folder(captures, name.folder, true, &bucket);

    if (err == ASSAY_OK) {
        info->was_held = is_sound(bucket, name.file, info->sha256);
        if (!info->was_held) {
            err = store_aside_place(aside, bucket, name.file,
                                    STORE_ASIDE_REPLACE);
        }
    }
    store_files_close(bucket);
    return err;
}

enum assay_err store_captures_put(struct store_ledger *ledger, int fd,
                                  uint64_t max_bytes,
                                  struct store_capture_info *info_out)
{
    struct store_capture_info info = {.size = 0};
    struct store_aside aside = {.fd = -1};
    int captures = -1;

    if (max_bytes > CAPTURE_SIZE_MAX) {
        max_bytes = CAPTURE_SIZE_MAX;
    }
    enum assay_err err = open_captures(ledger, true, &captures);
    if (err != ASSAY_OK) {
        goto out;
    }
    err = store_aside_begin(captures, &aside);
    if (err != ASSAY_OK) {
        goto out;
    }
    err = hash_copy(fd, aside.fd, max_bytes, &info);
    if (err == ASSAY_OK) {
        err = keep(captures, &aside, &info);
    }

out:
    store_aside_drop(&aside);
    store_files_close(captures);
    if (err == ASSAY_OK) {
        *info_out = info;
    }
    return err;
}

static enum assay_err map_file(int fd, const struct stat *status,
                               struct assay_bytes *bytes_out)
{
    if (status->st_size < 0 || (uint64_t)status->st_size > CAPTURE_SIZE_MAX) {
        return ASSAY_E_CORRUPT;
    }
    if (status->st_size == 0) {
        *bytes_out = (struct assay_bytes){no_bytes, 0};
        return ASSAY_OK;
    }
    size_t len = (size_t)status->st_size;
    void *data = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        return store_files_err(errno);
    }
    *bytes_out = (struct assay_bytes){data, len};
    return ASSAY_OK;
}

enum assay_err store_captures_get(struct store_ledger *ledger,
                                  const uint8_t sha256[ASSAY_HASH_SIZE],
                                  struct assay_bytes *bytes_out)
{
    struct capture_name name = name_of(sha256);
    struct assay_bytes bytes = ASSAY_BYTES_NONE;
    uint8_t hash[ASSAY_HASH_SIZE];
    struct stat status;
    int bucket = -1;
    int fd = -1;
    enum assay_err err = open_bucket(ledger, &name, &bucket);

    if (err == ASSAY_OK) {
        err = store_files_open(bucket, name.file, &fd, &status);
    }
    if (err == ASSAY_OK) {
        err = map_file(fd, &status, &bytes);
    }
    store_files_close(fd);
    store_files_close(bucket);
    if (err != ASSAY_OK) {
        return err;
    }
    assay_hash(bytes, hash);
    if (memcmp(hash, sha256, sizeof(hash)) != 0) {
        store_captures_release(bytes);
        return ASSAY_E_CORRUPT;
    }
    *bytes_out = bytes;
    return ASSAY_OK;
}

void store_captures_release(struct assay_bytes bytes)
{
    if (bytes.len > 0) {
        /* POSIX takes the address without const and does not write there. */
        (void)munmap((void *)(uintptr_t)bytes.data, bytes.len);
    }
}

bool store_captures_has(struct store_ledger *ledger,
                        const uint8_t sha256[ASSAY_HASH_SIZE])
{
    struct capture_name name = name_of(sha256);
    struct stat status;
    int bucket = -1;

    if (open_bucket(ledger, &name, &bucket) != ASSAY_OK) {
        return false;
    }
    bool is_there =
        fstatat(bucket, name.file, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode);
    store_files_close(bucket);
    return is_there;
}

enum assay_err store_captures_drop(struct store_ledger *ledger,
                                   const uint8_t sha256[ASSAY_HASH_SIZE])
{
    struct capture_name name = name_of(sha256);
    int bucket = -1;
    enum assay_err err = open_bucket(ledger, &name, &bucket);

    if (err == ASSAY_OK) {
        err = unlinkat(bucket, name.file, 0) == 0 ? store_files_sync(bucket)
                                                  : store_files_err(errno);
    }
    store_files_close(bucket);
    return err;
}

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
    char hex[HEX_LEN + 1];
    size_t len = 0;

    if (strlen(file) != HEX_LEN - FOLDER_LEN) {
        return false;
    }
    memcpy(hex, folder, FOLDER_LEN);
    memcpy(hex + FOLDER_LEN, file, HEX_LEN - FOLDER_LEN + 1);
    if (sodium_hex2bin(hash, sizeof(hash), hex, HEX_LEN, NULL, &len, NULL) !=
            0 ||
        len != sizeof(hash)) {
        return false;
    }
    /* Upper case would be a second name for the same bytes. */
    struct capture_name name = name_of(hash);
    if (memcmp(name.folder, folder, FOLDER_LEN) != 0 ||
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

/* Takes the descriptor. */
static enum assay_err list_folder(int fd, DIR **list_out)
{
    DIR *list = fdopendir(fd);

    if (list == NULL) {
        enum assay_err err = store_files_err(errno);
        store_files_close(fd);
        return err;
    }
    *list_out = list;
    return ASSAY_OK;
}

static enum assay_err walk_bucket(struct walk *walk, int captures,
                                  const char *folder)
{
    uint8_t sha256[ASSAY_HASH_SIZE];
    const struct dirent *entry = NULL;
    DIR *list = NULL;
    int fd = -1;
    enum assay_err err = ASSAY_OK;

    if (strlen(folder) != FOLDER_LEN ||
        store_files_folder(captures, folder, false, &fd) != ASSAY_OK) {
        visit(walk, "", folder, false);
        return ASSAY_OK;
    }
    err = list_folder(fd, &list);
    if (err != ASSAY_OK) {
        return err;
    }
    while (!walk->has_stopped && (entry = readdir(list)) != NULL) {
        if (!is_dots(entry->d_name)) {
            visit(walk, folder, entry->d_name,
                  hash_of(folder, entry->d_name, sha256) &&
                      is_sound(dirfd(list), entry->d_name, sha256));
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
    enum assay_err err = open_captures(ledger, false, &captures);

    if (err == ASSAY_E_NOT_FOUND) {
        return ASSAY_OK;
    }
    if (err == ASSAY_OK) {
        err = list_folder(captures, &list);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    while (err == ASSAY_OK && !walk.has_stopped &&
           (entry = readdir(list)) != NULL) {
        if (!is_dots(entry->d_name)) {
            err = walk_bucket(&walk, captures, entry->d_name);
        }
    }
    (void)closedir(list);
    return err;
}
