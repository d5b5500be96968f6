/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refs.h - who speaks about a record: what the evidence chain is a walk over.
 *
 * about entries, the grant that a revoke names, the grant that a rotate ends
 * and the root's grant under which a profile speaks (its auth: so a team's name
 * is found without a walk over its log) are all references. A named record
 * need not be held.
 */
#ifndef ASSAY_STORE_REFS_H
#define ASSAY_STORE_REFS_H

#include "view.h"

/*
 * The next record of that kind, after *after_lsn (begin with 0), which names
 * id; sets *after_lsn to its LSN. In order of LSN. ASSAY_E_NOT_FOUND at the
 * end.
 */
ASSAY_MUST_CHECK
enum assay_err store_refs_next(struct store_view *view,
                               const struct assay_id *id, uint64_t kind,
                               uint64_t *after_lsn, struct store_row *row_out);

/* How many there are; counting stops at max. */
ASSAY_MUST_CHECK
enum assay_err store_refs_count(struct store_view *view,
                                const struct assay_id *id, uint64_t kind,
                                uint64_t max, uint64_t *count_out);

/* The next id that is named but not held, after *cursor (begin with zeros),
 * with one LSN that names it. ASSAY_E_NOT_FOUND at the end. */
ASSAY_MUST_CHECK
enum assay_err store_refs_next_missing(struct store_view *view,
                                       struct assay_id *cursor,
                                       uint64_t *named_by_lsn_out);

/* The LSNs of records that name an id which is not held: max of them at most,
 * by kind and then by LSN. None is no failure. */
ASSAY_MUST_CHECK
enum assay_err store_refs_namers(struct store_view *view,
                                 const struct assay_id *id, size_t max,
                                 uint64_t *lsns_out, size_t *count_out);

#endif
