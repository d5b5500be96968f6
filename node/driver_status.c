/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of the node and its peers. */
#include "driver_internal.h"

#include "clock.h"

void node_driver_status(struct node_driver *driver,
                        struct assay_control_status *status)
{
    struct assay_membership_counts members;
    struct node_ingest_counts counts;

    assay_membership_count(driver->membership, &members);
    node_ingest_count(driver->ingest, &counts);
    status->node = driver->key;
    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        status->connections += link->is_over ? 0 : 1;
        status->active += link->is_active && !link->is_over ? 1 : 0;
    }
    status->passive = members.passive;
    status->queued = counts.queued;
    status->waiting = counts.waiting;
    status->added = counts.added;
    status->refused = counts.refused;
    status->is_blocked = counts.is_blocked;
    status->follows_all = node_policy_is_open(driver->policy);
    status->teams = node_policy_teams(driver->policy)->count;
}

void node_driver_measure(struct node_driver *driver,
                         struct node_metrics_values *values)
{
    struct assay_control_status status = {.connections = 0};
    struct node_ingest_counts counts;
    struct node_captures_counts captures;

    node_driver_status(driver, &status);
    node_ingest_count(driver->ingest, &counts);
    node_captures_count(driver->captures, &captures);
    values->captures_wanted = captures.wanted;
    values->captures_fetched = captures.fetched;
    values->captures_failed = captures.failed;
    values->captures_bytes = captures.used;
    values->connections = status.connections;
    values->neighbours = status.active;
    values->in_reserve = status.passive;
    values->teams = status.teams;
    values->queued = counts.queued;
    values->waiting = counts.waiting;
    values->is_blocked = counts.is_blocked ? 1 : 0;
    values->added = counts.added;
    values->refused = counts.refused;
    values->batches = counts.batches;
    values->last_batch_us = counts.last_write_us;
    values->accepted = driver->accepted;
    values->turned_away = driver->turned_away;
    values->bytes_in = driver->ended.bytes_in;
    values->bytes_out = driver->ended.bytes_out;
    values->records_out = driver->ended.records_out;
    values->blob_bytes_in = driver->ended.blob_bytes_in;
    values->blob_bytes_out = driver->ended.blob_bytes_out;
    for (struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        struct assay_session *session = node_peer_session(link->peer);
        struct assay_session_stats stats;

        if (session != NULL) {
            assay_session_stats(session, &stats);
            values->bytes_in += stats.bytes_in;
            values->bytes_out += stats.bytes_out;
            values->records_out += stats.records_out;
            values->blob_bytes_in += stats.blob_bytes_in;
            values->blob_bytes_out += stats.blob_bytes_out;
        }
    }
}

static bool is_static(const struct node_driver *driver,
                      const struct assay_key *key)
{
    for (size_t i = 0; i < driver->static_count; i++) {
        if (assay_key_equal(&driver->statics[i].address.node, key)) {
            return true;
        }
    }
    return false;
}

static enum assay_control_peer_state state_of(const struct node_link *link)
{
    switch (node_peer_state(link->peer)) {
    case NODE_PEER_HANDSHAKE:
        return ASSAY_CONTROL_PEER_DIALLING;
    case NODE_PEER_OPEN:
        return link->is_active ? ASSAY_CONTROL_PEER_ACTIVE
                               : ASSAY_CONTROL_PEER_OPEN;
    case NODE_PEER_CLOSING:
    case NODE_PEER_DRAINING:
        return ASSAY_CONTROL_PEER_CLOSING;
    }
    return ASSAY_CONTROL_PEER_CLOSING;
}

static void tell_link(struct node_driver *driver, const struct node_link *link,
                      struct assay_control_peer *peer)
{
    const struct assay_key *key = node_peer_key(link->peer);
    struct assay_session *session = node_peer_session(link->peer);
    struct assay_session_stats stats = {0};

    if (session != NULL) {
        assay_session_stats(session, &stats);
    }
    node_endpoint_format(node_peer_is_dialled(link->peer)
                             ? &link->dialled.at
                             : node_peer_at(link->peer),
                         driver->text);
    *peer = (struct assay_control_peer){
        .state = state_of(link),
        .has_key = key != NULL,
        .at = assay_bytes_of(driver->text),
        .is_dialled = node_peer_is_dialled(link->peer),
        .is_static = key != NULL && is_static(driver, key),
        .is_synced = link->is_synced,
        .connected_s =
            (node_clock_ms() - node_peer_since_ms(link->peer)) / 1000,
        .records_in = stats.records_accepted,
        .records_out = stats.records_out,
        .bytes_in = stats.bytes_in,
        .bytes_out = stats.bytes_out,
        .score = stats.score,
        .agent = assay_bytes_of(link->agent)};
    if (key != NULL) {
        peer->node = *key;
    }
}

/* The index-th address that is to be kept and is not connected. */
static bool tell_away(struct node_driver *driver, size_t index,
                      struct assay_control_peer *peer)
{
    for (size_t i = 0; i < driver->static_count; i++) {
        const struct node_address *address = &driver->statics[i].address;

        if (node_link_by_key(driver, &address->node) != NULL || index-- > 0) {
            continue;
        }
        node_endpoint_format(&address->at, driver->text);
        *peer = (struct assay_control_peer){
            .state = node_driver_is_dialling(driver, &address->node)
                         ? ASSAY_CONTROL_PEER_DIALLING
                         : ASSAY_CONTROL_PEER_AWAY,
            .has_key = true,
            .node = address->node,
            .at = assay_bytes_of(driver->text),
            .is_dialled = true,
            .is_static = true};
        return true;
    }
    return false;
}

bool node_driver_peer_at(struct node_driver *driver, size_t index,
                         struct assay_control_peer *peer_out)
{
    for (const struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        if (link->is_over) {
            continue;
        }
        if (index == 0) {
            tell_link(driver, link, peer_out);
            return true;
        }
        index--;
    }
    return tell_away(driver, index, peer_out);
}
