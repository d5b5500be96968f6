/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table of records, and the LSNs of ids. */
#include "store/rows.h"

#include "test_ledger.h"
#include "testing.h"

static struct test_ledger test;

static int begin(void **state)
{
    (void)state;
    test_ledger_make(&test);
    return 0;
}

static int end(void **state)
{
    (void)state;
    test_ledger_remove(&test);
    return 0;
}

static struct store_raw_row sample_row(const char *body)
{
    struct store_raw_row row = {
        .id = {1, 2, 3, 4, 5, 6, 7, 8},
        .log_lsn = STORE_LSN_MAX,
        .flags = STORE_ROW_ERASED,
        .received_s = (UINT64_C(1) << 40) - 1,
        .envelope = assay_bytes_of("an envelope"),
    };

    if (body != NULL) {
        row.body = assay_bytes_of(body);
    }
    return row;
}

static void check_row(struct store_view *view, uint64_t lsn,
                      const struct store_raw_row *want)
{
    struct store_raw_row row;

    assert_int_equal(store_row_get(view, lsn, &row), ASSAY_OK);
    assert_memory_equal(row.id, want->id, sizeof(row.id));
    assert_int_equal(row.log_lsn, want->log_lsn);
    assert_int_equal(row.flags, want->flags);
    assert_int_equal(row.received_s, want->received_s);
    assert_true(assay_bytes_equal(row.envelope, want->envelope));
    assert_true(assay_bytes_equal(row.body, want->body));
    assert_int_equal(row.body.data == NULL, want->body.data == NULL);
}

/* A body comes and goes; what is rewritten may lie in the table. */
static void a_row_is_read_as_it_was_written(void **state)
{
    struct store_batch *batch = test_ledger_begin(&test, TEST_NOW_S);
    struct store_view *view = store_batch_view(batch);
    struct store_raw_row bare = sample_row(NULL);
    struct store_raw_row full = sample_row("a body");
    struct store_raw_row row;
    (void)state;

    assert_int_equal(store_row_append(view, 1, &bare), ASSAY_OK);
    assert_int_equal(store_row_append(view, 2, &full), ASSAY_OK);
    view->last_lsn = 2;
    check_row(view, 1, &bare);
    check_row(view, 2, &full);
    assert_int_equal(store_row_get(view, 1, &row), ASSAY_OK);
    row.body = full.body;
    assert_int_equal(store_row_replace(view, 1, &row), ASSAY_OK);
    check_row(view, 1, &full);
    assert_int_equal(store_row_get(view, 2, &row), ASSAY_OK);
    row.body = ASSAY_BYTES_NONE;
    assert_int_equal(store_row_replace(view, 2, &row), ASSAY_OK);
    check_row(view, 2, &bare);
    assert_int_equal(store_row_get(view, 3, &row), ASSAY_E_NOT_FOUND);
    store_batch_abort(batch);
}

static void numbers_without_room_are_refused(void **state)
{
    struct store_batch *batch = test_ledger_begin(&test, TEST_NOW_S);
    struct store_view *view = store_batch_view(batch);
    struct store_raw_row row = sample_row(NULL);
    (void)state;

    row.log_lsn = STORE_LSN_MAX + 1;
    assert_int_equal(store_row_append(view, 1, &row), ASSAY_E_LIMIT);
    row = sample_row(NULL);
    row.received_s++;
    assert_int_equal(store_row_append(view, 1, &row), ASSAY_E_LIMIT);
    row = sample_row(NULL);
    assert_int_equal(store_row_append(view, STORE_LSN_MAX + 1, &row),
                     ASSAY_E_LIMIT);
    row.envelope.len = ASSAY_RECORD_MAX + 1;
    assert_int_equal(store_row_replace(view, 1, &row), ASSAY_E_LIMIT);
    store_batch_abort(batch);
}

static void what_is_too_short_for_a_row_is_damage(void **state)
{
    uint8_t bytes[STORE_ROW_HEAD_SIZE + 4] = {0};
    struct store_raw_row row;
    (void)state;

    bytes[STORE_ROW_HEAD_SIZE - 1] = 4; /* The envelope's length. */
    assert_int_equal(
        store_row_read((struct assay_bytes){bytes, sizeof(bytes)}, &row),
        ASSAY_OK);
    for (size_t len = 0; len < sizeof(bytes); len++) {
        assert_int_equal(store_row_read((struct assay_bytes){bytes, len}, &row),
                         ASSAY_E_CORRUPT);
    }
}

