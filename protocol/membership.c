/* SPDX-License-Identifier: Apache-2.0 */
#include "membership.h"

#include "check.h"
#include "membership_internal.h"

#include <stdlib.h>

bool assay_membership_dial(struct assay_membership_run *run,
                           const struct assay_peer *address, bool is_needed)
{
    struct assay_membership *membership = run->membership;
    struct assay_link *link = assay_link_of_key(membership, &address->key);

    if (link != NULL) {
        return true;
    }
    if (membership->is_leaving ||
        assay_link_count(membership, ASSAY_LINK_DIALLING) >= ASSAY_DIALS_MAX) {
        return false;
    }
    link = assay_link_add(run, address, ASSAY_LINK_DIALLING, ASSAY_DIAL_MS);
    if (link == NULL) {
        return false;
    }
    link->is_dialled = true;
    link->is_needed = is_needed;
    /* PROTOCOL 6.2: "Who dials an address that it was told MUST expect the key
     * that it was told." */
    assay_membership_act(run, ASSAY_MEMBERSHIP_DIAL, 0)->address = *address;
    return true;
}

/* Static peers that are due, then passive ones for what is lacking. */
static void fill(struct assay_membership_run *run)
{
    struct assay_membership *membership = run->membership;
    size_t have = assay_link_hope_count(membership);

    for (size_t i = 0; i < membership->static_count; i++) {
        const struct assay_static *named = &membership->statics[i];

        if (named->rest_until_ms <= run->now_ms &&
            !assay_link_exists(membership, named->tag) &&
            assay_membership_dial(run, &named->address, false)) {
            have++;
        }
    }
    while (have < membership->active_target) {
        const struct assay_passive *passive = assay_passive_random(run);

        if (passive == NULL ||
            !assay_membership_dial(run, passive->address, false)) {
            return;
        }
        have++;
    }
}

/* Who has no neighbour at all needs one. The first one of all is joined, so
 * that others hear of us. */
static void ask(struct assay_membership_run *run, struct assay_link *link)
{
    struct assay_membership *membership = run->membership;
    bool is_alone = assay_link_count(membership, ASSAY_LINK_ACTIVE) == 0;

    assay_link_move(run, link, ASSAY_LINK_ASKED, ASSAY_ANSWER_MS);
    if (is_alone && !membership->has_joined) {
        struct assay_peers_message *message =
            assay_membership_message(run, ASSAY_MSG_JOIN);

        message->peer_count = 1;
        message->peers[0] = membership->self;
        assay_membership_send(run, link->peer, message);
        return;
    }
    assay_membership_send_neighbor(
        run, link->peer,
        link->is_needed || is_alone ? ASSAY_NEIGHBOR_NEED : ASSAY_NEIGHBOR_ASK);
}

/* PROTOCOL 3.7: "Of two connections between the same two nodes the one MUST
 * stay that was dialled by the node whose key is smaller", so that both sides
 * keep the same; "Of two that the same node has dialled the newer MUST stay."
 */
static bool is_better(const struct assay_membership *membership,
                      const struct assay_link *link, bool is_dialled)
{
    if (link->state == ASSAY_LINK_DIALLING || link->is_dialled == is_dialled) {
        return true;
    }
    int order = memcmp(membership->self.key.bytes, link->address->key.bytes,
                       sizeof(membership->self.key.bytes));
    return is_dialled == (order < 0);
}

