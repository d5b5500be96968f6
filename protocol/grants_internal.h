/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grants_internal.h - a memory of grants: who speaks under each and what ends
 * it.
 *
 * Roots are learnt from the chain of their team alone, members from the root
 * record that makes them and the standing root records that revoke them, so
 * that nothing here is circular. What was learnt is kept.
 *
 * Life: assay_grants_init, any number of other calls, assay_grants_clear.
 */
#ifndef ASSAY_PROTOCOL_GRANTS_INTERNAL_H
#define ASSAY_PROTOCOL_GRANTS_INTERNAL_H

#include "ancestry_internal.h"
#include "roots_internal.h"
#include "validity.h"

struct assay_grant_entry; /* A grant and what is remembered of it. */

struct assay_grants {
    const struct assay_log_view *view;
    struct assay_roots roots;
    struct assay_id_entry *table; /* Entries by the grant's id. */
};

/* Whether one record stands, and what made it fall. */
struct assay_judgement {
    enum assay_validity_state state;
    struct assay_id cut_by; /* Zero where nothing did. */
};

void assay_grants_init(struct assay_grants *grants,
                       const struct assay_log_view *view);

/*
 * Finds what is known of the grant with this id; borrowed until the grants
 * are cleared. ASSAY_E_NOT_FOUND where part of its path is not held,
 * ASSAY_E_AUTH where the id is not a grant's, the view's errors,
 * ASSAY_E_CORRUPT and ASSAY_E_NOMEM.
 */
ASSAY_MUST_CHECK
enum assay_err assay_grants_find(struct assay_grants *grants,
                                 const struct assay_id *id,
                                 struct assay_grant_entry **entry_out);

/* Who speaks under a grant; lives as long as the entry. */
const struct assay_authority *
assay_grants_authority(const struct assay_grant_entry *entry);

/* Judges a held record in the log of a grant that is not a root grant itself.
 * Errors are the view's and ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err assay_grants_judge(struct assay_grant_entry *entry,
                                  const struct assay_record *record,
                                  struct assay_judgement *judgement_out);

/* Accepts zeroed grants. */
void assay_grants_clear(struct assay_grants *grants);

#endif
