/* SPDX-License-Identifier: Apache-2.0 */
#include "broadcast.h"

#include "broadcast_internal.h"
#include "check.h"

#include <stdlib.h>

static uint8_t slot_of_peer(const struct assay_broadcast *broadcast,
                            uint32_t peer)
{
    for (uint64_t left = broadcast->up; left != 0;) {
        uint8_t slot = assay_lowest_slot(left);

        if (broadcast->peers[slot].peer == peer) {
            return slot;
        }
        left &= ~assay_slot_bit(slot);
    }
    return ASSAY_NO_PEER;
}

/* A new link begins lazy, so that it brings nothing twice. But a node without
 * any link in the shared tree would wait for every record. */
static void join_if_alone(struct assay_broadcast_run *run)
{
    static const struct assay_id none;
    struct assay_broadcast *broadcast = run->broadcast;
    uint8_t slot = assay_lowest_slot(broadcast->up);

    if (broadcast->shared.eager == 0 && slot != ASSAY_NO_PEER) {
        assay_trees_join_all(broadcast, slot);
        assay_broadcast_graft(run, slot, &none, ASSAY_GRAFT_ALL);
    }
}

static void on_up(struct assay_broadcast_run *run)
{
    struct assay_broadcast *broadcast = run->broadcast;
    uint8_t slot = assay_lowest_slot(~broadcast->up);

    if (slot == ASSAY_NO_PEER ||
        slot_of_peer(broadcast, run->event->peer) != ASSAY_NO_PEER) {
        return;
    }
    broadcast->peers[slot] =
        (struct assay_broadcast_peer){.peer = run->event->peer,
                                      .cursor = ASSAY_SLOT_NONE,
                                      .have_due_ms = UINT64_MAX};
    broadcast->up |= assay_slot_bit(slot);
    join_if_alone(run);
}

static void on_down(struct assay_broadcast_run *run)
{
    struct assay_broadcast *broadcast = run->broadcast;

    broadcast->up &= ~run->bit;
    assay_trees_forget_peer(broadcast, run->slot);
    assay_seen_forget_peer(broadcast, run->slot);
    broadcast->peers[run->slot].cursor = ASSAY_SLOT_NONE;
    join_if_alone(run);
}

/* The last graft for an id was not answered in its time. One who never gives
 * what it announces is blamed, though not for all that is late at once: it may
 * just be slow. */
static void note_unanswered(struct assay_broadcast_run *run,
                            const struct assay_seen *seen)
{
    struct assay_broadcast_peer *peer =
        &run->broadcast->peers[seen->asked_last];
    uint64_t now_ms = run->event->now_ms;

    if (seen->graft_count == 0 || now_ms < peer->lenient_ms ||
        (seen->asked & assay_slot_bit(seen->asked_last)) == 0) {
        return;
    }
    peer->unanswered++;
    if (peer->unanswered >= ASSAY_UNANSWERED_MAX) {
        peer->unanswered = 0;
        peer->lenient_ms = now_ms + ASSAY_GRAFT_NEXT_MS;
        (void)assay_broadcast_act(run, ASSAY_BROADCAST_BLAME, seen->asked_last);
    }
}

/* Asks the next announcer of an id that did not come. */
static void graft_next(struct assay_broadcast_run *run, struct assay_seen *seen)
{
    uint64_t left = seen->announcers & ~seen->asked;
    uint8_t slot = assay_lowest_slot(left);

    note_unanswered(run, seen);
    if (left == 0 || seen->graft_count >= ASSAY_GRAFTS_MAX) {
        assay_seen_remove(run->broadcast, seen);
        return;
    }
    if ((left & assay_slot_bit(seen->first)) != 0) {
        slot = seen->first;
    }
    seen->asked |= assay_slot_bit(slot);
    seen->asked_last = slot;
    seen->graft_count++;
    seen->due_ms = run->event->now_ms + ASSAY_GRAFT_NEXT_MS;
    assay_broadcast_graft(run, slot, &seen->id, ASSAY_GRAFT_RECORD);
}

/* Grafts beyond the room for actions stay due, and the next tick is at once. */
static void graft_due(struct assay_broadcast_run *run)
{
    struct assay_broadcast *broadcast = run->broadcast;
    uint32_t at = broadcast->waiting.head;

    while (at != ASSAY_SLOT_NONE) {
        struct assay_seen *seen = &broadcast->seen[at];

        at = seen->next;
        if (seen->due_ms <= run->event->now_ms &&
            run->out->count + 2 <= ASSAY_BROADCAST_ACTIONS_MAX) {
            graft_next(run, seen);
        }
        if (seen->state == ASSAY_SEEN_MISSING) {
            assay_broadcast_remind(broadcast, seen->due_ms);
        }
    }
}

