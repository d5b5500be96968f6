/* SPDX-License-Identifier: Apache-2.0 */
/*
 * requests.h - answers what assay(1) asks of a node through its socket.
 */
#ifndef ASSAY_NODE_REQUESTS_H
#define ASSAY_NODE_REQUESTS_H

#include "control.h"
#include "driver.h"

/* The hooks of the control socket; context is the struct node. */
void node_requests_asked(void *context, uint64_t client,
                         const struct assay_control *request);
void node_requests_left(void *context, uint64_t client);

/* The hook of the driver that tells how a sync ended. */
void node_requests_synced(void *context, const struct node_sync_result *result);

#endif
