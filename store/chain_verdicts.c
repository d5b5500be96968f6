/* SPDX-License-Identifier: Apache-2.0 */
#include "chain_walk.h"
#include "protocol/check.h"
#include "refs.h"

#include <stdlib.h>

#define FIRST_CAP 16

/* Where a verdict stands in the list. */
enum place_in_list {
    PLACE_CURRENT,
    PLACE_PUBLISHED,
    PLACE_WAITING,
    PLACE_SUPERSEDED,
    PLACE_RETRACTED,
    PLACE_FALLEN
};

/* The endorsements of a verdict, by LSN. */
struct endorsers {
    struct assay_signoff *signoffs;
    uint64_t *lsns;
    struct store_item **items; /* NULL where it is read again if shown. */
    size_t count;
    size_t cap;
};

/* A verdict that was seen; what it says is in the finding beside it. */
struct seen {
    uint64_t lsn;
    struct store_item *item; /* NULL where it is read again if it is shown. */
    struct endorsers endorsers; /* Only with item. */
    uint32_t signoffs_needed;
    uint32_t signoffs_count;
};

/* All verdicts on the claim, by LSN. */
struct findings {
    struct assay_finding *list;
    struct seen *seen;
    size_t count;
    size_t cap;
};

struct rank {
    enum place_in_list place;
    size_t index; /* Into the findings. */
};

static enum assay_err grow_endorsers(struct store_arena *scratch,
                                     struct endorsers *endorsers)
{
    size_t cap = endorsers->cap == 0 ? FIRST_CAP / 4 : endorsers->cap * 2;
    struct assay_signoff *signoffs =
        store_arena_alloc_array(scratch, cap, sizeof(*signoffs));
    uint64_t *lsns = store_arena_alloc_array(scratch, cap, sizeof(*lsns));
    struct store_item **items =
        store_arena_alloc_array(scratch, cap, sizeof(struct store_item *));

    if (signoffs == NULL || lsns == NULL || items == NULL) {
        return ASSAY_E_NOMEM;
    }
    if (endorsers->count > 0) {
        memcpy(signoffs, endorsers->signoffs,
               endorsers->count * sizeof(*signoffs));
        memcpy(lsns, endorsers->lsns, endorsers->count * sizeof(*lsns));
        memcpy(items, endorsers->items,
               endorsers->count * sizeof(struct store_item *));
    }
    endorsers->signoffs = signoffs;
    endorsers->lsns = lsns;
    endorsers->items = items;
    endorsers->cap = cap;
    return ASSAY_OK;
}

/* Judges the endorsement in walk->row. Others than the team's are not worth
 * the look for a retraction: they never count. */
static enum assay_err judge_endorsement(struct store_chain_walk *walk,
                                        const struct assay_authority *author,
                                        struct assay_signoff *signoff)
{
    const struct assay_record *record = &walk->row.record;
    struct assay_validity_result result;
    struct store_retraction retraction;
    enum assay_err err =
        assay_validity_of(walk->memo.validity, record, &result);

    if (err != ASSAY_OK) {
        return err;
    }
    signoff->by = result.authority;
    signoff->stands =
        result.state == ASSAY_STANDS && !store_item_is_malformed(record);
    if (!signoff->stands || author == NULL || result.authority == NULL ||
        !assay_id_equal(&author->team, &result.authority->team)) {
        return ASSAY_OK;
    }
    err = store_item_retraction(walk->view, walk->memo.validity, record,
                                result.authority, &retraction);
    signoff->is_retracted = err == ASSAY_OK && retraction.is_there;
    return err;
}

/* The same for one that is kept, since it will be shown as a rule. */
static enum assay_err keep_endorsement(struct store_chain_walk *walk,
                                       struct assay_signoff *signoff,
                                       struct store_item **item_out)
{
    struct store_item *item = store_arena_alloc(walk->scratch, sizeof(*item));
    enum assay_err err;

    if (item == NULL) {
        return ASSAY_E_NOMEM;
    }
    err = store_chain_keep(walk, &walk->row, item);
    if (err == ASSAY_OK) {
        signoff->by = item->validity.authority;
        signoff->stands = item->validity.state == ASSAY_STANDS &&
                          item->body != STORE_BODY_MALFORMED;
        signoff->is_retracted = item->is_retracted;
        *item_out = item;
    }
    return err;
}

