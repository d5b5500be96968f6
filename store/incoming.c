/* SPDX-License-Identifier: Apache-2.0 */
#include "incoming.h"

#include "capture_stage.h"
#include "protocol/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MODE 0600

/* Hashed so much at a time when a file is opened. */
#define CHUNK_SIZE ((size_t)64 * 1024)

struct store_incoming {
    struct store_ledger *ledger;
    uint8_t sha256[ASSAY_HASH_SIZE];
    int folder;
    int fd;
    char name[STORE_INCOMING_NAME_SIZE]; /* Empty once it is in its place. */
    crypto_hash_sha256_state state;
    uint64_t size;
};

enum assay_err store_incoming_folder(struct store_ledger *ledger, bool make,
                                     int *folder_out)
{
    int root = -1;
    enum assay_err err =
        store_files_folder(AT_FDCWD, store_ledger_dir(ledger), false, &root);

    if (err == ASSAY_OK) {
        err = store_files_folder(root, "incoming", make, folder_out);
    }
    store_files_close(root);
    return err;
}

/* Hashes what is there, up to its end. */
static enum assay_err hash_held(struct store_incoming *incoming)
{
    size_t len = 0;
    enum assay_err err = ASSAY_OK;
    uint8_t *chunk = malloc(CHUNK_SIZE);

    if (chunk == NULL) {
        return ASSAY_E_NOMEM;
    }
    do {
        err = store_files_read(incoming->fd, chunk, CHUNK_SIZE, &len);
        if (err == ASSAY_OK && len > STORE_CAPTURE_SIZE_MAX - incoming->size) {
            err = ASSAY_E_LIMIT;
        }
        if (err == ASSAY_OK) {
            incoming->size += len;
            (void)crypto_hash_sha256_update(&incoming->state, chunk, len);
        }
    } while (err == ASSAY_OK && len == CHUNK_SIZE);
    free(chunk);
    return err;
}

static enum assay_err open_file(struct store_incoming *incoming)
{
    struct stat info;

    incoming->fd = openat(
        incoming->folder, incoming->name,
        O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, FILE_MODE);
    if (incoming->fd < 0 || fstat(incoming->fd, &info) != 0) {
        return store_files_err(errno);
    }
    return S_ISREG(info.st_mode) ? hash_held(incoming) : ASSAY_E_UNSAFE;
}

enum assay_err store_incoming_open(struct store_ledger *ledger,
                                   const uint8_t sha256[ASSAY_HASH_SIZE],
                                   struct store_incoming **incoming_out,
                                   uint64_t *len_out)
{
    struct store_incoming *incoming = calloc(1, sizeof(*incoming));
    enum assay_err err = ASSAY_E_NOMEM;

    if (incoming == NULL) {
        return ASSAY_E_NOMEM;
    }
    incoming->ledger = ledger;
    incoming->folder = -1;
    incoming->fd = -1;
    memcpy(incoming->sha256, sha256, sizeof(incoming->sha256));
    (void)sodium_bin2hex(incoming->name, sizeof(incoming->name), sha256,
                         ASSAY_HASH_SIZE);
    (void)crypto_hash_sha256_init(&incoming->state);
    err = store_incoming_folder(ledger, true, &incoming->folder);
    if (err == ASSAY_OK) {
        err = open_file(incoming);
    }
    if (err != ASSAY_OK) {
        store_incoming_close(incoming, true);
        return err;
    }
    *len_out = incoming->size;
    *incoming_out = incoming;
    return ASSAY_OK;
}

enum assay_err store_incoming_restart(struct store_incoming *incoming)
{
    if (ftruncate(incoming->fd, 0) != 0 ||
        lseek(incoming->fd, 0, SEEK_SET) != 0) {
        return store_files_err(errno);
    }
    incoming->size = 0;
    (void)crypto_hash_sha256_init(&incoming->state);
    return ASSAY_OK;
}

enum assay_err store_incoming_add(struct store_incoming *incoming,
                                  struct assay_bytes bytes)
{
    if (bytes.len > STORE_CAPTURE_SIZE_MAX - incoming->size) {
        return ASSAY_E_LIMIT;
    }
    incoming->size += bytes.len;
    (void)crypto_hash_sha256_update(&incoming->state, bytes.data, bytes.len);
    return store_files_write(incoming->fd, bytes);
}

/* Puts a file that is durable where captures are. */
static enum assay_err place(struct store_incoming *incoming)
{
    struct store_capture_name name = store_capture_name(incoming->sha256);
    int captures = -1;
    int bucket = -1;
    enum assay_err err =
        store_captures_folder(incoming->ledger, true, &captures);

    if (err == ASSAY_OK) {
        err = store_files_folder(captures, name.folder, true, &bucket);
    }
    if (err == ASSAY_OK &&
        renameat(incoming->folder, incoming->name, bucket, name.file) != 0) {
        err = store_files_err(errno);
    }
    if (err == ASSAY_OK) {
        incoming->name[0] = '\0';
        err = store_files_sync(bucket);
    }
    store_files_close(bucket);
    store_files_close(captures);
    return err;
}

enum assay_err store_incoming_finish(struct store_incoming *incoming)
{
    crypto_hash_sha256_state state = incoming->state;
    uint8_t hash[ASSAY_HASH_SIZE];

    ASSAY_CHECK(incoming->name[0] != '\0');
    (void)crypto_hash_sha256_final(&state, hash);
    if (memcmp(hash, incoming->sha256, sizeof(hash)) != 0) {
        return ASSAY_E_CORRUPT;
    }
    return fsync(incoming->fd) == 0 ? place(incoming) : store_files_err(errno);
}

void store_incoming_close(struct store_incoming *incoming, bool keep)
{
    if (incoming == NULL) {
        return;
    }
    if (incoming->fd >= 0 && incoming->name[0] != '\0' &&
        (!keep || incoming->size == 0)) {
        (void)unlinkat(incoming->folder, incoming->name, 0);
    }
    store_files_close(incoming->fd);
    store_files_close(incoming->folder);
    free(incoming);
}
