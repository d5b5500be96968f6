/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories in a real ledger: in whatever order and in whatever batches
 * records arrive, they mean the same, as they do in memory and as a second
 * writing of the rules says. A failure prints its seed, and
 *
 *   test_histories SEED [LAST]
 *
 * runs every property with that seed alone, or with all from SEED to LAST.
 */
#include "testing.h"

#include "memview.h"
#include "oracle.h"
#include "reading.h"
#include "store/log.h"
#include "test_ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDER_COUNT 3

/* A reading is compared with the oracle's where there are no more records. */
#define ORACLE_MAX 16

/* The seeds that a property runs with, where they were given. */
static uint64_t first_seed;
static uint64_t last_seed; /* 0: none were. */

/* What a ledger says of each record of a history, by its index. */
struct answer {
    bool is_held;
    bool has_body;
    bool is_erased;
    char text[READING_TEXT_MAX];
};

static void fail_at(uint64_t seed, const struct history *history, size_t index,
                    const char *was, const char *is)
{
    const struct history_item *item = history_item(history, index);

    print_error("seed %llu, record %zu (%s, grant %zu, seq %llu):\n"
                "  %s\n  %s\n",
                (unsigned long long)seed, index, assay_kind_name(item->kind),
                item->grant, (unsigned long long)item->seq, was, is);
    fail();
}

/* Puts records into a new ledger, in batches of random sizes; it is opened
 * anew now and then. What a frozen log does not take, and what builds on that,
 * is left out. */
static void fill(struct test_ledger *test, struct history *history,
                 const size_t *order, bool may_freeze)
{
    size_t count = history_count(history);
    size_t batch_max = 1 + history_below(history, count);
    size_t done = 0;

    test_ledger_make(test);
    while (done < count) {
        size_t size = 1 + history_below(history, batch_max);
        struct store_batch *batch = test_ledger_begin(test, TEST_NOW_S);

        for (size = size < count - done ? size : count - done; size > 0;
             size--) {
            enum assay_err err =
                test_ledger_put_item(batch, history, order[done]);

            if (err == ASSAY_OK && history_once_in(history, 8)) {
                assert_int_equal(
                    test_ledger_put_item(batch, history, order[done]),
                    ASSAY_E_EXISTS);
            }
            assert_true(err == ASSAY_OK ||
                        (may_freeze &&
                         (err == ASSAY_E_FROZEN || err == ASSAY_E_EARLY)));
            done++;
        }
        test_ledger_commit(batch);
        if (history_once_in(history, 8)) {
            test_ledger_reopen(test, STORE_WRITE);
        }
    }
    test_ledger_check(test);
}

/* The same records and bodies, in memory. */
static struct memview *copy_to_memory(struct store_view *view)
{
    struct memview *memview = memview_new();
    uint64_t last = store_view_last_lsn(view);
    struct store_row row;

    for (uint64_t lsn = 1; lsn <= last; lsn++) {
        assert_int_equal(store_view_by_lsn(view, lsn, &row), ASSAY_OK);
        assert_int_equal(
            memview_add(memview, row.record.envelope, row.record.body),
            ASSAY_OK);
    }
    return memview;
}

/* A reading as the text that the others must give, too. */
static void expect_reading(uint64_t seed, const struct history *history,
                           size_t index, struct reading reading,
                           const char *wanted)
{
    char text[READING_TEXT_MAX];

    reading_format(&reading, text);
    if (strcmp(text, wanted) != 0) {
        fail_at(seed, history, index, wanted, text);
    }
}

/* Counts the logs that are meant, one by one or by the index of them. */
static size_t count_logs(struct store_view *view,
                         const struct store_log_query *query, bool is_indexed)
{
    struct store_log log;
    uint64_t after = 0;
    size_t count = 0;

    for (;;) {
        uint64_t before = after;
        enum assay_err err = is_indexed
                                 ? store_log_next_of(view, query, &after, &log)
                                 : store_log_next(view, &after, &log);

        if (err == ASSAY_E_NOT_FOUND) {
            return count;
        }
        assert_int_equal(err, ASSAY_OK);
        assert_true(after > before);
        if ((query->team == NULL || assay_id_equal(query->team, &log.team)) &&
            (query->key == NULL || assay_key_equal(query->key, &log.key))) {
            count++;
        } else {
            assert_false(is_indexed);
        }
    }
}

