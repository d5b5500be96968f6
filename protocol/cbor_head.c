/* SPDX-License-Identifier: Apache-2.0 */
#include "cbor_head.h"

#include "check.h"
#include "text.h"

#include <cbor.h>

/* Lengths and counts come from libcbor as size_t; where that had fewer bits
 * than a head can hold, a huge length would be taken for a small one. */
_Static_assert(sizeof(size_t) >= sizeof(uint64_t),
               "lengths of 64 bits must fit in size_t");

/* The initial byte of an item: three bits of type, five of information. */
#define MAJOR_SHIFT 5
#define INFO_MASK 0x1f
#define INFO_RESERVED 28 /* 28 to 30 mean nothing; 31 is indefinite. */
#define INFO_INDEFINITE 31
#define INFO_FALSE 20
#define INFO_TRUE 21
#define INFO_NULL 22
#define INFO_UNDEFINED 23
#define INFO_HALF 25
#define INFO_DOUBLE 27
#define MAJOR_TAG 6
#define MAJOR_SIMPLE 7

/* The longest head: an initial byte and eight bytes of argument. */
#define HEAD_SIZE_MAX 9

/* The largest argument that a head of one byte holds. */
#define ARGUMENT_IN_INITIAL 23

static void on_uint(void *context, uint64_t value)
{
    struct assay_cbor_head *head = context;

    head->type = ASSAY_CBOR_UINT;
    head->value = value;
}

static void on_uint8(void *context, uint8_t value)
{
    on_uint(context, value);
}

static void on_uint16(void *context, uint16_t value)
{
    on_uint(context, value);
}

static void on_uint32(void *context, uint32_t value)
{
    on_uint(context, value);
}

static void on_negint(void *context, uint64_t value)
{
    struct assay_cbor_head *head = context;

    head->type = ASSAY_CBOR_NEGINT;
    head->value = value;
}

static void on_negint8(void *context, uint8_t value)
{
    on_negint(context, value);
}

static void on_negint16(void *context, uint16_t value)
{
    on_negint(context, value);
}

static void on_negint32(void *context, uint32_t value)
{
    on_negint(context, value);
}

static void on_bytes(void *context, cbor_data data, size_t len)
{
    struct assay_cbor_head *head = context;

    head->type = ASSAY_CBOR_BYTES;
    head->value = len;
    head->data = data;
}

static void on_text(void *context, cbor_data data, size_t len)
{
    struct assay_cbor_head *head = context;

    head->type = ASSAY_CBOR_TEXT;
    head->value = len;
    head->data = data;
}

static void on_array(void *context, size_t count)
{
    struct assay_cbor_head *head = context;

    head->type = ASSAY_CBOR_ARRAY;
    head->value = count;
}

static void on_map(void *context, size_t count)
{
    struct assay_cbor_head *head = context;

    head->type = ASSAY_CBOR_MAP;
    head->value = count;
}

static void on_tag(void *context, uint64_t tag)
{
    struct assay_cbor_head *head = context;

    head->type = ASSAY_CBOR_TAG;
    head->value = tag;
}

static void on_bool(void *context, bool value)
{
    struct assay_cbor_head *head = context;

    head->type = ASSAY_CBOR_BOOL;
    head->value = value ? 1 : 0;
}

static void on_null(void *context)
{
    struct assay_cbor_head *head = context;

    head->type = ASSAY_CBOR_NULL;
}

static void on_other(void *context)
{
    struct assay_cbor_head *head = context;

    head->type = ASSAY_CBOR_OTHER;
}

static void on_float(void *context, float value)
{
    (void)value;
    on_other(context);
}

static void on_double(void *context, double value)
{
    (void)value;
    on_other(context);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint,
    .negint64 = on_negint,
    .negint32 = on_negint32,
    .negint16 = on_negint16,
    .negint8 = on_negint8,
    .byte_string_start = on_other,
    .byte_string = on_bytes,
    .string = on_text,
    .string_start = on_other,
    .indef_array_start = on_other,
    .array_start = on_array,
    .indef_map_start = on_other,
    .map_start = on_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_other,
    .null = on_null,
    .boolean = on_bool,
    .indef_break = on_other,
};

/* The rule that an initial byte of the type "other" breaks. */
static const char *other_rule(uint8_t initial)
{
    unsigned info = initial & INFO_MASK;

    if (initial >> MAJOR_SHIFT == MAJOR_SIMPLE) {
        /* RECORDS 1.1: "Floating-point numbers, undefined, simple values
         * other than false, true and null, and tags MUST NOT occur" */
        if (info >= INFO_HALF && info <= INFO_DOUBLE) {
            return "floating-point numbers are not allowed";
        }
        if (info == INFO_UNDEFINED) {
            return "undefined is not allowed";
        }
        if (info == INFO_INDEFINITE) {
            return "a break is not allowed, since lengths are definite";
        }
        return "simple values other than false, true and null are not allowed";
    }
    if (info == INFO_INDEFINITE) {
        /* RECORDS 1.1: "Lengths of strings, arrays and maps MUST be
         * definite." */
        return "lengths must be definite";
    }
    return "the initial byte of an item must not be a reserved one";
}

/* The size of the shortest head with this argument (RFC 8949, 4.2.1). */
static size_t shortest_head(uint64_t value)
{
    if (value <= ARGUMENT_IN_INITIAL) {
        return 1;
    }
    if (value <= UINT8_MAX) {
        return 1 + sizeof(uint8_t);
    }
    if (value <= UINT16_MAX) {
        return 1 + sizeof(uint16_t);
    }
    return value <= UINT32_MAX ? 1 + sizeof(uint32_t) : HEAD_SIZE_MAX;
}

