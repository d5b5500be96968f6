/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ingest.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "test_ledger.h"
#include "testing.h"

#define RESULTS_MAX 20000

/* What a record came to: enough to compare. */
struct outcome {
    uint64_t source;
    uint64_t cookie;
    bool is_waiter;
    enum assay_err err;
    enum node_wish wish;
    uint64_t lsn;
    bool has_record;
    bool has_id;
    bool has_lacks;
};

struct fixture {
    struct test_ledger test;
    struct history *history;
    uv_loop_t loop;
    struct node_ingest *ingest;
    struct outcome *outcomes;
    size_t outcome_count;
    uint64_t first_lsn; /* Of what was written last. */
    uint64_t last_lsn;
    enum assay_err blocked;
    size_t rested_count;
    uint64_t forget_source; /* Forgotten while the first result is told. */
    /* Forgotten while its record is written. The loop may wake for another's
     * sake and find the writer's call there, with no lock in between. */
    _Atomic uint64_t judged_source;
    uv_async_t judging; /* By the writer, to the loop, */
    uv_sem_t forgotten; /* and back. */
    bool is_freed;      /* When the ledger cannot be written. */
    const struct assay_id *unwanted;
    bool is_done;
};

static enum node_wish judge(void *context, struct store_batch *batch,
                            const struct assay_record *record, bool is_named)
{
    struct fixture *fixture = context;

    assert_non_null(batch);
    (void)is_named;
    if (fixture->judged_source != 0) {
        assert_int_equal(uv_async_send(&fixture->judging), 0);
        uv_sem_wait(&fixture->forgotten);
    }
    return fixture->unwanted != NULL &&
                   assay_id_equal(fixture->unwanted, &record->id)
               ? NODE_WISH_NONE
               : NODE_WISH_FOLLOWED;
}

static void noted(void *context, struct store_batch *batch,
                  const struct assay_record *record, enum assay_err err)
{
    (void)context;
    (void)err;
    assert_non_null(batch);
    assert_non_null(record);
}

static void resting(void *context)
{
    (void)context;
}

static void written(void *context, uint64_t first_lsn, uint64_t last_lsn)
{
    struct fixture *fixture = context;

    fixture->first_lsn = first_lsn;
    fixture->last_lsn = last_lsn;
}

static void settled(void *context, const struct node_ingest_result *result)
{
    struct fixture *fixture = context;

    assert_true(fixture->outcome_count < RESULTS_MAX);
    fixture->outcomes[fixture->outcome_count++] =
        (struct outcome){.source = result->source,
                         .cookie = result->cookie,
                         .is_waiter = result->is_waiter,
                         .err = result->err,
                         .wish = result->wish,
                         .lsn = result->lsn,
                         .has_record = result->record != NULL,
                         .has_id = result->id != NULL,
                         .has_lacks = result->lacks != NULL};
    if (fixture->forget_source != 0) {
        uint64_t source = fixture->forget_source;

        fixture->forget_source = 0;
        node_ingest_forget(fixture->ingest, source);
    }
}

static void rested(void *context)
{
    struct fixture *fixture = context;

    fixture->rested_count++;
}

static void done(void *context)
{
    struct fixture *fixture = context;

    fixture->is_done = true;
    if (fixture->is_freed) {
        node_ingest_free(fixture->ingest);
        fixture->ingest = NULL;
    }
}

static void blocked(void *context, enum assay_err err)
{
    struct fixture *fixture = context;

    fixture->blocked = err;
    if (fixture->is_freed) {
        node_ingest_stop(fixture->ingest, done);
    }
}

/* The writer has just begun with a record of a source that leaves now. */
static void on_judging(uv_async_t *handle)
{
    struct fixture *fixture = handle->data;

    node_ingest_forget(fixture->ingest, fixture->judged_source);
    fixture->judged_source = 0;
    uv_sem_post(&fixture->forgotten);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct node_ingest_hooks hooks = {.context = fixture,
                                      .retry_ms = 1,
                                      .judge = judge,
                                      .noted = noted,
                                      .resting = resting,
                                      .written = written,
                                      .settled = settled,
                                      .rested = rested,
                                      .blocked = blocked};

    assert_non_null(fixture);
    fixture->outcomes = calloc(RESULTS_MAX, sizeof(*fixture->outcomes));
    assert_non_null(fixture->outcomes);
    test_ledger_make(&fixture->test);
    fixture->history = history_new(11);
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    assert_int_equal(uv_sem_init(&fixture->forgotten, 0), 0);
    assert_int_equal(
        uv_async_init(&fixture->loop, &fixture->judging, on_judging), 0);
    fixture->judging.data = fixture;
    assert_int_equal(node_ingest_new(&fixture->loop, fixture->test.ledger,
                                     &hooks, &fixture->ingest),
                     ASSAY_OK);
    *state = fixture;
    return 0;
}

