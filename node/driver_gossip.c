/* SPDX-License-Identifier: Apache-2.0 */
/* Membership and broadcast: what their machines want, and what they hear. */
#include "driver_internal.h"

#include "clock.h"
#include "protocol/check.h"

/* Trees of their own that a node keeps in mind. */
#define TREES_MAX ASSAY_TREES_DEFAULT

static void arm(struct node_driver *driver);

enum assay_err node_gossip_init(struct node_driver *driver)
{
    struct assay_membership_config members = {
        .active_target = driver->config->active_view < ASSAY_ACTIVE_TARGET
                             ? driver->config->active_view
                             : ASSAY_ACTIVE_TARGET,
        .active_max = driver->config->active_view};
    struct assay_broadcast_config trees = {.tree_max = TREES_MAX};
    const struct node_endpoint *self = &driver->with.self;
    enum assay_err err = assay_peer_set(
        &driver->key, assay_bytes_of(self->host), self->port, &members.self);

    node_random(members.seed, sizeof(members.seed));
    node_random(trees.seed, sizeof(trees.seed));
    if (err == ASSAY_OK) {
        err = assay_membership_new(&members, &driver->membership);
    }
    if (err == ASSAY_OK) {
        err = assay_broadcast_new(&trees, &driver->broadcast);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    ASSAY_CHECK(uv_timer_init(driver->with.loop, &driver->gossip_timer) == 0);
    driver->gossip_timer.data = driver;
    driver->gossip_due_ms = UINT64_MAX;
    return ASSAY_OK;
}

void node_gossip_clear(struct node_driver *driver)
{
    assay_membership_free(driver->membership);
    assay_broadcast_free(driver->broadcast);
    driver->membership = NULL;
    driver->broadcast = NULL;
}

/* Sends bytes to a peer; false where its queue has no room. */
static bool pass(struct node_driver *driver, uint32_t number,
                 const struct assay_cbor_writer *writer)
{
    struct node_link *link = node_link_by_number(driver, number);
    struct assay_session *session =
        link == NULL ? NULL : node_peer_session(link->peer);
    struct assay_bytes bytes;

    if (session == NULL ||
        assay_cbor_writer_finish(writer, &bytes) != ASSAY_OK ||
        assay_session_pass(session, bytes) != ASSAY_OK) {
        return false;
    }
    node_driver_soon(driver, link->peer);
    return true;
}

/* --- Broadcast */

static void send_record(struct node_driver *driver,
                        const struct assay_broadcast_action *action)
{
    struct node_link *link = node_link_by_number(driver, action->peer);
    struct assay_session *session =
        link == NULL ? NULL : node_peer_session(link->peer);

    if (session == NULL) {
        return;
    }
    struct assay_session_news news = {action->id, action->round, action->tree};

    if (assay_session_tell(session, &news)) {
        node_driver_soon(driver, link->peer);
        return;
    }
    ASSAY_CHECK(driver->unsent_count < ASSAY_BROADCAST_ACTIONS_MAX);
    driver->unsent[driver->unsent_count++] =
        (struct node_unsent){action->peer, action->id};
}

static void send_have(struct node_driver *driver, uint32_t peer)
{
    struct assay_id ids[ASSAY_HAVE_MAX];
    uint8_t space[ASSAY_HAVE_MESSAGE_MAX];
    struct assay_cbor_writer writer;
    size_t count =
        assay_broadcast_take(driver->broadcast, peer, node_clock_ms(), ids);

    if (count > 0) {
        assay_cbor_writer_init(&writer, space, sizeof(space));
        assay_have_write(&writer, ids, count);
        (void)pass(driver, peer, &writer); /* A slow one hears less. */
    }
}

static void send_graft(struct node_driver *driver,
                       const struct assay_broadcast_action *action)
{
    struct assay_graft_message graft = {action->id, action->mode};
    uint8_t space[ASSAY_GRAFT_MESSAGE_MAX];
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_graft_write(&writer, &graft);
    (void)pass(driver, action->peer, &writer);
}

static void send_prune(struct node_driver *driver,
                       const struct assay_broadcast_action *action)
{
    struct assay_prune_message prune = {.id = action->id};
    uint8_t space[ASSAY_GRAFT_MESSAGE_MAX];
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_prune_write(&writer, &prune);
    (void)pass(driver, action->peer, &writer);
}

static void blame(struct node_driver *driver, uint32_t peer)
{
    struct node_link *link = node_link_by_number(driver, peer);

    if (link != NULL) {
        link->is_blamed = true; /* Soon: it may end the session. */
        node_driver_soon(driver, link->peer);
    }
}

/* Whether one of the actions asks for the record to be checked. */
static bool wants_check(const struct assay_broadcast_actions *actions,
                        const struct assay_id *id)
{
    for (size_t i = 0; i < actions->count; i++) {
        if (actions->items[i].type == ASSAY_BROADCAST_CHECK &&
            assay_id_equal(&actions->items[i].id, id)) {
            return true;
        }
    }
    return false;
}

static void act_broadcast(struct node_driver *driver,
                          const struct assay_broadcast_action *action)
{
    switch (action->type) {
    case ASSAY_BROADCAST_SEND_RECORD:
        send_record(driver, action);
        break;
    case ASSAY_BROADCAST_SEND_HAVE:
        send_have(driver, action->peer);
        break;
    case ASSAY_BROADCAST_SEND_GRAFT:
        send_graft(driver, action);
        break;
    case ASSAY_BROADCAST_SEND_PRUNE:
        send_prune(driver, action);
        break;
    case ASSAY_BROADCAST_BLAME:
        blame(driver, action->peer);
        break;
    case ASSAY_BROADCAST_CHECK:
        break; /* Its record is at hand: see take_gossip. */
    }
}

/* Carries out what the last step wants; then tells, in steps of their own,
 * which records found no room in their peer's queue. */
static void act_all(struct node_driver *driver)
{
    struct assay_broadcast_actions *actions = &driver->broadcast_actions;
    bool is_done = false;

    while (!is_done) {
        for (size_t i = 0; i < actions->count; i++) {
            act_broadcast(driver, &actions->items[i]);
        }
        is_done = driver->unsent_count == 0;
        if (!is_done) {
            struct node_unsent unsent = driver->unsent[--driver->unsent_count];
            struct assay_broadcast_event event = {.type =
                                                      ASSAY_BROADCAST_NOT_SENT,
                                                  .now_ms = node_clock_ms(),
                                                  .peer = unsent.peer,
                                                  .id = unsent.id};

            assay_broadcast_step(driver->broadcast, &event, actions);
        }
    }
    arm(driver);
}

static void step_broadcast(struct node_driver *driver,
                           struct assay_broadcast_event *event)
{
    event->now_ms = node_clock_ms();
    assay_broadcast_step(driver->broadcast, event, &driver->broadcast_actions);
    act_all(driver);
}

void node_gossip_publish(struct node_driver *driver, const struct assay_id *id)
{
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_PUBLISH,
                                          .id = *id};

