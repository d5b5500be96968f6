/* SPDX-License-Identifier: Apache-2.0 */
#include "standing.h"

#include "check.h"

#include <stdlib.h>

/* A place in the order of team and id. */
struct slot {
    struct assay_finding *finding;
};

/* What is known of the current verdicts seen so far. */
struct tally {
    size_t current_count;
    size_t team_count;
    bool is_unsettled;
    bool is_one_rating;
    bool is_one_side;
    const struct assay_finding *last; /* The current one before. */
};

/* Which side of a claim a rating is on; the same 0 for those on neither. */
static int side_of(enum assay_rating rating)
{
    switch (rating) {
    case ASSAY_RATING_TRUE:
    case ASSAY_RATING_MOSTLY_TRUE:
        return 1;
    case ASSAY_RATING_MISLEADING:
    case ASSAY_RATING_MOSTLY_FALSE:
    case ASSAY_RATING_FALSE:
        return -1;
    case ASSAY_RATING_MIXED:
    case ASSAY_RATING_UNPROVEN:
    case ASSAY_RATING_SATIRE:
    case ASSAY_RATING_OUTDATED:
        return 0;
    }
    return 0;
}

static int compare(const struct assay_id *team_a, const struct assay_id *id_a,
                   const struct assay_finding *b)
{
    int order = memcmp(team_a->hash, b->team.hash, ASSAY_ID_SIZE);

    return order != 0 ? order : memcmp(id_a->hash, b->id.hash, ASSAY_ID_SIZE);
}

/* By team, then id. */
static int compare_slots(const void *a, const void *b)
{
    const struct assay_finding *first = ((const struct slot *)a)->finding;
    const struct assay_finding *second = ((const struct slot *)b)->finding;

    return compare(&first->team, &first->id, second);
}

/* The finding of a team with an id; NULL if there is none. */
static struct assay_finding *find(const struct slot *sorted, size_t count,
                                  const struct assay_id *team,
                                  const struct assay_id *id)
{
    size_t first = 0;
    size_t end = count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int order = compare(team, id, sorted[middle].finding);

        if (order == 0) {
            return sorted[middle].finding;
        }
        if (order < 0) {
            end = middle;
        } else {
            first = middle + 1;
        }
    }
    return NULL;
}

static bool counts(const struct assay_finding *finding)
{
    return finding->stands && finding->is_published && !finding->is_retracted;
}

/* Marks what a verdict supersedes: verdicts of its own team on this claim. */
static void supersede(const struct slot *sorted, size_t count,
                      const struct assay_finding *by)
{
    for (size_t i = 0; i < by->about_count; i++) {
        struct assay_finding *superseded;

        if (by->about[i].relation != ASSAY_REL_SUPERSEDES) {
            continue;
        }
        superseded = find(sorted, count, &by->team, &by->about[i].id);
        if (superseded != NULL) {
            superseded->is_superseded = true;
        }
    }
}

static void add(struct tally *tally, const struct assay_finding *finding)
{
    tally->current_count++;
    if (tally->last == NULL) {
        tally->team_count = 1;
        tally->is_one_rating = true;
        tally->is_one_side = side_of(finding->rating) != 0;
    } else {
        if (assay_id_equal(&finding->team, &tally->last->team)) {
            tally->is_unsettled = true;
        } else {
            tally->team_count++;
        }
        if (finding->rating != tally->last->rating) {
            tally->is_one_rating = false;
        }
        if (side_of(finding->rating) != side_of(tally->last->rating)) {
            tally->is_one_side = false;
        }
    }
    tally->last = finding;
}

static enum assay_standing standing_of(const struct tally *tally)
{
    if (tally->current_count == 0) {
        return ASSAY_STANDING_NONE;
    }
    if (tally->current_count == 1) {
        return ASSAY_STANDING_SINGLE;
    }
    if (tally->is_one_rating) {
        return ASSAY_STANDING_AGREED;
    }
    return tally->is_one_side ? ASSAY_STANDING_CLOSE : ASSAY_STANDING_CONTESTED;
}

static bool is_known_rating(enum assay_rating rating)
{
    return rating >= ASSAY_RATING_TRUE && rating <= ASSAY_RATING_OUTDATED;
}

enum assay_err assay_standing_of(struct assay_finding *findings, size_t count,
                                 struct assay_standing_result *result_out)
{
    struct tally tally = {0};
    struct slot *sorted = calloc(count + 1, sizeof(*sorted));

    if (sorted == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        findings[i].is_superseded = false;
        sorted[i].finding = &findings[i];
    }
    qsort(sorted, count, sizeof(*sorted), compare_slots);
    for (size_t i = 0; i < count; i++) {
        /* RECORDS 9.4: "A verdict MUST supersede only verdicts of the same
         * team on the same claim, and only where it is published, stands and
         * is not retracted." */
        if (counts(sorted[i].finding)) {
            supersede(sorted, count, sorted[i].finding);
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct assay_finding *finding = sorted[i].finding;

        finding->is_current = finding->is_accepted && counts(finding) &&
                              !finding->is_erased && !finding->is_superseded &&
                              is_known_rating(finding->rating);
        if (finding->is_current) {
            add(&tally, finding);
        }
    }
    free(sorted);
    *result_out = (struct assay_standing_result){
        .standing = standing_of(&tally),
        .current_count = tally.current_count,
        .team_count = tally.team_count,
        .is_unsettled = tally.is_unsettled,
    };
    return ASSAY_OK;
}

/* Whether one of the sign-offs that count already is the same person's. */
static bool has_signed(const struct assay_signoff *signoffs, size_t count,
                       const struct assay_authority *person)
{
    for (size_t i = 0; i < count; i++) {
        if (signoffs[i].counts &&
            assay_validity_same_person(signoffs[i].by, person)) {
            return true;
        }
    }
    return false;
}

size_t assay_standing_signoffs(const struct assay_authority *author,
                               struct assay_signoff *signoffs, size_t count)
{
    size_t signoff_count = 0;

    for (size_t i = 0; i < count; i++) {
        struct assay_signoff *signoff = &signoffs[i];
        const struct assay_authority *by = signoff->by;

        /* RECORDS 9.3: "A sign-off MUST be a standing endorsement that is
         * not retracted, by an editor of the verdict's team who is not the
         * verdict's author; of one person it counts once." */
        signoff->counts = by != NULL && signoff->stands &&
                          !signoff->is_retracted &&
                          by->role == ASSAY_ROLE_EDITOR &&
                          assay_id_equal(&by->team, &author->team) &&
                          !assay_validity_same_person(by, author) &&
                          !has_signed(signoffs, i, by);
        if (signoff->counts) {
            signoff_count++;
        }
    }
    return signoff_count;
}

const char *assay_standing_name(enum assay_standing standing)
{
    switch (standing) {
    case ASSAY_STANDING_NONE:
        return "none";
    case ASSAY_STANDING_SINGLE:
        return "single";
    case ASSAY_STANDING_AGREED:
        return "agreed";
    case ASSAY_STANDING_CLOSE:
        return "close";
    case ASSAY_STANDING_CONTESTED:
        return "contested";
    }
    return "unknown";
}
