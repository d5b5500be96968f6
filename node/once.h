/* SPDX-License-Identifier: Apache-2.0 */
/*
 * once.h - a node that lives for one sync: "assayd --sync-once", which
 * assay sync starts where no node runs.
 */
#ifndef ASSAY_NODE_ONCE_H
#define ASSAY_NODE_ONCE_H

#include "driver.h"

/* The hook of the driver: says on standard output how it went, for people or,
 * with --json, for programs (docs/json.md), and ends the node; context is the
 * struct node. */
void node_once_synced(void *context, const struct node_sync_result *result);

/* The other hook: once in step, the node ends when no captured bytes are left
 * to fetch. */
void node_once_idle(void *context);

#endif
