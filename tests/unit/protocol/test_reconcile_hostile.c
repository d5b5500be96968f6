/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that breaks the protocol is told from one that is merely ahead, and
 * one that keeps to its form and lies costs a bounded number of rounds. */
#include "reconcile_desk.h"
#include "synthetic.h"

#include "testing.h"

#include <stdlib.h>

static uint8_t space[ASSAY_MESSAGE_MAX];

/* A message that a test makes up. */
struct forged {
    struct assay_cbor_writer writer;
};

static struct forged forge(void)
{
    struct forged forged;

    assay_cbor_writer_init(&forged.writer, space, sizeof(space));
    return forged;
}

static enum assay_err feed(struct exchange_side *side, struct forged *forged)
{
    struct assay_message message;
    struct assay_bytes bytes;

    assert_int_equal(assay_cbor_writer_finish(&forged->writer, &bytes),
                     ASSAY_OK);
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    return assay_reconcile_feed(side->machine, side->view, &message, NULL);
}

static struct forged forged_follows(void)
{
    struct assay_msg_follows follows = {.is_all = true};
    struct forged forged = forge();

    assay_msg_follows_write(&follows, &forged.writer);
    return forged;
}

static struct forged forged_root(uint64_t round)
{
    struct assay_msg_root root = {.round = round};
    struct forged forged = forge();

    assay_msg_root_write(&root, &forged.writer);
    return forged;
}

static struct forged forged_buckets(uint64_t round, unsigned slice_bits,
                                    uint64_t slice)
{
    static const uint8_t zeros[512];
    struct assay_msg_buckets buckets = {
        round, slice_bits, slice, 7, {zeros, sizeof(zeros)}};
    struct forged forged = forge();

    assay_msg_buckets_write(&buckets, &forged.writer);
    return forged;
}

static struct forged forged_frontier(const struct assay_msg_frontier *frontier)
{
    struct forged forged = forge();

    assay_msg_frontier_write(frontier, &forged.writer);
    return forged;
}

static struct forged forged_heads(enum assay_heads_stage stage,
                                  uint64_t log_key)
{
    static const uint8_t id[ASSAY_ID_SIZE];
    struct assay_msg_heads heads = {.stage = stage, .log_key = log_key};
    struct forged forged = forge();

    if (stage != ASSAY_HEADS_CLOSE) {
        heads.last_seq = 1;
        heads.head_count = 1;
        heads.points = (struct assay_bytes){id, sizeof(id)};
    }
    assay_msg_heads_write(&heads, &forged.writer);
    return forged;
}

static struct forged forged_done(enum assay_done_what what, uint64_t part,
                                 enum assay_done_status status)
{
    struct assay_msg_done done = {.what = what, .part = part, .status = status};
    struct forged forged = forge();

    assay_msg_done_write(&done, &forged.writer);
    return forged;
}

enum {
    FOLLOWS,
    ROOT,
    NEXT_ROOT,
    BUCKETS,
    FRONTIER,
    ASK,
    ANSWER,
    CLOSE,
    DONE,
    KINDS
};

static struct forged forged_of(int kind)
{
    static const struct assay_msg_frontier empty = {.round = 0};

    switch (kind) {
    case FOLLOWS:
        return forged_follows();
    case ROOT:
        return forged_root(0);
    case NEXT_ROOT:
        return forged_root(1);
    case BUCKETS:
        return forged_buckets(0, 0, 0);
    case FRONTIER:
        return forged_frontier(&empty);
    case ASK:
        return forged_heads(ASSAY_HEADS_ASK, 5);
    case ANSWER:
        return forged_heads(ASSAY_HEADS_ANSWER, 5);
    case CLOSE:
        return forged_heads(ASSAY_HEADS_CLOSE, 5);
    default:
        return forged_done(ASSAY_DONE_SLICE, 0, ASSAY_DONE_ALL);
    }
}

/* How far an exchange has come when something is made up. */
enum stage { COMPARED, BUCKETS_SAID, FRONTIER_SAID, ASKS_SAID, OVER };

static void say_one(struct exchange_side *from, struct exchange_side *to)
{
    uint8_t *buffer = malloc(ASSAY_MESSAGE_MAX);
    struct assay_message message;
    struct assay_bytes bytes;

    assert_non_null(buffer);
    assert_int_equal(
        assay_reconcile_produce(from->machine, from->view, buffer, &bytes),
        ASSAY_OK);
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(
        assay_reconcile_feed(to->machine, to->view, &message, NULL), ASSAY_OK);
    free(buffer);
}

