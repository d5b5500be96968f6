/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch_internal.h"
#include "captures.h"
#include "check_indexes.h"
#include "check_records.h"
#include "frontier.h"
#include "local.h"
#include "rows.h"

#define SENTENCE_MAX 256
#define PROGRESS_EVERY 1000

void store_check_say(struct store_checking *checking, uint64_t lsn,
                     const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list values;

    va_start(values, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, values);
    va_end(values);
    checking->report.problems++;
    if (checking->hooks->problem != NULL) {
        checking->hooks->problem(checking->hooks->context, lsn, sentence);
    }
}

enum assay_err store_check_has_note(struct store_view *view, uint64_t lsn,
                                    bool *has_note_out)
{
    struct store_erasure erasure;
    enum assay_err err = store_view_erasure(view, lsn, &erasure);

    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND && err != ASSAY_E_CORRUPT) {
        return err;
    }
    *has_note_out = err != ASSAY_E_NOT_FOUND;
    return ASSAY_OK;
}

const char *store_check_table_name(enum store_table table)
{
    static const char *const names[STORE_TABLE_COUNT] = {
        "records", "ids",   "logs",  "frontier", "refs",
        "missing", "lists", "local", "meta"};

    return names[table];
}

/* Counts a row as a batch would have. */
static void count(struct store_checking *checking, const struct store_row *row)
{
    struct store_stats *stats = &checking->counted;
    uint64_t kind = row->record.payload.kind;

    stats->records++;
    stats->record_bytes +=
        row->record.envelope.len +
        (row->record.body.data == NULL ? 0 : row->record.body.len);
    stats->by_kind[kind < 32 ? kind : 0]++;
    stats->teams += kind == ASSAY_KIND_FOUND ? 1U : 0U;
    stats->erased += row->is_erased ? 1U : 0U;
}

enum assay_err store_check_team(struct store_view *view,
                                const struct store_row *row,
                                uint64_t *team_lsn_out)
{
    struct store_log log;
    enum assay_err err = store_frontier_get(view, row->log_lsn, &log);

    return err == ASSAY_OK ? store_lsn_of(view, &log.team, team_lsn_out) : err;
}

static enum assay_err check_log(struct store_checking *checking,
                                const struct store_row *row,
                                uint64_t *team_lsn_out)
{
    struct store_view *view = checking->view;
    uint64_t log_lsn = 0;
    enum assay_err err =
        store_lsn_of(view, assay_record_log(&row->record), &log_lsn);

    bool is_lost = err == ASSAY_E_NOT_FOUND;

    if (err == ASSAY_OK && log_lsn != row->log_lsn) {
        store_check_say(checking, row->lsn, "it is filed under another log");
    }
    if (err == ASSAY_OK || is_lost) {
        err = store_check_team(view, row, team_lsn_out);
    }
    if (is_lost || err == ASSAY_E_NOT_FOUND || err == ASSAY_E_CORRUPT) {
        store_check_say(checking, row->lsn,
                        "its log or team is not in the index frontier");
        err = ASSAY_OK;
    }
    return err;
}

