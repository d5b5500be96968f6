/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sequence.h"

#include "record_file.h"
#include "testing.h"

#include <stdlib.h>

static const char text[] = "The bytes of a page, as they were.";

/* A file with some of each item. */
static struct record_file *sample_file(size_t *record_count_out)
{
    struct history *history = history_new(5);
    struct record_file *file = record_file_new();
    size_t root = history_found(history);
    size_t editor = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    size_t claim = history_claim(history, editor);

    (void)history_capture(history, editor);
    (void)history_source(history, editor, claim);
    history_drop_body(history, claim);
    record_file_head(file);
    for (size_t index = 0; index < history_count(history); index++) {
        const struct history_item *item = history_item(history, index);

        record_file_item(file, item->envelope, item->body);
    }
    record_file_bytes(file, assay_bytes_of(text));
    record_file_bytes(file, (struct assay_bytes){(const uint8_t *)text, 0});
    *record_count_out = history_count(history);
    record_file_end(file, history_count(history));
    history_free(history);
    return file;
}

/* What a file says, however it is cut into windows. */
struct summary {
    uint64_t heads;
    uint64_t records;
    uint64_t bodies;
    uint64_t captures;
    uint64_t capture_bytes;
    uint64_t ends;
    uint64_t end_count;
    uint64_t offsets; /* A sum over the items' offsets. */
    enum assay_err err;
    uint64_t fault_offset;
    const char *rule;
};

static void sum_up(struct summary *sum,
                   const struct store_sequence_event *event)
{
    switch (event->type) {
    case STORE_SEQUENCE_HEAD:
        sum->heads++;
        break;
    case STORE_SEQUENCE_RECORD:
        sum->records++;
        sum->bodies += event->body.data != NULL ? 1 : 0;
        break;
    case STORE_SEQUENCE_BYTES:
        sum->captures++;
        break;
    case STORE_SEQUENCE_PART:
        sum->capture_bytes += event->part.len;
        return;
    case STORE_SEQUENCE_END:
        sum->ends++;
        sum->end_count = event->count;
        break;
    case STORE_SEQUENCE_BAD:
        sum->err = event->err;
        sum->fault_offset = event->offset;
        sum->rule = event->rule;
        return;
    case STORE_SEQUENCE_MORE:
        return;
    }
    sum->offsets += event->offset + 1;
}

/* Reads bytes through windows that grow by step when they are too short. */
static struct summary read_all(const uint8_t *data, size_t len, size_t step,
                               struct store_sequence *sequence)
{
    struct summary sum = {.err = ASSAY_OK};
    struct store_sequence_event event = {.type = STORE_SEQUENCE_MORE};
    size_t pos = 0;
    size_t window = 0;

    store_sequence_init(sequence);
    while (event.type != STORE_SEQUENCE_BAD) {
        /* Exactly as large as the window, so that ASan sees a read past it. */
        uint8_t *copy = malloc(window > 0 ? window : 1);

        assert_non_null(copy);
        memcpy(copy, data + pos, window);
        store_sequence_next(sequence, (struct assay_bytes){copy, window},
                            &event);
        sum_up(&sum, &event);
        free(copy);
        pos += event.used;
        window -= event.used;
        if (event.type == STORE_SEQUENCE_MORE) {
            if (pos + window == len) {
                break;
            }
            window += step < len - pos - window ? step : len - pos - window;
        }
    }
    return sum;
}

/* Windows are where a read happened to end, so they must not matter. */
static void windows_do_not_matter(void **state)
{
    static const size_t steps[] = {1, 2, 3, 7, 64, 1000, 1000000};
    struct store_sequence sequence;
    size_t count = 0;
    struct record_file *file = sample_file(&count);
    uint64_t offsets = 0;
    (void)state;

    for (size_t index = 0; index < file->item_count; index++) {
        offsets += file->item_at[index] + 1;
    }
    for (size_t index = 0; index < sizeof(steps) / sizeof(steps[0]); index++) {
        struct summary sum =
            read_all(file->data, file->len, steps[index], &sequence);

        assert_int_equal(sum.err, ASSAY_OK);
        assert_int_equal(sum.heads, 1);
        assert_int_equal(sum.records, count);
        assert_int_equal(sum.bodies, count - 1);
        assert_int_equal(sum.captures, 2);
        assert_int_equal(sum.capture_bytes, sizeof(text) - 1);
        assert_int_equal(sum.ends, 1);
        assert_int_equal(sum.end_count, count);
        assert_int_equal(sum.offsets, offsets);
        assert_int_equal(sequence.phase, STORE_SEQUENCE_AT_END);
        assert_int_equal(sequence.whole_offset, file->len);
    }
    record_file_free(file);
}

