/* SPDX-License-Identifier: Apache-2.0 */
#include "index.h"

#include "protocol/check.h"
#include "protocol/key.h"
#include "protocol/kinds/capture.h"
#include "protocol/kinds/claim.h"
#include "rows.h"

typedef enum assay_err (*visit_fn)(void *context,
                                   const struct store_entry *entry);

uint8_t store_kind_byte(uint64_t kind)
{
    return kind < UINT8_MAX ? (uint8_t)kind : UINT8_MAX;
}

size_t store_key_ref(uint64_t named_lsn, uint64_t kind, uint64_t lsn,
                     uint8_t *key_out)
{
    store_put_u64(key_out, named_lsn);
    key_out[8] = store_kind_byte(kind);
    store_put_u64(key_out + 9, lsn);
    return 17;
}

size_t store_key_missing(const struct assay_id *named, uint64_t kind,
                         uint64_t lsn, uint8_t *key_out)
{
    memcpy(key_out, named->hash, ASSAY_ID_SIZE);
    key_out[ASSAY_ID_SIZE] = store_kind_byte(kind);
    store_put_u64(key_out + ASSAY_ID_SIZE + 1, lsn);
    return ASSAY_ID_SIZE + 9;
}

size_t store_key_log(uint64_t log_lsn, uint64_t seq, uint64_t lsn,
                     uint8_t *key_out)
{
    store_put_u64(key_out, log_lsn);
    store_put_u64(key_out + 8, seq);
    store_put_u64(key_out + 16, lsn);
    return 24;
}

size_t store_key_hash_prefix(enum store_list_tag tag, const uint8_t *hash,
                             uint8_t *key_out)
{
    key_out[0] = (uint8_t)tag;
    memcpy(key_out + 1, hash, 8);
    return 9;
}

size_t store_key_text_prefix(enum store_list_tag tag, struct assay_bytes text,
                             uint8_t *key_out)
{
    uint8_t hash[ASSAY_HASH_SIZE];

    assay_hash(text, hash);
    return store_key_hash_prefix(tag, hash, key_out);
}

size_t store_key_lsn_prefix(enum store_list_tag tag, uint64_t lsn,
                            uint8_t *key_out)
{
    key_out[0] = (uint8_t)tag;
    store_put_u64(key_out + 1, lsn);
    return 9;
}

size_t store_key_kind_prefix(uint64_t kind, uint8_t *key_out)
{
    key_out[0] = STORE_TAG_KIND;
    key_out[1] = store_kind_byte(kind);
    return 2;
}

/* Adds an id unless it is there: a retraction that erases names its target
 * twice, and an index holds one entry for both. */
static size_t add_named(struct assay_id *ids, size_t count,
                        const struct assay_id *id)
{
    for (size_t i = 0; i < count; i++) {
        if (assay_id_equal(&ids[i], id)) {
            return count;
        }
    }
    ids[count] = *id;
    return count + 1;
}

size_t store_index_named(const struct assay_record *record,
                         struct assay_id *ids_out)
{
    const struct assay_payload *payload = &record->payload;
    size_t count = 0;

    for (size_t i = 0; i < payload->about_count; i++) {
        count = add_named(ids_out, count, &payload->about[i].id);
    }
    if (payload->kind == ASSAY_KIND_REVOKE) {
        struct assay_grant grant;

        if (assay_grant_read(payload->kind, payload->grant, &grant, NULL) ==
            ASSAY_OK) {
            count = add_named(ids_out, count, &grant.target);
        }
    } else if (payload->kind == ASSAY_KIND_ROTATE ||
               payload->kind == ASSAY_KIND_PROFILE) {
        count = add_named(ids_out, count, &payload->auth);
    }
    return count;
}

/* A list's entry: the prefix that is in the key, then the LSN. */
static enum assay_err visit_list(struct store_entry *entry, size_t prefix_len,
                                 uint64_t lsn, visit_fn visit, void *context)
{
    entry->table = STORE_LISTS;
    store_put_u64(entry->key + prefix_len, lsn);
    entry->key_len = prefix_len + 8;
    return visit(context, entry);
}

/* Whether a topic stands in its list before. */
static bool is_repeated(const struct assay_text_list *topics, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (assay_bytes_equal(topics->items[i], topics->items[index])) {
            return true;
        }
    }
    return false;
}

static enum assay_err each_topic(const struct store_row *row, visit_fn visit,
                                 void *context)
{
    struct assay_claim claim;
    struct store_entry entry = {0};
    enum assay_err err = ASSAY_OK;

    if (assay_claim_read(row->record.body, &claim, NULL) != ASSAY_OK) {
        return ASSAY_OK; /* Malformed: it counts for nothing. */
    }
    for (size_t i = 0; i < claim.topics.count && err == ASSAY_OK; i++) {
        if (is_repeated(&claim.topics, i)) {
            continue;
        }
        size_t len = store_key_text_prefix(STORE_TAG_TOPIC,
                                           claim.topics.items[i], entry.key);

        err = visit_list(&entry, len, row->lsn, visit, context);
    }
    return err;
}

