/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ready.h - a file that says that a node is ready, and where: for scripts that
 * start one on a free port. It is there whole or not at all.
 *
 *   node=node1...
 *   listen=127.0.0.1:41234         one line for each
 *   metrics=127.0.0.1:9117
 *   control=/var/lib/assay/control.sock
 *   pid=4711
 */
#ifndef ASSAY_NODE_READY_H
#define ASSAY_NODE_READY_H

#include "listener.h"

struct node_ready {
    const char *node;    /* The node's id as text; NULL: left out. */
    const char *control; /* NULL: left out. */
    const struct node_listeners *listeners;
    const struct node_listeners *metrics; /* NULL: left out. */
};

/* Writes it at path, over a file that is there. ASSAY_E_ACCESS, _FULL, _IO. */
ASSAY_MUST_CHECK
enum assay_err node_ready_write(const char *path,
                                const struct node_ready *ready);

#endif
