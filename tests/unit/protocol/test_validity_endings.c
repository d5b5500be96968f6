/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends a grant: revocations of members and rotations of roots, as
 * validity.h judges them.
 */
#include "desk.h"

/* Revocation. */

static void a_revocation_cuts_at_its_last_good_record(void **state)
{
    struct desk *desk = *state;
    size_t first = history_claim(desk->history, desk->checker);
    size_t last = history_claim(desk->history, desk->checker);
    size_t beyond = history_claim(desk->history, desk->checker);
    size_t revoke;

    desk_expect_stands(desk, beyond);
    revoke = history_revoke(desk->history, desk->root, desk->checker, &last, 1);
    desk_expect_stands(desk, first);
    desk_expect_stands(desk, last);
    desk_expect_fell(desk, beyond, ASSAY_CUT_BY_REVOKE, revoke);
    desk_expect_fell(desk, history_claim(desk->history, desk->checker),
                     ASSAY_CUT_BY_REVOKE, revoke);
    desk_expect_stands(desk, desk->checker);
    assert_true(desk_authority(desk, desk->checker)->is_ended);
    assert_true(desk_authority(desk, desk->checker)->is_in_force);
    desk_expect_stands(desk, history_claim(desk->history, desk->editor));
}

static void without_last_good_records_everything_falls(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    size_t revoke =
        history_revoke(desk->history, desk->root, desk->checker, NULL, 0);

    desk_expect_fell(desk, claim, ASSAY_CUT_BY_REVOKE, revoke);
}

/* A last good record that is not here yet lets nothing stand, and does not
 * keep the others from it. */
static void a_last_good_record_not_held_lets_nothing_stand(void **state)
{
    struct desk *desk = *state;
    size_t good = history_claim(desk->history, desk->checker);
    size_t beyond = history_claim(desk->history, desk->checker);
    size_t last[] = {HISTORY_NONE, good};
    size_t revoke =
        history_revoke(desk->history, desk->root, desk->checker, last, 2);

    desk_expect_stands(desk, good);
    desk_expect_fell(desk, beyond, ASSAY_CUT_BY_REVOKE, revoke);
    revoke = history_revoke(desk->history, desk->root, desk->checker, last, 1);
    desk_expect_fell(desk, good, ASSAY_CUT_BY_REVOKE, revoke);
}

static void a_last_good_record_of_another_log_lets_nothing_stand(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    size_t other = history_claim(desk->history, desk->editor);
    size_t revoke =
        history_revoke(desk->history, desk->root, desk->checker, &other, 1);

    desk_expect_fell(desk, claim, ASSAY_CUT_BY_REVOKE, revoke);
}

static void a_record_stands_only_where_all_revocations_let_it(void **state)
{
    struct desk *desk = *state;
    size_t first = history_claim(desk->history, desk->checker);
    size_t second = history_claim(desk->history, desk->checker);
    size_t third = history_claim(desk->history, desk->checker);
    size_t late =
        history_revoke(desk->history, desk->root, desk->checker, &second, 1);
    size_t early =
        history_revoke(desk->history, desk->root, desk->checker, &first, 1);

    desk_expect_stands(desk, first);
    desk_expect_fell(desk, second, ASSAY_CUT_BY_REVOKE, early);
    desk_expect_fell(desk, third, ASSAY_CUT_BY_REVOKE,
                     desk_smaller(desk, early, late));
}

/* What a thief signs beside the good chain falls, whatever time it states. */
static void a_forked_branch_falls_unless_it_is_named(void **state)
{
    struct desk *desk = *state;
    size_t base = history_claim(desk->history, desk->checker);
    size_t left = history_claim(desk->history, desk->checker);
    size_t right;
    size_t last[2];
    size_t revoke;

    history_follow(desk->history, base);
    right = history_claim(desk->history, desk->checker);
    desk_expect_stands(desk, left);
    desk_expect_stands(desk, right);
    last[0] = left;
    last[1] = right;
    (void)history_revoke(desk->history, desk->root, desk->checker, last, 2);
    desk_expect_stands(desk, left);
    desk_expect_stands(desk, right);
    revoke = history_revoke(desk->history, desk->root, desk->checker, last, 1);
    desk_expect_stands(desk, base);
    desk_expect_stands(desk, left);
    desk_expect_fell(desk, right, ASSAY_CUT_BY_REVOKE, revoke);
}

static void a_revocation_ends_one_grant_of_a_key(void **state)
{
    struct desk *desk = *state;
    size_t again;
    size_t claim;

    history_reuse_key(desk->history, desk->checker);
    again = history_member(desk->history, desk->root, ASSAY_ROLE_EDITOR, 0);
    claim = history_claim(desk->history, again);
    (void)history_revoke(desk->history, desk->root, desk->checker, NULL, 0);
    desk_expect_stands(desk, claim);
    assert_false(desk_authority(desk, again)->is_ended);
}

