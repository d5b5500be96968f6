/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of what differs in a slice, cut where one is full. */
#include "check.h"
#include "reconcile_internal.h"

#include <stdlib.h>

#define PLACE_BITS 24
#define BITMAP_MAX ((size_t)(1U << ASSAY_SYNC_BUCKET_BITS_MAX) / 8)

/* Entries of one bucket that fit into a message. Log keys are as if drawn at
 * random, so that none comes near. */
#define BUCKET_ENTRIES_MAX                                                     \
    ((ASSAY_SYNC_ENTRIES_MAX - ASSAY_SYNC_ENTRY_MAX) / ASSAY_SYNC_ENTRY_MAX)

/* A frontier message in the making. */
struct draft {
    uint64_t first_bucket;
    size_t bitmap_len;
    size_t len;
    uint8_t bitmap[BITMAP_MAX];
    uint8_t entries[ASSAY_SYNC_ENTRIES_MAX];
};

static bool has_room(const struct draft *draft, size_t count)
{
    return sizeof(draft->entries) - draft->len >=
           (count + 1) * ASSAY_SYNC_ENTRY_MAX;
}

static void begin_bucket(struct draft *draft, uint64_t bucket, size_t count)
{
    size_t index;

    if (draft->bitmap_len == 0) {
        draft->first_bucket = bucket;
    }
    index = (size_t)(bucket - draft->first_bucket);
    draft->bitmap[index / 8] |= (uint8_t)(1U << index % 8);
    draft->bitmap_len = index / 8 + 1;
    draft->len += assay_sync_count_write(count, draft->entries + draft->len);
}

static void add_entry(struct draft *draft, const struct assay_sync_entry *entry)
{
    draft->len += assay_sync_entry_write(entry, draft->entries + draft->len);
}

static void write_draft(const struct assay_reconcile *reconcile,
                        const struct draft *draft, bool has_more,
                        struct assay_cbor_writer *writer)
{
    struct assay_msg_frontier frontier = {
        .round = reconcile->round,
        .slice = reconcile->slice->place.index,
        .first_bucket = draft->first_bucket,
        .bitmap = {draft->bitmap, draft->bitmap_len},
        .entries = {draft->entries, draft->len},
        .has_more = has_more,
    };

    assay_msg_frontier_write(&frontier, writer);
}

enum assay_err assay_reconcile_write_buckets(struct assay_reconcile *reconcile,
                                             struct assay_cbor_writer *writer)
{
    const struct assay_reconcile_slice *slice = reconcile->slice;
    size_t len = (size_t)ASSAY_SYNC_BUCKET_SIZE << slice->bucket_bits;
    uint8_t *bytes = malloc(len);
    struct assay_msg_buckets buckets = {
        .round = reconcile->round,
        .slice_bits = slice->place.bits,
        .slice = slice->place.index,
        .bucket_bits = slice->bucket_bits,
        .fingerprints = {bytes, len},
    };

    if (bytes == NULL) {
        return ASSAY_E_NOMEM;
    }
    assay_frontier_buckets(&slice->part, slice->bucket_bits, bytes);
    assay_msg_buckets_write(&buckets, writer);
    free(bytes);
    return ASSAY_OK;
}

/* How many logs of a bucket, from index on, can be told apart by place. */
static size_t count_places(const struct assay_reconcile_slice *slice,
                           uint64_t bucket, size_t index)
{
    const struct assay_frontier *part = &slice->part;
    uint64_t last = UINT64_MAX;
    size_t count = 0;

    for (; index < part->count && count < BUCKET_ENTRIES_MAX; index++) {
        uint64_t place = assay_frontier_place(part, slice->bucket_bits,
                                              part->logs[index].key);

        if (place >> PLACE_BITS != bucket) {
            break;
        }
        count += place != last ? 1U : 0U;
        last = place;
    }
    return count;
}

static void write_bucket(const struct assay_reconcile_slice *slice,
                         struct draft *draft, uint64_t bucket, size_t index,
                         size_t count)
{
    const struct assay_frontier *part = &slice->part;
    uint64_t last = UINT64_MAX;

    begin_bucket(draft, bucket, count);
    for (; count > 0; index++) {
        const struct assay_frontier_log *log = &part->logs[index];
        struct assay_sync_entry entry = {
            .place = assay_frontier_place(part, slice->bucket_bits, log->key),
            .seq = log->seq,
            .is_plain = log->is_plain,
            .heads = log->heads,
        };

        if (entry.place != last) {
            add_entry(draft, &entry);
            count--;
        }
        last = entry.place;
    }
}

enum assay_err assay_reconcile_write_frontier(struct assay_reconcile *reconcile,
                                              struct assay_cbor_writer *writer,
                                              bool *has_more_out)
{
    struct assay_reconcile_slice *slice = reconcile->slice;
    uint64_t end = UINT64_C(1) << slice->bucket_bits;
    struct draft *draft = calloc(1, sizeof(*draft));
    struct assay_bytes differs = {slice->differs, sizeof(slice->differs)};

    if (draft == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (; slice->bucket < end; slice->bucket++) {
        size_t index;
        size_t count;

        if (!assay_sync_bit(differs, slice->bucket)) {
            continue;
        }
        index = assay_frontier_find(&slice->part, slice->bucket_bits,
                                    slice->bucket << PLACE_BITS);
        count = count_places(slice, slice->bucket, index);
        if (!has_room(draft, count)) {
            break;
        }
        write_bucket(slice, draft, slice->bucket, index, count);
    }
    *has_more_out = slice->bucket < end;
    write_draft(reconcile, draft, *has_more_out, writer);
    free(draft);
    return ASSAY_OK;
}

/* How many of the asks that follow are of one bucket. Only a peer that makes
 * up logs brings more than fit; those are left out. */
static size_t count_asks(const struct assay_reconcile_slice *slice)
{
    uint64_t bucket = slice->asks[slice->ask_at].place >> PLACE_BITS;
    size_t end = slice->ask_at;

    while (end < slice->ask_count &&
           slice->asks[end].place >> PLACE_BITS == bucket &&
           end - slice->ask_at < BUCKET_ENTRIES_MAX) {
        end++;
    }
    return end - slice->ask_at;
}

static void write_asks_of_bucket(struct assay_reconcile_slice *slice,
                                 struct draft *draft, size_t count)
{
    uint64_t bucket = slice->asks[slice->ask_at].place >> PLACE_BITS;

    begin_bucket(draft, bucket, count);
    for (; count > 0; count--) {
        add_entry(draft, &slice->asks[slice->ask_at++]);
    }
    while (slice->ask_at < slice->ask_count &&
           slice->asks[slice->ask_at].place >> PLACE_BITS == bucket) {
        slice->send.has_left = true;
        slice->ask_at++;
    }
}

enum assay_err assay_reconcile_write_asks(struct assay_reconcile *reconcile,
                                          struct assay_cbor_writer *writer,
                                          bool *has_more_out)
{
    struct assay_reconcile_slice *slice = reconcile->slice;
    struct draft *draft = calloc(1, sizeof(*draft));

    if (draft == NULL) {
        return ASSAY_E_NOMEM;
    }
    while (slice->ask_at < slice->ask_count) {
        size_t count = count_asks(slice);

        if (!has_room(draft, count)) {
            break;
        }
        write_asks_of_bucket(slice, draft, count);
    }
    *has_more_out = slice->ask_at < slice->ask_count;
    write_draft(reconcile, draft, *has_more_out, writer);
    free(draft);
    return ASSAY_OK;
}
