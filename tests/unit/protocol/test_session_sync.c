/* SPDX-License-Identifier: Apache-2.0 */
/* Two sessions whose ledgers differ come to hold the same, and when they
 * compare again. */
#include "pair.h"
#include "protocol/messages/sync.h"
#include "testing.h"

#include <string.h>

static uint8_t space[ASSAY_MESSAGE_MAX];

struct scene {
    struct pair *pair;
    struct history *history;
    struct side *dialler;
    struct side *listener;
};

static struct scene *scene_new(uint64_t seed)
{
    struct scene *scene = test_malloc(sizeof(*scene));

    scene->pair = pair_new();
    scene->history = history_new(seed);
    scene->dialler = &scene->pair->sides[0];
    scene->listener = &scene->pair->sides[1];
    return scene;
}

static void scene_free(struct scene *scene)
{
    pair_free(scene->pair);
    history_free(scene->history);
    test_free(scene);
}

static int set_up(void **state)
{
    *state = scene_new(6);
    return 0;
}

static int tear_down(void **state)
{
    scene_free(*state);
    return 0;
}

static void begin(struct scene *scene)
{
    pair_open(scene->pair);
    pair_run(scene->pair);
}

static void assert_same(struct scene *scene)
{
    assert_true(
        memledger_equal(scene->dialler->ledger, scene->listener->ledger));
    assert_false(scene->dialler->is_closed);
    assert_false(scene->listener->is_closed);
    assert_true(scene->dialler->is_equal);
    assert_true(scene->listener->is_equal);
}

static void put(struct side *side, struct scene *scene, size_t index)
{
    memledger_put(side->ledger, scene->history, index);
}

/* ---------------------------------------------------------- one differs */

static void who_is_behind_catches_up(void **state)
{
    (void)state;

    for (size_t behind = 0; behind < 2; behind++) {
        struct scene *scene = scene_new(7);
        size_t root = history_found(scene->history);

        for (size_t count = 0; count < 600; count++) {
            (void)history_claim(scene->history, root);
        }
        memledger_put_all(scene->pair->sides[behind].ledger, scene->history, 0,
                          100);
        memledger_put_all(scene->pair->sides[1 - behind].ledger, scene->history,
                          0, 601);
        begin(scene);
        assert_same(scene);
        assert_int_equal(scene->pair->sides[behind].accepted_count, 501);
        assert_int_equal(scene->pair->sides[1 - behind].accepted_count, 0);
        scene_free(scene);
    }
}

static void an_empty_ledger_gets_everything(void **state)
{
    (void)state;

    for (size_t empty = 0; empty < 2; empty++) {
        struct scene *scene = scene_new(8);
        struct history_mix mix = {1000, 20, 50, 100, 60, 30};

        history_grow(scene->history, &mix);
        memledger_put_all(scene->pair->sides[1 - empty].ledger, scene->history,
                          0, history_count(scene->history));
        begin(scene);
        pair_advance(scene->pair, 600000);
        assert_same(scene);
        assert_int_equal(scene->pair->sides[empty].early_count, 0);
        scene_free(scene);
    }
}

static void both_may_be_ahead_of_the_other(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t roots[10];

    for (size_t team = 0; team < 10; team++) {
        roots[team] = history_found(history);
        put(scene->dialler, scene, roots[team]);
        put(scene->listener, scene, roots[team]);
    }
    for (size_t count = 0; count < 400; count++) {
        size_t claim = history_claim(history, roots[count % 10]);

        put(count % 2 == 0 ? scene->dialler : scene->listener, scene, claim);
    }
    begin(scene);
    assert_same(scene);
    assert_int_equal(memledger_count(scene->dialler->ledger), 410);
}

/* Each side wrote its own next record after the same one. */
static void forks_are_exchanged(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);
    size_t fork = history_claim(history, root);

    put(scene->dialler, scene, root);
    put(scene->listener, scene, root);
    put(scene->dialler, scene, fork);
    put(scene->listener, scene, fork);
    for (size_t count = 0; count < 30; count++) {
        put(scene->dialler, scene, history_claim(history, root));
    }
    history_follow(history, fork);
    for (size_t count = 0; count < 50; count++) {
        put(scene->listener, scene, history_claim(history, root));
    }
    begin(scene);
    pair_advance(scene->pair, 600000);
    assert_same(scene);
    assert_int_equal(memledger_count(scene->dialler->ledger), 82);
}

