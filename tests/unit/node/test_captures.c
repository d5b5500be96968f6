/* SPDX-License-Identifier: Apache-2.0 */
/* Which captures are fetched, from whom, and how much of them: the sessions
 * that would bring them are the test's. */
#include "node/captures.h"

#include "node/clock.h"
#include "store/captures.h"
#include "test_ledger.h"
#include "testing.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

/* What a test waits for comes at once; this ends one that waits in vain. */
#define PATIENCE_MS 30000

#define LEN 1000
#define ASKED_MAX 16

struct asked {
    uint32_t peer;
    uint8_t sha256[ASSAY_HASH_SIZE];
    uint64_t offset;
};

struct fixture {
    struct test_ledger test;
    struct history *history;
    size_t team;
    uv_loop_t loop;
    uv_timer_t guard;
    struct node_log log;
    struct node_config config;
    struct node_captures *captures;
    uint32_t peer_count; /* Numbers 1 to this. */
    struct asked asked[ASKED_MAX];
    size_t asked_count;
    size_t cancelled_count;
    size_t blamed_count;
    uint32_t blamed;
    struct assay_key key; /* Lent. */
    size_t taken_len;
    bool is_idle;
    bool is_stopped;
};

static uint32_t next_peer(void *context, uint32_t after)
{
    const struct fixture *fixture = context;

    return after < fixture->peer_count ? after + 1 : 0;
}

static enum assay_err ask(void *context, uint32_t peer,
                          const uint8_t sha256[ASSAY_HASH_SIZE],
                          uint64_t offset)
{
    struct fixture *fixture = context;
    struct asked *asked = &fixture->asked[fixture->asked_count++];

    assert_true(fixture->asked_count <= ASKED_MAX);
    asked->peer = peer;
    asked->offset = offset;
    memcpy(asked->sha256, sha256, sizeof(asked->sha256));
    return ASSAY_OK;
}

static void cancel(void *context, uint32_t peer,
                   const uint8_t sha256[ASSAY_HASH_SIZE])
{
    struct fixture *fixture = context;

    (void)peer;
    (void)sha256;
    fixture->cancelled_count++;
}

static void taken(void *context, uint32_t peer, size_t len)
{
    struct fixture *fixture = context;

    (void)peer;
    fixture->taken_len += len;
}

static const struct assay_key *key_of(void *context, uint32_t peer)
{
    struct fixture *fixture = context;

    memset(fixture->key.bytes, (int)peer, sizeof(fixture->key.bytes));
    return &fixture->key;
}

static void blame(void *context, uint32_t peer)
{
    struct fixture *fixture = context;

    fixture->blamed_count++;
    fixture->blamed = peer;
}

static void idle(void *context)
{
    struct fixture *fixture = context;

    fixture->is_idle = true;
}

static void on_patience(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("what was waited for does not come");
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct node_captures_hooks hooks = {.context = &fixture,
                                        .tries_max = 1,
                                        .next_peer = next_peer,
                                        .ask = ask,
                                        .cancel = cancel,
                                        .taken = taken,
                                        .key = key_of,
                                        .blame = blame,
                                        .idle = idle};

    fixture = (struct fixture){.history = history_new(3), .peer_count = 2};
    fixture.log = (struct node_log){.fd = open("/dev/null", O_WRONLY),
                                    .now_ms = node_clock_wall_ms};
    fixture.team = history_found(fixture.history);
    test_ledger_make(&fixture.test);
    assert_int_equal(node_config_init(&fixture.config), ASSAY_OK);
    fixture.config.captures = NODE_CAPTURES_ALL;
    assert_int_equal(uv_loop_init(&fixture.loop), 0);
    assert_int_equal(uv_timer_init(&fixture.loop, &fixture.guard), 0);
    assert_int_equal(
        uv_timer_start(&fixture.guard, on_patience, PATIENCE_MS, 0), 0);
    assert_int_equal(node_captures_new(&fixture.loop, fixture.test.ledger,
                                       &fixture.log, &hooks, &fixture.captures),
                     ASSAY_OK);
    *state = &fixture;
    return 0;
}

static void run(struct fixture *fixture,
                bool (*is_so)(const struct fixture *fixture))
{
    while (!is_so(fixture)) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
    }
}

