/* SPDX-License-Identifier: Apache-2.0 */
#include "chain_findings.h"
#include "protocol/check.h"
#include "refs.h"

#include <stdlib.h>

/* Where a verdict stands in the list. */
enum place_in_list {
    PLACE_CURRENT,
    PLACE_PUBLISHED,
    PLACE_WAITING,
    PLACE_SUPERSEDED,
    PLACE_RETRACTED,
    PLACE_FALLEN
};

struct rank {
    enum place_in_list place;
    size_t index; /* Into the findings. */
};

static enum place_in_list place_of(const struct assay_finding *finding)
{
    if (finding->is_current) {
        return PLACE_CURRENT;
    }
    if (!finding->stands) {
        return PLACE_FALLEN;
    }
    if (finding->is_retracted) {
        return PLACE_RETRACTED;
    }
    if (finding->is_superseded) {
        return PLACE_SUPERSEDED;
    }
    return finding->is_published ? PLACE_PUBLISHED : PLACE_WAITING;
}

static int compare_ranks(const void *a, const void *b)
{
    const struct rank *first = a;
    const struct rank *second = b;

    if (first->place != second->place) {
        return first->place < second->place ? -1 : 1;
    }
    return (first->index > second->index) - (first->index < second->index);
}

static int compare_lsn(const void *lsn, const void *seen)
{
    uint64_t first = *(const uint64_t *)lsn;
    uint64_t second = ((const struct store_chain_seen *)seen)->lsn;

    return (first > second) - (first < second);
}

static bool supersedes(const struct assay_finding *by,
                       const struct assay_finding *finding)
{
    if (!by->stands || !by->is_published || by->is_retracted ||
        !assay_id_equal(&by->team, &finding->team)) {
        return false;
    }
    for (size_t i = 0; i < by->about_count; i++) {
        if (assay_id_equal(&by->about[i].id, &finding->id)) {
            return true;
        }
    }
    return false;
}

/* Finds which verdict supersedes one that is superseded. */
static enum assay_err
find_superseder(struct store_chain_walk *walk,
                const struct store_chain_findings *findings,
                const struct assay_finding *finding, struct assay_id *by_out)
{
    uint64_t lsn = 0;

    for (;;) {
        const struct store_chain_seen *seen;
        const struct assay_finding *by;
        enum assay_err err = store_refs_next(
            walk->view, &finding->id, ASSAY_KIND_VERDICT, &lsn, &walk->row);

        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
        seen = bsearch(&lsn, findings->seen, findings->count, sizeof(*seen),
                       compare_lsn);
        if (seen == NULL) {
            continue;
        }
        by = &findings->list[seen - findings->seen];
        if (supersedes(by, finding)) {
            *by_out = by->id;
            return ASSAY_OK;
        }
    }
}

static enum assay_err fill_cites(struct store_chain_walk *walk,
                                 struct store_chain_verdict *verdict)
{
    const struct assay_payload *payload = &verdict->item.row->record.payload;

    verdict->cites = store_arena_alloc_array(walk->arena, payload->about_count,
                                             sizeof(*verdict->cites));
    if (verdict->cites == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < payload->about_count; i++) {
        if (payload->about[i].relation == ASSAY_REL_CITES) {
            verdict->cites[verdict->cite_count++] = payload->about[i].id;
        }
    }
    return ASSAY_OK;
}

static enum assay_err
read_endorsement(struct store_chain_walk *walk,
                 const struct store_chain_endorsers *endorsers, size_t index,
                 struct store_item *item_out)
{
    enum assay_err err;

    if (endorsers->items[index] != NULL) {
        *item_out = *endorsers->items[index];
        return ASSAY_OK;
    }
    err = store_view_by_lsn(walk->view, endorsers->lsns[index], &walk->row);
    if (err == ASSAY_OK) {
        err = store_chain_keep(walk, &walk->row, item_out);
    }
    return err;
}

/* Adds the endorsements that count, or those that do not, while there is
 * room. */
static enum assay_err
add_endorsements(struct store_chain_walk *walk,
                 const struct store_chain_endorsers *endorsers, bool counts,
                 size_t room, struct store_chain_verdict *verdict)
{
    for (size_t i = 0; i < endorsers->count; i++) {
        struct store_endorsement *endorsement =
            &verdict->endorsements[verdict->endorsement_count];
        enum assay_err err;

        if (endorsers->signoffs[i].counts != counts) {
            continue;
        }
        if (verdict->endorsement_count == room ||
            (endorsers->items[i] == NULL && !store_chain_has_room(walk))) {
            return ASSAY_OK;
        }
        err = read_endorsement(walk, endorsers, i, &endorsement->item);
        if (err != ASSAY_OK) {
            return err;
        }
        endorsement->note = store_chain_note(&endorsement->item);
        endorsement->counts = counts;
        verdict->endorsement_count++;
    }
    return ASSAY_OK;
}

static enum assay_err
fill_endorsements(struct store_chain_walk *walk,
                  const struct store_chain_endorsers *endorsers,
                  struct store_chain_verdict *verdict)
{
    size_t room =
        endorsers->count < walk->page_max ? endorsers->count : walk->page_max;
    enum assay_err err;

