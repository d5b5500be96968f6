/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_gossip.c - a few peers say whatever they like to one node's membership
 * and broadcast. A message that is read is the one that is written for it;
 * what the machines do about it concerns peers that are there, and what they
 * remember stays within its bounds.
 *
 * An input is a list of steps. A step's first byte is what happens (low three
 * bits) and to which peer (next two); a message then has its length in one or
 * two bytes and its own bytes, anything else one byte more.
 */
#include "protocol/broadcast.h"
#include "protocol/check.h"
#include "protocol/membership.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len);

#define PEERS 4
#define STEPS_MAX 512
#define SEEN 64

enum happening {
    MESSAGE,
    LONG_MESSAGE,
    CONNECTED,
    LOST,
    DIAL_FAILED,
    TIME,
    CHECKED,
    RECORD
};

struct node {
    struct assay_membership *membership;
    struct assay_broadcast *broadcast;
    uint64_t now_ms;
    uint32_t conns[PEERS]; /* Each peer's connection; 0: none. */
    bool is_up[PEERS];
    uint32_t next_conn;
    struct assay_id last; /* The id that was last heard of. */
};

/* Too large for a stack. */
static struct assay_membership_actions membership_actions;
static struct assay_broadcast_actions broadcast_actions;

static struct assay_peer address_of(uint8_t peer)
{
    struct assay_key key;
    struct assay_peer address;

    memset(key.bytes, peer, sizeof(key.bytes));
    enum assay_err err =
        assay_peer_set(&key, assay_bytes_of("peer"), 7, &address);
    ASSAY_CHECK(err == ASSAY_OK);
    return address;
}

/* The peer of a connection; it has to be open. */
static size_t peer_of(const struct node *node, uint32_t conn)
{
    size_t peer = 0;

    while (peer < PEERS && node->conns[peer] != conn) {
        peer++;
    }
    ASSAY_CHECK(peer < PEERS);
    return peer;
}

static void broadcast_step(struct node *node,
                           struct assay_broadcast_event *event)
{
    struct assay_broadcast_counts counts;

    event->now_ms = node->now_ms;
    assay_broadcast_step(node->broadcast, event, &broadcast_actions);
    for (size_t i = 0; i < broadcast_actions.count; i++) {
        const struct assay_broadcast_action *action =
            &broadcast_actions.items[i];

        ASSAY_CHECK(node->is_up[peer_of(node, action->peer)]);
    }
    assay_broadcast_count(node->broadcast, &counts);
    ASSAY_CHECK(counts.peers <= PEERS);
    ASSAY_CHECK(counts.eager <= counts.peers);
    ASSAY_CHECK(counts.seen + counts.missing <= SEEN);
    ASSAY_CHECK(counts.missing <= SEEN / ASSAY_MISSING_SHARE);
    ASSAY_CHECK(counts.trees <= 4);
}

static void set_up(struct node *node, uint32_t conn, bool is_up)
{
    size_t peer = peer_of(node, conn);
    struct assay_broadcast_event event = {.type = is_up ? ASSAY_BROADCAST_UP
                                                        : ASSAY_BROADCAST_DOWN,
                                          .peer = conn};

    ASSAY_CHECK(node->is_up[peer] != is_up);
    if (is_up) {
        node->is_up[peer] = true;
        broadcast_step(node, &event);
    } else {
        broadcast_step(node, &event);
        node->is_up[peer] = false;
    }
}

/* What is sent can be read by who gets it. */
static void check_sent(const struct assay_peers_message *sent)
{
    uint8_t buffer[ASSAY_PEERS_MESSAGE_MAX];
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;
    struct assay_message message;
    struct assay_peers_message back;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_peers_write(&writer, sent);
    enum assay_err err = assay_cbor_writer_finish(&writer, &bytes);
    ASSAY_CHECK(err == ASSAY_OK);
    err = assay_message_open(bytes, &message);
    ASSAY_CHECK(err == ASSAY_OK);
    err = assay_peers_read(&message, &back, NULL);
    ASSAY_CHECK(err == ASSAY_OK);
    ASSAY_CHECK(back.peer_count == sent->peer_count);
}

static void membership_step(struct node *node,
                            struct assay_membership_event *event)
{
    const struct assay_membership_actions *actions = &membership_actions;
    struct assay_membership_counts counts;

    event->now_ms = node->now_ms;
    assay_membership_step(node->membership, event, &membership_actions);
    for (size_t i = 0; i < actions->count; i++) {
        const struct assay_membership_action *action = &actions->items[i];

        switch (action->type) {
        case ASSAY_MEMBERSHIP_DIAL:
            ASSAY_CHECK(action->address.port != 0);
            break;
        case ASSAY_MEMBERSHIP_SEND:
            (void)peer_of(node, action->peer);
            check_sent(action->message);
            break;
        case ASSAY_MEMBERSHIP_CLOSE:
            ASSAY_CHECK(!node->is_up[peer_of(node, action->peer)]);
            node->conns[peer_of(node, action->peer)] = 0;
            break;
        case ASSAY_MEMBERSHIP_UP:
            set_up(node, action->peer, true);
            break;
        case ASSAY_MEMBERSHIP_DOWN:
            set_up(node, action->peer, false);
            break;
        }
    }
    assay_membership_count(node->membership, &counts);
    ASSAY_CHECK(counts.active <= 3);
    ASSAY_CHECK(counts.passive <= ASSAY_PASSIVE_DEFAULT);
    ASSAY_CHECK(counts.dialling <= ASSAY_DIALS_MAX);
}

