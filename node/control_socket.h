/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_socket.h - the socket that commands find a node at.
 */
#ifndef ASSAY_NODE_CONTROL_SOCKET_H
#define ASSAY_NODE_CONTROL_SOCKET_H

#include "protocol/err.h"

/*
 * Binds a Unix socket of mode 0600, from its first moment on; one that nobody
 * answers at makes way. The caller closes it and removes the path. Errors are
 * those of node_control_open; node_control_why says them in words.
 */
ASSAY_MUST_CHECK
enum assay_err node_control_bind(const char *path, int *fd_out);
const char *node_control_why(enum assay_err err);

#endif
