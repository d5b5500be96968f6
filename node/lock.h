/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.h - one node a ledger: a lock that ends with the process.
 */
#ifndef ASSAY_NODE_LOCK_H
#define ASSAY_NODE_LOCK_H

#include "protocol/err.h"

/* Takes the lock DIR/assayd.lock (mode 0600). ASSAY_E_BUSY (another process
 * has it), ASSAY_E_ACCESS, ASSAY_E_READONLY, ASSAY_E_FULL, ASSAY_E_IO,
 * ASSAY_E_LIMIT (DIR is too long). */
ASSAY_MUST_CHECK
enum assay_err node_lock(const char *dir, int *fd_out);

/* Gives it back; accepts -1. The file stays. */
void node_unlock(int fd);

#endif
