/* SPDX-License-Identifier: Apache-2.0 */
#include "reconcile.h"

#include "check.h"
#include "reconcile_internal.h"

#include <stdlib.h>

/* How often the records of a ledger may be asked of it in one exchange: once,
 * and once more for what a peer could not take at first. */
#define SENDS_MAX 2

/* Records beyond that: of small ledgers, and those that came meanwhile. */
#define SENDS_MORE 4096

static void set_round(struct assay_reconcile *reconcile, uint64_t round)
{
    reconcile->round = round;
    assay_sync_key_make(reconcile->handshake, round, &reconcile->key);
    reconcile->has_sent_root = false;
    reconcile->has_root = false;
    reconcile->phase = PHASE_ROOTS;
}

static void clear_round(struct assay_reconcile *reconcile)
{
    assay_reconcile_slice_clear(reconcile);
    assay_frontier_clear(&reconcile->frontier);
    reconcile->has_frontier = false;
}

static void end_exchange(struct assay_reconcile *reconcile,
                         enum assay_reconcile_state state)
{
    clear_round(reconcile);
    reconcile->phase = PHASE_ENDED;
    reconcile->state = state;
    reconcile->stats.ended_count++;
}

static void begin_exchange(struct assay_reconcile *reconcile)
{
    reconcile->state = ASSAY_RECONCILE_RUNNING;
    reconcile->rounds = 0;
    reconcile->barren = 0;
    reconcile->sent_count = 0;
    reconcile->new_count = 0;
    reconcile->may_begin = false;
}

enum assay_err assay_reconcile_new(const struct assay_reconcile_config *config,
                                   struct assay_reconcile **reconcile_out)
{
    struct assay_reconcile *reconcile = calloc(1, sizeof(*reconcile));
    enum assay_err err;

    if (reconcile == NULL) {
        return ASSAY_E_NOMEM;
    }
    memcpy(reconcile->handshake, config->handshake,
           sizeof(reconcile->handshake));
    reconcile->is_dialler = config->is_dialler;
    assay_sync_key_make(reconcile->handshake, 0, &reconcile->key);
    err = assay_sync_teams_init(&reconcile->mine, &reconcile->key,
                                &config->follows);
    if (err != ASSAY_OK) {
        free(reconcile);
        return err;
    }
    assay_follows_digest(&reconcile->key, &config->follows, reconcile->digest);
    reconcile->teams = &reconcile->mine;
    *reconcile_out = reconcile;
    return ASSAY_OK;
}

void assay_reconcile_free(struct assay_reconcile *reconcile)
{
    if (reconcile != NULL) {
        clear_round(reconcile);
        assay_reconcile_teams_clear(reconcile);
        free(reconcile);
    }
}

enum assay_err assay_reconcile_follow(struct assay_reconcile *reconcile,
                                      const struct assay_follows *follows)
{
    struct assay_sync_teams next;
    enum assay_err err =
        assay_sync_teams_init(&next, &reconcile->mine.key, follows);

    if (err != ASSAY_OK) {
        return err;
    }
    assay_sync_teams_clear(&reconcile->next);
    reconcile->next = next;
    assay_follows_digest(&next.key, follows, reconcile->next_digest);
    reconcile->has_next = true;
    return ASSAY_OK;
}

/* What is followed changes between rounds only. */
static void take_next(struct assay_reconcile *reconcile)
{
    if (reconcile->has_next) {
        assay_sync_teams_clear(&reconcile->mine);
        reconcile->mine = reconcile->next;
        reconcile->next = (struct assay_sync_teams){.ids = NULL};
        memcpy(reconcile->digest, reconcile->next_digest,
               sizeof(reconcile->digest));
        reconcile->has_next = false;
    }
}

/* Takes our root of this round, over the teams that both are known to
 * follow. */
static enum assay_err take_root(struct assay_reconcile *reconcile,
                                const struct assay_sync_view *view,
                                struct assay_msg_root *root_out)
{
    enum assay_err err = assay_frontier_root(
        view, &reconcile->key, reconcile->teams, &reconcile->root);

