/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - the Unix socket through which assay(1) asks and orders
 * (protocol/control.h says what).
 *
 * The socket's mode is 0600: who may use it is the node's own user. A client
 * asks one thing after the other; while one is being answered the next is not
 * read, and while a client does not read nothing is made for it.
 */
#ifndef ASSAY_NODE_CONTROL_H
#define ASSAY_NODE_CONTROL_H

#include <uv.h>

#include "config.h"
#include "protocol/control.h"
#include "store/ledger.h"

/* Clients at once: scripts and some people. */
#define NODE_CONTROL_CLIENTS_MAX 32

/* What may wait to be read by one client: ten thousand peers. */
#define NODE_CONTROL_QUEUE_MAX ((size_t)4 * 1024 * 1024)

struct node_control; /* Opaque. */

/* Clients are numbered; a number is never given to another. */
struct node_control_hooks {
    void *context;
    /* A client asks: answer it now or later, and end with node_control_done or
     * node_control_fail. FOLLOW is answered without asking. */
    void (*asked)(void *context, uint64_t client,
                  const struct assay_control *request);
    /* A client that was not answered to the end has gone. */
    void (*left)(void *context, uint64_t client);
};

/*
 * Listens at path, in place of a socket that a node which was killed left
 * there. The caller has the ledger's lock. ASSAY_E_LIMIT (the path is too
 * long for a socket), ASSAY_E_BUSY (somebody else answers there),
 * ASSAY_E_EXISTS (no socket is there, but something else), ASSAY_E_ACCESS,
 * ASSAY_E_IO, ASSAY_E_NOMEM; fault_out says why. Loop, ledger and path
 * outlive it.
 */
ASSAY_MUST_CHECK
enum assay_err node_control_open(uv_loop_t *loop, struct store_ledger *ledger,
                                 const char *path,
                                 const struct node_control_hooks *hooks,
                                 struct node_control **control_out,
                                 struct node_config_fault *fault_out);

/* Sends one answer; DONE and FAILED end the request. A client that has gone is
 * no error. */
void node_control_answer(struct node_control *control, uint64_t client,
                         const struct assay_control *answer);
void node_control_done(struct node_control *control, uint64_t client);
void node_control_fail(struct node_control *control, uint64_t client,
                       uint64_t exit_code, const char *text);

/* There are new records: those who follow get them. */
void node_control_news(struct node_control *control);

/* Closes all and removes the socket; the memory goes once the loop has said
 * that it is closed. Accepts NULL. */
void node_control_close(struct node_control *control);

#endif
