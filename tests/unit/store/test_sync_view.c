/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger as peers see it: logs with what stands of them, rows in order. */
#include "store/sync_view.h"

#include "exchange.h"
#include "raw_table.h"
#include "store/log.h"
#include "test_ledger.h"

#include "testing.h"

#include <stdlib.h>

#define SEEDS 40

struct desk {
    struct history *history;
    struct test_ledger test;
    struct store_sync_view *sync;
    const struct assay_sync_view *view;
};

static void begin(struct desk *desk, struct history *history)
{
    desk->history = history;
    test_ledger_make(&desk->test);
    test_ledger_fill(&desk->test, history, NULL, history_count(history));
    assert_int_equal(store_sync_view_begin(desk->test.ledger, &desk->sync),
                     ASSAY_OK);
    desk->view = store_sync_view_of(desk->sync);
}

static void end(struct desk *desk)
{
    store_sync_view_end(desk->sync);
    test_ledger_remove(&desk->test);
    history_free(desk->history);
}

static const struct assay_id *id_of(const struct desk *desk, size_t index)
{
    return &history_item(desk->history, index)->id;
}

static struct assay_sync_log log_of(struct desk *desk, size_t grant)
{
    struct assay_sync_log log;

    assert_int_equal(
        desk->view->find_log(desk->view->context, id_of(desk, grant), &log),
        ASSAY_OK);
    return log;
}

/* The heads of a log are these records, in any order. */
static void check_heads(struct desk *desk, size_t grant, const size_t *heads,
                        size_t count)
{
    struct assay_sync_log log = log_of(desk, grant);

    assert_int_equal(log.head_count, count);
    for (size_t i = 0; i < count; i++) {
        bool found = false;

        for (size_t j = 0; j < count; j++) {
            found = found ||
                    (assay_id_equal(&log.heads[j].id, id_of(desk, heads[i])) &&
                     log.heads[j].seq ==
                         history_item(desk->history, heads[i])->seq);
        }
        assert_true(found);
    }
}

/* The records of a log are these, in this order. */
static void check_order(struct desk *desk, size_t grant, const size_t *records,
                        size_t count)
{
    struct assay_sync_log log = log_of(desk, grant);
    struct assay_sync_item item = {.seq = 0};

    for (size_t i = 0; i < count; i++) {
        assert_int_equal(desk->view->next_in_log(desk->view->context,
                                                 log.number, item.seq, item.lsn,
                                                 &item),
                         ASSAY_OK);
        assert_memory_equal(&item.id, id_of(desk, records[i]), sizeof(item.id));
        assert_int_equal(item.log_number, log.number);
        assert_true(assay_bytes_equal(
            item.envelope, history_item(desk->history, records[i])->envelope));
    }
    assert_int_equal(desk->view->next_in_log(desk->view->context, log.number,
                                             item.seq, item.lsn, &item),
                     ASSAY_E_NOT_FOUND);
}

/* Which rows are part of a log, in order of arrival. */
static void check_rows(struct desk *desk, const bool *is_part)
{
    struct assay_sync_item item = {.lsn = 0};

    for (size_t i = 0; i < history_count(desk->history); i++) {
        assert_int_equal(
            desk->view->next_row(desk->view->context, item.lsn, &item),
            ASSAY_OK);
        assert_memory_equal(&item.id, id_of(desk, i), sizeof(item.id));
        assert_int_equal(item.seq, history_item(desk->history, i)->seq);
        assert_true((item.log_number != 0) == is_part[i]);
    }
    assert_int_equal(desk->view->next_row(desk->view->context, item.lsn, &item),
                     ASSAY_E_NOT_FOUND);
}

static void logs_come_by_number_with_their_heads(void **state)
{
    struct history *history = history_new(1);
    size_t root = history_found(history);
    size_t member = history_member(history, root, ASSAY_ROLE_CHECKER, 0);
    size_t idle = history_member(history, root, ASSAY_ROLE_CHECKER, 0);
    size_t claim = history_claim(history, member);
    struct assay_sync_log log;
    uint64_t number = 0;
    struct desk desk;
    (void)state;

    begin(&desk, history);
    assert_int_equal(desk.view->next_log(desk.view->context, &number, &log),
                     ASSAY_OK);
    assert_memory_equal(&log.grant, id_of(&desk, root), sizeof(log.grant));
    assert_true(log.is_root);
    assert_int_equal(number, log.number);
    assert_int_equal(desk.view->next_log(desk.view->context, &number, &log),
                     ASSAY_OK);
    assert_memory_equal(&log.grant, id_of(&desk, member), sizeof(log.grant));
    assert_memory_equal(&log.team, id_of(&desk, root), sizeof(log.team));
    assert_false(log.is_root);
    assert_int_equal(log.record_count, 1);
    assert_int_equal(desk.view->next_log(desk.view->context, &number, &log),
                     ASSAY_OK);
    assert_int_equal(log.head_count, 0);
    assert_int_equal(desk.view->next_log(desk.view->context, &number, &log),
                     ASSAY_E_NOT_FOUND);
    check_heads(&desk, root, &idle, 1);
    check_heads(&desk, member, &claim, 1);
    assert_int_equal(
        desk.view->find_log(desk.view->context, id_of(&desk, claim), &log),
        ASSAY_E_NOT_FOUND);
    end(&desk);
}

