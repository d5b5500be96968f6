/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/cbor.h"

#include "testing.h"

#include "protocol/limits.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bytes written as a C string, zeros included. */
#define BYTES(text)                                                            \
    {                                                                          \
        (const uint8_t *)(text), sizeof(text) - 1                              \
    }

/* An item and what becomes of it. */
struct refusal {
    struct assay_bytes item;
    enum assay_err err;
    size_t offset;
    const char *rule; /* A part of the sentence. */
};

static void expect_refusal(struct assay_cbor_reader *reader,
                           const struct refusal *want)
{
    struct assay_fault fault = {0, NULL};

    assert_int_equal(assay_cbor_reader_finish(reader, &fault), want->err);
    assert_int_equal(fault.offset, want->offset);
    assert_non_null(fault.rule);
    if (strstr(fault.rule, want->rule) == NULL) {
        fail_msg("\"%s\" does not tell of \"%s\"", fault.rule, want->rule);
    }
}

static enum assay_err skip_whole(struct assay_bytes item)
{
    struct assay_cbor_reader reader;

    assay_cbor_reader_init(&reader, item);
    (void)assay_cbor_skip(&reader);
    return assay_cbor_reader_finish(&reader, NULL);
}

/* What the writer writes, the reader reads, to the last byte. */
static void what_is_written_is_read_again(void **state)
{
    static const int64_t numbers[] = {0,
                                      23,
                                      24,
                                      255,
                                      256,
                                      65535,
                                      65536,
                                      1LL << 32,
                                      -1,
                                      -24,
                                      -25,
                                      -256,
                                      -257,
                                      -65536,
                                      -65537,
                                      -(1LL << 32),
                                      -(1LL << 32) - 1,
                                      INT64_MAX,
                                      INT64_MIN};
    uint8_t buffer[512];
    struct assay_cbor_writer writer;
    struct assay_cbor_reader reader;
    struct assay_bytes written;
    (void)state;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_cbor_write_tag(&writer, 18);
    assay_cbor_write_array(&writer, COUNT(numbers));
    for (size_t index = 0; index < COUNT(numbers); index++) {
        assay_cbor_write_int(&writer, numbers[index]);
    }
    assay_cbor_write_text(&writer, assay_bytes_of("a text"));
    assay_cbor_write_bytes(&writer, assay_bytes_of("bytes"));
    assay_cbor_write_bool(&writer, true);
    assay_cbor_write_bool(&writer, false);
    assay_cbor_write_null(&writer);
    assay_cbor_write_uint(&writer, UINT64_MAX);
    assert_int_equal(assay_cbor_writer_finish(&writer, &written), ASSAY_OK);

    assay_cbor_reader_init(&reader, written);
    assert_int_equal(assay_cbor_read_tag(&reader), 18);
    assert_int_equal(assay_cbor_read_array(&reader, 64), COUNT(numbers));
    for (size_t index = 0; index < COUNT(numbers); index++) {
        assert_true(assay_cbor_read_int(&reader) == numbers[index]);
    }
    assert_true(assay_bytes_equal(assay_cbor_read_text(&reader, 16),
                                  assay_bytes_of("a text")));
    assert_true(assay_bytes_equal(assay_cbor_read_bytes(&reader, 16),
                                  assay_bytes_of("bytes")));
    assert_true(assay_cbor_read_bool(&reader));
    assert_false(assay_cbor_read_bool(&reader));
    assay_cbor_read_null(&reader);
    assert_true(assay_cbor_read_uint(&reader) == UINT64_MAX);
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_OK);
}