enum assay_cbor_type assay_cbor_initial_type(uint8_t initial)
{
    static const enum assay_cbor_type majors[] = {
        ASSAY_CBOR_UINT,  ASSAY_CBOR_NEGINT, ASSAY_CBOR_BYTES, ASSAY_CBOR_TEXT,
        ASSAY_CBOR_ARRAY, ASSAY_CBOR_MAP,    ASSAY_CBOR_TAG,
    };
    unsigned major = initial >> MAJOR_SHIFT;
    unsigned info = initial & INFO_MASK;

    if (major == MAJOR_SIMPLE) {
        if (info == INFO_FALSE || info == INFO_TRUE) {
            return ASSAY_CBOR_BOOL;
        }
        return info == INFO_NULL ? ASSAY_CBOR_NULL : ASSAY_CBOR_OTHER;
    }
    return info >= INFO_RESERVED ? ASSAY_CBOR_OTHER : majors[major];
}

/* Reads the argument of a head, which has the form of a plain number's, with
 * its type left out. Returns the head's size; 0 where it is not whole. */
static size_t read_argument(const struct assay_cbor_reader *reader,
                            struct assay_cbor_head *head)
{
    uint8_t number[HEAD_SIZE_MAX];
    size_t len = assay_cbor_left(reader);

    len = len < sizeof(number) ? len : sizeof(number);
    memcpy(number, reader->input.data + reader->pos, len);
    number[0] &= INFO_MASK;

    struct cbor_decoder_result result =
        cbor_stream_decode(number, len, &callbacks, head);
    return result.status == CBOR_DECODER_FINISHED ? result.read : 0;
}

/*
 * Reads one head with libcbor and returns how many bytes it took, those of a
 * string included; 0 where it could not. The tags 6 to 20 mean nothing to
 * libcbor 0.8, which refuses them; COSE's are among them.
 */
static size_t decode(const struct assay_cbor_reader *reader,
                     struct assay_cbor_head *head)
{
    if (reader->input.data[reader->pos] >> MAJOR_SHIFT == MAJOR_TAG) {
        size_t size = read_argument(reader, head);

        head->type = ASSAY_CBOR_TAG;
        return size;
    }

    struct cbor_decoder_result result =
        cbor_stream_decode(reader->input.data + reader->pos,
                           assay_cbor_left(reader), &callbacks, head);
    return result.status == CBOR_DECODER_FINISHED ? result.read : 0;
}

static void fail_length(struct assay_cbor_reader *reader)
{
    /* RECORDS 1.1: "The head of an item MUST be the shortest that holds its
     * number." */
    assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                    "a head must be the shortest that holds its number");
}

/*
 * Says why libcbor could not read an item. What a string claims is known even
 * where its bytes are not there: a claim above len_max, or one that is not in
 * its shortest form, is refused for good, and nobody waits for more input
 * because of it.
 */
static void fail_unread(struct assay_cbor_reader *reader, uint64_t len_max)
{
    struct assay_cbor_head head = {ASSAY_CBOR_NOTHING, 0, NULL};
    enum assay_cbor_type type = assay_cbor_peek(reader);

    if (type == ASSAY_CBOR_OTHER) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        other_rule(reader->input.data[reader->pos]));
        return;
    }
    if (type == ASSAY_CBOR_BYTES || type == ASSAY_CBOR_TEXT) {
        size_t size = read_argument(reader, &head);

        if (size > 0 && size != shortest_head(head.value)) {
            fail_length(reader);
            return;
        }
    }
    if (head.value > len_max) {
        assay_cbor_fail(reader, ASSAY_E_LIMIT,
                        "a string must not be longer than its limit");
        return;
    }
    assay_cbor_fail(reader, ASSAY_E_TRUNCATED, "an item must be whole");
}

bool assay_cbor_read_head(struct assay_cbor_reader *reader, uint64_t len_max,
                          struct assay_cbor_head *head)
{
    *head = (struct assay_cbor_head){ASSAY_CBOR_NOTHING, 0, NULL};
    if (reader->err != ASSAY_OK) {
        return false;
    }
    if (assay_cbor_left(reader) == 0) {
        assay_cbor_fail(reader, ASSAY_E_TRUNCATED, "an item must follow");
        return false;
    }

    size_t taken = decode(reader, head);
    if (taken == 0 || head->type == ASSAY_CBOR_OTHER) {
        fail_unread(reader, len_max);
        return false;
    }

    ASSAY_CHECK(taken <= assay_cbor_left(reader));
    size_t size = taken - (head->data == NULL ? 0 : (size_t)head->value);
    if (head->type != ASSAY_CBOR_BOOL && size != shortest_head(head->value)) {
        fail_length(reader);
        return false;
    }
    reader->pos += taken;
    return true;
}

bool assay_cbor_check_text(struct assay_cbor_reader *reader,
                           const struct assay_cbor_head *head)
{
    struct assay_bytes text = {head->data, (size_t)head->value};
    struct assay_fault fault = {0, NULL};

    if (assay_text_check(text, &fault) != ASSAY_OK) {
        assay_cbor_fail_at(reader, reader->pos - text.len + fault.offset,
                           ASSAY_E_MALFORMED, fault.rule);
        return false;
    }
    return true;
}

bool assay_cbor_check_count(struct assay_cbor_reader *reader, size_t start,
                            uint64_t count, size_t item_size)
{
    if (count > assay_cbor_left(reader) / item_size) {
        assay_cbor_fail_at(reader, start, ASSAY_E_TRUNCATED,
                           "as many items must follow as a head announces");
        return false;
    }
    return true;
}
