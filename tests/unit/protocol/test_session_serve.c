/* SPDX-License-Identifier: Apache-2.0 */
/* What a session answers, and what it takes as an answer. */
#include "session_desk.h"
#include "testing.h"

/* ------------------------------------------------------------- answers */

static void a_range_is_answered_in_order_and_ended(void **state)
{
    struct scene *scene = *state;
    size_t root = desk_hold_claims(scene, 20);
    uint64_t request = 0;

    desk_begin(scene);
    desk_feed_range(scene, 7, desk_id_of(scene, root), 5, 12);
    assert_int_equal(desk_pull_records(scene, &request), 8);
    assert_int_equal(request, 7);
    desk_assert_done(scene, 7, 8);
    assert_int_equal(side_pull(scene->side, scene->pair->now_ms).len, 0);

    /* The number is free again. A range may end behind the log. */
    desk_feed_range(scene, 7, desk_id_of(scene, root), 20, UINT64_MAX);
    assert_int_equal(desk_pull_records(scene, &request), 1);
    desk_assert_done(scene, 7, 1);
    desk_feed_range(scene, 8, desk_id_of(scene, root), 21, 22);
    desk_assert_done(scene, 8, 0);
}

static void a_range_of_a_fork_brings_all_branches(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);
    size_t fork = history_claim(history, root);
    uint64_t request = 0;

    for (size_t branch = 0; branch < 3; branch++) {
        history_follow(history, fork);
        (void)history_claim(history, root);
    }
    memledger_put_all(scene->side->ledger, history, 0, history_count(history));
    desk_begin(scene);
    desk_feed_range(scene, 1, desk_id_of(scene, root), 3, 3);
    assert_int_equal(desk_pull_records(scene, &request), 3);
    desk_assert_done(scene, 1, 3);
}

static void what_is_not_here_is_said_to_be_lacking(void **state)
{
    struct scene *scene = *state;
    struct assay_id nowhere = {{7}};

    desk_begin(scene);
    desk_feed_range(scene, 1, &nowhere, 1, 2);
    desk_assert_lack(scene, 1, &nowhere);
    desk_assert_done(scene, 1, 0);
    desk_feed_ids(scene, ASSAY_MSG_WANT, 2, &nowhere);
    desk_assert_lack(scene, 2, &nowhere);
    desk_assert_done(scene, 2, 0);
}

static void what_is_wanted_is_sent(void **state)
{
    struct scene *scene = *state;
    uint64_t request = 0;

    (void)desk_hold_claims(scene, 3);
    desk_begin(scene);
    desk_feed_ids(scene, ASSAY_MSG_WANT, 9, desk_id_of(scene, 1));
    assert_int_equal(desk_pull_records(scene, &request), 1);
    assert_int_equal(request, 9);
    desk_assert_done(scene, 9, 1);
}

/* A long answer does not hold up a short one. */
static void answers_take_turns(void **state)
{
    struct scene *scene = *state;
    size_t root = desk_hold_claims(scene, 1000);
    uint64_t request = 0;

    desk_begin(scene);
    desk_feed_range(scene, 1, desk_id_of(scene, root), 1, 1000);
    (void)desk_pull_records(scene, &request);
    assert_int_equal(request, 1);
    desk_feed_ids(scene, ASSAY_MSG_WANT, 2, desk_id_of(scene, 3));
    assert_int_equal(desk_pull_records(scene, &request), 1);
    assert_int_equal(request, 2);
    (void)desk_pull_records(scene, &request);
    assert_int_equal(request, 1);
    desk_assert_done(scene, 2, 1);
}

/* What a range brings is what the ledger holds when its turn comes. */
static void a_range_is_read_as_it_is_sent(void **state)
{
    struct scene *scene = *state;
    size_t root = desk_hold_claims(scene, 600);
    uint64_t request = 0;
    size_t count;
    size_t more;

    desk_begin(scene);
    desk_feed_range(scene, 1, desk_id_of(scene, root), 1, 10000);
    count = desk_pull_records(scene, &request);
    assert_true(count < 600);
    assert_true(scene->side->frame_max > ASSAY_MESSAGE_MAX - 2000);
    more = history_claim(scene->history, root);
    memledger_put(scene->side->ledger, scene->history, more);
    while (count < 601) {
        count += desk_pull_records(scene, &request);
    }
    desk_assert_done(scene, 1, 601);
}

