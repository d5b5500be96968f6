/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "protocol/standing.h"

#define RATING(name) ASSAY_RATING_##name

static struct assay_id id_of(uint8_t number)
{
    struct assay_id id = {{number}};

    return id;
}

/* A verdict that counts in every way; tests take that away. */
static struct assay_finding finding_of(uint8_t id, uint8_t team,
                                       enum assay_rating rating)
{
    return (struct assay_finding){
        .id = id_of(id),
        .team = id_of(team),
        .rating = rating,
        .is_accepted = true,
        .stands = true,
        .is_published = true,
    };
}

static struct assay_standing_result weigh(struct assay_finding *findings,
                                          size_t count)
{
    struct assay_standing_result result;

    assert_int_equal(assay_standing_of(findings, count, &result), ASSAY_OK);
    return result;
}

static void expect_standing(struct assay_finding *findings, size_t count,
                            const char *name)
{
    struct assay_standing_result result = weigh(findings, count);

    assert_string_equal(assay_standing_name(result.standing), name);
}

static void a_claim_without_verdicts_stands_at_none(void **state)
{
    struct assay_standing_result result = weigh(NULL, 0);
    (void)state;

    assert_int_equal(result.standing, ASSAY_STANDING_NONE);
    assert_int_equal(result.current_count, 0);
    assert_int_equal(result.team_count, 0);
    assert_false(result.is_unsettled);
}

static void one_current_verdict_is_single_whatever_its_rating(void **state)
{
    (void)state;

    for (int rating = 1; rating <= ASSAY_RATING_COUNT; rating++) {
        struct assay_finding one = finding_of(1, 1, (enum assay_rating)rating);
        struct assay_standing_result result = weigh(&one, 1);

        assert_int_equal(result.standing, ASSAY_STANDING_SINGLE);
        assert_int_equal(result.current_count, 1);
        assert_int_equal(result.team_count, 1);
        assert_true(one.is_current);
    }
}

static void the_same_rating_from_several_teams_is_agreed(void **state)
{
    (void)state;

    for (int rating = 1; rating <= ASSAY_RATING_COUNT; rating++) {
        enum assay_rating same = (enum assay_rating)rating;
        struct assay_finding findings[] = {
            finding_of(1, 1, same),
            finding_of(2, 2, same),
            finding_of(3, 3, same),
        };

        expect_standing(findings, 3, "agreed");
    }
}

/* Every pair of different ratings, by the sides that they are on. */
static void different_ratings_are_close_on_one_side_only(void **state)
{
    static const int side[ASSAY_RATING_COUNT + 1] = {
        [RATING(TRUE)] = 1,       [RATING(MOSTLY_TRUE)] = 1,
        [RATING(MISLEADING)] = 2, [RATING(MOSTLY_FALSE)] = 2,
        [RATING(FALSE)] = 2,
    };
    (void)state;

    for (int a = 1; a <= ASSAY_RATING_COUNT; a++) {
        for (int b = 1; b <= ASSAY_RATING_COUNT; b++) {
            struct assay_finding findings[] = {
                finding_of(1, 1, (enum assay_rating)a),
                finding_of(2, 2, (enum assay_rating)b),
            };
            bool is_close = side[a] != 0 && side[a] == side[b];

            if (a != b) {
                expect_standing(findings, 2, is_close ? "close" : "contested");
            }
        }
    }
}

static void one_verdict_on_the_other_side_makes_it_contested(void **state)
{
    struct assay_finding findings[] = {
        finding_of(1, 1, RATING(FALSE)),
        finding_of(2, 2, RATING(MISLEADING)),
        finding_of(3, 3, RATING(MOSTLY_FALSE)),
        finding_of(4, 4, RATING(MOSTLY_TRUE)),
    };
    (void)state;

    expect_standing(findings, 3, "close");
    expect_standing(findings, 4, "contested");
}

