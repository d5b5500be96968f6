/* SPDX-License-Identifier: Apache-2.0 */
/* What a session asks for when a record builds on something that is not there,
 * and what it does when that does not come. */
#include "pair.h"
#include "protocol/messages/gossip.h"
#include "testing.h"

#include <string.h>

/* Side 0 lacks something; side 1 came to hold it after the two had compared
 * their frontiers, so that no exchange does the work. */
struct scene {
    struct pair *pair;
    struct history *history;
    struct side *poor;
    struct side *rich;
};

static int set_up(void **state)
{
    struct scene *scene = test_malloc(sizeof(*scene));

    scene->pair = pair_new();
    scene->history = history_new(4);
    scene->poor = &scene->pair->sides[0];
    scene->rich = &scene->pair->sides[1];
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    pair_free(scene->pair);
    history_free(scene->history);
    test_free(scene);
    return 0;
}

/* The rich side holds what the poor one does, and then the whole history. */
static void begin(struct scene *scene)
{
    struct history *history = scene->history;

    for (size_t index = 0; index < history_count(history); index++) {
        if (memledger_has(scene->poor->ledger,
                          &history_item(history, index)->id)) {
            memledger_put(scene->rich->ledger, history, index);
        }
    }
    pair_open(scene->pair);
    pair_run(scene->pair);
    assert_true(scene->poor->is_equal);
    for (size_t index = 0; index < history_count(history); index++) {
        if (!memledger_has(scene->rich->ledger,
                           &history_item(history, index)->id)) {
            memledger_put(scene->rich->ledger, history, index);
        }
    }
}

static const struct assay_id *id_of(struct scene *scene, size_t index)
{
    return &history_item(scene->history, index)->id;
}

/* The rich side tells of a record. */
static void tell(struct scene *scene, size_t index)
{
    struct assay_session_news news = {.id = *id_of(scene, index)};

    assert_true(assay_session_tell(scene->rich->session, &news));
    pair_run(scene->pair);
}

static void assert_poor_has_all(struct scene *scene)
{
    assert_true(memledger_equal(scene->poor->ledger, scene->rich->ledger));
    assert_false(scene->poor->is_closed);
    assert_false(scene->rich->is_closed);
}

static size_t fetches_of(const struct side *side)
{
    struct assay_session_stats stats;

    assay_session_stats(side->session, &stats);
    return stats.fetch_count + stats.request_count;
}

/* ------------------------------------------------------------ what comes */

static void a_record_that_can_be_taken_asks_for_nothing(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);

    memledger_put(scene->poor->ledger, scene->history, root);
    begin(scene);
    memledger_put(scene->rich->ledger, scene->history,
                  history_claim(scene->history, root));
    tell(scene, 1);
    assert_poor_has_all(scene);
    assert_int_equal(scene->poor->early_count, 0);
    assert_int_equal(scene->poor->passed_count, 1);
    assert_int_equal(scene->poor->passed[0], ASSAY_MSG_GOSSIP);
}

/* The end of a log is told; what is between it and ours is asked for. */
static void a_gap_in_a_log_is_filled(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);
    size_t last = root;

    for (size_t count = 0; count < 500; count++) {
        last = history_claim(scene->history, root);
    }
    memledger_put_all(scene->poor->ledger, scene->history, 0, 100);
    begin(scene);
    tell(scene, last);
    assert_poor_has_all(scene);
    /* No more than the gap was sent: each but the last one once. */
    assert_int_equal(scene->poor->held_count, 0);
    assert_int_equal(fetches_of(scene->poor), 0);
}

/* A checker whom we do not know yet: the grant, then the log. */
static void a_missing_delegation_is_fetched(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);
    size_t member = history_member(scene->history, root, ASSAY_ROLE_CHECKER, 0);

    (void)history_claim(scene->history, member);
    (void)history_claim(scene->history, member);
    memledger_put(scene->poor->ledger, scene->history, root);
    begin(scene);
    tell(scene, history_claim(scene->history, member) - 1);
    assert_poor_has_all(scene);
    assert_int_equal(fetches_of(scene->poor), 0);
}

/* Nothing of the team is known: its whole path of authority comes, and the
 * logs along it. */
