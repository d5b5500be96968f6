/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - walks the whole ledger and confirms all of it, or rebuilds the
 * indexes from the records alone.
 */
#ifndef ASSAY_STORE_CHECK_H
#define ASSAY_STORE_CHECK_H

#include "ledger.h"

struct store_check_report {
    uint64_t records;       /* Re-opened, re-verified, hash and id. */
    uint64_t index_entries; /* Confirmed both ways. */
    uint64_t captures;      /* Files hashed again. */
    uint64_t problems;
};

struct store_check_hooks {
    void *context;
    /* One problem: a sentence and, where it is about a record, its LSN. */
    void (*problem)(void *context, uint64_t lsn, const char *sentence);
    /* Progress, now and then; total may be 0. False stops the check. */
    bool (*progress)(void *context, uint64_t done, uint64_t total);
};

/* Every record re-verified (on all cores), every index entry confirmed both
 * ways, counters compared, captures re-hashed. Hooks are called by the calling
 * thread. ASSAY_OK also where there are problems: the report counts them.
 * ASSAY_E_STOPPED, ASSAY_E_BUSY (no thread can be had), ASSAY_E_IO. */
ASSAY_MUST_CHECK
enum assay_err store_check(struct store_ledger *ledger,
                           const struct store_check_hooks *hooks,
                           struct store_check_report *report_out);

/* Rebuilds every index and counter from records and bodies, in one
 * transaction, and mends what else of a row the rest of the ledger says.
 * Records that do not verify, and those that build on them, are set aside in
 * DIR/aside/ (one item a file) and named; their numbers stay taken. Trust and
 * erasure notes are kept. What a check finds afterwards is damaged captures
 * alone. */
ASSAY_MUST_CHECK
enum assay_err store_repair(struct store_ledger *ledger,
                            const struct store_check_hooks *hooks,
                            struct store_check_report *report_out);

/* Writes a consistent, compacted copy of the database to a new file (mode
 * 0600, never overwriting: ASSAY_E_EXISTS), while others write. Synced
 * before it is put in place, and removed where the ledger's watch stops it
 * (ASSAY_E_STOPPED). Keys and captures are not in it. */
ASSAY_MUST_CHECK
enum assay_err store_backup(struct store_ledger *ledger, const char *path);

/* Makes a ledger in dir from a backup: ASSAY_E_EXISTS if there is one.
 * The copy is opened and its version checked before it is put in place.
 * watch may be NULL; where it stops the work, nothing of it is left. */
ASSAY_MUST_CHECK
enum assay_err store_restore(const char *path, const char *dir,
                             const struct store_watch *watch,
                             struct assay_fault *fault_out);

#endif
