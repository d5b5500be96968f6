/* SPDX-License-Identifier: Apache-2.0 */
/* A session from hello to close: who may speak with whom, in which order, and
 * how long silence may last. */
#include "pair.h"
#include "testing.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A message that stands in the test as a string of bytes. */
#define MESSAGE(text)                                                          \
    ((struct assay_bytes){(const uint8_t *)(text), sizeof(text) - 1})

static const struct assay_bytes ping = {(const uint8_t *)"\x82\x01\x07", 3};

static int set_up(void **state)
{
    *state = pair_new();
    return 0;
}

static int tear_down(void **state)
{
    pair_free(*state);
    return 0;
}

/* The session with which a test plays the peer. */
static struct side *greeted(struct pair *pair)
{
    struct side *side = &pair->sides[0];

    pair_open(pair);
    side_greet(side, pair->now_ms);
    assert_int_equal(side->hello_count, 1);
    assert_false(side->is_closed);
    return side;
}

/* Pulls messages until one of a type comes; without bytes there is none. */
static struct assay_bytes pull_type(struct pair *pair, struct side *side,
                                    uint64_t type)
{
    struct assay_bytes bytes = side_pull(side, pair->now_ms);

    while (bytes.len > 0) {
        struct assay_message message;

        assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
        if (message.type == type) {
            return bytes;
        }
        bytes = side_pull(side, pair->now_ms);
    }
    return bytes;
}

static void assert_closed(struct pair *pair, struct side *side,
                          enum assay_close_code code, const char *text)
{
    struct assay_message message;
    struct assay_close close;
    struct assay_bytes bytes;

    assert_true(side->is_closed);
    assert_false(side->closed_by_peer);
    assert_int_equal(side->close_code, code);
    assert_string_equal(side->close_text, text);

    /* The peer is told, and then there is silence. */
    assert_false(assay_session_is_over(side->session));
    bytes = side_pull(side, pair->now_ms);
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(message.type, ASSAY_MSG_CLOSE);
    assert_int_equal(assay_close_read(&message, &close, NULL), ASSAY_OK);
    assert_int_equal(close.code, code);
    assert_true(assay_bytes_equal(close.text, assay_bytes_of(text)));
    assert_true(assay_session_is_over(side->session));
    assert_int_equal(side_pull(side, pair->now_ms).len, 0);
    assert_true(assay_session_deadline_ms(side->session) == UINT64_MAX);
}

/* ------------------------------------------------------------- hello */

static void both_learn_who_the_other_is(void **state)
{
    struct pair *pair = *state;

    pair_open(pair);
    pair_run(pair);
    for (size_t index = 0; index < 2; index++) {
        assert_int_equal(pair->sides[index].hello_count, 1);
        assert_int_equal(pair->sides[index].hello.time_s, 1700000000);
        assert_false(pair->sides[index].hello.serves_blobs);
        assert_false(pair->sides[index].is_closed);
    }
}

/* Two ledgers that are equal say hello, and that was it. */
static void equal_ledgers_need_one_message_each(void **state)
{
    struct pair *pair = *state;

    pair_open(pair);
    pair_run(pair);
    for (size_t index = 0; index < 2; index++) {
        assert_int_equal(pair->sides[index].message_count, 1);
        assert_int_equal(pair->sides[index].synced_count, 1);
        assert_true(pair->sides[index].is_equal);
    }
    /* With what the channel adds, 18 bytes each. */
    assert_true(pair->sides[0].byte_count + pair->sides[1].byte_count + 36 <=
                300);
}

static void nothing_but_hello_is_said_before_the_peers(void **state)
{
    struct pair *pair = *state;
    struct side *side = &pair->sides[0];

    pair_open(pair);
    assert_true(assay_session_has_output(side->session, pair->now_ms));
    assert_true(side_pull(side, pair->now_ms).len > 0);
    assert_false(assay_session_has_output(side->session, pair->now_ms));
    assert_int_equal(side_pull(side, pair->now_ms).len, 0);
    assert_int_equal(assay_session_pass(side->session, ping), ASSAY_E_BUSY);
    assert_false(assay_session_tell(side->session,
                                    &(struct assay_session_news){.round = 0}));
    assert_int_equal(
        assay_session_fetch(side->session, &(struct assay_id){{0}}),
        ASSAY_E_BUSY);
}

