/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of indexes: their order, and finding them from any place. */
#include "store/entry.h"

#include "store/rows.h"
#include "test_ledger.h"
#include "testing.h"

static struct test_ledger test;
static struct store_batch *batch;
static struct store_view *view;

static int begin(void **state)
{
    (void)state;
    test_ledger_make(&test);
    batch = test_ledger_begin(&test, TEST_NOW_S);
    view = store_batch_view(batch);
    return 0;
}

static int end(void **state)
{
    (void)state;
    store_batch_abort(batch);
    test_ledger_remove(&test);
    return 0;
}

static void put_ref(uint64_t named, uint64_t kind, uint64_t lsn)
{
    struct store_entry entry;

    store_entry_ref(named, kind, lsn, &entry);
    assert_int_equal(store_index_put(view, &entry), ASSAY_OK);
}

/* Under one name, by kind and then by LSN; other names do not count. */
static void seeking_finds_the_first_that_is_not_below(void **state)
{
    struct store_entry entry;
    (void)state;

    put_ref(7, 3, 300);
    put_ref(7, 3, 20);
    put_ref(7, 2, 9000);
    put_ref(8, 1, 1);
    store_entry_ref(7, 2, 0, &entry);
    assert_int_equal(store_index_seek(view, &entry), ASSAY_OK);
    assert_int_equal(store_entry_lsn(&entry), 9000);
    assert_true(store_entry_has_kind(&entry, 2));
    store_entry_step(&entry);
    assert_int_equal(store_index_seek(view, &entry), ASSAY_OK);
    assert_int_equal(store_entry_lsn(&entry), 20);
    assert_true(store_entry_has_kind(&entry, 3));
    store_entry_step(&entry);
    assert_int_equal(store_index_seek(view, &entry), ASSAY_OK);
    assert_int_equal(store_entry_lsn(&entry), 300);
    store_entry_step(&entry);
    assert_int_equal(store_index_seek(view, &entry), ASSAY_E_NOT_FOUND);
    store_entry_ref(6, 0, 0, &entry);
    assert_int_equal(store_index_seek(view, &entry), ASSAY_E_NOT_FOUND);
}

static void seeking_back_finds_the_last_that_is_below(void **state)
{
    static const uint64_t lsns[] = {5, 6, 90};
    struct store_entry entry;
    (void)state;

    store_entry_of_kind(3, 10, &entry);
    assert_int_equal(store_index_seek_back(view, &entry), ASSAY_E_NOT_FOUND);
    for (size_t i = 0; i < 3; i++) {
        store_entry_of_kind(3, lsns[i], &entry);
        assert_int_equal(store_index_put(view, &entry), ASSAY_OK);
        store_entry_of_kind(3, 10, &entry);
        assert_int_equal(store_index_seek_back(view, &entry), ASSAY_OK);
        assert_int_equal(store_entry_lsn(&entry), lsns[i] < 10 ? lsns[i] : 6);
    }
    store_entry_of_kind(3, 91, &entry);
    assert_int_equal(store_index_seek_back(view, &entry), ASSAY_OK);
    assert_int_equal(store_entry_lsn(&entry), 90);
    store_entry_of_kind(3, 5, &entry);
    assert_int_equal(store_index_seek_back(view, &entry), ASSAY_E_NOT_FOUND);
}

/* Every entry once, in order, from key to key. */
static void a_walk_passes_over_a_whole_index(void **state)
{
    static const uint64_t order[] = {4, 40, 4, 5, 6, 1};
    struct store_entry entry = {.table = STORE_REFS};
    size_t count = 0;
    (void)state;

    put_ref(2, 9, 5);
    put_ref(1, 9, 40);
    put_ref(1, 9, 4);
    put_ref(2, 1, 4);
    put_ref(2, 9, 6);
    put_ref(300, 1, 1);
    while (store_index_walk(view, &entry) == ASSAY_OK) {
        assert_true(count < 6);
        assert_int_equal(store_entry_lsn(&entry), order[count]);
        count++;
        store_entry_step(&entry);
    }
    assert_int_equal(count, 6);
}

