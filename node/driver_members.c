/* SPDX-License-Identifier: Apache-2.0 */
/* Membership: what its machine wants, and what it hears. */
#include "driver_internal.h"

#include "clock.h"
#include "protocol/check.h"

static void dial(struct node_driver *driver, const struct assay_peer *peer)
{
    struct node_address address = {.node = peer->key, .at.port = peer->port};
    const struct node_address *named = node_statics_find(driver, &address.node);

    memcpy(address.at.host, peer->host, peer->host_len);
    if (peer->host_len == 0 && named != NULL) {
        address = *named; /* Its host is for nobody else to know. */
    }
    if (node_driver_dial(driver, &address, true) != ASSAY_OK &&
        driver->undialled_count < ASSAY_DIALS_MAX) {
        /* Told to it when this step is done. */
        driver->undialled[driver->undialled_count++] = address;
    }
}

static void send_members(struct node_driver *driver, uint32_t peer,
                         const struct assay_peers_message *message)
{
    uint8_t space[ASSAY_PEERS_MESSAGE_MAX];
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_peers_write(&writer, message);
    (void)node_gossip_pass(driver, peer, &writer);
}

static const struct {
    enum assay_close_code code;
    const char *text;
} reasons[] = {
    [ASSAY_MEMBERSHIP_SURPLUS] = {ASSAY_CLOSE_FULL, "no neighbour"},
    [ASSAY_MEMBERSHIP_DUPLICATE] = {ASSAY_CLOSE_DUPLICATE, ""},
    [ASSAY_MEMBERSHIP_SELF] = {ASSAY_CLOSE_SELF, ""},
    [ASSAY_MEMBERSHIP_TIMEOUT] = {ASSAY_CLOSE_TIMEOUT, "no answer"},
    [ASSAY_MEMBERSHIP_MISBEHAVED] = {ASSAY_CLOSE_MISBEHAVED, "membership"},
};

static void close_peer(struct node_driver *driver,
                       const struct assay_membership_action *action)
{
    struct node_link *link = node_link_by_number(driver, action->peer);

    if (link == NULL) {
        return;
    }
    link->is_announced = false; /* It knows it no more. */
    if (driver->is_stopping) {
        node_peer_close(link->peer, ASSAY_CLOSE_DONE, "stopping");
        return;
    }
    node_peer_close(link->peer, reasons[action->reason].code,
                    reasons[action->reason].text);
}

static void set_active(struct node_driver *driver, uint32_t peer,
                       bool is_active)
{
    struct node_link *link = node_link_by_number(driver, peer);
    struct assay_broadcast_event event = {
        .type = is_active ? ASSAY_BROADCAST_UP : ASSAY_BROADCAST_DOWN,
        .peer = peer};

    if (link != NULL) {
        link->is_active = is_active;
        node_driver_log_peer(driver, NODE_LOG_DEBUG,
                             is_active ? "neighbour-up" : "neighbour-down",
                             link->peer, NULL);
    }
    node_broadcast_step(driver, &event);
}

static void act_membership(struct node_driver *driver,
                           const struct assay_membership_action *action)
{
    switch (action->type) {
    case ASSAY_MEMBERSHIP_DIAL:
        dial(driver, &action->address);
        break;
    case ASSAY_MEMBERSHIP_SEND:
        send_members(driver, action->peer, action->message);
        break;
    case ASSAY_MEMBERSHIP_CLOSE:
        close_peer(driver, action);
        break;
    case ASSAY_MEMBERSHIP_UP:
        set_active(driver, action->peer, true);
        break;
    case ASSAY_MEMBERSHIP_DOWN:
        set_active(driver, action->peer, false);
        break;
    }
}

void node_members_peer(const struct assay_key *key,
                       const struct node_endpoint *at,
                       struct assay_peer *peer_out)
{
    struct assay_bytes host = assay_bytes_of(at->host);

    if (!assay_peer_host_is_ok(host)) {
        host = ASSAY_BYTES_NONE;
    }
    ASSAY_CHECK(assay_peer_set(key, host, at->port, peer_out) == ASSAY_OK);
}

static void run_membership(struct node_driver *driver,
                           struct assay_membership_event *event)
{
    const struct assay_membership_actions *actions =
        &driver->membership_actions;

    event->now_ms = node_clock_ms();
    assay_membership_step(driver->membership, event,
                          &driver->membership_actions);
    for (size_t i = 0; i < actions->count; i++) {
        act_membership(driver, &actions->items[i]);
    }
}

/* One step, and one more for each dial that it wanted and that could not be
 * begun. Nothing that its actions do leads to another one at once: what a
 * session has to say is said later (node_driver_soon). */
void node_members_step(struct node_driver *driver,
                       struct assay_membership_event *event)
{
    ASSAY_CHECK(!driver->is_stepping);
    driver->is_stepping = true;
    run_membership(driver, event);
    while (driver->undialled_count > 0) {
        struct node_address address =
            driver->undialled[--driver->undialled_count];
        struct assay_peer peer;
        struct assay_membership_event failed = {
            .type = ASSAY_MEMBERSHIP_DIAL_FAILED, .address = &peer};

        node_members_peer(&address.node, &address.at, &peer);
        run_membership(driver, &failed);
    }
    driver->is_stepping = false;
    node_gossip_arm(driver);
}

void node_members_connected(struct node_driver *driver, struct node_link *link)
{
    struct assay_peer address;
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_CONNECTED,
                                           .peer = node_peer_number(link->peer),
                                           .is_dialled =
                                               node_peer_is_dialled(link->peer),
                                           .address = &address};
    const struct node_endpoint *at =
        event.is_dialled ? &link->dialled.at : node_peer_at(link->peer);

    if (driver->with.is_alone) {
        return;
    }
    node_members_peer(node_peer_key(link->peer), at, &address);
    link->is_members = false; /* It is answered now. */
    link->is_announced = true;
    node_members_step(driver, &event);
}

void node_members_lost(struct node_driver *driver, struct node_link *link)
{
    struct assay_membership_event event = {
        .type = ASSAY_MEMBERSHIP_LOST, .peer = node_peer_number(link->peer)};

    if (link->is_members) {
        link->is_members = false;
        node_members_dial_failed(driver, &link->dialled);
    } else if (link->is_announced) {
        link->is_announced = false;
        node_members_step(driver, &event);
    }
}

void node_members_dial_failed(struct node_driver *driver,
                              const struct node_address *address)
{
    struct assay_peer peer;
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_DIAL_FAILED,
                                           .address = &peer};

    node_members_peer(&address->node, &address->at, &peer);
    node_members_step(driver, &event);
}

bool node_members_message(struct node_driver *driver, struct node_link *link,
                          struct assay_message *message)
{
    struct assay_peers_message peers;
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_MESSAGE,
                                           .peer = node_peer_number(link->peer),
                                           .message = &peers};

    if (assay_peers_read(message, &peers, NULL) != ASSAY_OK) {
        return false;
    }
    if (link->is_announced) {
        node_members_step(driver, &event);
    }
    return true;
}