/* ----------------------------------------------- more than is answered */

static void requests_beyond_the_limit_close(void **state)
{
    struct scene *scene = *state;
    size_t root = desk_hold_claims(scene, 2);

    desk_begin(scene);
    for (uint64_t request = 1; request <= ASSAY_SYNC_JOBS_MAX; request++) {
        desk_feed_range(scene, request, desk_id_of(scene, root), 1, 2);
        assert_false(scene->side->is_closed);
    }
    desk_feed_range(scene, 1000, desk_id_of(scene, root), 1, 2);
    desk_assert_closed(scene, ASSAY_CLOSE_FLOOD, "too many requests at a time");
}

/* As many as are answered may be asked anew, for ever. */
static void requests_within_the_limit_are_served_for_ever(void **state)
{
    struct scene *scene = *state;
    size_t root = desk_hold_claims(scene, 2);
    uint64_t number = 0;

    desk_begin(scene);
    for (size_t round = 0; round < 10; round++) {
        for (size_t count = 0; count < ASSAY_SYNC_JOBS_MAX; count++) {
            number++;
            desk_feed_range(scene, number, desk_id_of(scene, root), 1, 2);
        }
        while (side_pull(scene->side, scene->pair->now_ms).len > 0) {
        }
    }
    assert_false(scene->side->is_closed);
}

/* Asking for nothing again and again is answered at a rate. */
static void short_requests_are_answered_at_a_rate(void **state)
{
    struct scene *scene = *state;
    struct assay_id nowhere = {{7}};
    uint64_t number = 0;
    uint64_t begin_ms;

    desk_begin(scene);
    begin_ms = scene->pair->now_ms;
    while (number < 3000) {
        struct assay_session_stats stats;

        assay_session_stats(scene->side->session, &stats);
        for (size_t count = stats.job_count; count < ASSAY_SYNC_JOBS_MAX;
             count++) {
            number++;
            desk_feed_ids(scene, ASSAY_MSG_WANT, number, &nowhere);
        }
        while (side_pull(scene->side, scene->pair->now_ms).len > 0) {
        }
        assay_session_stats(scene->side->session, &stats);
        if (stats.job_count > 0) {
            uint64_t next_ms = assay_session_deadline_ms(scene->side->session);

            assert_true(next_ms > scene->pair->now_ms);
            assert_true(next_ms < scene->pair->now_ms + 10);
            scene->pair->now_ms = next_ms;
            side_tick(scene->side, scene->pair->now_ms);
        }
    }
    assert_false(scene->side->is_closed);
    assert_true(scene->pair->now_ms - begin_ms >= 3500);
    assert_true(scene->pair->now_ms - begin_ms <= 4500);
}

static void two_requests_of_one_number_close(void **state)
{
    struct scene *scene = *state;
    size_t root = desk_hold_claims(scene, 2);

    desk_begin(scene);
    desk_feed_range(scene, 3, desk_id_of(scene, root), 1, 2);
    desk_feed_ids(scene, ASSAY_MSG_WANT, 3, desk_id_of(scene, 0));
    desk_assert_closed(scene, ASSAY_CLOSE_ORDER,
                       "a request has the number of one that is open");
}

/* ------------------------------------------- answers that nobody wanted */

static void records_that_answer_no_request_close(void **state)
{
    struct scene *scene = *state;

    (void)history_found(scene->history);
    desk_begin(scene);
    desk_feed_record(scene, 1, 0);
    desk_assert_closed(scene, ASSAY_CLOSE_UNASKED, "records answer no request");
    assert_int_equal(memledger_count(scene->side->ledger), 0);
}

static void records_without_an_exchange_close(void **state)
{
    struct scene *scene = *state;

    (void)history_found(scene->history);
    desk_begin(scene);
    desk_feed_record(scene, ASSAY_REQUEST_NONE, 0);
    desk_assert_closed(scene, ASSAY_CLOSE_UNASKED,
                       "records come without an exchange of frontiers");
}

