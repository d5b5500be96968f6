/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a batch takes and what it refuses. After each refusal the batch goes on
 * as if nothing had been offered; the ledger that it leaves is walked.
 */
#include "store/batch.h"

#include "protocol/key.h"
#include "store/log.h"
#include "test_ledger.h"
#include "testing.h"

#include <string.h>

/* A team of two, and how the history of the test goes on. */
static struct test_ledger test;
static struct history *history;
static size_t root;
static size_t editor;
static size_t checker;

static int make_ledger(void **state)
{
    (void)state;
    history = history_new(4);
    root = history_found(history);
    editor = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    checker = history_member(history, root, ASSAY_ROLE_CHECKER, 1);
    test_ledger_make(&test);
    return 0;
}

static int remove_ledger(void **state)
{
    (void)state;
    test_ledger_remove(&test);
    history_free(history);
    return 0;
}

static struct store_batch *begin(void)
{
    return test_ledger_begin(&test, TEST_NOW_S);
}

static void expect_put(struct store_batch *batch, size_t index,
                       enum assay_err wanted)
{
    assert_int_equal(test_ledger_put_item(batch, history, index), wanted);
}

/* Puts all records of the history up to one. */
static void put_before(struct store_batch *batch, size_t end)
{
    for (size_t index = 0; index < end; index++) {
        expect_put(batch, index, ASSAY_OK);
    }
}

/* Commits; the ledger must hold that many records and be sound. */
static void finish(struct store_batch *batch, uint64_t count)
{
    test_ledger_commit(batch);
    assert_int_equal(test_ledger_count(&test), count);
    test_ledger_check(&test);
}

/* A record of the history as it was before it was sealed. */
static struct assay_payload payload_of(size_t index)
{
    const struct history_item *item = history_item(history, index);
    struct assay_record record;

    assert_int_equal(
        assay_record_open(item->envelope, item->body, &record, NULL), ASSAY_OK);
    return record.payload;
}

/* Seals a payload with the body of a record and the key of a grant, and offers
 * it; returns what the batch says. */
static enum assay_err put_sealed(struct store_batch *batch,
                                 struct assay_payload payload, size_t body_of,
                                 size_t grant)
{
    uint8_t out[ASSAY_RECORD_MAX];
    struct assay_bytes body = history_item(history, body_of)->body;
    struct assay_bytes envelope;
    struct assay_id id;

    assert_int_equal(assay_record_seal(&payload, body,
                                       history_secret(history, grant), out,
                                       &envelope, &id),
                     ASSAY_OK);
    return test_ledger_put(batch, envelope, body);
}

static struct store_log log_of(size_t grant)
{
    struct store_view *view = NULL;
    struct store_log log;

    assert_int_equal(store_view_begin(test.ledger, STORE_NOW, &view), ASSAY_OK);
    assert_int_equal(
        store_log_find(view, &history_item(history, grant)->id, &log),
        ASSAY_OK);
    store_view_end(view);
    return log;
}

static void what_comes_before_its_prev_is_early(void **state)
{
    size_t first = history_claim(history, editor);
    size_t second = history_claim(history, editor);
    struct store_batch *batch = begin();
    (void)state;

    put_before(batch, first);
    expect_put(batch, second, ASSAY_E_EARLY);
    expect_put(batch, first, ASSAY_OK);
    expect_put(batch, second, ASSAY_OK);
    finish(batch, second + 1);
}

/* Of several prev all must be there. */
static void what_comes_before_one_of_its_prev_is_early(void **state)
{
    size_t first = history_claim(history, editor);
    size_t left = history_claim(history, editor);
    (void)state;

    history_follow(history, first);
    size_t right = history_claim(history, editor);
    history_heal(history, editor);
    size_t healed = history_claim(history, editor);
    struct store_batch *batch = begin();
    put_before(batch, right);
    expect_put(batch, healed, ASSAY_E_EARLY);
    expect_put(batch, right, ASSAY_OK);
    expect_put(batch, healed, ASSAY_OK);
    finish(batch, healed + 1);
    assert_int_equal(history_item(history, left)->seq, 2);
    assert_int_equal(log_of(editor).head_count, 1);
}

