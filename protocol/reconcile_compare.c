/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs in a slice. The dialler learns where the listener stands in
 * each log of the buckets that differ, and sees for each log who is ahead:
 * what he has beyond, he sends; where he is behind, he asks; where neither
 * head is known to the other, or a log is more than a chain, heads are talked
 * about. The listener learns from what is asked all that it needs.
 */
#include "check.h"
#include "reconcile_internal.h"

#include <stdlib.h>

#define PLACE_BITS 24

/* Asks begin with room for this many. */
#define ROOM_FIRST 64

/* Takes in the logs of the slice; those of a ledger that is small enough, of
 * all slices at once. */
static enum assay_err take_in(struct assay_reconcile *reconcile,
                              const struct assay_sync_view *view,
                              struct assay_slice place)
{
    unsigned bits = assay_frontier_slice_bits(reconcile->root.log_count);
    enum assay_err err = ASSAY_OK;

    if (reconcile->has_frontier &&
        assay_frontier_covers(&reconcile->frontier, place)) {
        return ASSAY_OK;
    }
    assay_frontier_clear(&reconcile->frontier);
    reconcile->has_frontier = false;
    bits = bits < place.bits ? bits : place.bits;
    for (; bits <= place.bits; bits++) {
        struct assay_slice wide = {bits, place.index >> (place.bits - bits)};

        err = assay_frontier_init(&reconcile->frontier, view, &reconcile->key,
                                  reconcile->teams, wide);
        if (err != ASSAY_E_LIMIT) {
            break;
        }
    }
    reconcile->has_frontier = err == ASSAY_OK;
    return err;
}

enum assay_err assay_reconcile_slice_begin(struct assay_reconcile *reconcile,
                                           const struct assay_sync_view *view,
                                           unsigned bucket_bits)
{
    struct assay_slice place = {reconcile->slice_bits, reconcile->slice_index};
    enum assay_err err = take_in(reconcile, view, place);

    if (err != ASSAY_OK) {
        return err;
    }
    ASSAY_CHECK(reconcile->slice == NULL);
    reconcile->slice = calloc(1, sizeof(*reconcile->slice));
    if (reconcile->slice == NULL) {
        return ASSAY_E_NOMEM;
    }
    reconcile->slice->place = place;
    reconcile->slice->bucket_bits = bucket_bits;
    assay_frontier_part(&reconcile->frontier, place, &reconcile->slice->part);
    return ASSAY_OK;
}

void assay_reconcile_slice_clear(struct assay_reconcile *reconcile)
{
    struct assay_reconcile_slice *slice = reconcile->slice;

    if (slice == NULL) {
        return;
    }
    for (size_t i = 0; i < slice->fork_count; i++) {
        free(slice->forks[i]);
    }
    free(slice->asks);
    assay_reconcile_send_clear(&slice->send);
    free(slice);
    reconcile->slice = NULL;
}

enum assay_err
assay_reconcile_compare_buckets(struct assay_reconcile *reconcile,
                                struct assay_bytes fingerprints)
{
    struct assay_reconcile_slice *slice = reconcile->slice;
    size_t count = (size_t)1 << slice->bucket_bits;
    uint8_t *own = malloc(count * ASSAY_SYNC_BUCKET_SIZE);

    ASSAY_CHECK(fingerprints.len == count * ASSAY_SYNC_BUCKET_SIZE);
    if (own == NULL) {
        return ASSAY_E_NOMEM;
    }
    assay_frontier_buckets(&slice->part, slice->bucket_bits, own);
    for (size_t i = 0; i < count; i++) {
        size_t pos = i * ASSAY_SYNC_BUCKET_SIZE;

        if (memcmp(own + pos, fingerprints.data + pos,
                   ASSAY_SYNC_BUCKET_SIZE) != 0) {
            slice->differs[i / 8] |= (uint8_t)(1U << i % 8);
        }
    }
    free(own);
    return ASSAY_OK;
}

