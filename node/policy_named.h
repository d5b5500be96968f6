/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_named.h - records that are kept though their teams are not followed,
 * since a record of a followed team names them: what they build on is kept as
 * well. Whoever names is charged for all of it, so many a day, so that nobody
 * makes a node fetch the world; and what these name in turn is no reason.
 *
 * What a record builds on arrives after it, as it is asked for then: for whom
 * the grant of a named record is fetched is remembered, and its log with it.
 */
#ifndef ASSAY_NODE_POLICY_NAMED_H
#define ASSAY_NODE_POLICY_NAMED_H

#include "policy_sets.h"
#include "protocol/record.h"
#include "store/follows.h"

/* Records that name one that is not held and are looked at, at most. */
#define NODE_NAMERS_MAX 64

/* Teams found to have spent their quota, between two looks at them. */
#define NODE_SPENT_MAX 32

/* Whose records are reasons. */
struct node_reasons {
    bool is_open; /* Any team's. */
    const struct store_teams *teams;
};

struct node_named; /* Opaque. */

/* ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err node_named_new(struct node_named **named_out);
void node_named_free(struct node_named *named);

/* Records a day that are kept on behalf of a team. */
void node_named_set_quota(struct node_named *named, uint64_t quota);

/* A new day: nothing is spent. */
void node_named_begin_day(struct node_named *named);

/* Whether a record that was asked for is to be kept: a record of a team that
 * has not spent its quota names it, or something that builds on it. */
bool node_named_is_wanted(struct node_named *named,
                          const struct node_reasons *reasons,
                          struct store_view *view,
                          const struct assay_record *record);

/* The record that node_named_is_wanted said yes to is stored: the team on whose
 * behalf it is pays. */
void node_named_charge(struct node_named *named);

/* The next team that has spent its quota; false when all were told. */
bool node_named_next_spent(struct node_named *named, struct assay_id *team_out);

/* Whether a record that is not held is to be asked for: a record of a team that
 * is not in spent names it. */
bool node_named_has_reason(const struct node_reasons *reasons,
                           struct node_id_set *spent, struct store_view *view,
                           const struct assay_id *id);

#endif
