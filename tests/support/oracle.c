/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle.h"

#include "protocol/check.h"
#include "protocol/key.h"

/* NOLINTBEGIN(misc-no-recursion): the rules are worded so, and histories are
 * small. */

static const struct assay_id no_id;

/* Ids. */

static bool same(const struct assay_id *a, const struct assay_id *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static bool is_less(const struct assay_id *a, const struct assay_id *b)
{
    return memcmp(a, b, sizeof(*a)) < 0;
}

static bool is_on(const struct assay_record *record, enum assay_kind kind,
                  const struct assay_id *target)
{
    const struct assay_id *on = NULL;

    for (size_t i = 0; i < record->payload.about_count; i++) {
        if (record->payload.about[i].relation == ASSAY_REL_ON && on == NULL) {
            on = &record->payload.about[i].id;
        }
    }
    return record->payload.kind == (uint64_t)kind && on != NULL &&
           same(on, target);
}

/* Grants and paths. */

static struct assay_grant grant_of(const struct assay_record *record)
{
    struct assay_grant grant = {0};
    enum assay_err err = assay_grant_read(record->payload.kind,
                                          record->payload.grant, &grant, NULL);

    ASSAY_CHECK(err == ASSAY_OK);
    return grant;
}

static bool is_root(const struct assay_record *record)
{
    return record->payload.kind == ASSAY_KIND_FOUND ||
           record->payload.kind == ASSAY_KIND_ROTATE;
}

/* "a rotate's key is the one whose hash the grant in auth committed to" */
static bool follows(const struct assay_record *rotate,
                    const struct assay_record *root)
{
    struct assay_grant grant;
    uint8_t hash[ASSAY_HASH_SIZE];

    if (rotate->payload.kind != ASSAY_KIND_ROTATE || !is_root(root) ||
        !same(&rotate->payload.auth, &root->id)) {
        return false;
    }
    grant = grant_of(root);
    assay_hash((struct assay_bytes){rotate->key.bytes, ASSAY_KEY_SIZE}, hash);
    return memcmp(hash, grant.next_key_hash, sizeof(hash)) == 0;
}

/* The root grant at which a record's path leaves member records. */
static const struct assay_record *root_of(const struct memview *set,
                                          const struct assay_record *record)
{
    if (is_root(record)) {
        return record;
    }
    return root_of(set, memview_find(set, &record->payload.auth));
}

static const struct assay_record *found_of(const struct memview *set,
                                           const struct assay_record *record)
{
    if (record->payload.kind == ASSAY_KIND_FOUND) {
        return record;
    }
    return found_of(set, memview_find(set, &record->payload.auth));
}

static bool same_team(const struct memview *set, const struct assay_record *a,
                      const struct assay_record *b)
{
    return same(&found_of(set, a)->id, &found_of(set, b)->id);
}

/* (1) The chain of root grants. */

static const struct assay_record *next_of(const struct memview *set,
                                          const struct assay_record *root)
{
    const struct assay_record *next = NULL;

    for (size_t i = 0; i < memview_count(set); i++) {
        const struct assay_record *other = memview_at(set, i);

        if (follows(other, root) &&
            (next == NULL || is_less(&other->id, &next->id))) {
            next = other;
        }
    }
    return next;
}

static bool is_in_force(const struct memview *set,
                        const struct assay_record *root)
{
    const struct assay_record *before;

    if (root->payload.kind == ASSAY_KIND_FOUND) {
        return true;
    }
    before = memview_find(set, &root->payload.auth);
    return is_in_force(set, before) && next_of(set, before) == root;
}

/* What won where the path of a root not in force left the chain. */
static const struct assay_record *winner_of(const struct memview *set,
                                            const struct assay_record *root)
{
    const struct assay_record *before = memview_find(set, &root->payload.auth);

    return is_in_force(set, before) ? next_of(set, before)
                                    : winner_of(set, before);
}

static bool has_fork(const struct memview *set,
                     const struct assay_record *found)
{
    for (size_t i = 0; i < memview_count(set); i++) {
        const struct assay_record *root = memview_at(set, i);
        size_t count = 0;

        if (!is_root(root) || !same_team(set, root, found) ||
            !is_in_force(set, root)) {
            continue;
        }
        for (size_t j = 0; j < memview_count(set); j++) {
            count += follows(memview_at(set, j), root);
        }
        if (count > 1) {
            return true;
        }
    }
    return false;
}

/* (2) Which root records stand. */

static bool is_ancestor(const struct memview *set,
                        const struct assay_record *record,
                        const struct assay_record *of)
{
    if (record == of) {
        return true;
    }
    if (of->payload.seq <= record->payload.seq) {
        return false;
    }
    for (size_t i = 0; i < of->payload.prev_count; i++) {
        if (is_ancestor(set, record, memview_find(set, &of->payload.prev[i]))) {
            return true;
        }
    }
    return false;
}

/* "Those and their ancestors stand; everything else in that log falls" */
static bool lets(const struct memview *set, const struct assay_record *ending,
                 const struct assay_record *record)
{
    struct assay_grant grant = grant_of(ending);

    for (size_t i = 0; i < grant.last_count; i++) {
        const struct assay_record *last = memview_find(set, &grant.last[i]);

        if (last != NULL && is_ancestor(set, record, last)) {
            return true;
        }
    }
    return false;
}

static bool is_cut_by_rotate(const struct memview *set,
                             const struct assay_record *record)
{
    const struct assay_record *next = next_of(set, root_of(set, record));

    return next != NULL && !lets(set, next, record);
}

static bool root_record_stands(const struct memview *set,
                               const struct assay_record *record)
{
    return is_in_force(set, root_of(set, record)) &&
           !is_cut_by_rotate(set, record);
}

/* (3) and (4) Members, revocations, and which records of members stand. */

static bool ends(const struct memview *set, const struct assay_record *revoke,
                 const struct assay_record *member)
{
    struct assay_grant grant;
    const struct assay_record *by;

    if (revoke->payload.kind != ASSAY_KIND_REVOKE) {
        return false;
    }
    grant = grant_of(revoke);
    by = memview_find(set, &revoke->payload.auth);
    return same(&grant.target, &member->id) && is_root(by) &&
           same_team(set, by, member) && root_record_stands(set, revoke);
}

/* The smallest standing revocation that does not let a record stand. */
static const struct assay_record *cut_of(const struct memview *set,
                                         const struct assay_record *member,
                                         const struct assay_record *record)
{
    const struct assay_record *cut = NULL;

    for (size_t i = 0; i < memview_count(set); i++) {
        const struct assay_record *other = memview_at(set, i);

        if (ends(set, other, member) && !lets(set, other, record) &&
            (cut == NULL || is_less(&other->id, &cut->id))) {
            cut = other;
        }
    }
    return cut;
}

static void judge_members(const struct memview *set,
                          const struct assay_record *member,
                          const struct assay_record *record,
                          struct reading *reading)
{
    const struct assay_record *root = root_of(set, member);
    const struct assay_record *cut = cut_of(set, member, record);

    reading->state = ASSAY_STANDS;
    if (record->payload.kind < 16) {
        reading->state = ASSAY_OUT_OF_PLACE;
    } else if (!is_in_force(set, root)) {
        reading->state = ASSAY_ROOT_NOT_IN_FORCE;
        reading->cut_by = winner_of(set, root)->id;
    } else if (!root_record_stands(set, member)) {
        reading->state = ASSAY_GRANT_FELL;
        reading->cut_by = next_of(set, root)->id;
    } else if (cut != NULL) {
        reading->state = ASSAY_CUT_BY_REVOKE;
        reading->cut_by = cut->id;
    }
}

static void judge_roots(const struct memview *set,
                        const struct assay_record *record,
                        struct reading *reading)
{
    const struct assay_record *root = root_of(set, record);

    reading->state = ASSAY_STANDS;
    if (!is_in_force(set, root)) {
        reading->state = ASSAY_ROOT_NOT_IN_FORCE;
        reading->cut_by = winner_of(set, root)->id;
    } else if (!is_root(record) && is_cut_by_rotate(set, record)) {
        reading->state = ASSAY_CUT_BY_ROTATE;
        reading->cut_by = next_of(set, root)->id;
    }
}

/* The grant whose log a record is in. */
static const struct assay_record *log_of(const struct memview *set,
                                         const struct assay_record *record)
{
    return is_root(record) ? record : memview_find(set, &record->payload.auth);
}

static bool stands(const struct memview *set, const struct assay_record *record)
{
    struct reading reading = {0};

    if (is_root(log_of(set, record))) {
        judge_roots(set, record, &reading);
    } else {
        judge_members(set, log_of(set, record), record, &reading);
    }
    return reading.state == ASSAY_STANDS;
}

/* Persons and roles. */

static enum assay_role role_of(const struct assay_record *grant)
{
    return is_root(grant) ? ASSAY_ROLE_EDITOR : grant_of(grant).role;
}

static uint32_t asks_signoffs(const struct assay_record *grant)
{
    return is_root(grant) ? 0 : grant_of(grant).signoffs;
}

static const struct assay_key *key_of(const struct assay_record *grant,
                                      struct assay_grant *buffer)
{
    if (is_root(grant)) {
        return &grant->key;
    }
    *buffer = grant_of(grant);
    return &buffer->key;
}

/* Whether a grant is one of the roots' chair. */
static bool is_chair(const struct memview *set,
                     const struct assay_record *grant)
{
    struct assay_grant buffer;
    const struct assay_key *key = key_of(grant, &buffer);

    for (size_t i = 0; i < memview_count(set); i++) {
        const struct assay_record *root = memview_at(set, i);

        if (is_root(root) && same_team(set, root, grant) &&
            is_in_force(set, root) && assay_key_equal(&root->key, key)) {
            return true;
        }
    }
    return is_root(grant);
}

static bool same_person(const struct memview *set, const struct assay_record *a,
                        const struct assay_record *b)
{
    struct assay_grant buffers[2];

    return same_team(set, a, b) &&
           (assay_key_equal(key_of(a, &buffers[0]), key_of(b, &buffers[1])) ||
            (is_chair(set, a) && is_chair(set, b)));
}

/* (5) What standing records say. */

static bool retracts(const struct memview *set,
                     const struct assay_record *retract,
                     const struct assay_record *record)
{
    const struct assay_record *by = log_of(set, retract);
    const struct assay_record *of = log_of(set, record);

    return is_on(retract, ASSAY_KIND_RETRACT, &record->id) &&
           record->payload.kind > 15 &&
           record->payload.kind != ASSAY_KIND_RETRACT && stands(set, retract) &&
           same_team(set, by, of) &&
           (same_person(set, by, of) || role_of(by) == ASSAY_ROLE_EDITOR);
}

static bool is_retracted(const struct memview *set,
                         const struct assay_record *record)
{
    for (size_t i = 0; i < memview_count(set); i++) {
        if (retracts(set, memview_at(set, i), record)) {
            return true;
        }
    }
    return false;
}

static bool signs_off(const struct memview *set,
                      const struct assay_record *endorse,
                      const struct assay_record *verdict)
{
    const struct assay_record *by = log_of(set, endorse);
    const struct assay_record *author = log_of(set, verdict);

    return is_on(endorse, ASSAY_KIND_ENDORSE, &verdict->id) &&
           stands(set, endorse) && !is_retracted(set, endorse) &&
           same_team(set, by, author) && role_of(by) == ASSAY_ROLE_EDITOR &&
           !same_person(set, by, author);
}

/* Persons are counted by the first endorsement of each. */
static size_t count_signoffs(const struct memview *set,
                             const struct assay_record *verdict)
{
    size_t count = 0;

    for (size_t i = 0; i < memview_count(set); i++) {
        bool is_new = signs_off(set, memview_at(set, i), verdict);

        for (size_t j = 0; j < i && is_new; j++) {
            is_new = !signs_off(set, memview_at(set, j), verdict) ||
                     !same_person(set, log_of(set, memview_at(set, i)),
                                  log_of(set, memview_at(set, j)));
        }
        count += is_new;
    }
    return count;
}

static bool is_published(const struct memview *set,
                         const struct assay_record *verdict)
{
    return count_signoffs(set, verdict) >= asks_signoffs(log_of(set, verdict));
}

static bool is_superseded(const struct memview *set,
                          const struct assay_record *verdict,
                          const struct assay_id *claim)
{
    for (size_t i = 0; i < memview_count(set); i++) {
        const struct assay_record *by = memview_at(set, i);
        bool names = false;

        if (!is_on(by, ASSAY_KIND_VERDICT, claim)) {
            continue;
        }
        for (size_t j = 0; j < by->payload.about_count; j++) {
            const struct assay_about *about = &by->payload.about[j];

            names = names || (about->relation == ASSAY_REL_SUPERSEDES &&
                              same(&about->id, &verdict->id));
        }
        if (names && same_team(set, by, verdict) && stands(set, by) &&
            is_published(set, by) && !is_retracted(set, by)) {
            return true;
        }
    }
    return false;
}

static enum assay_rating rating_of(const struct assay_record *verdict)
{
    struct assay_verdict read;

    if (verdict->body.data == NULL ||
        assay_verdict_read(verdict->body, &read, NULL) != ASSAY_OK) {
        return 0;
    }
    return read.rating;
}

static bool is_current(const struct memview *set,
                       const struct assay_record *verdict,
                       const struct assay_id *claim)
{
    return stands(set, verdict) && is_published(set, verdict) &&
           !is_retracted(set, verdict) && rating_of(verdict) != 0 &&
           !is_superseded(set, verdict, claim);
}

static bool is_current_on(const struct memview *set,
                          const struct assay_record *record,
                          const struct assay_id *claim)
{
    return is_on(record, ASSAY_KIND_VERDICT, claim) &&
           is_current(set, record, claim);
}

static unsigned side_of(enum assay_rating rating)
{
    if (rating == ASSAY_RATING_TRUE || rating == ASSAY_RATING_MOSTLY_TRUE) {
        return 1;
    }
    if (rating == ASSAY_RATING_MISLEADING ||
        rating == ASSAY_RATING_MOSTLY_FALSE || rating == ASSAY_RATING_FALSE) {
        return 2;
    }
    return 4;
}

static struct assay_standing_result weigh(const struct memview *set,
                                          const struct assay_id *claim)
{
    struct assay_standing_result result = {ASSAY_STANDING_NONE, 0, 0, false};
    unsigned ratings = 0;
    unsigned sides = 0;

    for (size_t i = 0; i < memview_count(set); i++) {
        const struct assay_record *record = memview_at(set, i);
        bool is_new_team = true;

        if (!is_current_on(set, record, claim)) {
            continue;
        }
        for (size_t j = 0; j < i; j++) {
            if (is_current_on(set, memview_at(set, j), claim) &&
                same_team(set, record, memview_at(set, j))) {
                is_new_team = false;
            }
        }
        result.current_count++;
        result.team_count += is_new_team;
        ratings |= 1U << rating_of(record);
        sides |= side_of(rating_of(record));
    }
    result.is_unsettled = result.current_count > result.team_count;
    if (result.current_count == 1) {
        result.standing = ASSAY_STANDING_SINGLE;
    } else if (result.current_count > 1) {
        bool is_one_rating = (ratings & (ratings - 1)) == 0;
        bool is_one_side = sides == 1 || sides == 2;

        result.standing = is_one_rating ? ASSAY_STANDING_AGREED
                          : is_one_side ? ASSAY_STANDING_CLOSE
                                        : ASSAY_STANDING_CONTESTED;
    }
    return result;
}

static void read_verdict(const struct memview *set,
                         const struct assay_record *verdict,
                         struct reading *reading)
{
    const struct assay_id *claim = assay_record_about(verdict, ASSAY_REL_ON);

    reading->signoff_count = count_signoffs(set, verdict);
    reading->is_published = is_published(set, verdict);
    reading->is_superseded = is_superseded(set, verdict, claim);
    reading->is_current = is_current(set, verdict, claim);
}

static bool is_ended(const struct memview *set,
                     const struct assay_record *grant)
{
    if (is_root(grant)) {
        return is_in_force(set, grant) && next_of(set, grant) != NULL;
    }
    for (size_t i = 0; i < memview_count(set); i++) {
        if (ends(set, memview_at(set, i), grant)) {
            return true;
        }
    }
    return false;
}

struct reading oracle_of(const struct memview *set,
                         const struct assay_record *record)
{
    const struct assay_record *grant = log_of(set, record);
    const struct assay_record *root = root_of(set, grant);
    struct reading reading = {.cut_by = no_id};

    if (is_root(grant)) {
        judge_roots(set, record, &reading);
    } else {
        judge_members(set, grant, record, &reading);
    }
    reading.team = found_of(set, grant)->id;
    reading.root = root->id;
    reading.role = role_of(grant);
    reading.signoffs = asks_signoffs(grant);
    reading.is_in_force = is_root(grant) ? is_in_force(set, grant)
                                         : root_record_stands(set, grant);
    reading.is_ended = is_ended(set, grant);
    reading.has_root_fork = has_fork(set, found_of(set, grant));
    reading.is_retracted = is_retracted(set, record);
    if (record->payload.kind == ASSAY_KIND_VERDICT) {
        read_verdict(set, record, &reading);
    }
    if (record->payload.kind == ASSAY_KIND_CLAIM) {
        reading.standing = weigh(set, &record->id);
    }
    return reading;
}

/* NOLINTEND(misc-no-recursion) */
