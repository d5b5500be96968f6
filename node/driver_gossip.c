/* SPDX-License-Identifier: Apache-2.0 */
/* What the machines of membership and broadcast share: their life, their time
 * and the way of their messages. */
#include "driver_internal.h"

#include "clock.h"
#include "protocol/check.h"

/* Trees of their own that a node keeps in mind. */
#define TREES_MAX ASSAY_TREES_DEFAULT

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
bool node_gossip_pass(struct node_driver *driver, uint32_t number,
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

/* False where the message is malformed. */
static bool take(struct node_driver *driver, struct node_link *link,
                 struct assay_message *message)
{
    return message->type <= ASSAY_MSG_PRUNE
               ? node_broadcast_message(driver, link, message)
               : node_members_message(driver, link, message);
}

void node_gossip_message(struct node_driver *driver, struct node_link *link,
                         const struct assay_session_event *event)
{
    struct assay_message message;

    if (assay_message_open(event->message, &message) != ASSAY_OK ||
        !take(driver, link, &message)) {
        node_peer_close(link->peer, ASSAY_CLOSE_MALFORMED,
                        "a message of membership or broadcast");
    }
}

void node_gossip_leave(struct node_driver *driver)
{
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_LEAVE};

    if (!driver->with.is_alone) {
        node_members_step(driver, &event);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct node_driver *driver = timer->data;
    uint64_t now_ms = node_clock_ms();

    driver->gossip_due_ms = UINT64_MAX;
    if (now_ms >= assay_membership_deadline_ms(driver->membership)) {
        struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_TICK};

        node_members_step(driver, &event);
    }
    if (now_ms >= assay_broadcast_deadline_ms(driver->broadcast)) {
        struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_TICK};

        node_broadcast_step(driver, &event);
    }
    node_gossip_arm(driver);
}

/* Sets the timer to what is due first. */
void node_gossip_arm(struct node_driver *driver)
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
        node_statics_refresh(driver);
        node_members_step(driver, &event);
    }
}
