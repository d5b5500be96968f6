/* SPDX-License-Identifier: Apache-2.0 */
#include "store/check.h"

#include "raw_table.h"
#include "store/captures.h"
#include "store/rows.h"
#include "store/transfer.h"
#include "store/trust.h"
#include "test_ledger.h"
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a damaged place in a table is tried on at most, spread over it. */
#define SAMPLES 12

static struct test_ledger test;
static char last_sentence[256];
static uint64_t index_lsn; /* Of the last problem with an index's entry. */

static const enum store_table indexes[] = {
    STORE_IDS,      STORE_LOGS,    STORE_REFS, STORE_MISSING, STORE_LISTS,
    STORE_FRONTIER, STORE_RECORDS, STORE_META, STORE_LOCAL};
/* The first so many of them are rebuilt from records. */
#define REBUILT 6

static void on_problem(void *context, uint64_t lsn, const char *sentence)
{
    (void)context;
    if (strstr(sentence, "an entry of the index") != NULL) {
        index_lsn = lsn;
    }
    (void)snprintf(last_sentence, sizeof(last_sentence), "%s", sentence);
}

static const struct store_check_hooks hooks = {.problem = on_problem};

static struct store_check_report check(void)
{
    struct store_check_report report;

    assert_int_equal(store_check(test.ledger, &hooks, &report), ASSAY_OK);
    return report;
}

static void repair(void)
{
    struct store_check_report report;

    assert_int_equal(store_repair(test.ledger, &hooks, &report), ASSAY_OK);
}

/* Two teams with forks, endings and every kind; some of what is named is not
 * held, one body was erased and one team is trusted. */
static void fill(uint64_t seed, size_t count)
{
    struct history *history = history_new(seed);
    struct history_mix mix = {.count = count,
                              .team_max = 2,
                              .fork_once_in = 10,
                              .heal_once_in = 15,
                              .end_once_in = 12,
                              .erase_once_in = 25};
    struct store_batch *batch = NULL;

    history_grow(history, &mix);
    test_ledger_fill(&test, history, NULL, history_count(history));
    assert_int_equal(store_batch_begin(test.ledger, TEST_NOW_S, &batch),
                     ASSAY_OK);
    assert_int_equal(store_trust_add(batch, &history_item(history, 0)->id),
                     ASSAY_OK);
    assert_int_equal(store_batch_erase(batch, &history_item(history, 1)->id,
                                       NULL, assay_bytes_of("asked to")),
                     ASSAY_OK);
    assert_int_equal(store_batch_commit(batch), ASSAY_OK);
    history_free(history);
}

static int make_ledger(void **state)
{
    (void)state;
    test_ledger_make(&test);
    fill(41, 120);
    return 0;
}

static int remove_ledger(void **state)
{
    (void)state;
    test_ledger_remove(&test);
    return 0;
}

/* Digests of all tables, to see that a repair gives back what there was. */
struct digests {
    struct assay_id of[STORE_TABLE_COUNT];
};

static struct digests take_digests(void)
{
    struct digests digests;

    for (size_t table = 0; table < STORE_TABLE_COUNT; table++) {
        digests.of[table] = raw_digest(test.ledger, (enum store_table)table);
    }
    return digests;
}

static void assert_digests(const struct digests *wanted)
{
    struct digests found = take_digests();

    for (size_t table = 0; table < STORE_TABLE_COUNT; table++) {
        assert_memory_equal(&found.of[table], &wanted->of[table],
                            sizeof(struct assay_id));
    }
}

static void a_sound_ledger_has_no_problems(void **state)
{
    (void)state;
    for (uint64_t seed = 50; seed < 56; seed++) {
        test_ledger_remove(&test);
        test_ledger_make(&test);
        fill(seed, 200);
        struct store_check_report report = check();
        if (report.problems > 0) {
            print_message("seed %d: %s\n", (int)seed, last_sentence);
        }
        assert_int_equal(report.problems, 0);
        assert_int_equal(report.records, test_ledger_count(&test));
        assert_true(report.index_entries > report.records);
    }
}

/* A reference twice in one record, of a record that comes later or never, is
 * one reference. */
