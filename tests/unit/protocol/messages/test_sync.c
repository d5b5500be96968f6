/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of anti-entropy are read as they were written, and nothing
 * else is. */
#include "protocol/messages/sync.h"

#include "testing.h"

#define SPACE 66000

static uint8_t space[SPACE];

/* Lets a test write one message field by field. */
struct draft {
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;
};

static void begin(struct draft *draft)
{
    assay_cbor_writer_init(&draft->writer, space, sizeof(space));
}

static void end(struct draft *draft)
{
    assert_int_equal(assay_cbor_writer_finish(&draft->writer, &draft->bytes),
                     ASSAY_OK);
}

static struct assay_bytes some(const uint8_t *data, size_t len)
{
    return (struct assay_bytes){data, len};
}

/* What the reader of the message's type says of it. */
static enum assay_err read_any(struct assay_bytes bytes)
{
    struct assay_message message;
    struct assay_msg_follows follows;
    struct assay_msg_root root;
    struct assay_msg_buckets buckets;
    struct assay_msg_frontier frontier;
    struct assay_msg_heads heads;
    struct assay_msg_done done;
    enum assay_err err = assay_message_open(bytes, &message);

    if (err != ASSAY_OK) {
        return err;
    }
    switch (message.type) {
    case ASSAY_MSG_FOLLOWS:
        return assay_msg_follows_read(&message, &follows, NULL);
    case ASSAY_MSG_ROOT:
        return assay_msg_root_read(&message, &root, NULL);
    case ASSAY_MSG_BUCKETS:
        return assay_msg_buckets_read(&message, &buckets, NULL);
    case ASSAY_MSG_FRONTIER:
        return assay_msg_frontier_read(&message, &frontier, NULL);
    case ASSAY_MSG_HEADS:
        return assay_msg_heads_read(&message, &heads, NULL);
    default:
        return assay_msg_done_read(&message, &done, NULL);
    }
}

/* Whatever is cut off is missed. */
static void check_shorter(struct assay_bytes bytes)
{
    assert_int_equal(read_any(bytes), ASSAY_OK);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_int_equal(read_any(some(bytes.data, len)), ASSAY_E_TRUNCATED);
    }
}

static const uint8_t numbers[256] = {0, 0, 0, 0, 0, 0, 0, 1,
                                     0, 0, 0, 0, 0, 0, 0, 2};

static void follows_are_read_as_written(void **state)
{
    struct assay_msg_follows follows = {.ids = {numbers, 16}, .has_more = true};
    struct assay_msg_follows again;
    struct assay_message message;
    struct draft draft;
    (void)state;

    begin(&draft);
    assay_msg_follows_write(&follows, &draft.writer);
    end(&draft);
    assert_int_equal(assay_message_open(draft.bytes, &message), ASSAY_OK);
    assert_int_equal(message.type, ASSAY_MSG_FOLLOWS);
    assert_int_equal(assay_msg_follows_read(&message, &again, NULL), ASSAY_OK);
    assert_false(again.is_all);
    assert_true(again.has_more);
    assert_true(assay_bytes_equal(again.ids, follows.ids));
    check_shorter(draft.bytes);
}

static enum assay_err try_follows(bool is_all, bool has_more,
                                  struct assay_bytes ids)
{
    struct assay_msg_follows follows = {is_all, has_more, ids};
    struct draft draft;

    begin(&draft);
    assay_msg_follows_write(&follows, &draft.writer);
    end(&draft);
    return read_any(draft.bytes);
}

/* A list that repeats or is out of order would be searched in vain. */
static void follows_that_do_not_ascend_are_refused(void **state)
{
    static const uint8_t twice[16] = {0};
    static const uint8_t down[16] = {1};
    static uint8_t many[(ASSAY_SYNC_FOLLOWS_MAX + 1) * 8];
    (void)state;

    for (size_t i = 0; i < sizeof(many) / 8; i++) {
        many[8 * i + 6] = (uint8_t)(i >> 8);
        many[8 * i + 7] = (uint8_t)i;
    }
    assert_int_equal(try_follows(true, false, some(numbers, 0)), ASSAY_OK);
    assert_int_equal(try_follows(false, false, some(numbers, 0)), ASSAY_OK);
    assert_int_equal(try_follows(false, false, some(numbers, 16)), ASSAY_OK);
    assert_int_equal(try_follows(false, false, some(many, sizeof(many) - 8)),
                     ASSAY_OK);
    assert_int_equal(try_follows(false, false, some(many, sizeof(many))),
                     ASSAY_E_LIMIT);
    assert_int_equal(try_follows(false, false, some(twice, 16)),
                     ASSAY_E_MALFORMED);
    assert_int_equal(try_follows(false, false, some(down, 16)),
                     ASSAY_E_MALFORMED);
    assert_int_equal(try_follows(false, false, some(numbers, 15)),
                     ASSAY_E_MALFORMED);
    assert_int_equal(try_follows(true, false, some(numbers, 16)),
                     ASSAY_E_MALFORMED);
    assert_int_equal(try_follows(true, true, some(numbers, 0)),
                     ASSAY_E_MALFORMED);
    assert_int_equal(try_follows(false, true, some(numbers, 0)),
                     ASSAY_E_MALFORMED);
}

