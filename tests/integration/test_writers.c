/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several processes at one ledger: writers take turns, readers wait for
 * nobody and see whole batches, and one key in two processes has one log.
 */
#include "child.h"
#include "record_file.h"
#include "store/log.h"
#include "store/transfer.h"
#include "test_ledger.h"
#include "testing.h"

#include <fcntl.h>
#include <unistd.h>

#include "protocol/check.h"

#define WRITERS 2
#define RECORDS_EACH 10000
#define BATCH_MAX 200 /* Records of the largest batch. */

static struct test_ledger test;
static struct history *history;

/* Who writes, how much, and in which batches. */
struct writer {
    struct child child;
    size_t grant; /* In the history. */
    uint64_t count;
    uint64_t batch_max;
};

static int make_ledger(void **state)
{
    (void)state;
    history = history_new(7);
    for (size_t team = 0; team < WRITERS; team++) {
        (void)history_found(history);
    }
    test_ledger_make(&test);
    test_ledger_fill(&test, history, NULL, WRITERS);
    return 0;
}

static int remove_ledger(void **state)
{
    (void)state;
    test_ledger_remove(&test);
    history_free(history);
    return 0;
}

/* Nobody has the ledger open where a child is begun. */
static void close_ledger(void)
{
    store_ledger_close(test.ledger);
    test.ledger = NULL;
}

/* How many records the batch with a number has, of 1, 2, 3 ... */
static uint64_t batch_size(uint64_t number, uint64_t batch_max)
{
    return 1 + number * 37 % batch_max;
}

/* A claim states as its time the number of its batch. */
static void write_claim(struct store_batch *batch, size_t grant,
                        uint64_t batch_number)
{
    test_ledger_claim(batch, history, grant, 20, batch_number);
}

static struct store_ledger *open_in_child(void)
{
    struct store_ledger *ledger = NULL;
    enum assay_err err =
        store_ledger_open(test.dir, STORE_WRITE, &ledger, NULL);

    ASSAY_CHECK(err == ASSAY_OK);
    return ledger;
}

static void write_all(const struct writer *writer)
{
    struct store_ledger *ledger = open_in_child();
    uint64_t left = writer->count;

    for (uint64_t number = 1; left > 0; number++) {
        uint64_t size = batch_size(number, writer->batch_max);
        struct store_batch *batch = NULL;
        enum assay_err err = store_batch_begin(ledger, TEST_NOW_S, &batch);

        ASSAY_CHECK(err == ASSAY_OK);
        for (size = size < left ? size : left; size > 0; size--) {
            write_claim(batch, writer->grant, number);
            left--;
        }
        err = store_batch_commit(batch);
        ASSAY_CHECK(err == ASSAY_OK);
    }
    store_ledger_close(ledger);
}

/* Starts the writers; all begin when the last of them is there. */
static void start_writers(struct writer writers[WRITERS])
{
    for (size_t i = 0; i < WRITERS; i++) {
        if (child_begin(&writers[i].child)) {
            child_hear(&writers[i].child);
            write_all(&writers[i]);
            child_end();
        }
    }
    for (size_t i = 0; i < WRITERS; i++) {
        child_say(&writers[i].child);
    }
}

/* Whether what a writer's log ends with is the end of one of its batches. */
static uint64_t check_log(struct store_view *view, const struct writer *writer)
{
    const struct assay_id *grant = &history_item(history, writer->grant)->id;
    struct store_log log;
    struct store_row row;
    uint64_t whole = 1; /* The founding record. */

    assert_int_equal(store_log_find(view, grant, &log), ASSAY_OK);
    assert_int_equal(log.head_count, 1);
    assert_int_equal(store_view_by_lsn(view, log.heads[0].lsn, &row), ASSAY_OK);
    assert_int_equal(row.record.payload.seq, log.record_count);
    if (log.record_count > 1) {
        uint64_t batches = row.record.payload.time_s;

        for (uint64_t number = 1; number <= batches; number++) {
            whole += batch_size(number, writer->batch_max);
        }
        whole = whole < writer->count + 1 ? whole : writer->count + 1;
    }
    assert_int_equal(log.record_count, whole);
    return whole;
}

