/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - HTTP on the node's loop: libmicrohttpd without threads, driven by
 * its epoll descriptor. The only file of node/ that includes <microhttpd.h>.
 */
#ifndef ASSAY_NODE_HTTP_H
#define ASSAY_NODE_HTTP_H

#include "listener.h"

/* Requests at once, and how long a connection may say nothing: scrapers and
 * people, not the public. */
#define NODE_HTTP_CONNECTIONS_MAX 32
#define NODE_HTTP_IDLE_S 15

/* A request's head, with what its target may be long. */
#define NODE_HTTP_MEMORY_MAX 16384

struct node_http; /* Opaque. */

/* An answer: text is malloc'ed, and taken. */
struct node_http_answer {
    unsigned status; /* 200, 404 and their like. */
    const char *content_type;
    char *text; /* NULL: the status' own words. */
    size_t text_len;
};

/* Answers a GET or HEAD of a path (without its query). */
typedef void (*node_http_fn)(void *context, const char *path,
                             struct node_http_answer *answer_out);

struct node_http_config {
    uv_loop_t *loop;
    const struct node_log *log;
    const struct node_endpoints *endpoints;
    node_http_fn answer;
    void *context; /* Of answer. */
};

/* Listens on the endpoints. ASSAY_E_NOMEM, and the codes of
 * node_listeners_open; fault_out says why. */
ASSAY_MUST_CHECK
enum assay_err node_http_open(const struct node_http_config *config,
                              struct node_http **http_out,
                              struct node_config_fault *fault_out);

/* Where it listens in fact. */
const struct node_listeners *node_http_listeners(const struct node_http *http);

/* Closes it; its memory goes once the loop has closed its handles. Accepts
 * NULL. */
void node_http_close(struct node_http *http);

#endif
