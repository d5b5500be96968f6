/* SPDX-License-Identifier: Apache-2.0 */
#include "chain.h"

#include "chain_walk.h"
#include "protocol/check.h"
#include "trust.h"

#include <stdlib.h>

#define PAGE_DEFAULT 50
#define ARENA_BLOCK (64 * 1024)
#define SCRATCH_BLOCK (8 * 1024)
#define ID_LIST_FIRST 16

/* A chain and the memory that it lives in. */
struct chain_memory {
    struct store_chain chain; /* First: what is handed out points here. */
    struct store_arena arena;
};

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct assay_id));
}

enum assay_err store_id_list_add(struct store_id_list *list,
                                 struct store_arena *scratch,
                                 const struct assay_id *id)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? ID_LIST_FIRST : list->cap * 2;
        struct assay_id *ids =
            store_arena_alloc_array(scratch, cap, sizeof(*ids));

        if (ids == NULL) {
            return ASSAY_E_NOMEM;
        }
        if (list->count > 0) {
            memcpy(ids, list->ids, list->count * sizeof(*ids));
        }
        list->ids = ids;
        list->cap = cap;
    }
    list->ids[list->count++] = *id;
    return ASSAY_OK;
}

void store_id_list_sort(struct store_id_list *list)
{
    size_t count = 0;

    if (list->count == 0) {
        return;
    }
    qsort(list->ids, list->count, sizeof(*list->ids), compare_ids);
    for (size_t i = 0; i < list->count; i++) {
        if (count == 0 ||
            !assay_id_equal(&list->ids[i], &list->ids[count - 1])) {
            list->ids[count++] = list->ids[i];
        }
    }
    list->count = count;
}

bool store_id_list_has(const struct store_id_list *list,
                       const struct assay_id *id)
{
    return list->count > 0 && bsearch(id, list->ids, list->count, sizeof(*id),
                                      compare_ids) != NULL;
}

bool store_chain_has_room(const struct store_chain_walk *walk)
{
    return walk->item_count < STORE_CHAIN_ITEMS_MAX;
}

enum assay_err store_chain_keep(struct store_chain_walk *walk,
                                const struct store_row *row,
                                struct store_item *item_out)
{
    struct store_row *kept = store_arena_alloc(walk->arena, sizeof(*kept));
    enum assay_err err;

    if (kept == NULL) {
        return ASSAY_E_NOMEM;
    }
    *kept = *row;
    walk->item_count++;
    err = store_item_fill_by(&walk->memo, kept,
                             walk->options->verify_signatures, item_out);
    if (err == ASSAY_OK &&
        item_out->validity.state == ASSAY_AUTHORITY_MISSING) {
        err = store_id_list_add(&walk->missing, walk->scratch,
                                &kept->record.payload.auth);
    }
    return err;
}

enum assay_err store_chain_keep_named(struct store_chain_walk *walk,
                                      const struct assay_id *id,
                                      struct store_item *item_out)
{
    enum assay_err err = store_view_by_id(walk->view, id, &walk->named);

    if (err == ASSAY_OK) {
        return store_chain_keep(walk, &walk->named, item_out);
    }
    if (err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    *item_out = (struct store_item){.id = *id, .body = STORE_BODY_MISSING};
    item_out->validity.state = ASSAY_AUTHORITY_MISSING;
    return store_id_list_add(&walk->missing, walk->scratch, id);
}

bool store_chain_can_read(const struct store_item *item, enum assay_kind kind)
{
    return item->is_held && item->body == STORE_BODY_HELD &&
           item->row->record.payload.kind == (uint64_t)kind;
}

struct assay_bytes store_chain_note(const struct store_item *item)
{
    struct assay_note note = {ASSAY_BYTES_NONE};

    if (item->body != STORE_BODY_HELD ||
        assay_note_read(item->row->record.payload.kind, item->row->record.body,
                        &note, NULL) != ASSAY_OK) {
        return ASSAY_BYTES_NONE;
    }
    return note.text;
}

static bool is_own(const struct store_chain_options *options,
                   const struct assay_id *team)
{
    for (size_t i = 0; i < options->own_team_count; i++) {
        if (assay_id_equal(&options->own_teams[i], team)) {
            return true;
        }
    }
    return false;
}

enum assay_err store_chain_is_accepted(struct store_chain_walk *walk,
                                       const struct store_item *item,
                                       bool *is_accepted_out)
{
    const struct assay_authority *authority = item->validity.authority;
    bool *is_accepted;

    if (authority == NULL) {
        *is_accepted_out = false;
        return ASSAY_OK;
    }
    is_accepted = store_id_map_get(&walk->accepted, &authority->team);
    if (is_accepted == NULL) {
        is_accepted = store_arena_alloc(walk->scratch, sizeof(*is_accepted));
        if (is_accepted == NULL) {
            return ASSAY_E_NOMEM;
        }
        *is_accepted = is_own(walk->options, &authority->team) ||
                       store_trust_has(walk->view, &authority->team);
        store_id_map_put(&walk->accepted, walk->scratch, &authority->team,
                         is_accepted);
    }
    *is_accepted_out = *is_accepted;
    return ASSAY_OK;
}

static size_t page_max_of(const struct store_chain_options *options)
{
    if (options->page_max == 0) {
        return PAGE_DEFAULT;
    }
    return options->page_max < STORE_CHAIN_ITEMS_MAX ? options->page_max
                                                     : STORE_CHAIN_ITEMS_MAX;
}

static enum assay_err take_claim(struct store_chain_walk *walk)
{
    struct store_chain *chain = walk->chain;
    enum assay_err err = store_view_by_id(walk->view, &walk->claim, &walk->row);

