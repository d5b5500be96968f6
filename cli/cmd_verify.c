/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "verify.h"

#include <sys/stat.h>

/* A file is what is there as one, or what only a path can be. */
static bool is_path(const char *text)
{
    struct stat about;

    return strchr(text, '/') != NULL || stat(text, &about) == 0;
}

static enum cli_exit verify_here(struct cli_context *context, const char *text)
{
    struct store_view *view = NULL;
    struct assay_id id;
    enum cli_exit code = cli_context_view(context, STORE_NOW, &view);

    if (code == CLI_DONE && text == NULL) {
        code = cli_verify_all(view, context->json);
    } else if (code == CLI_DONE) {
        code = cli_context_record(view, text, 0, &id);
        if (code == CLI_DONE) {
            code = cli_verify_record(view, &id, context->json);
        }
    }
    store_view_end(view);
    return code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    const char *text = cli_args_positional(args, 0);

    if (cli_args_has(args, "all") == (text != NULL)) {
        cli_report("verify needs a record, a file, or --all.");
        return CLI_USAGE;
    }
    if (text != NULL && is_path(text)) {
        return cli_verify_file(text, context->now_s, context->json);
    }
    return verify_here(context, text);
}

static const struct cli_option options[] = {
    {"all", NULL, "every record of this ledger", false, false},
    {0},
};

const struct cli_command cli_cmd_verify = {
    .name = "verify",
    .summary = "Verify a record, an exported file or the whole ledger.",
    .arguments = "[RECORD|FILE]",
    .positional_min = 0,
    .positional_max = 1,
    .options = options,
    .details =
        "A record: its form, signature and body, who gave its author the "
        "authority, record by record up to the team's founding, its place in "
        "its log, and whether it stands. The exit code is 1 if it does not.\n\n"
        "A file that assay export wrote: everything in it, without any ledger, "
        "and where the claims in it stand, all teams in it counted. Whatever "
        "is a file, or has a slash in it, is taken as one.",
    .example = "assay verify ./proof.assay",
    .run = run,
};
