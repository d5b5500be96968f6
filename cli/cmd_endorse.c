/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "statement.h"

static const struct cli_option options[] = {
    {"note", "TEXT", "a remark that stays with it", false, false},
    {NULL, NULL, NULL, false, false}};

/* A sign-off is another person's of the same team. */
static enum cli_exit check_verdict(struct store_view *view,
                                   const struct cli_signer *signer,
                                   const struct assay_id *verdict)
{
    struct store_row row;
    const struct assay_authority *author = NULL;
    const struct assay_authority *by = NULL;
    enum cli_exit exit_code = cli_draft_target(view, verdict, &row, &author);

    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_signer(view, signer, &by);
    }
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    if (!assay_id_equal(&author->team, &by->team)) {
        cli_report("that verdict is another team's; a team endorses its own");
        return CLI_REFUSED;
    }
    if (assay_key_equal(&author->key, &by->key) ||
        assay_validity_same_person(author, by)) {
        cli_report("that verdict is your own; another member endorses it");
        return CLI_REFUSED;
    }
    if (by->role != ASSAY_ROLE_EDITOR) {
        cli_note("only an editor's endorsement counts as a sign-off");
    }
    return CLI_DONE;
}

static enum cli_exit aim(struct cli_statement *statement)
{
    const char *text = cli_args_positional(statement->args, 0);
    struct assay_id verdict;
    enum cli_exit exit_code =
        cli_context_record(statement->view, text, ASSAY_KIND_VERDICT, &verdict);

    if (exit_code == CLI_DONE) {
        exit_code =
            check_verdict(statement->view, &statement->signer, &verdict);
    }
    return exit_code == CLI_DONE
               ? cli_draft_about(&statement->draft, ASSAY_REL_ON, &verdict)
               : exit_code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    static const struct cli_statement_form form = {
        .kind = ASSAY_KIND_ENDORSE, .option = "note", .aim = aim};

    return cli_statement_make(context, args, &form, NULL);
}

const struct cli_command cli_cmd_endorse = {
    .name = "endorse",
    .sub = NULL,
    .summary = "Sign off a colleague's verdict.",
    .arguments = "VERDICT",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "An editor's endorsement is a sign-off: with as many as its "
               "author's grant asks, the verdict counts as published.",
    .example = "assay endorse verdict1qqqqqqqq --as editor",
    .run = run};
