/* SPDX-License-Identifier: Apache-2.0 */
#include "memledger.h"

#include "protocol/check.h"
#include "protocol/id_table.h"

#include <stdlib.h>

struct entry {
    struct assay_id_entry by_id;
    uint64_t lsn;
    size_t log; /* Its index. */
    struct assay_record record;
    uint8_t *bytes; /* Envelope, then body. */
};

struct log {
    struct assay_id_entry by_grant;
    struct assay_sync_log info;
    struct entry **entries; /* By seq, then lsn. */
    size_t count;
    size_t cap;
};

struct memledger {
    struct entry **entries; /* By lsn. */
    size_t count;
    size_t cap;
    struct log **logs; /* By number. */
    size_t log_count;
    size_t log_cap;
    struct assay_id_entry *ids;
    struct assay_id_entry *grants;
    struct assay_sync_view view;
    enum assay_err err;
    size_t calls;
};

/* Room for one more in an array of pointers. */
static void *grow(void *list, size_t count, size_t *cap)
{
    void *longer = list;

    if (count == *cap) {
        *cap = *cap == 0 ? 16 : *cap * 2;
        longer = realloc(list, *cap * sizeof(void *));
        ASSAY_CHECK(longer != NULL);
    }
    return longer;
}

static struct entry *find_entry(const struct memledger *ledger,
                                const struct assay_id *id)
{
    return (struct entry *)assay_id_table_find(ledger->ids, id);
}

static struct log *find_log(const struct memledger *ledger,
                            const struct assay_id *grant)
{
    return (struct log *)assay_id_table_find(ledger->grants, grant);
}

/* ------------------------------------------------------------ the view */

static enum assay_err called(void *context)
{
    struct memledger *ledger = context;

    ledger->calls++;
    return ledger->err;
}

static void show(const struct entry *entry, const struct memledger *ledger,
                 struct assay_sync_item *item_out)
{
    item_out->lsn = entry->lsn;
    item_out->id = entry->record.id;
    item_out->log_number = ledger->logs[entry->log]->info.number;
    item_out->seq = entry->record.payload.seq;
    item_out->envelope = entry->record.envelope;
    item_out->body = entry->record.body;
}

static enum assay_err view_next_log(void *context, uint64_t *number,
                                    struct assay_sync_log *log_out)
{
    struct memledger *ledger = context;
    enum assay_err err = called(context);

    if (err != ASSAY_OK || *number >= ledger->log_count) {
        return err != ASSAY_OK ? err : ASSAY_E_NOT_FOUND;
    }
    *log_out = ledger->logs[*number]->info;
    ++*number;
    return ASSAY_OK;
}

static enum assay_err view_find_log(void *context, const struct assay_id *grant,
                                    struct assay_sync_log *log_out)
{
    enum assay_err err = called(context);
    struct log *log = find_log(context, grant);

    if (err != ASSAY_OK || log == NULL) {
        return err != ASSAY_OK ? err : ASSAY_E_NOT_FOUND;
    }
    *log_out = log->info;
    return ASSAY_OK;
}

/* Whether an entry stands behind a place. */
static bool is_behind(const struct entry *entry, uint64_t seq, uint64_t lsn)
{
    return entry->record.payload.seq > seq ||
           (entry->record.payload.seq == seq && entry->lsn > lsn);
}

static enum assay_err view_next_in_log(void *context, uint64_t number,
                                       uint64_t seq, uint64_t lsn,
                                       struct assay_sync_item *item_out)
{
    struct memledger *ledger = context;
    enum assay_err err = called(context);
    struct log *log;
    size_t low = 0;

