/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "endings.h"
#include "internal.h"
#include "protocol/check.h"

/* The map is address space only; a ledger's file is as large as it needs. */
#define MAP_SIZE (UINT64_C(4) << 30)

/* More than STORE_BATCH_RECORDS_MAX records can change in pages. */
#define HEADROOM (UINT64_C(1) << 30)

#define READERS_MAX 512

/* All indexes (entry.h): values of one length, in order, under a key. */
#define INDEX_FORM (MDB_DUPSORT | MDB_DUPFIXED)

struct table_form {
    const char *name;
    unsigned flags;
};

static const struct table_form table_forms[STORE_TABLE_COUNT] = {
    [STORE_RECORDS] = {"records", MDB_INTEGERKEY},
    [STORE_IDS] = {"ids", INDEX_FORM},
    [STORE_LOGS] = {"logs", INDEX_FORM},
    [STORE_FRONTIER] = {"frontier", MDB_INTEGERKEY},
    [STORE_REFS] = {"refs", INDEX_FORM},
    [STORE_MISSING] = {"missing", INDEX_FORM},
    [STORE_LISTS] = {"lists", INDEX_FORM},
    [STORE_LOCAL] = {"local", 0},
    [STORE_META] = {"meta", 0},
};

static char *db_path(const char *dir)
{
    size_t size = strlen(dir) + sizeof("/db");
    char *path = malloc(size);

    if (path != NULL) {
        (void)snprintf(path, size, "%s/db", dir);
    }
    return path;
}

enum assay_err store_meta_get(struct store_ledger *ledger, MDB_txn *txn,
                              struct store_meta *meta_out)
{
    MDB_val key = store_val("meta", 4);
    MDB_val val;
    int code = mdb_get(txn, ledger->tables[STORE_META], &key, &val);

    if (code != 0) {
        return store_err_from_mdb(code);
    }
    if (val.mv_size < sizeof(uint64_t)) {
        return ASSAY_E_CORRUPT;
    }
    memset(meta_out, 0, sizeof(*meta_out));
    memcpy(&meta_out->format, val.mv_data, sizeof(uint64_t));
    if (meta_out->format > STORE_FORMAT) {
        return ASSAY_E_VERSION;
    }
    if (val.mv_size != sizeof(*meta_out)) {
        return ASSAY_E_CORRUPT;
    }
    memcpy(meta_out, val.mv_data, sizeof(*meta_out));
    return ASSAY_OK;
}

enum assay_err store_meta_put(struct store_ledger *ledger, MDB_txn *txn,
                              const struct store_meta *meta)
{
    MDB_val key = store_val("meta", 4);
    MDB_val val = store_val(meta, sizeof(*meta));

    return store_err_from_mdb(
        mdb_put(txn, ledger->tables[STORE_META], &key, &val, 0));
}

static int open_env(struct store_ledger *ledger, const char *path,
                    uint64_t map_size, bool create)
{
    unsigned flags = MDB_NOTLS;
    int code = mdb_env_create(&ledger->env);

    if (code != 0) {
        return code;
    }
    if (ledger->mode == STORE_READ) {
        flags |= MDB_RDONLY;
    }
    code = mdb_env_set_maxdbs(ledger->env, STORE_TABLE_COUNT);
    if (code == 0) {
        code = mdb_env_set_maxreaders(ledger->env, READERS_MAX);
    }
    if (code == 0 && (create || map_size != 0)) {
        code = mdb_env_set_mapsize(ledger->env, map_size);
    }
    if (code == 0) {
        code = mdb_env_open(ledger->env, path, flags, 0600);
    }
    return code;
}

static enum assay_err open_table(struct store_ledger *ledger, MDB_txn *txn,
                                 enum store_table table, bool create)
{
    const struct table_form *form = &table_forms[table];
    unsigned flags = form->flags | (create ? MDB_CREATE : 0U);

