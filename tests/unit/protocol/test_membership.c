/* SPDX-License-Identifier: Apache-2.0 */
/* One membership machine: joining, neighbours, the operator's peers. */
#include "member_kit.h"

/* Knowing one address is enough to come in. */
static void a_newcomer_joins_through_whom_it_knows(void **state)
{
    struct assay_membership *membership = member_machine(0, 0);
    (void)state;

    member_step(membership, ASSAY_MEMBERSHIP_LEARN, 1000, 1);
    assert_int_equal(member_dialled(), 1);
    member_connected(membership, 1100, 1, 1, true);
    assert_int_equal(member_sent_to(1)->type, ASSAY_MSG_JOIN);
    assert_int_equal(member_sent_to(1)->peers[0].key.bytes[0], MEMBER_SELF);
    member_say(membership, 1200, 1, ASSAY_MSG_NEIGHBOR, ASSAY_NEIGHBOR_ACCEPT,
               1);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 1));
    assert_int_equal(member_counts(membership).active, 1);
    /* The next one is asked to be a neighbour: joining is done once. */
    member_step(membership, ASSAY_MEMBERSHIP_LEARN, 1300, 2);
    member_connected(membership, 1400, 2, 2, true);
    assert_int_equal(member_sent_to(2)->type, ASSAY_MSG_NEIGHBOR);
    assert_int_equal(member_sent_to(2)->step, ASSAY_NEIGHBOR_ASK);
    assay_membership_free(membership);
}

static void who_is_joined_accepts_and_tells_its_neighbours(void **state)
{
    struct assay_membership *membership = member_machine(0, 0);
    (void)state;

    member_ask(membership, 1000, 1, ASSAY_NEIGHBOR_ASK);
    member_ask(membership, 1000, 2, ASSAY_NEIGHBOR_ASK);
    member_connected(membership, 1100, 3, 3, false);
    member_say(membership, 1100, 3, ASSAY_MSG_JOIN, 0, 3);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 3));
    assert_int_equal(member_sent_to(3)->step, ASSAY_NEIGHBOR_ACCEPT);
    for (uint32_t peer = 1; peer <= 2; peer++) {
        assert_int_equal(member_sent_to(peer)->type, ASSAY_MSG_FORWARD_JOIN);
        assert_int_equal(member_sent_to(peer)->walk, ASSAY_JOIN_WALK);
        assert_int_equal(member_sent_to(peer)->peers[0].key.bytes[0], 3);
    }
    assay_membership_free(membership);
}

/* Who is refused is told of others, so that it is not left with nobody. */
static void a_full_node_refuses_and_names_others(void **state)
{
    struct assay_membership *membership = member_machine(2, 3);
    (void)state;

    for (uint8_t number = 1; number <= 3; number++) {
        member_ask(membership, 1000, number, ASSAY_NEIGHBOR_ASK);
    }
    member_ask(membership, 1100, 4, ASSAY_NEIGHBOR_ASK);
    assert_int_equal(member_sent_to(4)->type, ASSAY_MSG_DISCONNECT);
    assert_int_equal(member_sent_to(4)->step, ASSAY_DISCONNECT_FULL);
    assert_int_equal(member_sent_to(4)->peer_count, 3);
    assert_int_equal(member_find(ASSAY_MEMBERSHIP_CLOSE, 4)->reason,
                     ASSAY_MEMBERSHIP_SURPLUS);
    assert_int_equal(member_counts(membership).active, 3);
    assay_membership_free(membership);
}

/* A static peer without a host, which only this machine can reach, is dialled
 * like others, and none of them is told of it. */
