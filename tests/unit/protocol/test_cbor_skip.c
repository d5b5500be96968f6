/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps, nesting and what stands inside what: the parts of cbor.h that look
 * at more than one item.
 */
#include "protocol/cbor.h"

#include "testing.h"

#include "protocol/limits.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define BYTES(text)                                                            \
    {                                                                          \
        (const uint8_t *)(text), sizeof(text) - 1                              \
    }

static enum assay_err skip_whole(struct assay_bytes item)
{
    struct assay_cbor_reader reader;

    assay_cbor_reader_init(&reader, item);
    struct assay_bytes skipped = assay_cbor_skip(&reader);
    enum assay_err err = assay_cbor_reader_finish(&reader, NULL);
    if (err == ASSAY_OK) {
        assert_ptr_equal(skipped.data, item.data);
        assert_int_equal(skipped.len, item.len);
    }
    return err;
}

/* Only the item itself is passed over, and lent. */
static void skip_stops_behind_one_item(void **state)
{
    static const struct assay_bytes input = BYTES("\x82\x01\xa1\x02\x03\x04");
    struct assay_cbor_reader reader;
    (void)state;

    assay_cbor_reader_init(&reader, input);
    struct assay_bytes item = assay_cbor_skip(&reader);
    assert_ptr_equal(item.data, input.data);
    assert_int_equal(item.len, 5);
    assert_int_equal(assay_cbor_read_uint(&reader), 4);
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_OK);
}

/* Bytewise: not by length first, as an older rule had it, and not by value. */
static void map_keys_of_any_type_are_in_bytewise_order(void **state)
{
    static const struct assay_bytes good[] = {
        BYTES("\xa0"),
        /* RFC 8949, 4.2.1: 10, 100, -1, "z", "aa", [100], [-1], false. */
        BYTES("\xa8\x0a\x00\x18\x64\x00\x20\x00\x61z\x00\x62"
              "aa\x00\x81\x18\x64\x00\x81\x20\x00\xf4\x00"),
        BYTES("\xa2\x40\x00\x60\x00"),
        BYTES("\xa2\xf4\x00\xf6\x00"),
        BYTES("\xa2\xa0\x00\xa1\x00\x00\x00"),
        /* Each map has keys of its own. */
        BYTES("\xa2\x05\xa1\x01\x00\x06\xa1\x01\x00"),
        BYTES("\xa1\xa2\x01\x00\x02\x00\x00"),
        BYTES("\xa2\x82\xa1\x01\x02\x00\x00\x82\xa1\x01\x02\x01\x00"),
    };
    static const struct assay_bytes bad[] = {
        BYTES("\xa2\x20\x00\x01\x00"),
        BYTES("\xa2\x62"
              "aa\x00\x61z\x00"),
        BYTES("\xa2\x81\x20\x00\x18\x64\x00"),
        BYTES("\xa2\xf5\x00\xf4\x00"),
        BYTES("\xa2\x82\x01\x02\x00\x82\x01\x01\x00"),
        BYTES("\xa2\x82\x01\x02\x00\x82\x01\x02\x00"),
        BYTES("\xa2\xa1\x00\x00\x00\xa0\x00"),
        BYTES("\xa2\x05\xa2\x02\x00\x01\x00\x06\x00"),
        BYTES("\xa1\xa2\x02\x00\x01\x00\x00"),
        BYTES("\xa3\x01\x00\x02\xa1\x07\x00\x02\x00"),
    };
    (void)state;

    for (size_t index = 0; index < COUNT(good); index++) {
        assert_int_equal(skip_whole(good[index]), ASSAY_OK);
    }
    for (size_t index = 0; index < COUNT(bad); index++) {
        assert_int_equal(skip_whole(bad[index]), ASSAY_E_MALFORMED);
    }
}

/* The key that is wrong is pointed at, not the map. */
static void a_key_out_of_order_is_pointed_at(void **state)
{
    static const struct assay_bytes input =
        BYTES("\x81\xa2\x82\x01\x02\x00\x82\x01\x01\x00");
    struct assay_cbor_reader reader;
    struct assay_fault fault = {0, NULL};
    (void)state;

    assay_cbor_reader_init(&reader, input);
    (void)assay_cbor_skip(&reader);
    assert_int_equal(assay_cbor_reader_finish(&reader, &fault),
                     ASSAY_E_MALFORMED);
    assert_int_equal(fault.offset, 6);
}

/* Writes depth arrays or maps into each other, and a number or nothing. */
static struct assay_bytes nested(uint8_t *out, size_t depth, bool is_map,
                                 bool is_empty)
{
    size_t len = 0;

    for (size_t level = 0; level < depth; level++) {
        bool is_last = level + 1 == depth;

        if (is_map) {
            out[len++] = is_last && is_empty ? 0xa0 : 0xa1;
            if (!is_last || !is_empty) {
                out[len++] = 0x00;
            }
        } else {
            out[len++] = is_last && is_empty ? 0x80 : 0x81;
        }
    }
    if (!is_empty) {
        out[len++] = 0x00;
    }
    return (struct assay_bytes){out, len};
}