static void what_is_named_before_it_is_held_is_counted_once(void **state)
{
    struct history *history = history_new(60);
    size_t root = history_found(history);
    size_t claim = history_claim(history, root);
    size_t other = history_found(history);
    size_t retract = history_retract(history, other, claim, true);
    size_t first[] = {other, retract};
    size_t later[] = {root, claim};
    struct store_stats stats;
    (void)state;

    test_ledger_remove(&test);
    test_ledger_make(&test);
    test_ledger_fill(&test, history, first, 2);
    assert_int_equal(check().problems, 0);
    test_ledger_fill(&test, history, later, 2);
    assert_int_equal(check().problems, 0);
    assert_int_equal(store_ledger_stats(test.ledger, &stats), ASSAY_OK);
    assert_int_equal(stats.missing, 0);
    history_free(history);
}

/* Some names of records that are not held, so that all tables have entries. */
static void add_missing(void)
{
    struct history *history = history_new(61);
    size_t root = history_found(history);
    size_t claim = history_claim(history, root);
    size_t other = history_found(history);
    size_t order[] = {other, history_source(history, other, claim),
                      history_challenge(history, other, claim)};

    test_ledger_fill(&test, history, order, 3);
    history_free(history);
}

static void a_repair_of_a_sound_ledger_changes_nothing(void **state)
{
    (void)state;
    add_missing();
    struct digests before = take_digests();
    repair();
    assert_digests(&before);
    assert_int_equal(check().problems, 0);
}

static void a_deleted_entry_is_found_and_mended(void **state)
{
    (void)state;
    add_missing();
    struct digests before = take_digests();
    for (size_t index = 0; index < REBUILT; index++) {
        size_t count = raw_count(test.ledger, indexes[index]);

        assert_true(count > 0);
        for (size_t sample = 0; sample < SAMPLES; sample++) {
            struct raw_entry entry = raw_get(test.ledger, indexes[index],
                                             sample * (count - 1) / SAMPLES);

            raw_delete(test.ledger, indexes[index], &entry);
            assert_true(check().problems > 0);
            repair();
            assert_int_equal(check().problems, 0);
            assert_digests(&before);
        }
    }
}

/* An entry that no record calls for, with a key of the table's own form. */
static void an_entry_too_many_is_found_and_mended(void **state)
{
    (void)state;
    add_missing();
    struct digests before = take_digests();
    for (size_t index = 0; index < REBUILT; index++) {
        size_t count = raw_count(test.ledger, indexes[index]);
        struct raw_entry entry =
            raw_get(test.ledger, indexes[index], count / 2);

        if (indexes[index] == STORE_FRONTIER) {
            uint64_t lsn = 0;

            memcpy(&lsn, entry.key, sizeof(lsn));
            lsn = test_ledger_count(&test); /* It grants nothing. */
            memcpy(entry.key, &lsn, sizeof(lsn));
        } else {
            /* Another LSN, beyond all that there are. */
            entry.value[entry.value_len - 2] ^= 0x55;
        }
        raw_put(test.ledger, indexes[index], &entry);
        assert_true(check().problems > 0);
        repair();
        assert_int_equal(check().problems, 0);
        assert_digests(&before);
    }
}

/* Whatever bit of a log's row turns: the author's key and role decide what a
 * record may do, so they must not be believed unchecked. */
static void a_changed_log_is_found_and_mended(void **state)
{
    (void)state;
    struct digests before = take_digests();
    struct raw_entry sound =
        raw_get(test.ledger, STORE_FRONTIER,
                raw_count(test.ledger, STORE_FRONTIER) - 1);
    for (size_t at = 0; at < sound.value_len; at++) {
        struct raw_entry entry = sound;

        entry.value[at] ^= 1;
        raw_put(test.ledger, STORE_FRONTIER, &entry);
        if (check().problems == 0) {
            fail_msg("byte %zu of a log's row changed unseen", at);
        }
    }
    repair();
    assert_int_equal(check().problems, 0);
    assert_digests(&before);
}

static void a_changed_counter_is_found_and_mended(void **state)
{
    (void)state;
    add_missing();
    struct digests before = take_digests();
    struct raw_entry sound = raw_get(test.ledger, STORE_META, 0);
    struct store_meta meta;

    assert_int_equal(sound.value_len, sizeof(meta));
    memcpy(&meta, sound.value, sizeof(meta));
    uint64_t *counters[] = {
        &meta.stats.records,     &meta.stats.record_bytes,
        &meta.stats.logs,        &meta.stats.teams,
        &meta.stats.erased,      &meta.stats.missing,
        &meta.stats.by_kind[0],  &meta.stats.by_kind[ASSAY_KIND_CLAIM],
        &meta.stats.by_kind[31], &meta.last_received_s};
    for (size_t index = 0; index < sizeof(counters) / sizeof(counters[0]);
         index++) {
        struct raw_entry entry = sound;

        (*counters[index])++;
        memcpy(entry.value, &meta, sizeof(meta));
        (*counters[index])--;
        raw_put(test.ledger, STORE_META, &entry);
        if (check().problems == 0) {
            fail_msg("counter %zu changed unseen", index);
        }
        repair();
        assert_int_equal(check().problems, 0);
        assert_digests(&before);
    }
}

