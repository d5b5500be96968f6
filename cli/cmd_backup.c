/* SPDX-License-Identifier: Apache-2.0 */
/* assay backup: a consistent copy of the records. */
#include "context.h"
#include "interrupt.h"
#include "report.h"
#include "store/check.h"

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    const char *path = cli_args_positional(args, 0);
    enum cli_exit code = cli_context_open(context, STORE_READ);
    struct cli_watch watch;
    enum assay_err err;

    if (code != CLI_DONE) {
        return code;
    }
    cli_watch_begin(&watch, "bytes copied");
    store_ledger_watch(context->ledger, &watch.store);
    err = store_backup(context->ledger, path);
    store_ledger_watch(context->ledger, NULL);
    cli_watch_end(&watch);
    if (err == ASSAY_E_STOPPED) {
        cli_report("interrupted. %s was not written; run it again.", path);
        return CLI_INTERRUPTED;
    }
    if (err == ASSAY_E_EXISTS) {
        cli_report("%s is there already and is not overwritten.", path);
        return CLI_ENVIRONMENT;
    }
    if (err == ASSAY_E_NOT_FOUND) {
        cli_report("%s cannot be written: its folder is not there.", path);
        return CLI_ENVIRONMENT;
    }
    if (err != ASSAY_OK) {
        (void)cli_report_err(path, err, NULL);
        return CLI_ENVIRONMENT;
    }
    cli_note("%s holds the records. Captured bytes and keys are not in it: "
             "copy %s/captures and keys, too.",
             path, store_ledger_dir(context->ledger));
    return CLI_DONE;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_cmd_backup = {
    .name = "backup",
    .summary = "Write a consistent copy of the records, while others write.",
    .arguments = "FILE",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "The copy is compact: pages that were freed, by erasing for "
               "instance, are not in it. An existing file is not overwritten.",
    .example = "assay backup ledger.mdb",
    .run = run,
};
