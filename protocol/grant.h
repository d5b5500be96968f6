/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant.h - what a payload's grant holds: who may speak. It is in the signed
 * payload, never in a body, so that erasing cannot change authority.
 *
 *   found  = [ next-key-hash ]
 *   member = [ key, role, signoffs ]
 *   revoke = [ grant, [* last] ]
 *   rotate = [ next-key-hash, [* last] ]
 *
 * Kinds without a grant have none; kinds not known here may hold any
 * deterministic CBOR item.
 */
#ifndef ASSAY_PROTOCOL_GRANT_H
#define ASSAY_PROTOCOL_GRANT_H

#include "cbor.h"
#include "id.h"
#include "kind.h"
#include "limits.h"

enum assay_role {
    ASSAY_ROLE_CHECKER = 1,
    ASSAY_ROLE_EDITOR = 2,
    ASSAY_ROLE_ARCHIVIST = 3
};

/* Which fields count depends on the kind; the others are zero. */
struct assay_grant {
    uint8_t next_key_hash[ASSAY_HASH_SIZE]; /* found, rotate */
    struct assay_key key;                   /* member */
    enum assay_role role;                   /* member */
    uint32_t signoffs;                      /* member: 0 to _SIGNOFFS_MAX */
    struct assay_id target;                 /* revoke: the grant that ends */
    struct assay_id last[ASSAY_LAST_MAX];   /* revoke, rotate: sorted, unique */
    size_t last_count;
};

/* Whether a record of this known kind must carry a grant. */
bool assay_grant_is_required(uint64_t kind);

/*
 * Reads the grant of a known kind that carries one. Fails with
 * ASSAY_E_MALFORMED, ASSAY_E_TRUNCATED or ASSAY_E_LIMIT; offsets count from
 * the grant's first byte. Does not check the member's key (assay_record_check
 * does).
 */
ASSAY_MUST_CHECK
enum assay_err assay_grant_read(uint64_t kind, struct assay_bytes input,
                                struct assay_grant *grant_out,
                                struct assay_fault *fault_out);

/* Writes the grant of a kind that carries one; last is sorted by the caller
 * of assay_grant_read's rules: this sorts and drops duplicates in place. */
void assay_grant_write(uint64_t kind, struct assay_grant *grant,
                       struct assay_cbor_writer *writer);

/* "checker", "editor", "archivist"; "unknown" for others. */
const char *assay_role_name(enum assay_role role);

/* The role with that name; 0 if there is none. */
enum assay_role assay_role_by_name(struct assay_bytes name);

#endif
