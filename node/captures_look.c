/* SPDX-License-Identifier: Apache-2.0 */
#include "captures_look.h"

#include "protocol/kinds/capture.h"
#include "store/captures.h"
#include "store/lists.h"
#include "store/refs.h"

static const uint64_t kinds[NODE_LOOK_LIST_COUNT] = {
    [NODE_LOOK_CAPTURES] = ASSAY_KIND_CAPTURE,
    [NODE_LOOK_CLAIMS] = ASSAY_KIND_CLAIM,
    [NODE_LOOK_SOURCES] = ASSAY_KIND_SOURCE};

/* Whether a claim or a source names the capture. */
static bool is_cited(struct store_view *view, const struct assay_id *id)
{
    uint64_t claims = 0;
    uint64_t sources = 0;

    return (store_refs_count(view, id, ASSAY_KIND_SOURCE, 1, &sources) ==
                ASSAY_OK &&
            sources > 0) ||
           (store_refs_count(view, id, ASSAY_KIND_CLAIM, 1, &claims) ==
                ASSAY_OK &&
            claims > 0);
}

static bool is_found(const struct node_look *look, const uint8_t *sha256)
{
    for (size_t i = 0; i < look->found_count; i++) {
        if (memcmp(look->found[i].sha256, sha256, ASSAY_HASH_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

/* Notes a capture whose bytes are wanted and not held. */
static void look_at(struct store_ledger *ledger, struct store_view *view,
                    const struct assay_record *record, struct node_look *look)
{
    struct assay_capture capture;

    if (record->payload.kind != ASSAY_KIND_CAPTURE ||
        record->body.data == NULL ||
        assay_capture_read(record->body, &capture, NULL) != ASSAY_OK ||
        capture.size > look->size_max || is_found(look, capture.sha256) ||
        store_captures_has(ledger, capture.sha256) ||
        (look->cited_only && !is_cited(view, &record->id))) {
        return;
    }
    struct node_look_found *found = &look->found[look->found_count++];

    memcpy(found->sha256, capture.sha256, sizeof(found->sha256));
    found->size = capture.size;
}

/* Looks at the captures that a claim or source names. */
static void look_at_cited(struct store_ledger *ledger, struct store_view *view,
                          const struct assay_record *record,
                          struct node_look *look)
{
    for (size_t i = 0; i < record->payload.about_count; i++) {
        struct store_row row;

        if (store_view_by_id(view, &record->payload.about[i].id, &row) ==
            ASSAY_OK) {
            look_at(ledger, view, &row.record, look);
        }
    }
}

/* The next record of a list; false at its end, or where there may be no room
 * for what it leads to. */
static bool look_on(struct store_ledger *ledger, struct store_view *view,
                    enum node_look_list list, struct node_look *look)
{
    struct store_list_query query = {.list = STORE_LIST_KIND,
                                     .kind = kinds[list]};
    uint64_t lsn = look->after_lsn[list];
    struct store_row row;

    if (store_list_next(view, &query, &lsn, &row) != ASSAY_OK) {
        return false;
    }
    if (look->found_count + row.record.payload.about_count >=
            NODE_LOOK_FOUND_MAX &&
        look->found_count > 0) {
        look->is_done = false;
        return false;
    }
    if (list == NODE_LOOK_CAPTURES) {
        look_at(ledger, view, &row.record, look);
    } else if (look->cited_only) {
        look_at_cited(ledger, view, &row.record, look);
    }
    look->after_lsn[list] = lsn;
    return true;
}

void node_look_step(struct store_ledger *ledger, struct node_look *look)
{
    struct store_view *view = NULL;
    size_t count = 0;

    look->found_count = 0;
    look->is_done = true;
    look->err = store_view_begin(ledger, STORE_NOW, &view);
    if (look->err != ASSAY_OK) {
        return;
    }
    for (unsigned list = 0; list < NODE_LOOK_LIST_COUNT; list++) {
        while (count < NODE_LOOK_RECORDS &&
               look_on(ledger, view, (enum node_look_list)list, look)) {
            count++;
        }
    }
    if (count == NODE_LOOK_RECORDS) {
        look->is_done = false;
    }
    store_view_end(view);
}
