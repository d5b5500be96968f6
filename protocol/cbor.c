/* SPDX-License-Identifier: Apache-2.0 */
#include "cbor.h"

#include "cbor_head.h"
#include "check.h"

/* Reads an item of one type. */
static bool read_typed(struct assay_cbor_reader *reader,
                       enum assay_cbor_type type, uint64_t len_max,
                       const char *rule, struct assay_cbor_head *head)
{
    enum assay_cbor_type found = assay_cbor_peek(reader);

    if (found == ASSAY_CBOR_TAG && type != ASSAY_CBOR_TAG) {
        rule = "tags are not allowed here";
    }
    if (found != type && found != ASSAY_CBOR_OTHER &&
        found != ASSAY_CBOR_NOTHING) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED, rule);
        return false;
    }
    return assay_cbor_read_head(reader, len_max, head);
}

static struct assay_bytes read_string(struct assay_cbor_reader *reader,
                                      enum assay_cbor_type type, size_t len_max,
                                      const char *rule)
{
    struct assay_cbor_head head;
    size_t start = reader->pos;

    if (!read_typed(reader, type, len_max, rule, &head)) {
        return ASSAY_BYTES_NONE;
    }
    if (head.value > len_max) {
        assay_cbor_fail_at(reader, start, ASSAY_E_LIMIT,
                           "a string must not be longer than its limit");
        return ASSAY_BYTES_NONE;
    }
    if (type == ASSAY_CBOR_TEXT && !assay_cbor_check_text(reader, &head)) {
        return ASSAY_BYTES_NONE;
    }
    return (struct assay_bytes){head.data, (size_t)head.value};
}

static size_t read_count(struct assay_cbor_reader *reader,
                         enum assay_cbor_type type, size_t count_max,
                         size_t item_size)
{
    struct assay_cbor_head head;
    size_t start = reader->pos;
    const char *rule = type == ASSAY_CBOR_MAP ? "a map must stand here"
                                              : "an array must stand here";

    if (!read_typed(reader, type, UINT64_MAX, rule, &head)) {
        return 0;
    }
    if (head.value > count_max) {
        assay_cbor_fail_at(reader, start, ASSAY_E_LIMIT,
                           "there must not be more items than their limit");
        return 0;
    }
    if (!assay_cbor_check_count(reader, start, head.value, item_size)) {
        return 0;
    }
    return (size_t)head.value;
}

void assay_cbor_reader_init(struct assay_cbor_reader *reader,
                            struct assay_bytes input)
{
    assay_cbor_reader_init_at(reader, input, 0);
}

void assay_cbor_reader_init_at(struct assay_cbor_reader *reader,
                               struct assay_bytes input, size_t base)
{
    ASSAY_CHECK(input.data != NULL || input.len == 0);
    *reader = (struct assay_cbor_reader){
        .input = input,
        .base = base,
        .err = ASSAY_OK,
    };
}

void assay_cbor_fail(struct assay_cbor_reader *reader, enum assay_err err,
                     const char *rule)
{
    assay_cbor_fail_at(reader, reader->pos, err, rule);
}

void assay_cbor_fail_at(struct assay_cbor_reader *reader, size_t offset,
                        enum assay_err err, const char *rule)
{
    ASSAY_CHECK(err != ASSAY_OK);
    ASSAY_CHECK(offset <= reader->input.len);
    if (reader->err == ASSAY_OK) {
        reader->err = err;
        reader->fault.offset = reader->base + offset;
        reader->fault.rule = rule;
    }
}

enum assay_err assay_cbor_reader_finish(struct assay_cbor_reader *reader,
                                        struct assay_fault *fault_out)
{
    /* RECORDS 1.1: "An input, and a byte string that holds CBOR, MUST end
     * with its one item." */
    if (assay_cbor_left(reader) > 0) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "nothing may follow the last item");
    }
    if (reader->err != ASSAY_OK && fault_out != NULL) {
        *fault_out = reader->fault;
    }
    return reader->err;
}

enum assay_cbor_type assay_cbor_peek(const struct assay_cbor_reader *reader)
{
    if (reader->err != ASSAY_OK || assay_cbor_left(reader) == 0) {
        return ASSAY_CBOR_NOTHING;
    }
    return assay_cbor_initial_type(reader->input.data[reader->pos]);
}

