/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"
#include "paging.h"
#include "record_json.h"
#include "report.h"
#include "store/log.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>

/* Whose logs: those of a team, or those of a key. */
struct whose {
    bool is_key;
    struct assay_id_prefix key;
    struct assay_id team;
};

static enum cli_exit take_whose(struct cli_context *context,
                                struct store_view *view, const char *text,
                                struct whose *whose)
{
    struct store_key_info info;

    if (assay_id_parse(assay_bytes_of(text), &whose->key, NULL) == ASSAY_OK) {
        whose->is_key = whose->key.type == ASSAY_ID_KEY;
    } else if (store_keyring_find(context->ledger, text, &info) == ASSAY_OK) {
        whose->is_key = true;
        whose->key = (struct assay_id_prefix){.type = ASSAY_ID_KEY,
                                              .bit_count = 8 * ASSAY_KEY_SIZE};
        memcpy(whose->key.bytes, info.key.bytes, ASSAY_KEY_SIZE);
    }
    return whose->is_key ? CLI_DONE
                         : cli_context_team(view, text, &whose->team);
}

static bool is_whose(const struct whose *whose, const struct store_log *log)
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

/* The last records of one log, in its order. */
static enum assay_err write_records(struct cli_page *page,
                                    const struct store_log *log)
{
    const uint64_t last = last_seq(log);
    struct store_log_cursor cursor = {0, 0};
    struct store_row row;
    enum assay_err err = ASSAY_OK;

    if (last > page->limit) {
        cursor.seq = last - page->limit + 1;
    }
    while (err == ASSAY_OK) {
        err = store_log_next_row(page->view, log->log_lsn, &cursor, &row);
        if (err == ASSAY_OK) {
            err = cli_page_add(page, &row);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum assay_err write_log(struct cli_page *page,
                                const struct store_log *log)
{
    enum assay_err err;

    write_head(&page->term, page->view, log);
    err = write_records(page, log);
    cli_gap_line(&page->term);
    return err;
}

/* One log as an object of its own, at the end of logs. */
static enum assay_err add_log(struct cli_page *page,
                              const struct store_log *log, json_t *logs)
{
    json_t *object = log_of(&page->doc, page->view, log);
    json_t *list = page->list;
    enum assay_err err;

    page->list = cli_doc_list(&page->doc);
    err = page->list == NULL ? ASSAY_E_NOMEM : write_records(page, log);
    cli_doc_put(&page->doc, object, "records", page->list);
    cli_doc_add(&page->doc, logs, object);
    page->list = list;
    return err;
}

/* The next log that may be meant. A key's first letters are in no index. */
static enum assay_err next_log(struct store_view *view,
                               const struct whose *whose, uint64_t *after,
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

static enum assay_err write_logs(struct cli_page *page,
                                 const struct whose *whose, json_t *logs)
{
    struct store_log log;
    uint64_t after = 0;
    enum assay_err err = next_log(page->view, whose, &after, &log);

    while (err == ASSAY_OK) {
        if (is_whose(whose, &log)) {
            err = logs == NULL ? write_log(page, &log)
                               : add_log(page, &log, logs);
        }
        if (err == ASSAY_OK) {
            err = next_log(page->view, whose, &after, &log);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum cli_exit show_logs(struct cli_page *page, const struct whose *whose)
{
    json_t *document;
    enum cli_exit code;
    enum assay_err err;

    if (page->list == NULL) {
        return cli_page_end(page, write_logs(page, whose, NULL), "");
    }
    document = cli_doc_begin(&page->doc, "assay-logs/1");
    cli_doc_put(&page->doc, document, "logs", cli_doc_list(&page->doc));
    err = write_logs(page, whose, json_object_get(document, "logs"));
    if (err == ASSAY_OK) {
        code = cli_doc_print(&page->doc, document);
    } else {
        json_decref(document);
        code = cli_report_err("the logs", err, NULL);
    }
    json_decref(page->list);
    cli_term_close(&page->term);
    return code == CLI_DONE && page->count == 0 ? CLI_NO : code;
}

/* Everything here, the newest first. */
static enum assay_err write_all(struct cli_page *page)
{
    uint64_t lsn = store_view_last_lsn(page->view);
    struct store_row row;
    enum assay_err err = ASSAY_OK;

    if (page->after > 0 && page->after <= lsn) {
        lsn = page->after - 1;
    }
    while (err == ASSAY_OK && lsn > 0 && page->count < page->limit) {
        err = store_view_by_lsn(page->view, lsn, &row);
        if (err == ASSAY_OK) {
            err = cli_page_add(page, &row);
        }
        /* A repaired ledger may have gaps. */
        err = err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        lsn--;
    }
    page->next = lsn > 0 ? lsn + 1 : 0;
    return err;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    const char *text = cli_args_positional(args, 0);
    struct whose whose = {0};
    struct cli_page page;
    struct store_view *view = NULL;
    enum cli_exit code = cli_context_view(context, STORE_NOW, &view);

    if (code == CLI_DONE && text != NULL) {
        code = take_whose(context, view, text, &whose);
    }
    if (code == CLI_DONE) {
        code = cli_page_begin(&page, view, args, context->json);
        if (code == CLI_DONE && text != NULL) {
            code = show_logs(&page, &whose);
        } else if (code == CLI_DONE) {
            code = cli_page_end(&page, write_all(&page), "assay-log/1");
        }
    }
    store_view_end(view);
    return code;
}

static const struct cli_option options[] = {
    {"limit", "N", "records in a page, or of each log; 50 by default", false,
     false},
    {"after", "N", "the next page, as the last one says", false, false},
    {0},
};

const struct cli_command cli_cmd_log = {
    .name = "log",
    .summary = "Show what was received here, or signed by a key or a team.",
    .arguments = "[KEY|TEAM]",
    .positional_min = 0,
    .positional_max = 1,
    .options = options,
    .details =
        "Without an argument: every record here, the newest first.\n\n"
        "With a key (its name in the keyring, or key1...) or a team (team1... "
        "or its exact name): the log of each grant, with its last records in "
        "the order of their numbers, and whether it is forked or frozen.",
    .example = "assay log --limit 20",
    .run = run,
};
