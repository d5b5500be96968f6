/* SPDX-License-Identifier: Apache-2.0 */
#include "membership_internal.h"

#include "check.h"

/* A node that does not know its own host leaves it empty: where its messages
 * come from is its neighbour's to tell. */
static struct assay_peer told(const struct assay_link *link,
                              const struct assay_peer *peer)
{
    struct assay_peer address = *peer;

    if (assay_key_equal(&peer->key, &link->address->key) &&
        peer->host_len == 0) {
        memcpy(address.host, link->address->host, sizeof(address.host));
        address.host_len = link->address->host_len;
    }
    return address;
}

/* A peer that we dialled is where we reached it, whatever it says. */
static void note_address(struct assay_link *link, const struct assay_peer *peer)
{
    if (!link->is_dialled) {
        *link->address = told(link, peer);
    }
}

static void misbehaved(struct assay_membership_run *run,
                       struct assay_link *link)
{
    assay_link_end(run, link, ASSAY_MEMBERSHIP_MISBEHAVED, 0);
}

void assay_membership_suggest(struct assay_membership *membership,
                              const struct assay_link *to,
                              struct assay_peers_message *message)
{
    size_t base = message->peer_count;
    size_t active_count = 0;

    ASSAY_CHECK(base + ASSAY_SHUFFLE_ACTIVE + ASSAY_SHUFFLE_PASSIVE <=
                ASSAY_SHUFFLE_MAX);
    for (size_t i = 0; i < membership->link_max; i++) {
        const struct assay_link *link = &membership->links[i];
        size_t at = active_count;

        if (link->state != ASSAY_LINK_ACTIVE || link == to ||
            link->address->port == 0 || link->address->host_len == 0) {
            continue;
        }
        active_count++;
        if (at >= ASSAY_SHUFFLE_ACTIVE) {
            at = (size_t)assay_random_below(&membership->random, active_count);
        } else {
            message->peer_count++;
        }
        if (at < ASSAY_SHUFFLE_ACTIVE) {
            message->peers[base + at] = *link->address;
        }
    }
    message->peer_count += assay_passive_sample(
        membership, &to->address->key, &message->peers[message->peer_count],
        ASSAY_SHUFFLE_PASSIVE);
}

/* Tells all other neighbours of a newcomer. */
static void forward_to_all(struct assay_membership_run *run,
                           const struct assay_link *newcomer,
                           const struct assay_peer *address)
{
    struct assay_membership *membership = run->membership;
    struct assay_peers_message *message = NULL;

    for (size_t i = 0; i < membership->link_max; i++) {
        const struct assay_link *link = &membership->links[i];

        if (link->state != ASSAY_LINK_ACTIVE || link == newcomer) {
            continue;
        }
        if (message == NULL) {
            message = assay_membership_message(run, ASSAY_MSG_FORWARD_JOIN);
            message->walk = ASSAY_JOIN_WALK;
            message->peer_count = 1;
            message->peers[0] = *address;
        }
        assay_membership_send(run, link->peer, message);
    }
}

/* PROTOCOL 6.1: "The peer in a join or neighbor message MUST have the key that
 * the channel has proved." */
static bool is_by_itself(const struct assay_link *link,
                         const struct assay_peers_message *message)
{
    return assay_key_equal(&message->peers[0].key, &link->address->key);
}

static void on_join(struct assay_membership_run *run, struct assay_link *link,
                    const struct assay_peers_message *message)
{
    if (!is_by_itself(link, message)) {
        misbehaved(run, link);
        return;
    }
    if (link->state == ASSAY_LINK_ACTIVE) {
        return;
    }
    note_address(link, &message->peers[0]);
    struct assay_peer address = *link->address;

    /* A newcomer has nobody else, so room is made; where there is none, others
     * hear of it all the same. */
    link->is_needed = true;
    if (!assay_link_activate(run, link, true)) {
        assay_link_disconnect(run, link, ASSAY_DISCONNECT_FULL,
                              ASSAY_REFUSED_MS);
        link = NULL;
    }
    if (address.port != 0 && address.host_len > 0) {
        forward_to_all(run, link, &address);
    }
}

static void on_accept(struct assay_membership_run *run, struct assay_link *link)
{
    bool is_swap = link->is_swap;

    if (link->state == ASSAY_LINK_ACTIVE) {
        return;
    }
    /* PROTOCOL 6.1: "A side MUST NOT accept what it was not asked." */
    if (link->state != ASSAY_LINK_ASKED) {
        misbehaved(run, link);
        return;
    }
    if (!assay_link_activate(run, link, false)) {
        assay_link_disconnect(run, link, ASSAY_DISCONNECT_FULL,
                              ASSAY_REFUSED_MS);
        return;
    }
    link->is_swap = false;
    if (is_swap && assay_link_count(run->membership, ASSAY_LINK_ACTIVE) >
                       run->membership->active_target) {
        assay_link_end_youngest(run, link);
    }
}

