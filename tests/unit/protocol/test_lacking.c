/* SPDX-License-Identifier: Apache-2.0 */
/* What another ledger lacks of a log with forks: all of it, prev first, and
 * as little else as can be told. */
#include "protocol/lacking.h"

#include "history.h"
#include "memledger.h"

#include "testing.h"

/*
 * A log of one checker: a chain of eight; a branch of three from its fourth; a
 * record that joins both ends; one more.
 *
 *   c1 c2 c3 c4 c5 c6 c7 c8 joined last
 *             b5 b6 b7
 */
struct desk {
    struct history *history;
    struct memledger *ledger;
    const struct assay_sync_view *view;
    size_t root, checker, chain[8], branch[3], joined, last;
    struct assay_sync_log log;
    struct assay_points points;
};

static size_t say(struct desk *desk)
{
    return history_capture(desk->history, desk->checker);
}

static void begin(struct desk *desk, bool is_joined)
{
    desk->history = history_new(4);
    desk->ledger = memledger_new();
    desk->view = memledger_view(desk->ledger);
    desk->root = history_found(desk->history);
    desk->checker =
        history_member(desk->history, desk->root, ASSAY_ROLE_CHECKER, 0);
    for (size_t i = 0; i < 8; i++) {
        desk->chain[i] = say(desk);
    }
    history_follow(desk->history, desk->chain[3]);
    for (size_t i = 0; i < 3; i++) {
        desk->branch[i] = say(desk);
    }
    if (is_joined) {
        history_heal(desk->history, desk->checker);
        desk->joined = say(desk);
        desk->last = say(desk);
    }
    memledger_put_all(desk->ledger, desk->history, 0,
                      history_count(desk->history));
    assert_int_equal(
        desk->view->find_log(desk->view->context,
                             &history_item(desk->history, desk->checker)->id,
                             &desk->log),
        ASSAY_OK);
}

static void end(struct desk *desk)
{
    memledger_free(desk->ledger);
    history_free(desk->history);
}

static struct assay_sync_item item_of(struct desk *desk, size_t index)
{
    struct assay_sync_item item;

    assert_int_equal(desk->view->find(desk->view->context,
                                      &history_item(desk->history, index)->id,
                                      &item),
                     ASSAY_OK);
    return item;
}

/* What the rows of the log's heads are. */
static struct assay_lacking_ask
ask_of(struct desk *desk, const struct assay_held *held, uint64_t last_seq)
{
    assert_int_equal(assay_points_take(desk->view, &desk->log, &desk->points),
                     ASSAY_OK);
    return (struct assay_lacking_ask){
        .log_number = desk->log.number,
        .heads = desk->points.lsns,
        .head_count = desk->points.head_count,
        .held = held,
        .last_seq = last_seq,
    };
}

static void hold(struct desk *desk, struct assay_held *held, size_t index)
{
    struct assay_sync_item item = item_of(desk, index);

    assay_held_add(held, item.lsn, item.seq);
}

/* What comes out must be these records, in this order. */
static void check_lacking(struct desk *desk, const struct assay_held *held,
                          uint64_t last_seq, const size_t *expected,
                          size_t count)
{
    struct assay_lacking_ask ask = ask_of(desk, held, last_seq);
    struct assay_lacking lacking;
    struct assay_sync_item item;
    size_t steps = 1000;

    assert_int_equal(assay_lacking_init(&lacking, desk->view, &ask), ASSAY_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(
            assay_lacking_next(&lacking, desk->view, &steps, &item), ASSAY_OK);
        assert_memory_equal(&item.id,
                            &history_item(desk->history, expected[i])->id,
                            sizeof(item.id));
        /* The same again, until it is taken. */
        assert_int_equal(
            assay_lacking_next(&lacking, desk->view, &steps, &item), ASSAY_OK);
        assert_memory_equal(&item.id,
                            &history_item(desk->history, expected[i])->id,
                            sizeof(item.id));
        assay_lacking_advance(&lacking);
    }
    assert_int_equal(assay_lacking_next(&lacking, desk->view, &steps, &item),
                     ASSAY_E_NOT_FOUND);
    assay_lacking_clear(&lacking);
}

