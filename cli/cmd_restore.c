/* SPDX-License-Identifier: Apache-2.0 */
/* assay restore: a ledger from a backup. */
#include <stdlib.h>

#include "context.h"
#include "interrupt.h"
#include "report.h"
#include "store/check.h"

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    const char *path = cli_args_positional(args, 0);
    char *folder = cli_context_folder(context);
    struct assay_fault fault = {0, NULL};
    struct cli_watch watch;
    enum cli_exit code = CLI_DONE;
    enum assay_err err;

    if (folder == NULL) {
        return CLI_ENVIRONMENT;
    }
    cli_watch_begin(&watch, "bytes copied");
    err = store_restore(path, folder, &watch.store, &fault);
    cli_watch_end(&watch);
    if (err == ASSAY_E_EXISTS) {
        cli_report("there is a ledger at %s already. Nothing was changed; "
                   "restore to another folder with --ledger DIR.",
                   folder);
        code = CLI_ENVIRONMENT;
    } else if (err == ASSAY_E_STOPPED) {
        cli_report("interrupted. Nothing was left at %s; run it again.",
                   folder);
        code = CLI_INTERRUPTED;
    } else if (err == ASSAY_E_NOT_FOUND) {
        cli_report("%s cannot be opened: there is no such file.", path);
        code = CLI_ENVIRONMENT;
    } else if (err != ASSAY_OK) {
        (void)cli_report_err(path, err, &fault);
        code = CLI_ENVIRONMENT;
    } else {
        cli_note("Restored to %s. Check it with: assay --ledger %s check",
                 folder, folder);
    }
    free(folder);
    return code;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_cmd_restore = {
    .name = "restore",
    .summary = "Make a ledger from a backup.",
    .arguments = "FILE",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .example = "assay --ledger new restore ledger.mdb",
    .run = run,
};
