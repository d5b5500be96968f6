/* SPDX-License-Identifier: Apache-2.0 */
#include "resolver.h"

#include "net.h"
#include "protocol/check.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* The C library's resolver keeps answers of up to 64 KiB on its stack; what a
 * sanitizer adds is above that. */
#define STACK_SIZE ((size_t)1024 * 1024)

/* A name that is looked up. Its thread has it until it lies in the tray, but
 * for resolver, done and context, which only the loop's thread touches. */
struct node_lookup {
    struct node_lookup *next;
    struct tray *tray;
    struct node_resolver *resolver;
    node_lookup_fn done; /* NULL: it was forgotten. */
    void *context;
    char host[NODE_HOST_MAX + 1];
    char port[8];
    struct node_lookup_found found;
};

/* Where threads lay what they found. It lives until the resolver and the last
 * thread have let go of it. */
struct tray {
    pthread_mutex_t lock;
    uv_async_t *async;         /* Wakes the loop; NULL: nobody collects. */
    struct node_lookup *first; /* What was found. */
    size_t running;            /* Lookups that do not lie here yet. */
};

struct node_resolver {
    uv_async_t async; /* Keeps the loop alive while lookups are under way. */
    struct tray *tray;
    size_t wanted; /* Lookups whose end somebody waits for. */
};

static void lock(struct tray *tray)
{
    ASSAY_CHECK(pthread_mutex_lock(&tray->lock) == 0);
}

static void unlock(struct tray *tray)
{
    ASSAY_CHECK(pthread_mutex_unlock(&tray->lock) == 0);
}

static void free_tray(struct tray *tray)
{
    (void)pthread_mutex_destroy(&tray->lock);
    free(tray);
}

static void note(struct node_lookup_found *found, const struct addrinfo *item)
{
    struct sockaddr_storage *address = &found->addresses[found->count++];

    ASSAY_CHECK(item->ai_addrlen <= sizeof(*address));
    memcpy(address, item->ai_addr, item->ai_addrlen);
}

static const struct addrinfo *next_of(const struct addrinfo *at, bool is_first,
                                      int family)
{
    while (at != NULL && (at->ai_family == family) != is_first) {
        at = at->ai_next;
    }
    return at;
}

/* Notes the addresses in the system's order, but of the two families by
 * turns, so that one that leads nowhere costs one try (RFC 8305, section 4). */
static void note_all(struct node_lookup_found *found,
                     const struct addrinfo *list)
{
    int family = list == NULL ? AF_UNSPEC : list->ai_family;
    const struct addrinfo *ours = next_of(list, true, family);
    const struct addrinfo *others = next_of(list, false, family);

    while (found->count < NODE_LOOKUP_ADDRESSES_MAX &&
           (ours != NULL || others != NULL)) {
        if (ours != NULL) {
            note(found, ours);
            ours = next_of(ours->ai_next, true, family);
        }
        if (others != NULL && found->count < NODE_LOOKUP_ADDRESSES_MAX) {
            note(found, others);
            others = next_of(others->ai_next, false, family);
        }
    }
}

static void find(struct node_lookup *lookup, int flags)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV | flags};
    struct addrinfo *list = NULL;
    int code = getaddrinfo(lookup->host, lookup->port, &hints, &list);

    lookup->found.number = node_net_lookup_number(code);
    if (code == 0) {
        note_all(&lookup->found, list);
        freeaddrinfo(list);
    }
}

/* Lays down what was found; with nobody to collect it, it goes. */
static void hand_over(struct node_lookup *lookup)
{
    struct tray *tray = lookup->tray;
    bool is_last = false;

    lock(tray);
    tray->running--;
    if (tray->async != NULL) {
        lookup->next = tray->first;
        tray->first = lookup;
        lookup = NULL; /* The loop's. */
        ASSAY_CHECK(uv_async_send(tray->async) == 0);
    } else {
        is_last = tray->running == 0;
    }
    unlock(tray);
    free(lookup);
    if (is_last) {
        free_tray(tray);
    }
}

static void *run(void *context)
{
    struct node_lookup *lookup = context;

    find(lookup, 0);
    hand_over(lookup);
    return NULL;
}

static struct node_lookup *collect(struct tray *tray)
{
    struct node_lookup *first = NULL;

    lock(tray);
    first = tray->first;
    tray->first = NULL;
    unlock(tray);
    return first;
}

/* The loop need not go on for what nobody waits for. */
static void count_wanted(struct node_resolver *resolver, bool is_more)
{
    resolver->wanted += is_more ? 1 : (size_t)-1;
    if (resolver->wanted == 0) {
        uv_unref((uv_handle_t *)&resolver->async);
    } else {
        uv_ref((uv_handle_t *)&resolver->async);
    }
}