static void only_the_own_team_revokes(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    size_t stranger = history_found(desk->history);

    (void)history_revoke(desk->history, stranger, desk->checker, NULL, 0);
    (void)history_revoke(desk->history, desk->editor, desk->checker, NULL, 0);
    (void)history_revoke(desk->history, desk->checker, desk->checker, NULL, 0);
    assert_true(desk_authority(desk, desk->editor)->is_in_force);
    desk_expect_stands(desk, claim);
    assert_false(desk_authority(desk, desk->checker)->is_ended);
}

static void a_root_grant_ends_only_by_rotate(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->root);

    (void)history_revoke(desk->history, desk->root, desk->root, NULL, 0);
    desk_expect_stands(desk, claim);
    desk_expect_stands(desk, history_claim(desk->history, desk->root));
    assert_false(desk_authority(desk, desk->root)->is_ended);
}

/* Rotation. */

static void a_rotation_cuts_the_old_roots_log(void **state)
{
    struct desk *desk = *state;
    size_t late =
        history_member(desk->history, desk->root, ASSAY_ROLE_CHECKER, 0);
    size_t early_claim = history_claim(desk->history, desk->checker);
    size_t late_claim = history_claim(desk->history, late);
    size_t rotate =
        history_rotate(desk->history, desk->root, &desk->checker, 1);

    desk_expect_stands(desk, desk->root);
    desk_expect_stands(desk, rotate);
    desk_expect_stands(desk, desk->editor);
    desk_expect_stands(desk, desk->checker);
    desk_expect_fell(desk, late, ASSAY_CUT_BY_ROTATE, rotate);
    desk_expect_fell(desk, late_claim, ASSAY_GRANT_FELL, rotate);
    desk_expect_stands(desk, early_claim);
    desk_expect_stands(desk, history_claim(desk->history, desk->checker));
    desk_expect_stands(desk, history_claim(desk->history, rotate));
    desk_expect_fell(desk, history_claim(desk->history, desk->root),
                     ASSAY_CUT_BY_ROTATE, rotate);
    assert_true(desk_authority(desk, desk->root)->is_ended);
    assert_true(desk_authority(desk, desk->root)->is_in_force);
    assert_false(desk_authority(desk, late)->is_in_force);
    assert_true(assay_id_equal(&desk_authority(desk, rotate)->team,
                               desk_id(desk, desk->root)));
    assert_false(desk_authority(desk, rotate)->has_root_fork);
}

/* The founding record stays, whatever the rotation says of its log. */
static void a_rotation_without_last_good_records_spares_the_grant(void **state)
{
    struct desk *desk = *state;
    size_t rotate = history_rotate(desk->history, desk->root, NULL, 0);

    desk_expect_stands(desk, desk->root);
    desk_expect_stands(desk, rotate);
    desk_expect_fell(desk, desk->editor, ASSAY_CUT_BY_ROTATE, rotate);
}

static void what_a_fallen_revocation_cut_stands_again(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    size_t revoke =
        history_revoke(desk->history, desk->root, desk->checker, NULL, 0);

    desk_expect_fell(desk, claim, ASSAY_CUT_BY_REVOKE, revoke);
    (void)history_rotate(desk->history, desk->root, &desk->checker, 1);
    desk_expect_stands(desk, claim);
    assert_false(desk_authority(desk, desk->checker)->is_ended);
}

static void a_later_root_revokes_members_of_an_earlier_one(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    size_t rotate =
        history_rotate(desk->history, desk->root, &desk->checker, 1);
    size_t revoke =
        history_revoke(desk->history, rotate, desk->checker, NULL, 0);

    desk_expect_fell(desk, claim, ASSAY_CUT_BY_REVOKE, revoke);
}

