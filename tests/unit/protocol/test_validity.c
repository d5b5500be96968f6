/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "protocol/key.h"
#include "protocol/validity.h"

#include "history.h"
#include "memview.h"

#include <string.h>

/* A team with two members, which each test goes on with. */
struct desk {
    struct history *history;
    struct memview *memview;
    struct assay_validity *validity; /* NULL until something is asked. */
    size_t added;                    /* Records that the view has. */
    size_t root;
    size_t editor;
    size_t checker;
};

static int open_desk(void **state)
{
    static struct desk desk;

    desk = (struct desk){.history = history_new(2), .memview = memview_new()};
    desk.root = history_found(desk.history);
    desk.editor = history_member(desk.history, desk.root, ASSAY_ROLE_EDITOR, 0);
    desk.checker =
        history_member(desk.history, desk.root, ASSAY_ROLE_CHECKER, 2);
    *state = &desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;

    assay_validity_free(desk->validity);
    memview_free(desk->memview);
    history_free(desk->history);
    return 0;
}

/* The evaluator over all that was written so far. */
static struct assay_validity *ask(struct desk *desk)
{
    if (desk->validity != NULL && desk->added == history_count(desk->history)) {
        return desk->validity;
    }
    assay_validity_free(desk->validity);
    desk->validity = NULL;
    while (desk->added < history_count(desk->history)) {
        const struct history_item *item =
            history_item(desk->history, desk->added);

        assert_int_equal(memview_add(desk->memview, item->envelope, item->body),
                         ASSAY_OK);
        desk->added++;
    }
    assert_int_equal(
        assay_validity_new(memview_view(desk->memview), &desk->validity),
        ASSAY_OK);
    return desk->validity;
}

static const struct assay_id *id_of(const struct desk *desk, size_t index)
{
    return &history_item(desk->history, index)->id;
}

static struct assay_validity_result judge(struct desk *desk, size_t index)
{
    struct assay_validity *validity = ask(desk);
    struct assay_validity_result result;

    assert_int_equal(
        assay_validity_of(
            validity, memview_find(desk->memview, id_of(desk, index)), &result),
        ASSAY_OK);
    return result;
}

static void expect_stands(struct desk *desk, size_t index)
{
    static const struct assay_id none;
    struct assay_validity_result result = judge(desk, index);

    assert_string_equal(assay_validity_name(result.state), "stands");
    assert_memory_equal(&result.cut_by, &none, sizeof(none));
}

static void expect_fell(struct desk *desk, size_t index,
                        enum assay_validity_state state, size_t cut_by)
{
    struct assay_validity_result result = judge(desk, index);

    assert_string_equal(assay_validity_name(result.state),
                        assay_validity_name(state));
    assert_memory_equal(&result.cut_by, id_of(desk, cut_by), ASSAY_ID_SIZE);
}

static const struct assay_authority *authority(struct desk *desk, size_t grant)
{
    const struct assay_authority *authority = NULL;

    assert_int_equal(
        assay_validity_authority(ask(desk), id_of(desk, grant), &authority),
        ASSAY_OK);
    assert_non_null(authority);
    return authority;
}

static bool same_id(const struct assay_id *a, const struct assay_id *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static size_t smaller(const struct desk *desk, size_t a, size_t b)
{
    return memcmp(id_of(desk, a), id_of(desk, b), ASSAY_ID_SIZE) < 0 ? a : b;
}

/* Members. */

static void members_speak_for_the_team_that_made_them(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    const struct assay_authority *by = judge(desk, claim).authority;

    expect_stands(desk, claim);
    assert_true(same_id(&by->grant, id_of(desk, desk->checker)));
    assert_true(same_id(&by->root, id_of(desk, desk->root)));
    assert_true(same_id(&by->team, id_of(desk, desk->root)));
    assert_memory_equal(by->key.bytes,
                        history_secret(desk->history, desk->checker) + 32,
                        ASSAY_KEY_SIZE);
    assert_int_equal(by->role, ASSAY_ROLE_CHECKER);
    assert_int_equal(by->signoffs, 2);
    assert_false(by->is_root);
    assert_true(by->is_in_force);
    assert_false(by->is_ended);
    assert_false(by->has_root_fork);
}

static void a_root_speaks_as_an_editor_without_signoffs(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->root);
    const struct assay_authority *by = judge(desk, claim).authority;

    expect_stands(desk, claim);
    expect_stands(desk, desk->root);
    expect_stands(desk, desk->editor);
    assert_true(by->is_root);
    assert_int_equal(by->role, ASSAY_ROLE_EDITOR);
    assert_int_equal(by->signoffs, 0);
    assert_true(same_id(&by->root, &by->grant));
    assert_true(same_id(&by->team, &by->grant));
}

