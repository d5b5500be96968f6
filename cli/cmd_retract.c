/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "statement.h"

static const struct cli_option options[] = {
    {"reason", "TEXT", "why; - reads standard input, none opens an editor",
     false, false},
    {"erase", NULL, "ask every ledger to drop its body too", false, false},
    {NULL, NULL, NULL, false, false}};

/* Whether the signer's retraction of the record would count. */
static enum cli_exit check_allowed(struct store_view *view,
                                   const struct cli_signer *signer,
                                   const struct assay_id *id)
{
    struct store_row row;
    const struct assay_authority *author = NULL;
    const struct assay_authority *by = NULL;
    enum cli_exit exit_code = cli_draft_target(view, id, &row, &author);

    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_signer(view, signer, &by);
    }
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    uint64_t kind = row.record.payload.kind;
    if (assay_kind_is_authority(kind) || kind == ASSAY_KIND_RETRACT) {
        cli_report("a %s record is never retracted", assay_kind_name(kind));
        return CLI_REFUSED;
    }
    if (!assay_validity_may_retract(by, &row.record, author)) {
        cli_report("only its author or an editor of the same team retracts a "
                   "record");
        return CLI_REFUSED;
    }
    return CLI_DONE;
}

static enum cli_exit aim(struct cli_statement *statement)
{
    const char *text = cli_args_positional(statement->args, 0);
    struct cli_draft *draft = &statement->draft;
    struct assay_id id;
    enum cli_exit exit_code = cli_context_record(statement->view, text, 0, &id);

    if (exit_code == CLI_DONE) {
        exit_code = check_allowed(statement->view, &statement->signer, &id);
    }
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_about(draft, ASSAY_REL_ON, &id);
    }
    if (exit_code == CLI_DONE && cli_args_has(statement->args, "erase")) {
        exit_code = cli_draft_about(draft, ASSAY_REL_ERASES, &id);
    }
    return exit_code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    static const struct cli_statement_form form = {
        .kind = ASSAY_KIND_RETRACT,
        .option = "reason",
        .hint = "Say why the record is withdrawn.",
        .aim = aim};

    return cli_statement_make(context, args, &form, NULL);
}

const struct cli_command cli_cmd_retract = {
    .name = "retract",
    .sub = NULL,
    .summary = "Withdraw a record of one's own team.",
    .arguments = "RECORD",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "The record stays and is shown as retracted. Its author and "
               "the team's editors may. With --erase its body is dropped "
               "here, and the bytes of a capture with it, unless another "
               "capture is of them too; other ledgers are asked to do the "
               "same.",
    .example = "assay retract claim1qqqqqqqq --reason \"Entered twice.\"",
    .run = run};