/* A bit anywhere in a stored record, its head or its body. */
static void a_flipped_byte_of_a_record_is_found(void **state)
{
    size_t count = raw_count(test.ledger, STORE_RECORDS);
    struct raw_entry sound = raw_get(test.ledger, STORE_RECORDS, count / 2);
    (void)state;

    for (size_t at = 0; at < sound.value_len; at++) {
        struct raw_entry entry = sound;

        entry.value[at] ^= (uint8_t)(1U << (at % 8));
        raw_put(test.ledger, STORE_RECORDS, &entry);
        if (check().problems == 0) {
            fail_msg("byte %zu of a row changed unseen", at);
        }
    }
    raw_put(test.ledger, STORE_RECORDS, &sound);
    assert_int_equal(check().problems, 0);
}

/* Whether a body was erased here is noted twice; the note wins. */
static void a_changed_flag_is_mended(void **state)
{
    (void)state;
    struct digests before = take_digests();
    size_t count = raw_count(test.ledger, STORE_RECORDS);
    struct raw_entry sound = raw_get(test.ledger, STORE_RECORDS, count / 2);

    for (size_t bit = 0; bit < 8; bit++) {
        struct raw_entry entry = sound;

        entry.value[STORE_ROW_FLAGS_AT] ^= (uint8_t)(1U << bit);
        raw_put(test.ledger, STORE_RECORDS, &entry);
        assert_true(check().problems > 0);
        repair();
        assert_int_equal(check().problems, 0);
        assert_digests(&before);
    }
}

/* The head of a row says what the rest of the ledger says, too. */
static void a_damaged_head_is_mended(void **state)
{
    (void)state;
    struct digests before = take_digests();
    size_t count = raw_count(test.ledger, STORE_RECORDS);
    struct raw_entry sound = raw_get(test.ledger, STORE_RECORDS, count / 2);

    /* All but the length of the envelope. */
    for (size_t at = 0; at < STORE_ROW_HEAD_SIZE - 2; at++) {
        struct raw_entry entry = sound;

        entry.value[at] ^= (uint8_t)(1U << (at % 8));
        raw_put(test.ledger, STORE_RECORDS, &entry);
        assert_true(check().problems > 0);
        repair();
        assert_int_equal(check().problems, 0);
        assert_digests(&before);
    }
}

/* A row whose number was never given would make everybody count up to it. */
static void a_row_with_an_impossible_number_is_set_aside(void **state)
{
    (void)state;
    struct digests before = take_digests();
    uint64_t numbers[] = {0, UINT64_C(1) << 60, UINT64_MAX};
    char path[TEST_PATH_MAX];

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct raw_entry entry = raw_get(test.ledger, STORE_RECORDS, 1);

        memcpy(entry.key, &numbers[i], sizeof(numbers[i]));
        raw_put(test.ledger, STORE_RECORDS, &entry);
        assert_true(check().problems > 0);
        repair();
        assert_int_equal(check().problems, 0);
        assert_digests(&before);
    }
    test_path(path, test.dir, "aside/0");
    assert_int_equal(access(path, R_OK), 0);
}

/* The last number is taken, whatever became of its record: a cursor that has
 * seen it would miss another record under it. */
static void a_number_is_not_given_twice(void **state)
{
    struct store_stats stats;
    (void)state;

    uint64_t count = test_ledger_count(&test);
    struct raw_entry entry =
        raw_get(test.ledger, STORE_RECORDS, (size_t)count - 1);
    entry.value[entry.value_len - 1] ^= 1;
    entry.value[STORE_ROW_HEAD_SIZE + 20] ^= 1;
    raw_put(test.ledger, STORE_RECORDS, &entry);
    for (int i = 0; i < 2; i++) {
        repair();
        assert_int_equal(check().problems, 0);
        assert_int_equal(store_ledger_stats(test.ledger, &stats), ASSAY_OK);
        assert_int_equal(stats.records, count - 1);
        assert_int_equal(stats.last_lsn, count);
    }
}