    step_broadcast(driver, &event);
}

void node_gossip_announce(struct node_driver *driver, const struct assay_id *id)
{
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_ANNOUNCE,
                                          .id = *id};

    step_broadcast(driver, &event);
}

void node_gossip_checked(struct node_driver *driver, const struct assay_id *id,
                         bool is_good)
{
    struct assay_broadcast_event event = {
        .type = ASSAY_BROADCAST_CHECKED, .id = *id, .is_good = is_good};

    step_broadcast(driver, &event);
}

/* A record that was sent unasked, or grafted. */
static bool take_gossip(struct node_driver *driver, struct node_link *link,
                        struct assay_message *message)
{
    struct assay_gossip_message gossip;
    struct assay_bytes envelope;
    struct assay_bytes body;
    struct assay_record record;
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_GOSSIP};

    if (assay_gossip_read(message, &gossip, NULL) != ASSAY_OK ||
        assay_record_split(gossip.item, &envelope, &body, NULL) != ASSAY_OK ||
        assay_record_parse(envelope, body, &record, NULL) != ASSAY_OK) {
        return false;
    }
    event.peer = node_peer_number(link->peer);
    event.id = record.id;
    event.round = gossip.round;
    event.tree = gossip.tree;
    event.is_held = node_driver_holds(driver, &record.id);
    event.now_ms = node_clock_ms();
    assay_broadcast_step(driver->broadcast, &event, &driver->broadcast_actions);
    bool is_new = wants_check(&driver->broadcast_actions, &record.id);

    act_all(driver);
    node_records_take_one(driver, link, &record, is_new);
    return true;
}

