/* SPDX-License-Identifier: Apache-2.0 */
#include "once.h"

#include "node.h"

#include <inttypes.h>

static void print_json(const struct assay_control_progress *progress,
                       const char *id)
{
    (void)printf("{\"format\":\"assay-sync/1\",\"node\":\"%s\",\"node_hex\":\"",
                 id);
    for (size_t i = 0; i < sizeof(progress->node.bytes); i++) {
        (void)printf("%02x", progress->node.bytes[i]);
    }
    (void)printf("\",\"is_synced\":%s,\"records_in\":%" PRIu64
                 ",\"records_out\":%" PRIu64 ",\"bytes_in\":%" PRIu64
                 ",\"bytes_out\":%" PRIu64 "}\n",
                 progress->is_synced ? "true" : "false", progress->records_in,
                 progress->records_out, progress->bytes_in,
                 progress->bytes_out);
}

void node_once_synced(void *context, const struct node_sync_result *result)
{
    struct node *node = context;
    const struct assay_control_progress *progress = &result->progress;
    char id[ASSAY_ID_TEXT_MAX];

    assay_id_format(ASSAY_ID_NODE, progress->node.bytes, id);
    if (node->options->is_json) {
        print_json(progress, id);
    } else if (result->why == NULL) {
        (void)printf("In step with %s: %" PRIu64 " new records came, %" PRIu64
                     " went.\n",
                     id, progress->records_in, progress->records_out);
    } else {
        node_say(node->options->sync_peer, result->why);
    }
    (void)fflush(stdout);
    node->exit = result->why == NULL ? NODE_EXIT_DONE : NODE_EXIT_NO;
    node->is_synced = result->why == NULL;
    if (!node->is_synced || node_driver_is_idle(node->driver)) {
        node_stop(node);
    }
}

void node_once_idle(void *context)
{
    struct node *node = context;

    if (node->is_synced) {
        node_stop(node);
    }
}
