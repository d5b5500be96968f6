/* SPDX-License-Identifier: Apache-2.0 */
#include "logs.h"

#include "record_json.h"
#include "report.h"
#include "store/log.h"
#include "words.h"

#include <inttypes.h>

static bool is_whose(const struct cli_whose *whose, const struct store_log *log)
{
    return whose->is_key ? assay_id_matches(&whose->key, log->key.bytes)
                         : assay_id_equal(&whose->team, &log->team);
}

static uint64_t last_seq(const struct store_log *log)
{
    uint64_t last = 0;

    for (size_t i = 0; i < log->head_count; i++) {
        last = log->heads[i].seq > last ? log->heads[i].seq : last;
    }
    return last;
}

/* What a log is, before its records. */
static void write_head(struct cli_term *term, struct store_view *view,
                       const struct store_log *log)
{
    struct assay_bytes name = store_team_name(view, &log->team);
    char id[ASSAY_ID_TEXT_MAX];

    cli_id_short(ASSAY_ID_KEY, log->key.bytes, 0, id);
    cli_putf(term, CLI_BOLD, "Log of %s", id);
    cli_put(term, CLI_PLAIN, " under ");
    if (name.data != NULL) {
        cli_put_text(term, CLI_PLAIN, name, CLI_LINE);
    } else {
        cli_id_short(ASSAY_ID_TEAM, log->team.hash, 0, id);
        cli_put(term, CLI_PLAIN, id);
    }
    cli_putf(term, CLI_PLAIN, log->is_root ? ", its root" : ", as %s",
             assay_role_name(log->role));
    cli_dot(term);
    cli_putf(term, CLI_PLAIN, "%" PRIu64 " record%s", log->record_count,
             log->record_count == 1 ? "" : "s");
    if (log->head_count > 1) {
        cli_dot(term);
        cli_putf(term, CLI_WARN, "! forked: %zu heads", log->head_count);
    }
    if (log->is_frozen) {
        cli_dot(term);
        cli_put(term, CLI_BAD, "! frozen");
    }
    cli_end(term);
}

static json_t *heads_of(struct cli_doc *doc, struct store_view *view,
                        const struct store_log *log)
{
    json_t *list = cli_doc_list(doc);

    for (size_t i = 0; i < log->head_count; i++) {
        json_t *head = cli_doc_object(doc);

        cli_record_put_id(doc, head, "id", view, &log->heads[i].id);
        cli_doc_put_number(doc, head, "seq", log->heads[i].seq);
        cli_doc_add(doc, list, head);
    }
    return list;
}

static json_t *log_of(struct cli_doc *doc, struct store_view *view,
                      const struct store_log *log)
{
    json_t *object = cli_doc_object(doc);

    cli_record_put_id(doc, object, "grant", view, &log->grant);
    cli_doc_put_id(doc, object, "team", ASSAY_ID_TEAM, log->team.hash);
    cli_doc_put_text(doc, object, "team_name",
                     store_team_name(view, &log->team));
    cli_doc_put_id(doc, object, "key", ASSAY_ID_KEY, log->key.bytes);
    cli_doc_put_word(doc, object, "role", assay_role_name(log->role));
    cli_doc_put_bool(doc, object, "is_root", log->is_root);
    cli_doc_put_bool(doc, object, "is_frozen", log->is_frozen);
    cli_doc_put_number(doc, object, "record_count", log->record_count);
    cli_doc_put(doc, object, "heads", heads_of(doc, view, log));
    return object;
}

static bool is_before(const struct store_row *row,
                      const struct store_log_cursor *end)
{
    return row->record.payload.seq < end->seq ||
           (row->record.payload.seq == end->seq && row->lsn < end->lsn);
}

/* How many records of a log there are from a number on, before end. */
static enum assay_err count_rows(struct store_view *view, uint64_t log_lsn,
                                 uint64_t from_seq,
                                 const struct store_log_cursor *end,
                                 uint64_t *count_out)
{
    struct store_log_cursor cursor = {from_seq, 0};
    struct store_row row;
    uint64_t count = 0;
    enum assay_err err = store_log_next_row(view, log_lsn, &cursor, &row);

    while (err == ASSAY_OK && is_before(&row, end)) {
        count++;
        err = store_log_next_row(view, log_lsn, &cursor, &row);
    }
    if (err == ASSAY_OK || err == ASSAY_E_NOT_FOUND) {
        *count_out = count;
        return ASSAY_OK;
    }
    return err;
}