static void of_two_rotations_the_smaller_id_is_in_force(void **state)
{
    struct desk *desk = *state;
    size_t one = history_rotate(desk->history, desk->root, &desk->checker, 1);
    size_t two = history_rotate(desk->history, desk->root, NULL, 0);
    size_t winner = desk_smaller(desk, one, two);
    size_t loser = winner == one ? two : one;
    size_t profile = history_profile(desk->history, loser);
    size_t member = history_member(desk->history, loser, ASSAY_ROLE_EDITOR, 0);
    size_t claim = history_claim(desk->history, member);
    size_t next = history_rotate(desk->history, loser, NULL, 0);
    size_t lost = history_claim(desk->history, next);
    struct assay_id root;

    desk_expect_stands(desk, winner);
    desk_expect_fell(desk, loser, ASSAY_ROOT_NOT_IN_FORCE, winner);
    desk_expect_fell(desk, profile, ASSAY_ROOT_NOT_IN_FORCE, winner);
    desk_expect_fell(desk, member, ASSAY_ROOT_NOT_IN_FORCE, winner);
    desk_expect_fell(desk, claim, ASSAY_ROOT_NOT_IN_FORCE, winner);
    desk_expect_fell(desk, next, ASSAY_ROOT_NOT_IN_FORCE, winner);
    desk_expect_fell(desk, lost, ASSAY_ROOT_NOT_IN_FORCE, winner);
    assert_true(desk_authority(desk, desk->root)->has_root_fork);
    assert_true(desk_authority(desk, desk->editor)->has_root_fork);
    assert_false(desk_authority(desk, loser)->is_in_force);
    assert_int_equal(
        assay_validity_root(desk_ask(desk), desk_id(desk, desk->root), &root),
        ASSAY_OK);
    assert_true(assay_id_equal(&root, desk_id(desk, winner)));

    /* What the loser says of the old root's log has no effect. */
    if (winner == one) {
        desk_expect_stands(desk, desk->editor);
    } else {
        desk_expect_fell(desk, desk->editor, ASSAY_CUT_BY_ROTATE, two);
    }
}

static void a_revocation_under_a_losing_root_has_no_effect(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    size_t one = history_rotate(desk->history, desk->root, &desk->checker, 1);
    size_t two = history_rotate(desk->history, desk->root, &desk->checker, 1);
    size_t loser = desk_smaller(desk, one, two) == one ? two : one;

    (void)history_revoke(desk->history, loser, desk->checker, NULL, 0);
    desk_expect_stands(desk, claim);
}

static void the_root_in_force_is_at_the_end_of_the_chain(void **state)
{
    struct desk *desk = *state;
    size_t root = desk->root;
    struct assay_id id;

    for (int i = 0; i < 5; i++) {
        root = history_rotate(desk->history, root, NULL, 0);
        desk_expect_stands(desk, root);
    }
    assert_int_equal(
        assay_validity_root(desk_ask(desk), desk_id(desk, desk->root), &id),
        ASSAY_OK);
    assert_true(assay_id_equal(&id, desk_id(desk, root)));
    assert_int_equal(
        assay_validity_root(desk_ask(desk), desk_id(desk, root), &id),
        ASSAY_E_AUTH);
}

/* However long the chain is, the rules walk no further than its limit. */
static void rotations_count_up_to_their_limit(void **state)
{
    struct desk *desk = *state;
    size_t last = desk->root;
    size_t beyond;
    size_t claim;

    for (int i = 0; i < ASSAY_ROTATIONS_MAX; i++) {
        last = history_rotate(desk->history, last, NULL, 0);
    }
    claim = history_claim(desk->history, last);
    beyond = history_rotate(desk->history, last, NULL, 0);
    desk_expect_stands(desk, last);
    desk_expect_stands(desk, claim);
    assert_false(desk_authority(desk, last)->is_ended);
    assert_int_equal(desk_judge(desk, beyond).state, ASSAY_AUTHORITY_MISSING);

    /* The same where the far end is asked about before the chain is known. */
    desk_forget(desk);
    assert_int_equal(desk_judge(desk, beyond).state, ASSAY_AUTHORITY_MISSING);
    desk_expect_stands(desk, last);
}

#define DESK_TEST(name)                                                        \
    cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(a_revocation_cuts_at_its_last_good_record),
        DESK_TEST(without_last_good_records_everything_falls),
        DESK_TEST(a_last_good_record_not_held_lets_nothing_stand),
        DESK_TEST(a_last_good_record_of_another_log_lets_nothing_stand),
        DESK_TEST(a_record_stands_only_where_all_revocations_let_it),
        DESK_TEST(a_forked_branch_falls_unless_it_is_named),
        DESK_TEST(a_revocation_ends_one_grant_of_a_key),
        DESK_TEST(only_the_own_team_revokes),
        DESK_TEST(a_root_grant_ends_only_by_rotate),
        DESK_TEST(a_rotation_cuts_the_old_roots_log),
        DESK_TEST(a_rotation_without_last_good_records_spares_the_grant),
        DESK_TEST(what_a_fallen_revocation_cut_stands_again),
        DESK_TEST(a_later_root_revokes_members_of_an_earlier_one),
        DESK_TEST(of_two_rotations_the_smaller_id_is_in_force),
        DESK_TEST(a_revocation_under_a_losing_root_has_no_effect),
        DESK_TEST(the_root_in_force_is_at_the_end_of_the_chain),
        DESK_TEST(rotations_count_up_to_their_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
