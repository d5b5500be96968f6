/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - says on standard error what was wrong, where, and what to do.
 */
#ifndef ASSAY_CLI_REPORT_H
#define ASSAY_CLI_REPORT_H

#include "command.h"
#include "protocol/err.h"
#include "protocol/id.h"

/* "assay: " and a sentence made from format; control characters in what is
 * filled in are made harmless. */
__attribute__((format(printf, 1, 2))) void cli_report(const char *format, ...);

/* The same for an error code: what (for instance a path), the code's phrase,
 * the fault's rule where there is one (may be NULL), and advice where the code
 * has one. Returns the exit code that fits. */
enum cli_exit cli_report_err(const char *what, enum assay_err err,
                             const struct assay_fault *fault);

/* Says of one record of a file where it is and why it was refused: the hook
 * that an import calls (store/transfer.h). context is not used. */
void cli_report_refused(void *context, uint64_t offset,
                        const struct assay_id *id, enum assay_err err,
                        const char *rule);

/* The exit code of an error. */
enum cli_exit cli_exit_of(enum assay_err err);

/* A note that is not an error, on standard error. */
__attribute__((format(printf, 1, 2))) void cli_note(const char *format, ...);

#endif