    return store_err_from_mdb(
        mdb_dbi_open(txn, form->name, flags, &ledger->tables[table]));
}

/* Opens the table that says the format, and reads or writes it there: a newer
 * format may lack any of the other tables. */
static enum assay_err open_meta(struct store_ledger *ledger, MDB_txn *txn,
                                bool create)
{
    struct store_meta meta = {.format = STORE_FORMAT};
    enum assay_err err = open_table(ledger, txn, STORE_META, create);

    if (err != ASSAY_OK) {
        return err;
    }
    return create ? store_meta_put(ledger, txn, &meta)
                  : store_meta_get(ledger, txn, &meta);
}

/* Opens every table, making them in a new ledger. */
static enum assay_err open_tables(struct store_ledger *ledger, bool create)
{
    MDB_txn *txn = NULL;
    unsigned flags = create ? 0 : MDB_RDONLY;
    enum assay_err err =
        store_err_from_mdb(mdb_txn_begin(ledger->env, NULL, flags, &txn));

    if (err == ASSAY_OK) {
        err = open_meta(ledger, txn, create);
    }
    for (int i = 0; i < STORE_TABLE_COUNT && err == ASSAY_OK; i++) {
        if (i != STORE_META) {
            err = open_table(ledger, txn, (enum store_table)i, create);
        }
    }
    if (err == ASSAY_OK) {
        err = store_commit(ledger, txn);
        txn = NULL; /* Commit consumes it, even when it fails. */
    } else if (err == ASSAY_E_NOT_FOUND) {
        err = ASSAY_E_CORRUPT; /* A database without our tables. */
    }
    mdb_txn_abort(txn);
    return err;
}

/* Gives lock.mdb its blocks now: it is mapped, and a full disk must not end
 * the process later, when a reader's slot is first written. */
static enum assay_err reserve_lock_file(const char *path)
{
    char name[4096];
    struct stat status;
    int code = 0;

    if (snprintf(name, sizeof(name), "%s/lock.mdb", path) >=
        (int)sizeof(name)) {
        return ASSAY_E_LIMIT;
    }
    int fd = open(name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return store_err_from_errno(errno);
    }
    if (fstat(fd, &status) != 0) {
        code = errno;
    } else {
        code = posix_fallocate(fd, 0, status.st_size);
    }
    (void)close(fd);
    return store_err_from_errno(code);
}

void store_ledger_close(struct store_ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    if (ledger->env != NULL) {
        mdb_env_close(ledger->env);
    }
    if (ledger->dir_fd >= 0) {
        (void)close(ledger->dir_fd);
    }
    (void)pthread_rwlock_destroy(&ledger->map_lock);
    store_endings_free(ledger->endings);
    free(ledger->dir);
    free(ledger);
}

static enum assay_err new_ledger(const char *dir, enum store_mode mode,
                                 uint64_t headroom,
                                 struct store_ledger **ledger_out,
                                 struct assay_fault *fault_out)
{
    struct store_ledger *ledger = calloc(1, sizeof(*ledger));
    enum assay_err err;

    if (ledger == NULL) {
        return ASSAY_E_NOMEM;
    }
    ASSAY_CHECK(pthread_rwlock_init(&ledger->map_lock, NULL) == 0);
    ledger->mode = mode;
    ledger->headroom = headroom;
    ledger->dir_fd = -1;
    ledger->dir = strdup(dir);
    err = ledger->dir == NULL ? ASSAY_E_NOMEM
                              : store_endings_new(&ledger->endings);
    if (err == ASSAY_OK) {
        err = store_folder_open(dir, &ledger->dir_fd, fault_out);
    }
    if (err != ASSAY_OK) {
        store_ledger_close(ledger);
        return err;
    }
    *ledger_out = ledger;
    return ASSAY_OK;
}

/* What a ledger may have kept beside its database, which is being made anew or
 * restored. */