static void a_peer_without_a_host_is_told_to_nobody(void **state)
{
    struct assay_membership *membership = member_machine(2, 3);
    struct assay_peer address = member_node(9);
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_ADD_STATIC,
                                           .now_ms = 900,
                                           .address = &address};
    (void)state;

    memset(address.host, 0, sizeof(address.host));
    address.host_len = 0;
    assay_membership_step(membership, &event, &member_actions);
    assert_int_equal(member_dialled(), 9);
    event.type = ASSAY_MEMBERSHIP_CONNECTED;
    event.peer = 9;
    event.is_dialled = true;
    assay_membership_step(membership, &event, &member_actions);
    member_say(membership, 900, 9, ASSAY_MSG_NEIGHBOR, ASSAY_NEIGHBOR_ACCEPT,
               9);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 9));
    for (uint8_t number = 1; number <= 3; number++) {
        member_ask(membership, 1000, number, ASSAY_NEIGHBOR_ASK);
    }
    member_ask(membership, 1100, 4, ASSAY_NEIGHBOR_ASK);
    assert_int_equal(member_sent_to(4)->peer_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(member_sent_to(4)->peers[i].host_len > 0);
    }
    assay_membership_free(membership);
}

/* Who has nobody is taken in, and another has to go. */
static void a_full_node_makes_room_for_who_has_nobody(void **state)
{
    struct assay_membership *membership = member_machine(2, 3);
    (void)state;

    for (uint8_t number = 1; number <= 3; number++) {
        member_ask(membership, 1000, number, ASSAY_NEIGHBOR_ASK);
    }
    member_ask(membership, 1100, 4, ASSAY_NEIGHBOR_NEED);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 4));
    assert_int_equal(member_count_of(ASSAY_MEMBERSHIP_DOWN), 1);
    assert_int_equal(member_count_of(ASSAY_MEMBERSHIP_CLOSE), 1);
    assert_int_equal(member_counts(membership).active, 3);
    assay_membership_free(membership);
}

/* A lost neighbour is replaced out of the passive view at once. */
static void a_lost_neighbour_is_replaced(void **state)
{
    struct assay_membership *membership = member_machine(1, 8);
    (void)state;

    member_ask(membership, 1000, 1, ASSAY_NEIGHBOR_ASK);
    member_step(membership, ASSAY_MEMBERSHIP_LEARN, 1000, 50);
    assert_int_equal(member_actions.count, 0);
    member_step(membership, ASSAY_MEMBERSHIP_LOST, 2000, 1);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_DOWN, 1));
    assert_int_equal(member_dialled(), 50);
    member_connected(membership, 2100, 50, 50, true);
    assert_int_equal(member_sent_to(50)->step, ASSAY_NEIGHBOR_NEED);
    assay_membership_free(membership);
}

/* A dial that nobody answers for, and a peer that never answers. */
static void what_is_not_answered_is_given_up(void **state)
{
    struct assay_membership *membership = member_machine(1, 8);
    (void)state;

    member_step(membership, ASSAY_MEMBERSHIP_LEARN, 1000, 50);
    assert_int_equal(assay_membership_deadline_ms(membership),
                     1000 + ASSAY_DIAL_MS);
    member_step(membership, ASSAY_MEMBERSHIP_TICK, 1000 + ASSAY_DIAL_MS, 0);
    assert_int_equal(member_counts(membership).dialling, 0);
    member_connected(membership, 17000, 50, 50, true);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_CLOSE, 50));

    member_step(membership, ASSAY_MEMBERSHIP_LEARN, 17000, 51);
    member_connected(membership, 17100, 51, 51, true);
    member_step(membership, ASSAY_MEMBERSHIP_TICK, 17100 + ASSAY_ANSWER_MS, 0);
    assert_int_equal(member_find(ASSAY_MEMBERSHIP_CLOSE, 51)->reason,
                     ASSAY_MEMBERSHIP_TIMEOUT);
    assay_membership_free(membership);
}

/* Not everyone who connects wants a neighbour: it is left alone. */
static void a_peer_that_asks_for_nothing_is_left_to_others(void **state)
{
    struct assay_membership *membership = member_machine(1, 8);
    (void)state;

    member_connected(membership, 1000, 1, 1, false);
    member_step(membership, ASSAY_MEMBERSHIP_TICK, 1000 + ASSAY_ANSWER_MS, 0);
    assert_int_equal(member_actions.count, 0);
    assay_membership_free(membership);
}

