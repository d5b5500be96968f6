/* SPDX-License-Identifier: Apache-2.0 */
#include "dial.h"

#include "net.h"
#include "protocol/check.h"

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
    struct node_lookup *lookup; /* Under way; NULL: the host is known. */
    uv_timer_t timer;           /* When it is closed, the dial is freed. */
    struct node_lookup_found found;
    size_t next; /* The address to try next. */
    struct attempt *attempt;
    bool is_over; /* done was called, or never will be. */
    int number;   /* What the last try came to. */
};

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
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
    while (dial->next < dial->found.count) {
        const struct sockaddr_storage *address =
            &dial->found.addresses[dial->next++];
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

static void on_found(void *context, const struct node_lookup_found *found)
{
    struct node_dial *dial = context;

    dial->lookup = NULL;
    dial->found = *found;
    dial->number = found->number != 0 ? found->number : UV_EAI_NONAME;
    try_next(dial);
}

enum assay_err node_dial_start(uv_loop_t *loop, struct node_resolver *resolver,
                               const struct node_endpoint *at,
                               node_dial_fn done, void *context,
                               struct node_dial **dial_out)
{
    struct node_dial *dial = calloc(1, sizeof(*dial));
    enum assay_err err;

    if (dial == NULL) {
        return ASSAY_E_NOMEM;
    }
    dial->loop = loop;
    dial->done = done;
    dial->context = context;
    err = node_resolver_ask(resolver, at, on_found, dial, &dial->lookup);
    if (err != ASSAY_OK) {
        free(dial);
        return err;
    }
    ASSAY_CHECK(uv_timer_init(loop, &dial->timer) == 0);
    dial->timer.data = dial;
    *dial_out = dial;
    return ASSAY_OK;
}

void node_dial_cancel(struct node_dial *dial)
{
    ASSAY_CHECK(!dial->is_over);
    if (dial->lookup != NULL) {
        node_lookup_forget(dial->lookup);
    }
    finish(dial);
}
