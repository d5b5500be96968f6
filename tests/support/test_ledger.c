/* SPDX-License-Identifier: Apache-2.0 */
#include "test_ledger.h"

#include "testing.h"

void test_ledger_make(struct test_ledger *test)
{
    test_folder_make(test->folder);
    test_path(test->dir, test->folder, "ledger");
    test->ledger = NULL;
    assert_int_equal(store_ledger_init(test->dir, NULL), ASSAY_OK);
    test_ledger_reopen(test, STORE_WRITE);
}

void test_ledger_remove(struct test_ledger *test)
{
    store_ledger_close(test->ledger);
    test_folder_remove(test->folder);
}

void test_ledger_reopen(struct test_ledger *test, enum store_mode mode)
{
    store_ledger_close(test->ledger);
    test->ledger = NULL;
    assert_int_equal(store_ledger_open(test->dir, mode, &test->ledger, NULL),
                     ASSAY_OK);
}

void test_ledger_fill(struct test_ledger *test, const struct history *history,
                      const size_t *order, size_t count)
{
    struct store_batch *batch = NULL;

    assert_int_equal(store_batch_begin(test->ledger, TEST_NOW_S, &batch),
                     ASSAY_OK);
    for (size_t index = 0; index < count; index++) {
        const struct history_item *item =
            history_item(history, order != NULL ? order[index] : index);
        struct assay_record record;
        uint64_t lsn = 0;
        bool has_new_body = false;

        assert_int_equal(
            assay_record_open(item->envelope, item->body, &record, NULL),
            ASSAY_OK);
        assert_int_equal(store_batch_put(batch, &record, &lsn, &has_new_body),
                         ASSAY_OK);
    }
    assert_int_equal(store_batch_commit(batch), ASSAY_OK);
}

uint64_t test_ledger_count(struct test_ledger *test)
{
    struct store_stats stats;

    assert_int_equal(store_ledger_stats(test->ledger, &stats), ASSAY_OK);
    return stats.records;
}

bool test_ledger_has(struct test_ledger *test, const struct history *history,
                     size_t index)
{
    struct store_view *view = NULL;
    struct store_row row;

    assert_int_equal(store_view_begin(test->ledger, STORE_NOW, &view),
                     ASSAY_OK);
    enum assay_err err =
        store_view_by_id(view, &history_item(history, index)->id, &row);
    store_view_end(view);
    assert_true(err == ASSAY_OK || err == ASSAY_E_NOT_FOUND);
    return err == ASSAY_OK;
}