/* A team's logs, and a key's, are found without the others. */
static void expect_logs_listed(struct store_view *view)
{
    struct store_log log;
    uint64_t after = 0;
    enum assay_err err = store_log_next(view, &after, &log);

    for (; err == ASSAY_OK; err = store_log_next(view, &after, &log)) {
        const struct store_log_query queries[] = {
            {&log.team, NULL}, {NULL, &log.key}, {&log.team, &log.key}};

        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(count_logs(view, &queries[i], true),
                             count_logs(view, &queries[i], false));
        }
    }
    assert_int_equal(err, ASSAY_E_NOT_FOUND);
}

/* Reads each record of the history that a ledger holds; the same set in memory
 * and, if it is small, the oracle must say the same. The caller frees. */
static struct answer *read_ledger(uint64_t seed, struct test_ledger *test,
                                  struct history *history)
{
    size_t count = history_count(history);
    struct answer *answers = calloc(count, sizeof(*answers));
    struct store_view *view = NULL;
    struct assay_validity *validity = NULL;
    struct assay_validity *in_memory = NULL;
    size_t offset = history_below(history, count);

    assert_non_null(answers);
    assert_int_equal(store_view_begin(test->ledger, STORE_NOW, &view),
                     ASSAY_OK);
    struct memview *memview = copy_to_memory(view);
    expect_logs_listed(view);
    assert_int_equal(store_view_validity(view, &validity), ASSAY_OK);
    assert_int_equal(assay_validity_new(memview_view(memview), &in_memory),
                     ASSAY_OK);
    for (size_t i = 0; i < count; i++) {
        size_t index = (i + offset) % count;
        struct answer *answer = &answers[index];
        const struct assay_id *id = &history_item(history, index)->id;
        const struct assay_record *record = memview_find(memview, id);
        struct store_row row;

        enum assay_err err = store_view_by_id(view, id, &row);
        assert_true(err == ASSAY_OK || err == ASSAY_E_NOT_FOUND);
        answer->is_held = err == ASSAY_OK;
        assert_int_equal(answer->is_held, record != NULL);
        if (!answer->is_held) {
            continue;
        }
        answer->has_body = row.record.body.data != NULL;
        answer->is_erased = row.is_erased;
        struct reading reading =
            reading_of(validity, store_view_logs(view), &row.record);
        reading_format(&reading, answer->text);
        expect_reading(seed, history, index,
                       reading_of(in_memory, memview_view(memview), record),
                       answer->text);
        if (count <= ORACLE_MAX) {
            expect_reading(seed, history, index, oracle_of(memview, record),
                           answer->text);
        }
    }
    assay_validity_free(in_memory);
    memview_free(memview);
    store_view_end(view);
    return answers;
}

/* Whether a retraction that asks to erase stands and is of somebody who may. */
static bool may_erase(struct assay_validity *validity,
                      const struct store_row *retraction,
                      const struct store_row *target)
{
    struct assay_validity_result by;
    struct assay_validity_result of;

    assert_int_equal(assay_validity_of(validity, &retraction->record, &by),
                     ASSAY_OK);
    assert_int_equal(assay_validity_of(validity, &target->record, &of),
                     ASSAY_OK);
    return by.state == ASSAY_STANDS && of.authority != NULL &&
           assay_validity_may_retract(by.authority, &target->record,
                                      of.authority);
}

/* What standing retractions ask to erase has no body, whenever they came to
 * stand. */
static void expect_erased(uint64_t seed, struct test_ledger *test,
                          const struct history *history)
{
    struct store_view *view = NULL;
    struct assay_validity *validity = NULL;
    struct store_row row;
    struct store_row target;

    assert_int_equal(store_view_begin(test->ledger, STORE_NOW, &view),
                     ASSAY_OK);
    assert_int_equal(store_view_validity(view, &validity), ASSAY_OK);
    for (size_t i = 0; i < history_count(history); i++) {
        const struct assay_id *id = &history_item(history, i)->id;

        assert_int_equal(store_view_by_id(view, id, &row), ASSAY_OK);
        const struct assay_id *named =
            assay_record_about(&row.record, ASSAY_REL_ERASES);
        if (named == NULL ||
            store_view_by_id(view, named, &target) != ASSAY_OK) {
            continue;
        }
        if (may_erase(validity, &row, &target) && !target.is_erased) {
            fail_at(seed, history, i, "asks to erase, and may", "not erased");
        }
    }
    store_view_end(view);
}

/* The part of a text that does not depend on any body. */
static size_t authority_len(const char *text)
{
    const char *end = strstr(text, " signoffs");

    assert_non_null(end);
    return (size_t)(end - text);
}

static bool has_same_bodies(const struct answer *a, const struct answer *b,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (a[i].has_body != b[i].has_body) {
            return false;
        }
    }
    return true;
}

/* Two ledgers of the same records give the same answers: on everything where
 * they have the same bodies, on authority in any case. */