    if (err != ASSAY_OK) {
        return err;
    }
    *root_out = (struct assay_msg_root){
        .round = reconcile->round,
        .log_count = reconcile->root.log_count,
        .new_count = reconcile->new_count,
    };
    memcpy(root_out->follows, reconcile->digest, sizeof(root_out->follows));
    memcpy(root_out->root, reconcile->root.hash, sizeof(root_out->root));
    reconcile->has_sent_root = true;
    return ASSAY_OK;
}

enum assay_err assay_reconcile_opening(struct assay_reconcile *reconcile,
                                       const struct assay_sync_view *view,
                                       struct assay_msg_root *root_out)
{
    ASSAY_CHECK(reconcile->phase == PHASE_NEW);
    take_next(reconcile);
    /* Until the peer's digest is known, it is taken to be the same. */
    memcpy(reconcile->agreed[0], reconcile->digest, ASSAY_SYNC_HASH_SIZE);
    memcpy(reconcile->agreed[1], reconcile->digest, ASSAY_SYNC_HASH_SIZE);
    return take_root(reconcile, view, root_out);
}

/* Whether nothing came of the rounds so far, or too many of them went by. */
static bool is_hopeless(struct assay_reconcile *reconcile)
{
    if (reconcile->rounds > 0) {
        bool is_barren =
            reconcile->new_count == 0 && reconcile->peer_root.new_count == 0;

        reconcile->barren = is_barren ? reconcile->barren + 1 : 0;
    }
    return reconcile->barren == ASSAY_RECONCILE_BARREN_MAX ||
           reconcile->rounds == ASSAY_RECONCILE_ROUNDS_MAX;
}

static uint64_t larger_count(const struct assay_reconcile *reconcile)
{
    return reconcile->root.log_count > reconcile->peer_root.log_count
               ? reconcile->root.log_count
               : reconcile->peer_root.log_count;
}

/* Both roots are here. Both sides come to the same end. */
static void compare_roots(struct assay_reconcile *reconcile)
{
    if (!reconcile->has_sent_root || !reconcile->has_root) {
        return;
    }
    reconcile->has_root = false;
    if (!assay_reconcile_teams_agree(reconcile)) {
        return;
    }
    if (memcmp(reconcile->root.hash, reconcile->peer_root.root,
               ASSAY_SYNC_HASH_SIZE) == 0) {
        end_exchange(reconcile, ASSAY_RECONCILE_EQUAL);
        return;
    }
    if (is_hopeless(reconcile)) {
        end_exchange(reconcile, ASSAY_RECONCILE_DIFFERS);
        return;
    }
    reconcile->rounds++;
    reconcile->stats.round_count++;
    reconcile->new_count = 0;
    reconcile->slice_bits = assay_frontier_slice_bits(larger_count(reconcile));
    reconcile->slice_index = 0;
    reconcile->phase = PHASE_BUCKETS;
}

void assay_reconcile_start(struct assay_reconcile *reconcile,
                           const struct assay_msg_root *root)
{
    ASSAY_CHECK(reconcile->phase == PHASE_NEW && reconcile->has_sent_root);
    begin_exchange(reconcile);
    reconcile->phase = PHASE_ROOTS;
    reconcile->peer_root = *root;
    reconcile->has_root = true;
    compare_roots(reconcile);
}

/* Ends a round in its middle; what is on its way of it will be passed over. */
static void break_off(struct assay_reconcile *reconcile)
{
    reconcile->has_broken = true;
    reconcile->broken_round = reconcile->round;
    end_exchange(reconcile, ASSAY_RECONCILE_LATER);
}

/* All of a slice was said and sent on both sides. */
static void end_slice(struct assay_reconcile *reconcile)
{
    if (!reconcile->slice->has_done || !reconcile->slice->sent_done) {
        return;
    }
    assay_reconcile_slice_clear(reconcile);
    reconcile->slice_index++;
    reconcile->phase = PHASE_BUCKETS;
    if (reconcile->slice_index >> reconcile->slice_bits != 0) {
        clear_round(reconcile);
        reconcile->phase = PHASE_SETTLING;
    }
}

/* PROTOCOL 4: "A message of this section MUST have its place in the table: come
 * from that side, in that order, and be of the round and slice that are under
 * way." */
