/* SPDX-License-Identifier: Apache-2.0 */
#include "member_kit.h"

struct assay_membership_actions member_actions;
struct assay_peers_message member_message;

/* A node's key and address; the connection to it has the same number. */
struct assay_peer member_node(uint8_t number)
{
    struct assay_key key;
    struct assay_peer peer;
    char host[] = "n000";

    memset(key.bytes, number, sizeof(key.bytes));
    host[1] = (char)('0' + number / 100);
    host[2] = (char)('0' + number / 10 % 10);
    host[3] = (char)('0' + number % 10);
    assert_int_equal(assay_peer_set(&key, assay_bytes_of(host), 7, &peer),
                     ASSAY_OK);
    return peer;
}

struct assay_membership *member_machine(size_t target, size_t max)
{
    struct assay_membership_config config = {.self = member_node(MEMBER_SELF),
                                             .active_target = target,
                                             .active_max = max,
                                             .seed = {1}};
    struct assay_membership *membership = NULL;

    assert_int_equal(assay_membership_new(&config, &membership), ASSAY_OK);
    return membership;
}

void member_step(struct assay_membership *membership,
                 enum assay_membership_event_type type, uint64_t now_ms,
                 uint8_t number)
{
    struct assay_peer address = member_node(number);
    struct assay_membership_event event = {
        .type = type, .now_ms = now_ms, .peer = number, .address = &address};

    assay_membership_step(membership, &event, &member_actions);
}

void member_connected(struct assay_membership *membership, uint64_t now_ms,
                      uint8_t number, uint32_t peer, bool is_dialled)
{
    struct assay_peer address = member_node(number);
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_CONNECTED,
                                           .now_ms = now_ms,
                                           .peer = peer,
                                           .is_dialled = is_dialled,
                                           .address = &address};

    assay_membership_step(membership, &event, &member_actions);
}

void member_deliver(struct assay_membership *membership, uint64_t now_ms,
                    uint32_t peer)
{
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_MESSAGE,
                                           .now_ms = now_ms,
                                           .peer = peer,
                                           .message = &member_message};

    assay_membership_step(membership, &event, &member_actions);
}

/* A message about one node. */
void member_say(struct assay_membership *membership, uint64_t now_ms,
                uint32_t peer, enum assay_message_type type, uint32_t step,
                uint8_t about)
{
    member_message.type = type;
    member_message.step = step;
    member_message.walk = step;
    member_message.number = 0;
    member_message.peer_count = type == ASSAY_MSG_DISCONNECT ? 0 : 1;
    member_message.peers[0] = member_node(about);
    member_deliver(membership, now_ms, peer);
}

/* A peer connects and asks to be a neighbour. */
void member_ask(struct assay_membership *membership, uint64_t now_ms,
                uint8_t number, enum assay_neighbor_step how)
{
    member_connected(membership, now_ms, number, number, false);
    member_say(membership, now_ms, number, ASSAY_MSG_NEIGHBOR, (uint32_t)how,
               number);
}

const struct assay_membership_action *
member_find(enum assay_membership_action_type type, uint32_t peer)
{
    for (size_t i = 0; i < member_actions.count; i++) {
        if (member_actions.items[i].type == type &&
            member_actions.items[i].peer == peer) {
            return &member_actions.items[i];
        }
    }
    return NULL;
}

size_t member_count_of(enum assay_membership_action_type type)
{
    size_t count = 0;

    for (size_t i = 0; i < member_actions.count; i++) {
        count += member_actions.items[i].type == type ? 1 : 0;
    }
    return count;
}

/* The message that is sent to a peer, which has to be the only one. */
const struct assay_peers_message *member_sent_to(uint32_t peer)
{
    const struct assay_peers_message *found = NULL;

    for (size_t i = 0; i < member_actions.count; i++) {
        if (member_actions.items[i].type == ASSAY_MEMBERSHIP_SEND &&
            member_actions.items[i].peer == peer) {
            assert_null(found);
            found = member_actions.items[i].message;
        }
    }
    assert_non_null(found);
    return found;
}

uint8_t member_dialled(void)
{
    for (size_t i = 0; i < member_actions.count; i++) {
        if (member_actions.items[i].type == ASSAY_MEMBERSHIP_DIAL) {
            return member_actions.items[i].address.key.bytes[0];
        }
    }
    return 0;
}

struct assay_membership_counts
member_counts(const struct assay_membership *membership)
{
    struct assay_membership_counts counts;

    assay_membership_count(membership, &counts);
    return counts;
}

bool member_knows(const struct assay_membership *membership, uint8_t number,
                  struct assay_peer *address_out)
{
    struct assay_peer address;

    for (size_t i = 0; assay_membership_passive_at(membership, i, &address);
         i++) {
        if (address.key.bytes[0] == number) {
            *address_out = address;
            return true;
        }
    }
    return false;
}

/* Dials a node and becomes its neighbour. */
void member_dial(struct assay_membership *membership, uint64_t now_ms,
                 uint8_t number)
{
    member_step(membership, ASSAY_MEMBERSHIP_LEARN, now_ms, number);
    member_connected(membership, now_ms, number, number, true);
    member_say(membership, now_ms, number, ASSAY_MSG_NEIGHBOR,
               ASSAY_NEIGHBOR_ACCEPT, number);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, number));
}
