/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder.h - a folder that a test may fill, and small files in it.
 */
#ifndef ASSAY_TESTS_SUPPORT_FOLDER_H
#define ASSAY_TESTS_SUPPORT_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#define TEST_PATH_MAX 1024

/* Makes a folder of mode 0700 under $TMPDIR or /tmp; its path goes to
 * path_out. Fails the test where it cannot. */
void test_folder_make(char path_out[TEST_PATH_MAX]);

/* Removes it with all that it holds. */
void test_folder_remove(const char *path);

/* Joins folder and name into path_out. */
void test_path(char path_out[TEST_PATH_MAX], const char *folder,
               const char *name);

/* Writes a new file of that mode, or over one that is there. */
void test_file_write(const char *path, const void *data, size_t len,
                     unsigned mode);

/* Reads at most cap bytes of a file; returns how many there were. */
size_t test_file_read(const char *path, void *out, size_t cap);

#endif