static void stop(struct fixture *fixture)
{
    node_ingest_stop(fixture->ingest, done);
    while (!fixture->is_done) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
    }
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    if (!fixture->is_done) {
        stop(fixture);
    }
    node_ingest_free(fixture->ingest);
    uv_close((uv_handle_t *)&fixture->judging, NULL);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    uv_sem_destroy(&fixture->forgotten);
    history_free(fixture->history);
    test_ledger_remove(&fixture->test);
    free(fixture->outcomes);
    free(fixture);
    return 0;
}

/* Puts a record of the history; its index is its cookie. */
static void put(struct fixture *fixture, uint64_t source, size_t index)
{
    const struct history_item *item = history_item(fixture->history, index);
    struct node_ingest_item what = {.source = source,
                                    .cookie = index,
                                    .envelope = item->envelope,
                                    .body = item->body};

    assert_int_equal(node_ingest_put(fixture->ingest, &what), ASSAY_OK);
}

static void run_until(struct fixture *fixture, size_t outcome_count)
{
    while (fixture->outcome_count < outcome_count) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
    }
    assert_int_equal(fixture->outcome_count, outcome_count);
}

static size_t add_claims(struct fixture *fixture, size_t count)
{
    size_t root = history_found(fixture->history);

    for (size_t i = 1; i < count; i++) {
        (void)history_claim(fixture->history, root);
    }
    return root;
}

static void records_are_stored_in_order_and_told(void **state)
{
    struct fixture *fixture = *state;

    (void)add_claims(fixture, 700); /* Several chunks. */
    for (size_t i = 0; i < 700; i++) {
        put(fixture, 5, i);
    }
    run_until(fixture, 700);
    for (size_t i = 0; i < 700; i++) {
        const struct outcome *outcome = &fixture->outcomes[i];

        assert_int_equal(outcome->cookie, i);
        assert_int_equal(outcome->source, 5);
        assert_int_equal(outcome->err, ASSAY_OK);
        assert_int_equal(outcome->lsn, i + 1);
        assert_true(outcome->has_record);
        assert_false(outcome->is_waiter);
    }
    assert_int_equal(fixture->last_lsn, 700);
    assert_int_equal(test_ledger_count(&fixture->test), 700);
}

/* What is told was durable before: another process sees it. */
static void what_is_told_is_there(void **state)
{
    struct fixture *fixture = *state;
    struct store_stats stats;

    put(fixture, 1, add_claims(fixture, 1));
    run_until(fixture, 1);
    assert_int_equal(store_ledger_stats(fixture->test.ledger, &stats),
                     ASSAY_OK);
    assert_int_equal(stats.last_lsn, 1);
    assert_int_equal(fixture->first_lsn, 1);
}

static void a_record_that_is_held_is_said_so(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, 1, add_claims(fixture, 1));
    put(fixture, 2, 0);
    run_until(fixture, 2);
    assert_int_equal(fixture->outcomes[0].err, ASSAY_OK);
    assert_int_equal(fixture->outcomes[1].err, ASSAY_E_EXISTS);
    assert_int_equal(fixture->outcomes[1].source, 2);
    assert_int_equal(fixture->outcomes[1].lsn, 1);
}