static void what_comes_before_its_grant_is_early(void **state)
{
    size_t rotate = history_rotate(history, root, NULL, 0);
    size_t claim = history_claim(history, editor);
    struct store_batch *batch = begin();
    (void)state;

    expect_put(batch, rotate, ASSAY_E_EARLY);
    expect_put(batch, editor, ASSAY_E_EARLY);
    expect_put(batch, root, ASSAY_OK);
    expect_put(batch, claim, ASSAY_E_EARLY);
    expect_put(batch, editor, ASSAY_OK);
    expect_put(batch, claim, ASSAY_OK);
    expect_put(batch, rotate, ASSAY_OK);
    finish(batch, 4);
}

/* What was early in one batch is taken by a later one. */
static void what_was_early_is_taken_later(void **state)
{
    size_t first = history_claim(history, editor);
    size_t second = history_claim(history, editor);
    struct store_batch *batch = begin();
    (void)state;

    put_before(batch, first);
    expect_put(batch, second, ASSAY_E_EARLY);
    finish(batch, first);
    batch = begin();
    expect_put(batch, second, ASSAY_E_EARLY);
    expect_put(batch, first, ASSAY_OK);
    finish(batch, first + 1);
    batch = begin();
    expect_put(batch, second, ASSAY_OK);
    finish(batch, second + 1);
}

static void only_grants_give_authority(void **state)
{
    size_t claim = history_claim(history, editor);
    size_t odd = history_member(history, editor, ASSAY_ROLE_EDITOR, 0);
    size_t spoken = history_claim(history, odd);
    struct assay_payload payload = payload_of(claim);
    struct store_batch *batch = begin();
    (void)state;

    put_before(batch, spoken);
    /* A claim grants nothing; nor does a member record in a member's log. */
    payload.auth = history_item(history, claim)->id;
    assert_int_equal(put_sealed(batch, payload, claim, editor), ASSAY_E_AUTH);
    expect_put(batch, spoken, ASSAY_E_AUTH);
    finish(batch, spoken);
}

static void nobody_speaks_under_anothers_grant(void **state)
{
    size_t claim = history_claim(history, editor);
    struct store_batch *batch = begin();
    (void)state;

    put_before(batch, claim);
    assert_int_equal(put_sealed(batch, payload_of(claim), claim, checker),
                     ASSAY_E_AUTH);
    assert_int_equal(put_sealed(batch, payload_of(claim), claim, root),
                     ASSAY_E_AUTH);
    expect_put(batch, claim, ASSAY_OK);
    finish(batch, claim + 1);
}

static void a_root_rotates_only_to_the_key_it_committed_to(void **state)
{
    size_t rotate = history_rotate(history, root, NULL, 0);
    struct assay_payload payload = payload_of(rotate);
    struct store_batch *batch = begin();
    (void)state;

    put_before(batch, rotate);
    /* The old root's key, a member's, and the right key for no root. */
    assert_int_equal(put_sealed(batch, payload, rotate, root), ASSAY_E_AUTH);
    assert_int_equal(put_sealed(batch, payload, rotate, editor), ASSAY_E_AUTH);
    payload.auth = history_item(history, editor)->id;
    assert_int_equal(put_sealed(batch, payload, rotate, rotate), ASSAY_E_AUTH);
    expect_put(batch, rotate, ASSAY_OK);
    /* A rotate of this one needs the next key, not its own. */
    payload.auth = history_item(history, rotate)->id;
    assert_int_equal(put_sealed(batch, payload, rotate, rotate), ASSAY_E_AUTH);
    finish(batch, rotate + 1);
}

