/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - a text from a record as the rest of a line of output, or of
 * an entry of a list.
 */
#ifndef ASSAY_CLI_LINES_H
#define ASSAY_CLI_LINES_H

#include <stdio.h>

#include "term.h"

/* Writes text, made harmless (cells.h) and unwrapped, and ends the line. No
 * bytes: says that it is not known. */
void cli_term_line(FILE *out, struct assay_bytes text);

/*
 * Writes one entry of a list. On a terminal text goes below head, two columns
 * in and wrapped, so that a head with a whole id keeps to 80 columns; else it
 * goes behind head on the same line, however long, for programs.
 */
void cli_term_entry(FILE *out, const char *head, struct assay_bytes text);

#endif