static void kinds_of_authority_count_only_in_a_roots_log(void **state)
{
    static const uint64_t unknown[] = {7, 15};
    struct desk *desk = *state;
    struct history *history = desk->history;
    size_t editor = desk->editor;
    size_t out[6];

    out[0] = history_profile(history, editor);
    out[1] = history_member(history, editor, ASSAY_ROLE_EDITOR, 0);
    out[2] = history_revoke(history, editor, desk->checker, NULL, 0);
    out[3] = history_vouch(history, editor, desk->root);
    out[4] = history_unknown(history, editor, unknown[0], editor);
    out[5] = history_unknown(history, editor, unknown[1], editor);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(judge(desk, out[i]).state, ASSAY_OUT_OF_PLACE);
    }
    expect_stands(desk, history_unknown(history, editor, 16, editor));
    expect_stands(desk, history_unknown(history, desk->root, 15, editor));
    expect_stands(desk, history_claim(history, desk->checker));
}

static void a_member_made_by_a_member_speaks_for_nobody(void **state)
{
    struct desk *desk = *state;
    size_t friend =
        history_member(desk->history, desk->editor, ASSAY_ROLE_EDITOR, 0);
    size_t claim = history_claim(desk->history, friend);
    const struct assay_authority *by = authority(desk, desk->editor);

    /* Also where the member is remembered already. */
    assert_true(by->is_in_force);
    assert_int_equal(judge(desk, claim).state, ASSAY_AUTHORITY_MISSING);
    assert_null(judge(desk, claim).authority);
    assert_int_equal(
        assay_validity_authority(ask(desk), id_of(desk, friend), &by),
        ASSAY_E_AUTH);
}

static void a_record_is_no_grant(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->editor);
    const struct assay_authority *by = NULL;
    struct assay_id root;

    assert_int_equal(
        assay_validity_authority(ask(desk), id_of(desk, claim), &by),
        ASSAY_E_AUTH);
    assert_int_equal(
        assay_validity_root(ask(desk), id_of(desk, desk->editor), &root),
        ASSAY_E_AUTH);
}

static void authority_that_is_not_held_is_missing(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->editor);
    struct memview *empty = memview_new();
    struct assay_validity *validity = NULL;
    struct assay_validity_result result;
    const struct assay_authority *by = judge(desk, claim).authority;
    struct assay_id root;

    assert_int_equal(assay_validity_new(memview_view(empty), &validity),
                     ASSAY_OK);
    assert_int_equal(
        assay_validity_of(
            validity, memview_find(desk->memview, id_of(desk, claim)), &result),
        ASSAY_OK);
    assert_int_equal(result.state, ASSAY_AUTHORITY_MISSING);
    assert_null(result.authority);
    assert_int_equal(
        assay_validity_authority(validity, id_of(desk, desk->editor), &by),
        ASSAY_OK);
    assert_null(by);
    assert_int_equal(
        assay_validity_root(validity, id_of(desk, desk->root), &root),
        ASSAY_E_NOT_FOUND);
    assay_validity_free(validity);
    memview_free(empty);
}

/* Records that a ledger would not take, but that somebody could hand us. */

/* Seals a claim, member or rotate under a grant by whoever has the secret. */
static struct assay_id forge(struct desk *desk, uint64_t kind, size_t auth,
                             const uint8_t *secret)
{
    static const uint8_t body[] = {0xa0};
    struct assay_payload payload = {.kind = kind, .seq = 1};
    struct assay_grant grant = {.role = ASSAY_ROLE_EDITOR};
    struct assay_cbor_writer writer;
    uint8_t grant_bytes[256];
    uint8_t out[ASSAY_RECORD_MAX];
    struct assay_bytes envelope;
    struct assay_id id;

    (void)ask(desk);
    payload.auth = *id_of(desk, auth);
    memcpy(grant.key.bytes, secret + 32, ASSAY_KEY_SIZE);
    if (assay_grant_is_required(kind)) {
        assay_cbor_writer_init(&writer, grant_bytes, sizeof(grant_bytes));
        assay_grant_write(kind, &grant, &writer);
        assert_int_equal(assay_cbor_writer_finish(&writer, &payload.grant),
                         ASSAY_OK);
    }
    assert_int_equal(assay_record_seal(&payload,
                                       (struct assay_bytes){body, sizeof(body)},
                                       secret, out, &envelope, &id),
                     ASSAY_OK);
    assert_int_equal(memview_add(desk->memview, envelope, ASSAY_BYTES_NONE),
                     ASSAY_OK);
    return id;
}

