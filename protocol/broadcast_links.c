/* SPDX-License-Identifier: Apache-2.0 */
#include "broadcast_internal.h"

#include "check.h"

struct assay_broadcast_action *
assay_broadcast_act(struct assay_broadcast_run *run,
                    enum assay_broadcast_action_type type, uint8_t slot)
{
    struct assay_broadcast_actions *out = run->out;

    ASSAY_CHECK(out->count < ASSAY_BROADCAST_ACTIONS_MAX);
    struct assay_broadcast_action *action = &out->items[out->count++];
    *action = (struct assay_broadcast_action){
        .type = type, .peer = run->broadcast->peers[slot].peer};
    return action;
}

void assay_broadcast_remind(struct assay_broadcast *broadcast, uint64_t due_ms)
{
    if (due_ms < broadcast->deadline_ms) {
        broadcast->deadline_ms = due_ms;
    }
}

void assay_broadcast_signal(struct assay_broadcast_run *run, uint8_t slot)
{
    struct assay_broadcast_peer *peer = &run->broadcast->peers[slot];

    peer->have_due_ms = UINT64_MAX;
    peer->is_signalled = true;
    (void)assay_broadcast_act(run, ASSAY_BROADCAST_SEND_HAVE, slot);
}

/* The first announcement after a quiet time goes out in this very step. */
static void schedule_have(struct assay_broadcast_run *run, uint8_t slot)
{
    struct assay_broadcast_peer *peer = &run->broadcast->peers[slot];

    if (peer->is_signalled || peer->have_due_ms != UINT64_MAX) {
        return;
    }
    uint64_t due_ms = peer->have_last_ms + ASSAY_HAVE_MS;
    if (peer->have_last_ms == 0 || due_ms <= run->event->now_ms) {
        assay_broadcast_signal(run, slot);
        return;
    }
    peer->have_due_ms = due_ms;
    assay_broadcast_remind(run->broadcast, due_ms);
}

void assay_broadcast_announce(struct assay_broadcast_run *run,
                              struct assay_seen *seen, uint64_t to)
{
    struct assay_broadcast *broadcast = run->broadcast;
    uint32_t at = (uint32_t)(seen - broadcast->seen);

    ASSAY_CHECK(seen->state == ASSAY_SEEN_HELD);
    seen->pending |= to;
    while (to != 0) {
        uint8_t slot = assay_lowest_slot(to);
        struct assay_broadcast_peer *peer = &broadcast->peers[slot];

        to &= ~assay_slot_bit(slot);
        if (peer->cursor == ASSAY_SLOT_NONE ||
            broadcast->seen[peer->cursor].sequence > seen->sequence) {
            peer->cursor = at;
        }
        schedule_have(run, slot);
    }
}

void assay_broadcast_pass_on(struct assay_broadcast_run *run,
                             struct assay_seen *seen)
{
    struct assay_broadcast *broadcast = run->broadcast;
    const struct assay_tree *tree = assay_trees_of(broadcast, seen);
    uint64_t to = broadcast->up & ~seen->announcers;
    uint64_t eager = tree == NULL ? 0 : tree->eager & to;

    assay_seen_hold(broadcast, seen);
    assay_broadcast_announce(run, seen, to & ~eager);
    while (eager != 0) {
        uint8_t slot = assay_lowest_slot(eager);
        struct assay_broadcast_action *action =
            assay_broadcast_act(run, ASSAY_BROADCAST_SEND_RECORD, slot);

        eager &= ~assay_slot_bit(slot);
        action->id = seen->id;
        action->round = seen->round;
        /* PROTOCOL 6.4: "Who passes a record on MUST keep its tree." */
        action->tree = seen->tree;
    }
}

void assay_broadcast_graft(struct assay_broadcast_run *run, uint8_t slot,
                           const struct assay_id *id,
                           enum assay_graft_mode mode)
{
    struct assay_broadcast_action *action =
        assay_broadcast_act(run, ASSAY_BROADCAST_SEND_GRAFT, slot);

    action->id = *id;
    action->mode = mode;
}

void assay_broadcast_prune(struct assay_broadcast_run *run, uint8_t slot,
                           const struct assay_id *id)
{
    assay_broadcast_act(run, ASSAY_BROADCAST_SEND_PRUNE, slot)->id = *id;
}