static void an_entry_is_written_once_and_deleted_once(void **state)
{
    struct store_entry entry;
    struct store_entry other;
    (void)state;

    store_entry_log(3, 17, 40, &entry);
    store_entry_log(3, 17, 41, &other);
    assert_int_equal(store_index_has(view, &entry), ASSAY_E_NOT_FOUND);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_index_put(view, &other), ASSAY_OK);
        assert_int_equal(store_index_put(view, &entry), ASSAY_OK);
        assert_int_equal(store_index_has(view, &entry), ASSAY_OK);
    }
    assert_int_equal(store_index_del(view, &entry), ASSAY_OK);
    assert_int_equal(store_index_has(view, &entry), ASSAY_E_NOT_FOUND);
    assert_int_equal(store_index_has(view, &other), ASSAY_OK);
    assert_int_equal(store_index_del(view, &entry), ASSAY_OK);
}

/* A place that a peer names may be behind any that can be. */
static void a_seq_that_is_too_large_is_behind_all(void **state)
{
    struct store_entry entry;
    (void)state;

    store_entry_log(3, 1000, 40, &entry);
    assert_int_equal(store_index_put(view, &entry), ASSAY_OK);
    store_entry_log(3, (UINT64_C(1) << 48) + 5, 0, &entry);
    assert_int_equal(store_index_seek(view, &entry), ASSAY_E_NOT_FOUND);
    store_entry_log(3, 1000, 0, &entry);
    assert_int_equal(store_index_seek(view, &entry), ASSAY_OK);
    assert_int_equal(store_entry_seq(&entry), 1000);
}

static void what_was_missing_is_adopted_under_its_number(void **state)
{
    struct assay_id named = {{1, 2, 3}};
    struct store_entry missing;
    struct store_entry entry;
    (void)state;

    store_entry_missing(&named, ASSAY_KIND_VERDICT, 55, &missing);
    store_entry_adopt(&missing, 99, &entry);
    assert_int_equal(store_index_put(view, &entry), ASSAY_OK);
    store_entry_ref(99, ASSAY_KIND_VERDICT, 0, &entry);
    assert_int_equal(store_index_seek(view, &entry), ASSAY_OK);
    assert_int_equal(store_entry_lsn(&entry), 55);
}

/* Ids are found by their first bytes, in their order. */
static void ids_lie_in_their_order(void **state)
{
    struct assay_id low = {{0, 0, 0, 0, 0, 0, 0, 1, 99}};
    struct assay_id high = {{200, 0, 0, 0, 0, 0, 0, 1}};
    struct assay_id from = {{0}};
    struct store_entry entry;
    (void)state;

    store_entry_id(&high, 1, &entry);
    assert_int_equal(store_index_put(view, &entry), ASSAY_OK);
    store_entry_id(&low, 2, &entry);
    assert_int_equal(store_index_put(view, &entry), ASSAY_OK);
    store_entry_id(&from, 0, &entry);
    assert_int_equal(store_index_seek(view, &entry), ASSAY_OK);
    assert_int_equal(store_entry_id_part(&entry), 1);
    assert_true(store_entry_has_id(&entry, &low));
    assert_false(store_entry_has_id(&entry, &high));
    store_entry_step(&entry);
    assert_int_equal(store_index_seek(view, &entry), ASSAY_OK);
    assert_int_equal(store_entry_id_part(&entry), (UINT64_C(200) << 56) + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            seeking_finds_the_first_that_is_not_below, begin, end),
        cmocka_unit_test_setup_teardown(
            seeking_back_finds_the_last_that_is_below, begin, end),
        cmocka_unit_test_setup_teardown(a_walk_passes_over_a_whole_index, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            an_entry_is_written_once_and_deleted_once, begin, end),
        cmocka_unit_test_setup_teardown(a_seq_that_is_too_large_is_behind_all,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            what_was_missing_is_adopted_under_its_number, begin, end),
        cmocka_unit_test_setup_teardown(ids_lie_in_their_order, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
