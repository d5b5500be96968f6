/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "context.h"
#include "json.h"
#include "lines.h"
#include "report.h"
#include "store/chain.h"
#include "store/lists.h"
#include "store/trust.h"

static bool is_own(const struct assay_id *teams, size_t count,
                   const struct assay_id *team)
{
    for (size_t i = 0; i < count; i++) {
        if (assay_id_equal(&teams[i], team)) {
            return true;
        }
    }
    return false;
}

static const char *how_counted(struct store_view *view,
                               const struct assay_id *team, bool own)
{
    if (own) {
        return "own";
    }
    return store_trust_has(view, team) ? "trusted" : "other";
}

/* The list under way; doc is NULL for text. */
struct teams {
    struct store_view *view;
    struct assay_id *own;
    size_t own_count;
    struct cli_doc *doc;
    json_t *list;
    size_t count;
};

static void add_team(struct teams *teams, const struct assay_id *team)
{
    struct assay_bytes name = store_team_name(teams->view, team);
    const char *counted = how_counted(
        teams->view, team, is_own(teams->own, teams->own_count, team));
    char text[ASSAY_ID_TEXT_MAX];
    char head[ASSAY_ID_TEXT_MAX + 16];

    teams->count++;
    if (teams->doc != NULL) {
        json_t *object = cli_doc_object(teams->doc);

        cli_doc_put_id(teams->doc, object, "id", ASSAY_ID_TEAM, team->hash);
        cli_doc_put_text(teams->doc, object, "name", name);
        cli_doc_put_word(teams->doc, object, "counts_as", counted);
        cli_doc_add(teams->doc, teams->list, object);
        return;
    }
    assay_id_format(ASSAY_ID_TEAM, team->hash, text);
    (void)snprintf(head, sizeof(head), "%s  %-7s", text, counted);
    cli_term_entry(stdout, head, name);
}

static enum cli_exit list_teams(struct cli_context *context,
                                struct teams *teams)
{
    const struct store_list_query query = {.list = STORE_LIST_KIND,
                                           .kind = ASSAY_KIND_FOUND};
    struct store_row row;
    uint64_t cursor = 0;
    enum assay_err err = ASSAY_OK;
    enum cli_exit code = cli_context_own_teams(context, teams->view,
                                               &teams->own, &teams->own_count);

    while (code == CLI_DONE && err == ASSAY_OK) {
        err = store_list_next(teams->view, &query, &cursor, &row);
        if (err == ASSAY_OK) {
            add_team(teams, &row.record.id);
        }
    }
    free(teams->own);
    if (code == CLI_DONE && err != ASSAY_E_NOT_FOUND) {
        code = cli_report_err("the list of teams", err, NULL);
    }
    return code;
}

static enum cli_exit print_json(struct cli_context *context,
                                struct teams *teams)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, "assay-teams/1");
    enum cli_exit code;

    teams->doc = &doc;
    teams->list = cli_doc_list(&doc);
    code = list_teams(context, teams);
    cli_doc_put(&doc, document, "teams", teams->list);
    if (code != CLI_DONE) {
        json_decref(document);
        return code;
    }
    return cli_doc_print(&doc, document);
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct teams teams = {0};
    enum cli_exit code = cli_context_view(context, STORE_NOW, &teams.view);

    (void)args;
    if (code == CLI_DONE) {
        code = context->json ? print_json(context, &teams)
                             : list_teams(context, &teams);
    }
    store_view_end(teams.view);
    if (code != CLI_DONE || teams.count > 0) {
        return code;
    }
    if (!context->json) {
        cli_note("No team is known here. Found one: assay team found --name "
                 "NAME");
    }
    return CLI_NO;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_cmd_team_list = {
    .name = "team",
    .sub = "list",
    .summary = "List the teams known here, and whose verdicts count.",
    .arguments = "",
    .options = options,
    .example = "assay team list",
    .run = run,
};