/* One meaning has one encoding: each rule of the header, broken once. */
static void skip_refuses_each_rule_broken(void **state)
{
    static const struct refusal refusals[] = {
        {BYTES("\x5f\x41"
               "a\xff"),
         ASSAY_E_MALFORMED, 0, "lengths must be definite"},
        {BYTES("\x7f\xff"), ASSAY_E_MALFORMED, 0, "lengths must be definite"},
        {BYTES("\x9f\xff"), ASSAY_E_MALFORMED, 0, "lengths must be definite"},
        {BYTES("\xbf\xff"), ASSAY_E_MALFORMED, 0, "lengths must be definite"},
        {BYTES("\x81\xff"), ASSAY_E_MALFORMED, 1, "a break"},
        {BYTES("\x82\x00\xf9\x3c\x00"), ASSAY_E_MALFORMED, 2, "floating"},
        {BYTES("\xfa\x47\xc3\x50\x00"), ASSAY_E_MALFORMED, 0, "floating"},
        {BYTES("\xfb\x3f\xf1"), ASSAY_E_MALFORMED, 0, "floating"},
        {BYTES("\xf7"), ASSAY_E_MALFORMED, 0, "undefined"},
        {BYTES("\xe0"), ASSAY_E_MALFORMED, 0, "simple values"},
        {BYTES("\xf3"), ASSAY_E_MALFORMED, 0, "simple values"},
        {BYTES("\xf8\x14"), ASSAY_E_MALFORMED, 0, "simple values"},
        {BYTES("\xf8\xff"), ASSAY_E_MALFORMED, 0, "simple values"},
        {BYTES("\xfc"), ASSAY_E_MALFORMED, 0, "simple values"},
        {BYTES("\x1c"), ASSAY_E_MALFORMED, 0, "reserved"},
        {BYTES("\x5d"), ASSAY_E_MALFORMED, 0, "reserved"},
        {BYTES("\x1f"), ASSAY_E_MALFORMED, 0, "definite"},
        {BYTES("\x81\xc1\x00"), ASSAY_E_MALFORMED, 1, "tags"},
        {BYTES("\xa2\x01\x00\x01\x00"), ASSAY_E_MALFORMED, 3, "twice"},
        {BYTES("\xa2\x02\x00\x01\x00"), ASSAY_E_MALFORMED, 3, "order"},
        {BYTES("\x63"
               "ab\xff"),
         ASSAY_E_MALFORMED, 3, "UTF-8"},
        {BYTES("\x63"
               "a\x1b["),
         ASSAY_E_MALFORMED, 2, "control characters"},
        {BYTES("\x81\x63"
               "a\rb"),
         ASSAY_E_MALFORMED, 3, "control characters"},
        {BYTES("\x00\x00"), ASSAY_E_MALFORMED, 1, "nothing may follow"},
        {BYTES(""), ASSAY_E_TRUNCATED, 0, "must follow"},
        {BYTES("\x82\x00"), ASSAY_E_TRUNCATED, 0, "as many items"},
        {BYTES("\xa2\x00\x00\x01"), ASSAY_E_TRUNCATED, 0, "as many items"},
        {BYTES("\x82\x81\x00"), ASSAY_E_TRUNCATED, 3, "must follow"},
        {BYTES("\x42"
               "a"),
         ASSAY_E_TRUNCATED, 0, "whole"},
        {BYTES("\x19\x01"), ASSAY_E_TRUNCATED, 0, "whole"},
    };
    (void)state;

    for (size_t index = 0; index < COUNT(refusals); index++) {
        struct assay_cbor_reader reader;

        assay_cbor_reader_init(&reader, refusals[index].item);
        (void)assay_cbor_skip(&reader);
        expect_refusal(&reader, &refusals[index]);
    }
}

/* Writes a head as long as asked for. */
static size_t long_head(uint8_t major, uint64_t value, size_t argument_len,
                        uint8_t *out)
{
    static const uint8_t infos[] = {0, 24, 25, 0, 26, 0, 0, 0, 27};

    out[0] = (uint8_t)(major << 5 | infos[argument_len]);
    for (size_t index = 0; index < argument_len; index++) {
        out[1 + index] = (uint8_t)(value >> (8 * (argument_len - 1 - index)));
    }
    return 1 + argument_len;
}

/* RFC 8949, 4.2.1: the shortest head that holds the number, for every type
 * and every length of head. */
