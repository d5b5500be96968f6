/* SPDX-License-Identifier: Apache-2.0 */
#include "store/check_records.h"

#include "history.h"
#include "testing.h"

#include <stdlib.h>

/* More than are in flight at once. */
#define ROWS 3000

/* One row in so many has a bad signature. */
#define BAD_ONCE_IN 100

static struct history *history;
static size_t told[ROWS + 1]; /* By LSN. */
static size_t told_count;

static void on_problem(void *context, uint64_t lsn, const char *sentence)
{
    (void)context;
    assert_true(lsn >= 1 && lsn <= ROWS);
    assert_non_null(strstr(sentence, "does not verify"));
    told[lsn]++;
    told_count++;
}

static const struct store_check_hooks hooks = {.problem = on_problem};

static int begin(void **state)
{
    (void)state;
    history = history_new(70);
    (void)history_claim(history, history_found(history));
    memset(told, 0, sizeof(told));
    told_count = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    history_free(history);
    return 0;
}

/* The claim, as the row with a number; a bad one has another signature. */
static void make_row(uint64_t lsn, bool is_bad, struct store_row *row)
{
    const struct history_item *item = history_item(history, 1);

    memset(row, 0, sizeof(*row));
    assert_int_equal(
        assay_record_parse(item->envelope, item->body, &row->record, NULL),
        ASSAY_OK);
    row->lsn = lsn;
    if (is_bad) {
        row->record.signature[0] ^= 1;
    }
}

/* Each is told once, by the thread that gave it, whatever the order in which
 * workers come to it. */
static void every_bad_signature_is_told_once(void **state)
{
    struct store_checking checking = {.hooks = &hooks};
    struct store_check_pool *pool = NULL;
    struct store_row row;
    (void)state;

    assert_int_equal(store_check_pool_new(&checking, &pool), ASSAY_OK);
    for (uint64_t lsn = 1; lsn <= ROWS; lsn++) {
        make_row(lsn, lsn % BAD_ONCE_IN == 0, &row);
        store_check_pool_add(pool, &row);
    }
    store_check_pool_finish(pool);
    store_check_pool_free(pool);
    assert_int_equal(told_count, ROWS / BAD_ONCE_IN);
    assert_int_equal(checking.report.problems, ROWS / BAD_ONCE_IN);
    for (uint64_t lsn = 1; lsn <= ROWS; lsn++) {
        assert_int_equal(told[lsn], lsn % BAD_ONCE_IN == 0 ? 1 : 0);
    }
}

/* Few rows fill no unit; none is as good. */
static void a_few_rows_are_checked_too(void **state)
{
    struct store_checking checking = {.hooks = &hooks};
    struct store_check_pool *pool = NULL;
    struct store_row row;
    (void)state;

    assert_int_equal(store_check_pool_new(&checking, &pool), ASSAY_OK);
    store_check_pool_finish(pool);
    make_row(7, true, &row);
    store_check_pool_add(pool, &row);
    store_check_pool_finish(pool);
    assert_int_equal(told_count, 1);
    store_check_pool_finish(pool);
    assert_int_equal(told_count, 1);
    store_check_pool_free(pool);
}

/* Ctrl-C does not wait for what is left. */
static void what_is_left_need_not_be_finished(void **state)
{
    struct store_checking checking = {.hooks = &hooks};
    struct store_check_pool *pool = NULL;
    struct store_row row;
    (void)state;

    assert_int_equal(store_check_pool_new(&checking, &pool), ASSAY_OK);
    for (uint64_t lsn = 1; lsn <= 500; lsn++) {
        make_row(lsn, false, &row);
        store_check_pool_add(pool, &row);
    }
    store_check_pool_free(pool);
    store_check_pool_free(NULL);
    assert_int_equal(told_count, 0);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(every_bad_signature_is_told_once),
        PROMISE(a_few_rows_are_checked_too),
        PROMISE(what_is_left_need_not_be_finished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