static void expect_same(uint64_t seed, const struct history *history,
                        const struct answer *a, const struct answer *b)
{
    size_t count = history_count(history);
    bool is_whole = has_same_bodies(a, b, count);

    for (size_t i = 0; i < count; i++) {
        if (is_whole ? strcmp(a[i].text, b[i].text) != 0
                     : strncmp(a[i].text, b[i].text,
                               authority_len(a[i].text)) != 0) {
            fail_at(seed, history, i, a[i].text, b[i].text);
        }
    }
}

/* How many bodies were erased in all, so that it shows that some were. */
static size_t erased_count;

static void try_orders(uint64_t seed)
{
    struct history *history =
        history_troubled(seed, seed % 2 == 0 ? ORACLE_MAX : 60);
    size_t count = history_count(history);
    size_t *order = calloc(count, sizeof(*order));
    struct answer *first = NULL;

    assert_non_null(order);
    for (size_t i = 0; i < ORDER_COUNT; i++) {
        struct test_ledger test;

        history_shuffle(history, order);
        fill(&test, history, order, false);
        assert_int_equal(test_ledger_count(&test), count);
        struct answer *answers = read_ledger(seed, &test, history);
        expect_erased(seed, &test, history);
        for (size_t j = 0; j < count; j++) {
            erased_count += answers[j].is_erased;
        }
        test_ledger_remove(&test);
        if (first == NULL) {
            first = answers;
            continue;
        }
        expect_same(seed, history, first, answers);
        free(answers);
    }
    free(first);
    free(order);
    history_free(history);
}

static void run(void (*property)(uint64_t seed), uint64_t seed_count)
{
    uint64_t first = last_seed > 0 ? first_seed : 1;
    uint64_t last = last_seed > 0 ? last_seed : seed_count;

    for (uint64_t seed = first; seed <= last; seed++) {
        property(seed);
    }
}

static void answers_do_not_depend_on_order_or_batches(void **state)
{
    (void)state;
    run(try_orders, 20);
    assert_true(last_seed > 0 || erased_count > 0);
}

/* A member's log with more forks than it may have heads, among other records.
 */
static struct history *overgrown_history(uint64_t seed)
{
    struct history *history = history_new(seed);
    struct history_mix mix = {
        .count = 20, .team_max = 1, .heal_once_in = 4, .end_once_in = 8};

    size_t root = history_found(history);
    size_t editor = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    size_t claim = history_claim(history, editor);
    for (size_t i = 0; i < ASSAY_HEADS_MAX + 20; i++) {
        history_follow(history, claim);
        size_t fork = history_once_in(history, 8)
                          ? history_verdict(history, editor, claim,
                                            ASSAY_RATING_TRUE, NULL, 0)
                          : history_claim(history, editor);
        if (history_once_in(history, 4)) {
            history_follow(history, fork);
            (void)history_claim(history, editor);
        }
    }
    history_grow(history, &mix);
    return history;
}

static size_t count_heads(struct test_ledger *test,
                          const struct history *history, size_t grant)
{
    struct store_view *view = NULL;
    struct store_log log;

    assert_int_equal(store_view_begin(test->ledger, STORE_NOW, &view),
                     ASSAY_OK);
    assert_int_equal(
        store_log_find(view, &history_item(history, grant)->id, &log),
        ASSAY_OK);
    store_view_end(view);
    assert_true(log.head_count <= ASSAY_HEADS_MAX);
    return log.head_count;
}

static void overgrow(uint64_t seed)
{
    struct history *history = overgrown_history(seed);
    size_t count = history_count(history);
    size_t *order = calloc(count, sizeof(*order));

    assert_non_null(order);
    for (size_t i = 0; i < 2; i++) {
        struct test_ledger test;

        history_shuffle(history, order);
        fill(&test, history, order, true);
        assert_true(test_ledger_count(&test) < count);
        assert_true(count_heads(&test, history, 1) >
                    ASSAY_HEADS_MAX - ASSAY_PREV_MAX);
        free(read_ledger(seed, &test, history));
        test_ledger_remove(&test);
    }
    free(order);
    history_free(history);
}

/* Which forks a ledger holds depends on their order then; what it holds is
 * sound, and means what the same set means elsewhere. */
static void an_overgrown_log_is_cut_and_sound(void **state)
{
    (void)state;
    run(overgrow, 4);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_do_not_depend_on_order_or_batches),
        cmocka_unit_test(an_overgrown_log_is_cut_and_sound),
    };

    if (argc > 1) {
        first_seed = strtoull(argv[1], NULL, 10);
        last_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : first_seed;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
