/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"
#include "input.h"
#include "report.h"

#include <stdlib.h>

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

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct cli_draft draft;
    struct store_view *view = NULL;
    char *reason = NULL;
    enum cli_exit exit_code = cli_draft_view(context, &view);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    cli_draft_begin(&draft, ASSAY_KIND_CHALLENGE);
    exit_code = read_target(view, cli_args_positional(args, 0), &draft);
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_about_options(&draft, view, args, "cite",
                                            ASSAY_KIND_SOURCE, ASSAY_REL_CITES);
    }
    store_view_end(view);
    if (exit_code == CLI_DONE) {
        exit_code =
            cli_input_text("reason", cli_args_value(args, "reason"),
                           "Say what is wrong there, and why.", &reason);
    }
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_write_note(context, &draft, reason);
    }
    free(reason);
    return exit_code;
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
