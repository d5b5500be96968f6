/* SPDX-License-Identifier: Apache-2.0 */
/* assay help: how commands are used. */
#include <string.h>

#include "help.h"
#include "report.h"

static bool is_named(const struct cli_command *command,
                     const struct cli_args *args)
{
    const char *sub = cli_args_positional(args, 1);

    return strcmp(command->name, cli_args_positional(args, 0)) == 0 &&
           (sub == NULL ||
            (command->sub != NULL && strcmp(command->sub, sub) == 0));
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    size_t count = 0;
    size_t found = 0;
    const struct cli_command *const *all = cli_commands(&count);

    (void)context;
    if (cli_args_has(args, "scdoc")) {
        cli_help_print_scdoc(stdout);
        return CLI_DONE;
    }
    if (args->positional_count == 0) {
        cli_help_print(stdout);
        return CLI_DONE;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_named(all[i], args)) {
            (void)fputs(found++ > 0 ? "\n----\n\n" : "", stdout);
            cli_help_print_command(stdout, all[i]);
        }
    }
    if (found == 0) {
        cli_report("there is no command \"%s\". See: assay help",
                   cli_args_positional(args, 0));
        return CLI_USAGE;
    }
    return CLI_DONE;
}

static const struct cli_option options[] = {
    {"scdoc", NULL, "print the manual page's source", false, false},
    {0},
};

const struct cli_command cli_cmd_help = {
    .name = "help",
    .summary = "Say how a command is used, or list all of them.",
    .arguments = "[COMMAND [WORD]]",
    .positional_max = 2,
    .options = options,
    .example = "assay help verdict add",
    .run = run,
};