uint64_t assay_cbor_read_uint(struct assay_cbor_reader *reader)
{
    struct assay_cbor_head head;

    if (!read_typed(reader, ASSAY_CBOR_UINT, UINT64_MAX,
                    "an unsigned integer must stand here", &head)) {
        return 0;
    }
    return head.value;
}

int64_t assay_cbor_read_int(struct assay_cbor_reader *reader)
{
    struct assay_cbor_head head;
    size_t start = reader->pos;
    enum assay_cbor_type type = assay_cbor_peek(reader);

    if (type != ASSAY_CBOR_NEGINT) {
        type = ASSAY_CBOR_UINT;
    }
    if (!read_typed(reader, type, UINT64_MAX, "an integer must stand here",
                    &head)) {
        return 0;
    }
    if (head.value > INT64_MAX) {
        assay_cbor_fail_at(reader, start, ASSAY_E_MALFORMED,
                           "the integer must fit in 64 bits with its sign");
        return 0;
    }
    return type == ASSAY_CBOR_UINT ? (int64_t)head.value
                                   : -1 - (int64_t)head.value;
}

uint64_t assay_cbor_read_tag(struct assay_cbor_reader *reader)
{
    struct assay_cbor_head head;

    if (!read_typed(reader, ASSAY_CBOR_TAG, UINT64_MAX, "a tag must stand here",
                    &head)) {
        return 0;
    }
    return head.value;
}

bool assay_cbor_read_bool(struct assay_cbor_reader *reader)
{
    struct assay_cbor_head head;

    if (!read_typed(reader, ASSAY_CBOR_BOOL, UINT64_MAX,
                    "true or false must stand here", &head)) {
        return false;
    }
    return head.value == 1;
}

void assay_cbor_read_null(struct assay_cbor_reader *reader)
{
    struct assay_cbor_head head;

    (void)read_typed(reader, ASSAY_CBOR_NULL, UINT64_MAX,
                     "null must stand here", &head);
}

struct assay_bytes assay_cbor_read_bytes(struct assay_cbor_reader *reader,
                                         size_t len_max)
{
    return read_string(reader, ASSAY_CBOR_BYTES, len_max,
                       "a byte string must stand here");
}

void assay_cbor_read_fixed(struct assay_cbor_reader *reader, uint8_t *out,
                           size_t len)
{
    struct assay_cbor_head head;
    size_t start = reader->pos;

    memset(out, 0, len);
    if (!read_typed(reader, ASSAY_CBOR_BYTES, UINT64_MAX,
                    "a byte string must stand here", &head)) {
        return;
    }
    if (head.value != len) {
        assay_cbor_fail_at(reader, start, ASSAY_E_MALFORMED,
                           "the byte string must have its one length");
        return;
    }
    if (len > 0) {
        memcpy(out, head.data, len);
    }
}

struct assay_bytes assay_cbor_read_text(struct assay_cbor_reader *reader,
                                        size_t len_max)
{
    return read_string(reader, ASSAY_CBOR_TEXT, len_max,
                       "text must stand here");
}

size_t assay_cbor_read_array(struct assay_cbor_reader *reader, size_t count_max)
{
    return read_count(reader, ASSAY_CBOR_ARRAY, count_max, 1);
}

struct assay_cbor_map assay_cbor_read_map(struct assay_cbor_reader *reader,
                                          size_t count_max)
{
    return (struct assay_cbor_map){
        .left = read_count(reader, ASSAY_CBOR_MAP, count_max, 2),
        .next = 0,
    };
}

bool assay_cbor_next_key(struct assay_cbor_reader *reader,
                         struct assay_cbor_map *map, uint64_t *key_out)
{
    struct assay_cbor_head head;
    size_t start = reader->pos;

    if (map->left == 0 ||
        !read_typed(reader, ASSAY_CBOR_UINT, UINT64_MAX,
                    "a key of this map must be an unsigned integer", &head)) {
        return false;
    }
    /* RECORDS 1.1: "The keys of a map MUST be unique and in the bytewise
     * order of their encodings." */
    /* Nothing is larger than the largest key, which must be the last one. */
    if (head.value < map->next || (head.value == UINT64_MAX && map->left > 1)) {
        assay_cbor_fail_at(reader, start, ASSAY_E_MALFORMED,
                           "map keys must be unique and in bytewise order");
        return false;
    }
    map->left--;
    map->next = head.value == UINT64_MAX ? UINT64_MAX : head.value + 1;
    *key_out = head.value;
    return true;
}
