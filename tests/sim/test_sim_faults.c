/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small overlays under faults: each seed draws which faults there are at all,
 * so that none hides another. Whatever happened, in the end every node has
 * every record. test_sim_faults SEED replays one seed.
 */
#include "overlay.h"
#include "seeds.h"

#define RECORDS 60

static struct sim_seeds seeds;

/* What may happen in a run, and how often in a hundred steps of a second. */
struct faults {
    uint64_t breaks;
    uint64_t crashes;
    bool are_silent;
    bool has_partition;
    bool is_hasty; /* Records come before the overlay has settled. */
};

struct run {
    struct gossip_net *net;
    struct sim *sim;
    struct faults faults;
    uint32_t records[RECORDS];
    uint32_t record_count;
};

static uint64_t draw(struct run *run, uint64_t bound)
{
    return assay_random_below(sim_random(run->sim), bound);
}

static uint32_t random_node(struct run *run)
{
    return (uint32_t)draw(run, gossip_net_size(run->net));
}

static void wait(struct run *run, uint64_t time_us)
{
    sim_run_until(run->sim, sim_now_us(run->sim) + time_us);
}

static void draw_faults(struct run *run)
{
    struct faults *faults = &run->faults;

    faults->breaks = draw(run, 2) * draw(run, 30);
    faults->crashes = draw(run, 2) * draw(run, 20);
    faults->are_silent = draw(run, 2) == 1;
    faults->has_partition = draw(run, 3) == 0;
    faults->is_hasty = draw(run, 3) == 0;
}

/* Two nodes are named by all, as a partition needs somebody who dials. */
static void start(struct run *run, uint32_t node)
{
    gossip_net_start(run->net, node, node);
    gossip_net_add_static(run->net, node, node == 0 ? 1 : 0);
    if (node > 1) {
        gossip_net_add_static(run->net, node, 1);
    }
}

static void break_one(struct run *run)
{
    uint32_t node = random_node(run);
    uint32_t conn;

    if (sim_is_up(run->sim, node) &&
        assay_membership_active_at(gossip_net_membership(run->net, node),
                                   draw(run, 4), &conn, NULL)) {
        sim_break(run->sim, conn);
    }
}

/* A node that is down comes up again, another one goes down. What a node holds
 * it holds over a crash. */
static void crash_or_restart_one(struct run *run)
{
    uint32_t node = random_node(run);

    if (sim_is_up(run->sim, node)) {
        gossip_net_crash(run->net, node, run->faults.are_silent);
    } else {
        start(run, node);
    }
}

static void set_parts(struct run *run, bool are_apart)
{
    for (uint32_t node = 0; node < gossip_net_size(run->net); node++) {
        sim_set_part(run->sim, node, are_apart ? node % 2 : 0);
    }
}

static void step(struct run *run)
{
    uint32_t node = random_node(run);

    if (run->record_count < RECORDS && draw(run, 3) == 0 &&
        sim_is_up(run->sim, node)) {
        run->records[run->record_count++] = gossip_net_publish(run->net, node);
    }
    if (draw(run, 100) < run->faults.breaks) {
        break_one(run);
    }
    if (draw(run, 100) < run->faults.crashes) {
        crash_or_restart_one(run);
    }
    wait(run, SIM_S / 2 + draw(run, SIM_S));
}

static void heal(struct run *run)
{
    set_parts(run, false);
    for (uint32_t node = 0; node < gossip_net_size(run->net); node++) {
        if (!sim_is_up(run->sim, node)) {
            start(run, node);
        }
    }
    wait(run, 900 * SIM_S);
}

static void check(struct run *run)
{
    struct overlay overlay;

    overlay_take(run->net, &overlay);
    assert_int_equal(overlay_reach(&overlay, 0), overlay.node_count);
    overlay_clear(&overlay);
    for (uint32_t node = 0; node < gossip_net_size(run->net); node++) {
        struct assay_broadcast_counts counts;

        assay_broadcast_count(gossip_net_broadcast(run->net, node), &counts);
        assert_int_equal(counts.missing, 0);
        for (uint32_t i = 0; i < run->record_count; i++) {
            assert_true(gossip_net_arrival_us(run->net, run->records[i],
                                              node) != SIM_NEVER);
        }
    }
}

static void run_seed(uint64_t seed)
{
    static const size_t tree_maxima[] = {0, 2, 64};
    struct gossip_config config = {.seed = seed,
                                   .node_count = (uint32_t)(2 + seed % 40),
                                   .active_max = 5 + seed % 4,
                                   .static_max = 2,
                                   .tree_max = tree_maxima[seed % 3],
                                   .seen_max = 32 * RECORDS,
                                   .record_max = RECORDS,
                                   .has_exchange = true};
    struct run run = {.record_count = 0};

    run.net = gossip_net_new(&config);
    run.sim = gossip_net_sim(run.net);
    draw_faults(&run);
    for (uint32_t node = 0; node < config.node_count; node++) {
        start(&run, node);
    }
    wait(&run, run.faults.is_hasty ? SIM_S : 60 * SIM_S);
    for (int i = 0; i < 200; i++) {
        if (run.faults.has_partition && (i == 50 || i == 150)) {
            set_parts(&run, i == 50);
        }
        step(&run);
    }
    heal(&run);
    check(&run);
    gossip_net_free(run.net);
}

static void in_the_end_every_node_has_every_record(void **state)
{
    (void)state;

    for (uint64_t i = 0; i < seeds.count; i++) {
        sim_seed_begins(seeds.first + i);
        run_seed(seeds.first + i);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_the_end_every_node_has_every_record),
    };

    seeds = sim_seeds_of(argc, argv, SIM_FAULTS_SEEDS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
