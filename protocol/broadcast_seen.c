/* SPDX-License-Identifier: Apache-2.0 */
#include "broadcast_internal.h"

#include "check.h"

void assay_slot_list_init(struct assay_slot_list *list)
{
    *list = (struct assay_slot_list){ASSAY_SLOT_NONE, ASSAY_SLOT_NONE, 0};
}

static uint32_t hash_of(const struct assay_broadcast *broadcast,
                        const struct assay_id *id)
{
    uint8_t out[crypto_shorthash_BYTES];
    uint32_t hash;

    (void)crypto_shorthash(out, id->hash, sizeof(id->hash),
                           broadcast->hash_key);
    memcpy(&hash, out, sizeof(hash));
    return hash;
}

static uint32_t slot_of(const struct assay_broadcast *broadcast,
                        const struct assay_seen *seen)
{
    return (uint32_t)(seen - broadcast->seen);
}

static void append(struct assay_broadcast *broadcast,
                   struct assay_slot_list *list, struct assay_seen *seen)
{
    uint32_t slot = slot_of(broadcast, seen);

    seen->next = ASSAY_SLOT_NONE;
    seen->previous = list->tail;
    if (list->tail == ASSAY_SLOT_NONE) {
        list->head = slot;
    } else {
        broadcast->seen[list->tail].next = slot;
    }
    list->tail = slot;
    list->count++;
}

static void unlink_from(struct assay_broadcast *broadcast,
                        struct assay_slot_list *list, struct assay_seen *seen)
{
    ASSAY_CHECK(list->count > 0);
    if (seen->previous == ASSAY_SLOT_NONE) {
        list->head = seen->next;
    } else {
        broadcast->seen[seen->previous].next = seen->next;
    }
    if (seen->next == ASSAY_SLOT_NONE) {
        list->tail = seen->previous;
    } else {
        broadcast->seen[seen->next].previous = seen->previous;
    }
    list->count--;
}

struct assay_seen *assay_seen_find(struct assay_broadcast *broadcast,
                                   const struct assay_id *id)
{
    uint32_t hash = hash_of(broadcast, id);
    size_t cursor = SIZE_MAX;

    for (;;) {
        uint32_t slot =
            assay_slot_index_next(&broadcast->seen_index, hash, &cursor);
        if (slot == ASSAY_SLOT_NONE) {
            return NULL;
        }
        if (assay_id_equal(&broadcast->seen[slot].id, id)) {
            return &broadcast->seen[slot];
        }
    }
}

/* Peers whose announcements begin with this entry begin with the next. */
static void move_cursors(struct assay_broadcast *broadcast,
                         const struct assay_seen *seen)
{
    uint32_t slot = slot_of(broadcast, seen);

    for (size_t i = 0; i < ASSAY_ACTIVE_MAX; i++) {
        if (broadcast->peers[i].cursor == slot) {
            broadcast->peers[i].cursor = seen->next;
        }
    }
}

void assay_seen_remove(struct assay_broadcast *broadcast,
                       struct assay_seen *seen)
{
    ASSAY_CHECK(seen->state != ASSAY_SEEN_FREE);
    assay_seen_unmiss(broadcast, seen);
    if (seen->state == ASSAY_SEEN_HELD) {
        move_cursors(broadcast, seen);
        unlink_from(broadcast, &broadcast->held, seen);
    } else {
        unlink_from(broadcast, &broadcast->waiting, seen);
    }
    assay_slot_index_remove(&broadcast->seen_index, seen->hash,
                            slot_of(broadcast, seen));
    seen->state = ASSAY_SEEN_FREE;
    append(broadcast, &broadcast->free, seen);
}