/* Two ledgers, each ahead of the other in one log. */
static void begin_at(struct desk *desk, enum stage stage)
{
    desk_begin(desk, 1);
    (void)desk_say(desk, DESK_DIALLER);
    (void)desk_give(desk, DESK_LISTENER, history_found(desk->history));
    exchange_begin(&desk->exchange, 9);
    if (stage >= BUCKETS_SAID) {
        say_one(&desk->exchange.dialler, &desk->exchange.listener);
    }
    if (stage >= FRONTIER_SAID) {
        say_one(&desk->exchange.listener, &desk->exchange.dialler);
    }
    if (stage >= ASKS_SAID) {
        say_one(&desk->exchange.dialler, &desk->exchange.listener);
    }
    if (stage == OVER) {
        assert_int_equal(exchange_run(&desk->exchange), ASSAY_OK);
        desk_check_equal(desk);
    }
}

static bool is_fine(enum stage stage, bool to_dialler, int kind)
{
    if (to_dialler) {
        return (stage == BUCKETS_SAID && kind == FRONTIER) ||
               ((stage == FRONTIER_SAID || stage == ASKS_SAID) &&
                kind == ASK) ||
               (stage == ASKS_SAID && kind == DONE);
    }
    return (stage == COMPARED && kind == BUCKETS) ||
           (stage == FRONTIER_SAID && kind == FRONTIER) ||
           (stage >= FRONTIER_SAID && stage != OVER && kind == ASK) ||
           (stage == ASKS_SAID && kind == DONE);
}

/* Every message at every stage, to either side: only what the stage is for is
 * taken, and after a refusal the machine is silent and takes nothing. */
static void what_has_no_turn_is_refused(void **state)
{
    (void)state;

    for (int at = 0; at < (OVER + 1) * 2 * KINDS; at++) {
        enum stage stage = (enum stage)(at / (2 * KINDS));
        bool to_dialler = at / KINDS % 2 == 0;
        int kind = at % KINDS;
        struct desk desk;
        struct exchange_side *side;
        struct forged forged;
        struct assay_sync_item item;
        struct assay_bytes bytes;
        uint8_t buffer[ASSAY_MESSAGE_MAX];

        begin_at(&desk, stage);
        side = to_dialler ? &desk.exchange.dialler : &desk.exchange.listener;
        forged = forged_of(kind);
        if (is_fine(stage, to_dialler, kind)) {
            assert_int_equal(feed(side, &forged), ASSAY_OK);
            desk_end(&desk);
            continue;
        }
        assert_int_equal(feed(side, &forged), ASSAY_E_MALFORMED);
        assert_true(assay_reconcile_is_out_of_turn(side->machine));
        forged = forged_of(FRONTIER);
        assert_int_equal(feed(side, &forged), ASSAY_E_MALFORMED);
        assert_int_equal(
            assay_reconcile_produce(side->machine, side->view, buffer, &bytes),
            ASSAY_E_NOT_FOUND);
        assert_int_equal(assay_reconcile_next(side->machine, side->view, &item),
                         ASSAY_E_NOT_FOUND);
        desk_end(&desk);
    }
}

/* Numbers of rounds, slices and parts are those that are due. */
static void another_round_or_slice_is_refused(void **state)
{
    struct forged forged;
    struct desk desk;
    (void)state;

    begin_at(&desk, COMPARED);
    forged = forged_buckets(1, 0, 0);
    assert_int_equal(feed(&desk.exchange.listener, &forged), ASSAY_E_MALFORMED);
    desk_end(&desk);
    begin_at(&desk, COMPARED);
    forged = forged_buckets(0, 1, 0);
    assert_int_equal(feed(&desk.exchange.listener, &forged), ASSAY_E_MALFORMED);
    assert_false(
        assay_reconcile_is_out_of_turn(desk.exchange.listener.machine));
    desk_end(&desk);
    begin_at(&desk, ASKS_SAID);
    forged = forged_done(ASSAY_DONE_SLICE, 1, ASSAY_DONE_ALL);
    assert_int_equal(feed(&desk.exchange.listener, &forged), ASSAY_E_MALFORMED);
    desk_end(&desk);
    begin_at(&desk, ASKS_SAID);
    forged = forged_done(ASSAY_DONE_RANGE, 0, ASSAY_DONE_ALL);
    assert_int_equal(feed(&desk.exchange.listener, &forged), ASSAY_E_MALFORMED);
    desk_end(&desk);
}

