/* SPDX-License-Identifier: Apache-2.0 */
/* One membership machine: walks, shuffles, addresses, and hostile peers. */
#include "member_kit.h"

/* The handshake has proved the key: a message cannot claim another. */
static void another_key_than_the_channels_is_misbehaviour(void **state)
{
    static const enum assay_message_type types[] = {ASSAY_MSG_JOIN,
                                                    ASSAY_MSG_NEIGHBOR};
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        struct assay_membership *membership = member_machine(0, 0);

        member_connected(membership, 1000, 1, 1, false);
        member_say(membership, 1000, 1, types[i], 0, 2);
        assert_int_equal(member_find(ASSAY_MEMBERSHIP_CLOSE, 1)->reason,
                         ASSAY_MEMBERSHIP_MISBEHAVED);
        assert_int_equal(member_counts(membership).active, 0);
        assay_membership_free(membership);
    }
}

static void an_answer_nobody_asked_for_is_misbehaviour(void **state)
{
    struct assay_membership *membership = member_machine(0, 0);
    (void)state;

    member_connected(membership, 1000, 1, 1, false);
    member_say(membership, 1000, 1, ASSAY_MSG_NEIGHBOR, ASSAY_NEIGHBOR_ACCEPT,
               1);
    assert_int_equal(member_find(ASSAY_MEMBERSHIP_CLOSE, 1)->reason,
                     ASSAY_MEMBERSHIP_MISBEHAVED);
    assay_membership_free(membership);
}

/* Strangers that come in a flood choose some of our neighbours, not all. */
static void a_flood_of_joins_leaves_those_we_chose(void **state)
{
    struct assay_membership *membership = member_machine(4, 4);
    struct assay_peer address;
    uint32_t peer;
    size_t chosen = 0;
    (void)state;

    for (uint8_t number = 1; number <= 4; number++) {
        member_dial(membership, 1000, number);
    }
    for (uint8_t number = 101; number < 200; number++) {
        member_connected(membership, 2000, number, number, false);
        member_say(membership, 2000, number, ASSAY_MSG_JOIN, 0, number);
        assert_int_equal(member_counts(membership).active, 4);
    }
    for (size_t i = 0;
         assay_membership_active_at(membership, i, &peer, &address); i++) {
        chosen += peer <= 4 ? 1 : 0;
    }
    assert_int_equal(chosen, ASSAY_OUTBOUND_KEPT);
    assay_membership_free(membership);
}

/* A walk goes on, is noted half way, and ends with a dial. */
static void a_newcomers_name_walks(void **state)
{
    struct assay_membership *membership = member_machine(2, 8);
    struct assay_peer address;
    (void)state;

    member_ask(membership, 1000, 1, ASSAY_NEIGHBOR_ASK);
    member_ask(membership, 1000, 2, ASSAY_NEIGHBOR_ASK);
    member_say(membership, 1100, 1, ASSAY_MSG_FORWARD_JOIN, 6, 50);
    assert_int_equal(member_sent_to(2)->type, ASSAY_MSG_FORWARD_JOIN);
    assert_int_equal(member_sent_to(2)->walk, 5);
    assert_false(member_knows(membership, 50, &address));
    member_say(membership, 1100, 1, ASSAY_MSG_FORWARD_JOIN,
               ASSAY_JOIN_WALK_PASSIVE, 51);
    assert_true(member_knows(membership, 51, &address));
    member_say(membership, 1100, 1, ASSAY_MSG_FORWARD_JOIN, 0, 52);
    assert_int_equal(member_dialled(), 52);
    member_connected(membership, 1200, 52, 52, true);
    assert_int_equal(member_sent_to(52)->step, ASSAY_NEIGHBOR_NEED);
    assay_membership_free(membership);
}

/* A neighbour's word makes us dial a few addresses at a time, no more. */
static void walks_make_few_dials(void **state)
{
    struct assay_membership *membership = member_machine(1, 8);
    size_t dials = 0;
    (void)state;

    member_ask(membership, 1000, 1, ASSAY_NEIGHBOR_ASK);
    for (uint8_t number = 101; number < 201; number++) {
        member_say(membership, 1100, 1, ASSAY_MSG_FORWARD_JOIN, 0, number);
        dials += member_count_of(ASSAY_MEMBERSHIP_DIAL);
    }
    assert_int_equal(dials, ASSAY_DIALS_MAX);
    assert_true(member_counts(membership).passive <=
                ASSAY_PASSIVE_DEFAULT / ASSAY_PASSIVE_SHARE);
    assay_membership_free(membership);
}

static void walking_messages_beyond_their_rate_are_dropped(void **state)
{
    struct assay_membership *membership = member_machine(2, 8);
    size_t passed = 0;
    (void)state;

    member_ask(membership, 1000, 1, ASSAY_NEIGHBOR_ASK);
    member_ask(membership, 1000, 2, ASSAY_NEIGHBOR_ASK);
    for (int i = 0; i < 1000; i++) {
        member_say(membership, 1100, 1, ASSAY_MSG_FORWARD_JOIN, 6, 50);
        passed += member_count_of(ASSAY_MEMBERSHIP_SEND);
    }
    assert_int_equal(passed, ASSAY_WALK_BURST);
    member_say(membership, 1100 + 3 * ASSAY_WALK_MS, 1, ASSAY_MSG_FORWARD_JOIN,
               6, 50);
    assert_int_equal(member_count_of(ASSAY_MEMBERSHIP_SEND), 1);
    assay_membership_free(membership);
}

