/* SPDX-License-Identifier: Apache-2.0 */
#include "check_indexes.h"

#include <sodium.h>
#include <string.h>

#include "index.h"

/* Entries between two looks at whether to stop. */
#define PROGRESS_EVERY 10000

static const enum store_table indexes[] = {STORE_IDS, STORE_LOGS, STORE_REFS,
                                           STORE_MISSING, STORE_LISTS};
#define INDEX_COUNT (sizeof(indexes) / sizeof(indexes[0]))

/* One entry, looked for among those that a record calls for. */
struct search {
    const struct store_entry *entry;
    bool is_found;
};

void store_check_indexes_begin(struct store_checking *checking)
{
    _Static_assert(sizeof(checking->sum_key) ==
                       crypto_shorthash_siphashx24_KEYBYTES,
                   "the key is SipHash's");

    randombytes_buf(checking->sum_key, sizeof(checking->sum_key));
    memset(checking->called, 0, sizeof(checking->called));
}

/* Adds an entry to a sum. The order of adding makes no difference. */
static void add(const struct store_checking *checking,
                const struct store_entry *entry, struct store_check_sum *sum)
{
    uint8_t bytes[3 + STORE_ENTRY_KEY_MAX + STORE_ENTRY_VALUE_MAX];
    uint8_t hash[crypto_shorthash_siphashx24_BYTES];
    size_t len = 0;

    bytes[len++] = (uint8_t)entry->table;
    bytes[len++] = (uint8_t)entry->key_len;
    bytes[len++] = (uint8_t)entry->value_len;
    memcpy(bytes + len, entry->key, entry->key_len);
    len += entry->key_len;
    memcpy(bytes + len, entry->value, entry->value_len);
    len += entry->value_len;
    (void)crypto_shorthash_siphashx24(hash, bytes, len, checking->sum_key);
    sum->count++;
    sum->halves[0] += store_get_u64(hash);
    sum->halves[1] += store_get_u64(hash + sizeof(uint64_t));
}

static enum assay_err call_for(void *context, const struct store_entry *entry)
{
    struct store_checking *checking = context;

    checking->report.index_entries++;
    add(checking, entry, &checking->called[entry->table]);
    return ASSAY_OK;
}

enum assay_err store_check_indexes_row(struct store_checking *checking,
                                       const struct store_row *row,
                                       uint64_t team_lsn)
{
    return store_index_each(checking->view, row, team_lsn, call_for, checking);
}

/* What a cursor is on, as an entry; false where no entry has that form. */
static bool take(const MDB_val *key, const MDB_val *val,
                 struct store_entry *entry)
{
    if (key->mv_size > sizeof(entry->key) ||
        val->mv_size > sizeof(entry->value) || val->mv_size < STORE_LSN_SIZE) {
        return false;
    }
    entry->key_len = key->mv_size;
    memcpy(entry->key, key->mv_data, key->mv_size);
    entry->value_len = val->mv_size;
    memcpy(entry->value, val->mv_data, val->mv_size);
    return true;
}

static bool goes_on(const struct store_checking *checking, uint64_t done)
{
    const struct store_check_hooks *hooks = checking->hooks;

    return done % PROGRESS_EVERY != 0 || hooks->progress == NULL ||
           hooks->progress(hooks->context, checking->last, checking->last);
}