/* The odd one out may come first, in between or last. */
static void the_order_of_findings_is_no_matter(void **state)
{
    (void)state;

    for (uint8_t odd = 0; odd < 3; odd++) {
        struct assay_finding findings[] = {
            finding_of(1, 1, RATING(TRUE)),
            finding_of(2, 2, RATING(TRUE)),
            finding_of(3, 3, RATING(TRUE)),
        };

        findings[odd].rating = RATING(MOSTLY_TRUE);
        expect_standing(findings, 3, "close");
        findings[odd].rating = RATING(MIXED);
        expect_standing(findings, 3, "contested");
    }
}

static void several_current_verdicts_of_a_team_are_unsettled(void **state)
{
    struct assay_finding findings[] = {
        finding_of(1, 7, RATING(TRUE)),
        finding_of(2, 8, RATING(TRUE)),
        finding_of(3, 7, RATING(TRUE)),
    };
    struct assay_standing_result result = weigh(findings, 3);
    (void)state;

    assert_true(result.is_unsettled);
    assert_int_equal(result.current_count, 3);
    assert_int_equal(result.team_count, 2);
    assert_int_equal(result.standing, ASSAY_STANDING_AGREED);

    findings[2].is_retracted = true;
    result = weigh(findings, 3);
    assert_false(result.is_unsettled);
    assert_int_equal(result.team_count, 2);
}

/* Two verdicts of one team that differ are as contested as two teams'. */
static void a_team_can_contest_itself(void **state)
{
    struct assay_finding findings[] = {
        finding_of(1, 7, RATING(TRUE)),
        finding_of(2, 7, RATING(FALSE)),
    };
    struct assay_standing_result result = weigh(findings, 2);
    (void)state;

    assert_int_equal(result.standing, ASSAY_STANDING_CONTESTED);
    assert_int_equal(result.team_count, 1);
    assert_true(result.is_unsettled);
}

static void expect_not_current(struct assay_finding finding)
{
    struct assay_finding findings[] = {
        finding_of(9, 9, RATING(TRUE)),
        finding,
    };
    struct assay_standing_result result = weigh(findings, 2);

    assert_true(findings[0].is_current);
    assert_false(findings[1].is_current);
    assert_int_equal(result.standing, ASSAY_STANDING_SINGLE);
    assert_int_equal(result.current_count, 1);
}

static void what_does_not_count_is_not_current(void **state)
{
    struct assay_finding one = finding_of(1, 1, RATING(FALSE));
    struct assay_finding finding = one;
    (void)state;

    finding.is_accepted = false;
    expect_not_current(finding);
    finding = one;
    finding.stands = false;
    expect_not_current(finding);
    finding = one;
    finding.is_published = false;
    expect_not_current(finding);
    finding = one;
    finding.is_retracted = true;
    expect_not_current(finding);
    finding = one;
    finding.is_erased = true;
    expect_not_current(finding);
    finding = one;
    finding.rating = 0;
    expect_not_current(finding);
    finding.rating = (enum assay_rating)(ASSAY_RATING_COUNT + 1);
    expect_not_current(finding);
}

/* Two verdicts of team 1, the second of which supersedes the first. */
struct pair {
    struct assay_about about;
    struct assay_finding old_one;
    struct assay_finding new_one;
};

static struct pair pair_of(void)
{
    struct pair pair = {
        .about = {ASSAY_REL_SUPERSEDES, id_of(1)},
        .old_one = finding_of(1, 1, RATING(TRUE)),
        .new_one = finding_of(2, 1, RATING(FALSE)),
    };

    return pair;
}

/* Weighs the pair; whether the old one was superseded. */
static bool is_superseded(const struct pair *pair)
{
    struct assay_finding findings[] = {pair->old_one, pair->new_one};

    findings[1].about = &pair->about;
    findings[1].about_count = 1;
    (void)weigh(findings, 2);
    assert_int_equal(findings[0].is_current, !findings[0].is_superseded);
    assert_false(findings[1].is_superseded);
    return findings[0].is_superseded;
}

static void a_newer_verdict_of_the_team_supersedes(void **state)
{
    struct pair pair = pair_of();
    (void)state;

    assert_true(is_superseded(&pair));
}

