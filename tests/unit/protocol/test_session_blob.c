/* SPDX-License-Identifier: Apache-2.0 */
/* Captures' bytes: in parts, resumed, within a rate, and nothing else. */
#include "pair.h"
#include "testing.h"

#include <string.h>

/* A capture of three ranges and a bit. */
#define CAPTURE_LEN ((size_t)(5 * ASSAY_BLOB_RANGE + 1234))

static uint8_t capture[CAPTURE_LEN];
static uint8_t space[ASSAY_MESSAGE_MAX];

/* Captures by their first byte: 'c' the large one, 'e' one without bytes. */
struct shelf {
    struct assay_blob_view view;
    bool is_gone;
    size_t read_count;
};

struct scene {
    struct pair *pair;
    struct side *asker;
    struct side *server;
    struct shelf shelf;
};

static const uint8_t large[ASSAY_HASH_SIZE] = {'c'};
static const uint8_t empty[ASSAY_HASH_SIZE] = {'e'};
static const uint8_t nowhere[ASSAY_HASH_SIZE] = {'n'};

static enum assay_err shelf_size(void *context,
                                 const uint8_t sha256[ASSAY_HASH_SIZE],
                                 uint64_t *size_out)
{
    struct shelf *shelf = context;

    if (shelf->is_gone || (sha256[0] != 'c' && sha256[0] != 'e')) {
        return ASSAY_E_NOT_FOUND;
    }
    *size_out = sha256[0] == 'c' ? CAPTURE_LEN : 0;
    return ASSAY_OK;
}

static enum assay_err shelf_read(void *context,
                                 const uint8_t sha256[ASSAY_HASH_SIZE],
                                 uint64_t offset, uint8_t *out, size_t len)
{
    struct shelf *shelf = context;

    assert_int_equal(sha256[0], 'c');
    assert_true(offset < CAPTURE_LEN);
    assert_true(len <= CAPTURE_LEN - offset);
    shelf->read_count++;
    memcpy(out, capture + offset, len);
    return ASSAY_OK;
}

static int set_up(void **state)
{
    struct scene *scene = test_malloc(sizeof(*scene));

    memset(scene, 0, sizeof(*scene));
    for (size_t index = 0; index < sizeof(capture); index++) {
        capture[index] = (uint8_t)(index * 31 + (index >> 8));
    }
    scene->pair = pair_new();
    scene->asker = &scene->pair->sides[0];
    scene->server = &scene->pair->sides[1];
    scene->shelf.view =
        (struct assay_blob_view){&scene->shelf, shelf_size, shelf_read};
    scene->server->config.blobs = &scene->shelf.view;
    scene->server->config.blob_rate = UINT64_C(1) << 40;
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    pair_free(scene->pair);
    test_free(scene);
    return 0;
}

static void begin(struct scene *scene)
{
    pair_open(scene->pair);
    pair_run(scene->pair);
    assert_true(scene->asker->hello.serves_blobs);
    assert_false(scene->server->hello.serves_blobs);
}

static void fetch(struct scene *scene, const uint8_t *sha256, uint64_t offset)
{
    assert_int_equal(
        assay_session_fetch_blob(scene->asker->session, sha256, offset),
        ASSAY_OK);
}

static void assert_closed(const struct side *side, enum assay_close_code code,
                          const char *text)
{
    assert_true(side->is_closed);
    assert_false(side->closed_by_peer);
    assert_int_equal(side->close_code, code);
    assert_string_equal(side->close_text, text);
}

static void a_capture_comes_whole(void **state)
{
    struct scene *scene = *state;

    begin(scene);
    fetch(scene, large, 0);
    pair_advance(scene->pair, 1000);
    assert_int_equal(scene->asker->blob_total, CAPTURE_LEN);
    assert_int_equal(scene->asker->blob_len, CAPTURE_LEN);
    assert_memory_equal(scene->asker->blob, capture, CAPTURE_LEN);

    /* And again, if somebody wants it so. */
    scene->asker->blob_len = 0;
    fetch(scene, large, 0);
    pair_advance(scene->pair, 1000);
    assert_int_equal(scene->asker->blob_len, CAPTURE_LEN);
}