static enum assay_err take_endorsement(struct store_chain_walk *walk,
                                       const struct assay_authority *author,
                                       bool keeps, struct endorsers *endorsers)
{
    size_t index = endorsers->count;

    if (keeps && index < walk->page_max && store_chain_has_room(walk)) {
        return keep_endorsement(walk, &endorsers->signoffs[index],
                                &endorsers->items[index]);
    }
    return judge_endorsement(walk, author, &endorsers->signoffs[index]);
}

/* Finds all endorsements of a verdict; scratch memory holds them. */
static enum assay_err find_endorsers(struct store_chain_walk *walk,
                                     const struct store_item *verdict,
                                     bool keeps, struct endorsers *endorsers)
{
    uint64_t lsn = 0;

    for (;;) {
        enum assay_err err = store_refs_next(
            walk->view, &verdict->id, ASSAY_KIND_ENDORSE, &lsn, &walk->row);

        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
        if (!store_item_is_on(&walk->row.record, &verdict->id)) {
            continue;
        }
        if (endorsers->count == endorsers->cap) {
            err = grow_endorsers(walk->scratch, endorsers);
        }
        if (err == ASSAY_OK) {
            err = take_endorsement(walk, verdict->validity.authority, keeps,
                                   endorsers);
        }
        if (err != ASSAY_OK) {
            return err;
        }
        endorsers->lsns[endorsers->count++] = lsn;
    }
}

static enum assay_err count_signoffs(struct store_chain_walk *walk,
                                     const struct store_item *item, bool keeps,
                                     struct seen *seen)
{
    const struct assay_authority *author = item->validity.authority;
    enum assay_err err = find_endorsers(walk, item, keeps, &seen->endorsers);

    if (err == ASSAY_OK && author != NULL) {
        seen->signoffs_needed = author->signoffs;
        seen->signoffs_count = (uint32_t)assay_standing_signoffs(
            author, seen->endorsers.signoffs, seen->endorsers.count);
    }
    return err;
}

/* Copies what a verdict supersedes to scratch memory. */
static enum assay_err copy_supersedes(struct store_chain_walk *walk,
                                      const struct assay_payload *payload,
                                      struct assay_finding *finding)
{
    struct assay_about *about;
    size_t count = 0;

    for (size_t i = 0; i < payload->about_count; i++) {
        count += payload->about[i].relation == ASSAY_REL_SUPERSEDES;
    }
    if (count == 0) {
        return ASSAY_OK;
    }
    about = store_arena_alloc_array(walk->scratch, count, sizeof(*about));
    if (about == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < payload->about_count; i++) {
        if (payload->about[i].relation == ASSAY_REL_SUPERSEDES) {
            about[finding->about_count++] = payload->about[i];
        }
    }
    finding->about = about;
    return ASSAY_OK;
}

static enum assay_err make_finding(struct store_chain_walk *walk,
                                   const struct store_item *item,
                                   struct assay_finding *finding)
{
    struct assay_verdict verdict = {.rating = 0};

    if (item->body == STORE_BODY_HELD) {
        enum assay_err err =
            assay_verdict_read(item->row->record.body, &verdict, NULL);

        ASSAY_CHECK(err == ASSAY_OK);
    }
    *finding = (struct assay_finding){
        .id = item->id,
        .rating = verdict.rating,
        .stands = item->validity.state == ASSAY_STANDS,
        .is_retracted = item->is_retracted,
        .is_erased = item->body != STORE_BODY_HELD,
    };
    if (item->validity.authority != NULL) {
        finding->team = item->validity.authority->team;
    }
    return store_chain_is_accepted(walk, item, &finding->is_accepted);
}

static enum assay_err grow_findings(struct findings *findings)
{
    size_t cap = findings->cap == 0 ? FIRST_CAP : findings->cap * 2;
    struct assay_finding *list =
        realloc(findings->list, cap * sizeof(*findings->list));
    struct seen *seen;

    if (list == NULL) {
        return ASSAY_E_NOMEM;
    }
    findings->list = list;
    seen = realloc(findings->seen, cap * sizeof(*findings->seen));
    if (seen == NULL) {
        return ASSAY_E_NOMEM;
    }
    findings->seen = seen;
    findings->cap = cap;
    return ASSAY_OK;
}

/* Takes the verdict of an item into account; whether it is kept is up to the
 * caller. */
static enum assay_err see(struct store_chain_walk *walk,
                          const struct store_item *item,
                          struct findings *findings)
{
    struct assay_finding *finding;
    struct seen *seen;
    enum assay_err err = ASSAY_OK;