static enum assay_err try_frontier(bool to_dialler, uint64_t first,
                                   struct assay_bytes bitmap,
                                   struct assay_bytes entries, bool has_more)
{
    struct assay_msg_frontier frontier = {0,      0,       first,
                                          bitmap, entries, has_more};
    struct desk desk;
    struct forged forged;
    enum assay_err err;

    begin_at(&desk, to_dialler ? BUCKETS_SAID : FRONTIER_SAID);
    forged = forged_frontier(&frontier);
    err = feed(to_dialler ? &desk.exchange.dialler : &desk.exchange.listener,
               &forged);
    desk_end(&desk);
    return err;
}

#define TEXT(text)                                                             \
    ((struct assay_bytes){(const uint8_t *)(text), sizeof(text) - 1})

static void frontiers_that_cannot_be_are_refused(void **state)
{
    struct assay_bytes one = TEXT("\x01");
    struct assay_bytes entry = TEXT("\x01\0\0\1\2abc");
    (void)state;

    assert_int_equal(try_frontier(true, 0, one, entry, false), ASSAY_OK);
    assert_int_equal(try_frontier(false, 0, one, entry, false), ASSAY_OK);
    /* Of 128 buckets. */
    assert_int_equal(try_frontier(true, 127, one, entry, false), ASSAY_OK);
    assert_int_equal(try_frontier(true, 128, one, entry, false),
                     ASSAY_E_MALFORMED);
    assert_int_equal(try_frontier(false, 128, one, entry, false),
                     ASSAY_E_MALFORMED);
    /* One that lists what it does not hold. */
    assert_int_equal(try_frontier(true, 0, one, TEXT("\x01\0\0\1\0"), false),
                     ASSAY_E_MALFORMED);
    assert_int_equal(try_frontier(false, 0, one, TEXT("\x01\0\0\1\0"), false),
                     ASSAY_OK);
    /* Bytes that are no entries. */
    assert_int_equal(try_frontier(true, 0, one, TEXT(""), false),
                     ASSAY_E_TRUNCATED);
    assert_int_equal(try_frontier(true, 0, one, TEXT("\0\0"), false),
                     ASSAY_E_MALFORMED);
    /* One that goes on for ever. */
    assert_int_equal(try_frontier(true, 0, TEXT("\0"), TEXT(""), true),
                     ASSAY_E_MALFORMED);
}

static void a_frontier_does_not_go_back(void **state)
{
    struct assay_msg_frontier frontier = {0,          0,   5, TEXT("\x01"),
                                          TEXT("\0"), true};
    struct forged forged;
    struct desk desk;
    (void)state;

    begin_at(&desk, BUCKETS_SAID);
    forged = forged_frontier(&frontier);
    assert_int_equal(feed(&desk.exchange.dialler, &forged), ASSAY_OK);
    forged = forged_frontier(&frontier);
    assert_int_equal(feed(&desk.exchange.dialler, &forged), ASSAY_E_MALFORMED);
    desk_end(&desk);
}

/* Logs that are made up are asked for, as they may be new here; no more of
 * them in one bucket than fit into a message. */
static void made_up_logs_are_asked_for_within_bounds(void **state)
{
    size_t count = ASSAY_SYNC_ENTRIES_MAX / 7 - 1;
    uint8_t *entries = malloc(ASSAY_SYNC_ENTRIES_MAX);
    struct assay_msg_frontier frontier = {.bitmap = TEXT("\x01")};
    struct exchange_side *side;
    struct assay_sync_entries asked;
    struct assay_message message;
    struct assay_bytes bytes;
    struct forged forged;
    struct desk desk;
    uint64_t bucket;
    size_t len;
    (void)state;

    assert_non_null(entries);
    len = assay_sync_count_write(count, entries);
    for (size_t i = 0; i < count; i++) {
        struct assay_sync_entry entry = {i, 1, true, 7};

        len += assay_sync_entry_write(&entry, entries + len);
    }
    frontier.entries = (struct assay_bytes){entries, len};
    begin_at(&desk, BUCKETS_SAID);
    side = &desk.exchange.dialler;
    forged = forged_frontier(&frontier);
    assert_int_equal(feed(side, &forged), ASSAY_OK);
    assert_int_equal(
        assay_reconcile_produce(side->machine, side->view, space, &bytes),
        ASSAY_OK);
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(assay_msg_frontier_read(&message, &frontier, NULL),
                     ASSAY_OK);
    assert_false(frontier.has_more);
    assay_sync_entries_init(&asked, &frontier);
    assert_int_equal(assay_sync_entries_bucket(&asked, &bucket, &len),
                     ASSAY_OK);
    assert_in_range(len, 1000, count - 1);
    desk_end(&desk);
    free(entries);
}

