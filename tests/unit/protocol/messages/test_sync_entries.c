/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of a frontier have one spelling each, and stay in their buckets. */
#include "protocol/messages/sync.h"

#include "testing.h"

#define TEXT(text)                                                             \
    ((struct assay_bytes){(const uint8_t *)(text), sizeof(text) - 1})

/* Reads all entries; the last one into *entry_out, their number into
 * *count_out. */
static enum assay_err read_all(uint64_t first, struct assay_bytes bitmap,
                               struct assay_bytes bytes,
                               struct assay_sync_entry *entry_out,
                               size_t *count_out)
{
    struct assay_msg_frontier frontier = {
        .first_bucket = first, .bitmap = bitmap, .entries = bytes};
    struct assay_sync_entries entries;
    uint64_t bucket;
    size_t left;
    enum assay_err err;

    *count_out = 0;
    assay_sync_entries_init(&entries, &frontier);
    for (;;) {
        err = assay_sync_entries_bucket(&entries, &bucket, &left);
        if (err != ASSAY_OK) {
            break;
        }
        while (err == ASSAY_OK) {
            err = assay_sync_entries_next(&entries, entry_out);
            *count_out += err == ASSAY_OK ? 1U : 0U;
        }
        if (err != ASSAY_E_NOT_FOUND) {
            break;
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum assay_err read_text(struct assay_bytes bitmap,
                                struct assay_bytes bytes)
{
    struct assay_sync_entry entry;
    size_t count;

    return read_all(0, bitmap, bytes, &entry, &count);
}

static void an_entry_is_read_as_written(void **state)
{
    static const uint64_t seqs[] = {0,    1,    63,      64,
                                    8191, 8192, 1000000, UINT64_C(1) << 53};
    struct assay_sync_entry again;
    size_t count;
    (void)state;

    for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++) {
        struct assay_sync_entry entry = {.place = 9U << 24 | 0x123456,
                                         .seq = seqs[i],
                                         .is_plain = i % 2 == 0,
                                         .heads = i == 0 ? 0 : 0xabcdef};
        uint8_t bytes[1 + ASSAY_SYNC_ENTRY_MAX];
        size_t len = assay_sync_count_write(1, bytes);

        len += assay_sync_entry_write(&entry, bytes + len);
        assert_int_equal(read_all(8, TEXT("\x02"),
                                  (struct assay_bytes){bytes, len}, &again,
                                  &count),
                         ASSAY_OK);
        assert_int_equal(count, 1);
        assert_int_equal(again.place, entry.place);
        assert_int_equal(again.seq, entry.seq);
        assert_int_equal(again.is_plain, entry.is_plain);
        assert_int_equal(again.heads, entry.heads);
        for (size_t cut = 0; cut < len; cut++) {
            assert_int_equal(
                read_text(TEXT("\x02"), (struct assay_bytes){bytes, cut}),
                ASSAY_E_TRUNCATED);
        }
    }
}

/* A bucket may be empty on this side, and then it differs too. */
static void buckets_are_those_of_the_bitmap(void **state)
{
    struct assay_sync_entry entry;
    size_t count;
    (void)state;

    assert_int_equal(read_all(100, TEXT("\x80\x01"),
                              TEXT("\x00\x02"
                                   "\0\0\1\2abc"
                                   "\0\0\2\0"),
                              &entry, &count),
                     ASSAY_OK);
    assert_int_equal(count, 2);
    assert_int_equal(entry.place, UINT64_C(108) << 24 | 2);
    assert_int_equal(entry.seq, 0);
    assert_int_equal(read_text(TEXT(""), TEXT("")), ASSAY_OK);
    assert_int_equal(read_text(TEXT("\0\0"), TEXT("")), ASSAY_OK);
}

static void entries_that_break_a_rule_are_refused(void **state)
{
    struct assay_bytes one = TEXT("\x01");
    (void)state;

    /* Bytes behind the last bucket. */
    assert_int_equal(read_text(TEXT(""), TEXT("\x00")), ASSAY_E_MALFORMED);
    assert_int_equal(read_text(one, TEXT("\x01\0\0\1\0\0")), ASSAY_E_MALFORMED);
    /* A second spelling of a number, and one that is too long. */
    assert_int_equal(read_text(one, TEXT("\x80\x00")), ASSAY_E_MALFORMED);
    assert_int_equal(
        read_text(one, TEXT("\x01\0\0\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"
                            "abc")),
        ASSAY_E_MALFORMED);
    /* A log that is not held and yet not plain. */
    assert_int_equal(read_text(one, TEXT("\x01\0\0\1\1")), ASSAY_E_MALFORMED);
    /* The same log twice, and one before the other. */
    assert_int_equal(read_text(one, TEXT("\x02\0\0\1\0\0\0\1\0")),
                     ASSAY_E_MALFORMED);
    assert_int_equal(read_text(one, TEXT("\x02\0\0\2\0\0\0\1\0")),
                     ASSAY_E_MALFORMED);
    assert_int_equal(read_text(one, TEXT("\x02\xff\xff\xff\0\0\0\0\0")),
                     ASSAY_E_MALFORMED);
    /* More entries than there can be bytes for. */
    assert_int_equal(read_text(one, TEXT("\xff\xff\xff\x7f\0\0\1\0")),
                     ASSAY_E_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_read_as_written),
        cmocka_unit_test(buckets_are_those_of_the_bitmap),
        cmocka_unit_test(entries_that_break_a_rule_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