/* However far the clock has gone on, what was due is done once. */
static void a_clock_that_jumps_ahead_is_one_tick(void **state)
{
    const uint64_t years_ms = (uint64_t)100 * 366 * 86400 * 1000;
    struct assay_membership *membership = member_machine(0, 0);
    uint64_t now_ms = 1000 + years_ms;
    (void)state;

    member_step(membership, ASSAY_MEMBERSHIP_ADD_STATIC, 1000, 1);
    member_step(membership, ASSAY_MEMBERSHIP_DIAL_FAILED, 1000, 1);
    member_ask(membership, 1000, 2, ASSAY_NEIGHBOR_ASK);
    member_step(membership, ASSAY_MEMBERSHIP_TICK, now_ms, 0);
    assert_int_equal(member_count_of(ASSAY_MEMBERSHIP_DIAL), 1);
    assert_int_equal(member_dialled(), 1);
    assert_int_equal(member_counts(membership).active, 1);
    assert_true(assay_membership_deadline_ms(membership) > now_ms);
    assay_membership_free(membership);
}

/* As many strangers as there are places say hello and nothing more: the
 * operator's peers are dialled all the same, and who comes is heard. */
static void silent_strangers_keep_nobody_away(void **state)
{
    struct assay_membership *membership = member_machine(2, 3);
    (void)state;

    for (uint8_t number = 1; number <= 95; number++) {
        member_connected(membership, 1000 + number, number, number, false);
        assert_int_equal(member_count_of(ASSAY_MEMBERSHIP_CLOSE), 0);
    }
    member_step(membership, ASSAY_MEMBERSHIP_ADD_STATIC, 1200, 150);
    assert_int_equal(member_dialled(), 150);
    member_connected(membership, 1300, 150, 150, true);
    member_say(membership, 1400, 150, ASSAY_MSG_NEIGHBOR, ASSAY_NEIGHBOR_ACCEPT,
               150);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 150));
    member_ask(membership, 1500, 151, ASSAY_NEIGHBOR_ASK);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 151));
    assay_membership_free(membership);
}

/* An operator's peer is dialled again and again, more and more seldom. */
static void a_static_peer_is_dialled_for_ever(void **state)
{
    struct assay_membership *membership = member_machine(0, 0);
    uint64_t now_ms = 1000;
    uint64_t failed_ms = 1000;
    uint64_t longest_ms = 0;
    unsigned dials = 0;
    (void)state;

    member_step(membership, ASSAY_MEMBERSHIP_ADD_STATIC, now_ms, 1);
    while (dials < 30) {
        if (member_count_of(ASSAY_MEMBERSHIP_DIAL) == 1) {
            dials++;
            if (now_ms - failed_ms > longest_ms) {
                longest_ms = now_ms - failed_ms;
            }
            failed_ms = now_ms;
            member_step(membership, ASSAY_MEMBERSHIP_DIAL_FAILED, now_ms, 1);
        }
        now_ms = assay_membership_deadline_ms(membership);
        member_step(membership, ASSAY_MEMBERSHIP_TICK, now_ms, 0);
    }
    assert_in_range(longest_ms, ASSAY_REST_MAX_MS / 2, ASSAY_REST_MAX_MS);
    while (member_count_of(ASSAY_MEMBERSHIP_DIAL) == 0) {
        now_ms = assay_membership_deadline_ms(membership);
        member_step(membership, ASSAY_MEMBERSHIP_TICK, now_ms, 0);
    }
    member_connected(membership, now_ms, 1, 1, true);
    member_say(membership, now_ms, 1, ASSAY_MSG_NEIGHBOR, ASSAY_NEIGHBOR_ACCEPT,
               1);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 1));
    assay_membership_free(membership);
}

/* Runs to the next dial; returns when that was. */
static uint64_t run_to_dial(struct assay_membership *membership,
                            uint64_t now_ms)
{
    while (member_count_of(ASSAY_MEMBERSHIP_DIAL) == 0) {
        now_ms = assay_membership_deadline_ms(membership);
        member_step(membership, ASSAY_MEMBERSHIP_TICK, now_ms, 0);
    }
    return now_ms;
}