static void only_what_both_follow_is_exchanged(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    struct assay_id ours[2];
    struct assay_id theirs[2];
    size_t teams[3];

    for (size_t team = 0; team < 3; team++) {
        teams[team] = history_found(history);
    }
    for (size_t count = 0; count < 30; count++) {
        (void)history_claim(history, teams[count % 3]);
    }
    ours[0] = history_item(history, teams[0])->id;
    ours[1] = history_item(history, teams[1])->id;
    theirs[0] = history_item(history, teams[1])->id;
    theirs[1] = history_item(history, teams[2])->id;
    scene->dialler->config.follows = (struct assay_follows){false, ours, 2};
    scene->listener->config.follows = (struct assay_follows){false, theirs, 2};
    for (size_t index = 0; index < history_count(history); index++) {
        if (index % 3 != 2) {
            put(scene->dialler, scene, index);
        }
        if (index % 3 == 2) {
            put(scene->listener, scene, index);
        }
    }
    begin(scene);
    assert_false(scene->dialler->is_closed);
    assert_false(scene->listener->is_closed);
    /* The middle team went one way, and nothing else any. */
    assert_int_equal(memledger_count(scene->dialler->ledger), 22);
    assert_int_equal(memledger_count(scene->listener->ledger), 22);
    assert_int_equal(scene->listener->unwanted_count, 0);
    assert_int_equal(scene->dialler->unwanted_count, 0);
    assert_true(scene->dialler->is_equal);
}

/* A ledger that was restored holds less of everything, in another order. */
static void any_two_parts_of_a_history_become_one(void **state)
{
    (void)state;

    for (uint64_t seed = 100; seed < 120; seed++) {
        struct scene *scene = scene_new(seed);
        struct history_mix mix = {300, 6, 12, 30, 20, 0};
        size_t *order;
        size_t count;

        history_grow(scene->history, &mix);
        count = history_count(scene->history);
        order = test_malloc(count * sizeof(*order));
        for (size_t index = 0; index < 2; index++) {
            size_t take = history_below(scene->history, count);

            history_shuffle(scene->history, order);
            for (size_t at = 0; at < take; at++) {
                put(&scene->pair->sides[index], scene, order[at]);
            }
        }
        begin(scene);
        pair_advance(scene->pair, (uint64_t)3 * 3600 * 1000);
        if (!memledger_equal(scene->dialler->ledger, scene->listener->ledger)) {
            fail_msg("seed %llu", (unsigned long long)seed);
        }
        assert_same(scene);
        test_free(order);
        scene_free(scene);
    }
}

/* The writer is behind: what comes waits, and nobody sends on meanwhile. */
static void a_slow_writer_catches_up_all_the_same(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);
    size_t waited = 0;

    for (size_t count = 0; count < 6000; count++) {
        (void)history_claim(history, root);
    }
    memledger_put_all(scene->listener->ledger, history, 0, 6001);
    scene->dialler->judges_later = true;
    begin(scene);
    while (scene->dialler->record_count > 0) {
        struct assay_session_stats stats;

        if (scene->dialler->record_count > waited) {
            waited = scene->dialler->record_count;
        }
        side_judge(scene->dialler, scene->pair->now_ms, 300);
        pair_run(scene->pair);
        assay_session_stats(scene->dialler->session, &stats);
        assert_int_equal(stats.records_in, stats.records_accepted +
                                               stats.records_held +
                                               scene->dialler->record_count);
    }
    /* No more waited than the bound and one message. */
    assert_true(waited <= ASSAY_SYNC_UNJUDGED_RECORDS + ASSAY_RECORDS_MAX);
    assert_same(scene);
    assert_int_equal(scene->dialler->held_count, 0);
}

/* -------------------------------------------------------------- in time */

