/* SPDX-License-Identifier: Apache-2.0 */
/*
 * where.h - which folder a program means where none is named.
 */
#ifndef ASSAY_STORE_WHERE_H
#define ASSAY_STORE_WHERE_H

#include "protocol/err.h"

/*
 * The folder of the ledger: named, unless it is NULL or empty; else
 * $ASSAY_LEDGER, $XDG_DATA_HOME/assay or ~/.local/share/assay. *dir_out is
 * malloc'ed. ASSAY_E_NOT_FOUND where none can be told, ASSAY_E_NOMEM.
 */
ASSAY_MUST_CHECK
enum assay_err store_where(const char *named, char **dir_out);

#endif
