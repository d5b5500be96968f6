/* SPDX-License-Identifier: Apache-2.0 */
#include "entry.h"

#include "protocol/key.h"
#include "rows.h"

#define LSN_SIZE STORE_LSN_SIZE

/* How much of a hash a list's key holds; the record itself decides. */
#define HASH_PART 8

/* How much of an id its entry holds. */
#define ID_PART 8

/* The key of all ids: under one, LMDB packs their entries best. */
#define IDS_KEY 0

static uint8_t kind_byte(uint64_t kind)
{
    return kind < UINT8_MAX ? (uint8_t)kind : UINT8_MAX;
}

/* Begins an entry: its key, and as the value's end the LSN. */
static void set(struct store_entry *entry, enum store_table table,
                size_t key_len, size_t before_lsn, uint64_t lsn)
{
    entry->table = table;
    entry->key_len = key_len;
    entry->value_len = before_lsn + LSN_SIZE;
    store_put_number(entry->value + before_lsn, lsn, LSN_SIZE);
}

uint64_t store_entry_lsn(const struct store_entry *entry)
{
    return store_get_number(entry->value + entry->value_len - LSN_SIZE,
                            LSN_SIZE);
}

void store_entry_id(const struct assay_id *id, uint64_t lsn,
                    struct store_entry *entry_out)
{
    set(entry_out, STORE_IDS, 1, ID_PART, lsn);
    entry_out->key[0] = IDS_KEY;
    memcpy(entry_out->value, id->hash, ID_PART);
}

void store_entry_log(uint64_t log_lsn, uint64_t seq, uint64_t lsn,
                     struct store_entry *entry_out)
{
    set(entry_out, STORE_LOGS, LSN_SIZE, LSN_SIZE, lsn);
    store_put_number(entry_out->key, log_lsn, LSN_SIZE);
    store_put_number(entry_out->value, seq, LSN_SIZE);
}

void store_entry_ref(uint64_t named_lsn, uint64_t kind, uint64_t lsn,
                     struct store_entry *entry_out)
{
    set(entry_out, STORE_REFS, LSN_SIZE, 1, lsn);
    store_put_number(entry_out->key, named_lsn, LSN_SIZE);
    entry_out->value[0] = kind_byte(kind);
}

void store_entry_missing(const struct assay_id *named, uint64_t kind,
                         uint64_t lsn, struct store_entry *entry_out)
{
    set(entry_out, STORE_MISSING, ASSAY_ID_SIZE, 1, lsn);
    memcpy(entry_out->key, named->hash, ASSAY_ID_SIZE);
    entry_out->value[0] = kind_byte(kind);
}

void store_entry_adopt(const struct store_entry *missing, uint64_t named_lsn,
                       struct store_entry *entry_out)
{
    *entry_out = *missing;
    entry_out->table = STORE_REFS;
    entry_out->key_len = LSN_SIZE;
    store_put_number(entry_out->key, named_lsn, LSN_SIZE);
}

void store_entry_forsake(const struct store_entry *ref,
                         const struct assay_id *named,
                         struct store_entry *entry_out)
{
    *entry_out = *ref;
    entry_out->table = STORE_MISSING;
    entry_out->key_len = ASSAY_ID_SIZE;
    memcpy(entry_out->key, named->hash, ASSAY_ID_SIZE);
}

void store_entry_of_kind(uint64_t kind, uint64_t lsn,
                         struct store_entry *entry_out)
{
    set(entry_out, STORE_LISTS, 2, 0, lsn);
    entry_out->key[0] = STORE_TAG_KIND;
    entry_out->key[1] = kind_byte(kind);
}

void store_entry_of_team(enum store_list_tag tag, uint64_t team_lsn,
                         uint64_t lsn, struct store_entry *entry_out)
{
    set(entry_out, STORE_LISTS, 1 + LSN_SIZE, 0, lsn);
    entry_out->key[0] = (uint8_t)tag;
    store_put_number(entry_out->key + 1, team_lsn, LSN_SIZE);
}

