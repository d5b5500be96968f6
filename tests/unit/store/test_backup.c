/* SPDX-License-Identifier: Apache-2.0 */
#include "store/check.h"

#include "raw_table.h"
#include "test_ledger.h"
#include "testing.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORDS 400

static struct test_ledger test;
static struct history *history;

static int make_ledger(void **state)
{
    (void)state;
    history = history_new(70);
    size_t root = history_found(history);
    for (size_t index = 1; index < RECORDS; index++) {
        (void)history_claim(history, root);
    }
    test_ledger_make(&test);
    return 0;
}

static int remove_ledger(void **state)
{
    (void)state;
    test_ledger_remove(&test);
    history_free(history);
    return 0;
}

static void in_folder(char path[TEST_PATH_MAX], const char *name)
{
    test_path(path, test.folder, name);
}

/* How many records a backup holds; it must be sound. */
static uint64_t count_restored(const char *path)
{
    struct test_ledger restored;
    struct store_check_report report;
    const struct store_check_hooks hooks = {.context = NULL};

    test_folder_make(restored.folder);
    test_path(restored.dir, restored.folder, "ledger");
    restored.ledger = NULL;
    assert_int_equal(store_restore(path, restored.dir, NULL, NULL), ASSAY_OK);
    test_ledger_reopen(&restored, STORE_WRITE);
    assert_int_equal(store_check(restored.ledger, &hooks, &report), ASSAY_OK);
    assert_int_equal(report.problems, 0);
    for (size_t index = 0; index < report.records; index++) {
        assert_true(test_ledger_has(&restored, history, index));
    }
    test_ledger_remove(&restored);
    return report.records;
}

static void a_backup_holds_everything(void **state)
{
    struct stat status;
    char path[TEST_PATH_MAX];
    (void)state;

    test_ledger_fill(&test, history, NULL, RECORDS);
    in_folder(path, "copy");
    assert_int_equal(store_backup(test.ledger, path), ASSAY_OK);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(count_restored(path), RECORDS);
}

/* The child writes batch after batch until it is done; it is another process
 * with an environment of its own. */
static pid_t start_writer(void)
{
    pid_t child = -1;

    store_ledger_close(test.ledger);
    test.ledger = NULL;
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        size_t order[RECORDS];

        test_ledger_reopen(&test, STORE_WRITE);
        for (size_t index = 0; index < RECORDS; index++) {
            order[0] = index;
            test_ledger_fill(&test, history, order, 1);
        }
        store_ledger_close(test.ledger);
        _exit(0);
    }
    test_ledger_reopen(&test, STORE_READ);
    return child;
}

