/* SPDX-License-Identifier: Apache-2.0 */
#include "dial.h"

#include "net.h"
#include "protocol/check.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

/* A try at one address. It is closed when it fails, while the next begins. */
struct attempt {
    uv_connect_t request;
    uv_tcp_t *tcp;
    struct node_dial *dial; /* NULL once it was given up. */
};

struct node_dial {
    uv_loop_t *loop;
    node_dial_fn done;
    void *context;
    uv_getaddrinfo_t resolve;
    uv_timer_t timer;
    struct sockaddr_storage addresses[NODE_DIAL_ADDRESSES_MAX];
    size_t address_count;
    size_t next;
    struct attempt *attempt;
    bool is_resolving;
    bool is_over; /* done was called, or never will be. */
    bool is_timer_open;
    int number; /* What the last try came to. */
};

static void free_if_over(struct node_dial *dial)
{
    if (dial->is_over && !dial->is_resolving && !dial->is_timer_open) {
        free(dial);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct node_dial *dial = handle->data;

    dial->is_timer_open = false;
    free_if_over(dial);
}

static void on_tcp_closed(uv_handle_t *handle)
{
    free(handle);
}

/* Gives up the try that is under way; its request ends by itself. */
static void drop_attempt(struct node_dial *dial)
{
    struct attempt *attempt = dial->attempt;

    dial->attempt = NULL;
    if (attempt != NULL) {
        attempt->dial = NULL;
        uv_close((uv_handle_t *)attempt->tcp, on_tcp_closed);
    }
}

static void finish(struct node_dial *dial)
{
    dial->is_over = true;
    drop_attempt(dial);
    uv_close((uv_handle_t *)&dial->timer, on_timer_closed);
}

static void succeed(struct node_dial *dial)
{
    struct attempt *attempt = dial->attempt;
    uv_tcp_t *tcp = attempt->tcp;

    attempt->dial = NULL;
    dial->attempt = NULL; /* Its handle goes to the receiver. */
    finish(dial);
    dial->done(dial->context, tcp, NULL);
}

static void fail(struct node_dial *dial)
{
    finish(dial);
    dial->done(dial->context, NULL, node_net_why(dial->number));
}

static void try_next(struct node_dial *dial);

static void on_connect(uv_connect_t *request, int status)
{
    struct attempt *attempt = request->data;
    struct node_dial *dial = attempt->dial;

    if (dial != NULL && status == 0) {
        succeed(dial);
    } else if (dial != NULL) {
        dial->number = status;
        drop_attempt(dial);
        try_next(dial);
    }
    free(attempt);
}

static int begin(struct node_dial *dial, const struct sockaddr *address)
{
    struct attempt *attempt = calloc(1, sizeof(*attempt));
    int number = UV_ENOMEM;

    if (attempt == NULL) {
        return UV_ENOMEM;
    }
    attempt->tcp = malloc(sizeof(*attempt->tcp));
    if (attempt->tcp == NULL || uv_tcp_init(dial->loop, attempt->tcp) != 0) {
        free(attempt->tcp);
        free(attempt);
        return UV_ENOMEM;
    }
    attempt->request.data = attempt;
    number =
        uv_tcp_connect(&attempt->request, attempt->tcp, address, on_connect);
    if (number != 0) {
        uv_close((uv_handle_t *)attempt->tcp, on_tcp_closed);
        free(attempt);
        return number;
    }
    attempt->dial = dial;
    dial->attempt = attempt;
    return 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct node_dial *dial = timer->data;

    dial->number = UV_ETIMEDOUT;
    drop_attempt(dial);
    try_next(dial);
}

static void try_next(struct node_dial *dial)
{
    while (dial->next < dial->address_count) {
        const struct sockaddr_storage *address = &dial->addresses[dial->next++];
        int number = begin(dial, (const struct sockaddr *)address);

        if (number == 0) {
            ASSAY_CHECK(uv_timer_start(&dial->timer, on_timer, NODE_DIAL_TRY_MS,
                                       0) == 0);
            return;
        }
        dial->number = number;
    }
    fail(dial);
}

static void note(struct node_dial *dial, const struct addrinfo *found)
{
    struct sockaddr_storage *address = &dial->addresses[dial->address_count++];

    ASSAY_CHECK(found->ai_addrlen <= sizeof(*address));
    memcpy(address, found->ai_addr, found->ai_addrlen);
}

static const struct addrinfo *next_of(const struct addrinfo *at, bool is_first,
                                      int family)
{
    while (at != NULL && (at->ai_family == family) != is_first) {
        at = at->ai_next;
    }
    return at;
}

/* Notes the addresses in the resolver's order, but of the two families by
 * turns, so that one that leads nowhere costs one try (RFC 8305, section 4). */
static void note_all(struct node_dial *dial, const struct addrinfo *list)
{
    int family = list == NULL ? AF_UNSPEC : list->ai_family;
    const struct addrinfo *ours = next_of(list, true, family);
    const struct addrinfo *others = next_of(list, false, family);

    while (dial->address_count < NODE_DIAL_ADDRESSES_MAX &&
           (ours != NULL || others != NULL)) {
        if (ours != NULL) {
            note(dial, ours);
            ours = next_of(ours->ai_next, true, family);
        }
        if (others != NULL && dial->address_count < NODE_DIAL_ADDRESSES_MAX) {
            note(dial, others);
            others = next_of(others->ai_next, false, family);
        }
    }
}

static void on_resolved(uv_getaddrinfo_t *request, int status,
                        struct addrinfo *list)
{
    struct node_dial *dial = request->data;

    dial->is_resolving = false;
    if (!dial->is_over) {
        dial->number = status != 0 ? status : UV_EAI_NONAME;
        if (status == 0) {
            note_all(dial, list);
        }
        try_next(dial);
    }
    uv_freeaddrinfo(list);
    free_if_over(dial);
}

enum assay_err node_dial_start(uv_loop_t *loop, const struct node_endpoint *at,
                               node_dial_fn done, void *context,
                               struct node_dial **dial_out)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    struct node_dial *dial = calloc(1, sizeof(*dial));
    char port[8];

    if (dial == NULL) {
        return ASSAY_E_NOMEM;
    }
    dial->loop = loop;
    dial->done = done;
    dial->context = context;
    (void)snprintf(port, sizeof(port), "%u", (unsigned)at->port);
    dial->resolve.data = dial;
    int number = uv_getaddrinfo(loop, &dial->resolve, on_resolved, at->host,
                                port, &hints);
    if (number != 0) {
        free(dial);
        return ASSAY_E_NOMEM;
    }
    dial->is_resolving = true;
    ASSAY_CHECK(uv_timer_init(loop, &dial->timer) == 0);
    dial->timer.data = dial;
    dial->is_timer_open = true;
    *dial_out = dial;
    return ASSAY_OK;
}

void node_dial_cancel(struct node_dial *dial)
{
    ASSAY_CHECK(!dial->is_over);
    if (dial->is_resolving) {
        (void)uv_cancel((uv_req_t *)&dial->resolve);
    }
    finish(dial);
}
