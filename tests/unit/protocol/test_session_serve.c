/* SPDX-License-Identifier: Apache-2.0 */
/* What a session answers, what it takes as an answer, and what floods of
 * either kind come to. The test plays the peer of side 0. */
#include "pair.h"
#include "protocol/messages/gossip.h"
#include "protocol/messages/sync.h"
#include "testing.h"

#include <string.h>

/* The longest messages that the test writes itself. */
static uint8_t space[ASSAY_MESSAGE_MAX];

struct scene {
    struct pair *pair;
    struct history *history;
    struct side *side;
};

static int set_up(void **state)
{
    struct scene *scene = test_malloc(sizeof(*scene));

    scene->pair = pair_new();
    scene->history = history_new(5);
    scene->side = &scene->pair->sides[0];
    /* No team is followed, so that no exchange of frontiers begins. */
    scene->side->config.follows.is_all = false;
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    pair_free(scene->pair);
    history_free(scene->history);
    test_free(scene);
    return 0;
}

static void begin(struct scene *scene)
{
    pair_open(scene->pair);
    side_greet(scene->side, scene->pair->now_ms);
    assert_int_equal(side_pull(scene->side, scene->pair->now_ms).len, 0);
    assert_false(scene->side->is_closed);
}

/* Both follow every team; the exchange that begins is not gone on with. */
static void begin_following(struct scene *scene)
{
    scene->side->config.follows.is_all = true;
    pair_open(scene->pair);
    side_greet(scene->side, scene->pair->now_ms);
    while (side_pull(scene->side, scene->pair->now_ms).len > 0) {
    }
}

/* A log of that many claims, all held by the side. */
static size_t hold_claims(struct scene *scene, size_t count)
{
    size_t root = history_found(scene->history);

    for (size_t index = 1; index < count; index++) {
        (void)history_claim(scene->history, root);
    }
    memledger_put_all(scene->side->ledger, scene->history, 0,
                      history_count(scene->history));
    return root;
}

static const struct assay_id *id_of(struct scene *scene, size_t index)
{
    return &history_item(scene->history, index)->id;
}

static void feed(struct scene *scene, const struct assay_cbor_writer *writer)
{
    struct assay_bytes bytes;

    assert_int_equal(assay_cbor_writer_finish(writer, &bytes), ASSAY_OK);
    side_feed(scene->side, scene->pair->now_ms, bytes);
}

static void feed_range(struct scene *scene, uint64_t request,
                       const struct assay_id *grant, uint64_t from, uint64_t to)
{
    struct assay_range range = {request, *grant, from, to};
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_range_write(&writer, &range);
    feed(scene, &writer);
}

static void feed_ids(struct scene *scene, enum assay_message_type type,
                     uint64_t request, const struct assay_id *id)
{
    struct assay_id_list list = {.request = request, .count = 1};
    struct assay_cbor_writer writer;

    list.ids[0] = *id;
    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_id_list_write(&writer, type, &list);
    feed(scene, &writer);
}

static void feed_done(struct scene *scene, uint64_t request)
{
    struct assay_msg_done done = {.what = ASSAY_DONE_RANGE, .number = request};
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_msg_done_write(&done, &writer);
    feed(scene, &writer);
}

static void feed_record(struct scene *scene, uint64_t request, size_t index)
{
    const struct history_item *item = history_item(scene->history, index);
    struct assay_records_writer writer;

    assay_records_begin(&writer, request, space, sizeof(space));
    assert_true(assay_records_add(&writer, item->envelope, item->body));
    side_feed(scene->side, scene->pair->now_ms, assay_records_end(&writer));
}

static void feed_gossip(struct scene *scene, struct assay_bytes envelope,
                        struct assay_bytes body)
{
    static uint8_t item[ASSAY_ITEM_MAX];
    struct assay_gossip_message gossip = {.round = 0};
    struct assay_cbor_writer writer;

    assert_int_equal(
        assay_record_join(envelope, body, item, sizeof(item), &gossip.item),
        ASSAY_OK);
    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_gossip_write(&writer, &gossip);
    feed(scene, &writer);
}

/* The next message of the side, opened; false where there is none. */
static bool pull(struct scene *scene, struct assay_message *message_out)
{
    struct assay_bytes bytes = side_pull(scene->side, scene->pair->now_ms);

    memset(message_out, 0, sizeof(*message_out));
    if (bytes.len == 0) {
        return false;
    }
    assert_int_equal(assay_message_open(bytes, message_out), ASSAY_OK);
    return true;
}

