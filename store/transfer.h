/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer.h - records in files: a CBOR sequence (RFC 8742) of
 *
 *   ["assay-records", 1]           first
 *   [envelope, body / null]        each record, after all it builds on
 *   ["bytes", bstr]                captured bytes (by their hash), optional
 *   ["end", count]                 last: count of records; its absence shows
 *                                  that the file was cut
 *
 * Such a file of a claim is its proof: anybody can verify it without a
 * ledger or a node.
 */
#ifndef ASSAY_STORE_TRANSFER_H
#define ASSAY_STORE_TRANSFER_H

#include "ledger.h"
#include "protocol/record.h"
#include "view.h"

struct store_import_report {
    uint64_t records; /* Read from the file. */
    uint64_t added;
    uint64_t held;       /* Were there already. */
    uint64_t bodies;     /* Bodies that were missing and are now here. */
    uint64_t captures;   /* Captured bytes that are now here. */
    uint64_t refused;    /* Bad form, signature, authority, ... */
    uint64_t early;      /* Lack a prev or auth at the end. */
    uint64_t bytes;      /* Of the file, read. */
    bool is_cut;         /* The file ended without its end mark. */
    uint64_t cut_offset; /* Where the last whole item ended. */
};

struct store_import_hooks {
    void *context;
    /* One refused record (or file error): its place and why. id is NULL when
     * it could not be told. */
    void (*refused)(void *context, uint64_t offset, const struct assay_id *id,
                    enum assay_err err, const char *rule);
    /* What is durable so far, told after every batch, whatever follows. False
     * stops after this one.  */
    bool (*progress)(void *context, const struct store_import_report *so_far);
};

/*
 * Reads records from fd: signatures on thread_count workers (0: one a core)
 * while the batch before is being written. Early records wait in bounded
 * memory (16 MiB) and are tried again. What is whole is kept, whatever
 * follows. ASSAY_OK also when some were refused; ASSAY_E_MALFORMED when
 * the file is not of this format; ASSAY_E_STOPPED, ASSAY_E_FULL, ASSAY_E_IO.
 */
ASSAY_MUST_CHECK
enum assay_err store_import(struct store_ledger *ledger, int fd,
                            unsigned thread_count, uint64_t now_s,
                            const struct store_import_hooks *hooks,
                            struct store_import_report *report_out);

/* Writes a whole ledger in LSN order, with captured bytes if asked. */
ASSAY_MUST_CHECK
enum assay_err store_export_all(struct store_view *view, int fd,
                                struct store_ledger *captures_of,
                                uint64_t *count_out);

/*
 * Writes the proof of one record: everything in its evidence chain (for a
 * claim), with each record's path of authority, the logs' records that these
 * need as prev back to their first, and every revocation and rotation that
 * bears on them; in an order that can be imported. captures_of may be NULL:
 * without captured bytes.
 */
ASSAY_MUST_CHECK
enum assay_err store_export_record(struct store_view *view,
                                   const struct assay_id *id, int fd,
                                   struct store_ledger *captures_of,
                                   uint64_t *count_out);

#endif
