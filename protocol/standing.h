/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing.h - what the verdicts on one claim amount to, for the teams that
 * the asker accepts. Computed when asked; there is no vote and no average.
 */
#ifndef ASSAY_PROTOCOL_STANDING_H
#define ASSAY_PROTOCOL_STANDING_H

#include "kinds/verdict.h"
#include "validity.h"

enum assay_standing {
    ASSAY_STANDING_NONE,     /* No current verdict. */
    ASSAY_STANDING_SINGLE,   /* One team's one current verdict. */
    ASSAY_STANDING_AGREED,   /* Several, all of the same rating. */
    ASSAY_STANDING_CLOSE,    /* All on one side: true or mostly-true;
                                misleading, mostly-false or false. */
    ASSAY_STANDING_CONTESTED /* Anything else. */
};

/* One verdict on the claim, as the caller found it. */
struct assay_finding {
    struct assay_id id;
    struct assay_id team;
    enum assay_rating rating; /* 0 where the body is not held or malformed. */
    bool is_accepted;         /* Of a team that the asker accepts. */
    bool stands;
    bool is_published; /* It has the sign-offs that its grant asks. */
    bool is_retracted;
    bool is_erased;                  /* No body is held, or it is malformed. */
    const struct assay_about *about; /* Its supersedes are read from here. */
    size_t about_count;
    bool is_superseded; /* Out: by a published, standing, unretracted verdict
                           of the same team. */
    bool is_current;    /* Out: it counts. Only of accepted teams do. */
};

struct assay_standing_result {
    enum assay_standing standing;
    size_t current_count; /* Verdicts that are current. */
    size_t team_count;    /* Teams that have a current verdict. */
    bool is_unsettled;    /* A team has several current verdicts. */
};

/* Sets the out fields of count findings, all on the same claim, and says
 * what they amount to. In time n log n. ASSAY_E_NOMEM is the only error. */
ASSAY_MUST_CHECK
enum assay_err assay_standing_of(struct assay_finding *findings, size_t count,
                                 struct assay_standing_result *result_out);

/* An endorsement of a verdict, as the caller found it. */
struct assay_signoff {
    const struct assay_authority *by;
    bool stands;
    bool is_retracted;
    bool counts; /* Out. */
};

/*
 * Counts the sign-offs of a verdict spoken under author: standing and
 * unretracted endorsements by editors of the same team, the author's own
 * never, a person's once. Sets counts in each. Published is a count of at
 * least author->signoffs.
 */
size_t assay_standing_signoffs(const struct assay_authority *author,
                               struct assay_signoff *signoffs, size_t count);

/* "none", "single", "agreed", "close", "contested"; static, stable. */
const char *assay_standing_name(enum assay_standing standing);

#endif
