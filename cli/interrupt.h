/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interrupt.h - long work that Ctrl-C stops between two of its steps, so that
 * what is open is closed, what was written aside is removed and what is whole
 * is kept.
 *
 * The program then ends by the signal that came, as one does that has no
 * handler: the shell says 130 for Ctrl-C (128 and the signal's number), and a
 * script that runs the command in a loop is stopped with it.
 */
#ifndef ASSAY_CLI_INTERRUPT_H
#define ASSAY_CLI_INTERRUPT_H

#include <stdbool.h>

#include "progress.h"
#include "store/watch.h"

/* From here on SIGHUP, SIGINT, SIGQUIT and SIGTERM are noted and do not end
 * the program; one that the caller of the program has it ignore stays
 * ignored. */
void cli_interrupt_catch(void);

/* The other way round: the next one ends the program. */
void cli_interrupt_release(void);

/* Whether one has come since. */
bool cli_interrupt_has_come(void);

/* Ends the program by the one that has come; returns where none has. */
void cli_interrupt_finish(void);

/* How far long work has come, on a terminal, until it is interrupted. */
struct cli_watch {
    struct store_watch store;
    struct cli_progress progress;
    const char *what; /* "records exported"; NULL shows nothing. */
};

/* Catches signals and begins to watch. The work is given watch->store, which
 * lives as long as watch. */
void cli_watch_begin(struct cli_watch *watch, const char *what);

/* Takes the line of progress away. Signals stay caught. */
void cli_watch_end(struct cli_watch *watch);

#endif