static void whatever_comes_before_hello_closes(void **state)
{
    static const struct assay_bytes messages[] = {
        {(const uint8_t *)"\x82\x01\x07", 3},                 /* ping */
        {(const uint8_t *)"\x82\x03\x07", 3},                 /* pong */
        {(const uint8_t *)"\x82\x18\x1a\x40", 4},             /* have */
        {(const uint8_t *)"\x83\x12\x01\x80", 4},             /* want */
        {(const uint8_t *)"\x82\x19\x03\xe9\x00", 5},         /* 1001 */
        {(const uint8_t *)"\x86\x16\x01\x01\x00\x00\x00", 7}, /* done */
    };
    (void)state;

    for (size_t index = 0; index < COUNT_OF(messages); index++) {
        struct pair *pair = pair_new();

        pair_open(pair);
        side_feed(&pair->sides[1], pair->now_ms, messages[index]);
        assert_closed(pair, &pair->sides[1], ASSAY_CLOSE_ORDER,
                      "hello is said first");
        assert_int_equal(pair->sides[1].hello_count, 0);
        pair_free(pair);
    }
}

/* Who is not let in may be told so before any hello. */
static void a_close_may_come_before_hello(void **state)
{
    struct pair *pair = *state;
    struct side *side = &pair->sides[0];

    pair_open(pair);
    side_feed(side, pair->now_ms, MESSAGE("\x83\x02\x06\x62no"));
    assert_true(side->is_closed);
    assert_true(side->closed_by_peer);
    assert_int_equal(side->close_code, ASSAY_CLOSE_REFUSED);
    assert_string_equal(side->close_text, "no");
    assert_true(assay_session_is_over(side->session));
    assert_int_equal(side_pull(side, pair->now_ms).len, 0);
}

static void hello_is_said_once(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);
    struct assay_bytes hello;

    hello = side_pull(&pair->sides[1], pair->now_ms);
    side_feed(side, pair->now_ms, hello);
    assert_closed(pair, side, ASSAY_CLOSE_ORDER, "hello is said once");
}

static void a_node_does_not_speak_with_itself(void **state)
{
    struct pair *pair = *state;

    memcpy(pair->sides[1].config.own_nonce, pair->sides[0].config.own_nonce,
           sizeof(pair->sides[0].config.own_nonce));
    pair_open(pair);
    side_feed(&pair->sides[1], pair->now_ms,
              side_pull(&pair->sides[0], pair->now_ms));
    assert_closed(pair, &pair->sides[1], ASSAY_CLOSE_SELF,
                  "a node does not speak with itself");
}

/* Another program with our key is a copy of our key. */
static void a_node_with_our_key_is_told_so(void **state)
{
    struct pair *pair = *state;

    pair->sides[1].config.peer_key = pair->sides[1].config.own_key;
    pair_open(pair);
    side_feed(&pair->sides[1], pair->now_ms,
              side_pull(&pair->sides[0], pair->now_ms));
    assert_closed(pair, &pair->sides[1], ASSAY_CLOSE_SAME_KEY,
                  "another node has the same key");
}

/* A hello of a peer that speaks these versions. */
static void feed_versions(struct pair *pair, struct side *side,
                          const char *versions, size_t len)
{
    static const char rest[] = "\x00\x48NNNNNNNN"
                               "\x50wwwwwwwwwwwwwwww\x50rrrrrrrrrrrrrrrr"
                               "\x00\xa0";
    uint8_t bytes[80] = {0x88, 0x00};

    memcpy(bytes + 2, versions, len);
    memcpy(bytes + 2 + len, rest, sizeof(rest) - 1);
    side_feed(side, pair->now_ms,
              (struct assay_bytes){bytes, 2 + len + sizeof(rest) - 1});
}

