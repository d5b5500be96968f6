/* SPDX-License-Identifier: Apache-2.0 */
/*
 * args.h - a command line as its command's table says it may be.
 */
#ifndef ASSAY_CLI_ARGS_H
#define ASSAY_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#define CLI_ARGS_MAX 256

/* One option of a command. */
struct cli_option {
    const char *name;  /* Without the dashes; NULL ends a table. */
    const char *value; /* What its value is called; NULL: a flag; "TEXT": "-"
                          is standard input (cli_input_standard). */
    const char *help;  /* One line. */
    bool is_required;
    bool may_repeat;
};

/* What was given. Values borrow from argv. */
struct cli_args {
    const char *names[CLI_ARGS_MAX];  /* Option names, from the table. */
    const char *values[CLI_ARGS_MAX]; /* NULL for a flag. */
    size_t option_count;
    const char *positionals[CLI_ARGS_MAX];
    size_t positional_count;
};

/* The last value of an option; NULL if it was not given. */
const char *cli_args_value(const struct cli_args *args, const char *name);

/* The index-th value of an option that may repeat; NULL behind the last. */
const char *cli_args_value_at(const struct cli_args *args, const char *name,
                              size_t index);
size_t cli_args_count(const struct cli_args *args, const char *name);

/* Whether a flag (or an option) was given. */
bool cli_args_has(const struct cli_args *args, const char *name);

/* The index-th positional argument; NULL if there are fewer. */
const char *cli_args_positional(const struct cli_args *args, size_t index);

struct cli_command;

/*
 * Reads argv (what follows the command's name) by the command's table and the
 * global options. False: what was wrong, with the nearest name that
 * is right, has been said on standard error; exit with CLI_USAGE.
 */
bool cli_args_parse(const struct cli_command *command, int argc, char **argv,
                    struct cli_args *args_out);

#endif
