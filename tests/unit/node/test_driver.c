/* SPDX-License-Identifier: Apache-2.0 */
/* Two whole drivers that speak with each other. */
#include "node/driver.h"

#include "houses.h"
#include "node/clock.h"
#include "protocol/gossip_limits.h"
#include "store/captures.h"
#include "testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* More than a peer is served at once, whatever its rate. */
#define CAPTURE_LEN ((size_t)4 * ASSAY_BLOB_BURST)

static int open_some(void **state, size_t count)
{
    struct houses *houses = calloc(1, sizeof(*houses));

    assert_non_null(houses);
    houses_open(houses, count);
    *state = houses;
    return 0;
}

static int set_up(void **state)
{
    return open_some(state, 2);
}

static int set_up_three(void **state)
{
    return open_some(state, 3);
}

static int tear_down(void **state)
{
    struct houses *houses = *state;

    houses_close(houses);
    free(houses);
    return 0;
}

/* The first asks to be in step with the second. */
static void sync(struct houses *houses, uint64_t client)
{
    assert_int_equal(node_driver_sync(houses->list[0].driver, client,
                                      &houses->list[1].address),
                     ASSAY_OK);
}

static bool has_result(const struct houses *houses)
{
    return houses->list[0].result_count > 0;
}

static bool has_links(const struct houses *houses)
{
    return house_links(&houses->list[0]) > 0;
}

static bool are_connected(const struct houses *houses)
{
    const struct node_link *link = houses->list[0].driver->links;

    return link != NULL && link->is_greeted;
}

static bool are_parted(const struct houses *houses)
{
    return house_links(&houses->list[0]) == 0 &&
           house_links(&houses->list[1]) == 0;
}

static void a_sync_that_is_over_leaves_nothing_open(void **state)
{
    struct houses *houses = *state;

    sync(houses, 7);
    houses_run(houses, has_result);
    assert_int_equal(houses->list[0].result.client, 7);
    assert_null(houses->list[0].result.why);
    assert_true(houses->list[0].result.is_last);
    houses_run(houses, are_parted);
}

/* Who asked for a sync has gone before the other side was reached, or answers:
 * nobody is left who wants the connection. */
static void a_forgotten_dial_is_given_up(void **state)
{
    struct houses *houses = *state;
    const struct assay_key *node = &houses->list[1].address.node;

    sync(houses, 7);
    assert_true(node_driver_is_dialling(houses->list[0].driver, node));
    node_driver_sync_forget(houses->list[0].driver, 7);
    assert_false(node_driver_is_dialling(houses->list[0].driver, node));
}

static void a_forgotten_sync_leaves_nothing_open(void **state)
{
    struct houses *houses = *state;

    houses->list[1].is_deaf = true;
    sync(houses, 7);
    houses_run(houses, has_links);
    node_driver_sync_forget(houses->list[0].driver, 7);
    house_listen(&houses->list[1]);
    houses_run(houses, are_parted);
    assert_int_equal(houses->list[0].result_count, 0);
}

/* One of two who wait has gone: the other one is told. */
static void a_sync_that_another_waits_for_goes_on(void **state)
{
    struct houses *houses = *state;

    houses->list[1].is_deaf = true;
    sync(houses, 7);
    sync(houses, 8);
    houses_run(houses, has_links);
    sync(houses, 9); /* Over the same connection. */
    node_driver_sync_forget(houses->list[0].driver, 7);
    assert_int_equal(house_links(&houses->list[0]), 1);
    house_listen(&houses->list[1]);
    houses_run(houses, has_result);
    assert_int_equal(houses->list[0].result_count, 2);
    assert_int_equal(houses->list[0].result.client, 9);
    houses_run(houses, are_parted);
}

/* Whoever waits is told in time that it takes long; it goes on, and nothing is
 * left open afterwards. */
static void a_sync_that_takes_long_goes_on(void **state)
{
    struct houses *houses = *state;
    struct node_driver *driver = houses->list[0].driver;

    houses->list[1].is_deaf = true;
    sync(houses, 7);
    houses_run(houses, has_links);
    driver->syncs[0].limit_ms = 0; /* As if its time had come. */
    uv_timer_set_repeat(&driver->sync_timer, 1);
    assert_int_equal(uv_timer_again(&driver->sync_timer), 0);
    houses_run(houses, has_result);
    (void)uv_timer_stop(&driver->sync_timer);
    assert_string_equal(houses->list[0].result.why,
                        "it takes too long; it goes on");
    assert_int_equal(house_links(&houses->list[0]), 1);
    house_listen(&houses->list[1]);
    houses_run(houses, are_connected);
    houses_run(houses, are_parted);
}