static size_t pull_records(struct scene *scene, uint64_t *request_out)
{
    struct assay_message message;
    struct assay_records records;

    assert_true(pull(scene, &message));
    assert_int_equal(message.type, ASSAY_MSG_RECORDS);
    assert_int_equal(assay_records_read(&message, &records, NULL), ASSAY_OK);
    *request_out = records.request;
    return records.count;
}

static void assert_done(struct scene *scene, uint64_t request, uint64_t count)
{
    struct assay_message message;
    struct assay_msg_done done;

    assert_true(pull(scene, &message));
    assert_int_equal(message.type, ASSAY_MSG_DONE);
    assert_int_equal(assay_msg_done_read(&message, &done, NULL), ASSAY_OK);
    assert_int_equal(done.what, ASSAY_DONE_RANGE);
    assert_int_equal(done.number, request);
    assert_int_equal(done.status, ASSAY_DONE_ALL);
    assert_int_equal(done.count, count);
}

static void assert_lack(struct scene *scene, uint64_t request,
                        const struct assay_id *id)
{
    struct assay_message message;
    struct assay_id_list list;

    assert_true(pull(scene, &message));
    assert_int_equal(message.type, ASSAY_MSG_LACK);
    assert_int_equal(assay_id_list_read(&message, &list, NULL), ASSAY_OK);
    assert_int_equal(list.request, request);
    assert_int_equal(list.count, 1);
    assert_true(assay_id_equal(&list.ids[0], id));
}

static void assert_closed(struct scene *scene, enum assay_close_code code,
                          const char *text)
{
    assert_true(scene->side->is_closed);
    assert_false(scene->side->closed_by_peer);
    assert_int_equal(scene->side->close_code, code);
    assert_string_equal(scene->side->close_text, text);
}

/* Has the side ask for a record, and gives the number of its request. */
static uint64_t asked(struct scene *scene, const struct assay_id *id)
{
    struct assay_message message;
    struct assay_id_list list;

    assert_int_equal(assay_session_fetch(scene->side->session, id), ASSAY_OK);
    assert_true(pull(scene, &message));
    assert_int_equal(message.type, ASSAY_MSG_WANT);
    assert_int_equal(assay_id_list_read(&message, &list, NULL), ASSAY_OK);
    assert_int_equal(list.count, 1);
    return list.request;
}

/* ------------------------------------------------------------- answers */

static void a_range_is_answered_in_order_and_ended(void **state)
{
    struct scene *scene = *state;
    size_t root = hold_claims(scene, 20);
    uint64_t request = 0;

    begin(scene);
    feed_range(scene, 7, id_of(scene, root), 5, 12);
    assert_int_equal(pull_records(scene, &request), 8);
    assert_int_equal(request, 7);
    assert_done(scene, 7, 8);
    assert_int_equal(side_pull(scene->side, scene->pair->now_ms).len, 0);

    /* The number is free again. A range may end behind the log. */
    feed_range(scene, 7, id_of(scene, root), 20, UINT64_MAX);
    assert_int_equal(pull_records(scene, &request), 1);
    assert_done(scene, 7, 1);
    feed_range(scene, 8, id_of(scene, root), 21, 22);
    assert_done(scene, 8, 0);
}

static void a_range_of_a_fork_brings_all_branches(void **state)
{
    struct scene *scene = *state;
    struct history *history = scene->history;
    size_t root = history_found(history);
    size_t fork = history_claim(history, root);
    uint64_t request = 0;

    for (size_t branch = 0; branch < 3; branch++) {
        history_follow(history, fork);
        (void)history_claim(history, root);
    }
    memledger_put_all(scene->side->ledger, history, 0, history_count(history));
    begin(scene);
    feed_range(scene, 1, id_of(scene, root), 3, 3);
    assert_int_equal(pull_records(scene, &request), 3);
    assert_done(scene, 1, 3);
}

static void what_is_not_here_is_said_to_be_lacking(void **state)
{
    struct scene *scene = *state;
    struct assay_id nowhere = {{7}};

    begin(scene);
    feed_range(scene, 1, &nowhere, 1, 2);
    assert_lack(scene, 1, &nowhere);
    assert_done(scene, 1, 0);
    feed_ids(scene, ASSAY_MSG_WANT, 2, &nowhere);
    assert_lack(scene, 2, &nowhere);
    assert_done(scene, 2, 0);
}

