/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "context.h"
#include "report.h"

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct assay_fault fault = {0, NULL};
    char *folder = cli_context_folder(context);
    enum cli_exit code = CLI_DONE;
    enum assay_err err;

    (void)args;
    if (folder == NULL) {
        return CLI_ENVIRONMENT;
    }
    err = store_ledger_init(folder, &fault);
    if (err == ASSAY_E_EXISTS) {
        cli_report("there is a ledger at %s already. Nothing was changed.",
                   folder);
        code = CLI_ENVIRONMENT;
    } else if (err != ASSAY_OK) {
        code = cli_report_err(folder, err, &fault);
    } else {
        (void)printf("%s\n", folder);
        cli_note("A new, empty ledger. Next: assay key new --name NAME");
    }
    free(folder);
    return code;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_cmd_init = {
    .name = "init",
    .summary = "Make a new, empty ledger.",
    .arguments = "",
    .options = options,
    .details = "The ledger is a folder: --ledger DIR, $ASSAY_LEDGER, "
               "$XDG_DATA_HOME/assay or ~/.local/share/assay. It is made with "
               "permissions for you alone.",
    .example = "assay --ledger desk init",
    .run = run,
};
