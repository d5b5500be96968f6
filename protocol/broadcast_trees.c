/* SPDX-License-Identifier: Apache-2.0 */
#include "broadcast_internal.h"

#include "check.h"

/* Numbers are chosen by others, so their places are not theirs to know. */
static uint32_t hash_of(const struct assay_broadcast *broadcast,
                        uint64_t number)
{
    uint8_t out[crypto_shorthash_BYTES];
    uint32_t hash;

    (void)crypto_shorthash(out, (const uint8_t *)&number, sizeof(number),
                           broadcast->hash_key);
    memcpy(&hash, out, sizeof(hash));
    return hash;
}

static void append(struct assay_broadcast *broadcast, uint32_t slot)
{
    struct assay_slot_list *list = &broadcast->recent;
    struct assay_tree *tree = &broadcast->trees[slot];

    tree->next = ASSAY_SLOT_NONE;
    tree->previous = list->tail;
    if (list->tail == ASSAY_SLOT_NONE) {
        list->head = slot;
    } else {
        broadcast->trees[list->tail].next = slot;
    }
    list->tail = slot;
    list->count++;
}

static void unlink_tree(struct assay_broadcast *broadcast, uint32_t slot)
{
    struct assay_slot_list *list = &broadcast->recent;
    const struct assay_tree *tree = &broadcast->trees[slot];

    ASSAY_CHECK(list->count > 0);
    if (tree->previous == ASSAY_SLOT_NONE) {
        list->head = tree->next;
    } else {
        broadcast->trees[tree->previous].next = tree->next;
    }
    if (tree->next == ASSAY_SLOT_NONE) {
        list->tail = tree->previous;
    } else {
        broadcast->trees[tree->next].previous = tree->previous;
    }
    list->count--;
}

/* A node's tree, which then is the one used last; NULL. */
static struct assay_tree *find(struct assay_broadcast *broadcast,
                               uint64_t number)
{
    uint32_t hash = hash_of(broadcast, number);
    size_t cursor = SIZE_MAX;

    for (;;) {
        uint32_t slot =
            assay_slot_index_next(&broadcast->tree_index, hash, &cursor);
        if (slot == ASSAY_SLOT_NONE) {
            return NULL;
        }
        if (broadcast->trees[slot].number == number) {
            unlink_tree(broadcast, slot);
            append(broadcast, slot);
            return &broadcast->trees[slot];
        }
    }
}

/* A slot that was never used, or that of the tree used longest ago. */
static uint32_t take_slot(struct assay_broadcast *broadcast)
{
    if (broadcast->tree_used < broadcast->tree_max) {
        return (uint32_t)broadcast->tree_used++;
    }
    uint32_t slot = broadcast->recent.head;
    ASSAY_CHECK(slot != ASSAY_SLOT_NONE);
    unlink_tree(broadcast, slot);
    assay_slot_index_remove(&broadcast->tree_index,
                            hash_of(broadcast, broadcast->trees[slot].number),
                            slot);
    return slot;
}

static bool is_fresh(const struct assay_tree *tree, uint64_t now_ms)
{
    return now_ms - tree->used_ms <= ASSAY_TREE_FRESH_MS;
}

/* A node's tree, as good as new if nothing went over it for long. */
static struct assay_tree *get(struct assay_broadcast *broadcast,
                              uint64_t number, uint64_t now_ms)
{
    struct assay_tree *tree = find(broadcast, number);

    if (tree == NULL) {
        uint32_t slot = take_slot(broadcast);

        tree = &broadcast->trees[slot];
        tree->number = number;
        tree->is_begun = false;
        append(broadcast, slot);
        assay_slot_index_add(&broadcast->tree_index, hash_of(broadcast, number),
                             slot);
    } else if (!is_fresh(tree, now_ms)) {
        tree->is_begun = false;
    }
    tree->used_ms = now_ms;
    return tree;
}

static void begin(struct assay_broadcast *broadcast, struct assay_tree *tree)
{
    if (!tree->is_begun) {
        tree->is_begun = true;
        tree->eager = broadcast->shared.eager;
        tree->parent = ASSAY_NO_PEER;
    }
}

/* A node's first record takes the shared tree, and its second the node's own.
 * That one then begins everywhere, with what the first has made better. */
uint64_t assay_trees_choose(struct assay_broadcast *broadcast, uint64_t now_ms)
{
    if (broadcast->tree_max == 0) {
        return ASSAY_TREE_SHARED;
    }
    const struct assay_tree *tree = find(broadcast, broadcast->our_number);
    bool is_known = tree != NULL && is_fresh(tree, now_ms);

    (void)get(broadcast, broadcast->our_number, now_ms);
    return is_known && is_fresh(&broadcast->shared, now_ms)
               ? broadcast->our_number
               : ASSAY_TREE_SHARED;
}

struct assay_tree *assay_trees_use(struct assay_broadcast *broadcast,
                                   uint64_t number, uint64_t now_ms)
{
    if (number == ASSAY_TREE_NONE) {
        return NULL;
    }
    if (number == ASSAY_TREE_SHARED || broadcast->tree_max == 0) {
        broadcast->shared.used_ms = now_ms;
        return &broadcast->shared;
    }
    struct assay_tree *tree = get(broadcast, number, now_ms);
    begin(broadcast, tree);
    return tree;
}

/* PROTOCOL 6.4: "What a graft of mode 0 or 1 or a prune says MUST change the
 * tree of the record with that id, and no other." */
struct assay_tree *assay_trees_of(struct assay_broadcast *broadcast,
                                  const struct assay_seen *seen)
{
    if (seen->tree == ASSAY_TREE_NONE) {
        return NULL;
    }
    if (seen->tree == ASSAY_TREE_SHARED || broadcast->tree_max == 0) {
        return &broadcast->shared;
    }
    struct assay_tree *tree = find(broadcast, seen->tree);
    return tree != NULL && tree->is_begun ? tree : NULL;
}

void assay_trees_join_all(struct assay_broadcast *broadcast, uint8_t slot)
{
    broadcast->shared.eager |= assay_slot_bit(slot);
    for (size_t i = 0; i < broadcast->tree_used; i++) {
        broadcast->trees[i].eager |= assay_slot_bit(slot);
    }
}

static void forget_in(struct assay_tree *tree, uint8_t slot)
{
    tree->eager &= ~assay_slot_bit(slot);
    if (tree->parent == slot) {
        tree->parent = ASSAY_NO_PEER;
    }
}

void assay_trees_forget_peer(struct assay_broadcast *broadcast, uint8_t slot)
{
    forget_in(&broadcast->shared, slot);
    for (size_t i = 0; i < broadcast->tree_used; i++) {
        forget_in(&broadcast->trees[i], slot);
    }
}
