/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_text.h - one record for people: whole, or in a few lines of a list.
 */
#ifndef ASSAY_CLI_RECORD_TEXT_H
#define ASSAY_CLI_RECORD_TEXT_H

#include "store/chain.h"
#include "term.h"

/* Writes all that a record says and all that is known of it. ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err cli_record_text(struct cli_term *term, struct store_view *view,
                               const struct store_item *item);

/* Writes two paragraphs: when, what and who; and the beginning of what it
 * says, with whatever is wrong with it. */
void cli_record_lines(struct cli_term *term, const struct store_item *item);

#endif