static void expect_no_grant(struct desk *desk, const struct assay_id *id)
{
    struct assay_validity *validity = NULL;
    const struct assay_authority *by = NULL;
    struct assay_id root;

    assert_int_equal(assay_validity_new(memview_view(desk->memview), &validity),
                     ASSAY_OK);
    assert_int_equal(assay_validity_authority(validity, id, &by), ASSAY_E_AUTH);
    assert_int_equal(
        assay_validity_root(validity, id_of(desk, desk->root), &root),
        ASSAY_OK);
    assert_true(same_id(&root, id_of(desk, desk->root)));
    assay_validity_free(validity);
}

static void expect_missing(struct desk *desk, const struct assay_id *id)
{
    struct assay_validity *validity = NULL;
    struct assay_validity_result result;

    assert_int_equal(assay_validity_new(memview_view(desk->memview), &validity),
                     ASSAY_OK);
    assert_int_equal(
        assay_validity_of(validity, memview_find(desk->memview, id), &result),
        ASSAY_OK);
    assert_int_equal(result.state, ASSAY_AUTHORITY_MISSING);
    assert_null(result.authority);
    assay_validity_free(validity);
}

static void only_the_committed_key_can_rotate(void **state)
{
    struct desk *desk = *state;
    const uint8_t *secret = history_secret(desk->history, desk->editor);
    struct assay_id rotate = forge(desk, ASSAY_KIND_ROTATE, desk->root, secret);

    expect_no_grant(desk, &rotate);
    expect_missing(desk, &rotate);
}

static void a_member_cannot_be_rotated(void **state)
{
    struct desk *desk = *state;
    const uint8_t *secret = history_secret(desk->history, desk->editor);
    struct assay_id rotate =
        forge(desk, ASSAY_KIND_ROTATE, desk->editor, secret);

    expect_no_grant(desk, &rotate);
    expect_missing(desk, &rotate);
}

static void only_the_roots_key_can_make_members(void **state)
{
    struct desk *desk = *state;
    const uint8_t *secret = history_secret(desk->history, desk->editor);
    struct assay_id member = forge(desk, ASSAY_KIND_MEMBER, desk->root, secret);

    expect_no_grant(desk, &member);
    expect_missing(desk, &member);
}

static void only_the_grants_key_speaks_under_it(void **state)
{
    struct desk *desk = *state;
    const uint8_t *secret = history_secret(desk->history, desk->editor);
    struct assay_id claim =
        forge(desk, ASSAY_KIND_CLAIM, desk->checker, secret);

    expect_missing(desk, &claim);
}

/* Revocation. */

static void a_revocation_cuts_at_its_last_good_record(void **state)
{
    struct desk *desk = *state;
    size_t first = history_claim(desk->history, desk->checker);
    size_t last = history_claim(desk->history, desk->checker);
    size_t beyond = history_claim(desk->history, desk->checker);
    size_t revoke;

    expect_stands(desk, beyond);
    revoke = history_revoke(desk->history, desk->root, desk->checker, &last, 1);
    expect_stands(desk, first);
    expect_stands(desk, last);
    expect_fell(desk, beyond, ASSAY_CUT_BY_REVOKE, revoke);
    expect_fell(desk, history_claim(desk->history, desk->checker),
                ASSAY_CUT_BY_REVOKE, revoke);
    expect_stands(desk, desk->checker);
    assert_true(authority(desk, desk->checker)->is_ended);
    assert_true(authority(desk, desk->checker)->is_in_force);
    expect_stands(desk, history_claim(desk->history, desk->editor));
}

