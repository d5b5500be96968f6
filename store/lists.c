/* SPDX-License-Identifier: Apache-2.0 */
#include "lists.h"

#include "index.h"
#include "protocol/kinds/capture.h"
#include "protocol/kinds/claim.h"
#include "rows.h"

/* The part of the key before the LSN; ASSAY_E_NOT_FOUND where the team is not
 * held, and so has nothing. */
static enum assay_err make_prefix(struct store_view *view,
                                  const struct store_list_query *query,
                                  uint8_t *key_out, size_t *len_out)
{
    uint64_t lsn = 0;
    enum assay_err err = ASSAY_OK;

    switch (query->list) {
    case STORE_LIST_KIND:
        *len_out = store_key_kind_prefix(query->kind, key_out);
        break;
    case STORE_LIST_TOPIC:
        *len_out = store_key_text_prefix(STORE_TAG_TOPIC, query->text, key_out);
        break;
    case STORE_LIST_TEAM_CLAIMS:
        err = store_lsn_of(view, &query->id, &lsn);
        *len_out = store_key_lsn_prefix(STORE_TAG_TEAM, lsn, key_out);
        break;
    case STORE_LIST_SHA256:
        *len_out =
            store_key_hash_prefix(STORE_TAG_SHA256, query->id.hash, key_out);
        break;
    case STORE_LIST_URL:
        *len_out = store_key_text_prefix(STORE_TAG_URL, query->text, key_out);
        break;
    }
    return err;
}

/* Puts the cursor on the next entry in the order asked for. */
static int move(MDB_cursor *cursor, MDB_val *key, bool newest_first)
{
    int code = mdb_cursor_get(cursor, key, NULL, MDB_SET_RANGE);

    if (!newest_first) {
        return code;
    }
    /* The range's first entry is not below what was asked for. */
    return mdb_cursor_get(cursor, key, NULL,
                          code == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
}

static enum assay_err next_lsn(struct store_view *view, bool newest_first,
                               const uint8_t *prefix, size_t len, uint64_t *lsn)
{
    uint8_t bytes[STORE_KEY_MAX] = {0};
    MDB_val key = store_val(bytes, len + 8);
    MDB_cursor *cursor = NULL;
    uint64_t from = *lsn + 1;

    if (newest_first) {
        from = *lsn == 0 ? view->last_lsn + 1 : *lsn;
    }
    memcpy(bytes, prefix, len);
    store_put_u64(bytes + len, from);
    int code =
        mdb_cursor_open(view->txn, view->ledger->tables[STORE_LISTS], &cursor);
    if (code == 0) {
        code = move(cursor, &key, newest_first);
    }
    if (code == 0 &&
        (key.mv_size != len + 8 || memcmp(key.mv_data, prefix, len) != 0)) {
        code = MDB_NOTFOUND;
    }
    if (code == 0) {
        *lsn = store_get_u64((const uint8_t *)key.mv_data + len);
        code = *lsn > view->last_lsn ? MDB_NOTFOUND : 0;
    }
    mdb_cursor_close(cursor);
    return store_err_from_mdb(code);
}

static bool has_topic(const struct store_row *row, struct assay_bytes topic)
{
    struct assay_claim claim;

    if (row->record.body.data == NULL ||
        assay_claim_read(row->record.body, &claim, NULL) != ASSAY_OK) {
        return false;
    }
    for (size_t i = 0; i < claim.topics.count; i++) {
        if (assay_bytes_equal(claim.topics.items[i], topic)) {
            return true;
        }
    }
    return false;
}

/* Keys hold parts of hashes: the record itself decides. */
static bool is_meant(const struct store_list_query *query,
                     const struct store_row *row)
{
    struct assay_capture capture;

    switch (query->list) {
    case STORE_LIST_KIND:
        return row->record.payload.kind == query->kind ||
               query->kind >= UINT8_MAX;
    case STORE_LIST_TEAM_CLAIMS:
        return true;
    case STORE_LIST_TOPIC:
        return has_topic(row, query->text);
    case STORE_LIST_SHA256:
    case STORE_LIST_URL:
        break;
    }
    if (row->record.body.data == NULL ||
        assay_capture_read(row->record.body, &capture, NULL) != ASSAY_OK) {
        return false;
    }
    return query->list == STORE_LIST_URL
               ? assay_bytes_equal(capture.url, query->text)
               : memcmp(capture.sha256, query->id.hash, ASSAY_HASH_SIZE) == 0;
}

enum assay_err store_list_next(struct store_view *view,
                               const struct store_list_query *query,
                               uint64_t *cursor_lsn, struct store_row *row_out)
{
    uint8_t prefix[STORE_KEY_MAX];
    size_t len = 0;
    uint64_t lsn = *cursor_lsn;
    enum assay_err err = make_prefix(view, query, prefix, &len);

    while (err == ASSAY_OK) {
        err = next_lsn(view, query->newest_first, prefix, len, &lsn);
        if (err == ASSAY_OK) {
            err = store_view_by_lsn(view, lsn, row_out);
            err = err == ASSAY_E_NOT_FOUND ? ASSAY_E_CORRUPT : err;
        }
        if (err == ASSAY_OK && is_meant(query, row_out)) {
            *cursor_lsn = lsn;
            return ASSAY_OK;
        }
    }
    return err;
}
