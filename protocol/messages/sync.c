/* SPDX-License-Identifier: Apache-2.0 */
#include "sync.h"

#include "../check.h"

/* Fields of each message behind its type. */
#define FOLLOWS_FIELDS 3
#define ROOT_FIELDS 5
#define BUCKETS_FIELDS 5
#define FRONTIER_FIELDS 6
#define HEADS_FIELDS 7
#define DONE_FIELDS 5

/* A number that is at most max; 0 after a failure. */
static uint64_t read_upto(struct assay_cbor_reader *reader, uint64_t max)
{
    size_t begin = reader->pos;
    uint64_t value = assay_cbor_read_uint(reader);

    if (value > max) {
        assay_cbor_fail_at(reader, begin, ASSAY_E_LIMIT,
                           "a number is at most what its field allows");
        return 0;
    }
    return value;
}

static uint64_t get_short(const uint8_t *bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < ASSAY_SYNC_SHORT_SIZE; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static void put_short(uint64_t value, uint8_t *out)
{
    for (size_t i = ASSAY_SYNC_SHORT_SIZE; i > 0; i--) {
        out[i - 1] = (uint8_t)value;
        value >>= 8;
    }
}

/* Ids of equal length, each larger than the one before. */
static bool is_ascending(struct assay_bytes ids, size_t id_len)
{
    for (size_t pos = id_len; pos < ids.len; pos += id_len) {
        if (memcmp(ids.data + pos - id_len, ids.data + pos, id_len) >= 0) {
            return false;
        }
    }
    return true;
}

enum assay_err assay_msg_follows_read(struct assay_message *message,
                                      struct assay_msg_follows *follows_out,
                                      struct assay_fault *fault_out)
{
    struct assay_cbor_reader *reader = &message->reader;
    struct assay_msg_follows follows;

    assay_message_need(message, FOLLOWS_FIELDS);
    follows.is_all = assay_cbor_read_bool(reader);
    follows.has_more = assay_cbor_read_bool(reader);
    follows.ids = assay_cbor_read_bytes(reader, (size_t)ASSAY_SYNC_FOLLOWS_MAX *
                                                    ASSAY_SYNC_SHORT_SIZE);
    /* PROTOCOL 4.3: "Short teams MUST ascend, over all messages of a list too,
     * and be unique." */
    if (follows.ids.len % ASSAY_SYNC_SHORT_SIZE != 0 ||
        !is_ascending(follows.ids, ASSAY_SYNC_SHORT_SIZE)) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "short team ids are 8 bytes each and ascend");
    }
    /* PROTOCOL 4.3: "A side that takes any team MUST say is-all, without ids
     * and with has-more false." */
    if (follows.is_all && (follows.has_more || follows.ids.len > 0)) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "who follows all teams names none");
    }
    /* PROTOCOL 4.3: "A message with has-more MUST have ids." */
    if (follows.has_more && follows.ids.len == 0) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "a list that goes on is not empty");
    }
    enum assay_err err =
        assay_message_finish(message, FOLLOWS_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *follows_out = follows;
    }
    return err;
}

enum assay_err assay_msg_root_read(struct assay_message *message,
                                   struct assay_msg_root *root_out,
                                   struct assay_fault *fault_out)
{
    struct assay_cbor_reader *reader = &message->reader;
    struct assay_msg_root root;

    assay_message_need(message, ROOT_FIELDS);
    root.round = assay_cbor_read_uint(reader);
    assay_cbor_read_fixed(reader, root.follows, sizeof(root.follows));
    assay_cbor_read_fixed(reader, root.root, sizeof(root.root));
    root.log_count = assay_cbor_read_uint(reader);
    root.new_count = assay_cbor_read_uint(reader);
    enum assay_err err = assay_message_finish(message, ROOT_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *root_out = root;
    }
    return err;
}

enum assay_err assay_msg_buckets_read(struct assay_message *message,
                                      struct assay_msg_buckets *buckets_out,
                                      struct assay_fault *fault_out)
{
    struct assay_cbor_reader *reader = &message->reader;
    struct assay_msg_buckets buckets;
    size_t len_max = (size_t)ASSAY_SYNC_BUCKET_SIZE
                     << ASSAY_SYNC_BUCKET_BITS_MAX;