/* One liar's addresses fill a part of the view, whatever it sends. */
static void one_peer_fills_a_part_of_the_passive_view(void **state)
{
    struct assay_membership *membership = member_machine(1, 8);
    (void)state;

    member_ask(membership, 1000, 1, ASSAY_NEIGHBOR_ASK);
    for (uint8_t first = 101; first < 240; first += 8) {
        member_message.type = ASSAY_MSG_SHUFFLE;
        member_message.walk = 0;
        member_message.number = first;
        member_message.peer_count = ASSAY_SHUFFLE_MAX;
        for (int i = 0; i < ASSAY_SHUFFLE_MAX; i++) {
            member_message.peers[i] = member_node((uint8_t)(first + i));
        }
        member_deliver(membership, 1100, 1);
        assert_true(member_counts(membership).passive <=
                    ASSAY_PASSIVE_DEFAULT / ASSAY_PASSIVE_SHARE);
    }
    assert_int_equal(member_counts(membership).passive,
                     ASSAY_PASSIVE_DEFAULT / ASSAY_PASSIVE_SHARE);
    assay_membership_free(membership);
}

/* A shuffle that only claims another address for a known key. */
static void hearsay_does_not_change_a_known_address(void **state)
{
    struct assay_membership *membership = member_machine(1, 8);
    struct assay_peer address;
    (void)state;

    member_ask(membership, 1000, 1, ASSAY_NEIGHBOR_ASK);
    member_step(membership, ASSAY_MEMBERSHIP_LEARN, 1000, 50);
    member_message.type = ASSAY_MSG_SHUFFLE;
    member_message.walk = 0;
    member_message.peer_count = 1;
    member_message.peers[0] = member_node(50);
    member_message.peers[0].port = 666;
    member_deliver(membership, 1100, 1);
    assert_true(member_knows(membership, 50, &address));
    assert_int_equal(address.port, 7);
    assay_membership_free(membership);
}

/* A node seldom knows how it is seen from outside. */
static void an_empty_host_is_where_the_peer_is_seen(void **state)
{
    struct assay_membership *membership = member_machine(1, 8);
    struct assay_peer address;
    uint32_t peer;
    (void)state;

    member_connected(membership, 1000, 1, 1, false);
    member_message.type = ASSAY_MSG_NEIGHBOR;
    member_message.step = ASSAY_NEIGHBOR_ASK;
    member_message.peer_count = 1;
    member_message.peers[0] = member_node(1);
    member_message.peers[0].host_len = 0;
    member_message.peers[0].host[0] = '\0';
    member_message.peers[0].port = 99;
    member_deliver(membership, 1000, 1);
    assert_true(assay_membership_active_at(membership, 0, &peer, &address));
    assert_string_equal(address.host, "n001");
    assert_int_equal(address.port, 99);
    assay_membership_free(membership);
}

/* The answer to a shuffle goes back the way it came, renumbered. */
static void a_shuffles_answer_goes_back_along_the_walk(void **state)
{
    struct assay_membership *membership = member_machine(2, 8);
    (void)state;

    member_ask(membership, 1000, 1, ASSAY_NEIGHBOR_ASK);
    member_ask(membership, 1000, 2, ASSAY_NEIGHBOR_ASK);
    member_message.type = ASSAY_MSG_SHUFFLE;
    member_message.walk = 3;
    member_message.number = 77;
    member_message.peer_count = 1;
    member_message.peers[0] = member_node(50);
    member_deliver(membership, 1100, 1);
    assert_int_equal(member_sent_to(2)->type, ASSAY_MSG_SHUFFLE);
    assert_int_equal(member_sent_to(2)->walk, 2);
    uint64_t number = member_sent_to(2)->number;

    member_message.type = ASSAY_MSG_SHUFFLE_REPLY;
    member_message.number = number;
    member_message.peers[0] = member_node(51);
    /* From another than it was sent to, or under another number: nothing. */
    member_deliver(membership, 1200, 1);
    assert_int_equal(member_actions.count, 0);
    member_deliver(membership, 1200, 2);
    assert_int_equal(member_sent_to(1)->type, ASSAY_MSG_SHUFFLE_REPLY);
    assert_true(member_sent_to(1)->number == 77);
    assert_int_equal(member_sent_to(1)->peers[0].key.bytes[0], 51);
    /* A path serves once. */
    member_deliver(membership, 1300, 2);
    assert_int_equal(member_actions.count, 0);
    assay_membership_free(membership);
}

