/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endings.h - a memory of which logs can have lost records: those of grants
 * that some revocation names, and those of teams with a rotation. All others
 * are whole, without asking the rules. Not installed.
 *
 * It belongs to an open ledger and is shared by its views. What it knows only
 * grows; a view may find in it what is younger than itself, which costs a
 * look at the rules and nothing else.
 */
#ifndef ASSAY_STORE_ENDINGS_H
#define ASSAY_STORE_ENDINGS_H

#include "view.h"

struct store_endings;

ASSAY_MUST_CHECK
enum assay_err store_endings_new(struct store_endings **endings_out);

/* Accepts NULL. */
void store_endings_free(struct store_endings *endings);

/* Takes in what the view shows and was not seen before: each revoke and
 * rotate record once in the life of the ledger. Errors are the view's, and
 * ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err store_endings_update(struct store_endings *endings,
                                    struct store_view *view);

/* Whether nothing was ended anywhere. */
bool store_endings_are_empty(struct store_endings *endings);

/* Whether a log of that grant and team can have lost records. */
bool store_endings_concern(struct store_endings *endings,
                           const struct assay_id *grant,
                           const struct assay_id *team);

#endif
