/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch_internal.h"
#include "captures.h"
#include "check_internal.h"
#include "frontier.h"
#include "index.h"
#include "protocol/check.h"
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

static const char *table_name(enum store_table table)
{
    static const char *const names[STORE_TABLE_COUNT] = {
        "records", "ids",   "logs",  "frontier", "refs",
        "missing", "lists", "local", "meta"};

    return names[table];
}

/* Whether an entry that a record must have is in its index. */
static enum assay_err confirm(void *context, const struct store_entry *entry)
{
    struct store_checking *checking = context;
    enum assay_err err = store_index_has(checking->view, entry);

    checking->expected[entry->table]++;
    checking->report.index_entries++;
    if (err == ASSAY_E_NOT_FOUND) {
        store_check_say(checking, checking->lsn,
                        "an entry of the index %s is missing",
                        table_name(entry->table));
        err = ASSAY_OK;
    }
    return err;
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

static void check_signature(struct store_checking *checking,
                            const struct store_row *row)
{
    enum assay_err err = assay_record_check(&row->record);

    if (err != ASSAY_OK) {
        store_check_say(checking, row->lsn, "it does not verify: %s",
                        assay_err_phrase(err));
    }
}

static enum assay_err check_log(struct store_checking *checking,
                                const struct store_row *row,
                                uint64_t *team_lsn_out)
{
    struct store_view *view = checking->view;
    struct store_log log;
    uint64_t log_lsn = 0;
    enum assay_err err =
        store_lsn_of(view, assay_record_log(&row->record), &log_lsn);

    *team_lsn_out = 0;
    if (err == ASSAY_OK && log_lsn != row->log_lsn) {
        store_check_say(checking, row->lsn, "it is filed under another log");
    }
    if (err == ASSAY_OK) {
        err = store_frontier_get(view, row->log_lsn, &log);
    }
    if (err == ASSAY_OK) {
        err = store_lsn_of(view, &log.team, team_lsn_out);
    }
    if (err == ASSAY_E_NOT_FOUND || err == ASSAY_E_CORRUPT) {
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

static enum assay_err check_row(struct store_checking *checking, uint64_t lsn)
{
    struct store_row row;
    uint64_t team_lsn = 0;
    enum assay_err err = store_view_by_lsn(checking->view, lsn, &row);

    checking->lsn = lsn;
    if (err == ASSAY_E_NOT_FOUND) {
        /* A repair set it aside. Were it lost, the counters and the sizes of
         * the indexes would say so. */
        return ASSAY_OK;
    }
    if (err == ASSAY_E_CORRUPT) {
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
    check_signature(checking, &row);
    checking->report.records++;
    err = check_flags(checking, &row);
    if (err == ASSAY_OK) {
        err = check_log(checking, &row, &team_lsn);
    }
    return err == ASSAY_OK ? store_index_each(checking->view, &row, team_lsn,
                                              confirm, checking)
                           : err;
}

/* The highest LSN that is stored: the one that is noted may be damaged, too. */
static enum assay_err find_last(struct store_checking *checking,
                                uint64_t *last_out)
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
    *last_out = last;
    return ASSAY_OK;
}

static enum assay_err check_rows(struct store_checking *checking)
{
    uint64_t last = 0;
    enum assay_err err = find_last(checking, &last);

    for (uint64_t lsn = 1; lsn <= last && err == ASSAY_OK; lsn++) {
        err = check_row(checking, lsn);
        if (err == ASSAY_OK && lsn % PROGRESS_EVERY == 0 &&
            checking->hooks->progress != NULL &&
            !checking->hooks->progress(checking->hooks->context, lsn, last)) {
            err = ASSAY_E_STOPPED;
        }
    }
    return err;
}

/* The other way: each index holds as many entries as the records call for.
 * With none of those missing, that leaves no entry without a record. */
static enum assay_err check_sizes(struct store_checking *checking)
{
    static const enum store_table indexes[] = {
        STORE_IDS, STORE_LOGS, STORE_REFS, STORE_MISSING, STORE_LISTS};

    for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
        MDB_stat stat;
        int code = mdb_stat(checking->view->txn,
                            checking->view->ledger->tables[indexes[i]], &stat);

        if (code != 0) {
            return store_err_from_mdb(code);
        }
        if (stat.ms_entries != checking->expected[indexes[i]]) {
            store_check_say(checking, 0,
                            "the index %s has %zu entries; the records call "
                            "for %llu",
                            table_name(indexes[i]), stat.ms_entries,
                            (unsigned long long)checking->expected[indexes[i]]);
        }
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
                 checking->expected[STORE_MISSING]);
    check_number(checking, "logs", meta.stats.logs, checking->counted.logs);
    for (size_t kind = 0; kind < 32; kind++) {
        check_number(checking, assay_kind_name(kind), meta.stats.by_kind[kind],
                     checking->counted.by_kind[kind]);
    }
    return ASSAY_OK;
}

static bool has_head(const struct store_log *log, const struct store_head *head)
{
    for (size_t i = 0; i < log->head_count; i++) {
        if (log->heads[i].lsn == head->lsn && log->heads[i].seq == head->seq &&
            assay_id_equal(&log->heads[i].id, &head->id)) {
            return true;
        }
    }
    return false;
}

/* Their order depends on that of arrival and means nothing. */
static bool is_same_heads(const struct store_log *walked,
                          const struct store_log *held)
{
    if (walked->record_count != held->record_count ||
        walked->head_count != held->head_count) {
        return false;
    }
    for (size_t i = 0; i < walked->head_count; i++) {
        if (!has_head(held, &walked->heads[i])) {
            return false;
        }
    }
    return true;
}

/* What the record of a grant says of its log; ASSAY_E_NOT_FOUND where there is
 * no such record or it grants nothing. */
static enum assay_err expect_log(struct store_view *view, uint64_t log_lsn,
                                 struct store_log *log_out)
{
    struct store_row row;
    struct store_log above;
    uint64_t above_lsn = 0;
    enum assay_err err = store_view_by_lsn(view, log_lsn, &row);

    if (err != ASSAY_OK) {
        return err;
    }
    if (row.record.payload.kind == ASSAY_KIND_FOUND) {
        store_place_root(&row.record, log_lsn, &row.record.id, log_out);
        return ASSAY_OK;
    }
    err = store_lsn_of(view, &row.record.payload.auth, &above_lsn);
    if (err == ASSAY_OK) {
        err = store_frontier_get(view, above_lsn, &above);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    if (row.record.payload.kind == ASSAY_KIND_ROTATE) {
        store_place_root(&row.record, log_lsn, &above.team, log_out);
        return ASSAY_OK;
    }
    return store_place_grants(&row.record, log_lsn, &above, log_out)
               ? ASSAY_OK
               : ASSAY_E_NOT_FOUND;
}

/* Who speaks in a log: what its grant says, since this is what a batch asks
 * before it takes a record. */
static enum assay_err check_grant(struct store_checking *checking,
                                  const struct store_log *held)
{
    struct store_log want;
    enum assay_err err = expect_log(checking->view, held->log_lsn, &want);

    if (err == ASSAY_E_NOT_FOUND || err == ASSAY_E_CORRUPT) {
        store_check_say(checking, held->log_lsn, "its log has no grant");
        return ASSAY_OK;
    }
    if (err == ASSAY_OK &&
        (!assay_id_equal(&want.grant, &held->grant) ||
         !assay_id_equal(&want.team, &held->team) ||
         !assay_key_equal(&want.key, &held->key) || want.role != held->role ||
         want.signoffs != held->signoffs || want.is_root != held->is_root)) {
        store_check_say(checking, held->log_lsn,
                        "its log is not what its grant says");
    }
    return err;
}

/* One log: its heads and count are those that its records give. */
static enum assay_err check_frontier_row(struct store_checking *checking,
                                         const struct store_log *held)
{
    struct store_log walked = *held;
    enum assay_err err = store_log_rewind(checking->view, &walked);

    if (err != ASSAY_OK) {
        store_check_say(checking, held->log_lsn,
                        "the records of its log cannot be walked: %s",
                        assay_err_phrase(err));
        return err == ASSAY_E_IO || err == ASSAY_E_NOMEM ? err : ASSAY_OK;
    }
    if (!is_same_heads(&walked, held)) {
        store_check_say(checking, held->log_lsn,
                        "the heads of its log are not those of its records");
    }
    return ASSAY_OK;
}

static enum assay_err check_frontier(struct store_checking *checking)
{
    struct store_log log;
    uint64_t after = 0;
    enum assay_err err = ASSAY_OK;

    while (err == ASSAY_OK) {
        err = store_log_next(checking->view, &after, &log);
        if (err == ASSAY_E_CORRUPT) {
            store_check_say(checking, after + 1,
                            "a row of the index frontier cannot be read");
        }
        if (err == ASSAY_OK) {
            checking->counted.logs++;
            checking->report.index_entries++;
            err = check_grant(checking, &log);
        }
        if (err == ASSAY_OK) {
            err = check_frontier_row(checking, &log);
        }
    }
    return err == ASSAY_E_NOT_FOUND || err == ASSAY_E_CORRUPT ? ASSAY_OK : err;
}

static bool check_capture(void *context, const char *path, bool is_sound)
{
    struct store_checking *checking = context;

    checking->report.captures++;
    if (!is_sound) {
        store_check_say(checking, 0,
                        "captured bytes do not have the hash they are named "
                        "by: %.150s",
                        path);
    }
    return true;
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
    err = store_view_begin(ledger, STORE_NOW, &checking->view);
    if (err == ASSAY_OK) {
        err = check_rows(checking);
    }
    if (err == ASSAY_OK) {
        err = check_sizes(checking);
    }
    if (err == ASSAY_OK) {
        err = check_frontier(checking);
    }
    if (err == ASSAY_OK) {
        err = check_counters(checking);
    }
    store_view_end(checking->view);
    if (err == ASSAY_OK) {
        err = store_captures_walk(ledger, check_capture, checking);
    }
    if (err == ASSAY_OK) {
        *report_out = checking->report;
    }
    free(checking);
    return err;
}
