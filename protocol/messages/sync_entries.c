/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of a frontier message, as small as they get: for each bucket of
 * the bitmap their number, then each as
 *
 *   3 bytes   the log's key behind slice and bucket
 *   varint    seq << 1 | 1 where the log is not plain; 0: not held
 *   3 bytes   keyed hash of the heads, unless seq is 0
 *
 * A varint has 7 bits a byte, the lowest first, the high bit set on all but
 * the last, and no more bytes than it needs.
 */
#include "../check.h"
#include "sync.h"

#define PLACE_BYTES 3
#define PLACE_BITS 24
#define HEADS_BYTES 3

/* Nine bytes of seven bits: no seq comes near. */
#define VARINT_MAX ((UINT64_C(1) << 63) - 1)
#define VARINT_BYTES 9

bool assay_sync_bit(struct assay_bytes bits, uint64_t index)
{
    return index / 8 < bits.len && (bits.data[index / 8] >> index % 8 & 1) != 0;
}

/* PROTOCOL 4.5: "A varint MUST NOT be longer than it needs, nor than 9 bytes."
 */
static enum assay_err read_varint(struct assay_bytes bytes, size_t *pos,
                                  uint64_t *value_out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < VARINT_BYTES; i++) {
        if (*pos + i >= bytes.len) {
            return ASSAY_E_TRUNCATED;
        }
        uint8_t byte = bytes.data[*pos + i];

        value |= (uint64_t)(byte & 0x7f) << 7 * i;
        if ((byte & 0x80) == 0) {
            if (byte == 0 && i > 0) {
                return ASSAY_E_MALFORMED;
            }
            *pos += i + 1;
            *value_out = value;
            return ASSAY_OK;
        }
    }
    return ASSAY_E_MALFORMED;
}

static size_t write_varint(uint64_t value, uint8_t *out)
{
    size_t len = 0;

    ASSAY_CHECK(value <= VARINT_MAX);
    while (value > 0x7f) {
        out[len++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    out[len++] = (uint8_t)value;
    return len;
}

static uint32_t read_u24(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
}

static void write_u24(uint32_t value, uint8_t *out)
{
    out[0] = (uint8_t)(value >> 16);
    out[1] = (uint8_t)(value >> 8);
    out[2] = (uint8_t)value;
}

void assay_sync_entries_init(struct assay_sync_entries *entries,
                             const struct assay_msg_frontier *frontier)
{
    *entries = (struct assay_sync_entries){
        .frontier = frontier,
        .next = frontier->first_bucket << PLACE_BITS,
    };
}

enum assay_err assay_sync_entries_bucket(struct assay_sync_entries *entries,
                                         uint64_t *bucket_out,
                                         size_t *count_out)
{
    const struct assay_msg_frontier *frontier = entries->frontier;
    uint64_t index = (entries->next >> PLACE_BITS) - frontier->first_bucket;
    uint64_t end = (uint64_t)frontier->bitmap.len * 8;
    uint64_t count = 0;

    ASSAY_CHECK(entries->left == 0);
    while (index < end && !assay_sync_bit(frontier->bitmap, index)) {
        index++;
    }
    if (index >= end) {
        return entries->pos == frontier->entries.len ? ASSAY_E_NOT_FOUND
                                                     : ASSAY_E_MALFORMED;
    }
    enum assay_err err = read_varint(frontier->entries, &entries->pos, &count);
    if (err != ASSAY_OK) {
        return err;
    }
    if (count > frontier->entries.len - entries->pos) {
        return ASSAY_E_TRUNCATED;
    }
    entries->bucket = frontier->first_bucket + index;
    entries->left = (size_t)count;
    entries->next = entries->bucket << PLACE_BITS;
    *bucket_out = entries->bucket;
    *count_out = entries->left;
    if (count == 0) {
        entries->next = (entries->bucket + 1) << PLACE_BITS;
    }
    return ASSAY_OK;
}

/* Reads what stands for one entry, of which none may be before next. */
static enum assay_err read_entry(struct assay_sync_entries *entries,
                                 struct assay_sync_entry *entry_out)
{
    struct assay_bytes bytes = entries->frontier->entries;
    size_t pos = entries->pos;
    uint64_t value = 0;

    if (bytes.len - pos < PLACE_BYTES) {
        return ASSAY_E_TRUNCATED;
    }
    entry_out->place =
        entries->bucket << PLACE_BITS | read_u24(bytes.data + pos);
    pos += PLACE_BYTES;
    enum assay_err err = read_varint(bytes, &pos, &value);
    if (err != ASSAY_OK) {
        return err;
    }
    /* PROTOCOL 4.5: "Places in a bucket MUST ascend, and be unique." */
    if (entry_out->place < entries->next || value == 1) {
        return ASSAY_E_MALFORMED;
    }
    entry_out->seq = value >> 1;
    entry_out->is_plain = (value & 1) == 0;
    entry_out->heads = 0;
    if (entry_out->seq > 0) {
        if (bytes.len - pos < HEADS_BYTES) {
            return ASSAY_E_TRUNCATED;
        }
        entry_out->heads = read_u24(bytes.data + pos);
        pos += HEADS_BYTES;
    }
    entries->pos = pos;
    return ASSAY_OK;
}

enum assay_err assay_sync_entries_next(struct assay_sync_entries *entries,
                                       struct assay_sync_entry *entry_out)
{
    struct assay_sync_entry entry;

    if (entries->left == 0) {
        return ASSAY_E_NOT_FOUND;
    }
    enum assay_err err = read_entry(entries, &entry);
    if (err != ASSAY_OK) {
        return err;
    }
    entries->left--;
    entries->next = entries->left > 0 ? entry.place + 1
                                      : (entries->bucket + 1) << PLACE_BITS;
    *entry_out = entry;
    return ASSAY_OK;
}

size_t assay_sync_count_write(size_t count, uint8_t *out)
{
    return write_varint(count, out);
}

size_t assay_sync_entry_write(const struct assay_sync_entry *entry,
                              uint8_t *out)
{
    uint64_t value = entry->seq << 1;
    size_t len = PLACE_BYTES;

    if (entry->seq > 0 && !entry->is_plain) {
        value |= 1;
    }
    write_u24((uint32_t)(entry->place & 0xffffff), out);
    len += write_varint(value, out + len);
    if (entry->seq > 0) {
        write_u24(entry->heads, out + len);
        len += HEADS_BYTES;
    }
    return len;
}
