/* SPDX-License-Identifier: Apache-2.0 */
#include "store/transfer.h"

#include "protocol/key.h"
#include "protocol/kinds/capture.h"
#include "record_file.h"
#include "store/captures.h"
#include "test_ledger.h"
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REFUSED_MAX 64

/* What the hooks were told. */
struct told {
    size_t refused_count;
    uint64_t offsets[REFUSED_MAX];
    enum assay_err errs[REFUSED_MAX];
    struct assay_id ids[REFUSED_MAX];
    bool has_id[REFUSED_MAX];
    size_t progress_count;
    bool stops;
};

static struct test_ledger test;
static struct told told;

static int make_ledger(void **state)
{
    (void)state;
    told = (struct told){.refused_count = 0};
    test_ledger_make(&test);
    return 0;
}

static int remove_ledger(void **state)
{
    (void)state;
    test_ledger_remove(&test);
    return 0;
}

static void on_refused(void *context, uint64_t offset,
                       const struct assay_id *id, enum assay_err err,
                       const char *rule)
{
    size_t index = told.refused_count++;

    (void)context;
    assert_non_null(rule);
    if (index < REFUSED_MAX) {
        told.offsets[index] = offset;
        told.errs[index] = err;
        told.has_id[index] = id != NULL;
        if (id != NULL) {
            told.ids[index] = *id;
        }
    }
}

static bool on_progress(void *context, const struct store_import_report *so_far)
{
    (void)context;
    (void)so_far;
    told.progress_count++;
    return !told.stops;
}

/* Imports the first len bytes of a file. */
static enum assay_err import(const struct record_file *file, size_t len,
                             struct store_import_report *report)
{
    static const struct store_import_hooks hooks = {
        .refused = on_refused,
        .progress = on_progress,
    };
    char path[TEST_PATH_MAX];

    test_path(path, test.folder, "records");
    test_file_write(path, file->data, len, 0600);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    enum assay_err err =
        store_import(test.ledger, fd, 2, TEST_NOW_S, &hooks, report);
    assert_int_equal(close(fd), 0);
    return err;
}

static struct store_import_report import_all(const struct record_file *file)
{
    struct store_import_report report;

    assert_int_equal(import(file, file->len, &report), ASSAY_OK);
    return report;
}

static struct history *grown_history(uint64_t seed, size_t count)
{
    struct history *history = history_new(seed);
    struct history_mix mix = {.count = count,
                              .team_max = 3,
                              .fork_once_in = 20,
                              .heal_once_in = 20,
                              .end_once_in = 30};

    history_grow(history, &mix);
    return history;
}

/* Every record of a history in an order of a test's own. */
static struct record_file *file_in_order(const struct history *history,
                                         const size_t *order)
{
    struct record_file *file = record_file_new();
    size_t count = history_count(history);

    record_file_head(file);
    for (size_t index = 0; index < count; index++) {
        const struct history_item *item = history_item(history, order[index]);

        record_file_item(file, item->envelope, item->body);
    }
    record_file_end(file, count);
    return file;
}

static void a_whole_file_is_there_afterwards(void **state)
{
    struct history *history = grown_history(1, 500);
    struct record_file *file = record_file_new();
    (void)state;

    record_file_history(file, history);
    struct store_import_report report = import_all(file);
    assert_int_equal(report.records, history_count(history));
    assert_int_equal(report.added, history_count(history));
    assert_int_equal(report.held + report.refused + report.early, 0);
    assert_int_equal(report.bytes, file->len);
    assert_false(report.is_cut);
    assert_int_equal(told.progress_count, 1);
    test_ledger_reopen(&test, STORE_READ);
    for (size_t index = 0; index < history_count(history); index++) {
        assert_true(test_ledger_has(&test, history, index));
    }
    record_file_free(file);
    history_free(history);
}

static void what_is_held_is_not_added_again(void **state)
{
    struct history *history = grown_history(2, 100);
    struct record_file *file = record_file_new();
    size_t count = history_count(history);
    (void)state;

    record_file_history(file, history);
    (void)import_all(file);
    struct store_import_report report = import_all(file);
    assert_int_equal(report.records, count);
    assert_int_equal(report.added, 0);
    assert_int_equal(report.held, count);
    assert_int_equal(test_ledger_count(&test), count);
    record_file_free(file);
    history_free(history);
}

