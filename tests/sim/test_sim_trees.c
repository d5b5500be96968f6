/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A large overlay: every record reaches every node, once, and nearly as fast as
 * the links allow, from whatever node it comes; and a third of all nodes may
 * vanish. test_sim_trees SEED replays one seed.
 */
#include "gossip_run.h"
#include "seeds.h"

static struct sim_seeds seeds;

static void check(const struct gossip_figures *figures, uint32_t nodes)
{
    const struct gossip_run_turn *settled =
        &figures->turns[GOSSIP_RUN_TURNS - 1];

    assert_int_equal(figures->reach, nodes);
    for (size_t i = 1; i < GOSSIP_RUN_TURNS; i++) {
        assert_int_equal(figures->turns[i].unreached, 0);
        assert_true(figures->turns[i].redundancy_max < 0.1);
    }
    assert_true(settled->stretch_max <= 2.0);
    assert_true(settled->redundancy_max < 0.01);

    assert_int_equal(figures->left_reach, figures->left);
    assert_int_equal(figures->left_missing, 0);
    assert_int_equal(figures->after.unreached, 0);
    assert_true(figures->after.redundancy_mean < 0.1);
}

static void run(size_t active_max)
{
    struct gossip_run_config config = {
        .net = {.node_count = SIM_TREES_NODES,
                .active_target = ASSAY_ACTIVE_TARGET,
                .active_max = active_max,
                .static_max = 1,
                .tree_max = 32},
        .join_interval_us = 30 * SIM_S / SIM_TREES_NODES,
        .warm_count = 20,
        .sender_count = SIM_TREES_SENDERS,
        .vanish_percent = 30,
    };
    static struct gossip_figures figures;

    for (uint64_t i = 0; i < seeds.count; i++) {
        config.net.seed = seeds.first + i;
        sim_seed_begins(config.net.seed);
        gossip_run(&config, &figures);
        print_message("stretch %.2f at most, redundancy %.3f\n",
                      figures.turns[GOSSIP_RUN_TURNS - 1].stretch_max,
                      figures.turns[GOSSIP_RUN_TURNS - 1].redundancy_max);
        check(&figures, SIM_TREES_NODES);
    }
}

/* Exactly as many neighbours as the paper has. */
static void records_travel_fast_and_once_with_five_neighbours(void **state)
{
    (void)state;
    run(ASSAY_ACTIVE_TARGET);
}

/* As a node is by default. */
static void records_travel_fast_and_once_with_five_to_eight(void **state)
{
    (void)state;
    run(ASSAY_ACTIVE_MAX_DEFAULT);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_travel_fast_and_once_with_five_neighbours),
        cmocka_unit_test(records_travel_fast_and_once_with_five_to_eight),
    };

    seeds = sim_seeds_of(argc, argv, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
