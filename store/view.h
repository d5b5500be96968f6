/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.h - reads one consistent state of the ledger (one LMDB read
 * transaction). What a view lends stays valid until it ends. A view is used by
 * one thread. Views do not wait for writers and do not hold them up, but an
 * old view keeps pages from being reused: end it soon.
 */
#ifndef ASSAY_STORE_VIEW_H
#define ASSAY_STORE_VIEW_H

#include "ledger.h"
#include "protocol/id.h"
#include "protocol/logview.h"
#include "protocol/record.h"
#include "protocol/validity.h"

#define STORE_NOW UINT64_MAX

struct store_view;

/* A stored record. */
struct store_row {
    uint64_t lsn;        /* 1, 2, 3 ... as received; never reused. */
    uint64_t received_s; /* Unix time; never less than the row before. */
    uint64_t log_lsn;    /* The LSN of its log's grant: the log's number. */
    bool is_erased;      /* Its body was erased here, on purpose. */
    struct assay_record record; /* body.data is NULL where not held. */
};

/* Why a body was erased here. */
struct store_erasure {
    uint64_t at_s;
    bool has_by;
    struct assay_id by;        /* The retraction that asked for it. */
    struct assay_bytes reason; /* Of a local erasure; may be none. */
};

/* Begins a view of what had been received by as_of_s (STORE_NOW: all).
 * ASSAY_E_NOMEM, ASSAY_E_BUSY (too many readers), ASSAY_E_IO. */
ASSAY_MUST_CHECK
enum assay_err store_view_begin(struct store_ledger *ledger, uint64_t as_of_s,
                                struct store_view **view_out);

/* Ends it; accepts NULL. */
void store_view_end(struct store_view *view);

/* The time that it was begun for; STORE_NOW for one of all. */
uint64_t store_view_as_of(const struct store_view *view);

/* As store_ledger_commits, of the state that the view shows. While a commit is
 * being made it may be one less than what that says. */
uint64_t store_view_commits(const struct store_view *view);

/* The last LSN that the view shows; 0 in an empty ledger. */
uint64_t store_view_last_lsn(const struct store_view *view);

/* The record with this LSN or id. ASSAY_E_NOT_FOUND, ASSAY_E_CORRUPT. */
ASSAY_MUST_CHECK
enum assay_err store_view_by_lsn(struct store_view *view, uint64_t lsn,
                                 struct store_row *row_out);
/* The record with the least LSN above one; ASSAY_E_NOT_FOUND at the end. Some
 * numbers are nobody's: of what was dropped. */
ASSAY_MUST_CHECK
enum assay_err store_view_next(struct store_view *view, uint64_t after_lsn,
                               struct store_row *row_out);
ASSAY_MUST_CHECK
enum assay_err store_view_by_id(struct store_view *view,
                                const struct assay_id *id,
                                struct store_row *row_out);

/*
 * The records that a whole or short text form could mean: of the prefix's
 * type (ASSAY_ID_RECORD: any; ASSAY_ID_TEAM: found records). Writes up to
 * ids_max ids, and to *count_out how many there are (counting stops at
 * 1000). Keys are looked up elsewhere.
 */
ASSAY_MUST_CHECK
enum assay_err store_view_by_prefix(struct store_view *view,
                                    const struct assay_id_prefix *prefix,
                                    struct assay_id *ids_out, size_t ids_max,
                                    size_t *count_out);

/* Why the body of an erased row is not here; ASSAY_E_NOT_FOUND. */
ASSAY_MUST_CHECK
enum assay_err store_view_erasure(struct store_view *view, uint64_t lsn,
                                  struct store_erasure *erasure_out);

/* The rules over this view; both live until it ends. */
const struct assay_log_view *store_view_logs(struct store_view *view);
ASSAY_MUST_CHECK
enum assay_err store_view_validity(struct store_view *view,
                                   struct assay_validity **validity_out);

#endif
