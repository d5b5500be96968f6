/* SPDX-License-Identifier: Apache-2.0 */
/* Connections begin: those that were dialled, and those from outside. */
#include "driver_internal.h"

#include "clock.h"

#include <stdlib.h>

/* Connections that are turned away are logged once in this time. */
#define REFUSED_EVERY_MS 1000

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
            node_members_dial_failed(driver, address);
        }
        if (address != NULL) {
            node_syncs_done(driver, &address->node, "memory is exhausted");
        }
        return;
    }
    link->driver = driver;
    link->is_members = is_members;
    if (address != NULL) {
        link->is_wanted = !is_members;
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

/* A connection from outside, before anything is known of it but where it comes
 * from. */
struct newcomer {
    struct node_endpoint at;
    struct node_net_origin origin;
};

/* Whether a connection from outside is one too many. */
static const char *limit_of(const struct node_driver *driver,
                            const struct newcomer *newcomer)
{
    const struct node_config *config = driver->config;
    uint64_t count = 0;

    if (driver->is_stopping) {
        return "stopping";
    }
    if (driver->link_count >= config->connections_max) {
        return "connections";
    }
    for (const struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        count += !node_peer_is_dialled(link->peer) &&
                 memcmp(node_peer_origin(link->peer), &newcomer->origin,
                        sizeof(newcomer->origin)) == 0;
    }
    return count >= config->connections_per_address ? "connections-per-address"
                                                    : NULL;
}

/* One line a second, however many are turned away. */
static void log_refused(struct node_driver *driver,
                        const struct newcomer *newcomer, const char *limit)
{
    uint64_t now_ms = node_clock_ms();
    struct node_log_line line;
    char text[NODE_ENDPOINT_TEXT_MAX];

    driver->refused_count++;
    if (driver->refused_told_ms != 0 &&
        now_ms - driver->refused_told_ms < REFUSED_EVERY_MS) {
        return;
    }
    node_endpoint_format(&newcomer->at, text);
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
    struct newcomer newcomer;
    const char *limit = NULL;

    if (tcp == NULL || uv_tcp_init(driver->with.loop, tcp) != 0) {
        free(tcp);
        return;
    }
    /* Who has cut the connection before we took it cannot be named. */
    if (uv_accept(server, (uv_stream_t *)tcp) != 0 ||
        !node_net_peer(tcp, &newcomer.at, &newcomer.origin)) {
        uv_close((uv_handle_t *)tcp, on_tcp_closed);
        return;
    }
    limit = limit_of(driver, &newcomer);
    if (limit != NULL) {
        driver->turned_away++;
        log_refused(driver, &newcomer, limit);
        uv_close((uv_handle_t *)tcp, on_tcp_closed);
        return;
    }
    driver->accepted++;
    begin_peer(driver, tcp, NULL, false);
}
