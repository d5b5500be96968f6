/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include "policy_named.h"
#include "policy_sets.h"
#include "protocol/check.h"

#include <stdlib.h>

#define DAY_S 86400

/* What the writer knows. It is the writer's while that runs, else the
 * loop's. */
struct writer_side {
    bool is_open;
    uint64_t quota; /* Records a day, of a team that only is_open takes. */
    struct store_teams teams;
    uint64_t day;
    struct node_id_set *counts; /* Teams, and their records today. */
    struct node_named *named;   /* What is kept since others name it. */
    enum node_wish last_wish;   /* Of the record that noted is about. */
};

/* A refresh on the pool. */
struct refresh {
    uv_work_t work;
    struct store_ledger *ledger;
    struct store_teams more;
    unsigned steps;
    struct store_teams teams;
    enum assay_err err;
};

struct node_policy {
    uv_loop_t *loop;
    struct store_ledger *ledger;
    void (*changed)(void *context);
    void *context;
    bool is_open;
    unsigned steps;
    uint64_t quota;
    uint64_t named_quota;
    struct node_id_set *spent; /* Teams that spent it, as far as known here. */
    struct store_teams more;   /* Of the configuration. */
    struct store_teams teams;  /* Sessions borrow them. */
    struct refresh refresh;
    bool is_refreshing;
    bool is_stale; /* Refresh again when this one has ended. */
    bool is_freed;
    bool has_news; /* The writer does not know yet. */
    struct writer_side writer;
};

static void writer_clear(struct writer_side *writer)
{
    store_teams_clear(&writer->teams);
    node_id_set_free(writer->counts);
    node_named_free(writer->named);
    *writer = (struct writer_side){0};
}

static enum assay_err writer_init(struct writer_side *writer)
{
    enum assay_err err =
        node_id_set_new(NODE_POLICY_TEAMS_MAX, &writer->counts);

    if (err == ASSAY_OK) {
        err = node_named_new(&writer->named);
    }
    if (err != ASSAY_OK) {
        writer_clear(writer);
    }
    return err;
}

enum assay_err node_policy_new(uv_loop_t *loop, struct store_ledger *ledger,
                               void (*changed)(void *context), void *context,
                               struct node_policy **policy_out)
{
    struct node_policy *policy = calloc(1, sizeof(*policy));
    enum assay_err err = ASSAY_E_NOMEM;

    if (policy == NULL) {
        return ASSAY_E_NOMEM;
    }
    err = writer_init(&policy->writer);
    if (err == ASSAY_OK) {
        err = node_id_set_new(NODE_POLICY_TEAMS_MAX, &policy->spent);
    }
    if (err != ASSAY_OK) {
        writer_clear(&policy->writer);
        free(policy);
        return err;
    }
    policy->loop = loop;
    policy->ledger = ledger;
    policy->changed = changed;
    policy->context = context;
    *policy_out = policy;
    return ASSAY_OK;
}

static enum assay_err copy_teams(const struct store_teams *teams,
                                 struct store_teams *teams_out)
{
    struct store_teams copied = {NULL, teams->count};

    if (teams->count > 0) {
        copied.ids = malloc(teams->count * sizeof(copied.ids[0]));
        if (copied.ids == NULL) {
            return ASSAY_E_NOMEM;
        }
        memcpy(copied.ids, teams->ids, teams->count * sizeof(copied.ids[0]));
    }
    *teams_out = copied;
    return ASSAY_OK;
}

enum assay_err node_policy_configure(struct node_policy *policy,
                                     const struct node_config *config)
{
    struct store_teams more = {NULL, config->follow.count};

    if (more.count > 0) {
        more.ids = malloc(more.count * sizeof(more.ids[0]));
        if (more.ids == NULL) {
            return ASSAY_E_NOMEM;
        }
    }
    for (size_t i = 0; i < more.count; i++) {
        memcpy(more.ids[i].hash, config->follow.items[i].bytes,
               sizeof(more.ids[i].hash));
    }
    store_teams_clear(&policy->more);
    policy->more = more;
    policy->is_open = config->accept == NODE_ACCEPT_OPEN;
    policy->steps = config->accept == NODE_ACCEPT_VOUCHED
                        ? (unsigned)config->vouched_steps
                        : 0;
    policy->quota = config->team_quota;
    policy->named_quota = config->named_quota;
    policy->has_news = true;
    return ASSAY_OK;
}