static bool take_have(struct node_driver *driver, struct node_link *link,
                      struct assay_message *message)
{
    struct assay_have_message have;

    if (assay_have_read(message, &have, NULL) != ASSAY_OK) {
        return false;
    }
    for (size_t i = 0; i < have.count && !link->is_over; i++) {
        struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_HAVE,
                                              .peer =
                                                  node_peer_number(link->peer),
                                              .id = assay_have_id(&have, i)};

        event.is_held = node_driver_holds(driver, &event.id);
        step_broadcast(driver, &event);
    }
    return true;
}

static bool take_graft(struct node_driver *driver, struct node_link *link,
                       struct assay_message *message)
{
    struct assay_graft_message graft;
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_GRAFT};

    if (assay_graft_read(message, &graft, NULL) != ASSAY_OK) {
        return false;
    }
    event.peer = node_peer_number(link->peer);
    event.id = graft.id;
    event.mode = graft.mode;
    event.is_held = node_driver_holds(driver, &graft.id);
    step_broadcast(driver, &event);
    return true;
}

static bool take_prune(struct node_driver *driver, struct node_link *link,
                       struct assay_message *message)
{
    struct assay_prune_message prune;
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_PRUNE};

    if (assay_prune_read(message, &prune, NULL) != ASSAY_OK) {
        return false;
    }
    event.peer = node_peer_number(link->peer);
    event.id = prune.id;
    step_broadcast(driver, &event);
    return true;
}

/* --- Membership */

static void dial(struct node_driver *driver, const struct assay_peer *peer)
{
    struct node_address address = {.node = peer->key, .at.port = peer->port};

    memcpy(address.at.host, peer->host, peer->host_len);
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
    (void)pass(driver, peer, &writer);
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
    if (action->reason == ASSAY_MEMBERSHIP_SURPLUS && link->is_wanted) {
        return; /* A sync goes on over it. */
    }
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
    step_broadcast(driver, &event);
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

/* An address as membership has it; false where its host is none to it. */
static bool peer_of(const struct assay_key *key, const struct node_endpoint *at,
                    struct assay_peer *peer_out)
{
    return assay_peer_set(key, assay_bytes_of(at->host), at->port, peer_out) ==
           ASSAY_OK;
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
static void step_membership(struct node_driver *driver,
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

        if (peer_of(&address.node, &address.at, &peer)) {
            run_membership(driver, &failed);
        }
    }
    driver->is_stepping = false;
    arm(driver);
}

void node_gossip_connected(struct node_driver *driver, struct node_link *link)
{
    struct assay_peer address;
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_CONNECTED,
                                           .peer = node_peer_number(link->peer),
                                           .is_dialled =
                                               node_peer_is_dialled(link->peer),
                                           .address = &address};
    const struct node_endpoint *at =
        event.is_dialled ? &link->dialled.at : node_peer_at(link->peer);

    if (driver->with.is_alone ||
        !peer_of(node_peer_key(link->peer), at, &address)) {
        return;
    }
    link->is_members = false; /* It is answered now. */
    link->is_announced = true;
    step_membership(driver, &event);
}