static void rows_have_their_bytes(void **state)
{
    struct history *history = history_new(2);
    size_t root = history_found(history);
    size_t claim = history_claim(history, root);
    struct assay_sync_item item;
    struct assay_id other;
    struct desk desk;
    (void)state;

    begin(&desk, history);
    assert_int_equal(
        desk.view->find(desk.view->context, id_of(&desk, claim), &item),
        ASSAY_OK);
    assert_true(assay_bytes_equal(item.envelope,
                                  history_item(history, claim)->envelope));
    assert_true(
        assay_bytes_equal(item.body, history_item(history, claim)->body));
    assert_int_equal(item.seq, 2);
    memset(&other, 5, sizeof(other));
    assert_int_equal(desk.view->find(desk.view->context, &other, &item),
                     ASSAY_E_NOT_FOUND);
    end(&desk);
}

/* A stolen key goes on writing; its owner's last good record is the head. */
static void what_a_revocation_cut_is_no_part_of_the_log(void **state)
{
    struct history *history = history_new(3);
    size_t root = history_found(history);
    size_t member = history_member(history, root, ASSAY_ROLE_CHECKER, 0);
    size_t first = history_claim(history, member);
    size_t good = history_claim(history, member);
    size_t bad = history_claim(history, member);
    size_t worse = history_claim(history, member);
    size_t revoke = history_revoke(history, root, member, &good, 1);
    const size_t left[] = {first, good};
    struct assay_sync_item item;
    struct desk desk;
    (void)state;

    begin(&desk, history);
    check_heads(&desk, member, &good, 1);
    check_order(&desk, member, left, 2);
    check_heads(&desk, root, &revoke, 1);
    check_rows(&desk,
               (const bool[]){true, true, true, true, false, false, true});
    assert_true(log_of(&desk, member).record_count !=
                log_of(&desk, member).heads[0].seq);
    assert_int_equal(
        desk.view->find(desk.view->context, id_of(&desk, worse), &item),
        ASSAY_OK);
    assert_int_equal(item.log_number, 0);
    (void)bad;
    end(&desk);
}

/* Someone leaves: all that was said stands. */
static void a_log_that_ended_well_is_whole(void **state)
{
    struct history *history = history_new(4);
    size_t root = history_found(history);
    size_t member = history_member(history, root, ASSAY_ROLE_CHECKER, 0);
    size_t first = history_claim(history, member);
    size_t last = history_claim(history, member);
    const size_t all[] = {first, last};
    struct desk desk;
    (void)state;

    (void)history_revoke(history, root, member, &last, 1);
    begin(&desk, history);
    check_heads(&desk, member, &last, 1);
    check_order(&desk, member, all, 2);
    assert_int_equal(log_of(&desk, member).record_count, 2);
    end(&desk);
}

static void without_a_last_good_record_nothing_is_left(void **state)
{
    struct history *history = history_new(5);
    size_t root = history_found(history);
    size_t member = history_member(history, root, ASSAY_ROLE_CHECKER, 0);
    struct desk desk;
    (void)state;

    (void)history_claim(history, member);
    (void)history_revoke(history, root, member, NULL, 0);
    begin(&desk, history);
    check_heads(&desk, member, NULL, 0);
    check_order(&desk, member, NULL, 0);
    check_rows(&desk, (const bool[]){true, true, false, true});
    end(&desk);
}

