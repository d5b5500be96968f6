/* SPDX-License-Identifier: Apache-2.0 */
/* Two honest peers: whatever separated their ledgers, an exchange ends it. */
#include "reconcile_desk.h"

#include "testing.h"

#include <stdlib.h>

static void check_records(struct desk *desk, size_t of_dialler,
                          size_t of_listener)
{
    assert_int_equal(desk->exchange.dialler.record_count, of_dialler);
    assert_int_equal(desk->exchange.listener.record_count, of_listener);
}

static void equal_ledgers_have_nothing_to_say(void **state)
{
    struct desk desk;
    (void)state;

    desk_begin(&desk, 1);
    (void)desk_say(&desk, DESK_BOTH);
    desk_run(&desk);
    desk_check_equal(&desk);
    assert_int_equal(desk.exchange.dialler.message_count, 0);
    assert_int_equal(desk.exchange.listener.message_count, 0);
    desk_end(&desk);
}

static void empty_ledgers_are_equal(void **state)
{
    struct desk desk;
    (void)state;

    desk_begin(&desk, 1);
    memledger_free(desk.dialler);
    memledger_free(desk.listener);
    desk.dialler = memledger_new();
    desk.listener = memledger_new();
    desk.exchange.dialler.view = memledger_view(desk.dialler);
    desk.exchange.listener.view = memledger_view(desk.listener);
    desk_run(&desk);
    desk_check_equal(&desk);
    desk_end(&desk);
}

/* Who is behind gets exactly what it lacks, whoever dialled. */
static void the_end_of_a_chain_is_sent_alone(void **state)
{
    struct desk desk;
    (void)state;

    for (int side = DESK_DIALLER; side <= DESK_LISTENER; side++) {
        desk_begin(&desk, 2);
        for (int i = 0; i < 20; i++) {
            (void)desk_say(&desk, DESK_BOTH);
        }
        for (int i = 0; i < 5; i++) {
            (void)desk_say(&desk, (enum desk_side)side);
        }
        desk_run(&desk);
        desk_check_equal(&desk);
        check_records(&desk, side == DESK_DIALLER ? 5 : 0,
                      side == DESK_DIALLER ? 0 : 5);
        assert_int_equal(desk_stats(&desk, DESK_DIALLER).round_count, 1);
        assert_int_equal(desk_stats(&desk, DESK_DIALLER).fork_count, 0);
        desk_end(&desk);
    }
}

/* The log is new to the other, and so is the grant, in the log of the root. */
static void a_log_with_its_grant_is_sent_after_the_root(void **state)
{
    struct desk desk;
    (void)state;

    for (int side = DESK_DIALLER; side <= DESK_LISTENER; side++) {
        desk_begin(&desk, 3);
        desk.checker = desk_give(
            &desk, (enum desk_side)side,
            history_member(desk.history, desk.root, ASSAY_ROLE_CHECKER, 0));
        (void)desk_say(&desk, (enum desk_side)side);
        (void)desk_say(&desk, (enum desk_side)side);
        desk_run(&desk);
        desk_check_equal(&desk);
        assert_int_equal(desk.exchange.dialler.early_count, 0);
        assert_int_equal(desk.exchange.listener.early_count, 0);
        check_records(&desk, side == DESK_DIALLER ? 3 : 0,
                      side == DESK_DIALLER ? 0 : 3);
        desk_end(&desk);
    }
}

/* Each has a branch that the other never saw. */
static void a_fork_goes_both_ways(void **state)
{
    struct desk desk;
    size_t base;
    (void)state;

    desk_begin(&desk, 4);
    for (int i = 0; i < 10; i++) {
        (void)desk_say(&desk, DESK_BOTH);
    }
    base = desk_say(&desk, DESK_BOTH);
    for (int i = 0; i < 3; i++) {
        (void)desk_say(&desk, DESK_DIALLER);
    }
    history_follow(desk.history, base);
    for (int i = 0; i < 4; i++) {
        (void)desk_say(&desk, DESK_LISTENER);
    }
    desk_run(&desk);
    desk_check_equal(&desk);
    check_records(&desk, 3, 4);
    assert_int_equal(desk_stats(&desk, DESK_DIALLER).round_count, 1);
    desk_end(&desk);
}

