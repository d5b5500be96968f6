/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h - whose records a node keeps and passes on.
 *
 * Teams that are followed: the trusted ones, one's own, those that the
 * configuration names, and, as it says, those that these vouch for, or any.
 * What a record of a followed team refers to is kept as well, with what that
 * builds on, so many a day for each team that refers (policy_named.h); the
 * session says which these may be. All else is neither kept nor passed on.
 *
 * The loop's side knows who is followed; the writer's side (judge, noted),
 * which runs on the worker pool, has its own copy, renewed while the writer
 * rests.
 */
#ifndef ASSAY_NODE_POLICY_H
#define ASSAY_NODE_POLICY_H

#include "config.h"
#include "ingest.h"
#include "store/follows.h"

/* Teams whose records are counted; beyond, the oldest count is forgotten. */
#define NODE_POLICY_TEAMS_MAX 65536

struct node_policy; /* Opaque. */

/* changed is called on the loop whenever others are followed than before.
 * ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err node_policy_new(uv_loop_t *loop, struct store_ledger *ledger,
                               void (*changed)(void *context), void *context,
                               struct node_policy **policy_out);

/* Takes over what the configuration says, and refreshes. ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err node_policy_configure(struct node_policy *policy,
                                     const struct node_config *config);

/* Finds out again who is followed, on the pool; after records of authority
 * came, or the list of trusted teams changed. Several calls become one. */
void node_policy_refresh(struct node_policy *policy);

/* The same at once, before the loop runs. The view's codes, ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err node_policy_refresh_now(struct node_policy *policy);

/* Whether any team is followed; else the teams, until changed is called. */
bool node_policy_is_open(const struct node_policy *policy);
const struct store_teams *node_policy_teams(const struct node_policy *policy);

/* Whether a record that is not held is to be asked for: one of a team that is
 * followed names it, which has not spent its quota. */
bool node_policy_asks_for(const struct node_policy *policy,
                          struct store_view *view, const struct assay_id *id);

/* The hooks of the ingest: context is the policy. */
enum node_wish node_policy_judge(void *context, struct store_batch *batch,
                                 const struct assay_record *record,
                                 bool is_named);
void node_policy_noted(void *context, struct store_batch *batch,
                       const struct assay_record *record, enum assay_err err);

/* While the writer rests, before it writes: what has changed reaches it. */
void node_policy_rest(struct node_policy *policy, uint64_t now_s);

/* Frees it once a refresh that is under way has ended; nothing is called any
 * more. The writer must have stopped. Accepts NULL. */
void node_policy_free(struct node_policy *policy);

#endif