void node_gossip_lost(struct node_driver *driver, struct node_link *link)
{
    struct assay_membership_event event = {
        .type = ASSAY_MEMBERSHIP_LOST, .peer = node_peer_number(link->peer)};

    if (link->is_members) {
        link->is_members = false;
        node_gossip_dial_failed(driver, &link->dialled);
    } else if (link->is_announced) {
        link->is_announced = false;
        step_membership(driver, &event);
    }
}

void node_gossip_dial_failed(struct node_driver *driver,
                             const struct node_address *address)
{
    struct assay_peer peer;
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_DIAL_FAILED,
                                           .address = &peer};

    if (peer_of(&address->node, &address->at, &peer)) {
        step_membership(driver, &event);
    }
}

static bool take_members(struct node_driver *driver, struct node_link *link,
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
        step_membership(driver, &event);
    }
    return true;
}

static bool take_message(struct node_driver *driver, struct node_link *link,
                         struct assay_message *message)
{
    switch (message->type) {
    case ASSAY_MSG_GOSSIP:
        return take_gossip(driver, link, message);
    case ASSAY_MSG_HAVE:
        return take_have(driver, link, message);
    case ASSAY_MSG_GRAFT:
        return take_graft(driver, link, message);
    case ASSAY_MSG_PRUNE:
        return take_prune(driver, link, message);
    default:
        return take_members(driver, link, message);
    }
}

void node_gossip_message(struct node_driver *driver, struct node_link *link,
                         const struct assay_session_event *event)
{
    struct assay_message message;

    if (assay_message_open(event->message, &message) != ASSAY_OK ||
        !take_message(driver, link, &message)) {
        node_peer_close(link->peer, ASSAY_CLOSE_MALFORMED,
                        "a message of membership or broadcast");
    }
}

static void add_static(struct node_driver *driver,
                       const struct node_address *address)
{
    struct assay_peer peer;
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_ADD_STATIC,
                                           .address = &peer};

    if (!driver->with.is_alone &&
        peer_of(&address->node, &address->at, &peer)) {
        step_membership(driver, &event);
    }
}

static void remove_static(struct node_driver *driver, size_t index)
{
    struct node_address address = driver->statics[index].address;
    struct assay_peer peer;
    struct assay_membership_event event = {
        .type = ASSAY_MEMBERSHIP_REMOVE_STATIC, .address = &peer};

    driver->static_count--;
    driver->statics[index] = driver->statics[driver->static_count];
    if (peer_of(&address.node, &address.at, &peer)) {
        step_membership(driver, &event);
    }
}

static size_t find_static(const struct node_driver *driver,
                          const struct assay_key *node)
{
    size_t index = 0;

    while (index < driver->static_count &&
           !assay_key_equal(&driver->statics[index].address.node, node)) {
        index++;
    }
    return index;
}

static bool is_configured(const struct node_driver *driver,
                          const struct node_address *address)
{
    const struct node_addresses *peers = &driver->config->peers;

    for (size_t i = 0; i < peers->count; i++) {
        if (assay_key_equal(&peers->items[i].node, &address->node) &&
            node_endpoint_equal(&peers->items[i].at, &address->at)) {
            return true;
        }
    }
    return false;
}

enum assay_err node_driver_peer_add(struct node_driver *driver,
                                    const struct node_address *address)
{
    size_t index = find_static(driver, &address->node);

    if (assay_key_equal(&address->node, &driver->key)) {
        return ASSAY_E_PEER;
    }
    if (index < driver->static_count) {
        if (node_endpoint_equal(&driver->statics[index].address.at,
                                &address->at)) {
            return ASSAY_E_EXISTS;
        }
        remove_static(driver, index); /* It has moved. */
    }
    if (driver->static_count + driver->config->active_view >=
        NODE_STATICS_MAX) {
        return ASSAY_E_LIMIT;
    }
    driver->statics[driver->static_count++] =
        (struct node_static){*address, true};
    add_static(driver, address);
    return ASSAY_OK;
}

