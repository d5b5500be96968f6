/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain_findings.h - all verdicts on a claim, each with as little as its
 * standing needs: where there are thousands, each is read once and not kept.
 * Not installed.
 */
#ifndef ASSAY_STORE_CHAIN_FINDINGS_H
#define ASSAY_STORE_CHAIN_FINDINGS_H

#include "chain_walk.h"

/* The endorsements of a verdict, by LSN. */
struct store_chain_endorsers {
    struct assay_signoff *signoffs;
    uint64_t *lsns;
    struct store_item **items; /* NULL where it is read again if shown. */
    size_t count;
    size_t cap;
};

/* A verdict that was seen; what it says is in the finding beside it. */
struct store_chain_seen {
    uint64_t lsn;
    struct store_item *item; /* NULL where it is read again if it is shown. */
    struct store_chain_endorsers endorsers; /* Only with item. */
    uint32_t signoffs_needed;
    uint32_t signoffs_count;
};

/* All verdicts on the claim, by LSN. */
struct store_chain_findings {
    struct assay_finding *list;
    struct store_chain_seen *seen;
    size_t count;
    size_t cap;
};

/* Finds all verdicts on the claim. The lists are malloc'ed, also on failure;
 * what they point to is in the walk's scratch memory. The view's errors. */
ASSAY_MUST_CHECK
enum assay_err store_chain_find(struct store_chain_walk *walk,
                                struct store_chain_findings *findings);

/* Finds the endorsements of a verdict and counts its sign-offs. keeps: they
 * will be shown, as far as there is room. The view's errors. */
ASSAY_MUST_CHECK
enum assay_err store_chain_signoffs(struct store_chain_walk *walk,
                                    const struct store_item *item, bool keeps,
                                    struct store_chain_seen *seen);

#endif