/* What there is no room for is not begun. */
static void a_sync_that_is_refused_dials_nobody(void **state)
{
    struct houses *houses = *state;
    struct node_driver *driver = houses->list[0].driver;
    struct node_address other = houses->list[1].address;

    other.node.bytes[0] ^= 1;
    for (uint64_t client = 0; client < NODE_SYNCS_MAX; client++) {
        sync(houses, client);
    }
    assert_int_equal(node_driver_sync(driver, 99, &other), ASSAY_E_BUSY);
    assert_false(node_driver_is_dialling(driver, &other.node));
}

/* Puts a capture and its bytes into the second ledger. */
static void put_capture(struct houses *houses)
{
    struct test_ledger *test = &houses->list[1].test;
    struct history *history = history_new(3);
    struct store_capture_info info;
    uint8_t *bytes = calloc(1, CAPTURE_LEN);
    char path[TEST_PATH_MAX];
    int fd = -1;

    test_path(path, test->folder, "capture");
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_non_null(bytes);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, CAPTURE_LEN), (ssize_t)CAPTURE_LEN);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(
        store_captures_put(test->ledger, fd, ASSAY_NUMBER_MAX, &info),
        ASSAY_OK);
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
    free(bytes);
    (void)history_capture_of(history, history_found(history), info.sha256);
    test_ledger_fill(test, history, NULL, history_count(history));
    history_free(history);
}

static bool has_begun(const struct houses *houses)
{
    const struct node_link *link = houses->list[0].driver->links;
    struct assay_session_stats stats = {0};

    if (link != NULL && node_peer_session(link->peer) != NULL) {
        assay_session_stats(node_peer_session(link->peer), &stats);
    }
    /* No further chunk is within the rate. */
    return stats.blob_bytes_in > ASSAY_BLOB_BURST - ASSAY_BLOB_CHUNK_MAX;
}

static bool has_fetched(const struct houses *houses)
{
    return houses->list[0].driver->captures->counts.fetched > 0;
}

/* What is served is served at the rate of the configuration as it is now, also
 * over connections that were open before. */
static void another_rate_of_captures_holds_at_once(void **state)
{
    struct houses *houses = *state;

    houses->list[0].config.captures = NODE_CAPTURES_ALL;
    node_driver_configure(houses->list[0].driver);
    houses->list[1].config.captures_rate = 0;
    put_capture(houses);
    sync(houses, 7);
    houses_run(houses, has_begun);
    assert_false(has_fetched(houses));
    houses->list[1].config.captures_rate = ASSAY_NUMBER_MAX;
    node_driver_configure(houses->list[1].driver);
    houses_run(houses, has_fetched);
    houses_run(houses, are_parted); /* In step, and it has all. */
}

/* The first follows one team alone, which names a stranger's record, which
 * names another stranger's. */
struct naming {
    struct history *history;
    size_t named;
    size_t far;
};

/* Records of which the others have some; NULL: all. */
static void make_naming(struct houses *houses, struct naming *naming,
                        const size_t *order, size_t count)
{
    struct history *history = history_new(5);
    size_t team = history_found(history);
    size_t stranger = history_found(history);
    struct house *house = &houses->list[0];
    struct node_config_fault fault;
    char text[ASSAY_ID_TEXT_MAX];

    naming->history = history;
    naming->far = history_claim(history, history_found(history));
    naming->named = history_source(history, stranger, naming->far);
    (void)history_source(history, team, naming->named);
    for (size_t i = 1; i < houses->count; i++) {
        test_ledger_fill(&houses->list[i].test, history, order,
                         order == NULL ? history_count(history) : count);
    }
    assay_id_format(ASSAY_ID_TEAM, history_item(history, team)->id.hash, text);
    house->config.accept = NODE_ACCEPT_TRUSTED;
    assert_int_equal(node_config_set(&house->config,
                                     node_config_find("policy", "follow"),
                                     assay_bytes_of(text), &fault),
                     ASSAY_OK);
    node_driver_configure(house->driver);
}

static bool is_followed(const struct houses *houses)
{
    return node_driver_follows(houses->list[0].driver).count == 1;
}