static void a_root_is_read_as_written(void **state)
{
    struct assay_msg_root root = {
        .round = 3, .log_count = UINT64_MAX, .new_count = 5};
    struct assay_msg_root again;
    struct assay_message message;
    struct draft draft;
    (void)state;

    memset(root.follows, 0xf0, sizeof(root.follows));
    memset(root.root, 0x0f, sizeof(root.root));
    begin(&draft);
    assay_msg_root_write(&root, &draft.writer);
    end(&draft);
    assert_int_equal(assay_message_open(draft.bytes, &message), ASSAY_OK);
    assert_int_equal(assay_msg_root_read(&message, &again, NULL), ASSAY_OK);
    assert_int_equal(again.round, 3);
    assert_memory_equal(again.follows, root.follows, sizeof(root.follows));
    assert_memory_equal(again.root, root.root, sizeof(root.root));
    assert_int_equal(again.log_count, UINT64_MAX);
    assert_int_equal(again.new_count, 5);
    check_shorter(draft.bytes);
}

static enum assay_err try_buckets(unsigned slice_bits, uint64_t slice,
                                  unsigned bucket_bits, size_t len)
{
    static const uint8_t zeros[40000];
    struct assay_msg_buckets buckets = {
        7, slice_bits, slice, bucket_bits, {zeros, len}};
    struct draft draft;

    begin(&draft);
    assay_msg_buckets_write(&buckets, &draft.writer);
    end(&draft);
    return read_any(draft.bytes);
}

static void buckets_are_as_many_as_their_bits_say(void **state)
{
    (void)state;

    assert_int_equal(try_buckets(0, 0, 7, 512), ASSAY_OK);
    assert_int_equal(try_buckets(8, 255, 13, 32768), ASSAY_OK);
    assert_int_equal(try_buckets(9, 0, 7, 512), ASSAY_E_LIMIT);
    assert_int_equal(try_buckets(0, 1, 7, 512), ASSAY_E_LIMIT);
    assert_int_equal(try_buckets(8, 256, 7, 512), ASSAY_E_LIMIT);
    assert_int_equal(try_buckets(0, 0, 6, 256), ASSAY_E_LIMIT);
    assert_int_equal(try_buckets(0, 0, 14, 32768), ASSAY_E_LIMIT);
    assert_int_equal(try_buckets(0, 0, 7, 511), ASSAY_E_MALFORMED);
    assert_int_equal(try_buckets(0, 0, 7, 516), ASSAY_E_MALFORMED);
    assert_int_equal(try_buckets(0, 0, 13, 32772), ASSAY_E_LIMIT);
    assert_int_equal(try_buckets(0, 0, 7, 512), ASSAY_OK);
    check_shorter(some(space, 9 + 512));
}

static enum assay_err try_frontier(uint64_t slice, uint64_t first,
                                   size_t bitmap_len, size_t entries_len,
                                   bool has_more)
{
    static const uint8_t zeros[ASSAY_SYNC_ENTRIES_MAX + 1];
    struct assay_msg_frontier frontier = {
        7, slice, first, {zeros, bitmap_len}, {zeros, entries_len}, has_more};
    struct draft draft;

    begin(&draft);
    assay_msg_frontier_write(&frontier, &draft.writer);
    end(&draft);
    return read_any(draft.bytes);
}

