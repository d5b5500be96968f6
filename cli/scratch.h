/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch.h - a ledger for one command, in a temporary folder.
 */
#ifndef ASSAY_CLI_SCRATCH_H
#define ASSAY_CLI_SCRATCH_H

#include "store/ledger.h"

struct cli_scratch {
    char *dir; /* malloc'ed; a folder of our own, mode 0700. */
    struct store_ledger *ledger;
};

/* Makes an empty ledger under $TMPDIR, else /tmp, and opens it for writing.
 * ASSAY_E_NOMEM, ASSAY_E_IO and what store_ledger_init and _open give; nothing
 * is left behind then, unless removing it fails (ASSAY_E_IO). */
ASSAY_MUST_CHECK
enum assay_err cli_scratch_open(struct cli_scratch *scratch_out);

/* Closes and removes it; accepts a zeroed one. ASSAY_E_IO where something of
 * it is left. */
ASSAY_MUST_CHECK
enum assay_err cli_scratch_close(struct cli_scratch *scratch);

#endif