/* After a failure, and dials that fail, each rest is anywhere from half to the
 * whole of twice the one before, up to the longest; whether any was shorter
 * than the whole is returned. */
static bool check_rests(struct assay_membership *membership,
                        enum assay_membership_event_type failure,
                        uint64_t *now_ms)
{
    uint64_t whole_ms = ASSAY_REST_MS;
    bool is_jittered = false;

    for (unsigned failures = 0; failures < 12; failures++) {
        uint64_t failed_ms = *now_ms;

        member_step(membership, failure, *now_ms, 1);
        failure = ASSAY_MEMBERSHIP_DIAL_FAILED;
        *now_ms = run_to_dial(membership, *now_ms);
        assert_in_range(*now_ms - failed_ms, whole_ms / 2, whole_ms);
        is_jittered |= *now_ms - failed_ms < whole_ms;
        whole_ms =
            2 * whole_ms < ASSAY_REST_MAX_MS ? 2 * whole_ms : ASSAY_REST_MAX_MS;
    }
    return is_jittered;
}

/* Who was reached and is lost again is dialled as if it had never failed. */
static void rests_grow_and_begin_again_after_success(void **state)
{
    struct assay_membership *membership = member_machine(0, 0);
    uint64_t now_ms = 1000;
    (void)state;

    member_step(membership, ASSAY_MEMBERSHIP_ADD_STATIC, now_ms, 1);
    assert_true(check_rests(membership, ASSAY_MEMBERSHIP_DIAL_FAILED, &now_ms));
    member_connected(membership, now_ms, 1, 1, true);
    member_say(membership, now_ms, 1, ASSAY_MSG_NEIGHBOR, ASSAY_NEIGHBOR_ACCEPT,
               1);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 1));
    now_ms += 1000;
    assert_true(check_rests(membership, ASSAY_MEMBERSHIP_LOST, &now_ms));
    assay_membership_free(membership);
}

/* Fifty newsrooms that know each other: all are neighbours, though the limit
 * for others is 8, and nobody puts one of them out. */
static void fifty_static_peers_are_all_neighbours(void **state)
{
    struct assay_membership *membership = member_machine(0, 0);
    struct assay_peer address;
    uint32_t peer;
    size_t statics = 0;
    (void)state;

    for (uint8_t number = 1; number <= 50; number++) {
        member_step(membership, ASSAY_MEMBERSHIP_ADD_STATIC, 1000, number);
        assert_true(member_counts(membership).dialling <= ASSAY_DIALS_MAX);
    }
    for (uint8_t number = 1; number <= 50; number++) {
        member_connected(membership, 2000, number, number, true);
        member_say(membership, 2000, number, ASSAY_MSG_NEIGHBOR,
                   ASSAY_NEIGHBOR_ACCEPT, number);
    }
    assert_int_equal(member_counts(membership).active, 50);
    for (uint8_t number = 101; number < 140; number++) {
        member_connected(membership, 3000, number, number, false);
        member_say(membership, 3000, number, ASSAY_MSG_JOIN, 0, number);
    }
    assert_int_equal(member_counts(membership).active,
                     50 + ASSAY_ACTIVE_MAX_DEFAULT);
    for (size_t i = 0;
         assay_membership_active_at(membership, i, &peer, &address); i++) {
        statics += peer <= 50 ? 1 : 0;
    }
    assert_int_equal(statics, 50);
    assay_membership_free(membership);
}

static void static_peers_beyond_the_limit_are_not_taken(void **state)
{
    struct assay_membership *membership = member_machine(1, 1);
    (void)state;

    for (uint8_t number = 1; number <= 70; number++) {
        member_step(membership, ASSAY_MEMBERSHIP_ADD_STATIC, 1000, number);
    }
    assert_int_equal(member_counts(membership).statics, ASSAY_ACTIVE_MAX - 1);
    member_step(membership, ASSAY_MEMBERSHIP_REMOVE_STATIC, 1000, 1);
    assert_int_equal(member_counts(membership).statics, ASSAY_ACTIVE_MAX - 2);
    assay_membership_free(membership);
}

