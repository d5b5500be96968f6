/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/cbor.h"

#include "testing.h"

#include "protocol/limits.h"

#include <string.h>

/* What the writer writes, the reader reads, to the last byte. */
static void what_is_written_is_read_again(void **state)
{
    static const int64_t numbers[] = {
        0,         23,        24, 255, 256, 65535, 65536, 1LL << 32,
        INT64_MAX, INT64_MIN, -1, -24, -25, -256,  -257};
    uint8_t buffer[512];
    struct assay_cbor_writer writer;
    struct assay_cbor_reader reader;
    struct assay_bytes written;
    const size_t count = sizeof(numbers) / sizeof(numbers[0]);
    (void)state;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_cbor_write_array(&writer, count);
    for (size_t index = 0; index < count; index++) {
        assay_cbor_write_int(&writer, numbers[index]);
    }
    assay_cbor_write_text(&writer, assay_bytes_of("a text"));
    assay_cbor_write_bytes(&writer, assay_bytes_of("bytes"));
    assay_cbor_write_map(&writer, 1);
    assay_cbor_write_uint(&writer, 7);
    assay_cbor_write_null(&writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &written), ASSAY_OK);

    assay_cbor_reader_init(&reader, written);
    assert_int_equal(assay_cbor_read_array(&reader, 64), count);
    for (size_t index = 0; index < count; index++) {
        assert_true(assay_cbor_read_int(&reader) == numbers[index]);
    }
    assert_true(assay_bytes_equal(assay_cbor_read_text(&reader, 16),
                                  assay_bytes_of("a text")));
    assert_true(assay_bytes_equal(assay_cbor_read_bytes(&reader, 16),
                                  assay_bytes_of("bytes")));
    assert_int_equal(assay_cbor_skip(&reader).len, 3);
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