/* A node went back to an old copy of itself, and its desk wrote on. */
static void an_old_backup_that_was_written_on_catches_up(void **state)
{
    struct desk desk;
    size_t backup = 0;
    (void)state;

    desk_begin(&desk, 5);
    for (int i = 0; i < 30; i++) {
        backup = desk_say(&desk, DESK_BOTH);
    }
    for (int i = 0; i < 40; i++) {
        (void)desk_say(&desk, DESK_LISTENER);
    }
    history_follow(desk.history, backup);
    for (int i = 0; i < 2; i++) {
        (void)desk_say(&desk, DESK_DIALLER);
    }
    desk_run(&desk);
    desk_check_equal(&desk);
    assert_int_equal(desk.exchange.dialler.early_count, 0);
    assert_int_equal(desk.exchange.listener.early_count, 0);
    /* The listener may send a few that the dialler has. */
    assert_in_range(desk.exchange.listener.record_count, 40, 80);
    assert_in_range(desk.exchange.dialler.record_count, 2, 4);
    desk_end(&desk);
}

/* One has the fork healed, the other one branch of it. */
static void a_healed_fork_is_sent_with_its_branch(void **state)
{
    struct desk desk;
    size_t base;
    (void)state;

    desk_begin(&desk, 6);
    base = desk_say(&desk, DESK_BOTH);
    for (int i = 0; i < 6; i++) {
        (void)desk_say(&desk, DESK_BOTH);
    }
    history_follow(desk.history, base);
    for (int i = 0; i < 3; i++) {
        (void)desk_say(&desk, DESK_LISTENER);
    }
    history_heal(desk.history, desk.checker);
    (void)desk_say(&desk, DESK_LISTENER);
    (void)desk_say(&desk, DESK_LISTENER);
    desk_run(&desk);
    desk_check_equal(&desk);
    check_records(&desk, 0, 5);
    assert_int_equal(desk.exchange.dialler.early_count, 0);
    desk_end(&desk);
}

/* More logs with forks than one round looks at: more rounds. */
static void many_forks_take_several_rounds(void **state)
{
    struct desk desk;
    (void)state;

    desk_begin(&desk, 7);
    for (size_t i = 0; i < ASSAY_RECONCILE_FORKS_MAX + 20; i++) {
        size_t base;

        desk.checker = desk_give(
            &desk, DESK_BOTH,
            history_member(desk.history, desk.root, ASSAY_ROLE_CHECKER, 0));
        base = desk_say(&desk, DESK_BOTH);
        (void)desk_say(&desk, DESK_DIALLER);
        history_follow(desk.history, base);
        (void)desk_say(&desk, DESK_LISTENER);
    }
    desk_run(&desk);
    desk_check_equal(&desk);
    assert_int_equal(desk_stats(&desk, DESK_DIALLER).round_count, 2);
    desk_end(&desk);
}

/* A log that can take no more heads is no reason to go on exchanging. */
static void full_logs_are_taken_as_equal(void **state)
{
    struct desk desk;
    size_t base;
    (void)state;

    desk_begin(&desk, 8);
    base = desk_say(&desk, DESK_BOTH);
    for (size_t i = 0; i < ASSAY_HEADS_MAX; i++) {
        history_follow(desk.history, base);
        (void)desk_say(&desk, DESK_DIALLER);
        history_follow(desk.history, base);
        (void)desk_say(&desk, DESK_LISTENER);
    }
    desk_run(&desk);
    desk_check_state(&desk, ASSAY_RECONCILE_EQUAL);
    assert_int_equal(desk.exchange.dialler.message_count, 0);
    desk_end(&desk);
}