/* The flags of a row, against the note that an erasure leaves. */
static enum assay_err check_flags(struct store_checking *checking,
                                  const struct store_row *row)
{
    struct store_raw_row raw;
    bool has_note = false;
    enum assay_err err = store_row_get(checking->view, row->lsn, &raw);

    if (err == ASSAY_OK) {
        err = store_check_has_note(checking->view, row->lsn, &has_note);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    if (raw.flags != (has_note ? STORE_ROW_ERASED : 0U)) {
        store_check_say(checking, row->lsn,
                        "its flags are not what its erasure's note says");
    } else if (has_note && row->record.body.data != NULL) {
        store_check_say(checking, row->lsn, "its erased body is still there");
    }
    return ASSAY_OK;
}

/* Whether what a retraction asks to erase is noted, for when it comes. */
static enum assay_err check_wish(struct store_checking *checking,
                                 const struct store_row *row)
{
    uint8_t bytes[STORE_WANTED_KEY_SIZE];
    struct assay_bytes value;
    enum assay_err err;

    if (!store_erase_wanted_key(row, bytes)) {
        return ASSAY_OK;
    }
    checking->wanted++;
    err = store_local_get(checking->view, STORE_LOCAL_WANTED,
                          (struct assay_bytes){bytes, sizeof(bytes)}, &value);
    if (err == ASSAY_E_NOT_FOUND) {
        store_check_say(checking, row->lsn,
                        "what it asks to erase is not noted");
        err = ASSAY_OK;
    }
    return err;
}

static enum assay_err check_places(struct store_checking *checking,
                                   const struct store_row *row)
{
    uint64_t team_lsn = 0;
    enum assay_err err = check_flags(checking, row);

    if (err == ASSAY_OK) {
        err = check_wish(checking, row);
    }
    if (err == ASSAY_OK) {
        err = check_log(checking, row, &team_lsn);
    }
    if (err == ASSAY_OK) {
        err = store_check_grants(checking, row);
    }
    return err == ASSAY_OK ? store_check_indexes_row(checking, row, team_lsn)
                           : err;
}

static enum assay_err check_row(struct store_checking *checking,
                                struct store_check_pool *pool, uint64_t lsn)
{
    struct store_row row;
    enum assay_err err = store_view_by_lsn(checking->view, lsn, &row);

    if (err == ASSAY_E_NOT_FOUND) {
        /* A repair set it aside. Were it lost, the counters and the indexes
         * would say so. */
        return ASSAY_OK;
    }
    if (err == ASSAY_E_CORRUPT) {
        checking->unread++;
        store_check_say(checking, lsn, "its bytes are not those of a record");
        return ASSAY_OK;
    }
    if (err != ASSAY_OK) {
        return err;
    }
    if (row.received_s < checking->received_s) {
        store_check_say(checking, lsn, "its receive time is before the last");
    }
    checking->received_s = row.received_s;
    count(checking, &row);
    checking->report.records++;
    store_check_pool_add(pool, &row);
    return check_places(checking, &row);
}

/* The highest LSN that is stored: the one that is noted may be damaged, too. */
static enum assay_err find_last(struct store_checking *checking)
{
    struct store_view *view = checking->view;
    uint64_t noted = store_view_last_lsn(view);
    uint64_t last = 0;
    MDB_cursor *cursor = NULL;
    MDB_val key;
    int code = mdb_cursor_open(view->txn, view->ledger->tables[STORE_RECORDS],
                               &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, NULL, MDB_LAST);
    }
    if (code == 0) {
        memcpy(&last, key.mv_data, sizeof(last));
    }
    mdb_cursor_close(cursor);
    if (code != 0 && code != MDB_NOTFOUND) {
        return store_err_from_mdb(code);
    }
    if (last > noted) {
        store_check_say(checking, last,
                        "it is beyond the last number that is noted");
        last = noted;
    }
    checking->last = last;
    return ASSAY_OK;
}

static enum assay_err each_row(struct store_checking *checking,
                               struct store_check_pool *pool)
{
    const struct store_check_hooks *hooks = checking->hooks;
    enum assay_err err = ASSAY_OK;

    for (uint64_t lsn = 1; lsn <= checking->last && err == ASSAY_OK; lsn++) {
        err = check_row(checking, pool, lsn);
        if (err == ASSAY_OK && lsn % PROGRESS_EVERY == 0 &&
            hooks->progress != NULL &&
            !hooks->progress(hooks->context, lsn, checking->last)) {
            err = ASSAY_E_STOPPED;
        }
    }
    return err;
}

static enum assay_err check_rows(struct store_checking *checking)
{
    struct store_check_pool *pool = NULL;
    enum assay_err err = find_last(checking);

    if (err == ASSAY_OK) {
        err = store_check_pool_new(checking, &pool);
    }
    if (err == ASSAY_OK) {
        err = each_row(checking, pool);
    }
    if (err == ASSAY_OK) {
        store_check_pool_finish(pool);
    }
    store_check_pool_free(pool);
    return err;
}

/* Rows that no number up to the last one leads to. */
static enum assay_err check_size(struct store_checking *checking)
{
    const uint64_t seen = checking->report.records + checking->unread;
    struct store_view *view = checking->view;
    MDB_stat stat;
    int code = mdb_stat(view->txn, view->ledger->tables[STORE_RECORDS], &stat);

    if (code == 0 && stat.ms_entries != seen) {
        store_check_say(checking, 0,
                        "the table records has %zu rows; %llu have a number "
                        "that was given",
                        stat.ms_entries, (unsigned long long)seen);
    }
    return store_err_from_mdb(code);
}

