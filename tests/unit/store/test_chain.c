/* SPDX-License-Identifier: Apache-2.0 */
#include "store/chain.h"

#include "store/trust.h"
#include "test_ledger.h"
#include "testing.h"

#include <stdlib.h>

/* A desk and another one, on one claim; what a test walks ends with it. */
struct desk {
    struct test_ledger ledger;
    struct history *history;
    size_t filled; /* Records of the history that the ledger has. */
    uint64_t as_of_s;
    struct store_view *view;
    struct store_chain *chain;
    size_t root;
    size_t editor;
    size_t checker; /* Whose verdicts need one sign-off. */
    size_t other;   /* The other desk's root. */
    size_t claim;
};

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof(*desk));

    assert_non_null(desk);
    test_ledger_make(&desk->ledger);
    desk->history = history_new(5);
    desk->as_of_s = STORE_NOW;
    desk->root = history_found(desk->history);
    desk->editor =
        history_member(desk->history, desk->root, ASSAY_ROLE_EDITOR, 0);
    desk->checker =
        history_member(desk->history, desk->root, ASSAY_ROLE_CHECKER, 1);
    desk->other = history_found(desk->history);
    desk->claim = history_claim(desk->history, desk->editor);
    *state = desk;
    return 0;
}

static void end_walk(struct desk *desk)
{
    store_chain_free(desk->chain);
    store_view_end(desk->view);
    desk->chain = NULL;
    desk->view = NULL;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;

    end_walk(desk);
    history_free(desk->history);
    test_ledger_remove(&desk->ledger);
    free(desk);
    return 0;
}

static const struct assay_id *id_of(const struct desk *desk, size_t index)
{
    return &history_item(desk->history, index)->id;
}

/* Puts what was signed since the last time. */
static void fill(struct desk *desk, uint64_t now_s)
{
    struct store_batch *batch = NULL;
    size_t count = history_count(desk->history);

    assert_int_equal(store_batch_begin(desk->ledger.ledger, now_s, &batch),
                     ASSAY_OK);
    for (; desk->filled < count; desk->filled++) {
        const struct history_item *item =
            history_item(desk->history, desk->filled);
        struct assay_record record;
        uint64_t lsn = 0;
        bool has_new_body = false;

        assert_int_equal(
            assay_record_open(item->envelope, item->body, &record, NULL),
            ASSAY_OK);
        assert_int_equal(store_batch_put(batch, &record, &lsn, &has_new_body),
                         ASSAY_OK);
    }
    assert_int_equal(store_batch_commit(batch), ASSAY_OK);
}

/* Walks the chain of a claim, with the desk's team as one's own. */
static enum assay_err try_walk(struct desk *desk, const struct assay_id *claim,
                               uint32_t page_max)
{
    struct store_chain_options options = {
        .page_max = page_max,
        .verify_signatures = true,
        .own_teams = id_of(desk, desk->root),
        .own_team_count = 1,
    };

    end_walk(desk);
    fill(desk, TEST_NOW_S);
    assert_int_equal(
        store_view_begin(desk->ledger.ledger, desk->as_of_s, &desk->view),
        ASSAY_OK);
    return store_chain_walk(desk->view, NULL, claim, &options, &desk->chain);
}

static const struct store_chain *walk(struct desk *desk)
{
    assert_int_equal(try_walk(desk, id_of(desk, desk->claim), 0), ASSAY_OK);
    return desk->chain;
}

static size_t judge(struct desk *desk, size_t grant, enum assay_rating rating)
{
    return history_verdict(desk->history, grant, desk->claim, rating, NULL, 0);
}

static void only_a_held_claim_has_a_chain(void **state)
{
    struct desk *desk = *state;
    struct assay_id nobody = {{1}};

    assert_int_equal(try_walk(desk, &nobody, 0), ASSAY_E_NOT_FOUND);
    assert_int_equal(try_walk(desk, id_of(desk, desk->root), 0), ASSAY_E_AUTH);
    assert_int_equal(walk(desk)->standing.standing, ASSAY_STANDING_NONE);
}

