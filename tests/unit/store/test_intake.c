/* SPDX-License-Identifier: Apache-2.0 */
#include "store/intake.h"

#include "folder.h"
#include "record_file.h"
#include "testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* All that the intake needs of a ledger is where captures go. */
struct store_ledger {
    char dir[TEST_PATH_MAX];
};

const char *store_ledger_dir(const struct store_ledger *ledger)
{
    return ledger->dir;
}

const struct store_watch *
store_ledger_watcher(const struct store_ledger *ledger)
{
    (void)ledger;
    return NULL;
}

static struct store_ledger ledger;

static int make_ledger(void **state)
{
    (void)state;
    test_folder_make(ledger.dir);
    return 0;
}

static int remove_ledger(void **state)
{
    (void)state;
    test_folder_remove(ledger.dir);
    return 0;
}

static int open_file(const struct record_file *file, size_t len)
{
    char path[TEST_PATH_MAX];

    test_path(path, ledger.dir, "records");
    test_file_write(path, file->data, len, 0600);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* A history of some records, as a file. */
static struct record_file *grown_file(size_t count)
{
    struct history *history = history_new(11);
    struct record_file *file = record_file_new();
    struct history_mix mix = {.count = count, .team_max = 3};

    history_grow(history, &mix);
    record_file_history(file, history);
    history_free(history);
    return file;
}

struct taken {
    size_t good;
    size_t bad;
    size_t captures;
    struct store_intake_end end;
};

/* Takes in a whole file; records must come in the order of the file. */
static struct taken take_all(int fd, unsigned threads)
{
    struct taken taken = {.good = 0};
    struct store_intake *intake = NULL;
    uint64_t last_offset = 0;

    assert_int_equal(store_intake_begin(&ledger, fd, threads, &intake),
                     ASSAY_OK);
    while (!taken.end.is_there) {
        struct store_intake_unit *unit = store_intake_next(intake);

        for (size_t index = 0; index < unit->count; index++) {
            assert_true(unit->records[index].offset > last_offset);
            last_offset = unit->records[index].offset;
            if (unit->records[index].err == ASSAY_OK) {
                taken.good++;
            } else {
                taken.bad++;
            }
        }
        taken.captures += unit->bytes.is_there ? 1 : 0;
        taken.end = unit->end;
        store_intake_release(intake);
    }
    store_intake_end(intake);
    return taken;
}

/* Whoever checks which record when, the caller sees the file's order. */
static void records_come_in_order(void **state)
{
    struct record_file *file = grown_file(1000);
    (void)state;

    for (unsigned threads = 0; threads <= 4; threads++) {
        int fd = open_file(file, file->len);
        struct taken taken = take_all(fd, threads);

        assert_int_equal(close(fd), 0);
        assert_int_equal(taken.good, file->item_count - 2);
        assert_int_equal(taken.bad, 0);
        assert_false(taken.end.is_cut);
        assert_int_equal(taken.end.err, ASSAY_OK);
        assert_null(taken.end.rule);
    }
    record_file_free(file);
}

static void a_flipped_signature_is_found(void **state)
{
    struct record_file *file = grown_file(50);
    (void)state;

    /* A body follows the envelope, whose last 64 bytes are the signature;
     * the founding record is the first item behind the head. */
    struct store_intake *intake = NULL;
    struct assay_bytes envelope;
    struct assay_bytes body;
    struct assay_bytes item = {file->data + file->item_at[1],
                               file->item_at[2] - file->item_at[1]};
    assert_int_equal(assay_record_split(item, &envelope, &body, NULL),
                     ASSAY_OK);
    size_t at = (size_t)(envelope.data - file->data) + envelope.len - 1;
    file->data[at] ^= 1;
    int fd = open_file(file, file->len);
    assert_int_equal(store_intake_begin(&ledger, fd, 2, &intake), ASSAY_OK);
    struct store_intake_unit *unit = store_intake_next(intake);
    assert_int_equal(unit->records[0].err, ASSAY_E_SIGNATURE);
    assert_true(unit->records[0].has_id);
    assert_int_equal(unit->records[0].offset, file->item_at[1]);
    assert_int_equal(unit->records[1].err, ASSAY_OK);
    store_intake_end(intake);
    assert_int_equal(close(fd), 0);
    record_file_free(file);
}

static void an_end_mark_that_miscounts_is_told(void **state)
{
    struct history *history = history_new(3);
    struct record_file *file = record_file_new();
    const struct history_item *item =
        history_item(history, history_found(history));
    (void)state;

    record_file_head(file);
    record_file_item(file, item->envelope, item->body);
    record_file_end(file, 2);
    int fd = open_file(file, file->len);
    struct taken taken = take_all(fd, 1);
    assert_int_equal(close(fd), 0);
    assert_int_equal(taken.good, 1);
    assert_int_equal(taken.end.err, ASSAY_E_MALFORMED);
    assert_int_equal(taken.end.offset, file->item_at[2]);
    assert_false(taken.end.is_cut);
    record_file_free(file);
    history_free(history);
}

static void what_is_no_such_file_is_told(void **state)
{
    struct record_file *file = record_file_new();
    (void)state;

    record_file_raw(file, "{\"json\": 1}", 11);
    int fd = open_file(file, file->len);
    struct taken taken = take_all(fd, 1);
    assert_int_equal(close(fd), 0);
    assert_true(taken.end.is_headless);
    assert_int_equal(taken.end.err, ASSAY_E_MALFORMED);
    record_file_free(file);
}

/* Captured bytes are staged while they are read; those that are too long are
 * passed over, and what follows is read. */
static void captured_bytes_are_staged(void **state)
{
    struct record_file *file = record_file_new();
    struct store_intake *intake = NULL;
    uint8_t *large = calloc(1, ASSAY_CAPTURE_MAX + 1);
    (void)state;

    assert_non_null(large);
    record_file_head(file);
    record_file_bytes(file, assay_bytes_of("abc"));
    record_file_bytes(file, (struct assay_bytes){large, ASSAY_CAPTURE_MAX + 1});
    record_file_bytes(file, (struct assay_bytes){large, 1000000});
    record_file_end(file, 0);
    int fd = open_file(file, file->len);
    assert_int_equal(store_intake_begin(&ledger, fd, 2, &intake), ASSAY_OK);
    struct store_intake_unit *unit = store_intake_next(intake);
    assert_true(unit->bytes.is_there);
    assert_int_equal(unit->bytes.err, ASSAY_OK);
    assert_int_equal(unit->bytes.info.size, 3);
    assert_int_equal(
        store_capture_stage_keep(&unit->bytes.stage, &unit->bytes.info),
        ASSAY_OK);
    unit = store_intake_next(intake);
    assert_int_equal(unit->bytes.err, ASSAY_E_LIMIT);
    unit = store_intake_next(intake);
    assert_int_equal(unit->bytes.err, ASSAY_OK);
    assert_int_equal(unit->bytes.info.size, 1000000);
    unit = store_intake_next(intake);
    assert_true(unit->end.is_there);
    assert_false(unit->end.is_cut);
    store_intake_end(intake);
    assert_int_equal(close(fd), 0);
    record_file_free(file);
    free(large);
}

/* A file that says nothing more must not keep us from stopping. */
static void a_silent_pipe_can_be_left(void **state)
{
    struct store_intake *intake = NULL;
    int ends[2];
    (void)state;

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(store_intake_begin(&ledger, ends[0], 2, &intake),
                     ASSAY_OK);
    store_intake_end(intake);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
}

/* Also while the reader waits for a free unit and workers for work: each
 * capture ends a unit, and there are more of them than units. */
static void a_long_file_can_be_left(void **state)
{
    struct record_file *file = record_file_new();
    (void)state;

    record_file_head(file);
    for (size_t index = 0; index < 2 * STORE_INTAKE_UNITS; index++) {
        record_file_bytes(file, assay_bytes_of("abc"));
    }
    for (size_t held = 0; held < 4; held++) {
        struct store_intake *intake = NULL;
        int fd = open_file(file, file->len);

        assert_int_equal(store_intake_begin(&ledger, fd, 2, &intake), ASSAY_OK);
        for (size_t index = 0; index < held; index++) {
            (void)store_intake_next(intake);
        }
        store_intake_end(intake);
        assert_int_equal(close(fd), 0);
    }
    record_file_free(file);
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(records_come_in_order),
        PROMISE(a_flipped_signature_is_found),
        PROMISE(an_end_mark_that_miscounts_is_told),
        PROMISE(what_is_no_such_file_is_told),
        PROMISE(captured_bytes_are_staged),
        PROMISE(a_silent_pipe_can_be_left),
        PROMISE(a_long_file_can_be_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