static void on_tick(struct assay_broadcast_run *run)
{
    struct assay_broadcast *broadcast = run->broadcast;

    broadcast->deadline_ms = UINT64_MAX;
    for (uint64_t left = broadcast->up; left != 0;) {
        uint8_t slot = assay_lowest_slot(left);
        uint64_t due_ms = broadcast->peers[slot].have_due_ms;

        left &= ~assay_slot_bit(slot);
        if (due_ms <= run->event->now_ms) {
            assay_broadcast_signal(run, slot);
        } else {
            assay_broadcast_remind(broadcast, due_ms);
        }
    }
    graft_due(run);
}

static void run_peer_event(struct assay_broadcast_run *run)
{
    switch (run->event->type) {
    case ASSAY_BROADCAST_DOWN:
        on_down(run);
        break;
    case ASSAY_BROADCAST_GOSSIP:
        assay_broadcast_on_gossip(run);
        break;
    case ASSAY_BROADCAST_HAVE:
        assay_broadcast_on_have(run);
        break;
    case ASSAY_BROADCAST_GRAFT:
        assay_broadcast_on_graft(run);
        break;
    case ASSAY_BROADCAST_PRUNE:
        assay_broadcast_on_prune(run);
        break;
    case ASSAY_BROADCAST_NOT_SENT:
        assay_broadcast_on_not_sent(run);
        break;
    case ASSAY_BROADCAST_UP:
    case ASSAY_BROADCAST_PUBLISH:
    case ASSAY_BROADCAST_ANNOUNCE:
    case ASSAY_BROADCAST_CHECKED:
    case ASSAY_BROADCAST_TICK:
        break;
    }
}

void assay_broadcast_step(struct assay_broadcast *broadcast,
                          const struct assay_broadcast_event *event,
                          struct assay_broadcast_actions *actions_out)
{
    struct assay_broadcast_run run = {broadcast, event, actions_out,
                                      ASSAY_NO_PEER, 0};

    actions_out->count = 0;
    switch (event->type) {
    case ASSAY_BROADCAST_UP:
        on_up(&run);
        return;
    case ASSAY_BROADCAST_PUBLISH:
        assay_broadcast_on_publish(&run);
        return;
    case ASSAY_BROADCAST_ANNOUNCE:
        assay_broadcast_on_announce(&run);
        return;
    case ASSAY_BROADCAST_CHECKED:
        assay_broadcast_on_checked(&run);
        return;
    case ASSAY_BROADCAST_TICK:
        on_tick(&run);
        return;
    case ASSAY_BROADCAST_DOWN:
    case ASSAY_BROADCAST_GOSSIP:
    case ASSAY_BROADCAST_HAVE:
    case ASSAY_BROADCAST_GRAFT:
    case ASSAY_BROADCAST_PRUNE:
    case ASSAY_BROADCAST_NOT_SENT:
        break;
    }
    run.slot = slot_of_peer(broadcast, event->peer);
    if (run.slot != ASSAY_NO_PEER) {
        run.bit = assay_slot_bit(run.slot);
        run_peer_event(&run);
    }
}

size_t assay_broadcast_take(struct assay_broadcast *broadcast, uint32_t peer,
                            uint64_t now_ms,
                            struct assay_id ids_out[ASSAY_HAVE_MAX])
{
    uint8_t slot = slot_of_peer(broadcast, peer);
    size_t count = 0;

    if (slot == ASSAY_NO_PEER) {
        return 0;
    }
    struct assay_broadcast_peer *to = &broadcast->peers[slot];
    while (to->cursor != ASSAY_SLOT_NONE && count < ASSAY_HAVE_MAX) {
        struct assay_seen *seen = &broadcast->seen[to->cursor];

        if ((seen->pending & assay_slot_bit(slot)) != 0) {
            seen->pending &= ~assay_slot_bit(slot);
            ids_out[count++] = seen->id;
        }
        to->cursor = seen->next;
    }
    to->is_signalled = false;
    to->have_last_ms = now_ms;
    to->have_due_ms = UINT64_MAX;
    if (to->cursor != ASSAY_SLOT_NONE) {
        to->have_due_ms = now_ms;
        assay_broadcast_remind(broadcast, now_ms);
    }
    return count;
}

