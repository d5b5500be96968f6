/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "statement.h"

static const struct cli_option options[] = {
    {"reason", "TEXT", "why; - reads standard input, none opens an editor",
     false, false},
    {"cite", "SOURCE", "a source that the reason rests on", false, true},
    {NULL, NULL, NULL, false, false}};

/* What the challenge answers: a verdict, a source or a claim. */
static enum cli_exit read_target(struct store_view *view, const char *text,
                                 struct cli_draft *draft)
{
    struct assay_id id;
    struct store_row row;
    enum cli_exit exit_code = cli_context_record(view, text, 0, &id);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    enum assay_err err = store_view_by_id(view, &id, &row);
    if (err != ASSAY_OK) {
        return cli_report_err(text, err, NULL);
    }
    uint64_t kind = row.record.payload.kind;
    if (kind != ASSAY_KIND_VERDICT && kind != ASSAY_KIND_SOURCE &&
        kind != ASSAY_KIND_CLAIM) {
        cli_report("%s is a %s; a verdict, a source or a claim can be "
                   "challenged",
                   text, assay_kind_name(kind));
        return CLI_USAGE;
    }
    return cli_draft_about(draft, ASSAY_REL_ON, &id);
}

static enum cli_exit aim(struct cli_statement *statement)
{
    enum cli_exit exit_code =
        read_target(statement->view, cli_args_positional(statement->args, 0),
                    &statement->draft);

    return exit_code == CLI_DONE
               ? cli_draft_about_options(&statement->draft, statement->view,
                                         statement->args, "cite",
                                         ASSAY_KIND_SOURCE, ASSAY_REL_CITES)
               : exit_code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    static const struct cli_statement_form form = {
        .kind = ASSAY_KIND_CHALLENGE,
        .option = "reason",
        .hint = "Say what is wrong there, and why.",
        .aim = aim};

    return cli_statement_make(context, args, &form, NULL);
}

const struct cli_command cli_cmd_challenge = {
    .name = "challenge",
    .sub = NULL,
    .summary = "Answer a verdict, a source or a claim.",
    .arguments = "RECORD",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "The right of reply: anyone may, from a team of their own.",
    .example = "assay challenge verdict1qqqqqqqq --reason \"The study is of "
               "2023.\" --cite source1qqqqqqqq",
    .run = run};