enum assay_err assay_reconcile_out_of_turn(struct assay_reconcile *reconcile)
{
    reconcile->is_out_of_turn = true;
    return ASSAY_E_MALFORMED;
}

static enum assay_err feed_root(struct assay_reconcile *reconcile,
                                const struct assay_msg_root *root)
{
    bool is_next = root->round == reconcile->round + 1;

    if (reconcile->phase == PHASE_ENDED && !reconcile->is_dialler && is_next) {
        set_round(reconcile, root->round);
        if (!reconcile->may_begin) {
            reconcile->phase = PHASE_ENDED;
            reconcile->says_later = true;
            return ASSAY_OK;
        }
        begin_exchange(reconcile);
    } else if (!(reconcile->phase == PHASE_SETTLING && is_next) &&
               !(reconcile->phase == PHASE_ROOTS &&
                 root->round == reconcile->round)) {
        return assay_reconcile_out_of_turn(reconcile);
    }
    if (reconcile->has_root) {
        return assay_reconcile_out_of_turn(reconcile);
    }
    reconcile->peer_root = *root;
    reconcile->has_root = true;
    if (reconcile->phase == PHASE_ROOTS) {
        compare_roots(reconcile);
    }
    return ASSAY_OK;
}

static enum assay_err feed_buckets(struct assay_reconcile *reconcile,
                                   const struct assay_sync_view *view,
                                   const struct assay_msg_buckets *buckets)
{
    enum assay_err err;

    /* PROTOCOL 4.4: "Slices MUST come in order, each after the one before has
     * ended." */
    if (reconcile->phase != PHASE_BUCKETS || reconcile->is_dialler ||
        buckets->slice != reconcile->slice_index) {
        return assay_reconcile_out_of_turn(reconcile);
    }
    if (buckets->slice_bits != reconcile->slice_bits) {
        return ASSAY_E_MALFORMED;
    }
    err = assay_reconcile_slice_begin(reconcile, view, buckets->bucket_bits);
    if (err == ASSAY_OK) {
        err = assay_reconcile_compare_buckets(reconcile, buckets->fingerprints);
    }
    if (err == ASSAY_OK) {
        reconcile->phase = PHASE_FRONTIER;
    }
    return err;
}

static enum assay_err feed_frontier(struct assay_reconcile *reconcile,
                                    const struct assay_sync_view *view,
                                    const struct assay_msg_frontier *frontier)
{
    enum assay_reconcile_phase phase =
        reconcile->is_dialler ? PHASE_FRONTIER : PHASE_ASKS;
    enum assay_err err;

    if (reconcile->phase != phase ||
        frontier->slice != reconcile->slice_index) {
        return assay_reconcile_out_of_turn(reconcile);
    }
    err = assay_reconcile_compare_frontier(reconcile, view, frontier);
    if (err != ASSAY_OK || frontier->has_more) {
        return err;
    }
    reconcile->phase = reconcile->is_dialler ? PHASE_ASKS : PHASE_RECORDS;
    return assay_reconcile_forks_begin(reconcile);
}

static enum assay_err feed_done(struct assay_reconcile *reconcile,
                                const struct assay_msg_done *done)
{
    if (done->status == ASSAY_DONE_LATER) {
        if (reconcile->phase != PHASE_ENDED) {
            break_off(reconcile);
        }
        return ASSAY_OK;
    }
    if (reconcile->phase != PHASE_RECORDS ||
        done->part != reconcile->slice_index || reconcile->slice->has_done) {
        return assay_reconcile_out_of_turn(reconcile);
    }
    reconcile->slice->has_done = true;
    end_slice(reconcile);
    return ASSAY_OK;
}

static enum assay_err feed_heads(struct assay_reconcile *reconcile,
                                 const struct assay_sync_view *view,
                                 const struct assay_msg_heads *heads)
{
    if ((reconcile->phase != PHASE_RECORDS && reconcile->phase != PHASE_ASKS) ||
        reconcile->slice->has_done) {
        return assay_reconcile_out_of_turn(reconcile);
    }
    return assay_reconcile_forks_feed(reconcile, view, heads);
}