/* Two revocations cut on two branches: what both let stand is the base. */
static void several_revocations_leave_what_all_let_stand(void **state)
{
    struct history *history = history_new(6);
    size_t root = history_found(history);
    size_t member = history_member(history, root, ASSAY_ROLE_CHECKER, 0);
    size_t base = history_claim(history, member);
    size_t left = history_claim(history, member);
    struct desk desk;
    size_t right;
    (void)state;

    history_follow(history, base);
    right = history_claim(history, member);
    (void)history_revoke(history, root, member, &left, 1);
    (void)history_revoke(history, root, member, &right, 1);
    begin(&desk, history);
    check_heads(&desk, member, &base, 1);
    check_order(&desk, member, &base, 1);
    end(&desk);
}

/* A thief of the root key made members before the root was rotated. */
static void what_a_rotation_cut_falls_with_its_members(void **state)
{
    struct history *history = history_new(7);
    size_t root = history_found(history);
    size_t member = history_member(history, root, ASSAY_ROLE_CHECKER, 0);
    size_t claim = history_claim(history, member);
    size_t thief = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    size_t lie = history_claim(history, thief);
    size_t rotate = history_rotate(history, root, &member, 1);
    const size_t left[] = {root, member};
    struct desk desk;
    (void)state;

    begin(&desk, history);
    check_heads(&desk, root, &member, 1);
    check_order(&desk, root, left, 2);
    check_heads(&desk, member, &claim, 1);
    check_heads(&desk, thief, NULL, 0);
    check_order(&desk, thief, NULL, 0);
    check_heads(&desk, rotate, &rotate, 1);
    check_rows(&desk, (const bool[]){true, true, true, false, false, true});
    (void)lie;
    end(&desk);
}

/* Both rotations are passed on, since they prove the fork; what was said under
 * the one that lost is not. */
static void both_sides_of_a_root_fork_keep_their_first_record(void **state)
{
    struct history *history = history_new(8);
    size_t root = history_found(history);
    size_t sides[2];
    size_t lost;
    struct desk desk;
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        sides[i] = history_rotate(history, root, &root, 1);
        (void)history_claim(history, sides[i]);
    }
    begin(&desk, history);
    lost = memcmp(id_of(&desk, sides[0]), id_of(&desk, sides[1]),
                  ASSAY_ID_SIZE) < 0
               ? 1
               : 0;
    check_heads(&desk, sides[lost], &sides[lost], 1);
    check_order(&desk, sides[lost], &sides[lost], 1);
    assert_int_equal(log_of(&desk, sides[1 - lost]).heads[0].seq, 2);
    end(&desk);
}

/* A revocation that comes while a ledger is open is seen by the next view. */
static void a_later_view_sees_later_endings(void **state)
{
    struct history *history = history_new(9);
    size_t root = history_found(history);
    size_t member = history_member(history, root, ASSAY_ROLE_CHECKER, 0);
    size_t good = history_claim(history, member);
    size_t bad = history_claim(history, member);
    struct store_batch *batch;
    struct desk desk;
    size_t revoke;
    (void)state;

    begin(&desk, history);
    check_heads(&desk, member, &bad, 1);
    store_sync_view_end(desk.sync);
    revoke = history_revoke(history, root, member, &good, 1);
    batch = test_ledger_begin(&desk.test, TEST_NOW_S);
    assert_int_equal(test_ledger_put_item(batch, history, revoke), ASSAY_OK);
    test_ledger_commit(batch);
    assert_int_equal(store_sync_view_begin(desk.test.ledger, &desk.sync),
                     ASSAY_OK);
    desk.view = store_sync_view_of(desk.sync);
    check_heads(&desk, member, &good, 1);
    end(&desk);
}

/* A repair may have set rows aside. */
static void a_gap_between_rows_is_passed(void **state)
{
    struct history *history = history_new(10);
    size_t root = history_found(history);
    struct assay_sync_item item;
    struct raw_entry row;
    struct desk desk;
    (void)state;

    (void)history_claim(history, root);
    (void)history_claim(history, root);
    begin(&desk, history);
    store_sync_view_end(desk.sync);
    row = raw_get(desk.test.ledger, STORE_RECORDS, 1);
    raw_delete(desk.test.ledger, STORE_RECORDS, &row);
    assert_int_equal(store_sync_view_begin(desk.test.ledger, &desk.sync),
                     ASSAY_OK);
    desk.view = store_sync_view_of(desk.sync);
    assert_int_equal(desk.view->next_row(desk.view->context, 1, &item),
                     ASSAY_OK);
    assert_int_equal(item.lsn, 3);
    assert_int_equal(desk.view->next_row(desk.view->context, 3, &item),
                     ASSAY_E_NOT_FOUND);
    end(&desk);
}