/* The same record twice in one file is one record. */
static void duplicates_are_held(void **state)
{
    struct history *history = grown_history(3, 40);
    struct record_file *file = record_file_new();
    size_t count = history_count(history);
    (void)state;

    record_file_head(file);
    for (size_t index = 0; index < 2 * count; index++) {
        const struct history_item *item = history_item(history, index / 2);

        record_file_item(file, item->envelope, item->body);
    }
    record_file_end(file, 2 * count);
    struct store_import_report report = import_all(file);
    assert_int_equal(report.added, count);
    assert_int_equal(report.held, count);
    record_file_free(file);
    history_free(history);
}

/* Records in any order: what comes early waits for what it builds on. */
static void any_order_will_do(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct history *history = grown_history(seed, 200);
        size_t count = history_count(history);
        size_t *order = calloc(count, sizeof(*order));

        assert_non_null(order);
        for (size_t index = 0; index < count; index++) {
            size_t other = history_below(history, index + 1);

            order[index] = order[other];
            order[other] = index;
        }
        if (seed == 1) { /* The worst order of all. */
            for (size_t index = 0; index < count; index++) {
                order[index] = count - 1 - index;
            }
        }
        uint64_t before = test_ledger_count(&test);
        struct record_file *file = file_in_order(history, order);
        struct store_import_report report = import_all(file);
        assert_int_equal(report.added, count);
        assert_int_equal(report.early + report.refused, 0);
        assert_int_equal(test_ledger_count(&test), before + count);
        record_file_free(file);
        free(order);
        history_free(history);
    }
}

/* Cut at every byte: what is whole stays, and where it broke is told. */
static void every_cut_keeps_what_is_whole(void **state)
{
    struct history *history = history_new(4);
    struct record_file *file = record_file_new();
    size_t root = history_found(history);
    size_t editor = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    (void)state;

    (void)history_claim(history, editor);
    record_file_history(file, history);
    for (size_t len = 0; len < file->len; len++) {
        size_t whole = record_file_whole(file, len);
        struct store_import_report report;

        assert_int_equal(import(file, len, &report), ASSAY_OK);
        assert_true(report.is_cut);
        assert_int_equal(report.cut_offset, file->item_at[whole]);
        assert_int_equal(report.records, whole > 0 ? whole - 1 : 0);
        assert_int_equal(test_ledger_count(&test), report.records);
    }
    assert_int_equal(told.refused_count, 0);
    record_file_free(file);
    history_free(history);
}

static void garbage_in_the_middle_ends_it_there(void **state)
{
    struct history *history = grown_history(5, 30);
    struct record_file *file = record_file_new();
    struct store_import_report report;
    (void)state;

    record_file_history(file, history);
    size_t at = file->item_at[11];
    file->data[at] = 0xff;
    report = import_all(file);
    assert_int_equal(report.added, 10);
    assert_int_equal(report.refused, 1);
    assert_true(report.is_cut);
    assert_int_equal(report.cut_offset, at);
    assert_int_equal(told.refused_count, 1);
    assert_int_equal(told.offsets[0], at);
    assert_int_equal(told.errs[0], ASSAY_E_MALFORMED);
    assert_false(told.has_id[0]);
    record_file_free(file);
    history_free(history);
}

static void what_is_no_such_file_is_refused(void **state)
{
    struct record_file *file = record_file_new();
    struct store_import_report report;
    (void)state;

    record_file_raw(file, "{\"records\": []}", 15);
    assert_int_equal(import(file, file->len, &report), ASSAY_E_MALFORMED);
    record_file_free(file);
}

/* Turns a bit of the signature of a file's item. */
static void flip_signature(struct record_file *file, size_t item_index)
{
    struct assay_bytes envelope;
    struct assay_bytes body;
    size_t begin = file->item_at[item_index];
    struct assay_bytes item = {file->data + begin,
                               file->item_at[item_index + 1] - begin};

    assert_int_equal(assay_record_split(item, &envelope, &body, NULL),
                     ASSAY_OK);
    file->data[(size_t)(envelope.data - file->data) + envelope.len - 1] ^= 1;
}

/* A bad signature takes with it what builds on the record, and no more; once
 * the good one comes, nothing is lacking. */
