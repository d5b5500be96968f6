/* SPDX-License-Identifier: Apache-2.0 */
/* assay trust: whose verdicts count here. */
#include <inttypes.h>
#include <stdio.h>

#include "context.h"
#include "json.h"
#include "lines.h"
#include "report.h"
#include "store/chain.h"
#include "store/drop.h"
#include "store/follows.h"
#include "store/trust.h"

/* A team that is not held yet can be trusted by its whole id. */
static enum cli_exit find_team(struct cli_context *context, const char *text,
                               struct assay_id *team_out)
{
    struct assay_id_prefix prefix;
    struct store_view *view = NULL;
    enum cli_exit code;

    if (assay_id_parse(assay_bytes_of(text), &prefix, NULL) == ASSAY_OK &&
        prefix.type == ASSAY_ID_TEAM && prefix.bit_count == 256) {
        memcpy(team_out->hash, prefix.bytes, sizeof(team_out->hash));
        return CLI_DONE;
    }
    code = cli_context_view(context, STORE_NOW, &view);
    if (code == CLI_DONE) {
        code = cli_context_team(view, text, team_out);
    }
    store_view_end(view);
    return code;
}

static enum cli_exit change(struct cli_context *context, const char *text,
                            enum assay_err (*how)(struct store_batch *batch,
                                                  const struct assay_id *team),
                            const char *already)
{
    struct store_batch *batch = NULL;
    struct assay_id team;
    enum cli_exit code = cli_context_open(context, STORE_WRITE);
    enum assay_err err;

    if (code == CLI_DONE) {
        code = find_team(context, text, &team);
    }
    if (code != CLI_DONE) {
        return code;
    }
    err = store_batch_begin(context->ledger, context->now_s, &batch);
    if (err == ASSAY_OK) {
        err = how(batch, &team);
        if (err == ASSAY_OK) {
            err = store_batch_commit(batch);
        } else {
            store_batch_abort(batch);
        }
    }
    if (err == ASSAY_E_EXISTS || err == ASSAY_E_NOT_FOUND) {
        cli_report("%s %s", text, already);
        return CLI_NO;
    }
    return err == ASSAY_OK ? CLI_DONE : cli_report_err(text, err, NULL);
}

static enum cli_exit run_add(struct cli_context *context,
                             const struct cli_args *args)
{
    return change(context, cli_args_positional(args, 0), store_trust_add,
                  "is trusted already.");
}

/* Teams of one's own count whatever the list says. */
static enum cli_exit refuse_own(struct cli_context *context,
                                const struct assay_id *team, const char *text)
{
    struct store_teams own = {NULL, 0};
    struct store_view *view = NULL;
    enum cli_exit code = cli_context_view(context, STORE_NOW, &view);
    enum assay_err err = ASSAY_OK;

    if (code == CLI_DONE) {
        err = store_own_teams(context->ledger, view, &own);
        code = err == ASSAY_OK ? CLI_DONE
                               : cli_context_keys_err(context, NULL, err);
    }
    if (code == CLI_DONE && store_teams_have(&own, team)) {
        cli_report("%s is a team of your own; its records stay.", text);
        code = CLI_NO;
    }
    store_teams_clear(&own);
    store_view_end(view);
    return code;
}

/* One batch: the team leaves the list, and some of its records go. */
static enum assay_err drop_some(struct cli_context *context,
                                const struct assay_id *team, bool *was_trusted,
                                size_t *count_out)
{
    struct store_batch *batch = NULL;
    enum assay_err err =
        store_batch_begin(context->ledger, context->now_s, &batch);

    if (err != ASSAY_OK) {
        return err;
    }
    err = store_trust_remove(batch, team);
    *was_trusted = *was_trusted || err == ASSAY_OK;
    if (err == ASSAY_OK || err == ASSAY_E_NOT_FOUND) {
        err = store_batch_drop_team(batch, team, count_out);
    }
    if (err == ASSAY_E_NOT_FOUND) {
        *count_out = 0;
        err = ASSAY_OK;
    }
    if (err != ASSAY_OK) {
        store_batch_abort(batch);
        return err;
    }
    return store_batch_commit(batch);
}

static enum cli_exit drop_all(struct cli_context *context,
                              const struct assay_id *team, const char *text)
{
    bool was_trusted = false;
    uint64_t all = 0;
    size_t count = 0;
    enum assay_err err = ASSAY_OK;

    do {
        err = drop_some(context, team, &was_trusted, &count);
        all += err == ASSAY_OK ? count : 0;
    } while (err == ASSAY_OK && count > 0);
    if (err == ASSAY_E_LIMIT) {
        cli_report("%s has more records than can be dropped.", text);
        return CLI_REFUSED;
    }
    if (err != ASSAY_OK) {
        return cli_report_err(text, err, NULL);
    }
    if (all == 0 && !was_trusted) {
        cli_report("%s is not in the list of trusted teams, and no record of "
                   "it can be dropped.",
                   text);
        return CLI_NO;
    }
    cli_note("%" PRIu64 " of its records were dropped.", all);
    return CLI_DONE;
}

