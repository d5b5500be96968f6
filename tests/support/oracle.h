/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle.h - the rules a second time, as docs/records.md words them: sets and
 * recursion, nothing remembered, no thought for speed.
 *
 * It shares no code with protocol/validity.c, protocol/standing.c and what
 * they use, only the parsed records. It is for histories of some ten records.
 */
#ifndef ASSAY_TESTS_SUPPORT_ORACLE_H
#define ASSAY_TESTS_SUPPORT_ORACLE_H

#include "memview.h"
#include "reading.h"

/* What reading_of is to say about a record of the set. */
struct reading oracle_of(const struct memview *set,
                         const struct assay_record *record);

#endif
