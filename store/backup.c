/* SPDX-License-Identifier: Apache-2.0 */
/* Consistent copies of the database, and ledgers made from them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "internal.h"
#include "protocol/check.h"
#include "workers.h"

#define PATH_SIZE 4096
#define COPY_CHUNK 65536

/* The smallest page that LMDB has on the systems we know. */
#define MIN_PAGE_SIZE 4096

static enum assay_err make_aside(const char *path, char aside[PATH_SIZE],
                                 int *fd_out)
{
    if (snprintf(aside, PATH_SIZE, "%s.partial-XXXXXX", path) >= PATH_SIZE) {
        return ASSAY_E_LIMIT;
    }
    int fd = mkstemp(aside);
    if (fd < 0) {
        return store_err_from_errno(errno);
    }
    *fd_out = fd;
    return ASSAY_OK;
}

/* A link does not overwrite, as a rename would. */
static enum assay_err put_in_place(const char *aside, const char *path)
{
    int code = link(aside, path) == 0 ? 0 : errno;

    (void)unlink(aside);
    return store_err_from_errno(code);
}

/* A copy on its way: LMDB writes it into a pipe, on a thread of its own, and
 * what comes out goes to the file, so that the work can be followed and
 * stopped. */
struct copying {
    struct store_ledger *ledger;
    int pipe_in; /* Closed by the thread, which is how the copy ends. */
    enum assay_err err;
};

/* Copies what is there now. Where another process has made the map larger, a
 * transaction takes that in, and the copy is begun again: nothing of it was
 * written. */
static void *run_copy(void *context)
{
    struct copying *copying = context;
    struct store_ledger *ledger = copying->ledger;
    const int fd = copying->pipe_in;
    MDB_txn *txn = NULL;
    enum assay_err err = ASSAY_OK;
    int code = 0;

    ASSAY_CHECK(pthread_rwlock_rdlock(&ledger->map_lock) == 0);
    code = mdb_env_copyfd2(ledger->env, fd, MDB_CP_COMPACT);
    while (code == MDB_MAP_RESIZED && err == ASSAY_OK) {
        err = store_ledger_begin(ledger, MDB_RDONLY, &txn);
        if (err == ASSAY_OK) {
            mdb_txn_abort(txn);
            code = mdb_env_copyfd2(ledger->env, fd, MDB_CP_COMPACT);
        }
    }
    ASSAY_CHECK(pthread_rwlock_unlock(&ledger->map_lock) == 0);
    (void)close(fd);
    copying->err = err == ASSAY_OK ? store_err_from_mdb(code) : err;
    return NULL;
}

static enum assay_err write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, data, len);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return store_err_from_errno(put < 0 ? errno : EIO);
        }
        data += put;
        len -= (size_t)put;
    }
    return ASSAY_OK;
}

/* Copies until from ends; total is what will come, in bytes, or 0. */
static enum assay_err copy(int from, int to, const struct store_watch *watch,
                           uint64_t total)
{
    uint8_t *chunk = malloc(COPY_CHUNK);
    uint64_t done = 0;
    enum assay_err err = chunk == NULL ? ASSAY_E_NOMEM : ASSAY_OK;

    while (err == ASSAY_OK) {
        ssize_t got = read(from, chunk, COPY_CHUNK);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            err = got < 0 ? store_err_from_errno(errno) : ASSAY_OK;
            break;
        }
        err = write_all(to, chunk, (size_t)got);
        done += (size_t)got;
        if (err == ASSAY_OK) {
            err = store_watch_tell(watch, done, done > total ? 0 : total);
        }
    }
    free(chunk);
    if (err == ASSAY_OK && fsync(to) != 0) {
        err = store_err_from_errno(errno);
    }
    return err;
}

