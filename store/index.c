/* SPDX-License-Identifier: Apache-2.0 */
#include "index.h"

#include "protocol/check.h"
#include "protocol/key.h"
#include "protocol/kinds/capture.h"
#include "protocol/kinds/claim.h"
#include "rows.h"

typedef enum assay_err (*visit_fn)(void *context,
                                   const struct store_entry *entry);

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
    struct store_entry entry;
    enum assay_err err = ASSAY_OK;

    if (assay_claim_read(row->record.body, &claim, NULL) != ASSAY_OK) {
        return ASSAY_OK; /* Malformed: it counts for nothing. */
    }
    for (size_t i = 0; i < claim.topics.count && err == ASSAY_OK; i++) {
        if (is_repeated(&claim.topics, i)) {
            continue;
        }
        store_entry_of_text(STORE_TAG_TOPIC, claim.topics.items[i], row->lsn,
                            &entry);
        err = visit(context, &entry);
    }
    return err;
}

static enum assay_err each_of_capture(const struct store_row *row,
                                      visit_fn visit, void *context)
{
    struct assay_capture capture;
    struct store_entry entry;
    enum assay_err err;

    if (assay_capture_read(row->record.body, &capture, NULL) != ASSAY_OK) {
        return ASSAY_OK;
    }
    store_entry_of_hash(STORE_TAG_SHA256, capture.sha256, row->lsn, &entry);
    err = visit(context, &entry);
    if (err == ASSAY_OK && capture.url.data != NULL) {
        store_entry_of_text(STORE_TAG_URL, capture.url, row->lsn, &entry);
        err = visit(context, &entry);
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
        struct store_entry entry;
        uint64_t named_lsn = 0;

        err = store_lsn_of(view, &ids[i], &named_lsn);
        if (err == ASSAY_OK) {
            store_entry_ref(named_lsn, kind, row->lsn, &entry);
        } else if (err == ASSAY_E_NOT_FOUND) {
            store_entry_missing(&ids[i], kind, row->lsn, &entry);
        } else {
            return err;
        }
        err = visit(context, &entry);
    }
    return err;
}

/* The lists of the key that is granted something and of the team that grants
 * it. */
static enum assay_err each_of_grant(const struct store_row *row,
                                    uint64_t team_lsn, visit_fn visit,
                                    void *context)
{
    const struct assay_payload *payload = &row->record.payload;
    struct assay_key key = row->record.key;
    struct assay_grant grant;
    struct store_entry entry;
    enum assay_err err;

    if (payload->kind == ASSAY_KIND_MEMBER) {
        if (assay_grant_read(payload->kind, payload->grant, &grant, NULL) !=
            ASSAY_OK) {
            return ASSAY_OK; /* It grants nothing. */
        }
        key = grant.key;
    }
    store_entry_of_hash(STORE_TAG_KEY, key.bytes, row->lsn, &entry);
    err = visit(context, &entry);
    if (err == ASSAY_OK) {
        store_entry_of_team(STORE_TAG_GRANTS,
                            payload->kind == ASSAY_KIND_FOUND ? row->lsn
                                                              : team_lsn,
                            row->lsn, &entry);
        err = visit(context, &entry);
    }
    return err;
}

bool store_index_needs_team(const struct assay_record *record)
{
    return record->payload.kind == ASSAY_KIND_CLAIM ||
           record->payload.kind == ASSAY_KIND_MEMBER ||
           record->payload.kind == ASSAY_KIND_ROTATE;
}

enum assay_err store_index_each(struct store_view *view,
                                const struct store_row *row, uint64_t team_lsn,
                                visit_fn visit, void *context)
{
    const struct assay_payload *payload = &row->record.payload;
    struct store_entry entry;
    enum assay_err err;

    store_entry_id(&row->record.id, row->lsn, &entry);
    err = visit(context, &entry);
    if (err == ASSAY_OK) {
        store_entry_log(row->log_lsn, payload->seq, row->lsn, &entry);
        err = visit(context, &entry);
    }
    if (err == ASSAY_OK) {
        store_entry_of_kind(payload->kind, row->lsn, &entry);
        err = visit(context, &entry);
    }
    if (err == ASSAY_OK && payload->kind == ASSAY_KIND_CLAIM) {
        store_entry_of_team(STORE_TAG_TEAM, team_lsn, row->lsn, &entry);
        err = visit(context, &entry);
    }
    if (err == ASSAY_OK && (assay_kind_is_root(payload->kind) ||
                            payload->kind == ASSAY_KIND_MEMBER)) {
        err = each_of_grant(row, team_lsn, visit, context);
    }
    if (err == ASSAY_OK) {
        err = store_index_each_of_body(row, visit, context);
    }
    return err == ASSAY_OK ? each_named(view, row, visit, context) : err;
}
