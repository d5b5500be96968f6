/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_reconcile.c - what it costs to find out in what two ledgers differ.
 *
 * 10,000 to 1,000,000 records in 1,000 logs, of which some are new at the ends
 * of random logs, half on each side. Nothing is signed or stored: the bytes of
 * the messages, the round trips and the processor's time of both machines are
 * those of any ledger with as many logs, but for the store's own reads.
 *
 * Beside it stands what was measured of another peer that compares the ids of
 * all records by ranges, on 1,000,000 ids; its figures are constants here.
 */
#include <stdio.h>
#include <stdlib.h>

#include "protocol/check.h"
#include "tests/bench/machine.h"
#include "tests/support/exchange.h"
#include "tests/support/synthetic.h"

#define LOGS 1000

/* Runs of which the median time is told. */
#define RUNS 9

/* A hello crosses a hello before anything of an exchange is said. */
#define HELLO_TRIPS 1

/* Of the other peer: bytes where the new records are of the last hour, or
 * spread over three years; and its round trips. */
struct other {
    size_t new_count;
    size_t bytes_recent;
    size_t bytes_spread;
    size_t trips;
};

static const struct other others[] = {
    {0, 352, 352, 1},
    {2, 3316, 4473, 3},
    {100, 8166, 165495, 3},
    {1000, 37628, 1364891, 3},
    {10000, 332852, 10483647, 3},
};

#define CASES (sizeof(others) / sizeof(others[0]))

static const uint64_t record_counts[] = {10000, 100000, 1000000};

#define SIZES (sizeof(record_counts) / sizeof(record_counts[0]))

struct cost {
    size_t from_dialler; /* Bytes of messages, records apart. */
    size_t from_listener;
    size_t trips_to_record;
    size_t trips; /* Until both know that all is equal. */
    uint64_t cpu_ns;
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
    *side = (struct exchange_side){.view = synthetic_view(ledger),
                                   .follows = {.is_all = true},
                                   .take = synthetic_take,
                                   .context = ledger};
}

/* A log is one author's, so that its new records are all on one side. */
static void add_new(struct synthetic *dialler, struct synthetic *listener,
                    size_t new_count, uint64_t seed)
{
    for (size_t i = 0; i < new_count; i++) {
        size_t log = (size_t)(mix(seed << 32 | i) % (LOGS / 2)) * 2 + i % 2;
        struct synthetic *side = i % 2 == 0 ? dialler : listener;

        synthetic_set(side, log, synthetic_length(side, log) + 1);
    }
}

static struct cost measure(uint64_t record_count, size_t new_count,
                           uint64_t seed)
{
    struct synthetic *dialler = synthetic_new(LOGS, record_count / LOGS);
    struct synthetic *listener = synthetic_new(LOGS, record_count / LOGS);
    struct exchange exchange;
    struct cost cost = {.trips = HELLO_TRIPS};
    size_t turns;

    add_new(dialler, listener, new_count, seed);
    set_side(&exchange.dialler, dialler);
    set_side(&exchange.listener, listener);
    exchange_begin(&exchange, seed);
    enum assay_err err = exchange_run(&exchange);

    ASSAY_CHECK(err == ASSAY_OK);
    ASSAY_CHECK(assay_reconcile_state(exchange.dialler.machine) ==
                ASSAY_RECONCILE_EQUAL);
    cost.from_dialler = exchange.dialler.bytes;
    cost.from_listener = exchange.listener.bytes;
    turns = exchange.dialler.turns > exchange.listener.turns
                ? exchange.dialler.turns
                : exchange.listener.turns;
    cost.trips += turns;
    if (exchange.dialler.first_record_turn > 0) {
        cost.trips_to_record =
            HELLO_TRIPS + exchange.dialler.first_record_turn - 1;
    }
    cost.cpu_ns = exchange.dialler.cpu_ns + exchange.listener.cpu_ns;
    exchange_end(&exchange);
    synthetic_free(dialler);
    synthetic_free(listener);
    return cost;
}

/* The median of some runs by time; bytes of the last of them. */
static struct cost measure_often(uint64_t record_count, size_t new_count)
{
    uint64_t times[RUNS];
    struct cost cost = {.trips = 0};

    for (uint64_t run = 0; run < RUNS; run++) {
        cost = measure(record_count, new_count, run + 1);
        times[run] = cost.cpu_ns;
    }
    cost.cpu_ns = bench_machine_percentile(times, RUNS, 50);
    return cost;
}

static void print_case(uint64_t record_count, const struct cost *cost,
                       const struct other *other)
{
    (void)printf("%9llu %7zu %8zu %8zu %8zu %6zu %6zu %9.2f %10zu %11zu %6zu\n",
                 (unsigned long long)record_count, other->new_count,
                 cost->from_dialler, cost->from_listener,
                 cost->from_dialler + cost->from_listener,
                 cost->trips_to_record, cost->trips, (double)cost->cpu_ns / 1e6,
                 other->bytes_recent, other->bytes_spread, other->trips);
}

static size_t bytes_of(const struct cost *cost)
{
    return cost->from_dialler + cost->from_listener;
}

/* How far apart the sizes are in bytes, in percent of the smallest. */
static double spread_of(struct cost costs[SIZES][CASES], size_t which)
{
    size_t least = SIZE_MAX;
    size_t most = 0;

    for (size_t size = 0; size < SIZES; size++) {
        size_t bytes = bytes_of(&costs[size][which]);

        least = bytes < least ? bytes : least;
        most = bytes > most ? bytes : most;
    }
    return least == 0 ? 0.0 : 100.0 * (double)(most - least) / (double)least;
}

int main(void)
{
    struct cost costs[SIZES][CASES];

    bench_machine_print();
    (void)printf("in %d logs; an equal sync is the hellos alone; other peer: "
                 "measured on 1,000,000 ids\n",
                 LOGS);
    (void)printf("%9s %7s %8s %8s %8s %6s %6s %9s %10s %11s %6s\n", "records",
                 "new", "bytes ->", "bytes <-", "bytes", "first", "trips",
                 "cpu ms", "recent", "spread", "trips");
    for (size_t size = 0; size < SIZES; size++) {
        for (size_t which = 0; which < CASES; which++) {
            costs[size][which] =
                measure_often(record_counts[size], others[which].new_count);
            print_case(record_counts[size], &costs[size][which],
                       &others[which]);
        }
    }
    for (size_t which = 0; which < CASES; which++) {
        (void)printf("%zu new: bytes differ by %.1f%% over the sizes\n",
                     others[which].new_count, spread_of(costs, which));
    }
    return EXIT_SUCCESS;
}