static void each_record_says_who_speaks_and_what_was_checked(void **state)
{
    struct desk *desk = *state;
    const struct store_item *item = &walk(desk)->item;

    assert_true(assay_id_equal(&item->id, id_of(desk, desk->claim)));
    assert_true(assay_bytes_equal(item->team_name, assay_bytes_of("Team 0")));
    assert_true(
        assay_bytes_equal(item->member_name, assay_bytes_of("Somebody")));
    assert_int_equal(item->signature, STORE_SIGNATURE_GOOD);
    assert_int_equal(item->body, STORE_BODY_HELD);
    assert_int_equal(item->validity.state, ASSAY_STANDS);
    assert_false(item->is_log_forked);
}

static void only_verdicts_of_accepted_teams_count(void **state)
{
    struct desk *desk = *state;
    struct store_batch *batch = NULL;
    const struct store_chain *chain;

    (void)judge(desk, desk->editor, ASSAY_RATING_FALSE);
    (void)judge(desk, desk->other, ASSAY_RATING_TRUE);
    chain = walk(desk);
    assert_int_equal(chain->standing.standing, ASSAY_STANDING_SINGLE);
    assert_int_equal(chain->verdict_count, 2);
    assert_true(chain->verdicts[0].is_current);
    assert_false(chain->verdicts[1].is_accepted);
    assert_true(chain->verdicts[1].is_published);
    end_walk(desk);
    assert_int_equal(store_batch_begin(desk->ledger.ledger, TEST_NOW_S, &batch),
                     ASSAY_OK);
    assert_int_equal(store_trust_add(batch, id_of(desk, desk->other)),
                     ASSAY_OK);
    assert_int_equal(store_batch_commit(batch), ASSAY_OK);
    chain = walk(desk);
    assert_int_equal(chain->standing.standing, ASSAY_STANDING_CONTESTED);
    assert_int_equal(chain->standing.team_count, 2);
}

static void a_verdict_waits_until_an_editor_signs_it_off(void **state)
{
    struct desk *desk = *state;
    size_t verdict = judge(desk, desk->checker, ASSAY_RATING_FALSE);
    const struct store_chain *chain;

    (void)history_endorse(desk->history, desk->other, verdict);
    (void)history_endorse(desk->history, desk->checker, verdict);
    chain = walk(desk);
    assert_int_equal(chain->standing.standing, ASSAY_STANDING_NONE);
    assert_int_equal(chain->verdicts[0].signoffs_needed, 1);
    assert_int_equal(chain->verdicts[0].signoffs_count, 0);
    (void)history_endorse(desk->history, desk->editor, verdict);
    chain = walk(desk);
    assert_int_equal(chain->standing.standing, ASSAY_STANDING_SINGLE);
    assert_int_equal(chain->verdicts[0].signoffs_count, 1);
    assert_int_equal(chain->verdicts[0].endorsement_count, 3);
    assert_true(chain->verdicts[0].endorsements[0].counts);
    assert_false(chain->verdicts[0].endorsements[1].counts);
}

static void an_endorsement_that_was_retracted_is_none(void **state)
{
    struct desk *desk = *state;
    size_t verdict = judge(desk, desk->checker, ASSAY_RATING_FALSE);
    size_t endorse = history_endorse(desk->history, desk->editor, verdict);
    const struct store_chain *chain;

    (void)history_retract(desk->history, desk->editor, endorse, false);
    chain = walk(desk);
    assert_int_equal(chain->standing.standing, ASSAY_STANDING_NONE);
    assert_true(chain->verdicts[0].endorsements[0].item.is_retracted);
}

static void a_superseded_verdict_names_the_one_that_did_it(void **state)
{
    struct desk *desk = *state;
    size_t first = judge(desk, desk->editor, ASSAY_RATING_UNPROVEN);
    size_t second = history_verdict(desk->history, desk->editor, desk->claim,
                                    ASSAY_RATING_FALSE, &first, 1);
    const struct store_chain *chain = walk(desk);

    assert_int_equal(chain->standing.current_count, 1);
    assert_true(
        assay_id_equal(&chain->verdicts[0].item.id, id_of(desk, second)));
    assert_true(chain->verdicts[1].is_superseded);
    assert_true(
        assay_id_equal(&chain->verdicts[1].superseded_by, id_of(desk, second)));
}

