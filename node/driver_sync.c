/* SPDX-License-Identifier: Apache-2.0 */
/* Syncs that somebody waits for. */
#include "driver_internal.h"

#include "clock.h"
#include "protocol/check.h"

static struct node_sync *free_place(struct node_driver *driver)
{
    for (size_t i = 0; i < NODE_SYNCS_MAX; i++) {
        if (!driver->syncs[i].is_used) {
            return &driver->syncs[i];
        }
    }
    return NULL;
}

/* Whether a client waits for others, too; they learn that one has failed. */
static bool tell_others(struct node_driver *driver, uint64_t client,
                        bool has_failed)
{
    bool is_waiting = false;

    for (size_t i = 0; i < NODE_SYNCS_MAX; i++) {
        struct node_sync *sync = &driver->syncs[i];

        if (sync->is_used && sync->client == client) {
            sync->has_failed = sync->has_failed || has_failed;
            is_waiting = true;
        }
    }
    return is_waiting;
}

/* What a session has done since a sync began. */
static void fill_progress(struct node_driver *driver,
                          const struct node_sync *sync,
                          struct assay_control_progress *progress)
{
    struct node_link *link = node_link_by_key(driver, &sync->node);
    struct assay_session *session =
        link == NULL ? NULL : node_peer_session(link->peer);
    struct assay_session_stats stats;

    progress->node = sync->node;
    if (session == NULL) {
        return;
    }
    assay_session_stats(session, &stats);
    progress->records_in = stats.records_accepted - sync->records_in_before;
    progress->records_out = stats.records_out - sync->records_out_before;
    progress->bytes_in = stats.bytes_in;
    progress->bytes_out = stats.bytes_out;
}

/* Whether a link was dialled to a node, perhaps without its key as yet. */
static bool is_dialled_to(const struct node_link *link,
                          const struct assay_key *node)
{
    return !link->is_over && node_peer_is_dialled(link->peer) &&
           assay_key_equal(&link->dialled.node, node);
}

static bool is_connecting(const struct node_driver *driver,
                          const struct assay_key *node)
{
    const struct node_link *link = driver->links;

    while (link != NULL && !is_dialled_to(link, node)) {
        link = link->next;
    }
    return link != NULL || node_driver_is_dialling(driver, node);
}

/* Whether somebody waits for a node. */
static bool is_awaited(const struct node_driver *driver,
                       const struct assay_key *node)
{
    for (size_t i = 0; i < NODE_SYNCS_MAX; i++) {
        if (driver->syncs[i].is_used &&
            assay_key_equal(&driver->syncs[i].node, node)) {
            return true;
        }
    }
    return false;
}

static void on_timer(uv_timer_t *timer);

/* Lets the timer ring after a while, or earlier. */
static void wait_ms(struct node_driver *driver, uint64_t ms)
{
    uv_timer_t *timer = &driver->sync_timer;

    if (!uv_is_active((uv_handle_t *)timer) ||
        uv_timer_get_due_in(timer) > ms) {
        ASSAY_CHECK(uv_timer_start(timer, on_timer, ms, 0) == 0);
    }
}

/* Whether a connection for a sync still brings records that are named. */
static bool is_fetching(const struct node_link *link, uint64_t now_ms)
{
    const struct assay_session *session = node_peer_session(link->peer);
    struct assay_session_stats stats;

    if (link->is_over || !link->is_leaving || session == NULL ||
        now_ms >= link->leave_ms) {
        return false;
    }
    assay_session_stats(session, &stats);
    return stats.fetch_count > 0 || stats.request_count > 0;
}

bool node_driver_is_idle(const struct node_driver *driver)
{
    uint64_t now_ms = node_clock_ms();
    const struct node_link *link = driver->links;

    while (link != NULL && !is_fetching(link, now_ms)) {
        link = link->next;
    }
    return link == NULL && node_captures_are_idle(driver->captures);
}

void node_syncs_part(struct node_driver *driver)
{
    bool are_idle = node_captures_are_idle(driver->captures);
    uint64_t now_ms = node_clock_ms();

    driver->has_leaving = false;
    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        if (!link->is_leaving || link->is_over) {
            continue;
        }
        if (are_idle && !is_fetching(link, now_ms)) {
            node_peer_close(link->peer, ASSAY_CLOSE_DONE, "in step");
        } else {
            driver->has_leaving = true;
        }
    }
    if (driver->with.idle != NULL && !driver->is_stopping &&
        node_driver_is_idle(driver)) {
        driver->with.idle(driver->with.context);
    }
}

/* Parts with a node to which there is a connection or a dial for syncs alone,
 * unless somebody waits for it; once it has given captured bytes, too. */
static void leave(struct node_driver *driver, const struct assay_key *node)
{
    if (is_awaited(driver, node)) {
        return;
    }
    node_driver_dial_drop(driver, node);
    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        if (link->is_wanted && !link->is_leaving && is_dialled_to(link, node)) {
            link->is_leaving = true;
            driver->has_leaving = true;
            link->leave_ms = node_clock_ms() + NODE_LEAVE_MS;
            wait_ms(driver, NODE_LEAVE_MS);
        }
    }
    node_syncs_part(driver);
}

