/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain_walk.h - the state of one walk over a claim's chain, for the files
 * that take its parts. Not installed.
 *
 *   chain.c           begins and ends; the claim, its places, what is missing
 *   chain_findings.c  all verdicts, and their sign-offs
 *   chain_verdicts.c  the standing, a page of verdicts
 *   chain_sources.c   a page of sources, and what the verdicts cite
 *   chain_replies.c   challenges and links
 *   chain_places.c    captures, and quotes looked for in them
 */
#ifndef ASSAY_STORE_CHAIN_WALK_H
#define ASSAY_STORE_CHAIN_WALK_H

#include "chain.h"
#include "item.h"

/*
 * Records that one answer holds at most, about: lists inside lists (the
 * challenges of every source) end here however long each may be, and count
 * the rest as more. 4096 rows are 14 MiB.
 */
#define STORE_CHAIN_ITEMS_MAX 4096

/* Captured bytes that one walk hashes and searches at most. What comes after
 * is unchecked. */
#define STORE_CHAIN_SEARCH_MAX (UINT64_C(1) << 30)

/* Ids in scratch memory. */
struct store_id_list {
    struct assay_id *ids;
    size_t count;
    size_t cap;
};

/* The captured bytes that were looked at last. */
struct store_chain_bytes {
    bool is_there;
    enum assay_err err;
    uint8_t sha256[ASSAY_HASH_SIZE];
    struct assay_bytes bytes;
};

struct store_chain_walk {
    struct store_view *view;
    struct store_ledger *captures_of;
    const struct store_chain_options *options;
    struct assay_id claim;
    size_t page_max;
    struct store_chain *chain;   /* The result, */
    struct store_arena *arena;   /* which lives here. */
    struct store_arena *scratch; /* Until the walk ends. */
    struct store_item_memo memo;
    struct store_id_map captures; /* struct chain_capture by id. */
    struct store_id_map accepted; /* By team. */
    struct store_chain_bytes open;
    uint64_t search_left; /* Bytes. */
    size_t item_count;
    struct store_id_list missing;
    struct store_row row;   /* For the loop that is running. */
    struct store_row named; /* For what is looked up inside it. */
};

/* Adds an id; ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err store_id_list_add(struct store_id_list *list,
                                 struct store_arena *scratch,
                                 const struct assay_id *id);

/* Sorts, and drops what is there twice. */
void store_id_list_sort(struct store_id_list *list);

/* Whether a sorted list has the id. */
bool store_id_list_has(const struct store_id_list *list,
                       const struct assay_id *id);

/* Whether the answer may grow by one more entry of a list. */
bool store_chain_has_room(const struct store_chain_walk *walk);

/* Keeps a row in the result and fills the item of it. */
ASSAY_MUST_CHECK
enum assay_err store_chain_keep(struct store_chain_walk *walk,
                                const struct store_row *row,
                                struct store_item *item_out);

/* The same for what a record names, which is noted as missing where it is
 * not held. */
ASSAY_MUST_CHECK
enum assay_err store_chain_keep_named(struct store_chain_walk *walk,
                                      const struct assay_id *id,
                                      struct store_item *item_out);

/* Whether an item is held, of that kind, and its body can be read. */
bool store_chain_can_read(const struct store_item *item, enum assay_kind kind);

/* The text of a body that is a salt and a text; none where it can't be read. */
struct assay_bytes store_chain_note(const struct store_item *item);

/* Whether the item's team is one that the asker accepts. */
ASSAY_MUST_CHECK
enum assay_err store_chain_is_accepted(struct store_chain_walk *walk,
                                       const struct store_item *item,
                                       bool *is_accepted_out);

/* Fills place_out for a place as a body gave it. */
ASSAY_MUST_CHECK
enum assay_err store_chain_place(struct store_chain_walk *walk,
                                 const struct assay_place *place,
                                 struct store_place *place_out);

/* Lets go of captured bytes. */
void store_chain_places_end(struct store_chain_walk *walk);

/* Each takes its part of the chain. Sources follow verdicts. */
ASSAY_MUST_CHECK
enum assay_err store_chain_verdicts(struct store_chain_walk *walk);
ASSAY_MUST_CHECK
enum assay_err store_chain_sources(struct store_chain_walk *walk);
ASSAY_MUST_CHECK
enum assay_err store_chain_links(struct store_chain_walk *walk);

/* A page of the challenges on a record. */
struct store_chain_challenges {
    struct store_challenge *list;
    size_t count;
    uint64_t more;
};
ASSAY_MUST_CHECK
enum assay_err
store_chain_challenges(struct store_chain_walk *walk, const struct assay_id *on,
                       struct store_chain_challenges *challenges_out);

#endif
