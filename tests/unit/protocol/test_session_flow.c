/* SPDX-License-Identifier: Apache-2.0 */
/* Records that cannot be taken, an ingest and a peer that are slow, and what
 * adds up. */
#include "protocol/messages/gossip.h"
#include "session_desk.h"
#include "testing.h"

#include <string.h>

/* ------------------------------------------------------- bad records */

static void an_invalid_signature_closes(void **state)
{
    struct scene *scene = *state;
    const struct history_item *item;
    static uint8_t forged[ASSAY_RECORD_MAX];

    item = history_item(scene->history, history_found(scene->history));
    memcpy(forged, item->envelope.data, item->envelope.len);
    forged[item->envelope.len - 1] ^= 1;
    desk_begin(scene);
    desk_feed_gossip(scene, (struct assay_bytes){forged, item->envelope.len},
                     item->body);
    desk_assert_closed(scene, ASSAY_CLOSE_INVALID,
                       "the signature does not match");
    assert_int_equal(memledger_count(scene->side->ledger), 0);
}

static void what_is_no_envelope_closes(void **state)
{
    struct scene *scene = *state;
    static uint8_t bytes[ASSAY_MESSAGE_MAX];
    struct assay_records_writer writer;
    uint64_t request;

    desk_begin(scene);
    request = desk_asked(scene, &(struct assay_id){{5}});
    assay_records_begin(&writer, request, bytes, sizeof(bytes));
    assert_true(
        assay_records_add(&writer, assay_bytes_of("junk"), ASSAY_BYTES_NONE));
    side_feed(scene->side, scene->pair->now_ms, assay_records_end(&writer));
    assert_true(scene->side->is_closed);
    assert_int_equal(scene->side->close_code, ASSAY_CLOSE_INVALID);
}

/* Valid records of teams that nobody follows: some are a mistake. */
static void a_flood_of_unwanted_records_closes(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);
    size_t count = 0;

    memledger_put(scene->side->ledger, scene->history, root);
    desk_begin(scene);
    while (!scene->side->is_closed) {
        const struct history_item *item =
            history_item(scene->history, history_claim(scene->history, root));

        desk_feed_gossip(scene, item->envelope, item->body);
        count++;
        assert_true(count <= 1000);
    }
    assert_true(count >= 500);
    desk_assert_closed(scene, ASSAY_CLOSE_MISBEHAVED, "unwanted records");
    assert_int_equal(memledger_count(scene->side->ledger), 1);
}

/* -------------------------------------------------------- back-pressure */

/* While the ingest is behind, the socket is not read, and nobody is taken for
 * dead for that. */
static void input_waits_for_the_ingest(void **state)
{
    struct scene *scene = *state;
    struct assay_session *session;
    size_t root = history_found(scene->history);
    const struct history_item *item;
    size_t count = 0;
    size_t len = 0;

    scene->side->judges_later = true;
    item = history_item(scene->history, history_claim(scene->history, root));
    desk_begin(scene);
    session = scene->side->session;
    while (assay_session_wants_input(session)) {
        desk_feed_gossip(scene, item->envelope, item->body);
        count++;
        len += item->envelope.len + item->body.len;
        assert_true(count <= ASSAY_SYNC_UNJUDGED_RECORDS);
    }
    assert_true(count == ASSAY_SYNC_UNJUDGED_RECORDS ||
                len >= ASSAY_SYNC_UNJUDGED_BYTES);

    scene->pair->now_ms += (uint64_t)10 * ASSAY_SYNC_SILENCE_MS;
    side_tick(scene->side, scene->pair->now_ms);
    assert_false(scene->side->is_closed);
    side_judge(scene->side, scene->pair->now_ms, 1);
    assert_true(assay_session_wants_input(session));

    /* From here on silence counts. */
    scene->pair->now_ms += ASSAY_SYNC_SILENCE_MS - 1;
    side_tick(scene->side, scene->pair->now_ms);
    assert_false(scene->side->is_closed);
    while (side_pull(scene->side, scene->pair->now_ms).len > 0) {
    }
    scene->pair->now_ms++;
    side_tick(scene->side, scene->pair->now_ms);
    desk_assert_closed(scene, ASSAY_CLOSE_TIMEOUT, "nothing was heard");
}

/* What a slow reader is to be told waits up to a bound; the rest is left to
 * anti-entropy. */
static void news_for_a_slow_reader_are_bounded(void **state)
{
    struct scene *scene = *state;
    struct assay_session_stats stats;
    struct assay_session_news news = {.round = 3, .tree = 77};
    size_t told = 0;

    (void)desk_hold_claims(scene, 2);
    desk_begin_following(scene);
    news.id = *desk_id_of(scene, 1);
    for (size_t count = 0; count < 5000; count++) {
        told += assay_session_tell(scene->side->session, &news) ? 1 : 0;
    }
    assert_int_equal(told, ASSAY_SYNC_GOSSIP_MAX);
    assay_session_stats(scene->side->session, &stats);
    assert_int_equal(stats.gossip_dropped, 5000 - told);
    for (size_t count = 0; count < told; count++) {
        struct assay_message message;
        struct assay_gossip_message gossip;

        assert_true(desk_pull(scene, &message));
        assert_int_equal(message.type, ASSAY_MSG_GOSSIP);
        assert_int_equal(assay_gossip_read(&message, &gossip, NULL), ASSAY_OK);
        assert_int_equal(gossip.round, 3);
        assert_int_equal(gossip.tree, 77);
    }
    assert_int_equal(side_pull(scene->side, scene->pair->now_ms).len, 0);
}

