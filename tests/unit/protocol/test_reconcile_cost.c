/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exchange costs follows what differs: the figures that the issue of
 * nodes that sync promises, on 1,000 logs.
 */
#include "exchange.h"
#include "synthetic.h"

#include "testing.h"

#define LOGS 1000

/* A hello crosses a hello before anything of an exchange is said. */
#define HELLO_TRIPS 1

struct cost {
    size_t bytes;
    size_t records;
    size_t trips_to_record; /* Round trips before the first record flows. */
    uint64_t rounds;
};

static uint64_t mix(uint64_t value)
{
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static void set_side(struct exchange_side *side, struct synthetic *ledger)
{
    memset(side, 0, sizeof(*side));
    side->view = synthetic_view(ledger);
    side->follows.is_all = true;
    side->take = synthetic_take;
    side->context = ledger;
}

/* new_count records at the ends of random logs, half on each side. */
static void add_new(struct synthetic *dialler, struct synthetic *listener,
                    size_t new_count)
{
    for (size_t i = 0; i < new_count; i++) {
        size_t log = (size_t)(mix(i) % (LOGS / 2)) * 2 + i % 2;
        struct synthetic *side = i % 2 == 0 ? dialler : listener;

        synthetic_set(side, log, synthetic_length(side, log) + 1);
    }
}

static struct cost measure(uint64_t record_count, size_t new_count)
{
    struct synthetic *dialler = synthetic_new(LOGS, record_count / LOGS);
    struct synthetic *listener = synthetic_new(LOGS, record_count / LOGS);
    struct exchange exchange;
    struct cost cost;

    add_new(dialler, listener, new_count);
    set_side(&exchange.dialler, dialler);
    set_side(&exchange.listener, listener);
    exchange_begin(&exchange, record_count + new_count);
    assert_int_equal(exchange_run(&exchange), ASSAY_OK);
    assert_int_equal(assay_reconcile_state(exchange.dialler.machine),
                     ASSAY_RECONCILE_EQUAL);
    for (size_t log = 0; log < LOGS; log++) {
        assert_int_equal(synthetic_length(dialler, log),
                         synthetic_length(listener, log));
    }
    cost.bytes = exchange.dialler.bytes + exchange.listener.bytes;
    cost.records =
        exchange.dialler.record_count + exchange.listener.record_count;
    cost.trips_to_record = HELLO_TRIPS + exchange.dialler.first_record_turn - 1;
    struct assay_reconcile_stats stats;
    assay_reconcile_stats(exchange.dialler.machine, &stats);
    cost.rounds = stats.round_count;
    exchange_end(&exchange);
    synthetic_free(dialler);
    synthetic_free(listener);
    return cost;
}

/* The hellos, which say it all, are the session's. */
static void equal_ledgers_say_nothing(void **state)
{
    (void)state;

    assert_int_equal(measure(1000000, 0).bytes, 0);
    assert_int_equal(measure(10000, 0).bytes, 0);
}

static void a_hundred_records_cost_what_was_promised(void **state)
{
    struct cost cost = measure(1000000, 100);
    (void)state;

    assert_true(cost.bytes <= 8000);
    assert_true(cost.trips_to_record <= 2);
    assert_int_equal(cost.records, 100);
}

static void ten_thousand_records_cost_what_was_promised(void **state)
{
    struct cost cost = measure(1000000, 10000);
    (void)state;

    assert_true(cost.bytes <= 20000);
    assert_true(cost.trips_to_record <= 2);
    assert_int_equal(cost.records, 10000);
}

/* Only the numbers in the messages get a little longer. */
static void the_cost_does_not_follow_the_records_that_are_held(void **state)
{
    size_t large = measure(1000000, 100).bytes;
    size_t middle = measure(100000, 100).bytes;
    size_t small = measure(10000, 100).bytes;
    (void)state;

    assert_true(large * 10 <= small * 11 && small * 10 <= large * 11);
    assert_true(large * 10 <= middle * 11 && middle * 10 <= large * 11);
}

/* A ledger that begins gets all, each record once, in the order of arrival:
 * then the rows are read once, too. */
static void an_empty_ledger_gets_each_record_once(void **state)
{
    struct synthetic *full = synthetic_new(LOGS, 20);
    struct synthetic *empty = synthetic_new(LOGS, 0);
    struct exchange exchange;
    (void)state;

    for (int turn = 0; turn < 2; turn++) {
        set_side(&exchange.dialler, turn == 0 ? full : empty);
        set_side(&exchange.listener, turn == 0 ? empty : full);
        uint64_t reads = synthetic_reads(full);

        exchange_begin(&exchange, 5);
        assert_int_equal(exchange_run(&exchange), ASSAY_OK);
        assert_int_equal(assay_reconcile_state(exchange.listener.machine),
                         ASSAY_RECONCILE_EQUAL);
        assert_int_equal(exchange.dialler.new_count +
                             exchange.listener.new_count,
                         LOGS * 20);
        assert_int_equal(exchange.dialler.record_count +
                             exchange.listener.record_count,
                         LOGS * 20);
        assert_true(synthetic_reads(full) - reads < LOGS * 23);
        exchange_end(&exchange);
        for (size_t log = 0; log < LOGS; log++) {
            synthetic_set(empty, log, 0);
        }
    }
    synthetic_free(full);
    synthetic_free(empty);
}

/* More logs than are held in memory at a time: they are compared slice by
 * slice, and nothing is left out. */
static void a_ledger_of_many_logs_is_compared_in_slices(void **state)
{
    size_t log_count = 110000;
    struct synthetic *dialler = synthetic_new(log_count, 2);
    struct synthetic *listener = synthetic_new(log_count, 2);
    struct exchange exchange;
    (void)state;

    for (size_t log = 0; log < log_count; log += 5000) {
        synthetic_set(log % 10000 == 0 ? dialler : listener, log, 4);
        synthetic_set(dialler, log + 1, 0);
        synthetic_set(listener, log + 2, 0);
    }
    set_side(&exchange.dialler, dialler);
    set_side(&exchange.listener, listener);
    exchange_begin(&exchange, 6);
    assert_int_equal(exchange_run(&exchange), ASSAY_OK);
    assert_int_equal(assay_reconcile_state(exchange.dialler.machine),
                     ASSAY_RECONCILE_EQUAL);
    assert_int_equal(assay_reconcile_state(exchange.listener.machine),
                     ASSAY_RECONCILE_EQUAL);
    assert_int_equal(exchange.dialler.record_count +
                         exchange.listener.record_count,
                     3 * 2 * log_count / 5000);
    exchange_end(&exchange);
    synthetic_free(dialler);
    synthetic_free(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_ledgers_say_nothing),
        cmocka_unit_test(a_hundred_records_cost_what_was_promised),
        cmocka_unit_test(ten_thousand_records_cost_what_was_promised),
        cmocka_unit_test(the_cost_does_not_follow_the_records_that_are_held),
        cmocka_unit_test(an_empty_ledger_gets_each_record_once),
        cmocka_unit_test(a_ledger_of_many_logs_is_compared_in_slices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
