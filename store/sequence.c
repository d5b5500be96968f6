/* SPDX-License-Identifier: Apache-2.0 */
#include "sequence.h"

#include "protocol/cbor.h"
#include "protocol/check.h"

#define MAGIC "assay-records"
#define BYTES_WORD "bytes"
#define END_WORD "end"
#define FORMAT_VERSION 1

/* The longest word that an item may begin with. */
#define WORD_MAX 16

/* The head of a byte string (RFC 8949 section 3): major type 2; up to 23 the
 * length stands in the first byte, else 24 to 27 say that 1, 2, 4 or 8 bytes
 * follow. */
#define BYTES_INITIAL 0x40
#define MAJOR_MASK 0xe0
#define INFO_MASK 0x1f
#define INFO_DIRECT_MAX 23
#define INFO_ONE_BYTE 24
#define INFO_EIGHT_BYTES 27

void store_sequence_init(struct store_sequence *sequence)
{
    *sequence = (struct store_sequence){.phase = STORE_SEQUENCE_AT_HEAD};
}

/* Reads the head of a byte string and leaves its bytes: the reader of cbor.h
 * takes strings whole, and a capture is larger than any window. */
static uint64_t read_bytes_head(struct assay_cbor_reader *reader)
{
    struct assay_bytes input = reader->input;
    size_t pos = reader->pos;
    uint64_t len = 0;

    if (reader->err != ASSAY_OK) {
        return 0;
    }
    if (pos == input.len) {
        assay_cbor_fail(reader, ASSAY_E_TRUNCATED, "the input ends here");
        return 0;
    }
    unsigned info = input.data[pos] & INFO_MASK;
    if ((input.data[pos] & MAJOR_MASK) != BYTES_INITIAL ||
        info > INFO_EIGHT_BYTES) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "captured bytes are a byte string");
        return 0;
    }
    if (info <= INFO_DIRECT_MAX) {
        reader->pos = pos + 1;
        return info;
    }
    size_t count = (size_t)1 << (info - INFO_ONE_BYTE);
    if (input.len - pos - 1 < count) {
        assay_cbor_fail(reader, ASSAY_E_TRUNCATED, "the input ends here");
        return 0;
    }
    for (size_t index = 1; index <= count; index++) {
        len = len << 8 | input.data[pos + index];
    }
    /* What would have fitted in half as many bytes, or in the first. */
    uint64_t least =
        count == 1 ? INFO_DIRECT_MAX + 1 : (uint64_t)1 << (4 * count);
    if (len < least) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "a length must have its shortest form");
        return 0;
    }
    reader->pos = pos + 1 + count;
    return len;
}

static void read_head(struct assay_cbor_reader *reader, struct assay_bytes word,
                      struct store_sequence_event *event)
{
    if (!assay_bytes_equal(word, assay_bytes_of(MAGIC))) {
        assay_cbor_fail_at(reader, 0, ASSAY_E_MALFORMED,
                           "a file of records begins with its format's name");
        return;
    }
    size_t start = reader->pos;
    uint64_t version = assay_cbor_read_uint(reader);
    if (version != FORMAT_VERSION) {
        assay_cbor_fail_at(reader, start, ASSAY_E_VERSION,
                           "the file is of another version");
    }
    event->type = STORE_SEQUENCE_HEAD;
}

static void read_word(struct store_sequence *sequence,
                      struct assay_cbor_reader *reader,
                      struct store_sequence_event *event)
{
    size_t start = reader->pos;
    struct assay_bytes word = assay_cbor_read_text(reader, WORD_MAX);

    if (reader->err != ASSAY_OK) {
        return;
    }
    if (sequence->phase == STORE_SEQUENCE_AT_HEAD) {
        read_head(reader, word, event);
    } else if (assay_bytes_equal(word, assay_bytes_of(BYTES_WORD))) {
        event->type = STORE_SEQUENCE_BYTES;
        event->left = read_bytes_head(reader);
    } else if (assay_bytes_equal(word, assay_bytes_of(END_WORD))) {
        event->type = STORE_SEQUENCE_END;
        event->count = assay_cbor_read_uint(reader);
    } else {
        assay_cbor_fail_at(reader, start, ASSAY_E_MALFORMED,
                           "an item is a record, bytes or the end mark");
    }
}

static void read_record(struct assay_cbor_reader *reader,
                        struct store_sequence_event *event)
{
    event->type = STORE_SEQUENCE_RECORD;
    event->envelope = assay_cbor_read_bytes(reader, ASSAY_RECORD_MAX);
    if (assay_cbor_peek(reader) == ASSAY_CBOR_NULL) {
        assay_cbor_read_null(reader);
        return;
    }
    event->body =
        assay_cbor_read_bytes(reader, ASSAY_RECORD_MAX - event->envelope.len);
}

static void read_item(struct store_sequence *sequence,
                      struct assay_cbor_reader *reader,
                      struct store_sequence_event *event)
{
    if (assay_cbor_read_array(reader, 2) != 2) {
        assay_cbor_fail_at(reader, 0, ASSAY_E_MALFORMED,
                           "an item is an array of two");
        return;
    }
    if (assay_cbor_peek(reader) == ASSAY_CBOR_TEXT) {
        read_word(sequence, reader, event);
    } else if (sequence->phase == STORE_SEQUENCE_AT_HEAD) {
        assay_cbor_fail_at(reader, 0, ASSAY_E_MALFORMED,
                           "a file of records begins with its format's name");
    } else {
        read_record(reader, event);
    }
}

