/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captured bytes that go with the body that named them.
 *
 * Bytes are files, and files are no part of a transaction. So the batch that
 * erases a capture's body notes the hash, its commit removes the file, and a
 * later batch takes the note away, once the file is gone or another capture
 * names it. Whatever is killed in between, the bytes go with the next commit.
 */
#include <stdlib.h>

#include "batch_internal.h"
#include "captures.h"
#include "lists.h"
#include "local.h"
#include "protocol/kinds/capture.h"

enum assay_err store_erase_bytes_note(struct store_batch *batch,
                                      const struct store_row *row)
{
    struct assay_capture capture;

    if (row->record.payload.kind != ASSAY_KIND_CAPTURE ||
        assay_capture_read(row->record.body, &capture, NULL) != ASSAY_OK) {
        return ASSAY_OK;
    }
    batch->has_drops = true;
    return store_local_put(
        &batch->view, STORE_LOCAL_DROP,
        (struct assay_bytes){capture.sha256, sizeof(capture.sha256)},
        ASSAY_BYTES_NONE);
}

/* Whether a capture that is held, with its body, is of these bytes. */
static enum assay_err is_needed(struct store_batch *batch,
                                const struct store_batch_drop *drop,
                                bool *is_needed_out)
{
    struct store_list_query query = {.list = STORE_LIST_SHA256};
    struct store_row row;
    uint64_t cursor = 0;
    enum assay_err err;

    memcpy(query.id.hash, drop->sha256, sizeof(query.id.hash));
    err = store_list_next(&batch->view, &query, &cursor, &row);
    *is_needed_out = err == ASSAY_OK;
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum assay_err add_drop(struct store_batch *batch,
                               const struct store_batch_drop *drop)
{
    struct store_batch_drop *grown =
        realloc(batch->drops, (batch->drop_count + 1) * sizeof(*batch->drops));

    if (grown == NULL) {
        return ASSAY_E_NOMEM;
    }
    batch->drops = grown;
    grown[batch->drop_count++] = *drop;
    return ASSAY_OK;
}

/* Plans the removal, or takes the note away. */
static enum assay_err decide(struct store_batch *batch,
                             const struct store_batch_drop *drop)
{
    bool needed = false;
    enum assay_err err = is_needed(batch, drop, &needed);

    if (err != ASSAY_OK) {
        return err;
    }
    if (!needed && store_captures_has(batch->view.ledger, drop->sha256)) {
        return add_drop(batch, drop);
    }
    return store_local_del(
        &batch->view, STORE_LOCAL_DROP,
        (struct assay_bytes){drop->sha256, sizeof(drop->sha256)});
}

enum assay_err store_erase_bytes_decide(struct store_batch *batch)
{
    /* A hash and a zero byte: the least key behind that hash. */
    uint8_t from[ASSAY_HASH_SIZE + 1] = {0};
    size_t from_len = 0;
    enum assay_err err = ASSAY_OK;

    while (batch->has_drops && err == ASSAY_OK) {
        struct store_batch_drop drop;
        struct assay_bytes key;
        struct assay_bytes unused;

        err = store_local_next(&batch->view, STORE_LOCAL_DROP,
                               (struct assay_bytes){from, from_len}, &key,
                               &unused);
        /* A key of another length is damage: there is nothing to do for it. */
        if (err != ASSAY_OK || key.len != sizeof(drop.sha256)) {
            break;
        }
        memcpy(drop.sha256, key.data, key.len);
        memcpy(from, key.data, key.len);
        from_len = sizeof(from);
        err = decide(batch, &drop);
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

void store_erase_bytes_drop(struct store_ledger *ledger,
                            const struct store_batch_drop *drops, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* What cannot be removed now is noted and tried again. */
        enum assay_err err = store_captures_drop(ledger, drops[i].sha256);

        (void)err;
    }
}