static void a_frontier_stays_within_its_buckets(void **state)
{
    (void)state;

    assert_int_equal(try_frontier(0, 0, 0, 0, false), ASSAY_OK);
    assert_int_equal(try_frontier(255, 0, 1024, ASSAY_SYNC_ENTRIES_MAX, false),
                     ASSAY_OK);
    assert_int_equal(try_frontier(0, 8191, 1, 0, true), ASSAY_OK);
    assert_int_equal(try_frontier(256, 0, 1, 0, false), ASSAY_E_LIMIT);
    assert_int_equal(try_frontier(0, 8192, 0, 0, false), ASSAY_E_LIMIT);
    assert_int_equal(try_frontier(0, 8191, 2, 0, false), ASSAY_E_LIMIT);
    assert_int_equal(try_frontier(0, 0, 1, ASSAY_SYNC_ENTRIES_MAX + 1, false),
                     ASSAY_E_LIMIT);
    assert_int_equal(try_frontier(0, 0, 0, 0, true), ASSAY_E_MALFORMED);
}

static void a_message_with_a_whole_frontier_fits_into_a_frame(void **state)
{
    static const uint8_t zeros[ASSAY_SYNC_ENTRIES_MAX];
    struct assay_msg_frontier frontier = {
        UINT64_MAX, 255, 0, {zeros, 1024}, {zeros, sizeof(zeros)}, true};
    struct draft draft;
    (void)state;

    begin(&draft);
    assay_msg_frontier_write(&frontier, &draft.writer);
    end(&draft);
    assert_true(draft.bytes.len <= ASSAY_MESSAGE_MAX);
}

static void a_frontier_is_read_as_written(void **state)
{
    static const uint8_t bits[] = {5};
    struct assay_msg_frontier frontier = {9,   2, 300, {bits, 1}, {numbers, 20},
                                          true};
    struct assay_msg_frontier again;
    struct assay_message message;
    struct draft draft;
    (void)state;

    begin(&draft);
    assay_msg_frontier_write(&frontier, &draft.writer);
    end(&draft);
    assert_int_equal(assay_message_open(draft.bytes, &message), ASSAY_OK);
    assert_int_equal(assay_msg_frontier_read(&message, &again, NULL), ASSAY_OK);
    assert_int_equal(again.round, 9);
    assert_int_equal(again.slice, 2);
    assert_int_equal(again.first_bucket, 300);
    assert_true(assay_bytes_equal(again.bitmap, frontier.bitmap));
    assert_true(assay_bytes_equal(again.entries, frontier.entries));
    assert_true(again.has_more);
    assert_true(assay_sync_bit(again.bitmap, 0));
    assert_false(assay_sync_bit(again.bitmap, 1));
    assert_true(assay_sync_bit(again.bitmap, 2));
    assert_false(assay_sync_bit(again.bitmap, 8));
    check_shorter(draft.bytes);
}

static void heads_are_read_as_written(void **state)
{
    struct assay_msg_heads heads = {.round = 4,
                                    .stage = ASSAY_HEADS_ANSWER,
                                    .log_key = UINT64_C(0x0102030405060708),
                                    .last_seq = 12,
                                    .head_count = 2,
                                    .points = {numbers, 96},
                                    .held = {numbers, 3}};
    struct assay_msg_heads again;
    struct assay_message message;
    struct draft draft;
    (void)state;

    begin(&draft);
    assay_msg_heads_write(&heads, &draft.writer);
    end(&draft);
    assert_int_equal(assay_message_open(draft.bytes, &message), ASSAY_OK);
    assert_int_equal(assay_msg_heads_read(&message, &again, NULL), ASSAY_OK);
    assert_int_equal(again.round, 4);
    assert_int_equal(again.stage, ASSAY_HEADS_ANSWER);
    assert_int_equal(again.log_key, heads.log_key);
    assert_int_equal(again.last_seq, 12);
    assert_int_equal(again.head_count, 2);
    assert_true(assay_bytes_equal(again.points, heads.points));
    assert_true(assay_bytes_equal(again.held, heads.held));
    check_shorter(draft.bytes);
}

static enum assay_err try_heads(struct assay_msg_heads heads)
{
    struct draft draft;

    begin(&draft);
    assay_msg_heads_write(&heads, &draft.writer);
    end(&draft);
    return read_any(draft.bytes);
}

