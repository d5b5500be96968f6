/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.h - a network of many nodes in one process and in virtual time.
 *
 * Nodes are numbers. What a node is, the handler knows: it gets each event of
 * each node, and answers with the functions below. There are connections that
 * are dialled, carry messages in order and break; timers; crashes; and
 * partitions. One seed decides everything: a run comes back with its seed.
 *
 * A message is any run of bytes, so that machines that speak in frames and
 * whole nodes that speak in a stream run on the same network.
 * docs/simulation.md says what is simulated how.
 *
 * Time is in microseconds from 0. Memory that cannot be had ends the program.
 */
#ifndef ASSAY_TESTS_SIM_SIM_H
#define ASSAY_TESTS_SIM_SIM_H

#include "protocol/bytes.h"
#include "protocol/random.h"

#define SIM_NEVER UINT64_MAX
#define SIM_MS UINT64_C(1000)
#define SIM_S UINT64_C(1000000)

struct sim;

struct sim_config {
    uint64_t seed;
    uint32_t node_count;
    /* One-way delay of a link between two nodes: lognormal over the pairs, the
     * same in both directions and for the whole run. */
    uint64_t delay_median_us;
    double delay_sigma;
    /* Each message takes up to this part of the delay longer. */
    double jitter;
    /* How long a dial to a node that does not answer takes; and until a
     * connection that went silent is noticed, from half to the whole. */
    uint64_t dial_timeout_us;
    uint64_t silence_us;
};

enum sim_event_type {
    SIM_TIMER,       /* The time given to sim_set_timer has come. */
    SIM_CONNECTED,   /* conn to other is open at this node's side. */
    SIM_DIAL_FAILED, /* The dial to other. */
    SIM_MESSAGE,     /* bytes came over conn. */
    SIM_LOST,        /* conn is gone: closed, broken or noticed as silent. */
    SIM_CALL         /* What sim_call asked for. */
};

struct sim_event {
    enum sim_event_type type;
    uint32_t node;
    uint32_t other;
    uint32_t conn;
    bool is_dialled;          /* Of CONNECTED: by this node. */
    uint64_t tag;             /* Of CALL and DIAL_FAILED: as it was given. */
    struct assay_bytes bytes; /* Borrowed until the handler returns. */
};

typedef void (*sim_handler_fn)(void *context, struct sim *sim,
                               const struct sim_event *event);

/* The network with all nodes down. The caller frees it. */
struct sim *sim_new(const struct sim_config *config, sim_handler_fn handler,
                    void *context);
void sim_free(struct sim *sim);

uint64_t sim_now_us(const struct sim *sim);

/* The run's random numbers: the handler draws from here, too. */
struct assay_random *sim_random(struct sim *sim);

/* Handles every event up to a time, which then is now. */
void sim_run_until(struct sim *sim, uint64_t time_us);

/* Events handled so far. */
uint64_t sim_event_count(const struct sim *sim);

/* A node comes up; or goes down with all its connections: so that the others
 * notice after a link's delay (its process ended), or after a silence (its
 * power or its network is gone). The handler gets no event of a node that is
 * down. */
void sim_start(struct sim *sim, uint32_t node);
void sim_crash(struct sim *sim, uint32_t node, bool is_silent);
bool sim_is_up(const struct sim *sim, uint32_t node);

/* Puts a node into a part of the network (0 at first). Between parts nothing
 * passes: dials time out, what is sent is lost, connections go silent. */
void sim_set_part(struct sim *sim, uint32_t node, uint32_t part);

/* Breaks one connection without a word: what is sent on it is lost, and both
 * sides notice after a silence. */
void sim_break(struct sim *sim, uint32_t conn);

/* Opens a connection: CONNECTED or DIAL_FAILED comes later. A dial takes two
 * round trips (TCP, and the handshake but for its last message). */
void sim_dial(struct sim *sim, uint32_t node, uint32_t other, uint64_t tag);

/* Sends a copy of bytes over an open connection, behind what was sent before.
 */
void sim_send(struct sim *sim, uint32_t node, uint32_t conn,
              struct assay_bytes bytes);

/* Ends a connection: the other side gets what was sent, then LOST. */
void sim_close(struct sim *sim, uint32_t node, uint32_t conn);

/* The node at the other end of a connection that is open at this one. */
uint32_t sim_other(const struct sim *sim, uint32_t node, uint32_t conn);

/* Bytes that a node has sent over conn and that have not arrived: what a node
 * with back-pressure looks at. */
size_t sim_unread(const struct sim *sim, uint32_t node, uint32_t conn);

/* Sets the node's one timer; SIM_NEVER stops it. */
void sim_set_timer(struct sim *sim, uint32_t node, uint64_t time_us);

/* A CALL event for a node, up or not, at a time. */
void sim_call(struct sim *sim, uint64_t time_us, uint32_t node, uint64_t tag);

/* The delay of the link between two nodes, without jitter. */
uint64_t sim_delay_us(const struct sim *sim, uint32_t a, uint32_t b);

#endif
