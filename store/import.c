/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"
#include "intake.h"
#include "lists.h"
#include "protocol/check.h"
#include "transfer.h"
#include "waiting.h"

/* What early records take at most while they wait. */
#define WAITING_SIZE_MAX ((size_t)16 * 1024 * 1024)

struct import {
    struct store_ledger *ledger;
    uint64_t now_s;
    const struct store_import_hooks *hooks;
    struct store_intake *intake;
    struct store_waiting *waiting;
    struct store_batch *batch;
    struct store_import_report report;
};

static void tell_refused(struct import *import, uint64_t offset,
                         const struct assay_id *id, enum assay_err err,
                         const char *rule)
{
    if (import->hooks->refused != NULL) {
        import->hooks->refused(import->hooks->context, offset, id, err,
                               rule != NULL ? rule : assay_err_phrase(err));
    }
}

static enum assay_err commit(struct import *import)
{
    struct store_batch *batch = import->batch;

    import->batch = NULL; /* Commit consumes it, even when it fails. */
    return store_batch_commit(batch);
}

static enum assay_err begin(struct import *import)
{
    return store_batch_begin(import->ledger, import->now_s, &import->batch);
}

/* Puts a record, in a next batch where this one is full. */
static enum assay_err put(struct import *import,
                          const struct assay_record *record)
{
    uint64_t lsn = 0;
    bool has_new_body = false;
    enum assay_err err =
        store_batch_put(import->batch, record, &lsn, &has_new_body);

    if (err == ASSAY_E_LIMIT) {
        err = commit(import);
        if (err == ASSAY_OK) {
            err = begin(import);
        }
        if (err == ASSAY_OK) {
            err = store_batch_put(import->batch, record, &lsn, &has_new_body);
        }
    }
    if (err == ASSAY_OK) {
        import->report.added++;
        store_waiting_wake(import->waiting, &record->id);
    } else if (err == ASSAY_E_EXISTS) {
        import->report.held++;
        import->report.bodies += has_new_body ? 1 : 0;
    }
    return err;
}

/* Whether a code of store_batch_put leaves the batch unharmed. */
static bool is_refusal(enum assay_err err)
{
    return err == ASSAY_E_AUTH || err == ASSAY_E_PREV || err == ASSAY_E_SEQ ||
           err == ASSAY_E_FROZEN;
}

/* Accounts for what put said of a record that is not early. */
static enum assay_err settle(struct import *import, uint64_t offset,
                             const struct assay_record *record,
                             enum assay_err err)
{
    if (err == ASSAY_OK || err == ASSAY_E_EXISTS) {
        return ASSAY_OK;
    }
    if (!is_refusal(err)) {
        return err;
    }
    import->report.refused++;
    tell_refused(import, offset, &record->id, err, NULL);
    return ASSAY_OK;
}

/* What an early record lacks. The batch has just said that it lacks some. */
static enum assay_err find_missing(struct import *import,
                                   const struct assay_record *record,
                                   struct assay_id *missing_out)
{
    enum assay_err err = store_batch_lacks(import->batch, record, missing_out);

    return err == ASSAY_E_NOT_FOUND ? ASSAY_E_CORRUPT : err;
}

static void tell_early(struct import *import, uint64_t offset,
                       const struct assay_id *id)
{
    import->report.early++;
    tell_refused(import, offset, id, ASSAY_E_EARLY, NULL);
}

/* Lets an early record wait. */
static enum assay_err let_wait(struct import *import, uint64_t offset,
                               const struct assay_record *record)
{
    struct assay_id missing;
    enum assay_err err = find_missing(import, record, &missing);

    if (err == ASSAY_OK) {
        err = store_waiting_add(import->waiting, record, offset, &missing);
    }
    if (err == ASSAY_E_LIMIT) {
        tell_early(import, offset, &record->id);
        return ASSAY_OK;
    }
    return err;
}

/* Tries a waiter again; it waits on, or is done. */
static enum assay_err retry(struct import *import, struct store_waiter *waiter)
{
    struct assay_record record;
    struct assay_id missing;

    store_waiter_record(waiter, &record);
    enum assay_err err = put(import, &record);
    if (err == ASSAY_E_EARLY) {
        err = find_missing(import, &record, &missing);
        if (err == ASSAY_OK) {
            store_waiting_put_back(import->waiting, waiter, &missing);
            return ASSAY_OK;
        }
    } else {
        err = settle(import, waiter->offset, &record, err);
    }
    store_waiting_drop(import->waiting, waiter);
    return err;
}

/* Tries those that were woken; what they add wakes others. */
static enum assay_err retry_awake(struct import *import)
{
    enum assay_err err = ASSAY_OK;

    while (err == ASSAY_OK) {
        struct store_waiter *waiter = store_waiting_take(import->waiting);

        if (waiter == NULL) {
            break;
        }
        err = retry(import, waiter);
    }
    return err;
}

static enum assay_err take_record(struct import *import,
                                  const struct store_intake_record *item)
{
    import->report.records++;
    if (item->err != ASSAY_OK) {
        import->report.refused++;
        tell_refused(import, item->offset,
                     item->has_id ? &item->record.id : NULL, item->err,
                     item->rule);
        return ASSAY_OK;
    }
    enum assay_err err = put(import, &item->record);
    if (err == ASSAY_E_EARLY) {
        return let_wait(import, item->offset, &item->record);
    }
    err = settle(import, item->offset, &item->record, err);
    return err == ASSAY_OK ? retry_awake(import) : err;
}

/* Keeps captured bytes if a capture that is held names them. */
static enum assay_err keep_bytes(struct import *import,
                                 struct store_intake_bytes *bytes)
{
    struct store_list_query query = {.list = STORE_LIST_SHA256};
    struct store_row row;
    uint64_t cursor = 0;

