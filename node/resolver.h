/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver.h - finds the addresses of hosts, while the loop goes on.
 *
 * The system's resolver cannot be interrupted, and one name server that is
 * silent takes it many seconds. So each name has a thread of its own, which is
 * never waited for: what it works on is its own, and when nobody wants to know
 * any more, or the process ends, it may still be at work. libuv's pool would
 * have to be waited for, and two names that hang would hold up all others.
 *
 * An address in numbers is told without a thread, so that no name delays it.
 */
#ifndef ASSAY_NODE_RESOLVER_H
#define ASSAY_NODE_RESOLVER_H

#include <uv.h>

#include "endpoint.h"

/* Names that are looked up at a time, forgotten ones included. */
#define NODE_LOOKUPS_MAX 32

/* Addresses of a name that are told; the others are left out. */
#define NODE_LOOKUP_ADDRESSES_MAX 8

struct node_resolver; /* Opaque. */
struct node_lookup;   /* Opaque. */

/* In the order in which to try them. */
struct node_lookup_found {
    struct sockaddr_storage addresses[NODE_LOOKUP_ADDRESSES_MAX];
    size_t count;
    int number; /* libuv's, where there is none. */
};

/* What was found; borrowed until it returns. */
typedef void (*node_lookup_fn)(void *context,
                               const struct node_lookup_found *found);

/* ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err node_resolver_new(uv_loop_t *loop,
                                 struct node_resolver **resolver_out);

/* Forgets all lookups: nobody is told any more. Frees it as soon as the loop
 * has closed its handle, whatever its threads do. Accepts NULL. */
void node_resolver_free(struct node_resolver *resolver);

/* Begins; done is called once, and never before this returns. The lookup is
 * the caller's until then, to forget it. ASSAY_E_BUSY where too many are under
 * way, ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err node_resolver_ask(struct node_resolver *resolver,
                                 const struct node_endpoint *at,
                                 node_lookup_fn done, void *context,
                                 struct node_lookup **lookup_out);

/* done is not called. Not after it was, nor after node_resolver_free. */
void node_lookup_forget(struct node_lookup *lookup);

#endif
