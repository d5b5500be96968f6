/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - the logs: what is signed under one grant, in order; their heads.
 */
#ifndef ASSAY_STORE_LOG_H
#define ASSAY_STORE_LOG_H

#include "protocol/limits.h"
#include "view.h"

struct store_head {
    uint64_t lsn;
    uint64_t seq;
    struct assay_id id;
};

struct store_log {
    uint64_t log_lsn; /* LSN of the grant's record. */
    struct assay_id grant;
    struct assay_id team; /* The founding record's id. */
    struct assay_key key; /* Who speaks in it. */
    enum assay_role role; /* A root's is editor. */
    uint32_t signoffs;
    bool is_root;
    bool is_frozen; /* It has ASSAY_HEADS_MAX heads. */
    uint64_t record_count;
    size_t head_count; /* 0: nothing signed yet; 2 and more: a fork. */
    struct store_head heads[ASSAY_HEADS_MAX];
};

/* The log of a grant; ASSAY_E_NOT_FOUND. In a view of the past, heads are
 * what they were then, recomputed. */
ASSAY_MUST_CHECK
enum assay_err store_log_find(struct store_view *view,
                              const struct assay_id *grant,
                              struct store_log *log_out);

/* The next log, after *after_log_lsn (begin with 0). ASSAY_E_NOT_FOUND. */
ASSAY_MUST_CHECK
enum assay_err store_log_next(struct store_view *view, uint64_t *after_log_lsn,
                              struct store_log *log_out);

/* Which logs are meant: a team's, a key's, a key's in a team; not neither. */
struct store_log_query {
    const struct assay_id *team; /* NULL: of any team. */
    const struct assay_key *key; /* NULL: of any key. */
};

/* As store_log_next, for the logs that are meant: found in an index, however
 * many others there are. */
ASSAY_MUST_CHECK
enum assay_err store_log_next_of(struct store_view *view,
                                 const struct store_log_query *query,
                                 uint64_t *after_log_lsn,
                                 struct store_log *log_out);

/* A place in a log: begin with zeros. */
struct store_log_cursor {
    uint64_t seq;
    uint64_t lsn;
};

/* The next record of a log, by seq, then LSN. ASSAY_E_NOT_FOUND at the end. */
ASSAY_MUST_CHECK
enum assay_err store_log_next_row(struct store_view *view, uint64_t log_lsn,
                                  struct store_log_cursor *cursor,
                                  struct store_row *row_out);

#endif