static void what_is_wanted_is_sent(void **state)
{
    struct scene *scene = *state;
    uint64_t request = 0;

    (void)hold_claims(scene, 3);
    begin(scene);
    feed_ids(scene, ASSAY_MSG_WANT, 9, id_of(scene, 1));
    assert_int_equal(pull_records(scene, &request), 1);
    assert_int_equal(request, 9);
    assert_done(scene, 9, 1);
}

/* A long answer does not hold up a short one. */
static void answers_take_turns(void **state)
{
    struct scene *scene = *state;
    size_t root = hold_claims(scene, 1000);
    uint64_t request = 0;

    begin(scene);
    feed_range(scene, 1, id_of(scene, root), 1, 1000);
    (void)pull_records(scene, &request);
    assert_int_equal(request, 1);
    feed_ids(scene, ASSAY_MSG_WANT, 2, id_of(scene, 3));
    assert_int_equal(pull_records(scene, &request), 1);
    assert_int_equal(request, 2);
    (void)pull_records(scene, &request);
    assert_int_equal(request, 1);
    assert_done(scene, 2, 1);
}

/* What a range brings is what the ledger holds when its turn comes. */
static void a_range_is_read_as_it_is_sent(void **state)
{
    struct scene *scene = *state;
    size_t root = hold_claims(scene, 600);
    uint64_t request = 0;
    size_t count;
    size_t more;

    begin(scene);
    feed_range(scene, 1, id_of(scene, root), 1, 10000);
    count = pull_records(scene, &request);
    assert_true(count < 600);
    assert_true(scene->side->frame_max > ASSAY_MESSAGE_MAX - 2000);
    more = history_claim(scene->history, root);
    memledger_put(scene->side->ledger, scene->history, more);
    while (count < 601) {
        count += pull_records(scene, &request);
    }
    assert_done(scene, 1, 601);
}

/* ----------------------------------------------- more than is answered */

static void requests_beyond_the_limit_close(void **state)
{
    struct scene *scene = *state;
    size_t root = hold_claims(scene, 2);

    begin(scene);
    for (uint64_t request = 1; request <= ASSAY_SYNC_JOBS_MAX; request++) {
        feed_range(scene, request, id_of(scene, root), 1, 2);
        assert_false(scene->side->is_closed);
    }
    feed_range(scene, 1000, id_of(scene, root), 1, 2);
    assert_closed(scene, ASSAY_CLOSE_FLOOD, "too many requests at a time");
}

/* As many as are answered may be asked anew, for ever. */
static void requests_within_the_limit_are_served_for_ever(void **state)
{
    struct scene *scene = *state;
    size_t root = hold_claims(scene, 2);
    uint64_t number = 0;

    begin(scene);
    for (size_t round = 0; round < 10; round++) {
        for (size_t count = 0; count < ASSAY_SYNC_JOBS_MAX; count++) {
            number++;
            feed_range(scene, number, id_of(scene, root), 1, 2);
        }
        while (side_pull(scene->side, scene->pair->now_ms).len > 0) {
        }
    }
    assert_false(scene->side->is_closed);
}

static void two_requests_of_one_number_close(void **state)
{
    struct scene *scene = *state;
    size_t root = hold_claims(scene, 2);

    begin(scene);
    feed_range(scene, 3, id_of(scene, root), 1, 2);
    feed_ids(scene, ASSAY_MSG_WANT, 3, id_of(scene, 0));
    assert_closed(scene, ASSAY_CLOSE_ORDER,
                  "a request has the number of one that is open");
}

/* ------------------------------------------- answers that nobody wanted */

static void records_that_answer_no_request_close(void **state)
{
    struct scene *scene = *state;

    (void)history_found(scene->history);
    begin(scene);
    feed_record(scene, 1, 0);
    assert_closed(scene, ASSAY_CLOSE_UNASKED, "records answer no request");
    assert_int_equal(memledger_count(scene->side->ledger), 0);
}

static void records_without_an_exchange_close(void **state)
{
    struct scene *scene = *state;

    (void)history_found(scene->history);
    begin(scene);
    feed_record(scene, ASSAY_REQUEST_NONE, 0);
    assert_closed(scene, ASSAY_CLOSE_UNASKED,
                  "records come without an exchange of frontiers");
}

