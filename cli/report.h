/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - says on standard error what was wrong, where, and what to do.
 */
#ifndef ASSAY_CLI_REPORT_H
#define ASSAY_CLI_REPORT_H

#include "command.h"
#include "protocol/err.h"

/* "assay: " and a sentence made from format; control characters in what is
 * filled in are made harmless. */
__attribute__((format(printf, 1, 2))) void cli_report(const char *format, ...);

/* The same for an error code: what (for instance a path), the code's phrase,
 * the fault's rule where there is one (may be NULL), and advice where the code
 * has one. Returns the exit code that fits. */
enum cli_exit cli_report_err(const char *what, enum assay_err err,
                             const struct assay_fault *fault);

/* The exit code of an error. */
enum cli_exit cli_exit_of(enum assay_err err);

/* A note that is not an error, on standard error. */
__attribute__((format(printf, 1, 2))) void cli_note(const char *format, ...);

#endif
