/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.h - the indexes of one record: written with it in a batch, confirmed
 * by check and rebuilt by repair, all through this one place. Not installed.
 */
#ifndef ASSAY_STORE_INDEX_H
#define ASSAY_STORE_INDEX_H

#include "internal.h"

/* One entry of an index. */
struct store_entry {
    enum store_table table;
    uint8_t key[STORE_KEY_MAX];
    size_t key_len;
    uint64_t value; /* STORE_IDS: the LSN; the others hold nothing. */
};

/* The kind as one byte of a key; kinds from 255 on share the last. */
uint8_t store_kind_byte(uint64_t kind);

/* Keys: each writes to key_out and returns the length. Without the final LSN
 * where it says prefix. */
size_t store_key_ref(uint64_t named_lsn, uint64_t kind, uint64_t lsn,
                     uint8_t *key_out);
size_t store_key_missing(const struct assay_id *named, uint64_t kind,
                         uint64_t lsn, uint8_t *key_out);
size_t store_key_log(uint64_t log_lsn, uint64_t seq, uint64_t lsn,
                     uint8_t *key_out);
size_t store_key_text_prefix(enum store_list_tag tag, struct assay_bytes text,
                             uint8_t *key_out);
size_t store_key_lsn_prefix(enum store_list_tag tag, uint64_t lsn,
                            uint8_t *key_out);
size_t store_key_kind_prefix(uint64_t kind, uint8_t *key_out);
size_t store_key_hash_prefix(enum store_list_tag tag, const uint8_t *hash,
                             uint8_t *key_out);

/*
 * Calls visit for every index entry that a row must have: ids, logs, refs or
 * missing, and lists. Names of records are looked up in view (the row's own
 * batch or a view of all). team_lsn is the LSN of its team's founding record.
 * Stops at the first error.
 */
ASSAY_MUST_CHECK
enum assay_err store_index_each(
    struct store_view *view, const struct store_row *row, uint64_t team_lsn,
    enum assay_err (*visit)(void *context, const struct store_entry *entry),
    void *context);

/* The entries of the lists that a body gives (topics, captures): another
 * part of the same walk, for bodies that come late or go. */
ASSAY_MUST_CHECK
enum assay_err store_index_each_of_body(
    const struct store_row *row,
    enum assay_err (*visit)(void *context, const struct store_entry *entry),
    void *context);

/* Writes, or deletes, one entry. What is there already is fine. */
ASSAY_MUST_CHECK
enum assay_err store_index_put(struct store_view *view,
                               const struct store_entry *entry);
ASSAY_MUST_CHECK
enum assay_err store_index_del(struct store_view *view,
                               const struct store_entry *entry);

/* The ids that a record names, each once: about, a revoke's grant, and the
 * auth of a rotate or profile. ids_out has room for ASSAY_LIST_MAX + 1. */
size_t store_index_named(const struct assay_record *record,
                         struct assay_id *ids_out);

#endif
