/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Membership among many: whoever knows one node finds its neighbours, and the
 * overlay stays one whatever leaves it. test_sim_overlay SEED replays one seed.
 */
#include "overlay.h"
#include "seeds.h"

static struct sim_seeds seeds;

static struct gossip_net *network(uint64_t seed, uint32_t nodes,
                                  size_t active_max)
{
    struct gossip_config config = {.seed = seed,
                                   .node_count = nodes,
                                   .active_target = ASSAY_ACTIVE_TARGET,
                                   .active_max = active_max,
                                   .static_max = 50,
                                   .record_max = 8};

    sim_seed_begins(seed);
    return gossip_net_new(&config);
}

static void wait(struct gossip_net *net, uint64_t time_us)
{
    struct sim *sim = gossip_net_sim(net);

    sim_run_until(sim, sim_now_us(sim) + time_us);
}

static uint32_t random_up(struct gossip_net *net)
{
    struct sim *sim = gossip_net_sim(net);
    uint32_t node;

    do {
        node =
            (uint32_t)assay_random_below(sim_random(sim), gossip_net_size(net));
    } while (!sim_is_up(sim, node));
    return node;
}

/* All that are up are one overlay, and each has at least so many neighbours. */
static void check_whole(struct gossip_net *net, size_t degree_min)
{
    struct overlay overlay;

    overlay_take(net, &overlay);
    assert_int_equal(overlay_reach(&overlay, random_up(net)), overlay.up_count);
    assert_true(overlay.degree_min >= degree_min);
    /* A peer that the operator names does not count. */
    assert_true(overlay.degree_max <= ASSAY_ACTIVE_MAX_DEFAULT + 1);
    overlay_clear(&overlay);
}

/* A hundred a second, so that many come in through one that is new itself. */
static void nodes_that_join_in_a_rush_are_one_overlay(void **state)
{
    (void)state;

    for (uint64_t i = 0; i < seeds.count; i++) {
        for (size_t max = 5; max <= 8; max += 3) {
            struct gossip_net *net = network(seeds.first + i, 300, max);

            gossip_net_grow(net, 10 * SIM_MS);
            wait(net, 120 * SIM_S);
            check_whole(net, 3);
            gossip_net_free(net);
        }
    }
}

/* Everybody through the same one, as when one address is made public. */
static void all_join_through_the_same_node(void **state)
{
    (void)state;

    for (uint64_t i = 0; i < seeds.count; i++) {
        struct gossip_net *net = network(seeds.first + i, 200, 8);

        for (uint32_t node = 0; node < 200; node++) {
            gossip_net_start(net, node, 0);
            wait(net, 50 * SIM_MS);
        }
        wait(net, 120 * SIM_S);
        check_whole(net, 4);
        gossip_net_free(net);
    }
}

static void the_overlay_is_whole_again_after_a_third_has_vanished(void **state)
{
    (void)state;

    for (uint64_t i = 0; i < seeds.count; i++) {
        struct gossip_net *net = network(seeds.first + i, 300, 5);

        gossip_net_grow(net, 50 * SIM_MS);
        wait(net, 120 * SIM_S);
        for (int gone = 0; gone < 100; gone++) {
            gossip_net_crash(net, random_up(net), gone % 2 == 0);
        }
        wait(net, 240 * SIM_S);
        check_whole(net, 3);
        gossip_net_free(net);
    }
}

/* Half of all nodes restart, one after the other, knowing one node each. */
static void restarted_nodes_come_back(void **state)
{
    (void)state;

    for (uint64_t i = 0; i < seeds.count; i++) {
        struct gossip_net *net = network(seeds.first + i, 100, 8);

        gossip_net_grow(net, 50 * SIM_MS);
        wait(net, 60 * SIM_S);
        for (uint32_t node = 0; node < 100; node += 2) {
            gossip_net_crash(net, node, node % 4 == 0);
            wait(net, 500 * SIM_MS);
            gossip_net_start(net, node, node + 1);
        }
        wait(net, 240 * SIM_S);
        check_whole(net, 4);
        gossip_net_free(net);
    }
}

/* The operator's peers are what brings two halves together again. */
static void a_partition_heals_where_peers_are_named(void **state)
{
    (void)state;

    for (uint64_t i = 0; i < seeds.count; i++) {
        struct gossip_net *net = network(seeds.first + i, 60, 8);
        struct sim *sim = gossip_net_sim(net);

        for (uint32_t node = 0; node < 60; node++) {
            gossip_net_start(net, node, node);
            gossip_net_add_static(net, node, node < 2 ? 1 - node : node % 2);
        }
        wait(net, 60 * SIM_S);
        check_whole(net, 4);
        for (uint32_t node = 0; node < 60; node++) {
            sim_set_part(sim, node, node % 2);
        }
        wait(net, 900 * SIM_S);
        struct overlay overlay;
        overlay_take(net, &overlay);
        assert_int_equal(overlay_reach(&overlay, 0), 30);
        overlay_clear(&overlay);
        for (uint32_t node = 0; node < 60; node++) {
            sim_set_part(sim, node, 0);
        }
        wait(net, 600 * SIM_S);
        check_whole(net, 4);
        gossip_net_free(net);
    }
}

static void two_nodes_are_neighbours(void **state)
{
    struct gossip_net *net = network(seeds.first, 2, 8);
    (void)state;

    gossip_net_start(net, 0, 1);
    gossip_net_start(net, 1, 0);
    wait(net, 60 * SIM_S);
    check_whole(net, 1);
    gossip_net_crash(net, 1, true);
    wait(net, 5 * SIM_S);
    gossip_net_start(net, 1, 0);
    wait(net, 60 * SIM_S);
    check_whole(net, 1);
    gossip_net_free(net);
}

/* Fifty newsrooms, each of which names all others. */
static void fifty_that_name_each_other_are_all_neighbours(void **state)
{
    struct gossip_net *net = network(seeds.first, 50, 8);
    struct overlay overlay;
    (void)state;

    for (uint32_t node = 0; node < 50; node++) {
        gossip_net_start(net, node, node);
        for (uint32_t other = 0; other < 50; other++) {
            if (other != node) {
                gossip_net_add_static(net, node, other);
            }
        }
    }
    wait(net, 120 * SIM_S);
    overlay_take(net, &overlay);
    assert_int_equal(overlay.degree_min, 49);
    overlay_clear(&overlay);
    gossip_net_free(net);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_that_join_in_a_rush_are_one_overlay),
        cmocka_unit_test(all_join_through_the_same_node),
        cmocka_unit_test(the_overlay_is_whole_again_after_a_third_has_vanished),
        cmocka_unit_test(restarted_nodes_come_back),
        cmocka_unit_test(a_partition_heals_where_peers_are_named),
        cmocka_unit_test(two_nodes_are_neighbours),
        cmocka_unit_test(fifty_that_name_each_other_are_all_neighbours),
    };

    seeds = sim_seeds_of(argc, argv, SIM_OVERLAY_SEEDS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
