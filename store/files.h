/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.h - files written so that a crash leaves the old or the new one, and
 * opened so that nothing but a regular file or a real folder is read.
 *
 * A new file is written aside, synced, put in its place in one step, and its
 * folder synced. Internal to store/.
 */
#ifndef ASSAY_STORE_FILES_H
#define ASSAY_STORE_FILES_H

#include "protocol/bytes.h"
#include "protocol/err.h"

#include <sys/stat.h>
#include <sys/types.h>

/* What left-overs of a crash begin with: nothing else may have such names. */
#define STORE_ASIDE_PREFIX ".partial-"

/* The prefix, 24 characters that make it unique and a final zero. */
#define STORE_ASIDE_NAME_SIZE (sizeof(STORE_ASIDE_PREFIX) + 24)

/* A file that is being written and is not in its place yet. */
struct store_aside {
    int folder;                       /* Borrowed; where it lies. */
    int fd;                           /* -1 where there is none. */
    char name[STORE_ASIDE_NAME_SIZE]; /* Empty once it is in its place. */
};

/* Whether a file in the same place is replaced or respected. */
enum store_aside_mode { STORE_ASIDE_NEW, STORE_ASIDE_REPLACE };

/* What the system's error number means to a caller. */
enum assay_err store_files_err(int number);

/*
 * Opens the folder name below parent (AT_FDCWD: the current one), itself no
 * symlink; makes it with mode 0700 where make is true and it is missing.
 * The caller closes *folder_out. ASSAY_E_NOT_FOUND, ASSAY_E_UNSAFE (a symlink
 * or no folder), and store_files_err's.
 */
ASSAY_MUST_CHECK
enum assay_err store_files_folder(int parent, const char *name, bool make,
                                  int *folder_out);

/* Opens the folder that holds path; *name_out is the rest of path, borrowed
 * from it. ASSAY_E_LIMIT (longer than a path can be), ASSAY_E_MALFORMED (it
 * names a folder). */
ASSAY_MUST_CHECK
enum assay_err store_files_parent(const char *path, int *folder_out,
                                  const char **name_out);

/* Opens a regular file for reading, without following a last symlink and
 * without waiting; info_out says what it is. ASSAY_E_UNSAFE for anything
 * else than a regular file. */
ASSAY_MUST_CHECK
enum assay_err store_files_open(int folder, const char *name, int *fd_out,
                                struct stat *info_out);

/* Waits until fd can be read, or reading is to end: ASSAY_E_STOPPED once one
 * of the two stop descriptors, each of which may be -1, can be read. A regular
 * file is always ready; a pipe may never be. */
ASSAY_MUST_CHECK
enum assay_err store_files_wait(int fd, const int stop_fds[2]);

/* Reads until cap bytes are there or the file ends. */
ASSAY_MUST_CHECK
enum assay_err store_files_read(int fd, uint8_t *out, size_t cap,
                                size_t *len_out);

/* Writes all of it. */
ASSAY_MUST_CHECK
enum assay_err store_files_write(int fd, struct assay_bytes bytes);

/* Makes what was done in a folder durable. */
ASSAY_MUST_CHECK
enum assay_err store_files_sync(int folder);

/* Begins a file of mode 0600 aside in a folder. End it with
 * store_aside_drop, whatever happened. */
ASSAY_MUST_CHECK
enum assay_err store_aside_begin(int folder, struct store_aside *aside_out);

/* Syncs the file and puts it at name in a folder of the same file system,
 * whose entries it syncs. With STORE_ASIDE_NEW ASSAY_E_EXISTS when there is
 * anything at name, which then stays as it is. */
ASSAY_MUST_CHECK
enum assay_err store_aside_place(struct store_aside *aside, int folder,
                                 const char *name, enum store_aside_mode mode);

/* Closes, and removes what was not put in place. Accepts a zeroed one whose
 * fd is -1. */
void store_aside_drop(struct store_aside *aside);

/* Removes from a folder what crashes have left there: files aside of processes
 * that are no more. What cannot be removed stays. */
void store_aside_sweep(int folder);

/* Whether a file of that name is on its way, or left by a crash. */
bool store_aside_is_named(const char *name);

/* Closes a descriptor that may be -1. */
void store_files_close(int fd);

#endif