    if (err != ASSAY_OK) {
        return err;
    }
    if (walk->row.record.payload.kind != ASSAY_KIND_CLAIM) {
        return ASSAY_E_AUTH;
    }
    err = store_chain_keep(walk, &walk->row, &chain->item);
    if (err != ASSAY_OK ||
        !store_chain_can_read(&chain->item, ASSAY_KIND_CLAIM)) {
        return err;
    }
    err = assay_claim_read(walk->row.record.body, &chain->claim, NULL);
    ASSAY_CHECK(err == ASSAY_OK);
    chain->places = store_arena_alloc_array(
        walk->arena, chain->claim.place_count, sizeof(*chain->places));
    if (chain->places == NULL) {
        return ASSAY_E_NOMEM;
    }
    for (size_t i = 0; i < chain->claim.place_count; i++) {
        err =
            store_chain_place(walk, &chain->claim.places[i], &chain->places[i]);
        if (err != ASSAY_OK) {
            return err;
        }
        chain->place_count = i + 1;
    }
    return ASSAY_OK;
}

static enum assay_err take_challenges(struct store_chain_walk *walk)
{
    struct store_chain_challenges challenges;
    enum assay_err err =
        store_chain_challenges(walk, &walk->claim, &challenges);

    if (err == ASSAY_OK) {
        walk->chain->challenges = challenges.list;
        walk->chain->challenge_count = challenges.count;
        walk->chain->challenge_more = challenges.more;
    }
    return err;
}

static enum assay_err take_missing(struct store_chain_walk *walk)
{
    struct store_chain *chain = walk->chain;

    store_id_list_sort(&walk->missing);
    chain->missing = store_arena_alloc_array(walk->arena, walk->missing.count,
                                             sizeof(*chain->missing));
    if (chain->missing == NULL) {
        return ASSAY_E_NOMEM;
    }
    if (walk->missing.count > 0) {
        memcpy(chain->missing, walk->missing.ids,
               walk->missing.count * sizeof(*chain->missing));
    }
    chain->missing_count = walk->missing.count;
    return ASSAY_OK;
}

static enum assay_err take_all(struct store_chain_walk *walk)
{
    enum assay_err err =
        store_item_memo_init(&walk->memo, walk->view, walk->scratch);

    if (err == ASSAY_OK) {
        err = take_claim(walk);
    }
    if (err == ASSAY_OK) {
        err = take_challenges(walk);
    }
    if (err == ASSAY_OK) {
        err = store_chain_verdicts(walk);
    }
    if (err == ASSAY_OK) {
        err = store_chain_sources(walk);
    }
    if (err == ASSAY_OK) {
        err = store_chain_links(walk);
    }
    if (err == ASSAY_OK) {
        err = take_missing(walk);
    }
    return err;
}

enum assay_err store_chain_walk(struct store_view *view,
                                struct store_ledger *captures_of,
                                const struct assay_id *claim,
                                const struct store_chain_options *options,
                                struct store_chain **chain_out)
{
    struct chain_memory *memory = calloc(1, sizeof(*memory));
    struct store_arena scratch;
    struct store_chain_walk walk;
    enum assay_err err;

    if (memory == NULL) {
        return ASSAY_E_NOMEM;
    }
    store_arena_init(&memory->arena, ARENA_BLOCK);
    store_arena_init(&scratch, SCRATCH_BLOCK);
    walk = (struct store_chain_walk){
        .view = view,
        .captures_of = captures_of,
        .options = options,
        .claim = *claim,
        .page_max = page_max_of(options),
        .chain = &memory->chain,
        .arena = &memory->arena,
        .scratch = &scratch,
        .search_left = STORE_CHAIN_SEARCH_MAX,
    };
    memory->chain.as_of_s = store_view_as_of(view);
    err = take_all(&walk);
    store_chain_places_end(&walk);
    store_arena_clear(&scratch);
    if (err == ASSAY_OK) {
        *chain_out = &memory->chain;
    } else {
        store_chain_free(&memory->chain);
    }
    return err;
}

void store_chain_free(struct store_chain *chain)
{
    struct chain_memory *memory = (struct chain_memory *)chain;

    if (memory != NULL) {
        store_arena_clear(&memory->arena);
        free(memory);
    }
}
