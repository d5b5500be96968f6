/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"
#include "paging.h"
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

static json_t *heads_json(struct store_view *view, const struct store_log *log)
{
    json_t *list = json_array();
    bool is_good = list != NULL;

    for (size_t i = 0; i < log->head_count; i++) {
        json_t *head = json_object();

        is_good = cli_json_put(
            head, "id", cli_json_id_of(view, &log->heads[i].id), is_good);
        is_good = cli_json_put(head, "seq", cli_json_number(log->heads[i].seq),
                               is_good);
        is_good = json_array_append_new(list, head) == 0 && is_good;
    }
    if (!is_good) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *log_json(struct store_view *view, const struct store_log *log)
{
    json_t *root = json_object();
    bool is_good =
        cli_json_put(root, "grant", cli_json_id_of(view, &log->grant), true);

    is_good = cli_json_put(root, "team",
                           cli_json_id(ASSAY_ID_TEAM, log->team.hash), is_good);
    is_good =
        cli_json_put(root, "team_name",
                     cli_json_text(store_team_name(view, &log->team)), is_good);
    is_good = cli_json_put(root, "key",
                           cli_json_id(ASSAY_ID_KEY, log->key.bytes), is_good);
    is_good = cli_json_put(root, "role",
                           json_string(assay_role_name(log->role)), is_good);
    is_good =
        cli_json_put(root, "is_root", json_boolean(log->is_root), is_good);
    is_good =
        cli_json_put(root, "is_frozen", json_boolean(log->is_frozen), is_good);
    is_good = cli_json_put(root, "record_count",
                           cli_json_number(log->record_count), is_good);
    is_good = cli_json_put(root, "heads", heads_json(view, log), is_good);
    if (!is_good) {
        json_decref(root);
        return NULL;
    }
    return root;
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

/* One log; as JSON, an object of its own in logs. */
static enum assay_err write_log(struct cli_page *page,
                                const struct store_log *log, json_t *logs)
{
    json_t *object;
    enum assay_err err;

    if (logs == NULL) {
        write_head(&page->term, page->view, log);
        err = write_records(page, log);
        cli_gap_line(&page->term);
        return err;
    }
    object = log_json(page->view, log);
    page->list = json_array();
    err = write_records(page, log);
    if (!cli_json_put(object, "records", page->list, true) ||
        json_array_append_new(logs, object) != 0) {
        err = ASSAY_E_NOMEM;
    }
    page->list = NULL;
    return err;
}

static enum assay_err write_logs(struct cli_page *page,
                                 const struct whose *whose, json_t *logs)
{
    struct store_log log;
    uint64_t after = 0;
    enum assay_err err = store_log_next(page->view, &after, &log);

    while (err == ASSAY_OK) {
        if (is_whose(whose, &log)) {
            err = write_log(page, &log, logs);
        }
        if (err == ASSAY_OK) {
            err = store_log_next(page->view, &after, &log);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum cli_exit show_logs(struct cli_page *page, const struct whose *whose,
                               bool is_json)
{
    json_t *logs = is_json ? json_array() : NULL;
    json_t *root = NULL;
    enum cli_exit code = CLI_DONE;
    enum assay_err err;

    json_decref(page->list);
    page->list = NULL;
    err = write_logs(page, whose, logs);
    if (err != ASSAY_OK || !is_json) {
        json_decref(logs);
        return cli_page_end(page, err, "");
    }
    root = json_object();
    if (!cli_json_put(
            root, "logs", logs,
            cli_json_put(root, "format", json_string("assay-logs/1"), true))) {
        json_decref(root);
        root = NULL;
    }
    code = cli_json_write(root);
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
            code = show_logs(&page, &whose, context->json);
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
