/* SPDX-License-Identifier: Apache-2.0 */
#include "store/captures.h"

#include "folder.h"
#include "testing.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* All that captures need of a ledger is its folder. */
struct store_ledger {
    char dir[TEST_PATH_MAX];
};

const char *store_ledger_dir(const struct store_ledger *ledger)
{
    return ledger->dir;
}

static const struct store_watch *watch;

const struct store_watch *
store_ledger_watcher(const struct store_ledger *ledger)
{
    (void)ledger;
    return watch;
}

static const char text[] = "abc";

/* SHA-256 of "abc" (FIPS 180-4) as a folder and a file. */
static const char text_path[] =
    "captures/ba/"
    "7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

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

static int open_bytes(const void *data, size_t len)
{
    char path[TEST_PATH_MAX];

    test_path(path, ledger.dir, "input");
    test_file_write(path, data, len, 0600);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static enum assay_err put(const void *data, size_t len, uint64_t max,
                          struct store_capture_info *info)
{
    int fd = open_bytes(data, len);
    enum assay_err err = store_captures_put(&ledger, fd, max, info);

    assert_int_equal(close(fd), 0);
    return err;
}

struct seen {
    size_t sound;
    size_t unsound;
    char last_unsound[TEST_PATH_MAX];
};

static bool count_file(void *context, const char *path, bool is_sound)
{
    struct seen *seen = context;

    if (is_sound) {
        seen->sound++;
    } else {
        seen->unsound++;
        (void)snprintf(seen->last_unsound, sizeof(seen->last_unsound), "%s",
                       path);
    }
    return true;
}

static struct seen walk(void)
{
    struct seen seen = {0, 0, ""};

    assert_int_equal(store_captures_walk(&ledger, count_file, &seen), ASSAY_OK);
    return seen;
}

/* sha256sum on the stored file says its own name. */
static void bytes_are_kept_under_their_hash(void **state)
{
    struct store_capture_info info;
    struct stat status;
    char path[TEST_PATH_MAX];
    char held[8];
    (void)state;

    assert_int_equal(put(text, 3, 100, &info), ASSAY_OK);
    assert_int_equal(info.size, 3);
    assert_false(info.was_held);
    test_path(path, ledger.dir, text_path);
    assert_int_equal(test_file_read(path, held, sizeof(held)), 3);
    assert_memory_equal(held, text, 3);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    test_path(path, ledger.dir, "captures/ba");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
}

static void the_same_bytes_are_kept_once(void **state)
{
    struct store_capture_info info;
    (void)state;

    assert_int_equal(put(text, 3, 3, &info), ASSAY_OK);
    assert_int_equal(put(text, 3, 3, &info), ASSAY_OK);
    assert_true(info.was_held);
    assert_int_equal(walk().sound, 1);
    assert_int_equal(walk().unsound, 0);
}

static void what_was_put_is_got(void **state)
{
    static const size_t lens[] = {0, 1, 65535, 65536, 65537, 200000};
    struct store_capture_info info;
    struct assay_bytes bytes;
    uint8_t *data = malloc(200000);
    (void)state;

    assert_non_null(data);
    for (size_t index = 0; index < 200000; index++) {
        data[index] = (uint8_t)(index * 7 + index / 251);
    }
    for (size_t index = 0; index < sizeof(lens) / sizeof(lens[0]); index++) {
        assert_int_equal(put(data, lens[index], 200000, &info), ASSAY_OK);
        assert_true(store_captures_has(&ledger, info.sha256));
        assert_int_equal(store_captures_get(&ledger, info.sha256, &bytes),
                         ASSAY_OK);
        assert_int_equal(bytes.len, lens[index]);
        assert_non_null(bytes.data);
        assert_memory_equal(bytes.data, data, bytes.len);
        store_captures_release(bytes);
    }
    free(data);
}

/* What is too long leaves nothing behind, not even a part. */
static void longer_than_allowed_is_refused(void **state)
{
    struct store_capture_info info = {.size = 77};
    (void)state;

    assert_int_equal(put(text, 3, 2, &info), ASSAY_E_LIMIT);
    assert_int_equal(info.size, 77);
    assert_int_equal(walk().sound + walk().unsound, 0);
}

/* Whatever byte of a stored file turns, it is noticed when it is read. */
static void a_changed_byte_is_noticed(void **state)
{
    struct store_capture_info info;
    struct assay_bytes bytes;
    char path[TEST_PATH_MAX];
    (void)state;

    assert_int_equal(put(text, 3, 3, &info), ASSAY_OK);
    test_path(path, ledger.dir, text_path);
    for (size_t index = 0; index < 3; index++) {
        char bad[] = "abc";

        bad[index] ^= 1;
        test_file_write(path, bad, 3, 0600);
        assert_int_equal(store_captures_get(&ledger, info.sha256, &bytes),
                         ASSAY_E_CORRUPT);
        assert_int_equal(walk().unsound, 1);
        assert_string_equal(walk().last_unsound, text_path);
    }
    test_file_write(path, text, 2, 0600);
    assert_int_equal(store_captures_get(&ledger, info.sha256, &bytes),
                     ASSAY_E_CORRUPT);
}

/* Capturing the same page again mends a file that a disk has spoilt. */
static void putting_again_mends_a_damaged_file(void **state)
{
    struct store_capture_info info;
    char path[TEST_PATH_MAX];
    (void)state;

    assert_int_equal(put(text, 3, 3, &info), ASSAY_OK);
    test_path(path, ledger.dir, text_path);
    test_file_write(path, "xyz", 3, 0600);
    assert_int_equal(put(text, 3, 3, &info), ASSAY_OK);
    assert_false(info.was_held);
    assert_int_equal(walk().sound, 1);
    assert_int_equal(walk().unsound, 0);
}

/* A link in the place of a capture could show any file of the machine. */
static void links_and_pipes_are_not_read(void **state)
{
    struct store_capture_info info;
    struct assay_bytes bytes;
    char path[TEST_PATH_MAX];
    char other[TEST_PATH_MAX];
    (void)state;

    assert_int_equal(put(text, 3, 3, &info), ASSAY_OK);
    test_path(path, ledger.dir, text_path);
    test_path(other, ledger.dir, "other");
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(store_captures_get(&ledger, info.sha256, &bytes),
                     ASSAY_E_UNSAFE);
    assert_false(store_captures_has(&ledger, info.sha256));
    assert_int_equal(walk().unsound, 1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(store_captures_get(&ledger, info.sha256, &bytes),
                     ASSAY_E_UNSAFE);
    assert_int_equal(walk().unsound, 1);
}

static void a_linked_folder_is_not_followed(void **state)
{
    struct store_capture_info info;
    char path[TEST_PATH_MAX];
    char other[TEST_PATH_MAX];
    (void)state;

    test_path(path, ledger.dir, "captures");
    test_path(other, ledger.dir, "elsewhere");
    assert_int_equal(mkdir(other, 0700), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(put(text, 3, 3, &info), ASSAY_E_UNSAFE);
}

static void dropped_bytes_are_gone(void **state)
{
    struct store_capture_info info;
    struct assay_bytes bytes;
    (void)state;

    assert_int_equal(put(text, 3, 3, &info), ASSAY_OK);
    assert_int_equal(store_captures_drop(&ledger, info.sha256), ASSAY_OK);
    assert_false(store_captures_has(&ledger, info.sha256));
    assert_int_equal(store_captures_get(&ledger, info.sha256, &bytes),
                     ASSAY_E_NOT_FOUND);
    assert_int_equal(store_captures_drop(&ledger, info.sha256),
                     ASSAY_E_NOT_FOUND);
}

static bool stop_at_once(void *context, const char *path, bool is_sound)
{
    size_t *count = context;

    (void)path;
    (void)is_sound;
    (*count)++;
    return false;
}

/* Entries of captures/ that are there, but for the two dots. */
static size_t count_entries(void)
{
    char path[TEST_PATH_MAX];
    size_t count = 0;

    test_path(path, ledger.dir, "captures");
    DIR *list = opendir(path);
    assert_non_null(list);
    while (readdir(list) != NULL) {
        count++;
    }
    assert_int_equal(closedir(list), 0);
    return count - 2;
}

/* What a crash left of a capture is no damage, and goes when the next one is
 * stored; what a living process writes stays. */
static void what_a_crash_left_is_swept_away(void **state)
{
    /* The number of a process that cannot be, and of the one that always is,
     * least byte first. */
    static const char gone[] = "captures/.partial-ffffffff0123456789abcdef";
    static const char alive[] = "captures/.partial-010000000123456789abcdef";
    struct store_capture_info info;
    char path[TEST_PATH_MAX];
    (void)state;

    assert_int_equal(put(text, 3, 3, &info), ASSAY_OK);
    test_path(path, ledger.dir, gone);
    test_file_write(path, text, 3, 0600);
    test_path(path, ledger.dir, alive);
    test_file_write(path, text, 3, 0600);
    assert_int_equal(walk().unsound, 0);
    assert_int_equal(walk().sound, 1);
    assert_int_equal(put(text, 2, 2, &info), ASSAY_OK);
    assert_int_equal(count_entries(), 3);
    assert_int_equal(access(path, F_OK), 0);
}

/* What somebody put there is named. */
static void the_walk_names_what_does_not_belong(void **state)
{
    struct store_capture_info info;
    char path[TEST_PATH_MAX];
    size_t count = 0;
    (void)state;

    assert_int_equal(put(text, 3, 3, &info), ASSAY_OK);
    test_path(path, ledger.dir, "captures/mine");
    test_file_write(path, text, 3, 0600);
    assert_int_equal(walk().unsound, 1);
    assert_string_equal(walk().last_unsound, "captures/mine");
    test_path(path, ledger.dir, "captures/ba/README");
    test_file_write(path, text, 3, 0600);
    assert_int_equal(walk().unsound, 2);
    assert_int_equal(walk().sound, 1);
    assert_int_equal(store_captures_walk(&ledger, stop_at_once, &count),
                     ASSAY_OK);
    assert_int_equal(count, 1);
}

/* Reading that fails is told from an end, and keeps nothing. */
static void an_unreadable_input_leaves_nothing(void **state)
{
    struct store_capture_info info;
    int fd = open(ledger.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)state;

    assert_true(fd >= 0);
    assert_int_equal(store_captures_put(&ledger, fd, 10, &info), ASSAY_E_IO);
    assert_int_equal(close(fd), 0);
    assert_int_equal(walk().sound + walk().unsound, 0);
}

static bool never_goes_on(void *context, uint64_t done, uint64_t total)
{
    uint64_t *told = context;

    assert_int_equal(total, 0);
    *told = done;
    return false;
}

/* Stopped in the middle of the bytes: nothing is kept, nothing lies aside. */
static void what_is_stopped_leaves_nothing(void **state)
{
    uint64_t told = 0;
    const struct store_watch stops = {
        .context = &told, .goes_on = never_goes_on, .stop_fd = -1};
    struct store_capture_info info;
    (void)state;

    watch = &stops;
    assert_int_equal(put(text, 3, 3, &info), ASSAY_E_STOPPED);
    watch = NULL;
    assert_int_equal(told, 3);
    assert_int_equal(count_entries(), 0);
}

/* A pipe that gives nothing is not waited for once work is to stop. */
static void a_silent_pipe_is_left_when_told(void **state)
{
    struct store_watch stops = {.stop_fd = -1};
    struct store_capture_info info;
    int silent[2];
    int stop[2];
    (void)state;

    assert_int_equal(pipe(silent), 0);
    assert_int_equal(pipe(stop), 0);
    assert_int_equal(write(stop[1], "", 1), 1);
    stops.stop_fd = stop[0];
    watch = &stops;
    assert_int_equal(store_captures_put(&ledger, silent[0], 3, &info),
                     ASSAY_E_STOPPED);
    watch = NULL;
    assert_int_equal(count_entries(), 0);
    for (size_t i = 0; i < 2; i++) {
        (void)close(silent[i]);
        (void)close(stop[i]);
    }
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_ledger, remove_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(bytes_are_kept_under_their_hash),
        PROMISE(the_same_bytes_are_kept_once),
        PROMISE(what_was_put_is_got),
        PROMISE(longer_than_allowed_is_refused),
        PROMISE(a_changed_byte_is_noticed),
        PROMISE(putting_again_mends_a_damaged_file),
        PROMISE(links_and_pipes_are_not_read),
        PROMISE(a_linked_folder_is_not_followed),
        PROMISE(dropped_bytes_are_gone),
        PROMISE(what_a_crash_left_is_swept_away),
        PROMISE(the_walk_names_what_does_not_belong),
        PROMISE(an_unreadable_input_leaves_nothing),
        PROMISE(what_is_stopped_leaves_nothing),
        PROMISE(a_silent_pipe_is_left_when_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