static void another_record_than_the_one_wanted_closes(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);
    size_t claim = history_claim(scene->history, root);
    uint64_t request;

    begin(scene);
    request = asked(scene, id_of(scene, claim));
    feed_record(scene, request, root);
    assert_closed(scene, ASSAY_CLOSE_UNASKED,
                  "a record is not what was asked for");
    assert_int_equal(memledger_count(scene->side->ledger), 0);
}

static void a_record_comes_once(void **state)
{
    struct scene *scene = *state;
    size_t root = history_found(scene->history);
    uint64_t request;

    begin(scene);
    request = asked(scene, id_of(scene, root));
    feed_record(scene, request, root);
    assert_int_equal(memledger_count(scene->side->ledger), 1);
    feed_record(scene, request, root);
    assert_closed(scene, ASSAY_CLOSE_UNASKED,
                  "a record is not what was asked for");
}

/* The gap of a log is asked for; what comes is of another log, or of another
 * place in it. */
static void records_beside_a_range_close(void **state)
{
    /* Below, above, and of another log. */
    static const size_t beside[] = {1, 8, 9};
    (void)state;

    for (size_t wrong = 0; wrong < 3; wrong++) {
        void *inner = NULL;
        struct scene *scene;
        struct assay_message message;
        struct assay_range range;
        size_t root;

        (void)set_up(&inner);
        scene = inner;
        root = hold_claims(scene, 3);
        for (size_t count = 0; count < 6; count++) {
            (void)history_claim(scene->history, root);
        }
        (void)history_found(scene->history);
        scene->side->config.follows.is_all = true;
        pair_open(scene->pair);
        side_greet(scene->side, scene->pair->now_ms);
        feed_gossip(scene, history_item(scene->history, 7)->envelope,
                    history_item(scene->history, 7)->body);
        do {
            assert_true(pull(scene, &message));
        } while (message.type != ASSAY_MSG_RANGE);
        assert_int_equal(assay_range_read(&message, &range, NULL), ASSAY_OK);
        assert_int_equal(range.from, 4);
        assert_int_equal(range.to, 8);
        feed_record(scene, range.request, 3);
        assert_false(scene->side->is_closed);
        feed_record(scene, range.request, beside[wrong]);
        assert_closed(scene, ASSAY_CLOSE_UNASKED,
                      "a record is not what was asked for");
        (void)tear_down(&inner);
    }
}

static void a_lack_of_what_was_not_wanted_closes(void **state)
{
    struct scene *scene = *state;
    uint64_t request;

    (void)history_found(scene->history);
    begin(scene);
    request = asked(scene, id_of(scene, 0));
    feed_ids(scene, ASSAY_MSG_LACK, request, &(struct assay_id){{5}});
    assert_closed(scene, ASSAY_CLOSE_UNASKED,
                  "what is lacking was not asked for");
}

static void a_lack_for_no_request_closes(void **state)
{
    struct scene *scene = *state;

    begin(scene);
    feed_ids(scene, ASSAY_MSG_LACK, 1, &(struct assay_id){{5}});
    assert_closed(scene, ASSAY_CLOSE_UNASKED,
                  "what is lacking was not asked for");
}

static void the_end_of_no_request_closes(void **state)
{
    struct scene *scene = *state;

    begin(scene);
    feed_done(scene, 1);
    assert_closed(scene, ASSAY_CLOSE_UNASKED, "no such request is open");
}

/* ------------------------------------------------------- bad records */

static void an_invalid_signature_closes(void **state)
{
    struct scene *scene = *state;
    const struct history_item *item;
    static uint8_t forged[ASSAY_RECORD_MAX];

    item = history_item(scene->history, history_found(scene->history));
    memcpy(forged, item->envelope.data, item->envelope.len);
    forged[item->envelope.len - 1] ^= 1;
    begin(scene);
    feed_gossip(scene, (struct assay_bytes){forged, item->envelope.len},
                item->body);
    assert_closed(scene, ASSAY_CLOSE_INVALID, "the signature does not match");
    assert_int_equal(memledger_count(scene->side->ledger), 0);
}