/* Each kind of refusal is told to its source, and harms no neighbour. */
static void what_is_wrong_is_refused_alone(void **state)
{
    struct fixture *fixture = *state;
    uint8_t bytes[ASSAY_RECORD_MAX];
    struct node_ingest_item bad = {.source = 7, .cookie = 100};

    (void)add_claims(fixture, 3);
    const struct history_item *item = history_item(fixture->history, 1);
    put(fixture, 1, 0);
    /* The last byte of an envelope is one of its signature. */
    memcpy(bytes, item->envelope.data, item->envelope.len);
    bytes[item->envelope.len - 1] ^= 1;
    bad.envelope = (struct assay_bytes){bytes, item->envelope.len};
    bad.body = item->body;
    assert_int_equal(node_ingest_put(fixture->ingest, &bad), ASSAY_OK);
    bad.envelope = (struct assay_bytes){bytes, 10};
    assert_int_equal(node_ingest_put(fixture->ingest, &bad), ASSAY_OK);
    bad.envelope = item->envelope;
    bad.body = assay_bytes_of("another");
    assert_int_equal(node_ingest_put(fixture->ingest, &bad), ASSAY_OK);
    put(fixture, 1, 1);
    run_until(fixture, 5);
    assert_int_equal(fixture->outcomes[1].err, ASSAY_E_SIGNATURE);
    assert_int_equal(fixture->outcomes[1].source, 7);
    /* Another copy may be signed well: who waits for one knows it by its id. */
    assert_false(fixture->outcomes[1].has_record);
    assert_true(fixture->outcomes[1].has_id);
    assert_int_equal(fixture->outcomes[2].err, ASSAY_E_TRUNCATED);
    assert_false(fixture->outcomes[2].has_id);
    assert_int_equal(fixture->outcomes[3].err, ASSAY_E_BODY);
    assert_int_equal(fixture->outcomes[4].err, ASSAY_OK);
    assert_int_equal(test_ledger_count(&fixture->test), 2);
}

static void what_is_too_long_is_not_taken(void **state)
{
    static const uint8_t zeros[ASSAY_RECORD_MAX + 1];
    struct fixture *fixture = *state;
    struct node_ingest_item item = {.source = 1,
                                    .envelope = {zeros, sizeof(zeros)}};

    assert_int_equal(node_ingest_put(fixture->ingest, &item), ASSAY_E_LIMIT);
}

/* Records that come in the worst order are all stored in the end: what lacks
 * something is told so once, and told again when it is stored. */
static void early_records_wait_for_what_they_lack(void **state)
{
    struct fixture *fixture = *state;

    (void)add_claims(fixture, 50);
    for (size_t i = 50; i > 0; i--) {
        put(fixture, 3, i - 1);
    }
    run_until(fixture, 99);
    for (size_t i = 0; i < 49; i++) {
        assert_int_equal(fixture->outcomes[i].err, ASSAY_E_EARLY);
        assert_int_equal(fixture->outcomes[i].cookie, 49 - i);
        assert_true(fixture->outcomes[i].has_lacks);
    }
    assert_int_equal(fixture->outcomes[49].err, ASSAY_OK);
    assert_int_equal(fixture->outcomes[49].cookie, 0);
    for (size_t i = 50; i < 99; i++) {
        assert_true(fixture->outcomes[i].is_waiter);
        assert_int_equal(fixture->outcomes[i].err, ASSAY_OK);
        assert_int_equal(fixture->outcomes[i].source, 3);
    }
    assert_int_equal(test_ledger_count(&fixture->test), 50);
}

/* They wait over batches, too. */
static void early_records_wait_for_a_later_batch(void **state)
{
    struct fixture *fixture = *state;
    struct node_ingest_counts counts;

    (void)add_claims(fixture, 3);
    put(fixture, 3, 2);
    run_until(fixture, 1);
    node_ingest_count(fixture->ingest, &counts);
    assert_int_equal(counts.waiting, 1);
    put(fixture, 4, 0);
    put(fixture, 4, 1);
    run_until(fixture, 4);
    assert_int_equal(fixture->outcomes[3].source, 3);
    assert_true(fixture->outcomes[3].is_waiter);
    assert_int_equal(fixture->outcomes[3].err, ASSAY_OK);
    node_ingest_count(fixture->ingest, &counts);
    assert_int_equal(counts.waiting, 0);
    assert_int_equal(counts.added, 3);
}

/* What a peer that is gone left behind takes no room. */
static void early_records_of_a_peer_that_left_are_forgotten(void **state)
{
    struct fixture *fixture = *state;
    struct node_ingest_counts counts;

    (void)add_claims(fixture, 4);
    put(fixture, 3, 3);
    put(fixture, 4, 2);
    run_until(fixture, 2);
    node_ingest_forget(fixture->ingest, 3);
    node_ingest_count(fixture->ingest, &counts);
    assert_int_equal(counts.waiting, 1);
    put(fixture, 5, 0);
    put(fixture, 5, 1);
    run_until(fixture, 5);
    assert_int_equal(test_ledger_count(&fixture->test), 3);
}

