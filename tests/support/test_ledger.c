/* SPDX-License-Identifier: Apache-2.0 */
#include "test_ledger.h"

#include "protocol/check.h"
#include "protocol/kinds/claim.h"
#include "store/author.h"
#include "store/check.h"
#include "testing.h"

#include <string.h>

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

struct store_batch *test_ledger_begin(struct test_ledger *test, uint64_t now_s)
{
    struct store_batch *batch = NULL;

    assert_int_equal(store_batch_begin(test->ledger, now_s, &batch), ASSAY_OK);
    return batch;
}

void test_ledger_commit(struct store_batch *batch)
{
    assert_int_equal(store_batch_commit(batch), ASSAY_OK);
}

enum assay_err test_ledger_put(struct store_batch *batch,
                               struct assay_bytes envelope,
                               struct assay_bytes body)
{
    struct assay_record record;
    uint64_t lsn = 0;
    bool has_new_body = false;

    assert_int_equal(assay_record_open(envelope, body, &record, NULL),
                     ASSAY_OK);
    return store_batch_put(batch, &record, &lsn, &has_new_body);
}

enum assay_err test_ledger_put_item(struct store_batch *batch,
                                    const struct history *history, size_t index)
{
    const struct history_item *item = history_item(history, index);

    return test_ledger_put(batch, item->envelope, item->body);
}

void test_ledger_fill(struct test_ledger *test, const struct history *history,
                      const size_t *order, size_t count)
{
    struct store_batch *batch = test_ledger_begin(test, TEST_NOW_S);

    for (size_t index = 0; index < count; index++) {
        assert_int_equal(
            test_ledger_put_item(batch, history,
                                 order != NULL ? order[index] : index),
            ASSAY_OK);
    }
    test_ledger_commit(batch);
}

void test_ledger_claim(struct store_batch *batch, const struct history *history,
                       size_t grant, size_t text_len, uint64_t time_s)
{
    static const uint8_t salt[ASSAY_SALT_SIZE];
    static uint8_t text[ASSAY_TEXT_MAX];
    static uint8_t body[ASSAY_RECORD_MAX];
    struct assay_claim claim = {.text = {text, text_len}};
    struct store_draft draft = {.kind = ASSAY_KIND_CLAIM,
                                .grant_id = history_item(history, grant)->id,
                                .time_s = time_s};
    struct assay_cbor_writer writer;
    struct assay_id id;

    ASSAY_CHECK(text_len <= sizeof(text));
    memset(text, 'a', text_len);
    assay_cbor_writer_init(&writer, body, sizeof(body));
    assay_claim_write(&claim, salt, &writer);
    enum assay_err err = assay_cbor_writer_finish(&writer, &draft.body);
    ASSAY_CHECK(err == ASSAY_OK);
    err = store_author_write(batch, &draft, history_secret(history, grant), &id,
                             NULL);
    ASSAY_CHECK(err == ASSAY_OK);
}

static void on_problem(void *context, uint64_t lsn, const char *sentence)
{
    (void)context;
    fail_msg("record %llu: %s", (unsigned long long)lsn, sentence);
}

void test_ledger_check(struct test_ledger *test)
{
    const struct store_check_hooks hooks = {.problem = on_problem};
    struct store_check_report report;

    assert_int_equal(store_check(test->ledger, &hooks, &report), ASSAY_OK);
    assert_int_equal(report.problems, 0);
    assert_int_equal(report.records, test_ledger_count(test));
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