/* A connection, the link's first or a better one, takes its link. */
static void take_connection(struct assay_membership_run *run,
                            struct assay_link *link,
                            const struct assay_membership_event *event)
{
    uint32_t old = link->peer;
    bool was_connected = link->state > ASSAY_LINK_DIALLING;
    /* A neighbour who is found on a better connection stays one. */
    bool was_active = link->state == ASSAY_LINK_ACTIVE;

    assay_link_drop(run, link);
    if (was_connected) {
        assay_membership_act(run, ASSAY_MEMBERSHIP_CLOSE, old)->reason =
            ASSAY_MEMBERSHIP_DUPLICATE;
    }
    link->peer = event->peer;
    link->is_dialled = event->is_dialled;
    link->is_needed = link->is_needed || was_active;
    if (event->is_dialled) {
        assay_address_is_well(run->membership, &link->address->key);
        ask(run, link);
    } else {
        assay_link_move(run, link, ASSAY_LINK_OPEN, ASSAY_ANSWER_MS);
    }
}

static void close_connection(struct assay_membership_run *run, uint32_t peer,
                             enum assay_membership_reason reason)
{
    assay_membership_act(run, ASSAY_MEMBERSHIP_CLOSE, peer)->reason = reason;
}

static void on_connected(struct assay_membership_run *run,
                         const struct assay_membership_event *event)
{
    struct assay_membership *membership = run->membership;
    struct assay_peer address = *event->address;
    struct assay_link *link = assay_link_of_key(membership, &address.key);

    if (assay_key_equal(&address.key, &membership->self.key)) {
        close_connection(run, event->peer, ASSAY_MEMBERSHIP_SELF);
        return;
    }
    if (link == NULL && !event->is_dialled && !membership->is_leaving) {
        /* Its port is the one it dialled from, not one that listens. */
        address.port = 0;
        link = assay_link_add(run, &address, ASSAY_LINK_OPEN, ASSAY_ANSWER_MS);
        if (link != NULL) {
            link->peer = event->peer;
            return;
        }
    }
    if (link == NULL) {
        close_connection(run, event->peer, ASSAY_MEMBERSHIP_SURPLUS);
        return;
    }
    if (!is_better(membership, link, event->is_dialled)) {
        close_connection(run, event->peer, ASSAY_MEMBERSHIP_DUPLICATE);
        return;
    }
    take_connection(run, link, event);
}

/* What was dialled and failed; an end without a connection. */
static void dial_failed(struct assay_membership_run *run,
                        struct assay_link *link)
{
    struct assay_peer address = *link->address;

    assay_link_drop(run, link);
    assay_address_failed(run, &address);
}

static void on_dial_failed(struct assay_membership_run *run,
                           const struct assay_key *key)
{
    struct assay_link *link = assay_link_of_key(run->membership, key);

    if (link != NULL && link->state == ASSAY_LINK_DIALLING) {
        dial_failed(run, link);
    }
}

/* A neighbour may be back soon, so its address is tried once more. */
static void on_lost(struct assay_membership_run *run, uint32_t peer)
{
    struct assay_link *link = assay_link_of_peer(run->membership, peer);

    if (link == NULL) {
        return;
    }
    struct assay_peer address = *link->address;
    bool was_ours = link->state == ASSAY_LINK_ACTIVE || link->is_dialled;

    assay_link_drop(run, link);
    if (was_ours) {
        assay_passive_add(run, &address, 0, NULL);
        assay_address_failed(run, &address);
    }
}

static void on_message(struct assay_membership_run *run,
                       const struct assay_membership_event *event)
{
    struct assay_link *link = assay_link_of_peer(run->membership, event->peer);

    if (link == NULL) {
        close_connection(run, event->peer, ASSAY_MEMBERSHIP_SURPLUS);
        return;
    }
    assay_membership_on_message(run, link, event->message);
}

static void on_add_static(struct assay_membership_run *run,
                          const struct assay_peer *address)
{
    struct assay_membership *membership = run->membership;
    struct assay_static *named = assay_static_find(membership, &address->key);
    struct assay_link *link;

    if (assay_key_equal(&address->key, &membership->self.key)) {
        return;
    }
    if (named == NULL) {
        if (membership->static_count == membership->static_max) {
            return;
        }
        named = &membership->statics[membership->static_count++];
    }
    *named = (struct assay_static){
        .address = *address,
        .tag = assay_membership_tag(membership, &address->key)};
    assay_passive_remove(membership, &address->key);
    link = assay_link_of_key(membership, &address->key);
    if (link != NULL) {
        link->is_static = true;
    }
}