static enum assay_err send_from(struct assay_reconcile_slice *slice,
                                const struct assay_frontier_log *log,
                                uint64_t from)
{
    struct assay_reconcile_job job = {
        .number = log->number,
        .from = from,
        .until = log->is_plain ? log->seq : UINT64_MAX,
    };

    return assay_reconcile_send_add(&slice->send, &job);
}

static enum assay_err ask(struct assay_reconcile_slice *slice,
                          const struct assay_sync_entry *entry)
{
    if (slice->ask_count == slice->ask_room) {
        size_t room = slice->ask_room == 0 ? ROOM_FIRST : slice->ask_room * 2;
        struct assay_sync_entry *asks;

        if (slice->ask_count >= ASSAY_FRONTIER_LOGS_MAX) {
            slice->send.has_left = true;
            return ASSAY_OK;
        }
        asks = realloc(slice->asks, room * sizeof(*asks));
        if (asks == NULL) {
            return ASSAY_E_NOMEM;
        }
        slice->asks = asks;
        slice->ask_room = room;
    }
    slice->asks[slice->ask_count++] = *entry;
    return ASSAY_OK;
}

/* Whether our log, a chain, has a record at a seq that looks like the other's
 * head. */
static enum assay_err has_head(struct assay_reconcile *reconcile,
                               const struct assay_sync_view *view,
                               const struct assay_frontier_log *log,
                               const struct assay_sync_entry *entry, bool *out)
{
    uint64_t number = log->number - 1;
    struct assay_sync_log found;
    struct assay_sync_item item;
    enum assay_err err;

    *out = false;
    if (entry->seq == log->seq) {
        *out = entry->heads == log->heads;
        return ASSAY_OK;
    }
    err = view->next_log(view->context, &number, &found);
    if (err == ASSAY_OK) {
        err =
            view->next_in_log(view->context, log->number, entry->seq, 0, &item);
    }
    if (err == ASSAY_OK) {
        *out = item.seq == entry->seq &&
               assay_sync_point_hash(&reconcile->key, &found.grant, &item.id) ==
                   entry->heads;
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* A log that both have, one of us beyond the other or each beyond. */
static enum assay_err compare_log(struct assay_reconcile *reconcile,
                                  const struct assay_sync_view *view,
                                  size_t index,
                                  const struct assay_sync_entry *entry)
{
    struct assay_reconcile_slice *slice = reconcile->slice;
    const struct assay_frontier_log *log = &slice->part.logs[index];
    bool is_known = false;
    enum assay_err err;

    if (entry->seq == log->seq && entry->heads == log->heads) {
        return ASSAY_OK;
    }
    if (!entry->is_plain || !log->is_plain) {
        assay_reconcile_forks_note(slice, index);
        return ASSAY_OK;
    }
    if (entry->seq > log->seq && reconcile->is_dialler) {
        struct assay_sync_entry own = {
            .place = entry->place,
            .seq = log->seq,
            .is_plain = true,
            .heads = log->heads,
        };

        return ask(slice, &own);
    }
    err = has_head(reconcile, view, log, entry, &is_known);
    if (err == ASSAY_OK && is_known) {
        return send_from(slice, log, entry->seq + 1);
    }
    if (err == ASSAY_OK) {
        assay_reconcile_forks_note(slice, index);
    }
    return err;
}

/* The listener has an entry, which stands for *index of our logs or none. */
static enum assay_err compare_entry(struct assay_reconcile *reconcile,
                                    const struct assay_sync_view *view,
                                    size_t index,
                                    const struct assay_sync_entry *entry)
{
    struct assay_reconcile_slice *slice = reconcile->slice;
    const struct assay_frontier *part = &slice->part;
    size_t count = 0;

    while (index + count < part->count &&
           assay_frontier_place(part, slice->bucket_bits,
                                part->logs[index + count].key) ==
               entry->place) {
        count++;
    }
    if (count == 1) {
        if (entry->seq == 0) {
            return send_from(slice, &part->logs[index], 1);
        }
        return compare_log(reconcile, view, index, entry);
    }
    if (count == 0 && reconcile->is_dialler) {
        struct assay_sync_entry own = {.place = entry->place, .seq = 0};

        return ask(slice, &own);
    }
    /* Two logs look the same under this key; or we are asked for one that we
     * do not have. */
    slice->send.has_left = true;
    return ASSAY_OK;
}

/* Logs from *index on that stand before a place are not held by the
 * listener; moves behind those that stand at it. */
static enum assay_err send_up_to(struct assay_reconcile *reconcile,
                                 uint64_t place, size_t *index)
{
    struct assay_reconcile_slice *slice = reconcile->slice;
    const struct assay_frontier *part = &slice->part;
    enum assay_err err = ASSAY_OK;

    while (*index < part->count && err == ASSAY_OK &&
           assay_frontier_place(part, slice->bucket_bits,
                                part->logs[*index].key) < place) {
        err = send_from(slice, &part->logs[*index], 1);
        ++*index;
    }
    return err;
}

static enum assay_err compare_bucket(struct assay_reconcile *reconcile,
                                     const struct assay_sync_view *view,
                                     struct assay_sync_entries *entries,
                                     uint64_t bucket)
{
    struct assay_reconcile_slice *slice = reconcile->slice;
    bool is_dialler = reconcile->is_dialler;
    struct assay_sync_entry entry;
    size_t index = assay_frontier_find(&slice->part, slice->bucket_bits,
                                       bucket << PLACE_BITS);
    enum assay_err err;

    for (;;) {
        err = assay_sync_entries_next(entries, &entry);
        if (err != ASSAY_OK) {
            break;
        }
        /* PROTOCOL 4.5: "The other side MUST NOT list a log with a seq of 0."
         */
        if (is_dialler && entry.seq == 0) {
            return ASSAY_E_MALFORMED;
        }
        if (is_dialler) {
            err = send_up_to(reconcile, entry.place, &index);
        } else {
            index = assay_frontier_find(&slice->part, slice->bucket_bits,
                                        entry.place);
        }
        if (err == ASSAY_OK) {
            err = compare_entry(reconcile, view, index, &entry);
        }
        if (err != ASSAY_OK) {
            return err;
        }
        index = assay_frontier_find(&slice->part, slice->bucket_bits,
                                    entry.place + 1);
    }
    if (err == ASSAY_E_NOT_FOUND) {
        err = is_dialler
                  ? send_up_to(reconcile, (bucket + 1) << PLACE_BITS, &index)
                  : ASSAY_OK;
    }
    return err;
}

enum assay_err
assay_reconcile_compare_frontier(struct assay_reconcile *reconcile,
                                 const struct assay_sync_view *view,
                                 const struct assay_msg_frontier *frontier)
{
    struct assay_reconcile_slice *slice = reconcile->slice;
    struct assay_sync_entries entries;
    uint64_t begin = slice->bucket;
    uint64_t bucket;
    size_t count;
    enum assay_err err;

    /* PROTOCOL 4.5: "Further messages MUST go on at a bucket behind those of
     * the one before, and one with has-more MUST have a bucket." */
    if (frontier->first_bucket < begin) {
        return ASSAY_E_MALFORMED;
    }
    assay_sync_entries_init(&entries, frontier);
    for (;;) {
        err = assay_sync_entries_bucket(&entries, &bucket, &count);
        if (err != ASSAY_OK) {
            break;
        }
        /* PROTOCOL 4.5: "A bucket MUST be below 2^bucket-bits, and the bitmap
         * end with bucket 8191." */
        if (bucket >> slice->bucket_bits != 0) {
            return ASSAY_E_MALFORMED;
        }
        err = compare_bucket(reconcile, view, &entries, bucket);
        if (err != ASSAY_OK) {
            return err;
        }
        slice->bucket = bucket + 1;
    }
    if (err == ASSAY_E_NOT_FOUND && frontier->has_more &&
        slice->bucket == begin) {
        return ASSAY_E_MALFORMED; /* It would never end. */
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}
