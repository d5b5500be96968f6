/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.h - how many files, and so connections, a process may have open.
 */
#ifndef ASSAY_NODE_FILES_H
#define ASSAY_NODE_FILES_H

#include "config.h"
#include "log.h"

/* What a node opens beside the connections of its peers: the ledger, what it
 * listens on, 32 clients of the control socket and as many of the metrics,
 * dials and captured bytes; with some to spare. */
#define NODE_FILES_OWN 160

/* Raises the process's limit of open files to what the configured connections
 * need. Where it is not let, fewer connections are configured from then on, so
 * that who is refused is refused by us and with a line in the log. */
void node_files_fit(struct node_config *config, const struct node_log *log);

#endif
