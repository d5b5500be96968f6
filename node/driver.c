/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's life, its connections, and what their sessions say. */
#include "driver_internal.h"

#include "clock.h"
#include "protocol/check.h"

#include <stdlib.h>

/* What we say we are. */
#define AGENT "assayd"

/* Connections that are turned away are logged once in this time. */
#define REFUSED_EVERY_MS 1000

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
        if (link->is_due) {
            link->is_due = false;
            node_peer_wake(link->peer);
        }
    }
}

void node_driver_soon(void *context, struct node_peer *peer)
{
    struct node_driver *driver = context;

    link_of(driver, peer)->is_due = true;
    ASSAY_CHECK(uv_idle_start(&driver->soon, on_soon) == 0);
}

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

/* What is followed, as sessions are told. */
static struct assay_follows follows_of(const struct node_driver *driver)
{
    const struct store_teams *teams = node_policy_teams(driver->policy);

    if (node_policy_is_open(driver->policy)) {
        return (struct assay_follows){.is_all = true};
    }
    return (struct assay_follows){.teams = teams->ids, .count = teams->count};
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
    config->follows = follows_of(driver);
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
    node_gossip_connected(driver, link);
}

/* An exchange of frontiers has ended. */
static void on_synced(struct node_driver *driver, struct node_link *link,
                      bool is_equal)
{
    bool is_news = is_equal != link->is_synced;

    node_driver_log_peer(driver, is_news ? NODE_LOG_INFO : NODE_LOG_DEBUG,
                         is_equal ? "peer-in-step" : "peer-differs", link->peer,
                         NULL);
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
    case ASSAY_SESSION_BLOB_LACKED:
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
    node_gossip_lost(driver, link);
    if (node_peer_is_dialled(peer)) {
        node_syncs_done(driver, &link->dialled.node, why);
    } else if (key != NULL) {
        node_syncs_done(driver, key, why);
    }
}