static void without_last_good_records_everything_falls(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    size_t revoke =
        history_revoke(desk->history, desk->root, desk->checker, NULL, 0);

    expect_fell(desk, claim, ASSAY_CUT_BY_REVOKE, revoke);
}

/* A last good record that is not here yet lets nothing stand, and does not
 * keep the others from it. */
static void a_last_good_record_not_held_lets_nothing_stand(void **state)
{
    struct desk *desk = *state;
    size_t good = history_claim(desk->history, desk->checker);
    size_t beyond = history_claim(desk->history, desk->checker);
    size_t last[] = {HISTORY_NONE, good};
    size_t revoke =
        history_revoke(desk->history, desk->root, desk->checker, last, 2);

    expect_stands(desk, good);
    expect_fell(desk, beyond, ASSAY_CUT_BY_REVOKE, revoke);
    revoke = history_revoke(desk->history, desk->root, desk->checker, last, 1);
    expect_fell(desk, good, ASSAY_CUT_BY_REVOKE, revoke);
}

static void a_last_good_record_of_another_log_lets_nothing_stand(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    size_t other = history_claim(desk->history, desk->editor);
    size_t revoke =
        history_revoke(desk->history, desk->root, desk->checker, &other, 1);

    expect_fell(desk, claim, ASSAY_CUT_BY_REVOKE, revoke);
}

static void a_record_stands_only_where_all_revocations_let_it(void **state)
{
    struct desk *desk = *state;
    size_t first = history_claim(desk->history, desk->checker);
    size_t second = history_claim(desk->history, desk->checker);
    size_t third = history_claim(desk->history, desk->checker);
    size_t late =
        history_revoke(desk->history, desk->root, desk->checker, &second, 1);
    size_t early =
        history_revoke(desk->history, desk->root, desk->checker, &first, 1);

    expect_stands(desk, first);
    expect_fell(desk, second, ASSAY_CUT_BY_REVOKE, early);
    expect_fell(desk, third, ASSAY_CUT_BY_REVOKE, smaller(desk, early, late));
}

/* What a thief signs beside the good chain falls, whatever time it states. */
static void a_forked_branch_falls_unless_it_is_named(void **state)
{
    struct desk *desk = *state;
    size_t base = history_claim(desk->history, desk->checker);
    size_t left = history_claim(desk->history, desk->checker);
    size_t right;
    size_t last[2];
    size_t revoke;

    history_follow(desk->history, base);
    right = history_claim(desk->history, desk->checker);
    expect_stands(desk, left);
    expect_stands(desk, right);
    last[0] = left;
    last[1] = right;
    revoke = history_revoke(desk->history, desk->root, desk->checker, last, 2);
    expect_stands(desk, left);
    expect_stands(desk, right);
    revoke = history_revoke(desk->history, desk->root, desk->checker, last, 1);
    expect_stands(desk, base);
    expect_stands(desk, left);
    expect_fell(desk, right, ASSAY_CUT_BY_REVOKE, revoke);
}

static void a_revocation_ends_one_grant_of_a_key(void **state)
{
    struct desk *desk = *state;
    size_t again;
    size_t claim;

    history_reuse_key(desk->history, desk->checker);
    again = history_member(desk->history, desk->root, ASSAY_ROLE_EDITOR, 0);
    claim = history_claim(desk->history, again);
    (void)history_revoke(desk->history, desk->root, desk->checker, NULL, 0);
    expect_stands(desk, claim);
    assert_false(authority(desk, again)->is_ended);
}

static void only_the_own_team_revokes(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    size_t stranger = history_found(desk->history);

    (void)history_revoke(desk->history, stranger, desk->checker, NULL, 0);
    (void)history_revoke(desk->history, desk->editor, desk->checker, NULL, 0);
    (void)history_revoke(desk->history, desk->checker, desk->checker, NULL, 0);
    assert_true(authority(desk, desk->editor)->is_in_force);
    expect_stands(desk, claim);
    assert_false(authority(desk, desk->checker)->is_ended);
}

static void a_root_grant_ends_only_by_rotate(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->root);

    (void)history_revoke(desk->history, desk->root, desk->root, NULL, 0);
    expect_stands(desk, claim);
    expect_stands(desk, history_claim(desk->history, desk->root));
    assert_false(authority(desk, desk->root)->is_ended);
}

/* Rotation. */