static void heads_longer_than_needed_are_refused(void **state)
{
    static const struct {
        uint64_t value;
        size_t argument_len;
        bool is_shortest;
    } heads[] = {
        {23, 1, false},        {24, 1, true},          {255, 1, true},
        {255, 2, false},       {256, 2, true},         {65535, 2, true},
        {65535, 4, false},     {65536, 4, true},       {0, 1, false},
        {0, 2, false},         {0, 4, false},          {0, 8, false},
        {UINT32_MAX, 4, true}, {UINT32_MAX, 8, false}, {1ULL << 32, 8, true},
        {UINT64_MAX, 8, true},
    };
    /* Room for as many zeros as the largest string or map here holds. */
    uint8_t *item = calloc(1, 9 + 2 * 65536);
    (void)state;

    assert_non_null(item);
    for (size_t index = 0; index < COUNT(heads); index++) {
        for (uint8_t major = 0; major <= 4; major++) {
            size_t len = long_head(major, heads[index].value,
                                   heads[index].argument_len, item);
            bool has_content = major >= 2;

            if (has_content && heads[index].value > 65536) {
                continue;
            }
            if (has_content) {
                memset(item + len, major == 3 ? 'a' : 0, heads[index].value);
                len += heads[index].value;
            }
            assert_int_equal(skip_whole((struct assay_bytes){item, len}),
                             heads[index].is_shortest ? ASSAY_OK
                                                      : ASSAY_E_MALFORMED);
        }
    }
    free(item);
}

/* libcbor knows a tag by its meaning; to us it is a number. */
static void every_tag_is_read(void **state)
{
    static const uint64_t large[] = {255,        256,        65535,     65536,
                                     UINT32_MAX, 1ULL << 32, UINT64_MAX};
    (void)state;

    for (uint64_t index = 0; index < 64 + COUNT(large); index++) {
        uint64_t tag = index < 64 ? index : large[index - 64];
        uint8_t buffer[9];
        struct assay_cbor_writer writer;
        struct assay_cbor_reader reader;
        struct assay_bytes written;

        assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
        assay_cbor_write_tag(&writer, tag);
        assert_int_equal(assay_cbor_writer_finish(&writer, &written), ASSAY_OK);
        for (size_t len = 0; len < written.len; len++) {
            assay_cbor_reader_init(&reader, (struct assay_bytes){buffer, len});
            assert_int_equal(assay_cbor_read_tag(&reader), 0);
            assert_int_equal(reader.err, ASSAY_E_TRUNCATED);
        }
        assay_cbor_reader_init(&reader, written);
        assert_true(assay_cbor_read_tag(&reader) == tag);
        assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_OK);
    }
}

static void tags_and_maps_have_shortest_heads_too(void **state)
{
    static const struct refusal map = {BYTES("\xb8\x01\x00\x00"),
                                       ASSAY_E_MALFORMED, 0, "shortest"};
    static const struct refusal tag = {BYTES("\xd8\x12"), ASSAY_E_MALFORMED, 0,
                                       "shortest"};
    struct assay_cbor_reader reader;
    (void)state;

    assay_cbor_reader_init(&reader, map.item);
    (void)assay_cbor_skip(&reader);
    expect_refusal(&reader, &map);
    assay_cbor_reader_init(&reader, tag.item);
    assert_int_equal(assay_cbor_read_tag(&reader), 0);
    expect_refusal(&reader, &tag);
}

/* Claims of up to 2^64 - 1 bytes or items are refused at once, and nothing
 * overflows on the way. */
static void huge_claims_end_too_early(void **state)
{
    (void)state;

    for (uint8_t major = 2; major <= 5; major++) {
        static const uint64_t claims[] = {
            UINT64_MAX,       UINT64_MAX - 1,   UINT64_MAX - 9,  1ULL << 63,
            (1ULL << 63) + 1, (1ULL << 63) - 1, (1ULL << 32) + 1};

        for (size_t index = 0; index < COUNT(claims); index++) {
            uint8_t item[10] = {0};

            (void)long_head(major, claims[index], 8, item);
            assert_int_equal(
                skip_whole((struct assay_bytes){item, sizeof(item)}),
                ASSAY_E_TRUNCATED);
        }
    }
}