static bool is_ours(const char *name)
{
    static const char *const names[] = {".", "..", "aside", "captures", "keys"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether the folder holds nothing else, so that a slip of the pen does not
 * make a ledger in somebody's home. */
static enum assay_err is_empty_folder(int fd)
{
    const struct dirent *entry = NULL;
    bool has_other = false;
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);

    if (list == NULL) {
        enum assay_err err = store_err_from_errno(errno);

        if (copy >= 0) {
            (void)close(copy);
        }
        return err;
    }
    while (!has_other && (entry = readdir(list)) != NULL) {
        has_other = !is_ours(entry->d_name);
    }
    (void)closedir(list);
    return has_other ? ASSAY_E_EXISTS : ASSAY_OK;
}

enum assay_err store_ledger_init(const char *dir, struct assay_fault *fault_out)
{
    struct store_ledger *ledger = NULL;
    char *path = NULL;
    enum assay_err err = store_folder_make(dir);

    if (err == ASSAY_OK) {
        err = new_ledger(dir, STORE_WRITE, HEADROOM, &ledger, fault_out);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    path = db_path(dir);
    err = path == NULL ? ASSAY_E_NOMEM : is_empty_folder(ledger->dir_fd);
    if (err == ASSAY_OK && mkdirat(ledger->dir_fd, "db", 0700) != 0) {
        err = store_err_from_errno(errno);
    }
    if (err != ASSAY_OK) {
        goto out;
    }
    err = store_err_from_mdb(open_env(ledger, path, MAP_SIZE, true));
    if (err == ASSAY_OK) {
        err = reserve_lock_file(path);
    }
    if (err == ASSAY_OK) {
        err = open_tables(ledger, true);
    }
    if (err == ASSAY_OK && fsync(ledger->dir_fd) != 0) {
        err = store_err_from_errno(errno);
    }

out:
    free(path);
    store_ledger_close(ledger);
    return err;
}

/* A ledger has db/data.mdb; LMDB would make one where there is none. */
static enum assay_err find_database(const struct store_ledger *ledger)
{
    struct stat status;

    if (fstatat(ledger->dir_fd, "db/data.mdb", &status, 0) != 0) {
        return store_err_from_errno(errno);
    }
    return S_ISREG(status.st_mode) ? ASSAY_OK : ASSAY_E_CORRUPT;
}

/* Asked of the system at once, so that nothing is begun in vain. */
static enum assay_err find_writable(const struct store_ledger *ledger)
{
    if (ledger->mode == STORE_WRITE &&
        faccessat(ledger->dir_fd, "db/data.mdb", W_OK, 0) != 0) {
        return store_err_from_errno(errno);
    }
    return ASSAY_OK;
}

enum assay_err store_ledger_open_sized(const char *dir, enum store_mode mode,
                                       uint64_t map_size, uint64_t headroom,
                                       struct store_ledger **ledger_out,
                                       struct assay_fault *fault_out)
{
    struct store_ledger *ledger = NULL;
    char *path = db_path(dir);
    int dead = 0;
    enum assay_err err =
        path == NULL ? ASSAY_E_NOMEM
                     : new_ledger(dir, mode, headroom, &ledger, fault_out);

    if (err == ASSAY_OK) {
        err = find_database(ledger);
    }
    if (err == ASSAY_OK) {
        err = find_writable(ledger);
    }
    if (err == ASSAY_OK) {
        err = store_err_from_mdb(open_env(ledger, path, map_size, false));
    }
    if (err == ASSAY_OK) {
        err = open_tables(ledger, false);
    }
    free(path);
    if (err != ASSAY_OK) {
        store_ledger_close(ledger);
        return err;
    }
    (void)mdb_reader_check(ledger->env, &dead); /* Slots of killed readers. */
    *ledger_out = ledger;
    return ASSAY_OK;
}

enum assay_err store_ledger_open(const char *dir, enum store_mode mode,
                                 struct store_ledger **ledger_out,
                                 struct assay_fault *fault_out)
{
    return store_ledger_open_sized(dir, mode, MAP_SIZE, HEADROOM, ledger_out,
                                   fault_out);
}

const char *store_ledger_dir(const struct store_ledger *ledger)
{
    return ledger->dir;
}

/* Whether the map has the ledger's headroom behind the pages in use. */
static bool has_room(const struct store_ledger *ledger, uint64_t *wanted_out)
{
    MDB_envinfo info;
    MDB_stat stat;

    if (mdb_env_info(ledger->env, &info) != 0 ||
        mdb_env_stat(ledger->env, &stat) != 0) {
        return true; /* The next call of LMDB fails as well, and says why. */
    }
    uint64_t used = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
    *wanted_out = used * 2 + ledger->headroom;
    return info.me_mapsize >= used + ledger->headroom;
}

/* Gives the map another size, 0 being the one that the file has from another
 * process. Waits until no view of this process is left. */
static int resize(struct store_ledger *ledger, uint64_t size)
{
    ASSAY_CHECK(pthread_rwlock_unlock(&ledger->map_lock) == 0);
    ASSAY_CHECK(pthread_rwlock_wrlock(&ledger->map_lock) == 0);
    int code = mdb_env_set_mapsize(ledger->env, size);
    ASSAY_CHECK(pthread_rwlock_unlock(&ledger->map_lock) == 0);
    ASSAY_CHECK(pthread_rwlock_rdlock(&ledger->map_lock) == 0);
    return code;
}

enum assay_err store_ledger_begin(struct store_ledger *ledger, unsigned flags,
                                  MDB_txn **txn_out)
{
    bool is_write = (flags & MDB_RDONLY) == 0;

    for (;;) {
        uint64_t wanted = 0;
        int code = mdb_txn_begin(ledger->env, NULL, flags, txn_out);

        if (code == MDB_MAP_RESIZED) {
            code = resize(ledger, 0);
        } else if (code == 0 && is_write && !has_room(ledger, &wanted)) {
            /* Asked only now, when nobody else writes: what others wrote
             * while we waited for our turn has taken of the room. */
            mdb_txn_abort(*txn_out);
            code = resize(ledger, wanted);
        } else {
            return store_err_from_mdb(code);
        }
        if (code != 0) {
            return store_err_from_mdb(code);
        }
    }
}

uint64_t store_ledger_commits(struct store_ledger *ledger)
{
    MDB_envinfo info = {0};

    ASSAY_CHECK(pthread_rwlock_rdlock(&ledger->map_lock) == 0);
    ASSAY_CHECK(mdb_env_info(ledger->env, &info) == 0);
    ASSAY_CHECK(pthread_rwlock_unlock(&ledger->map_lock) == 0);
    return info.me_last_txnid;
}

const struct store_watch *
store_ledger_watcher(const struct store_ledger *ledger)
{
    return ledger->watch;
}

void store_ledger_watch(struct store_ledger *ledger,
                        const struct store_watch *watch)
{
    ledger->watch = watch;
}

enum assay_err store_ledger_stats(struct store_ledger *ledger,
                                  struct store_stats *stats_out)
{
    struct store_view *view = NULL;
    struct store_meta meta = {0};
    struct stat status;
    enum assay_err err = store_view_begin(ledger, STORE_NOW, &view);

    if (err != ASSAY_OK) {
        return err;
    }
    err = store_meta_get(ledger, view->txn, &meta);
    store_view_end(view);
    if (err != ASSAY_OK) {
        return err;
    }
    if (fstatat(ledger->dir_fd, "db/data.mdb", &status, 0) != 0) {
        return store_err_from_errno(errno);
    }
    *stats_out = meta.stats;
    stats_out->last_lsn = meta.last_lsn;
    stats_out->disk_bytes = (uint64_t)status.st_blocks * 512U;
    return ASSAY_OK;
}