static void on_stopped(void *context)
{
    struct fixture *fixture = context;

    fixture->is_stopped = true;
}

static bool is_stopped(const struct fixture *fixture)
{
    return fixture->is_stopped;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    node_captures_stop(fixture->captures, on_stopped);
    run(fixture, is_stopped);
    node_captures_free(fixture->captures);
    uv_close((uv_handle_t *)&fixture->guard, NULL);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    node_config_clear(&fixture->config);
    history_free(fixture->history);
    test_ledger_remove(&fixture->test);
    (void)close(fixture->log.fd);
    return 0;
}

/* The bytes of a capture: all the same, and its hash. */
static void make_bytes(uint8_t value, uint8_t *bytes_out, uint8_t *sha256_out)
{
    memset(bytes_out, value, LEN);
    (void)crypto_hash_sha256(sha256_out, bytes_out, LEN);
}

static size_t add_capture(struct fixture *fixture, uint8_t value)
{
    uint8_t bytes[LEN];
    uint8_t sha256[ASSAY_HASH_SIZE];

    make_bytes(value, bytes, sha256);
    return history_capture_of(fixture->history, fixture->team, sha256);
}

/* Puts what the history has into the ledger, and begins to look. */
static void begin(struct fixture *fixture)
{
    test_ledger_fill(&fixture->test, fixture->history, NULL,
                     history_count(fixture->history));
    node_captures_configure(fixture->captures, &fixture->config);
}

/* What a peer says: bytes of that value from offset on, of total in all. */
static void give(struct fixture *fixture, const struct asked *asked,
                 uint8_t value, size_t len, uint64_t total)
{
    uint8_t bytes[LEN];
    struct assay_blob blob = {
        .offset = asked->offset, .total = total, .bytes = {bytes, len}};

    memset(bytes, value, sizeof(bytes));
    memcpy(blob.sha256, asked->sha256, sizeof(blob.sha256));
    node_captures_blob(fixture->captures, asked->peer, &blob);
}

static struct node_captures_counts counts_of(const struct fixture *fixture)
{
    struct node_captures_counts counts;

    node_captures_count(fixture->captures, &counts);
    return counts;
}

static bool has_value(struct fixture *fixture, uint8_t value)
{
    uint8_t bytes[LEN];
    uint8_t sha256[ASSAY_HASH_SIZE];

    make_bytes(value, bytes, sha256);
    return store_captures_has(fixture->test.ledger, sha256);
}

static bool is_idle(const struct fixture *fixture)
{
    return fixture->is_idle;
}

static bool has_asked_once(const struct fixture *fixture)
{
    return fixture->asked_count == 1;
}

static bool has_asked_twice(const struct fixture *fixture)
{
    return fixture->asked_count == 2;
}

static void bytes_that_come_are_kept(void **state)
{
    struct fixture *fixture = *state;
    struct asked *asked = fixture->asked;

    (void)add_capture(fixture, 1);
    begin(fixture);
    run(fixture, has_asked_once);
    assert_int_equal(asked->offset, 0);
    give(fixture, asked, 1, 400, LEN);
    asked->offset = 400;
    give(fixture, asked, 1, LEN - 400, LEN);
    run(fixture, is_idle);
    assert_true(has_value(fixture, 1));
    assert_int_equal(counts_of(fixture).fetched, 1);
    assert_int_equal(counts_of(fixture).used, LEN);
    assert_int_equal(fixture->taken_len, LEN); /* All makes room again. */
    assert_int_equal(fixture->asked_count, 1);
}

static void with_none_nothing_is_asked_for(void **state)
{
    struct fixture *fixture = *state;

    (void)add_capture(fixture, 1);
    fixture->config.captures = NODE_CAPTURES_NONE;
    begin(fixture);
    run(fixture, is_idle);
    assert_int_equal(fixture->asked_count, 0);
    /* The configuration changes. */
    fixture->config.captures = NODE_CAPTURES_ALL;
    node_captures_configure(fixture->captures, &fixture->config);
    run(fixture, has_asked_once);
}

/* With "cited", what a source names is fetched and the rest is not; what is
 * cited later, later. */