void store_entry_of_hash(enum store_list_tag tag, const uint8_t *hash,
                         uint64_t lsn, struct store_entry *entry_out)
{
    set(entry_out, STORE_LISTS, 1 + HASH_PART, 0, lsn);
    entry_out->key[0] = (uint8_t)tag;
    memcpy(entry_out->key + 1, hash, HASH_PART);
}

void store_entry_of_text(enum store_list_tag tag, struct assay_bytes text,
                         uint64_t lsn, struct store_entry *entry_out)
{
    uint8_t hash[ASSAY_HASH_SIZE];

    assay_hash(text, hash);
    store_entry_of_hash(tag, hash, lsn, entry_out);
}

bool store_entry_has_id(const struct store_entry *entry,
                        const struct assay_id *id)
{
    return memcmp(entry->value, id->hash, ID_PART) == 0;
}

bool store_entry_has_kind(const struct store_entry *entry, uint64_t kind)
{
    return entry->value[0] == kind_byte(kind);
}

uint64_t store_entry_seq(const struct store_entry *entry)
{
    return store_get_number(entry->value, LSN_SIZE);
}

uint64_t store_entry_id_part(const struct store_entry *entry)
{
    return store_get_number(entry->value, ID_PART);
}

void store_entry_step(struct store_entry *entry)
{
    store_put_number(entry->value + entry->value_len - LSN_SIZE,
                     store_entry_lsn(entry) + 1, LSN_SIZE);
}

/* Takes over what a cursor found. A value shorter than an LSN, or one that no
 * form has room for, is damage. */
static enum assay_err take(struct store_entry *entry, const MDB_val *key,
                           const MDB_val *val)
{
    if (key->mv_size > sizeof(entry->key) || val->mv_size < LSN_SIZE ||
        val->mv_size > sizeof(entry->value)) {
        return ASSAY_E_CORRUPT;
    }
    if (entry->key_len != key->mv_size ||
        memcmp(entry->key, key->mv_data, key->mv_size) != 0) {
        entry->key_len = key->mv_size;
        memcpy(entry->key, key->mv_data, key->mv_size);
    }
    entry->value_len = val->mv_size;
    memcpy(entry->value, val->mv_data, val->mv_size);
    return ASSAY_OK;
}

/*
 * A cursor on a table of indexes, until drop_cursor. One that only reads then
 * stays with its view: what names a record is asked for several times in a
 * row, and LMDB begins its search where a cursor stands. In a batch it would
 * have to be led along with each entry that is written.
 */
static int take_cursor(struct store_view *view, enum store_table table,
                       MDB_cursor **cursor_out)
{
    int code = 0;

    *cursor_out = view->cursors[table];
    if (*cursor_out == NULL) {
        code =
            mdb_cursor_open(view->txn, view->ledger->tables[table], cursor_out);
    }
    if (!view->is_batch) {
        view->cursors[table] = *cursor_out;
    }
    return code;
}

static void drop_cursor(struct store_view *view, MDB_cursor *cursor)
{
    if (view->is_batch) {
        mdb_cursor_close(cursor);
    }
}

enum assay_err store_index_seek(struct store_view *view,
                                struct store_entry *entry)
{
    MDB_val key = store_val(entry->key, entry->key_len);
    MDB_val val = store_val(entry->value, entry->value_len);
    size_t value_len = entry->value_len;
    MDB_cursor *cursor = NULL;
    int code = take_cursor(view, entry->table, &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &val, MDB_GET_BOTH_RANGE);
    }
    enum assay_err err = store_err_from_mdb(code);
    if (err == ASSAY_OK && val.mv_size != value_len) {
        err = ASSAY_E_CORRUPT;
    }
    if (err == ASSAY_OK) {
        memcpy(entry->value, val.mv_data, value_len);
    }
    drop_cursor(view, cursor);
    return err;
}

/* Puts a cursor on the last value of the key that is below val. */
static int move_back(MDB_cursor *cursor, MDB_val *key, MDB_val *val)
{
    int code = mdb_cursor_get(cursor, key, val, MDB_GET_BOTH_RANGE);

    if (code == 0) {
        return mdb_cursor_get(cursor, key, val, MDB_PREV_DUP);
    }
    if (code == MDB_NOTFOUND) {
        code = mdb_cursor_get(cursor, key, val, MDB_SET_KEY);
    }
    return code == 0 ? mdb_cursor_get(cursor, key, val, MDB_LAST_DUP) : code;
}

