/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

/* The one kind of object that a signal handler may write to. */
static volatile sig_atomic_t has_come;

static void on_signal(int number)
{
    (void)number;
    has_come = 1;
}

void cli_interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool cli_interrupt_has_come(void)
{
    return has_come != 0;
}