static void get_stuck(struct store_sequence *sequence, uint64_t offset,
                      enum assay_err err, const char *rule)
{
    sequence->phase = STORE_SEQUENCE_STUCK;
    sequence->fault_offset = offset;
    sequence->err = err;
    sequence->rule = rule;
}

/* Moves on behind an item, or into the bytes of a capture. */
static void advance(struct store_sequence *sequence,
                    const struct store_sequence_event *event)
{
    sequence->offset += event->used;
    sequence->left = event->left;
    if (event->left > 0) {
        sequence->phase = STORE_SEQUENCE_IN_BYTES;
        return;
    }
    sequence->whole_offset = sequence->offset;
    sequence->phase = event->type == STORE_SEQUENCE_END
                          ? STORE_SEQUENCE_AT_END
                          : STORE_SEQUENCE_AT_ITEM;
}

static void next_item(struct store_sequence *sequence,
                      struct assay_bytes window,
                      struct store_sequence_event *event)
{
    struct assay_cbor_reader reader;

    if (window.len == 0) {
        return;
    }
    sequence->item_offset = sequence->offset;
    event->offset = sequence->offset;
    assay_cbor_reader_init(&reader, window);
    read_item(sequence, &reader, event);
    if (reader.err == ASSAY_E_TRUNCATED) {
        *event = (struct store_sequence_event){.type = STORE_SEQUENCE_MORE};
        return;
    }
    if (reader.err != ASSAY_OK) {
        get_stuck(sequence, sequence->offset + reader.fault.offset, reader.err,
                  reader.fault.rule);
        return;
    }
    event->used = reader.pos;
    advance(sequence, event);
}

static void next_part(struct store_sequence *sequence,
                      struct assay_bytes window,
                      struct store_sequence_event *event)
{
    size_t len = window.len;

    if (len > sequence->left) {
        len = (size_t)sequence->left;
    }
    if (len == 0) {
        return;
    }
    event->type = STORE_SEQUENCE_PART;
    event->offset = sequence->item_offset;
    event->part = (struct assay_bytes){window.data, len};
    event->used = len;
    event->left = sequence->left - len;
    advance(sequence, event);
}

void store_sequence_next(struct store_sequence *sequence,
                         struct assay_bytes window,
                         struct store_sequence_event *event_out)
{
    struct store_sequence_event event = {.type = STORE_SEQUENCE_MORE};

    switch (sequence->phase) {
    case STORE_SEQUENCE_AT_HEAD:
    case STORE_SEQUENCE_AT_ITEM:
        next_item(sequence, window, &event);
        break;
    case STORE_SEQUENCE_IN_BYTES:
        next_part(sequence, window, &event);
        break;
    case STORE_SEQUENCE_AT_END:
        if (window.len > 0) {
            get_stuck(sequence, sequence->offset, ASSAY_E_MALFORMED,
                      "nothing may follow the end mark");
        }
        break;
    case STORE_SEQUENCE_STUCK:
        break;
    }
    if (sequence->phase == STORE_SEQUENCE_STUCK) {
        event = (struct store_sequence_event){
            .type = STORE_SEQUENCE_BAD,
            .offset = sequence->fault_offset,
            .err = sequence->err,
            .rule = sequence->rule,
        };
    }
    ASSAY_CHECK(event.used <= window.len);
    *event_out = event;
}

static struct assay_bytes finish(const struct assay_cbor_writer *writer)
{
    struct assay_bytes bytes = ASSAY_BYTES_NONE;
    enum assay_err err = assay_cbor_writer_finish(writer, &bytes);

    ASSAY_CHECK(err == ASSAY_OK); /* Heads are short. */
    return bytes;
}

/* Begins an item of two whose first part is a word. */
static void write_word(struct assay_cbor_writer *writer, const char *word,
                       uint8_t *out)
{
    assay_cbor_writer_init(writer, out, STORE_SEQUENCE_HEAD_MAX);
    assay_cbor_write_array(writer, 2);
    assay_cbor_write_text(writer, assay_bytes_of(word));
}

struct assay_bytes store_sequence_write_head(uint8_t *out)
{
    struct assay_cbor_writer writer;

    write_word(&writer, MAGIC, out);
    assay_cbor_write_uint(&writer, FORMAT_VERSION);
    return finish(&writer);
}

struct assay_bytes store_sequence_write_bytes(uint64_t len, uint8_t *out)
{
    struct assay_cbor_writer writer;

    write_word(&writer, BYTES_WORD, out);
    /* The head of a byte string is that of a number, but for its type. */
    size_t at = writer.len;
    assay_cbor_write_uint(&writer, len);
    struct assay_bytes bytes = finish(&writer);
    out[at] |= BYTES_INITIAL;
    return bytes;
}

struct assay_bytes store_sequence_write_end(uint64_t count, uint8_t *out)
{
    struct assay_cbor_writer writer;

    write_word(&writer, END_WORD, out);
    assay_cbor_write_uint(&writer, count);
    return finish(&writer);
}
