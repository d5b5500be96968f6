/* SPDX-License-Identifier: Apache-2.0 */
#include "passphrase.h"

#include "store/files.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>

struct node_secret_text {
    uint8_t bytes[NODE_PASSPHRASE_MAX + 2]; /* A line's end, and one more. */
};

static enum assay_err read_file(const char *path, struct node_secret_text *text,
                                size_t *len_out)
{
    struct stat info;
    int fd = -1;
    enum assay_err err = store_files_open(AT_FDCWD, path, &fd, &info);

    if (err == ASSAY_OK && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        err = ASSAY_E_UNSAFE;
    }
    if (err == ASSAY_OK) {
        err = store_files_read(fd, text->bytes, sizeof(text->bytes), len_out);
    }
    store_files_close(fd);
    return err;
}

enum assay_err node_passphrase_read(struct node_secret_text **text_out,
                                    struct assay_bytes *passphrase_out)
{
    const char *path = getenv("ASSAY_PASSPHRASE_FILE");
    struct node_secret_text *text = NULL;
    size_t len = 0;
    enum assay_err err = ASSAY_OK;

    *text_out = NULL;
    *passphrase_out = ASSAY_BYTES_NONE;
    if (path == NULL || path[0] == '\0') {
        return ASSAY_OK;
    }
    text = sodium_malloc(sizeof(*text));
    if (text == NULL) {
        return ASSAY_E_NOMEM;
    }
    err = read_file(path, text, &len);
    if (err == ASSAY_OK) {
        const uint8_t *end = memchr(text->bytes, '\n', len);

        len = end == NULL ? len : (size_t)(end - text->bytes);
        err = len > NODE_PASSPHRASE_MAX ? ASSAY_E_LIMIT : ASSAY_OK;
    }
    if (err != ASSAY_OK) {
        node_passphrase_free(text);
        return err;
    }
    *text_out = text;
    *passphrase_out = (struct assay_bytes){text->bytes, len};
    return ASSAY_OK;
}

void node_passphrase_free(struct node_secret_text *text)
{
    sodium_free(text);
}