/* A claim above a limit is refused for good, there or not: nobody waits for
 * the rest of it. */
static void claims_above_a_limit_are_not_waited_for(void **state)
{
    static const struct assay_bytes claim = BYTES("\x5b\x7f\0\0\0\0\0\0\0");
    static const struct assay_bytes array = BYTES("\x9b\x7f\0\0\0\0\0\0\0");
    struct assay_cbor_reader reader;
    (void)state;

    assay_cbor_reader_init(&reader, claim);
    (void)assay_cbor_read_bytes(&reader, 100);
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_E_LIMIT);
    assay_cbor_reader_init(&reader, array);
    assert_int_equal(assay_cbor_read_array(&reader, 100), 0);
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_E_LIMIT);

    assay_cbor_reader_init(&reader, (struct assay_bytes)BYTES("\x58\x64"));
    (void)assay_cbor_read_bytes(&reader, 100);
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL),
                     ASSAY_E_TRUNCATED);
    assay_cbor_reader_init(&reader, (struct assay_bytes)BYTES("\x78\x65"));
    (void)assay_cbor_read_text(&reader, 100);
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL), ASSAY_E_LIMIT);

    /* Not in its shortest form, which is told before its length is. */
    assay_cbor_reader_init(&reader, (struct assay_bytes)BYTES("\x79\x00\x50"));
    (void)assay_cbor_read_text(&reader, 10);
    assert_int_equal(assay_cbor_reader_finish(&reader, NULL),
                     ASSAY_E_MALFORMED);
}

static void lengths_and_counts_have_limits(void **state)
{
    static const struct assay_bytes bytes = BYTES("\x43"
                                                  "abc");
    static const struct assay_bytes text = BYTES("\x63"
                                                 "abc");
    static const struct assay_bytes array = BYTES("\x82\x00\x00");
    static const struct assay_bytes map = BYTES("\xa1\x00\x00");
    struct assay_cbor_reader reader;
    (void)state;

    assay_cbor_reader_init(&reader, bytes);
    assert_int_equal(assay_cbor_read_bytes(&reader, 3).len, 3);
    assay_cbor_reader_init(&reader, bytes);
    assert_null(assay_cbor_read_bytes(&reader, 2).data);
    assert_int_equal(reader.err, ASSAY_E_LIMIT);
    assay_cbor_reader_init(&reader, text);
    assert_int_equal(assay_cbor_read_text(&reader, 3).len, 3);
    assay_cbor_reader_init(&reader, text);
    assert_null(assay_cbor_read_text(&reader, 2).data);
    assert_int_equal(reader.err, ASSAY_E_LIMIT);
    assay_cbor_reader_init(&reader, array);
    assert_int_equal(assay_cbor_read_array(&reader, 2), 2);
    assay_cbor_reader_init(&reader, array);
    assert_int_equal(assay_cbor_read_array(&reader, 1), 0);
    assert_int_equal(reader.err, ASSAY_E_LIMIT);
    assay_cbor_reader_init(&reader, map);
    assert_int_equal(assay_cbor_read_map(&reader, 1).left, 1);
    assay_cbor_reader_init(&reader, map);
    assert_int_equal(assay_cbor_read_map(&reader, 0).left, 0);
    assert_int_equal(reader.err, ASSAY_E_LIMIT);
}

/* One item of each type that a reader can ask for. */
static const struct {
    enum assay_cbor_type type;
    struct assay_bytes item;
} samples[] = {
    {ASSAY_CBOR_UINT, BYTES("\x05")},
    {ASSAY_CBOR_NEGINT, BYTES("\x24")},
    {ASSAY_CBOR_BYTES, BYTES("\x41"
                             "a")},
    {ASSAY_CBOR_TEXT, BYTES("\x61"
                            "a")},
    {ASSAY_CBOR_ARRAY, BYTES("\x80")},
    {ASSAY_CBOR_MAP, BYTES("\xa0")},
    {ASSAY_CBOR_TAG, BYTES("\xd2")},
    {ASSAY_CBOR_BOOL, BYTES("\xf5")},
    {ASSAY_CBOR_NULL, BYTES("\xf6")},
};