/* In step with all others, and all was asked for and judged. */
static bool has_all(const struct houses *houses)
{
    struct node_ingest_counts counts;
    size_t quiet = 0;

    for (struct node_link *link = houses->list[0].driver->links; link != NULL;
         link = link->next) {
        struct assay_session_stats stats;

        if (!link->is_synced || node_peer_session(link->peer) == NULL) {
            return false;
        }
        assay_session_stats(node_peer_session(link->peer), &stats);
        quiet += stats.fetch_count == 0 && stats.request_count == 0;
    }
    node_ingest_count(houses->list[0].driver->ingest, &counts);
    return quiet >= houses->count - 1 && counts.queued == 0;
}

/* What a followed team names is fetched with what it builds on, but not what
 * that names in turn: else somebody who is not followed could make a node
 * fetch anything. */
static void what_is_named_is_fetched_for_one_step(void **state)
{
    struct houses *houses = *state;
    struct house *house = &houses->list[0];
    struct naming naming;

    make_naming(houses, &naming, NULL, 0);
    houses_run(houses, is_followed);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(
            node_driver_peer_add(house->driver, &houses->list[1].address),
            ASSAY_OK);
        houses_run(houses, has_all);
        assert_int_equal(node_driver_peer_remove(house->driver,
                                                 &houses->list[1].address.node),
                         ASSAY_OK);
        houses_run(houses, are_parted);
    }
    assert_true(test_ledger_has(&house->test, naming.history, naming.named));
    assert_false(test_ledger_has(&house->test, naming.history, naming.far));
    history_free(naming.history);
}

/* What is named and nobody has is asked of each, and then no more: two peers
 * that lack it are not asked by turns for ever. */
static void what_nobody_has_is_not_asked_for_for_ever(void **state)
{
    struct houses *houses = *state;
    struct house *house = &houses->list[0];
    struct naming naming;
    size_t order[] = {0, 5}; /* The team, and the record that names. */

    make_naming(houses, &naming, order, 2);
    houses_run(houses, is_followed);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(
            node_driver_peer_add(house->driver, &houses->list[i].address),
            ASSAY_OK);
    }
    houses_run(houses, has_all);
    history_free(naming.history);
}

/* One sync is enough for what is new and for what that names. */
static void a_sync_brings_what_is_named(void **state)
{
    struct houses *houses = *state;
    struct naming naming;

    make_naming(houses, &naming, NULL, 0);
    houses_run(houses, is_followed);
    sync(houses, 7);
    houses_run(houses, has_result);
    assert_null(houses->list[0].result.why);
    houses_run(houses, are_parted);
    assert_true(
        test_ledger_has(&houses->list[0].test, naming.history, naming.named));
    history_free(naming.history);
}

static bool has_failed(const struct houses *houses)
{
    return !node_driver_is_dialling(houses->list[0].driver,
                                    &houses->list[1].address.node);
}

/* What does not answer is dialled again after membership's rest, the growth
 * of which its own tests show: the driver tells it of the failure, and waits
 * for its time. */
static void an_address_that_fails_is_dialled_again_after_a_rest(void **state)
{
    struct houses *houses = *state;
    struct node_driver *driver = houses->list[0].driver;
    struct node_address address = houses->list[1].address;
    uint64_t before_ms = node_clock_ms();

    address.at.port = 1; /* Nobody listens there. */
    assert_int_equal(node_driver_peer_add(driver, &address), ASSAY_OK);
    assert_false(has_failed(houses));
    houses_run(houses, has_failed);
    assert_in_range(assay_membership_deadline_ms(driver->membership),
                    before_ms + ASSAY_REST_MS / 2,
                    node_clock_ms() + ASSAY_REST_MS);
    assert_true(uv_is_active((uv_handle_t *)&driver->gossip_timer));
    assert_true(uv_timer_get_due_in(&driver->gossip_timer) <= ASSAY_REST_MS);
    /* The address is put right: it is dialled at once. */
    assert_int_equal(node_driver_peer_add(driver, &houses->list[1].address),
                     ASSAY_OK);
    houses_run(houses, are_connected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sync_that_is_over_leaves_nothing_open),
        TEST(a_forgotten_dial_is_given_up),
        TEST(a_forgotten_sync_leaves_nothing_open),
        TEST(a_sync_that_another_waits_for_goes_on),
        TEST(a_sync_that_takes_long_goes_on),
        TEST(a_sync_that_is_refused_dials_nobody),
        cmocka_unit_test_setup_teardown(
            what_nobody_has_is_not_asked_for_for_ever, set_up_three, tear_down),
        TEST(a_sync_brings_what_is_named),
        TEST(an_address_that_fails_is_dialled_again_after_a_rest),
        TEST(what_is_named_is_fetched_for_one_step),
        TEST(another_rate_of_captures_holds_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
