/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlay.h - what a simulated overlay is like, and how well records travel
 * over it.
 */
#ifndef ASSAY_TESTS_SIM_OVERLAY_H
#define ASSAY_TESTS_SIM_OVERLAY_H

#include "gossip_node.h"

/* The graph of mutual neighbours among the nodes that are up. */
struct overlay {
    uint32_t node_count;
    uint32_t up_count;
    uint32_t *first; /* Of node i: its edges are first[i] to first[i + 1]. */
    uint32_t *to;
    uint64_t *delay_us;
    size_t degree_min;
    size_t degree_max;
    double degree_mean;
};

/* How one record travelled. */
struct overlay_trip {
    uint32_t reached;     /* Nodes that have it, the sender among them. */
    uint64_t last_us;     /* From its publication to the last of them. */
    uint64_t shortest_us; /* What that takes at least over the overlay. */
    double stretch;       /* The one over the other. */
};

/* As it is now; the caller clears it. */
void overlay_take(struct gossip_net *net, struct overlay *out);
void overlay_clear(struct overlay *overlay);

/* The part that the node can reach: how many nodes, itself among them. */
uint32_t overlay_reach(const struct overlay *overlay, uint32_t node);

/* The shortest time from a node to the last that it can reach (Dijkstra, over
 * the links' delays without jitter). */
uint64_t overlay_radius_us(const struct overlay *overlay, uint32_t node);

/* How a record that node published at a time travelled. */
void overlay_trip(const struct overlay *overlay, struct gossip_net *net,
                  uint32_t record, uint32_t node, struct overlay_trip *out);

#endif
