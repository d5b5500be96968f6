/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_file.h - makes files of records (store/transfer.h) in memory.
 */
#ifndef ASSAY_TESTS_SUPPORT_RECORD_FILE_H
#define ASSAY_TESTS_SUPPORT_RECORD_FILE_H

#include "history.h"

/* Where items began, and at last where the file ends. */
#define RECORD_FILE_ITEMS_MAX 4096

struct record_file {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t item_at[RECORD_FILE_ITEMS_MAX + 1];
    size_t item_count;
};

/* An empty file; the head comes first. Free it with record_file_free. */
struct record_file *record_file_new(void);
void record_file_free(struct record_file *file);

/* Each adds one item. What goes wrong is a bug of the test and stops it. */
void record_file_head(struct record_file *file);
void record_file_item(struct record_file *file, struct assay_bytes envelope,
                      struct assay_bytes body);
void record_file_bytes(struct record_file *file, struct assay_bytes bytes);
void record_file_end(struct record_file *file, uint64_t count);

/* Adds bytes that may be no item. */
void record_file_raw(struct record_file *file, const void *data, size_t len);

/* Head, all records of a history in their order, and the end mark. */
void record_file_history(struct record_file *file,
                         const struct history *history);

/* How many items end at or before len. */
size_t record_file_whole(const struct record_file *file, size_t len);

#endif