    if (findings->count == findings->cap) {
        err = grow_findings(findings);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    finding = &findings->list[findings->count];
    seen = &findings->seen[findings->count];
    *seen = (struct seen){.lsn = item->row->lsn};
    err = make_finding(walk, item, finding);
    if (err == ASSAY_OK) {
        err = copy_supersedes(walk, &item->row->record.payload, finding);
    }
    return err;
}

/* Counts the sign-offs of the finding that was seen last, and counts it. */
static enum assay_err see_signoffs(struct store_chain_walk *walk,
                                   const struct store_item *item,
                                   struct findings *findings)
{
    struct assay_finding *finding = &findings->list[findings->count];
    struct seen *seen = &findings->seen[findings->count];
    enum assay_err err = count_signoffs(walk, item, seen->item != NULL, seen);

    finding->is_published = item->validity.authority != NULL &&
                            seen->signoffs_count >= seen->signoffs_needed;
    findings->count++;
    return err;
}

/* A verdict of the first page_max: it will be shown as a rule. */
static enum assay_err see_and_keep(struct store_chain_walk *walk,
                                   struct findings *findings)
{
    struct store_item *item = store_arena_alloc(walk->scratch, sizeof(*item));
    enum assay_err err;

    if (item == NULL) {
        return ASSAY_E_NOMEM;
    }
    err = store_chain_keep(walk, &walk->row, item);
    if (err == ASSAY_OK) {
        err = see(walk, item, findings);
    }
    if (err == ASSAY_OK) {
        findings->seen[findings->count].item = item;
        err = see_signoffs(walk, item, findings);
    }
    return err;
}

/* One of thousands: what stays of it is its finding. */
static enum assay_err see_only(struct store_chain_walk *walk,
                               struct findings *findings)
{
    struct store_row row = walk->row;
    struct store_arena_mark mark;
    struct store_item item;
    enum assay_err err = store_item_fill_by(&walk->memo, &row, false, &item);

    if (err == ASSAY_OK) {
        err = see(walk, &item, findings);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    mark = store_arena_mark(walk->scratch);
    err = see_signoffs(walk, &item, findings);
    findings->seen[findings->count - 1].endorsers = (struct endorsers){0};
    store_arena_release(walk->scratch, mark);
    return err;
}

static enum assay_err see_all(struct store_chain_walk *walk,
                              struct findings *findings)
{
    uint64_t lsn = 0;

    for (;;) {
        enum assay_err err = store_refs_next(
            walk->view, &walk->claim, ASSAY_KIND_VERDICT, &lsn, &walk->row);

        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
        if (!store_item_is_on(&walk->row.record, &walk->claim)) {
            continue;
        }
        err = findings->count < walk->page_max && store_chain_has_room(walk)
                  ? see_and_keep(walk, findings)
                  : see_only(walk, findings);
        if (err != ASSAY_OK) {
            return err;
        }
    }
}

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
    uint64_t second = ((const struct seen *)seen)->lsn;

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
static enum assay_err find_superseder(struct store_chain_walk *walk,
                                      const struct findings *findings,
                                      const struct assay_finding *finding,
                                      struct assay_id *by_out)
{
    uint64_t lsn = 0;

    for (;;) {
        const struct seen *seen;
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

static enum assay_err read_endorsement(struct store_chain_walk *walk,
                                       const struct endorsers *endorsers,
                                       size_t index,
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
static enum assay_err add_endorsements(struct store_chain_walk *walk,
                                       const struct endorsers *endorsers,
                                       bool counts, size_t room,
                                       struct store_chain_verdict *verdict)
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

static enum assay_err fill_endorsements(struct store_chain_walk *walk,
                                        const struct endorsers *endorsers,
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
                                 struct seen *seen,
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
        err = count_signoffs(walk, &verdict->item, true, seen);
    }
    return err;
}

static enum assay_err fill_parts(struct store_chain_walk *walk,
                                 const struct seen *seen,
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
                                   const struct findings *findings,
                                   size_t index,
                                   struct store_chain_verdict *verdict)
{
    const struct assay_finding *finding = &findings->list[index];
    struct seen *seen = &findings->seen[index];
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
                                const struct findings *findings,
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
                                    const struct findings *findings)
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
    struct findings findings = {NULL, NULL, 0, 0};
    enum assay_err err = see_all(walk, &findings);

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
