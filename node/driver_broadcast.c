/* SPDX-License-Identifier: Apache-2.0 */
/* Broadcast: what its machine wants, and what it hears. */
#include "driver_internal.h"

#include "clock.h"
#include "protocol/check.h"

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
        (void)node_gossip_pass(driver, peer,
                               &writer); /* A slow one hears less. */
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
    (void)node_gossip_pass(driver, action->peer, &writer);
}

static void send_prune(struct node_driver *driver,
                       const struct assay_broadcast_action *action)
{
    struct assay_prune_message prune = {.id = action->id};
    uint8_t space[ASSAY_GRAFT_MESSAGE_MAX];
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_prune_write(&writer, &prune);
    (void)node_gossip_pass(driver, action->peer, &writer);
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
    node_gossip_arm(driver);
}

void node_broadcast_step(struct node_driver *driver,
                         struct assay_broadcast_event *event)
{
    event->now_ms = node_clock_ms();
    assay_broadcast_step(driver->broadcast, event, &driver->broadcast_actions);
    act_all(driver);
}

void node_broadcast_publish(struct node_driver *driver,
                            const struct assay_id *id)
{
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_PUBLISH,
                                          .id = *id};

    node_broadcast_step(driver, &event);
}

void node_broadcast_announce(struct node_driver *driver,
                             const struct assay_id *id)
{
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_ANNOUNCE,
                                          .id = *id};

    node_broadcast_step(driver, &event);
}

void node_broadcast_checked(struct node_driver *driver,
                            const struct assay_id *id, bool is_good)
{
    struct assay_broadcast_event event = {
        .type = ASSAY_BROADCAST_CHECKED, .id = *id, .is_good = is_good};

    node_broadcast_step(driver, &event);
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
        node_broadcast_step(driver, &event);
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
    node_broadcast_step(driver, &event);
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
    node_broadcast_step(driver, &event);
    return true;
}

bool node_broadcast_message(struct node_driver *driver, struct node_link *link,
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
        return false;
    }
}
