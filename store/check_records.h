/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_records.h - verifies records on all cores while the caller goes on.
 * Not installed.
 *
 * The caller gives row after row, and the rows' bytes stay where its view lends
 * them: workers read them and hold no view of their own, since a thread that
 * begins one may have to wait for all others to end.
 */
#ifndef ASSAY_STORE_CHECK_RECORDS_H
#define ASSAY_STORE_CHECK_RECORDS_H

#include "check_internal.h"

struct store_check_pool; /* Opaque. */

/* Starts the workers. ASSAY_E_NOMEM, ASSAY_E_BUSY (no thread can be had). */
ASSAY_MUST_CHECK
enum assay_err store_check_pool_new(struct store_checking *checking,
                                    struct store_check_pool **pool_out);

/* Has the signature, keys and body of a row checked; waits while there is much
 * to do. What was found before is told meanwhile, by the calling thread. */
void store_check_pool_add(struct store_check_pool *pool,
                          const struct store_row *row);

/* Waits for everything that was given, and tells what was found. */
void store_check_pool_finish(struct store_check_pool *pool);

/* Ends the workers, whatever there is left to do; accepts NULL. */
void store_check_pool_free(struct store_check_pool *pool);

#endif