    memcpy(query.id.hash, bytes->info.sha256, sizeof(query.id.hash));
    enum assay_err err =
        store_list_next(store_batch_view(import->batch), &query, &cursor, &row);
    if (err != ASSAY_OK) {
        return err;
    }
    err = store_capture_stage_keep(&bytes->stage, &bytes->info);
    if (err == ASSAY_OK && !bytes->info.was_held) {
        import->report.captures++;
    }
    return err;
}

static enum assay_err take_bytes(struct import *import,
                                 struct store_intake_bytes *bytes)
{
    enum assay_err err = bytes->err;
    const char *rule = "captured bytes are longer than their limit";

    if (err == ASSAY_OK) {
        err = keep_bytes(import, bytes);
        rule = "no capture that is held names these bytes";
    }
    if (err != ASSAY_E_NOT_FOUND && err != ASSAY_E_LIMIT) {
        return err;
    }
    import->report.refused++;
    tell_refused(import, bytes->offset, NULL, err, rule);
    return ASSAY_OK;
}

static enum assay_err take_unit(struct import *import,
                                struct store_intake_unit *unit)
{
    enum assay_err err = ASSAY_OK;

    for (size_t index = 0; err == ASSAY_OK && index < unit->count; index++) {
        err = take_record(import, &unit->records[index]);
    }
    if (err == ASSAY_OK && unit->bytes.is_there) {
        err = take_bytes(import, &unit->bytes);
    }
    import->report.bytes = unit->read_to;
    return err;
}

/* Tries everything that waits once more, since other processes may have added
 * what it lacks; what is left is early. */
static enum assay_err take_leftovers(struct import *import)
{
    struct store_waiter *waiter = NULL;
    struct assay_record record;
    enum assay_err err = store_waiting_wake_all(import->waiting);

    if (err == ASSAY_OK) {
        err = retry_awake(import);
    }
    if (err == ASSAY_OK) {
        err = store_waiting_wake_all(import->waiting);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    waiter = store_waiting_take(import->waiting);
    while (waiter != NULL) {
        store_waiter_record(waiter, &record);
        tell_early(import, waiter->offset, &record.id);
        store_waiting_drop(import->waiting, waiter);
        waiter = store_waiting_take(import->waiting);
    }
    return ASSAY_OK;
}

/* Accounts for how the file ended; an error is one of the whole import. */
static enum assay_err take_end(struct import *import,
                               const struct store_intake_end *end)
{
    if (end->is_io || end->is_headless) {
        return end->err;
    }
    import->report.is_cut = end->is_cut;
    import->report.cut_offset = end->whole_offset;
    if (end->rule != NULL) {
        import->report.refused++;
        tell_refused(import, end->offset, NULL, end->err, end->rule);
    }
    return ASSAY_OK;
}

/* Waits for as many units as make a batch, so that no other process is kept
 * from writing while we wait; fewer at the end of the file. */
static size_t gather(struct import *import,
                     struct store_intake_unit *units[STORE_INTAKE_BATCH])
{
    size_t count = 0;
    bool is_last = false;

    while (count < STORE_INTAKE_BATCH && !is_last) {
        units[count] = store_intake_next(import->intake);
        is_last = units[count]->end.is_there;
        count++;
    }
    return count;
}

/* Writes one batch and makes it durable. Behind the last one *end_err_out says
 * how the file ended. */
static enum assay_err write_batch(struct import *import, bool *is_last_out,
                                  enum assay_err *end_err_out)
{
    struct store_intake_unit *units[STORE_INTAKE_BATCH];
    size_t count = gather(import, units);
    const struct store_intake_end *end = &units[count - 1]->end;
    enum assay_err err = begin(import);

    for (size_t index = 0; err == ASSAY_OK && index < count; index++) {
        err = take_unit(import, units[index]);
    }
    if (err == ASSAY_OK && end->is_there) {
        err = take_leftovers(import);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    err = commit(import);
    if (err == ASSAY_OK && end->is_there) {
        *end_err_out = take_end(import, end);
    }
    *is_last_out = end->is_there;
    for (size_t index = 0; index < count; index++) {
        store_intake_release(import->intake);
    }
    return err;
}

static enum assay_err run(struct import *import)
{
    const struct store_import_hooks *hooks = import->hooks;
    bool is_last = false;
    enum assay_err end_err = ASSAY_OK;
    enum assay_err err = ASSAY_OK;

    while (err == ASSAY_OK && !is_last) {
        err = write_batch(import, &is_last, &end_err);
        if (err == ASSAY_OK && hooks->progress != NULL &&
            !hooks->progress(hooks->context, &import->report) && !is_last) {
            err = ASSAY_E_STOPPED;
        }
    }
    return err == ASSAY_OK ? end_err : err;
}

enum assay_err store_import(struct store_ledger *ledger, int fd,
                            unsigned thread_count, uint64_t now_s,
                            const struct store_import_hooks *hooks,
                            struct store_import_report *report_out)
{
    static const struct store_import_hooks no_hooks;
    struct import import = {
        .ledger = ledger,
        .now_s = now_s,
        .hooks = hooks != NULL ? hooks : &no_hooks,
    };
    enum assay_err err = store_waiting_new(WAITING_SIZE_MAX, &import.waiting);

    if (err == ASSAY_OK) {
        err = store_intake_begin(ledger, fd, thread_count, &import.intake);
    }
    if (err == ASSAY_OK) {
        err = run(&import);
    }
    store_batch_abort(import.batch);
    store_intake_end(import.intake);
    store_waiting_free(import.waiting);
    if (err == ASSAY_OK) {
        *report_out = import.report;
    }
    return err;
}