static void seq_counts_on_from_the_largest_prev(void **state)
{
    size_t first = history_claim(history, editor);
    size_t second = history_claim(history, editor);
    size_t third = history_claim(history, editor);
    (void)state;

    history_follow(history, first);
    size_t beside = history_claim(history, editor);
    history_follow(history, third);
    history_heal(history, editor);
    size_t healed = history_claim(history, editor);
    struct assay_payload payload = payload_of(healed);
    struct store_batch *batch = begin();
    put_before(batch, second);
    struct assay_payload next = payload_of(second);
    for (uint64_t seq = 3; seq < 6; seq++) {
        next.seq = seq;
        assert_int_equal(put_sealed(batch, next, second, editor), ASSAY_E_SEQ);
    }
    expect_put(batch, second, ASSAY_OK);
    expect_put(batch, third, ASSAY_OK);
    expect_put(batch, beside, ASSAY_OK);
    /* The prev have 2 and 3: neither 3 nor 5 follows. */
    assert_int_equal(payload.seq, 4);
    payload.seq = 3;
    assert_int_equal(put_sealed(batch, payload, healed, editor), ASSAY_E_SEQ);
    payload.seq = 5;
    assert_int_equal(put_sealed(batch, payload, healed, editor), ASSAY_E_SEQ);
    expect_put(batch, healed, ASSAY_OK);
    finish(batch, healed + 1);
}

/* The found or rotate record is the first of a root's log, and the only one. */
static void a_roots_log_has_one_beginning(void **state)
{
    size_t claim = history_claim(history, root);
    struct assay_payload payload = payload_of(claim);
    struct store_batch *batch = begin();
    (void)state;

    put_before(batch, claim);
    payload.prev_count = 0;
    payload.seq = 1;
    assert_int_equal(put_sealed(batch, payload, claim, root), ASSAY_E_SEQ);
    expect_put(batch, claim, ASSAY_OK);
    finish(batch, claim + 1);
}

static void prev_stays_in_its_log(void **state)
{
    size_t of_editor = history_claim(history, editor);
    size_t of_checker = history_claim(history, checker);
    size_t next = history_claim(history, checker);
    struct assay_payload payload = payload_of(next);
    struct store_batch *batch = begin();
    (void)state;

    put_before(batch, next);
    payload.prev[0] = history_item(history, of_editor)->id;
    assert_int_equal(put_sealed(batch, payload, next, checker), ASSAY_E_PREV);
    /* Also where one of the prev is right, and where it is the grant. */
    payload.prev[1] = history_item(history, of_checker)->id;
    payload.prev_count = 2;
    assert_int_equal(put_sealed(batch, payload, next, checker), ASSAY_E_PREV);
    payload.prev[0] = history_item(history, checker)->id;
    payload.prev_count = 1;
    payload.seq = history_item(history, checker)->seq + 1;
    assert_int_equal(put_sealed(batch, payload, next, checker), ASSAY_E_PREV);
    expect_put(batch, next, ASSAY_OK);
    finish(batch, next + 1);
}

/* Forks a log at one record until it has as many heads as a log may have;
 * returns the first of the heads, which are side by side. */
static size_t fork_fully(size_t grant, size_t at)
{
    size_t first = history_count(history);

    for (size_t i = 0; i < ASSAY_HEADS_MAX; i++) {
        history_follow(history, at);
        (void)history_claim(history, grant);
    }
    return first;
}

static void a_log_with_too_many_heads_is_frozen(void **state)
{
    size_t claim = history_claim(history, editor);
    size_t first = fork_fully(editor, claim);
    (void)state;

    history_follow(history, claim);
    size_t beyond = history_claim(history, editor);
    size_t behind = history_claim(history, editor);
    history_follow(history, first);
    size_t longer = history_claim(history, editor);
    struct store_batch *batch = begin();
    put_before(batch, beyond);
    expect_put(batch, beyond, ASSAY_E_FROZEN);
    /* What follows a head adds none. */
    expect_put(batch, longer, ASSAY_OK);
    expect_put(batch, beyond, ASSAY_E_FROZEN);
    finish(batch, behind);
    assert_true(log_of(editor).is_frozen);
    assert_int_equal(log_of(editor).head_count, ASSAY_HEADS_MAX);
    batch = begin();
    expect_put(batch, beyond, ASSAY_E_FROZEN);
    expect_put(batch, behind, ASSAY_E_EARLY);
    finish(batch, behind);
}

