/* SPDX-License-Identifier: Apache-2.0 */
#include "record_file.h"

#include "protocol/check.h"
#include "store/sequence.h"

#include <stdlib.h>

struct record_file *record_file_new(void)
{
    struct record_file *file = calloc(1, sizeof(*file));

    ASSAY_CHECK(file != NULL);
    return file;
}

void record_file_free(struct record_file *file)
{
    if (file != NULL) {
        free(file->data);
        free(file);
    }
}

static void append(struct record_file *file, const void *data, size_t len)
{
    if (file->cap - file->len < len) {
        size_t cap = (file->len + len) * 2;
        uint8_t *grown = realloc(file->data, cap);

        ASSAY_CHECK(grown != NULL);
        file->data = grown;
        file->cap = cap;
    }
    if (len > 0) {
        memcpy(file->data + file->len, data, len);
    }
    file->len += len;
}

static void end_item(struct record_file *file)
{
    ASSAY_CHECK(file->item_count < RECORD_FILE_ITEMS_MAX);
    file->item_count++;
    file->item_at[file->item_count] = file->len;
}

void record_file_raw(struct record_file *file, const void *data, size_t len)
{
    append(file, data, len);
    end_item(file);
}

void record_file_head(struct record_file *file)
{
    uint8_t head[STORE_SEQUENCE_HEAD_MAX];
    struct assay_bytes bytes = store_sequence_write_head(head);

    record_file_raw(file, bytes.data, bytes.len);
}

void record_file_item(struct record_file *file, struct assay_bytes envelope,
                      struct assay_bytes body)
{
    uint8_t space[ASSAY_ITEM_MAX];
    struct assay_bytes item = ASSAY_BYTES_NONE;
    enum assay_err err =
        assay_record_join(envelope, body, space, sizeof(space), &item);

    ASSAY_CHECK(err == ASSAY_OK);
    record_file_raw(file, item.data, item.len);
}

void record_file_bytes(struct record_file *file, struct assay_bytes bytes)
{
    uint8_t head[STORE_SEQUENCE_HEAD_MAX];
    struct assay_bytes item = store_sequence_write_bytes(bytes.len, head);

    append(file, item.data, item.len);
    append(file, bytes.data, bytes.len);
    end_item(file);
}

void record_file_end(struct record_file *file, uint64_t count)
{
    uint8_t head[STORE_SEQUENCE_HEAD_MAX];
    struct assay_bytes bytes = store_sequence_write_end(count, head);

    record_file_raw(file, bytes.data, bytes.len);
}

void record_file_history(struct record_file *file,
                         const struct history *history)
{
    size_t count = history_count(history);

    record_file_head(file);
    for (size_t index = 0; index < count; index++) {
        const struct history_item *item = history_item(history, index);

        record_file_item(file, item->envelope, item->body);
    }
    record_file_end(file, count);
}

size_t record_file_whole(const struct record_file *file, size_t len)
{
    size_t count = 0;

    while (count < file->item_count && file->item_at[count + 1] <= len) {
        count++;
    }
    return count;
}
