/* SPDX-License-Identifier: Apache-2.0 */
/* Random histories: the second half of history.h. */
#include "history.h"

#include "protocol/check.h"

#include <stdlib.h>

#define LAST_MAX 3       /* Last good records that an ending names. */
#define SUPERSEDES_MAX 2 /* Verdicts that a verdict supersedes. */
#define NEAR_TRIES 4     /* For a record of the same team. */

/* What a record is looked for by. */
struct wanted {
    uint64_t kind; /* 0: any. */
    size_t grant;  /* HISTORY_NONE: of any log. */
};

static bool is_wanted(const struct history_item *item, struct wanted wanted)
{
    return (wanted.kind == 0 || item->kind == wanted.kind) &&
           (wanted.grant == HISTORY_NONE || item->grant == wanted.grant);
}

/* One of the records that are wanted, each as likely; HISTORY_NONE if there
 * is none. */
static size_t pick(struct history *history, struct wanted wanted)
{
    size_t count = 0;
    size_t chosen;

    for (size_t i = 0; i < history_count(history); i++) {
        count += is_wanted(history_item(history, i), wanted);
    }
    if (count == 0) {
        return HISTORY_NONE;
    }
    chosen = history_below(history, count);
    for (size_t i = 0; i < history_count(history); i++) {
        if (!is_wanted(history_item(history, i), wanted)) {
            continue;
        }
        if (chosen == 0) {
            return i;
        }
        chosen--;
    }
    return HISTORY_NONE;
}

static size_t pick_kind(struct history *history, uint64_t kind)
{
    return pick(history, (struct wanted){kind, HISTORY_NONE});
}

static size_t pick_in_log(struct history *history, size_t grant)
{
    return pick(history, (struct wanted){0, grant});
}

/* Any grant; those of roots now and then, since most logs are members'. */
static size_t pick_root(struct history *history)
{
    size_t rotate = pick_kind(history, ASSAY_KIND_ROTATE);

    if (rotate != HISTORY_NONE && history_once_in(history, 2)) {
        return rotate;
    }
    return pick_kind(history, ASSAY_KIND_FOUND);
}

/* A member's grant that can have a log: made by a root. */
static size_t pick_member(struct history *history)
{
    size_t member = pick_kind(history, ASSAY_KIND_MEMBER);

    if (member == HISTORY_NONE ||
        !assay_kind_is_root(
            history_item(history, history_item(history, member)->auth)->kind)) {
        return HISTORY_NONE;
    }
    return member;
}

/* The found record at the end of a grant's path. */
static size_t team_of(const struct history *history, size_t grant)
{
    while (history_item(history, grant)->auth != HISTORY_NONE) {
        grant = history_item(history, grant)->auth;
    }
    return grant;
}

/* A record of a kind, of a team if that is met soon: most of what is said about
 * verdicts is a colleague's. */
static size_t pick_near(struct history *history, uint64_t kind, size_t team)
{
    size_t chosen = pick_kind(history, kind);

    for (size_t i = 0; i < NEAR_TRIES && chosen != HISTORY_NONE &&
                       team_of(history, chosen) != team;
         i++) {
        chosen = pick_kind(history, kind);
    }
    return chosen;
}

/* The newest record of a kind. */
static size_t pick_newest(const struct history *history, uint64_t kind)
{
    for (size_t i = history_count(history); i > 0; i--) {
        if (history_item(history, i - 1)->kind == kind) {
            return i - 1;
        }
    }
    return HISTORY_NONE;
}

static size_t pick_root_of(struct history *history, size_t team)
{
    size_t root = pick_root(history);

    for (size_t i = 0; i < NEAR_TRIES && team_of(history, root) != team; i++) {
        root = pick_root(history);
    }
    return root;
}

static size_t pick_last(struct history *history, size_t grant, size_t *last_out)
{
    size_t count = history_below(history, LAST_MAX + 1);

    for (size_t i = 0; i < count; i++) {
        last_out[i] = history_once_in(history, 8) ? HISTORY_NONE
                                                  : pick_in_log(history, grant);
    }
    return count;
}