/* It may stay a neighbour like any other, if there is room. */
static void on_remove_static(struct assay_membership *membership,
                             const struct assay_key *key)
{
    struct assay_static *named = assay_static_find(membership, key);

    struct assay_link *link = assay_link_of_key(membership, key);

    if (named != NULL) {
        membership->static_count--;
        *named = membership->statics[membership->static_count];
    }
    if (link != NULL) {
        link->is_static = false;
    }
}

static void on_leave(struct assay_membership_run *run)
{
    struct assay_membership *membership = run->membership;
    struct assay_peers_message *message =
        assay_membership_message(run, ASSAY_MSG_DISCONNECT);

    membership->is_leaving = true;
    message->step = ASSAY_DISCONNECT_LEAVING;
    for (size_t i = 0; i < membership->link_max; i++) {
        struct assay_link *link = &membership->links[i];

        if (link->state == ASSAY_LINK_FREE) {
            continue;
        }
        if (link->state == ASSAY_LINK_ACTIVE) {
            assay_membership_send(run, link->peer, message);
        }
        assay_link_end(run, link, ASSAY_MEMBERSHIP_SURPLUS, 0);
    }
}

static void expire(struct assay_membership_run *run, struct assay_link *link)
{
    struct assay_peer address = *link->address;

    switch ((enum assay_link_state)link->state) {
    case ASSAY_LINK_DIALLING:
        dial_failed(run, link);
        break;
    case ASSAY_LINK_OPEN:
        /* Not everyone who connects wants a neighbour. PROTOCOL 6.1: "a message
         * of this section or the next that comes later is closed with full" */
        assay_link_drop(run, link);
        break;
    case ASSAY_LINK_ASKED:
        /* PROTOCOL 6.1: "An ask, a need or a join MUST be answered within 10
         * seconds, by accept or disconnect; who asked closes with timeout after
         * that." */
        assay_link_end(run, link, ASSAY_MEMBERSHIP_TIMEOUT, 0);
        assay_address_failed(run, &address);
        break;
    case ASSAY_LINK_FREE:
    case ASSAY_LINK_ACTIVE:
    case ASSAY_LINK_STATES:
        break;
    }
}

void assay_membership_swap(struct assay_membership_run *run,
                           const struct assay_peer *address)
{
    struct assay_membership *membership = run->membership;
    uint64_t tag = assay_membership_tag(membership, &address->key);

    if (address->port == 0 || address->host_len == 0 ||
        assay_key_equal(&address->key, &membership->self.key) ||
        assay_link_exists(membership, tag) ||
        !assay_membership_dial(run, address, false)) {
        return;
    }
    assay_link_of_key(membership, &address->key)->is_swap = true;
}

/* With all neighbours it looks for, a node still meets others. */
static void refresh(struct assay_membership_run *run)
{
    struct assay_membership *membership = run->membership;
    const struct assay_passive *passive = assay_passive_random(run);

    if (passive != NULL && assay_link_count(membership, ASSAY_LINK_ACTIVE) >=
                               membership->active_target) {
        assay_membership_swap(run, passive->address);
    }
}

static void on_tick(struct assay_membership_run *run)
{
    struct assay_membership *membership = run->membership;

    for (size_t i = 0; i < membership->link_max; i++) {
        struct assay_link *link = &membership->links[i];

        if (link->state != ASSAY_LINK_FREE &&
            link->deadline_ms <= run->now_ms) {
            expire(run, link);
        }
    }
    if (membership->shuffle_ms <= run->now_ms) {
        assay_membership_shuffle(run);
        membership->shuffle_ms =
            run->now_ms + assay_membership_jitter(membership, ASSAY_SHUFFLE_MS);
    }
    if (membership->refresh_ms <= run->now_ms) {
        refresh(run);
        membership->refresh_ms =
            run->now_ms + assay_membership_jitter(membership, ASSAY_REFRESH_MS);
    }
}

