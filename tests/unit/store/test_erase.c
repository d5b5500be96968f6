/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies that go: when this ledger decides so, and when a standing retraction
 * of somebody who may asks for it, whichever of the two comes first.
 */
#include "store/batch.h"
#include "store/captures.h"

#include "test_ledger.h"
#include "testing.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct test_ledger test;
static struct history *history;
static size_t root;
static size_t editor;
static size_t checker;
static size_t claim; /* The checker's. */

static int make_ledger(void **state)
{
    (void)state;
    history = history_new(5);
    root = history_found(history);
    editor = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    checker = history_member(history, root, ASSAY_ROLE_CHECKER, 1);
    claim = history_claim(history, checker);
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

/* Puts records in one batch, in that order. */
static void put_batch(const size_t *indexes, size_t count)
{
    test_ledger_fill(&test, history, indexes, count);
    test_ledger_check(&test);
}

static void put_one(size_t index)
{
    put_batch(&index, 1);
}

/* The team without what it says. */
static void put_team(void)
{
    put_batch((size_t[]){root, editor, checker}, 3);
}

/* What the ledger says of a record's body: whether it was erased, and by which
 * retraction. */
struct found {
    bool has_body;
    bool is_erased;
    bool has_by;
    struct assay_id by;
    uint64_t at_s;
    char reason[64];
};

static struct found find(size_t index)
{
    struct found found = {.has_by = false};
    struct store_erasure erasure;
    struct store_view *view = NULL;
    struct store_row row;

    assert_int_equal(store_view_begin(test.ledger, STORE_NOW, &view), ASSAY_OK);
    assert_int_equal(
        store_view_by_id(view, &history_item(history, index)->id, &row),
        ASSAY_OK);
    found.has_body = row.record.body.data != NULL;
    found.is_erased = row.is_erased;
    enum assay_err err = store_view_erasure(view, row.lsn, &erasure);
    assert_int_equal(err, row.is_erased ? ASSAY_OK : ASSAY_E_NOT_FOUND);
    if (err == ASSAY_OK) {
        found.has_by = erasure.has_by;
        found.by = erasure.by;
        found.at_s = erasure.at_s;
        assert_true(erasure.reason.len < sizeof(found.reason));
        if (erasure.reason.len > 0) {
            memcpy(found.reason, erasure.reason.data, erasure.reason.len);
        }
    }
    store_view_end(view);
    return found;
}

static void expect_kept(size_t index)
{
    struct found found = find(index);

    assert_true(found.has_body);
    assert_false(found.is_erased);
}

static void expect_erased_by(size_t index, size_t retraction)
{
    struct found found = find(index);

    assert_false(found.has_body);
    assert_true(found.is_erased);
    assert_true(found.has_by);
    assert_memory_equal(&found.by, &history_item(history, retraction)->id,
                        ASSAY_ID_SIZE);
    assert_string_equal(found.reason, "");
}

static uint64_t count_erased(void)
{
    struct store_stats stats;

    assert_int_equal(store_ledger_stats(test.ledger, &stats), ASSAY_OK);
    return stats.erased;
}

/* Erases for a reason; returns what the batch says. */
static enum assay_err erase(struct store_batch *batch, size_t index)
{
    return store_batch_erase(batch, &history_item(history, index)->id, NULL,
                             assay_bytes_of("A court order."));
}

static void a_body_goes_for_a_reason_that_is_kept(void **state)
{
    struct store_batch *batch = NULL;
    struct store_stats before;
    struct store_stats after;
    (void)state;

    put_team();
    put_one(claim);
    assert_int_equal(store_ledger_stats(test.ledger, &before), ASSAY_OK);
    batch = test_ledger_begin(&test, TEST_NOW_S + 9);
    assert_int_equal(erase(batch, claim), ASSAY_OK);
    test_ledger_commit(batch);
    test_ledger_check(&test);
    struct found found = find(claim);
    assert_false(found.has_body);
    assert_true(found.is_erased);
    assert_false(found.has_by);
    assert_int_equal(found.at_s, TEST_NOW_S + 9);
    assert_string_equal(found.reason, "A court order.");
    assert_int_equal(store_ledger_stats(test.ledger, &after), ASSAY_OK);
    assert_int_equal(after.erased, 1);
    assert_int_equal(before.record_bytes - after.record_bytes,
                     history_item(history, claim)->body.len);
}

static void a_body_goes_once(void **state)
{
    struct store_batch *batch = NULL;
    (void)state;

    put_team();
    batch = test_ledger_begin(&test, TEST_NOW_S);
    assert_int_equal(erase(batch, claim), ASSAY_E_NOT_FOUND);
    assert_int_equal(test_ledger_put_item(batch, history, claim), ASSAY_OK);
    assert_int_equal(erase(batch, claim), ASSAY_OK);
    assert_int_equal(erase(batch, claim), ASSAY_E_EXISTS);
    test_ledger_commit(batch);
    batch = test_ledger_begin(&test, TEST_NOW_S);
    assert_int_equal(erase(batch, claim), ASSAY_E_EXISTS);
    test_ledger_commit(batch);
    test_ledger_check(&test);
    assert_int_equal(count_erased(), 1);
}

static void what_is_not_committed_is_not_erased(void **state)
{
    struct store_batch *batch = NULL;
    (void)state;

    put_team();
    put_one(claim);
    batch = test_ledger_begin(&test, TEST_NOW_S);
    assert_int_equal(erase(batch, claim), ASSAY_OK);
    store_batch_abort(batch);
    expect_kept(claim);
    test_ledger_check(&test);
}

static void a_retraction_erases_what_is_held(void **state)
{
    size_t retraction = history_retract(history, checker, claim, true);
    (void)state;

    put_team();
    put_one(claim);
    expect_kept(claim);
    put_one(retraction);
    expect_erased_by(claim, retraction);
    assert_int_equal(count_erased(), 1);
    assert_true(find(retraction).has_body);
}

static void a_retraction_erases_in_its_own_batch(void **state)
{
    size_t retraction = history_retract(history, editor, claim, true);
    (void)state;

    put_team();
    put_batch((size_t[]){claim, retraction}, 2);
    expect_erased_by(claim, retraction);
}

/* In one batch, the other way round. */
static void a_retraction_erases_what_comes_behind_it(void **state)
{
    size_t retraction = history_retract(history, editor, claim, true);
    (void)state;

    put_team();
    put_batch((size_t[]){retraction, claim}, 2);
    expect_erased_by(claim, retraction);
}

/* It may have waited in a ledger that was closed, and for long. */
static void a_retraction_erases_what_comes_in_a_later_batch(void **state)
{
    size_t retraction = history_retract(history, editor, claim, true);
    size_t other = history_claim(history, editor);
    (void)state;

    put_team();
    put_batch((size_t[]){retraction, other}, 2);
    assert_int_equal(count_erased(), 0);
    test_ledger_reopen(&test, STORE_WRITE);
    put_one(claim);
    expect_erased_by(claim, retraction);
    expect_kept(other);
    assert_int_equal(count_erased(), 1);
}

/* The record came without its body, the retraction, then the body. */
static void a_body_that_comes_late_is_not_kept(void **state)
{
    size_t retraction = history_retract(history, editor, claim, true);
    const struct history_item *item = history_item(history, claim);
    struct store_batch *batch = NULL;
    (void)state;

    put_team();
    batch = test_ledger_begin(&test, TEST_NOW_S);
    assert_int_equal(test_ledger_put(batch, item->envelope, ASSAY_BYTES_NONE),
                     ASSAY_OK);
    test_ledger_commit(batch);
    put_one(retraction);
    expect_erased_by(claim, retraction);
    batch = test_ledger_begin(&test, TEST_NOW_S);
    assert_int_equal(test_ledger_put_item(batch, history, claim),
                     ASSAY_E_EXISTS);
    test_ledger_commit(batch);
    test_ledger_check(&test);
    expect_erased_by(claim, retraction);
}

/* A plain retraction withdraws; it does not ask for the words to go. */
static void a_retraction_that_does_not_ask_erases_nothing(void **state)
{
    size_t retraction = history_retract(history, editor, claim, false);
    (void)state;

    put_team();
    put_batch((size_t[]){retraction, claim}, 2);
    expect_kept(claim);
}

static void who_may_not_retract_may_not_erase(void **state)
{
    size_t other = history_member(history, root, ASSAY_ROLE_CHECKER, 1);
    size_t team = history_found(history);
    size_t rival = history_member(history, team, ASSAY_ROLE_EDITOR, 0);
    size_t by_colleague = history_retract(history, other, claim, true);
    size_t by_rival = history_retract(history, rival, claim, true);
    size_t of_member = history_retract(history, root, editor, true);
    (void)state;

    put_team();
    put_batch((size_t[]){claim, other, team, rival}, 4);
    put_batch((size_t[]){by_colleague, by_rival, of_member}, 3);
    expect_kept(claim);
    expect_kept(editor);
    assert_int_equal(count_erased(), 0);
}

/* The same where the record comes behind those who may not, and behind one who
 * may: it is the latter that is named. */
static void of_several_that_wait_the_one_that_may_erases(void **state)
{
    size_t other = history_member(history, root, ASSAY_ROLE_CHECKER, 1);
    size_t team = history_found(history);
    size_t by_colleague = history_retract(history, other, claim, true);
    size_t by_rival = history_retract(history, team, claim, true);
    size_t by_editor = history_retract(history, editor, claim, true);
    (void)state;

    put_team();
    put_batch((size_t[]){other, team}, 2);
    put_one(by_colleague);
    put_one(by_rival);
    put_one(by_editor);
    put_one(claim);
    expect_erased_by(claim, by_editor);
    assert_int_equal(count_erased(), 1);
}

/* What an editor signed beyond the end of the grant asks for nothing. */
static void a_retraction_that_fell_erases_nothing(void **state)
{
    size_t good = history_claim(history, editor);
    size_t retraction = history_retract(history, editor, claim, true);
    size_t revoke = history_revoke(history, root, editor, &good, 1);
    (void)state;

    put_team();
    put_batch((size_t[]){good, revoke, claim}, 3);
    put_one(retraction);
    expect_kept(claim);
    assert_int_equal(count_erased(), 0);
}

/* The same in one batch, the revocation last: what counts is the whole of what
 * the batch brings, not the order in it. */
static void a_retraction_that_falls_in_its_batch_erases_nothing(void **state)
{
    size_t good = history_claim(history, editor);
    size_t retraction = history_retract(history, editor, claim, true);
    size_t revoke = history_revoke(history, root, editor, &good, 1);
    (void)state;

    put_team();
    put_batch((size_t[]){claim, good, retraction, revoke}, 4);
    expect_kept(claim);
}

/* A good record before the end of the grant stands, and so is followed. */
static void a_retraction_that_stood_is_followed(void **state)
{
    size_t retraction = history_retract(history, editor, claim, true);
    size_t revoke = history_revoke(history, root, editor, &retraction, 1);
    (void)state;

    put_team();
    put_batch((size_t[]){revoke, retraction, claim}, 3);
    expect_erased_by(claim, retraction);
}

/* A revocation may come before the last good record that it names: until that
 * one comes, nothing shows that those before it are good. */
static void a_retraction_is_followed_once_it_shows_to_be_good(void **state)
{
    size_t retraction = history_retract(history, editor, claim, true);
    size_t good = history_claim(history, editor);
    size_t revoke = history_revoke(history, root, editor, &good, 1);
    (void)state;

    put_team();
    put_batch((size_t[]){revoke, claim}, 2);
    put_one(retraction);
    expect_kept(claim);
    put_one(good);
    expect_erased_by(claim, retraction);
}

/* A revocation that a rotation cuts off takes nothing away any more. */
static void a_retraction_is_followed_once_it_stands_again(void **state)
{
    size_t last = history_profile(history, root);
    size_t revoke = history_revoke(history, root, editor, NULL, 0);
    size_t retraction = history_retract(history, editor, claim, true);
    size_t rotate = history_rotate(history, root, &last, 1);
    (void)state;

    put_team();
    put_batch((size_t[]){last, revoke, claim, retraction}, 4);
    expect_kept(claim);
    put_one(rotate);
    expect_erased_by(claim, retraction);
}

/* Stores some bytes; gives their hash. */
static void put_bytes(uint8_t sha256_out[ASSAY_HASH_SIZE])
{
    struct store_capture_info info;
    char path[TEST_PATH_MAX];
    int fd = -1;

    test_path(path, test.folder, "input");
    test_file_write(path, "abc", 3, 0600);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(store_captures_put(test.ledger, fd, 100, &info), ASSAY_OK);
    assert_int_equal(close(fd), 0);
    memcpy(sha256_out, info.sha256, ASSAY_HASH_SIZE);
}

static void erase_now(size_t index)
{
    struct store_batch *batch = test_ledger_begin(&test, TEST_NOW_S);

    assert_int_equal(erase(batch, index), ASSAY_OK);
    test_ledger_commit(batch);
    test_ledger_check(&test);
}

/* What a page says is in its bytes: a body that goes without them says nothing
 * less. */
static void captured_bytes_go_with_their_capture(void **state)
{
    uint8_t sha256[ASSAY_HASH_SIZE];
    (void)state;

    put_bytes(sha256);
    size_t capture = history_capture_of(history, editor, sha256);
    put_team();
    put_one(capture);
    erase_now(capture);
    assert_false(store_captures_has(test.ledger, sha256));
}

static void a_retraction_takes_captured_bytes_along(void **state)
{
    uint8_t sha256[ASSAY_HASH_SIZE];
    (void)state;

    put_bytes(sha256);
    size_t capture = history_capture_of(history, editor, sha256);
    size_t retraction = history_retract(history, editor, capture, true);
    put_team();
    put_one(capture);
    assert_true(store_captures_has(test.ledger, sha256));
    put_one(retraction);
    expect_erased_by(capture, retraction);
    assert_false(store_captures_has(test.ledger, sha256));
}

/* The bytes came first, as they do when somebody else's page is captured; then
 * the retraction, then what it asks for. */
static void a_retraction_that_waits_takes_bytes_along(void **state)
{
    uint8_t sha256[ASSAY_HASH_SIZE];
    (void)state;

    put_bytes(sha256);
    size_t capture = history_capture_of(history, editor, sha256);
    size_t retraction = history_retract(history, root, capture, true);
    put_team();
    put_one(retraction);
    assert_true(store_captures_has(test.ledger, sha256));
    put_one(capture);
    expect_erased_by(capture, retraction);
    assert_false(store_captures_has(test.ledger, sha256));
}

static void bytes_that_another_capture_needs_stay(void **state)
{
    uint8_t sha256[ASSAY_HASH_SIZE];
    (void)state;

    put_bytes(sha256);
    size_t first = history_capture_of(history, editor, sha256);
    size_t second = history_capture_of(history, checker, sha256);
    put_team();
    put_batch((size_t[]){claim, first, second}, 3);
    erase_now(first);
    assert_true(store_captures_has(test.ledger, sha256));
    erase_now(second);
    assert_false(store_captures_has(test.ledger, sha256));
}

static void bytes_stay_where_the_erasure_is_not_committed(void **state)
{
    uint8_t sha256[ASSAY_HASH_SIZE];
    struct store_batch *batch = NULL;
    (void)state;

    put_bytes(sha256);
    size_t capture = history_capture_of(history, editor, sha256);
    put_team();
    put_one(capture);
    batch = test_ledger_begin(&test, TEST_NOW_S);
    assert_int_equal(erase(batch, capture), ASSAY_OK);
    store_batch_abort(batch);
    assert_true(store_captures_has(test.ledger, sha256));
}

/* As after a crash between the commit and the removal: the file is there, and
 * so is the note that it must go. Once it is gone the note goes as well, so
 * that the same page can be captured again. */
static void bytes_that_were_left_go_with_the_next_batch(void **state)
{
    uint8_t sha256[ASSAY_HASH_SIZE];
    (void)state;

    put_bytes(sha256);
    size_t capture = history_capture_of(history, editor, sha256);
    size_t again = history_capture_of(history, editor, sha256);
    put_team();
    put_one(capture);
    erase_now(capture);
    put_bytes(sha256);
    test_ledger_reopen(&test, STORE_WRITE);
    test_ledger_commit(test_ledger_begin(&test, TEST_NOW_S));
    assert_false(store_captures_has(test.ledger, sha256));
    test_ledger_commit(test_ledger_begin(&test, TEST_NOW_S));
    put_bytes(sha256);
    test_ledger_commit(test_ledger_begin(&test, TEST_NOW_S));
    put_one(again);
    assert_true(store_captures_has(test.ledger, sha256));
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_body_goes_for_a_reason_that_is_kept),
        PROMISE(a_body_goes_once),
        PROMISE(what_is_not_committed_is_not_erased),
        PROMISE(a_retraction_erases_what_is_held),
        PROMISE(a_retraction_erases_in_its_own_batch),
        PROMISE(a_retraction_erases_what_comes_behind_it),
        PROMISE(a_retraction_erases_what_comes_in_a_later_batch),
        PROMISE(a_body_that_comes_late_is_not_kept),
        PROMISE(a_retraction_that_does_not_ask_erases_nothing),
        PROMISE(who_may_not_retract_may_not_erase),
        PROMISE(of_several_that_wait_the_one_that_may_erases),
        PROMISE(a_retraction_that_fell_erases_nothing),
        PROMISE(a_retraction_that_falls_in_its_batch_erases_nothing),
        PROMISE(a_retraction_that_stood_is_followed),
        PROMISE(a_retraction_is_followed_once_it_shows_to_be_good),
        PROMISE(a_retraction_is_followed_once_it_stands_again),
        PROMISE(captured_bytes_go_with_their_capture),
        PROMISE(a_retraction_takes_captured_bytes_along),
        PROMISE(a_retraction_that_waits_takes_bytes_along),
        PROMISE(bytes_that_another_capture_needs_stay),
        PROMISE(bytes_stay_where_the_erasure_is_not_committed),
        PROMISE(bytes_that_were_left_go_with_the_next_batch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