static void with_cited_only_what_is_named_is_asked_for(void **state)
{
    struct fixture *fixture = *state;
    struct store_batch *batch = NULL;
    size_t cited = add_capture(fixture, 1);
    size_t later = add_capture(fixture, 2);

    (void)add_capture(fixture, 3);
    (void)history_source(fixture->history, fixture->team, cited);
    fixture->config.captures = NODE_CAPTURES_CITED;
    begin(fixture);
    run(fixture, has_asked_once);
    give(fixture, fixture->asked, 1, LEN, LEN);
    run(fixture, is_idle);
    assert_true(has_value(fixture, 1));
    assert_int_equal(fixture->asked_count, 1);
    batch = test_ledger_begin(&fixture->test, TEST_NOW_S);
    assert_int_equal(test_ledger_put_item(batch, fixture->history,
                                          history_source(fixture->history,
                                                         fixture->team, later)),
                     ASSAY_OK);
    test_ledger_commit(batch);
    node_captures_news(fixture->captures);
    run(fixture, has_asked_twice);
    give(fixture, fixture->asked + 1, 2, LEN, LEN);
    fixture->is_idle = false;
    run(fixture, is_idle);
    assert_true(has_value(fixture, 2));
    assert_int_equal(fixture->asked_count, 2);
}

/* How long a capture is says its record, and then whoever sends it. */
static void what_is_too_long_is_not_fetched(void **state)
{
    struct fixture *fixture = *state;

    (void)add_capture(fixture, 1);
    fixture->config.capture_size_max = 1;
    begin(fixture);
    run(fixture, is_idle);
    assert_int_equal(fixture->asked_count, 0);
    fixture->config.capture_size_max = LEN;
    node_captures_configure(fixture->captures, &fixture->config);
    run(fixture, has_asked_once);
    fixture->is_idle = false;
    give(fixture, fixture->asked, 1, LEN, LEN + 1);
    run(fixture, is_idle);
    assert_int_equal(fixture->cancelled_count, 1);
    assert_int_equal(fixture->taken_len, LEN);
    assert_false(has_value(fixture, 1));
    assert_int_equal(counts_of(fixture).wanted, 0);
}

/* What is on its way counts, too: two that would fit alone, but not together,
 * do not both come. */
static void the_quota_holds_for_all_together(void **state)
{
    struct fixture *fixture = *state;

    (void)add_capture(fixture, 1);
    (void)add_capture(fixture, 2);
    fixture->config.captures_quota = (uint64_t)100 * LEN;
    begin(fixture);
    run(fixture, has_asked_twice);
    give(fixture, fixture->asked, 1, LEN, (uint64_t)60 * LEN);
    assert_int_equal(fixture->cancelled_count, 0);
    give(fixture, fixture->asked + 1, 2, LEN, (uint64_t)60 * LEN);
    assert_int_equal(fixture->cancelled_count, 1);
    while (fixture->taken_len < (size_t)2 * LEN) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
    }
    assert_int_equal(counts_of(fixture).wanted, 1);
}

static void what_is_beyond_the_quota_is_not_asked_for(void **state)
{
    struct fixture *fixture = *state;

    (void)add_capture(fixture, 1);
    fixture->config.captures_quota = 0;
    begin(fixture);
    run(fixture, is_idle);
    assert_int_equal(fixture->asked_count, 0);
}

/* Who alone sent bytes that are others is to blame; then the next is asked,
 * from the beginning. */
static void false_bytes_are_not_kept(void **state)
{
    struct fixture *fixture = *state;

    (void)add_capture(fixture, 1);
    begin(fixture);
    run(fixture, has_asked_once);
    give(fixture, fixture->asked, 9, LEN, LEN);
    run(fixture, has_asked_twice);
    assert_int_equal(fixture->blamed_count, 1);
    assert_int_equal(fixture->blamed, fixture->asked[0].peer);
    assert_int_equal(fixture->asked[1].peer, 2);
    assert_int_equal(fixture->asked[1].offset, 0);
    give(fixture, fixture->asked + 1, 1, LEN, LEN);
    run(fixture, is_idle);
    assert_true(has_value(fixture, 1));
    assert_int_equal(counts_of(fixture).failed, 1);
}

/* Of two who sent a part each nobody knows which was wrong: the last is asked
 * for all of it, and then knows best. */
