/* SPDX-License-Identifier: Apache-2.0 */
#include "cbor_head.h"
#include "limits.h"

/* One array or map that assay_cbor_skip is inside of. */
struct level {
    uint64_t left;  /* Items that are still to come; two for a pair. */
    size_t item;    /* Where the item begins that is being read. */
    size_t key;     /* Where the last key begins. */
    size_t key_len; /* Its length; 0 before the first one. */
    bool is_map;
};

/* Compares two encodings byte by byte; the shorter one of two that begin
 * alike comes first. */
static int compare_bytes(struct assay_bytes a, struct assay_bytes b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

    if (order != 0 || a.len == b.len) {
        return order;
    }
    return a.len < b.len ? -1 : 1;
}

/* Checks that the key of a map that ends at the current position is larger
 * than the one before. */
static bool check_key_order(struct assay_cbor_reader *reader,
                            struct level *level)
{
    const uint8_t *input = reader->input.data;
    struct assay_bytes key = {input + level->item, reader->pos - level->item};
    struct assay_bytes last = {input + level->key, level->key_len};
    int order = last.len == 0 ? 1 : compare_bytes(key, last);

    /* RECORDS 1.1: "The keys of a map MUST be unique and in the bytewise
     * order of their encodings." */
    if (order <= 0) {
        assay_cbor_fail_at(reader, level->item, ASSAY_E_MALFORMED,
                           order == 0 ? "a key must not stand twice in a map"
                                      : "map keys must be in bytewise order");
        return false;
    }
    level->key = level->item;
    level->key_len = key.len;
    return true;
}

/* Notes that an item has ended, and with it perhaps the arrays and maps that
 * it is the last one of. */
static void skip_close(struct assay_cbor_reader *reader, struct level *levels,
                       size_t *depth)
{
    while (*depth > 0) {
        struct level *level = &levels[*depth - 1];

        level->left--;
        /* An odd number left: what has just ended is a key. */
        if (level->is_map && level->left % 2 == 1 &&
            !check_key_order(reader, level)) {
            return;
        }
        if (level->left > 0) {
            return;
        }
        (*depth)--;
    }
}

/* Enters an array or map whose head was just read. */
static void skip_open(struct assay_cbor_reader *reader, size_t start,
                      const struct assay_cbor_head *head, struct level *levels,
                      size_t *depth)
{
    bool is_map = head->type == ASSAY_CBOR_MAP;

    /* RECORDS 1.1: "Inside what an implementation does not know (an unknown
     * kind's grant, an unknown body key) arrays and maps MUST NOT be nested
     * more than 8 deep." */
    if (*depth == ASSAY_CBOR_DEPTH_MAX) {
        assay_cbor_fail_at(reader, start, ASSAY_E_LIMIT,
                           "arrays and maps must not be nested deeper");
        return;
    }
    if (!assay_cbor_check_count(reader, start, head->value, is_map ? 2 : 1)) {
        return;
    }
    if (head->value == 0) {
        skip_close(reader, levels, depth);
        return;
    }
    levels[*depth] = (struct level){.left = head->value * (is_map ? 2 : 1),
                                    .is_map = is_map};
    (*depth)++;
}

/* Passes over one head, and over the bytes of a string. */
static void skip_one(struct assay_cbor_reader *reader, struct level *levels,
                     size_t *depth)
{
    struct assay_cbor_head head;
    size_t start = reader->pos;

    if (*depth > 0) {
        levels[*depth - 1].item = start;
    }
    if (!assay_cbor_read_head(reader, UINT64_MAX, &head)) {
        return;
    }
    if (head.type == ASSAY_CBOR_TAG) {
        assay_cbor_fail_at(reader, start, ASSAY_E_MALFORMED,
                           "tags are not allowed here");
        return;
    }
    if (head.type == ASSAY_CBOR_ARRAY || head.type == ASSAY_CBOR_MAP) {
        skip_open(reader, start, &head, levels, depth);
        return;
    }
    if (head.type == ASSAY_CBOR_TEXT && !assay_cbor_check_text(reader, &head)) {
        return;
    }
    skip_close(reader, levels, depth);
}

struct assay_bytes assay_cbor_skip(struct assay_cbor_reader *reader)
{
    struct level levels[ASSAY_CBOR_DEPTH_MAX];
    size_t depth = 0;
    size_t start = reader->pos;

    /* Every round reads a byte at least, so there are no more than bytes. */
    do {
        skip_one(reader, levels, &depth);
    } while (depth > 0 && reader->err == ASSAY_OK);

    if (reader->err != ASSAY_OK) {
        return ASSAY_BYTES_NONE;
    }
    return (struct assay_bytes){reader->input.data + start,
                                reader->pos - start};
}
