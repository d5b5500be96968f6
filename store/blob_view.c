/* SPDX-License-Identifier: Apache-2.0 */
#include "blob_view.h"

#include "capture_stage.h"

#include <errno.h>
#include <unistd.h>

/* Opens the file of a hash; the caller closes it. */
static enum assay_err open_capture(struct store_ledger *ledger,
                                   const uint8_t sha256[ASSAY_HASH_SIZE],
                                   int *fd_out, uint64_t *size_out)
{
    struct store_capture_name name = store_capture_name(sha256);
    struct stat info = {0};
    int captures = -1;
    int bucket = -1;
    enum assay_err err = store_captures_folder(ledger, false, &captures);

    if (err == ASSAY_OK) {
        err = store_files_folder(captures, name.folder, false, &bucket);
    }
    if (err == ASSAY_OK) {
        err = store_files_open(bucket, name.file, fd_out, &info);
    }
    store_files_close(bucket);
    store_files_close(captures);
    if (err == ASSAY_OK) {
        *size_out = info.st_size > 0 ? (uint64_t)info.st_size : 0;
    }
    return err;
}

static enum assay_err get_size(void *context,
                               const uint8_t sha256[ASSAY_HASH_SIZE],
                               uint64_t *size_out)
{
    int fd = -1;
    enum assay_err err = open_capture(context, sha256, &fd, size_out);

    store_files_close(fd);
    return err;
}

static enum assay_err read_part(void *context,
                                const uint8_t sha256[ASSAY_HASH_SIZE],
                                uint64_t offset, uint8_t *out, size_t len)
{
    uint64_t size = 0;
    size_t done = 0;
    int fd = -1;
    enum assay_err err = open_capture(context, sha256, &fd, &size);

    if (err == ASSAY_OK && (offset > size || len > size - offset)) {
        err = ASSAY_E_NOT_FOUND; /* It is another file than a moment ago. */
    }
    while (err == ASSAY_OK && done < len) {
        ssize_t count =
            pread(fd, out + done, len - done, (off_t)(offset + done));

        if (count > 0) {
            done += (size_t)count;
        } else if (count == 0 || errno != EINTR) {
            err = ASSAY_E_IO;
        }
    }
    store_files_close(fd);
    return err;
}

struct assay_blob_view store_blob_view(struct store_ledger *ledger)
{
    return (struct assay_blob_view){
        .context = ledger, .size = get_size, .read = read_part};
}
