/* SPDX-License-Identifier: Apache-2.0 */
#include "node/policy.h"

#include "store/trust.h"
#include "test_ledger.h"
#include "testing.h"

struct fixture {
    struct test_ledger test;
    struct history *history;
    uv_loop_t loop;
    struct node_policy *policy;
    struct node_config config;
    size_t changed;
    size_t trusted; /* Founding records. */
    size_t stranger;
    size_t claim; /* Of the stranger. */
};

static void on_changed(void *context)
{
    struct fixture *fixture = context;

    fixture->changed++;
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct store_batch *batch = NULL;

    fixture = (struct fixture){.history = history_new(8)};
    test_ledger_make(&fixture.test);
    fixture.trusted = history_found(fixture.history);
    fixture.stranger = history_found(fixture.history);
    fixture.claim = history_claim(fixture.history, fixture.stranger);
    assert_int_equal(store_batch_begin(fixture.test.ledger, TEST_NOW_S, &batch),
                     ASSAY_OK);
    assert_int_equal(
        store_trust_add(batch,
                        &history_item(fixture.history, fixture.trusted)->id),
        ASSAY_OK);
    assert_int_equal(store_batch_commit(batch), ASSAY_OK);
    assert_int_equal(uv_loop_init(&fixture.loop), 0);
    assert_int_equal(node_config_init(&fixture.config), ASSAY_OK);
    assert_int_equal(node_policy_new(&fixture.loop, fixture.test.ledger,
                                     on_changed, &fixture, &fixture.policy),
                     ASSAY_OK);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    node_policy_free(fixture->policy);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    node_config_clear(&fixture->config);
    history_free(fixture->history);
    test_ledger_remove(&fixture->test);
    return 0;
}

static void configure(struct fixture *fixture)
{
    assert_int_equal(node_policy_configure(fixture->policy, &fixture->config),
                     ASSAY_OK);
    assert_int_equal(node_policy_refresh_now(fixture->policy), ASSAY_OK);
    node_policy_rest(fixture->policy, TEST_NOW_S);
}

/* Judges records of the history in one batch, putting those that are wanted;
 * the last one's wish is returned. */
static enum node_wish judge(struct fixture *fixture, const size_t *indexes,
                            size_t count, bool is_named)
{
    struct store_batch *batch = NULL;
    enum node_wish wish = NODE_WISH_NONE;

    assert_int_equal(
        store_batch_begin(fixture->test.ledger, TEST_NOW_S, &batch), ASSAY_OK);
    for (size_t i = 0; i < count; i++) {
        const struct history_item *item =
            history_item(fixture->history, indexes[i]);
        struct assay_record record;
        uint64_t lsn = 0;
        bool has_new_body = false;

        assert_int_equal(
            assay_record_open(item->envelope, item->body, &record, NULL),
            ASSAY_OK);
        wish = node_policy_judge(fixture->policy, batch, &record, is_named);
        if (wish == NODE_WISH_FOLLOWED || wish == NODE_WISH_KEPT) {
            node_policy_noted(
                fixture->policy, batch, &record,
                store_batch_put(batch, &record, &lsn, &has_new_body));
        }
    }
    assert_int_equal(store_batch_commit(batch), ASSAY_OK);
    return wish;
}

static void trusted_teams_are_followed_and_strangers_not(void **state)
{
    struct fixture *fixture = *state;
    size_t claim = history_claim(fixture->history, fixture->trusted);
    size_t ours[] = {fixture->trusted, claim};
    size_t theirs[] = {fixture->stranger};

    configure(fixture);
    assert_int_equal(fixture->changed, 1);
    assert_false(node_policy_is_open(fixture->policy));
    assert_int_equal(node_policy_teams(fixture->policy)->count, 1);
    /* The claim is under a grant of the same batch. */
    assert_int_equal(judge(fixture, ours, 2, false), NODE_WISH_FOLLOWED);
    assert_int_equal(judge(fixture, theirs, 1, false), NODE_WISH_NONE);
    assert_int_equal(test_ledger_count(&fixture->test), 2);
}

/* The trusted team names a record of the stranger's; that is asked for, and is
 * early at first, as its grant is not held. */
static void name(struct fixture *fixture, size_t claim)
{
    size_t ours[] = {fixture->trusted,
                     history_source(fixture->history, fixture->trusted, claim)};

    assert_int_equal(judge(fixture, ours, 2, false), NODE_WISH_FOLLOWED);
    assert_int_equal(judge(fixture, &claim, 1, true), NODE_WISH_FOLLOWED);
}

/* What a kept record refers to is kept with what it builds on, but is not
 * followed. */