/* What is set aside in the second pass was named before it was looked at: as
 * a record that is held, which it no longer is. */
static void who_names_what_is_set_aside_names_what_is_missing(void **state)
{
    struct history *history = history_new(64);
    size_t root = history_found(history);
    size_t editor = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    size_t first = history_claim(history, editor);
    size_t claim = history_claim(history, editor);
    size_t other = history_found(history);
    size_t order[] = {root,
                      editor,
                      first,
                      other,
                      history_source(history, other, claim),
                      history_challenge(history, other, claim),
                      claim};
    struct store_stats stats;
    (void)state;

    test_ledger_remove(&test);
    test_ledger_make(&test);
    test_ledger_fill(&test, history, order, 7);
    struct raw_entry entry = raw_get(test.ledger, STORE_RECORDS, 2);
    entry.value[STORE_ROW_HEAD_SIZE + 20] ^= 1;
    raw_put(test.ledger, STORE_RECORDS, &entry);
    repair();
    assert_int_equal(check().problems, 0);
    assert_false(test_ledger_has(&test, history, claim));
    assert_int_equal(store_ledger_stats(test.ledger, &stats), ASSAY_OK);
    assert_int_equal(stats.missing, 2);
    test_ledger_fill(&test, history, (size_t[]){first, claim}, 2);
    assert_int_equal(check().problems, 0);
    history_free(history);
}

/* Times never go back, so that what was received by then can be found. */
static void a_receive_time_out_of_order_is_mended(void **state)
{
    struct history *history = history_new(65);
    const uint64_t times[] = {100, 200, 300, 400};
    size_t root = history_found(history);
    (void)state;

    (void)history_claim(history, root);
    (void)history_claim(history, root);
    (void)history_claim(history, root);
    test_ledger_remove(&test);
    test_ledger_make(&test);
    for (size_t i = 0; i < 4; i++) {
        struct store_batch *batch = test_ledger_begin(&test, times[i]);

        assert_int_equal(test_ledger_put_item(batch, history, i), ASSAY_OK);
        test_ledger_commit(batch);
    }
    struct raw_entry sound = raw_get(test.ledger, STORE_RECORDS, 1);
    for (size_t at = STORE_ROW_FLAGS_AT + 1; at < STORE_ROW_FLAGS_AT + 6;
         at++) {
        struct raw_entry entry = sound;

        entry.value[at] ^= 0x80;
        raw_put(test.ledger, STORE_RECORDS, &entry);
        repair();
        assert_int_equal(check().problems, 0);
        /* Those around it keep theirs. */
        for (size_t i = 0; i < 4; i += 2) {
            struct store_view *view = NULL;

            assert_int_equal(store_view_begin(test.ledger, times[i], &view),
                             ASSAY_OK);
            assert_true(store_view_last_lsn(view) >= i + 1);
            assert_true(store_view_last_lsn(view) <= i + 2);
            store_view_end(view);
        }
        raw_put(test.ledger, STORE_RECORDS, &sound);
    }
    history_free(history);
}

/* What a retraction asks to erase may come later: the note is made of records
 * and comes back with them. */
static void a_lost_wish_is_found_and_mended(void **state)
{
    struct history *history = history_new(66);
    size_t root = history_found(history);
    size_t claim = history_claim(history, root);
    size_t retraction = history_retract(history, root, claim, true);
    (void)state;

    test_ledger_remove(&test);
    test_ledger_make(&test);
    test_ledger_fill(&test, history, NULL, history_count(history));
    (void)retraction;
    struct digests before = take_digests();
    size_t count = raw_count(test.ledger, STORE_LOCAL);
    struct raw_entry entry = raw_get(test.ledger, STORE_LOCAL, count - 1);
    assert_int_equal(entry.key[0], STORE_LOCAL_WANTED);
    raw_delete(test.ledger, STORE_LOCAL, &entry);
    assert_true(check().problems > 0);
    repair();
    assert_digests(&before);
    entry.key[entry.key_len - 1] ^= 1;
    raw_put(test.ledger, STORE_LOCAL, &entry);
    assert_true(check().problems > 0);
    repair();
    assert_digests(&before);
    history_free(history);
}

