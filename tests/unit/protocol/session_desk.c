/* SPDX-License-Identifier: Apache-2.0 */
#include "session_desk.h"

#include "protocol/messages/gossip.h"
#include "protocol/messages/sync.h"
#include "testing.h"

#include <string.h>

/* The longest messages that the test writes itself. */
static uint8_t space[ASSAY_MESSAGE_MAX];

int desk_open(void **state)
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

int desk_close(void **state)
{
    struct scene *scene = *state;

    pair_free(scene->pair);
    history_free(scene->history);
    test_free(scene);
    return 0;
}

void desk_begin(struct scene *scene)
{
    pair_open(scene->pair);
    side_greet(scene->side, scene->pair->now_ms);
    assert_int_equal(side_pull(scene->side, scene->pair->now_ms).len, 0);
    assert_false(scene->side->is_closed);
}

/* Both follow every team; the exchange that begins is not gone on with. */
void desk_begin_following(struct scene *scene)
{
    scene->side->config.follows.is_all = true;
    pair_open(scene->pair);
    side_greet(scene->side, scene->pair->now_ms);
    while (side_pull(scene->side, scene->pair->now_ms).len > 0) {
    }
}

/* A log of that many claims, all held by the side. */
size_t desk_hold_claims(struct scene *scene, size_t count)
{
    size_t root = history_found(scene->history);

    for (size_t index = 1; index < count; index++) {
        (void)history_claim(scene->history, root);
    }
    memledger_put_all(scene->side->ledger, scene->history, 0,
                      history_count(scene->history));
    return root;
}

const struct assay_id *desk_id_of(struct scene *scene, size_t index)
{
    return &history_item(scene->history, index)->id;
}

static void feed(struct scene *scene, const struct assay_cbor_writer *writer)
{
    struct assay_bytes bytes;

    assert_int_equal(assay_cbor_writer_finish(writer, &bytes), ASSAY_OK);
    side_feed(scene->side, scene->pair->now_ms, bytes);
}

void desk_feed_range(struct scene *scene, uint64_t request,
                     const struct assay_id *grant, uint64_t from, uint64_t to)
{
    struct assay_range range = {request, *grant, from, to};
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_range_write(&writer, &range);
    feed(scene, &writer);
}

void desk_feed_ids(struct scene *scene, enum assay_message_type type,
                   uint64_t request, const struct assay_id *id)
{
    struct assay_id_list list = {.request = request, .count = 1};
    struct assay_cbor_writer writer;

    list.ids[0] = *id;
    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_id_list_write(&writer, type, &list);
    feed(scene, &writer);
}

void desk_feed_done(struct scene *scene, uint64_t request)
{
    struct assay_msg_done done = {.what = ASSAY_DONE_RANGE, .number = request};
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_msg_done_write(&done, &writer);
    feed(scene, &writer);
}

void desk_feed_record(struct scene *scene, uint64_t request, size_t index)
{
    const struct history_item *item = history_item(scene->history, index);
    struct assay_records_writer writer;

    assay_records_begin(&writer, request, space, sizeof(space));
    assert_true(assay_records_add(&writer, item->envelope, item->body));
    side_feed(scene->side, scene->pair->now_ms, assay_records_end(&writer));
}

void desk_feed_gossip(struct scene *scene, struct assay_bytes envelope,
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
bool desk_pull(struct scene *scene, struct assay_message *message_out)
{
    struct assay_bytes bytes = side_pull(scene->side, scene->pair->now_ms);

    memset(message_out, 0, sizeof(*message_out));
    if (bytes.len == 0) {
        return false;
    }
    assert_int_equal(assay_message_open(bytes, message_out), ASSAY_OK);
    return true;
}

size_t desk_pull_records(struct scene *scene, uint64_t *request_out)
{
    struct assay_message message;
    struct assay_records records;

    assert_true(desk_pull(scene, &message));
    assert_int_equal(message.type, ASSAY_MSG_RECORDS);
    assert_int_equal(assay_records_read(&message, &records, NULL), ASSAY_OK);
    *request_out = records.request;
    return records.count;
}

void desk_assert_done(struct scene *scene, uint64_t request, uint64_t count)
{
    struct assay_message message;
    struct assay_msg_done done;

    assert_true(desk_pull(scene, &message));
    assert_int_equal(message.type, ASSAY_MSG_DONE);
    assert_int_equal(assay_msg_done_read(&message, &done, NULL), ASSAY_OK);
    assert_int_equal(done.what, ASSAY_DONE_RANGE);
    assert_int_equal(done.number, request);
    assert_int_equal(done.status, ASSAY_DONE_ALL);
    assert_int_equal(done.count, count);
}

void desk_assert_lack(struct scene *scene, uint64_t request,
                      const struct assay_id *id)
{
    struct assay_message message;
    struct assay_id_list list;

    assert_true(desk_pull(scene, &message));
    assert_int_equal(message.type, ASSAY_MSG_LACK);
    assert_int_equal(assay_id_list_read(&message, &list, NULL), ASSAY_OK);
    assert_int_equal(list.request, request);
    assert_int_equal(list.count, 1);
    assert_true(assay_id_equal(&list.ids[0], id));
}

void desk_assert_closed(struct scene *scene, enum assay_close_code code,
                        const char *text)
{
    assert_true(scene->side->is_closed);
    assert_false(scene->side->closed_by_peer);
    assert_int_equal(scene->side->close_code, code);
    assert_string_equal(scene->side->close_text, text);
}

/* Has the side ask for a record, and gives the number of its request. */
uint64_t desk_asked(struct scene *scene, const struct assay_id *id)
{
    struct assay_message message;
    struct assay_id_list list;

    assert_int_equal(assay_session_fetch(scene->side->session, id), ASSAY_OK);
    assert_true(desk_pull(scene, &message));
    assert_int_equal(message.type, ASSAY_MSG_WANT);
    assert_int_equal(assay_id_list_read(&message, &list, NULL), ASSAY_OK);
    assert_int_equal(list.count, 1);
    return list.request;
}
