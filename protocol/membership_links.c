/* SPDX-License-Identifier: Apache-2.0 */
#include "membership_internal.h"

#include "check.h"

struct assay_link *assay_link_of_peer(struct assay_membership *membership,
                                      uint32_t peer)
{
    for (size_t i = 0; i < membership->link_max; i++) {
        struct assay_link *link = &membership->links[i];

        if (link->state > ASSAY_LINK_DIALLING && link->peer == peer) {
            return link;
        }
    }
    return NULL;
}

/* The place of the link with a tag; link_max if there is none. */
static size_t place_of(const struct assay_membership *membership, uint64_t tag)
{
    size_t i = 0;

    while (i < membership->link_max &&
           (membership->links[i].state == ASSAY_LINK_FREE ||
            membership->links[i].tag != tag)) {
        i++;
    }
    return i;
}

struct assay_link *assay_link_of_key(struct assay_membership *membership,
                                     const struct assay_key *key)
{
    size_t place = place_of(membership, assay_membership_tag(membership, key));

    return place == membership->link_max ? NULL : &membership->links[place];
}

bool assay_link_exists(const struct assay_membership *membership, uint64_t tag)
{
    return place_of(membership, tag) != membership->link_max;
}

static void set_state(struct assay_membership *membership,
                      struct assay_link *link, enum assay_link_state state)
{
    ASSAY_CHECK(membership->state_counts[link->state] > 0);
    membership->state_counts[link->state]--;
    membership->state_counts[state]++;
    link->state = (uint8_t)state;
}

/* A place for one more link. Where none is free, the one that came by itself,
 * is nobody's whom the operator has named, and has not said for longest what
 * it wants, is kept in mind no longer, as when its time is over. Else some
 * dozens of strangers who say nothing would keep everybody else away. */
static struct assay_link *take_place(struct assay_membership_run *run)
{
    struct assay_membership *membership = run->membership;
    struct assay_link *oldest = NULL;

    for (size_t i = 0; i < membership->link_max; i++) {
        struct assay_link *link = &membership->links[i];

        if (link->state == ASSAY_LINK_FREE) {
            return link;
        }
        if (link->state == ASSAY_LINK_OPEN && !link->is_static &&
            (oldest == NULL || link->since_ms < oldest->since_ms)) {
            oldest = link;
        }
    }
    if (oldest != NULL) {
        assay_link_drop(run, oldest);
    }
    return oldest;
}

struct assay_link *assay_link_add(struct assay_membership_run *run,
                                  const struct assay_peer *address,
                                  enum assay_link_state state, uint64_t time_ms)
{
    struct assay_membership *membership = run->membership;
    struct assay_link *link = take_place(run);

    if (link == NULL) {
        return NULL;
    }
    struct assay_peer *room = link->address;

    *room = *address;
    *link = (struct assay_link){
        .address = room,
        .tag = assay_membership_tag(membership, &address->key),
        .walk_ms = run->now_ms,
        .walk_left = ASSAY_WALK_BURST,
        .is_static = assay_static_find(membership, &address->key) != NULL};
    assay_link_move(run, link, state, time_ms);
    return link;
}

struct assay_link *assay_link_random(struct assay_membership *membership,
                                     const struct assay_link *except,
                                     const struct assay_key *except_key)
{
    struct assay_link *chosen = NULL;
    uint64_t except_tag =
        except_key == NULL ? 0 : assay_membership_tag(membership, except_key);
    uint64_t count = 0;

    for (size_t i = 0; i < membership->link_max; i++) {
        struct assay_link *link = &membership->links[i];

        if (link->state != ASSAY_LINK_ACTIVE || link == except ||
            link->tag == except_tag) {
            continue;
        }
        count++;
        if (assay_random_below(&membership->random, count) == 0) {
            chosen = link;
        }
    }
    return chosen;
}

void assay_link_move(struct assay_membership_run *run, struct assay_link *link,
                     enum assay_link_state state, uint64_t time_ms)
{
    ASSAY_CHECK(state != ASSAY_LINK_FREE);
    set_state(run->membership, link, state);
    link->since_ms = run->now_ms;
    link->deadline_ms = time_ms == 0 ? UINT64_MAX : run->now_ms + time_ms;
}

struct assay_membership_action *
assay_membership_act(struct assay_membership_run *run,
                     enum assay_membership_action_type type, uint32_t peer)
{
    struct assay_membership_actions *out = run->out;

    ASSAY_CHECK(out->count < ASSAY_MEMBERSHIP_ACTIONS_MAX);
    struct assay_membership_action *action = &out->items[out->count++];
    action->type = type;
    action->reason = ASSAY_MEMBERSHIP_SURPLUS;
    action->peer = peer;
    action->message = NULL;
    return action;
}

struct assay_peers_message *
assay_membership_message(struct assay_membership_run *run,
                         enum assay_message_type type)
{
    struct assay_membership_actions *out = run->out;

    ASSAY_CHECK(out->message_count < ASSAY_MEMBERSHIP_MESSAGES_MAX);
    struct assay_peers_message *message = &out->messages[out->message_count++];
    message->type = type;
    message->step = 0;
    message->walk = 0;
    message->number = 0;
    message->peer_count = 0;
    return message;
}

void assay_membership_send(struct assay_membership_run *run, uint32_t peer,
                           const struct assay_peers_message *message)
{
    assay_membership_act(run, ASSAY_MEMBERSHIP_SEND, peer)->message = message;
}

void assay_membership_send_neighbor(struct assay_membership_run *run,
                                    uint32_t peer,
                                    enum assay_neighbor_step step)
{
    struct assay_peers_message *message =
        assay_membership_message(run, ASSAY_MSG_NEIGHBOR);