/* A record that joins eight heads makes room for seven. */
static void a_frozen_log_thaws_when_it_is_healed(void **state)
{
    size_t claim = history_claim(history, editor);
    (void)fork_fully(editor, claim);
    (void)state;

    history_heal(history, editor);
    size_t healed = history_claim(history, editor);
    struct store_batch *batch = begin();
    put_before(batch, healed + 1);
    finish(batch, healed + 1);
    assert_false(log_of(editor).is_frozen);
    assert_int_equal(log_of(editor).head_count,
                     ASSAY_HEADS_MAX + 1 - ASSAY_PREV_MAX);
    batch = begin();
    for (size_t i = 0; i < ASSAY_PREV_MAX; i++) {
        history_follow(history, claim);
        expect_put(batch, history_claim(history, editor),
                   i < ASSAY_PREV_MAX - 1 ? ASSAY_OK : ASSAY_E_FROZEN);
    }
    finish(batch, healed + ASSAY_PREV_MAX);
}

/* Offers a record with a body or without; tells the LSN and what came of the
 * body. */
static enum assay_err offer(struct store_batch *batch, size_t index,
                            bool has_body, uint64_t *lsn_out,
                            bool *has_new_body_out)
{
    const struct history_item *item = history_item(history, index);
    struct assay_record record;

    assert_int_equal(assay_record_open(item->envelope,
                                       has_body ? item->body : ASSAY_BYTES_NONE,
                                       &record, NULL),
                     ASSAY_OK);
    return store_batch_put(batch, &record, lsn_out, has_new_body_out);
}

static void a_record_is_held_once(void **state)
{
    size_t claim = history_claim(history, editor);
    uint64_t first_lsn = 0;
    uint64_t lsn = 0;
    bool has_new_body = true;
    struct store_batch *batch = begin();
    (void)state;

    put_before(batch, claim);
    assert_int_equal(offer(batch, claim, true, &first_lsn, &has_new_body),
                     ASSAY_OK);
    assert_false(has_new_body);
    assert_int_equal(offer(batch, claim, true, &lsn, &has_new_body),
                     ASSAY_E_EXISTS);
    assert_int_equal(lsn, first_lsn);
    assert_false(has_new_body);
    finish(batch, claim + 1);
    batch = begin();
    lsn = 0;
    assert_int_equal(offer(batch, claim, false, &lsn, &has_new_body),
                     ASSAY_E_EXISTS);
    assert_int_equal(lsn, first_lsn);
    assert_false(has_new_body);
    expect_put(batch, root, ASSAY_E_EXISTS);
    finish(batch, claim + 1);
}

/* Whether a body is held, and is the one that was signed. */
static bool has_body(size_t index)
{
    const struct history_item *item = history_item(history, index);
    struct store_view *view = NULL;
    struct store_row row;

    assert_int_equal(store_view_begin(test.ledger, STORE_NOW, &view), ASSAY_OK);
    assert_int_equal(store_view_by_id(view, &item->id, &row), ASSAY_OK);
    bool is_held = row.record.body.data != NULL;
    if (is_held) {
        assert_int_equal(row.record.body.len, item->body.len);
        assert_memory_equal(row.record.body.data, item->body.data,
                            item->body.len);
    }
    store_view_end(view);
    return is_held;
}

static void a_missing_body_is_kept_when_it_comes(void **state)
{
    size_t claim = history_claim(history, editor);
    uint64_t lsn = 0;
    bool has_new_body = true;
    struct store_batch *batch = begin();
    (void)state;

    put_before(batch, claim);
    assert_int_equal(offer(batch, claim, false, &lsn, &has_new_body), ASSAY_OK);
    finish(batch, claim + 1);
    assert_false(has_body(claim));
    batch = begin();
    assert_int_equal(offer(batch, claim, true, &lsn, &has_new_body),
                     ASSAY_E_EXISTS);
    assert_true(has_new_body);
    assert_int_equal(offer(batch, claim, true, &lsn, &has_new_body),
                     ASSAY_E_EXISTS);
    assert_false(has_new_body);
    finish(batch, claim + 1);
    assert_true(has_body(claim));
}