static void a_rotation_cuts_the_old_roots_log(void **state)
{
    struct desk *desk = *state;
    size_t late =
        history_member(desk->history, desk->root, ASSAY_ROLE_CHECKER, 0);
    size_t early_claim = history_claim(desk->history, desk->checker);
    size_t late_claim = history_claim(desk->history, late);
    size_t rotate =
        history_rotate(desk->history, desk->root, &desk->checker, 1);

    expect_stands(desk, desk->root);
    expect_stands(desk, rotate);
    expect_stands(desk, desk->editor);
    expect_stands(desk, desk->checker);
    expect_fell(desk, late, ASSAY_CUT_BY_ROTATE, rotate);
    expect_fell(desk, late_claim, ASSAY_GRANT_FELL, rotate);
    expect_stands(desk, early_claim);
    expect_stands(desk, history_claim(desk->history, desk->checker));
    expect_stands(desk, history_claim(desk->history, rotate));
    expect_fell(desk, history_claim(desk->history, desk->root),
                ASSAY_CUT_BY_ROTATE, rotate);
    assert_true(authority(desk, desk->root)->is_ended);
    assert_true(authority(desk, desk->root)->is_in_force);
    assert_false(authority(desk, late)->is_in_force);
    assert_true(
        same_id(&authority(desk, rotate)->team, id_of(desk, desk->root)));
    assert_false(authority(desk, rotate)->has_root_fork);
}

/* The founding record stays, whatever the rotation says of its log. */
static void a_rotation_without_last_good_records_spares_the_grant(void **state)
{
    struct desk *desk = *state;
    size_t rotate = history_rotate(desk->history, desk->root, NULL, 0);

    expect_stands(desk, desk->root);
    expect_stands(desk, rotate);
    expect_fell(desk, desk->editor, ASSAY_CUT_BY_ROTATE, rotate);
}

static void what_a_fallen_revocation_cut_stands_again(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    size_t revoke =
        history_revoke(desk->history, desk->root, desk->checker, NULL, 0);

    expect_fell(desk, claim, ASSAY_CUT_BY_REVOKE, revoke);
    (void)history_rotate(desk->history, desk->root, &desk->checker, 1);
    expect_stands(desk, claim);
    assert_false(authority(desk, desk->checker)->is_ended);
}

static void a_later_root_revokes_members_of_an_earlier_one(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    size_t rotate =
        history_rotate(desk->history, desk->root, &desk->checker, 1);
    size_t revoke =
        history_revoke(desk->history, rotate, desk->checker, NULL, 0);

    expect_fell(desk, claim, ASSAY_CUT_BY_REVOKE, revoke);
}

static void of_two_rotations_the_smaller_id_is_in_force(void **state)
{
    struct desk *desk = *state;
    size_t one = history_rotate(desk->history, desk->root, &desk->checker, 1);
    size_t two = history_rotate(desk->history, desk->root, NULL, 0);
    size_t winner = smaller(desk, one, two);
    size_t loser = winner == one ? two : one;
    size_t profile = history_profile(desk->history, loser);
    size_t member = history_member(desk->history, loser, ASSAY_ROLE_EDITOR, 0);
    size_t claim = history_claim(desk->history, member);
    size_t next = history_rotate(desk->history, loser, NULL, 0);
    size_t lost = history_claim(desk->history, next);
    struct assay_id root;

    expect_stands(desk, winner);
    expect_fell(desk, loser, ASSAY_ROOT_NOT_IN_FORCE, winner);
    expect_fell(desk, profile, ASSAY_ROOT_NOT_IN_FORCE, winner);
    expect_fell(desk, member, ASSAY_ROOT_NOT_IN_FORCE, winner);
    expect_fell(desk, claim, ASSAY_ROOT_NOT_IN_FORCE, winner);
    expect_fell(desk, next, ASSAY_ROOT_NOT_IN_FORCE, winner);
    expect_fell(desk, lost, ASSAY_ROOT_NOT_IN_FORCE, winner);
    assert_true(authority(desk, desk->root)->has_root_fork);
    assert_true(authority(desk, desk->editor)->has_root_fork);
    assert_false(authority(desk, loser)->is_in_force);
    assert_int_equal(
        assay_validity_root(ask(desk), id_of(desk, desk->root), &root),
        ASSAY_OK);
    assert_true(same_id(&root, id_of(desk, winner)));

    /* What the loser says of the old root's log has no effect. */
    if (winner == one) {
        expect_stands(desk, desk->editor);
    } else {
        expect_fell(desk, desk->editor, ASSAY_CUT_BY_ROTATE, two);
    }
}