static void a_retracted_verdict_says_by_what_and_why(void **state)
{
    struct desk *desk = *state;
    size_t verdict = judge(desk, desk->editor, ASSAY_RATING_FALSE);
    size_t stranger =
        history_retract(desk->history, desk->other, verdict, false);
    const struct store_item *item = &walk(desk)->verdicts[0].item;

    (void)stranger;
    assert_false(item->is_retracted);
    size_t retract = history_retract(desk->history, desk->root, verdict, false);
    item = &walk(desk)->verdicts[0].item;
    assert_true(item->is_retracted);
    assert_true(assay_id_equal(&item->retracted_by, id_of(desk, retract)));
    assert_non_null(item->retract_reason.data);
    assert_int_equal(desk->chain->standing.standing, ASSAY_STANDING_NONE);
}

static void an_erased_verdict_stays_as_a_gap(void **state)
{
    struct desk *desk = *state;
    size_t verdict = judge(desk, desk->editor, ASSAY_RATING_FALSE);
    size_t retract =
        history_retract(desk->history, desk->editor, verdict, true);
    const struct store_item *item = &walk(desk)->verdicts[0].item;

    assert_int_equal(item->body, STORE_BODY_ERASED);
    assert_int_equal(item->signature, STORE_SIGNATURE_GOOD);
    assert_true(item->erasure.has_by);
    assert_true(assay_id_equal(&item->erasure.by, id_of(desk, retract)));
    assert_int_equal(desk->chain->verdicts[0].verdict.rating, 0);
}

static void a_verdict_beyond_a_revocation_falls(void **state)
{
    struct desk *desk = *state;
    size_t good = judge(desk, desk->editor, ASSAY_RATING_TRUE);
    size_t bad = judge(desk, desk->editor, ASSAY_RATING_FALSE);
    size_t revoke =
        history_revoke(desk->history, desk->root, desk->editor, &good, 1);
    const struct store_chain *chain = walk(desk);
    const struct store_item *item = &chain->verdicts[1].item;

    assert_true(assay_id_equal(&item->id, id_of(desk, bad)));
    assert_int_equal(item->validity.state, ASSAY_CUT_BY_REVOKE);
    assert_true(assay_id_equal(&item->validity.cut_by, id_of(desk, revoke)));
    assert_int_equal(chain->standing.standing, ASSAY_STANDING_SINGLE);
}

static void a_fork_shows_on_everything_in_its_log(void **state)
{
    struct desk *desk = *state;
    size_t first = judge(desk, desk->editor, ASSAY_RATING_TRUE);

    (void)history_source(desk->history, desk->editor, desk->claim);
    history_follow(desk->history, first);
    (void)history_source(desk->history, desk->editor, desk->claim);
    assert_true(walk(desk)->item.is_log_forked);
    assert_true(desk->chain->sources[0].item.is_log_forked);
    assert_true(desk->chain->verdicts[0].item.is_log_forked);
}

static void a_challenge_stands_beside_what_it_answers(void **state)
{
    struct desk *desk = *state;
    size_t verdict = judge(desk, desk->editor, ASSAY_RATING_TRUE);
    size_t source = history_source(desk->history, desk->editor, desk->claim);
    const struct store_chain *chain;

    (void)history_challenge(desk->history, desk->other, verdict);
    (void)history_challenge(desk->history, desk->root, source);
    (void)history_challenge(desk->history, desk->other, desk->claim);
    chain = walk(desk);
    assert_int_equal(chain->verdicts[0].challenge_count, 1);
    assert_non_null(chain->verdicts[0].challenges[0].reason.data);
    assert_false(chain->verdicts[0].challenges[0].is_accepted);
    assert_int_equal(chain->sources[0].challenge_count, 1);
    assert_true(chain->sources[0].challenges[0].is_accepted);
    assert_int_equal(chain->challenge_count, 1);
}

