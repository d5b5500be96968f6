/* SPDX-License-Identifier: Apache-2.0 */
/*
 * id_table.h - finds things in memory by their id: uthash, behind functions.
 * Not installed.
 *
 * A table is a pointer to an entry, NULL while it is empty. What is put in
 * begins with the entry, so that a pointer to one is a pointer to the other:
 *
 *   struct node {
 *       struct assay_id_entry entry;
 *       ...
 *   };
 *
 * The table owns nothing.
 */
#ifndef ASSAY_PROTOCOL_ID_TABLE_H
#define ASSAY_PROTOCOL_ID_TABLE_H

#include "err.h"
#include "id.h"

#include <uthash.h>

struct assay_id_entry {
    struct assay_id id;
    UT_hash_handle hh;
};

/* The entry with this id; NULL if there is none. */
struct assay_id_entry *assay_id_table_find(struct assay_id_entry *table,
                                           const struct assay_id *id);

/* Adds an entry whose id is set and not in the table yet. ASSAY_E_NOMEM
 * leaves the table as it was. */
ASSAY_MUST_CHECK
enum assay_err assay_id_table_add(struct assay_id_entry **table,
                                  struct assay_id_entry *entry);

/* Takes an entry out of its table. */
void assay_id_table_remove(struct assay_id_entry **table,
                           struct assay_id_entry *entry);

/* Takes out any entry; NULL when the table is empty. */
struct assay_id_entry *assay_id_table_pop(struct assay_id_entry **table);

#endif