static void an_erased_body_is_not_taken_back(void **state)
{
    size_t claim = history_claim(history, editor);
    const struct assay_id *id = &history_item(history, claim)->id;
    uint64_t lsn = 0;
    bool has_new_body = true;
    struct store_batch *batch = begin();
    (void)state;

    put_before(batch, claim + 1);
    assert_int_equal(
        store_batch_erase(batch, id, NULL, assay_bytes_of("A court order.")),
        ASSAY_OK);
    assert_int_equal(offer(batch, claim, true, &lsn, &has_new_body),
                     ASSAY_E_EXISTS);
    assert_false(has_new_body);
    finish(batch, claim + 1);
    batch = begin();
    has_new_body = true;
    assert_int_equal(offer(batch, claim, true, &lsn, &has_new_body),
                     ASSAY_E_EXISTS);
    assert_false(has_new_body);
    finish(batch, claim + 1);
    assert_false(has_body(claim));
}

/* Who brings a body later brings the one that was signed, or none. */
static void another_body_is_refused(void **state)
{
    size_t claim = history_claim(history, editor);
    size_t other = history_claim(history, editor);
    struct assay_record record;
    (void)state;

    assert_int_equal(assay_record_open(history_item(history, claim)->envelope,
                                       history_item(history, other)->body,
                                       &record, NULL),
                     ASSAY_E_BODY);
    assert_int_equal(assay_record_parse(history_item(history, claim)->envelope,
                                        history_item(history, other)->body,
                                        &record, NULL),
                     ASSAY_OK);
    assert_int_equal(assay_record_check(&record), ASSAY_E_BODY);
}

static void a_full_batch_takes_no_more(void **state)
{
    size_t first = history_claim(history, editor);
    struct assay_payload payload = payload_of(first);
    struct store_batch *batch = begin();
    uint8_t out[ASSAY_RECORD_MAX];
    struct assay_bytes envelope;
    struct assay_id id;
    struct assay_record record;
    uint64_t lsn = 0;
    bool has_new_body = false;
    uint64_t count = first;
    (void)state;

    put_before(batch, first);
    payload.prev_count = 0;
    for (;;) {
        payload.seq = payload.prev_count == 0 ? 1 : payload.seq + 1;
        assert_int_equal(assay_record_seal(&payload,
                                           history_item(history, first)->body,
                                           history_secret(history, editor), out,
                                           &envelope, &id),
                         ASSAY_OK);
        /* Its signature was made a line above: no need to check it. */
        assert_int_equal(
            assay_record_parse(envelope, ASSAY_BYTES_NONE, &record, NULL),
            ASSAY_OK);
        enum assay_err err =
            store_batch_put(batch, &record, &lsn, &has_new_body);
        if (err != ASSAY_OK) {
            assert_int_equal(err, ASSAY_E_LIMIT);
            break;
        }
        payload.prev[0] = id;
        payload.prev_count = 1;
        count++;
        assert_true(count <= STORE_BATCH_RECORDS_MAX);
    }
    assert_int_equal(count, STORE_BATCH_RECORDS_MAX);
    test_ledger_commit(batch);
    assert_int_equal(test_ledger_count(&test), count);
    batch = begin();
    assert_int_equal(store_batch_put(batch, &record, &lsn, &has_new_body),
                     ASSAY_OK);
    test_ledger_commit(batch);
    assert_int_equal(test_ledger_count(&test), count + 1);
}

