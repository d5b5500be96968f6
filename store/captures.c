/* SPDX-License-Identifier: Apache-2.0 */
#include "captures.h"

#include "capture_stage.h"
#include "protocol/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Hashed and copied so much at a time. */
#define CHUNK_SIZE ((size_t)64 * 1024)

static const uint8_t no_bytes[1];

/* Opens the folder that holds the bytes. */
static enum assay_err open_bucket(struct store_ledger *ledger,
                                  const struct store_capture_name *name,
                                  int *folder_out)
{
    int captures = -1;
    enum assay_err err = store_captures_folder(ledger, false, &captures);

    if (err == ASSAY_OK) {
        err = store_files_folder(captures, name->folder, false, folder_out);
    }
    store_files_close(captures);
    return err;
}

/* Reads once, when there is something; *len_out 0 at the end. */
static enum assay_err read_some(int fd, const struct store_watch *watch,
                                uint8_t *chunk, size_t *len_out)
{
    const int stop_fds[2] = {store_watch_stop_fd(watch), -1};
    ssize_t got = -1;

    do {
        enum assay_err err = store_files_wait(fd, stop_fds);

        if (err != ASSAY_OK) {
            return err;
        }
        got = read(fd, chunk, CHUNK_SIZE);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got < 0) {
        return store_files_err(errno);
    }
    *len_out = (size_t)got;
    return ASSAY_OK;
}

/* Adds what is left of fd, up to max_bytes, to a stage. */
static enum assay_err copy_in(int fd, uint64_t max_bytes,
                              const struct store_watch *watch,
                              struct store_capture_stage *stage)
{
    size_t len = 0;
    enum assay_err err = ASSAY_OK;
    uint8_t *chunk = malloc(CHUNK_SIZE);

    if (chunk == NULL) {
        return ASSAY_E_NOMEM;
    }
    do {
        err = read_some(fd, watch, chunk, &len);
        if (err == ASSAY_OK && len > max_bytes - stage->size) {
            err = ASSAY_E_LIMIT;
        }
        if (err == ASSAY_OK) {
            err = store_capture_stage_add(stage,
                                          (struct assay_bytes){chunk, len});
        }
        if (err == ASSAY_OK) {
            err = store_watch_tell(watch, stage->size, 0);
        }
    } while (err == ASSAY_OK && len > 0);
    free(chunk);
    return err;
}

enum assay_err store_captures_put(struct store_ledger *ledger, int fd,
                                  uint64_t max_bytes,
                                  struct store_capture_info *info_out)
{
    struct store_capture_info info;
    struct store_capture_stage stage = STORE_CAPTURE_STAGE_NONE;
    enum assay_err err = store_capture_stage_begin(ledger, &stage);

    if (err == ASSAY_OK) {
        err = copy_in(fd, max_bytes, store_ledger_watcher(ledger), &stage);
    }
    if (err == ASSAY_OK) {
        store_capture_stage_finish(&stage, &info);
        err = store_capture_stage_keep(&stage, &info);
    }
    store_capture_stage_drop(&stage);
    if (err == ASSAY_OK) {
        *info_out = info;
    }
    return err;
}

static enum assay_err map_file(int fd, const struct stat *status,
                               struct assay_bytes *bytes_out)
{
    if (status->st_size < 0 ||
        (uint64_t)status->st_size > STORE_CAPTURE_SIZE_MAX) {
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
    struct store_capture_name name = store_capture_name(sha256);
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
    void *data = NULL;

    if (bytes.len > 0) {
        /* POSIX takes the address without const and does not write there. */
        memcpy(&data, &bytes.data, sizeof(data));
        (void)munmap(data, bytes.len);
    }
}

bool store_captures_has(struct store_ledger *ledger,
                        const uint8_t sha256[ASSAY_HASH_SIZE])
{
    struct store_capture_name name = store_capture_name(sha256);
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
    struct store_capture_name name = store_capture_name(sha256);
    int bucket = -1;
    enum assay_err err = open_bucket(ledger, &name, &bucket);

    if (err == ASSAY_OK) {
        err = unlinkat(bucket, name.file, 0) == 0 ? store_files_sync(bucket)
                                                  : store_files_err(errno);
    }
    store_files_close(bucket);
    return err;
}