/* The messages of a round, each read whole before anything is done. */
union assay_reconcile_message {
    struct assay_msg_follows follows;
    struct assay_msg_root root;
    struct assay_msg_buckets buckets;
    struct assay_msg_frontier frontier;
    struct assay_msg_heads heads;
    struct assay_msg_done done;
};

static enum assay_err read_message(struct assay_message *message,
                                   union assay_reconcile_message *out,
                                   uint64_t *round_out,
                                   struct assay_fault *fault_out)
{
    enum assay_err err;

    switch (message->type) {
    case ASSAY_MSG_FOLLOWS:
        return assay_msg_follows_read(message, &out->follows, fault_out);
    case ASSAY_MSG_ROOT:
        return assay_msg_root_read(message, &out->root, fault_out);
    case ASSAY_MSG_BUCKETS:
        err = assay_msg_buckets_read(message, &out->buckets, fault_out);
        *round_out = err == ASSAY_OK ? out->buckets.round : 0;
        return err;
    case ASSAY_MSG_FRONTIER:
        err = assay_msg_frontier_read(message, &out->frontier, fault_out);
        *round_out = err == ASSAY_OK ? out->frontier.round : 0;
        return err;
    case ASSAY_MSG_HEADS:
        err = assay_msg_heads_read(message, &out->heads, fault_out);
        *round_out = err == ASSAY_OK ? out->heads.round : 0;
        return err;
    case ASSAY_MSG_DONE:
        err = assay_msg_done_read(message, &out->done, fault_out);
        if (err == ASSAY_OK && out->done.what != ASSAY_DONE_SLICE) {
            return ASSAY_E_MALFORMED;
        }
        *round_out = err == ASSAY_OK ? out->done.number : 0;
        return err;
    default:
        return ASSAY_E_MALFORMED;
    }
}

static enum assay_err take_message(struct assay_reconcile *reconcile,
                                   const struct assay_sync_view *view,
                                   uint64_t type,
                                   const union assay_reconcile_message *message)
{
    switch (type) {
    case ASSAY_MSG_FOLLOWS:
        return assay_reconcile_teams_feed(reconcile, &message->follows);
    case ASSAY_MSG_ROOT:
        return feed_root(reconcile, &message->root);
    case ASSAY_MSG_BUCKETS:
        return feed_buckets(reconcile, view, &message->buckets);
    case ASSAY_MSG_FRONTIER:
        return feed_frontier(reconcile, view, &message->frontier);
    case ASSAY_MSG_HEADS:
        return feed_heads(reconcile, view, &message->heads);
    default:
        return feed_done(reconcile, &message->done);
    }
}

enum assay_err assay_reconcile_feed(struct assay_reconcile *reconcile,
                                    const struct assay_sync_view *view,
                                    struct assay_message *message,
                                    struct assay_fault *fault_out)
{
    union assay_reconcile_message read;
    uint64_t round = reconcile->round;
    enum assay_err err = read_message(message, &read, &round, fault_out);

    /* PROTOCOL 4.8: "messages of its round that are still on their way MUST be
     * ignored." */
    if (err == ASSAY_OK && message->type >= ASSAY_MSG_BUCKETS &&
        reconcile->has_broken && round == reconcile->broken_round) {
        return ASSAY_OK;
    }
    if (err == ASSAY_OK &&
        (reconcile->phase == PHASE_NEW || reconcile->has_failed ||
         round != reconcile->round)) {
        err = assay_reconcile_out_of_turn(reconcile);
    }
    if (err == ASSAY_OK) {
        err = take_message(reconcile, view, message->type, &read);
    }
    if (err != ASSAY_OK) {
        reconcile->has_failed = true;
    }
    return err;
}

bool assay_reconcile_is_out_of_turn(const struct assay_reconcile *reconcile)
{
    return reconcile->is_out_of_turn;
}

static enum assay_err produce_root(struct assay_reconcile *reconcile,
                                   const struct assay_sync_view *view,
                                   struct assay_cbor_writer *writer)
{
    struct assay_msg_root root;
    enum assay_err err;

    take_next(reconcile);
    err = take_root(reconcile, view, &root);
    if (err == ASSAY_OK) {
        assay_msg_root_write(&root, writer);
        compare_roots(reconcile);
    }
    return err;
}

