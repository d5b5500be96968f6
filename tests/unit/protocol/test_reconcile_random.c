/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever two ledgers hold of a history, with its forks, ends and teams,
 * after an exchange both hold all of it that both follow.
 *
 * Each seed makes a history and deals it out; a seed that fails is printed
 * and can be given as an argument.
 */
#include "exchange.h"
#include "history.h"
#include "memledger.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

#define SEEDS 150
#define TEAMS_MAX 8

static uint64_t only_seed;

struct world {
    uint64_t seed;
    struct history *history;
    size_t *team_of; /* Of each record: index of its found record. */
    struct assay_id teams[TEAMS_MAX];
    size_t team_count;
    struct memledger *ledgers[2];
    bool *held[2]; /* What each was dealt. */
    struct assay_id follow_lists[2][TEAMS_MAX];
    struct assay_follows follows[2];
};

static void grow(struct history *history)
{
    struct history_mix mix = {.team_max = 1 + history_below(history, 5)};

    mix.count =
        2 + history_below(history, history_once_in(history, 10) ? 600 : 120);
    mix.fork_once_in = history_once_in(history, 3) ? 0 : 3;
    mix.heal_once_in = history_once_in(history, 3) ? 0 : 6;
    mix.end_once_in = history_once_in(history, 2) ? 0 : 12;
    mix.erase_once_in = history_once_in(history, 2) ? 0 : 8;
    history_grow(history, &mix);
}

static bool can_hold(const bool *held, const struct history_item *item)
{
    if (item->auth != HISTORY_NONE && !held[item->auth]) {
        return false;
    }
    for (size_t i = 0; i < item->prev_count; i++) {
        if (!held[item->prev[i]]) {
            return false;
        }
    }
    return true;
}

/* Gives each record to one side, to both, or to none, as far as a side can
 * hold it; for some seeds one side is an old copy of the other at first. */
static void deal(struct world *world)
{
    struct history *history = world->history;
    size_t count = history_count(history);
    size_t *order = calloc(count, sizeof(*order));
    size_t shared = history_below(history, 3) * count / 3;
    size_t lonely = history_once_in(history, 4) ? history_below(history, 2) : 2;

    assert_non_null(order);
    history_shuffle(history, order);
    for (size_t i = 0; i < count; i++) {
        const struct history_item *item = history_item(history, order[i]);
        uint64_t draw = history_below(history, 4);

        for (size_t side = 0; side < 2; side++) {
            bool wanted = i < shared || draw == 3 || draw == side;

            if (wanted && lonely != side && can_hold(world->held[side], item)) {
                memledger_put(world->ledgers[side], history, order[i]);
                world->held[side][order[i]] = true;
            }
        }
    }
    free(order);
}

static void find_teams(struct world *world)
{
    for (size_t i = 0; i < history_count(world->history); i++) {
        const struct history_item *item = history_item(world->history, i);

        world->team_of[i] =
            item->auth == HISTORY_NONE ? i : world->team_of[item->auth];
        if (item->auth == HISTORY_NONE) {
            assert_true(world->team_count < TEAMS_MAX);
            world->teams[world->team_count++] = item->id;
        }
    }
}

/* Both follow all, both the same teams, or each others. */
static void choose_follows(struct world *world)
{
    bool are_same = history_once_in(world->history, 3);

    for (size_t side = 0; side < 2; side++) {
        struct assay_follows *follows = &world->follows[side];

        follows->teams = world->follow_lists[side];
        follows->is_all = history_once_in(world->history, 3);
        if (side == 1 && are_same) {
            *follows = world->follows[0];
            continue;
        }
        for (size_t i = 0; !follows->is_all && i < world->team_count; i++) {
            if (!history_once_in(world->history, 4)) {
                world->follow_lists[side][follows->count++] = world->teams[i];
            }
        }
    }
}

static struct world *world_new(uint64_t seed)
{
    struct world *world = calloc(1, sizeof(*world));
    size_t count;