static void a_node_shuffles_and_learns_from_the_answer(void **state)
{
    struct assay_membership *membership = member_machine(1, 8);
    struct assay_peer address;
    (void)state;

    member_ask(membership, 1000, 1, ASSAY_NEIGHBOR_ASK);
    member_ask(membership, 1000, 2, ASSAY_NEIGHBOR_ASK);
    member_step(membership, ASSAY_MEMBERSHIP_LEARN, 1000, 50);
    member_step(membership, ASSAY_MEMBERSHIP_TICK, 1000 + ASSAY_SHUFFLE_MS, 0);
    assert_int_equal(member_count_of(ASSAY_MEMBERSHIP_SEND), 1);
    uint32_t to = member_actions.items[0].peer;
    const struct assay_peers_message *shuffle = member_sent_to(to);
    assert_int_equal(shuffle->type, ASSAY_MSG_SHUFFLE);
    assert_int_equal(shuffle->walk, ASSAY_SHUFFLE_WALK);
    /* Itself, the other neighbour, the passive address. */
    assert_int_equal(shuffle->peer_count, 3);
    assert_int_equal(shuffle->peers[0].key.bytes[0], MEMBER_SELF);

    member_message.type = ASSAY_MSG_SHUFFLE_REPLY;
    member_message.number = shuffle->number;
    member_message.peer_count = 2;
    member_message.peers[0] = member_node(51);
    member_message.peers[1] = member_node(MEMBER_SELF);
    member_deliver(membership, 40000, to);
    assert_true(member_knows(membership, 51, &address));
    assert_false(member_knows(membership, MEMBER_SELF, &address));
    assay_membership_free(membership);
}

/* An address that fails rests, is tried again, and is then forgotten, also if
 * others still speak of it. */
static void an_address_that_fails_is_forgotten(void **state)
{
    struct assay_membership *membership = member_machine(2, 8);
    struct assay_peer address;
    uint64_t now_ms = 1000;
    (void)state;

    member_step(membership, ASSAY_MEMBERSHIP_LEARN, now_ms, 50);
    for (unsigned failure = 1; failure <= ASSAY_FAILURES_MAX; failure++) {
        assert_int_equal(member_dialled(), 50);
        member_step(membership, ASSAY_MEMBERSHIP_DIAL_FAILED, now_ms, 50);
        assert_int_equal(member_actions.count, 0);
        now_ms = assay_membership_deadline_ms(membership);
        member_step(membership, ASSAY_MEMBERSHIP_TICK, now_ms, 0);
    }
    assert_int_equal(member_actions.count, 0);
    assert_false(member_knows(membership, 50, &address));
    member_ask(membership, now_ms, 1, ASSAY_NEIGHBOR_ASK);
    member_message.type = ASSAY_MSG_SHUFFLE;
    member_message.walk = 0;
    member_message.peer_count = 1;
    member_message.peers[0] = member_node(50);
    member_deliver(membership, now_ms, 1);
    assert_false(member_knows(membership, 50, &address));
    member_deliver(membership, now_ms + ASSAY_FORGOTTEN_MS, 1);
    assert_int_equal(member_dialled(), 50);
    assay_membership_free(membership);
}

/* Of ten thousand connections those that came last are kept in mind, and no
 * more than there is room for; how many may be open is the node's matter. */
static void connections_beyond_the_room_are_forgotten(void **state)
{
    struct assay_membership *membership = member_machine(1, 8);
    uint8_t room = ASSAY_ACTIVE_MAX + ASSAY_LINK_SPARE;
    (void)state;

    for (uint8_t number = 101; number < 250; number++) {
        member_connected(membership, 900 + (uint64_t)number, number, number,
                         false);
        assert_int_equal(member_actions.count, 0);
    }
    member_say(membership, 2000, 249 - room, ASSAY_MSG_JOIN, 0, 249 - room);
    assert_int_equal(member_find(ASSAY_MEMBERSHIP_CLOSE, 249 - room)->reason,
                     ASSAY_MEMBERSHIP_SURPLUS);
    member_say(membership, 2000, 250 - room, ASSAY_MSG_JOIN, 0, 250 - room);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 250 - room));
    assay_membership_free(membership);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_key_than_the_channels_is_misbehaviour),
        cmocka_unit_test(an_answer_nobody_asked_for_is_misbehaviour),
        cmocka_unit_test(a_flood_of_joins_leaves_those_we_chose),
        cmocka_unit_test(a_newcomers_name_walks),
        cmocka_unit_test(walks_make_few_dials),
        cmocka_unit_test(walking_messages_beyond_their_rate_are_dropped),
        cmocka_unit_test(one_peer_fills_a_part_of_the_passive_view),
        cmocka_unit_test(hearsay_does_not_change_a_known_address),
        cmocka_unit_test(an_empty_host_is_where_the_peer_is_seen),
        cmocka_unit_test(a_shuffles_answer_goes_back_along_the_walk),
        cmocka_unit_test(a_node_shuffles_and_learns_from_the_answer),
        cmocka_unit_test(an_address_that_fails_is_forgotten),
        cmocka_unit_test(connections_beyond_the_room_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