/* Whoever has to mend a ledger wants to know where. */
static void what_is_wrong_with_an_index_is_named(void **state)
{
    (void)state;
    add_missing();
    for (size_t index = 0; index < REBUILT - 1; index++) {
        size_t count = raw_count(test.ledger, indexes[index]);
        struct raw_entry entry =
            raw_get(test.ledger, indexes[index], count / 2);
        uint64_t wanted = store_get_number(
            entry.value + entry.value_len - STORE_LSN_SIZE, STORE_LSN_SIZE);

        raw_delete(test.ledger, indexes[index], &entry);
        index_lsn = 0;
        assert_true(check().problems > 0);
        assert_int_equal(index_lsn, wanted);
        raw_put(test.ledger, indexes[index], &entry);
        assert_int_equal(check().problems, 0);
    }
}

/* What is written anew needs room beside what is there: more than a map has
 * that is large enough for any batch. */
static void a_repair_finds_room_in_the_map(void **state)
{
    const uint64_t headroom = 4096;
    struct store_ledger *ledger = NULL;
    struct store_check_report report;
    struct stat status;
    char path[TEST_PATH_MAX];
    (void)state;

    fill(43, 1500);
    store_ledger_close(test.ledger);
    test.ledger = NULL;
    test_path(path, test.dir, "db/data.mdb");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(
        store_ledger_open_sized(test.dir, STORE_WRITE,
                                (uint64_t)status.st_size + 16 * headroom,
                                headroom, &ledger, NULL),
        ASSAY_OK);
    assert_int_equal(store_repair(ledger, &hooks, &report), ASSAY_OK);
    assert_int_equal(report.problems, 0);
    store_ledger_close(ledger);
    assert_int_equal(
        store_ledger_open(test.dir, STORE_WRITE, &test.ledger, NULL), ASSAY_OK);
    assert_int_equal(check().problems, 0);
}

/* Numbers that are free now trouble nobody who reads. */
static void check_readable(void)
{
    struct store_view *view = NULL;
    uint64_t count = 0;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(store_view_begin(test.ledger, TEST_NOW_S, &view),
                     ASSAY_OK);
    assert_int_equal(store_export_all(view, fd, NULL, &count), ASSAY_OK);
    assert_int_equal(count, test_ledger_count(&test));
    store_view_end(view);
    assert_int_equal(close(fd), 0);
}

/* What does not verify goes, with what builds on it; its bytes are kept. */
static void what_does_not_verify_is_set_aside(void **state)
{
    struct history *history = history_new(62);
    size_t root = history_found(history);
    size_t editor = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    size_t claim = history_claim(history, editor);
    size_t after = history_claim(history, editor);
    char path[TEST_PATH_MAX];
    (void)state;

    test_ledger_remove(&test);
    test_ledger_make(&test);
    test_ledger_fill(&test, history, NULL, history_count(history));
    struct raw_entry entry = raw_get(test.ledger, STORE_RECORDS, claim);
    size_t envelope_len = history_item(history, claim)->envelope.len;
    entry.value[STORE_ROW_HEAD_SIZE + envelope_len - 1] ^= 1;
    raw_put(test.ledger, STORE_RECORDS, &entry);
    assert_true(check().problems > 0);
    repair();
    struct store_check_report report = check();
    assert_int_equal(report.problems, 0);
    assert_int_equal(report.records, 2);
    assert_true(test_ledger_has(&test, history, editor));
    assert_false(test_ledger_has(&test, history, claim));
    assert_false(test_ledger_has(&test, history, after));
    test_path(path, test.dir, "aside/3");
    assert_int_equal(access(path, R_OK), 0);
    repair(); /* A second one has nothing left to do. */
    assert_int_equal(check().problems, 0);
    test_path(path, test.dir, "aside/4");
    assert_int_equal(access(path, R_OK), 0);
    check_readable();

    /* What was set aside can be taken again. */
    size_t order[] = {claim, after};
    test_ledger_fill(&test, history, order, 2);
    assert_int_equal(check().problems, 0);
    history_free(history);
}

