/* SPDX-License-Identifier: Apache-2.0 */
/*
 * author.h - writes a new record at the end of a log, inside a batch, so that
 * two processes with one key never fork it.
 */
#ifndef ASSAY_STORE_AUTHOR_H
#define ASSAY_STORE_AUTHOR_H

#include "batch.h"

struct store_draft {
    enum assay_kind kind;
    struct assay_id grant_id; /* Whose log; zero for found. rotate: the grant
                                 that ends. */
    uint64_t time_s;
    struct assay_grant *grant; /* found, member, revoke, rotate; else NULL. */
    struct assay_about about[ASSAY_LIST_MAX];
    size_t about_count;
    struct assay_bytes body; /* As a kind's _write gave it. */
};

/*
 * Seals the draft at the log's heads (all of them, up to ASSAY_PREV_MAX: a
 * fork heals) and puts it. Refuses a body or about that break the kind's
 * rules (ASSAY_E_MALFORMED, with the fault), a grant that has ended or is not
 * this secret's (ASSAY_E_AUTH), and what store_batch_put refuses.
 */
ASSAY_MUST_CHECK
enum assay_err store_author_write(struct store_batch *batch,
                                  const struct store_draft *draft,
                                  const uint8_t secret[ASSAY_SECRET_SIZE],
                                  struct assay_id *id_out,
                                  struct assay_fault *fault_out);

#endif