/* A copy that was made while another process wrote is of one moment. */
static void a_backup_while_others_write_is_consistent(void **state)
{
    char path[TEST_PATH_MAX];
    char name[32];
    int status = 0;
    uint64_t last = 0;
    (void)state;

    pid_t child = start_writer();
    for (size_t index = 0; index < 8; index++) {
        uint64_t before = test_ledger_count(&test);

        (void)snprintf(name, sizeof(name), "copy-%zu", index);
        in_folder(path, name);
        assert_int_equal(store_backup(test.ledger, path), ASSAY_OK);
        uint64_t count = count_restored(path);
        assert_true(count >= before);
        assert_true(count >= last);
        last = count;
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(test_ledger_count(&test), RECORDS);
}

static void a_backup_overwrites_nothing(void **state)
{
    char path[TEST_PATH_MAX];
    char link[TEST_PATH_MAX];
    char held[8] = "";
    (void)state;

    in_folder(path, "copy");
    test_file_write(path, "mine", 4, 0600);
    assert_int_equal(store_backup(test.ledger, path), ASSAY_E_EXISTS);
    assert_int_equal(test_file_read(path, held, sizeof(held)), 4);
    assert_memory_equal(held, "mine", 4);
    in_folder(link, "link");
    assert_int_equal(symlink("nowhere", link), 0);
    assert_int_equal(store_backup(test.ledger, link), ASSAY_E_EXISTS);
}

/* How many entries a folder has, those that are hidden too. */
static size_t count_entries(const char *path)
{
    DIR *list = opendir(path);
    size_t count = 0;

    assert_non_null(list);
    while (readdir(list) != NULL) {
        count++;
    }
    assert_int_equal(closedir(list), 0);
    return count;
}

static void a_backup_that_fails_leaves_nothing(void **state)
{
    char path[TEST_PATH_MAX];
    size_t before = count_entries(test.folder);
    (void)state;

    in_folder(path, "nowhere/copy");
    assert_int_equal(store_backup(test.ledger, path), ASSAY_E_NOT_FOUND);
    assert_int_equal(count_entries(test.folder), before);
}

static bool never_goes_on(void *context, uint64_t done, uint64_t total)
{
    bool *was_told = context;

    assert_true(done > 0 && done <= total);
    *was_told = true;
    return false;
}

/* Ctrl-C in the middle: neither a cut copy nor half a ledger is left, and the
 * next try finds the place free. */
static void what_is_stopped_leaves_nothing(void **state)
{
    bool was_told = false;
    const struct store_watch stops = {
        .context = &was_told, .goes_on = never_goes_on, .stop_fd = -1};
    char path[TEST_PATH_MAX];
    char dir[TEST_PATH_MAX];
    size_t before = count_entries(test.folder);
    (void)state;

    test_ledger_fill(&test, history, NULL, RECORDS);
    in_folder(path, "copy");
    in_folder(dir, "made");
    store_ledger_watch(test.ledger, &stops);
    assert_int_equal(store_backup(test.ledger, path), ASSAY_E_STOPPED);
    store_ledger_watch(test.ledger, NULL);
    assert_true(was_told);
    assert_int_equal(count_entries(test.folder), before);

    was_told = false;
    assert_int_equal(store_backup(test.ledger, path), ASSAY_OK);
    assert_int_equal(store_restore(path, dir, &stops, NULL), ASSAY_E_STOPPED);
    assert_true(was_told);
    assert_int_equal(count_entries(test.folder), before + 1);
    assert_int_equal(store_restore(path, dir, NULL, NULL), ASSAY_OK);
}

static void a_restore_overwrites_nothing(void **state)
{
    char path[TEST_PATH_MAX];
    char other[TEST_PATH_MAX];
    (void)state;

    test_ledger_fill(&test, history, NULL, 5);
    in_folder(path, "copy");
    assert_int_equal(store_backup(test.ledger, path), ASSAY_OK);
    test_ledger_fill(&test, history, (size_t[]){5}, 1);
    assert_int_equal(store_restore(path, test.dir, NULL, NULL), ASSAY_E_EXISTS);
    test_ledger_reopen(&test, STORE_READ);
    assert_int_equal(test_ledger_count(&test), 6);
    in_folder(other, "other");
    assert_int_equal(mkdir(other, 0700), 0);
    test_path(path, other, "file");
    test_file_write(path, "mine", 4, 0600);
    in_folder(path, "copy");
    assert_int_equal(store_restore(path, other, NULL, NULL), ASSAY_E_EXISTS);
    assert_int_equal(count_entries(other), 3);
}

/* A file that is no backup makes no ledger. */
static void what_is_no_backup_is_refused(void **state)
{
    static const char garbage[8192] = "no database";
    char path[TEST_PATH_MAX];
    char dir[TEST_PATH_MAX];
    struct stat status;
    (void)state;

    in_folder(path, "garbage");
    in_folder(dir, "made");
    static const size_t lens[] = {0, 11, 4096, sizeof(garbage)};
    for (size_t index = 0; index < sizeof(lens) / sizeof(lens[0]); index++) {
        test_file_write(path, garbage, lens[index], 0600);
        assert_int_not_equal(store_restore(path, dir, NULL, NULL), ASSAY_OK);
        assert_int_not_equal(stat(dir, &status), 0);
    }
    in_folder(path, "nowhere");
    assert_int_equal(store_restore(path, dir, NULL, NULL), ASSAY_E_NOT_FOUND);
    assert_int_not_equal(stat(dir, &status), 0);
}

/* A backup that was cut, by a full disk for instance, is noticed. */
static void a_cut_backup_is_refused(void **state)
{
    static uint8_t data[4 * 1024 * 1024];
    char path[TEST_PATH_MAX];
    char dir[TEST_PATH_MAX];
    struct stat status;
    (void)state;

    test_ledger_fill(&test, history, NULL, RECORDS);
    in_folder(path, "copy");
    in_folder(dir, "made");
    assert_int_equal(store_backup(test.ledger, path), ASSAY_OK);
    size_t len = test_file_read(path, data, sizeof(data));
    assert_true(len > 8 * 4096 && len < sizeof(data));
    for (size_t cut = 1; cut < 8; cut++) {
        test_file_write(path, data, len * cut / 8, 0600);
        assert_int_not_equal(store_restore(path, dir, NULL, NULL), ASSAY_OK);
        assert_int_not_equal(stat(dir, &status), 0);
    }
}

static void a_newer_backup_is_refused(void **state)
{
    char path[TEST_PATH_MAX];
    char dir[TEST_PATH_MAX];
    struct stat status;
    (void)state;

    raw_set_format(test.ledger, STORE_FORMAT + 1);
    in_folder(path, "copy");
    in_folder(dir, "made");
    assert_int_equal(store_backup(test.ledger, path), ASSAY_OK);
    assert_int_equal(store_restore(path, dir, NULL, NULL), ASSAY_E_VERSION);
    assert_int_not_equal(stat(dir, &status), 0);
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_backup_holds_everything),
        PROMISE(a_backup_while_others_write_is_consistent),
        PROMISE(a_backup_overwrites_nothing),
        PROMISE(a_backup_that_fails_leaves_nothing),
        PROMISE(what_is_stopped_leaves_nothing),
        PROMISE(a_restore_overwrites_nothing),
        PROMISE(what_is_no_backup_is_refused),
        PROMISE(a_cut_backup_is_refused),
        PROMISE(a_newer_backup_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
