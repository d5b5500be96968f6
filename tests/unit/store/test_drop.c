/* SPDX-License-Identifier: Apache-2.0 */
#include "store/drop.h"

#include "test_ledger.h"
#include "testing.h"

#include <stdlib.h>

struct fixture {
    struct test_ledger test;
    struct history *history;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){.history = history_new(11)};
    test_ledger_make(&fixture.test);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    history_free(fixture->history);
    test_ledger_remove(&fixture->test);
    return 0;
}

/* Drops in batches until nothing is left to drop; returns how many went. */
static size_t drop(struct test_ledger *test, const struct assay_id *team)
{
    size_t all = 0;
    size_t count = 0;

    do {
        struct store_batch *batch = test_ledger_begin(test, TEST_NOW_S);
        enum assay_err err = store_batch_drop_team(batch, team, &count);

        if (err == ASSAY_E_NOT_FOUND) {
            count = 0;
        } else {
            assert_int_equal(err, ASSAY_OK);
        }
        all += count;
        test_ledger_commit(batch);
    } while (count > 0);
    return all;
}

static bool has(const struct fixture *fixture, size_t index)
{
    struct store_view *view = NULL;
    struct store_row row;

    assert_int_equal(store_view_begin(fixture->test.ledger, STORE_NOW, &view),
                     ASSAY_OK);
    enum assay_err err = store_view_by_id(
        view, &history_item(fixture->history, index)->id, &row);
    store_view_end(view);
    return err == ASSAY_OK;
}

static void fill(struct fixture *fixture)
{
    test_ledger_fill(&fixture->test, fixture->history, NULL,
                     history_count(fixture->history));
}

/* What another team's record names stays, with its log up to there and the
 * grants that lead to it; all else of the team goes. */
static void keeps_what_others_refer_to(void **state)
{
    struct fixture *fixture = *state;
    struct history *history = fixture->history;
    size_t theirs = history_found(history);
    size_t first = history_member(history, theirs, ASSAY_ROLE_CHECKER, 0);
    size_t second = history_member(history, theirs, ASSAY_ROLE_CHECKER, 0);
    size_t before = history_claim(history, first);
    size_t named = history_claim(history, first);
    size_t behind = history_claim(history, first);
    size_t other = history_claim(history, second);
    size_t ours = history_found(history);
    size_t verdict =
        history_verdict(history, ours, named, ASSAY_RATING_FALSE, NULL, 0);

    fill(fixture);
    assert_int_equal(drop(&fixture->test, &history_item(history, theirs)->id),
                     3);
    assert_true(has(fixture, theirs) && has(fixture, first));
    assert_true(has(fixture, before) && has(fixture, named));
    assert_false(has(fixture, behind) || has(fixture, second) ||
                 has(fixture, other));
    assert_true(has(fixture, ours) && has(fixture, verdict));
    test_ledger_check(&fixture->test);
}

/* A team that nobody refers to goes whole, and can come again. */
static void a_team_can_come_again(void **state)
{
    struct fixture *fixture = *state;
    struct history *history = fixture->history;
    size_t theirs = history_found(history);
    size_t member = history_member(history, theirs, ASSAY_ROLE_EDITOR, 0);
    size_t count = 0;

    (void)history_claim(history, member);
    (void)history_claim(history, theirs);
    fill(fixture);
    count = history_count(history);
    assert_int_equal(drop(&fixture->test, &history_item(history, theirs)->id),
                     count);
    assert_int_equal(test_ledger_count(&fixture->test), 0);
    test_ledger_check(&fixture->test);
    fill(fixture);
    assert_int_equal(test_ledger_count(&fixture->test), count);
    test_ledger_check(&fixture->test);
}

/* A record that was named and is dropped is missing again: here the second
 * team's is, once the first, that kept it, is gone. */
static void teams_that_name_each_other_go_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    struct history *history = fixture->history;
    size_t a = history_found(history);
    size_t b = history_found(history);
    size_t claim = history_claim(history, a);

    (void)history_challenge(history, b, claim);
    (void)history_vouch(history, a, b);
    fill(fixture);
    (void)drop(&fixture->test, &history_item(history, a)->id);
    assert_true(has(fixture, claim));
    (void)drop(&fixture->test, &history_item(history, b)->id);
    test_ledger_check(&fixture->test);
    (void)drop(&fixture->test, &history_item(history, a)->id);
    test_ledger_check(&fixture->test);
    (void)drop(&fixture->test, &history_item(history, b)->id);
    assert_int_equal(test_ledger_count(&fixture->test), 0);
}

static void a_team_that_is_not_held_is_not_found(void **state)
{
    struct fixture *fixture = *state;
    struct store_batch *batch = test_ledger_begin(&fixture->test, TEST_NOW_S);
    struct assay_id team = {{1}};
    size_t count = 0;

    assert_int_equal(store_batch_drop_team(batch, &team, &count),
                     ASSAY_E_NOT_FOUND);
    store_batch_abort(batch);
}

/* Forks, revocations, rotations, erasures and all: whatever a team has done,
 * the ledger without it is whole, and what remains can be added to again. */
static void any_history_is_whole_without_a_team(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct history *history = history_troubled(seed, 60);
        struct test_ledger test;

        test_ledger_make(&test);
        test_ledger_fill(&test, history, NULL, history_count(history));
        for (size_t i = 0; i < history_count(history); i++) {
            if (history_item(history, i)->kind == ASSAY_KIND_FOUND) {
                (void)drop(&test, &history_item(history, i)->id);
                test_ledger_check(&test);
            }
        }
        test_ledger_remove(&test);
        history_free(history);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_what_others_refer_to, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_team_can_come_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            teams_that_name_each_other_go_one_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_team_that_is_not_held_is_not_found,
                                        set_up, tear_down),
        cmocka_unit_test(any_history_is_whole_without_a_team),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