/* Looks at the ledger once, in one view: it holds whole batches and nothing
 * else. Returns the last LSN. */
static uint64_t look(const struct writer writers[WRITERS])
{
    struct store_view *view = NULL;
    uint64_t sum = 0;

    assert_int_equal(store_view_begin(test.ledger, STORE_NOW, &view), ASSAY_OK);
    for (size_t i = 0; i < WRITERS; i++) {
        sum += check_log(view, &writers[i]);
    }
    uint64_t last = store_view_last_lsn(view);
    assert_int_equal(last, sum);
    store_view_end(view);
    return last;
}

/* Waits for the writers, looking at the ledger all the while. Returns how
 * often it was looked at. */
static uint64_t look_until_done(struct writer writers[WRITERS])
{
    uint64_t last = WRITERS;
    uint64_t count = 0;

    test_ledger_reopen(&test, STORE_READ);
    while (!child_has_ended(&writers[0].child) ||
           !child_has_ended(&writers[1].child)) {
        uint64_t now = look(writers);

        assert_true(now >= last);
        last = now;
        count++;
    }
    return count;
}

static void two_processes_write_ten_thousand_records_each(void **state)
{
    struct writer writers[WRITERS] = {
        {.grant = 0, .count = RECORDS_EACH, .batch_max = BATCH_MAX},
        {.grant = 1, .count = RECORDS_EACH, .batch_max = BATCH_MAX - 1},
    };
    (void)state;

    close_ledger();
    start_writers(writers);
    uint64_t looks = look_until_done(writers);
    print_message("%llu looks meanwhile\n", (unsigned long long)looks);
    assert_int_equal(look(writers), WRITERS * (RECORDS_EACH + 1));
    assert_int_equal(test_ledger_count(&test), WRITERS * (RECORDS_EACH + 1));
    test_ledger_check(&test);
}

/* The end of a log is looked for inside the batch that adds to it. */
static void one_key_in_two_processes_does_not_fork_its_log(void **state)
{
    struct writer writers[WRITERS] = {
        {.grant = 0, .count = 500, .batch_max = 5},
        {.grant = 0, .count = 500, .batch_max = 7},
    };
    struct store_view *view = NULL;
    struct store_log log;
    (void)state;

    close_ledger();
    start_writers(writers);
    for (size_t i = 0; i < WRITERS; i++) {
        child_expect_end(&writers[i].child);
    }
    test_ledger_reopen(&test, STORE_READ);
    assert_int_equal(store_view_begin(test.ledger, STORE_NOW, &view), ASSAY_OK);
    assert_int_equal(store_log_find(view, &history_item(history, 0)->id, &log),
                     ASSAY_OK);
    store_view_end(view);
    assert_int_equal(log.head_count, 1);
    assert_int_equal(log.record_count, 1001);
    assert_int_equal(log.heads[0].seq, 1001);
    test_ledger_check(&test);
}

/* Writes one record and leaves the batch open until it is told to commit. */
static void start_dawdler(struct child *child)
{
    if (child_begin(child)) {
        struct store_ledger *ledger = open_in_child();
        struct store_batch *batch = NULL;
        enum assay_err err = store_batch_begin(ledger, TEST_NOW_S, &batch);

        ASSAY_CHECK(err == ASSAY_OK);
        write_claim(batch, 0, 1);
        child_say(child);
        child_hear(child);
        err = store_batch_commit(batch);
        ASSAY_CHECK(err == ASSAY_OK);
        store_ledger_close(ledger);
        child_end();
    }
}

/* While a batch is open, a reader reads; were it to wait for the batch, it
 * would wait for ever. */