/* What is not followed by both is neither sent nor a difference. */
static void only_what_both_follow_is_exchanged(void **state)
{
    struct desk desk;
    struct assay_id teams[3];
    struct assay_id some[2];
    size_t roots[3];
    (void)state;

    desk_begin(&desk, 9);
    for (size_t i = 0; i < 3; i++) {
        roots[i] = history_found(desk.history);
        (void)desk_give(&desk, i == 1 ? DESK_LISTENER : DESK_DIALLER, roots[i]);
        teams[i] = history_item(desk.history, roots[i])->id;
    }
    some[0] = teams[1];
    some[1] = teams[2];
    desk.exchange.dialler.follows = (struct assay_follows){false, teams, 2};
    desk.exchange.listener.follows = (struct assay_follows){false, some, 2};
    desk_run(&desk);
    desk_check_state(&desk, ASSAY_RECONCILE_EQUAL);
    check_records(&desk, 0, 1);
    assert_true(memledger_has(desk.dialler, &teams[1]));
    assert_false(memledger_has(desk.listener, &teams[0]));
    assert_false(memledger_has(desk.listener, &teams[2]));
    desk_end(&desk);
}

/* A team is followed later, while the session goes on; then it is dropped. */
static void following_may_change_between_exchanges(void **state)
{
    struct desk desk;
    struct assay_id team;
    struct assay_follows none = {false, NULL, 0};
    struct assay_follows all = {true, NULL, 0};
    struct exchange_side *listener = &desk.exchange.listener;
    (void)state;

    desk_begin(&desk, 10);
    team = history_item(desk.history, desk_give(&desk, DESK_DIALLER,
                                                history_found(desk.history)))
               ->id;
    listener->follows = none;
    desk_run(&desk);
    desk_check_state(&desk, ASSAY_RECONCILE_EQUAL);
    assert_false(memledger_has(desk.listener, &team));

    assert_int_equal(assay_reconcile_follow(listener->machine, &all), ASSAY_OK);
    assay_reconcile_renew(listener->machine);
    assay_reconcile_renew(desk.exchange.dialler.machine);
    assert_int_equal(exchange_run(&desk.exchange), ASSAY_OK);
    desk_check_equal(&desk);

    (void)desk_say(&desk, DESK_DIALLER);
    assert_int_equal(assay_reconcile_follow(listener->machine, &none),
                     ASSAY_OK);
    assay_reconcile_renew(listener->machine);
    assay_reconcile_renew(desk.exchange.dialler.machine);
    assert_int_equal(exchange_run(&desk.exchange), ASSAY_OK);
    desk_check_state(&desk, ASSAY_RECONCILE_EQUAL);
    assert_false(memledger_equal(desk.dialler, desk.listener));
    desk_end(&desk);
}

/* More teams than one message names. */
static void a_long_list_of_teams_comes_in_parts(void **state)
{
    size_t count = (size_t)ASSAY_SYNC_FOLLOWS_MAX * 2 + 10;
    struct assay_id *teams = calloc(count + 1, sizeof(*teams));
    struct desk desk;
    (void)state;

    assert_non_null(teams);
    desk_begin(&desk, 11);
    for (size_t i = 1; i < count; i++) {
        teams[i].hash[0] = (uint8_t)i;
        teams[i].hash[1] = (uint8_t)(i >> 8);
        teams[i].hash[2] = 1;
    }
    teams[0] = history_item(desk.history, desk.root)->id;
    (void)desk_say(&desk, DESK_DIALLER);
    teams[count].hash[3] = 1; /* One more, of the listener's. */
    desk.exchange.dialler.follows = (struct assay_follows){false, teams, count};
    desk.exchange.listener.follows =
        (struct assay_follows){false, teams, count + 1};
    desk_run(&desk);
    desk_check_equal(&desk);
    check_records(&desk, 1, 0);
    desk_end(&desk);
    free(teams);
}

