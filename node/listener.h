/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener.h - the sockets on which others connect.
 */
#ifndef ASSAY_NODE_LISTENER_H
#define ASSAY_NODE_LISTENER_H

#include <uv.h>

#include "config.h"
#include "log.h"

/* Sockets that a node listens on: more than a host has addresses. */
#define NODE_LISTENERS_MAX 64

/* What a new connection leads to: the receiver calls uv_accept on server. */
typedef void (*node_accept_fn)(void *context, uv_stream_t *server);

struct node_listeners; /* Opaque. */

/*
 * Listens on every address that the endpoints resolve to, or, where fds are
 * given, on those instead. An address whose family this machine does not have
 * is left out with a line in the log, unless none is left. Otherwise all or
 * none: ASSAY_E_BUSY (the port is taken), ASSAY_E_ACCESS, ASSAY_E_NOT_FOUND (a
 * name that resolves to nothing), ASSAY_E_IO, ASSAY_E_NOMEM; fault_out says
 * where and why. Blocks while names are resolved. The log is borrowed.
 */
ASSAY_MUST_CHECK
enum assay_err node_listeners_open(uv_loop_t *loop, const struct node_log *log,
                                   const struct node_endpoints *endpoints,
                                   struct node_listeners **listeners_out,
                                   struct node_config_fault *fault_out);
ASSAY_MUST_CHECK
enum assay_err node_listeners_inherit(uv_loop_t *loop, const int *fds,
                                      size_t fd_count,
                                      struct node_listeners **listeners_out,
                                      struct node_config_fault *fault_out);

/* Begins to take connections: accept is called for each. */
ASSAY_MUST_CHECK
enum assay_err node_listeners_start(struct node_listeners *listeners,
                                    node_accept_fn accept, void *context,
                                    struct node_config_fault *fault_out);

/* How many there are, and where the index-th listens in fact. */
size_t node_listeners_count(const struct node_listeners *listeners);
const struct node_endpoint *
node_listeners_at(const struct node_listeners *listeners, size_t index);

/* Closes them; the memory goes once the loop has said that they are closed.
 * Accepts NULL. */
void node_listeners_close(struct node_listeners *listeners);

#endif