static void a_path_of_authority_is_fetched_from_nothing(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);
    size_t editor;
    size_t next;
    size_t claim;

    (void)history_claim(history, root);
    (void)history_profile(history, root);
    next = history_rotate(history, root, (size_t[]){2}, 1);
    (void)history_profile(history, next);
    editor = history_member(history, next, ASSAY_ROLE_EDITOR, 0);
    (void)history_claim(history, editor);
    claim = history_claim(history, editor);
    begin(scene);
    tell(scene, claim);
    /* The record's own path: its log, the root's log up to the grant, and the
     * founding. What the first root key said is none of it. */
    assert_true(memledger_has(scene->poor->ledger, id_of(scene, claim)));
    assert_true(memledger_has(scene->poor->ledger, id_of(scene, editor)));
    assert_true(memledger_has(scene->poor->ledger, id_of(scene, next)));
    assert_true(memledger_has(scene->poor->ledger, id_of(scene, root)));
    assert_int_equal(memledger_count(scene->poor->ledger), 6);
    assert_false(scene->poor->is_closed);
    assert_int_equal(fetches_of(scene->poor), 0);
}

/* Our branch is longer than the place where theirs forked off. */
static void a_branch_below_our_heads_is_fetched(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);
    size_t fork = root;
    size_t last;

    for (size_t count = 0; count < 200; count++) {
        size_t claim = history_claim(history, root);

        fork = count == 20 ? claim : fork;
    }
    memledger_put_all(scene->poor->ledger, history, 0, history_count(history));
    history_follow(history, fork);
    for (size_t count = 0; count < 150; count++) {
        (void)history_claim(history, root);
    }
    last = history_count(history) - 1;
    begin(scene);
    tell(scene, last);
    assert_poor_has_all(scene);
    assert_int_equal(fetches_of(scene->poor), 0);
}

/* A fork near the end of a long log does not bring the log again. */
static void a_small_fork_costs_little(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);
    size_t fork = root;

    for (size_t count = 0; count < 200; count++) {
        size_t claim = history_claim(history, root);

        fork = count == 195 ? claim : fork;
    }
    memledger_put_all(scene->poor->ledger, history, 0, history_count(history));
    history_follow(history, fork);
    for (size_t count = 0; count < 3; count++) {
        (void)history_claim(history, root);
    }
    begin(scene);
    tell(scene, history_count(history) - 1);
    assert_poor_has_all(scene);
    assert_true(scene->poor->held_count <= 2 * ASSAY_SYNC_FORK_REACH);
}

/* A log that grows while it is being fetched is fetched on from where it was,
 * however often that happens. */
static void a_log_that_grows_meanwhile_is_fetched_once(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);

    for (size_t count = 0; count < 300; count++) {
        (void)history_claim(history, root);
    }
    memledger_put(scene->poor->ledger, history, root);
    begin(scene);
    for (size_t index = 10; index <= 300; index += 10) {
        struct assay_session_news news = {.id = *id_of(scene, index)};

        assert_true(assay_session_tell(scene->rich->session, &news));
        (void)pair_step(scene->pair, 1);
        (void)pair_step(scene->pair, 0);
    }
    pair_run(scene->pair);
    assert_poor_has_all(scene);
    assert_int_equal(scene->poor->held_count, 0);
}

/* Our head is on another branch below what is told. */
static void a_branch_beside_our_head_is_fetched(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);
    size_t fork;

    fork = history_claim(history, root);
    (void)history_claim(history, root);
    (void)history_claim(history, root);
    memledger_put_all(scene->poor->ledger, history, 0, 4);
    history_follow(history, fork);
    for (size_t count = 0; count < 40; count++) {
        (void)history_claim(history, root);
    }
    begin(scene);
    tell(scene, history_count(history) - 1);
    assert_poor_has_all(scene);
    assert_int_equal(fetches_of(scene->poor), 0);
}

/* A record that joins two branches, of which we have neither. */
static void a_healed_fork_is_fetched(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);
    size_t fork = history_claim(history, root);

    for (size_t branch = 0; branch < 3; branch++) {
        history_follow(history, fork);
        for (size_t count = 0; count < 10 + branch; count++) {
            (void)history_claim(history, root);
        }
    }
    history_heal(history, root);
    (void)history_claim(history, root);
    memledger_put(scene->poor->ledger, history, root);
    begin(scene);
    tell(scene, history_count(history) - 1);
    assert_poor_has_all(scene);
}

/* Records that are told one after the other lead to one range, not to many. */
static void what_is_told_meanwhile_is_fetched_with_it(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);

    for (size_t count = 0; count < 300; count++) {
        (void)history_claim(history, root);
    }
    memledger_put(scene->poor->ledger, history, root);
    begin(scene);
    for (size_t index = 200; index <= 300; index++) {
        struct assay_session_news news = {.id = *id_of(scene, index)};

        assert_true(assay_session_tell(scene->rich->session, &news));
    }
    pair_run(scene->pair);
    assert_poor_has_all(scene);
    assert_true(scene->poor->held_count < 300);
}