static void heads_are_asked_for_once_and_not_without_end(void **state)
{
    struct forged forged;
    struct desk desk;
    (void)state;

    begin_at(&desk, ASKS_SAID);
    for (uint64_t i = 0; i < ASSAY_RECONCILE_FORKS_MAX; i++) {
        forged = forged_heads(ASSAY_HEADS_ASK, i);
        assert_int_equal(feed(&desk.exchange.listener, &forged), ASSAY_OK);
    }
    forged = forged_heads(ASSAY_HEADS_ASK, 1000);
    assert_int_equal(feed(&desk.exchange.listener, &forged), ASSAY_E_LIMIT);
    desk_end(&desk);

    begin_at(&desk, ASKS_SAID);
    forged = forged_heads(ASSAY_HEADS_ASK, 7);
    assert_int_equal(feed(&desk.exchange.listener, &forged), ASSAY_OK);
    forged = forged_heads(ASSAY_HEADS_ASK, 7);
    assert_int_equal(feed(&desk.exchange.listener, &forged), ASSAY_E_MALFORMED);
    desk_end(&desk);
}

/* What it says of a log that nobody here has: nothing, and goes on. */
static void a_log_that_is_not_held_is_answered_so(void **state)
{
    uint8_t buffer[ASSAY_MESSAGE_MAX];
    struct exchange_side *side;
    struct assay_message message;
    struct assay_msg_heads heads;
    struct assay_bytes bytes;
    struct forged forged;
    struct desk desk;
    (void)state;

    begin_at(&desk, ASKS_SAID);
    side = &desk.exchange.listener;
    forged = forged_heads(ASSAY_HEADS_ASK, 7);
    assert_int_equal(feed(side, &forged), ASSAY_OK);
    assert_int_equal(
        assay_reconcile_produce(side->machine, side->view, buffer, &bytes),
        ASSAY_OK);
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(assay_msg_heads_read(&message, &heads, NULL), ASSAY_OK);
    assert_int_equal(heads.stage, ASSAY_HEADS_ANSWER);
    assert_int_equal(heads.head_count, 0);
    assert_false(assay_sync_bit(heads.held, 0));
    forged = forged_heads(ASSAY_HEADS_CLOSE, 7);
    assert_int_equal(feed(side, &forged), ASSAY_OK);
    desk_end(&desk);
}

static void begin_lists(struct desk *desk)
{
    static struct assay_id team;

    desk_begin(desk, 1);
    desk->exchange.listener.follows = (struct assay_follows){false, &team, 1};
    exchange_begin(&desk->exchange, 9);
}

static enum assay_err feed_ids(struct desk *desk, const uint8_t *ids,
                               size_t count, bool has_more)
{
    struct assay_msg_follows follows = {false, has_more, {ids, count * 8}};
    struct forged forged = forge();

    assay_msg_follows_write(&follows, &forged.writer);
    return feed(&desk->exchange.dialler, &forged);
}

static void a_list_of_teams_is_bounded_and_ascends(void **state)
{
    static uint8_t ids[ASSAY_SYNC_FOLLOWS_MAX * 8];
    struct desk desk;
    (void)state;

    begin_lists(&desk);
    for (size_t part = 0; part < 17; part++) {
        for (size_t i = 0; i < ASSAY_SYNC_FOLLOWS_MAX; i++) {
            ids[8 * i] = (uint8_t)part;
            ids[8 * i + 1] = (uint8_t)(i >> 8);
            ids[8 * i + 2] = (uint8_t)i;
        }
        assert_int_equal(feed_ids(&desk, ids, ASSAY_SYNC_FOLLOWS_MAX, true),
                         part < 16 ? ASSAY_OK : ASSAY_E_LIMIT);
    }
    desk_end(&desk);

    begin_lists(&desk);
    ids[0] = 5;
    assert_int_equal(feed_ids(&desk, ids, 1, true), ASSAY_OK);
    assert_int_equal(feed_ids(&desk, ids, 1, false), ASSAY_E_MALFORMED);
    desk_end(&desk);

    begin_lists(&desk);
    assert_int_equal(feed_ids(&desk, ids, 1, false), ASSAY_OK);
    ids[0] = 6;
    assert_int_equal(feed_ids(&desk, ids, 1, false), ASSAY_E_MALFORMED);
    desk_end(&desk);
}

