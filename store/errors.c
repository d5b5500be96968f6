/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where codes of LMDB and of the system become ours. */
#include <errno.h>
#include <sys/statvfs.h>

#include "internal.h"

/* LMDB writes so much at once at most, some 64 pages and large values. */
#define WRITE_MAX (UINT64_C(1) << 20)

enum assay_err store_err_from_errno(int code)
{
    switch (code) {
    case 0:
        return ASSAY_OK;
    case ENOENT:
    case ENOTDIR:
        return ASSAY_E_NOT_FOUND;
    case EEXIST:
    case ENOTEMPTY:
        return ASSAY_E_EXISTS;
    case EACCES:
    case EPERM:
        return ASSAY_E_ACCESS;
    case EROFS:
        return ASSAY_E_READONLY;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ASSAY_E_FULL;
    case ENOMEM:
        return ASSAY_E_NOMEM;
    case ELOOP:
        return ASSAY_E_UNSAFE;
    case EMFILE:
    case ENFILE:
    case EAGAIN:
        return ASSAY_E_BUSY;
    default:
        return ASSAY_E_IO;
    }
}

enum assay_err store_err_from_mdb(int code)
{
    switch (code) {
    case MDB_SUCCESS:
        return ASSAY_OK;
    case MDB_NOTFOUND:
        return ASSAY_E_NOT_FOUND;
    case MDB_KEYEXIST:
        return ASSAY_E_EXISTS;
    case MDB_MAP_FULL:
        return ASSAY_E_FULL;
    case MDB_READERS_FULL:
        return ASSAY_E_BUSY;
    case MDB_VERSION_MISMATCH:
        return ASSAY_E_VERSION;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_PANIC:
    case MDB_BAD_VALSIZE:
    case MDB_INCOMPATIBLE:
        return ASSAY_E_CORRUPT;
    default:
        return code > 0 ? store_err_from_errno(code) : ASSAY_E_IO;
    }
}

/* Whether the file system of the database has no room for one more write. */
static bool is_full(struct store_ledger *ledger)
{
    struct statvfs status;
    mdb_filehandle_t fd = -1;

    return mdb_env_get_fd(ledger->env, &fd) == 0 &&
           fstatvfs(fd, &status) == 0 &&
           (uint64_t)status.f_bavail * status.f_frsize < WRITE_MAX;
}

enum assay_err store_commit(struct store_ledger *ledger, MDB_txn *txn)
{
    int code = mdb_txn_commit(txn);

    /* A write that a full disk cuts short is EIO to LMDB: the system gives no
     * code where some of the bytes were written. */
    if (code == EIO && is_full(ledger)) {
        code = ENOSPC;
    }
    return store_err_from_mdb(code);
}