/* -------------------------------------------------------------- by name */

static void a_record_is_fetched_by_its_id(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);
    size_t member = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    size_t claim;

    (void)history_claim(history, member);
    claim = history_claim(history, member);
    (void)history_claim(history, member);
    scene->poor->config.follows.is_all = false;
    begin(scene);
    assert_int_equal(
        assay_session_fetch(scene->poor->session, id_of(scene, claim)),
        ASSAY_OK);
    pair_run(scene->pair);

    /* It came with what it builds on, and no further. */
    assert_true(memledger_has(scene->poor->ledger, id_of(scene, claim)));
    assert_int_equal(memledger_count(scene->poor->ledger), 4);
    assert_int_equal(scene->poor->lacked_count, 0);
    assert_int_equal(fetches_of(scene->poor), 0);
}

static void what_an_accepted_record_names_is_fetched(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t ours = history_found(history);
    size_t theirs = history_found(history);
    size_t claim = history_claim(history, theirs);
    size_t verdict =
        history_verdict(history, ours, claim, ASSAY_RATING_FALSE, NULL, 0);
    struct assay_id team = *id_of(scene, ours);

    scene->poor->config.follows.is_all = false;
    scene->poor->config.follows.teams = &team;
    scene->poor->config.follows.count = 1;
    scene->poor->fetches_named = true;
    memledger_put(scene->poor->ledger, history, ours);
    begin(scene);
    tell(scene, verdict);
    assert_true(memledger_has(scene->poor->ledger, id_of(scene, verdict)));
    assert_true(memledger_has(scene->poor->ledger, id_of(scene, claim)));
    assert_true(memledger_has(scene->poor->ledger, id_of(scene, theirs)));
}

static void what_the_peer_lacks_is_told(void **state)
{
    struct scene *scene = *state;
    struct assay_id nowhere = {{1, 2, 3}};

    begin(scene);
    assert_int_equal(assay_session_fetch(scene->poor->session, &nowhere),
                     ASSAY_OK);
    pair_run(scene->pair);
    assert_int_equal(scene->poor->lacked_count, 1);
    assert_true(assay_id_equal(&scene->poor->lacked[0], &nowhere));
    assert_int_equal(fetches_of(scene->poor), 0);
    assert_false(scene->poor->is_closed);
}

/* A hundred ids travel in four messages, whatever is there of them. */
static void many_ids_are_asked_for_together(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);
    size_t before;

    for (size_t count = 0; count < 50; count++) {
        (void)history_claim(history, root);
    }
    memledger_put(scene->poor->ledger, history, root);
    begin(scene);
    for (size_t count = 0; count < 100; count++) {
        struct assay_id nowhere = {{0xff, (uint8_t)count}};

        assert_int_equal(assay_session_fetch(scene->poor->session,
                                             count % 2 == 0
                                                 ? id_of(scene, 50 - count / 2)
                                                 : &nowhere),
                         ASSAY_OK);
    }
    before = scene->poor->message_count;
    pair_run(scene->pair);
    assert_true(scene->poor->message_count - before <= 8);
    assert_poor_has_all(scene);
    assert_int_equal(scene->poor->lacked_count, 50);
}

/* What came on another way meanwhile is not asked for. */
static void what_is_held_is_not_asked_for(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);
    size_t before;

    begin(scene);
    before = scene->poor->message_count;
    assert_int_equal(
        assay_session_fetch(scene->poor->session, id_of(scene, root)),
        ASSAY_OK);
    memledger_put(scene->poor->ledger, scene->history, root);
    pair_run(scene->pair);
    assert_int_equal(scene->poor->message_count, before);
    assert_int_equal(fetches_of(scene->poor), 0);
}

/* What came and waits for the ingest is not asked for a second time. */
static void what_came_is_not_asked_for_before_it_is_judged(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);
    size_t before;

    scene->poor->judges_later = true;
    begin(scene);
    assert_int_equal(
        assay_session_fetch(scene->poor->session, id_of(scene, root)),
        ASSAY_OK);
    before = scene->poor->message_count;
    pair_advance(scene->pair, 2 * ASSAY_SYNC_LOOK_MS);
    assert_int_equal(scene->poor->record_count, 1);
    assert_int_equal(scene->poor->message_count, before + 1);
    side_judge(scene->poor, scene->pair->now_ms, 1);
    pair_run(scene->pair);
    assert_int_equal(scene->poor->message_count, before + 1);
    assert_int_equal(fetches_of(scene->poor), 0);
}