/* What a view remembers is what it would find, and no more than it shows. */
static void an_id_that_is_remembered_is_one_that_is_held(void **state)
{
    struct history *history = history_new(5);
    size_t root = history_found(history);
    size_t claim = history_claim(history, root);
    struct store_view *view = NULL;
    struct store_batch *batch;
    uint64_t lsn = 0;
    (void)state;

    batch = test_ledger_begin(&test, TEST_NOW_S);
    assert_int_equal(test_ledger_put_item(batch, history, root), ASSAY_OK);
    test_ledger_commit(batch);
    batch = test_ledger_begin(&test, TEST_NOW_S + 10);
    assert_int_equal(test_ledger_put_item(batch, history, claim), ASSAY_OK);
    test_ledger_commit(batch);

    const struct assay_id *id = &history_item(history, claim)->id;
    assert_int_equal(store_view_begin(test.ledger, TEST_NOW_S, &view),
                     ASSAY_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_lsn_of(view, id, &lsn), ASSAY_E_NOT_FOUND);
        store_lsn_note(view, id, 2); /* As a look beyond the view does. */
    }
    store_view_end(view);

    assert_int_equal(store_view_begin(test.ledger, STORE_NOW, &view), ASSAY_OK);
    assert_int_equal(store_lsn_known(view, id), 0);
    assert_int_equal(store_lsn_of(view, id, &lsn), ASSAY_OK);
    assert_int_equal(lsn, 2);
    assert_int_equal(store_lsn_known(view, id), 2);
    struct assay_id like = *id;
    like.hash[31] ^= 1; /* Shares the place and the index entry. */
    assert_int_equal(store_lsn_known(view, &like), 0);
    assert_int_equal(store_lsn_of(view, &like, &lsn), ASSAY_E_NOT_FOUND);
    store_lsn_forget(view);
    assert_int_equal(store_lsn_known(view, id), 0);
    store_view_end(view);
    history_free(history);
}

/* Replaces the log in a record's row, as damage on the disk may. */
static void put_log(uint64_t lsn, uint64_t log_lsn)
{
    struct store_batch *batch = test_ledger_begin(&test, TEST_NOW_S);
    struct store_view *view = store_batch_view(batch);
    struct store_raw_row row;

    assert_int_equal(store_row_get(view, lsn, &row), ASSAY_OK);
    row.log_lsn = log_lsn;
    assert_int_equal(store_row_replace(view, lsn, &row), ASSAY_OK);
    test_ledger_commit(batch);
}

/* A row says where its log's grant lies; that is believed only as far as the
 * grant's own row bears it out. */
static void a_row_in_a_wrong_log_is_damage(void **state)
{
    struct history *history = history_new(5);
    size_t root = history_found(history);
    size_t claim = history_claim(history, root);
    struct store_view *view = NULL;
    struct store_row row;
    struct store_row grant;
    struct store_batch *batch;
    (void)state;

    batch = test_ledger_begin(&test, TEST_NOW_S);
    assert_int_equal(test_ledger_put_item(batch, history, root), ASSAY_OK);
    assert_int_equal(test_ledger_put_item(batch, history, claim), ASSAY_OK);
    test_ledger_commit(batch);
    for (uint64_t log_lsn = 1; log_lsn <= 2; log_lsn++) {
        put_log(2, log_lsn);
        assert_int_equal(store_view_begin(test.ledger, STORE_NOW, &view),
                         ASSAY_OK);
        assert_int_equal(store_view_by_lsn(view, 2, &row), ASSAY_OK);
        assert_int_equal(
            store_view_by_id(view, &row.record.payload.auth, &grant),
            log_lsn == 1 ? ASSAY_OK : ASSAY_E_CORRUPT);
        store_view_end(view);
    }
    history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_is_read_as_it_was_written, begin,
                                        end),
        cmocka_unit_test_setup_teardown(numbers_without_room_are_refused, begin,
                                        end),
        cmocka_unit_test(what_is_too_short_for_a_row_is_damage),
        cmocka_unit_test_setup_teardown(
            an_id_that_is_remembered_is_one_that_is_held, begin, end),
        cmocka_unit_test_setup_teardown(a_row_in_a_wrong_log_is_damage, begin,
                                        end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
