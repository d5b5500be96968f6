/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_import.c - files of records, as another newsroom sends them.
 *
 * Whatever the bytes, the events must not depend on the windows in which they
 * come, each event must lie in its window, and what was taken apart must be
 * the same bytes when it is put together again.
 */
#include "protocol/check.h"
#include "protocol/record.h"
#include "store/sequence.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len);

/* A reader over the input through windows of its own. */
struct feed {
    struct assay_bytes input;
    size_t pos;
    size_t window;
    size_t step;
    struct store_sequence sequence;
};

static void begin(struct feed *feed, struct assay_bytes input, size_t step)
{
    *feed = (struct feed){.input = input, .step = step};
    store_sequence_init(&feed->sequence);
}

/* The next event that is not MORE, unless the input has ended. */
static struct store_sequence_event next(struct feed *feed)
{
    struct store_sequence_event event;

    for (;;) {
        size_t left = feed->input.len - feed->pos;
        struct assay_bytes window = {feed->input.data + feed->pos,
                                     feed->window};

        store_sequence_next(&feed->sequence, window, &event);
        ASSAY_CHECK(event.used <= feed->window);
        feed->pos += event.used;
        feed->window -= event.used;
        if (event.type != STORE_SEQUENCE_MORE || feed->window == left) {
            return event;
        }
        ASSAY_CHECK(feed->window < STORE_SEQUENCE_WINDOW);
        left -= feed->window;
        feed->window += feed->step < left ? feed->step : left;
    }
}

/* What was read, written again, stands in the file. */
static void check_same_bytes(const struct feed *feed,
                             const struct store_sequence_event *event)
{
    static uint8_t space[ASSAY_ITEM_MAX];
    uint8_t head[STORE_SEQUENCE_HEAD_MAX];
    struct assay_bytes item = ASSAY_BYTES_NONE;
    struct assay_record record;

    if (event->type == STORE_SEQUENCE_HEAD) {
        item = store_sequence_write_head(head);
    } else if (event->type == STORE_SEQUENCE_BYTES) {
        item = store_sequence_write_bytes(event->left, head);
    } else if (event->type == STORE_SEQUENCE_END) {
        item = store_sequence_write_end(event->count, head);
    } else if (event->type == STORE_SEQUENCE_RECORD) {
        enum assay_err err = assay_record_join(event->envelope, event->body,
                                               space, sizeof(space), &item);
        ASSAY_CHECK(err == ASSAY_OK);
        /* It is what a worker does next; only crashing would be wrong. */
        (void)!assay_record_open(event->envelope, event->body, &record, NULL);
    } else {
        return;
    }
    ASSAY_CHECK(event->offset + item.len == feed->pos);
    ASSAY_CHECK(memcmp(item.data, feed->input.data + event->offset, item.len) ==
                0);
}

static void check_equal(const struct store_sequence_event *a,
                        const struct store_sequence_event *b)
{
    ASSAY_CHECK(a->type == b->type);
    ASSAY_CHECK(a->offset == b->offset);
    ASSAY_CHECK(a->err == b->err);
    ASSAY_CHECK(a->count == b->count);
    ASSAY_CHECK(a->envelope.len == b->envelope.len);
    ASSAY_CHECK(a->body.len == b->body.len);
}

/* Parts come as windows have them: passes over all of a capture's. */
static struct store_sequence_event skip_parts(struct feed *feed)
{
    struct store_sequence_event event = next(feed);

    while (event.type == STORE_SEQUENCE_PART) {
        event = next(feed);
    }
    return event;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
    struct assay_bytes input = {data, data_len};
    struct feed whole;
    struct feed pieces;
    struct store_sequence_event event = {.type = STORE_SEQUENCE_HEAD};

    begin(&whole, input, STORE_SEQUENCE_WINDOW);
    begin(&pieces, input, 1 + data_len % 61);
    while (event.type != STORE_SEQUENCE_MORE &&
           event.type != STORE_SEQUENCE_BAD) {
        event = skip_parts(&whole);
        check_same_bytes(&whole, &event);
        struct store_sequence_event again = skip_parts(&pieces);
        check_equal(&event, &again);
    }
    ASSAY_CHECK(whole.sequence.whole_offset == pieces.sequence.whole_offset);
    ASSAY_CHECK(whole.sequence.whole_offset <= data_len);
    return 0;
}
