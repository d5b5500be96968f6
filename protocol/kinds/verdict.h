/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.h - a team's finding on a claim.
 *
 *   { 0: salt, 1: rating, ? 2: label, ? 3: lang, 4: rationale, ? 5: url }
 *
 * about: one on (the claim), any cites and supersedes.
 */
#ifndef ASSAY_PROTOCOL_KINDS_VERDICT_H
#define ASSAY_PROTOCOL_KINDS_VERDICT_H

#include "../body.h"

enum assay_rating {
    ASSAY_RATING_TRUE = 1,
    ASSAY_RATING_MOSTLY_TRUE = 2,
    ASSAY_RATING_MIXED = 3,
    ASSAY_RATING_MISLEADING = 4,
    ASSAY_RATING_MOSTLY_FALSE = 5,
    ASSAY_RATING_FALSE = 6,
    ASSAY_RATING_UNPROVEN = 7,
    ASSAY_RATING_SATIRE = 8,
    ASSAY_RATING_OUTDATED = 9
};
#define ASSAY_RATING_COUNT 9

struct assay_verdict {
    enum assay_rating rating;
    struct assay_bytes label; /* The team's own word for the rating. */
    struct assay_bytes lang;  /* Of the rationale; BCP 47. */
    struct assay_bytes rationale;
    struct assay_bytes review_url; /* The published article. */
};

/* "mostly-true" and so on; "unknown" for numbers that are not known. */
const char *assay_rating_name(enum assay_rating rating);

/* The rating with that name; 0 if there is none. */
enum assay_rating assay_rating_by_name(struct assay_bytes name);

ASSAY_MUST_CHECK
enum assay_err assay_verdict_read(struct assay_bytes body,
                                  struct assay_verdict *out,
                                  struct assay_fault *fault_out);
void assay_verdict_write(const struct assay_verdict *verdict,
                         const uint8_t salt[ASSAY_SALT_SIZE],
                         struct assay_cbor_writer *writer);

#endif
