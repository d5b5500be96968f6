/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial.h - connects to a host by name or address: the name is resolved, and
 * its addresses are tried one after the other, IPv6 and IPv4 by turns, each
 * for a while, until one answers.
 */
#ifndef ASSAY_NODE_DIAL_H
#define ASSAY_NODE_DIAL_H

#include <uv.h>

#include "resolver.h"

/* How long the try of one address may take: the second try of a lost SYN comes
 * after one second, its third after three. */
#define NODE_DIAL_TRY_MS 3500

struct node_dial; /* Opaque. */

/* How it went. On success tcp is a connected handle, malloc'ed, which the
 * receiver owns: closes, and frees when it is closed. Otherwise tcp is NULL,
 * and why is what the system said of the last try; static. */
typedef void (*node_dial_fn)(void *context, uv_tcp_t *tcp, const char *why);

/* Begins; done is called exactly once, and never before this returns, unless
 * the dial is cancelled before, which it must be before the resolver is freed.
 * ASSAY_E_NOMEM; ASSAY_E_BUSY where too many names are looked up. */
ASSAY_MUST_CHECK
enum assay_err node_dial_start(uv_loop_t *loop, struct node_resolver *resolver,
                               const struct node_endpoint *at,
                               node_dial_fn done, void *context,
                               struct node_dial **dial_out);

/* Gives it up; done is not called. Not after done was. */
void node_dial_cancel(struct node_dial *dial);

#endif