/* Two nodes that dial each other at once keep one connection, and the same
 * one: what the smaller key has dialled. */
static void of_two_connections_both_sides_keep_the_same(void **state)
{
    struct assay_membership *membership = member_machine(1, 8);
    (void)state;

    /* The other's key is smaller: its dial counts. */
    member_step(membership, ASSAY_MEMBERSHIP_LEARN, 1000, 50);
    member_connected(membership, 1100, 50, 11, true);
    member_connected(membership, 1200, 50, 12, false);
    assert_int_equal(member_find(ASSAY_MEMBERSHIP_CLOSE, 11)->reason,
                     ASSAY_MEMBERSHIP_DUPLICATE);
    member_say(membership, 1300, 12, ASSAY_MSG_NEIGHBOR, ASSAY_NEIGHBOR_ASK,
               50);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 12));
    assay_membership_free(membership);

    /* Ours is smaller: our dial counts, in whatever order they come. */
    membership = member_machine(1, 8);
    member_step(membership, ASSAY_MEMBERSHIP_LEARN, 1000, 150);
    member_connected(membership, 1100, 150, 12, false);
    assert_int_equal(member_actions.count, 0);
    member_connected(membership, 1200, 150, 11, true);
    assert_int_equal(member_find(ASSAY_MEMBERSHIP_CLOSE, 12)->reason,
                     ASSAY_MEMBERSHIP_DUPLICATE);
    member_connected(membership, 1300, 150, 13, false);
    assert_int_equal(member_find(ASSAY_MEMBERSHIP_CLOSE, 13)->reason,
                     ASSAY_MEMBERSHIP_DUPLICATE);
    member_say(membership, 1400, 11, ASSAY_MSG_NEIGHBOR, ASSAY_NEIGHBOR_ACCEPT,
               150);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 11));
    assay_membership_free(membership);
}

/* A neighbour that restarted comes back before its old connection is missed. */
static void
a_newer_connection_of_a_peer_takes_the_place_of_the_old(void **state)
{
    struct assay_membership *membership = member_machine(1, 8);
    (void)state;

    member_connected(membership, 1000, 50, 11, false);
    member_say(membership, 1000, 11, ASSAY_MSG_NEIGHBOR, ASSAY_NEIGHBOR_ASK,
               50);
    member_connected(membership, 2000, 50, 12, false);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_DOWN, 11));
    assert_non_null(member_find(ASSAY_MEMBERSHIP_CLOSE, 11));
    member_say(membership, 2000, 12, ASSAY_MSG_NEIGHBOR, ASSAY_NEIGHBOR_ASK,
               50);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 12));
    assert_int_equal(member_counts(membership).active, 1);
    assay_membership_free(membership);
}

static void a_connection_to_oneself_is_closed(void **state)
{
    struct assay_membership *membership = member_machine(1, 8);
    (void)state;

    member_connected(membership, 1000, MEMBER_SELF, 5, false);
    assert_int_equal(member_find(ASSAY_MEMBERSHIP_CLOSE, 5)->reason,
                     ASSAY_MEMBERSHIP_SELF);
    member_step(membership, ASSAY_MEMBERSHIP_LEARN, 1000, MEMBER_SELF);
    member_step(membership, ASSAY_MEMBERSHIP_ADD_STATIC, 1000, MEMBER_SELF);
    assert_int_equal(member_actions.count, 0);
    assay_membership_free(membership);
}

/* Others learn at once, and nobody is dialled any more. */
static void a_node_that_leaves_says_so(void **state)
{
    struct assay_membership *membership = member_machine(3, 8);
    (void)state;

    member_ask(membership, 1000, 1, ASSAY_NEIGHBOR_ASK);
    member_ask(membership, 1000, 2, ASSAY_NEIGHBOR_ASK);
    member_step(membership, ASSAY_MEMBERSHIP_LEAVE, 2000, 0);
    for (uint32_t peer = 1; peer <= 2; peer++) {
        assert_int_equal(member_sent_to(peer)->step, ASSAY_DISCONNECT_LEAVING);
        assert_non_null(member_find(ASSAY_MEMBERSHIP_DOWN, peer));
        assert_non_null(member_find(ASSAY_MEMBERSHIP_CLOSE, peer));
    }
    member_step(membership, ASSAY_MEMBERSHIP_LEARN, 3000, 50);
    assert_int_equal(member_actions.count, 0);
    member_connected(membership, 3000, 3, 3, false);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_CLOSE, 3));
    assert_true(assay_membership_deadline_ms(membership) == UINT64_MAX);
    assay_membership_free(membership);
}

