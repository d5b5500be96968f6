/* SPDX-License-Identifier: Apache-2.0 */
#include "listener.h"

#include "net.h"
#include "protocol/check.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>

/* Connections that the kernel holds ready until we take them. Where it has no
 * room, the other side tries again after a second: who connects often and
 * quickly would make others wait. */
#define BACKLOG 1024

struct listener {
    uv_tcp_t tcp;
    struct node_listeners *all;
    bool is_bound; /* Else its family is missing; it is only closed. */
    struct node_endpoint wanted;
};

struct node_listeners {
    struct listener items[NODE_LISTENERS_MAX];
    size_t open; /* Handles that are not closed yet. */
    struct node_endpoint at[NODE_LISTENERS_MAX]; /* Those that listen. */
    size_t count;
    node_accept_fn accept;
    void *context;
};

static enum assay_err refuse(const struct node_endpoint *at, int number,
                             struct node_config_fault *fault_out)
{
    char text[NODE_ENDPOINT_TEXT_MAX];

    node_endpoint_format(at, text);
    (void)snprintf(fault_out->text, sizeof(fault_out->text),
                   "cannot listen on %.200s: %s", text, node_net_why(number));
    return node_net_err(number);
}

static void on_close(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    struct node_listeners *all = listener->all;

    all->open--;
    if (all->open == 0) {
        free(all);
    }
}

void node_listeners_close(struct node_listeners *listeners)
{
    if (listeners == NULL) {
        return;
    }
    if (listeners->open == 0) {
        free(listeners);
        return;
    }
    listeners->accept = NULL;
    for (size_t i = 0; i < listeners->open; i++) {
        uv_close((uv_handle_t *)&listeners->items[i].tcp, on_close);
    }
}

/* Makes the next handle; it counts as open from here on. */
static int begin(struct node_listeners *all, uv_loop_t *loop)
{
    struct listener *listener = &all->items[all->open];
    int number = 0;

    if (all->open == NODE_LISTENERS_MAX) {
        return UV_EMFILE;
    }
    number = uv_tcp_init(loop, &listener->tcp);
    if (number == 0) {
        listener->all = all;
        listener->tcp.data = listener;
        all->open++;
    }
    return number;
}

/* Whether the machine does not know this kind of address at all: no IPv6 in
 * the kernel, or switched off. */
static bool is_family_missing(const struct sockaddr *address, int number)
{
    struct sockaddr_in6 v6;

    if (number != UV_EADDRNOTAVAIL || address->sa_family != AF_INET6) {
        return number == UV_EAFNOSUPPORT;
    }
    memcpy(&v6, address, sizeof(v6));
    return IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr);
}

static int bind_one(struct node_listeners *all, uv_loop_t *loop,
                    const struct sockaddr *address, bool *is_skipped_out)
{
    unsigned flags =
        address->sa_family == AF_INET6 ? (unsigned)UV_TCP_IPV6ONLY : 0;
    int number = begin(all, loop);

    if (number != 0) {
        return number;
    }
    number = uv_tcp_bind(&all->items[all->open - 1].tcp, address, flags);
    node_net_endpoint(address, &all->items[all->open - 1].wanted);
    *is_skipped_out = is_family_missing(address, number);
    all->items[all->open - 1].is_bound = number == 0;
    return *is_skipped_out ? 0 : number;
}

/* Every address of one endpoint. */
static int bind_endpoint(struct node_listeners *all, uv_loop_t *loop,
                         const struct node_log *log,
                         const struct node_endpoint *endpoint)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    uv_getaddrinfo_t request;
    char port[8];
    int number = 0;

    (void)snprintf(port, sizeof(port), "%u", (unsigned)endpoint->port);
    number = uv_getaddrinfo(loop, &request, NULL, endpoint->host, port, &hints);
    if (number != 0) {
        return number;
    }
    for (const struct addrinfo *at = request.addrinfo;
         at != NULL && number == 0; at = at->ai_next) {
        bool is_skipped = false;

        number = bind_one(all, loop, at->ai_addr, &is_skipped);
        if (is_skipped) {
            node_log_event(log, NODE_LOG_WARN, "listen-skipped", "at",
                           endpoint->host);
        }
    }
    uv_freeaddrinfo(request.addrinfo);
    return number;
}

enum assay_err node_listeners_open(uv_loop_t *loop, const struct node_log *log,
                                   const struct node_endpoints *endpoints,
                                   struct node_listeners **listeners_out,
                                   struct node_config_fault *fault_out)
{
    struct node_listeners *all = calloc(1, sizeof(*all));

    if (all == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < endpoints->count; i++) {
        int number = bind_endpoint(all, loop, log, &endpoints->items[i]);

        if (number != 0) {
            node_listeners_close(all);
            return refuse(&endpoints->items[i], number, fault_out);
        }
    }
    *listeners_out = all;
    return ASSAY_OK;
}

enum assay_err node_listeners_inherit(uv_loop_t *loop, const int *fds,
                                      size_t fd_count,
                                      struct node_listeners **listeners_out,
                                      struct node_config_fault *fault_out)
{
    struct node_listeners *all = calloc(1, sizeof(*all));
    int number = 0;

    if (all == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < fd_count && number == 0; i++) {
        number = begin(all, loop);
        if (number == 0) {
            number = uv_tcp_open(&all->items[all->open - 1].tcp, fds[i]);
            all->items[all->open - 1].is_bound = true;
            node_net_self(&all->items[all->open - 1].tcp,
                          &all->items[all->open - 1].wanted);
        }
    }
    if (number != 0) {
        (void)snprintf(fault_out->text, sizeof(fault_out->text),
                       "cannot use a socket that was handed over: %s",
                       node_net_why(number));
        node_listeners_close(all);
        return node_net_err(number);
    }
    *listeners_out = all;
    return ASSAY_OK;
}

static void on_connection(uv_stream_t *server, int status)
{
    struct listener *listener = server->data;

    /* What went wrong before we took it concerns the other side alone. */
    if (status == 0 && listener->all->accept != NULL) {
        listener->all->accept(listener->all->context, server);
    }
}

enum assay_err node_listeners_start(struct node_listeners *listeners,
                                    node_accept_fn accept, void *context,
                                    struct node_config_fault *fault_out)
{
    listeners->accept = accept;
    listeners->context = context;
    for (size_t i = 0; i < listeners->open; i++) {
        struct listener *listener = &listeners->items[i];
        struct node_endpoint *at = &listeners->at[listeners->count];

        if (!listener->is_bound) {
            continue;
        }
        int number =
            uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_connection);
        if (number != 0) {
            return refuse(&listener->wanted, number, fault_out);
        }
        node_net_self(&listener->tcp, at); /* Now it has a port. */
        listeners->count++;
    }
    return ASSAY_OK;
}

size_t node_listeners_count(const struct node_listeners *listeners)
{
    return listeners == NULL ? 0 : listeners->count;
}

const struct node_endpoint *
node_listeners_at(const struct node_listeners *listeners, size_t index)
{
    ASSAY_CHECK(index < node_listeners_count(listeners));
    return &listeners->at[index];
}