static void a_revocation_under_a_losing_root_has_no_effect(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    size_t one = history_rotate(desk->history, desk->root, &desk->checker, 1);
    size_t two = history_rotate(desk->history, desk->root, &desk->checker, 1);
    size_t loser = smaller(desk, one, two) == one ? two : one;

    (void)history_revoke(desk->history, loser, desk->checker, NULL, 0);
    expect_stands(desk, claim);
}

static void the_root_in_force_is_at_the_end_of_the_chain(void **state)
{
    struct desk *desk = *state;
    size_t root = desk->root;
    struct assay_id id;

    for (int i = 0; i < 5; i++) {
        root = history_rotate(desk->history, root, NULL, 0);
        expect_stands(desk, root);
    }
    assert_int_equal(
        assay_validity_root(ask(desk), id_of(desk, desk->root), &id), ASSAY_OK);
    assert_true(same_id(&id, id_of(desk, root)));
    assert_int_equal(assay_validity_root(ask(desk), id_of(desk, root), &id),
                     ASSAY_E_AUTH);
}

/* However long the chain is, the rules walk no further than its limit. */
static void rotations_count_up_to_their_limit(void **state)
{
    struct desk *desk = *state;
    size_t last = desk->root;
    size_t beyond;
    size_t claim;

    for (int i = 0; i < ASSAY_ROTATIONS_MAX; i++) {
        last = history_rotate(desk->history, last, NULL, 0);
    }
    claim = history_claim(desk->history, last);
    beyond = history_rotate(desk->history, last, NULL, 0);
    expect_stands(desk, last);
    expect_stands(desk, claim);
    assert_false(authority(desk, last)->is_ended);
    assert_int_equal(judge(desk, beyond).state, ASSAY_AUTHORITY_MISSING);

    /* The same where the far end is asked about before the chain is known. */
    assay_validity_free(desk->validity);
    desk->validity = NULL;
    assert_int_equal(judge(desk, beyond).state, ASSAY_AUTHORITY_MISSING);
    expect_stands(desk, last);
}

/* Persons, and who takes back what. */

static void a_key_is_one_person_and_so_is_the_roots_chair(void **state)
{
    struct desk *desk = *state;
    size_t rotate =
        history_rotate(desk->history, desk->root, &desk->checker, 1);
    size_t again;
    size_t chair;
    size_t stranger = history_found(desk->history);

    history_reuse_key(desk->history, desk->checker);
    again = history_member(desk->history, rotate, ASSAY_ROLE_EDITOR, 0);
    history_reuse_key(desk->history, desk->root);
    chair = history_member(desk->history, rotate, ASSAY_ROLE_CHECKER, 0);

    assert_true(assay_validity_same_person(authority(desk, desk->checker),
                                           authority(desk, again)));
    assert_true(assay_validity_same_person(authority(desk, desk->root),
                                           authority(desk, rotate)));
    assert_true(assay_validity_same_person(authority(desk, chair),
                                           authority(desk, desk->root)));
    assert_true(assay_validity_same_person(authority(desk, chair),
                                           authority(desk, rotate)));
    assert_false(assay_validity_same_person(authority(desk, chair),
                                            authority(desk, desk->checker)));
    assert_false(assay_validity_same_person(authority(desk, desk->editor),
                                            authority(desk, desk->checker)));
    assert_false(assay_validity_same_person(authority(desk, stranger),
                                            authority(desk, desk->root)));
}

static bool may_retract(struct desk *desk, size_t by, size_t target)
{
    const struct assay_authority *speaker = authority(desk, by);
    const struct assay_validity_result result = judge(desk, target);

    return assay_validity_may_retract(
        speaker, memview_find(desk->memview, id_of(desk, target)),
        result.authority);
}

