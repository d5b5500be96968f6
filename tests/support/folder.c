/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void test_folder_make(char path_out[TEST_PATH_MAX])
{
    const char *base = getenv("TMPDIR");

    /* mkdtemp replaces six characters X at the end. */
    test_path(path_out, base != NULL ? base : "/tmp", "assay-test-......");
    memset(path_out + strlen(path_out) - 6, 'X', 6);
    assert_non_null(mkdtemp(path_out));
}

void test_folder_remove(const char *path)
{
    char copy[TEST_PATH_MAX];
    char name[] = "rm";
    char flags[] = "-rf";
    int status = 0;

    (void)snprintf(copy, sizeof(copy), "%s", path);
    char *arguments[] = {name, flags, copy, NULL};
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)execvp(name, arguments);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

void test_path(char path_out[TEST_PATH_MAX], const char *folder,
               const char *name)
{
    int len = snprintf(path_out, TEST_PATH_MAX, "%s/%s", folder, name);

    assert_true(len > 0 && len < TEST_PATH_MAX);
}

void test_file_write(const char *path, const void *data, size_t len,
                     unsigned mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    assert_int_equal(fchmod(fd, (mode_t)mode), 0);
    assert_int_equal(close(fd), 0);
}

size_t test_file_read(const char *path, void *out, size_t cap)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    size_t len = fread(out, 1, cap, file);
    assert_int_equal(ferror(file), 0);
    assert_int_equal(fclose(file), 0);
    return len;
}
