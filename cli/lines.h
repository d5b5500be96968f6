/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - a text from a record as the rest of one line of output.
 */
#ifndef ASSAY_CLI_LINES_H
#define ASSAY_CLI_LINES_H

#include <stdio.h>

#include "term.h"

/* Writes text, made harmless (cells.h) and unwrapped, and ends the line. */
void cli_term_line(FILE *out, struct assay_bytes text);

#endif
