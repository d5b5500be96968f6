/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h - what the store's own files share: the environment, its tables
 * and the form of their keys (docs/store.md). Not installed.
 */
#ifndef ASSAY_STORE_INTERNAL_H
#define ASSAY_STORE_INTERNAL_H

#include <lmdb.h>
#include <pthread.h>

#include "batch.h"
#include "ledger.h"
#include "log.h"
#include "view.h"

/* The format that this program writes. A larger one is refused. */
#define STORE_FORMAT 1

/* The tables, in one LMDB environment. */
enum store_table {
    STORE_RECORDS,  /* lsn -> row head, envelope, body */
    STORE_IDS,      /* nothing -> first 8 bytes of id, lsn */
    STORE_LOGS,     /* log lsn -> seq, lsn */
    STORE_FRONTIER, /* log lsn -> grant, team, key, heads */
    STORE_REFS,     /* named lsn -> kind, lsn */
    STORE_MISSING,  /* named id -> kind, lsn */
    STORE_LISTS,    /* tag, key -> lsn */
    STORE_LOCAL,    /* tag, key -> trust, erasures: this ledger's own */
    STORE_META,     /* name -> format, counters */
    STORE_TABLE_COUNT
};

/* One head in the table of the frontier. */
struct store_frontier_head {
    uint64_t lsn;
    uint64_t seq;
    uint8_t id[ASSAY_ID_SIZE];
};

/* A log in the table of the frontier; head_count heads follow. */
struct store_frontier {
    uint64_t record_count;
    uint8_t grant[ASSAY_ID_SIZE];
    uint8_t team[ASSAY_ID_SIZE];
    uint8_t key[ASSAY_KEY_SIZE];
    uint32_t role;
    uint32_t signoffs;
    uint32_t is_root;
    uint32_t head_count;
};

/* Counters and positions; one value in the table of meta. */
struct store_meta {
    uint64_t format;
    uint64_t last_lsn;
    uint64_t last_received_s;
    struct store_stats stats; /* disk_bytes is unused here. */
};

/* Tags of the table of lists; the rest of the key follows. */
enum store_list_tag {
    STORE_TAG_KIND = 1,   /* kind, 1 byte */
    STORE_TAG_TOPIC = 2,  /* first 8 bytes of SHA-256(topic) */
    STORE_TAG_TEAM = 3,   /* LSN of the founding record: claims */
    STORE_TAG_SHA256 = 4, /* first 8 bytes */
    STORE_TAG_URL = 5,    /* first 8 bytes of SHA-256(url) */
    STORE_TAG_KEY = 6,    /* first 8 bytes of a key: grants to it */
    STORE_TAG_GRANTS = 7  /* LSN of the founding record: grants of a team */
};

/* Tags of the table of this ledger's own. */
enum store_local_tag {
    STORE_LOCAL_TRUST = 1,   /* team id -> since */
    STORE_LOCAL_ERASURE = 2, /* lsn -> time, by, reason */
    STORE_LOCAL_WANTED = 3,  /* id of a body that retractions ask to erase */
    STORE_LOCAL_DROP = 4     /* hash of captured bytes that may have to go */
};

/* Bytes that a number of a record, or of one in its log, has in indexes and
 * rows: 280 million million of them. */
#define STORE_LSN_SIZE 6
#define STORE_LSN_MAX ((UINT64_C(1) << 48) - 1)

/* The longest key of the table of this ledger's own. */
#define STORE_KEY_MAX 64

struct store_endings;

struct store_ledger {
    char *dir;
    int dir_fd;
    enum store_mode mode;
    MDB_env *env;
    MDB_dbi tables[STORE_TABLE_COUNT];
    /* Views and batches hold it for reading, resizing the map for writing. */
    pthread_rwlock_t map_lock;
    uint64_t headroom; /* Bytes that the map has free when a batch begins. */
    struct store_endings *endings;   /* What views showed; endings.h. */
    const struct store_watch *watch; /* Lent; NULL where nobody watches. */
};

/* Ids that a view remembers: those of a chain, or of a batch's last records.
 * A place is told by one byte of the id; the newest stays. */