static void a_capture_is_resumed_where_it_broke_off(void **state)
{
    struct scene *scene = *state;

    begin(scene);
    fetch(scene, large, CAPTURE_LEN - 100000);
    pair_advance(scene->pair, 1000);
    assert_int_equal(scene->asker->blob_len, 100000);
    assert_memory_equal(scene->asker->blob, capture + CAPTURE_LEN - 100000,
                        100000);
    assert_int_equal(scene->shelf.read_count, 2);
}

static void a_capture_without_bytes_comes_too(void **state)
{
    struct scene *scene = *state;

    begin(scene);
    scene->asker->blob_total = 77;
    fetch(scene, empty, 0);
    pair_advance(scene->pair, 1000);
    assert_int_equal(scene->asker->blob_total, 0);
    assert_int_equal(scene->asker->blob_len, 0);
    assert_int_equal(scene->asker->blob_lacked_count, 0);
    fetch(scene, empty, 0);
}

static void a_capture_that_is_not_there_is_told(void **state)
{
    struct scene *scene = *state;

    begin(scene);
    fetch(scene, nowhere, 0);
    fetch(scene, large, CAPTURE_LEN);
    pair_advance(scene->pair, 1000);
    assert_int_equal(scene->asker->blob_lacked_count, 2);
    assert_false(scene->asker->is_closed);
    fetch(scene, nowhere, 0);
}

/* It was erased while it was being sent. */
static void a_capture_that_goes_away_is_told(void **state)
{
    struct scene *scene = *state;

    begin(scene);
    fetch(scene, large, 0);
    assert_true(pair_step(scene->pair, 0));
    assert_true(pair_step(scene->pair, 1));
    scene->shelf.is_gone = true;
    pair_advance(scene->pair, 1000);
    assert_int_equal(scene->asker->blob_len, ASSAY_BLOB_CHUNK_MAX);
    assert_int_equal(scene->asker->blob_lacked_count, 1);
}

static void no_more_than_some_are_fetched_at_a_time(void **state)
{
    struct scene *scene = *state;
    uint8_t sha256[ASSAY_HASH_SIZE] = {'x'};

    begin(scene);
    for (uint8_t count = 0; count < ASSAY_BLOB_FETCHES_MAX; count++) {
        sha256[1] = count;
        fetch(scene, sha256, 0);
    }
    assert_int_equal(assay_session_fetch_blob(scene->asker->session, sha256, 0),
                     ASSAY_E_EXISTS);
    assert_int_equal(assay_session_fetch_blob(scene->asker->session, large, 0),
                     ASSAY_E_BUSY);
    pair_run(scene->pair);
    assert_int_equal(scene->asker->blob_lacked_count, ASSAY_BLOB_FETCHES_MAX);
    fetch(scene, large, 0);
}

static void who_serves_none_is_not_asked(void **state)
{
    struct scene *scene = *state;

    begin(scene);
    assert_int_equal(assay_session_fetch_blob(scene->server->session, large, 0),
                     ASSAY_E_NOT_FOUND);
}

/* Who asks all the same is told so. */
static void who_serves_none_says_so(void **state)
{
    struct scene *scene = *state;
    struct assay_blob_want want = {{'c'}, 0, 100};
    struct assay_cbor_writer writer;
    struct assay_message message;
    struct assay_bytes bytes;

    begin(scene);
    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_blob_want_write(&writer, &want);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    side_feed(scene->asker, scene->pair->now_ms, bytes);
    assert_int_equal(
        assay_message_open(side_pull(scene->asker, scene->pair->now_ms),
                           &message),
        ASSAY_OK);
    assert_int_equal(message.type, ASSAY_MSG_BLOB_LACK);
}

