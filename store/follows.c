/* SPDX-License-Identifier: Apache-2.0 */
#include "follows.h"

#include "keyring.h"
#include "lists.h"
#include "log.h"
#include "trust.h"

#include <stdlib.h>

/* Teams in no order, perhaps several times, while they are gathered. */
struct gathering {
    struct assay_id *ids;
    size_t count;
    size_t room;
};

static enum assay_err gather(struct gathering *gathering,
                             const struct assay_id *team)
{
    if (gathering->count == gathering->room) {
        size_t room = gathering->room == 0 ? 64 : gathering->room * 2;
        struct assay_id *ids =
            realloc(gathering->ids, room * sizeof(gathering->ids[0]));

        if (ids == NULL) {
            return ASSAY_E_NOMEM;
        }
        gathering->ids = ids;
        gathering->room = room;
    }
    gathering->ids[gathering->count++] = *team;
    return ASSAY_OK;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct assay_id));
}

/* Sorts, and drops what is there twice. */
static void settle(struct gathering *gathering)
{
    size_t kept = 0;

    if (gathering->count == 0) {
        return;
    }
    qsort(gathering->ids, gathering->count, sizeof(gathering->ids[0]),
          compare_ids);
    for (size_t i = 1; i < gathering->count; i++) {
        if (!assay_id_equal(&gathering->ids[kept], &gathering->ids[i])) {
            gathering->ids[++kept] = gathering->ids[i];
        }
    }
    gathering->count = kept + 1;
}

bool store_teams_have(const struct store_teams *teams,
                      const struct assay_id *team)
{
    return teams->count > 0 && bsearch(team, teams->ids, teams->count,
                                       sizeof(*team), compare_ids) != NULL;
}

void store_teams_clear(struct store_teams *teams)
{
    free(teams->ids);
    *teams = (struct store_teams){NULL, 0};
}

static bool is_in_force(struct store_view *view, const struct assay_id *grant)
{
    struct assay_validity *validity = NULL;
    const struct assay_authority *authority = NULL;

    return store_view_validity(view, &validity) == ASSAY_OK &&
           assay_validity_authority(validity, grant, &authority) == ASSAY_OK &&
           authority != NULL && authority->is_in_force;
}

/* The teams that one key may speak for. */
static enum assay_err gather_of_key(struct store_view *view,
                                    const struct assay_key *key,
                                    struct gathering *gathering)
{
    const struct store_log_query query = {.key = key};
    struct store_log log;
    uint64_t after = 0;
    enum assay_err err = ASSAY_OK;

    while (err == ASSAY_OK) {
        err = store_log_next_of(view, &query, &after, &log);
        if (err == ASSAY_OK && is_in_force(view, &log.grant)) {
            err = gather(gathering, &log.team);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum assay_err gather_own(struct store_ledger *ledger,
                                 struct store_view *view,
                                 struct gathering *gathering)
{
    struct store_key_info *keys = NULL;
    size_t key_count = 0;
    enum assay_err err = store_keyring_list(ledger, &keys, &key_count);

    for (size_t i = 0; err == ASSAY_OK && i < key_count; i++) {
        err = gather_of_key(view, &keys[i].key, gathering);
    }
    free(keys);
    return err;
}

static enum assay_err gather_trusted(struct store_view *view,
                                     struct gathering *gathering)
{
    struct assay_id team = {{0}};
    uint64_t since_s = 0;
    enum assay_err err = store_trust_next(view, &team, &since_s);

    while (err == ASSAY_OK) {
        err = gather(gathering, &team);
        if (err == ASSAY_OK) {
            err = store_trust_next(view, &team, &since_s);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* Whom one vouch adds: nobody, unless it stands and a team of the list made
 * it. */
static enum assay_err gather_vouch(struct assay_validity *validity,
                                   const struct assay_record *record,
                                   const struct store_teams *from,
                                   struct gathering *gathering)
{
    const struct assay_id *team = assay_record_about(record, ASSAY_REL_ON);
    struct assay_validity_result result;
    enum assay_err err = assay_validity_of(validity, record, &result);

    if (err != ASSAY_OK || team == NULL || result.state != ASSAY_STANDS ||
        !store_teams_have(from, &result.authority->team)) {
        return err;
    }
    return gather(gathering, team);
}

/* Adds those whom the teams gathered so far vouch for. */
static enum assay_err gather_vouched(struct store_view *view,
                                     struct gathering *gathering)
{
    struct store_list_query query = {.list = STORE_LIST_KIND,
                                     .kind = ASSAY_KIND_VOUCH};
    struct assay_validity *validity = NULL;
    struct store_teams from = {NULL, gathering->count};
    struct store_row row;
    uint64_t cursor = 0;
    enum assay_err err = store_view_validity(view, &validity);

    if (err != ASSAY_OK || gathering->count == 0) {
        return err;
    }
    /* The list grows meanwhile, and may move. */
    from.ids = malloc(from.count * sizeof(from.ids[0]));
    if (from.ids == NULL) {
        return ASSAY_E_NOMEM;
    }
    memcpy(from.ids, gathering->ids, from.count * sizeof(from.ids[0]));
    while (err == ASSAY_OK) {
        err = store_list_next(view, &query, &cursor, &row);
        if (err == ASSAY_OK) {
            err = gather_vouch(validity, &row.record, &from, gathering);
        }
    }
    free(from.ids);
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* Hands over what was gathered, or frees it. */
static enum assay_err finish(struct gathering *gathering, enum assay_err err,
                             struct store_teams *teams_out)
{
    if (err != ASSAY_OK) {
        free(gathering->ids);
        return err;
    }
    settle(gathering);
    *teams_out = (struct store_teams){gathering->ids, gathering->count};
    return ASSAY_OK;
}

enum assay_err store_own_teams(struct store_ledger *ledger,
                               struct store_view *view,
                               struct store_teams *teams_out)
{
    struct gathering gathering = {NULL, 0, 0};
    enum assay_err err = gather_own(ledger, view, &gathering);

    return finish(&gathering, err, teams_out);
}

enum assay_err store_followed_teams(struct store_ledger *ledger,
                                    struct store_view *view,
                                    const struct store_teams *more,
                                    unsigned steps,
                                    struct store_teams *teams_out)
{
    struct gathering gathering = {NULL, 0, 0};
    enum assay_err err = gather_own(ledger, view, &gathering);

    if (err == ASSAY_OK) {
        err = gather_trusted(view, &gathering);
    }
    for (size_t i = 0; err == ASSAY_OK && i < more->count; i++) {
        err = gather(&gathering, &more->ids[i]);
    }
    for (unsigned step = 0; err == ASSAY_OK && step < steps; step++) {
        size_t count = 0;

        settle(&gathering);
        count = gathering.count;
        err = gather_vouched(view, &gathering);
        settle(&gathering);
        if (gathering.count == count) {
            break; /* Nobody new, so nobody who vouches anew. */
        }
    }
    return finish(&gathering, err, teams_out);
}