static enum assay_err produce_buckets(struct assay_reconcile *reconcile,
                                      const struct assay_sync_view *view,
                                      struct assay_cbor_writer *writer)
{
    unsigned bits = assay_frontier_bucket_bits(larger_count(reconcile) >>
                                               reconcile->slice_bits);
    unsigned own_bits = assay_frontier_bucket_bits(reconcile->root.log_count >>
                                                   reconcile->slice_bits);
    enum assay_err err;

    /* Who has few logs, or is told a number that cannot be, sends few. */
    bits = bits < own_bits + 2 ? bits : own_bits + 2;
    err = assay_reconcile_slice_begin(reconcile, view, bits);
    if (err == ASSAY_OK) {
        err = assay_reconcile_write_buckets(reconcile, writer);
        reconcile->phase = PHASE_FRONTIER;
    }
    return err;
}

static enum assay_err produce_frontier(struct assay_reconcile *reconcile,
                                       struct assay_cbor_writer *writer)
{
    bool has_more = false;
    enum assay_err err =
        assay_reconcile_write_frontier(reconcile, writer, &has_more);

    if (err == ASSAY_OK && !has_more) {
        reconcile->slice->bucket = 0;
        reconcile->phase = PHASE_ASKS;
    }
    return err;
}

/* What forks ask goes first, so that the answers come with the records. */
static enum assay_err produce_asks(struct assay_reconcile *reconcile,
                                   const struct assay_sync_view *view,
                                   struct assay_cbor_writer *writer)
{
    bool has_more = false;
    enum assay_err err = assay_reconcile_forks_produce(reconcile, view, writer);

    if (err != ASSAY_E_NOT_FOUND || !reconcile->is_dialler) {
        return err;
    }
    err = assay_reconcile_write_asks(reconcile, writer, &has_more);
    if (err == ASSAY_OK && !has_more) {
        reconcile->phase = PHASE_RECORDS;
    }
    return err;
}

/* PROTOCOL 4.8: "The leader's done MUST come after the other's." Before that
 * the other may still ask about forks. */
static enum assay_err produce_done(struct assay_reconcile *reconcile,
                                   const struct assay_sync_view *view,
                                   struct assay_cbor_writer *writer)
{
    struct assay_reconcile_slice *slice = reconcile->slice;
    struct assay_sync_item item;
    struct assay_msg_done done = {
        .what = ASSAY_DONE_SLICE,
        .number = reconcile->round,
        .part = reconcile->slice_index,
        .count = slice->send.sent_count,
    };
    enum assay_err err;

    /* PROTOCOL 4.8: "A side MUST NOT send done while something of 4.6 is open,
     * nor heads after it." */
    if (slice->sent_done || assay_reconcile_forks_are_open(slice) ||
        (reconcile->is_dialler && !slice->has_done)) {
        return ASSAY_E_NOT_FOUND;
    }
    err = assay_reconcile_send_next(reconcile, view, &item);
    if (err != ASSAY_E_NOT_FOUND) {
        return err == ASSAY_OK || err == ASSAY_E_BUSY ? ASSAY_E_NOT_FOUND : err;
    }
    done.status = slice->send.has_left ? ASSAY_DONE_PART : ASSAY_DONE_ALL;
    assay_msg_done_write(&done, writer);
    slice->sent_done = true;
    end_slice(reconcile);
    return ASSAY_OK;
}

static enum assay_err produce_records(struct assay_reconcile *reconcile,
                                      const struct assay_sync_view *view,
                                      struct assay_cbor_writer *writer)
{
    enum assay_err err = assay_reconcile_forks_produce(reconcile, view, writer);

    return err == ASSAY_E_NOT_FOUND ? produce_done(reconcile, view, writer)
                                    : err;
}

static enum assay_err produce_later(struct assay_reconcile *reconcile,
                                    struct assay_cbor_writer *writer)
{
    struct assay_msg_done done = {
        .what = ASSAY_DONE_SLICE,
        .number = reconcile->round,
        .status = ASSAY_DONE_LATER,
    };

    assay_msg_done_write(&done, writer);
    reconcile->says_later = false;
    return ASSAY_OK;
}

