/* SPDX-License-Identifier: Apache-2.0 */
#include "export_file.h"

#include "captures.h"
#include "files.h"
#include "internal.h"
#include "protocol/check.h"
#include "protocol/kinds/capture.h"
#include "sequence.h"

#include <stdlib.h>

#define BUFFER_SIZE ((size_t)256 * 1024)

_Static_assert(BUFFER_SIZE >= ASSAY_ITEM_MAX, "any record must fit");

static enum assay_err flush(struct store_export *export)
{
    enum assay_err err = store_files_write(
        export->fd, (struct assay_bytes){export->buffer, export->len});

    export->len = 0;
    return err;
}

static enum assay_err write_bytes(struct store_export *export,
                                  struct assay_bytes bytes)
{
    if (bytes.len > BUFFER_SIZE - export->len) {
        enum assay_err err = flush(export);

        if (err != ASSAY_OK) {
            return err;
        }
    }
    if (bytes.len > BUFFER_SIZE) {
        return store_files_write(export->fd, bytes);
    }
    if (bytes.len > 0) {
        memcpy(export->buffer + export->len, bytes.data, bytes.len);
    }
    export->len += bytes.len;
    return ASSAY_OK;
}

enum assay_err store_export_begin(struct store_export *export,
                                  struct store_view *view, int fd,
                                  struct store_ledger *captures_of)
{
    uint8_t head[STORE_SEQUENCE_HEAD_MAX];

    *export = (struct store_export){
        .view = view,
        .fd = fd,
        .captures_of = captures_of,
        .buffer = malloc(BUFFER_SIZE),
    };
    if (export->buffer == NULL) {
        return ASSAY_E_NOMEM;
    }
    return write_bytes(export, store_sequence_write_head(head));
}

enum assay_err store_export_lsn(struct store_export *export, uint64_t lsn)
{
    struct store_row row;
    struct assay_bytes item;
    enum assay_err err = store_view_by_lsn(export->view, lsn, &row);

    if (err == ASSAY_OK && BUFFER_SIZE - export->len < ASSAY_ITEM_MAX) {
        err = flush(export);
    }
    if (err == ASSAY_OK) {
        err = assay_record_join(row.record.envelope, row.record.body,
                                export->buffer + export->len,
                                BUFFER_SIZE - export->len, &item);
    }
    if (err == ASSAY_OK) {
        export->len += item.len;
        export->count++;
    }
    return err;
}

/* Whether lsn is the first of the chosen records that name the bytes. */
static enum assay_err is_first(struct store_export *export, uint64_t lsn,
                               const uint8_t sha256[ASSAY_HASH_SIZE],
                               bool (*is_chosen)(const void *context,
                                                 uint64_t lsn),
                               const void *context)
{
    struct store_list_query query = {.list = STORE_LIST_SHA256};
    struct store_row row;
    uint64_t cursor = 0;
    enum assay_err err = ASSAY_OK;

    memcpy(query.id.hash, sha256, ASSAY_HASH_SIZE);
    do {
        err = store_list_next(export->view, &query, &cursor, &row);
    } while (err == ASSAY_OK && cursor < lsn && !is_chosen(context, cursor));
    if (err == ASSAY_OK && cursor != lsn) {
        return ASSAY_E_NOT_FOUND;
    }
    return err;
}

static enum assay_err write_capture(struct store_export *export,
                                    const uint8_t sha256[ASSAY_HASH_SIZE])
{
    uint8_t head[STORE_SEQUENCE_HEAD_MAX];
    struct assay_bytes bytes = ASSAY_BYTES_NONE;
    enum assay_err err =
        store_captures_get(export->captures_of, sha256, &bytes);

    if (err == ASSAY_E_NOT_FOUND || err == ASSAY_E_CORRUPT ||
        err == ASSAY_E_UNSAFE) {
        return ASSAY_OK; /* What is not here cannot be passed on. */
    }
    if (err != ASSAY_OK) {
        return err;
    }
    err = write_bytes(export, store_sequence_write_bytes(bytes.len, head));
    if (err == ASSAY_OK) {
        err = write_bytes(export, bytes);
    }
    store_captures_release(bytes);
    return err;
}

enum assay_err store_export_bytes(struct store_export *export, uint64_t lsn,
                                  bool (*is_chosen)(const void *context,
                                                    uint64_t lsn),
                                  const void *context)
{
    struct store_row row;
    struct assay_capture capture;
    enum assay_err err = store_watch_tell(export->view->ledger->watch, lsn,
                                          store_view_last_lsn(export->view));

    if (err == ASSAY_OK) {
        err = store_view_by_lsn(export->view, lsn, &row);
    }
    if (err != ASSAY_OK || export->captures_of == NULL ||
        row.record.payload.kind != ASSAY_KIND_CAPTURE ||
        row.record.body.data == NULL ||
        assay_capture_read(row.record.body, &capture, NULL) != ASSAY_OK) {
        return err;
    }
    err = is_first(export, lsn, capture.sha256, is_chosen, context);
    if (err == ASSAY_OK) {
        return write_capture(export, capture.sha256);
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

enum assay_err store_export_finish(struct store_export *export)
{
    uint8_t end[STORE_SEQUENCE_HEAD_MAX];
    enum assay_err err =
        write_bytes(export, store_sequence_write_end(export->count, end));

    return err == ASSAY_OK ? flush(export) : err;
}

void store_export_clear(struct store_export *export)
{
    free(export->buffer);
    export->buffer = NULL;
}
