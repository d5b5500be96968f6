/* SPDX-License-Identifier: Apache-2.0 */
#include "follow.h"

#include "protocol/check.h"
#include "protocol/key.h"
#include "store/trust.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH_LEN_MAX 4096

/* A commit shows to readers this much later at most than to who counts. */
#define AGAIN_MS 1

struct node_follow {
    struct store_ledger *ledger;
    struct node_follow_hooks hooks;
    uv_fs_event_t events;
    uv_timer_t timer;
    size_t open_handles;
    bool is_held;
    bool has_missed; /* Something happened while it was held. */
    uint64_t commits;
    uint64_t lsn;
    uint8_t trust[ASSAY_HASH_SIZE];
};

/* A hash of the list of trusted teams, which is short. */
static enum assay_err hash_trust(struct store_view *view,
                                 uint8_t hash_out[ASSAY_HASH_SIZE])
{
    struct {
        uint8_t so_far[ASSAY_HASH_SIZE];
        struct assay_id team;
    } step = {.team = {{0}}};
    uint64_t since_s = 0;
    enum assay_err err = store_trust_next(view, &step.team, &since_s);

    while (err == ASSAY_OK) {
        assay_hash((struct assay_bytes){(const uint8_t *)&step, sizeof(step)},
                   step.so_far);
        err = store_trust_next(view, &step.team, &since_s);
    }
    if (err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    memcpy(hash_out, step.so_far, ASSAY_HASH_SIZE);
    return ASSAY_OK;
}

/* What is new is told; a view that cannot be had is tried again later. */
static void look_at(struct node_follow *follow, struct store_view *view)
{
    uint64_t last_lsn = store_view_last_lsn(view);
    uint64_t after_lsn = follow->lsn;
    uint8_t trust[ASSAY_HASH_SIZE];

    follow->lsn = last_lsn;
    if (hash_trust(view, trust) == ASSAY_OK &&
        memcmp(trust, follow->trust, sizeof(trust)) != 0) {
        memcpy(follow->trust, trust, sizeof(trust));
        follow->hooks.trust(follow->hooks.context);
    }
    if (last_lsn > after_lsn) {
        follow->hooks.records(follow->hooks.context, view, after_lsn, last_lsn);
    }
}

static void on_timer(uv_timer_t *handle);

static void set_timer(struct node_follow *follow, uint64_t first_ms)
{
    ASSAY_CHECK(uv_timer_start(&follow->timer, on_timer, first_ms,
                               NODE_FOLLOW_LOOK_MS) == 0);
}

void node_follow_look(struct node_follow *follow)
{
    struct store_view *view = NULL;
    uint64_t commits = store_ledger_commits(follow->ledger);

    if (commits == follow->commits) {
        return;
    }
    if (follow->is_held) {
        follow->has_missed = true;
        return;
    }
    if (store_view_begin(follow->ledger, STORE_NOW, &view) == ASSAY_OK) {
        follow->commits = store_view_commits(view);
        look_at(follow, view);
        store_view_end(view);
    }
    if (follow->commits < commits) {
        /* It is being committed just now: views show it in a moment. */
        set_timer(follow, AGAIN_MS);
    }
}

static void on_event(uv_fs_event_t *handle, const char *name, int events,
                     int status)
{
    (void)name;
    (void)events;
    (void)status; /* The timer looks all the same. */
    node_follow_look(handle->data);
}

static void on_timer(uv_timer_t *handle)
{
    node_follow_look(handle->data);
}

static void start(struct node_follow *follow, uv_loop_t *loop)
{
    char path[PATH_LEN_MAX];
    int len = snprintf(path, sizeof(path), "%s/db/data.mdb",
                       store_ledger_dir(follow->ledger));

    ASSAY_CHECK(uv_fs_event_init(loop, &follow->events) == 0);
    ASSAY_CHECK(uv_timer_init(loop, &follow->timer) == 0);
    follow->events.data = follow;
    follow->timer.data = follow;
    follow->open_handles = 2;
    if (len > 0 && (size_t)len < sizeof(path)) {
        /* Where it cannot be watched, the timer is what is left. */
        (void)uv_fs_event_start(&follow->events, on_event, path, 0);
    }
    set_timer(follow, NODE_FOLLOW_LOOK_MS);
}

enum assay_err node_follow_new(uv_loop_t *loop, struct store_ledger *ledger,
                               const struct node_follow_hooks *hooks,
                               struct node_follow **follow_out)
{
    struct node_follow *follow = calloc(1, sizeof(*follow));
    struct store_view *view = NULL;
    enum assay_err err = ASSAY_E_NOMEM;

    if (follow == NULL) {
        return ASSAY_E_NOMEM;
    }
    follow->ledger = ledger;
    follow->hooks = *hooks;
    err = store_view_begin(ledger, STORE_NOW, &view);
    if (err == ASSAY_OK) {
        follow->lsn = store_view_last_lsn(view);
        follow->commits = store_view_commits(view);
        err = hash_trust(view, follow->trust);
        store_view_end(view);
    }
    if (err != ASSAY_OK) {
        free(follow);
        return err;
    }
    start(follow, loop);
    *follow_out = follow;
    return ASSAY_OK;
}

void node_follow_hold(struct node_follow *follow)
{
    follow->is_held = true;
}

void node_follow_resume(struct node_follow *follow, uint64_t first_lsn,
                        uint64_t last_lsn)
{
    struct store_view *view = NULL;

    follow->is_held = false;
    if (first_lsn == follow->lsn + 1) {
        follow->lsn = last_lsn; /* All that is new is our own. */
    } else if (first_lsn > follow->lsn &&
               store_view_begin(follow->ledger, STORE_NOW, &view) == ASSAY_OK) {
        uint64_t after_lsn = follow->lsn;

        /* Others wrote before us: theirs lie between. */
        follow->lsn = last_lsn;
        follow->hooks.records(follow->hooks.context, view, after_lsn,
                              first_lsn - 1);
        store_view_end(view);
    }
    if (follow->has_missed) {
        follow->has_missed = false;
        node_follow_look(follow);
    }
}

uint64_t node_follow_lsn(const struct node_follow *follow)
{
    return follow->lsn;
}

static void on_close(uv_handle_t *handle)
{
    struct node_follow *follow = handle->data;

    follow->open_handles--;
    if (follow->open_handles == 0) {
        free(follow);
    }
}

void node_follow_free(struct node_follow *follow)
{
    if (follow != NULL) {
        uv_close((uv_handle_t *)&follow->events, on_close);
        uv_close((uv_handle_t *)&follow->timer, on_close);
    }
}
