/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that is slow, silent or deaf: what one connection holds is bounded,
 * and so is how long. */
#include "node/peer.h"

#include "history.h"
#include "stranger.h"
#include "testing.h"

#include <sys/socket.h>

/* Records of a log, and requests for all of it. */
#define RECORDS 200
#define REQUESTS 60

/* Turns after which nothing happens any more, where nobody goes on. */
#define MANY 400

/* What lies in both sockets at most; the system has its own ideas. */
#define SOCKETS_MAX ((size_t)512 * 1024)

static struct history *history;
static size_t grant;

static int make_history(void **state)
{
    (void)state;
    history = history_new(9);
    grant = history_found(history);
    while (history_count(history) < RECORDS) {
        (void)history_claim(history, grant);
    }
    return 0;
}

static int free_history(void **state)
{
    (void)state;
    history_free(history);
    return 0;
}

static int set_up(void **state)
{
    *state = stranger_new();
    return 0;
}

static int tear_down(void **state)
{
    stranger_free(*state);
    return 0;
}

static struct assay_session_stats stats_of(const struct stranger *stranger)
{
    struct assay_session_stats stats;

    assay_session_stats(node_peer_any_session(stranger->peer), &stats);
    return stats;
}

static void say(struct stranger *stranger,
                const struct assay_cbor_writer *writer)
{
    struct assay_bytes bytes;

    assert_int_equal(assay_cbor_writer_finish(writer, &bytes), ASSAY_OK);
    stranger_say(stranger, bytes);
}

static void ask_for_all(struct stranger *stranger, uint64_t request)
{
    struct assay_range range = {.request = request,
                                .grant = history_item(history, grant)->id,
                                .from = 1,
                                .to = RECORDS};
    struct assay_cbor_writer writer;
    uint8_t space[128];

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_range_write(&writer, &range);
    say(stranger, &writer);
}

/* Who asks for megabytes and does not read gets what the sockets hold and two
 * frames; no more is made, however long it takes. When it reads, it gets all
 * the rest: no wake-up is lost. */
static void who_does_not_read_is_not_written_for(void **state)
{
    struct stranger *stranger = *state;
    size_t total_len = 0;
    size_t views = 0;

    memledger_put_all(stranger->ledger, history, 0, RECORDS);
    for (size_t i = 0; i < RECORDS; i++) {
        total_len += history_item(history, i)->envelope.len +
                     history_item(history, i)->body.len;
    }
    assert_true(REQUESTS * total_len > 4 * (SOCKETS_MAX + NODE_PEER_BUFFER));
    stranger_open(stranger);
    for (uint64_t request = 1; request <= REQUESTS; request++) {
        ask_for_all(stranger, request);
    }
    stranger_turn(stranger, MANY, false);
    assert_int_equal(stranger->over_count, 0);
    assert_int_equal(stranger->out_pos, stranger->out_len);
    assert_true(stats_of(stranger).bytes_out <= SOCKETS_MAX + NODE_PEER_BUFFER);
    assert_true(uv_stream_get_write_queue_size(
                    (uv_stream_t *)stranger->peer->tcp) <= NODE_PEER_BUFFER);
    assert_true(stranger->peer->is_writing);
    views = stranger->views_begun;
    for (size_t i = 0; i < MANY; i++) {
        node_peer_wake(stranger->peer);
        stranger_turn(stranger, 1, false);
    }
    assert_int_equal(stranger->views_begun, views);
    while (stranger->record_count < (size_t)REQUESTS * RECORDS) {
        stranger_turn(stranger, 1, true);
        assert_int_equal(stranger->over_count, 0);
    }
    assert_int_equal(stats_of(stranger).job_count, 0);
}

/* While it does not read, time passes: it is given up. */
static void who_never_reads_is_cut(void **state)
{
    struct stranger *stranger = *state;

    memledger_put_all(stranger->ledger, history, 0, RECORDS);
    stranger_open(stranger);
    for (uint64_t request = 1; request <= REQUESTS; request++) {
        ask_for_all(stranger, request);
    }
    stranger_turn(stranger, MANY, false);
    for (uint64_t ms = 0; stranger->over_count == 0; ms += 1000) {
        assert_true(ms <= ASSAY_SYNC_STALL_MS + 1000);
        stranger_wait(stranger, 1000);
        stranger_turn(stranger, 2, false);
    }
    assert_non_null(strstr(stranger->why, "timeout"));
    assert_true(stranger->is_fault);
    for (uint64_t ms = 0; stranger->peer != NULL; ms += 1000) {
        assert_true(ms <= NODE_PEER_LINGER_MS + 1000);
        stranger_wait(stranger, 1000);
        stranger_turn(stranger, 2, false);
    }
}

/* A message of a type that may be skipped. */
static void say_much(struct stranger *stranger)
{
    static uint8_t filling[60000];
    static uint8_t space[ASSAY_MESSAGE_MAX];
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_message_begin(&writer, (enum assay_message_type)1001, 1);
    assay_cbor_write_bytes(&writer,
                           (struct assay_bytes){filling, sizeof(filling)});
    say(stranger, &writer);
}

/* While nothing more can be written to the ledger, nothing is read: what comes
 * waits with who sends it. Then all of it is taken. */
