/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export_file.h - writes a file of records (transfer.h), item by item. Not
 * installed.
 */
#ifndef ASSAY_STORE_EXPORT_FILE_H
#define ASSAY_STORE_EXPORT_FILE_H

#include "lists.h"
#include "transfer.h"

struct store_export {
    struct store_view *view;
    int fd;
    struct store_ledger *captures_of; /* NULL: without captured bytes. */
    uint64_t count;                   /* Records written. */
    uint8_t *buffer;
    size_t len;
};

/* Begins with the file's head. End it with store_export_clear. */
ASSAY_MUST_CHECK
enum assay_err store_export_begin(struct store_export *export,
                                  struct store_view *view, int fd,
                                  struct store_ledger *captures_of);

/* The record with this LSN. */
ASSAY_MUST_CHECK
enum assay_err store_export_lsn(struct store_export *export, uint64_t lsn);

/* The bytes of a capture's record, if they are held and sound and no earlier
 * record of those chosen names them too. */
ASSAY_MUST_CHECK
enum assay_err store_export_bytes(struct store_export *export, uint64_t lsn,
                                  bool (*is_chosen)(const void *context,
                                                    uint64_t lsn),
                                  const void *context);

/* Writes the end mark and what is left in the buffer. */
ASSAY_MUST_CHECK
enum assay_err store_export_finish(struct store_export *export);

/* Frees the buffer. */
void store_export_clear(struct store_export *export);

#endif