static void on_neighbor(struct assay_membership_run *run,
                        struct assay_link *link,
                        const struct assay_peers_message *message)
{
    if (!is_by_itself(link, message)) {
        misbehaved(run, link);
        return;
    }
    note_address(link, &message->peers[0]);
    if (message->step == ASSAY_NEIGHBOR_ACCEPT) {
        on_accept(run, link);
        return;
    }
    link->is_needed = message->step == ASSAY_NEIGHBOR_NEED;
    if (link->state == ASSAY_LINK_ACTIVE) {
        assay_membership_send_neighbor(run, link->peer, ASSAY_NEIGHBOR_ACCEPT);
    } else if (!assay_link_activate(run, link, true)) {
        assay_link_disconnect(run, link, ASSAY_DISCONNECT_FULL,
                              ASSAY_REFUSED_MS);
    }
}

static void learn_all(struct assay_membership_run *run,
                      const struct assay_link *link,
                      const struct assay_peers_message *message,
                      const struct assay_shuffle_sent *sent)
{
    uint64_t source = link->tag;

    for (size_t i = 0; i < message->peer_count; i++) {
        struct assay_peer address = told(link, &message->peers[i]);

        assay_passive_add(run, &address, source, sent);
    }
}

/* An operator's peer that had been away has come back, and has no room: the
 * network may have been in parts, and we in another one. One of those that it
 * names is on its side. */
static void meet_again(struct assay_membership_run *run,
                       const struct assay_key *key,
                       const struct assay_peers_message *message)
{
    struct assay_membership *membership = run->membership;
    struct assay_static *named = assay_static_find(membership, key);

    if (named == NULL || !named->was_away || message->peer_count == 0) {
        return;
    }
    named->was_away = false;
    assay_membership_swap(run, &message->peers[assay_random_below(
                                   &membership->random, message->peer_count)]);
}

/* Who put us out or refused us is well, and may be asked again later. */
static void on_disconnect(struct assay_membership_run *run,
                          struct assay_link *link,
                          const struct assay_peers_message *message)
{
    struct assay_key key = link->address->key;
    bool is_full = message->step == ASSAY_DISCONNECT_FULL;
    uint64_t rest_ms = is_full ? assay_address_refused_ms(run->membership, &key)
                               : ASSAY_REST_MAX_MS;

    learn_all(run, link, message, NULL);
    assay_link_end(run, link, ASSAY_MEMBERSHIP_SURPLUS, rest_ms);
    if (is_full) {
        meet_again(run, &key, message);
    }
}

/* Where a newcomer's walk ends, it gets a neighbour. */
static void end_walk(struct assay_membership_run *run,
                     const struct assay_link *link,
                     const struct assay_peer *newcomer)
{
    if (!assay_membership_dial(run, newcomer, true)) {
        assay_passive_add(run, newcomer, link->tag, NULL);
    }
}

static void on_forward_join(struct assay_membership_run *run,
                            struct assay_link *link,
                            const struct assay_peers_message *message)
{
    struct assay_membership *membership = run->membership;
    const struct assay_peer *newcomer = &message->peers[0];

    if (newcomer->port == 0 || newcomer->host_len == 0 ||
        assay_key_equal(&newcomer->key, &membership->self.key)) {
        return;
    }
    const struct assay_link *next =
        assay_link_random(membership, link, &newcomer->key);
    if (message->walk == 0 || next == NULL) {
        end_walk(run, link, newcomer);
        return;
    }
    if (message->walk == ASSAY_JOIN_WALK_PASSIVE) {
        assay_passive_add(run, newcomer, link->tag, NULL);
    }
    struct assay_peers_message *out =
        assay_membership_message(run, ASSAY_MSG_FORWARD_JOIN);
    out->walk = message->walk - 1;
    out->peer_count = 1;
    out->peers[0] = *newcomer;
    assay_membership_send(run, next->peer, out);
}

void assay_membership_shuffle(struct assay_membership_run *run)
{
    struct assay_membership *membership = run->membership;
    const struct assay_link *to = assay_link_random(membership, NULL, NULL);

    if (to == NULL) {
        return;
    }
    struct assay_peers_message *message =
        assay_membership_message(run, ASSAY_MSG_SHUFFLE);
    struct assay_shuffle_sent *sent = &membership->sent;

    message->number = assay_random_next(&membership->random);
    message->walk = ASSAY_SHUFFLE_WALK;
    message->peers[message->peer_count++] = membership->self;
    assay_membership_suggest(membership, to, message);
    sent->number = message->number;
    sent->peer = to->peer;
    sent->count = message->peer_count;
    for (size_t i = 0; i < sent->count; i++) {
        sent->tags[i] =
            assay_membership_tag(membership, &message->peers[i].key);
    }
    assay_membership_send(run, to->peer, message);
}

