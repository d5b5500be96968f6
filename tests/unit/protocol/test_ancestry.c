/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "protocol/ancestry.h"

#include "history.h"
#include "memview.h"

/* One member's log, which each test makes the shape it needs. */
struct log {
    struct history *history;
    struct memview *memview;
    size_t added; /* Records of the history that the view has. */
    size_t root;
    size_t member;
};

static int make_log(void **state)
{
    static struct log log;

    log = (struct log){.history = history_new(1), .memview = memview_new()};
    log.root = history_found(log.history);
    log.member = history_member(log.history, log.root, ASSAY_ROLE_CHECKER, 0);
    *state = &log;
    return 0;
}

static int drop_log(void **state)
{
    struct log *log = *state;

    memview_free(log->memview);
    history_free(log->history);
    return 0;
}

/* A next record of the member's log; the first of those that follow. */
static size_t grow(struct log *log)
{
    return history_claim(log->history, log->member);
}

static size_t branch(struct log *log, size_t from)
{
    history_follow(log->history, from);
    return grow(log);
}

static size_t heal(struct log *log)
{
    history_heal(log->history, log->member);
    return grow(log);
}

static const struct assay_record *record_of(struct log *log, size_t index)
{
    while (log->added < history_count(log->history)) {
        const struct history_item *item =
            history_item(log->history, log->added);

        assert_int_equal(memview_add(log->memview, item->envelope, item->body),
                         ASSAY_OK);
        log->added++;
    }
    return memview_find(log->memview, &history_item(log->history, index)->id);
}

static bool is_behind(struct log *log, size_t index, size_t tip)
{
    const struct assay_record *record = record_of(log, index);
    bool is = false;

    assert_int_equal(
        assay_ancestry_is_behind(memview_view(log->memview), record,
                                 &history_item(log->history, tip)->id, &is),
        ASSAY_OK);
    return is;
}

static void a_record_is_behind_itself_and_what_follows(void **state)
{
    struct log *log = *state;
    size_t first = grow(log);
    size_t second = grow(log);
    size_t third = grow(log);

    assert_true(is_behind(log, second, second));
    assert_true(is_behind(log, first, third));
    assert_true(is_behind(log, second, third));
    assert_false(is_behind(log, third, second));
    assert_false(is_behind(log, third, first));
}

static void branches_of_a_fork_are_not_behind_each_other(void **state)
{
    struct log *log = *state;
    size_t base = grow(log);
    size_t left = grow(log);
    size_t left_tip = grow(log);
    size_t right = branch(log, base);
    size_t right_tip = grow(log);

    assert_true(is_behind(log, base, left_tip));
    assert_true(is_behind(log, base, right_tip));
    assert_true(is_behind(log, left, left_tip));
    assert_true(is_behind(log, right, right_tip));
    assert_false(is_behind(log, left, right_tip));
    assert_false(is_behind(log, right, left_tip));
    assert_false(is_behind(log, left, right));
    assert_false(is_behind(log, left_tip, right_tip));
}

/* A log may fork at its very beginning: two records of seq 1. */
static void two_first_records_are_a_fork(void **state)
{
    struct log *log = *state;
    size_t first = grow(log);
    size_t other;

    /* A grant's log begins anew where nothing of it was signed before. */
    history_begin_again(log->history, log->member);
    other = grow(log);

    assert_int_equal(history_item(log->history, other)->seq, 1);
    assert_false(is_behind(log, first, other));
    assert_false(is_behind(log, other, first));
    assert_true(is_behind(log, other, heal(log)));
}

static void all_branches_are_behind_what_heals_them(void **state)
{
    struct log *log = *state;
    size_t base = grow(log);
    size_t left = grow(log);
    size_t right = branch(log, base);
    size_t far_right = grow(log);
    size_t healing = heal(log);
    size_t after = grow(log);

    assert_true(is_behind(log, left, healing));
    assert_true(is_behind(log, right, healing));
    assert_true(is_behind(log, far_right, after));
    assert_true(is_behind(log, left, after));
    assert_false(is_behind(log, healing, far_right));
}

/* The seqs between a short branch and the record that heals it have one record
 * each, and yet are not the only way to it. */
static void a_short_branch_is_behind_what_heals_it_much_later(void **state)
{
    struct log *log = *state;
    size_t base = grow(log);
    size_t stray = grow(log);
    size_t next = branch(log, base);
    size_t last = HISTORY_NONE;
    size_t healing;

    for (int i = 0; i < 20; i++) {
        last = grow(log);
    }
    healing = heal(log);
    assert_false(is_behind(log, stray, last));
    assert_true(is_behind(log, next, last));
    assert_true(is_behind(log, stray, healing));
    assert_true(is_behind(log, next, healing));
}