static void what_is_no_envelope_closes(void **state)
{
    struct scene *scene = *state;
    struct assay_records_writer writer;
    uint64_t request;

    begin(scene);
    request = asked(scene, &(struct assay_id){{5}});
    assay_records_begin(&writer, request, space, sizeof(space));
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
    begin(scene);
    while (!scene->side->is_closed) {
        const struct history_item *item =
            history_item(scene->history, history_claim(scene->history, root));

        feed_gossip(scene, item->envelope, item->body);
        count++;
        assert_true(count <= 1000);
    }
    assert_true(count >= 500);
    assert_closed(scene, ASSAY_CLOSE_MISBEHAVED, "unwanted records");
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
    begin(scene);
    session = scene->side->session;
    while (assay_session_wants_input(session)) {
        feed_gossip(scene, item->envelope, item->body);
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
    assert_closed(scene, ASSAY_CLOSE_TIMEOUT, "nothing was heard");
}

/* What a slow reader is to be told waits up to a bound; the rest is left to
 * anti-entropy. */
static void news_for_a_slow_reader_are_bounded(void **state)
{
    struct scene *scene = *state;
    struct assay_session_stats stats;
    struct assay_session_news news = {.round = 3, .tree = 77};
    size_t told = 0;

    (void)hold_claims(scene, 2);
    begin_following(scene);
    news.id = *id_of(scene, 1);
    for (size_t count = 0; count < 5000; count++) {
        told += assay_session_tell(scene->side->session, &news) ? 1 : 0;
    }
    assert_int_equal(told, ASSAY_SYNC_GOSSIP_MAX);
    assay_session_stats(scene->side->session, &stats);
    assert_int_equal(stats.gossip_dropped, 5000 - told);
    for (size_t count = 0; count < told; count++) {
        struct assay_message message;
        struct assay_gossip_message gossip;

        assert_true(pull(scene, &message));
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

    begin_following(scene);
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
    teams[0] = *id_of(scene, ours);
    scene->side->config.follows = (struct assay_follows){false, teams, 1};
    pair_open(scene->pair);
    side_greet(scene->side, scene->pair->now_ms);
    while (side_pull(scene->side, scene->pair->now_ms).len > 0) {
    }
    assert_true(assay_session_shares(scene->side->session, view, teams));
    assert_false(
        assay_session_shares(scene->side->session, view, id_of(scene, other)));
    assert_false(assay_session_shares(scene->side->session, view,
                                      &(struct assay_id){{1}}));
    news.id = *id_of(scene, other);
    assert_true(assay_session_tell(scene->side->session, &news));
    assert_int_equal(side_pull(scene->side, scene->pair->now_ms).len, 0);
    news.id = *id_of(scene, ours);
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

    begin(scene);
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
    size_t root = hold_claims(scene, 1000);
    struct assay_session_news news;
    uint64_t types[6];

    begin_following(scene);
    memset(&news, 0, sizeof(news));
    news.id = *id_of(scene, root);
    feed_range(scene, 1, id_of(scene, root), 1, 1000);
    for (size_t count = 0; count < 10; count++) {
        assert_true(assay_session_tell(scene->side->session, &news));
    }
    for (size_t count = 0; count < 6; count++) {
        struct assay_message message;

        assert_true(pull(scene, &message));
        types[count] = message.type;
        assert_true(count == 0 || types[count] != types[count - 1]);
    }
}

/* ----------------------------------------------------------- offences */

static void offences_that_only_the_node_sees_count_too(void **state)
{
    struct scene *scene = *state;
    struct assay_session_events events;

    begin(scene);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_range_is_answered_in_order_and_ended),
        TEST(a_range_of_a_fork_brings_all_branches),
        TEST(what_is_not_here_is_said_to_be_lacking),
        TEST(what_is_wanted_is_sent),
        TEST(answers_take_turns),
        TEST(a_range_is_read_as_it_is_sent),
        TEST(requests_beyond_the_limit_close),
        TEST(requests_within_the_limit_are_served_for_ever),
        TEST(two_requests_of_one_number_close),
        TEST(records_that_answer_no_request_close),
        TEST(records_without_an_exchange_close),
        TEST(another_record_than_the_one_wanted_closes),
        TEST(a_record_comes_once),
        TEST(records_beside_a_range_close),
        TEST(a_lack_of_what_was_not_wanted_closes),
        TEST(a_lack_for_no_request_closes),
        TEST(the_end_of_no_request_closes),
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