static void the_version_is_one_that_both_speak(void **state)
{
    struct pair *pair = *state;

    pair_open(pair);
    feed_versions(pair, &pair->sides[0], "\x83\x00\x01\x09", 4);
    assert_int_equal(pair->sides[0].hello_count, 1);
    assert_false(pair->sides[0].is_closed);
    feed_versions(pair, &pair->sides[1], "\x82\x02\x03", 3);
    assert_closed(pair, &pair->sides[1], ASSAY_CLOSE_VERSION,
                  "no version of the protocol in common");
}

static void a_malformed_hello_closes(void **state)
{
    struct pair *pair = *state;

    pair_open(pair);
    feed_versions(pair, &pair->sides[0], "\x80", 1);
    assert_closed(pair, &pair->sides[0], ASSAY_CLOSE_MALFORMED,
                  "a hello lists a version");
}

static void a_peer_that_says_no_hello_is_left(void **state)
{
    struct pair *pair = *state;
    struct side *side = &pair->sides[0];

    pair_open(pair);
    assert_true(side_pull(side, pair->now_ms).len > 0);
    pair->now_ms += ASSAY_SYNC_HELLO_MS;
    assert_true(assay_session_deadline_ms(side->session) == pair->now_ms);
    side_tick(side, pair->now_ms - 1);
    assert_false(side->is_closed);
    side_tick(side, pair->now_ms);
    assert_closed(pair, side, ASSAY_CLOSE_TIMEOUT, "no hello came");
}

/* ---------------------------------------------------------- messages */

static void an_unknown_odd_message_is_skipped(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);

    /* [1001, "x", {1: [2]}] */
    side_feed(side, pair->now_ms,
              MESSAGE("\x83\x19\x03\xe9\x61x\xa1\x01\x81\x02"));
    assert_false(side->is_closed);
}

static void an_unknown_even_message_closes(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);

    side_feed(side, pair->now_ms, MESSAGE("\x82\x18\x32\x00"));
    assert_closed(pair, side, ASSAY_CLOSE_UNKNOWN,
                  "a message of a type that is not known");
}

static void what_is_no_message_closes(void **state)
{
    static uint8_t longest[ASSAY_MESSAGE_MAX + 1];
    static const struct assay_bytes messages[] = {
        {(const uint8_t *)"", 0},
        {(const uint8_t *)"\x82", 1},
        {(const uint8_t *)"\x01", 1},
        {(const uint8_t *)"\x82\x01", 2},
        {(const uint8_t *)"\x81\x01", 2},
        {(const uint8_t *)"\x82\x01\x07\x00", 4},
        {(const uint8_t *)"\x82\x19\x03\xe9\x9f", 5}, /* indefinite */
        {(const uint8_t *)"\x82\x19\x03\xe9\xfa\x00\x00\x00\x00", 9},
        {longest, sizeof(longest)},
    };
    (void)state;

    for (size_t index = 0; index < COUNT_OF(messages); index++) {
        struct pair *pair = pair_new();
        struct side *side = greeted(pair);

        side_feed(side, pair->now_ms, messages[index]);
        assert_true(side->is_closed);
        assert_int_equal(side->close_code, ASSAY_CLOSE_MALFORMED);
        pair_free(pair);
    }
}

/* A message that is skipped costs a little, an endless number of them the
 * session. */
static void a_flood_of_unknown_messages_closes(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);
    size_t count = 0;

    while (!side->is_closed) {
        side_feed(side, pair->now_ms, MESSAGE("\x81\x19\x03\xe9"));
        count++;
        assert_true(count <= 1000);
    }
    assert_true(count >= 50);
    assert_closed(pair, side, ASSAY_CLOSE_MISBEHAVED, "idle messages");
}