    message->step = (uint32_t)step;
    message->peer_count = 1;
    message->peers[0] = run->membership->self;
    assay_membership_send(run, peer, message);
}

void assay_link_drop(struct assay_membership_run *run, struct assay_link *link)
{
    if (link->state == ASSAY_LINK_ACTIVE) {
        (void)assay_membership_act(run, ASSAY_MEMBERSHIP_DOWN, link->peer);
    }
    set_state(run->membership, link, ASSAY_LINK_FREE);
}

void assay_link_end(struct assay_membership_run *run, struct assay_link *link,
                    enum assay_membership_reason reason, uint64_t rest_ms)
{
    struct assay_peer address = *link->address;
    bool is_connected = link->state > ASSAY_LINK_DIALLING;
    uint32_t peer = link->peer;

    assay_link_drop(run, link);
    if (is_connected) {
        assay_membership_act(run, ASSAY_MEMBERSHIP_CLOSE, peer)->reason =
            reason;
    }
    if (rest_ms > 0) {
        assay_address_rest(run, &address, rest_ms);
    }
}

void assay_link_disconnect(struct assay_membership_run *run,
                           struct assay_link *link,
                           enum assay_disconnect_reason reason,
                           uint64_t rest_ms)
{
    struct assay_peers_message *message =
        assay_membership_message(run, ASSAY_MSG_DISCONNECT);

    ASSAY_CHECK(link->state > ASSAY_LINK_DIALLING);
    message->step = (uint32_t)reason;
    assay_membership_suggest(run->membership, link, message);
    assay_membership_send(run, link->peer, message);
    assay_link_end(run, link, ASSAY_MEMBERSHIP_SURPLUS, rest_ms);
}

/* Who may be put out for a newcomer: no static peer; and for one that came by
 * itself none of the last few that we chose ourselves. */
static struct assay_link *choose_victim(struct assay_membership_run *run,
                                        const struct assay_link *newcomer)
{
    struct assay_membership *membership = run->membership;
    struct assay_link *chosen = NULL;
    size_t dialled_count = 0;
    uint64_t count = 0;

    for (size_t i = 0; i < membership->link_max; i++) {
        const struct assay_link *link = &membership->links[i];

        dialled_count +=
            link->state == ASSAY_LINK_ACTIVE && link->is_dialled ? 1 : 0;
    }
    for (size_t i = 0; i < membership->link_max; i++) {
        struct assay_link *link = &membership->links[i];

        if (link->state != ASSAY_LINK_ACTIVE || link == newcomer ||
            link->is_static ||
            (!newcomer->is_dialled && link->is_dialled &&
             dialled_count <= ASSAY_OUTBOUND_KEPT)) {
            continue;
        }
        count++;
        if (assay_random_below(&membership->random, count) == 0) {
            chosen = link;
        }
    }
    return chosen;
}

static size_t ordinary_count(struct assay_membership *membership)
{
    size_t count = 0;

    for (size_t i = 0; i < membership->link_max; i++) {
        const struct assay_link *link = &membership->links[i];

        count += link->state == ASSAY_LINK_ACTIVE && !link->is_static ? 1 : 0;
    }
    return count;
}

bool assay_link_activate(struct assay_membership_run *run,
                         struct assay_link *link, bool is_asked)
{
    struct assay_membership *membership = run->membership;

    ASSAY_CHECK(link->state == ASSAY_LINK_OPEN ||
                link->state == ASSAY_LINK_ASKED);
    if (!link->is_static &&
        ordinary_count(membership) >= membership->active_max) {
        struct assay_link *victim =
            link->is_needed ? choose_victim(run, link) : NULL;

        if (victim == NULL) {
            return false;
        }
        assay_link_disconnect(run, victim, ASSAY_DISCONNECT_FULL,
                              ASSAY_REFUSED_MS);
    }
    assay_link_move(run, link, ASSAY_LINK_ACTIVE, 0);
    assay_passive_remove(membership, &link->address->key);
    assay_address_is_taken(membership, &link->address->key);
    membership->has_joined = true;
    /* First the answer: the other side makes nothing of what broadcast sends
     * until it knows that it has a neighbour. */
    if (is_asked) {
        assay_membership_send_neighbor(run, link->peer, ASSAY_NEIGHBOR_ACCEPT);
    }
    (void)assay_membership_act(run, ASSAY_MEMBERSHIP_UP, link->peer);
    return true;
}

void assay_link_end_youngest(struct assay_membership_run *run,
                             const struct assay_link *except)
{
    struct assay_membership *membership = run->membership;
    struct assay_link *youngest = NULL;

    for (size_t i = 0; i < membership->link_max; i++) {
        struct assay_link *link = &membership->links[i];

        if (link->state == ASSAY_LINK_ACTIVE && link != except &&
            !link->is_static &&
            (youngest == NULL || link->since_ms > youngest->since_ms)) {
            youngest = link;
        }
    }
    if (youngest != NULL) {
        assay_link_disconnect(run, youngest, ASSAY_DISCONNECT_FULL,
                              ASSAY_REFUSED_MS);
    }
}

bool assay_link_may_walk(struct assay_link *link, uint64_t now_ms)
{
    uint64_t more = (now_ms - link->walk_ms) / ASSAY_WALK_MS;

    if (more > 0) {
        uint64_t left = link->walk_left + more;

        link->walk_left =
            left > ASSAY_WALK_BURST ? ASSAY_WALK_BURST : (uint32_t)left;
        link->walk_ms += more * ASSAY_WALK_MS;
    }
    if (link->walk_left == 0) {
        return false;
    }
    link->walk_left--;
    return true;
}
