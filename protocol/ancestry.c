/* SPDX-License-Identifier: Apache-2.0 */
#include "ancestry.h"

#include "ancestry_internal.h"
#include "check.h"

#include <stdlib.h>

#define PENDING_CAP_FIRST 8

struct assay_cut_node {
    struct assay_id_entry entry;
    uint64_t seq;
    size_t prev_count;
    struct assay_id prev[];
};

static void swap(struct assay_cut_node **a, struct assay_cut_node **b)
{
    struct assay_cut_node *held = *a;

    *a = *b;
    *b = held;
}

/* Takes one more; there is room. */
static void pending_push(struct assay_cut *cut, struct assay_cut_node *node)
{
    struct assay_cut_node **heap = cut->pending;
    size_t at = cut->pending_count;

    ASSAY_CHECK(at < cut->pending_cap);
    heap[at] = node;
    cut->pending_count++;
    while (at > 0 && heap[(at - 1) / 2]->seq < heap[at]->seq) {
        swap(&heap[(at - 1) / 2], &heap[at]);
        at = (at - 1) / 2;
    }
}

/* Drops the first. */
static void pending_pop(struct assay_cut *cut)
{
    struct assay_cut_node **heap = cut->pending;
    size_t at = 0;

    ASSAY_CHECK(cut->pending_count > 0);
    cut->pending_count--;
    heap[0] = heap[cut->pending_count];
    for (;;) {
        size_t largest = at;

        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
            if (child < cut->pending_count &&
                heap[child]->seq > heap[largest]->seq) {
                largest = child;
            }
        }
        if (largest == at) {
            return;
        }
        swap(&heap[at], &heap[largest]);
        at = largest;
    }
}

static enum assay_err pending_reserve(struct assay_cut *cut)
{
    struct assay_cut_node **grown;
    size_t cap = cut->pending_cap == 0 ? PENDING_CAP_FIRST : cut->pending_cap;

    if (cut->pending_count < cut->pending_cap) {
        return ASSAY_OK;
    }
    if (cut->pending_cap > 0) {
        if (cap > SIZE_MAX / 2 / sizeof(struct assay_cut_node *)) {
            return ASSAY_E_NOMEM;
        }
        cap *= 2;
    }
    grown = realloc(cut->pending, cap * sizeof(struct assay_cut_node *));
    if (grown == NULL) {
        return ASSAY_E_NOMEM;
    }
    cut->pending = grown;
    cut->pending_cap = cap;
    return ASSAY_OK;
}

static enum assay_err add(struct assay_cut *cut,
                          const struct assay_record *record)
{
    size_t prev_len = record->payload.prev_count * sizeof(struct assay_id);
    struct assay_cut_node *node;
    enum assay_err err = pending_reserve(cut);

    if (err != ASSAY_OK) {
        return err;
    }
    ASSAY_CHECK(record->payload.prev_count <= ASSAY_PREV_MAX);
    node = malloc(sizeof(*node) + prev_len);
    if (node == NULL) {
        return ASSAY_E_NOMEM;
    }
    node->entry.id = record->id;
    node->seq = record->payload.seq;
    node->prev_count = record->payload.prev_count;
    memcpy(node->prev, record->payload.prev, prev_len);
    err = assay_id_table_add(&cut->reached, &node->entry);
    if (err != ASSAY_OK) {
        free(node);
        return err;
    }
    pending_push(cut, node);
    return ASSAY_OK;
}

/* Notes a record as reached, if it is held, of this log and below a seq. */
static enum assay_err reach(struct assay_cut *cut, const struct assay_id *id,
                            uint64_t below_seq)
{
    struct assay_record record;
    enum assay_err err;

    if (assay_id_table_find(cut->reached, id) != NULL) {
        return ASSAY_OK;
    }
    err = cut->view->load(cut->view->context, id, &record);
    if (err == ASSAY_E_NOT_FOUND) {
        return ASSAY_OK;
    }
    if (err != ASSAY_OK) {
        return err;
    }
    if (!assay_id_equal(assay_record_log(&record), &cut->log) ||
        record.payload.seq >= below_seq) {
        return ASSAY_OK;
    }
    return add(cut, &record);
}

