/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

#include "clock.h"
#include "node.h"

/* Texts of a status' sockets, lent while it is written. */
struct listening {
    char texts[ASSAY_CONTROL_LISTEN_MAX][NODE_ENDPOINT_TEXT_MAX];
};

static void list_sockets(const struct node *node, struct listening *listening,
                         struct assay_control_status *status)
{
    size_t count = node_listeners_count(node->listeners);

    for (size_t i = 0; i < count && i < ASSAY_CONTROL_LISTEN_MAX; i++) {
        node_endpoint_format(node_listeners_at(node->listeners, i),
                             listening->texts[i]);
        status->listen[status->listen_count++] =
            assay_bytes_of(listening->texts[i]);
    }
}

static void answer_status(struct node *node, uint64_t client)
{
    struct assay_control answer = {.type = ASSAY_CONTROL_STATUS};
    struct assay_control_status *status = &answer.as.status;
    struct listening listening;
    struct store_stats stats;

    if (store_ledger_stats(node->ledger, &stats) != ASSAY_OK) {
        node_control_fail(node->control, client, NODE_EXIT_ENVIRONMENT,
                          "the ledger cannot be read");
        return;
    }
    status->version = assay_bytes_of(ASSAY_VERSION);
    status->ledger = assay_bytes_of(node->dir);
    status->uptime_s = (node_clock_ms() - node->started_ms) / 1000;
    status->records = stats.records;
    status->last_lsn = stats.last_lsn;
    node_driver_status(node->driver, status);
    list_sockets(node, &listening, status);
    node_control_answer(node->control, client, &answer);
    node_control_done(node->control, client);
}

static void answer_peers(struct node *node, uint64_t client)
{
    struct assay_control answer = {.type = ASSAY_CONTROL_PEER};
    size_t index = 0;

    while (node_driver_peer_at(node->driver, index++, &answer.as.peer)) {
        node_control_answer(node->control, client, &answer);
    }
    node_control_done(node->control, client);
}

/* Ends a request by how its order went; refused is said where it is none of
 * the others. */
static void settle(struct node *node, uint64_t client, enum assay_err err,
                   const char *exists, const char *refused)
{
    if (err == ASSAY_OK) {
        node_control_done(node->control, client);
    } else if (err == ASSAY_E_EXISTS) {
        node_control_fail(node->control, client, NODE_EXIT_NO, exists);
    } else if (err == ASSAY_E_NOT_FOUND) {
        node_control_fail(node->control, client, NODE_EXIT_NO, refused);
    } else if (err == ASSAY_E_PEER) {
        node_control_fail(node->control, client, NODE_EXIT_USAGE,
                          "it is this node itself");
    } else {
        node_control_fail(node->control, client, NODE_EXIT_ENVIRONMENT,
                          err == ASSAY_E_LIMIT || err == ASSAY_E_BUSY
                              ? "the node has as many as it can take"
                              : assay_err_phrase(err));
    }
}

/* Reads an address; false where it was refused and that was told. */
static bool read_address(struct node *node, uint64_t client,
                         struct assay_bytes text, struct node_address *out)
{
    struct assay_fault fault = {0, NULL};
    char why[256];

    if (node_address_parse(text, out, &fault) != ASSAY_OK) {
        (void)snprintf(why, sizeof(why), "%.*s: %s",
                       (int)(text.len < 120 ? text.len : 120),
                       text.len == 0 ? "" : (const char *)text.data,
                       fault.rule);
        node_control_fail(node->control, client, NODE_EXIT_USAGE, why);
        return false;
    }
    return true;
}

static void add_peer(struct node *node, uint64_t client,
                     struct assay_bytes text)
{
    struct node_address address;

    if (read_address(node, client, text, &address)) {
        settle(node, client, node_driver_peer_add(node->driver, &address),
               "it is among the peers already", "");
    }
}

static void begin_sync(struct node *node, uint64_t client,
                       struct assay_bytes text)
{
    struct node_address address;
    enum assay_err err = ASSAY_OK;

    if (text.len > 0 && !read_address(node, client, text, &address)) {
        return;
    }
    err =
        node_driver_sync(node->driver, client, text.len > 0 ? &address : NULL);
    if (err != ASSAY_OK) {
        settle(node, client, err, "", "no peer is connected");
    }
}

void node_requests_asked(void *context, uint64_t client,
                         const struct assay_control *request)
{
    struct node *node = context;

    switch (request->type) {
    case ASSAY_CONTROL_ASK_STATUS:
        answer_status(node, client);
        break;
    case ASSAY_CONTROL_ASK_PEERS:
        answer_peers(node, client);
        break;
    case ASSAY_CONTROL_PEER_ADD:
        add_peer(node, client, request->as.address);
        break;
    case ASSAY_CONTROL_PEER_REMOVE:
        settle(node, client,
               node_driver_peer_remove(node->driver, &request->as.node), "",
               "it is neither connected nor to be");
        break;
    case ASSAY_CONTROL_SYNC:
        begin_sync(node, client, request->as.address);
        break;
    default:
        node_control_fail(node->control, client, NODE_EXIT_USAGE,
                          "that is no request");
        break;
    }
}

void node_requests_left(void *context, uint64_t client)
{
    struct node *node = context;

    node_driver_sync_forget(node->driver, client);
}

void node_requests_synced(void *context, const struct node_sync_result *result)
{
    struct node *node = context;
    struct assay_control answer = {.type = ASSAY_CONTROL_PROGRESS,
                                   .as.progress = result->progress};

    node_control_answer(node->control, result->client, &answer);
    if (result->is_last && result->are_all_synced) {
        node_control_done(node->control, result->client);
    } else if (result->is_last) {
        node_control_fail(node->control, result->client, NODE_EXIT_NO,
                          result->why != NULL ? result->why
                                              : "not all are in step");
    }
}
