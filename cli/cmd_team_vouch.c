/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "team.h"

static enum cli_exit find_team(struct cli_context *context, const char *text,
                               struct assay_id *team_out)
{
    struct store_view *view = NULL;
    enum cli_exit code = cli_context_view(context, STORE_NOW, &view);

    if (code == CLI_DONE) {
        code = cli_context_team(view, text, team_out);
    }
    store_view_end(view);
    return code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct store_draft draft = {.kind = ASSAY_KIND_VOUCH, .about_count = 1};
    struct cli_signer signer = {.secret = NULL};
    const char *note = NULL;
    enum cli_exit code = cli_team_note(args, &note);

    draft.about[0].relation = ASSAY_REL_ON;
    if (code == CLI_DONE) {
        code = cli_context_open(context, STORE_WRITE);
    }
    if (code == CLI_DONE) {
        code = find_team(context, cli_args_positional(args, 0),
                         &draft.about[0].id);
    }
    if (code == CLI_DONE) {
        code = cli_signer_choose(context, true, &signer);
    }
    if (code == CLI_DONE && assay_id_equal(&signer.team, &draft.about[0].id)) {
        cli_report("a team cannot vouch for itself. Nothing was written.");
        code = CLI_REFUSED;
    }
    if (code == CLI_DONE) {
        code = cli_signer_unlock(context, &signer);
    }
    if (code == CLI_DONE) {
        code = cli_team_write_note(context, &signer, &draft, note);
    }
    cli_signer_clear(&signer);
    return code;
}

static const struct cli_option options[] = {
    {"note", "TEXT", "how your team knows it", false, false},
    {0},
};

const struct cli_command cli_cmd_team_vouch = {
    .name = "team",
    .sub = "vouch",
    .summary = "Say that your team knows another team.",
    .arguments = "TEAM",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "What others make of it is theirs to decide. To let a team's "
               "verdicts count here, use: assay trust add TEAM",
    .example = "assay team vouch \"Inland Desk\" --note \"Met at the 2025 "
               "summit.\"",
    .run = run,
};