static void a_reader_does_not_wait_for_an_open_batch(void **state)
{
    struct child child;
    (void)state;

    close_ledger();
    start_dawdler(&child);
    child_hear(&child);
    test_ledger_reopen(&test, STORE_READ);
    assert_int_equal(test_ledger_count(&test), WRITERS);
    test_ledger_check(&test);
    child_say(&child);
    child_expect_end(&child);
    assert_int_equal(test_ledger_count(&test), WRITERS + 1);
}

/* A second batch begins when the first is there, and sees it. */
static void writers_take_turns(void **state)
{
    struct child first;
    struct child second;
    (void)state;

    close_ledger();
    start_dawdler(&first);
    child_hear(&first);
    if (child_begin(&second)) {
        struct store_ledger *ledger = open_in_child();
        struct store_batch *batch = NULL;

        child_say(&second); /* It is about to ask for its turn. */
        enum assay_err err = store_batch_begin(ledger, TEST_NOW_S, &batch);
        ASSAY_CHECK(err == ASSAY_OK);
        ASSAY_CHECK(store_view_last_lsn(store_batch_view(batch)) ==
                    WRITERS + 1);
        write_claim(batch, 0, 2);
        err = store_batch_commit(batch);
        ASSAY_CHECK(err == ASSAY_OK);
        store_ledger_close(ledger);
        child_end();
    }
    child_hear(&second);
    child_say(&first);
    child_expect_end(&first);
    child_expect_end(&second);
    test_ledger_reopen(&test, STORE_READ);
    assert_int_equal(test_ledger_count(&test), WRITERS + 2);
    test_ledger_check(&test);
}

/* Imports a file in a child, which writes how many records it added. */
static void start_import(struct child *child, const char *path, int out)
{
    if (child_begin(child)) {
        struct store_ledger *ledger = open_in_child();
        struct store_import_report report;
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        ASSAY_CHECK(fd >= 0);
        enum assay_err err =
            store_import(ledger, fd, 1, TEST_NOW_S, NULL, &report);
        ASSAY_CHECK(err == ASSAY_OK);
        ASSAY_CHECK(report.refused == 0 && report.early == 0);
        ASSAY_CHECK(report.added + report.held == report.records);
        ASSAY_CHECK(write(out, &report.added, sizeof(report.added)) ==
                    (ssize_t)sizeof(report.added));
        store_ledger_close(ledger);
        child_end();
    }
}

static void the_same_file_in_two_processes_is_imported_once(void **state)
{
    struct record_file *file = record_file_new();
    char path[TEST_PATH_MAX];
    struct child children[2];
    int ends[2];
    uint64_t added = 0;
    uint64_t sum = 0;
    (void)state;

    for (size_t i = 0; i < 2000; i++) {
        (void)history_claim(history, i % WRITERS);
    }
    record_file_history(file, history);
    test_path(path, test.folder, "records");
    test_file_write(path, file->data, file->len, 0600);
    close_ledger();
    assert_int_equal(pipe(ends), 0);
    for (size_t i = 0; i < 2; i++) {
        start_import(&children[i], path, ends[1]);
    }
    for (size_t i = 0; i < 2; i++) {
        child_expect_end(&children[i]);
        assert_int_equal(read(ends[0], &added, sizeof(added)), sizeof(added));
        sum += added;
    }
    assert_int_equal(sum, 2000);
    test_ledger_reopen(&test, STORE_READ);
    assert_int_equal(test_ledger_count(&test), WRITERS + 2000);
    test_ledger_check(&test);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
    record_file_free(file);
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(two_processes_write_ten_thousand_records_each),
        PROMISE(one_key_in_two_processes_does_not_fork_its_log),
        PROMISE(a_reader_does_not_wait_for_an_open_batch),
        PROMISE(writers_take_turns),
        PROMISE(the_same_file_in_two_processes_is_imported_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