static size_t exchanges_of(const struct side *side)
{
    struct assay_session_stats stats;

    assay_session_stats(side->session, &stats);
    return stats.exchange_count;
}

/* What nobody told is found by the next exchange. */
static void ledgers_are_compared_again_after_a_while(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);

    put(scene->dialler, scene, root);
    put(scene->listener, scene, root);
    begin(scene);
    assert_same(scene);
    put(scene->listener, scene, history_claim(scene->history, root));
    pair_advance(scene->pair, ASSAY_SYNC_IDLE_MS);
    assert_same(scene);
    assert_int_equal(memledger_count(scene->dialler->ledger), 2);
}

/* Whoever asks for it gets it within a minute. */
static void a_sync_that_is_asked_for_comes_within_a_minute(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);

    put(scene->dialler, scene, root);
    put(scene->listener, scene, root);
    begin(scene);
    put(scene->listener, scene, history_claim(scene->history, root));
    assay_session_sync(scene->dialler->session);
    pair_advance(scene->pair, ASSAY_SYNC_EXCHANGE_MS - 1);
    assert_int_equal(memledger_count(scene->dialler->ledger), 1);
    pair_advance(scene->pair, 1);
    assert_int_equal(memledger_count(scene->dialler->ledger), 2);
    assert_same(scene);
}

/* Only who dialled begins; the other one asks for it. */
static void the_listener_may_ask_for_a_sync(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);

    put(scene->dialler, scene, root);
    put(scene->listener, scene, root);
    begin(scene);
    put(scene->listener, scene, history_claim(scene->history, root));
    for (size_t count = 0; count < 100; count++) {
        assay_session_sync(scene->listener->session);
    }
    pair_run(scene->pair);
    assert_int_equal(scene->listener->message_count, 2);
    pair_advance(scene->pair, ASSAY_SYNC_EXCHANGE_MS);
    assert_same(scene);
    assert_int_equal(memledger_count(scene->dialler->ledger), 2);
    assert_int_equal(exchanges_of(scene->dialler), 2);

    /* And again, once that one has been. */
    put(scene->dialler, scene, history_claim(scene->history, root));
    assay_session_sync(scene->listener->session);
    pair_advance(scene->pair, ASSAY_SYNC_EXCHANGE_MS);
    assert_same(scene);
    assert_int_equal(memledger_count(scene->listener->ledger), 3);
}

/* Nobody but the listener asks the dialler, and not endlessly. */
static void endless_asking_for_a_sync_closes(void **state)
{
    static const uint8_t compare[] = {0x81, 0x05};
    struct scene *scene = *state;
    size_t exchanges;

    begin(scene);
    exchanges = exchanges_of(scene->listener);
    for (size_t side = 0; side < 2; side++) {
        for (size_t count = 0; count < 99; count++) {
            side_feed(&scene->pair->sides[side], scene->pair->now_ms,
                      (struct assay_bytes){compare, sizeof(compare)});
        }
    }
    pair_advance(scene->pair, ASSAY_SYNC_EXCHANGE_MS - 1);
    assert_int_equal(exchanges_of(scene->listener), exchanges);
    for (size_t count = 0; count < 200; count++) {
        side_feed(scene->dialler, scene->pair->now_ms,
                  (struct assay_bytes){compare, sizeof(compare)});
    }
    assert_true(scene->dialler->is_closed);
    assert_int_equal(scene->dialler->close_code, ASSAY_CLOSE_MISBEHAVED);
}

static void idle_ledgers_are_seldom_compared(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);

    put(scene->dialler, scene, root);
    put(scene->listener, scene, root);
    begin(scene);
    pair_advance(scene->pair, (uint64_t)10 * ASSAY_SYNC_IDLE_MS);
    assert_true(exchanges_of(scene->dialler) <= 11);
    assert_true(exchanges_of(scene->listener) <= 11);
    assert_same(scene);
}