static void only_what_counts_supersedes(void **state)
{
    struct pair pair = pair_of();
    (void)state;

    pair.new_one.is_published = false;
    assert_false(is_superseded(&pair));
    pair = pair_of();
    pair.new_one.stands = false;
    assert_false(is_superseded(&pair));
    pair = pair_of();
    pair.new_one.is_retracted = true;
    assert_false(is_superseded(&pair));
}

/* What it said is gone, that it took the old one back is not. */
static void an_erased_verdict_still_supersedes(void **state)
{
    struct pair pair = pair_of();
    (void)state;

    pair.new_one.is_erased = true;
    pair.new_one.rating = 0;
    assert_true(is_superseded(&pair));
}

static void a_verdict_supersedes_only_its_own_teams(void **state)
{
    struct pair pair = pair_of();
    (void)state;

    pair.new_one.team = id_of(2);
    assert_false(is_superseded(&pair));
}

/* Which teams the asker accepts does not change what a team has said. */
static void a_team_that_is_not_accepted_still_supersedes_its_own(void **state)
{
    struct pair pair = pair_of();
    struct assay_finding findings[2];
    (void)state;

    pair.old_one.is_accepted = false;
    pair.new_one.is_accepted = false;
    findings[0] = pair.old_one;
    findings[1] = pair.new_one;
    findings[1].about = &pair.about;
    findings[1].about_count = 1;
    assert_int_equal(weigh(findings, 2).standing, ASSAY_STANDING_NONE);
    assert_true(findings[0].is_superseded);
    assert_false(findings[1].is_current);
}

static void other_relations_do_not_supersede(void **state)
{
    struct pair pair = pair_of();
    (void)state;

    pair.about.relation = ASSAY_REL_CITES;
    assert_false(is_superseded(&pair));
}

/* A verdict on another claim is not among the findings, so naming it has no
 * effect. */
static void a_verdict_that_is_not_on_the_claim_is_not_superseded(void **state)
{
    struct pair pair = pair_of();
    (void)state;

    pair.about.id = id_of(77);
    assert_false(is_superseded(&pair));
}

/* Each of a chain is superseded by the next one; where the middle one is taken
 * back, the first is current again beside the last, which did not name it. */
static void retracting_the_middle_of_a_chain_restores_its_start(void **state)
{
    struct assay_about abouts[] = {
        {ASSAY_REL_SUPERSEDES, id_of(1)},
        {ASSAY_REL_SUPERSEDES, id_of(2)},
    };
    struct assay_finding findings[] = {
        finding_of(3, 1, RATING(FALSE)),
        finding_of(2, 1, RATING(TRUE)),
        finding_of(1, 1, RATING(MIXED)),
    };
    (void)state;

    findings[0].about = &abouts[1];
    findings[0].about_count = 1;
    findings[1].about = &abouts[0];
    findings[1].about_count = 1;
    expect_standing(findings, 3, "single");
    assert_true(findings[0].is_current);
    assert_true(findings[1].is_superseded);
    assert_true(findings[2].is_superseded);

    findings[1].is_retracted = true;
    assert_true(weigh(findings, 3).is_unsettled);
    assert_true(findings[0].is_current);
    assert_true(findings[2].is_current);
    assert_false(findings[2].is_superseded);
}

/* Out fields that hold something already do not change the answer. */
static void weighing_twice_says_the_same(void **state)
{
    struct assay_finding findings[] = {
        finding_of(1, 1, RATING(TRUE)),
        finding_of(2, 2, RATING(FALSE)),
    };
    (void)state;

    findings[0].is_superseded = true;
    findings[1].is_current = false;
    expect_standing(findings, 2, "contested");
    expect_standing(findings, 2, "contested");
}

static void many_verdicts_are_weighed(void **state)
{
    enum { COUNT = 200 };
    struct assay_finding findings[COUNT];
    struct assay_standing_result result;
    (void)state;

    for (size_t i = 0; i < COUNT; i++) {
        uint8_t team = (uint8_t)(i * 7 % 50);

        findings[i] = finding_of((uint8_t)i, team, RATING(FALSE));
    }
    result = weigh(findings, COUNT);
    assert_int_equal(result.standing, ASSAY_STANDING_AGREED);
    assert_int_equal(result.current_count, COUNT);
    assert_int_equal(result.team_count, 50);
    assert_true(result.is_unsettled);
}