static size_t grow_end(struct history *history)
{
    size_t last[LAST_MAX] = {0};
    size_t member = pick_member(history);
    size_t root = pick_root(history);
    size_t count;

    if (member == HISTORY_NONE || history_once_in(history, 4)) {
        count = pick_last(history, root, last);
        if (member != HISTORY_NONE && history_once_in(history, 4) &&
            team_of(history, member) == team_of(history, root)) {
            history_reuse_key(history, member);
        }
        return history_rotate(history, root, last, count);
    }
    if (!history_once_in(history, 8)) {
        root = pick_root_of(history, team_of(history, member));
    }
    if (history_once_in(history, 8)) {
        root = pick_member(history);
        root = root == HISTORY_NONE ? member : root;
    }
    count = pick_last(history, member, last);
    return history_revoke(history, root, member, last, count);
}

static size_t grow_member(struct history *history, size_t root)
{
    static const enum assay_role roles[] = {
        ASSAY_ROLE_EDITOR, ASSAY_ROLE_EDITOR, ASSAY_ROLE_CHECKER,
        ASSAY_ROLE_ARCHIVIST};
    size_t role = history_below(history, sizeof(roles) / sizeof(roles[0]));
    size_t colleague = pick_member(history);

    if (colleague != HISTORY_NONE &&
        team_of(history, colleague) == team_of(history, root) &&
        history_once_in(history, 4)) {
        history_reuse_key(history, colleague);
    } else if (history_once_in(history, 12)) {
        history_reuse_key(history, root);
    }
    return history_member(
        history, root, roles[role],
        history_once_in(history, 2) ? 0 : (uint32_t)history_below(history, 3));
}

static size_t grow_authority(struct history *history, size_t grant)
{
    switch (history_below(history, 6)) {
    case 0:
        return history_profile(history, grant);
    case 1:
        return history_vouch(history, grant,
                             pick_kind(history, ASSAY_KIND_FOUND));
    case 2:
        return history_unknown(history, grant, 7 + history_below(history, 9),
                               grant);
    default:
        return grow_member(history, grant);
    }
}

static size_t grow_verdict(struct history *history, size_t grant, size_t claim)
{
    size_t supersedes[SUPERSEDES_MAX] = {0};
    size_t count = 0;
    enum assay_rating rating =
        (enum assay_rating)(1 + history_below(history, ASSAY_RATING_COUNT));

    if (history_once_in(history, 2)) {
        rating = history_once_in(history, 2) ? ASSAY_RATING_TRUE
                                             : ASSAY_RATING_MOSTLY_TRUE;
    }

    while (count < SUPERSEDES_MAX && history_once_in(history, 2)) {
        supersedes[count] =
            pick_near(history, ASSAY_KIND_VERDICT, team_of(history, grant));
        if (supersedes[count] == HISTORY_NONE) {
            break;
        }
        count++;
    }
    return history_verdict(history, grant, claim, rating, supersedes, count);
}

static size_t grow_answer(struct history *history, size_t grant, size_t verdict)
{
    size_t any = pick_in_log(history, HISTORY_NONE);

    switch (history_below(history, 11)) {
    case 0:
        return history_challenge(history, grant, any);
    case 1:
        return history_carry(history, grant, any);
    case 2:
        return history_retract(history, grant, any, false);
    case 3:
        return history_retract(history, grant, verdict, true);
    case 4:
        any = pick_near(history, ASSAY_KIND_ENDORSE, team_of(history, grant));
        return history_retract(history, grant,
                               any == HISTORY_NONE ? verdict : any, false);
    default:
        return history_endorse(history, grant, verdict);
    }
}

