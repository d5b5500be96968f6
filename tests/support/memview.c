/* SPDX-License-Identifier: Apache-2.0 */
#include "memview.h"

#include "protocol/check.h"
#include "protocol/id_table.h"

#include <stdlib.h>

struct held {
    struct assay_id_entry entry; /* By record.id. */
    struct assay_record record;  /* Borrows from bytes. */
    uint8_t *bytes;              /* The envelope, then the body. */
};

struct memview {
    struct assay_log_view view;
    struct assay_id_entry *by_id;
    struct held **in_order;
    size_t count;
    size_t cap;
    bool has_stutter;
    size_t call_count;
    size_t fail_call; /* 0: none. */
    enum assay_err fail_err;
};

/* Counts a call; tells whether it is the one that is to fail. */
static enum assay_err begin_call(struct memview *memview)
{
    memview->call_count++;
    return memview->call_count == memview->fail_call ? memview->fail_err
                                                     : ASSAY_OK;
}

static struct held *find(const struct memview *memview,
                         const struct assay_id *id)
{
    return (struct held *)assay_id_table_find(memview->by_id, id);
}

static enum assay_err load(void *context, const struct assay_id *id,
                           struct assay_record *record_out)
{
    struct memview *memview = context;
    const struct held *held = find(memview, id);
    enum assay_err err = begin_call(memview);

    if (err != ASSAY_OK) {
        return err;
    }
    if (held == NULL) {
        return ASSAY_E_NOT_FOUND;
    }
    *record_out = held->record;
    return ASSAY_OK;
}

static bool names(const struct assay_record *record, const struct assay_id *id)
{
    struct assay_grant grant;

    if (record->payload.kind == ASSAY_KIND_ROTATE) {
        return assay_id_equal(&record->payload.auth, id);
    }
    if (record->payload.kind == ASSAY_KIND_REVOKE) {
        enum assay_err err = assay_grant_read(
            record->payload.kind, record->payload.grant, &grant, NULL);

        ASSAY_CHECK(err == ASSAY_OK);
        return assay_id_equal(&grant.target, id);
    }
    for (size_t i = 0; i < record->payload.about_count; i++) {
        if (assay_id_equal(&record->payload.about[i].id, id)) {
            return true;
        }
    }
    return false;
}

/* The record at a cursor, which counts answers, or NULL behind the last. */
static const struct assay_record *at_cursor(const struct memview *memview,
                                            uint64_t cursor)
{
    size_t index = (size_t)(memview->has_stutter ? cursor / 2 : cursor);

    return index < memview->count ? &memview->in_order[index]->record : NULL;
}

static enum assay_err next_naming(void *context, const struct assay_id *id,
                                  enum assay_kind kind, uint64_t *cursor,
                                  struct assay_record *record_out)
{
    struct memview *memview = context;
    enum assay_err err = begin_call(memview);
    const struct assay_record *record = at_cursor(memview, *cursor);

    if (err != ASSAY_OK) {
        return err;
    }
    while (record != NULL) {
        ++*cursor;
        if (record->payload.kind == kind && names(record, id)) {
            *record_out = *record;
            return ASSAY_OK;
        }
        record = at_cursor(memview, *cursor);
    }
    return ASSAY_E_NOT_FOUND;
}

static enum assay_err next_at(void *context, const struct assay_id *log,
                              uint64_t seq, uint64_t *cursor,
                              struct assay_id *id_out)
{
    struct memview *memview = context;
    enum assay_err err = begin_call(memview);
    const struct assay_record *record = at_cursor(memview, *cursor);

    if (err != ASSAY_OK) {
        return err;
    }
    while (record != NULL) {
        ++*cursor;
        if (record->payload.seq == seq &&
            assay_id_equal(assay_record_log(record), log)) {
            *id_out = record->id;
            return ASSAY_OK;
        }
        record = at_cursor(memview, *cursor);
    }
    return ASSAY_E_NOT_FOUND;
}