/* A rate holds on average; at once there is a burst. */
static void bytes_are_served_within_the_rate(void **state)
{
    struct scene *scene = *state;
    uint64_t before;

    scene->server->config.blob_rate = 100000;
    begin(scene);
    fetch(scene, large, 0);
    pair_run(scene->pair);
    assert_true(scene->asker->blob_len <= ASSAY_BLOB_BURST);
    assert_true(scene->asker->blob_len > ASSAY_BLOB_BURST / 2);
    before = scene->asker->blob_len;
    pair_advance(scene->pair, 10000);
    assert_true(scene->asker->blob_len - before <=
                1000000 + ASSAY_BLOB_CHUNK_MAX);
    assert_true(scene->asker->blob_len - before >=
                1000000 - 2 * ASSAY_BLOB_CHUNK_MAX);
    pair_advance(scene->pair, 60000);
    assert_int_equal(scene->asker->blob_len, CAPTURE_LEN);
    assert_memory_equal(scene->asker->blob, capture, CAPTURE_LEN);
}

/* A rate of nothing serves nothing beyond the burst, and nobody spins. */
static void a_rate_of_zero_is_a_stop(void **state)
{
    struct scene *scene = *state;

    scene->server->config.blob_rate = 0;
    begin(scene);
    fetch(scene, large, 0);
    pair_advance(scene->pair, 3600000);
    assert_true(scene->asker->blob_len <= ASSAY_BLOB_BURST);
    /* It was given up in time. */
    assert_int_equal(scene->asker->blob_lacked_count, 1);
    assert_false(scene->asker->is_closed);
}

/* Another rate holds for what is under way, from the moment that it is set. */
static void another_rate_holds_at_once(void **state)
{
    struct scene *scene = *state;
    uint64_t before;

    scene->server->config.blob_rate = 0;
    begin(scene);
    fetch(scene, large, 0);
    pair_run(scene->pair);
    pair_advance(scene->pair, 10000);
    before = scene->asker->blob_len;
    assert_true(before <= ASSAY_BLOB_BURST);
    assay_session_pace(scene->server->session, scene->pair->now_ms, 100000);
    pair_run(scene->pair);
    assert_true(scene->asker->blob_len - before <= ASSAY_BLOB_CHUNK_MAX);
    pair_advance(scene->pair, 10000);
    assert_true(scene->asker->blob_len - before <=
                1000000 + ASSAY_BLOB_CHUNK_MAX);
    assert_true(scene->asker->blob_len - before >=
                1000000 - 2 * ASSAY_BLOB_CHUNK_MAX);
    before = scene->asker->blob_len;
    assay_session_pace(scene->server->session, scene->pair->now_ms, 0);
    pair_advance(scene->pair, 10000);
    assert_true(scene->asker->blob_len - before <= ASSAY_BLOB_CHUNK_MAX);
}

/* Bytes that are not taken stop the reading. */
static void bytes_that_are_not_taken_hold_up_the_rest(void **state)
{
    struct scene *scene = *state;
    uint64_t held;

    scene->asker->takes_blobs = false;
    begin(scene);
    fetch(scene, large, 0);
    pair_advance(scene->pair, 5000);
    held = scene->asker->blob_len;
    assert_true(held >= ASSAY_SYNC_UNJUDGED_BYTES);
    assert_true(held < ASSAY_SYNC_UNJUDGED_BYTES + ASSAY_BLOB_CHUNK_MAX);
    assert_false(assay_session_wants_input(scene->asker->session));

    scene->asker->takes_blobs = true;
    assay_session_blob_taken(scene->asker->session, held);
    pair_advance(scene->pair, 5000);
    assert_int_equal(scene->asker->blob_len, CAPTURE_LEN);
}

static void what_is_cancelled_is_taken_in_silently(void **state)
{
    struct scene *scene = *state;
    uint64_t came;

    begin(scene);
    fetch(scene, large, 0);
    assert_true(pair_step(scene->pair, 0));
    assert_true(pair_step(scene->pair, 1));
    came = scene->asker->blob_len;
    assay_session_cancel_blob(scene->asker->session, large);
    assay_session_cancel_blob(scene->asker->session, nowhere);
    pair_advance(scene->pair, 5000);
    assert_int_equal(scene->asker->blob_len, came);
    assert_false(scene->asker->is_closed);
    /* Its range came to an end, and no other one was asked for. */
    assert_int_equal(scene->shelf.read_count,
                     ASSAY_BLOB_RANGE / ASSAY_BLOB_CHUNK_MAX);
    fetch(scene, large, 0);
    pair_advance(scene->pair, 5000);
    assert_int_equal(scene->asker->blob_len, came + CAPTURE_LEN);
}

