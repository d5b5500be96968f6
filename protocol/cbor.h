/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbor.h - deterministic CBOR: one reader and one writer for every byte.
 *
 * RFC 8949 section 4.2.1 (core deterministic encoding) without floats and,
 * but for an envelope's own, without tags: shortest heads, definite lengths,
 * map keys unique and in bytewise order of their encodings. Text is UTF-8
 * as text.h allows it. One meaning has one encoding.
 *
 * The reader is the only code that does arithmetic on input. Its first
 * failure sticks, and later reads give zeros, so a decoder is one straight
 * line. Heads are read and written by libcbor.
 */
#ifndef ASSAY_PROTOCOL_CBOR_H
#define ASSAY_PROTOCOL_CBOR_H

#include "bytes.h"
#include "err.h"

enum assay_cbor_type {
    ASSAY_CBOR_NOTHING, /* The input has ended, or the reader has failed. */
    ASSAY_CBOR_UINT,
    ASSAY_CBOR_NEGINT,
    ASSAY_CBOR_BYTES,
    ASSAY_CBOR_TEXT,
    ASSAY_CBOR_ARRAY,
    ASSAY_CBOR_MAP,
    ASSAY_CBOR_TAG,
    ASSAY_CBOR_BOOL,
    ASSAY_CBOR_NULL,
    ASSAY_CBOR_OTHER /* Floats, undefined, indefinite lengths: never read. */
};

struct assay_cbor_reader {
    struct assay_bytes input;
    size_t pos;               /* Where the next item begins. */
    size_t base;              /* Added to every offset that is reported. */
    enum assay_err err;       /* The first failure; it stays. */
    struct assay_fault fault; /* Where and why; set with err. */
};

/* The state of walking a map with unsigned integer keys. */
struct assay_cbor_map {
    size_t left;   /* Pairs that are still to come. */
    uint64_t next; /* The smallest key that may come next. */
};

/* Begins at the first byte. The input is borrowed while the reader is used. */
void assay_cbor_reader_init(struct assay_cbor_reader *reader,
                            struct assay_bytes input);

/* Begins on bytes that lie inside a larger input, base bytes from its start,
 * so that faults name offsets of the larger one. */
void assay_cbor_reader_init_at(struct assay_cbor_reader *reader,
                               struct assay_bytes input, size_t base);

/* Refuses the input at the current position, if nothing failed before. The
 * rule is a static sentence. */
void assay_cbor_fail(struct assay_cbor_reader *reader, enum assay_err err,
                     const char *rule);

/* The same at an offset of the reader's input that was noted before. */
void assay_cbor_fail_at(struct assay_cbor_reader *reader, size_t offset,
                        enum assay_err err, const char *rule);

/* Refuses trailing bytes. Returns the first failure, and writes where and
 * why to fault_out, which may be NULL. */
ASSAY_MUST_CHECK
enum assay_err assay_cbor_reader_finish(struct assay_cbor_reader *reader,
                                        struct assay_fault *fault_out);

/* The type of the next item, which stays unread. */
enum assay_cbor_type assay_cbor_peek(const struct assay_cbor_reader *reader);

/* Each reads one item of its type; another type fails with MALFORMED, an
 * input that ends inside the item with TRUNCATED. */
uint64_t assay_cbor_read_uint(struct assay_cbor_reader *reader);
int64_t assay_cbor_read_int(struct assay_cbor_reader *reader);
uint64_t assay_cbor_read_tag(struct assay_cbor_reader *reader);
bool assay_cbor_read_bool(struct assay_cbor_reader *reader);
void assay_cbor_read_null(struct assay_cbor_reader *reader);

/* A byte string of at most len_max bytes (else LIMIT); borrows from input. */
struct assay_bytes assay_cbor_read_bytes(struct assay_cbor_reader *reader,
                                         size_t len_max);

/* A byte string of exactly len bytes, copied; zeros after a failure. */
void assay_cbor_read_fixed(struct assay_cbor_reader *reader, uint8_t *out,
                           size_t len);

/* Text of at most len_max bytes (else LIMIT) that text.h allows; borrows. */
struct assay_bytes assay_cbor_read_text(struct assay_cbor_reader *reader,
                                        size_t len_max);

/* The head of an array or map of at most count_max items or pairs. */
size_t assay_cbor_read_array(struct assay_cbor_reader *reader,
                             size_t count_max);
struct assay_cbor_map assay_cbor_read_map(struct assay_cbor_reader *reader,
                                          size_t count_max);

/* Reads the next key of a map; the caller then reads or skips its value.
 * False at the end of the map and after a failure. A key that is not larger
 * than the one before, or not an unsigned integer, fails with MALFORMED. */
bool assay_cbor_next_key(struct assay_cbor_reader *reader,
                         struct assay_cbor_map *map, uint64_t *key_out);

/* Passes over one item of any allowed type, checking all rules inside it,
 * ASSAY_CBOR_DEPTH_MAX deep at most (else LIMIT) and without recursion;
 * returns its bytes, borrowed. Tags are refused. */
struct assay_bytes assay_cbor_skip(struct assay_cbor_reader *reader);

/* Writes into the caller's buffer; what does not fit sets has_overflowed. */
struct assay_cbor_writer {
    uint8_t *data;
    size_t cap;
    size_t len;
    bool has_overflowed;
};

void assay_cbor_writer_init(struct assay_cbor_writer *writer, uint8_t *data,
                            size_t cap);
void assay_cbor_write_uint(struct assay_cbor_writer *writer, uint64_t value);
void assay_cbor_write_int(struct assay_cbor_writer *writer, int64_t value);
void assay_cbor_write_tag(struct assay_cbor_writer *writer, uint64_t tag);
void assay_cbor_write_bool(struct assay_cbor_writer *writer, bool value);
void assay_cbor_write_null(struct assay_cbor_writer *writer);
void assay_cbor_write_bytes(struct assay_cbor_writer *writer,
                            struct assay_bytes bytes);
void assay_cbor_write_text(struct assay_cbor_writer *writer,
                           struct assay_bytes text);
void assay_cbor_write_array(struct assay_cbor_writer *writer, size_t count);
void assay_cbor_write_map(struct assay_cbor_writer *writer, size_t count);

/* Copies bytes that are already CBOR. */
void assay_cbor_write_raw(struct assay_cbor_writer *writer,
                          struct assay_bytes bytes);

/* What was written, borrowed from the buffer; ASSAY_E_LIMIT if it did not
 * fit. */
ASSAY_MUST_CHECK
enum assay_err assay_cbor_writer_finish(const struct assay_cbor_writer *writer,
                                        struct assay_bytes *out);

#endif
