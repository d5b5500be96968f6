/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <string.h>

#include "options.h"
#include "report.h"

/* Columns of what help prints. */
#define WIDTH 79
#define INDENT 26

static void print_name(FILE *out, const struct cli_command *command)
{
    (void)fprintf(out, "assay %s%s%s", command->name,
                  command->sub == NULL ? "" : " ",
                  command->sub == NULL ? "" : command->sub);
}

/* Words of ASCII text, wrapped; later lines begin at the indent. */
static void print_wrapped(FILE *out, const char *text, size_t column,
                          size_t indent)
{
    while (*text != '\0') {
        size_t len = strcspn(text, " \n");

        if (*text == '\n' || (column + len > WIDTH && column > indent)) {
            (void)fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
            text += *text == '\n' ? 1 : 0;
            continue;
        }
        (void)fwrite(text, 1, len, out);
        column += len;
        text += len;
        if (*text == ' ') {
            (void)fputc(' ', out);
            column++;
            text++;
        }
    }
    (void)fputc('\n', out);
}

static void print_option(FILE *out, const struct cli_option *option)
{
    int used = fprintf(out, "  --%s%s%s", option->name,
                       option->value == NULL ? "" : " ",
                       option->value == NULL ? "" : option->value);
    size_t column = used > 0 ? (size_t)used : 0;

    if (column + 2 > INDENT) {
        (void)fprintf(out, "\n%*s", INDENT, "");
    } else {
        (void)fprintf(out, "%*s", (int)(INDENT - column), "");
    }
    print_wrapped(out, option->help, INDENT, INDENT);
}

void cli_help_print(FILE *out)
{
    size_t count = 0;
    const struct cli_command *const *all = cli_commands(&count);

    (void)fputs("assay - a ledger of signed fact-checks\n\n"
                "Usage: assay [--ledger DIR] COMMAND ...\n\n",
                out);
    for (size_t i = 0; i < count; i++) {
        char name[64];

        (void)snprintf(name, sizeof(name), "%s%s%s", all[i]->name,
                       all[i]->sub == NULL ? "" : " ",
                       all[i]->sub == NULL ? "" : all[i]->sub);
        (void)fprintf(out, "  %-18s  ", name);
        print_wrapped(out, all[i]->summary, 22, 22);
    }
    (void)fputs("\nassay help COMMAND tells more, with an example.\n", out);
}

void cli_help_print_command(FILE *out, const struct cli_command *command)
{
    (void)fputs("Usage: ", out);
    print_name(out, command);
    (void)fprintf(out, "%s%s%s\n\n", command->arguments[0] == '\0' ? "" : " ",
                  command->arguments,
                  command->options != NULL && command->options->name != NULL
                      ? " [options]"
                      : "");
    print_wrapped(out, command->summary, 0, 0);
    if (command->details != NULL) {
        (void)fputc('\n', out);
        print_wrapped(out, command->details, 0, 0);
    }
    (void)fputs("\nOptions:\n", out);
    for (const struct cli_option *at = command->options;
         at != NULL && at->name != NULL; at++) {
        print_option(out, at);
    }
    for (const struct cli_option *at = cli_options_global(); at->name != NULL;
         at++) {
        print_option(out, at);
    }
    (void)fprintf(out, "\nExample:\n  %s\n", command->example);
    (void)fputs("\nExit codes: 0 done, 1 found nothing or the answer is no, 2 "
                "wrong usage,\n3 input refused, 4 environment (no ledger, no "
                "space, no permission),\n130 interrupted.\n",
                out);
}

static bool is_named(const struct cli_command *command,
                     const struct cli_args *args)
{
    const char *sub = cli_args_positional(args, 1);

    return strcmp(command->name, cli_args_positional(args, 0)) == 0 &&
           (sub == NULL ||
            (command->sub != NULL && strcmp(command->sub, sub) == 0));
}

static enum cli_exit run_help(struct cli_context *context,
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
    .run = run_help,
};

/* scdoc takes these for markup. */
static void put_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\*_#`[]<>.~-", *text) != NULL) {
            (void)fputc('\\', out);
        }
        (void)fputc(*text, out);
    }
}

static void put_scdoc_option(FILE *out, const struct cli_option *option)
{
    (void)fprintf(out, "*--");
    put_escaped(out, option->name);
    (void)fputc('*', out);
    if (option->value != NULL) {
        (void)fputs(" _", out);
        put_escaped(out, option->value);
        (void)fputc('_', out);
    }
    (void)fputs("\n\t", out);
    put_escaped(out, option->help);
    (void)fputs("\n\n", out);
}

static void put_scdoc_command(FILE *out, const struct cli_command *command)
{
    (void)fprintf(out, "## assay %s%s%s ", command->name,
                  command->sub == NULL ? "" : " ",
                  command->sub == NULL ? "" : command->sub);
    put_escaped(out, command->arguments);
    (void)fputs("\n\n", out);
    put_escaped(out, command->summary);
    (void)fputs("\n\n", out);
    if (command->details != NULL) {
        put_escaped(out, command->details);
        (void)fputs("\n\n", out);
    }
    for (const struct cli_option *at = command->options;
         at != NULL && at->name != NULL; at++) {
        put_scdoc_option(out, at);
    }
    (void)fputs("Example:\n\n\t", out);
    put_escaped(out, command->example);
    (void)fputs("\n\n", out);
}

void cli_help_print_scdoc(FILE *out)
{
    size_t count = 0;
    const struct cli_command *const *all = cli_commands(&count);

    (void)fputs("assay(1)\n\n# NAME\n\nassay - a ledger of signed "
                "fact-checks\n\n# SYNOPSIS\n\n*assay* [*--ledger* _DIR_] "
                "_command_ ...\n\n# OPTIONS OF ALL COMMANDS\n\n",
                out);
    for (const struct cli_option *at = cli_options_global(); at->name != NULL;
         at++) {
        put_scdoc_option(out, at);
    }
    (void)fputs("# COMMANDS\n\n", out);
    for (size_t i = 0; i < count; i++) {
        put_scdoc_command(out, all[i]);
    }
    (void)fputs("# EXIT STATUS\n\n0 done, 1 found nothing or the answer is no, "
                "2 wrong usage, 3 input refused, 4 environment (no ledger, no "
                "space, no permission), 130 interrupted.\n",
                out);
}