struct memview *memview_new(void)
{
    struct memview *memview = calloc(1, sizeof(*memview));

    ASSAY_CHECK(memview != NULL);
    memview->view = (struct assay_log_view){
        .context = memview,
        .load = load,
        .next_naming = next_naming,
        .next_at = next_at,
    };
    return memview;
}

void memview_free(struct memview *memview)
{
    if (memview == NULL) {
        return;
    }
    for (size_t i = 0; i < memview->count; i++) {
        struct held *held = memview->in_order[i];

        assay_id_table_remove(&memview->by_id, &held->entry);
        free(held->bytes);
        free(held);
    }
    free(memview->in_order);
    free(memview);
}

static bool is_early(const struct memview *memview,
                     const struct assay_record *record)
{
    if (record->payload.kind != ASSAY_KIND_FOUND &&
        find(memview, &record->payload.auth) == NULL) {
        return true;
    }
    for (size_t i = 0; i < record->payload.prev_count; i++) {
        if (find(memview, &record->payload.prev[i]) == NULL) {
            return true;
        }
    }
    return false;
}

static void keep(struct memview *memview, struct held *held)
{
    enum assay_err err;

    if (memview->count == memview->cap) {
        size_t cap = memview->cap * 2 + 64;
        struct held **grown =
            realloc(memview->in_order, cap * sizeof(struct held *));

        ASSAY_CHECK(grown != NULL);
        memview->in_order = grown;
        memview->cap = cap;
    }
    memview->in_order[memview->count] = held;
    memview->count++;
    held->entry.id = held->record.id;
    err = assay_id_table_add(&memview->by_id, &held->entry);
    ASSAY_CHECK(err == ASSAY_OK);
}

enum assay_err memview_add(struct memview *memview, struct assay_bytes envelope,
                           struct assay_bytes body)
{
    struct held *held = calloc(1, sizeof(*held));
    struct assay_bytes copy = {NULL, envelope.len};
    struct assay_bytes body_copy = ASSAY_BYTES_NONE;
    enum assay_err err;

    ASSAY_CHECK(held != NULL);
    held->bytes = malloc(envelope.len + body.len + 1);
    ASSAY_CHECK(held->bytes != NULL);
    memcpy(held->bytes, envelope.data, envelope.len);
    copy.data = held->bytes;
    if (body.data != NULL) {
        memcpy(held->bytes + envelope.len, body.data, body.len);
        body_copy = (struct assay_bytes){held->bytes + envelope.len, body.len};
    }
    err = assay_record_parse(copy, body_copy, &held->record, NULL);
    if (err == ASSAY_OK && find(memview, &held->record.id) != NULL) {
        err = ASSAY_E_EXISTS;
    }
    if (err == ASSAY_OK && is_early(memview, &held->record)) {
        err = ASSAY_E_EARLY;
    }
    if (err != ASSAY_OK) {
        free(held->bytes);
        free(held);
        return err;
    }
    keep(memview, held);
    return ASSAY_OK;
}

const struct assay_log_view *memview_view(struct memview *memview)
{
    return &memview->view;
}

size_t memview_count(const struct memview *memview)
{
    return memview->count;
}

const struct assay_record *memview_at(const struct memview *memview,
                                      size_t index)
{
    ASSAY_CHECK(index < memview->count);
    return &memview->in_order[index]->record;
}

const struct assay_record *memview_find(const struct memview *memview,
                                        const struct assay_id *id)
{
    const struct held *held = find(memview, id);

    return held == NULL ? NULL : &held->record;
}

void memview_stutter(struct memview *memview)
{
    memview->has_stutter = true;
}

size_t memview_call_count(const struct memview *memview)
{
    return memview->call_count;
}

void memview_fail_at(struct memview *memview, size_t call, enum assay_err err)
{
    memview->call_count = 0;
    memview->fail_call = call;
    memview->fail_err = err;
}
