/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: who is let in, what their sessions say, and their end. */
#include "driver_internal.h"

#include "clock.h"
#include "protocol/check.h"

#include <stdlib.h>

/* What we say we are. */
#define AGENT "assayd"

struct node_link *node_link_by_number(struct node_driver *driver,
                                      uint64_t number)
{
    struct node_link *link = driver->links;

    while (link != NULL &&
           (link->is_over || node_peer_number(link->peer) != number)) {
        link = link->next;
    }
    return link;
}

struct node_link *node_link_by_key(struct node_driver *driver,
                                   const struct assay_key *key)
{
    struct node_link *link = driver->links;

    while (link != NULL) {
        const struct assay_key *other = node_peer_key(link->peer);

        if (!link->is_over && other != NULL && assay_key_equal(other, key)) {
            return link;
        }
        link = link->next;
    }
    return NULL;
}

static struct node_link *link_of(struct node_driver *driver,
                                 const struct node_peer *peer)
{
    struct node_link *link = driver->links;

    while (link->peer != peer) {
        link = link->next;
    }
    return link;
}

static void on_soon(uv_idle_t *idle)
{
    struct node_driver *driver = idle->data;

    ASSAY_CHECK(uv_idle_stop(idle) == 0);
    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        if (link->is_blamed) {
            link->is_blamed = false;
            node_peer_blame(link->peer, ASSAY_OFFENCE_FALSE_HAVE);
        }
        if (link->has_false_blob) {
            link->has_false_blob = false;
            node_peer_blame(link->peer, ASSAY_OFFENCE_FALSE_BLOB);
        }
        if (link->is_due) {
            link->is_due = false;
            node_peer_wake(link->peer);
        }
    }
    if (driver->has_leaving) {
        node_syncs_part(driver);
    }
}

void node_driver_look_soon(struct node_driver *driver)
{
    ASSAY_CHECK(uv_idle_start(&driver->soon, on_soon) == 0);
}

void node_driver_soon(void *context, struct node_peer *peer)
{
    struct node_driver *driver = context;

    link_of(driver, peer)->is_due = true;
    node_driver_look_soon(driver);
}

void node_driver_log_peer(struct node_driver *driver, enum node_log_level level,
                          const char *event, const struct node_peer *peer,
                          const char *why)
{
    const struct assay_key *key = node_peer_key(peer);
    struct node_log_line line;
    char text[NODE_ENDPOINT_TEXT_MAX];

    node_log_begin(&line, driver->with.log, level, event);
    node_endpoint_format(node_peer_at(peer), text);
    node_log_text(&line, "at", text);
    if (key != NULL) {
        char node[ASSAY_ID_TEXT_MAX];

        assay_id_format(ASSAY_ID_NODE, key->bytes, node);
        node_log_text(&line, "node", node);
    }
    node_log_text(&line, "side", node_peer_is_dialled(peer) ? "dialled" : "in");
    if (why != NULL) {
        node_log_text(&line, "reason", why);
    }
    node_log_end(&line);
}

/* Whether a node may connect: it was dialled, or the operator lets it. */
static bool is_allowed(const struct node_driver *driver,
                       const struct node_peer *peer)
{
    const struct node_config *config = driver->config;
    const struct assay_key *key = node_peer_key(peer);

    if (node_peer_is_dialled(peer) || config->allow_all) {
        return true;
    }
    for (size_t i = 0; i < config->allow.count; i++) {
        if (assay_key_equal(&config->allow.items[i], key)) {
            return true;
        }
    }
    for (size_t i = 0; i < driver->static_count; i++) {
        if (assay_key_equal(&driver->statics[i].address.node, key)) {
            return true;
        }
    }
    return false;
}

void node_driver_part(struct node_driver *driver)
{
    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        if (!link->is_over && node_peer_key(link->peer) != NULL &&
            !is_allowed(driver, link->peer)) {
            node_peer_close(link->peer, ASSAY_CLOSE_REFUSED,
                            "not on the list any more");
        }
    }
}

static bool on_opened(void *context, struct node_peer *peer,
                      struct assay_session_config *config,
                      struct node_peer_refusal *refusal_out)
{
    struct node_driver *driver = context;

    config->own_key = driver->key;
    memcpy(config->own_nonce, driver->nonce, sizeof(config->own_nonce));
    config->time_s = node_clock_wall_s();
    config->agent = assay_bytes_of(AGENT);
    config->follows = node_driver_follows(driver);
    config->blobs = &driver->blob_view;
    config->blob_rate = driver->config->captures_rate;
    if (assay_key_equal(node_peer_key(peer), &driver->key)) {
        *refusal_out = (struct node_peer_refusal){ASSAY_CLOSE_SELF,
                                                  "this is the same node"};
        return false;
    }
    if (driver->is_stopping) {
        *refusal_out = (struct node_peer_refusal){ASSAY_CLOSE_DONE, "stopping"};
        return false;
    }
    if (!is_allowed(driver, peer)) {
        *refusal_out =
            (struct node_peer_refusal){ASSAY_CLOSE_REFUSED, "not on the list"};
        return false;
    }
    return true;
}