/* A record that is gone by the time is not told. */
static void news_of_what_is_not_held_are_left_out(void **state)
{
    struct scene *scene = *state;
    struct assay_session_news news = {.id = {{1}}};

    desk_begin_following(scene);
    for (size_t count = 0; count < 100; count++) {
        assert_true(assay_session_tell(scene->side->session, &news));
    }
    while (
        assay_session_has_output(scene->side->session, scene->pair->now_ms)) {
        assert_int_equal(side_pull(scene->side, scene->pair->now_ms).len, 0);
    }
}

/* Nor is one of a team for which the peer has no use. */
static void news_of_teams_that_are_not_shared_are_left_out(void **state)
{
    struct scene *scene = *state;
    const struct assay_sync_view *view = memledger_view(scene->side->ledger);
    struct assay_session_news news = {.round = 0};
    struct assay_id teams[1];
    size_t ours;
    size_t other;

    ours = history_found(scene->history);
    other = history_found(scene->history);
    memledger_put_all(scene->side->ledger, scene->history, 0, 2);
    teams[0] = *desk_id_of(scene, ours);
    scene->side->config.follows = (struct assay_follows){false, teams, 1};
    pair_open(scene->pair);
    side_greet(scene->side, scene->pair->now_ms);
    while (side_pull(scene->side, scene->pair->now_ms).len > 0) {
    }
    assert_true(assay_session_shares(scene->side->session, view, teams));
    assert_false(assay_session_shares(scene->side->session, view,
                                      desk_id_of(scene, other)));
    assert_false(assay_session_shares(scene->side->session, view,
                                      &(struct assay_id){{1}}));
    news.id = *desk_id_of(scene, other);
    assert_true(assay_session_tell(scene->side->session, &news));
    assert_int_equal(side_pull(scene->side, scene->pair->now_ms).len, 0);
    /* However many there are, they hold up nothing behind them. */
    for (size_t i = 1; i < ASSAY_SYNC_GOSSIP_MAX; i++) {
        assert_true(assay_session_tell(scene->side->session, &news));
    }
    news.id = *desk_id_of(scene, ours);
    assert_true(assay_session_tell(scene->side->session, &news));
    assert_true(side_pull(scene->side, scene->pair->now_ms).len > 0);
}

/* Messages of other machines go out as they are, in order, and no more of
 * them wait than there is room for. */
static void messages_are_passed_on_in_order(void **state)
{
    struct scene *scene = *state;
    uint8_t message[1000] = {0x83, 0x18, 0x1a};
    uint64_t sent = 0;
    uint64_t pulled = 0;

    desk_begin(scene);
    for (size_t round = 0; round < 3; round++) {
        struct assay_bytes bytes = {message, sizeof(message)};

        memcpy(message + 3, &sent, sizeof(sent));
        while (assay_session_pass(scene->side->session, bytes) == ASSAY_OK) {
            sent++;
            memcpy(message + 3, &sent, sizeof(sent));
        }
        assert_int_equal(sent - pulled,
                         ASSAY_SYNC_CONTROL_BYTES / (sizeof(message) + 2));
        for (size_t count = 0; count < 40 || round == 2; count++) {
            bytes = side_pull(scene->side, scene->pair->now_ms);
            if (bytes.len == 0) {
                break;
            }
            assert_int_equal(bytes.len, sizeof(message));
            assert_memory_equal(bytes.data + 3, &pulled, sizeof(pulled));
            pulled++;
        }
    }
    assert_int_equal(pulled, sent);
}

/* News and answers take turns. */
static void news_and_answers_take_turns(void **state)
{
    struct scene *scene = *state;
    size_t root = desk_hold_claims(scene, 1000);
    struct assay_session_news news;
    uint64_t types[6];

    desk_begin_following(scene);
    memset(&news, 0, sizeof(news));
    news.id = *desk_id_of(scene, root);
    desk_feed_range(scene, 1, desk_id_of(scene, root), 1, 1000);
    for (size_t count = 0; count < 10; count++) {
        assert_true(assay_session_tell(scene->side->session, &news));
    }
    for (size_t count = 0; count < 6; count++) {
        struct assay_message message;

        assert_true(desk_pull(scene, &message));
        types[count] = message.type;
        assert_true(count == 0 || types[count] != types[count - 1]);
    }
}

/* ----------------------------------------------------------- offences */

static void offences_that_only_the_node_sees_count_too(void **state)
{
    struct scene *scene = *state;
    struct assay_session_events events;

    desk_begin(scene);
    assay_session_blame(scene->side->session, scene->pair->now_ms,
                        ASSAY_OFFENCE_FALSE_BLOB, &events);
    assert_int_equal(events.count, 0);
    assay_session_blame(scene->side->session, scene->pair->now_ms,
                        ASSAY_OFFENCE_FALSE_BLOB, &events);
    assert_int_equal(events.count, 1);
    assert_int_equal(events.list[0].type, ASSAY_SESSION_CLOSED);
    assert_int_equal(events.list[0].close.code, ASSAY_CLOSE_MISBEHAVED);
    assert_true(
        assay_bytes_equal(events.list[0].close.text,
                          assay_bytes_of("captured bytes that do not match")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_invalid_signature_closes),
        TEST(what_is_no_envelope_closes),
        TEST(a_flood_of_unwanted_records_closes),
        TEST(input_waits_for_the_ingest),
        TEST(news_for_a_slow_reader_are_bounded),
        TEST(news_of_what_is_not_held_are_left_out),
        TEST(news_of_teams_that_are_not_shared_are_left_out),
        TEST(messages_are_passed_on_in_order),
        TEST(news_and_answers_take_turns),
        TEST(offences_that_only_the_node_sees_count_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
