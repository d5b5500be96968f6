/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/cbor.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Writes one of everything. */
static void write_everything(struct assay_cbor_writer *writer)
{
    assay_cbor_write_tag(writer, 18);
    assay_cbor_write_array(writer, 8);
    assay_cbor_write_uint(writer, 1000);
    assay_cbor_write_int(writer, -1);
    assay_cbor_write_bool(writer, true);
    assay_cbor_write_null(writer);
    assay_cbor_write_bytes(writer, assay_bytes_of("bytes"));
    assay_cbor_write_text(writer, assay_bytes_of("text"));
    assay_cbor_write_map(writer, 1);
    assay_cbor_write_uint(writer, 1);
    assay_cbor_write_raw(writer, assay_bytes_of("\x45inner"));
    assay_cbor_write_bytes(writer, ASSAY_BYTES_NONE);
    assay_cbor_write_text(writer, ASSAY_BYTES_NONE);
}

/* Written out by hand from RFC 8949. */
static const char everything[] = "\xd2\x88\x19\x03\xe8\x20\xf5\xf6\x45"
                                 "bytes\x64text\xa1\x01\x45inner\x40\x60";

static void heads_are_those_of_rfc_8949(void **state)
{
    uint8_t buffer[64];
    struct assay_cbor_writer writer;
    struct assay_bytes written;
    (void)state;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    write_everything(&writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &written), ASSAY_OK);
    assert_ptr_equal(written.data, buffer);
    assert_int_equal(written.len, sizeof(everything) - 1);
    assert_memory_equal(written.data, everything, written.len);
}

/* Whatever the room is, nothing is written behind it (the sanitizer watches
 * the heap), and only a buffer that holds everything succeeds. */
static void what_does_not_fit_is_told(void **state)
{
    (void)state;

    for (size_t cap = 0; cap <= sizeof(everything); cap++) {
        uint8_t *buffer = malloc(cap > 0 ? cap : 1);
        struct assay_cbor_writer writer;
        struct assay_bytes written = {NULL, 77};
        bool fits = cap >= sizeof(everything) - 1;

        assert_non_null(buffer);
        assay_cbor_writer_init(&writer, buffer, cap);
        write_everything(&writer);
        assert_int_equal(assay_cbor_writer_finish(&writer, &written),
                         fits ? ASSAY_OK : ASSAY_E_LIMIT);
        assert_int_equal(written.len, fits ? sizeof(everything) - 1 : 77);
        free(buffer);
    }
}

/* A small thing that would still fit does not hide what is missing. */
static void an_overflow_stays(void **state)
{
    uint8_t buffer[4];
    struct assay_cbor_writer writer;
    struct assay_bytes written;
    (void)state;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_cbor_write_text(&writer, assay_bytes_of("too long"));
    assay_cbor_write_null(&writer);
    assay_cbor_write_raw(&writer, ASSAY_BYTES_NONE);
    assert_true(writer.has_overflowed);
    assert_int_equal(assay_cbor_writer_finish(&writer, &written),
                     ASSAY_E_LIMIT);
}

/* RFC 8949, 4.2.1: each number in the fewest bytes. */
static void numbers_take_the_fewest_bytes(void **state)
{
    static const struct {
        uint64_t value;
        size_t len;
    } cases[] = {{0, 1},          {23, 1},        {24, 2},    {255, 2},
                 {256, 3},        {65535, 3},     {65536, 5}, {UINT32_MAX, 5},
                 {1ULL << 32, 9}, {UINT64_MAX, 9}};
    (void)state;

    for (size_t index = 0; index < COUNT(cases); index++) {
        uint8_t buffer[16];
        struct assay_cbor_writer writer;

        assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
        assay_cbor_write_uint(&writer, cases[index].value);
        assert_int_equal(writer.len, cases[index].len);
        assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
        assay_cbor_write_tag(&writer, cases[index].value);
        assert_int_equal(writer.len, cases[index].len);
        assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
        assay_cbor_write_array(&writer, cases[index].value);
        assert_int_equal(writer.len, cases[index].len);
        assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
        assay_cbor_write_map(&writer, cases[index].value);
        assert_int_equal(writer.len, cases[index].len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_those_of_rfc_8949),
        cmocka_unit_test(what_does_not_fit_is_told),
        cmocka_unit_test(an_overflow_stays),
        cmocka_unit_test(numbers_take_the_fewest_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