static void who_has_nothing_lacks_all_by_seq(void **state)
{
    struct assay_held held = {.count = 0};
    struct desk desk;
    (void)state;

    begin(&desk, true);
    const size_t all[] = {desk.chain[0],  desk.chain[1],  desk.chain[2],
                          desk.chain[3],  desk.chain[4],  desk.branch[0],
                          desk.chain[5],  desk.branch[1], desk.chain[6],
                          desk.branch[2], desk.chain[7],  desk.joined,
                          desk.last};
    check_lacking(&desk, &held, 0, all, 13);
    end(&desk);
}

/* The joining record would have to be refused without the branch. */
static void a_branch_that_is_joined_later_comes_before(void **state)
{
    struct assay_held held = {.count = 0};
    struct desk desk;
    (void)state;

    begin(&desk, true);
    hold(&desk, &held, desk.chain[7]);
    const size_t lacking[] = {desk.branch[0], desk.branch[1], desk.branch[2],
                              desk.joined, desk.last};
    check_lacking(&desk, &held, 8, lacking, 5);
    end(&desk);
}

static void a_branch_that_ends_below_is_found_from_its_head(void **state)
{
    struct assay_held held = {.count = 0};
    struct desk desk;
    (void)state;

    begin(&desk, false);
    hold(&desk, &held, desk.chain[7]);
    check_lacking(&desk, &held, 8, desk.branch, 3);
    /* Part of it is held: only the rest comes. */
    hold(&desk, &held, desk.branch[1]);
    check_lacking(&desk, &held, 8, &desk.branch[2], 1);
    end(&desk);
}

static void who_has_all_lacks_nothing(void **state)
{
    struct assay_held held = {.count = 0};
    struct desk desk;
    (void)state;

    begin(&desk, true);
    hold(&desk, &held, desk.last);
    check_lacking(&desk, &held, 10, NULL, 0);
    end(&desk);
}

/* The other is on a branch of its own, which is not known here. */
static void what_is_behind_a_shared_point_is_not_sent(void **state)
{
    struct assay_held held = {.count = 0};
    struct desk desk;
    (void)state;

    begin(&desk, false);
    hold(&desk, &held, desk.chain[4]);
    const size_t lacking[] = {desk.chain[5],  desk.chain[6],  desk.chain[7],
                              desk.branch[0], desk.branch[1], desk.branch[2]};
    check_lacking(&desk, &held, 20, lacking, 6);
    end(&desk);
}

static void without_steps_it_is_busy(void **state)
{
    struct assay_held held = {.count = 0};
    struct assay_lacking lacking;
    struct assay_sync_item item;
    struct desk desk;
    size_t steps = 0;
    (void)state;

    begin(&desk, false);
    hold(&desk, &held, desk.chain[7]);
    struct assay_lacking_ask ask = ask_of(&desk, &held, 8);
    assert_int_equal(assay_lacking_init(&lacking, desk.view, &ask), ASSAY_OK);
    assert_int_equal(assay_lacking_next(&lacking, desk.view, &steps, &item),
                     ASSAY_E_BUSY);
    size_t calls = 0;
    enum assay_err err;

    do {
        steps = 1;
        err = assay_lacking_next(&lacking, desk.view, &steps, &item);
        calls++;
    } while (err == ASSAY_E_BUSY);
    assert_int_equal(err, ASSAY_OK);
    assert_int_equal(calls, 3); /* Three steps back find all three. */
    assay_lacking_clear(&lacking);
    end(&desk);
}

static void errors_of_the_view_are_passed_on(void **state)
{
    struct assay_held held = {.count = 0};
    struct assay_lacking lacking;
    struct assay_sync_item item;
    struct desk desk;
    size_t steps = 10;
    (void)state;

    begin(&desk, false);
    struct assay_lacking_ask ask = ask_of(&desk, &held, 8);
    memledger_fail(desk.ledger, ASSAY_E_IO);
    assert_int_equal(assay_points_take(desk.view, &desk.log, &desk.points),
                     ASSAY_E_IO);
    assert_int_equal(assay_lacking_init(&lacking, desk.view, &ask), ASSAY_E_IO);
    assay_lacking_clear(&lacking);
    memledger_fail(desk.ledger, ASSAY_OK);
    assert_int_equal(assay_lacking_init(&lacking, desk.view, &ask), ASSAY_OK);
    memledger_fail(desk.ledger, ASSAY_E_IO);
    assert_int_equal(assay_lacking_next(&lacking, desk.view, &steps, &item),
                     ASSAY_E_IO);
    assay_lacking_clear(&lacking);
    end(&desk);
}

