/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - how long work on a ledger tells how far it has come, and is asked
 * to stop: what is open is closed then, what was written aside is removed, and
 * ASSAY_E_STOPPED is returned.
 *
 * Copying captured bytes in, exporting, backing up, restoring and importing
 * follow it. A check and an import have hooks of their own besides.
 */
#ifndef ASSAY_STORE_WATCH_H
#define ASSAY_STORE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/err.h"

struct store_watch {
    void *context;
    /* Called now and then by the thread that called for the work, with what is
     * done of how much: records for an export, else bytes. total 0: not
     * known. False stops the work. May be NULL. */
    bool (*goes_on)(void *context, uint64_t done, uint64_t total);
    /* A descriptor that can be read once the work is to stop, so that waiting
     * for a pipe ends; -1 where there is none. Nothing is read from it. */
    int stop_fd;
};

/* Tells a watch (or NULL) how far work has come. ASSAY_E_STOPPED where it is
 * to stop. */
ASSAY_MUST_CHECK
enum assay_err store_watch_tell(const struct store_watch *watch, uint64_t done,
                                uint64_t total);

/* The descriptor that ends waiting; -1 where there is none. */
int store_watch_stop_fd(const struct store_watch *watch);

#endif