    assay_message_need(message, BUCKETS_FIELDS);
    buckets.round = assay_cbor_read_uint(reader);
    buckets.slice_bits = (unsigned)read_upto(reader, ASSAY_SYNC_SLICE_BITS_MAX);
    buckets.slice = read_upto(reader, (UINT64_C(1) << buckets.slice_bits) - 1);
    /* PROTOCOL 4.4: "bucket-bits MUST be 7 to 13." */
    buckets.bucket_bits =
        (unsigned)read_upto(reader, ASSAY_SYNC_BUCKET_BITS_MAX);
    if (buckets.bucket_bits < ASSAY_SYNC_BUCKET_BITS_MIN) {
        assay_cbor_fail(reader, ASSAY_E_LIMIT,
                        "a slice has at least 128 buckets");
    }
    buckets.fingerprints = assay_cbor_read_bytes(reader, len_max);
    /* PROTOCOL 4.4: "fingerprints MUST have 4 bytes for each of 2^bucket-bits
     * buckets." */
    if (buckets.fingerprints.len != (size_t)ASSAY_SYNC_BUCKET_SIZE
                                        << buckets.bucket_bits) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "there are 4 bytes for each bucket");
    }
    enum assay_err err =
        assay_message_finish(message, BUCKETS_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *buckets_out = buckets;
    }
    return err;
}

enum assay_err assay_msg_frontier_read(struct assay_message *message,
                                       struct assay_msg_frontier *frontier_out,
                                       struct assay_fault *fault_out)
{
    struct assay_cbor_reader *reader = &message->reader;
    struct assay_msg_frontier frontier;
    uint64_t bucket_max = (UINT64_C(1) << ASSAY_SYNC_BUCKET_BITS_MAX) - 1;

    assay_message_need(message, FRONTIER_FIELDS);
    frontier.round = assay_cbor_read_uint(reader);
    frontier.slice =
        read_upto(reader, (UINT64_C(1) << ASSAY_SYNC_SLICE_BITS_MAX) - 1);
    frontier.first_bucket = read_upto(reader, bucket_max);
    frontier.bitmap = assay_cbor_read_bytes(
        reader, (size_t)((bucket_max + 1 - frontier.first_bucket + 7) / 8));
    /* PROTOCOL 4.5: "entries MUST NOT be longer than 61,440 bytes." */
    frontier.entries = assay_cbor_read_bytes(reader, ASSAY_SYNC_ENTRIES_MAX);
    frontier.has_more = assay_cbor_read_bool(reader);
    if (frontier.has_more && frontier.bitmap.len == 0) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "a frontier that goes on is not empty");
    }
    enum assay_err err =
        assay_message_finish(message, FRONTIER_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *frontier_out = frontier;
    }
    return err;
}

static void check_heads(struct assay_cbor_reader *reader,
                        const struct assay_msg_heads *heads)
{
    size_t count = heads->points.len / ASSAY_ID_SIZE;

    /* PROTOCOL 4.6: "head-count MUST be 64 at most, and no more than there are
     * points." */
    if (heads->points.len % ASSAY_ID_SIZE != 0 || heads->head_count > count) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "points are ids, and the heads are among them");
    }
    /* PROTOCOL 4.6: "last-seq and head-count MUST both be 0 or both above;" */
    if ((heads->head_count == 0) != (heads->last_seq == 0)) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "there is a last seq exactly where there are heads");
    }
    if (heads->stage == ASSAY_HEADS_CLOSE && count > 0) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "the last of three has no points of its own");
    }
    if (heads->stage == ASSAY_HEADS_ASK &&
        (heads->held.len > 0 || heads->head_count == 0)) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "who asks has heads, and was not asked before");
    }
}

enum assay_err assay_msg_heads_read(struct assay_message *message,
                                    struct assay_msg_heads *heads_out,
                                    struct assay_fault *fault_out)
{
    struct assay_cbor_reader *reader = &message->reader;
    struct assay_msg_heads heads;
    uint8_t log_key[ASSAY_SYNC_SHORT_SIZE];

    assay_message_need(message, HEADS_FIELDS);
    heads.round = assay_cbor_read_uint(reader);
    heads.stage = (enum assay_heads_stage)read_upto(reader, ASSAY_HEADS_CLOSE);
    assay_cbor_read_fixed(reader, log_key, sizeof(log_key));
    heads.log_key = get_short(log_key);
    heads.last_seq = assay_cbor_read_uint(reader);
    heads.head_count = (size_t)read_upto(reader, ASSAY_HEADS_MAX);
    heads.points =
        assay_cbor_read_bytes(reader, ASSAY_SYNC_POINTS_MAX * ASSAY_ID_SIZE);
    heads.held = assay_cbor_read_bytes(reader, ASSAY_SYNC_POINTS_MAX / 8);
    check_heads(reader, &heads);
    enum assay_err err = assay_message_finish(message, HEADS_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *heads_out = heads;
    }
    return err;
}