static void read_one(struct assay_cbor_reader *reader,
                     enum assay_cbor_type type)
{
    switch (type) {
    case ASSAY_CBOR_UINT:
        (void)assay_cbor_read_uint(reader);
        return;
    case ASSAY_CBOR_NEGINT:
        (void)assay_cbor_read_int(reader);
        return;
    case ASSAY_CBOR_BYTES:
        (void)assay_cbor_read_bytes(reader, 10);
        return;
    case ASSAY_CBOR_TEXT:
        (void)assay_cbor_read_text(reader, 10);
        return;
    case ASSAY_CBOR_ARRAY:
        (void)assay_cbor_read_array(reader, 10);
        return;
    case ASSAY_CBOR_MAP:
        (void)assay_cbor_read_map(reader, 10);
        return;
    case ASSAY_CBOR_TAG:
        (void)assay_cbor_read_tag(reader);
        return;
    case ASSAY_CBOR_BOOL:
        (void)assay_cbor_read_bool(reader);
        return;
    case ASSAY_CBOR_NULL:
        assay_cbor_read_null(reader);
        return;
    case ASSAY_CBOR_NOTHING:
    case ASSAY_CBOR_OTHER:
        fail();
    }
}

static void each_read_takes_its_own_type_alone(void **state)
{
    (void)state;

    for (size_t asked = 0; asked < COUNT(samples); asked++) {
        for (size_t given = 0; given < COUNT(samples); given++) {
            /* A number without a sign is an integer, too. */
            bool fits =
                asked == given || (samples[asked].type == ASSAY_CBOR_NEGINT &&
                                   samples[given].type == ASSAY_CBOR_UINT);
            struct assay_cbor_reader reader;

            assay_cbor_reader_init(&reader, samples[given].item);
            read_one(&reader, samples[asked].type);
            assert_int_equal(reader.err, fits ? ASSAY_OK : ASSAY_E_MALFORMED);
            assert_int_equal(reader.pos, fits ? samples[given].item.len : 0);
        }
    }
}

static void each_read_of_nothing_ends_too_early(void **state)
{
    (void)state;

    for (size_t asked = 0; asked < COUNT(samples); asked++) {
        struct assay_cbor_reader reader;

        assay_cbor_reader_init(&reader, ASSAY_BYTES_NONE);
        read_one(&reader, samples[asked].type);
        assert_int_equal(assay_cbor_reader_finish(&reader, NULL),
                         ASSAY_E_TRUNCATED);
    }
}

/* RFC 8949's initial bytes, all 256. */
static void peek_tells_each_initial_byte(void **state)
{
    static const enum assay_cbor_type majors[] = {
        ASSAY_CBOR_UINT, ASSAY_CBOR_NEGINT, ASSAY_CBOR_BYTES,
        ASSAY_CBOR_TEXT, ASSAY_CBOR_ARRAY,  ASSAY_CBOR_MAP,
        ASSAY_CBOR_TAG,  ASSAY_CBOR_OTHER};
    (void)state;

    for (unsigned initial = 0; initial < 0x100; initial++) {
        uint8_t byte = (uint8_t)initial;
        enum assay_cbor_type want = majors[initial >> 5];
        struct assay_cbor_reader reader;

        want = (initial & 0x1f) >= 28 ? ASSAY_CBOR_OTHER : want;
        want = initial == 0xf4 || initial == 0xf5 ? ASSAY_CBOR_BOOL : want;
        want = initial == 0xf6 ? ASSAY_CBOR_NULL : want;
        assay_cbor_reader_init(&reader, (struct assay_bytes){&byte, 1});
        assert_int_equal(assay_cbor_peek(&reader), want);
        assert_int_equal(reader.pos, 0);
    }
}

