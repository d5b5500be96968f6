/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "context.h"
#include "lines.h"
#include "report.h"
#include "store/chain.h"
#include "store/log.h"
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

static void print_team(struct store_view *view, const struct store_log *log,
                       const char *counted, json_t *list)
{
    char text[ASSAY_ID_TEXT_MAX];
    struct assay_bytes name = store_team_name(view, &log->team);

    assay_id_format(ASSAY_ID_TEAM, log->team.hash, text);
    if (list != NULL) {
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s%, s:s}", "id", text, "name",
                            name.data == NULL ? "" : (const char *)name.data,
                            name.len, "counts_as", counted));
        return;
    }
    (void)printf("%s  %-7s  ", text, counted);
    cli_term_line(stdout, name);
}

static enum cli_exit list_teams(struct cli_context *context,
                                struct store_view *view, json_t *list,
                                size_t *count_out)
{
    struct assay_id *own = NULL;
    struct store_log log;
    size_t own_count = 0;
    uint64_t after = 0;
    enum assay_err err = ASSAY_OK;
    enum cli_exit code = cli_context_own_teams(context, view, &own, &own_count);

    while (code == CLI_DONE && err == ASSAY_OK) {
        err = store_log_next(view, &after, &log);
        if (err == ASSAY_OK && assay_id_equal(&log.grant, &log.team)) {
            print_team(
                view, &log,
                how_counted(view, &log.team, is_own(own, own_count, &log.team)),
                list);
            ++*count_out;
        }
    }
    free(own);
    if (code == CLI_DONE && err != ASSAY_E_NOT_FOUND) {
        code = cli_report_err("the list of teams", err, NULL);
    }
    return code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct store_view *view = NULL;
    json_t *list = context->json ? json_array() : NULL;
    size_t count = 0;
    enum cli_exit code = cli_context_view(context, STORE_NOW, &view);

    (void)args;
    if (code == CLI_DONE) {
        code = list_teams(context, view, list, &count);
    }
    if (code == CLI_DONE && context->json) {
        json_t *whole =
            json_pack("{s:s, s:O}", "format", "assay-teams/1", "teams", list);

        (void)json_dumpf(whole, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
        (void)printf("\n");
        json_decref(whole);
    } else if (code == CLI_DONE && count == 0) {
        cli_note("No team is known here. Found one: assay team found --name "
                 "NAME");
        code = CLI_NO;
    }
    json_decref(list);
    store_view_end(view);
    return code;
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