/* On the pool: reads the ledger, touches nothing but the request. */
static void find_teams(uv_work_t *work)
{
    struct refresh *refresh = work->data;
    struct store_view *view = NULL;

    refresh->teams = (struct store_teams){NULL, 0};
    refresh->err = store_view_begin(refresh->ledger, STORE_NOW, &view);
    if (refresh->err == ASSAY_OK) {
        refresh->err =
            store_followed_teams(refresh->ledger, view, &refresh->more,
                                 refresh->steps, &refresh->teams);
    }
    store_view_end(view);
}

static bool is_same(const struct store_teams *a, const struct store_teams *b)
{
    return a->count == b->count &&
           (a->count == 0 ||
            memcmp(a->ids, b->ids, a->count * sizeof(a->ids[0])) == 0);
}

/* Takes over what was found. What could not be found stays as it was. */
static void take_over(struct node_policy *policy)
{
    struct refresh *refresh = &policy->refresh;
    struct store_teams old = policy->teams;

    store_teams_clear(&refresh->more);
    if (refresh->err != ASSAY_OK || is_same(&old, &refresh->teams)) {
        store_teams_clear(&refresh->teams);
        return;
    }
    policy->teams = refresh->teams;
    refresh->teams = (struct store_teams){NULL, 0};
    policy->has_news = true;
    policy->changed(policy->context); /* Nobody borrows the old ones now. */
    store_teams_clear(&old);
}

static void destroy(struct node_policy *policy)
{
    store_teams_clear(&policy->more);
    store_teams_clear(&policy->teams);
    store_teams_clear(&policy->refresh.more);
    store_teams_clear(&policy->refresh.teams);
    node_id_set_free(policy->spent);
    writer_clear(&policy->writer);
    free(policy);
}

static void after_refresh(uv_work_t *work, int status)
{
    struct refresh *refresh = work->data;
    struct node_policy *policy =
        (struct node_policy *)(void *)((char *)refresh -
                                       offsetof(struct node_policy, refresh));

    ASSAY_CHECK(status == 0);
    policy->is_refreshing = false;
    if (policy->is_freed) {
        destroy(policy);
        return;
    }
    take_over(policy);
    if (policy->is_stale) {
        node_policy_refresh(policy);
    }
}

static enum assay_err prepare(struct node_policy *policy)
{
    policy->refresh.ledger = policy->ledger;
    policy->refresh.steps = policy->steps;
    policy->refresh.work.data = &policy->refresh;
    return copy_teams(&policy->more, &policy->refresh.more);
}

void node_policy_refresh(struct node_policy *policy)
{
    policy->is_stale = policy->is_refreshing;
    if (policy->is_refreshing || prepare(policy) != ASSAY_OK) {
        return;
    }
    policy->is_refreshing = true;
    ASSAY_CHECK(uv_queue_work(policy->loop, &policy->refresh.work, find_teams,
                              after_refresh) == 0);
}

enum assay_err node_policy_refresh_now(struct node_policy *policy)
{
    enum assay_err err = prepare(policy);

    ASSAY_CHECK(!policy->is_refreshing);
    if (err == ASSAY_OK) {
        find_teams(&policy->refresh.work);
        err = policy->refresh.err;
        take_over(policy);
    }
    return err;
}

bool node_policy_is_open(const struct node_policy *policy)
{
    return policy->is_open;
}

const struct store_teams *node_policy_teams(const struct node_policy *policy)
{
    return &policy->teams;
}

bool node_policy_asks_for(const struct node_policy *policy,
                          struct store_view *view, const struct assay_id *id)
{
    struct node_reasons reasons = {policy->is_open, &policy->teams};

    return node_named_has_reason(&reasons, policy->spent, view, id);
}

