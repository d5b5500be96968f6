/* SPDX-License-Identifier: Apache-2.0 */
#include "statement.h"

static const struct cli_option options[] = {
    {"note", "TEXT", "a remark that stays with it", false, false},
    {NULL, NULL, NULL, false, false}};

static enum cli_exit aim(struct cli_statement *statement)
{
    const char *text = cli_args_positional(statement->args, 0);
    struct assay_id id;
    enum cli_exit exit_code = cli_context_record(statement->view, text, 0, &id);

    return exit_code == CLI_DONE
               ? cli_draft_about(&statement->draft, ASSAY_REL_ON, &id)
               : exit_code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    static const struct cli_statement_form form = {
        .kind = ASSAY_KIND_CARRY, .option = "note", .aim = aim};

    return cli_statement_make(context, args, &form, NULL);
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