static void on_hello(struct node_driver *driver, struct node_link *link,
                     const struct assay_hello *hello)
{
    size_t len = hello->agent.len < sizeof(link->agent)
                     ? hello->agent.len
                     : sizeof(link->agent) - 1;

    if (len > 0) {
        memcpy(link->agent, hello->agent.data, len);
    }
    link->agent[len] = '\0';
    node_driver_log_peer(driver, NODE_LOG_INFO, "peer-open", link->peer, NULL);
    link->is_greeted = true;
    if (!link->is_wanted) { /* Membership knows of no such dial. */
        node_members_connected(driver, link);
    }
    node_captures_peer_open(driver->captures);
}

/* An exchange of frontiers has ended. */
static void on_synced(struct node_driver *driver, struct node_link *link,
                      bool is_equal)
{
    bool is_news = !link->is_compared || is_equal != link->is_synced;

    node_driver_log_peer(driver, is_news ? NODE_LOG_INFO : NODE_LOG_DEBUG,
                         is_equal ? "peer-in-step" : "peer-differs", link->peer,
                         NULL);
    link->is_compared = true;
    link->is_synced = is_equal;
    node_records_fetch_missing(driver, link);
    node_syncs_done(driver, node_peer_key(link->peer),
                    is_equal ? NULL : "the two still differ");
}

static void on_event(void *context, struct node_peer *peer,
                     const struct assay_session_event *event)
{
    struct node_driver *driver = context;
    struct node_link *link = link_of(driver, peer);

    switch (event->type) {
    case ASSAY_SESSION_HELLO:
        on_hello(driver, link, &event->hello);
        break;
    case ASSAY_SESSION_SYNCED:
        on_synced(driver, link, event->is_equal);
        break;
    case ASSAY_SESSION_RECORDS:
        node_records_take(driver, link, event);
        break;
    case ASSAY_SESSION_LACKED:
        node_records_lacked(driver, link, event->ids, event->id_count);
        break;
    case ASSAY_SESSION_PASS:
        node_gossip_message(driver, link, event);
        break;
    case ASSAY_SESSION_BLOB:
        node_captures_blob(driver->captures, node_peer_number(peer),
                           &event->blob);
        break;
    case ASSAY_SESSION_BLOB_LACKED:
        node_captures_lacked(driver->captures, node_peer_number(peer),
                             event->blob.sha256);
        break;
    case ASSAY_SESSION_CLOSED:
        break;
    }
}

/* What a session did is counted on when it is gone. */
static void count_ended(struct node_driver *driver, struct node_link *link)
{
    const struct assay_session *session = node_peer_any_session(link->peer);
    struct assay_session_stats stats;

    if (session != NULL) {
        assay_session_stats(session, &stats);
        driver->ended.bytes_in += stats.bytes_in;
        driver->ended.bytes_out += stats.bytes_out;
        driver->ended.records_out += stats.records_out;
        driver->ended.blob_bytes_in += stats.blob_bytes_in;
        driver->ended.blob_bytes_out += stats.blob_bytes_out;
    }
}

static void on_over(void *context, struct node_peer *peer, const char *why,
                    bool is_fault)
{
    struct node_driver *driver = context;
    struct node_link *link = link_of(driver, peer);
    const struct assay_key *key = node_peer_key(peer);

    node_driver_log_peer(driver, is_fault ? NODE_LOG_WARN : NODE_LOG_INFO,
                         "peer-closed", peer, why);
    count_ended(driver, link);
    link->is_over = true;
    node_ingest_forget(driver->ingest, node_peer_number(peer));
    node_captures_peer_gone(driver->captures, node_peer_number(peer));
    node_members_lost(driver, link);
    if (node_peer_is_dialled(peer)) {
        node_syncs_done(driver, &link->dialled.node, why);
    } else if (key != NULL) {
        node_syncs_done(driver, key, why);
    }
}

static void on_gone(void *context, struct node_peer *peer)
{
    struct node_driver *driver = context;
    struct node_link *link = link_of(driver, peer);
    struct node_link **at = &driver->links;

    while (*at != link) {
        at = &(*at)->next;
    }
    *at = link->next;
    driver->link_count--;
    free(link);
    node_driver_finish(driver);
}

static bool has_room(void *context)
{
    const struct node_driver *driver = context;

    return node_ingest_has_room(driver->ingest);
}

void node_links_hooks(struct node_driver *driver,
                      struct node_peer_hooks *hooks_out)
{
    *hooks_out = (struct node_peer_hooks){.context = driver,
                                          .view_begin = node_driver_view_begin,
                                          .view_end = node_driver_view_end,
                                          .has_room = has_room,
                                          .soon = node_driver_soon,
                                          .opened = on_opened,
                                          .event = on_event,
                                          .over = on_over,
                                          .gone = on_gone};
}