/*
 * The part of a log that a page has room for: its last records before end, in
 * the log's order. Every number up to the last has a record, and no more of
 * them than a log has heads, so that a page's room bounds what is walked.
 */
struct part {
    uint64_t log_lsn;
    uint64_t from_seq;
    uint64_t row_count;  /* Of what has that number and more. */
    uint64_t skip_count; /* Of these: no room. */
    struct store_log_cursor end;
};

static enum assay_err find_part(const struct cli_page *page,
                                const struct store_log *log,
                                const struct store_log_cursor *end,
                                struct part *part_out)
{
    const uint64_t room = page->limit - page->count;
    struct part part = {.log_lsn = log->log_lsn, .end = *end};
    enum assay_err err;

    part.from_seq = end->seq > room ? end->seq - room : 0;
    err = count_rows(page->view, log->log_lsn, part.from_seq, end,
                     &part.row_count);
    if (err == ASSAY_OK) {
        part.skip_count = part.row_count > room ? part.row_count - room : 0;
        *part_out = part;
    }
    return err;
}

/* Writes a part; *has_older_out: the log has records before it. */
static enum assay_err write_part(struct cli_page *page, const struct part *part,
                                 bool *has_older_out)
{
    struct store_log_cursor cursor = {part->from_seq, 0};
    struct store_row row;
    uint64_t skip_count = part->skip_count;
    uint64_t older_count = 0;
    bool is_first = true;
    enum assay_err err =
        store_log_next_row(page->view, part->log_lsn, &cursor, &row);

    while (err == ASSAY_OK && is_before(&row, &part->end)) {
        if (skip_count > 0) {
            skip_count--;
        } else {
            page->next = is_first ? row.lsn : page->next;
            is_first = false;
            err = cli_page_add(page, &row);
        }
        if (err == ASSAY_OK) {
            err = store_log_next_row(page->view, part->log_lsn, &cursor, &row);
        }
    }
    if (err == ASSAY_OK || err == ASSAY_E_NOT_FOUND) {
        const struct store_log_cursor from = {part->from_seq, 0};

        err = count_rows(page->view, part->log_lsn,
                         from.seq > 0 ? from.seq - 1 : 0, &from, &older_count);
        *has_older_out = part->skip_count > 0 || older_count > 0;
    }
    return err;
}

/* One log as text, or as an object of its own at the end of logs. */
static enum assay_err write_log(struct cli_page *page,
                                const struct store_log *log,
                                const struct part *part, json_t *logs,
                                bool *has_older_out)
{
    json_t *list = page->list;
    enum assay_err err;

    if (logs == NULL) {
        write_head(&page->term, page->view, log);
        err = write_part(page, part, has_older_out);
        cli_gap_line(&page->term);
        return err;
    }
    json_t *object = log_of(&page->doc, page->view, log);
    page->list = cli_doc_list(&page->doc);
    err = page->list == NULL ? ASSAY_E_NOMEM
                             : write_part(page, part, has_older_out);
    cli_doc_put(&page->doc, object, "records", page->list);
    cli_doc_add(&page->doc, logs, object);
    page->list = list;
    return err;
}

/* The next log that may be meant. A key's first letters are in no index. */
static enum assay_err next_log(struct store_view *view,
                               const struct cli_whose *whose, uint64_t *after,
                               struct store_log *log_out)
{
    struct store_log_query query = {NULL, NULL};
    struct assay_key key;

    if (!whose->is_key) {
        query.team = &whose->team;
    } else if (whose->key.bit_count == 8 * ASSAY_KEY_SIZE) {
        memcpy(key.bytes, whose->key.bytes, ASSAY_KEY_SIZE);
        query.key = &key;
    } else {
        return store_log_next(view, after, log_out);
    }
    return store_log_next_of(view, &query, after, log_out);
}