enum assay_err node_driver_peer_remove(struct node_driver *driver,
                                       const struct assay_key *node)
{
    size_t index = find_static(driver, node);
    struct node_link *link = node_link_by_key(driver, node);

    if (index == driver->static_count && link == NULL) {
        return ASSAY_E_NOT_FOUND;
    }
    if (index < driver->static_count) {
        remove_static(driver, index);
    }
    if (link != NULL) {
        node_peer_close(link->peer, ASSAY_CLOSE_DONE, "removed");
    }
    return ASSAY_OK;
}

/* An address of the configuration that is not kept. */
static void log_unkept(struct node_driver *driver,
                       const struct node_address *address, enum assay_err err)
{
    struct node_log_line line;
    char text[NODE_ADDRESS_TEXT_MAX];

    node_address_format(address, text);
    node_log_begin(&line, driver->with.log, NODE_LOG_WARN, "peer-not-kept");
    node_log_text(&line, "peer", text);
    node_log_text(&line, "reason",
                  err == ASSAY_E_PEER ? "it is this node" : "too many peers");
    node_log_end(&line);
}

void node_gossip_statics(struct node_driver *driver)
{
    const struct node_addresses *peers = &driver->config->peers;

    for (size_t i = driver->static_count; i > 0; i--) {
        if (!driver->statics[i - 1].is_added &&
            !is_configured(driver, &driver->statics[i - 1].address)) {
            remove_static(driver, i - 1);
        }
    }
    for (size_t i = 0; i < peers->count; i++) {
        enum assay_err err = node_driver_peer_add(driver, &peers->items[i]);

        if (err == ASSAY_E_LIMIT || err == ASSAY_E_PEER) {
            log_unkept(driver, &peers->items[i], err);
        } else {
            size_t index = find_static(driver, &peers->items[i].node);

            driver->statics[index].is_added = false;
        }
    }
}

void node_gossip_leave(struct node_driver *driver)
{
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_LEAVE};

    if (!driver->with.is_alone) {
        step_membership(driver, &event);
    }
}

/* --- Time */

static void on_timer(uv_timer_t *timer)
{
    struct node_driver *driver = timer->data;
    uint64_t now_ms = node_clock_ms();

    driver->gossip_due_ms = UINT64_MAX;
    if (now_ms >= assay_membership_deadline_ms(driver->membership)) {
        struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_TICK};

        step_membership(driver, &event);
    }
    if (now_ms >= assay_broadcast_deadline_ms(driver->broadcast)) {
        struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_TICK};

        step_broadcast(driver, &event);
    }
    arm(driver);
}

/* Sets the timer to what is due first. */
static void arm(struct node_driver *driver)
{
    uint64_t members_ms =
        driver->with.is_alone
            ? UINT64_MAX
            : assay_membership_deadline_ms(driver->membership);
    uint64_t trees_ms = assay_broadcast_deadline_ms(driver->broadcast);
    uint64_t due_ms = members_ms < trees_ms ? members_ms : trees_ms;
    uint64_t now_ms = node_clock_ms();

    if (due_ms == driver->gossip_due_ms || driver->is_stopping) {
        return;
    }
    driver->gossip_due_ms = due_ms;
    if (due_ms == UINT64_MAX) {
        (void)uv_timer_stop(&driver->gossip_timer);
        return;
    }
    ASSAY_CHECK(uv_timer_start(&driver->gossip_timer, on_timer,
                               due_ms > now_ms ? due_ms - now_ms : 0, 0) == 0);
}

void node_gossip_start(struct node_driver *driver)
{
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_TICK};

    if (!driver->with.is_alone) {
        node_gossip_statics(driver);
        step_membership(driver, &event);
    }
}