/* What is behind the last good records of an ending. */
static void mark_behind(const struct history *history,
                        const struct assay_grant *ending, bool *behind)
{
    for (size_t i = history_count(history); i-- > 0;) {
        const struct history_item *item = history_item(history, i);

        for (size_t j = 0; j < ending->last_count; j++) {
            behind[i] =
                behind[i] || assay_id_equal(&ending->last[j], &item->id);
        }
        for (size_t j = 0; behind[i] && j < item->prev_count; j++) {
            behind[item->prev[j]] = true;
        }
    }
}

/* Whether a revoke or rotate counts, which the rules say. */
static bool counts(struct assay_validity *validity, struct store_view *rules,
                   const struct history_item *item)
{
    const struct assay_authority *authority = NULL;
    struct assay_validity_result result;
    struct store_row row;

    assert_int_equal(store_view_by_id(rules, &item->id, &row), ASSAY_OK);
    if (item->kind == ASSAY_KIND_ROTATE) {
        assert_int_equal(
            assay_validity_authority(validity, &item->id, &authority),
            ASSAY_OK);
        return authority->is_in_force;
    }
    assert_int_equal(assay_validity_of(validity, &row.record, &result),
                     ASSAY_OK);
    return item->kind == ASSAY_KIND_REVOKE && result.state == ASSAY_STANDS;
}

static bool is_root(const struct history *history, size_t index)
{
    return assay_kind_is_root(history_item(history, index)->kind);
}

/* Takes what one ending cut from what stands. */
static void apply_ending(const struct history *history,
                         const struct history_item *item, bool *stands)
{
    size_t count = history_count(history);
    bool *behind = calloc(count, sizeof(*behind));
    struct assay_record record;
    struct assay_grant grant;

    assert_non_null(behind);
    assert_int_equal(
        assay_record_parse(item->envelope, item->body, &record, NULL),
        ASSAY_OK);
    assert_int_equal(
        assay_grant_read(item->kind, record.payload.grant, &grant, NULL),
        ASSAY_OK);
    mark_behind(history, &grant, behind);
    for (size_t i = 0; i < count; i++) {
        size_t log = history_item(history, i)->grant;
        bool is_ended =
            item->kind == ASSAY_KIND_ROTATE
                ? log == item->auth
                : !is_root(history, log) &&
                      assay_id_equal(&history_item(history, log)->id,
                                     &grant.target);

        stands[i] = stands[i] && (!is_ended || behind[i] || i == log);
    }
    free(behind);
}

/* What stands, by a second writing of it. */
static void find_standing(struct desk *desk, struct store_view *rules,
                          bool *stands)
{
    const struct history *history = desk->history;
    struct assay_validity *validity = NULL;
    const struct assay_authority *authority = NULL;

    assert_int_equal(store_view_validity(rules, &validity), ASSAY_OK);
    for (size_t i = 0; i < history_count(history); i++) {
        size_t log = history_item(history, i)->grant;

        assert_int_equal(
            assay_validity_authority(validity, &history_item(history, log)->id,
                                     &authority),
            ASSAY_OK);
        stands[i] = i == log || authority->is_in_force;
    }
    for (size_t i = 0; i < history_count(history); i++) {
        if (counts(validity, rules, history_item(history, i))) {
            apply_ending(history, history_item(history, i), stands);
        }
    }
}

/* Whether a record that stands is prev of one that stands. */
static bool has_next(const struct desk *desk, const bool *stands, size_t index)
{
    for (size_t i = 0; i < history_count(desk->history); i++) {
        const struct history_item *item = history_item(desk->history, i);

        for (size_t j = 0; stands[i] && j < item->prev_count; j++) {
            if (item->prev[j] == index) {
                return true;
            }
        }
    }
    return false;
}

static bool is_head(const struct assay_sync_log *log, const struct assay_id *id)
{
    for (size_t i = 0; i < log->head_count; i++) {
        if (assay_id_equal(&log->heads[i].id, id)) {
            return true;
        }
    }
    return false;
}

/* What the view shows of each log is what the rules say of each record. */
static void check_by_the_rules(struct desk *desk, uint64_t seed)
{
    size_t count = history_count(desk->history);
    bool *stands = calloc(count, sizeof(*stands));
    struct store_view *rules = NULL;

    assert_non_null(stands);
    assert_int_equal(store_view_begin(desk->test.ledger, STORE_NOW, &rules),
                     ASSAY_OK);
    find_standing(desk, rules, stands);
    check_rows(desk, stands);
    for (size_t i = 0; i < count; i++) {
        const struct history_item *item = history_item(desk->history, i);
        struct assay_sync_log log = log_of(desk, item->grant);
        bool expected = stands[i] && !has_next(desk, stands, i);

        if (is_head(&log, &item->id) != expected) {
            print_error("seed %llu, record %zu\n", (unsigned long long)seed, i);
            fail();
        }
    }
    store_view_end(rules);
    free(stands);
}

