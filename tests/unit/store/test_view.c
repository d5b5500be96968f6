/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Views: of what had been received by a time, and of the moment at which they
 * were begun.
 */
#include "store/view.h"

#include "store/lists.h"
#include "store/log.h"
#include "store/refs.h"
#include "test_ledger.h"
#include "testing.h"

#include <pthread.h>
#include <unistd.h>

static struct test_ledger test;
static struct history *history;
static size_t root;
static size_t editor;

static int make_ledger(void **state)
{
    (void)state;
    history = history_new(6);
    root = history_found(history);
    editor = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
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

/* Puts records from first to before end, received at a time. */
static void put_at(uint64_t now_s, size_t first, size_t end)
{
    struct store_batch *batch = test_ledger_begin(&test, now_s);

    for (size_t index = first; index < end; index++) {
        assert_int_equal(test_ledger_put_item(batch, history, index), ASSAY_OK);
    }
    test_ledger_commit(batch);
}

static struct store_view *view_of(uint64_t as_of_s)
{
    struct store_view *view = NULL;

    assert_int_equal(store_view_begin(test.ledger, as_of_s, &view), ASSAY_OK);
    assert_int_equal(store_view_as_of(view), as_of_s);
    return view;
}

static bool is_in(struct store_view *view, size_t index)
{
    struct store_row row;
    enum assay_err err =
        store_view_by_id(view, &history_item(history, index)->id, &row);

    assert_true(err == ASSAY_OK || err == ASSAY_E_NOT_FOUND);
    return err == ASSAY_OK;
}

static uint64_t last_as_of(uint64_t as_of_s)
{
    struct store_view *view = view_of(as_of_s);
    uint64_t last = store_view_last_lsn(view);

    store_view_end(view);
    return last;
}

static void the_past_is_what_had_been_received(void **state)
{
    size_t first = history_claim(history, editor);
    size_t second = history_claim(history, editor);
    (void)state;

    assert_int_equal(last_as_of(STORE_NOW), 0);
    assert_int_equal(last_as_of(0), 0);
    put_at(100, root, first);
    put_at(200, first, second);
    put_at(200, second, second + 1);
    assert_int_equal(last_as_of(99), 0);
    assert_int_equal(last_as_of(100), first);
    assert_int_equal(last_as_of(199), first);
    assert_int_equal(last_as_of(200), second + 1);
    assert_int_equal(last_as_of(STORE_NOW - 1), second + 1);
    assert_int_equal(last_as_of(STORE_NOW), second + 1);
    struct store_view *view = view_of(150);
    assert_true(is_in(view, editor));
    assert_false(is_in(view, first));
    assert_false(is_in(view, second));
    store_view_end(view);
}

/* Who names what is not held is known, also as it was; once that is held, it is
 * told by kind. */
static void who_names_what_is_missing_is_found(void **state)
{
    size_t other = history_found(history);
    size_t foreign = history_claim(history, other);
    size_t first = history_challenge(history, editor, foreign);
    uint64_t lsns[3] = {0, 0, 0};
    size_t count = 9;
    (void)state;

    (void)history_source(history, editor, foreign);
    (void)history_source(history, editor, foreign);
    struct assay_id id = history_item(history, foreign)->id;
    put_at(100, root, other + 1);
    put_at(200, first, first + 2); /* With LSNs 4 and 5. */
    put_at(300, first + 2, first + 3);
    struct store_view *view = view_of(100);
    assert_int_equal(store_refs_namers(view, &id, 3, lsns, &count), ASSAY_OK);
    assert_int_equal(count, 0);
    store_view_end(view);
    view = view_of(200);
    assert_int_equal(store_refs_namers(view, &id, 3, lsns, &count), ASSAY_OK);
    assert_int_equal(count, 2);
    assert_int_equal(lsns[0] + lsns[1], 4 + 5);
    store_view_end(view);
    view = view_of(STORE_NOW);
    assert_int_equal(store_refs_namers(view, &id, 3, lsns, &count), ASSAY_OK);
    assert_int_equal(count, 3);
    assert_int_equal(lsns[0] + lsns[1] + lsns[2], 4 + 5 + 6);
    assert_int_equal(store_refs_namers(view, &id, 2, lsns, &count), ASSAY_OK);
    assert_int_equal(count, 2);
    store_view_end(view);
    put_at(400, foreign, foreign + 1);
    view = view_of(STORE_NOW);
    assert_int_equal(store_refs_namers(view, &id, 3, lsns, &count), ASSAY_OK);
    assert_int_equal(count, 0);
    store_view_end(view);
}

/* What a view is asked for does not depend on what it was asked for before,
 * whether that was there or not. */
static void questions_do_not_disturb_each_other(void **state)
{
    static const uint64_t kinds[] = {ASSAY_KIND_SOURCE, ASSAY_KIND_RETRACT,
                                     ASSAY_KIND_CHALLENGE};
    size_t first = history_claim(history, editor);
    size_t second = history_claim(history, editor);
    size_t source = history_source(history, editor, second);
    size_t challenge = history_challenge(history, editor, first);
    size_t asked[] = {second, challenge, first, source, root};
    (void)state;

    put_at(100, root, challenge + 1);
    struct store_view *view = view_of(STORE_NOW);
    for (size_t i = 0; i < 2 * 3 * 5; i++) {
        size_t index = asked[i * 7 % 5];
        uint64_t kind = kinds[i / 5 % 3];
        bool is_named = (index == second && kind == ASSAY_KIND_SOURCE) ||
                        (index == first && kind == ASSAY_KIND_CHALLENGE);
        uint64_t count = 9;

        assert_int_equal(store_refs_count(view,
                                          &history_item(history, index)->id,
                                          kind, 9, &count),
                         ASSAY_OK);
        assert_int_equal(count, is_named ? 1 : 0);
        assert_true(is_in(view, index));
    }
    store_view_end(view);
}

/* All records in order, as the view shows them. */
static void a_walk_over_all_ends_with_the_view(void **state)
{
    size_t claim = history_claim(history, editor);
    struct store_row row = {.lsn = 0};
    (void)state;

    put_at(100, root, claim);
    put_at(200, claim, claim + 1);
    struct store_view *view = view_of(100);
    for (uint64_t lsn = 1; lsn <= 2; lsn++) {
        assert_int_equal(store_view_next(view, row.lsn, &row), ASSAY_OK);
        assert_int_equal(row.lsn, lsn);
    }
    assert_int_equal(store_view_next(view, row.lsn, &row), ASSAY_E_NOT_FOUND);
    assert_int_equal(store_view_next(view, UINT64_MAX, &row),
                     ASSAY_E_NOT_FOUND);
    store_view_end(view);
}

/* Every index shows the past, not only the rows. */
static void the_past_has_its_own_lists(void **state)
{
    size_t claim = history_claim(history, editor);
    size_t source = history_source(history, editor, claim);
    size_t later = history_source(history, editor, claim);
    const struct assay_id *id = &history_item(history, claim)->id;
    struct store_list_query query = {.list = STORE_LIST_KIND,
                                     .kind = ASSAY_KIND_SOURCE};
    struct store_row row;
    uint64_t count = 0;
    (void)state;

    put_at(100, root, later);
    put_at(200, later, later + 1);
    struct store_view *view = view_of(100);
    assert_int_equal(store_refs_count(view, id, ASSAY_KIND_SOURCE, 9, &count),
                     ASSAY_OK);
    assert_int_equal(count, 1);
    for (int newest = 0; newest < 2; newest++) {
        uint64_t cursor = 0;

        query.newest_first = newest == 1;
        assert_int_equal(store_list_next(view, &query, &cursor, &row),
                         ASSAY_OK);
        assert_memory_equal(&row.record.id, &history_item(history, source)->id,
                            ASSAY_ID_SIZE);
        assert_int_equal(store_list_next(view, &query, &cursor, &row),
                         ASSAY_E_NOT_FOUND);
    }
    store_view_end(view);
    view = view_of(STORE_NOW);
    assert_int_equal(store_refs_count(view, id, ASSAY_KIND_SOURCE, 9, &count),
                     ASSAY_OK);
    assert_int_equal(count, 2);
    store_view_end(view);
}

static struct store_log log_as_of(uint64_t as_of_s, size_t grant)
{
    struct store_view *view = view_of(as_of_s);
    struct store_log log;

    assert_int_equal(
        store_log_find(view, &history_item(history, grant)->id, &log),
        ASSAY_OK);
    store_view_end(view);
    return log;
}

/* A fork that was healed since is one in a view of then. */
static void a_log_has_the_heads_of_then(void **state)
{
    size_t first = history_claim(history, editor);
    size_t left = history_claim(history, editor);
    (void)state;

    history_follow(history, first);
    size_t right = history_claim(history, editor);
    history_heal(history, editor);
    size_t healed = history_claim(history, editor);
    put_at(100, root, first);
    put_at(200, first, right);
    put_at(300, right, healed);
    put_at(400, healed, healed + 1);
    struct store_log log = log_as_of(100, editor);
    assert_int_equal(log.head_count, 0);
    assert_int_equal(log.record_count, 0);
    log = log_as_of(200, editor);
    assert_int_equal(log.head_count, 1);
    assert_memory_equal(&log.heads[0].id, &history_item(history, left)->id,
                        ASSAY_ID_SIZE);
    log = log_as_of(300, editor);
    assert_int_equal(log.head_count, 2);
    assert_int_equal(log.record_count, 3);
    log = log_as_of(400, editor);
    assert_int_equal(log.head_count, 1);
    assert_memory_equal(&log.heads[0].id, &history_item(history, healed)->id,
                        ASSAY_ID_SIZE);
    /* The grant itself had not come yet. */
    struct store_view *view = view_of(99);
    assert_int_equal(
        store_log_find(view, &history_item(history, editor)->id, &log),
        ASSAY_E_NOT_FOUND);
    store_view_end(view);
}

/* A log that was frozen and healed can be forked again: in all it has more
 * branches than it may have heads at a time. */
static void a_log_that_thawed_has_a_past(void **state)
{
    size_t claim = history_claim(history, editor);
    size_t end = 0;
    (void)state;

    for (size_t i = 0; i < ASSAY_HEADS_MAX; i++) {
        history_follow(history, claim);
        end = history_claim(history, editor) + 1;
    }
    put_at(100, root, end);
    for (uint64_t round = 1; round <= 3; round++) {
        size_t from = end;

        history_heal(history, editor);
        end = history_claim(history, editor) + 1;
        for (size_t i = 1; i < ASSAY_PREV_MAX; i++) {
            history_follow(history, claim);
            end = history_claim(history, editor) + 1;
        }
        put_at(100 + round, from, end);
    }
    for (uint64_t now_s = 100; now_s <= 103; now_s++) {
        struct store_log log = log_as_of(now_s, editor);

        assert_int_equal(log.head_count, ASSAY_HEADS_MAX);
        assert_true(log.is_frozen);
        assert_int_equal(log.record_count,
                         1 + ASSAY_HEADS_MAX + (now_s - 100) * ASSAY_PREV_MAX);
    }
    test_ledger_check(&test);
}

/* Receive times never go back, or a search for one would miss records. */
static void a_clock_that_goes_back_is_not_followed(void **state)
{
    size_t first = history_claim(history, editor);
    size_t second = history_claim(history, editor);
    struct store_row row;
    (void)state;

    put_at(500, root, first);
    put_at(300, first, second);
    put_at(600, second, second + 1);
    struct store_view *view = view_of(STORE_NOW);
    assert_int_equal(store_view_by_lsn(view, first + 1, &row), ASSAY_OK);
    assert_int_equal(row.received_s, 500);
    assert_int_equal(store_view_by_lsn(view, second + 1, &row), ASSAY_OK);
    assert_int_equal(row.received_s, 600);
    store_view_end(view);
    assert_int_equal(last_as_of(499), 0);
    assert_int_equal(last_as_of(500), first + 1);
    test_ledger_check(&test);
}

/* A view that another thread holds until it is told to end it. */
struct holder {
    pthread_t thread;
    int began[2]; /* A byte is written when the view has begun, */
    int end[2];   /* and awaited before it ends. */
    bool has_claim;
    uint64_t last_lsn;
};

static size_t held_claim;

static void *hold_view(void *context)
{
    struct holder *holder = context;
    struct store_view *view = view_of(STORE_NOW);
    char byte = 0;

    assert_int_equal(write(holder->began[1], &byte, 1), 1);
    assert_int_equal(read(holder->end[0], &byte, 1), 1);
    holder->has_claim = is_in(view, held_claim);
    holder->last_lsn = store_view_last_lsn(view);
    store_view_end(view);
    return NULL;
}

static void begin_holding(struct holder *holder)
{
    char byte = 0;

    assert_int_equal(pipe(holder->began), 0);
    assert_int_equal(pipe(holder->end), 0);
    assert_int_equal(pthread_create(&holder->thread, NULL, hold_view, holder),
                     0);
    assert_int_equal(read(holder->began[0], &byte, 1), 1);
}

static void end_holding(struct holder *holder)
{
    assert_int_equal(write(holder->end[1], "", 1), 1);
    assert_int_equal(pthread_join(holder->thread, NULL), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(close(holder->began[i]), 0);
        assert_int_equal(close(holder->end[i]), 0);
    }
}

/* Views do not move under the reader, and neither of reader and writer waits
 * for the other: here each would wait for ever. */
static void a_view_shows_the_moment_of_its_beginning(void **state)
{
    size_t second = history_claim(history, editor);
    struct holder before;
    struct holder during;
    struct store_batch *batch = NULL;
    (void)state;

    held_claim = second;
    put_at(100, root, second);
    begin_holding(&before);
    batch = test_ledger_begin(&test, 200);
    assert_int_equal(test_ledger_put_item(batch, history, second), ASSAY_OK);
    begin_holding(&during);
    test_ledger_commit(batch);
    end_holding(&before);
    end_holding(&during);
    assert_false(before.has_claim);
    assert_false(during.has_claim);
    assert_int_equal(before.last_lsn, second);
    assert_int_equal(during.last_lsn, second);
    struct store_view *after = view_of(STORE_NOW);
    assert_true(is_in(after, second));
    store_view_end(after);
    store_view_end(NULL);
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(the_past_is_what_had_been_received),
        PROMISE(who_names_what_is_missing_is_found),
        PROMISE(questions_do_not_disturb_each_other),
        PROMISE(a_walk_over_all_ends_with_the_view),
        PROMISE(the_past_has_its_own_lists),
        PROMISE(a_log_has_the_heads_of_then),
        PROMISE(a_log_that_thawed_has_a_past),
        PROMISE(a_clock_that_goes_back_is_not_followed),
        PROMISE(a_view_shows_the_moment_of_its_beginning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
