/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workers.h - threads that share a piece of work. Not installed.
 *
 * The only threads of store/ are those of intake.c, which reads a file of
 * records, of check_records.c, and the one of backup.c.
 */
#ifndef ASSAY_STORE_WORKERS_H
#define ASSAY_STORE_WORKERS_H

#include "protocol/err.h"

#include <pthread.h>
#include <stddef.h>

/* More workers than this find no work before something else is what all wait
 * for. */
#define STORE_WORKERS_MAX 64

/* How many workers to start: as many as asked for, 0 being one a core. */
size_t store_workers_count(unsigned asked);

/*
 * Starts count threads that run context, behind the first *count_out of
 * threads, which it adds to. They take no signals: those are for the thread
 * that calls. ASSAY_E_BUSY where one cannot be had; those before it run.
 */
ASSAY_MUST_CHECK
enum assay_err store_workers_start(pthread_t *threads, size_t count,
                                   void *(*run)(void *context), void *context,
                                   size_t *count_out);

/* Waits until all have ended. */
void store_workers_join(const pthread_t *threads, size_t count);

#endif
