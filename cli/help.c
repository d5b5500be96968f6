/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <stdlib.h>
#include <string.h>

#include "options.h"

/* Columns of what help prints. */
#define WIDTH 79
#define INDENT 26

/* Columns of an example in the manual page, which is indented twice. */
#define MAN_WIDTH 66

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
    size_t space = 0; /* One that stands before the next word, if it fits. */

    while (*text != '\0') {
        size_t len = strcspn(text, " \n");

        if (*text == '\n' ||
            (column + space + len > WIDTH && column > indent)) {
            (void)fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
            space = 0;
            text += *text == '\n' ? 1 : 0;
            continue;
        }
        (void)fprintf(out, "%*s%.*s", (int)space, "", (int)len, text);
        column += space + len;
        text += len;
        space = *text == ' ' ? 1 : 0;
        text += space;
    }
    (void)fputc('\n', out);
}

/* A command line that may be copied as it is: where it is wider than that, it
 * goes on before an option on the next line. */
static void print_example(FILE *out, const char *example, const char *indent,
                          size_t width, const char *backslash)
{
    size_t column = strlen(indent);

    (void)fputs(indent, out);
    while (*example != '\0') {
        const char *next = strstr(example + 1, " --");
        size_t len = next == NULL ? strlen(example) : (size_t)(next - example);

        if (column + len + 2 > width && *example == ' ') {
            (void)fprintf(out, " %s\n%s   ", backslash, indent);
            column = strlen(indent) + 3;
        }
        (void)fprintf(out, "%.*s", (int)len, example);
        column += len;
        example += len;
    }
    (void)fputc('\n', out);
}

/* What must be given: the arguments, and the options without which it will
 * not do. */
static void print_needed(FILE *out, const struct cli_command *command)
{
    (void)fprintf(out, "%s%s", command->arguments[0] == '\0' ? "" : " ",
                  command->arguments);
    for (const struct cli_option *at = command->options;
         at != NULL && at->name != NULL; at++) {
        if (at->is_required) {
            (void)fprintf(out, " --%s %s", at->name, at->value);
        }
    }
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

static void print_usage(FILE *out, const struct cli_command *command)
{
    char *text = NULL;
    size_t len = 0;
    FILE *usage = open_memstream(&text, &len);

    if (usage == NULL) {
        return;
    }
    (void)fputs("Usage: ", usage);
    print_name(usage, command);
    print_needed(usage, command);
    if (command->options != NULL && command->options->name != NULL) {
        (void)fputs(" [options]", usage);
    }
    if (fclose(usage) == 0) {
        print_wrapped(out, text, 0, sizeof("Usage: ") - 1);
    }
    free(text);
}

void cli_help_print_command(FILE *out, const struct cli_command *command)
{
    print_usage(out, command);
    (void)fputc('\n', out);
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
    for (const struct cli_option *at = command->options;
         at != NULL && at->name != NULL; at++) {
        if (at->value != NULL && strcmp(at->value, "TEXT") == 0) {
            (void)fputs("\nFor one TEXT, - reads standard input.\n", out);
            break;
        }
    }
    (void)fputs("\nExample:\n", out);
    print_example(out, command->example, "  ", WIDTH, "\\");
    (void)fputs("\nExit codes: 0 done, 1 found nothing or the answer is no, 2 "
                "wrong usage,\n3 input refused, 4 environment (no ledger, no "
                "space, no permission),\n130 interrupted.\n",
                out);
}

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
    /* A heading is taken as it is, markup or not. */
    (void)fputs("## ", out);
    print_name(out, command);
    print_needed(out, command);
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
    (void)fputs("Example:\n\n```\n", out);
    print_example(out, command->example, "", MAN_WIDTH, "\\\\");
    (void)fputs("```\n\n", out);
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
    (void)fputs("# COMMANDS\n\nWhere an option takes a _TEXT_, *-* reads it "
                "from standard input, in one option of a command.\n\n",
                out);
    for (size_t i = 0; i < count; i++) {
        put_scdoc_command(out, all[i]);
    }
    (void)fputs("# EXIT STATUS\n\n0 done, 1 found nothing or the answer is no, "
                "2 wrong usage, 3 input refused, 4 environment (no ledger, no "
                "space, no permission), 130 interrupted.\n",
                out);
}
