/* SPDX-License-Identifier: Apache-2.0 */
#include "store/follows.h"

#include "store/trust.h"
#include "test_ledger.h"
#include "testing.h"

#define TEAMS_MAX 8

struct fixture {
    struct test_ledger test;
    struct history *history;
    size_t teams[TEAMS_MAX]; /* Founding records by index. */
};

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){.history = history_new(5)};
    test_ledger_make(&fixture.test);
    for (size_t i = 0; i < TEAMS_MAX; i++) {
        fixture.teams[i] = history_found(fixture.history);
    }
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

static const struct assay_id *team_id(const struct fixture *fixture,
                                      size_t team)
{
    return &history_item(fixture->history, fixture->teams[team])->id;
}

static void vouch(struct fixture *fixture, size_t by, size_t team)
{
    (void)history_vouch(fixture->history, fixture->teams[by],
                        fixture->teams[team]);
}

static void store_all(struct fixture *fixture)
{
    test_ledger_fill(&fixture->test, fixture->history, NULL,
                     history_count(fixture->history));
}

static void trust(struct fixture *fixture, const struct assay_id *team)
{
    struct store_batch *batch = NULL;

    assert_int_equal(
        store_batch_begin(fixture->test.ledger, TEST_NOW_S, &batch), ASSAY_OK);
    assert_int_equal(store_trust_add(batch, team), ASSAY_OK);
    assert_int_equal(store_batch_commit(batch), ASSAY_OK);
}

/* Compares who is followed with a list of teams by number. */
static void follows(struct fixture *fixture, unsigned steps,
                    const char *expected)
{
    static const struct store_teams none = {NULL, 0};
    struct store_teams teams = {NULL, 0};
    struct store_view *view = NULL;

    assert_int_equal(store_view_begin(fixture->test.ledger, STORE_NOW, &view),
                     ASSAY_OK);
    assert_int_equal(
        store_followed_teams(fixture->test.ledger, view, &none, steps, &teams),
        ASSAY_OK);
    assert_int_equal(teams.count, strlen(expected));
    for (size_t i = 0; i < TEAMS_MAX; i++) {
        assert_int_equal(store_teams_have(&teams, team_id(fixture, i)),
                         strchr(expected, (char)('0' + (int)i)) != NULL);
    }
    for (size_t i = 1; i < teams.count; i++) {
        assert_true(
            memcmp(&teams.ids[i - 1], &teams.ids[i], sizeof(teams.ids[0])) < 0);
    }
    store_teams_clear(&teams);
    store_view_end(view);
}

static void trusted_teams_are_followed(void **state)
{
    struct fixture *fixture = *state;

    store_all(fixture);
    follows(fixture, 8, "");
    trust(fixture, team_id(fixture, 3));
    trust(fixture, team_id(fixture, 1));
    follows(fixture, 0, "13");
}

/* Each step goes one vouch further; a circle ends. */
static void vouches_are_followed_step_by_step(void **state)
{
    struct fixture *fixture = *state;

    vouch(fixture, 0, 1);
    vouch(fixture, 1, 2);
    vouch(fixture, 2, 0);
    vouch(fixture, 2, 3);
    vouch(fixture, 4, 5);
    store_all(fixture);
    trust(fixture, team_id(fixture, 0));
    follows(fixture, 0, "0");
    follows(fixture, 1, "01");
    follows(fixture, 2, "012");
    follows(fixture, 3, "0123");
    follows(fixture, 8, "0123");
}

/* A vouch that was signed behind the last good record counts for nothing. */
static void a_vouch_that_fell_is_not_followed(void **state)
{
    struct fixture *fixture = *state;
    size_t good =
        history_vouch(fixture->history, fixture->teams[0], fixture->teams[1]);

    vouch(fixture, 0, 2);
    (void)history_rotate(fixture->history, fixture->teams[0], &good, 1);
    store_all(fixture);
    trust(fixture, team_id(fixture, 0));
    follows(fixture, 1, "01");
}

/* A team that is named beside needs no trust; without keys none is one's
 * own. */
static void named_teams_are_followed(void **state)
{
    struct fixture *fixture = *state;
    struct store_teams more = {NULL, 1};
    struct assay_id named = *team_id(fixture, 6);
    struct store_teams teams = {NULL, 0};
    struct store_teams own = {NULL, 0};
    struct store_view *view = NULL;

    store_all(fixture);
    more.ids = &named;
    assert_int_equal(store_view_begin(fixture->test.ledger, STORE_NOW, &view),
                     ASSAY_OK);
    assert_int_equal(store_own_teams(fixture->test.ledger, view, &own),
                     ASSAY_OK);
    assert_int_equal(own.count, 0);
    assert_int_equal(
        store_followed_teams(fixture->test.ledger, view, &more, 0, &teams),
        ASSAY_OK);
    assert_int_equal(teams.count, 1);
    assert_true(store_teams_have(&teams, &named));
    assert_false(store_teams_have(&own, &named));
    store_teams_clear(&teams);
    store_teams_clear(&own);
    store_view_end(view);
}

/* A change that adds no record shows as well. */
static void commits_count_every_change(void **state)
{
    struct fixture *fixture = *state;
    uint64_t before = store_ledger_commits(fixture->test.ledger);

    assert_int_equal(store_ledger_commits(fixture->test.ledger), before);
    store_all(fixture);
    uint64_t after = store_ledger_commits(fixture->test.ledger);
    assert_true(after > before);
    trust(fixture, team_id(fixture, 0));
    assert_true(store_ledger_commits(fixture->test.ledger) > after);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(trusted_teams_are_followed),
        TEST(vouches_are_followed_step_by_step),
        TEST(a_vouch_that_fell_is_not_followed),
        TEST(named_teams_are_followed),
        TEST(commits_count_every_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