/* Sign-offs. */

static struct assay_authority person(uint8_t key, uint8_t team,
                                     enum assay_role role)
{
    return (struct assay_authority){
        .team = id_of(team),
        .key = {{key}},
        .role = role,
        .is_in_force = true,
    };
}

static struct assay_authority chair_of(uint8_t key, uint8_t team)
{
    struct assay_authority root = person(key, team, ASSAY_ROLE_EDITOR);

    root.is_root = true;
    root.is_root_chair = true;
    return root;
}

static struct assay_signoff signoff_by(const struct assay_authority *by)
{
    return (struct assay_signoff){.by = by, .stands = true};
}

static void other_editors_of_the_team_sign_off(void **state)
{
    struct assay_authority author = person(1, 1, ASSAY_ROLE_CHECKER);
    struct assay_authority one = person(2, 1, ASSAY_ROLE_EDITOR);
    struct assay_authority two = person(3, 1, ASSAY_ROLE_EDITOR);
    struct assay_signoff signoffs[] = {signoff_by(&one), signoff_by(&two)};
    (void)state;

    assert_int_equal(assay_standing_signoffs(&author, signoffs, 2), 2);
    assert_true(signoffs[0].counts);
    assert_true(signoffs[1].counts);
    assert_int_equal(assay_standing_signoffs(&author, NULL, 0), 0);
}

static void only_editors_sign_off(void **state)
{
    struct assay_authority author = person(1, 1, ASSAY_ROLE_CHECKER);
    struct assay_authority checker = person(2, 1, ASSAY_ROLE_CHECKER);
    struct assay_authority archivist = person(3, 1, ASSAY_ROLE_ARCHIVIST);
    struct assay_signoff signoffs[] = {signoff_by(&checker),
                                       signoff_by(&archivist)};
    (void)state;

    assert_int_equal(assay_standing_signoffs(&author, signoffs, 2), 0);
    assert_false(signoffs[0].counts);
    assert_false(signoffs[1].counts);
}

static void no_other_team_signs_off(void **state)
{
    struct assay_authority author = person(1, 1, ASSAY_ROLE_CHECKER);
    struct assay_authority editor = person(2, 2, ASSAY_ROLE_EDITOR);
    struct assay_authority root = chair_of(3, 2);
    struct assay_signoff signoffs[] = {signoff_by(&editor), signoff_by(&root)};
    (void)state;

    assert_int_equal(assay_standing_signoffs(&author, signoffs, 2), 0);
}

/* Neither under the same grant nor under another one of the same key. */
static void an_author_never_signs_off(void **state)
{
    struct assay_authority author = person(1, 1, ASSAY_ROLE_EDITOR);
    struct assay_authority again = person(1, 1, ASSAY_ROLE_EDITOR);
    struct assay_authority old_root = chair_of(4, 1);
    struct assay_authority new_root = chair_of(5, 1);
    struct assay_signoff signoffs[] = {signoff_by(&author), signoff_by(&again)};
    struct assay_signoff roots[] = {signoff_by(&new_root)};
    (void)state;

    again.grant = id_of(9);
    assert_int_equal(assay_standing_signoffs(&author, signoffs, 2), 0);
    assert_int_equal(assay_standing_signoffs(&old_root, roots, 1), 0);
}

static void a_person_signs_off_once(void **state)
{
    struct assay_authority author = person(1, 1, ASSAY_ROLE_CHECKER);
    struct assay_authority one = person(2, 1, ASSAY_ROLE_EDITOR);
    struct assay_authority again = person(2, 1, ASSAY_ROLE_EDITOR);
    struct assay_signoff signoffs[] = {signoff_by(&one), signoff_by(&again),
                                       signoff_by(&one)};
    (void)state;

    again.grant = id_of(9);
    assert_int_equal(assay_standing_signoffs(&author, signoffs, 3), 1);
    assert_true(signoffs[0].counts);
    assert_false(signoffs[1].counts);
    assert_false(signoffs[2].counts);
}