static void an_aborted_batch_leaves_nothing(void **state)
{
    size_t claim = history_claim(history, editor);
    struct store_batch *batch = begin();
    (void)state;

    put_before(batch, claim);
    finish(batch, claim);
    batch = begin();
    expect_put(batch, claim, ASSAY_OK);
    store_batch_abort(batch);
    store_batch_abort(NULL);
    assert_int_equal(test_ledger_count(&test), claim);
    assert_false(test_ledger_has(&test, history, claim));
    assert_int_equal(log_of(editor).head_count, 0);
    test_ledger_check(&test);
    batch = begin();
    expect_put(batch, claim, ASSAY_OK);
    finish(batch, claim + 1);
}

/* A batch's own view sees what was put, its heads included. */
static void a_batch_sees_what_it_was_given(void **state)
{
    size_t claim = history_claim(history, editor);
    struct store_batch *batch = begin();
    struct store_row row;
    struct store_log log;
    (void)state;

    put_before(batch, claim + 1);
    assert_int_equal(store_view_by_id(store_batch_view(batch),
                                      &history_item(history, claim)->id, &row),
                     ASSAY_OK);
    assert_int_equal(row.lsn, claim + 1);
    assert_int_equal(store_log_find(store_batch_view(batch),
                                    &history_item(history, editor)->id, &log),
                     ASSAY_OK);
    assert_int_equal(log.head_count, 1);
    assert_int_equal(log.heads[0].lsn, row.lsn);
    assert_false(test_ledger_has(&test, history, claim));
    finish(batch, claim + 1);
}

/* Whom a record would speak for shows before it is put. */
static void a_batch_knows_the_team_of_a_grant(void **state)
{
    size_t claim = history_claim(history, editor);
    const struct assay_id *grant = &history_item(history, editor)->id;
    struct assay_id team = {{0}};
    struct store_batch *batch = begin();
    (void)state;

    assert_int_equal(store_batch_team(batch, grant, &team), ASSAY_E_NOT_FOUND);
    put_before(batch, claim + 1);
    assert_int_equal(
        store_batch_team(batch, &history_item(history, claim)->id, &team),
        ASSAY_E_NOT_FOUND);
    assert_int_equal(store_batch_team(batch, grant, &team), ASSAY_OK);
    assert_true(assay_id_equal(&team, &history_item(history, root)->id));
    finish(batch, claim + 1);
    batch = begin();
    team = (struct assay_id){{0}};
    assert_int_equal(store_batch_team(batch, grant, &team), ASSAY_OK);
    assert_true(assay_id_equal(&team, &history_item(history, root)->id));
    store_batch_abort(batch);
}

static void a_ledger_opened_for_reading_takes_no_batch(void **state)
{
    struct store_batch *batch = NULL;
    (void)state;

    test_ledger_reopen(&test, STORE_READ);
    assert_int_equal(store_batch_begin(test.ledger, TEST_NOW_S, &batch),
                     ASSAY_E_READONLY);
    assert_null(batch);
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(what_comes_before_its_prev_is_early),
        PROMISE(what_comes_before_one_of_its_prev_is_early),
        PROMISE(what_comes_before_its_grant_is_early),
        PROMISE(what_was_early_is_taken_later),
        PROMISE(only_grants_give_authority),
        PROMISE(nobody_speaks_under_anothers_grant),
        PROMISE(a_root_rotates_only_to_the_key_it_committed_to),
        PROMISE(seq_counts_on_from_the_largest_prev),
        PROMISE(a_roots_log_has_one_beginning),
        PROMISE(prev_stays_in_its_log),
        PROMISE(a_log_with_too_many_heads_is_frozen),
        PROMISE(a_frozen_log_thaws_when_it_is_healed),
        PROMISE(a_record_is_held_once),
        PROMISE(a_missing_body_is_kept_when_it_comes),
        PROMISE(an_erased_body_is_not_taken_back),
        PROMISE(another_body_is_refused),
        PROMISE(a_full_batch_takes_no_more),
        PROMISE(an_aborted_batch_leaves_nothing),
        PROMISE(a_batch_sees_what_it_was_given),
        PROMISE(a_batch_knows_the_team_of_a_grant),
        PROMISE(a_ledger_opened_for_reading_takes_no_batch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
