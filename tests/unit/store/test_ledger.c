/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a ledger: of this format, of a newer one, and of none.
 */
#include "store/ledger.h"

#include "raw_table.h"
#include "test_ledger.h"
#include "testing.h"

static struct test_ledger test;

static int make_ledger(void **state)
{
    (void)state;
    test_ledger_make(&test);
    return 0;
}

static int remove_ledger(void **state)
{
    (void)state;
    test_ledger_remove(&test);
    return 0;
}

/* Closes the ledger; opening it again is refused in both modes. */
static void assert_refused(enum assay_err expected)
{
    const enum store_mode modes[] = {STORE_READ, STORE_WRITE};

    store_ledger_close(test.ledger);
    test.ledger = NULL;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(
            store_ledger_open(test.dir, modes[i], &test.ledger, NULL),
            expected);
        assert_null(test.ledger);
    }
}

/* Another format may mean something else by the same bytes. */
static void a_newer_format_is_refused(void **state)
{
    (void)state;
    raw_set_format(test.ledger, STORE_FORMAT + 1);
    assert_refused(ASSAY_E_VERSION);
}

/* A newer program may have done away with any table but the one that says the
 * format, and its ledger is not damaged. */
static void a_newer_format_without_a_table_is_no_damage(void **state)
{
    (void)state;
    raw_set_format(test.ledger, STORE_FORMAT + 1);
    for (int table = 0; table < STORE_TABLE_COUNT; table++) {
        if (table != STORE_META) {
            raw_drop(test.ledger, (enum store_table)table);
        }
    }
    assert_refused(ASSAY_E_VERSION);
}

/* In this format, each of them is damage. */
static void a_missing_table_is_damage(void **state)
{
    (void)state;
    raw_drop(test.ledger, STORE_REFS);
    assert_refused(ASSAY_E_CORRUPT);
}

static void a_ledger_that_says_no_format_is_damaged(void **state)
{
    (void)state;
    raw_drop(test.ledger, STORE_META);
    assert_refused(ASSAY_E_CORRUPT);
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_newer_format_is_refused),
        PROMISE(a_newer_format_without_a_table_is_no_damage),
        PROMISE(a_missing_table_is_damage),
        PROMISE(a_ledger_that_says_no_format_is_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