/* A spoilt body costs the body and not the log that the record is in. */
static void a_damaged_body_goes_alone(void **state)
{
    struct history *history = history_new(63);
    struct store_check_report report;
    size_t root = history_found(history);
    size_t claim = history_claim(history, root);
    const struct history_item *item = NULL;
    struct assay_record record;
    struct store_batch *batch = NULL;
    uint64_t lsn = 0;
    bool has_new_body = false;
    (void)state;

    (void)history_claim(history, root);
    test_ledger_remove(&test);
    test_ledger_make(&test);
    test_ledger_fill(&test, history, NULL, history_count(history));
    struct digests before = take_digests();
    /* A row ends with the body. */
    struct raw_entry entry = raw_get(test.ledger, STORE_RECORDS, claim);
    entry.value[entry.value_len - 1] ^= 1;
    raw_put(test.ledger, STORE_RECORDS, &entry);
    assert_true(check().problems > 0);
    repair();
    report = check();
    assert_int_equal(report.problems, 0);
    assert_int_equal(report.records, 3);

    /* Once the body comes again, all is as it was. */
    item = history_item(history, claim);
    assert_int_equal(
        assay_record_open(item->envelope, item->body, &record, NULL), ASSAY_OK);
    assert_int_equal(store_batch_begin(test.ledger, TEST_NOW_S, &batch),
                     ASSAY_OK);
    assert_int_equal(store_batch_put(batch, &record, &lsn, &has_new_body),
                     ASSAY_E_EXISTS);
    assert_true(has_new_body);
    assert_int_equal(store_batch_commit(batch), ASSAY_OK);
    assert_digests(&before);
    history_free(history);
}

static void what_is_this_ledgers_own_is_kept(void **state)
{
    struct assay_id before = raw_digest(test.ledger, STORE_LOCAL);
    (void)state;

    assert_true(raw_count(test.ledger, STORE_LOCAL) >= 2);
    repair();
    struct assay_id after = raw_digest(test.ledger, STORE_LOCAL);
    assert_memory_equal(&before, &after, sizeof(before));
}

static void a_damaged_capture_is_found(void **state)
{
    struct store_capture_info info;
    char path[TEST_PATH_MAX];
    char file[128];
    int fd = -1;
    (void)state;

    test_path(path, test.folder, "input");
    test_file_write(path, "abc", 3, 0600);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(store_captures_put(test.ledger, fd, 100, &info), ASSAY_OK);
    assert_int_equal(close(fd), 0);
    assert_int_equal(check().captures, 1);
    assert_int_equal(check().problems, 0);
    (void)snprintf(file, sizeof(file), "captures/ba/%s",
                   "7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f200"
                   "15ad");
    test_path(path, test.dir, file);
    test_file_write(path, "abd", 3, 0600);
    assert_int_equal(check().problems, 1);
    assert_non_null(strstr(last_sentence, file));
}

static bool stop_at_once(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    (void)done;
    (void)total;
    return false;
}

static void a_check_can_be_stopped(void **state)
{
    struct store_check_hooks stopping = {.problem = on_problem,
                                         .progress = stop_at_once};
    struct store_check_report report = {.records = 77};
    (void)state;

    fill(42, 1000);
    assert_int_equal(store_check(test.ledger, &stopping, &report),
                     ASSAY_E_STOPPED);
    assert_int_equal(report.records, 77);
}

static void an_empty_ledger_is_sound(void **state)
{
    (void)state;
    test_ledger_remove(&test);
    test_ledger_make(&test);
    assert_int_equal(check().problems, 0);
    repair();
    assert_int_equal(check().problems, 0);
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_sound_ledger_has_no_problems),
        PROMISE(what_is_named_before_it_is_held_is_counted_once),
        PROMISE(a_repair_of_a_sound_ledger_changes_nothing),
        PROMISE(a_deleted_entry_is_found_and_mended),
        PROMISE(an_entry_too_many_is_found_and_mended),
        PROMISE(a_changed_log_is_found_and_mended),
        PROMISE(a_changed_counter_is_found_and_mended),
        PROMISE(a_flipped_byte_of_a_record_is_found),
        PROMISE(a_changed_flag_is_mended),
        PROMISE(a_damaged_head_is_mended),
        PROMISE(a_row_with_an_impossible_number_is_set_aside),
        PROMISE(a_number_is_not_given_twice),
        PROMISE(who_names_what_is_set_aside_names_what_is_missing),
        PROMISE(a_receive_time_out_of_order_is_mended),
        PROMISE(a_lost_wish_is_found_and_mended),
        PROMISE(what_is_wrong_with_an_index_is_named),
        PROMISE(a_repair_finds_room_in_the_map),
        PROMISE(what_does_not_verify_is_set_aside),
        PROMISE(a_damaged_body_goes_alone),
        PROMISE(what_is_this_ledgers_own_is_kept),
        PROMISE(a_damaged_capture_is_found),
        PROMISE(a_check_can_be_stopped),
        PROMISE(an_empty_ledger_is_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