/* A cut file is told from a bad one, and where it was whole is known. */
static void every_cut_is_a_cut(void **state)
{
    struct store_sequence sequence;
    size_t count = 0;
    struct record_file *file = sample_file(&count);
    (void)state;

    for (size_t len = 0; len < file->len; len++) {
        struct summary sum = read_all(file->data, len, 512, &sequence);
        size_t whole = record_file_whole(file, len);

        assert_int_equal(sum.err, ASSAY_OK);
        assert_int_not_equal(sequence.phase, STORE_SEQUENCE_AT_END);
        assert_int_equal(sequence.whole_offset, file->item_at[whole]);
    }
    record_file_free(file);
}

struct bad_file {
    const char *hex; /* Behind a file's head, unless it is the head. */
    enum assay_err err;
    size_t offset; /* From the beginning of hex. */
};

static void check_bad(const struct bad_file *bad, bool with_head)
{
    struct record_file *file = record_file_new();
    struct store_sequence sequence;
    uint8_t data[64];
    size_t len = 0;

    if (with_head) {
        record_file_head(file);
    }
    for (; bad->hex[2 * len] != '\0'; len++) {
        char pair[] = {bad->hex[2 * len], bad->hex[2 * len + 1], '\0'};

        data[len] = (uint8_t)strtoul(pair, NULL, 16);
    }
    size_t base = file->len;
    record_file_raw(file, data, len);
    struct summary sum = read_all(file->data, file->len, 1, &sequence);
    assert_int_equal(sum.err, bad->err);
    assert_int_equal(sum.fault_offset, base + bad->offset);
    assert_non_null(sum.rule);
    record_file_free(file);
}

static void what_is_no_item_is_refused(void **state)
{
    static const struct bad_file files[] = {
        {"00", ASSAY_E_MALFORMED, 0},               /* A number. */
        {"8100", ASSAY_E_MALFORMED, 0},             /* An array of one. */
        {"83000000", ASSAY_E_LIMIT, 0},             /* Of three. */
        {"820000", ASSAY_E_MALFORMED, 1},           /* No envelope. */
        {"82400000", ASSAY_E_MALFORMED, 2},         /* No body. */
        {"82656f7468657200", ASSAY_E_MALFORMED, 1}, /* Another word. */
        {"82598001", ASSAY_E_LIMIT, 1},             /* An envelope too long. */
        {"8240598001", ASSAY_E_LIMIT, 2},           /* A body too long. */
        {"82656279746573581740", ASSAY_E_MALFORMED, 7}, /* A long head. */
        {"826562797465735900ff", ASSAY_E_MALFORMED, 7},
        {"826562797465735a0000ffff", ASSAY_E_MALFORMED, 7},
        {"826562797465735b00000000ffffffff", ASSAY_E_MALFORMED, 7},
        {"826562797465735f", ASSAY_E_MALFORMED, 7}, /* Indefinite. */
        {"8265627974657300", ASSAY_E_MALFORMED, 7}, /* A number. */
        {"8263656e6440", ASSAY_E_MALFORMED, 5},     /* No count. */
        {"8263656e640000", ASSAY_E_MALFORMED, 6},   /* More after the end. */
        {"8240ff", ASSAY_E_MALFORMED, 2},
    };
    (void)state;

    for (size_t index = 0; index < sizeof(files) / sizeof(files[0]); index++) {
        check_bad(&files[index], true);
    }
}

static void another_head_is_refused(void **state)
{
    static const struct bad_file files[] = {
        {"8240f6", ASSAY_E_MALFORMED, 0}, /* A record. */
        {"8263656e6400", ASSAY_E_MALFORMED, 0},
        {"826d61737361792d7265636f72647302", ASSAY_E_VERSION, 15},
        {"7f", ASSAY_E_MALFORMED, 0},
        {"45", ASSAY_E_MALFORMED, 0},
    };
    (void)state;

    for (size_t index = 0; index < sizeof(files) / sizeof(files[0]); index++) {
        check_bad(&files[index], false);
    }
}

/* Each form of a length that a capture can have is read as it was written. */
static void lengths_are_read_as_written(void **state)
{
    static const uint64_t lens[] = {
        0,         1,     23,    24,       255,        256,
        65535,     65536, 99999, 1U << 26, UINT32_MAX, (uint64_t)UINT32_MAX + 1,
        UINT64_MAX};
    struct store_sequence sequence;
    struct store_sequence_event event;
    uint8_t head[STORE_SEQUENCE_HEAD_MAX];
    (void)state;

    for (size_t index = 0; index < sizeof(lens) / sizeof(lens[0]); index++) {
        struct assay_bytes bytes =
            store_sequence_write_bytes(lens[index], head);

        store_sequence_init(&sequence);
        sequence.phase = STORE_SEQUENCE_AT_ITEM;
        store_sequence_next(&sequence, bytes, &event);
        assert_int_equal(event.type, STORE_SEQUENCE_BYTES);
        assert_int_equal(event.used, bytes.len);
        assert_true(event.left == lens[index]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_do_not_matter),
        cmocka_unit_test(every_cut_is_a_cut),
        cmocka_unit_test(what_is_no_item_is_refused),
        cmocka_unit_test(another_head_is_refused),
        cmocka_unit_test(lengths_are_read_as_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
