/* SPDX-License-Identifier: Apache-2.0 */
/* uthash asks for this before its first inclusion: it then says that memory
 * is exhausted by a handle without a table, where it would end the program. */
#define HASH_NONFATAL_OOM 1

#include "id_table.h"

/* NOLINTBEGIN(readability-function-size): uthash's macros nest deeply. */

struct assay_id_entry *assay_id_table_find(struct assay_id_entry *table,
                                           const struct assay_id *id)
{
    struct assay_id_entry *entry = NULL;

    HASH_FIND(hh, table, id, sizeof(*id), entry);
    return entry;
}

enum assay_err assay_id_table_add(struct assay_id_entry **table,
                                  struct assay_id_entry *entry)
{
    HASH_ADD(hh, *table, id, sizeof(entry->id), entry);
    return entry->hh.tbl == NULL ? ASSAY_E_NOMEM : ASSAY_OK;
}

void assay_id_table_remove(struct assay_id_entry **table,
                           struct assay_id_entry *entry)
{
    HASH_DEL(*table, entry);
}

struct assay_id_entry *assay_id_table_pop(struct assay_id_entry **table)
{
    struct assay_id_entry *entry = *table;

    if (entry != NULL) {
        HASH_DEL(*table, entry);
    }
    return entry;
}

/* NOLINTEND(readability-function-size) */
