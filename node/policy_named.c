/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_named.h"

#include "store/log.h"
#include "store/refs.h"

#include <stdlib.h>

/* Grants whose sponsor is remembered, and teams that pay. */
#define SPONSORS_MAX 65536
#define TEAMS_MAX 65536

struct node_named {
    uint64_t quota;
    struct node_id_set *sponsors; /* Grants, and the LSN of who asked. */
    struct node_id_set *counts;   /* Teams, and their records today. */
    struct assay_id payer;        /* Of the record that was judged last. */
    struct assay_id spent[NODE_SPENT_MAX];
    size_t spent_count;
};

enum assay_err node_named_new(struct node_named **named_out)
{
    struct node_named *named = calloc(1, sizeof(*named));
    enum assay_err err = ASSAY_E_NOMEM;

    if (named != NULL) {
        err = node_id_set_new(SPONSORS_MAX, &named->sponsors);
    }
    if (err == ASSAY_OK) {
        err = node_id_set_new(TEAMS_MAX, &named->counts);
    }
    if (err != ASSAY_OK) {
        node_named_free(named);
        return err;
    }
    *named_out = named;
    return ASSAY_OK;
}

void node_named_free(struct node_named *named)
{
    if (named != NULL) {
        node_id_set_free(named->sponsors);
        node_id_set_free(named->counts);
        free(named);
    }
}

void node_named_set_quota(struct node_named *named, uint64_t quota)
{
    named->quota = quota;
}

void node_named_begin_day(struct node_named *named)
{
    node_id_set_empty(named->counts);
    named->spent_count = 0;
}

/* The team of the record at an LSN, where it is a reason; else false. */
static bool find_reason(const struct node_reasons *reasons,
                        struct store_view *view, uint64_t lsn,
                        struct assay_id *team_out)
{
    struct store_row row;
    struct store_log log;

    if (store_view_by_lsn(view, lsn, &row) != ASSAY_OK ||
        store_log_find(view, assay_record_log(&row.record), &log) != ASSAY_OK) {
        return false;
    }
    *team_out = log.team;
    return reasons->is_open || store_teams_have(reasons->teams, &log.team);
}

static void note_spent(struct node_named *named, const struct assay_id *team)
{
    for (size_t i = 0; i < named->spent_count; i++) {
        if (assay_id_equal(&named->spent[i], team)) {
            return;
        }
    }
    if (named->spent_count < NODE_SPENT_MAX) {
        named->spent[named->spent_count++] = *team;
    }
}

static bool has_quota(struct node_named *named, const struct assay_id *team)
{
    const uint64_t *count = node_id_set_find(named->counts, team);
    bool has = count == NULL ? named->quota > 0 : *count < named->quota;

    if (!has) {
        note_spent(named, team);
    }
    return has;
}

/* Whether a record names it on behalf of a team that can pay. */
static bool is_named(struct node_named *named,
                     const struct node_reasons *reasons,
                     struct store_view *view, const struct assay_id *id,
                     uint64_t *lsn_out)
{
    uint64_t lsns[NODE_NAMERS_MAX];
    size_t count = 0;

    if (store_refs_namers(view, id, NODE_NAMERS_MAX, lsns, &count) !=
        ASSAY_OK) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (find_reason(reasons, view, lsns[i], &named->payer) &&
            has_quota(named, &named->payer)) {
            *lsn_out = lsns[i];
            return true;
        }
    }
    return false;
}

/* Whether a record that was wanted builds on what has this id. */
static bool is_basis(struct node_named *named,
                     const struct node_reasons *reasons,
                     struct store_view *view, const struct assay_id *id,
                     uint64_t *lsn_out)
{
    const uint64_t *lsn = node_id_set_find(named->sponsors, id);

    if (lsn == NULL || !find_reason(reasons, view, *lsn, &named->payer) ||
        !has_quota(named, &named->payer)) {
        return false;
    }
    *lsn_out = *lsn;
    return true;
}

bool node_named_is_wanted(struct node_named *named,
                          const struct node_reasons *reasons,
                          struct store_view *view,
                          const struct assay_record *record)
{
    const struct assay_id *log = assay_record_log(record);
    uint64_t lsn = 0;

    if (!is_named(named, reasons, view, &record->id, &lsn) &&
        !is_basis(named, reasons, view, &record->id, &lsn) &&
        !is_basis(named, reasons, view, log, &lsn)) {
        return false;
    }
    node_id_set_put(named->sponsors, log, lsn);
    /* A root's grant that follows a rotation builds on the one before. */
    if (record->payload.kind != ASSAY_KIND_FOUND) {
        node_id_set_put(named->sponsors, &record->payload.auth, lsn);
    }
    return true;
}

void node_named_charge(struct node_named *named)
{
    const uint64_t *count = node_id_set_find(named->counts, &named->payer);
    uint64_t now = count == NULL ? 1 : *count + 1;

    node_id_set_put(named->counts, &named->payer, now);
    if (now >= named->quota) {
        note_spent(named, &named->payer);
    }
}

bool node_named_next_spent(struct node_named *named, struct assay_id *team_out)
{
    if (named->spent_count == 0) {
        return false;
    }
    *team_out = named->spent[--named->spent_count];
    return true;
}

bool node_named_has_reason(const struct node_reasons *reasons,
                           struct node_id_set *spent, struct store_view *view,
                           const struct assay_id *id)
{
    uint64_t lsns[NODE_NAMERS_MAX];
    struct assay_id team;
    size_t count = 0;

    if (store_refs_namers(view, id, NODE_NAMERS_MAX, lsns, &count) !=
        ASSAY_OK) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (find_reason(reasons, view, lsns[i], &team) &&
            node_id_set_find(spent, &team) == NULL) {
            return true;
        }
    }
    return false;
}