static void peek_tells_of_the_end_and_of_a_failure(void **state)
{
    struct assay_cbor_reader reader;
    (void)state;

    assay_cbor_reader_init(&reader, ASSAY_BYTES_NONE);
    assert_int_equal(assay_cbor_peek(&reader), ASSAY_CBOR_NOTHING);
    assay_cbor_reader_init(&reader, (struct assay_bytes)BYTES("\x00"));
    assay_cbor_fail(&reader, ASSAY_E_MALFORMED, "a rule");
    assert_int_equal(assay_cbor_peek(&reader), ASSAY_CBOR_NOTHING);
}

/* A decoder is one straight line: whatever it reads after a failure is zero,
 * and the failure that is reported is the first. */
static void the_first_failure_stays(void **state)
{
    static const struct assay_bytes input = BYTES("\x01\xf7\x02\x03");
    struct assay_cbor_reader reader;
    struct assay_fault fault = {0, NULL};
    uint8_t fixed[2] = {1, 2};
    uint64_t key = 99;
    (void)state;

    assay_cbor_reader_init(&reader, input);
    assert_int_equal(assay_cbor_read_uint(&reader), 1);
    assert_int_equal(assay_cbor_read_uint(&reader), 0);
    assert_int_equal(assay_cbor_read_uint(&reader), 0);
    assert_int_equal(assay_cbor_read_int(&reader), 0);
    assert_int_equal(assay_cbor_read_tag(&reader), 0);
    assert_false(assay_cbor_read_bool(&reader));
    assay_cbor_read_null(&reader);
    assert_null(assay_cbor_read_bytes(&reader, 9).data);
    assert_null(assay_cbor_read_text(&reader, 9).data);
    assay_cbor_read_fixed(&reader, fixed, sizeof(fixed));
    assert_int_equal(fixed[0] | fixed[1], 0);
    assert_int_equal(assay_cbor_read_array(&reader, 9), 0);
    struct assay_cbor_map map = assay_cbor_read_map(&reader, 9);
    assert_int_equal(map.left, 0);
    map.left = 1;
    assert_false(assay_cbor_next_key(&reader, &map, &key));
    assert_int_equal(key, 99);
    assert_null(assay_cbor_skip(&reader).data);
    assay_cbor_fail(&reader, ASSAY_E_LIMIT, "a later failure");
    assert_int_equal(assay_cbor_reader_finish(&reader, &fault),
                     ASSAY_E_MALFORMED);
    assert_int_equal(fault.offset, 1);
    assert_string_equal(fault.rule, "undefined is not allowed");
}

/* A body inside an envelope: people count from the beginning of the file. */
static void offsets_are_those_of_the_larger_input(void **state)
{
    static const struct assay_bytes input = BYTES("\x01\xf7");
    struct assay_cbor_reader reader;
    struct assay_fault fault = {0, NULL};
    (void)state;

    assay_cbor_reader_init_at(&reader, input, 1000);
    (void)assay_cbor_read_uint(&reader);
    (void)assay_cbor_skip(&reader);
    assert_int_equal(assay_cbor_reader_finish(&reader, &fault),
                     ASSAY_E_MALFORMED);
    assert_int_equal(fault.offset, 1001);

    assay_cbor_reader_init_at(&reader, input, 1000);
    (void)assay_cbor_read_uint(&reader);
    assay_cbor_fail_at(&reader, 0, ASSAY_E_SEQ, "a rule of the caller");
    assert_int_equal(assay_cbor_reader_finish(&reader, &fault), ASSAY_E_SEQ);
    assert_int_equal(fault.offset, 1000);
    assert_string_equal(fault.rule, "a rule of the caller");
}

/* What went well leaves the caller's fault alone. */
static void finish_writes_a_fault_only_with_a_failure(void **state)
{
    struct assay_cbor_reader reader;
    struct assay_fault fault = {77, "untouched"};
    (void)state;

    assay_cbor_reader_init(&reader, ASSAY_BYTES_NONE);
    assert_int_equal(assay_cbor_reader_finish(&reader, &fault), ASSAY_OK);
    assert_int_equal(fault.offset, 77);
    assert_string_equal(fault.rule, "untouched");
}