/* A peer whose logs look other each time they are asked for. */
struct liar {
    const struct assay_sync_view *truth;
    struct assay_sync_view view;
    uint64_t lies;
    uint64_t boast; /* Added to every seq. */
};

static enum assay_err lie_about_logs(void *context, uint64_t *number,
                                     struct assay_sync_log *log_out)
{
    struct liar *liar = context;
    enum assay_err err =
        liar->truth->next_log(liar->truth->context, number, log_out);

    if (err == ASSAY_OK && log_out->head_count > 0) {
        liar->lies++;
        memcpy(log_out->heads[0].id.hash, &liar->lies, sizeof(liar->lies));
        log_out->heads[0].seq += liar->boast;
        log_out->record_count += liar->boast;
    }
    return err;
}

static enum assay_err tell_in_log(void *context, uint64_t log_number,
                                  uint64_t seq, uint64_t lsn,
                                  struct assay_sync_item *item_out)
{
    struct liar *liar = context;

    return liar->truth->next_in_log(liar->truth->context, log_number, seq, lsn,
                                    item_out);
}

static enum assay_err tell_row(void *context, uint64_t lsn,
                               struct assay_sync_item *item_out)
{
    struct liar *liar = context;

    return liar->truth->next_row(liar->truth->context, lsn, item_out);
}

static enum assay_err deny(void *context, const struct assay_id *id,
                           struct assay_sync_item *item_out)
{
    (void)context;
    (void)id;
    (void)item_out;
    return ASSAY_E_NOT_FOUND;
}

/* Fingerprints that always differ, heads that nobody can show: after two
 * rounds that bring nothing, both sides stop. */
static void a_peer_that_always_differs_ends_the_exchange(void **state)
{
    (void)state;

    for (int i = 0; i < 4; i++) {
        struct liar liar = {.boast = i % 2 == 0 ? 0 : UINT64_C(1) << 40};
        struct exchange_side *side;
        struct desk desk;

        desk_begin(&desk, 2);
        (void)desk_say(&desk, DESK_BOTH);
        side = i < 2 ? &desk.exchange.dialler : &desk.exchange.listener;
        liar.truth = side->view;
        liar.view = (struct assay_sync_view){
            &liar,       lie_about_logs, liar.truth->find_log,
            tell_in_log, tell_row,       deny};
        side->view = &liar.view;
        exchange_begin(&desk.exchange, 3);
        enum assay_err err = exchange_run(&desk.exchange);

        /* The liar's own machine may find that what it says cannot be. */
        if (err == ASSAY_OK) {
            desk_check_state(&desk, ASSAY_RECONCILE_DIFFERS);
        } else {
            assert_int_equal(err, ASSAY_E_CORRUPT);
        }
        assert_in_range(desk_stats(&desk, DESK_LISTENER).round_count, 1, 2);
        assert_true(desk.exchange.dialler.bytes + desk.exchange.listener.bytes <
                    20000);
        desk_end(&desk);
    }
}

static enum assay_err refuse(void *context, const struct assay_sync_item *item)
{
    (void)context;
    (void)item;
    return ASSAY_E_FROZEN;
}

static enum assay_err drop(void *context, const struct assay_sync_item *item)
{
    (void)context;
    (void)item;
    return ASSAY_OK;
}

static void set_synthetic(struct exchange_side *side, struct synthetic *ledger,
                          exchange_take_fn take)
{
    *side = (struct exchange_side){.view = synthetic_view(ledger),
                                   .follows = {.is_all = true},
                                   .take = take,
                                   .context = ledger};
}

/* One that takes nothing is offered all twice, and says so. */
static void who_takes_nothing_is_not_offered_for_ever(void **state)
{
    struct synthetic *full = synthetic_new(100, 100);
    struct synthetic *empty = synthetic_new(100, 0);
    struct exchange exchange;
    (void)state;

    set_synthetic(&exchange.dialler, empty, refuse);
    set_synthetic(&exchange.listener, full, synthetic_take);
    exchange_begin(&exchange, 1);
    assert_int_equal(exchange_run(&exchange), ASSAY_OK);
    assert_int_equal(assay_reconcile_state(exchange.listener.machine),
                     ASSAY_RECONCILE_DIFFERS);
    assert_int_equal(assay_reconcile_state(exchange.dialler.machine),
                     ASSAY_RECONCILE_DIFFERS);
    assert_int_equal(exchange.listener.record_count, 20000);
    exchange_end(&exchange);
    synthetic_free(full);
    synthetic_free(empty);
}