static void nothing_is_read_while_there_is_no_room(void **state)
{
    struct stranger *stranger = *state;
    uint64_t messages_in = 0;

    stranger_open(stranger);
    stranger->has_no_room = true;
    messages_in = stats_of(stranger).messages_in;
    for (size_t i = 0; i < 50; i++) {
        say_much(stranger);
    }
    stranger_turn(stranger, MANY, true);
    assert_true(stranger->out_pos <= SOCKETS_MAX + NODE_PEER_BUFFER);
    assert_int_equal(stats_of(stranger).messages_in, messages_in);
    assert_true(stranger->peer->in_len <= NODE_PEER_BUFFER);
    stranger->has_no_room = false;
    node_peer_wake(stranger->peer);
    while (stats_of(stranger).messages_in < messages_in + 50) {
        stranger_turn(stranger, 1, true);
        assert_int_equal(stranger->over_count, 0);
    }
    assert_int_equal(stranger->peer->in_len, 0);
}

/* Sends a byte a second until the peer is over; returns how long that took. */
static uint64_t trickle(struct stranger *stranger, uint64_t ms_max)
{
    uint64_t ms = 0;

    while (stranger->over_count == 0) {
        assert_true(ms <= ms_max);
        assert_int_equal(stranger_send(stranger, 1), 1);
        (void)uv_run(&stranger->loop, UV_RUN_NOWAIT);
        assert_true(stranger->peer == NULL ||
                    stranger->peer->in_len <= NODE_PEER_BUFFER);
        stranger_wait(stranger, 1000);
        ms += 1000;
    }
    return ms;
}

/* Bytes that never make a message are silence, however steadily they come. */
static void a_byte_a_second_is_silence(void **state)
{
    struct stranger *stranger = *state;

    stranger_open(stranger);
    say_much(stranger);
    assert_true(trickle(stranger, ASSAY_SYNC_SILENCE_MS + 2000) >
                ASSAY_SYNC_PING_MS);
    assert_non_null(strstr(stranger->why, "timeout"));
    assert_true(stranger->is_fault);
}

static void a_byte_a_second_is_no_handshake(void **state)
{
    struct stranger *stranger = *state;

    stranger->out_len = 64; /* Some key's bytes, or any. */
    memset(stranger->out, 0, 64);
    stranger->out[1] = 32;
    (void)trickle(stranger, STRANGER_HANDSHAKE_MS + 2000);
    assert_string_equal(stranger->why, "the handshake took too long");
    stranger_turn(stranger, 4, false);
    assert_null(stranger->peer);
}

/* A hello that does not come is waited for as long as the protocol says. */
static void a_byte_a_second_is_no_hello(void **state)
{
    struct stranger *stranger = *state;

    stranger->out_len = assay_channel_pull(stranger->channel, stranger->out);
    while (!stranger->is_open || stranger->out_pos < stranger->out_len) {
        stranger_turn(stranger, 1, true);
    }
    stranger_turn(stranger, 16, true);
    assert_int_equal(node_peer_state(stranger->peer), NODE_PEER_OPEN);
    say_much(stranger);
    (void)trickle(stranger, ASSAY_SYNC_HELLO_MS + 2000);
    assert_non_null(strstr(stranger->why, "timeout"));
}

/* A connection that the other side ends, at any step, is over once and gone;
 * one that is closed from here as well. */
static void every_end_is_told_once(void **state)
{
    struct stranger *stranger = *state;

    stranger_open(stranger);
    node_peer_close(stranger->peer, ASSAY_CLOSE_DONE, "enough");
    node_peer_close(stranger->peer, ASSAY_CLOSE_DONE, "enough");
    assert_int_equal(stranger->over_count, 1);
    while (!stranger->has_ended) {
        stranger_turn(stranger, 1, true);
    }
    assert_non_null(stranger->peer); /* Until the other side closes, too. */
    assert_int_equal(node_peer_state(stranger->peer), NODE_PEER_DRAINING);
    assert_int_equal(shutdown(stranger->fd, SHUT_WR), 0);
    while (stranger->peer != NULL) {
        stranger_turn(stranger, 1, false);
    }
    assert_int_equal(stranger->over_count, 1);
}

/* One that does not close in turn is cut after a while. */
static void who_does_not_close_is_cut(void **state)
{
    struct stranger *stranger = *state;

    stranger_open(stranger);
    node_peer_close(stranger->peer, ASSAY_CLOSE_DONE, "enough");
    while (!stranger->has_ended) {
        stranger_turn(stranger, 1, true);
    }
    stranger_wait(stranger, NODE_PEER_LINGER_MS);
    stranger_turn(stranger, 4, false);
    assert_null(stranger->peer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_does_not_read_is_not_written_for),
        TEST(who_never_reads_is_cut),
        TEST(nothing_is_read_while_there_is_no_room),
        TEST(a_byte_a_second_is_silence),
        TEST(a_byte_a_second_is_no_handshake),
        TEST(a_byte_a_second_is_no_hello),
        TEST(every_end_is_told_once),
        TEST(who_does_not_close_is_cut),
    };

    return cmocka_run_group_tests(tests, make_history, free_history);
}