/*
 * Reaches the prev of the first pending record, then drops it. What comes in
 * has a smaller seq, so it stays the first meanwhile, and still is if this
 * fails half-way.
 */
static enum assay_err expand_first(struct assay_cut *cut)
{
    const struct assay_cut_node *node = cut->pending[0];

    for (size_t i = 0; i < node->prev_count; i++) {
        enum assay_err err = reach(cut, &node->prev[i], node->seq);

        if (err != ASSAY_OK) {
            return err;
        }
    }
    ASSAY_CHECK(cut->pending[0] == node);
    pending_pop(cut);
    return ASSAY_OK;
}

/* Whether the view has this record at its seq and no other one. */
static enum assay_err is_alone(const struct assay_log_view *view,
                               const struct assay_record *record,
                               bool *is_alone_out)
{
    const struct assay_id *log = assay_record_log(record);
    bool is_held = false;
    bool has_other = false;
    uint64_t cursor = 0;

    while (!has_other) {
        struct assay_id id;
        enum assay_err err = view->next_at(view->context, log,
                                           record->payload.seq, &cursor, &id);

        if (err == ASSAY_E_NOT_FOUND) {
            break;
        }
        if (err != ASSAY_OK) {
            return err;
        }
        if (assay_id_equal(&id, &record->id)) {
            is_held = true;
        } else {
            has_other = true;
        }
    }
    *is_alone_out = is_held && !has_other;
    return ASSAY_OK;
}

enum assay_err assay_cut_init(struct assay_cut *cut,
                              const struct assay_log_view *view,
                              const struct assay_id *log,
                              const struct assay_id *tips, size_t tip_count)
{
    *cut = (struct assay_cut){.view = view, .log = *log};
    for (size_t i = 0; i < tip_count; i++) {
        enum assay_err err = reach(cut, &tips[i], UINT64_MAX);

        if (err != ASSAY_OK) {
            assay_cut_clear(cut);
            return err;
        }
    }
    if (cut->pending_count > 0) {
        cut->top_seq = cut->pending[0]->seq;
    }
    return ASSAY_OK;
}

enum assay_err assay_cut_lets(struct assay_cut *cut,
                              const struct assay_record *record, bool *lets_out)
{
    uint64_t seq = record->payload.seq;
    bool lets = false;
    enum assay_err err;

    if (!assay_id_equal(assay_record_log(record), &cut->log) ||
        seq > cut->top_seq) {
        *lets_out = false;
        return ASSAY_OK;
    }
    if (assay_id_table_find(cut->reached, &record->id) != NULL) {
        *lets_out = true;
        return ASSAY_OK;
    }
    err = is_alone(cut->view, record, &lets);
    if (err != ASSAY_OK) {
        return err;
    }
    if (!lets) {
        while (cut->pending_count > 0 && cut->pending[0]->seq > seq) {
            err = expand_first(cut);
            if (err != ASSAY_OK) {
                return err;
            }
        }
        lets = assay_id_table_find(cut->reached, &record->id) != NULL;
    }
    *lets_out = lets;
    return ASSAY_OK;
}

void assay_cut_clear(struct assay_cut *cut)
{
    struct assay_id_entry *entry = assay_id_table_pop(&cut->reached);

    while (entry != NULL) {
        free(entry);
        entry = assay_id_table_pop(&cut->reached);
    }
    free(cut->pending);
    *cut = (struct assay_cut){0};
}

enum assay_err assay_ancestry_is_behind(const struct assay_log_view *view,
                                        const struct assay_record *record,
                                        const struct assay_id *tip_id,
                                        bool *is_behind_out)
{
    struct assay_cut cut;
    enum assay_err err =
        assay_cut_init(&cut, view, assay_record_log(record), tip_id, 1);

    if (err != ASSAY_OK) {
        return err;
    }
    err = assay_cut_lets(&cut, record, is_behind_out);
    assay_cut_clear(&cut);
    return err;
}