/* Notes of wishes that no retraction makes. */
static enum assay_err check_wishes(struct store_checking *checking)
{
    uint8_t from[STORE_WANTED_KEY_SIZE + 1] = {0};
    struct assay_bytes key = {from, 0};
    struct assay_bytes value;
    uint64_t held = 0;
    enum assay_err err =
        store_local_next(checking->view, STORE_LOCAL_WANTED, key, &key, &value);

    while (err == ASSAY_OK && key.len <= STORE_WANTED_KEY_SIZE) {
        held++;
        /* The least that is behind it is itself and a zero byte. */
        memcpy(from, key.data, key.len);
        from[key.len] = 0;
        err = store_local_next(checking->view, STORE_LOCAL_WANTED,
                               (struct assay_bytes){from, key.len + 1}, &key,
                               &value);
    }
    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    if (held != checking->wanted) {
        store_check_say(checking, 0,
                        "%llu wishes to erase are noted; retractions make %llu",
                        (unsigned long long)held,
                        (unsigned long long)checking->wanted);
    }
    return ASSAY_OK;
}

static void check_number(struct store_checking *checking, const char *name,
                         uint64_t held, uint64_t counted)
{
    if (held != counted) {
        store_check_say(checking, 0,
                        "the counter of %s says %llu; it must say %llu", name,
                        (unsigned long long)held, (unsigned long long)counted);
    }
}

static enum assay_err check_counters(struct store_checking *checking)
{
    struct store_view *view = checking->view;
    struct store_meta meta;
    enum assay_err err = store_meta_get(view->ledger, view->txn, &meta);

    if (err != ASSAY_OK) {
        return err;
    }
    check_number(checking, "the last receive time", meta.last_received_s,
                 checking->received_s);
    check_number(checking, "records", meta.stats.records,
                 checking->counted.records);
    check_number(checking, "bytes", meta.stats.record_bytes,
                 checking->counted.record_bytes);
    check_number(checking, "teams", meta.stats.teams, checking->counted.teams);
    check_number(checking, "erased bodies", meta.stats.erased,
                 checking->counted.erased);
    check_number(checking, "missing records", meta.stats.missing,
                 checking->called[STORE_MISSING].count);
    check_number(checking, "logs", meta.stats.logs, checking->counted.logs);
    for (size_t kind = 0; kind < 32; kind++) {
        check_number(checking, assay_kind_name(kind), meta.stats.by_kind[kind],
                     checking->counted.by_kind[kind]);
    }
    return ASSAY_OK;
}

static bool check_capture(void *context, const char *path, bool is_sound)
{
    struct store_checking *checking = context;
    const struct store_check_hooks *hooks = checking->hooks;

    checking->report.captures++;
    if (!is_sound) {
        store_check_say(checking, 0,
                        "captured bytes do not have the hash they are named "
                        "by: %.150s",
                        path);
    }
    checking->has_stopped =
        hooks->progress != NULL &&
        !hooks->progress(hooks->context, checking->last, checking->last);
    return !checking->has_stopped;
}

static enum assay_err check_database(struct store_checking *checking)
{
    enum assay_err err = check_rows(checking);

    if (err == ASSAY_OK) {
        err = check_size(checking);
    }
    if (err == ASSAY_OK) {
        err = check_wishes(checking);
    }
    if (err == ASSAY_OK) {
        err = store_check_indexes_end(checking);
    }
    if (err == ASSAY_OK) {
        err = store_check_frontier(checking);
    }
    return err == ASSAY_OK ? check_counters(checking) : err;
}

enum assay_err store_check(struct store_ledger *ledger,
                           const struct store_check_hooks *hooks,
                           struct store_check_report *report_out)
{
    struct store_checking *checking = calloc(1, sizeof(*checking));
    enum assay_err err;

    if (checking == NULL) {
        return ASSAY_E_NOMEM;
    }
    checking->hooks = hooks;
    store_check_indexes_begin(checking);
    err = store_view_begin(ledger, STORE_NOW, &checking->view);
    if (err == ASSAY_OK) {
        checking->view->is_doubted = true;
        err = check_database(checking);
    }
    store_view_end(checking->view);
    if (err == ASSAY_OK) {
        err = store_captures_walk(ledger, check_capture, checking);
    }
    if (err == ASSAY_OK && checking->has_stopped) {
        err = ASSAY_E_STOPPED;
    }
    if (err == ASSAY_OK) {
        *report_out = checking->report;
    }
    free(checking);
    return err;
}