/* Other teams are followed: what they wrote comes with the next exchange. */
static void a_team_that_is_followed_from_now_on_comes(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);
    struct assay_follows all = {.is_all = true};

    scene->dialler->config.follows.is_all = false;
    put(scene->listener, scene, root);
    begin(scene);
    assert_int_equal(memledger_count(scene->dialler->ledger), 0);
    scene->dialler->config.follows.is_all = true;
    assert_int_equal(assay_session_follow(scene->dialler->session, &all),
                     ASSAY_OK);
    pair_advance(scene->pair, ASSAY_SYNC_EXCHANGE_MS);
    assert_same(scene);
    assert_int_equal(memledger_count(scene->dialler->ledger), 1);
}

/* --------------------------------------------------------------- abuse */

/* A root message of the peer that claims to hold something else each time. */
static void feed_root(struct scene *scene, struct side *side, uint64_t round,
                      uint8_t salt)
{
    struct assay_msg_root root = {.round = round, .log_count = 1};
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;

    memset(root.root, salt, sizeof(root.root));
    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_msg_root_write(&root, &writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    side_feed(side, scene->pair->now_ms, bytes);
}

/* A peer whose fingerprints always differ makes us read our frontier no more
 * than the pauses allow, and is left or let be. */
static void fingerprints_that_always_differ_cost_little(void **state)
{
    struct scene *scene = *state;
    size_t calls;
    size_t fed = 0;

    for (size_t count = 0; count < 50; count++) {
        size_t root = history_found(scene->history);

        (void)history_claim(scene->history, root);
    }
    memledger_put_all(scene->listener->ledger, scene->history, 0,
                      history_count(scene->history));
    pair_open(scene->pair);
    side_greet(scene->listener, scene->pair->now_ms);
    calls = memledger_calls(scene->listener->ledger);
    while (fed < 1000 && !scene->listener->is_closed) {
        feed_root(scene, scene->listener, fed, (uint8_t)fed);
        fed++;
        while (!scene->listener->is_closed &&
               side_pull(scene->listener, scene->pair->now_ms).len > 0) {
        }
    }
    /* A frontier of 50 logs was read some times, not a thousand. */
    assert_true(memledger_calls(scene->listener->ledger) - calls < 20 * 60);
}

/* What the side says next to a root message. */
static uint64_t answer_to_root(struct scene *scene, struct side *side)
{
    struct assay_message message;

    do {
        assert_int_equal(
            assay_message_open(side_pull(side, scene->pair->now_ms), &message),
            ASSAY_OK);
    } while (message.type == ASSAY_MSG_PING);
    return message.type;
}

/* Who is asked before its time says so; then it answers. */
static void an_exchange_before_its_time_is_put_off(void **state)
{
    struct scene *scene = *state;
    struct side *side = scene->listener;

    pair_open(scene->pair);
    side_greet(side, scene->pair->now_ms);
    assert_int_equal(side->synced_count, 1);
    assert_int_equal(side_pull(side, scene->pair->now_ms).len, 0);
    scene->pair->now_ms += ASSAY_SYNC_EXCHANGE_TAKEN_MS - 1;
    side_tick(side, scene->pair->now_ms);
    feed_root(scene, side, 1, 0);
    assert_int_equal(answer_to_root(scene, side), ASSAY_MSG_DONE);
    assert_int_equal(side_pull(side, scene->pair->now_ms).len, 0);
    scene->pair->now_ms++;
    assert_true(assay_session_deadline_ms(side->session) <=
                scene->pair->now_ms);
    side_tick(side, scene->pair->now_ms);
    feed_root(scene, side, 2, 0);
    assert_int_equal(answer_to_root(scene, side), ASSAY_MSG_ROOT);
}

/* What was under way when an exchange was broken off is taken; what comes
 * when there is none is not. */
static void records_of_a_broken_exchange_are_taken(void **state)
{
    struct scene *scene = *state;
    struct side *side = scene->dialler;
    struct assay_msg_done done = {.what = ASSAY_DONE_SLICE,
                                  .status = ASSAY_DONE_LATER};
    const struct history_item *item;
    struct assay_records_writer records;
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;

    put(side, scene, history_found(scene->history));
    item = history_item(scene->history, history_claim(scene->history, 0));
    pair_open(scene->pair);
    side_greet(side, scene->pair->now_ms);
    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_msg_done_write(&done, &writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    side_feed(side, scene->pair->now_ms, bytes);
    assert_int_equal(side->synced_count, 1);
    assert_false(side->is_equal);

    assay_records_begin(&records, ASSAY_REQUEST_NONE, space, sizeof(space));
    assert_true(assay_records_add(&records, item->envelope, item->body));
    bytes = assay_records_end(&records);
    side_feed(side, scene->pair->now_ms, bytes);
    assert_false(side->is_closed);
    assert_int_equal(side->accepted_count, 1);
}

/* A peer that begins an exchange and then says no more is left. */
static void an_exchange_that_is_not_answered_ends(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);

    put(scene->dialler, scene, root);
    pair_open(scene->pair);
    side_greet(scene->dialler, scene->pair->now_ms);
    while (side_pull(scene->dialler, scene->pair->now_ms).len > 0) {
    }
    for (size_t step = 0; step < 20 && !scene->dialler->is_closed; step++) {
        static const uint8_t ping[] = {0x82, 0x01, 0x07};

        scene->pair->now_ms += 10000;
        side_feed(scene->dialler, scene->pair->now_ms,
                  (struct assay_bytes){ping, sizeof(ping)});
        side_tick(scene->dialler, scene->pair->now_ms);
        while (!scene->dialler->is_closed &&
               side_pull(scene->dialler, scene->pair->now_ms).len > 0) {
        }
    }
    assert_true(scene->dialler->is_closed);
    assert_int_equal(scene->dialler->close_code, ASSAY_CLOSE_TIMEOUT);
    assert_string_equal(scene->dialler->close_text,
                        "the exchange of frontiers is not answered");
}

static void what_is_not_its_turn_closes(void **state)
{
    struct scene *scene = *state;
    /* [10, 0, 0, 0, h'', h'', false]: where nothing was compared. */
    static const uint8_t frontier[] = {0x87, 0x0a, 0x00, 0x00,
                                       0x00, 0x40, 0x40, 0xf4};

    pair_open(scene->pair);
    side_greet(scene->listener, scene->pair->now_ms);
    side_feed(scene->listener, scene->pair->now_ms,
              (struct assay_bytes){frontier, sizeof(frontier)});
    assert_true(scene->listener->is_closed);
    assert_int_equal(scene->listener->close_code, ASSAY_CLOSE_ORDER);
}

/* In its place, and not what can be said there. */
static void what_cannot_be_in_an_exchange_is_malformed(void **state)
{
    struct scene *scene = *state;
    /* [10, 0, 0, 0, h'', h'']: a field is lacking. */
    static const uint8_t frontier[] = {0x86, 0x0a, 0x00, 0x00,
                                       0x00, 0x40, 0x40};

    pair_open(scene->pair);
    side_greet(scene->listener, scene->pair->now_ms);
    side_feed(scene->listener, scene->pair->now_ms,
              (struct assay_bytes){frontier, sizeof(frontier)});
    assert_true(scene->listener->is_closed);
    assert_int_equal(scene->listener->close_code, ASSAY_CLOSE_MALFORMED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_is_behind_catches_up),
        TEST(an_empty_ledger_gets_everything),
        TEST(both_may_be_ahead_of_the_other),
        TEST(forks_are_exchanged),
        TEST(only_what_both_follow_is_exchanged),
        TEST(any_two_parts_of_a_history_become_one),
        TEST(a_slow_writer_catches_up_all_the_same),
        TEST(ledgers_are_compared_again_after_a_while),
        TEST(a_sync_that_is_asked_for_comes_within_a_minute),
        TEST(the_listener_may_ask_for_a_sync),
        TEST(endless_asking_for_a_sync_closes),
        TEST(idle_ledgers_are_seldom_compared),
        TEST(a_team_that_is_followed_from_now_on_comes),
        TEST(fingerprints_that_always_differ_cost_little),
        TEST(an_exchange_before_its_time_is_put_off),
        TEST(records_of_a_broken_exchange_are_taken),
        TEST(an_exchange_that_is_not_answered_ends),
        TEST(what_is_not_its_turn_closes),
        TEST(what_cannot_be_in_an_exchange_is_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