/* A message that is read and written again is the same, but for fields that
 * this version does not know, and for rounds that are too large. */
static void check_same(struct assay_bytes bytes,
                       const struct assay_cbor_writer *writer, size_t fields,
                       const struct assay_message *message)
{
    struct assay_bytes again;
    enum assay_err err = assay_cbor_writer_finish(writer, &again);

    ASSAY_CHECK(err == ASSAY_OK);
    if (message->field_count == fields && again.len == bytes.len) {
        ASSAY_CHECK(assay_bytes_equal(again, bytes));
    } else {
        ASSAY_CHECK(again.len < bytes.len);
    }
}

static void hear_peers(struct node *node, uint32_t conn,
                       struct assay_message *message)
{
    struct assay_peers_message peers;
    struct assay_membership_event event = {
        .type = ASSAY_MEMBERSHIP_MESSAGE, .peer = conn, .message = &peers};

    if (assay_peers_read(message, &peers, NULL) == ASSAY_OK) {
        check_sent(&peers);
        membership_step(node, &event);
    }
}

static void hear_gossip(struct node *node, uint32_t conn,
                        struct assay_bytes bytes, struct assay_message *message)
{
    static uint8_t buffer[ASSAY_MESSAGE_MAX];
    struct assay_gossip_message gossip;
    struct assay_cbor_writer writer;
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_GOSSIP,
                                          .peer = conn};

    if (assay_gossip_read(message, &gossip, NULL) != ASSAY_OK) {
        return;
    }
    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_gossip_write(&writer, &gossip);
    check_same(bytes, &writer, 3, message);
    /* The id stands for the record: its item's first bytes. */
    event.id = node->last;
    memcpy(event.id.hash, gossip.item.data,
           gossip.item.len < sizeof(event.id.hash) ? gossip.item.len
                                                   : sizeof(event.id.hash));
    event.round = gossip.round;
    event.tree = gossip.tree;
    event.is_held = event.id.hash[1] % 4 == 3;
    node->last = event.id;
    broadcast_step(node, &event);
}

static void hear_have(struct node *node, uint32_t conn,
                      struct assay_bytes bytes, struct assay_message *message)
{
    uint8_t buffer[ASSAY_HAVE_MESSAGE_MAX];
    struct assay_id ids[ASSAY_HAVE_MAX];
    struct assay_have_message have;
    struct assay_cbor_writer writer;

    if (assay_have_read(message, &have, NULL) != ASSAY_OK) {
        return;
    }
    for (size_t i = 0; i < have.count; i++) {
        struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_HAVE,
                                              .peer = conn};

        ids[i] = assay_have_id(&have, i);
        event.id = ids[i];
        event.is_held = ids[i].hash[1] % 4 == 3;
        node->last = ids[i];
        broadcast_step(node, &event);
    }
    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_have_write(&writer, ids, have.count);
    check_same(bytes, &writer, 1, message);
}

static void hear_graft(struct node *node, uint32_t conn,
                       struct assay_message *message)
{
    struct assay_graft_message graft;
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_GRAFT,
                                          .peer = conn};

    if (assay_graft_read(message, &graft, NULL) == ASSAY_OK) {
        event.id = graft.id;
        event.mode = graft.mode;
        event.is_held = graft.id.hash[1] % 4 == 3;
        broadcast_step(node, &event);
    }
}

static void hear_prune(struct node *node, uint32_t conn,
                       struct assay_message *message)
{
    struct assay_prune_message prune;
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_PRUNE,
                                          .peer = conn};

    if (assay_prune_read(message, &prune, NULL) == ASSAY_OK) {
        event.id = prune.id;
        broadcast_step(node, &event);
    }
}

static void hear(struct node *node, uint8_t peer, struct assay_bytes bytes)
{
    uint32_t conn = node->conns[peer];
    struct assay_message message;

    if (conn == 0 || assay_message_open(bytes, &message) != ASSAY_OK) {
        return;
    }
    switch (message.type) {
    case ASSAY_MSG_GOSSIP:
        hear_gossip(node, conn, bytes, &message);
        break;
    case ASSAY_MSG_HAVE:
        hear_have(node, conn, bytes, &message);
        break;
    case ASSAY_MSG_GRAFT:
        hear_graft(node, conn, &message);
        break;
    case ASSAY_MSG_PRUNE:
        hear_prune(node, conn, &message);
        break;
    case ASSAY_MSG_JOIN:
    case ASSAY_MSG_FORWARD_JOIN:
    case ASSAY_MSG_NEIGHBOR:
    case ASSAY_MSG_DISCONNECT:
    case ASSAY_MSG_SHUFFLE:
    case ASSAY_MSG_SHUFFLE_REPLY:
        hear_peers(node, conn, &message);
        break;
    default:
        break;
    }
}