static void false_bytes_of_two_are_nobodys(void **state)
{
    struct fixture *fixture = *state;

    (void)add_capture(fixture, 1);
    begin(fixture);
    run(fixture, has_asked_once);
    give(fixture, fixture->asked, 9, 400, LEN);
    node_captures_peer_gone(fixture->captures, 1);
    run(fixture, has_asked_twice);
    assert_int_equal(fixture->asked[1].peer, 2);
    assert_int_equal(fixture->asked[1].offset, 400); /* It goes on. */
    give(fixture, fixture->asked + 1, 1, LEN - 400, LEN);
    while (fixture->asked_count < 3) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
    }
    assert_int_equal(fixture->blamed_count, 0);
    assert_int_equal(fixture->asked[2].peer, 2);
    assert_int_equal(fixture->asked[2].offset, 0);
    give(fixture, fixture->asked + 2, 1, LEN, LEN);
    run(fixture, is_idle);
    assert_true(has_value(fixture, 1));
}

/* Bytes of who was not asked are nothing but room to be given back. */
static void bytes_that_nobody_asked_for_are_dropped(void **state)
{
    struct fixture *fixture = *state;
    struct asked other;

    (void)add_capture(fixture, 1);
    begin(fixture);
    run(fixture, has_asked_once);
    other = fixture->asked[0];
    other.peer = 2;
    give(fixture, &other, 9, LEN, LEN);
    assert_int_equal(fixture->taken_len, LEN);
    give(fixture, fixture->asked, 1, LEN, LEN);
    run(fixture, is_idle);
    assert_true(has_value(fixture, 1));
}

/* Who lacks it is passed over; when all do, it is left for another time. */
static void what_nobody_has_is_left(void **state)
{
    struct fixture *fixture = *state;

    (void)add_capture(fixture, 1);
    begin(fixture);
    run(fixture, has_asked_once);
    node_captures_lacked(fixture->captures, 1, fixture->asked[0].sha256);
    run(fixture, has_asked_twice);
    assert_int_equal(fixture->asked[1].peer, 2);
    node_captures_lacked(fixture->captures, 2, fixture->asked[0].sha256);
    run(fixture, is_idle);
    assert_int_equal(counts_of(fixture).wanted, 0);
    assert_int_equal(fixture->asked_count, 2);
}

/* It may be stopped while bytes are being written: tear_down does so, and what
 * has come goes on from there with another run. */
static void what_has_come_stays_for_another_run(void **state)
{
    struct fixture *fixture = *state;
    struct node_captures_hooks hooks = {.context = fixture,
                                        .tries_max = 1,
                                        .next_peer = next_peer,
                                        .ask = ask,
                                        .cancel = cancel,
                                        .taken = taken,
                                        .key = key_of,
                                        .blame = blame,
                                        .idle = idle};

    (void)add_capture(fixture, 1);
    begin(fixture);
    run(fixture, has_asked_once);
    give(fixture, fixture->asked, 1, 400, LEN);
    node_captures_stop(fixture->captures, on_stopped); /* It is at work. */
    assert_false(fixture->is_stopped);
    run(fixture, is_stopped);
    node_captures_free(fixture->captures);
    fixture->is_stopped = false;
    assert_int_equal(node_captures_new(&fixture->loop, fixture->test.ledger,
                                       &fixture->log, &hooks,
                                       &fixture->captures),
                     ASSAY_OK);
    node_captures_configure(fixture->captures, &fixture->config);
    run(fixture, has_asked_twice);
    assert_int_equal(fixture->asked[1].offset, 400);
    give(fixture, fixture->asked + 1, 1, LEN - 400, LEN);
    run(fixture, is_idle);
    assert_true(has_value(fixture, 1));
    assert_int_equal(counts_of(fixture).used, LEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_that_come_are_kept),
        TEST(with_none_nothing_is_asked_for),
        TEST(with_cited_only_what_is_named_is_asked_for),
        TEST(what_is_too_long_is_not_fetched),
        TEST(the_quota_holds_for_all_together),
        TEST(what_is_beyond_the_quota_is_not_asked_for),
        TEST(false_bytes_are_not_kept),
        TEST(false_bytes_of_two_are_nobodys),
        TEST(bytes_that_nobody_asked_for_are_dropped),
        TEST(what_nobody_has_is_left),
        TEST(what_has_come_stays_for_another_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