/* ----------------------------------------------------- what does not come */

static void the_number_of_fetches_is_bounded(void **state)
{
    struct scene *scene = *state;

    begin(scene);
    for (size_t count = 0; count < ASSAY_SYNC_FETCHES_MAX; count++) {
        struct assay_id id = {{(uint8_t)count, (uint8_t)(count >> 8), 1}};

        assert_int_equal(assay_session_fetch(scene->poor->session, &id),
                         ASSAY_OK);
    }
    assert_int_equal(assay_session_fetch(scene->poor->session,
                                         &(struct assay_id){{9, 9, 9}}),
                     ASSAY_E_BUSY);
}

/* A peer that does not answer is blamed once for all that waited; what was
 * wanted is told, so that others are asked; a late answer is no offence. */
static void what_is_not_answered_is_given_up(void **state)
{
    struct scene *scene = *state;
    struct assay_session_stats stats;
    struct assay_id nowhere = {{1}};

    begin(scene);
    assert_int_equal(assay_session_fetch(scene->poor->session, &nowhere),
                     ASSAY_OK);
    assert_true(pair_step(scene->pair, 0));
    scene->pair->is_cut[1] = true;
    pair_advance(scene->pair, ASSAY_SYNC_ANSWER_MS);
    assert_int_equal(scene->poor->lacked_count, 1);
    assert_false(scene->poor->is_closed);
    assay_session_stats(scene->poor->session, &stats);
    assert_true(stats.score > 0);

    scene->pair->is_cut[1] = false;
    pair_run(scene->pair);
    assert_false(scene->poor->is_closed);
    assert_int_equal(fetches_of(scene->poor), 0);
}

/* Who passes on a record without what it builds on has not checked it. */
static void records_without_a_basis_are_an_offence(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);
    size_t round;

    for (size_t count = 0; count < 100; count++) {
        (void)history_member(history, root, ASSAY_ROLE_CHECKER, 0);
    }
    for (size_t member = 1; member <= 100; member++) {
        (void)history_claim(history, member);
    }
    pair_open(scene->pair);
    pair_run(scene->pair);
    for (round = 0; round < 100 && !scene->poor->is_closed; round++) {
        const struct history_item *item = history_item(history, 101 + round);
        uint8_t space[2048];
        uint8_t bytes[4096];
        struct assay_gossip_message gossip = {.round = 0};
        struct assay_cbor_writer writer;
        struct assay_bytes message;

        assert_int_equal(assay_record_join(item->envelope, item->body, space,
                                           sizeof(space), &gossip.item),
                         ASSAY_OK);
        assay_cbor_writer_init(&writer, bytes, sizeof(bytes));
        assay_gossip_write(&writer, &gossip);
        assert_int_equal(assay_cbor_writer_finish(&writer, &message), ASSAY_OK);
        side_feed(scene->poor, scene->pair->now_ms, message);
        pair_run(scene->pair);
    }
    assert_true(round <= 20);
    assert_int_equal(scene->poor->close_code, ASSAY_CLOSE_MISBEHAVED);
    assert_string_equal(scene->poor->close_text,
                        "records without what they build on");
    assert_int_equal(memledger_count(scene->poor->ledger), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_record_that_can_be_taken_asks_for_nothing),
        TEST(a_gap_in_a_log_is_filled),
        TEST(a_missing_delegation_is_fetched),
        TEST(a_path_of_authority_is_fetched_from_nothing),
        TEST(a_branch_below_our_heads_is_fetched),
        TEST(a_small_fork_costs_little),
        TEST(a_log_that_grows_meanwhile_is_fetched_once),
        TEST(a_branch_beside_our_head_is_fetched),
        TEST(a_healed_fork_is_fetched),
        TEST(what_is_told_meanwhile_is_fetched_with_it),
        TEST(a_record_is_fetched_by_its_id),
        TEST(what_an_accepted_record_names_is_fetched),
        TEST(what_the_peer_lacks_is_told),
        TEST(many_ids_are_asked_for_together),
        TEST(what_is_held_is_not_asked_for),
        TEST(what_came_is_not_asked_for_before_it_is_judged),
        TEST(the_number_of_fetches_is_bounded),
        TEST(what_is_not_answered_is_given_up),
        TEST(records_without_a_basis_are_an_offence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