static void what_is_named_is_kept(void **state)
{
    struct fixture *fixture = *state;
    size_t theirs[] = {fixture->stranger, fixture->claim};

    configure(fixture);
    name(fixture, fixture->claim);
    node_policy_rest(fixture->policy, TEST_NOW_S);
    assert_int_equal(judge(fixture, theirs, 2, true), NODE_WISH_KEPT);
    assert_int_equal(test_ledger_count(&fixture->test), 4);
}

/* The same behind a member's grant and a rotated root. */
static void what_is_named_is_kept_with_its_whole_path(void **state)
{
    struct fixture *fixture = *state;
    struct history *history = fixture->history;
    size_t path[5] = {fixture->stranger, fixture->claim};

    path[2] = history_rotate(history, fixture->stranger, path + 1, 1);
    path[3] = history_member(history, path[2], ASSAY_ROLE_EDITOR, 0);
    path[4] = history_claim(history, path[3]);
    configure(fixture);
    name(fixture, path[4]);
    /* Each lacks the one before, and is asked for as they do. */
    for (size_t i = 3; i >= 2; i--) {
        assert_int_equal(judge(fixture, path + i, 1, true), NODE_WISH_FOLLOWED);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(judge(fixture, path + i, 1, true), NODE_WISH_KEPT);
    }
    assert_int_equal(test_ledger_count(&fixture->test), 7);
}

/* However a record came to be asked for: without a reason it is not kept. What
 * is kept for being named is none. */
static void what_nobody_followed_names_is_not_kept(void **state)
{
    struct fixture *fixture = *state;
    size_t other = history_found(fixture->history);
    size_t theirs[] = {fixture->stranger, fixture->claim, HISTORY_NONE};

    configure(fixture);
    assert_int_equal(judge(fixture, theirs, 1, true), NODE_WISH_QUOTA);
    theirs[2] = history_source(fixture->history, fixture->stranger, other);
    name(fixture, theirs[2]);
    assert_int_equal(judge(fixture, theirs, 3, true), NODE_WISH_KEPT);
    assert_int_equal(judge(fixture, &other, 1, true), NODE_WISH_QUOTA);
    assert_int_equal(test_ledger_count(&fixture->test), 5);
}

static bool asks_for(struct fixture *fixture, size_t index)
{
    struct store_view *view = NULL;
    bool asks = false;

    assert_int_equal(store_view_begin(fixture->test.ledger, STORE_NOW, &view),
                     ASSAY_OK);
    asks = node_policy_asks_for(fixture->policy, view,
                                &history_item(fixture->history, index)->id);
    store_view_end(view);
    return asks;
}

/* What one team makes others keep is so much a day, and no more is asked for
 * on its behalf; another team's reasons count for themselves. */
static void a_team_has_a_quota_of_what_it_names(void **state)
{
    struct fixture *fixture = *state;
    size_t theirs[4] = {fixture->stranger, fixture->claim};

    theirs[2] = history_claim(fixture->history, fixture->stranger);
    theirs[3] = history_claim(fixture->history, fixture->stranger);
    fixture->config.named_quota = 3;
    configure(fixture);
    name(fixture, theirs[3]);
    assert_true(asks_for(fixture, theirs[3]));
    assert_false(asks_for(fixture, theirs[2])); /* Nobody names it. */
    assert_int_equal(judge(fixture, theirs, 3, true), NODE_WISH_KEPT);
    assert_int_equal(judge(fixture, theirs + 3, 1, true), NODE_WISH_QUOTA);
    node_policy_rest(fixture->policy, TEST_NOW_S);
    assert_false(asks_for(fixture, theirs[3]));
    assert_int_equal(judge(fixture, theirs + 3, 1, true), NODE_WISH_QUOTA);
    node_policy_rest(fixture->policy, TEST_NOW_S + 86400);
    assert_true(asks_for(fixture, theirs[3]));
    assert_int_equal(judge(fixture, theirs + 3, 1, true), NODE_WISH_KEPT);
    assert_int_equal(test_ledger_count(&fixture->test), 6);
}

/* Who it speaks for shows when its grant is there; until then it is early. */
static void a_record_whose_grant_is_not_held_is_let_through(void **state)
{
    struct fixture *fixture = *state;
    size_t theirs[] = {fixture->claim};

    configure(fixture);
    assert_int_equal(judge(fixture, theirs, 1, false), NODE_WISH_FOLLOWED);
    assert_int_equal(test_ledger_count(&fixture->test), 0);
}

static void the_configuration_may_name_teams(void **state)
{
    struct fixture *fixture = *state;
    struct node_config_fault fault;
    char text[ASSAY_ID_TEXT_MAX];
    size_t theirs[] = {fixture->stranger, fixture->claim};

    assay_id_format(ASSAY_ID_TEAM,
                    history_item(fixture->history, fixture->stranger)->id.hash,
                    text);
    assert_int_equal(node_config_set(&fixture->config,
                                     node_config_find("policy", "follow"),
                                     assay_bytes_of(text), &fault),
                     ASSAY_OK);
    configure(fixture);
    assert_int_equal(judge(fixture, theirs, 2, false), NODE_WISH_FOLLOWED);
}

