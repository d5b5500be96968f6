/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"

static const struct cli_option options[] = {
    {"note", "TEXT", "a remark that stays with it", false, false},
    {NULL, NULL, NULL, false, false}};

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct cli_draft draft;
    struct store_view *view = NULL;
    struct assay_bytes note;
    struct assay_id id;
    enum cli_exit exit_code =
        cli_draft_option(args, "note", CLI_TEXT_LONG, &note);

    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_view(context, &view);
    }
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    cli_draft_begin(&draft, ASSAY_KIND_CARRY);
    exit_code = cli_context_record(view, cli_args_positional(args, 0), 0, &id);
    store_view_end(view);
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_about(&draft, ASSAY_REL_ON, &id);
    }
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    return cli_draft_write_note(context, &draft, cli_args_value(args, "note"));
}

const struct cli_command cli_cmd_carry = {
    .name = "carry",
    .sub = NULL,
    .summary = "Pass on a record of a team that others may not follow.",
    .arguments = "RECORD",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "Who follows the carrier gets the record: a stranger's "
               "challenge, for instance.",
    .example = "assay carry record1qqqqqqqq",
    .run = run};