/* What a copy takes at most: all pages that are in use or free. */
static uint64_t most_bytes(struct store_ledger *ledger)
{
    MDB_envinfo info;
    MDB_stat stat;

    return mdb_env_info(ledger->env, &info) == 0 &&
                   mdb_env_stat(ledger->env, &stat) == 0
               ? (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize
               : 0;
}

/* Closing the pipe's other end stops the thread, which then fails to write.
 * Why the copy to the file failed is what is told. */
static enum assay_err copy_now(struct store_ledger *ledger, int fd)
{
    struct copying copying = {.ledger = ledger, .err = ASSAY_OK};
    pthread_t thread;
    size_t count = 0;
    int ends[2];
    enum assay_err err;

    if (pipe(ends) != 0) {
        return store_err_from_errno(errno);
    }
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    copying.pipe_in = ends[1];
    err = store_workers_start(&thread, 1, run_copy, &copying, &count);
    if (err == ASSAY_OK) {
        err = copy(ends[0], fd, ledger->watch, most_bytes(ledger));
    } else {
        (void)close(ends[1]);
    }
    (void)close(ends[0]);
    store_workers_join(&thread, count);
    return err == ASSAY_OK ? copying.err : err;
}

enum assay_err store_backup(struct store_ledger *ledger, const char *path)
{
    char aside[PATH_SIZE];
    struct stat status;
    int fd = -1;
    enum assay_err err;

    if (lstat(path, &status) == 0) {
        return ASSAY_E_EXISTS;
    }
    err = make_aside(path, aside, &fd);
    if (err != ASSAY_OK) {
        return err;
    }
    err = copy_now(ledger, fd);
    (void)close(fd);
    if (err != ASSAY_OK) {
        (void)unlink(aside);
        return err;
    }
    return put_in_place(aside, path);
}

/* Puts the copy where the new ledger's own database is. */
static enum assay_err replace_database(const char *path, const char *dir,
                                       const struct store_watch *watch)
{
    char target[PATH_SIZE];
    struct stat status = {.st_size = 0};
    int from = -1;
    int to = -1;
    enum assay_err err = ASSAY_OK;

    if (snprintf(target, sizeof(target), "%s/db/data.mdb", dir) >=
        (int)sizeof(target)) {
        return ASSAY_E_LIMIT;
    }
    from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        return store_err_from_errno(errno);
    }
    to = open(target, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
    if (to < 0) {
        err = store_err_from_errno(errno);
    } else if (fstat(from, &status) != 0 || status.st_size < 0) {
        err = ASSAY_E_IO;
    } else {
        err = copy(from, to, watch, (uint64_t)status.st_size);
    }
    (void)close(from);
    if (to >= 0) {
        (void)close(to);
    }
    return err;
}

/* Whether the file that was copied is as long as its own header says: LMDB
 * maps it, and what is missing at its end would end the program. A compacted
 * copy has every page that it counts. */
static enum assay_err check_whole(const char *dir)
{
    char path[PATH_SIZE];
    struct stat status;
    MDB_env *env = NULL;
    MDB_envinfo info;
    MDB_stat pages;
    enum assay_err err = ASSAY_OK;

    if (snprintf(path, sizeof(path), "%s/db/data.mdb", dir) >=
        (int)sizeof(path)) {
        return ASSAY_E_LIMIT;
    }
    if (stat(path, &status) != 0) {
        return store_err_from_errno(errno);
    }
    if (status.st_size < 2 * MIN_PAGE_SIZE) {
        return ASSAY_E_CORRUPT; /* Two pages of header come first. */
    }
    int code = mdb_env_create(&env);
    if (code == 0) {
        code = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK,
                            0600);
    }
    if (code == 0) {
        code = mdb_env_info(env, &info);
    }
    if (code == 0) {
        code = mdb_env_stat(env, &pages);
    }
    err = store_err_from_mdb(code);
    if (code == 0 &&
        (uint64_t)status.st_size / pages.ms_psize <= info.me_last_pgno) {
        err = ASSAY_E_CORRUPT;
    }
    mdb_env_close(env);
    return err;
}

/* Takes back what init made: nothing half-restored is left behind. */
static void remove_made(const char *dir)
{
    static const char *const made[] = {"db/data.mdb", "db/lock.mdb"};
    char path[PATH_SIZE];

    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        if (snprintf(path, sizeof(path), "%s/%s", dir, made[i]) <
            (int)sizeof(path)) {
            (void)unlink(path);
        }
    }
    if (snprintf(path, sizeof(path), "%s/db", dir) < (int)sizeof(path)) {
        (void)rmdir(path);
    }
    (void)rmdir(dir); /* Stays where it held something before. */
}

enum assay_err store_restore(const char *path, const char *dir,
                             const struct store_watch *watch,
                             struct assay_fault *fault_out)
{
    struct store_ledger *ledger = NULL;
    struct stat status;
    enum assay_err err;

    if (stat(path, &status) != 0) {
        return store_err_from_errno(errno);
    }
    err = store_ledger_init(dir, fault_out);
    if (err != ASSAY_OK) {
        return err;
    }
    err = replace_database(path, dir, watch);
    if (err == ASSAY_OK) {
        err = check_whole(dir);
    }
    if (err == ASSAY_OK) {
        err = store_ledger_open(dir, STORE_READ, &ledger, fault_out);
    }
    store_ledger_close(ledger);
    if (err != ASSAY_OK) {
        remove_made(dir);
    }
    return err;
}
