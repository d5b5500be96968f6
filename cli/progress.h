/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - how far long work has come: one line on standard error that is
 * written over, where that is a terminal; nothing at all where it is not. The
 * cursor is left at its start, so that a message takes its place.
 */
#ifndef ASSAY_CLI_PROGRESS_H
#define ASSAY_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_progress {
    bool is_terminal;
    uint64_t shown; /* What was done when the line was last written. */
    size_t len;     /* Columns of it; 0: there is none. */
};

void cli_progress_begin(struct cli_progress *progress);

/* "12,000 of 30,000 records": what are our own words. total 0: not known.
 * Written when a hundredth more is done, or a thousand. */
void cli_progress_show(struct cli_progress *progress, uint64_t done,
                       uint64_t total, const char *what);

/* Takes the line away, before anything else is written. */
void cli_progress_end(struct cli_progress *progress);

#endif
