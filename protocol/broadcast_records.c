/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An id's life: announced (MISSING), come and not yet found good (CHECKING),
 * passed on (HELD), forgotten. Each function takes in one event about an id.
 */
#include "broadcast_internal.h"

#include "check.h"

/* The entry of a record that is here by other ways than gossip; NULL if it
 * was passed on already, or if there is no room to remember it. */
static struct assay_seen *entry_of_own(struct assay_broadcast_run *run)
{
    struct assay_broadcast *broadcast = run->broadcast;
    struct assay_seen *seen = assay_seen_find(broadcast, &run->event->id);

    if (seen == NULL) {
        seen = assay_seen_add(broadcast, &run->event->id);
    } else if (seen->state == ASSAY_SEEN_HELD) {
        return NULL;
    }
    if (seen != NULL) {
        assay_seen_unmiss(broadcast, seen);
    }
    return seen;
}

void assay_broadcast_on_publish(struct assay_broadcast_run *run)
{
    struct assay_broadcast *broadcast = run->broadcast;
    struct assay_seen *seen = entry_of_own(run);
    uint64_t now_ms = run->event->now_ms;

    if (seen == NULL) {
        return;
    }
    seen->tree = assay_trees_choose(broadcast, now_ms);
    (void)assay_trees_use(broadcast, seen->tree, now_ms);
    assay_broadcast_pass_on(run, seen);
}

void assay_broadcast_on_announce(struct assay_broadcast_run *run)
{
    struct assay_seen *seen = entry_of_own(run);

    if (seen != NULL) {
        seen->tree = ASSAY_TREE_NONE;
        assay_broadcast_pass_on(run, seen);
    }
}

/* A record came that another peer had announced before: where that was enough
 * earlier, the tree moves to that link. */
static void move_tree(struct assay_broadcast_run *run,
                      const struct assay_seen *seen, struct assay_tree *tree)
{
    if (seen->first >= ASSAY_ACTIVE_MAX || seen->first == run->slot ||
        run->event->now_ms < seen->first_ms + ASSAY_OPTIMISE_MS ||
        run->broadcast->peers[seen->first].broken >= ASSAY_BROKEN_MAX) {
        return;
    }
    uint64_t first_bit = assay_slot_bit(seen->first);
    tree->eager = (tree->eager | first_bit) & ~run->bit;
    tree->parent = seen->first;
    assay_broadcast_graft(run, seen->first, &seen->id, ASSAY_GRAFT_LINK);
    assay_broadcast_prune(run, run->slot, &seen->id);
}

/* The peer that a tree was moved to has to bring what comes over the tree. If
 * a record had to be asked for elsewhere, it did not. */
static void judge_parent(struct assay_broadcast_run *run,
                         const struct assay_seen *seen, struct assay_tree *tree)
{
    if (tree->parent == run->slot) {
        run->broadcast->peers[run->slot].broken = 0;
    } else if (tree->parent != ASSAY_NO_PEER && seen->graft_count > 0) {
        run->broadcast->peers[tree->parent].broken++;
        tree->parent = ASSAY_NO_PEER;
    }
}

static void on_first_copy(struct assay_broadcast_run *run,
                          struct assay_seen *seen)
{
    struct assay_broadcast *broadcast = run->broadcast;
    const struct assay_broadcast_event *event = run->event;
    struct assay_tree *tree;

    assay_seen_unmiss(broadcast, seen);
    seen->announcers |= run->bit;
    seen->tree = event->tree;
    seen->parent = run->slot;
    seen->round = (uint16_t)(event->round < ASSAY_ROUND_MAX ? event->round + 1
                                                            : ASSAY_ROUND_MAX);
    tree = assay_trees_use(broadcast, event->tree, event->now_ms);
    if (tree != NULL) {
        judge_parent(run, seen, tree);
        tree->eager |= run->bit;
        move_tree(run, seen, tree);
    }
    /* PROTOCOL 6.3: "A node MUST NOT push or announce a record before it was
     * found good." */
    assay_broadcast_act(run, ASSAY_BROADCAST_CHECK, run->slot)->id = seen->id;
}

/* One more copy. If it is the first that comes over a tree, for the record was
 * asked for or came by other ways before, the link is as it should be. Else
 * one of two links is too much. */
static void on_next_copy(struct assay_broadcast_run *run,
                         struct assay_seen *seen)
{
    const struct assay_broadcast_event *event = run->event;
    struct assay_tree *tree;

    seen->announcers |= run->bit;
    seen->pending &= ~run->bit;
    if (event->tree == ASSAY_TREE_NONE) {
        return;
    }
    if (seen->tree == ASSAY_TREE_NONE) {
        seen->tree = event->tree;
        tree = assay_trees_use(run->broadcast, event->tree, event->now_ms);
        tree->eager |= run->bit;
        return;
    }
    tree = assay_trees_of(run->broadcast, seen);
    if (tree != NULL && tree->parent == run->slot &&
        (seen->asked & run->bit) != 0) {
        /* It was asked for; the other copy came before it, and gave way to
         * this link. */
        return;
    }
    if (tree != NULL) {
        tree->eager &= ~run->bit;
    }
    assay_broadcast_prune(run, run->slot, &seen->id);
}