/* Now and then a neighbour is changed, so that parts that were apart meet. */
static void the_youngest_neighbour_is_changed_now_and_then(void **state)
{
    struct assay_membership *membership = member_machine(2, 8);
    uint64_t now_ms = 3000 + ASSAY_REFRESH_MS;
    (void)state;

    member_ask(membership, 1000, 1, ASSAY_NEIGHBOR_ASK);
    member_ask(membership, 2000, 2, ASSAY_NEIGHBOR_ASK);
    member_step(membership, ASSAY_MEMBERSHIP_LEARN, 3000, 50);
    member_step(membership, ASSAY_MEMBERSHIP_TICK, now_ms, 0);
    assert_int_equal(member_dialled(), 50);
    member_connected(membership, now_ms, 50, 50, true);
    member_say(membership, now_ms, 50, ASSAY_MSG_NEIGHBOR,
               ASSAY_NEIGHBOR_ACCEPT, 50);
    assert_non_null(member_find(ASSAY_MEMBERSHIP_UP, 50));
    assert_non_null(member_find(ASSAY_MEMBERSHIP_DOWN, 2));
    assert_int_equal(member_counts(membership).active, 2);
    assay_membership_free(membership);
}

static void sizes_out_of_bounds_are_refused(void **state)
{
    const struct assay_membership_config configs[] = {
        {.self = member_node(MEMBER_SELF), .active_max = ASSAY_ACTIVE_MAX + 1},
        {.self = member_node(MEMBER_SELF), .active_target = 9},
        {.self = member_node(MEMBER_SELF),
         .passive_max = ASSAY_PASSIVE_MAX + 1},
        {.self = member_node(MEMBER_SELF), .active_max = 60, .static_max = 5},
    };
    struct assay_membership *membership = NULL;
    (void)state;

    for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        assert_int_equal(assay_membership_new(&configs[i], &membership),
                         ASSAY_E_LIMIT);
    }
    assert_null(membership);
    assay_membership_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_newcomer_joins_through_whom_it_knows),
        cmocka_unit_test(who_is_joined_accepts_and_tells_its_neighbours),
        cmocka_unit_test(a_full_node_refuses_and_names_others),
        cmocka_unit_test(a_peer_without_a_host_is_told_to_nobody),
        cmocka_unit_test(a_full_node_makes_room_for_who_has_nobody),
        cmocka_unit_test(a_lost_neighbour_is_replaced),
        cmocka_unit_test(what_is_not_answered_is_given_up),
        cmocka_unit_test(a_peer_that_asks_for_nothing_is_left_to_others),
        cmocka_unit_test(a_clock_that_jumps_ahead_is_one_tick),
        cmocka_unit_test(silent_strangers_keep_nobody_away),
        cmocka_unit_test(a_static_peer_is_dialled_for_ever),
        cmocka_unit_test(rests_grow_and_begin_again_after_success),
        cmocka_unit_test(fifty_static_peers_are_all_neighbours),
        cmocka_unit_test(static_peers_beyond_the_limit_are_not_taken),
        cmocka_unit_test(of_two_connections_both_sides_keep_the_same),
        cmocka_unit_test(
            a_newer_connection_of_a_peer_takes_the_place_of_the_old),
        cmocka_unit_test(a_connection_to_oneself_is_closed),
        cmocka_unit_test(a_node_that_leaves_says_so),
        cmocka_unit_test(the_youngest_neighbour_is_changed_now_and_then),
        cmocka_unit_test(sizes_out_of_bounds_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