/* A link is shown from both ends, and a walk never follows one. */
static void a_cycle_of_links_is_no_trap(void **state)
{
    struct desk *desk = *state;
    size_t other = history_claim(desk->history, desk->other);
    const struct store_chain *chain;

    (void)history_link(desk->history, desk->editor, desk->claim,
                       ASSAY_REL_REPEATS, other);
    (void)history_link(desk->history, desk->other, other, ASSAY_REL_CONTRADICTS,
                       desk->claim);
    (void)history_link(desk->history, desk->editor, desk->claim,
                       ASSAY_REL_SAME_AS, desk->claim);
    chain = walk(desk);
    assert_int_equal(chain->link_count, 3);
    assert_true(chain->links[0].is_outward);
    assert_false(chain->links[1].is_outward);
    assert_int_equal(chain->links[1].relation, ASSAY_REL_CONTRADICTS);
    assert_true(assay_id_equal(&chain->links[0].other.id, id_of(desk, other)));
    assert_true(assay_id_equal(&chain->links[1].other.id, id_of(desk, other)));
    assert_non_null(chain->links[0].other_text.data);
    assert_int_equal(try_walk(desk, id_of(desk, other), 0), ASSAY_OK);
    assert_int_equal(desk->chain->link_count, 2);
}

static void a_view_of_the_past_shows_what_was_there(void **state)
{
    struct desk *desk = *state;

    (void)judge(desk, desk->editor, ASSAY_RATING_TRUE);
    fill(desk, TEST_NOW_S);
    (void)judge(desk, desk->root, ASSAY_RATING_FALSE);
    fill(desk, TEST_NOW_S + 100);
    assert_true(walk(desk)->standing.is_unsettled);
    desk->as_of_s = TEST_NOW_S + 50;
    assert_int_equal(walk(desk)->verdict_count, 1);
    assert_int_equal(desk->chain->as_of_s, TEST_NOW_S + 50);
    assert_int_equal(desk->chain->standing.standing, ASSAY_STANDING_SINGLE);
    desk->as_of_s = TEST_NOW_S - 50;
    assert_int_equal(try_walk(desk, id_of(desk, desk->claim), 0),
                     ASSAY_E_NOT_FOUND);
}

/* Verdicts beyond the page count as those in it do. */
static void all_verdicts_count_whatever_the_page(void **state)
{
    struct desk *desk = *state;

    for (size_t i = 0; i < 30; i++) {
        (void)judge(desk, desk->other, ASSAY_RATING_TRUE);
    }
    for (size_t i = 0; i < 30; i++) {
        (void)judge(desk, desk->editor, ASSAY_RATING_FALSE);
    }
    assert_int_equal(try_walk(desk, id_of(desk, desk->claim), 7), ASSAY_OK);
    assert_int_equal(desk->chain->standing.current_count, 30);
    assert_int_equal(desk->chain->verdict_count, 7);
    assert_int_equal(desk->chain->verdict_more, 53);
    for (size_t i = 0; i < 7; i++) {
        assert_true(desk->chain->verdicts[i].is_current);
        assert_int_equal(desk->chain->verdicts[i].verdict.rating,
                         ASSAY_RATING_FALSE);
    }
}

static void a_team_is_called_what_it_was_founded_as(void **state)
{
    struct desk *desk = *state;

    (void)history_profile(desk->history, desk->root);
    (void)history_rotate(desk->history, desk->root, NULL, 0);
    (void)walk(desk);
    assert_true(
        assay_bytes_equal(store_team_name(desk->view, id_of(desk, desk->root)),
                          assay_bytes_of("Team 0")));
    assert_null(store_team_name(desk->view, id_of(desk, desk->claim)).data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_a_held_claim_has_a_chain),
        TEST(each_record_says_who_speaks_and_what_was_checked),
        TEST(only_verdicts_of_accepted_teams_count),
        TEST(a_verdict_waits_until_an_editor_signs_it_off),
        TEST(an_endorsement_that_was_retracted_is_none),
        TEST(a_superseded_verdict_names_the_one_that_did_it),
        TEST(a_retracted_verdict_says_by_what_and_why),
        TEST(an_erased_verdict_stays_as_a_gap),
        TEST(a_verdict_beyond_a_revocation_falls),
        TEST(a_fork_shows_on_everything_in_its_log),
        TEST(a_challenge_stands_beside_what_it_answers),
        TEST(a_cycle_of_links_is_no_trap),
        TEST(a_view_of_the_past_shows_what_was_there),
        TEST(all_verdicts_count_whatever_the_page),
        TEST(a_team_is_called_what_it_was_founded_as),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
