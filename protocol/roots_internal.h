/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roots_internal.h - the chain of root grants of each team.
 *
 * A team's chain is its found record, then rotate by rotate: each in force is
 * the one of smallest id among those whose key the grant in auth has committed
 * to. Nothing else decides it, which makes it the ground that every other rule
 * stands on. Chains are built when first asked for and kept.
 *
 * Life: assay_roots_init, any number of assay_roots_find, assay_roots_clear.
 */
#ifndef ASSAY_PROTOCOL_ROOTS_INTERNAL_H
#define ASSAY_PROTOCOL_ROOTS_INTERNAL_H

#include "id_table.h"
#include "logview.h"

/* A root grant that is, or was until its rotation, in force. */
struct assay_root_link {
    struct assay_id_entry entry; /* By the grant's id. */
    struct assay_key key;
    uint8_t next_key_hash[ASSAY_HASH_SIZE];
    size_t index; /* 0 for the found record. */
    struct assay_chain *chain;
    struct assay_root_link *next; /* The rotate that ends it; NULL at last. */
};

struct assay_chain {
    struct assay_root_link *first; /* The team's found record. */
    struct assay_root_link *last;  /* In force now. */
    bool has_fork;                 /* Some grant in it has several rotates. */
    struct assay_chain *older;     /* The chain that was built before. */
};

struct assay_roots {
    const struct assay_log_view *view;
    struct assay_id_entry *links;
    struct assay_chain *newest;
};

/* Where a root grant is. */
struct assay_root_place {
    const struct assay_chain *chain;      /* Of its team. */
    const struct assay_root_link *link;   /* NULL where it is not in force. */
    const struct assay_root_link *winner; /* In force instead of it, or of the
                                             root that it follows; else NULL. */
};

void assay_roots_init(struct assay_roots *roots,
                      const struct assay_log_view *view);

/*
 * Finds the place of a found or rotate record; borrowed until the roots are
 * cleared. Fails with ASSAY_E_NOT_FOUND where part of the path to the found
 * record is not held; with ASSAY_E_AUTH where the record is of another kind,
 * a rotate on the path is not by the key that was committed to, or the path
 * has more than ASSAY_ROTATIONS_MAX rotates; with the view's errors,
 * ASSAY_E_CORRUPT (a held grant that cannot be read) and ASSAY_E_NOMEM.
 */
ASSAY_MUST_CHECK
enum assay_err assay_roots_find(struct assay_roots *roots,
                                const struct assay_record *record,
                                struct assay_root_place *place_out);

/* Finds the chain of a team. ASSAY_E_NOT_FOUND where its found record is not
 * held, ASSAY_E_AUTH where the id is another record's; else as above. */
ASSAY_MUST_CHECK
enum assay_err assay_roots_chain(struct assay_roots *roots,
                                 const struct assay_id *team,
                                 const struct assay_chain **chain_out);

/* Whether a key is that of a root grant in the chain. */
bool assay_chain_has_key(const struct assay_chain *chain,
                         const struct assay_key *key);

/* Reads the grant of a held record: its shape was checked when it was parsed,
 * so what cannot be read now is ASSAY_E_CORRUPT. */
ASSAY_MUST_CHECK
enum assay_err assay_roots_read_grant(const struct assay_record *record,
                                      struct assay_grant *grant_out);

/* Accepts zeroed roots. */
void assay_roots_clear(struct assay_roots *roots);

#endif