    assert_non_null(world);
    world->seed = seed;
    world->history = history_new(seed);
    grow(world->history);
    count = history_count(world->history);
    world->team_of = calloc(count, sizeof(size_t));
    assert_non_null(world->team_of);
    for (size_t side = 0; side < 2; side++) {
        world->ledgers[side] = memledger_new();
        world->held[side] = calloc(count, sizeof(bool));
        assert_non_null(world->held[side]);
    }
    find_teams(world);
    choose_follows(world);
    deal(world);
    return world;
}

static void world_free(struct world *world)
{
    for (size_t side = 0; side < 2; side++) {
        memledger_free(world->ledgers[side]);
        free(world->held[side]);
    }
    free(world->team_of);
    history_free(world->history);
    free(world);
}

static bool is_followed(const struct assay_follows *follows,
                        const struct assay_id *team)
{
    for (size_t i = 0; i < follows->count; i++) {
        if (assay_id_equal(&follows->teams[i], team)) {
            return true;
        }
    }
    return follows->is_all;
}

/* Both hold what either held of teams that both follow; else what it had. */
static bool is_as_promised(const struct world *world)
{
    for (size_t i = 0; i < history_count(world->history); i++) {
        const struct assay_id *team =
            &history_item(world->history, world->team_of[i])->id;
        bool is_common = is_followed(&world->follows[0], team) &&
                         is_followed(&world->follows[1], team);
        bool by_either = world->held[0][i] || world->held[1][i];

        for (size_t side = 0; side < 2; side++) {
            bool expected = is_common ? by_either : world->held[side][i];

            if (memledger_has(world->ledgers[side],
                              &history_item(world->history, i)->id) !=
                expected) {
                return false;
            }
        }
    }
    return true;
}

static enum assay_err take(void *context, const struct assay_sync_item *item)
{
    return memledger_take(context, item->envelope, item->body).err;
}

static void set_sides(struct exchange *exchange, const struct world *world,
                      size_t dialler)
{
    struct exchange_side *sides[2] = {&exchange->dialler, &exchange->listener};

    memset(exchange, 0, sizeof(*exchange));
    for (size_t i = 0; i < 2; i++) {
        size_t side = i == 0 ? dialler : 1 - dialler;

        sides[i]->view = memledger_view(world->ledgers[side]);
        sides[i]->follows = world->follows[side];
        sides[i]->take = take;
        sides[i]->context = world->ledgers[side];
    }
}

static void print_seed(const struct world *world, const char *what)
{
    (void)fprintf(stderr, "seed %llu: %s\n", (unsigned long long)world->seed,
                  what);
}

static void check_ended(const struct world *world,
                        const struct exchange *exchange)
{
    enum assay_reconcile_state states[2] = {
        assay_reconcile_state(exchange->dialler.machine),
        assay_reconcile_state(exchange->listener.machine)};

    if (states[0] != ASSAY_RECONCILE_EQUAL || states[1] != states[0]) {
        print_seed(world, "the machines do not say that all is equal");
        fail();
    }
    if (!is_as_promised(world)) {
        print_seed(world, "a ledger does not hold what it should");
        fail();
    }
}

static void both_come_to_hold_all_that_both_follow(void **state)
{
    uint64_t first = only_seed > 0 ? only_seed : 1;
    uint64_t end = only_seed > 0 ? only_seed + 1 : SEEDS + 1;
    (void)state;

    for (uint64_t seed = first; seed < end; seed++) {
        struct world *world = world_new(seed);
        struct exchange exchange;

        set_sides(&exchange, world, seed % 2);
        exchange_begin(&exchange, seed);
        if (exchange_run(&exchange) != ASSAY_OK) {
            print_seed(world, "a machine failed");
            fail();
        }
        check_ended(world, &exchange);
        exchange_end(&exchange);
        world_free(world);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_come_to_hold_all_that_both_follow),
    };

    if (argc > 1) {
        only_seed = strtoull(argv[1], NULL, 10);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
