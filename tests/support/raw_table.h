/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw_table.h - the tables of a ledger as LMDB has them, to damage them.
 */
#ifndef ASSAY_TESTS_SUPPORT_RAW_TABLE_H
#define ASSAY_TESTS_SUPPORT_RAW_TABLE_H

#include "store/internal.h"

#define RAW_VALUE_MAX 4096

struct raw_entry {
    uint8_t key[STORE_KEY_MAX];
    size_t key_len;
    uint8_t value[RAW_VALUE_MAX];
    size_t value_len;
};

/* How many entries a table has. Each of these fails the test where LMDB
 * does. */
size_t raw_count(struct store_ledger *ledger, enum store_table table);

/* The entry at an index, in the table's own order. */
struct raw_entry raw_get(struct store_ledger *ledger, enum store_table table,
                         size_t index);

/* Adds an entry, or writes over the one with its key. */
void raw_put(struct store_ledger *ledger, enum store_table table,
             const struct raw_entry *entry);

/* Deletes an entry. */
void raw_delete(struct store_ledger *ledger, enum store_table table,
                const struct raw_entry *entry);

/* Deletes a table itself. */
void raw_drop(struct store_ledger *ledger, enum store_table table);

/* Says in a ledger that it is of another format. */
void raw_set_format(struct store_ledger *ledger, uint64_t format);

/* A hash over all entries of a table. */
struct assay_id raw_digest(struct store_ledger *ledger, enum store_table table);

#endif