/* Announcements and the like pass through; endless ones do not. */
static void a_flood_of_announcements_closes(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);
    size_t count = 0;

    while (!side->is_closed) {
        side_feed(side, pair->now_ms, MESSAGE("\x82\x18\x1a\x40"));
        count++;
        assert_true(count <= ASSAY_SYNC_PASS_BURST + 200);
    }
    assert_true(count > ASSAY_SYNC_PASS_BURST);
    assert_int_equal(side->passed_count, count - 1);
    assert_closed(pair, side, ASSAY_CLOSE_MISBEHAVED, "idle messages");
}

static void announcements_may_come_for_ever(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);

    for (size_t count = 0; count < 20000; count++) {
        pair->now_ms += 5;
        side_feed(side, pair->now_ms, MESSAGE("\x82\x18\x1a\x40"));
    }
    assert_false(side->is_closed);
    assert_int_equal(side->passed_count, 20000);
}

/* One a second is no flood. */
static void small_offences_are_forgiven(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);

    for (size_t count = 0; count < 1000; count++) {
        pair->now_ms += 1000;
        side_feed(side, pair->now_ms, MESSAGE("\x81\x19\x03\xe9"));
    }
    assert_false(side->is_closed);
}

/* Two a second are, in the end. */
static void offences_that_go_on_add_up(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);
    size_t count = 0;

    while (!side->is_closed) {
        pair->now_ms += 500;
        side_feed(side, pair->now_ms, MESSAGE("\x81\x19\x03\xe9"));
        count++;
        assert_true(count <= 250);
    }
    assert_true(count >= 150);
}

/* ------------------------------------------------------ keeping alive */

static void a_ping_is_answered(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);
    struct assay_bytes bytes;

    side_feed(side, pair->now_ms, MESSAGE("\x82\x01\x18\x4d"));
    bytes = pull_type(pair, side, ASSAY_MSG_PONG);
    assert_true(assay_bytes_equal(bytes, MESSAGE("\x82\x03\x18\x4d")));
    assert_int_equal(pull_type(pair, side, ASSAY_MSG_PONG).len, 0);
}

/* Pings that are not waited for are answered together: nothing piles up. */
static void a_flood_of_pings_is_answered_once(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);
    struct assay_bytes bytes;

    for (size_t count = 0; count < 50; count++) {
        side_feed(side, pair->now_ms, ping);
    }
    side_feed(side, pair->now_ms, MESSAGE("\x82\x01\x08"));
    bytes = pull_type(pair, side, ASSAY_MSG_PONG);
    assert_true(assay_bytes_equal(bytes, MESSAGE("\x82\x03\x08")));
    assert_int_equal(pull_type(pair, side, ASSAY_MSG_PONG).len, 0);
    for (size_t count = 0; count < 50; count++) {
        side_feed(side, pair->now_ms, ping);
    }
    assert_closed(pair, side, ASSAY_CLOSE_MISBEHAVED, "idle messages");
}

/* Two that have nothing to say stay together for hours. */
static void idle_peers_keep_each_other_alive(void **state)
{
    struct pair *pair = *state;

    pair_open(pair);
    pair_run(pair);
    pair_advance(pair, (uint64_t)4 * 3600 * 1000);
    assert_false(pair->sides[0].is_closed);
    assert_false(pair->sides[1].is_closed);
}

static void a_silent_peer_is_asked_and_then_left(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);
    uint64_t heard_ms = pair->now_ms;

    while (side_pull(side, pair->now_ms).len > 0) {
    }
    pair->now_ms = heard_ms + ASSAY_SYNC_PING_MS - 1;
    side_tick(side, pair->now_ms);
    assert_int_equal(pull_type(pair, side, ASSAY_MSG_PING).len, 0);
    pair->now_ms++;
    side_tick(side, pair->now_ms);
    assert_true(pull_type(pair, side, ASSAY_MSG_PING).len > 0);
    assert_int_equal(pull_type(pair, side, ASSAY_MSG_PING).len, 0);

    pair->now_ms = heard_ms + ASSAY_SYNC_SILENCE_MS - 1;
    side_tick(side, pair->now_ms);
    assert_false(side->is_closed);
    pair->now_ms++;
    assert_true(assay_session_deadline_ms(side->session) <= pair->now_ms);
    side_tick(side, pair->now_ms);
    assert_closed(pair, side, ASSAY_CLOSE_TIMEOUT, "nothing was heard");
}