static void nesting_ends_at_its_limit(void **state)
{
    uint8_t item[64];
    (void)state;

    for (unsigned form = 0; form < 4; form++) {
        for (size_t depth = 1; depth <= ASSAY_CBOR_DEPTH_MAX + 2; depth++) {
            struct assay_bytes input =
                nested(item, depth, (form & 1) != 0, (form & 2) != 0);

            assert_int_equal(skip_whole(input), depth <= ASSAY_CBOR_DEPTH_MAX
                                                    ? ASSAY_OK
                                                    : ASSAY_E_LIMIT);
        }
    }
}

/* Nesting without an end costs nothing: neither stack nor time. */
static void endless_nesting_is_refused_at_its_limit(void **state)
{
    static uint8_t item[ASSAY_RECORD_MAX];
    struct assay_cbor_reader reader;
    struct assay_fault fault = {0, NULL};
    (void)state;

    memset(item, 0x81, sizeof(item));
    assay_cbor_reader_init(&reader, (struct assay_bytes){item, sizeof(item)});
    (void)assay_cbor_skip(&reader);
    assert_int_equal(assay_cbor_reader_finish(&reader, &fault), ASSAY_E_LIMIT);
    assert_int_equal(fault.offset, ASSAY_CBOR_DEPTH_MAX);
}

static void next_key_walks_over_a_map(void **state)
{
    static const struct assay_bytes input =
        BYTES("\xa3\x00\x0a\x02\x0b\x18\x18\x0c");
    struct assay_cbor_reader reader;
    uint64_t key = 99;
    (void)state;

    assay_cbor_reader_init(&reader, input);
    struct assay_cbor_map map = assay_cbor_read_map(&reader, 8);
    assert_int_equal(map.left, 3);
    assert_true(assay_cbor_next_key(&reader, &map, &key));
    assert_int_equal(key, 0);
    assert_int_equal(assay_cbor_read_uint(&reader), 10);
    assert_true(assay_cbor_next_key(&reader, &map, &key));
    assert_int_equal(key, 2);
    assert_int_equal(assay_cbor_read_uint(&reader), 11);
    assert_true(assay_cbor_next_key(&reader, &map, &key));
    assert_int_equal(key, 24);
    assert_int_equal(assay_cbor_read_uint(&reader), 12);
    assert_false(assay_cbor_next_key(&reader, &map, &key));
    assert_int_equal(key, 24);
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_OK);
}

static void next_key_refuses_what_does_not_ascend(void **state)
{
    static const struct assay_bytes inputs[] = {
        BYTES("\xa2\x01\x00\x01\x00"),     BYTES("\xa2\x01\x00\x00\x00"),
        BYTES("\xa2\x01\x00\x20\x00"),     BYTES("\xa2\x01\x00\x61z\x00"),
        BYTES("\xa2\x01\x00\xc1\x02\x00"),
    };
    (void)state;

    for (size_t index = 0; index < COUNT(inputs); index++) {
        struct assay_cbor_reader reader;
        struct assay_fault fault = {0, NULL};
        uint64_t key = 99;

        assay_cbor_reader_init(&reader, inputs[index]);
        struct assay_cbor_map map = assay_cbor_read_map(&reader, 8);
        assert_true(assay_cbor_next_key(&reader, &map, &key));
        (void)assay_cbor_read_uint(&reader);
        assert_false(assay_cbor_next_key(&reader, &map, &key));
        assert_int_equal(key, 1);
        assert_int_equal(assay_cbor_reader_finish(&reader, &fault),
                         ASSAY_E_MALFORMED);
        assert_int_equal(fault.offset, 3);
    }
}

/* No number is one more than the largest key. */
static void the_largest_key_is_the_last(void **state)
{
    static const struct assay_bytes alone =
        BYTES("\xa1\x1b\xff\xff\xff\xff\xff\xff\xff\xff\x00");
    static const struct assay_bytes twice =
        BYTES("\xa2\x1b\xff\xff\xff\xff\xff\xff\xff\xff\x00"
              "\x1b\xff\xff\xff\xff\xff\xff\xff\xff\x00");
    struct assay_cbor_reader reader;
    uint64_t key = 0;
    (void)state;

    assay_cbor_reader_init(&reader, alone);
    struct assay_cbor_map map = assay_cbor_read_map(&reader, 8);
    assert_true(assay_cbor_next_key(&reader, &map, &key));
    assert_true(key == UINT64_MAX);
    (void)assay_cbor_read_uint(&reader);
    assert_false(assay_cbor_next_key(&reader, &map, &key));
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_OK);

    assay_cbor_reader_init(&reader, twice);
    map = assay_cbor_read_map(&reader, 8);
    while (assay_cbor_next_key(&reader, &map, &key)) {
        (void)assay_cbor_read_uint(&reader);
    }
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL),
                     ASSAY_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skip_stops_behind_one_item),
        cmocka_unit_test(map_keys_of_any_type_are_in_bytewise_order),
        cmocka_unit_test(a_key_out_of_order_is_pointed_at),
        cmocka_unit_test(nesting_ends_at_its_limit),
        cmocka_unit_test(endless_nesting_is_refused_at_its_limit),
        cmocka_unit_test(next_key_walks_over_a_map),
        cmocka_unit_test(next_key_refuses_what_does_not_ascend),
        cmocka_unit_test(the_largest_key_is_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