/* All roots of a team, and a member with the key of one, in any order. */
static void the_roots_chair_signs_off_once(void **state)
{
    struct assay_authority author = person(1, 1, ASSAY_ROLE_CHECKER);
    struct assay_authority people[] = {
        chair_of(2, 1),
        chair_of(3, 1),
        person(2, 1, ASSAY_ROLE_EDITOR),
    };
    (void)state;

    people[2].is_root_chair = true;
    for (size_t first = 0; first < 3; first++) {
        struct assay_signoff signoffs[] = {
            signoff_by(&people[first]),
            signoff_by(&people[(first + 1) % 3]),
            signoff_by(&people[(first + 2) % 3]),
        };

        assert_int_equal(assay_standing_signoffs(&author, signoffs, 3), 1);
        assert_true(signoffs[0].counts);
    }
}

static void what_fell_or_was_taken_back_is_no_signoff(void **state)
{
    struct assay_authority author = person(1, 1, ASSAY_ROLE_CHECKER);
    struct assay_authority one = person(2, 1, ASSAY_ROLE_EDITOR);
    struct assay_signoff signoffs[] = {signoff_by(&one), signoff_by(&one),
                                       signoff_by(NULL), signoff_by(&one)};
    (void)state;

    signoffs[0].stands = false;
    signoffs[1].is_retracted = true;
    assert_int_equal(assay_standing_signoffs(&author, signoffs, 3), 0);

    /* A second one of the same person then counts. */
    assert_int_equal(assay_standing_signoffs(&author, signoffs, 4), 1);
    assert_true(signoffs[3].counts);
}

static void standings_have_their_names(void **state)
{
    static const char *const names[] = {"none", "single", "agreed", "close",
                                        "contested"};
    (void)state;

    for (int i = ASSAY_STANDING_NONE; i <= ASSAY_STANDING_CONTESTED; i++) {
        assert_string_equal(assay_standing_name((enum assay_standing)i),
                            names[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claim_without_verdicts_stands_at_none),
        cmocka_unit_test(one_current_verdict_is_single_whatever_its_rating),
        cmocka_unit_test(the_same_rating_from_several_teams_is_agreed),
        cmocka_unit_test(different_ratings_are_close_on_one_side_only),
        cmocka_unit_test(one_verdict_on_the_other_side_makes_it_contested),
        cmocka_unit_test(the_order_of_findings_is_no_matter),
        cmocka_unit_test(several_current_verdicts_of_a_team_are_unsettled),
        cmocka_unit_test(a_team_can_contest_itself),
        cmocka_unit_test(what_does_not_count_is_not_current),
        cmocka_unit_test(a_newer_verdict_of_the_team_supersedes),
        cmocka_unit_test(only_what_counts_supersedes),
        cmocka_unit_test(an_erased_verdict_still_supersedes),
        cmocka_unit_test(a_verdict_supersedes_only_its_own_teams),
        cmocka_unit_test(a_team_that_is_not_accepted_still_supersedes_its_own),
        cmocka_unit_test(other_relations_do_not_supersede),
        cmocka_unit_test(a_verdict_that_is_not_on_the_claim_is_not_superseded),
        cmocka_unit_test(retracting_the_middle_of_a_chain_restores_its_start),
        cmocka_unit_test(weighing_twice_says_the_same),
        cmocka_unit_test(many_verdicts_are_weighed),
        cmocka_unit_test(other_editors_of_the_team_sign_off),
        cmocka_unit_test(only_editors_sign_off),
        cmocka_unit_test(no_other_team_signs_off),
        cmocka_unit_test(an_author_never_signs_off),
        cmocka_unit_test(a_person_signs_off_once),
        cmocka_unit_test(the_roots_chair_signs_off_once),
        cmocka_unit_test(what_fell_or_was_taken_back_is_no_signoff),
        cmocka_unit_test(standings_have_their_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
