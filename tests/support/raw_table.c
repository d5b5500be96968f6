/* SPDX-License-Identifier: Apache-2.0 */
#include "raw_table.h"

#include "testing.h"

#include <sodium.h>

static MDB_txn *begin(struct store_ledger *ledger, unsigned flags)
{
    MDB_txn *txn = NULL;

    assert_int_equal(mdb_txn_begin(ledger->env, NULL, flags, &txn), 0);
    return txn;
}

size_t raw_count(struct store_ledger *ledger, enum store_table table)
{
    MDB_txn *txn = begin(ledger, MDB_RDONLY);
    MDB_stat stat;

    assert_int_equal(mdb_stat(txn, ledger->tables[table], &stat), 0);
    mdb_txn_abort(txn);
    return stat.ms_entries;
}

static void copy_entry(const MDB_val *key, const MDB_val *val,
                       struct raw_entry *entry)
{
    assert_true(key->mv_size <= sizeof(entry->key));
    assert_true(val->mv_size <= sizeof(entry->value));
    memcpy(entry->key, key->mv_data, key->mv_size);
    entry->key_len = key->mv_size;
    if (val->mv_size > 0) {
        memcpy(entry->value, val->mv_data, val->mv_size);
    }
    entry->value_len = val->mv_size;
}

struct raw_entry raw_get(struct store_ledger *ledger, enum store_table table,
                         size_t index)
{
    struct raw_entry entry = {.key_len = 0};
    MDB_txn *txn = begin(ledger, MDB_RDONLY);
    MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val val;

    assert_int_equal(mdb_cursor_open(txn, ledger->tables[table], &cursor), 0);
    for (size_t at = 0; at <= index; at++) {
        assert_int_equal(mdb_cursor_get(cursor, &key, &val, MDB_NEXT), 0);
    }
    copy_entry(&key, &val, &entry);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return entry;
}

void raw_put(struct store_ledger *ledger, enum store_table table,
             const struct raw_entry *entry)
{
    MDB_txn *txn = begin(ledger, 0);
    MDB_val key = store_val(entry->key, entry->key_len);
    MDB_val val = store_val(entry->value, entry->value_len);

    assert_int_equal(mdb_put(txn, ledger->tables[table], &key, &val, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
}

void raw_delete(struct store_ledger *ledger, enum store_table table,
                const struct raw_entry *entry)
{
    MDB_txn *txn = begin(ledger, 0);
    MDB_val key = store_val(entry->key, entry->key_len);
    MDB_val val = store_val(entry->value, entry->value_len);

    assert_int_equal(mdb_del(txn, ledger->tables[table], &key, &val), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
}

void raw_drop(struct store_ledger *ledger, enum store_table table)
{
    MDB_txn *txn = begin(ledger, 0);

    assert_int_equal(mdb_drop(txn, ledger->tables[table], 1), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
}

void raw_set_format(struct store_ledger *ledger, uint64_t format)
{
    struct raw_entry meta = raw_get(ledger, STORE_META, 0);

    memcpy(meta.value, &format, sizeof(format));
    raw_put(ledger, STORE_META, &meta);
}

struct assay_id raw_digest(struct store_ledger *ledger, enum store_table table)
{
    MDB_txn *txn = begin(ledger, MDB_RDONLY);
    MDB_cursor *cursor = NULL;
    crypto_hash_sha256_state state;
    struct assay_id digest;
    MDB_val key;
    MDB_val val;

    (void)crypto_hash_sha256_init(&state);
    assert_int_equal(mdb_cursor_open(txn, ledger->tables[table], &cursor), 0);
    while (mdb_cursor_get(cursor, &key, &val, MDB_NEXT) == 0) {
        uint64_t lens[] = {key.mv_size, val.mv_size};

        (void)crypto_hash_sha256_update(&state, (const uint8_t *)lens,
                                        sizeof(lens));
        (void)crypto_hash_sha256_update(&state, key.mv_data, key.mv_size);
        (void)crypto_hash_sha256_update(&state, val.mv_data, val.mv_size);
    }
    (void)crypto_hash_sha256_final(&state, digest.hash);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return digest;
}
