/* SPDX-License-Identifier: Apache-2.0 */
#include "node/captures_look.h"

#include "history.h"
#include "test_ledger.h"
#include "testing.h"

#define CAPTURES 100

struct fixture {
    struct test_ledger test;
    struct history *history;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){.history = history_new(3)};
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

static void add_captures(struct fixture *fixture, size_t team, uint8_t count)
{
    uint8_t sha256[ASSAY_HASH_SIZE] = {0};

    for (uint8_t i = 0; i < count; i++) {
        sha256[0] = i;
        (void)history_capture_of(fixture->history, team, sha256);
    }
}

static void fill(struct fixture *fixture)
{
    test_ledger_fill(&fixture->test, fixture->history, NULL,
                     history_count(fixture->history));
}

/* Each lacking capture is found once, in steps that have room for what they
 * find; and nothing is found twice without news. */
static void finds_each_in_bounded_steps(void **state)
{
    struct fixture *fixture = *state;
    struct node_look look = {.size_max = ASSAY_NUMBER_MAX};
    bool seen[CAPTURES] = {false};
    size_t steps = 0;

    add_captures(fixture, history_found(fixture->history), CAPTURES);
    fill(fixture);
    do {
        node_look_step(fixture->test.ledger, &look);
        assert_int_equal(look.err, ASSAY_OK);
        assert_true(look.found_count <= NODE_LOOK_FOUND_MAX);
        for (size_t i = 0; i < look.found_count; i++) {
            assert_true(look.found[i].sha256[0] < CAPTURES);
            assert_false(seen[look.found[i].sha256[0]]);
            seen[look.found[i].sha256[0]] = true;
        }
        steps++;
        assert_true(steps < CAPTURES);
    } while (!look.is_done);
    for (size_t i = 0; i < CAPTURES; i++) {
        assert_true(seen[i]);
    }
    node_look_step(fixture->test.ledger, &look);
    assert_true(look.is_done);
    assert_int_equal(look.found_count, 0);
}

/* The same bytes under several records are wanted once. */
static void finds_the_same_bytes_once(void **state)
{
    struct fixture *fixture = *state;
    struct node_look look = {.size_max = ASSAY_NUMBER_MAX};
    size_t team = history_found(fixture->history);

    add_captures(fixture, team, 2);
    add_captures(fixture, team, 2);
    fill(fixture);
    node_look_step(fixture->test.ledger, &look);
    assert_int_equal(look.found_count, 2);
}

/* What nobody cites, or is too long, is left alone. */
static void leaves_what_is_not_wanted(void **state)
{
    struct fixture *fixture = *state;
    struct node_look cited = {.size_max = ASSAY_NUMBER_MAX, .cited_only = true};
    struct node_look small = {.size_max = 0};

    add_captures(fixture, history_found(fixture->history), 3);
    fill(fixture);
    node_look_step(fixture->test.ledger, &cited);
    assert_true(cited.is_done);
    assert_int_equal(cited.found_count, 0);
    node_look_step(fixture->test.ledger, &small);
    assert_true(small.is_done);
    assert_int_equal(small.found_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_each_in_bounded_steps, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(finds_the_same_bytes_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(leaves_what_is_not_wanted, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
