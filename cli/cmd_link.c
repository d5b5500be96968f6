/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"
#include "report.h"

#include <stdlib.h>

static const struct cli_option options[] = {
    {"note", "TEXT", "a remark that stays with it", false, false},
    {NULL, NULL, NULL, false, false}};

static enum cli_exit read_claims(struct store_view *view,
                                 const struct cli_args *args,
                                 enum assay_relation relation,
                                 struct cli_draft *draft)
{
    struct assay_id from;
    struct assay_id to;
    enum cli_exit exit_code = cli_context_record(
        view, cli_args_positional(args, 0), ASSAY_KIND_CLAIM, &from);

    if (exit_code == CLI_DONE) {
        exit_code = cli_context_record(view, cli_args_positional(args, 2),
                                       ASSAY_KIND_CLAIM, &to);
    }
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    if (assay_id_equal(&from, &to)) {
        cli_report("a link joins two claims; this is one and the same");
        return CLI_REFUSED;
    }
    exit_code = cli_draft_about(draft, ASSAY_REL_ON, &from);
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_about(draft, relation, &to);
    }
    return exit_code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct cli_draft draft;
    struct store_view *view = NULL;
    struct assay_bytes note;
    const char *name = cli_args_positional(args, 1);
    uint64_t relation = assay_relation_by_name(assay_bytes_of(name));

    if (!assay_relation_is_link(relation)) {
        cli_report("two claims are same-as, contradicts, part-of, "
                   "translation-of or repeats, not %s",
                   name);
        return CLI_USAGE;
    }
    enum cli_exit exit_code =
        cli_draft_option(args, "note", CLI_TEXT_LONG, &note);
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_view(context, &view);
    }
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    cli_draft_begin(&draft, ASSAY_KIND_LINK);
    exit_code = read_claims(view, args, (enum assay_relation)relation, &draft);
    store_view_end(view);
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    return cli_draft_write_note(context, &draft, cli_args_value(args, "note"));
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