static void a_bad_signature_is_refused(void **state)
{
    struct history *history = history_new(6);
    struct record_file *file = record_file_new();
    size_t root = history_found(history);
    size_t first = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    size_t second = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    size_t bad = history_claim(history, first);
    size_t after = history_claim(history, first);
    (void)state;

    (void)history_claim(history, second);
    record_file_history(file, history);
    flip_signature(file, bad + 1);
    struct store_import_report report = import_all(file);
    assert_int_equal(report.added, 4);
    assert_int_equal(report.refused, 1);
    assert_int_equal(report.early, 1);
    assert_int_equal(told.refused_count, 2);
    assert_int_equal(told.errs[0], ASSAY_E_SIGNATURE);
    assert_int_equal(told.offsets[0], file->item_at[bad + 1]);
    assert_true(assay_id_equal(&told.ids[0], &history_item(history, bad)->id));
    assert_int_equal(told.errs[1], ASSAY_E_EARLY);
    assert_int_equal(told.offsets[1], file->item_at[after + 1]);
    assert_true(
        assay_id_equal(&told.ids[1], &history_item(history, after)->id));
    flip_signature(file, bad + 1);
    report = import_all(file);
    assert_int_equal(report.added, 2);
    assert_int_equal(report.held, 4);
    record_file_free(file);
    history_free(history);
}

/* A body exchanged for another is not what was signed. */
static void an_exchanged_body_is_refused(void **state)
{
    struct history *history = history_new(7);
    struct record_file *file = record_file_new();
    const struct history_item *item =
        history_item(history, history_found(history));
    (void)state;

    record_file_head(file);
    record_file_item(file, item->envelope, assay_bytes_of("another"));
    record_file_end(file, 1);
    struct store_import_report report = import_all(file);
    assert_int_equal(report.refused, 1);
    assert_int_equal(told.errs[0], ASSAY_E_BODY);
    record_file_free(file);
    history_free(history);
}

static void a_missing_body_comes_later(void **state)
{
    struct history *history = history_new(8);
    struct record_file *without = record_file_new();
    struct record_file *with = record_file_new();
    size_t root = history_found(history);
    (void)state;

    (void)history_claim(history, root);
    record_file_history(with, history);
    record_file_head(without);
    for (size_t index = 0; index < 2; index++) {
        record_file_item(without, history_item(history, index)->envelope,
                         ASSAY_BYTES_NONE);
    }
    record_file_end(without, 2);
    assert_int_equal(import_all(without).added, 2);
    struct store_import_report report = import_all(with);
    assert_int_equal(report.held, 2);
    assert_int_equal(report.bodies, 2);
    assert_int_equal(import_all(with).bodies, 0);
    record_file_free(with);
    record_file_free(without);
    history_free(history);
}

/* Seals a record of a kind and body at the second place of a root's log. */
static struct assay_bytes seal_second(const struct history *history,
                                      uint64_t kind, struct assay_bytes body,
                                      const struct assay_id *prev,
                                      uint8_t out[ASSAY_RECORD_MAX])
{
    struct assay_payload payload = {
        .kind = kind,
        .auth = history_item(history, 0)->id,
        .seq = 2,
        .prev = {*prev},
        .prev_count = 1,
        .time_s = TEST_NOW_S,
    };
    struct assay_bytes envelope = ASSAY_BYTES_NONE;
    struct assay_id id;

    assert_int_equal(assay_record_seal(&payload, body,
                                       history_secret(history, 0), out,
                                       &envelope, &id),
                     ASSAY_OK);
    return envelope;
}

/* Adds the record of a capture of these bytes. */
static void add_capture(struct record_file *file, const struct history *history,
                        struct assay_bytes bytes)
{
    static uint8_t envelope[ASSAY_RECORD_MAX];
    uint8_t body[1024];
    uint8_t salt[ASSAY_SALT_SIZE] = {1};
    struct assay_cbor_writer writer;
    struct assay_bytes written = ASSAY_BYTES_NONE;
    struct assay_capture capture = {
        .media_type = assay_bytes_of("text/plain"),
        .size = bytes.len,
    };

    assay_hash(bytes, capture.sha256);
    assay_cbor_writer_init(&writer, body, sizeof(body));
    assay_capture_write(&capture, salt, &writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &written), ASSAY_OK);
    record_file_item(file,
                     seal_second(history, ASSAY_KIND_CAPTURE, written,
                                 &history_item(history, 0)->id, envelope),
                     written);
}