    if (err != ASSAY_OK) {
        return err;
    }
    ASSAY_CHECK(number >= 1 && number <= ledger->log_count);
    log = ledger->logs[number - 1];
    for (size_t high = log->count; low < high;) {
        size_t middle = low + (high - low) / 2;

        if (is_behind(log->entries[middle], seq, lsn)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    if (low == log->count) {
        return ASSAY_E_NOT_FOUND;
    }
    show(log->entries[low], ledger, item_out);
    return ASSAY_OK;
}

static enum assay_err view_next_row(void *context, uint64_t lsn,
                                    struct assay_sync_item *item_out)
{
    struct memledger *ledger = context;
    enum assay_err err = called(context);

    if (err != ASSAY_OK || lsn >= ledger->count) {
        return err != ASSAY_OK ? err : ASSAY_E_NOT_FOUND;
    }
    show(ledger->entries[lsn], ledger, item_out);
    return ASSAY_OK;
}

static enum assay_err view_find(void *context, const struct assay_id *id,
                                struct assay_sync_item *item_out)
{
    enum assay_err err = called(context);
    struct entry *entry = find_entry(context, id);

    if (err != ASSAY_OK || entry == NULL) {
        return err != ASSAY_OK ? err : ASSAY_E_NOT_FOUND;
    }
    show(entry, context, item_out);
    return ASSAY_OK;
}

/* ---------------------------------------------------------------- life */

struct memledger *memledger_new(void)
{
    struct memledger *ledger = calloc(1, sizeof(*ledger));

    ASSAY_CHECK(ledger != NULL);
    ledger->view =
        (struct assay_sync_view){ledger,           view_next_log, view_find_log,
                                 view_next_in_log, view_next_row, view_find};
    return ledger;
}

void memledger_free(struct memledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    while (assay_id_table_pop(&ledger->ids) != NULL) {
    }
    while (assay_id_table_pop(&ledger->grants) != NULL) {
    }
    for (size_t index = 0; index < ledger->count; index++) {
        free(ledger->entries[index]->bytes);
        free(ledger->entries[index]);
    }
    for (size_t index = 0; index < ledger->log_count; index++) {
        free(ledger->logs[index]->entries);
        free(ledger->logs[index]);
    }
    free(ledger->entries);
    free(ledger->logs);
    free(ledger);
}

/* -------------------------------------------------------------- taking */

static struct log *add_log(struct memledger *ledger,
                           const struct assay_id *grant,
                           const struct assay_id *team, bool is_root)
{
    struct log *log = calloc(1, sizeof(*log));
    enum assay_err err;

    ASSAY_CHECK(log != NULL);
    ledger->logs = grow(ledger->logs, ledger->log_count, &ledger->log_cap);
    ledger->logs[ledger->log_count] = log;
    ledger->log_count++;
    log->info.number = ledger->log_count;
    log->info.grant = *grant;
    log->info.team = *team;
    log->info.is_root = is_root;
    log->by_grant.id = *grant;
    err = assay_id_table_add(&ledger->grants, &log->by_grant);
    ASSAY_CHECK(err == ASSAY_OK);
    return log;
}

/* Puts a record into its log: by seq and lsn, and onto the heads. */
static void join_log(struct log *log, struct entry *entry)
{
    struct assay_sync_log *info = &log->info;
    const struct assay_payload *payload = &entry->record.payload;
    size_t at;

    log->entries = grow(log->entries, log->count, &log->cap);
    for (at = log->count;
         at > 0 && is_behind(log->entries[at - 1], payload->seq, entry->lsn);
         at--) {
        log->entries[at] = log->entries[at - 1];
    }
    log->entries[at] = entry;
    log->count++;
    info->record_count++;
    for (size_t prev = 0; prev < payload->prev_count; prev++) {
        for (size_t head = 0; head < info->head_count; head++) {
            if (assay_id_equal(&info->heads[head].id, &payload->prev[prev])) {
                info->head_count--;
                info->heads[head] = info->heads[info->head_count];
            }
        }
    }
    ASSAY_CHECK(info->head_count < ASSAY_HEADS_MAX);
    info->heads[info->head_count].id = entry->record.id;
    info->heads[info->head_count].seq = payload->seq;
    info->head_count++;
}

bool memledger_team_of(struct memledger *ledger,
                       const struct assay_record *record,
                       struct assay_id *team_out)
{
    struct log *log;

    if (record->payload.kind == ASSAY_KIND_FOUND) {
        *team_out = record->id;
        return true;
    }
    log = find_log(ledger, &record->payload.auth);
    if (log == NULL) {
        return false;
    }
    *team_out = log->info.team;
    return true;
}

/* Whether what the record builds on is there. */
static bool has_basis(struct memledger *ledger,
                      const struct assay_record *record,
                      struct assay_id *lacks_out)
{
    const struct assay_payload *payload = &record->payload;

    if (payload->kind != ASSAY_KIND_FOUND &&
        find_entry(ledger, &payload->auth) == NULL) {
        *lacks_out = payload->auth;
        return false;
    }
    for (size_t index = 0; index < payload->prev_count; index++) {
        if (find_entry(ledger, &payload->prev[index]) == NULL) {
            *lacks_out = payload->prev[index];
            return false;
        }
    }
    return true;
}

static void copy_record(struct entry *entry, struct assay_bytes envelope,
                        struct assay_bytes body)
{
    enum assay_err err;

    entry->bytes = malloc(envelope.len + body.len + 1);
    ASSAY_CHECK(entry->bytes != NULL);
    memcpy(entry->bytes, envelope.data, envelope.len);
    envelope.data = entry->bytes;
    if (body.data != NULL) {
        memcpy(entry->bytes + envelope.len, body.data, body.len);
        body.data = entry->bytes + envelope.len;
    }
    err = assay_record_parse(envelope, body, &entry->record, NULL);
    ASSAY_CHECK(err == ASSAY_OK);
}

static void add_entry(struct memledger *ledger, struct assay_bytes envelope,
                      struct assay_bytes body)
{
    struct entry *entry = calloc(1, sizeof(*entry));
    const struct assay_record *record;
    struct assay_id team;
    struct log *log;
    enum assay_err err;

    ASSAY_CHECK(entry != NULL);
    copy_record(entry, envelope, body);
    record = &entry->record;
    ASSAY_CHECK(memledger_team_of(ledger, record, &team));
    if (record->payload.kind == ASSAY_KIND_FOUND ||
        record->payload.kind == ASSAY_KIND_ROTATE ||
        record->payload.kind == ASSAY_KIND_MEMBER) {
        (void)add_log(ledger, &record->id, &team,
                      record->payload.kind != ASSAY_KIND_MEMBER);
    }
    log = find_log(ledger, assay_record_log(record));
    ASSAY_CHECK(log != NULL);
    ledger->entries = grow(ledger->entries, ledger->count, &ledger->cap);
    ledger->entries[ledger->count] = entry;
    ledger->count++;
    entry->lsn = ledger->count;
    entry->log = log->info.number - 1;
    entry->by_id.id = record->id;
    err = assay_id_table_add(&ledger->ids, &entry->by_id);
    ASSAY_CHECK(err == ASSAY_OK);
    join_log(log, entry);
}

struct memledger_result memledger_take(struct memledger *ledger,
                                       struct assay_bytes envelope,
                                       struct assay_bytes body)
{
    struct memledger_result result;
    struct assay_record record;

    memset(&result, 0, sizeof(result));
    result.err = assay_record_open(envelope, body, &record, NULL);
    if (result.err != ASSAY_OK) {
        return result;
    }
    result.id = record.id;
    result.log = *assay_record_log(&record);
    result.kind = record.payload.kind;
    result.seq = record.payload.seq;
    if (find_entry(ledger, &record.id) != NULL) {
        result.err = ASSAY_E_EXISTS;
    } else if (!has_basis(ledger, &record, &result.lacks)) {
        result.err = ASSAY_E_EARLY;
    } else {
        add_entry(ledger, envelope, body);
    }
    if (result.err != ASSAY_E_EARLY) {
        ASSAY_CHECK(memledger_team_of(ledger, &record, &result.team));
    }
    return result;
}

void memledger_put(struct memledger *ledger, const struct history *history,
                   size_t index)
{
    const struct history_item *item = history_item(history, index);
    struct memledger_result result =
        memledger_take(ledger, item->envelope, item->body);

    ASSAY_CHECK(result.err == ASSAY_OK);
}

void memledger_put_all(struct memledger *ledger, const struct history *history,
                       size_t begin, size_t end)
{
    for (size_t index = begin; index < end; index++) {
        memledger_put(ledger, history, index);
    }
}

/* ------------------------------------------------------------- looking */

size_t memledger_count(const struct memledger *ledger)
{
    return ledger->count;
}

bool memledger_has(struct memledger *ledger, const struct assay_id *id)
{
    return find_entry(ledger, id) != NULL;
}

bool memledger_equal(struct memledger *a, struct memledger *b)
{
    for (size_t index = 0; index < a->count; index++) {
        if (find_entry(b, &a->entries[index]->record.id) == NULL) {
            return false;
        }
    }
    return a->count == b->count;
}

const struct assay_sync_view *memledger_view(struct memledger *ledger)
{
    return &ledger->view;
}

void memledger_fail(struct memledger *ledger, enum assay_err err)
{
    ledger->err = err;
}

size_t memledger_calls(const struct memledger *ledger)
{
    return ledger->calls;
}
