/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gossip_run.h - one run over a large overlay, and its figures: nodes join,
 * trees settle, senders take turns, a part of all nodes vanishes, and it goes
 * on. Tests hold the figures to bounds; the benchmark prints them.
 */
#ifndef ASSAY_TESTS_SIM_GOSSIP_RUN_H
#define ASSAY_TESTS_SIM_GOSSIP_RUN_H

#include "gossip_node.h"

#define GOSSIP_RUN_TURNS 8
#define GOSSIP_RUN_SENDERS_MAX 256

struct gossip_run_config {
    struct gossip_config net; /* record_max is set by the run. */
    uint64_t join_interval_us;
    uint32_t warm_count;     /* Records of random senders before it counts. */
    uint32_t sender_count;   /* Senders that take turns, each from anywhere. */
    uint32_t vanish_percent; /* 0: nothing vanishes. */
};

/* Over one turn, in which every sender publishes one record. */
struct gossip_run_turn {
    double stretch_median; /* Time to the last node over the shortest. */
    double stretch_max;
    double redundancy_mean; /* Copies a node that needs one got beyond it. */
    double redundancy_max;
    double last_ms_median; /* Time to the last node. */
    uint64_t graft_count;
    uint32_t unreached; /* Nodes that lacked a record at the turn's end. */
};

struct gossip_figures {
    size_t degree_min;
    size_t degree_max;
    double degree_mean;
    uint32_t reach; /* Nodes that one of them can reach over the overlay. */
    struct gossip_run_turn warm; /* All its records as one turn. */
    struct gossip_run_turn turns[GOSSIP_RUN_TURNS];

    /* After a part has vanished without a word. */
    uint32_t left;         /* Nodes that are left. */
    uint32_t left_reach;   /* What one of them can reach after the repair. */
    double at_once;        /* Part of nodes left that had a record within ten
                              seconds, while the dead were not yet missed. */
    uint32_t left_missing; /* Nodes left that lack one of those records when
                              the overlay is whole again. */
    struct gossip_run_turn after; /* Then. */

    uint64_t event_count;
    uint64_t bytes; /* Sent in all turns; */
    uint64_t turn_records;
};

void gossip_run(const struct gossip_run_config *config,
                struct gossip_figures *out);

#endif
