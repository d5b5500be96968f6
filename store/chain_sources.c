/* SPDX-License-Identifier: Apache-2.0 */
#include "chain_walk.h"
#include "protocol/check.h"
#include "refs.h"

#include <stdlib.h>

#define FIRST_CAP 16

/* The items of sources before it is known how many there will be. */
struct source_items {
    struct store_item *list;
    size_t count;
    size_t cap;
};

/* Sources are listed by LSN; those that are not held come last, by id. */
static int compare_items(const void *a, const void *b)
{
    const struct store_item *first = a;
    const struct store_item *second = b;

    if (!first->is_held || !second->is_held) {
        return first->is_held != second->is_held
                   ? (first->is_held ? -1 : 1)
                   : memcmp(first->id.hash, second->id.hash, ASSAY_ID_SIZE);
    }
    return (first->row->lsn > second->row->lsn) -
           (first->row->lsn < second->row->lsn);
}

/* Which sources the verdicts of this page cite: all, and those of current
 * verdicts. */
static enum assay_err list_cites(struct store_chain_walk *walk,
                                 struct store_id_list *all,
                                 struct store_id_list *current)
{
    const struct store_chain *chain = walk->chain;
    enum assay_err err = ASSAY_OK;

    for (size_t i = 0; i < chain->verdict_count; i++) {
        const struct store_chain_verdict *verdict = &chain->verdicts[i];

        for (size_t j = 0; j < verdict->cite_count; j++) {
            err = store_id_list_add(all, walk->scratch, &verdict->cites[j]);
            if (err == ASSAY_OK && verdict->is_current) {
                err = store_id_list_add(current, walk->scratch,
                                        &verdict->cites[j]);
            }
            if (err != ASSAY_OK) {
                return err;
            }
        }
    }
    store_id_list_sort(all);
    store_id_list_sort(current);
    return ASSAY_OK;
}

static enum assay_err grow(struct store_chain_walk *walk,
                           struct source_items *items)
{
    size_t cap = items->cap == 0 ? FIRST_CAP : items->cap * 2;
    struct store_item *list =
        store_arena_alloc_array(walk->scratch, cap, sizeof(*list));

    if (list == NULL) {
        return ASSAY_E_NOMEM;
    }
    if (items->count > 0) {
        memcpy(list, items->list, items->count * sizeof(*list));
    }
    items->list = list;
    items->cap = cap;
    return ASSAY_OK;
}

/* The page itself, and where the next one begins. */
static enum assay_err take_page(struct store_chain_walk *walk,
                                struct source_items *items)
{
    uint64_t lsn = walk->options->sources_after;
    uint64_t last_lsn = lsn;

    for (;;) {
        enum assay_err err = store_refs_next(
            walk->view, &walk->claim, ASSAY_KIND_SOURCE, &lsn, &walk->row);

        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
        if (!store_item_is_on(&walk->row.record, &walk->claim)) {
            continue;
        }
        if (items->count == walk->page_max) {
            walk->chain->source_next_lsn = last_lsn;
            return ASSAY_OK;
        }
        if (items->count == items->cap) {
            err = grow(walk, items);
            if (err != ASSAY_OK) {
                return err;
            }
        }
        err = store_chain_keep(walk, &walk->row, &items->list[items->count]);
        if (err != ASSAY_OK) {
            return err;
        }
        items->count++;
        last_lsn = lsn;
    }
}

static bool has_item(const struct source_items *items, size_t count,
                     const struct assay_id *id)
{
    for (size_t i = 0; i < count; i++) {
        if (assay_id_equal(&items->list[i].id, id)) {
            return true;
        }
    }
    return false;
}

/* Those that are cited and not in the page. */
static enum assay_err take_cited(struct store_chain_walk *walk,
                                 const struct store_id_list *cites,
                                 struct source_items *items)
{
    size_t page_count = items->count;

    for (size_t i = 0; i < cites->count; i++) {
        enum assay_err err;

        if (has_item(items, page_count, &cites->ids[i])) {
            continue;
        }
        if (items->count == items->cap) {
            err = grow(walk, items);
            if (err != ASSAY_OK) {
                return err;
            }
        }
        err = store_chain_keep_named(walk, &cites->ids[i],
                                     &items->list[items->count]);
        if (err != ASSAY_OK) {
            return err;
        }
        items->count++;
    }
    return ASSAY_OK;
}

static enum assay_err fill_source(struct store_chain_walk *walk,
                                  struct store_chain_source *source)
{
    struct store_chain_challenges challenges;
    enum assay_err err;

    if (store_chain_can_read(&source->item, ASSAY_KIND_SOURCE)) {
        err = assay_source_read(source->item.row->record.body, &source->source,
                                NULL);
        ASSAY_CHECK(err == ASSAY_OK);
        err = store_chain_place(walk, &source->source.place, &source->place);
        if (err != ASSAY_OK) {
            return err;
        }
    }
    if (!source->item.is_held) {
        return ASSAY_OK;
    }
    err = store_chain_challenges(walk, &source->item.id, &challenges);
    if (err == ASSAY_OK) {
        source->challenges = challenges.list;
        source->challenge_count = challenges.count;
        source->challenge_more = challenges.more;
    }
    return err;
}

static enum assay_err fill_all(struct store_chain_walk *walk,
                               const struct source_items *items,
                               const struct store_id_list *current)
{
    struct store_chain *chain = walk->chain;

    chain->sources = store_arena_alloc_array(walk->arena, items->count,
                                             sizeof(*chain->sources));
    if (chain->sources == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < items->count; i++) {
        struct store_chain_source *source = &chain->sources[i];
        enum assay_err err;

        source->item = items->list[i];
        source->is_cited = store_id_list_has(current, &source->item.id);
        err = fill_source(walk, source);
        if (err != ASSAY_OK) {
            return err;
        }
        chain->source_count = i + 1;
    }
    return ASSAY_OK;
}

/* How many sources there are: seen already where one page has them all. */
static enum assay_err count_all(struct store_chain_walk *walk,
                                size_t page_count)
{
    if (walk->options->sources_after == 0 &&
        walk->chain->source_next_lsn == 0) {
        walk->chain->source_total = page_count;
        return ASSAY_OK;
    }
    return store_refs_count(walk->view, &walk->claim, ASSAY_KIND_SOURCE,
                            UINT64_MAX, &walk->chain->source_total);
}

enum assay_err store_chain_sources(struct store_chain_walk *walk)
{
    struct store_id_list cites = {NULL, 0, 0};
    struct store_id_list current = {NULL, 0, 0};
    struct source_items items = {NULL, 0, 0};
    enum assay_err err = list_cites(walk, &cites, &current);

    if (err == ASSAY_OK) {
        err = take_page(walk, &items);
    }
    if (err == ASSAY_OK) {
        err = count_all(walk, items.count);
    }
    if (err == ASSAY_OK) {
        err = take_cited(walk, &cites, &items);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    if (items.count > 0) {
        qsort(items.list, items.count, sizeof(*items.list), compare_items);
    }
    return fill_all(walk, &items, &current);
}
