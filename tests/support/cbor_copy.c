/* SPDX-License-Identifier: Apache-2.0 */
#include "cbor_copy.h"

#include "protocol/check.h"

#include <cbor/encoding.h>

/* A negative integer down to -2^64 does not fit in the reader's int64_t: its
 * argument is taken from the bytes. */
static void copy_negint(struct assay_cbor_reader *reader,
                        struct assay_cbor_writer *writer)
{
    struct assay_bytes item = assay_cbor_skip(reader);
    uint64_t argument = 0;
    uint8_t head[9];

    if (item.len == 0) {
        return;
    }
    if (item.len == 1) {
        argument = item.data[0] & 0x1fU;
    }
    for (size_t index = 1; index < item.len; index++) {
        argument = argument << 8 | item.data[index];
    }
    size_t len = cbor_encode_negint(argument, head, sizeof(head));
    assay_cbor_write_raw(writer, (struct assay_bytes){head, len});
}

/* Copies one head and the bytes of a string; returns how many items stand
 * inside it. */
static size_t copy_head(struct assay_cbor_reader *reader,
                        struct assay_cbor_writer *writer)
{
    size_t count = 0;

    switch (assay_cbor_peek(reader)) {
    case ASSAY_CBOR_UINT:
        assay_cbor_write_uint(writer, assay_cbor_read_uint(reader));
        break;
    case ASSAY_CBOR_NEGINT:
        copy_negint(reader, writer);
        break;
    case ASSAY_CBOR_BYTES:
        assay_cbor_write_bytes(writer, assay_cbor_read_bytes(reader, SIZE_MAX));
        break;
    case ASSAY_CBOR_TEXT:
        assay_cbor_write_text(writer, assay_cbor_read_text(reader, SIZE_MAX));
        break;
    case ASSAY_CBOR_ARRAY:
        count = assay_cbor_read_array(reader, SIZE_MAX);
        assay_cbor_write_array(writer, count);
        break;
    case ASSAY_CBOR_MAP:
        count = assay_cbor_read_map(reader, SIZE_MAX).left;
        assay_cbor_write_map(writer, count);
        count *= 2;
        break;
    case ASSAY_CBOR_BOOL:
        assay_cbor_write_bool(writer, assay_cbor_read_bool(reader));
        break;
    case ASSAY_CBOR_NULL:
        assay_cbor_read_null(reader);
        assay_cbor_write_null(writer);
        break;
    case ASSAY_CBOR_TAG:
    case ASSAY_CBOR_OTHER:
    case ASSAY_CBOR_NOTHING:
        assay_cbor_fail(reader, ASSAY_E_MALFORMED, "nothing here is copied");
        break;
    }
    return count;
}

void cbor_copy(struct assay_cbor_reader *reader,
               struct assay_cbor_writer *writer)
{
    size_t left = 1;

    while (left > 0 && reader->err == ASSAY_OK) {
        size_t inside = copy_head(reader, writer);

        /* The reader holds every count against the bytes that are left. */
        ASSAY_CHECK(inside <= SIZE_MAX - left);
        left += inside - 1;
    }
}