/* Feeds captured bytes that the asker did or did not ask for. */
static void feed_blob(struct scene *scene, const struct assay_blob *blob)
{
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_blob_write(&writer, blob);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    side_feed(scene->asker, scene->pair->now_ms, bytes);
}

static void bytes_that_nobody_asked_for_close(void **state)
{
    struct scene *scene = *state;
    struct assay_blob blob = {{'c'}, 0, CAPTURE_LEN, {capture, 10}};

    begin(scene);
    feed_blob(scene, &blob);
    assert_closed(scene->asker, ASSAY_CLOSE_UNASKED,
                  "captured bytes are not what comes next");
}

static void bytes_out_of_order_close(void **state)
{
    (void)state;

    for (size_t wrong = 0; wrong < 4; wrong++) {
        void *inner = NULL;
        struct scene *scene;
        struct assay_blob blob = {{'c'}, 10, CAPTURE_LEN, {capture, 10}};

        (void)set_up(&inner);
        scene = inner;
        begin(scene);
        fetch(scene, large, 0);
        assert_true(side_pull(scene->asker, scene->pair->now_ms).len > 0);
        blob.offset = 0;
        feed_blob(scene, &blob);
        assert_false(scene->asker->is_closed);
        if (wrong == 0) {
            blob.offset = 0; /* The same again. */
        } else if (wrong == 1) {
            blob.offset = 11; /* A byte left out. */
        } else if (wrong == 2) {
            blob.offset = 10;
            blob.total++; /* It grew. */
        } else {
            blob.offset = 10;
            blob.sha256[0] = 'n'; /* Another one. */
        }
        feed_blob(scene, &blob);
        assert_closed(scene->asker, ASSAY_CLOSE_UNASKED,
                      "captured bytes are not what comes next");
        (void)tear_down(&inner);
    }
}

static void a_lack_of_what_was_not_asked_for_closes(void **state)
{
    struct scene *scene = *state;
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;

    begin(scene);
    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_blob_lack_write(&writer, large);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    side_feed(scene->asker, scene->pair->now_ms, bytes);
    assert_closed(scene->asker, ASSAY_CLOSE_UNASKED,
                  "captured bytes that are lacking were not asked for");
}

static void requests_beyond_the_limit_close(void **state)
{
    struct scene *scene = *state;
    struct assay_blob_want want = {{'c'}, 0, 100};
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;

    begin(scene);
    for (size_t count = 0; count <= ASSAY_SYNC_JOBS_MAX; count++) {
        assert_false(scene->server->is_closed);
        assay_cbor_writer_init(&writer, space, sizeof(space));
        assay_blob_want_write(&writer, &want);
        assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
        side_feed(scene->server, scene->pair->now_ms, bytes);
    }
    assert_closed(scene->server, ASSAY_CLOSE_FLOOD,
                  "too many requests at a time");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_capture_comes_whole),
        TEST(a_capture_is_resumed_where_it_broke_off),
        TEST(a_capture_without_bytes_comes_too),
        TEST(a_capture_that_is_not_there_is_told),
        TEST(a_capture_that_goes_away_is_told),
        TEST(no_more_than_some_are_fetched_at_a_time),
        TEST(who_serves_none_is_not_asked),
        TEST(who_serves_none_says_so),
        TEST(bytes_are_served_within_the_rate),
        TEST(a_rate_of_zero_is_a_stop),
        TEST(another_rate_holds_at_once),
        TEST(bytes_that_are_not_taken_hold_up_the_rest),
        TEST(what_is_cancelled_is_taken_in_silently),
        TEST(bytes_that_nobody_asked_for_close),
        TEST(bytes_out_of_order_close),
        TEST(a_lack_of_what_was_not_asked_for_closes),
        TEST(requests_beyond_the_limit_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