enum assay_err store_index_seek_back(struct store_view *view,
                                     struct store_entry *entry)
{
    MDB_val key = store_val(entry->key, entry->key_len);
    MDB_val val = store_val(entry->value, entry->value_len);
    MDB_cursor *cursor = NULL;
    int code = take_cursor(view, entry->table, &cursor);

    if (code == 0) {
        code = move_back(cursor, &key, &val);
    }
    enum assay_err err = store_err_from_mdb(code);
    if (err == ASSAY_OK) {
        err = take(entry, &key, &val);
    }
    drop_cursor(view, cursor);
    return err;
}

/* Puts a cursor on the first entry of any key that is not below both. */
static int move_on(MDB_cursor *cursor, MDB_val *key, MDB_val *val)
{
    MDB_val found = *key;
    MDB_val first = *val;
    int code;

    if (key->mv_size == 0) {
        return mdb_cursor_get(cursor, key, val, MDB_FIRST);
    }
    code = mdb_cursor_get(cursor, &found, &first, MDB_SET_RANGE);
    if (code == 0 && found.mv_size == key->mv_size &&
        memcmp(found.mv_data, key->mv_data, key->mv_size) == 0) {
        code = mdb_cursor_get(cursor, key, val, MDB_GET_BOTH_RANGE);
        if (code != MDB_NOTFOUND) {
            return code;
        }
        code = mdb_cursor_get(cursor, &found, &first, MDB_SET_RANGE);
        if (code == 0) {
            code = mdb_cursor_get(cursor, &found, &first, MDB_NEXT_NODUP);
        }
    }
    *key = found;
    *val = first;
    return code;
}

enum assay_err store_index_walk(struct store_view *view,
                                struct store_entry *entry)
{
    MDB_val key = store_val(entry->key, entry->key_len);
    MDB_val val = store_val(entry->value, entry->value_len);
    MDB_cursor *cursor = NULL;
    int code = take_cursor(view, entry->table, &cursor);

    if (code == 0) {
        code = move_on(cursor, &key, &val);
    }
    enum assay_err err = store_err_from_mdb(code);
    if (err == ASSAY_OK) {
        err = take(entry, &key, &val);
    }
    drop_cursor(view, cursor);
    return err;
}

enum assay_err store_index_has(struct store_view *view,
                               const struct store_entry *entry)
{
    MDB_val key = store_val(entry->key, entry->key_len);
    MDB_val val = store_val(entry->value, entry->value_len);
    MDB_cursor *cursor = NULL;
    int code = take_cursor(view, entry->table, &cursor);

    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &val, MDB_GET_BOTH);
    }
    drop_cursor(view, cursor);
    return store_err_from_mdb(code);
}

/* Logs and lists grow at their ends, where appending leaves full pages. */
static bool is_mostly_appended(enum store_table table)
{
    return table == STORE_LOGS || table == STORE_LISTS;
}

enum assay_err store_index_put(struct store_view *view,
                               const struct store_entry *entry)
{
    MDB_dbi table = view->ledger->tables[entry->table];
    MDB_val key = store_val(entry->key, entry->key_len);
    MDB_val val = store_val(entry->value, entry->value_len);
    int code = MDB_KEYEXIST;

    if (is_mostly_appended(entry->table)) {
        code = mdb_put(view->txn, table, &key, &val, MDB_APPENDDUP);
    }
    if (code == MDB_KEYEXIST) {
        code = mdb_put(view->txn, table, &key, &val, MDB_NODUPDATA);
    }
    return code == MDB_KEYEXIST ? ASSAY_OK : store_err_from_mdb(code);
}

enum assay_err store_index_del(struct store_view *view,
                               const struct store_entry *entry)
{
    MDB_val key = store_val(entry->key, entry->key_len);
    MDB_val val = store_val(entry->value, entry->value_len);
    int code =
        mdb_del(view->txn, view->ledger->tables[entry->table], &key, &val);

    store_lsn_forget(view); /* The entry may be that of an id. */
    return code == MDB_NOTFOUND ? ASSAY_OK : store_err_from_mdb(code);
}