/* What a peer that is gone brought and was not tried is not stored; who waits
 * for the record hears so. */
static void what_was_not_tried_of_a_peer_that_left_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct node_ingest_counts counts;

    (void)add_claims(fixture, 2);
    put(fixture, 3, 0);
    put(fixture, 3, 1);
    node_ingest_forget(fixture->ingest, 3);
    run_until(fixture, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fixture->outcomes[i].err, ASSAY_E_STOPPED);
        assert_true(fixture->outcomes[i].has_id);
    }
    node_ingest_count(fixture->ingest, &counts);
    assert_int_equal(counts.refused, 0);
    assert_int_equal(test_ledger_count(&fixture->test), 0);
}

/* What a peer brought as the last thing it did is news to all others. */
static void what_is_written_is_told_though_its_peer_left(void **state)
{
    struct fixture *fixture = *state;

    (void)add_claims(fixture, 2);
    fixture->judged_source = 3;
    put(fixture, 3, 0);
    put(fixture, 3, 1);
    run_until(fixture, 2);
    assert_int_equal(fixture->judged_source, 0);
    assert_int_equal(fixture->outcomes[0].err, ASSAY_OK);
    assert_int_equal(fixture->outcomes[1].err, ASSAY_OK);
    assert_int_equal(test_ledger_count(&fixture->test), 2);
}

/* A peer may be cut off for what is told of it: what is stored of the rest is
 * told as well, and the others' records are stored. */
static void a_peer_may_be_forgotten_while_results_are_told(void **state)
{
    struct fixture *fixture = *state;

    (void)add_claims(fixture, 300);
    put(fixture, 9, 0);
    for (size_t i = 1; i < 300; i++) {
        put(fixture, i % 2 == 0 ? 8 : 9, i);
    }
    fixture->forget_source = 9;
    while (test_ledger_count(&fixture->test) < 2 ||
           fixture->rested_count == 0) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
    }
    stop(fixture);
    assert_int_equal(fixture->outcomes[0].source, 9);
    for (size_t i = 1; i < fixture->outcome_count; i++) {
        assert_true(fixture->outcomes[i].source == 8 ||
                    fixture->outcomes[i].is_waiter ||
                    fixture->outcomes[i].err == ASSAY_OK ||
                    fixture->outcomes[i].err == ASSAY_E_STOPPED);
    }
}

/* One source cannot take the room of all with records that lack something. */
static void what_waits_is_bounded_for_each_source(void **state)
{
    struct fixture *fixture = *state;
    struct node_ingest_counts counts;
    size_t count = 8000;
    size_t size = 0;

    (void)add_claims(fixture, count);
    for (size_t i = 1; i < count; i++) {
        put(fixture, 1, i);
        size += history_item(fixture->history, i)->envelope.len +
                history_item(fixture->history, i)->body.len;
    }
    assert_true(size > NODE_INGEST_WAIT_SOURCE_MAX);
    run_until(fixture, count - 1);
    node_ingest_count(fixture->ingest, &counts);
    assert_true(counts.waiting > 100);
    assert_true(counts.waiting < count - 100);
    /* Another source has its own. */
    size_t waiting = counts.waiting;
    put(fixture, 2, count - 1);
    run_until(fixture, count);
    node_ingest_count(fixture->ingest, &counts);
    assert_int_equal(counts.waiting, waiting + 1);
}

static void what_is_not_wanted_is_not_stored(void **state)
{
    struct fixture *fixture = *state;

    (void)add_claims(fixture, 3);
    fixture->unwanted = &history_item(fixture->history, 2)->id;
    for (size_t i = 0; i < 3; i++) {
        put(fixture, 1, i);
    }
    run_until(fixture, 3);
    assert_int_equal(fixture->outcomes[1].wish, NODE_WISH_FOLLOWED);
    assert_int_equal(fixture->outcomes[2].wish, NODE_WISH_NONE);
    assert_int_equal(test_ledger_count(&fixture->test), 2);
}

/* When more is put than is checked and written, there is no room, and there
 * is again when it is. */