static size_t grow_speech(struct history *history, size_t grant)
{
    size_t claim = pick_kind(history, ASSAY_KIND_CLAIM);
    size_t verdict =
        pick_near(history, ASSAY_KIND_VERDICT, team_of(history, grant));

    if (history_once_in(history, 2)) {
        verdict = pick_newest(history, ASSAY_KIND_VERDICT);
    }
    if (claim == HISTORY_NONE || history_once_in(history, 24)) {
        return history_claim(history, grant);
    }
    if (verdict == HISTORY_NONE || history_once_in(history, 4)) {
        return grow_verdict(history, grant, claim);
    }
    switch (history_below(history, 12)) {
    case 0:
        return history_capture(history, grant);
    case 1:
        return history_source(history, grant, claim);
    case 2:
        return history_link(history, grant, claim, ASSAY_REL_REPEATS,
                            pick_kind(history, ASSAY_KIND_CLAIM));
    case 3:
        return history_unknown(history, grant, 40, verdict);
    default:
        return grow_answer(history, grant, verdict);
    }
}

/* Whether a log has room for another head. */
static bool may_fork(const struct history *history, size_t grant)
{
    size_t count = 0;

    for (size_t i = 0; i < history_count(history); i++) {
        count += history_item(history, i)->grant == grant;
    }
    return count > 0 && count < ASSAY_HEADS_MAX;
}

static size_t grow_one(struct history *history, const struct history_mix *mix)
{
    size_t member = pick_member(history);
    size_t grant = pick_root(history);
    bool is_root = member == HISTORY_NONE || history_once_in(history, 4);

    if (!is_root) {
        grant = member;
    }
    if (history_once_in(history, mix->fork_once_in) &&
        may_fork(history, grant)) {
        if (!is_root && history_once_in(history, 6)) {
            history_begin_again(history, grant);
        } else {
            history_follow(history, pick_in_log(history, grant));
        }
    } else if (history_once_in(history, mix->heal_once_in)) {
        history_heal(history, grant);
    }
    if (history_once_in(history, mix->end_once_in)) {
        return grow_end(history);
    }
    if (history_once_in(history, is_root ? 2 : 16)) {
        return grow_authority(history, grant);
    }
    return grow_speech(history, grant);
}

void history_grow(struct history *history, const struct history_mix *mix)
{
    size_t team_count = 0;

    for (size_t i = 0; i < mix->count; i++) {
        size_t added;

        if (team_count == 0 ||
            (team_count < mix->team_max && history_once_in(history, 12))) {
            added = history_found(history);
            team_count++;
        } else {
            added = grow_one(history, mix);
        }
        if (history_once_in(history, mix->erase_once_in)) {
            history_drop_body(history, added);
        }
    }
}

struct history *history_troubled(uint64_t seed, size_t count_max)
{
    struct history *history = history_new(seed);
    struct history_mix mix = {.team_max = 1 + history_below(history, 3)};

    mix.count = 2 + history_below(history, count_max - 1);
    if (history_once_in(history, 3)) {
        mix.team_max = 1 + history_below(history, 2);
        mix.end_once_in = 25;
    } else {
        mix.fork_once_in = history_once_in(history, 4) ? 0 : 3;
        mix.heal_once_in = history_once_in(history, 4) ? 0 : 6;
        mix.end_once_in = history_once_in(history, 5) ? 0 : 8;
    }
    mix.erase_once_in = history_once_in(history, 2) ? 0 : 8;
    history_grow(history, &mix);
    return history;
}

static bool is_ready(const struct history_item *item, const bool *is_done)
{
    if (item->auth != HISTORY_NONE && !is_done[item->auth]) {
        return false;
    }
    for (size_t i = 0; i < item->prev_count; i++) {
        if (!is_done[item->prev[i]]) {
            return false;
        }
    }
    return true;
}

void history_shuffle(struct history *history, size_t *order_out)
{
    size_t count = history_count(history);
    bool *is_done = calloc(count + 1, sizeof(*is_done));
    size_t *ready = calloc(count + 1, sizeof(*ready));

    ASSAY_CHECK(is_done != NULL && ready != NULL);
    for (size_t done = 0; done < count; done++) {
        size_t ready_count = 0;

        for (size_t i = 0; i < count; i++) {
            if (!is_done[i] && is_ready(history_item(history, i), is_done)) {
                ready[ready_count] = i;
                ready_count++;
            }
        }
        ASSAY_CHECK(ready_count > 0);
        order_out[done] = ready[history_below(history, ready_count)];
        is_done[order_out[done]] = true;
    }
    free(ready);
    free(is_done);
}
