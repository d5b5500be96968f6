/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h - opens the ledger: a folder that holds an LMDB environment,
 * captured bytes and keys.
 *
 *   DIR/db/data.mdb, lock.mdb   records and their indexes (docs/store.md)
 *   DIR/captures/ab/cdef...     captured bytes by SHA-256 (captures.h)
 *   DIR/keys/NAME.key           key files (keyring.h), mode 0600 in 0700
 *
 * Any number of processes may have it open: readers never wait, writers take
 * turns. DIR must be a real folder (no symlink) that belongs to the caller
 * and that the world cannot write.
 */
#ifndef ASSAY_STORE_LEDGER_H
#define ASSAY_STORE_LEDGER_H

#include "protocol/bytes.h"
#include "protocol/err.h"
#include "protocol/id.h"
#include "watch.h"

struct store_ledger; /* Opaque. One per process and folder. */

enum store_mode { STORE_READ, STORE_WRITE };

struct store_stats {
    uint64_t records;
    uint64_t last_lsn;
    uint64_t record_bytes; /* Envelopes and bodies that are held. */
    uint64_t disk_bytes;   /* Blocks that data.mdb takes. */
    uint64_t logs;
    uint64_t teams;
    uint64_t erased;
    uint64_t missing;     /* References to records that are not held. */
    uint64_t by_kind[32]; /* By enum assay_kind; [0] counts all others. */
};

/*
 * Makes DIR (mode 0700, and its missing parents) and an empty ledger in it.
 * An existing empty folder is used. ASSAY_E_EXISTS if there is a ledger
 * already or DIR holds something else; the codes of store_ledger_open.
 */
ASSAY_MUST_CHECK
enum assay_err store_ledger_init(const char *dir,
                                 struct assay_fault *fault_out);

/*
 * Opens an existing ledger. Fails with ASSAY_E_NOT_FOUND (no ledger there),
 * ASSAY_E_UNSAFE (symlink, owner, world-writable; the fault's rule says
 * which), ASSAY_E_VERSION (made by a newer program), ASSAY_E_ACCESS,
 * ASSAY_E_READONLY (STORE_WRITE on read-only media), ASSAY_E_FULL,
 * ASSAY_E_IO, ASSAY_E_CORRUPT or ASSAY_E_NOMEM. The cost does not depend on
 * the size of the ledger.
 */
ASSAY_MUST_CHECK
enum assay_err store_ledger_open(const char *dir, enum store_mode mode,
                                 struct store_ledger **ledger_out,
                                 struct assay_fault *fault_out);

/* Closes; accepts NULL. No view or batch may be open. */
void store_ledger_close(struct store_ledger *ledger);

/* The folder as it was given; lives as long as the ledger. */
const char *store_ledger_dir(const struct store_ledger *ledger);

/* A number that grows with every commit of every process, also where no record
 * was added: who remembers it sees cheaply that nothing has changed. */
uint64_t store_ledger_commits(struct store_ledger *ledger);

/* Lets long work on this ledger be followed and stopped; NULL ends that. The
 * watch is lent until then. Set by the thread that does the work. */
void store_ledger_watch(struct store_ledger *ledger,
                        const struct store_watch *watch);

/* Who watches; NULL where nobody does. */
const struct store_watch *
store_ledger_watcher(const struct store_ledger *ledger);

/* Counters, kept with every batch; nothing is walked. */
ASSAY_MUST_CHECK
enum assay_err store_ledger_stats(struct store_ledger *ledger,
                                  struct store_stats *stats_out);

#endif
