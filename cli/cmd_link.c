/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "statement.h"

static const struct cli_option options[] = {
    {"note", "TEXT", "a remark that stays with it", false, false},
    {NULL, NULL, NULL, false, false}};

static enum cli_exit aim(struct cli_statement *statement)
{
    const enum assay_relation *relation = statement->said;
    const struct cli_args *args = statement->args;
    struct assay_id from;
    struct assay_id to;
    enum cli_exit exit_code = cli_context_record(
        statement->view, cli_args_positional(args, 0), ASSAY_KIND_CLAIM, &from);

    if (exit_code == CLI_DONE) {
        exit_code =
            cli_context_record(statement->view, cli_args_positional(args, 2),
                               ASSAY_KIND_CLAIM, &to);
    }
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    if (assay_id_equal(&from, &to)) {
        cli_report("a link joins two claims; this is one and the same");
        return CLI_REFUSED;
    }
    exit_code = cli_draft_about(&statement->draft, ASSAY_REL_ON, &from);
    return exit_code == CLI_DONE
               ? cli_draft_about(&statement->draft, *relation, &to)
               : exit_code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    static const struct cli_statement_form form = {
        .kind = ASSAY_KIND_LINK, .option = "note", .aim = aim};
    const char *name = cli_args_positional(args, 1);
    uint64_t named = assay_relation_by_name(assay_bytes_of(name));
    enum assay_relation relation = (enum assay_relation)named;

    if (!assay_relation_is_link(named)) {
        cli_report("two claims are same-as, contradicts, part-of, "
                   "translation-of or repeats, not %s",
                   name);
        return CLI_USAGE;
    }
    return cli_statement_make(context, args, &form, &relation);
}

const struct cli_command cli_cmd_link = {
    .name = "link",
    .sub = NULL,
    .summary = "Say how two claims belong together.",
    .arguments = "CLAIM RELATION CLAIM",
    .positional_min = 3,
    .positional_max = 3,
    .options = options,
    .details = "Relations: same-as, contradicts, part-of, translation-of, "
               "repeats.",
    .example = "assay link claim1qqqqqqqq repeats claim1pppppppp",
    .run = run};
