/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/scratch.h"

#include "folder.h"
#include "store/captures.h"
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[TEST_PATH_MAX];

static int make_folder(void **state)
{
    (void)state;
    test_folder_make(folder);
    return setenv("TMPDIR", folder, 1);
}

static int remove_folder(void **state)
{
    (void)state;
    test_folder_remove(folder);
    return unsetenv("TMPDIR");
}

static void it_is_a_ledger_of_our_own_alone(void **state)
{
    struct cli_scratch scratch = {0};
    struct store_stats stats;
    struct stat about;
    (void)state;

    assert_int_equal(cli_scratch_open(&scratch), ASSAY_OK);
    assert_memory_equal(scratch.dir, folder, strlen(folder));
    assert_int_equal(stat(scratch.dir, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    assert_int_equal(store_ledger_stats(scratch.ledger, &stats), ASSAY_OK);
    assert_int_equal(stats.records, 0);
    assert_int_equal(cli_scratch_close(&scratch), ASSAY_OK);
    assert_null(scratch.dir);
    assert_int_equal(cli_scratch_close(&scratch), ASSAY_OK);
}

/* Captured bytes lie two folders deep. A link in it is removed, not followed.
 */
static void all_of_it_goes_and_nothing_else(void **state)
{
    struct cli_scratch scratch = {0};
    struct store_capture_info info;
    char kept[TEST_PATH_MAX];
    char link[TEST_PATH_MAX];
    (void)state;

    test_path(kept, folder, "kept");
    assert_int_equal(mkdir(kept, 0700), 0);
    assert_int_equal(cli_scratch_open(&scratch), ASSAY_OK);
    FILE *bytes = tmpfile();
    assert_non_null(bytes);
    assert_int_equal(
        store_captures_put(scratch.ledger, fileno(bytes), 10, &info), ASSAY_OK);
    assert_int_equal(fclose(bytes), 0);
    test_path(link, scratch.dir, "link");
    assert_int_equal(symlink(kept, link), 0);
    assert_int_equal(cli_scratch_close(&scratch), ASSAY_OK);
    assert_int_equal(rmdir(kept), 0);
    /* Nothing else is there: the folder goes as an empty one. */
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
}

static void without_a_place_for_it_nothing_is_made(void **state)
{
    struct cli_scratch scratch = {0};
    char nowhere[TEST_PATH_MAX];
    (void)state;

    test_path(nowhere, folder, "nowhere");
    assert_int_equal(setenv("TMPDIR", nowhere, 1), 0);
    assert_int_equal(cli_scratch_open(&scratch), ASSAY_E_IO);
    assert_null(scratch.dir);
}

#define PROMISE(name)                                                          \
    cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(it_is_a_ledger_of_our_own_alone),
        PROMISE(all_of_it_goes_and_nothing_else),
        PROMISE(without_a_place_for_it_nothing_is_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