static void integers_end_where_64_bits_with_a_sign_do(void **state)
{
    static const struct assay_bytes least =
        BYTES("\x3b\x7f\xff\xff\xff\xff\xff\xff\xff");
    static const struct refusal refusals[] = {
        {BYTES("\x3b\x80\x00\x00\x00\x00\x00\x00\x00"), ASSAY_E_MALFORMED, 0,
         "64 bits"},
        {BYTES("\x1b\x80\x00\x00\x00\x00\x00\x00\x00"), ASSAY_E_MALFORMED, 0,
         "64 bits"},
    };
    struct assay_cbor_reader reader;
    (void)state;

    assay_cbor_reader_init(&reader, least);
    assert_true(assay_cbor_read_int(&reader) == INT64_MIN);
    for (size_t index = 0; index < COUNT(refusals); index++) {
        assay_cbor_reader_init(&reader, refusals[index].item);
        assert_int_equal(assay_cbor_read_int(&reader), 0);
        expect_refusal(&reader, &refusals[index]);
    }
}

/* What text.h refuses is pointed at inside the text. */
static void text_is_held_to_its_rules(void **state)
{
    static const struct refusal refusals[] = {
        {BYTES("\x63"
               "ab\xff"),
         ASSAY_E_MALFORMED, 3, "UTF-8"},
        {BYTES("\x64"
               "a\xed\xa0\x80"),
         ASSAY_E_MALFORMED, 2, "UTF-8"},
        {BYTES("\x63"
               "\x1b[m"),
         ASSAY_E_MALFORMED, 1, "control characters"},
    };
    (void)state;

    for (size_t index = 0; index < COUNT(refusals); index++) {
        struct assay_cbor_reader reader;

        assay_cbor_reader_init(&reader, refusals[index].item);
        assert_null(assay_cbor_read_text(&reader, 16).data);
        expect_refusal(&reader, &refusals[index]);
    }
}

static void a_fixed_string_has_its_one_length(void **state)
{
    static const struct assay_bytes item = BYTES("\x43"
                                                 "abc");
    (void)state;

    for (size_t len = 0; len <= 5; len++) {
        struct assay_cbor_reader reader;
        uint8_t out[5] = {9, 9, 9, 9, 9};

        assay_cbor_reader_init(&reader, item);
        assay_cbor_read_fixed(&reader, out, len);
        assert_int_equal(reader.err, len == 3 ? ASSAY_OK : ASSAY_E_MALFORMED);
        for (size_t index = 0; index < sizeof(out); index++) {
            uint8_t inside = len == 3 ? item.data[1 + index % 3] : 0;

            assert_int_equal(out[index], index < len ? inside : 9);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(skip_refuses_each_rule_broken),
        cmocka_unit_test(heads_longer_than_needed_are_refused),
        cmocka_unit_test(every_tag_is_read),
        cmocka_unit_test(tags_and_maps_have_shortest_heads_too),
        cmocka_unit_test(huge_claims_end_too_early),
        cmocka_unit_test(claims_above_a_limit_are_not_waited_for),
        cmocka_unit_test(lengths_and_counts_have_limits),
        cmocka_unit_test(each_read_takes_its_own_type_alone),
        cmocka_unit_test(each_read_of_nothing_ends_too_early),
        cmocka_unit_test(peek_tells_each_initial_byte),
        cmocka_unit_test(peek_tells_of_the_end_and_of_a_failure),
        cmocka_unit_test(the_first_failure_stays),
        cmocka_unit_test(offsets_are_those_of_the_larger_input),
        cmocka_unit_test(finish_writes_a_fault_only_with_a_failure),
        cmocka_unit_test(integers_end_where_64_bits_with_a_sign_do),
        cmocka_unit_test(text_is_held_to_its_rules),
        cmocka_unit_test(a_fixed_string_has_its_one_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
