/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interrupt.h - long work that Ctrl-C stops between two of its steps, so that
 * what is open is closed and what is whole is kept.
 */
#ifndef ASSAY_CLI_INTERRUPT_H
#define ASSAY_CLI_INTERRUPT_H

#include <stdbool.h>

/* From here on SIGINT and SIGTERM are noted and do not end the program. */
void cli_interrupt_catch(void);

/* Whether one has come since. */
bool cli_interrupt_has_come(void);

#endif