enum assay_err assay_msg_done_read(struct assay_message *message,
                                   struct assay_msg_done *done_out,
                                   struct assay_fault *fault_out)
{
    struct assay_cbor_reader *reader = &message->reader;
    struct assay_msg_done done;

    assay_message_need(message, DONE_FIELDS);
    done.what = (enum assay_done_what)read_upto(reader, ASSAY_DONE_RANGE);
    done.number = assay_cbor_read_uint(reader);
    done.part = assay_cbor_read_uint(reader);
    done.status = (enum assay_done_status)read_upto(reader, ASSAY_DONE_LATER);
    done.count = assay_cbor_read_uint(reader);
    enum assay_err err = assay_message_finish(message, DONE_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *done_out = done;
    }
    return err;
}

void assay_msg_follows_write(const struct assay_msg_follows *follows,
                             struct assay_cbor_writer *writer)
{
    assay_message_begin(writer, ASSAY_MSG_FOLLOWS, FOLLOWS_FIELDS);
    assay_cbor_write_bool(writer, follows->is_all);
    assay_cbor_write_bool(writer, follows->has_more);
    assay_cbor_write_bytes(writer, follows->ids);
}

void assay_msg_root_write(const struct assay_msg_root *root,
                          struct assay_cbor_writer *writer)
{
    assay_message_begin(writer, ASSAY_MSG_ROOT, ROOT_FIELDS);
    assay_cbor_write_uint(writer, root->round);
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){root->follows, sizeof(root->follows)});
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){root->root, sizeof(root->root)});
    assay_cbor_write_uint(writer, root->log_count);
    assay_cbor_write_uint(writer, root->new_count);
}

void assay_msg_buckets_write(const struct assay_msg_buckets *buckets,
                             struct assay_cbor_writer *writer)
{
    assay_message_begin(writer, ASSAY_MSG_BUCKETS, BUCKETS_FIELDS);
    assay_cbor_write_uint(writer, buckets->round);
    assay_cbor_write_uint(writer, buckets->slice_bits);
    assay_cbor_write_uint(writer, buckets->slice);
    assay_cbor_write_uint(writer, buckets->bucket_bits);
    assay_cbor_write_bytes(writer, buckets->fingerprints);
}

void assay_msg_frontier_write(const struct assay_msg_frontier *frontier,
                              struct assay_cbor_writer *writer)
{
    assay_message_begin(writer, ASSAY_MSG_FRONTIER, FRONTIER_FIELDS);
    assay_cbor_write_uint(writer, frontier->round);
    assay_cbor_write_uint(writer, frontier->slice);
    assay_cbor_write_uint(writer, frontier->first_bucket);
    assay_cbor_write_bytes(writer, frontier->bitmap);
    assay_cbor_write_bytes(writer, frontier->entries);
    assay_cbor_write_bool(writer, frontier->has_more);
}

void assay_msg_heads_write(const struct assay_msg_heads *heads,
                           struct assay_cbor_writer *writer)
{
    uint8_t log_key[ASSAY_SYNC_SHORT_SIZE];

    put_short(heads->log_key, log_key);
    assay_message_begin(writer, ASSAY_MSG_HEADS, HEADS_FIELDS);
    assay_cbor_write_uint(writer, heads->round);
    assay_cbor_write_uint(writer, (uint64_t)heads->stage);
    assay_cbor_write_bytes(writer,
                           (struct assay_bytes){log_key, sizeof(log_key)});
    assay_cbor_write_uint(writer, heads->last_seq);
    assay_cbor_write_uint(writer, heads->head_count);
    assay_cbor_write_bytes(writer, heads->points);
    assay_cbor_write_bytes(writer, heads->held);
}

void assay_msg_done_write(const struct assay_msg_done *done,
                          struct assay_cbor_writer *writer)
{
    assay_message_begin(writer, ASSAY_MSG_DONE, DONE_FIELDS);
    assay_cbor_write_uint(writer, (uint64_t)done->what);
    assay_cbor_write_uint(writer, done->number);
    assay_cbor_write_uint(writer, done->part);
    assay_cbor_write_uint(writer, (uint64_t)done->status);
    assay_cbor_write_uint(writer, done->count);
}