static void end(struct node_driver *driver, struct node_sync *sync,
                const char *why)
{
    struct node_sync_result result = {.client = sync->client, .why = why};

    fill_progress(driver, sync, &result.progress);
    result.progress.is_synced = why == NULL;
    sync->is_used = false;
    result.are_all_synced = why == NULL && !sync->has_failed;
    result.is_last = !tell_others(driver, sync->client, !result.are_all_synced);
    driver->with.synced(driver->with.context, &result);
}

void node_syncs_done(struct node_driver *driver, const struct assay_key *node,
                     const char *why)
{
    for (size_t i = 0; i < NODE_SYNCS_MAX; i++) {
        struct node_sync *sync = &driver->syncs[i];

        if (sync->is_used && assay_key_equal(&sync->node, node)) {
            end(driver, sync, why);
        }
    }
    leave(driver, node);
}

void node_syncs_fail_all(struct node_driver *driver, const char *why)
{
    for (size_t i = 0; i < NODE_SYNCS_MAX; i++) {
        if (driver->syncs[i].is_used) {
            end(driver, &driver->syncs[i], why);
        }
    }
}

void node_driver_sync_forget(struct node_driver *driver, uint64_t client)
{
    for (size_t i = 0; i < NODE_SYNCS_MAX; i++) {
        if (driver->syncs[i].is_used && driver->syncs[i].client == client) {
            driver->syncs[i].is_used = false;
            leave(driver, &driver->syncs[i].node);
        }
    }
}

/* What takes too long goes on, until the node is in step or is not to be had:
 * its connection stays. */
static void on_timer(uv_timer_t *timer)
{
    struct node_driver *driver = timer->data;
    uint64_t now_ms = node_clock_ms();

    for (size_t i = 0; i < NODE_SYNCS_MAX; i++) {
        struct node_sync *sync = &driver->syncs[i];

        if (sync->is_used && now_ms >= sync->limit_ms) {
            end(driver, sync, "it takes too long; it goes on");
        } else if (sync->is_used) {
            wait_ms(driver, sync->limit_ms - now_ms);
        }
    }
    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        if (link->is_leaving && now_ms < link->leave_ms) {
            wait_ms(driver, link->leave_ms - now_ms);
        }
    }
    node_syncs_part(driver);
}

void node_syncs_init(struct node_driver *driver)
{
    ASSAY_CHECK(uv_timer_init(driver->with.loop, &driver->sync_timer) == 0);
    driver->sync_timer.data = driver;
}

/* Begins to wait for a node. */
static enum assay_err wait_for(struct node_driver *driver, uint64_t client,
                               const struct assay_key *node)
{
    struct node_sync *sync = free_place(driver);
    struct node_link *link = node_link_by_key(driver, node);
    struct assay_session *session =
        link == NULL ? NULL : node_peer_session(link->peer);
    struct assay_session_stats stats = {0};

    if (sync == NULL) {
        return ASSAY_E_BUSY;
    }
    for (struct node_link *other = driver->links; other != NULL;
         other = other->next) {
        if (is_dialled_to(other, node)) {
            other->is_leaving = false;
        }
    }
    if (session != NULL) {
        assay_session_stats(session, &stats);
        assay_session_sync(session);
        node_driver_soon(driver, link->peer);
    }
    *sync = (struct node_sync){.is_used = true,
                               .client = client,
                               .node = *node,
                               .limit_ms = node_clock_ms() + NODE_SYNC_WAIT_MS,
                               .records_in_before = stats.records_accepted,
                               .records_out_before = stats.records_out};
    wait_ms(driver, NODE_SYNC_WAIT_MS);
    return ASSAY_OK;
}

static enum assay_err sync_all(struct node_driver *driver, uint64_t client)
{
    enum assay_err err = ASSAY_E_NOT_FOUND;

    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        if (node_peer_session(link->peer) != NULL) {
            err = wait_for(driver, client, node_peer_key(link->peer));
            if (err != ASSAY_OK) {
                /* The client hears no more of those that there was room for. */
                node_driver_sync_forget(driver, client);
                return err;
            }
        }
    }
    return err;
}

enum assay_err node_driver_sync(struct node_driver *driver, uint64_t client,
                                const struct node_address *address)
{
    enum assay_err err = ASSAY_OK;

    if (address == NULL) {
        return sync_all(driver, client);
    }
    if (free_place(driver) == NULL) {
        return ASSAY_E_BUSY;
    }
    if (node_link_by_key(driver, &address->node) == NULL &&
        !is_connecting(driver, &address->node)) {
        err = node_driver_dial(driver, address, false);
    }
    return err == ASSAY_OK ? wait_for(driver, client, &address->node) : err;
}