/* A peer has one connection here: an older one is lost before. */
static void connect(struct node *node, uint8_t peer, bool is_dialled)
{
    struct assay_peer address = address_of(peer);
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_LOST,
                                           .peer = node->conns[peer],
                                           .is_dialled = is_dialled,
                                           .address = &address};

    if (node->conns[peer] != 0) {
        membership_step(node, &event);
    }
    node->conns[peer] = node->next_conn++;
    event.type = ASSAY_MEMBERSHIP_CONNECTED;
    event.peer = node->conns[peer];
    membership_step(node, &event);
}

static void tell_membership(struct node *node,
                            enum assay_membership_event_type type, uint8_t peer)
{
    struct assay_peer address = address_of(peer);
    struct assay_membership_event event = {
        .type = type, .peer = node->conns[peer], .address = &address};

    membership_step(node, &event);
}

static void let_time_pass(struct node *node, uint8_t how_much)
{
    struct assay_membership_event tick = {.type = ASSAY_MEMBERSHIP_TICK};
    struct assay_broadcast_event other_tick = {.type = ASSAY_BROADCAST_TICK};

    node->now_ms += (uint64_t)how_much * how_much * 4;
    if (assay_membership_deadline_ms(node->membership) <= node->now_ms) {
        membership_step(node, &tick);
    }
    if (assay_broadcast_deadline_ms(node->broadcast) <= node->now_ms) {
        broadcast_step(node, &other_tick);
    }
    for (size_t i = 0; i < PEERS; i++) {
        struct assay_id ids[ASSAY_HAVE_MAX];

        (void)assay_broadcast_take(node->broadcast, node->conns[i],
                                   node->now_ms, ids);
    }
}

static void tell_broadcast(struct node *node, enum happening what, uint8_t how)
{
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_CHECKED,
                                          .peer = node->conns[how % PEERS],
                                          .id = node->last,
                                          .is_good = how % 2 == 0};

    if (what == RECORD) {
        static const enum assay_broadcast_event_type types[] = {
            ASSAY_BROADCAST_PUBLISH, ASSAY_BROADCAST_ANNOUNCE,
            ASSAY_BROADCAST_NOT_SENT};

        event.type = types[how % 3];
        event.id.hash[0] = how;
    }
    node->last = event.id;
    broadcast_step(node, &event);
}

/* One step that is no message. */
static void happen(struct node *node, enum happening what, uint8_t peer,
                   uint8_t how)
{
    switch (what) {
    case CONNECTED:
        connect(node, peer, how % 2 == 1);
        break;
    case LOST:
        tell_membership(node, ASSAY_MEMBERSHIP_LOST, peer);
        node->conns[peer] = 0;
        break;
    case DIAL_FAILED:
        tell_membership(node,
                        how % 2 == 1 ? ASSAY_MEMBERSHIP_DIAL_FAILED
                                     : ASSAY_MEMBERSHIP_LEARN,
                        peer);
        break;
    case TIME:
        let_time_pass(node, how);
        break;
    case CHECKED:
    case RECORD:
        tell_broadcast(node, what, how);
        break;
    case MESSAGE:
    case LONG_MESSAGE:
        break;
    }
}

static struct node node_new(void)
{
    struct assay_membership_config membership = {
        .self = address_of(PEERS / 2), .active_target = 2, .active_max = 3};
    struct assay_broadcast_config broadcast = {.seen_max = SEEN, .tree_max = 4};
    struct node node = {.now_ms = 1, .next_conn = 1};

    membership.static_max = 1;
    membership.self.key.bytes[0] = 0xff;
    enum assay_err err = assay_membership_new(&membership, &node.membership);
    ASSAY_CHECK(err == ASSAY_OK);
    err = assay_broadcast_new(&broadcast, &node.broadcast);
    ASSAY_CHECK(err == ASSAY_OK);
    return node;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
    struct node node = node_new();
    size_t at = 0;

    for (int i = 0; i < STEPS_MAX && data_len - at >= 2; i++) {
        enum happening what = (enum happening)(data[at] & 7);
        uint8_t peer = data[at] >> 3 & (PEERS - 1);
        size_t len = data[at + 1];

        at += 2;
        if (what > LONG_MESSAGE) {
            happen(&node, what, peer, (uint8_t)len);
            continue;
        }
        if (what == LONG_MESSAGE && at < data_len) {
            len = len << 8 | data[at++];
        }
        len = len < data_len - at ? len : data_len - at;
        hear(&node, peer, (struct assay_bytes){data + at, len});
        at += len;
    }
    assay_membership_free(node.membership);
    assay_broadcast_free(node.broadcast);
    return 0;
}