/* What came after the other was shown our heads may have come from it. */
static void what_came_since_is_left_alone(void **state)
{
    struct assay_held held = {.count = 0};
    struct assay_lacking lacking;
    struct assay_sync_item item;
    struct desk desk;
    size_t steps = 100;
    (void)state;

    begin(&desk, false);
    hold(&desk, &held, desk.chain[7]);
    hold(&desk, &held, desk.branch[2]);
    struct assay_lacking_ask ask = ask_of(&desk, &held, 8);
    history_follow(desk.history, desk.chain[2]);
    memledger_put(desk.ledger, desk.history, say(&desk));
    assert_int_equal(assay_lacking_init(&lacking, desk.view, &ask), ASSAY_OK);
    assert_int_equal(assay_lacking_next(&lacking, desk.view, &steps, &item),
                     ASSAY_E_NOT_FOUND);
    assay_lacking_clear(&lacking);
    end(&desk);
}

static bool has_point(struct desk *desk, const struct assay_points *points,
                      size_t index)
{
    for (size_t i = 0; i < points->count; i++) {
        if (assay_id_equal(&points->ids[i],
                           &history_item(desk->history, index)->id)) {
            return true;
        }
    }
    return false;
}

static void points_are_heads_and_samples_behind_them(void **state)
{
    struct assay_points points;
    struct desk desk;
    (void)state;

    begin(&desk, false);
    assert_int_equal(assay_points_take(desk.view, &desk.log, &points),
                     ASSAY_OK);
    assert_int_equal(points.head_count, 2);
    assert_int_equal(points.last_seq, 8);
    assert_true(has_point(&desk, &points, desk.chain[7]));
    assert_true(has_point(&desk, &points, desk.branch[2]));
    /* Seqs 7, 6, 4 from one head; 6, 5, 3 from the other. */
    assert_true(has_point(&desk, &points, desk.chain[6]));
    assert_true(has_point(&desk, &points, desk.branch[1]));
    assert_true(has_point(&desk, &points, desk.branch[0]));
    assert_true(has_point(&desk, &points, desk.chain[3]));
    assert_true(has_point(&desk, &points, desk.chain[2]));
    assert_false(has_point(&desk, &points, desk.chain[0]));
    end(&desk);
}

/* However many heads and records, the points are not more than there may be,
 * and none is there twice. */
static void points_are_bounded_and_unique(void **state)
{
    struct assay_points points;
    struct desk desk;
    (void)state;

    begin(&desk, false);
    for (size_t i = 0; i < ASSAY_HEADS_MAX - 2; i++) {
        history_follow(desk.history, desk.chain[i % 7]);
        memledger_put(desk.ledger, desk.history, say(&desk));
    }
    assert_int_equal(
        desk.view->find_log(desk.view->context, &desk.log.grant, &desk.log),
        ASSAY_OK);
    assert_int_equal(desk.log.head_count, ASSAY_HEADS_MAX);
    assert_int_equal(assay_points_take(desk.view, &desk.log, &points),
                     ASSAY_OK);
    assert_int_equal(points.head_count, ASSAY_HEADS_MAX);
    assert_true(points.count <= ASSAY_SYNC_POINTS_MAX);
    for (size_t i = 0; i < points.count; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_true(points.lsns[i] != points.lsns[j]);
        }
    }
    end(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_nothing_lacks_all_by_seq),
        cmocka_unit_test(a_branch_that_is_joined_later_comes_before),
        cmocka_unit_test(a_branch_that_ends_below_is_found_from_its_head),
        cmocka_unit_test(who_has_all_lacks_nothing),
        cmocka_unit_test(what_is_behind_a_shared_point_is_not_sent),
        cmocka_unit_test(without_steps_it_is_busy),
        cmocka_unit_test(errors_of_the_view_are_passed_on),
        cmocka_unit_test(what_came_since_is_left_alone),
        cmocka_unit_test(points_are_heads_and_samples_behind_them),
        cmocka_unit_test(points_are_bounded_and_unique),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