/* Addresses that rest are waited for while one of them would be dialled; while
 * all dials are under way, the end of one is a step of its own. */
static uint64_t next_deadline(const struct assay_membership *membership)
{
    uint64_t next_ms = membership->shuffle_ms < membership->refresh_ms
                           ? membership->shuffle_ms
                           : membership->refresh_ms;

    for (size_t i = 0; i < membership->link_max; i++) {
        const struct assay_link *link = &membership->links[i];

        if (link->state != ASSAY_LINK_FREE && link->deadline_ms < next_ms) {
            next_ms = link->deadline_ms;
        }
    }
    if (assay_link_count(membership, ASSAY_LINK_DIALLING) >= ASSAY_DIALS_MAX) {
        return next_ms;
    }
    uint64_t rest_ms = assay_static_next_ms(membership);
    if (rest_ms < next_ms) {
        next_ms = rest_ms;
    }
    if (assay_link_hope_count(membership) < membership->active_target) {
        rest_ms = assay_passive_next_ms(membership);
    }
    return rest_ms < next_ms ? rest_ms : next_ms;
}

static void run_event(struct assay_membership_run *run,
                      const struct assay_membership_event *event)
{
    switch (event->type) {
    case ASSAY_MEMBERSHIP_ADD_STATIC:
        on_add_static(run, event->address);
        break;
    case ASSAY_MEMBERSHIP_REMOVE_STATIC:
        on_remove_static(run->membership, &event->address->key);
        break;
    case ASSAY_MEMBERSHIP_LEARN:
        assay_passive_add(run, event->address, 0, NULL);
        break;
    case ASSAY_MEMBERSHIP_CONNECTED:
        on_connected(run, event);
        break;
    case ASSAY_MEMBERSHIP_DIAL_FAILED:
        on_dial_failed(run, &event->address->key);
        break;
    case ASSAY_MEMBERSHIP_LOST:
        on_lost(run, event->peer);
        break;
    case ASSAY_MEMBERSHIP_MESSAGE:
        on_message(run, event);
        break;
    case ASSAY_MEMBERSHIP_LEAVE:
        on_leave(run);
        break;
    case ASSAY_MEMBERSHIP_TICK:
        on_tick(run);
        break;
    }
}

void assay_membership_step(struct assay_membership *membership,
                           const struct assay_membership_event *event,
                           struct assay_membership_actions *actions_out)
{
    struct assay_membership_run run = {membership, actions_out, event->now_ms};

    actions_out->count = 0;
    actions_out->message_count = 0;
    if (membership->shuffle_ms == 0) {
        membership->shuffle_ms =
            event->now_ms +
            assay_membership_jitter(membership, ASSAY_SHUFFLE_MS);
        membership->refresh_ms =
            event->now_ms +
            assay_membership_jitter(membership, ASSAY_REFRESH_MS);
    }
    run_event(&run, event);
    if (membership->is_leaving) {
        membership->deadline_ms = UINT64_MAX;
        return;
    }
    fill(&run);
    membership->deadline_ms = next_deadline(membership);
}

uint64_t assay_membership_deadline_ms(const struct assay_membership *membership)
{
    return membership->deadline_ms;
}

void assay_membership_count(const struct assay_membership *membership,
                            struct assay_membership_counts *counts_out)
{
    *counts_out = (struct assay_membership_counts){
        .active = assay_link_count(membership, ASSAY_LINK_ACTIVE),
        .passive = membership->passive_count,
        .dialling = assay_link_count(membership, ASSAY_LINK_DIALLING),
        .statics = membership->static_count,
    };
}