void assay_broadcast_on_gossip(struct assay_broadcast_run *run)
{
    struct assay_broadcast *broadcast = run->broadcast;
    struct assay_seen *seen = assay_seen_find(broadcast, &run->event->id);
    bool is_new = seen == NULL;

    broadcast->peers[run->slot].unanswered = 0;
    if (is_new) {
        seen = assay_seen_add(broadcast, &run->event->id);
        if (seen == NULL) {
            return;
        }
    }
    if (is_new && run->event->is_held) {
        /* It came by other ways: others have it, too, or hear of it so. */
        seen->tree = ASSAY_TREE_NONE;
        assay_seen_hold(broadcast, seen);
        on_next_copy(run, seen);
    } else if (is_new || seen->state == ASSAY_SEEN_MISSING) {
        on_first_copy(run, seen);
    } else {
        on_next_copy(run, seen);
    }
}

/* An id does not cover the signature, so that another peer's copy of a bad
 * record may be good: it is asked for at once. */
static void on_bad(struct assay_broadcast_run *run, struct assay_seen *seen)
{
    struct assay_broadcast *broadcast = run->broadcast;
    uint64_t now_ms = run->event->now_ms;

    if (seen->parent < ASSAY_ACTIVE_MAX) {
        seen->announcers &= ~assay_slot_bit(seen->parent);
    }
    seen->parent = ASSAY_NO_PEER;
    uint8_t first = assay_lowest_slot(seen->announcers);
    if (first == ASSAY_NO_PEER || !assay_seen_has_room(broadcast, first)) {
        assay_seen_remove(broadcast, seen);
        return;
    }
    assay_seen_miss(broadcast, seen, first, now_ms, now_ms);
}

void assay_broadcast_on_checked(struct assay_broadcast_run *run)
{
    struct assay_seen *seen = assay_seen_find(run->broadcast, &run->event->id);

    if (seen == NULL || seen->state != ASSAY_SEEN_CHECKING) {
        return;
    }
    if (run->event->is_good) {
        assay_broadcast_pass_on(run, seen);
    } else {
        on_bad(run, seen);
    }
}

void assay_broadcast_on_have(struct assay_broadcast_run *run)
{
    struct assay_broadcast *broadcast = run->broadcast;
    struct assay_seen *seen = assay_seen_find(broadcast, &run->event->id);
    uint64_t now_ms = run->event->now_ms;

    if (seen != NULL) {
        seen->announcers |= run->bit;
        seen->pending &= ~run->bit;
        return;
    }
    if (run->event->is_held || !assay_seen_has_room(broadcast, run->slot)) {
        return;
    }
    seen = assay_seen_add(broadcast, &run->event->id);
    if (seen != NULL) {
        seen->announcers = run->bit;
        assay_seen_miss(broadcast, seen, run->slot, now_ms,
                        now_ms + ASSAY_GRAFT_FIRST_MS);
    }
}

static void send_record(struct assay_broadcast_run *run, uint32_t round,
                        uint64_t tree)
{
    struct assay_broadcast_action *action =
        assay_broadcast_act(run, ASSAY_BROADCAST_SEND_RECORD, run->slot);

    action->id = run->event->id;
    action->round = round;
    action->tree = tree;
}

/* PROTOCOL 6.3: "Who announces a record MUST give it to who asks." One that is
 * not remembered any more came long ago: that it is asked for says nothing
 * about the trees of today. */
static void graft_record(struct assay_broadcast_run *run,
                         struct assay_seen *seen)
{
    if (seen == NULL) {
        if (run->event->is_held) {
            send_record(run, 0, ASSAY_TREE_NONE);
        }
        return;
    }
    struct assay_tree *tree = assay_trees_of(run->broadcast, seen);
    if (tree != NULL) {
        tree->eager |= run->bit;
    }
    if (seen->state == ASSAY_SEEN_CHECKING) {
        /* It is pushed when it was found good. */
        seen->announcers &= ~run->bit;
        return;
    }
    seen->announcers |= run->bit;
    seen->pending &= ~run->bit;
    send_record(run, seen->round, seen->tree);
}

void assay_broadcast_on_graft(struct assay_broadcast_run *run)
{
    struct assay_broadcast *broadcast = run->broadcast;
    struct assay_seen *seen = assay_seen_find(broadcast, &run->event->id);
    struct assay_tree *tree;

    if (seen != NULL && seen->state == ASSAY_SEEN_MISSING) {
        return;
    }
    switch (run->event->mode) {
    case ASSAY_GRAFT_RECORD:
        graft_record(run, seen);
        break;
    case ASSAY_GRAFT_LINK:
        tree = seen == NULL ? NULL : assay_trees_of(broadcast, seen);
        if (tree != NULL) {
            tree->eager |= run->bit;
        }
        break;
    case ASSAY_GRAFT_ALL:
        assay_trees_join_all(broadcast, run->slot);
        break;
    }
}

void assay_broadcast_on_prune(struct assay_broadcast_run *run)
{
    struct assay_seen *seen = assay_seen_find(run->broadcast, &run->event->id);
    struct assay_tree *tree;

    if (seen == NULL || seen->state == ASSAY_SEEN_MISSING) {
        return;
    }
    seen->announcers |= run->bit;
    seen->pending &= ~run->bit;
    tree = assay_trees_of(run->broadcast, seen);
    if (tree != NULL) {
        tree->eager &= ~run->bit;
    }
}

void assay_broadcast_on_not_sent(struct assay_broadcast_run *run)
{
    struct assay_seen *seen = assay_seen_find(run->broadcast, &run->event->id);

    if (seen != NULL && seen->state == ASSAY_SEEN_HELD) {
        seen->announcers &= ~run->bit;
        assay_broadcast_announce(run, seen, run->bit);
    }
}