uint64_t assay_broadcast_deadline_ms(const struct assay_broadcast *broadcast)
{
    return broadcast->deadline_ms;
}

static size_t size_of_set(uint64_t set)
{
    size_t size = 0;

    for (; set != 0; set &= set - 1) {
        size++;
    }
    return size;
}

void assay_broadcast_count(const struct assay_broadcast *broadcast,
                           struct assay_broadcast_counts *counts_out)
{
    *counts_out = (struct assay_broadcast_counts){
        .peers = size_of_set(broadcast->up),
        .eager = size_of_set(broadcast->shared.eager),
        .seen = broadcast->held.count,
        .missing = broadcast->missing_count,
        .trees = broadcast->recent.count,
    };
}

/* All entries begin in the list of free ones. */
static void init_seen(struct assay_broadcast *broadcast)
{
    assay_slot_list_init(&broadcast->free);
    assay_slot_list_init(&broadcast->waiting);
    assay_slot_list_init(&broadcast->held);
    for (size_t i = 0; i < broadcast->seen_max; i++) {
        bool is_last = i + 1 == broadcast->seen_max;

        broadcast->seen[i].next = is_last ? ASSAY_SLOT_NONE : (uint32_t)(i + 1);
        broadcast->seen[i].previous =
            i == 0 ? ASSAY_SLOT_NONE : (uint32_t)(i - 1);
    }
    broadcast->free.head = 0;
    broadcast->free.tail = (uint32_t)(broadcast->seen_max - 1);
    broadcast->free.count = broadcast->seen_max;
}

static enum assay_err allocate(struct assay_broadcast *broadcast)
{
    broadcast->seen = calloc(broadcast->seen_max, sizeof(*broadcast->seen));
    if (broadcast->seen == NULL) {
        return ASSAY_E_NOMEM;
    }
    if (broadcast->tree_max > 0) {
        broadcast->trees =
            calloc(broadcast->tree_max, sizeof(*broadcast->trees));
        if (broadcast->trees == NULL) {
            return ASSAY_E_NOMEM;
        }
    }
    enum assay_err err =
        assay_slot_index_init(&broadcast->seen_index, broadcast->seen_max);
    if (err != ASSAY_OK) {
        return err;
    }
    return assay_slot_index_init(&broadcast->tree_index, broadcast->tree_max);
}

static void draw_numbers(struct assay_broadcast *broadcast, const uint8_t *seed)
{
    struct assay_random random;

    assay_random_init(&random, seed);
    do {
        broadcast->our_number = assay_random_next(&random);
    } while (broadcast->our_number <= ASSAY_TREE_NONE);
    for (size_t at = 0; at < sizeof(broadcast->hash_key); at += 8) {
        uint64_t number = assay_random_next(&random);

        memcpy(broadcast->hash_key + at, &number, sizeof(number));
    }
}

enum assay_err assay_broadcast_new(const struct assay_broadcast_config *config,
                                   struct assay_broadcast **out)
{
    size_t seen_max =
        config->seen_max == 0 ? ASSAY_SEEN_DEFAULT : config->seen_max;
    enum assay_err err;

    if (seen_max < ASSAY_SEEN_MIN || seen_max > ASSAY_SEEN_MAX ||
        config->tree_max > ASSAY_TREES_MAX) {
        return ASSAY_E_LIMIT;
    }
    struct assay_broadcast *broadcast = calloc(1, sizeof(*broadcast));
    if (broadcast == NULL) {
        return ASSAY_E_NOMEM;
    }
    broadcast->seen_max = seen_max;
    broadcast->tree_max = config->tree_max;
    broadcast->deadline_ms = UINT64_MAX;
    broadcast->shared.parent = ASSAY_NO_PEER;
    assay_slot_list_init(&broadcast->recent);
    draw_numbers(broadcast, config->seed);
    for (size_t i = 0; i < ASSAY_ACTIVE_MAX; i++) {
        broadcast->peers[i].cursor = ASSAY_SLOT_NONE;
    }

    err = allocate(broadcast);
    if (err != ASSAY_OK) {
        goto out;
    }
    init_seen(broadcast);
    *out = broadcast;
    broadcast = NULL; /* The caller's from now on. */

out:
    assay_broadcast_free(broadcast);
    return err;
}

void assay_broadcast_free(struct assay_broadcast *broadcast)
{
    if (broadcast == NULL) {
        return;
    }
    assay_slot_index_clear(&broadcast->seen_index);
    assay_slot_index_clear(&broadcast->tree_index);
    free(broadcast->seen);
    free(broadcast->trees);
    free(broadcast);
}
