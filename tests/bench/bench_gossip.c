/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_gossip.c - how records travel over simulated overlays: stretch,
 * redundancy, and what happens when 30% of the nodes vanish.
 *
 * Usage: bench_gossip [NODES...]   default 1000 10000
 *        SEED in the environment: another seed than 1
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/sim/gossip_run.h"

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_turn(const char *name, const struct gossip_run_turn *turn)
{
    printf("  %-24s %8.2f %8.2f %10.3f %10.3f %9.0f %7llu %9u\n", name,
           turn->stretch_median, turn->stretch_max, turn->redundancy_mean,
           turn->redundancy_max, turn->last_ms_median,
           (unsigned long long)turn->graft_count, turn->unreached);
}

static void print(const struct gossip_run_config *config,
                  const struct gossip_figures *figures, double took_s)
{
    printf("%u nodes, active view %zu to %zu, seed %llu\n",
           config->net.node_count, config->net.active_target,
           config->net.active_max, (unsigned long long)config->net.seed);
    printf("  neighbours %zu to %zu, mean %.2f; one node reaches %u\n",
           figures->degree_min, figures->degree_max, figures->degree_mean,
           figures->reach);
    printf("  %-24s %8s %8s %10s %10s %9s %7s %9s\n", "records", "stretch",
           "max", "redundancy", "max", "last, ms", "grafts", "unreached");
    print_turn("of anybody, at first", &figures->warm);
    for (size_t i = 0; i < GOSSIP_RUN_TURNS; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "%u senders, turn %zu",
                       config->sender_count, i + 1);
        print_turn(name, &figures->turns[i]);
    }
    printf("  %u%% vanish: %u left; a record reached %.4f of them within 10 s "
           "(least of 10)\n",
           config->vanish_percent, figures->left, figures->at_once);
    printf("  after the repair: one node reaches %u, %u records missing\n",
           figures->left_reach, figures->left_missing);
    print_turn("of anybody, then", &figures->after);
    printf("  %.0f bytes a record and node; %llu events in %.1f s\n\n",
           (double)figures->bytes / (double)figures->turn_records /
               (double)config->net.node_count,
           (unsigned long long)figures->event_count, took_s);
}

static void measure(uint32_t nodes, size_t active_max, uint64_t seed)
{
    struct gossip_run_config config = {
        .net = {.seed = seed,
                .node_count = nodes,
                .active_target = ASSAY_ACTIVE_TARGET,
                .active_max = active_max,
                .static_max = 1,
                .tree_max = 64},
        .join_interval_us = 30 * SIM_S / nodes,
        .warm_count = 30,
        .sender_count = 24,
        .vanish_percent = 30,
    };
    struct gossip_figures figures;
    double begin_s = now_s();

    gossip_run(&config, &figures);
    print(&config, &figures, now_s() - begin_s);
}

int main(int argc, char **argv)
{
    const char *text = getenv("SEED");
    uint64_t seed = text == NULL ? 1 : strtoull(text, NULL, 10);

    for (int i = 1; i < argc || i == 1; i++) {
        unsigned long nodes = argc == 1 ? 1000 : strtoul(argv[i], NULL, 10);

        measure((uint32_t)nodes, ASSAY_ACTIVE_TARGET, seed);
        measure((uint32_t)nodes, ASSAY_ACTIVE_MAX_DEFAULT, seed);
    }
    if (argc == 1) {
        measure(10000, ASSAY_ACTIVE_TARGET, seed);
        measure(10000, ASSAY_ACTIVE_MAX_DEFAULT, seed);
    }
    return 0;
}
