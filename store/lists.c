/* SPDX-License-Identifier: Apache-2.0 */
#include "lists.h"

#include "entry.h"
#include "protocol/kinds/capture.h"
#include "protocol/kinds/claim.h"
#include "rows.h"

/* The list's entry with an LSN; ASSAY_E_NOT_FOUND where the team is not held,
 * and so has nothing. */
static enum assay_err make_entry(struct store_view *view,
                                 const struct store_list_query *query,
                                 uint64_t lsn, struct store_entry *entry_out)
{
    uint64_t team_lsn = 0;
    enum assay_err err = ASSAY_OK;

    switch (query->list) {
    case STORE_LIST_KIND:
        store_entry_of_kind(query->kind, lsn, entry_out);
        break;
    case STORE_LIST_TOPIC:
        store_entry_of_text(STORE_TAG_TOPIC, query->text, lsn, entry_out);
        break;
    case STORE_LIST_TEAM_CLAIMS:
        err = store_lsn_of(view, &query->id, &team_lsn);
        store_entry_of_team(STORE_TAG_TEAM, team_lsn, lsn, entry_out);
        break;
    case STORE_LIST_SHA256:
        store_entry_of_hash(STORE_TAG_SHA256, query->id.hash, lsn, entry_out);
        break;
    case STORE_LIST_URL:
        store_entry_of_text(STORE_TAG_URL, query->text, lsn, entry_out);
        break;
    }
    return err;
}

/* Moves to the next entry in the order asked for that the view shows. */
static enum assay_err find_next(struct store_view *view, bool newest_first,
                                struct store_entry *entry)
{
    enum assay_err err = newest_first ? store_index_seek_back(view, entry)
                                      : store_index_seek(view, entry);

    if (err == ASSAY_OK && store_entry_lsn(entry) > view->last_lsn) {
        err = ASSAY_E_NOT_FOUND;
    }
    return err;
}

/* Where a page begins: beyond the cursor, or at the list's end. */
static uint64_t first_lsn(const struct store_view *view,
                          const struct store_list_query *query, uint64_t cursor)
{
    if (!query->newest_first) {
        return cursor + 1;
    }
    return cursor == 0 ? view->last_lsn + 1 : cursor;
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
    struct store_entry entry;
    enum assay_err err =
        make_entry(view, query, first_lsn(view, query, *cursor_lsn), &entry);

    while (err == ASSAY_OK) {
        err = find_next(view, query->newest_first, &entry);
        if (err == ASSAY_OK) {
            err = store_view_by_lsn(view, store_entry_lsn(&entry), row_out);
            err = err == ASSAY_E_NOT_FOUND ? ASSAY_E_CORRUPT : err;
        }
        if (err == ASSAY_OK && is_meant(query, row_out)) {
            *cursor_lsn = store_entry_lsn(&entry);
            return ASSAY_OK;
        }
        if (err == ASSAY_OK && !query->newest_first) {
            store_entry_step(&entry);
        }
    }
    return err;
}
