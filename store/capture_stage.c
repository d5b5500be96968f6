/* SPDX-License-Identifier: Apache-2.0 */
#include "capture_stage.h"

#include "protocol/check.h"

#include <fcntl.h>
#include <stdlib.h>

/* Read again so much at a time. */
#define CHUNK_SIZE ((size_t)64 * 1024)

struct store_capture_name
store_capture_name(const uint8_t sha256[ASSAY_HASH_SIZE])
{
    struct store_capture_name name;
    char hex[STORE_CAPTURE_HEX_LEN + 1];

    (void)sodium_bin2hex(hex, sizeof(hex), sha256, ASSAY_HASH_SIZE);
    memcpy(name.folder, hex, STORE_CAPTURE_FOLDER_LEN);
    name.folder[STORE_CAPTURE_FOLDER_LEN] = '\0';
    memcpy(name.file, hex + STORE_CAPTURE_FOLDER_LEN, sizeof(name.file));
    return name;
}

enum assay_err store_captures_folder(struct store_ledger *ledger, bool make,
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

/* Hashes the file of fd. */
static enum assay_err hash_file(int fd, uint8_t sha256_out[ASSAY_HASH_SIZE])
{
    crypto_hash_sha256_state state;
    size_t len = 0;
    enum assay_err err = ASSAY_OK;
    uint8_t *chunk = malloc(CHUNK_SIZE);

    if (chunk == NULL) {
        return ASSAY_E_NOMEM;
    }
    (void)crypto_hash_sha256_init(&state);
    do {
        err = store_files_read(fd, chunk, CHUNK_SIZE, &len);
        if (err == ASSAY_OK) {
            (void)crypto_hash_sha256_update(&state, chunk, len);
        }
    } while (err == ASSAY_OK && len == CHUNK_SIZE);
    (void)crypto_hash_sha256_final(&state, sha256_out);
    free(chunk);
    return err;
}

bool store_capture_is_sound(int folder, const char *file,
                            const uint8_t sha256[ASSAY_HASH_SIZE])
{
    uint8_t hash[ASSAY_HASH_SIZE];
    struct stat status;
    int fd = -1;
    enum assay_err err = store_files_open(folder, file, &fd, &status);

    if (err == ASSAY_OK) {
        err = hash_file(fd, hash);
    }
    store_files_close(fd);
    return err == ASSAY_OK && memcmp(hash, sha256, sizeof(hash)) == 0;
}

enum assay_err store_capture_stage_begin(struct store_ledger *ledger,
                                         struct store_capture_stage *stage_out)
{
    struct store_capture_stage stage = STORE_CAPTURE_STAGE_NONE;
    enum assay_err err = store_captures_folder(ledger, true, &stage.captures);

    if (err == ASSAY_OK) {
        store_aside_sweep(stage.captures);
        err = store_aside_begin(stage.captures, &stage.aside);
    }
    if (err != ASSAY_OK) {
        store_capture_stage_drop(&stage);
        return err;
    }
    (void)crypto_hash_sha256_init(&stage.state);
    *stage_out = stage;
    return ASSAY_OK;
}

enum assay_err store_capture_stage_add(struct store_capture_stage *stage,
                                       struct assay_bytes bytes)
{
    ASSAY_CHECK(stage->captures >= 0);
    if (bytes.len > STORE_CAPTURE_SIZE_MAX - stage->size) {
        return ASSAY_E_LIMIT;
    }
    stage->size += bytes.len;
    (void)crypto_hash_sha256_update(&stage->state, bytes.data, bytes.len);
    return store_files_write(stage->aside.fd, bytes);
}

void store_capture_stage_finish(struct store_capture_stage *stage,
                                struct store_capture_info *info_out)
{
    info_out->size = stage->size;
    info_out->was_held = false;
    (void)crypto_hash_sha256_final(&stage->state, info_out->sha256);
}

enum assay_err store_capture_stage_keep(struct store_capture_stage *stage,
                                        struct store_capture_info *info)
{
    struct store_capture_name name = store_capture_name(info->sha256);
    int bucket = -1;
    enum assay_err err =
        store_files_folder(stage->captures, name.folder, true, &bucket);

    if (err == ASSAY_OK) {
        info->was_held =
            store_capture_is_sound(bucket, name.file, info->sha256);
        if (!info->was_held) {
            err = store_aside_place(&stage->aside, bucket, name.file,
                                    STORE_ASIDE_REPLACE);
        }
    }
    store_files_close(bucket);
    return err;
}

void store_capture_stage_drop(struct store_capture_stage *stage)
{
    store_aside_drop(&stage->aside);
    store_files_close(stage->captures);
    stage->captures = -1;
}
