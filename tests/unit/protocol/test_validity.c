/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include <string.h>

/* Members. */

static void members_speak_for_the_team_that_made_them(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->checker);
    const struct assay_authority *by = desk_judge(desk, claim).authority;

    desk_expect_stands(desk, claim);
    assert_true(assay_id_equal(&by->grant, desk_id(desk, desk->checker)));
    assert_true(assay_id_equal(&by->root, desk_id(desk, desk->root)));
    assert_true(assay_id_equal(&by->team, desk_id(desk, desk->root)));
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
    const struct assay_authority *by = desk_judge(desk, claim).authority;

    desk_expect_stands(desk, claim);
    desk_expect_stands(desk, desk->root);
    desk_expect_stands(desk, desk->editor);
    assert_true(by->is_root);
    assert_int_equal(by->role, ASSAY_ROLE_EDITOR);
    assert_int_equal(by->signoffs, 0);
    assert_true(assay_id_equal(&by->root, &by->grant));
    assert_true(assay_id_equal(&by->team, &by->grant));
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
        assert_int_equal(desk_judge(desk, out[i]).state, ASSAY_OUT_OF_PLACE);
    }
    desk_expect_stands(desk, history_unknown(history, editor, 16, editor));
    desk_expect_stands(desk, history_unknown(history, desk->root, 15, editor));
    desk_expect_stands(desk, history_claim(history, desk->checker));
}

static void a_member_made_by_a_member_speaks_for_nobody(void **state)
{
    struct desk *desk = *state;
    size_t friend =
        history_member(desk->history, desk->editor, ASSAY_ROLE_EDITOR, 0);
    size_t claim = history_claim(desk->history, friend);
    const struct assay_authority *by = desk_authority(desk, desk->editor);

    /* Also where the member is remembered already. */
    assert_true(by->is_in_force);
    assert_int_equal(desk_judge(desk, claim).state, ASSAY_AUTHORITY_MISSING);
    assert_null(desk_judge(desk, claim).authority);
    assert_int_equal(
        assay_validity_authority(desk_ask(desk), desk_id(desk, friend), &by),
        ASSAY_E_AUTH);
}

static void a_record_is_no_grant(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->editor);
    const struct assay_authority *by = NULL;
    struct assay_id root;

    assert_int_equal(
        assay_validity_authority(desk_ask(desk), desk_id(desk, claim), &by),
        ASSAY_E_AUTH);
    assert_int_equal(
        assay_validity_root(desk_ask(desk), desk_id(desk, desk->editor), &root),
        ASSAY_E_AUTH);
}

static void authority_that_is_not_held_is_missing(void **state)
{
    struct desk *desk = *state;
    size_t claim = history_claim(desk->history, desk->editor);
    struct memview *empty = memview_new();
    struct assay_validity *validity = NULL;
    struct assay_validity_result result;
    const struct assay_authority *by = desk_judge(desk, claim).authority;
    struct assay_id root;

    assert_int_equal(assay_validity_new(memview_view(empty), &validity),
                     ASSAY_OK);
    assert_int_equal(
        assay_validity_of(validity,
                          memview_find(desk->memview, desk_id(desk, claim)),
                          &result),
        ASSAY_OK);
    assert_int_equal(result.state, ASSAY_AUTHORITY_MISSING);
    assert_null(result.authority);
    assert_int_equal(
        assay_validity_authority(validity, desk_id(desk, desk->editor), &by),
        ASSAY_OK);
    assert_null(by);
    assert_int_equal(
        assay_validity_root(validity, desk_id(desk, desk->root), &root),
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

    (void)desk_ask(desk);
    payload.auth = *desk_id(desk, auth);
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
        assay_validity_root(validity, desk_id(desk, desk->root), &root),
        ASSAY_OK);
    assert_true(assay_id_equal(&root, desk_id(desk, desk->root)));
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

    assert_true(assay_validity_same_person(desk_authority(desk, desk->checker),
                                           desk_authority(desk, again)));
    assert_true(assay_validity_same_person(desk_authority(desk, desk->root),
                                           desk_authority(desk, rotate)));
    assert_true(assay_validity_same_person(desk_authority(desk, chair),
                                           desk_authority(desk, desk->root)));
    assert_true(assay_validity_same_person(desk_authority(desk, chair),
                                           desk_authority(desk, rotate)));
    assert_false(assay_validity_same_person(
        desk_authority(desk, chair), desk_authority(desk, desk->checker)));
    assert_false(
        assay_validity_same_person(desk_authority(desk, desk->editor),
                                   desk_authority(desk, desk->checker)));
    assert_false(assay_validity_same_person(desk_authority(desk, stranger),
                                            desk_authority(desk, desk->root)));
}

static bool may_retract(struct desk *desk, size_t by, size_t target)
{
    const struct assay_authority *speaker = desk_authority(desk, by);
    const struct assay_validity_result result = desk_judge(desk, target);

    return assay_validity_may_retract(
        speaker, memview_find(desk->memview, desk_id(desk, target)),
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
    cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

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
        DESK_TEST(a_key_is_one_person_and_so_is_the_roots_chair),
        DESK_TEST(authors_and_editors_of_the_team_may_retract),
        DESK_TEST(authority_and_retractions_are_never_retracted),
        cmocka_unit_test(every_state_has_words_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
