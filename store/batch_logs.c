/* SPDX-License-Identifier: Apache-2.0 */
/* The logs that a batch writes to, by grant, in memory until it ends. */
#include <stdlib.h>

/* Out of memory leaves the table as it was; the caller sees a NULL pointer. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "batch_internal.h"
#include "frontier.h"
#include "protocol/check.h"
#include "refs.h"
#include "rows.h"

struct entry {
    struct assay_id grant;
    struct store_log log;
    bool is_changed;
    UT_hash_handle hh;
};

struct store_batch_logs {
    struct entry *table;
    bool was_full; /* Some were written and forgotten. */
};

enum assay_err store_batch_logs_new(struct store_batch_logs **logs_out)
{
    struct store_batch_logs *logs = calloc(1, sizeof(*logs));

    if (logs == NULL) {
        return ASSAY_E_NOMEM;
    }
    *logs_out = logs;
    return ASSAY_OK;
}

static void empty(struct store_batch_logs *logs)
{
    struct entry *entry = logs->table;

    /* The table goes first: it reaches into its entries, not they into it. */
    HASH_CLEAR(hh, logs->table);
    while (entry != NULL) {
        struct entry *next = entry->hh.next;

        free(entry);
        entry = next;
    }
}

void store_batch_logs_free(struct store_batch_logs *logs)
{
    if (logs != NULL) {
        empty(logs);
        free(logs);
    }
}

enum assay_err store_batch_logs_write(struct store_batch *batch)
{
    struct entry *entry = NULL;
    struct entry *next = NULL;

    HASH_ITER(hh, batch->logs->table, entry, next)
    {
        if (entry->is_changed) {
            enum assay_err err = store_frontier_put(&batch->view, &entry->log);

            if (err != ASSAY_OK) {
                return err;
            }
            entry->is_changed = false;
        }
    }
    return ASSAY_OK;
}

static enum assay_err is_ended(struct store_view *view,
                               const struct assay_id *grant, bool *is_out)
{
    uint64_t revokes = 0;
    uint64_t rotates = 0;
    enum assay_err err =
        store_refs_count(view, grant, ASSAY_KIND_REVOKE, 1, &revokes);

    if (err == ASSAY_OK) {
        err = store_refs_count(view, grant, ASSAY_KIND_ROTATE, 1, &rotates);
    }
    *is_out = revokes + rotates > 0;
    return err;
}

enum assay_err store_batch_logs_ended(struct store_batch *batch, bool *has_out)
{
    struct entry *entry = NULL;
    struct entry *next = NULL;
    bool has = batch->logs->was_full;
    enum assay_err err = ASSAY_OK;

    HASH_ITER(hh, batch->logs->table, entry, next)
    {
        if (!has && err == ASSAY_OK) {
            err = is_ended(&batch->view, &entry->grant, &has);
        }
    }
    if (err == ASSAY_OK) {
        *has_out = has;
    }
    return err;
}

static enum assay_err insert(struct store_batch *batch, struct entry *entry)
{
    if (HASH_COUNT(batch->logs->table) >= STORE_BATCH_LOGS_MAX) {
        enum assay_err err = store_batch_logs_write(batch);

        if (err != ASSAY_OK) {
            free(entry);
            return err;
        }
        empty(batch->logs);
        batch->logs->was_full = true;
    }
    HASH_ADD(hh, batch->logs->table, grant, sizeof(entry->grant), entry);
    if (entry->hh.tbl == NULL) {
        free(entry);
        return ASSAY_E_NOMEM;
    }
    return ASSAY_OK;
}

enum assay_err store_batch_log(struct store_batch *batch,
                               const struct assay_id *grant,
                               struct store_log **log_out)
{
    struct entry *entry = NULL;
    uint64_t lsn = 0;
    enum assay_err err;

    HASH_FIND(hh, batch->logs->table, grant, sizeof(*grant), entry);
    if (entry != NULL) {
        *log_out = &entry->log;
        return ASSAY_OK;
    }
    err = store_lsn_of(&batch->view, grant, &lsn);
    if (err != ASSAY_OK) {
        return err;
    }
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return ASSAY_E_NOMEM;
    }
    err = store_frontier_get(&batch->view, lsn, &entry->log);
    if (err != ASSAY_OK) {
        free(entry);
        return err;
    }
    entry->grant = *grant;
    err = insert(batch, entry);
    if (err == ASSAY_OK) {
        *log_out = &entry->log;
    }
    return err;
}

enum assay_err store_batch_log_add(struct store_batch *batch,
                                   const struct store_log *log)
{
    struct entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL) {
        return ASSAY_E_NOMEM;
    }
    entry->grant = log->grant;
    entry->log = *log;
    entry->is_changed = true;
    return insert(batch, entry);
}

void store_batch_log_touch(struct store_batch *batch, struct store_log *log)
{
    struct entry *entry = NULL;

    HASH_FIND(hh, batch->logs->table, &log->grant, sizeof(log->grant), entry);
    ASSAY_CHECK(entry != NULL);
    entry->is_changed = true;
}