static struct history *random_history(uint64_t seed)
{
    struct history *history = history_new(seed);
    struct history_mix mix = {.count = 60,
                              .team_max = 3,
                              .fork_once_in = 4,
                              .heal_once_in = 8,
                              .end_once_in = 6};

    history_grow(history, &mix);
    return history;
}

static void random_histories_are_shown_by_the_rules(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct desk desk;

        begin(&desk, random_history(seed));
        check_by_the_rules(&desk, seed);
        end(&desk);
    }
}

/* A side of an exchange whose ledger is on disk. */
struct peer {
    struct desk desk;
    struct exchange_side *side;
};

static void show_newest(struct peer *peer)
{
    store_sync_view_end(peer->desk.sync);
    assert_int_equal(
        store_sync_view_begin(peer->desk.test.ledger, &peer->desk.sync),
        ASSAY_OK);
    peer->desk.view = store_sync_view_of(peer->desk.sync);
    peer->side->view = peer->desk.view;
}

/* A thread that writes has no view open. */
static enum assay_err take(void *context, const struct assay_sync_item *item)
{
    struct peer *peer = context;
    struct store_batch *batch;
    enum assay_err err;

    store_sync_view_end(peer->desk.sync);
    peer->desk.sync = NULL;
    batch = test_ledger_begin(&peer->desk.test, TEST_NOW_S);
    err = test_ledger_put(batch, item->envelope, item->body);
    test_ledger_commit(batch);
    show_newest(peer);
    return err;
}

/* A ledger with the first count records of a history. */
static void begin_peer(struct peer *peer, struct exchange_side *side,
                       struct history *history, size_t count)
{
    peer->desk.history = history;
    peer->desk.sync = NULL;
    peer->side = side;
    *side = (struct exchange_side){
        .follows = {.is_all = true}, .take = take, .context = peer};
    test_ledger_make(&peer->desk.test);
    test_ledger_fill(&peer->desk.test, history, NULL, count);
    show_newest(peer);
}

static void end_peer(struct peer *peer)
{
    store_sync_view_end(peer->desk.sync);
    test_ledger_remove(&peer->desk.test);
}

/* One has all of a history with ends, the other its beginning: after an
 * exchange both say the same of every log, and each record came in its turn.
 * (Where of two revocations of one grant each cuts what the other names, the
 * named records are to be fetched by id first; these seeds have none.) */
static void two_ledgers_come_to_the_same(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct history *history = random_history(100 + seed);
        size_t count = history_count(history);
        struct exchange exchange;
        struct peer dialler;
        struct peer listener;

        begin_peer(&dialler, &exchange.dialler, history,
                   seed % 2 == 0 ? count : count / 3);
        begin_peer(&listener, &exchange.listener, history,
                   seed % 2 == 0 ? count / 3 : count);
        exchange_begin(&exchange, seed);
        assert_int_equal(exchange_run(&exchange), ASSAY_OK);
        assert_int_equal(assay_reconcile_state(exchange.dialler.machine),
                         ASSAY_RECONCILE_EQUAL);
        assert_int_equal(assay_reconcile_state(exchange.listener.machine),
                         ASSAY_RECONCILE_EQUAL);
        assert_int_equal(exchange.dialler.early_count, 0);
        assert_int_equal(exchange.listener.early_count, 0);
        exchange_end(&exchange);
        end_peer(&dialler);
        end_peer(&listener);
        history_free(history);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_come_by_number_with_their_heads),
        cmocka_unit_test(rows_have_their_bytes),
        cmocka_unit_test(what_a_revocation_cut_is_no_part_of_the_log),
        cmocka_unit_test(a_log_that_ended_well_is_whole),
        cmocka_unit_test(without_a_last_good_record_nothing_is_left),
        cmocka_unit_test(several_revocations_leave_what_all_let_stand),
        cmocka_unit_test(what_a_rotation_cut_falls_with_its_members),
        cmocka_unit_test(both_sides_of_a_root_fork_keep_their_first_record),
        cmocka_unit_test(a_later_view_sees_later_endings),
        cmocka_unit_test(a_gap_between_rows_is_passed),
        cmocka_unit_test(random_histories_are_shown_by_the_rules),
        cmocka_unit_test(two_ledgers_come_to_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