static void answer_shuffle(struct assay_membership_run *run,
                           const struct assay_link *link,
                           const struct assay_peers_message *message)
{
    struct assay_membership *membership = run->membership;
    struct assay_peers_message *reply =
        assay_membership_message(run, ASSAY_MSG_SHUFFLE_REPLY);
    struct assay_shuffle_sent sent = {.count = 0};

    reply->number = message->number;
    reply->peer_count = assay_passive_sample(membership, &link->address->key,
                                             reply->peers, message->peer_count);
    assay_membership_send(run, link->peer, reply);
    for (size_t i = 0; i < reply->peer_count; i++) {
        sent.tags[sent.count++] =
            assay_membership_tag(membership, &reply->peers[i].key);
    }
    learn_all(run, link, message, &sent);
}

static void on_shuffle(struct assay_membership_run *run,
                       struct assay_link *link,
                       const struct assay_peers_message *message)
{
    struct assay_membership *membership = run->membership;
    const struct assay_link *next = assay_link_random(membership, link, NULL);

    if (message->walk == 0 || next == NULL) {
        answer_shuffle(run, link, message);
        return;
    }
    struct assay_peers_message *out =
        assay_membership_message(run, ASSAY_MSG_SHUFFLE);
    struct assay_shuffle_path *path = &membership->paths[membership->path_next];

    /* PROTOCOL 6.2: "Who hands a shuffle on MUST give it another number, and
     * hand a reply to that number back under the one it had." */
    membership->path_next = (membership->path_next + 1) % ASSAY_SHUFFLE_PATHS;
    out->number = assay_random_next(&membership->random);
    out->walk = message->walk - 1;
    out->peer_count = message->peer_count;
    for (size_t i = 0; i < message->peer_count; i++) {
        out->peers[i] = told(link, &message->peers[i]);
    }
    *path = (struct assay_shuffle_path){
        .number_out = out->number,
        .number_in = message->number,
        .until_ms = run->now_ms + ASSAY_SHUFFLE_PATH_MS,
        .peer_out = next->peer,
        .peer_in = link->peer,
    };
    assay_membership_send(run, next->peer, out);
}

/* The path that a reply came by; it is used once. */
static bool take_path(struct assay_membership_run *run, uint32_t peer,
                      uint64_t number, struct assay_shuffle_path *path_out)
{
    for (size_t i = 0; i < ASSAY_SHUFFLE_PATHS; i++) {
        struct assay_shuffle_path *path = &run->membership->paths[i];

        if (path->until_ms > run->now_ms && path->peer_out == peer &&
            path->number_out == number) {
            *path_out = *path;
            path->until_ms = 0;
            return true;
        }
    }
    return false;
}

static void on_shuffle_reply(struct assay_membership_run *run,
                             struct assay_link *link,
                             const struct assay_peers_message *message)
{
    struct assay_membership *membership = run->membership;
    struct assay_shuffle_sent *sent = &membership->sent;
    struct assay_shuffle_path path;

    if (sent->count > 0 && sent->peer == link->peer &&
        sent->number == message->number) {
        learn_all(run, link, message, sent);
        sent->count = 0;
        return;
    }
    if (!take_path(run, link->peer, message->number, &path)) {
        return;
    }
    const struct assay_link *back =
        assay_link_of_peer(membership, path.peer_in);
    if (back == NULL || back->state != ASSAY_LINK_ACTIVE) {
        return;
    }
    struct assay_peers_message *out =
        assay_membership_message(run, ASSAY_MSG_SHUFFLE_REPLY);
    out->number = path.number_in;
    out->peer_count = message->peer_count;
    for (size_t i = 0; i < message->peer_count; i++) {
        out->peers[i] = told(link, &message->peers[i]);
    }
    assay_membership_send(run, back->peer, out);
}

/* Only neighbours take part in walks, and each at its own rate. */
static void on_walking(struct assay_membership_run *run,
                       struct assay_link *link,
                       const struct assay_peers_message *message)
{
    if (link->state != ASSAY_LINK_ACTIVE ||
        !assay_link_may_walk(link, run->now_ms)) {
        return;
    }
    if (message->type == ASSAY_MSG_FORWARD_JOIN) {
        on_forward_join(run, link, message);
    } else if (message->type == ASSAY_MSG_SHUFFLE) {
        on_shuffle(run, link, message);
    } else {
        ASSAY_CHECK(message->type == ASSAY_MSG_SHUFFLE_REPLY);
        on_shuffle_reply(run, link, message);
    }
}

void assay_membership_on_message(struct assay_membership_run *run,
                                 struct assay_link *link,
                                 const struct assay_peers_message *message)
{
    if (message->type == ASSAY_MSG_JOIN) {
        on_join(run, link, message);
    } else if (message->type == ASSAY_MSG_NEIGHBOR) {
        on_neighbor(run, link, message);
    } else if (message->type == ASSAY_MSG_DISCONNECT) {
        on_disconnect(run, link, message);
    } else {
        on_walking(run, link, message);
    }
}
