/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbor_head.h - one head at a time: what the parts of the reader share.
 *
 * Internal to cbor*.c and not installed. All of libcbor's decoding is behind
 * this header.
 */
#ifndef ASSAY_PROTOCOL_CBOR_HEAD_H
#define ASSAY_PROTOCOL_CBOR_HEAD_H

#include "cbor.h"

/* A head, and for a string where its bytes are. */
struct assay_cbor_head {
    enum assay_cbor_type type;
    uint64_t value;      /* Number, length, count or tag; 1 for true. */
    const uint8_t *data; /* The bytes of a string, else NULL. */
};

/* How many bytes of the input are still to be read. */
static inline size_t assay_cbor_left(const struct assay_cbor_reader *reader)
{
    return reader->input.len - reader->pos;
}

/* The type that an initial byte announces. */
enum assay_cbor_type assay_cbor_initial_type(uint8_t initial);

/*
 * Reads a head of any type but ASSAY_CBOR_OTHER, and passes over the bytes of
 * a string. On failure the position stays and the reader has failed. A string
 * whose bytes are not all there fails with ASSAY_E_LIMIT if it claims to be
 * longer than len_max, else with ASSAY_E_TRUNCATED; one that is there is not
 * held to len_max.
 */
bool assay_cbor_read_head(struct assay_cbor_reader *reader, uint64_t len_max,
                          struct assay_cbor_head *head);

/* Checks the text whose head was just read by the rules of text.h. */
bool assay_cbor_check_text(struct assay_cbor_reader *reader,
                           const struct assay_cbor_head *head);

/* Checks that as many items as the head at start announces can follow, when
 * each takes item_size bytes at least. */
bool assay_cbor_check_count(struct assay_cbor_reader *reader, size_t start,
                            uint64_t count, size_t item_size);

#endif