/* Any message shows that the peer is there; only its pong answers a ping. */
/* A machine that stood still for a century parts with its peer, once. */
static void a_clock_that_jumps_ahead_ends_a_session(void **state)
{
    const uint64_t years_ms = (uint64_t)100 * 366 * 86400 * 1000;
    struct pair *pair = *state;
    struct side *side = greeted(pair);

    while (side_pull(side, pair->now_ms).len > 0) {
    }
    pair->now_ms += years_ms;
    side_tick(side, pair->now_ms);
    assert_closed(pair, side, ASSAY_CLOSE_TIMEOUT, "nothing was heard");
}

/* What a peer says of the time is for people: nothing depends on it, nor on
 * what our own clock says. */
static void clocks_may_say_anything(void **state)
{
    struct pair *pair = *state;

    pair->sides[0].config.time_s = 0;
    pair->sides[1].config.time_s = ASSAY_NUMBER_MAX;
    pair_open(pair);
    pair_run(pair);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pair->sides[i].hello_count, 1);
        assert_false(pair->sides[i].is_closed);
    }
}

static void a_pong_that_nobody_asked_for_is_a_nuisance(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);

    for (size_t count = 0; count < 99; count++) {
        side_feed(side, pair->now_ms, MESSAGE("\x82\x03\x00"));
    }
    assert_false(side->is_closed);
    side_feed(side, pair->now_ms, MESSAGE("\x82\x03\x00"));
    assert_closed(pair, side, ASSAY_CLOSE_MISBEHAVED, "idle messages");
}

/* Somebody who sends but never reads is not kept for ever. */
static void a_peer_that_takes_nothing_is_left(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);

    while (side_pull(side, pair->now_ms).len > 0) {
    }
    for (size_t second = 0; second < 89; second++) {
        side_feed(side, pair->now_ms, ping);
        pair->now_ms += 1000;
        side_tick(side, pair->now_ms);
        assert_false(side->is_closed);
    }
    side_feed(side, pair->now_ms, ping);
    pair->now_ms += 1000;
    side_tick(side, pair->now_ms);
    assert_closed(pair, side, ASSAY_CLOSE_TIMEOUT, "what is sent is not taken");
}

/* The time counts from when there was something to take. */
static void a_peer_that_had_nothing_to_take_is_kept(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);

    while (side_pull(side, pair->now_ms).len > 0) {
    }
    for (size_t count = 0; count < 10; count++) {
        pair->now_ms += 20000;
        side_feed(side, pair->now_ms, MESSAGE("\x82\x18\x1a\x40"));
        side_tick(side, pair->now_ms);
    }
    side_feed(side, pair->now_ms, ping);
    pair->now_ms += 1000;
    side_tick(side, pair->now_ms);
    assert_false(side->is_closed);
}

/* -------------------------------------------------------------- close */

static void a_close_is_told_on_both_sides(void **state)
{
    struct pair *pair = *state;
    struct assay_session_events events;

    pair_open(pair);
    pair_run(pair);
    assay_session_close(pair->sides[0].session, ASSAY_CLOSE_DONE, "stopping",
                        &events);
    assert_int_equal(events.count, 1);
    assert_int_equal(events.list[0].type, ASSAY_SESSION_CLOSED);
    assert_false(events.list[0].by_peer);
    pair_run(pair);
    assert_true(assay_session_is_over(pair->sides[0].session));
    assert_true(pair->sides[1].is_closed);
    assert_true(pair->sides[1].closed_by_peer);
    assert_int_equal(pair->sides[1].close_code, ASSAY_CLOSE_DONE);
    assert_string_equal(pair->sides[1].close_text, "stopping");
    assert_true(assay_session_is_over(pair->sides[1].session));

    /* Closing twice is closing once. */
    assay_session_close(pair->sides[0].session, ASSAY_CLOSE_FULL, "again",
                        &events);
    assert_int_equal(events.count, 0);
}