struct assay_seen *assay_seen_add(struct assay_broadcast *broadcast,
                                  const struct assay_id *id)
{
    if (broadcast->free.count == 0) {
        if (broadcast->held.count == 0) {
            return NULL;
        }
        assay_seen_remove(broadcast, &broadcast->seen[broadcast->held.head]);
    }
    uint32_t slot = broadcast->free.head;
    struct assay_seen *seen = &broadcast->seen[slot];

    unlink_from(broadcast, &broadcast->free, seen);
    *seen = (struct assay_seen){.id = *id,
                                .state = ASSAY_SEEN_CHECKING,
                                .hash = hash_of(broadcast, id),
                                .due_ms = UINT64_MAX,
                                .first = ASSAY_NO_PEER,
                                .parent = ASSAY_NO_PEER};
    append(broadcast, &broadcast->waiting, seen);
    assay_slot_index_add(&broadcast->seen_index, seen->hash, slot);
    return seen;
}

bool assay_seen_has_room(const struct assay_broadcast *broadcast, uint8_t slot)
{
    size_t missing_max = broadcast->seen_max / ASSAY_MISSING_SHARE;

    return broadcast->missing_count < missing_max &&
           broadcast->peers[slot].missing_count <
               missing_max / ASSAY_MISSING_SHARE;
}

void assay_seen_miss(struct assay_broadcast *broadcast, struct assay_seen *seen,
                     uint8_t first, uint64_t now_ms, uint64_t due_ms)
{
    ASSAY_CHECK(seen->state == ASSAY_SEEN_CHECKING);
    ASSAY_CHECK(first < ASSAY_ACTIVE_MAX);
    seen->state = ASSAY_SEEN_MISSING;
    seen->first = first;
    seen->first_ms = now_ms;
    seen->due_ms = due_ms;
    broadcast->missing_count++;
    broadcast->peers[first].missing_count++;
    if (due_ms < broadcast->deadline_ms) {
        broadcast->deadline_ms = due_ms;
    }
}

void assay_seen_unmiss(struct assay_broadcast *broadcast,
                       struct assay_seen *seen)
{
    if (seen->state != ASSAY_SEEN_MISSING) {
        return;
    }
    ASSAY_CHECK(broadcast->missing_count > 0);
    ASSAY_CHECK(broadcast->peers[seen->first].missing_count > 0);
    broadcast->missing_count--;
    broadcast->peers[seen->first].missing_count--;
    seen->state = ASSAY_SEEN_CHECKING;
    seen->due_ms = UINT64_MAX;
}

void assay_seen_hold(struct assay_broadcast *broadcast, struct assay_seen *seen)
{
    ASSAY_CHECK(seen->state == ASSAY_SEEN_CHECKING);
    unlink_from(broadcast, &broadcast->waiting, seen);
    append(broadcast, &broadcast->held, seen);
    seen->state = ASSAY_SEEN_HELD;
    seen->sequence = broadcast->sequence++;
}

/* What a peer that is gone had to do with an entry that waits. */
static void forget_waiting(struct assay_broadcast *broadcast,
                           struct assay_seen *seen, uint8_t slot)
{
    uint64_t bit = assay_slot_bit(slot);
    uint64_t due_ms = seen->due_ms;
    uint64_t first_ms = seen->first_ms;

    seen->announcers &= ~bit;
    seen->asked &= ~bit;
    if (seen->state != ASSAY_SEEN_MISSING || seen->first != slot) {
        return;
    }
    if (seen->announcers == 0) {
        assay_seen_remove(broadcast, seen);
        return;
    }
    uint8_t next = 0;
    while ((seen->announcers & assay_slot_bit(next)) == 0) {
        next++;
    }
    assay_seen_unmiss(broadcast, seen);
    assay_seen_miss(broadcast, seen, next, first_ms, due_ms);
}

void assay_seen_forget_peer(struct assay_broadcast *broadcast, uint8_t slot)
{
    uint32_t at = broadcast->waiting.head;

    while (at != ASSAY_SLOT_NONE) {
        uint32_t next = broadcast->seen[at].next;

        forget_waiting(broadcast, &broadcast->seen[at], slot);
        at = next;
    }
    for (at = broadcast->held.head; at != ASSAY_SLOT_NONE;
         at = broadcast->seen[at].next) {
        struct assay_seen *seen = &broadcast->seen[at];

        seen->announcers &= ~assay_slot_bit(slot);
        seen->pending &= ~assay_slot_bit(slot);
        seen->asked &= ~assay_slot_bit(slot);
    }
}