/* The clock is the caller's: another exchange begins when it says so. */
static void another_exchange_brings_what_came_since(void **state)
{
    struct desk desk;
    (void)state;

    desk_begin(&desk, 12);
    (void)desk_say(&desk, DESK_DIALLER);
    desk_run(&desk);
    desk_check_equal(&desk);
    (void)desk_say(&desk, DESK_LISTENER);
    assay_reconcile_renew(desk.exchange.listener.machine);
    assay_reconcile_renew(desk.exchange.dialler.machine);
    assert_int_equal(exchange_run(&desk.exchange), ASSAY_OK);
    desk_check_equal(&desk);
    assert_int_equal(desk_stats(&desk, DESK_LISTENER).ended_count, 2);
    assert_int_equal(desk_stats(&desk, DESK_LISTENER).sent_count, 1);
    assert_int_equal(desk_stats(&desk, DESK_DIALLER).new_count, 1);
    desk_end(&desk);
}

static void an_exchange_too_early_is_put_off(void **state)
{
    struct desk desk;
    (void)state;

    desk_begin(&desk, 13);
    desk_run(&desk);
    (void)desk_say(&desk, DESK_LISTENER);
    assay_reconcile_renew(desk.exchange.dialler.machine);
    assert_int_equal(exchange_run(&desk.exchange), ASSAY_OK);
    assert_int_equal(assay_reconcile_state(desk.exchange.dialler.machine),
                     ASSAY_RECONCILE_LATER);
    assert_int_equal(assay_reconcile_state(desk.exchange.listener.machine),
                     ASSAY_RECONCILE_EQUAL);

    assay_reconcile_renew(desk.exchange.listener.machine);
    assay_reconcile_renew(desk.exchange.dialler.machine);
    assert_int_equal(exchange_run(&desk.exchange), ASSAY_OK);
    desk_check_equal(&desk);
    desk_end(&desk);
}

/* Records come by other ways while peers exchange. */
static void ledgers_may_grow_meanwhile(void **state)
{
    struct desk desk;
    bool said = true;
    (void)state;

    desk_begin(&desk, 14);
    (void)desk_say(&desk, DESK_DIALLER);
    exchange_begin(&desk.exchange, 3);
    for (int i = 0; i < 8; i++) {
        bool by_dialler = i % 2 == 0;
        struct exchange_side *from =
            by_dialler ? &desk.exchange.dialler : &desk.exchange.listener;
        struct exchange_side *to =
            by_dialler ? &desk.exchange.listener : &desk.exchange.dialler;

        assert_int_equal(exchange_turn(from, to, &said), ASSAY_OK);
        desk.checker = desk_give(
            &desk, DESK_LISTENER,
            history_member(desk.history, desk.root, ASSAY_ROLE_CHECKER, 0));
        (void)desk_say(&desk, DESK_LISTENER);
    }
    assert_int_equal(exchange_run(&desk.exchange), ASSAY_OK);
    assay_reconcile_renew(desk.exchange.listener.machine);
    assay_reconcile_renew(desk.exchange.dialler.machine);
    assert_int_equal(exchange_run(&desk.exchange), ASSAY_OK);
    desk_check_equal(&desk);
    desk_end(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_ledgers_have_nothing_to_say),
        cmocka_unit_test(empty_ledgers_are_equal),
        cmocka_unit_test(the_end_of_a_chain_is_sent_alone),
        cmocka_unit_test(a_log_with_its_grant_is_sent_after_the_root),
        cmocka_unit_test(a_fork_goes_both_ways),
        cmocka_unit_test(an_old_backup_that_was_written_on_catches_up),
        cmocka_unit_test(a_healed_fork_is_sent_with_its_branch),
        cmocka_unit_test(many_forks_take_several_rounds),
        cmocka_unit_test(full_logs_are_taken_as_equal),
        cmocka_unit_test(only_what_both_follow_is_exchanged),
        cmocka_unit_test(following_may_change_between_exchanges),
        cmocka_unit_test(a_long_list_of_teams_comes_in_parts),
        cmocka_unit_test(another_exchange_brings_what_came_since),
        cmocka_unit_test(an_exchange_too_early_is_put_off),
        cmocka_unit_test(ledgers_may_grow_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