bool assay_membership_active_at(const struct assay_membership *membership,
                                size_t index, uint32_t *peer_out,
                                struct assay_peer *address_out)
{
    for (size_t i = 0; i < membership->link_max; i++) {
        const struct assay_link *link = &membership->links[i];

        if (link->state != ASSAY_LINK_ACTIVE) {
            continue;
        }
        if (index == 0) {
            *peer_out = link->peer;
            if (address_out != NULL) {
                *address_out = *link->address;
            }
            return true;
        }
        index--;
    }
    return false;
}

bool assay_membership_passive_at(const struct assay_membership *membership,
                                 size_t index, struct assay_peer *address_out)
{
    if (index >= membership->passive_count) {
        return false;
    }
    *address_out = *membership->passive[index].address;
    return true;
}

static size_t given_or(size_t given, size_t otherwise)
{
    return given == 0 ? otherwise : given;
}

/* Each link and each passive address has its room in the array of addresses
 * for good. */
static enum assay_err allocate(struct assay_membership *membership)
{
    size_t link_max = membership->link_max;
    size_t passive_max = membership->passive_max;

    membership->addresses =
        calloc(link_max + passive_max, sizeof(*membership->addresses));
    membership->links = calloc(link_max, sizeof(*membership->links));
    membership->passive = calloc(passive_max, sizeof(*membership->passive));
    membership->statics =
        calloc(membership->static_max, sizeof(*membership->statics));
    if (membership->addresses == NULL || membership->links == NULL ||
        membership->passive == NULL || membership->statics == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < link_max; i++) {
        membership->links[i].address = &membership->addresses[i];
    }
    for (size_t i = 0; i < passive_max; i++) {
        membership->passive[i].address = &membership->addresses[link_max + i];
    }
    membership->state_counts[ASSAY_LINK_FREE] = link_max;
    return ASSAY_OK;
}

static void draw_tag_key(struct assay_membership *membership)
{
    for (size_t at = 0; at < sizeof(membership->tag_key); at += 8) {
        uint64_t number = assay_random_next(&membership->random);

        memcpy(membership->tag_key + at, &number, sizeof(number));
    }
}

enum assay_err
assay_membership_new(const struct assay_membership_config *config,
                     struct assay_membership **out)
{
    size_t active_target = given_or(config->active_target, ASSAY_ACTIVE_TARGET);
    size_t active_max = given_or(config->active_max, ASSAY_ACTIVE_MAX_DEFAULT);
    size_t passive_max = given_or(config->passive_max, ASSAY_PASSIVE_DEFAULT);
    enum assay_err err;

    if (active_max > ASSAY_ACTIVE_MAX || active_target > active_max ||
        passive_max > ASSAY_PASSIVE_MAX ||
        config->static_max > ASSAY_ACTIVE_MAX - active_max) {
        return ASSAY_E_LIMIT;
    }
    size_t static_max =
        given_or(config->static_max, ASSAY_ACTIVE_MAX - active_max);
    struct assay_membership *membership = calloc(1, sizeof(*membership));
    if (membership == NULL) {
        return ASSAY_E_NOMEM;
    }
    membership->self = config->self;
    membership->active_target = active_target;
    membership->active_max = active_max;
    membership->passive_max = passive_max;
    membership->static_max = static_max;
    membership->link_max = active_max + static_max + ASSAY_LINK_SPARE;
    membership->deadline_ms = UINT64_MAX;
    assay_random_init(&membership->random, config->seed);
    draw_tag_key(membership);

    err = allocate(membership);
    if (err != ASSAY_OK) {
        goto out;
    }
    *out = membership;
    membership = NULL; /* The caller's from now on. */

out:
    assay_membership_free(membership);
    return err;
}

void assay_membership_free(struct assay_membership *membership)
{
    if (membership == NULL) {
        return;
    }
    free(membership->addresses);
    free(membership->links);
    free(membership->passive);
    free(membership->statics);
    free(membership);
}