static void authors_and_editors_of_the_team_may_retract(void **state)
{
    struct desk *desk = *state;
    size_t archivist =
        history_member(desk->history, desk->root, ASSAY_ROLE_ARCHIVIST, 0);
    size_t stranger = history_found(desk->history);
    size_t claim = history_claim(desk->history, desk->checker);
    size_t again;
    size_t rotate;

    history_reuse_key(desk->history, desk->checker);
    again = history_member(desk->history, desk->root, ASSAY_ROLE_ARCHIVIST, 0);
    rotate = history_rotate(desk->history, desk->root, &again, 1);

    assert_true(may_retract(desk, desk->checker, claim));
    assert_true(may_retract(desk, again, claim));
    assert_true(may_retract(desk, desk->editor, claim));
    assert_true(may_retract(desk, desk->root, claim));
    assert_true(may_retract(desk, rotate, claim));
    assert_false(may_retract(desk, archivist, claim));
    assert_false(may_retract(desk, stranger, claim));
}

static void authority_and_retractions_are_never_retracted(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->editor);
    size_t retract = history_retract(desk->history, desk->editor, claim, false);
    size_t vouch = history_vouch(desk->history, desk->root, desk->root);
    size_t unknown = history_unknown(desk->history, desk->root, 9, claim);

    assert_false(may_retract(desk, desk->editor, retract));
    assert_false(may_retract(desk, desk->root, vouch));
    assert_false(may_retract(desk, desk->root, unknown));
    assert_false(may_retract(desk, desk->root, desk->root));
    assert_false(may_retract(desk, desk->root, desk->editor));
}

static void every_state_has_words_of_its_own(void **state)
{
    static const char *const names[] = {
        "stands",
        "revoked",
        "rotated",
        "grant-fell",
        "root-not-in-force",
        "out-of-place",
        "authority-missing",
    };
    (void)state;

    for (int i = ASSAY_STANDS; i <= ASSAY_AUTHORITY_MISSING; i++) {
        enum assay_validity_state one = (enum assay_validity_state)i;

        assert_string_equal(assay_validity_name(one), names[i]);
        for (int j = ASSAY_STANDS; j < i; j++) {
            assert_string_not_equal(
                assay_validity_phrase(one),
                assay_validity_phrase((enum assay_validity_state)j));
        }
    }
}

#define DESK_TEST(name)                                                        \
    cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(members_speak_for_the_team_that_made_them),
        DESK_TEST(a_root_speaks_as_an_editor_without_signoffs),
        DESK_TEST(kinds_of_authority_count_only_in_a_roots_log),
        DESK_TEST(a_member_made_by_a_member_speaks_for_nobody),
        DESK_TEST(a_record_is_no_grant),
        DESK_TEST(authority_that_is_not_held_is_missing),
        DESK_TEST(only_the_committed_key_can_rotate),
        DESK_TEST(a_member_cannot_be_rotated),
        DESK_TEST(only_the_roots_key_can_make_members),
        DESK_TEST(only_the_grants_key_speaks_under_it),
        DESK_TEST(a_revocation_cuts_at_its_last_good_record),
        DESK_TEST(without_last_good_records_everything_falls),
        DESK_TEST(a_last_good_record_not_held_lets_nothing_stand),
        DESK_TEST(a_last_good_record_of_another_log_lets_nothing_stand),
        DESK_TEST(a_record_stands_only_where_all_revocations_let_it),
        DESK_TEST(a_forked_branch_falls_unless_it_is_named),
        DESK_TEST(a_revocation_ends_one_grant_of_a_key),
        DESK_TEST(only_the_own_team_revokes),
        DESK_TEST(a_root_grant_ends_only_by_rotate),
        DESK_TEST(a_rotation_cuts_the_old_roots_log),
        DESK_TEST(a_rotation_without_last_good_records_spares_the_grant),
        DESK_TEST(what_a_fallen_revocation_cut_stands_again),
        DESK_TEST(a_later_root_revokes_members_of_an_earlier_one),
        DESK_TEST(of_two_rotations_the_smaller_id_is_in_force),
        DESK_TEST(a_revocation_under_a_losing_root_has_no_effect),
        DESK_TEST(the_root_in_force_is_at_the_end_of_the_chain),
        DESK_TEST(rotations_count_up_to_their_limit),
        DESK_TEST(a_key_is_one_person_and_so_is_the_roots_chair),
        DESK_TEST(authors_and_editors_of_the_team_may_retract),
        DESK_TEST(authority_and_retractions_are_never_retracted),
        cmocka_unit_test(every_state_has_words_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
