/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ancestry.h - whether one record of a log lies behind another.
 *
 * seq is 1 + the largest seq among prev, so every record has an ancestor at
 * each lower seq of its log; where a log has one record only at some seq, that
 * one is behind all that come after, which two calls of the view tell. Only
 * for a record beside others at its seq is there a walk, from the tip down to
 * that seq: a fork may be healed much later, by a record whose prev names the
 * short branch directly.
 *
 * All this holds for a set that is closed: with a record, every prev of it is
 * held too.
 */
#ifndef ASSAY_PROTOCOL_ANCESTRY_H
#define ASSAY_PROTOCOL_ANCESTRY_H

#include "logview.h"

/*
 * Sets *is_behind_out to whether record is the record tip_id or an ancestor
 * of it in the same log. A tip that is not held, or of another log, has
 * nothing behind it. Errors are the view's, and ASSAY_E_NOMEM.
 */
ASSAY_MUST_CHECK
enum assay_err assay_ancestry_is_behind(const struct assay_log_view *view,
                                        const struct assay_record *record,
                                        const struct assay_id *tip_id,
                                        bool *is_behind_out);

#endif