/* Calls visit for every entry that an index holds. */
static enum assay_err
each_held(struct store_checking *checking, enum store_table table,
          enum assay_err (*visit)(struct store_checking *checking,
                                  const struct store_entry *entry))
{
    struct store_view *view = checking->view;
    struct store_entry entry = {.table = table};
    MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val val;
    uint64_t done = 0;
    enum assay_err err = ASSAY_OK;
    int code = mdb_cursor_open(view->txn, view->ledger->tables[table], &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &val, MDB_FIRST);
    }
    while (code == 0 && err == ASSAY_OK) {
        if (take(&key, &val, &entry)) {
            err = visit(checking, &entry);
        } else {
            store_check_say(checking, 0,
                            "an entry of the index %s has no form at all",
                            store_check_table_name(table));
        }
        if (err == ASSAY_OK && !goes_on(checking, ++done)) {
            err = ASSAY_E_STOPPED;
        }
        code = mdb_cursor_get(cursor, &key, &val, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (err == ASSAY_OK && code != MDB_NOTFOUND) {
        err = store_err_from_mdb(code);
    }
    return err;
}

static enum assay_err hold(struct store_checking *checking,
                           const struct store_entry *entry)
{
    add(checking, entry, &checking->held);
    return ASSAY_OK;
}

static enum assay_err compare(void *context, const struct store_entry *entry)
{
    struct search *search = context;
    const struct store_entry *wanted = search->entry;

    search->is_found =
        search->is_found ||
        (entry->table == wanted->table && entry->key_len == wanted->key_len &&
         entry->value_len == wanted->value_len &&
         memcmp(entry->key, wanted->key, entry->key_len) == 0 &&
         memcmp(entry->value, wanted->value, entry->value_len) == 0);
    return ASSAY_OK;
}

/* Calls visit for every entry that the record with an LSN calls for; for none
 * where there is no such record. */
static enum assay_err each_called(
    struct store_checking *checking, uint64_t lsn,
    enum assay_err (*visit)(void *context, const struct store_entry *entry),
    void *context)
{
    struct store_row row;
    uint64_t team_lsn = 0;
    enum assay_err err = store_view_by_lsn(checking->view, lsn, &row);

    if (err == ASSAY_OK) {
        err = store_check_team(checking->view, &row, &team_lsn);
        /* Its team is 0 then, as in the first pass, which told of it. */
        if (err == ASSAY_OK || err == ASSAY_E_NOT_FOUND ||
            err == ASSAY_E_CORRUPT) {
            return store_index_each(checking->view, &row, team_lsn, visit,
                                    context);
        }
    }
    return err == ASSAY_E_NOT_FOUND || err == ASSAY_E_CORRUPT ? ASSAY_OK : err;
}

/* Tells of an entry that the record it ends in does not call for. */
static enum assay_err justify(struct store_checking *checking,
                              const struct store_entry *entry)
{
    const uint64_t lsn = store_entry_lsn(entry);
    struct search search = {.entry = entry};
    enum assay_err err = each_called(checking, lsn, compare, &search);

    if (err == ASSAY_OK && !search.is_found) {
        store_check_say(checking, lsn,
                        "an entry of the index %s is one that no record calls "
                        "for",
                        store_check_table_name(entry->table));
    }
    return err;
}

static enum assay_err find(void *context, const struct store_entry *entry)
{
    struct store_checking *checking = context;
    enum assay_err err;

    if (entry->table != checking->named) {
        return ASSAY_OK;
    }
    err = store_index_has(checking->view, entry);
    if (err == ASSAY_E_NOT_FOUND) {
        store_check_say(checking, store_entry_lsn(entry),
                        "an entry of the index %s is missing",
                        store_check_table_name(entry->table));
        err = ASSAY_OK;
    }
    return err;
}

/* Tells of entries that records call for and an index lacks. */
static enum assay_err find_missing(struct store_checking *checking,
                                   enum store_table table)
{
    enum assay_err err = ASSAY_OK;

    checking->named = table;
    for (uint64_t lsn = 1; lsn <= checking->last && err == ASSAY_OK; lsn++) {
        err = each_called(checking, lsn, find, checking);
        if (err == ASSAY_OK && !goes_on(checking, lsn)) {
            err = ASSAY_E_STOPPED;
        }
    }
    return err;
}

static bool is_same(const struct store_check_sum *a,
                    const struct store_check_sum *b)
{
    return a->count == b->count && a->halves[0] == b->halves[0] &&
           a->halves[1] == b->halves[1];
}

static enum assay_err check_index(struct store_checking *checking,
                                  enum store_table table)
{
    const uint64_t before = checking->report.problems;
    enum assay_err err;

    checking->held = (struct store_check_sum){0};
    err = each_held(checking, table, hold);
    if (err != ASSAY_OK || is_same(&checking->held, &checking->called[table])) {
        return err;
    }
    err = find_missing(checking, table);
    if (err == ASSAY_OK) {
        err = each_held(checking, table, justify);
    }
    /* A sum that differs is told, whatever the second look makes of it. */
    if (err == ASSAY_OK && checking->report.problems == before) {
        store_check_say(checking, 0,
                        "the index %s does not hold what the records call for",
                        store_check_table_name(table));
    }
    return err;
}

enum assay_err store_check_indexes_end(struct store_checking *checking)
{
    enum assay_err err = ASSAY_OK;

    for (size_t i = 0; i < INDEX_COUNT && err == ASSAY_OK; i++) {
        err = check_index(checking, indexes[i]);
    }
    return err;
}