static void heads_that_contradict_themselves_are_refused(void **state)
{
    static const uint8_t ids[(ASSAY_SYNC_POINTS_MAX + 1) * ASSAY_ID_SIZE];
    struct assay_msg_heads ask = {.stage = ASSAY_HEADS_ASK,
                                  .last_seq = 1,
                                  .head_count = 1,
                                  .points = {ids, 64}};
    struct assay_msg_heads heads = ask;
    (void)state;

    assert_int_equal(try_heads(ask), ASSAY_OK);
    heads.points.len = 63;
    assert_int_equal(try_heads(heads), ASSAY_E_MALFORMED);
    heads = ask;
    heads.head_count = 3;
    assert_int_equal(try_heads(heads), ASSAY_E_MALFORMED);
    heads.head_count = ASSAY_HEADS_MAX + 1;
    assert_int_equal(try_heads(heads), ASSAY_E_LIMIT);
    heads = ask;
    heads.points.len = sizeof(ids);
    assert_int_equal(try_heads(heads), ASSAY_E_LIMIT);
    heads = ask;
    heads.last_seq = 0;
    assert_int_equal(try_heads(heads), ASSAY_E_MALFORMED);
    heads.head_count = 0;
    assert_int_equal(try_heads(heads), ASSAY_E_MALFORMED);
    heads = ask;
    heads.held = some(ids, 1);
    assert_int_equal(try_heads(heads), ASSAY_E_MALFORMED);
    heads.stage = ASSAY_HEADS_ANSWER;
    assert_int_equal(try_heads(heads), ASSAY_OK);
    heads.held.len = ASSAY_SYNC_POINTS_MAX / 8 + 1;
    assert_int_equal(try_heads(heads), ASSAY_E_LIMIT);
    heads = ask;
    heads.stage = ASSAY_HEADS_CLOSE;
    assert_int_equal(try_heads(heads), ASSAY_E_MALFORMED);
    heads.head_count = 0;
    heads.last_seq = 0;
    heads.points.len = 0;
    assert_int_equal(try_heads(heads), ASSAY_OK);
    heads.stage = (enum assay_heads_stage)3;
    assert_int_equal(try_heads(heads), ASSAY_E_LIMIT);
}

static void done_is_read_as_written(void **state)
{
    struct assay_msg_done done = {.what = ASSAY_DONE_RANGE,
                                  .number = 1,
                                  .part = 2,
                                  .status = ASSAY_DONE_LATER,
                                  .count = 3};
    struct assay_msg_done again;
    struct assay_message message;
    struct draft draft;
    (void)state;

    begin(&draft);
    assay_msg_done_write(&done, &draft.writer);
    end(&draft);
    assert_int_equal(assay_message_open(draft.bytes, &message), ASSAY_OK);
    assert_int_equal(assay_msg_done_read(&message, &again, NULL), ASSAY_OK);
    assert_int_equal(again.what, ASSAY_DONE_RANGE);
    assert_int_equal(again.number, 1);
    assert_int_equal(again.part, 2);
    assert_int_equal(again.status, ASSAY_DONE_LATER);
    assert_int_equal(again.count, 3);
    check_shorter(draft.bytes);
    done.status = (enum assay_done_status)3;
    begin(&draft);
    assay_msg_done_write(&done, &draft.writer);
    end(&draft);
    assert_int_equal(read_any(draft.bytes), ASSAY_E_LIMIT);
}

/* A field that is lacking is not one that is zero. */
static void a_message_with_too_few_fields_is_refused(void **state)
{
    static const enum assay_message_type types[] = {
        ASSAY_MSG_FOLLOWS,  ASSAY_MSG_ROOT,  ASSAY_MSG_BUCKETS,
        ASSAY_MSG_FRONTIER, ASSAY_MSG_HEADS, ASSAY_MSG_DONE};
    struct draft draft;
    (void)state;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        begin(&draft);
        assay_message_begin(&draft.writer, types[i], 1);
        assay_cbor_write_uint(&draft.writer, 0);
        end(&draft);
        assert_int_equal(read_any(draft.bytes), ASSAY_E_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_are_read_as_written),
        cmocka_unit_test(follows_that_do_not_ascend_are_refused),
        cmocka_unit_test(a_root_is_read_as_written),
        cmocka_unit_test(buckets_are_as_many_as_their_bits_say),
        cmocka_unit_test(a_frontier_stays_within_its_buckets),
        cmocka_unit_test(a_message_with_a_whole_frontier_fits_into_a_frame),
        cmocka_unit_test(a_frontier_is_read_as_written),
        cmocka_unit_test(heads_are_read_as_written),
        cmocka_unit_test(heads_that_contradict_themselves_are_refused),
        cmocka_unit_test(done_is_read_as_written),
        cmocka_unit_test(a_message_with_too_few_fields_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