/* Bytes that nobody names would be a way to fill a disk with anything. */
static void only_named_bytes_are_kept(void **state)
{
    struct history *history = history_new(9);
    struct record_file *file = record_file_new();
    uint8_t hash[ASSAY_HASH_SIZE];
    (void)state;

    (void)history_found(history);
    record_file_head(file);
    record_file_item(file, history_item(history, 0)->envelope,
                     history_item(history, 0)->body);
    add_capture(file, history, assay_bytes_of("named"));
    record_file_bytes(file, assay_bytes_of("other"));
    record_file_bytes(file, assay_bytes_of("named"));
    record_file_end(file, 2);
    struct store_import_report report = import_all(file);
    assert_int_equal(report.added, 2);
    assert_int_equal(report.captures, 1);
    assert_int_equal(report.refused, 1);
    assert_int_equal(told.errs[0], ASSAY_E_NOT_FOUND);
    assert_int_equal(told.offsets[0], file->item_at[3]);
    assay_hash(assay_bytes_of("named"), hash);
    assert_true(store_captures_has(test.ledger, hash));
    assay_hash(assay_bytes_of("other"), hash);
    assert_false(store_captures_has(test.ledger, hash));
    assert_int_equal(import_all(file).captures, 0);
    record_file_free(file);
    history_free(history);
}

/* Early records that do not fit into the room are told and not kept; the
 * others are still there once what they lack comes. */
static void the_room_for_early_records_is_bounded(void **state)
{
    static uint8_t envelope[ASSAY_RECORD_MAX];
    static uint8_t body[30000];
    struct history *history = history_new(10);
    struct record_file *file = record_file_new();
    size_t count = 600; /* Some 18 MB. */
    (void)state;

    (void)history_found(history);
    record_file_head(file);
    for (size_t index = 0; index < count; index++) {
        struct assay_bytes bytes = {body, sizeof(body)};

        (void)snprintf((char *)body, sizeof(body), "%zu", index);
        record_file_item(file,
                         seal_second(history, ASSAY_KIND_CLAIM, bytes,
                                     &history_item(history, 0)->id, envelope),
                         bytes);
    }
    record_file_item(file, history_item(history, 0)->envelope,
                     history_item(history, 0)->body);
    record_file_end(file, count + 1);
    struct store_import_report report = import_all(file);
    assert_true(report.early > 0);
    assert_true(report.early < 100);
    /* They are 600 heads of one log, of which it takes some. */
    assert_int_equal(report.added, 1 + ASSAY_HEADS_MAX);
    assert_int_equal(report.added + report.early + report.refused, count + 1);
    record_file_free(file);
    history_free(history);
}

/* An import that is stopped keeps what was made durable. */
static void stopping_keeps_what_is_durable(void **state)
{
    struct history *history = history_new(11);
    struct record_file *file = record_file_new();
    struct store_import_report report;
    (void)state;

    (void)history_found(history);
    record_file_head(file);
    record_file_item(file, history_item(history, 0)->envelope,
                     history_item(history, 0)->body);
    for (size_t index = 0; index < 100; index++) {
        record_file_bytes(file, assay_bytes_of("x"));
    }
    record_file_end(file, 1);
    told.stops = true;
    assert_int_equal(import(file, file->len, &report), ASSAY_E_STOPPED);
    assert_int_equal(told.progress_count, 1);
    assert_int_equal(test_ledger_count(&test), 1);
    record_file_free(file);
    history_free(history);
}

static void a_ledger_opened_for_reading_is_not_written(void **state)
{
    struct history *history = grown_history(12, 5);
    struct record_file *file = record_file_new();
    struct store_import_report report;
    (void)state;

    record_file_history(file, history);
    test_ledger_reopen(&test, STORE_READ);
    assert_int_equal(import(file, file->len, &report), ASSAY_E_READONLY);
    record_file_free(file);
    history_free(history);
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_whole_file_is_there_afterwards),
        PROMISE(what_is_held_is_not_added_again),
        PROMISE(duplicates_are_held),
        PROMISE(any_order_will_do),
        PROMISE(every_cut_keeps_what_is_whole),
        PROMISE(garbage_in_the_middle_ends_it_there),
        PROMISE(what_is_no_such_file_is_refused),
        PROMISE(a_bad_signature_is_refused),
        PROMISE(an_exchanged_body_is_refused),
        PROMISE(a_missing_body_comes_later),
        PROMISE(only_named_bytes_are_kept),
        PROMISE(the_room_for_early_records_is_bounded),
        PROMISE(stopping_keeps_what_is_durable),
        PROMISE(a_ledger_opened_for_reading_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
