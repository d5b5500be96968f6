/* SPDX-License-Identifier: Apache-2.0 */
#include "cbor.h"

#include "check.h"

#include <cbor.h>

static size_t room(const struct assay_cbor_writer *writer)
{
    return writer->cap - writer->len;
}

static uint8_t *end(const struct assay_cbor_writer *writer)
{
    return writer->data + writer->len;
}

/* Takes in what libcbor wrote: no bytes mean that there was no room. */
static void advance(struct assay_cbor_writer *writer, size_t written)
{
    ASSAY_CHECK(written <= room(writer));
    if (written == 0) {
        writer->has_overflowed = true;
        return;
    }
    writer->len += written;
}

void assay_cbor_writer_init(struct assay_cbor_writer *writer, uint8_t *data,
                            size_t cap)
{
    ASSAY_CHECK(data != NULL);
    *writer = (struct assay_cbor_writer){.cap = cap};
    writer->data = data;
}

void assay_cbor_write_uint(struct assay_cbor_writer *writer, uint64_t value)
{
    advance(writer, cbor_encode_uint(value, end(writer), room(writer)));
}

void assay_cbor_write_int(struct assay_cbor_writer *writer, int64_t value)
{
    if (value >= 0) {
        assay_cbor_write_uint(writer, (uint64_t)value);
        return;
    }
    advance(writer, cbor_encode_negint((uint64_t)(-1 - value), end(writer),
                                       room(writer)));
}

void assay_cbor_write_tag(struct assay_cbor_writer *writer, uint64_t tag)
{
    advance(writer, cbor_encode_tag(tag, end(writer), room(writer)));
}

void assay_cbor_write_bool(struct assay_cbor_writer *writer, bool value)
{
    advance(writer, cbor_encode_bool(value, end(writer), room(writer)));
}

void assay_cbor_write_null(struct assay_cbor_writer *writer)
{
    advance(writer, cbor_encode_null(end(writer), room(writer)));
}

void assay_cbor_write_bytes(struct assay_cbor_writer *writer,
                            struct assay_bytes bytes)
{
    advance(writer,
            cbor_encode_bytestring_start(bytes.len, end(writer), room(writer)));
    assay_cbor_write_raw(writer, bytes);
}

void assay_cbor_write_text(struct assay_cbor_writer *writer,
                           struct assay_bytes text)
{
    advance(writer,
            cbor_encode_string_start(text.len, end(writer), room(writer)));
    assay_cbor_write_raw(writer, text);
}

void assay_cbor_write_array(struct assay_cbor_writer *writer, size_t count)
{
    advance(writer, cbor_encode_array_start(count, end(writer), room(writer)));
}

void assay_cbor_write_map(struct assay_cbor_writer *writer, size_t count)
{
    advance(writer, cbor_encode_map_start(count, end(writer), room(writer)));
}

void assay_cbor_write_raw(struct assay_cbor_writer *writer,
                          struct assay_bytes bytes)
{
    if (bytes.len > room(writer)) {
        writer->has_overflowed = true;
        return;
    }
    if (bytes.len > 0) {
        memcpy(end(writer), bytes.data, bytes.len);
        writer->len += bytes.len;
    }
}

enum assay_err assay_cbor_writer_finish(const struct assay_cbor_writer *writer,
                                        struct assay_bytes *out)
{
    if (writer->has_overflowed) {
        return ASSAY_E_LIMIT;
    }
    *out = (struct assay_bytes){writer->data, writer->len};
    return ASSAY_OK;
}