void node_policy_rest(struct node_policy *policy, uint64_t now_s)
{
    struct writer_side *writer = &policy->writer;
    struct store_teams teams;
    struct assay_id spent;

    if (policy->has_news && copy_teams(&policy->teams, &teams) == ASSAY_OK) {
        store_teams_clear(&writer->teams);
        writer->teams = teams;
        writer->is_open = policy->is_open;
        writer->quota = policy->quota;
        node_named_set_quota(writer->named, policy->named_quota);
        node_id_set_empty(policy->spent); /* Of another quota, perhaps. */
        policy->has_news = false;
    }
    if (writer->day != now_s / DAY_S) {
        writer->day = now_s / DAY_S;
        node_id_set_empty(writer->counts);
        node_id_set_empty(policy->spent);
        node_named_begin_day(writer->named);
    }
    while (node_named_next_spent(writer->named, &spent)) {
        node_id_set_put(policy->spent, &spent, 0);
    }
}

/* The team that a record speaks for; false where its grant is not held. */
static bool find_team(struct store_batch *batch,
                      const struct assay_record *record,
                      struct assay_id *team_out)
{
    if (record->payload.kind == ASSAY_KIND_FOUND) {
        *team_out = record->id;
        return true;
    }
    return store_batch_team(batch, &record->payload.auth, team_out) == ASSAY_OK;
}

/* Whether a record that was asked for is wanted for what names it; for whom it
 * is kept, if it is, is remembered. */
static bool is_named_wanted(struct writer_side *writer,
                            struct store_batch *batch,
                            const struct assay_record *record)
{
    struct node_reasons reasons = {writer->is_open, &writer->teams};

    return node_named_is_wanted(writer->named, &reasons,
                                store_batch_view(batch), record);
}

static enum node_wish wish_of(struct writer_side *writer,
                              struct store_batch *batch,
                              const struct assay_record *record, bool is_named)
{
    struct assay_id team;

    if (!find_team(batch, record, &team)) {
        /* It will be found to be early; who it speaks for shows later. */
        if (is_named) {
            (void)is_named_wanted(writer, batch, record);
        }
        return NODE_WISH_FOLLOWED;
    }
    if (store_teams_have(&writer->teams, &team)) {
        return NODE_WISH_FOLLOWED;
    }
    if (writer->is_open) {
        const uint64_t *count = node_id_set_find(writer->counts, &team);

        if (count == NULL || *count < writer->quota) {
            return NODE_WISH_FOLLOWED;
        }
    }
    if (is_named) {
        /* It was asked for; that too many were is not its peer's doing. */
        return is_named_wanted(writer, batch, record) ? NODE_WISH_KEPT
                                                      : NODE_WISH_QUOTA;
    }
    return writer->is_open ? NODE_WISH_QUOTA : NODE_WISH_NONE;
}

enum node_wish node_policy_judge(void *context, struct store_batch *batch,
                                 const struct assay_record *record,
                                 bool is_named)
{
    struct node_policy *policy = context;

    policy->writer.last_wish =
        wish_of(&policy->writer, batch, record, is_named);
    return policy->writer.last_wish;
}

/* A new record of a team that has a quota. */
static void count_record(struct writer_side *writer, struct store_batch *batch,
                         const struct assay_record *record)
{
    struct assay_id team;

    if (writer->is_open && find_team(batch, record, &team) &&
        !store_teams_have(&writer->teams, &team)) {
        const uint64_t *count = node_id_set_find(writer->counts, &team);

        node_id_set_put(writer->counts, &team, count == NULL ? 1 : *count + 1);
    }
}

void node_policy_noted(void *context, struct store_batch *batch,
                       const struct assay_record *record, enum assay_err err)
{
    struct node_policy *policy = context;
    struct writer_side *writer = &policy->writer;

    if (err == ASSAY_OK) {
        if (writer->last_wish == NODE_WISH_FOLLOWED) {
            count_record(writer, batch, record);
        } else {
            node_named_charge(writer->named);
        }
    }
}

void node_policy_free(struct node_policy *policy)
{
    if (policy == NULL) {
        return;
    }
    policy->is_freed = true;
    if (!policy->is_refreshing) {
        destroy(policy);
    }
}
