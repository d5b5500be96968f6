/* SPDX-License-Identifier: Apache-2.0 */
#include "node/follow.h"

#include "store/trust.h"
#include "test_ledger.h"
#include "testing.h"

struct fixture {
    struct test_ledger test;
    struct history *history;
    uv_loop_t loop;
    struct node_follow *follow;
    size_t told; /* Records. */
    uint64_t last_lsn;
    size_t trust_count;
};

static void on_records(void *context, struct store_view *view,
                       uint64_t after_lsn, uint64_t last_lsn)
{
    struct fixture *fixture = context;
    struct store_row row;

    assert_true(after_lsn < last_lsn);
    for (uint64_t lsn = after_lsn + 1; lsn <= last_lsn; lsn++) {
        assert_int_equal(store_view_by_lsn(view, lsn, &row), ASSAY_OK);
        fixture->told++;
    }
    assert_true(last_lsn > fixture->last_lsn);
    fixture->last_lsn = last_lsn;
}

static void on_trust(void *context)
{
    struct fixture *fixture = context;

    fixture->trust_count++;
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct node_follow_hooks hooks = {
        .context = &fixture, .records = on_records, .trust = on_trust};
    size_t root = 0;

    fixture = (struct fixture){.history = history_new(3)};
    test_ledger_make(&fixture.test);
    root = history_found(fixture.history);
    test_ledger_fill(&fixture.test, fixture.history, NULL, 1);
    for (size_t i = 1; i < 40; i++) {
        (void)history_claim(fixture.history, root);
    }
    assert_int_equal(uv_loop_init(&fixture.loop), 0);
    assert_int_equal(node_follow_new(&fixture.loop, fixture.test.ledger, &hooks,
                                     &fixture.follow),
                     ASSAY_OK);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    node_follow_free(fixture->follow);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    history_free(fixture->history);
    test_ledger_remove(&fixture->test);
    return 0;
}

/* Writes records of the history, as another process would. */
static void write_more(struct fixture *fixture, size_t from, size_t count)
{
    size_t order[40];

    for (size_t i = 0; i < count; i++) {
        order[i] = from + i;
    }
    test_ledger_fill(&fixture->test, fixture->history, order, count);
}

/* It begins behind what is there, and tells each record once. */
static void what_others_write_is_told_once(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(node_follow_lsn(fixture->follow), 1);
    node_follow_look(fixture->follow);
    assert_int_equal(fixture->told, 0);
    write_more(fixture, 1, 3);
    node_follow_look(fixture->follow);
    assert_int_equal(fixture->told, 3);
    node_follow_look(fixture->follow);
    assert_int_equal(fixture->told, 3);
    assert_int_equal(node_follow_lsn(fixture->follow), 4);
    assert_int_equal(fixture->trust_count, 0);
}

/* Nobody has to say that something was written. */
static void the_file_system_tells(void **state)
{
    struct fixture *fixture = *state;

    write_more(fixture, 1, 1);
    while (fixture->told < 1) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
    }
    write_more(fixture, 2, 5);
    while (fixture->told < 6) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
    }
    assert_int_equal(fixture->told, 6);
}

static void change_trust(struct fixture *fixture, bool is_trusted)
{
    const struct assay_id *team = &history_item(fixture->history, 0)->id;
    struct store_batch *batch = NULL;

    assert_int_equal(
        store_batch_begin(fixture->test.ledger, TEST_NOW_S, &batch), ASSAY_OK);
    assert_int_equal(is_trusted ? store_trust_add(batch, team)
                                : store_trust_remove(batch, team),
                     ASSAY_OK);
    assert_int_equal(store_batch_commit(batch), ASSAY_OK);
}

/* The list of trusted teams has no LSN. */
static void a_change_of_trust_is_told(void **state)
{
    struct fixture *fixture = *state;

    change_trust(fixture, true);
    node_follow_look(fixture->follow);
    assert_int_equal(fixture->trust_count, 1);
    change_trust(fixture, false);
    node_follow_look(fixture->follow);
    assert_int_equal(fixture->trust_count, 2);
    assert_int_equal(fixture->told, 0);
}

/* What the node's own writer wrote is not told, whoever looks meanwhile. */
static void ones_own_records_are_not_told(void **state)
{
    struct fixture *fixture = *state;

    node_follow_hold(fixture->follow);
    write_more(fixture, 1, 4); /* LSNs 2 to 5. */
    node_follow_look(fixture->follow);
    assert_int_equal(fixture->told, 0);
    node_follow_resume(fixture->follow, 2, 5);
    assert_int_equal(fixture->told, 0);
    assert_int_equal(node_follow_lsn(fixture->follow), 5);
    write_more(fixture, 5, 1);
    node_follow_look(fixture->follow);
    assert_int_equal(fixture->told, 1);
}

/* Others wrote before the own batch, and others behind it. */
static void what_lies_around_ones_own_is_told(void **state)
{
    struct fixture *fixture = *state;

    node_follow_hold(fixture->follow);
    write_more(fixture, 1, 2); /* 2 and 3: another's. */
    write_more(fixture, 3, 4); /* 4 to 7: our own. */
    write_more(fixture, 7, 1); /* 8: another's. */
    node_follow_look(fixture->follow);
    node_follow_resume(fixture->follow, 4, 7);
    assert_int_equal(fixture->told, 3);
    assert_int_equal(node_follow_lsn(fixture->follow), 8);
}

/* A batch in which nothing was new lets the looking go on. */
static void a_batch_without_news_hides_nothing(void **state)
{
    struct fixture *fixture = *state;

    node_follow_hold(fixture->follow);
    write_more(fixture, 1, 1);
    node_follow_look(fixture->follow);
    node_follow_resume(fixture->follow, 0, 0);
    assert_int_equal(fixture->told, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_others_write_is_told_once),
        TEST(the_file_system_tells),
        TEST(a_change_of_trust_is_told),
        TEST(ones_own_records_are_not_told),
        TEST(what_lies_around_ones_own_is_told),
        TEST(a_batch_without_news_hides_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