static enum assay_err each_of_capture(const struct store_row *row,
                                      visit_fn visit, void *context)
{
    struct assay_capture capture;
    struct store_entry entry = {0};
    size_t len;

    if (assay_capture_read(row->record.body, &capture, NULL) != ASSAY_OK) {
        return ASSAY_OK;
    }
    len = store_key_hash_prefix(STORE_TAG_SHA256, capture.sha256, entry.key);
    enum assay_err err = visit_list(&entry, len, row->lsn, visit, context);
    if (err == ASSAY_OK && capture.url.data != NULL) {
        len = store_key_text_prefix(STORE_TAG_URL, capture.url, entry.key);
        err = visit_list(&entry, len, row->lsn, visit, context);
    }
    return err;
}

enum assay_err store_index_each_of_body(const struct store_row *row,
                                        visit_fn visit, void *context)
{
    if (row->record.body.data == NULL) {
        return ASSAY_OK;
    }
    if (row->record.payload.kind == ASSAY_KIND_CLAIM) {
        return each_topic(row, visit, context);
    }
    if (row->record.payload.kind == ASSAY_KIND_CAPTURE) {
        return each_of_capture(row, visit, context);
    }
    return ASSAY_OK;
}

static enum assay_err each_named(struct store_view *view,
                                 const struct store_row *row, visit_fn visit,
                                 void *context)
{
    struct assay_id ids[ASSAY_LIST_MAX + 1];
    size_t count = store_index_named(&row->record, ids);
    uint64_t kind = row->record.payload.kind;
    enum assay_err err = ASSAY_OK;

    for (size_t i = 0; i < count && err == ASSAY_OK; i++) {
        struct store_entry entry = {.table = STORE_REFS};
        uint64_t named_lsn = 0;

        err = store_lsn_of(view, &ids[i], &named_lsn);
        if (err == ASSAY_OK) {
            entry.key_len = store_key_ref(named_lsn, kind, row->lsn, entry.key);
        } else if (err == ASSAY_E_NOT_FOUND) {
            entry.table = STORE_MISSING;
            entry.key_len =
                store_key_missing(&ids[i], kind, row->lsn, entry.key);
        } else {
            return err;
        }
        err = visit(context, &entry);
    }
    return err;
}

enum assay_err store_index_each(struct store_view *view,
                                const struct store_row *row, uint64_t team_lsn,
                                visit_fn visit, void *context)
{
    const struct assay_payload *payload = &row->record.payload;
    uint64_t prefix = store_get_u64(row->record.id.hash);
    struct store_entry entry = {.table = STORE_IDS, .value = row->lsn};
    size_t len;

    memcpy(entry.key, &prefix, sizeof(prefix));
    entry.key_len = sizeof(prefix);
    enum assay_err err = visit(context, &entry);
    if (err == ASSAY_OK) {
        entry.table = STORE_LOGS;
        entry.value = 0;
        entry.key_len =
            store_key_log(row->log_lsn, payload->seq, row->lsn, entry.key);
        err = visit(context, &entry);
    }
    if (err == ASSAY_OK) {
        len = store_key_kind_prefix(payload->kind, entry.key);
        err = visit_list(&entry, len, row->lsn, visit, context);
    }
    if (err == ASSAY_OK && payload->kind == ASSAY_KIND_CLAIM) {
        len = store_key_lsn_prefix(STORE_TAG_TEAM, team_lsn, entry.key);
        err = visit_list(&entry, len, row->lsn, visit, context);
    }
    if (err == ASSAY_OK) {
        err = store_index_each_of_body(row, visit, context);
    }
    return err == ASSAY_OK ? each_named(view, row, visit, context) : err;
}

enum assay_err store_index_put(struct store_view *view,
                               const struct store_entry *entry)
{
    bool is_id = entry->table == STORE_IDS;
    MDB_val key = store_val(entry->key, entry->key_len);
    MDB_val val = store_val(&entry->value, is_id ? sizeof(entry->value) : 0);
    int code = mdb_put(view->txn, view->ledger->tables[entry->table], &key,
                       &val, is_id ? MDB_NODUPDATA : MDB_NOOVERWRITE);

    return code == MDB_KEYEXIST ? ASSAY_OK : store_err_from_mdb(code);
}

enum assay_err store_index_del(struct store_view *view,
                               const struct store_entry *entry)
{
    bool is_id = entry->table == STORE_IDS;
    MDB_val key = store_val(entry->key, entry->key_len);
    MDB_val val = store_val(&entry->value, sizeof(entry->value));
    int code = mdb_del(view->txn, view->ledger->tables[entry->table], &key,
                       is_id ? &val : NULL);

    return code == MDB_NOTFOUND ? ASSAY_OK : store_err_from_mdb(code);
}