    verdict->endorsements = store_arena_alloc_array(
        walk->arena, room + 1, sizeof(*verdict->endorsements));
    if (verdict->endorsements == NULL) {
        return ASSAY_E_NOMEM;
    }
    err = add_endorsements(walk, endorsers, true, room, verdict);
    if (err == ASSAY_OK) {
        err = add_endorsements(walk, endorsers, false, room, verdict);
    }
    verdict->endorsement_more = endorsers->count - verdict->endorsement_count;
    return err;
}

static enum assay_err fill_challenges(struct store_chain_walk *walk,
                                      struct store_chain_verdict *verdict)
{
    struct store_chain_challenges challenges;
    enum assay_err err =
        store_chain_challenges(walk, &verdict->item.id, &challenges);

    if (err == ASSAY_OK) {
        verdict->challenges = challenges.list;
        verdict->challenge_count = challenges.count;
        verdict->challenge_more = challenges.more;
    }
    return err;
}

/* Reads a verdict again that was seen but not kept. */
static enum assay_err read_again(struct store_chain_walk *walk,
                                 struct store_chain_seen *seen,
                                 struct store_chain_verdict *verdict)
{
    enum assay_err err;

    if (seen->item != NULL) {
        verdict->item = *seen->item;
        return ASSAY_OK;
    }
    err = store_view_by_lsn(walk->view, seen->lsn, &walk->row);
    if (err == ASSAY_OK) {
        err = store_chain_keep(walk, &walk->row, &verdict->item);
    }
    if (err == ASSAY_OK) {
        err = store_chain_signoffs(walk, &verdict->item, true, seen);
    }
    return err;
}

static enum assay_err fill_parts(struct store_chain_walk *walk,
                                 const struct store_chain_seen *seen,
                                 struct store_chain_verdict *verdict)
{
    enum assay_err err = fill_cites(walk, verdict);

    if (err == ASSAY_OK) {
        err = fill_endorsements(walk, &seen->endorsers, verdict);
    }
    if (err == ASSAY_OK) {
        err = fill_challenges(walk, verdict);
    }
    return err;
}

static enum assay_err fill_verdict(struct store_chain_walk *walk,
                                   const struct store_chain_findings *findings,
                                   size_t index,
                                   struct store_chain_verdict *verdict)
{
    const struct assay_finding *finding = &findings->list[index];
    struct store_chain_seen *seen = &findings->seen[index];
    enum assay_err err = read_again(walk, seen, verdict);

    if (err != ASSAY_OK) {
        return err;
    }
    if (verdict->item.body == STORE_BODY_HELD) {
        err = assay_verdict_read(verdict->item.row->record.body,
                                 &verdict->verdict, NULL);
        ASSAY_CHECK(err == ASSAY_OK);
    }
    verdict->is_accepted = finding->is_accepted;
    verdict->is_published = finding->is_published;
    verdict->is_current = finding->is_current;
    verdict->is_superseded = finding->is_superseded;
    verdict->signoffs_needed = seen->signoffs_needed;
    verdict->signoffs_count = seen->signoffs_count;
    if (finding->is_superseded) {
        err = find_superseder(walk, findings, finding, &verdict->superseded_by);
    }
    return err == ASSAY_OK ? fill_parts(walk, seen, verdict) : err;
}

static enum assay_err fill_page(struct store_chain_walk *walk,
                                const struct store_chain_findings *findings,
                                const struct rank *ranks)
{
    struct store_chain *chain = walk->chain;
    size_t room =
        findings->count < walk->page_max ? findings->count : walk->page_max;

    chain->verdicts =
        store_arena_alloc_array(walk->arena, room, sizeof(*chain->verdicts));
    if (chain->verdicts == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < room; i++) {
        enum assay_err err =
            fill_verdict(walk, findings, ranks[i].index, &chain->verdicts[i]);

        if (err != ASSAY_OK) {
            return err;
        }
        chain->verdict_count = i + 1;
    }
    chain->verdict_more = findings->count - room;
    return ASSAY_OK;
}

static enum assay_err rank_and_fill(struct store_chain_walk *walk,
                                    const struct store_chain_findings *findings)
{
    struct rank *ranks = calloc(findings->count + 1, sizeof(*ranks));
    enum assay_err err;

    if (ranks == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < findings->count; i++) {
        ranks[i] = (struct rank){place_of(&findings->list[i]), i};
    }
    qsort(ranks, findings->count, sizeof(*ranks), compare_ranks);
    err = fill_page(walk, findings, ranks);
    free(ranks);
    return err;
}

enum assay_err store_chain_verdicts(struct store_chain_walk *walk)
{
    struct store_chain_findings findings = {NULL, NULL, 0, 0};
    enum assay_err err = store_chain_find(walk, &findings);

    if (err == ASSAY_OK) {
        err = assay_standing_of(findings.list, findings.count,
                                &walk->chain->standing);
    }
    if (err == ASSAY_OK) {
        err = rank_and_fill(walk, &findings);
    }
    free(findings.list);
    free(findings.seen);
    return err;
}