static void room_ends_and_comes_back(void **state)
{
    struct fixture *fixture = *state;
    size_t count =
        (size_t)NODE_INGEST_CHUNKS_MAX * NODE_INGEST_CHUNK_RECORDS + 1;

    (void)add_claims(fixture, 1);
    assert_true(node_ingest_has_room(fixture->ingest));
    for (size_t i = 0; i < count; i++) {
        put(fixture, 1, 0);
    }
    assert_false(node_ingest_has_room(fixture->ingest));
    run_until(fixture, count);
    assert_true(node_ingest_has_room(fixture->ingest));
}

/* No file of this process may grow beyond so many bytes. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size == RLIM_INFINITY ? limit.rlim_max : size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void run_until_blocked(struct fixture *fixture)
{
    while (fixture->blocked == ASSAY_OK) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
    }
}

/* While the ledger cannot be written nothing is lost and nothing is taken;
 * when it can, all is stored, and what was early as well. */
static void a_batch_that_fails_is_tried_again(void **state)
{
    struct fixture *fixture = *state;

    (void)add_claims(fixture, 40);
    limit_files(1);
    for (size_t i = 40; i > 0; i--) {
        put(fixture, 1, i - 1);
    }
    run_until_blocked(fixture);
    assert_int_equal(fixture->outcome_count, 0);
    assert_false(node_ingest_has_room(fixture->ingest));
    limit_files(RLIM_INFINITY);
    run_until(fixture, 79);
    assert_int_equal(fixture->blocked, ASSAY_OK);
    assert_true(node_ingest_has_room(fixture->ingest));
    assert_int_equal(test_ledger_count(&fixture->test), 40);
}

/* A full disk does not keep a node from ending. */
static void stopping_does_not_wait_for_a_disk(void **state)
{
    struct fixture *fixture = *state;

    (void)add_claims(fixture, 2);
    limit_files(1);
    put(fixture, 1, 0);
    run_until_blocked(fixture);
    put(fixture, 1, 1);
    stop(fixture);
    limit_files(RLIM_INFINITY);
    assert_int_equal(fixture->outcome_count, 0);
    assert_int_equal(test_ledger_count(&fixture->test), 0);
}

/* A node ends where its ledger is damaged, with whatever that pulls down. */
static void it_may_be_freed_when_it_says_that_it_is_blocked(void **state)
{
    struct fixture *fixture = *state;

    (void)add_claims(fixture, 2);
    fixture->is_freed = true;
    limit_files(1);
    put(fixture, 1, 0);
    run_until_blocked(fixture);
    limit_files(RLIM_INFINITY);
    assert_true(fixture->is_done);
    assert_null(fixture->ingest);
}

/* What was put before the end is stored before the end. */
static void stopping_writes_what_it_has(void **state)
{
    struct fixture *fixture = *state;
    struct node_ingest_item item = {.source = 1};

    (void)add_claims(fixture, 500);
    for (size_t i = 0; i < 500; i++) {
        put(fixture, 1, i);
    }
    stop(fixture);
    assert_int_equal(fixture->outcome_count, 500);
    assert_int_equal(test_ledger_count(&fixture->test), 500);
    assert_int_equal(node_ingest_put(fixture->ingest, &item), ASSAY_E_STOPPED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_are_stored_in_order_and_told),
        TEST(what_is_told_is_there),
        TEST(a_record_that_is_held_is_said_so),
        TEST(what_is_wrong_is_refused_alone),
        TEST(what_is_too_long_is_not_taken),
        TEST(early_records_wait_for_what_they_lack),
        TEST(early_records_wait_for_a_later_batch),
        TEST(early_records_of_a_peer_that_left_are_forgotten),
        TEST(what_was_not_tried_of_a_peer_that_left_is_told),
        TEST(what_is_written_is_told_though_its_peer_left),
        TEST(a_peer_may_be_forgotten_while_results_are_told),
        TEST(what_waits_is_bounded_for_each_source),
        TEST(what_is_not_wanted_is_not_stored),
        TEST(room_ends_and_comes_back),
        TEST(a_batch_that_fails_is_tried_again),
        TEST(stopping_does_not_wait_for_a_disk),
        TEST(it_may_be_freed_when_it_says_that_it_is_blocked),
        TEST(stopping_writes_what_it_has),
    };

    /* A file that may not grow is an error, not the end. */
    (void)signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
