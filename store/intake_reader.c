/* SPDX-License-Identifier: Apache-2.0 */
#include "intake_reader.h"

#include "protocol/check.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Read from the file at once. */
#define BUFFER_SIZE ((size_t)256 * 1024)

_Static_assert(BUFFER_SIZE > STORE_SEQUENCE_WINDOW,
               "a full buffer must hold a whole item");
_Static_assert(STORE_INTAKE_BYTES > ASSAY_RECORD_MAX,
               "an empty unit must have room for any record");

enum assay_err store_intake_reader_init(struct store_intake_reader *reader,
                                        struct store_ledger *ledger, int fd,
                                        int wake)
{
    uint8_t *buffer = malloc(BUFFER_SIZE);

    if (buffer == NULL) {
        return ASSAY_E_NOMEM;
    }
    *reader = (struct store_intake_reader){
        .ledger = ledger,
        .fd = fd,
        .wake = wake,
        .buffer = buffer,
    };
    store_sequence_init(&reader->sequence);
    return ASSAY_OK;
}

void store_intake_reader_clear(struct store_intake_reader *reader)
{
    free(reader->buffer);
    reader->buffer = NULL;
}

/* Reads once, behind what is there. */
static enum assay_err read_more(struct store_intake_reader *reader)
{
    size_t left = reader->end - reader->begin;

    if (reader->begin > 0 && left > 0) {
        memmove(reader->buffer, reader->buffer + reader->begin, left);
    }
    reader->begin = 0;
    reader->end = left;
    ASSAY_CHECK(left < BUFFER_SIZE);

    const int stop_fds[2] = {
        reader->wake,
        store_watch_stop_fd(store_ledger_watcher(reader->ledger))};
    enum assay_err err = store_files_wait(reader->fd, stop_fds);
    if (err != ASSAY_OK) {
        return err;
    }
    ssize_t got = read(reader->fd, reader->buffer + left, BUFFER_SIZE - left);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN ? ASSAY_OK
                                                 : store_files_err(errno);
    }
    reader->end += (size_t)got;
    reader->has_ended = got == 0;
    return ASSAY_OK;
}

/* The next event that is not MORE, unless nothing comes any more. */
static void next_event(struct store_intake_reader *reader,
                       struct store_sequence_event *event)
{
    if (reader->has_event) {
        *event = reader->event;
        reader->has_event = false;
        return;
    }
    for (;;) {
        struct assay_bytes window = {reader->buffer + reader->begin,
                                     reader->end - reader->begin};

        store_sequence_next(&reader->sequence, window, event);
        reader->begin += event->used;
        if (event->type != STORE_SEQUENCE_MORE || reader->has_ended) {
            return;
        }
        reader->read_err = read_more(reader);
        if (reader->read_err != ASSAY_OK) {
            reader->has_ended = true;
        }
    }
}

/* Copies bytes into the unit; they must fit. */
static struct assay_bytes copy_bytes(struct store_intake_unit *unit,
                                     struct assay_bytes bytes)
{
    uint8_t *copy = unit->data + unit->data_len;

    if (bytes.data == NULL) {
        return bytes;
    }
    ASSAY_CHECK(bytes.len <= STORE_INTAKE_BYTES - unit->data_len);
    memcpy(copy, bytes.data, bytes.len);
    unit->data_len += bytes.len;
    return (struct assay_bytes){copy, bytes.len};
}

/* Adds a record; false where the unit is full. */
static bool add_record(struct store_intake_unit *unit,
                       const struct store_sequence_event *event)
{
    struct store_intake_record *item = &unit->records[unit->count];
    size_t len = event->envelope.len + event->body.len;

    if (unit->count == STORE_INTAKE_RECORDS ||
        len > STORE_INTAKE_BYTES - unit->data_len) {
        return false;
    }
    item->offset = event->offset;
    item->envelope = copy_bytes(unit, event->envelope);
    item->body = copy_bytes(unit, event->body);
    unit->count++;
    return true;
}

static void add_part(struct store_intake_bytes *bytes, struct assay_bytes part)
{
    if (bytes->err == ASSAY_OK) {
        bytes->err = store_capture_stage_add(&bytes->stage, part);
    }
}

/* Takes in captured bytes; what is too long is passed over. */
static void add_bytes(struct store_intake_reader *reader,
                      struct store_intake_unit *unit,
                      struct store_sequence_event *event)
{
    struct store_intake_bytes *bytes = &unit->bytes;

    bytes->is_there = true;
    bytes->offset = event->offset;
    bytes->err = event->left > ASSAY_CAPTURE_MAX
                     ? ASSAY_E_LIMIT
                     : store_capture_stage_begin(reader->ledger, &bytes->stage);
    while (event->left > 0) {
        next_event(reader, event);
        if (event->type != STORE_SEQUENCE_PART) {
            /* The file is cut here; finish() says so. */
            store_capture_stage_drop(&bytes->stage);
            bytes->is_there = false;
            return;
        }
        add_part(bytes, event->part);
    }
    if (bytes->err == ASSAY_OK) {
        store_capture_stage_finish(&bytes->stage, &bytes->info);
    }
}

/* Notes how the file ended, if the event is its end. */
static bool finish(struct store_intake_reader *reader,
                   const struct store_sequence_event *event,
                   struct store_intake_end *end)
{
    if (event->type != STORE_SEQUENCE_MORE &&
        event->type != STORE_SEQUENCE_BAD) {
        return false;
    }
    const struct store_sequence *sequence = &reader->sequence;
    end->is_there = true;
    end->whole_offset = sequence->whole_offset;
    end->is_cut = sequence->phase != STORE_SEQUENCE_AT_END;
    end->is_io = reader->read_err != ASSAY_OK;
    if (end->is_io) {
        end->err = reader->read_err;
    }
    if (event->type == STORE_SEQUENCE_BAD) {
        end->err = event->err;
        end->rule = event->rule;
        end->offset = event->offset;
        end->is_headless = sequence->whole_offset == 0;
    }
    return true;
}

/* An end mark that counts otherwise: something was left out. */
static void check_count(const struct store_intake_reader *reader,
                        const struct store_sequence_event *event,
                        struct store_intake_end *end)
{
    if (event->count != reader->record_count && end->rule == NULL) {
        end->err = ASSAY_E_MALFORMED;
        end->offset = event->offset;
        end->rule = "the end mark must count the records before it";
    }
}

static void reset(struct store_intake_unit *unit)
{
    unit->count = 0;
    unit->data_len = 0;
    unit->bytes.is_there = false;
    unit->end = (struct store_intake_end){.is_there = false};
}

void store_intake_reader_fill(struct store_intake_reader *reader,
                              struct store_intake_unit *unit)
{
    struct store_sequence_event event;
    bool is_full = false;

    reset(unit);
    while (!is_full) {
        next_event(reader, &event);
        if (event.type == STORE_SEQUENCE_RECORD) {
            is_full = !add_record(unit, &event);
            reader->has_event = is_full; /* Its bytes stay in the buffer. */
            reader->event = event;
            reader->record_count += is_full ? 0 : 1;
        } else if (event.type == STORE_SEQUENCE_BYTES) {
            add_bytes(reader, unit, &event);
            is_full = unit->bytes.is_there;
        } else if (event.type == STORE_SEQUENCE_END) {
            check_count(reader, &event, &unit->end);
        }
        is_full = is_full || finish(reader, &event, &unit->end);
    }
    unit->read_to = reader->sequence.offset;
}
