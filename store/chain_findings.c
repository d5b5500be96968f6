/* SPDX-License-Identifier: Apache-2.0 */
#include "chain_findings.h"

#include "protocol/check.h"
#include "refs.h"

#include <stdlib.h>

#define FIRST_CAP 16

static enum assay_err grow_endorsers(struct store_arena *scratch,
                                     struct store_chain_endorsers *endorsers)
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
                                       bool keeps,
                                       struct store_chain_endorsers *endorsers)
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
                                     bool keeps,
                                     struct store_chain_endorsers *endorsers)
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

enum assay_err store_chain_signoffs(struct store_chain_walk *walk,
                                    const struct store_item *item, bool keeps,
                                    struct store_chain_seen *seen)
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

static enum assay_err grow_findings(struct store_chain_findings *findings)
{
    size_t cap = findings->cap == 0 ? FIRST_CAP : findings->cap * 2;
    struct assay_finding *list =
        realloc(findings->list, cap * sizeof(*findings->list));
    struct store_chain_seen *seen;

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
                          struct store_chain_findings *findings)
{
    struct assay_finding *finding;
    struct store_chain_seen *seen;
    enum assay_err err = ASSAY_OK;

    if (findings->count == findings->cap) {
        err = grow_findings(findings);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    finding = &findings->list[findings->count];
    seen = &findings->seen[findings->count];
    *seen = (struct store_chain_seen){.lsn = item->row->lsn};
    err = make_finding(walk, item, finding);
    if (err == ASSAY_OK) {
        err = copy_supersedes(walk, &item->row->record.payload, finding);
    }
    return err;
}

/* Counts the sign-offs of the finding that was seen last, and counts it. */
static enum assay_err see_signoffs(struct store_chain_walk *walk,
                                   const struct store_item *item,
                                   struct store_chain_findings *findings)
{
    struct assay_finding *finding = &findings->list[findings->count];
    struct store_chain_seen *seen = &findings->seen[findings->count];
    enum assay_err err =
        store_chain_signoffs(walk, item, seen->item != NULL, seen);

    finding->is_published = item->validity.authority != NULL &&
                            seen->signoffs_count >= seen->signoffs_needed;
    findings->count++;
    return err;
}

/* A verdict of the first page_max: it will be shown as a rule. */
static enum assay_err see_and_keep(struct store_chain_walk *walk,
                                   struct store_chain_findings *findings)
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
                               struct store_chain_findings *findings)
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
    findings->seen[findings->count - 1].endorsers =
        (struct store_chain_endorsers){0};
    store_arena_release(walk->scratch, mark);
    return err;
}

enum assay_err store_chain_find(struct store_chain_walk *walk,
                                struct store_chain_findings *findings)
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