/* Where the walk over logs is. */
struct walk {
    const struct cli_whose *whose;
    uint64_t after; /* The LSN of the log before the next one. */
    json_t *logs;   /* NULL: text. */
};

static enum assay_err next_meant(struct cli_page *page, struct walk *walk,
                                 struct store_log *log_out)
{
    enum assay_err err =
        next_log(page->view, walk->whose, &walk->after, log_out);

    while (err == ASSAY_OK && !is_whose(walk->whose, log_out)) {
        err = next_log(page->view, walk->whose, &walk->after, log_out);
    }
    return err;
}

/* Writes whole logs until the page is full. The record that a page begins
 * behind says in which log that is. */
static enum assay_err write_logs(struct cli_page *page, struct walk *walk,
                                 bool has_older)
{
    struct store_log log;
    struct part part;
    enum assay_err err = ASSAY_OK;

    while (err == ASSAY_OK && !has_older) {
        err = next_meant(page, walk, &log);
        if (err == ASSAY_OK && page->count == page->limit) {
            return ASSAY_OK; /* There is more. */
        }
        if (err == ASSAY_OK) {
            const struct store_log_cursor end = {last_seq(&log) + 1, 0};

            err = find_part(page, &log, &end, &part);
        }
        if (err == ASSAY_OK) {
            err = write_log(page, &log, &part, walk->logs, &has_older);
        }
    }
    if (err == ASSAY_E_NOT_FOUND) {
        page->next = 0;
        return ASSAY_OK;
    }
    return err;
}

/* The log in which the page before ended, from there on; *has_older_out: it
 * has more than fits. */
static enum assay_err go_on(struct cli_page *page, struct walk *walk,
                            const struct store_log *log, uint64_t seq,
                            bool *has_older_out)
{
    const struct store_log_cursor end = {seq, page->after};
    struct part part;
    enum assay_err err = find_part(page, log, &end, &part);

    walk->after = log->log_lsn;
    return err == ASSAY_OK && part.row_count > 0
               ? write_log(page, log, &part, walk->logs, has_older_out)
               : err;
}

static enum cli_exit refuse_after(const struct cli_page *page)
{
    cli_report("--after %" PRIu64 " is no record of these logs. Give what the "
               "page before says.",
               page->after);
    return CLI_USAGE;
}

/* The pages' records, to where page->next says. */
static enum cli_exit write_page(struct cli_page *page, struct walk *walk)
{
    struct store_log log;
    struct store_row row;
    bool has_older = false;
    enum assay_err err = ASSAY_OK;

    if (page->after > 0) {
        err = store_view_by_lsn(page->view, page->after, &row);
        if (err == ASSAY_OK) {
            err =
                store_log_find(page->view, assay_record_log(&row.record), &log);
        }
        if (err == ASSAY_E_NOT_FOUND ||
            (err == ASSAY_OK && !is_whose(walk->whose, &log))) {
            return refuse_after(page);
        }
        if (err == ASSAY_OK) {
            err = go_on(page, walk, &log, row.record.payload.seq, &has_older);
        }
    }
    if (err == ASSAY_OK) {
        err = write_logs(page, walk, has_older);
    }
    return err == ASSAY_OK ? CLI_DONE : cli_report_err("the logs", err, NULL);
}

static enum cli_exit print_logs(struct cli_page *page, json_t *logs)
{
    json_t *document = cli_doc_begin(&page->doc, "assay-logs/1");

    cli_doc_put(&page->doc, document, "logs", json_incref(logs));
    cli_page_put_next(page, document);
    return cli_doc_print(&page->doc, document);
}

enum cli_exit cli_logs_show(struct cli_page *page,
                            const struct cli_whose *whose)
{
    struct walk walk = {.whose = whose};
    enum cli_exit code;

    if (page->list == NULL) {
        code = write_page(page, &walk);
        if (code == CLI_DONE) {
            return cli_page_end(page, ASSAY_OK, "");
        }
    } else {
        walk.logs = page->list;
        code = write_page(page, &walk);
        code = code == CLI_DONE ? print_logs(page, page->list) : code;
        json_decref(page->list);
    }
    cli_term_close(&page->term);
    return code == CLI_DONE && page->count == 0 ? CLI_NO : code;
}