#define STORE_KNOWN_IDS 256

/* An id whose record was seen; an LSN of 0 is none. */
struct store_known_id {
    struct assay_id id;
    uint64_t lsn;
};

struct store_view {
    struct store_ledger *ledger;
    MDB_txn *txn;
    bool is_batch;   /* Its transaction is a batch's, which ends it. */
    bool is_doubted; /* Its rows are being checked, and not believed. */
    uint64_t as_of_s;
    uint64_t last_lsn;
    struct assay_log_view logs;
    struct assay_validity *validity; /* NULL until it is asked for. */
    /* On indexes, as far as they were needed; none in a batch. */
    MDB_cursor *cursors[STORE_TABLE_COUNT];
    /* Telling an id's LSN means hashing a record, and a walk over a chain asks
     * for the same few again and again. A row tells two: its own, and that of
     * the grant whose log it is in. */
    struct store_known_id known[STORE_KNOWN_IDS];
};

/* Codes of LMDB and of the system, as ours. */
enum assay_err store_err_from_mdb(int code);
enum assay_err store_err_from_errno(int code);

/* Commits a transaction, which is gone afterwards, whatever comes of it. */
ASSAY_MUST_CHECK
enum assay_err store_commit(struct store_ledger *ledger, MDB_txn *txn);

/* Opens with another map size and headroom, in bytes: for tests of growth. */
ASSAY_MUST_CHECK
enum assay_err store_ledger_open_sized(const char *dir, enum store_mode mode,
                                       uint64_t map_size, uint64_t headroom,
                                       struct store_ledger **ledger_out,
                                       struct assay_fault *fault_out);

/*
 * Begins a transaction, taking in the map's growth by another process; one
 * that writes finds the ledger's headroom in the map, which grows for it. The
 * caller holds map_lock for reading. Where the map changes, that is released
 * and taken again, and all views of this process are waited for: the thread
 * must hold none.
 */
ASSAY_MUST_CHECK
enum assay_err store_ledger_begin(struct store_ledger *ledger, unsigned flags,
                                  MDB_txn **txn_out);

/* Opens DIR safely: a real folder, the caller's own, not world-writable. */
ASSAY_MUST_CHECK
enum assay_err store_folder_open(const char *dir, int *fd_out,
                                 struct assay_fault *fault_out);

/* Makes DIR and its missing parents, mode 0700; fine if it is there. */
ASSAY_MUST_CHECK
enum assay_err store_folder_make(const char *dir);

/* Reads and writes the counters. */
ASSAY_MUST_CHECK
enum assay_err store_meta_get(struct store_ledger *ledger, MDB_txn *txn,
                              struct store_meta *meta_out);
ASSAY_MUST_CHECK
enum assay_err store_meta_put(struct store_ledger *ledger, MDB_txn *txn,
                              const struct store_meta *meta);

/* Initialises a view over a transaction. */
void store_view_over(struct store_view *view, struct store_ledger *ledger,
                     MDB_txn *txn, uint64_t last_lsn);

/* Big-endian numbers of len bytes, so that their order in keys and values is
 * that of the numbers. What is too large stands as the largest there is: a
 * place behind all others. */
static inline void store_put_number(uint8_t *out, uint64_t value, size_t len)
{
    if (len < sizeof(value) && value >> (8 * len) != 0) {
        value = UINT64_MAX;
    }
    while (len > 0) {
        out[--len] = (uint8_t)value;
        value >>= 8;
    }
}

static inline uint64_t store_get_number(const uint8_t *in, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++) {
        value = value << 8 | in[i];
    }
    return value;
}

static inline void store_put_u64(uint8_t *out, uint64_t value)
{
    store_put_number(out, value, sizeof(value));
}

static inline uint64_t store_get_u64(const uint8_t *in)
{
    return store_get_number(in, sizeof(uint64_t));
}

/* LMDB takes keys as void pointers but does not write to them. */
static inline MDB_val store_val(const void *data, size_t len)
{
    union {
        const void *in;
        void *out;
    } both = {.in = data};

    return (MDB_val){len, both.out};
}

#endif