static void another_record_than_the_one_wanted_closes(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);
    size_t claim = history_claim(scene->history, root);
    uint64_t request;

    desk_begin(scene);
    request = desk_asked(scene, desk_id_of(scene, claim));
    desk_feed_record(scene, request, root);
    desk_assert_closed(scene, ASSAY_CLOSE_UNASKED,
                       "a record is not what was asked for");
    assert_int_equal(memledger_count(scene->side->ledger), 0);
}

static void a_record_comes_once(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);
    uint64_t request;

    desk_begin(scene);
    request = desk_asked(scene, desk_id_of(scene, root));
    desk_feed_record(scene, request, root);
    assert_int_equal(memledger_count(scene->side->ledger), 1);
    desk_feed_record(scene, request, root);
    desk_assert_closed(scene, ASSAY_CLOSE_UNASKED,
                       "a record is not what was asked for");
}

/* The gap of a log is asked for; what comes is of another log, or of another
 * place in it. */
static void records_beside_a_range_close(void **state)
{
    /* Below, above, and of another log. */
    static const size_t beside[] = {1, 8, 9};
    (void)state;

    for (size_t wrong = 0; wrong < 3; wrong++) {
        void *inner = NULL;
        struct scene *scene;
        struct assay_message message;
        struct assay_range range;
        size_t root;

        (void)desk_open(&inner);
        scene = inner;
        root = desk_hold_claims(scene, 3);
        for (size_t count = 0; count < 6; count++) {
            (void)history_claim(scene->history, root);
        }
        (void)history_found(scene->history);
        scene->side->config.follows.is_all = true;
        pair_open(scene->pair);
        side_greet(scene->side, scene->pair->now_ms);
        desk_feed_gossip(scene, history_item(scene->history, 7)->envelope,
                         history_item(scene->history, 7)->body);
        do {
            assert_true(desk_pull(scene, &message));
        } while (message.type != ASSAY_MSG_RANGE);
        assert_int_equal(assay_range_read(&message, &range, NULL), ASSAY_OK);
        assert_int_equal(range.from, 4);
        assert_int_equal(range.to, 8);
        desk_feed_record(scene, range.request, 3);
        assert_false(scene->side->is_closed);
        desk_feed_record(scene, range.request, beside[wrong]);
        desk_assert_closed(scene, ASSAY_CLOSE_UNASKED,
                           "a record is not what was asked for");
        (void)desk_close(&inner);
    }
}

static void a_lack_of_what_was_not_wanted_closes(void **state)
{
    struct scene *scene = *state;
    uint64_t request;

    (void)history_found(scene->history);
    desk_begin(scene);
    request = desk_asked(scene, desk_id_of(scene, 0));
    desk_feed_ids(scene, ASSAY_MSG_LACK, request, &(struct assay_id){{5}});
    desk_assert_closed(scene, ASSAY_CLOSE_UNASKED,
                       "what is lacking was not asked for");
}

static void a_lack_for_no_request_closes(void **state)
{
    struct scene *scene = *state;

    desk_begin(scene);
    desk_feed_ids(scene, ASSAY_MSG_LACK, 1, &(struct assay_id){{5}});
    desk_assert_closed(scene, ASSAY_CLOSE_UNASKED,
                       "what is lacking was not asked for");
}

static void the_end_of_no_request_closes(void **state)
{
    struct scene *scene = *state;

    desk_begin(scene);
    desk_feed_done(scene, 1);
    desk_assert_closed(scene, ASSAY_CLOSE_UNASKED, "no such request is open");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_range_is_answered_in_order_and_ended),
        TEST(a_range_of_a_fork_brings_all_branches),
        TEST(what_is_not_here_is_said_to_be_lacking),
        TEST(what_is_wanted_is_sent),
        TEST(answers_take_turns),
        TEST(a_range_is_read_as_it_is_sent),
        TEST(requests_beyond_the_limit_close),
        TEST(requests_within_the_limit_are_served_for_ever),
        TEST(short_requests_are_answered_at_a_rate),
        TEST(two_requests_of_one_number_close),
        TEST(records_that_answer_no_request_close),
        TEST(records_without_an_exchange_close),
        TEST(another_record_than_the_one_wanted_closes),
        TEST(a_record_comes_once),
        TEST(records_beside_a_range_close),
        TEST(a_lack_of_what_was_not_wanted_closes),
        TEST(a_lack_for_no_request_closes),
        TEST(the_end_of_no_request_closes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