static void nothing_is_heard_behind_a_close(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);
    struct assay_session_events events;

    assay_session_close(side->session, ASSAY_CLOSE_FULL, "no room", &events);
    side_feed(side, pair->now_ms, MESSAGE("\x82\x18\x32\x00"));
    assert_int_equal(side->hello_count, 1);
    assert_false(side->is_closed); /* No second event told the side so. */
}

/* The longest text that fits is cut between two characters. */
static void a_long_reason_is_cut(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);
    struct assay_session_events events;
    struct assay_message message;
    struct assay_close close;
    char text[400];

    memset(text, 'x', sizeof(text));
    memcpy(text + ASSAY_CLOSE_TEXT_MAX - 1, "\xc3\xa4", 2);
    text[sizeof(text) - 1] = '\0';
    assay_session_close(side->session, ASSAY_CLOSE_DONE, text, &events);
    assert_int_equal(
        assay_message_open(side_pull(side, pair->now_ms), &message), ASSAY_OK);
    assert_int_equal(assay_close_read(&message, &close, NULL), ASSAY_OK);
    assert_int_equal(close.text.len, ASSAY_CLOSE_TEXT_MAX - 1);
}

static void a_close_that_is_not_taken_ends_all_the_same(void **state)
{
    struct pair *pair = *state;
    struct side *side = greeted(pair);
    struct assay_session_events events;

    assay_session_close(side->session, ASSAY_CLOSE_DONE, "", &events);
    assert_false(assay_session_is_over(side->session));
    pair->now_ms = assay_session_deadline_ms(side->session);
    side_tick(side, pair->now_ms);
    assert_true(assay_session_is_over(side->session));
}

/* A ledger that cannot be read is our own trouble, and said so. */
static void a_ledger_that_fails_closes_the_session(void **state)
{
    struct pair *pair = *state;
    struct side *side = &pair->sides[0];

    pair_open(pair);
    memledger_fail(side->ledger, ASSAY_E_CORRUPT);
    assert_true(side_pull(side, pair->now_ms).len > 0);
    assert_true(side->is_closed);
    assert_int_equal(side->close_code, ASSAY_CLOSE_INTERNAL);
    assert_string_equal(side->close_text, "stored data contradicts itself");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_learn_who_the_other_is),
        TEST(equal_ledgers_need_one_message_each),
        TEST(nothing_but_hello_is_said_before_the_peers),
        TEST(whatever_comes_before_hello_closes),
        TEST(a_close_may_come_before_hello),
        TEST(hello_is_said_once),
        TEST(a_node_does_not_speak_with_itself),
        TEST(a_node_with_our_key_is_told_so),
        TEST(the_version_is_one_that_both_speak),
        TEST(a_malformed_hello_closes),
        TEST(a_peer_that_says_no_hello_is_left),
        TEST(an_unknown_odd_message_is_skipped),
        TEST(an_unknown_even_message_closes),
        TEST(what_is_no_message_closes),
        TEST(a_flood_of_unknown_messages_closes),
        TEST(a_flood_of_announcements_closes),
        TEST(announcements_may_come_for_ever),
        TEST(small_offences_are_forgiven),
        TEST(offences_that_go_on_add_up),
        TEST(a_ping_is_answered),
        TEST(a_flood_of_pings_is_answered_once),
        TEST(idle_peers_keep_each_other_alive),
        TEST(a_silent_peer_is_asked_and_then_left),
        TEST(a_clock_that_jumps_ahead_ends_a_session),
        TEST(clocks_may_say_anything),
        TEST(a_pong_that_nobody_asked_for_is_a_nuisance),
        TEST(a_peer_that_takes_nothing_is_left),
        TEST(a_peer_that_had_nothing_to_take_is_kept),
        TEST(a_close_is_told_on_both_sides),
        TEST(nothing_is_heard_behind_a_close),
        TEST(a_long_reason_is_cut),
        TEST(a_close_that_is_not_taken_ends_all_the_same),
        TEST(a_ledger_that_fails_closes_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