static enum assay_err produce(struct assay_reconcile *reconcile,
                              const struct assay_sync_view *view,
                              struct assay_cbor_writer *writer)
{
    if (reconcile->says_later) {
        return produce_later(reconcile, writer);
    }
    switch (reconcile->phase) {
    case PHASE_ROOTS:
        return reconcile->has_sent_root ? ASSAY_E_NOT_FOUND
                                        : produce_root(reconcile, view, writer);
    case PHASE_FOLLOWS:
        if (reconcile->has_told) {
            return ASSAY_E_NOT_FOUND;
        }
        assay_reconcile_teams_produce(reconcile, writer);
        return ASSAY_OK;
    case PHASE_BUCKETS:
        return reconcile->is_dialler ? produce_buckets(reconcile, view, writer)
                                     : ASSAY_E_NOT_FOUND;
    case PHASE_FRONTIER:
        return reconcile->is_dialler ? ASSAY_E_NOT_FOUND
                                     : produce_frontier(reconcile, writer);
    case PHASE_ASKS:
        return produce_asks(reconcile, view, writer);
    case PHASE_RECORDS:
        return produce_records(reconcile, view, writer);
    case PHASE_NEW:
    case PHASE_SETTLING:
    case PHASE_ENDED:
        break;
    }
    return ASSAY_E_NOT_FOUND;
}

enum assay_err assay_reconcile_produce(struct assay_reconcile *reconcile,
                                       const struct assay_sync_view *view,
                                       uint8_t *out,
                                       struct assay_bytes *message_out)
{
    struct assay_cbor_writer writer;
    enum assay_err err;

    if (reconcile->has_failed) {
        return ASSAY_E_NOT_FOUND;
    }
    assay_cbor_writer_init(&writer, out, ASSAY_MESSAGE_MAX);
    err = produce(reconcile, view, &writer);
    if (err == ASSAY_OK) {
        err = assay_cbor_writer_finish(&writer, message_out);
    }
    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
        reconcile->has_failed = true;
    }
    return err;
}

enum assay_err assay_reconcile_next(struct assay_reconcile *reconcile,
                                    const struct assay_sync_view *view,
                                    struct assay_sync_item *item_out)
{
    if (reconcile->has_failed || reconcile->phase != PHASE_RECORDS) {
        return ASSAY_E_NOT_FOUND;
    }
    return assay_reconcile_send_next(reconcile, view, item_out);
}

void assay_reconcile_sent(struct assay_reconcile *reconcile)
{
    ASSAY_CHECK(reconcile->phase == PHASE_RECORDS);
    assay_reconcile_send_advance(&reconcile->slice->send);
    reconcile->stats.sent_count++;
    reconcile->sent_count++;
    if (reconcile->sent_count >
        reconcile->root.record_count * SENDS_MAX + SENDS_MORE) {
        reconcile->says_later = true;
        break_off(reconcile);
    }
}

bool assay_reconcile_is_settling(const struct assay_reconcile *reconcile)
{
    return reconcile->phase == PHASE_SETTLING;
}

void assay_reconcile_settled(struct assay_reconcile *reconcile,
                             uint64_t new_count)
{
    bool has_root = reconcile->has_root;

    ASSAY_CHECK(reconcile->phase == PHASE_SETTLING);
    reconcile->new_count = new_count;
    reconcile->stats.new_count += new_count;
    set_round(reconcile, reconcile->round + 1);
    reconcile->has_root = has_root;
}

void assay_reconcile_renew(struct assay_reconcile *reconcile)
{
    reconcile->may_begin = true;
    if (reconcile->is_dialler && reconcile->phase == PHASE_ENDED &&
        !reconcile->has_failed) {
        set_round(reconcile, reconcile->round + 1);
        begin_exchange(reconcile);
    }
}

bool assay_reconcile_shares(const struct assay_reconcile *reconcile,
                            const struct assay_id *team)
{
    return assay_sync_teams_hold(reconcile->teams, team);
}

enum assay_reconcile_state
assay_reconcile_state(const struct assay_reconcile *reconcile)
{
    return reconcile->state;
}

void assay_reconcile_stats(const struct assay_reconcile *reconcile,
                           struct assay_reconcile_stats *stats_out)
{
    *stats_out = reconcile->stats;
}
