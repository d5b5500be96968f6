/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help.h - what the table of commands says to people.
 */
#ifndef ASSAY_CLI_HELP_H
#define ASSAY_CLI_HELP_H

#include <stdio.h>

#include "command.h"

/* All commands, a line each. */
void cli_help_print(FILE *out);

/* One command: usage, options, an example, exit codes. */
void cli_help_print_command(FILE *out, const struct cli_command *command);

/* The manual page's source for scdoc(5). */
void cli_help_print_scdoc(FILE *out);

#endif
