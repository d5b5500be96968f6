/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing_log.h - logs as nodes compare them and pass them on: without what
 * a revocation or rotation took out (docs/records.md section 6). Not
 * installed.
 *
 * Whatever is behind a standing record of a log stands too, so that what is
 * left is again a log, with heads of its own. The record by which a root
 * began is always part of its log, also where another rotation prevails: two
 * of them are the proof of a fork.
 */
#ifndef ASSAY_STORE_STANDING_LOG_H
#define ASSAY_STORE_STANDING_LOG_H

#include "log.h"

enum store_extent {
    STORE_LOG_WHOLE, /* All of it stands. */
    STORE_LOG_CUT,   /* Part of it does; rows are to be asked one by one. */
    STORE_LOG_GONE   /* Nothing does. */
};

/*
 * Takes the heads of a log, as stored, to those of what stands. Where the log
 * is cut, record_count stays that of all that is stored. Only for logs that
 * endings.h concerns; it costs some look-ups, and for a log that several
 * revocations cut differently a walk between their last good records. Errors
 * are the view's and ASSAY_E_NOMEM.
 */
ASSAY_MUST_CHECK
enum assay_err store_standing_log(struct store_view *view,
                                  struct store_log *log,
                                  enum store_extent *extent_out);

/* Whether a row of that log is behind one of its heads. */
ASSAY_MUST_CHECK
enum assay_err store_standing_row(struct store_view *view,
                                  const struct store_log *log,
                                  const struct store_row *row,
                                  bool *stands_out);

#endif
