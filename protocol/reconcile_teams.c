/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which teams both peers follow. Where their digests are the same, all of
 * them; otherwise each tells the other its list, and again when one of them
 * has changed. Of the peer's list only what we follow too is kept.
 */
#include "check.h"
#include "reconcile_internal.h"

#include <stdlib.h>

/* Room for the peer's teams where we follow all begins with this many. */
#define ROOM_FIRST 64

static bool is_same(const uint8_t *left, const uint8_t *right)
{
    return memcmp(left, right, ASSAY_SYNC_HASH_SIZE) == 0;
}

static void begin_lists(struct assay_reconcile *reconcile)
{
    assay_sync_teams_clear(&reconcile->common);
    reconcile->common.key = reconcile->mine.key;
    reconcile->common_room = 0;
    reconcile->has_told = false;
    reconcile->has_heard = false;
    reconcile->follows_at = 0;
    reconcile->heard_count = 0;
    reconcile->phase = PHASE_FOLLOWS;
}

/* Roots are taken anew, over these teams. */
static void agree_on(struct assay_reconcile *reconcile,
                     const struct assay_sync_teams *teams)
{
    memcpy(reconcile->agreed[0], reconcile->digest, ASSAY_SYNC_HASH_SIZE);
    memcpy(reconcile->agreed[1], reconcile->peer_root.follows,
           ASSAY_SYNC_HASH_SIZE);
    reconcile->teams = teams;
    reconcile->has_sent_root = false;
    reconcile->has_root = false;
    reconcile->phase = PHASE_ROOTS;
}

/* Both sides see both digests, now and before, and so decide alike. */
bool assay_reconcile_teams_agree(struct assay_reconcile *reconcile)
{
    const uint8_t *theirs = reconcile->peer_root.follows;

    if (is_same(reconcile->agreed[0], reconcile->digest) &&
        is_same(reconcile->agreed[1], theirs)) {
        return true;
    }
    /* PROTOCOL 4.2: "If one has changed and both are the same now, each side
     * MUST send its root of this round once more, taken over all that it
     * follows." */
    if (is_same(reconcile->digest, theirs)) {
        agree_on(reconcile, &reconcile->mine);
    } else {
        begin_lists(reconcile);
    }
    return false;
}

static enum assay_err add_common(struct assay_reconcile *reconcile,
                                 uint64_t short_id)
{
    struct assay_sync_teams *common = &reconcile->common;

    if (!assay_sync_teams_have(&reconcile->mine, short_id)) {
        return ASSAY_OK;
    }
    if (common->count == reconcile->common_room) {
        size_t room = common->count == 0 ? ROOM_FIRST : common->count * 2;
        uint64_t *ids = realloc(common->ids, room * sizeof(*ids));

        if (ids == NULL) {
            return ASSAY_E_NOMEM;
        }
        common->ids = ids;
        reconcile->common_room = room;
    }
    common->ids[common->count++] = short_id;
    return ASSAY_OK;
}

/* They follow all: what both follow is what we do. */
static enum assay_err copy_mine(struct assay_reconcile *reconcile)
{
    const struct assay_sync_teams *mine = &reconcile->mine;
    enum assay_err err = ASSAY_OK;

    reconcile->common.is_all = mine->is_all;
    for (size_t i = 0; i < mine->count && err == ASSAY_OK; i++) {
        err = add_common(reconcile, mine->ids[i]);
    }
    return err;
}

static enum assay_err hear(struct assay_reconcile *reconcile,
                           struct assay_bytes ids)
{
    for (size_t pos = 0; pos < ids.len; pos += ASSAY_SYNC_SHORT_SIZE) {
        uint64_t short_id = 0;

        for (size_t i = 0; i < ASSAY_SYNC_SHORT_SIZE; i++) {
            short_id = short_id << 8 | ids.data[pos + i];
        }
        if (reconcile->heard_count > 0 && short_id <= reconcile->heard_id) {
            return ASSAY_E_MALFORMED;
        }
        /* PROTOCOL 4.3: "A list MUST NOT have more than 65,536 teams." */
        if (reconcile->heard_count == ASSAY_FOLLOWS_MAX) {
            return ASSAY_E_LIMIT;
        }
        reconcile->heard_count++;
        reconcile->heard_id = short_id;
        enum assay_err err = add_common(reconcile, short_id);

        if (err != ASSAY_OK) {
            return err;
        }
    }
    return ASSAY_OK;
}

static void end_if_complete(struct assay_reconcile *reconcile)
{
    if (reconcile->has_told && reconcile->has_heard) {
        agree_on(reconcile, &reconcile->common);
    }
}

enum assay_err
assay_reconcile_teams_feed(struct assay_reconcile *reconcile,
                           const struct assay_msg_follows *follows)
{
    enum assay_err err;

    if (reconcile->phase != PHASE_FOLLOWS || reconcile->has_heard) {
        return assay_reconcile_out_of_turn(reconcile);
    }
    err =
        follows->is_all ? copy_mine(reconcile) : hear(reconcile, follows->ids);
    if (err != ASSAY_OK) {
        return err;
    }
    reconcile->has_heard = !follows->has_more;
    end_if_complete(reconcile);
    return ASSAY_OK;
}

void assay_reconcile_teams_produce(struct assay_reconcile *reconcile,
                                   struct assay_cbor_writer *writer)
{
    uint8_t bytes[ASSAY_SYNC_FOLLOWS_MAX * ASSAY_SYNC_SHORT_SIZE];
    const struct assay_sync_teams *mine = &reconcile->mine;
    struct assay_msg_follows follows = {.is_all = mine->is_all};
    size_t count = mine->is_all ? 0 : mine->count - reconcile->follows_at;

    count = count < ASSAY_SYNC_FOLLOWS_MAX ? count : ASSAY_SYNC_FOLLOWS_MAX;
    for (size_t i = 0; i < count; i++) {
        uint64_t short_id = mine->ids[reconcile->follows_at + i];

        for (size_t byte = 0; byte < ASSAY_SYNC_SHORT_SIZE; byte++) {
            bytes[i * ASSAY_SYNC_SHORT_SIZE + byte] =
                (uint8_t)(short_id >> 8 * (ASSAY_SYNC_SHORT_SIZE - 1 - byte));
        }
    }
    reconcile->follows_at += count;
    follows.ids = (struct assay_bytes){bytes, count * ASSAY_SYNC_SHORT_SIZE};
    follows.has_more = !mine->is_all && reconcile->follows_at < mine->count;
    assay_msg_follows_write(&follows, writer);
    reconcile->has_told = !follows.has_more;
    end_if_complete(reconcile);
}

void assay_reconcile_teams_clear(struct assay_reconcile *reconcile)
{
    assay_sync_teams_clear(&reconcile->mine);
    assay_sync_teams_clear(&reconcile->next);
    assay_sync_teams_clear(&reconcile->common);
}