static void finish_if_stopped(struct node_driver *driver)
{
    void (*done)(void *context) = driver->done;

    if (done != NULL && driver->links == NULL && driver->is_ingest_stopped) {
        driver->done = NULL;
        done(driver->with.context);
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
    finish_if_stopped(driver);
}

static void on_tcp_closed(uv_handle_t *handle)
{
    free(handle);
}

/* A number that no open connection has. */
static uint32_t next_number(struct node_driver *driver)
{
    do {
        driver->last_number++;
    } while (driver->last_number == 0 ||
             node_link_by_number(driver, driver->last_number) != NULL);
    return driver->last_number;
}

/* address is NULL for a connection from outside. */
static void begin_peer(struct node_driver *driver, uv_tcp_t *tcp,
                       const struct node_address *address, bool is_members)
{
    struct node_peer_config config = {
        .loop = driver->with.loop,
        .tcp = tcp,
        .number = next_number(driver),
        .is_dialled = address != NULL,
        .own = &driver->with.key->pair,
        .expected = address != NULL ? &address->node : NULL,
        .handshake_ms = driver->config->handshake_s * 1000,
        .space = driver->space,
        .hooks = &driver->hooks};
    struct node_link *link = calloc(1, sizeof(*link));

    if (link == NULL || node_peer_new(&config, &link->peer) != ASSAY_OK) {
        free(link);
        uv_close((uv_handle_t *)tcp, on_tcp_closed);
        if (is_members) {
            node_gossip_dial_failed(driver, address);
        }
        return;
    }
    link->driver = driver;
    link->is_members = is_members;
    if (address != NULL) {
        link->dialled = *address;
    }
    link->next = driver->links;
    driver->links = link;
    driver->link_count++;
    node_peer_wake(link->peer);
}

void node_driver_connected(struct node_driver *driver, uv_tcp_t *tcp,
                           const struct node_address *address, bool is_members)
{
    begin_peer(driver, tcp, address, is_members);
}

/* Whether a connection from outside is one too many. */
static const char *limit_of(const struct node_driver *driver,
                            const uv_tcp_t *tcp)
{
    const struct node_config *config = driver->config;
    struct node_net_origin origin;
    struct node_endpoint at;
    uint64_t count = 0;

    if (driver->is_stopping) {
        return "stopping";
    }
    if (driver->link_count >= config->connections_max) {
        return "connections";
    }
    node_net_peer(tcp, &at, &origin);
    for (const struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        count +=
            !node_peer_is_dialled(link->peer) &&
            memcmp(node_peer_origin(link->peer), &origin, sizeof(origin)) == 0;
    }
    return count >= config->connections_per_address ? "connections-per-address"
                                                    : NULL;
}

/* One line a second, however many are turned away. */
static void log_refused(struct node_driver *driver, const uv_tcp_t *tcp,
                        const char *limit)
{
    uint64_t now_ms = node_clock_ms();
    struct node_net_origin origin;
    struct node_endpoint at;
    struct node_log_line line;
    char text[NODE_ENDPOINT_TEXT_MAX];

    driver->refused_count++;
    if (driver->refused_told_ms != 0 &&
        now_ms - driver->refused_told_ms < REFUSED_EVERY_MS) {
        return;
    }
    node_net_peer(tcp, &at, &origin);
    node_endpoint_format(&at, text);
    node_log_begin(&line, driver->with.log, NODE_LOG_WARN,
                   "connection-refused");
    node_log_text(&line, "at", text);
    node_log_text(&line, "limit", limit);
    node_log_number(&line, "count", driver->refused_count);
    node_log_end(&line);
    driver->refused_count = 0;
    driver->refused_told_ms = now_ms;
}

void node_driver_accept(struct node_driver *driver, uv_stream_t *server)
{
    uv_tcp_t *tcp = malloc(sizeof(*tcp));
    const char *limit = NULL;

    if (tcp == NULL || uv_tcp_init(driver->with.loop, tcp) != 0) {
        free(tcp);
        return;
    }
    if (uv_accept(server, (uv_stream_t *)tcp) != 0) {
        uv_close((uv_handle_t *)tcp, on_tcp_closed);
        return;
    }
    limit = limit_of(driver, tcp);
    if (limit != NULL) {
        driver->turned_away++;
        log_refused(driver, tcp, limit);
        uv_close((uv_handle_t *)tcp, on_tcp_closed);
        return;
    }
    driver->accepted++;
    begin_peer(driver, tcp, NULL, false);
}

static bool has_room(void *context)
{
    const struct node_driver *driver = context;

    return node_ingest_has_room(driver->ingest);
}

/* Others are followed than before: every session is told. */
static void on_teams(void *context)
{
    struct node_driver *driver = context;
    struct assay_follows follows = follows_of(driver);

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
    driver->hooks =
        (struct node_peer_hooks){.context = driver,
                                 .view_begin = node_driver_view_begin,
                                 .view_end = node_driver_view_end,
                                 .has_room = has_room,
                                 .soon = node_driver_soon,
                                 .opened = on_opened,
                                 .event = on_event,
                                 .over = on_over,
                                 .gone = on_gone};
    ASSAY_CHECK(uv_idle_init(config->loop, &driver->soon) == 0);
    driver->soon.data = driver;
    err = node_policy_new(config->loop, config->ledger, on_teams, driver,
                          &driver->policy);
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
    if (err != ASSAY_OK) {
        node_driver_free(driver);
        return err;
    }
    node_syncs_init(driver);
    *driver_out = driver;
    return ASSAY_OK;
}

void node_driver_start(struct node_driver *driver)
{
    node_gossip_start(driver);
}

void node_driver_configure(struct node_driver *driver)
{
    if (node_policy_configure(driver->policy, driver->config) == ASSAY_OK) {
        node_policy_refresh(driver->policy);
    }
    node_gossip_statics(driver);
}

static void on_ingest_stopped(void *context)
{
    struct node_driver *driver = context;

    driver->is_ingest_stopped = true;
    finish_if_stopped(driver);
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
    node_policy_free(driver->policy);
    node_follow_free(driver->follow);
    node_gossip_clear(driver);
    close_handle(driver, (uv_handle_t *)&driver->soon);
    close_handle(driver, (uv_handle_t *)&driver->gossip_timer);
    close_handle(driver, (uv_handle_t *)&driver->sync_timer);
}