static enum cli_exit run_remove(struct cli_context *context,
                                const struct cli_args *args)
{
    const char *text = cli_args_positional(args, 0);
    struct assay_id team;
    enum cli_exit code = CLI_DONE;

    if (!cli_args_has(args, "drop")) {
        return change(context, text, store_trust_remove,
                      "is not in the list of trusted teams.");
    }
    code = cli_context_open(context, STORE_WRITE);
    if (code == CLI_DONE) {
        code = find_team(context, text, &team);
    }
    if (code == CLI_DONE) {
        code = refuse_own(context, &team, text);
    }
    return code == CLI_DONE ? drop_all(context, &team, text) : code;
}

static void print_team(struct store_view *view, const struct assay_id *team)
{
    char text[ASSAY_ID_TEXT_MAX];

    assay_id_format(ASSAY_ID_TEAM, team->hash, text);
    cli_term_entry(stdout, text, store_team_name(view, team));
}

static void add_team(struct cli_doc *doc, json_t *list, struct store_view *view,
                     const struct assay_id *team, uint64_t since_s)
{
    json_t *object = cli_doc_object(doc);

    cli_doc_put_id(doc, object, "id", ASSAY_ID_TEAM, team->hash);
    cli_doc_put_text(doc, object, "name", store_team_name(view, team));
    cli_doc_put_time(doc, object, "since", since_s);
    cli_doc_add(doc, list, object);
}

/* doc is NULL for text. */
static enum assay_err list_teams(struct store_view *view, struct cli_doc *doc,
                                 json_t *list, size_t *count_out)
{
    struct assay_id team = {{0}};
    uint64_t since_s = 0;
    enum assay_err err = store_trust_next(view, &team, &since_s);

    *count_out = 0;
    while (err == ASSAY_OK) {
        if (doc == NULL) {
            print_team(view, &team);
        } else {
            add_team(doc, list, view, &team, since_s);
        }
        ++*count_out;
        err = store_trust_next(view, &team, &since_s);
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static enum cli_exit print_list(struct store_view *view, bool is_json)
{
    struct cli_doc doc = {false};
    json_t *document = is_json ? cli_doc_begin(&doc, "assay-trust/1") : NULL;
    json_t *list = is_json ? cli_doc_list(&doc) : NULL;
    enum cli_exit code = CLI_DONE;
    size_t count = 0;
    enum assay_err err = list_teams(view, is_json ? &doc : NULL, list, &count);

    if (err != ASSAY_OK) {
        json_decref(document);
        json_decref(list);
        return cli_report_err("the list of trusted teams", err, NULL);
    }
    if (is_json) {
        cli_doc_put(&doc, document, "teams", list);
        code = cli_doc_print(&doc, document);
    } else if (count == 0) {
        cli_note("No team is trusted here; your own always count.");
    }
    return code == CLI_DONE && count == 0 ? CLI_NO : code;
}

static enum cli_exit run_list(struct cli_context *context,
                              const struct cli_args *args)
{
    struct store_view *view = NULL;
    enum cli_exit code = cli_context_view(context, STORE_NOW, &view);

    (void)args;
    if (code == CLI_DONE) {
        code = print_list(view, context->json);
    }
    store_view_end(view);
    return code;
}

static const struct cli_option no_options[] = {{0}};

static const struct cli_option remove_options[] = {
    {"drop", NULL, "take the team's records out of this ledger, too", false,
     false},
    {NULL, NULL, NULL, false, false}};

const struct cli_command cli_cmd_trust_add = {
    .name = "trust",
    .sub = "add",
    .summary = "Let a team's verdicts count here.",
    .arguments = "TEAM",
    .positional_min = 1,
    .positional_max = 1,
    .options = no_options,
    .details = "A team of your own always counts. A team that is not known "
               "here yet can be named by its whole id.",
    .example = "assay trust add team1qxy...",
    .run = run_add,
};
const struct cli_command cli_cmd_trust_remove = {
    .name = "trust",
    .sub = "remove",
    .summary = "Let a team's verdicts count no longer.",
    .arguments = "TEAM",
    .positional_min = 1,
    .positional_max = 1,
    .options = remove_options,
    .details = "Its records stay here unless --drop is given. What records of "
               "other teams refer to stays also then, with what it builds on.",
    .example = "assay trust remove team1qxy... --drop",
    .run = run_remove,
};
const struct cli_command cli_cmd_trust_list = {
    .name = "trust",
    .sub = "list",
    .summary = "List the teams whose verdicts count here.",
    .arguments = "",
    .options = no_options,
    .example = "assay trust list",
    .run = run_list,
};