static void nothing_is_behind_a_tip_that_is_not_held(void **state)
{
    struct log *log = *state;
    const struct assay_record *record = record_of(log, grow(log));
    struct assay_id unknown = {{7}};
    bool is = true;

    assert_int_equal(assay_ancestry_is_behind(memview_view(log->memview),
                                              record, &unknown, &is),
                     ASSAY_OK);
    assert_false(is);
}

static void nothing_is_behind_a_tip_of_another_log(void **state)
{
    struct log *log = *state;
    size_t first = grow(log);
    size_t other =
        history_member(log->history, log->root, ASSAY_ROLE_CHECKER, 0);
    size_t tip = HISTORY_NONE;

    for (int i = 0; i < 3; i++) {
        tip = history_claim(log->history, other);
    }
    assert_false(is_behind(log, first, tip));
    assert_false(is_behind(log, log->member, tip));
}

/* A found record is the first of its own log; a member record is not in the
 * log that it makes. */
static void a_root_grant_is_in_its_own_log(void **state)
{
    struct log *log = *state;
    size_t profile = history_profile(log->history, log->root);
    size_t first = grow(log);

    assert_true(is_behind(log, log->root, profile));
    assert_true(is_behind(log, log->member, profile));
    assert_false(is_behind(log, log->member, first));
}

/* Where a log does not fork, its length is no matter. */
static void an_unforked_log_costs_three_calls_of_the_view(void **state)
{
    struct log *log = *state;
    size_t first = grow(log);
    size_t middle = HISTORY_NONE;
    size_t tip = HISTORY_NONE;

    for (int i = 0; i < 300; i++) {
        middle = i == 150 ? tip : middle;
        tip = grow(log);
    }
    (void)record_of(log, tip);
    memview_fail_at(log->memview, 0, ASSAY_OK);
    assert_true(is_behind(log, first, tip));
    assert_true(memview_call_count(log->memview) <= 3);
    memview_fail_at(log->memview, 0, ASSAY_OK);
    assert_true(is_behind(log, middle, tip));
    assert_true(memview_call_count(log->memview) <= 3);
    memview_fail_at(log->memview, 0, ASSAY_OK);
    assert_false(is_behind(log, tip, middle));
    assert_true(memview_call_count(log->memview) <= 3);
}

/* A fork far behind costs nothing where it was not. */
static void only_records_in_a_fork_cost_a_walk(void **state)
{
    struct log *log = *state;
    size_t base = grow(log);
    size_t tip = HISTORY_NONE;

    (void)grow(log);
    (void)branch(log, base);
    for (int i = 0; i < 100; i++) {
        tip = grow(log);
    }
    (void)record_of(log, tip);
    memview_fail_at(log->memview, 0, ASSAY_OK);
    assert_true(is_behind(log, base, tip));
    assert_true(memview_call_count(log->memview) <= 3);
}

static void a_failing_view_is_passed_on(void **state)
{
    struct log *log = *state;
    size_t base = grow(log);
    size_t left = grow(log);
    const struct assay_record *record;
    struct assay_id tip;
    enum assay_err err = ASSAY_E_IO;
    size_t call = 0;
    bool is = false;

    (void)branch(log, base);
    (void)heal(log);
    tip = history_item(log->history, grow(log))->id;
    record = record_of(log, left);
    while (err == ASSAY_E_IO) {
        call++;
        memview_fail_at(log->memview, call, ASSAY_E_IO);
        err = assay_ancestry_is_behind(memview_view(log->memview), record, &tip,
                                       &is);
        assert_int_equal(is, err == ASSAY_OK);
    }
    assert_int_equal(err, ASSAY_OK);
    assert_true(call > 4);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, make_log, drop_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(a_record_is_behind_itself_and_what_follows),
        LOG_TEST(branches_of_a_fork_are_not_behind_each_other),
        LOG_TEST(two_first_records_are_a_fork),
        LOG_TEST(all_branches_are_behind_what_heals_them),
        LOG_TEST(a_short_branch_is_behind_what_heals_it_much_later),
        LOG_TEST(nothing_is_behind_a_tip_that_is_not_held),
        LOG_TEST(nothing_is_behind_a_tip_of_another_log),
        LOG_TEST(a_root_grant_is_in_its_own_log),
        LOG_TEST(an_unforked_log_costs_three_calls_of_the_view),
        LOG_TEST(only_records_in_a_fork_cost_a_walk),
        LOG_TEST(a_failing_view_is_passed_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