/* With "open", a team that nobody vouches for has a quota a day; the trusted
 * ones have none. */
static void strangers_have_a_quota_a_day(void **state)
{
    struct fixture *fixture = *state;
    size_t theirs[4] = {fixture->stranger, fixture->claim};
    size_t ours[4] = {fixture->trusted};

    fixture->config.accept = NODE_ACCEPT_OPEN;
    fixture->config.team_quota = 3;
    for (size_t i = 1; i < 4; i++) {
        ours[i] = history_claim(fixture->history, fixture->trusted);
    }
    theirs[2] = history_claim(fixture->history, fixture->stranger);
    theirs[3] = history_claim(fixture->history, fixture->stranger);
    configure(fixture);
    assert_true(node_policy_is_open(fixture->policy));
    assert_int_equal(judge(fixture, theirs, 3, false), NODE_WISH_FOLLOWED);
    node_policy_rest(fixture->policy, TEST_NOW_S);
    assert_int_equal(judge(fixture, theirs + 3, 1, false), NODE_WISH_QUOTA);
    assert_int_equal(judge(fixture, ours, 4, false), NODE_WISH_FOLLOWED);
    node_policy_rest(fixture->policy, TEST_NOW_S + 86400);
    assert_int_equal(judge(fixture, theirs + 3, 1, false), NODE_WISH_FOLLOWED);
    assert_int_equal(test_ledger_count(&fixture->test), 8);
}

/* A clock that jumps gives a team one more day at most, and none is ever kept
 * from a day that has not come. */
static void a_clock_that_jumps_costs_a_day(void **state)
{
    const uint64_t times_s[] = {TEST_NOW_S + (uint64_t)90000 * 86400, 0,
                                TEST_NOW_S};
    struct fixture *fixture = *state;
    size_t theirs[8] = {fixture->stranger, fixture->claim};
    size_t count = 2;

    fixture->config.accept = NODE_ACCEPT_OPEN;
    fixture->config.team_quota = 2;
    for (size_t i = 2; i < 8; i++) {
        theirs[i] = history_claim(fixture->history, fixture->stranger);
    }
    configure(fixture);
    assert_int_equal(judge(fixture, theirs, 2, false), NODE_WISH_FOLLOWED);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(judge(fixture, theirs + count, 1, false),
                         NODE_WISH_QUOTA);
        node_policy_rest(fixture->policy, times_s[i]);
        assert_int_equal(judge(fixture, theirs + count, 2, false),
                         NODE_WISH_FOLLOWED);
        count += 2;
    }
    assert_int_equal(test_ledger_count(&fixture->test), 8);
}

/* A record that is held already costs none of the quota. */
static void what_is_held_costs_no_quota(void **state)
{
    struct fixture *fixture = *state;
    size_t theirs[] = {fixture->stranger, fixture->stranger, fixture->stranger,
                       fixture->claim};

    fixture->config.accept = NODE_ACCEPT_OPEN;
    fixture->config.team_quota = 2;
    configure(fixture);
    assert_int_equal(judge(fixture, theirs, 4, false), NODE_WISH_FOLLOWED);
}

/* A refresh on the pool finds what was changed, and tells only then. */
static void a_refresh_tells_of_changes_alone(void **state)
{
    struct fixture *fixture = *state;
    struct store_batch *batch = NULL;

    configure(fixture);
    fixture->changed = 0;
    node_policy_refresh(fixture->policy);
    node_policy_refresh(fixture->policy);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(fixture->changed, 0);
    assert_int_equal(
        store_batch_begin(fixture->test.ledger, TEST_NOW_S, &batch), ASSAY_OK);
    assert_int_equal(
        store_trust_add(batch,
                        &history_item(fixture->history, fixture->stranger)->id),
        ASSAY_OK);
    assert_int_equal(store_batch_commit(batch), ASSAY_OK);
    node_policy_refresh(fixture->policy);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(fixture->changed, 1);
    assert_int_equal(node_policy_teams(fixture->policy)->count, 2);
    /* One that is under way when it is freed harms nobody. */
    node_policy_refresh(fixture->policy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(trusted_teams_are_followed_and_strangers_not),
        TEST(what_is_named_is_kept),
        TEST(what_is_named_is_kept_with_its_whole_path),
        TEST(what_nobody_followed_names_is_not_kept),
        TEST(a_team_has_a_quota_of_what_it_names),
        TEST(a_record_whose_grant_is_not_held_is_let_through),
        TEST(the_configuration_may_name_teams),
        TEST(strangers_have_a_quota_a_day),
        TEST(a_clock_that_jumps_costs_a_day),
        TEST(what_is_held_costs_no_quota),
        TEST(a_refresh_tells_of_changes_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
