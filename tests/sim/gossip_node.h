/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gossip_node.h - nodes on the simulated network that are membership and
 * broadcast, and nothing else of a node.
 *
 * A record is its id; it is good at once, and a node's ledger is the time at
 * which it got each record. Where a link comes up, both sides
 * announce what they hold: the stand-in for the exchange of frontiers that a
 * session begins with, which can be left out.
 */
#ifndef ASSAY_TESTS_SIM_GOSSIP_NODE_H
#define ASSAY_TESTS_SIM_GOSSIP_NODE_H

#include "protocol/broadcast.h"
#include "protocol/membership.h"
#include "sim.h"

struct gossip_net;

struct gossip_config {
    uint64_t seed;
    uint32_t node_count;
    size_t active_target; /* 0: the defaults of gossip_limits.h. */
    size_t active_max;
    size_t passive_max;
    size_t static_max;
    size_t tree_max;
    size_t seen_max;          /* 0: as many as there are records. */
    size_t record_max;        /* Records that a run may publish. */
    bool has_exchange;        /* Announce what is held on a new link. */
    uint64_t delay_median_us; /* 0: sim_wide_area's. */
    double delay_sigma;
};

/* What was sent since the last reset. */
struct gossip_stats {
    uint64_t record_count; /* gossip messages */
    uint64_t have_count;   /* have messages, and ids in them */
    uint64_t have_ids;
    uint64_t graft_count; /* With mode 0: because a record did not come. */
    uint64_t move_count;  /* With another mode. */
    uint64_t prune_count;
    uint64_t membership_count;
    uint64_t dial_count;
    uint64_t blame_count;
    uint64_t bytes;
};

/* The caller frees it. All nodes are down. */
struct gossip_net *gossip_net_new(const struct gossip_config *config);
void gossip_net_free(struct gossip_net *net);

struct sim *gossip_net_sim(struct gossip_net *net);
uint32_t gossip_net_size(const struct gossip_net *net);
const struct gossip_stats *gossip_net_stats(const struct gossip_net *net);
void gossip_net_reset_stats(struct gossip_net *net);

/* Starts a node that knows one other, or itself, which is nobody. What it held
 * before it went down it holds. */
void gossip_net_start(struct gossip_net *net, uint32_t node, uint32_t contact);

/* The same for an operator's peer, which is dialled for ever. */
void gossip_net_add_static(struct gossip_net *net, uint32_t node,
                           uint32_t other);

/* Starts nodes 0 to node_count - 1, one every interval_us, each knowing one at
 * random of those before it. */
void gossip_net_grow(struct gossip_net *net, uint64_t interval_us);

void gossip_net_crash(struct gossip_net *net, uint32_t node, bool is_silent);

/* Writes a record at a node and returns its number. */
uint32_t gossip_net_publish(struct gossip_net *net, uint32_t node);

/* When a node got a record; SIM_NEVER if it did not. */
uint64_t gossip_net_arrival_us(const struct gossip_net *net, uint32_t record,
                               uint32_t node);

/* The neighbours of a node that hold it for one, too: their numbers go to
 * nodes_out, which has room for ASSAY_ACTIVE_MAX. */
size_t gossip_net_neighbours(struct gossip_net *net, uint32_t node,
                             uint32_t *nodes_out);

/* The machines of a node that is up. */
const struct assay_membership *
gossip_net_membership(const struct gossip_net *net, uint32_t node);
const struct assay_broadcast *gossip_net_broadcast(const struct gossip_net *net,
                                                   uint32_t node);

#endif