/* One that says each time that all was new, and asks for it again, is told to
 * come later. */
static void who_asks_for_all_again_and_again_is_put_off(void **state)
{
    struct synthetic *full = synthetic_new(100, 100);
    struct synthetic *empty = synthetic_new(100, 0);
    struct exchange exchange;
    (void)state;

    set_synthetic(&exchange.dialler, empty, drop);
    set_synthetic(&exchange.listener, full, synthetic_take);
    exchange_begin(&exchange, 1);
    assert_int_equal(exchange_run(&exchange), ASSAY_OK);
    assert_int_equal(assay_reconcile_state(exchange.listener.machine),
                     ASSAY_RECONCILE_LATER);
    assert_int_equal(assay_reconcile_state(exchange.dialler.machine),
                     ASSAY_RECONCILE_LATER);
    assert_int_equal(exchange.listener.record_count, 20000 + 4096 + 1);
    exchange_end(&exchange);
    synthetic_free(full);
    synthetic_free(empty);
}

/* What was on its way when a round was broken off is passed over. */
static void messages_of_a_broken_round_are_ignored(void **state)
{
    struct forged forged;
    struct desk desk;
    (void)state;

    begin_at(&desk, ASKS_SAID);
    forged = forged_done(ASSAY_DONE_SLICE, 0, ASSAY_DONE_LATER);
    assert_int_equal(feed(&desk.exchange.listener, &forged), ASSAY_OK);
    assert_int_equal(assay_reconcile_state(desk.exchange.listener.machine),
                     ASSAY_RECONCILE_LATER);
    for (int kind = BUCKETS; kind < KINDS; kind++) {
        forged = forged_of(kind);
        assert_int_equal(feed(&desk.exchange.listener, &forged), ASSAY_OK);
    }
    forged = forged_of(FOLLOWS);
    assert_int_equal(feed(&desk.exchange.listener, &forged), ASSAY_E_MALFORMED);
    desk_end(&desk);
}

static void errors_of_the_view_end_the_machine(void **state)
{
    uint8_t buffer[ASSAY_MESSAGE_MAX];
    struct assay_bytes bytes;
    struct exchange_side *side;
    struct assay_sync_item item;
    struct desk desk;
    (void)state;

    begin_at(&desk, COMPARED);
    side = &desk.exchange.dialler;
    memledger_fail(desk.dialler, ASSAY_E_IO);
    assert_int_equal(
        assay_reconcile_produce(side->machine, side->view, buffer, &bytes),
        ASSAY_E_IO);
    memledger_fail(desk.dialler, ASSAY_OK);
    assert_int_equal(
        assay_reconcile_produce(side->machine, side->view, buffer, &bytes),
        ASSAY_E_NOT_FOUND);
    desk_end(&desk);

    begin_at(&desk, ASKS_SAID);
    side = &desk.exchange.dialler;
    memledger_fail(desk.dialler, ASSAY_E_IO);
    assert_int_equal(assay_reconcile_next(side->machine, side->view, &item),
                     ASSAY_E_IO);
    desk_end(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_no_turn_is_refused),
        cmocka_unit_test(another_round_or_slice_is_refused),
        cmocka_unit_test(frontiers_that_cannot_be_are_refused),
        cmocka_unit_test(a_frontier_does_not_go_back),
        cmocka_unit_test(made_up_logs_are_asked_for_within_bounds),
        cmocka_unit_test(heads_are_asked_for_once_and_not_without_end),
        cmocka_unit_test(a_log_that_is_not_held_is_answered_so),
        cmocka_unit_test(a_list_of_teams_is_bounded_and_ascends),
        cmocka_unit_test(a_peer_that_always_differs_ends_the_exchange),
        cmocka_unit_test(who_takes_nothing_is_not_offered_for_ever),
        cmocka_unit_test(who_asks_for_all_again_and_again_is_put_off),
        cmocka_unit_test(messages_of_a_broken_round_are_ignored),
        cmocka_unit_test(errors_of_the_view_end_the_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