static void on_found(uv_async_t *async)
{
    struct node_resolver *resolver = async->data;
    struct node_lookup *lookup = collect(resolver->tray);

    while (lookup != NULL) {
        struct node_lookup *next = lookup->next;

        if (lookup->done != NULL) {
            count_wanted(resolver, false);
            lookup->done(lookup->context, &lookup->found);
        }
        free(lookup);
        lookup = next;
    }
}

static struct tray *new_tray(void)
{
    struct tray *tray = calloc(1, sizeof(*tray));

    if (tray != NULL && pthread_mutex_init(&tray->lock, NULL) != 0) {
        free(tray);
        tray = NULL;
    }
    return tray;
}

enum assay_err node_resolver_new(uv_loop_t *loop,
                                 struct node_resolver **resolver_out)
{
    struct node_resolver *resolver = calloc(1, sizeof(*resolver));
    struct tray *tray = new_tray();

    if (resolver == NULL || tray == NULL ||
        uv_async_init(loop, &resolver->async, on_found) != 0) {
        free(resolver);
        if (tray != NULL) {
            free_tray(tray);
        }
        return ASSAY_E_NOMEM;
    }
    uv_unref((uv_handle_t *)&resolver->async);
    resolver->async.data = resolver;
    resolver->tray = tray;
    tray->async = &resolver->async;
    *resolver_out = resolver;
    return ASSAY_OK;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void node_resolver_free(struct node_resolver *resolver)
{
    struct tray *tray = NULL;
    struct node_lookup *lookup = NULL;
    bool is_last = false;

    if (resolver == NULL) {
        return;
    }
    tray = resolver->tray;
    lock(tray);
    tray->async = NULL; /* From here on threads free what they found. */
    lookup = tray->first;
    is_last = tray->running == 0;
    unlock(tray);
    while (lookup != NULL) {
        struct node_lookup *next = lookup->next;

        free(lookup);
        lookup = next;
    }
    if (is_last) {
        free_tray(tray);
    }
    uv_close((uv_handle_t *)&resolver->async, on_closed);
}

/* A thread that nobody waits for. */
static enum assay_err start_thread(struct node_lookup *lookup)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int number = pthread_attr_init(&attributes);

    if (number != 0) {
        return ASSAY_E_NOMEM;
    }
    number = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (number == 0) {
        number = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    }
    if (number == 0) {
        number = pthread_create(&thread, &attributes, run, lookup);
    }
    (void)pthread_attr_destroy(&attributes);
    return number == 0 ? ASSAY_OK : ASSAY_E_NOMEM;
}

/* Whether a host is an address already, or is none and no name either; then
 * all is known of it that can be. */
static bool is_told_at_once(struct node_lookup *lookup)
{
    find(lookup, AI_NUMERICHOST);
    if (lookup->found.number != 0 && strchr(lookup->host, ':') == NULL) {
        memset(&lookup->found, 0, sizeof(lookup->found));
        return false;
    }
    return true;
}

/* The lookup is a thread's afterwards, or lies in the tray. An address in
 * numbers has always room. */
static enum assay_err begin(struct node_lookup *lookup)
{
    struct tray *tray = lookup->tray;
    bool is_told = is_told_at_once(lookup);
    bool has_room = false;
    enum assay_err err = ASSAY_OK;

    lock(tray);
    has_room = is_told || tray->running < NODE_LOOKUPS_MAX;
    tray->running += has_room ? 1 : 0;
    unlock(tray);
    if (!has_room) {
        return ASSAY_E_BUSY;
    }
    if (is_told) {
        hand_over(lookup);
        return ASSAY_OK;
    }
    err = start_thread(lookup);
    if (err != ASSAY_OK) {
        lock(tray);
        tray->running--;
        unlock(tray);
    }
    return err;
}

enum assay_err node_resolver_ask(struct node_resolver *resolver,
                                 const struct node_endpoint *at,
                                 node_lookup_fn done, void *context,
                                 struct node_lookup **lookup_out)
{
    struct node_lookup *lookup = calloc(1, sizeof(*lookup));
    enum assay_err err;

    if (lookup == NULL) {
        return ASSAY_E_NOMEM;
    }
    lookup->tray = resolver->tray;
    lookup->resolver = resolver;
    lookup->done = done;
    lookup->context = context;
    memcpy(lookup->host, at->host, sizeof(lookup->host));
    (void)snprintf(lookup->port, sizeof(lookup->port), "%u",
                   (unsigned)at->port);
    err = begin(lookup);
    if (err != ASSAY_OK) {
        free(lookup);
        return err;
    }
    count_wanted(resolver, true);
    *lookup_out = lookup;
    return ASSAY_OK;
}

void node_lookup_forget(struct node_lookup *lookup)
{
    ASSAY_CHECK(lookup->done != NULL);
    lookup->done = NULL;
    count_wanted(lookup->resolver, false);
}
