/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.h - one entry of an index: its form, and finding and keeping it. Not
 * installed.
 *
 * Every index has the same form: under a key, values of one length in order,
 * each ending in the LSN of the record that calls for it. LMDB packs such
 * values (MDB_DUPFIXED), so that an entry costs little more than its bytes.
 */
#ifndef ASSAY_STORE_ENTRY_H
#define ASSAY_STORE_ENTRY_H

#include "internal.h"

/* The longest key, a whole id, and the longest value: part of an id, LSN. */
#define STORE_ENTRY_KEY_MAX ASSAY_ID_SIZE
#define STORE_ENTRY_VALUE_MAX 14

/* One entry of an index. */
struct store_entry {
    enum store_table table;
    uint8_t key[STORE_ENTRY_KEY_MAX];
    size_t key_len;
    uint8_t value[STORE_ENTRY_VALUE_MAX]; /* Ends in the LSN. */
    size_t value_len;
};

/* The LSN of the record that calls for an entry. */
uint64_t store_entry_lsn(const struct store_entry *entry);

/* Entries of each form, whole. With an LSN of 0: where to seek from. */
void store_entry_id(const struct assay_id *id, uint64_t lsn,
                    struct store_entry *entry_out);
void store_entry_log(uint64_t log_lsn, uint64_t seq, uint64_t lsn,
                     struct store_entry *entry_out);
void store_entry_ref(uint64_t named_lsn, uint64_t kind, uint64_t lsn,
                     struct store_entry *entry_out);
void store_entry_missing(const struct assay_id *named, uint64_t kind,
                         uint64_t lsn, struct store_entry *entry_out);
void store_entry_of_kind(uint64_t kind, uint64_t lsn,
                         struct store_entry *entry_out);
void store_entry_of_team(enum store_list_tag tag, uint64_t team_lsn,
                         uint64_t lsn, struct store_entry *entry_out);
void store_entry_of_hash(enum store_list_tag tag, const uint8_t *hash,
                         uint64_t lsn, struct store_entry *entry_out);
void store_entry_of_text(enum store_list_tag tag, struct assay_bytes text,
                         uint64_t lsn, struct store_entry *entry_out);

/* What becomes of an entry of missing when the record that it names comes: the
 * entry of refs. */
void store_entry_adopt(const struct store_entry *missing, uint64_t named_lsn,
                       struct store_entry *entry_out);

/* The other way, where that record goes again. */
void store_entry_forsake(const struct store_entry *ref,
                         const struct assay_id *named,
                         struct store_entry *entry_out);

/* Parts of an entry that was found. */
bool store_entry_has_id(const struct store_entry *entry,
                        const struct assay_id *id);
bool store_entry_has_kind(const struct store_entry *entry, uint64_t kind);
uint64_t store_entry_seq(const struct store_entry *entry);

/* The first 8 bytes of the id that an entry of ids stands for. */
uint64_t store_entry_id_part(const struct store_entry *entry);

/* Moves an entry to the first one of its key that is not below it.
 * ASSAY_E_NOT_FOUND; ASSAY_E_CORRUPT where a value has another length. */
ASSAY_MUST_CHECK
enum assay_err store_index_seek(struct store_view *view,
                                struct store_entry *entry);

/* Moves an entry to the last one of its key that is below it. */
ASSAY_MUST_CHECK
enum assay_err store_index_seek_back(struct store_view *view,
                                     struct store_entry *entry);

/* Moves an entry to the first one of any key that is not below it: begin with
 * an empty key and value. An index is walked so in whole. */
ASSAY_MUST_CHECK
enum assay_err store_index_walk(struct store_view *view,
                                struct store_entry *entry);

/* Sets an entry to the least one that can follow it. */
void store_entry_step(struct store_entry *entry);

/* Whether an entry is there: ASSAY_OK or ASSAY_E_NOT_FOUND. */
ASSAY_MUST_CHECK
enum assay_err store_index_has(struct store_view *view,
                               const struct store_entry *entry);

/* Writes, or deletes, one entry. What is there already is fine. */
ASSAY_MUST_CHECK
enum assay_err store_index_put(struct store_view *view,
                               const struct store_entry *entry);
ASSAY_MUST_CHECK
enum assay_err store_index_del(struct store_view *view,
                               const struct store_entry *entry);

#endif
