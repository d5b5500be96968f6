/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_cbor.c - what the CBOR cursor accepts is canonical: written again it
 * is the same bytes. Whatever it is given, it stays inside, moves forward and
 * says why it stops.
 */
#include "protocol/cbor.h"
#include "protocol/check.h"
#include "tests/support/cbor_copy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len);

/* Every failure says what it is, and where in the input it is. */
static void check_failure(const struct assay_cbor_reader *reader)
{
    ASSAY_CHECK(reader->err == ASSAY_E_TRUNCATED ||
                reader->err == ASSAY_E_MALFORMED ||
                reader->err == ASSAY_E_LIMIT);
    ASSAY_CHECK(reader->fault.offset <= reader->input.len);
    ASSAY_CHECK(reader->fault.rule != NULL);
}

/* Reads the next head, whatever it is, with limits that many break. */
static void read_one(struct assay_cbor_reader *reader)
{
    size_t max = reader->input.len / 2;

    switch (assay_cbor_peek(reader)) {
    case ASSAY_CBOR_UINT:
        (void)assay_cbor_read_uint(reader);
        break;
    case ASSAY_CBOR_NEGINT:
        (void)assay_cbor_read_int(reader);
        break;
    case ASSAY_CBOR_BYTES:
        (void)assay_cbor_read_bytes(reader, max);
        break;
    case ASSAY_CBOR_TEXT:
        (void)assay_cbor_read_text(reader, max);
        break;
    case ASSAY_CBOR_ARRAY:
        (void)assay_cbor_read_array(reader, max);
        break;
    case ASSAY_CBOR_MAP:
        (void)assay_cbor_read_map(reader, max);
        break;
    case ASSAY_CBOR_TAG:
        (void)assay_cbor_read_tag(reader);
        break;
    case ASSAY_CBOR_BOOL:
        (void)assay_cbor_read_bool(reader);
        break;
    case ASSAY_CBOR_NULL:
        assay_cbor_read_null(reader);
        break;
    case ASSAY_CBOR_OTHER:
    case ASSAY_CBOR_NOTHING:
        (void)assay_cbor_skip(reader);
        break;
    }
}

/* Reads head by head, tags too: each moves forward or fails. */
static void walk(struct assay_bytes input)
{
    struct assay_cbor_reader reader;

    assay_cbor_reader_init(&reader, input);
    while (assay_cbor_peek(&reader) != ASSAY_CBOR_NOTHING) {
        bool is_other = assay_cbor_peek(&reader) == ASSAY_CBOR_OTHER;
        size_t before = reader.pos;

        read_one(&reader);
        ASSAY_CHECK(!is_other || reader.err == ASSAY_E_MALFORMED);
        ASSAY_CHECK(reader.err != ASSAY_OK || reader.pos > before);
        ASSAY_CHECK(reader.pos <= input.len);
    }
    if (reader.err != ASSAY_OK) {
        check_failure(&reader);
    }
}

/* What was accepted is what a writer writes. */
static void check_canonical(struct assay_bytes item)
{
    struct assay_cbor_reader reader;
    struct assay_cbor_writer writer;
    struct assay_bytes written = ASSAY_BYTES_NONE;
    uint8_t *buffer = malloc(item.len);

    if (buffer == NULL) {
        return;
    }
    assay_cbor_reader_init(&reader, item);
    assay_cbor_writer_init(&writer, buffer, item.len);
    cbor_copy(&reader, &writer);
    ASSAY_CHECK(assay_cbor_reader_finish(&reader, NULL) == ASSAY_OK);
    ASSAY_CHECK(assay_cbor_writer_finish(&writer, &written) == ASSAY_OK);
    ASSAY_CHECK(assay_bytes_equal(written, item));
    free(buffer);
}

/* What begins like something right, and is not whole, is not there yet. */
static void check_cut(struct assay_bytes item, size_t len)
{
    struct assay_cbor_reader reader;
    uint8_t *cut = malloc(len > 0 ? len : 1);

    if (cut == NULL) {
        return;
    }
    memcpy(cut, item.data, len);
    assay_cbor_reader_init(&reader, (struct assay_bytes){cut, len});
    (void)assay_cbor_skip(&reader);
    ASSAY_CHECK(reader.err == ASSAY_E_TRUNCATED);
    free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t data_len)
{
    struct assay_bytes input = {data, data_len};
    struct assay_cbor_reader reader;

    assay_cbor_reader_init(&reader, input);
    struct assay_bytes item = assay_cbor_skip(&reader);
    if (reader.err == ASSAY_OK) {
        ASSAY_CHECK(item.data == data);
        ASSAY_CHECK(item.len >= 1 && item.len <= data_len);
        check_canonical(item);
        check_cut(item, item.len - 1);
        check_cut(item, item.len / 2);
    } else {
        ASSAY_CHECK(item.len == 0);
        check_failure(&reader);
    }
    walk(input);
    return 0;
}
