/* SPDX-License-Identifier: Apache-2.0 */
/* assay - the command line of the ledger. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "context.h"
#include "help.h"
#include "input.h"
#include "interrupt.h"
#include "options.h"
#include "protocol/key.h"
#include "report.h"

/* What comes before the command: the global options only. */
static const struct cli_command no_command = {
    .name = "help", .arguments = "", .positional_max = CLI_ARGS_MAX};

static void take_options(struct cli_context *context,
                         const struct cli_args *args)
{
    const char *value = cli_args_value(args, "ledger");

    context->ledger_option = value != NULL ? value : context->ledger_option;
    value = cli_args_value(args, "as");
    context->as_option = value != NULL ? value : context->as_option;
    value = cli_args_value(args, "team");
    context->team_option = value != NULL ? value : context->team_option;
    context->json = context->json || cli_args_has(args, "json");
}

static const struct cli_command *find_command(const char *name, const char *sub)
{
    size_t count = 0;
    const struct cli_command *const *all = cli_commands(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i]->name, name) == 0 &&
            (all[i]->sub == NULL ||
             (sub != NULL && strcmp(all[i]->sub, sub) == 0))) {
            return all[i];
        }
    }
    return NULL;
}

static enum cli_exit say_unknown(const char *name, const char *sub)
{
    size_t count = 0;
    const struct cli_command *const *all = cli_commands(&count);
    const char *nearest = NULL;
    size_t best = 3;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i]->name, name) == 0) {
            cli_report("\"%s\" needs to be followed by another word%s%s%s. "
                       "See: assay help %s",
                       name, sub == NULL ? "" : ", which \"",
                       sub == NULL ? "" : sub, sub == NULL ? "" : "\" is not",
                       name);
            return CLI_USAGE;
        }
        size_t distance = cli_options_distance(name, all[i]->name);
        if (distance < best) {
            best = distance;
            nearest = all[i]->name;
        }
    }
    if (nearest != NULL) {
        cli_report("there is no command \"%s\". Did you mean \"%s\"?", name,
                   nearest);
    } else {
        cli_report("there is no command \"%s\". See: assay help", name);
    }
    return CLI_USAGE;
}

/* Where the command's name stands: behind global options and their values. */
static int find_name(int argc, char **argv)
{
    int at = 1;

    while (at < argc && argv[at][0] == '-') {
        bool has_value =
            strchr(argv[at], '=') == NULL &&
            (strcmp(argv[at], "--ledger") == 0 ||
             strcmp(argv[at], "--as") == 0 || strcmp(argv[at], "--team") == 0);

        at += has_value ? 2 : 1;
    }
    return at < argc ? at : argc;
}

static enum cli_exit run_command(struct cli_context *context,
                                 const struct cli_command *command,
                                 struct cli_args *args)
{
    char *text = NULL;
    enum cli_exit code = cli_input_standard(command, args, &text);

    if (code == CLI_DONE) {
        code = command->run(context, args);
    }
    free(text);
    return code;
}

static enum cli_exit run(struct cli_context *context, int argc, char **argv)
{
    int at = find_name(argc, argv);
    struct cli_args args;

    if (!cli_args_parse(&no_command, at - 1, argv + 1, &args)) {
        return CLI_USAGE;
    }
    take_options(context, &args);
    if (at == argc) {
        cli_help_print(stdout);
        return cli_args_has(&args, "help") ? CLI_DONE : CLI_USAGE;
    }
    const char *sub = at + 1 < argc ? argv[at + 1] : NULL;
    const struct cli_command *command = find_command(argv[at], sub);
    if (command == NULL) {
        return say_unknown(argv[at], sub);
    }
    at += command->sub == NULL ? 1 : 2;
    if (!cli_args_parse(command, argc - at, argv + at, &args)) {
        return CLI_USAGE;
    }
    take_options(context, &args);
    if (cli_args_has(&args, "help")) {
        cli_help_print_command(stdout, command);
        return CLI_DONE;
    }
    return run_command(context, command, &args);
}

int main(int argc, char **argv)
{
    struct cli_context context = {.now_s = (uint64_t)time(NULL)};

    if (setlocale(LC_CTYPE, "") == NULL) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
    /* Writing to a closed pipe ends the command with an error, not a signal,
     * so that what is open is closed. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (assay_key_self_test() != ASSAY_OK) {
        cli_report("the signature library on this machine does not check "
                   "signatures as the ledger's rules say. Nothing was done.");
        return CLI_ENVIRONMENT;
    }
    enum cli_exit code = run(&context, argc, argv);
    store_ledger_close(context.ledger);
    if (fflush(stdout) != 0 && code == CLI_DONE) {
        cli_report("standard output cannot be written.");
        code = CLI_ENVIRONMENT;
    }
    if (code == CLI_INTERRUPTED) {
        cli_interrupt_finish();
    }
    return (int)code;
}
