/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's life, and the view of the ledger that its parts share. */
#include "driver_internal.h"

#include "clock.h"
#include "protocol/check.h"

#include <stdlib.h>

const struct assay_sync_view *node_driver_view_begin(void *context)
{
    struct node_driver *driver = context;

    if (driver->view_depth == 0 &&
        store_sync_view_begin(driver->with.ledger, &driver->view) != ASSAY_OK) {
        return NULL;
    }
    driver->view_depth++;
    return store_sync_view_of(driver->view);
}

void node_driver_view_end(void *context)
{
    struct node_driver *driver = context;

    ASSAY_CHECK(driver->view_depth > 0);
    driver->view_depth--;
    if (driver->view_depth == 0) {
        store_sync_view_end(driver->view);
        driver->view = NULL;
        if (driver->has_leaving) {
            node_driver_look_soon(driver); /* It may have got the last. */
        }
    }
}

bool node_driver_holds(struct node_driver *driver, const struct assay_id *id)
{
    const struct assay_sync_view *view = node_driver_view_begin(driver);
    struct assay_sync_item item;
    bool is_held = false;

    if (view != NULL) {
        is_held = view->find(view->context, id, &item) == ASSAY_OK;
        node_driver_view_end(driver);
    }
    return is_held;
}

/* What is followed, as sessions are told. */
struct assay_follows node_driver_follows(const struct node_driver *driver)
{
    const struct store_teams *teams = node_policy_teams(driver->policy);

    if (node_policy_is_open(driver->policy)) {
        return (struct assay_follows){.is_all = true};
    }
    return (struct assay_follows){.teams = teams->ids, .count = teams->count};
}

/* Others are followed than before: every session is told. */
static void on_teams(void *context)
{
    struct node_driver *driver = context;
    struct assay_follows follows = node_driver_follows(driver);

    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        struct assay_session *session = node_peer_session(link->peer);

        if (session != NULL &&
            assay_session_follow(session, &follows) == ASSAY_OK) {
            assay_session_sync(session);
            node_driver_soon(driver, link->peer);
        }
    }
}

enum assay_err node_driver_new(const struct node_driver_config *config,
                               struct node_driver **driver_out)
{
    struct node_driver *driver = calloc(1, sizeof(*driver));
    enum assay_err err = ASSAY_E_NOMEM;

    if (driver == NULL) {
        return ASSAY_E_NOMEM;
    }
    driver->with = *config;
    driver->config = config->config;
    driver->key = config->key->pair.key;
    node_random(driver->nonce, sizeof(driver->nonce));
    node_links_hooks(driver, &driver->hooks);
    ASSAY_CHECK(uv_idle_init(config->loop, &driver->soon) == 0);
    driver->soon.data = driver;
    err = node_resolver_new(config->loop, &driver->resolver);
    if (err == ASSAY_OK) {
        err = node_policy_new(config->loop, config->ledger, on_teams, driver,
                              &driver->policy);
    }
    if (err == ASSAY_OK) {
        err = node_policy_configure(driver->policy, driver->config);
    }
    if (err == ASSAY_OK) {
        err = node_policy_refresh_now(driver->policy);
    }
    if (err == ASSAY_OK) {
        err = node_gossip_init(driver);
    }
    if (err == ASSAY_OK) {
        err = node_records_init(driver);
    }
    if (err == ASSAY_OK) {
        err = node_blobs_init(driver);
    }
    if (err != ASSAY_OK) {
        node_driver_free(driver);
        return err;
    }
    node_syncs_init(driver);
    node_captures_configure(driver->captures, driver->config);
    *driver_out = driver;
    return ASSAY_OK;
}

void node_driver_start(struct node_driver *driver)
{
    node_gossip_start(driver);
}

/* Captures are served to everybody at the rate of the configuration. */
static void pace(struct node_driver *driver)
{
    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        struct assay_session *session = node_peer_session(link->peer);

        if (session != NULL) {
            assay_session_pace(session, node_clock_ms(),
                               driver->config->captures_rate);
            node_driver_soon(driver, link->peer);
        }
    }
}

void node_driver_configure(struct node_driver *driver)
{
    if (node_policy_configure(driver->policy, driver->config) == ASSAY_OK) {
        node_policy_refresh(driver->policy);
    }
    node_captures_configure(driver->captures, driver->config);
    pace(driver);
    node_statics_refresh(driver);
    node_driver_part(driver);
}

void node_driver_finish(struct node_driver *driver)
{
    void (*done)(void *context) = driver->done;

    if (done != NULL && driver->links == NULL && driver->is_ingest_stopped &&
        driver->are_captures_stopped) {
        driver->done = NULL;
        done(driver->with.context);
    }
}

static void on_ingest_stopped(void *context)
{
    struct node_driver *driver = context;

    driver->is_ingest_stopped = true;
    node_driver_finish(driver);
}

static void on_captures_stopped(void *context)
{
    struct node_driver *driver = context;

    driver->are_captures_stopped = true;
    node_driver_finish(driver);
}

void node_driver_stop(struct node_driver *driver, void (*done)(void *context))
{
    ASSAY_CHECK(!driver->is_stopping);
    driver->is_stopping = true;
    driver->done = done;
    node_driver_dial_cancel(driver);
    node_gossip_leave(driver);
    node_syncs_fail_all(driver, "the node is stopping");
    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        node_peer_close(link->peer, ASSAY_CLOSE_DONE, "stopping");
    }
    node_captures_stop(driver->captures, on_captures_stopped);
    node_ingest_stop(driver->ingest, on_ingest_stopped);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct node_driver *driver = handle->data;

    driver->open_handles--;
    if (driver->open_handles == 0) {
        free(driver);
    }
}

/* Closes a handle that may never have been opened. */
static void close_handle(struct node_driver *driver, uv_handle_t *handle)
{
    if (handle->loop != NULL) {
        driver->open_handles++;
        uv_close(handle, on_handle_closed);
    }
}

void node_driver_free(struct node_driver *driver)
{
    if (driver == NULL) {
        return;
    }
    node_ingest_free(driver->ingest);
    node_captures_free(driver->captures);
    node_policy_free(driver->policy);
    node_resolver_free(driver->resolver);
    node_follow_free(driver->follow);
    node_gossip_clear(driver);
    close_handle(driver, (uv_handle_t *)&driver->soon);
    close_handle(driver, (uv_handle_t *)&driver->gossip_timer);
    close_handle(driver, (uv_handle_t *)&driver->sync_timer);
}
