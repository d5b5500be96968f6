/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "protocol/check.h"

#include <stdlib.h>

#define NO_EVENT UINT32_MAX
#define SLOT_BITS 20
#define SLOT_MASK ((1U << SLOT_BITS) - 1)

/* Events are kept in slots that are used again; the queue orders numbers of
 * them by time, and within a microsecond by the order they came in. */
struct event {
    uint64_t tag;
    uint32_t node;
    uint32_t conn;
    uint32_t other;
    uint32_t next_free;
    uint32_t len;
    uint8_t type;
    bool is_dialled;
    uint8_t *bytes; /* Owned. */
};

struct entry {
    uint64_t key; /* Time, then 20 bits of order. */
    uint32_t event;
};

struct side {
    uint32_t node;
    bool is_open;     /* Its node knows the connection. */
    uint64_t last_us; /* When the last message to it arrives. */
    uint64_t unread;  /* Bytes that are on their way to it. */
};

struct conn {
    struct side sides[2]; /* The dialler first. */
    uint64_t delay_us;
    uint32_t generation;
    uint32_t next_free;
    bool is_silent; /* Nothing passes any more. */
    bool is_used;
};

struct node {
    uint64_t timer_us; /* When it is to be woken. */
    uint64_t armed_us; /* When the queue looks after it. */
    uint32_t part;
    bool is_up;
    bool is_gone; /* It went down without a word, and answers nobody. */
};

struct sim {
    struct sim_config config;
    sim_handler_fn handler;
    void *context;
    uint64_t now_us;
    uint64_t order;
    uint64_t event_count;
    struct assay_random random;

    struct node *nodes;
    struct conn *conns;
    uint32_t conn_count;
    uint32_t conn_cap;
    uint32_t conn_free;

    struct event *events;
    uint32_t event_slots;
    uint32_t event_cap;
    uint32_t event_free;

    struct entry *queue; /* A binary heap. */
    size_t queue_len;
    size_t queue_cap;
};

static void *grow(void *data, size_t count, size_t size)
{
    void *grown = realloc(data, count * size);

    ASSAY_CHECK(grown != NULL);
    return grown;
}

static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

/* From 0 to 1, without 1. */
static double unit(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

/* e to a power within some units of 0, without the C library's own, whose last
 * digit differs between machines: a seed is to mean the same everywhere. */
static double exponential(double power)
{
    double value = 1.0 + power / 4096.0;

    for (int i = 0; i < 12; i++) {
        value *= value;
    }
    return value;
}

/* About normal: the sum of twelve numbers from 0 to 1, less 6. */
static double normal(uint64_t key)
{
    double sum = -6.0;

    for (uint64_t i = 1; i <= 12; i++) {
        sum += unit(mix(key + i * UINT64_C(0x9e3779b97f4a7c15)));
    }
    return sum;
}

uint64_t sim_delay_us(const struct sim *sim, uint32_t a, uint32_t b)
{
    uint64_t low = a < b ? a : b;
    uint64_t high = a < b ? b : a;
    uint64_t key = mix(sim->config.seed ^ mix(low << 32 | high));
    double factor = exponential(sim->config.delay_sigma * normal(key));
    uint64_t delay_us =
        (uint64_t)((double)sim->config.delay_median_us * factor);

    return delay_us == 0 ? 1 : delay_us;
}

static uint64_t jittered(struct sim *sim, uint64_t delay_us)
{
    double part = sim->config.jitter * unit(assay_random_next(&sim->random));

    return delay_us + (uint64_t)((double)delay_us * part);
}

/* The queue. */

static void queue_push(struct sim *sim, uint64_t time_us, uint32_t event)
{
    struct entry entry = {time_us << 20 | (sim->order++ & 0xfffff), event};

    ASSAY_CHECK(time_us >= sim->now_us && time_us < UINT64_C(1) << 44);
    if (sim->queue_len == sim->queue_cap) {
        sim->queue_cap = sim->queue_cap == 0 ? 1024 : 2 * sim->queue_cap;
        sim->queue = grow(sim->queue, sim->queue_cap, sizeof(*sim->queue));
    }
    size_t at = sim->queue_len++;
    while (at > 0) {
        size_t up = (at - 1) / 2;

        if (sim->queue[up].key <= entry.key) {
            break;
        }
        sim->queue[at] = sim->queue[up];
        at = up;
    }
    sim->queue[at] = entry;
}

static struct entry queue_pop(struct sim *sim)
{
    struct entry top = sim->queue[0];
    struct entry last = sim->queue[--sim->queue_len];
    size_t at = 0;

    for (;;) {
        size_t down = 2 * at + 1;

        if (down >= sim->queue_len) {
            break;
        }
        if (down + 1 < sim->queue_len &&
            sim->queue[down + 1].key < sim->queue[down].key) {
            down++;
        }
        if (sim->queue[down].key >= last.key) {
            break;
        }
        sim->queue[at] = sim->queue[down];
        at = down;
    }
    sim->queue[at] = last;
    return top;
}

static struct event *event_new(struct sim *sim, uint64_t time_us,
                               enum sim_event_type type, uint32_t node)
{
    uint32_t slot = sim->event_free;

    if (slot != NO_EVENT) {
        sim->event_free = sim->events[slot].next_free;
    } else {
        if (sim->event_slots == sim->event_cap) {
            sim->event_cap = sim->event_cap == 0 ? 1024 : 2 * sim->event_cap;
            sim->events =
                grow(sim->events, sim->event_cap, sizeof(*sim->events));
        }
        slot = sim->event_slots++;
    }
    sim->events[slot] = (struct event){.type = (uint8_t)type, .node = node};
    queue_push(sim, time_us, slot);
    return &sim->events[slot];
}

static void event_release(struct sim *sim, uint32_t slot)
{
    free(sim->events[slot].bytes);
    sim->events[slot].bytes = NULL;
    sim->events[slot].next_free = sim->event_free;
    sim->event_free = slot;
}

/* Connections. */

static struct conn *conn_of(const struct sim *sim, uint32_t id)
{
    uint32_t slot = id & SLOT_MASK;

    if (slot >= sim->conn_count) {
        return NULL;
    }
    struct conn *conn = &sim->conns[slot];
    return conn->is_used && conn->generation == id >> SLOT_BITS ? conn : NULL;
}

static uint32_t id_of(const struct sim *sim, const struct conn *conn)
{
    return (uint32_t)(conn - sim->conns) | conn->generation << SLOT_BITS;
}

static struct conn *conn_new(struct sim *sim, uint32_t dialler, uint32_t other)
{
    uint32_t slot = sim->conn_free;
    uint32_t generation = 0;

    if (slot != NO_EVENT) {
        sim->conn_free = sim->conns[slot].next_free;
        generation =
            (sim->conns[slot].generation + 1) & ((1U << (32 - SLOT_BITS)) - 1);
    } else {
        if (sim->conn_count == sim->conn_cap) {
            sim->conn_cap = sim->conn_cap == 0 ? 1024 : 2 * sim->conn_cap;
            sim->conns = grow(sim->conns, sim->conn_cap, sizeof(*sim->conns));
        }
        slot = sim->conn_count++;
        ASSAY_CHECK(slot < SLOT_MASK);
    }
    struct conn *conn = &sim->conns[slot];
    *conn = (struct conn){.generation = generation, .is_used = true};
    conn->sides[0].node = dialler;
    conn->sides[1].node = other;
    conn->delay_us = sim_delay_us(sim, dialler, other);
    return conn;
}

/* Both sides have done with it. */
static void conn_release(struct sim *sim, struct conn *conn)
{
    if (!conn->sides[0].is_open && !conn->sides[1].is_open) {
        conn->is_used = false;
        conn->next_free = sim->conn_free;
        sim->conn_free = (uint32_t)(conn - sim->conns);
    }
}

static struct side *side_of(struct conn *conn, uint32_t node)
{
    return conn->sides[0].node == node ? &conn->sides[0] : &conn->sides[1];
}

static struct side *other_side(struct conn *conn, uint32_t node)
{
    return conn->sides[0].node == node ? &conn->sides[1] : &conn->sides[0];
}

static bool may_pass(const struct sim *sim, uint32_t a, uint32_t b)
{
    return sim->nodes[a].is_up && sim->nodes[b].is_up &&
           sim->nodes[a].part == sim->nodes[b].part;
}

/* When something that is sent now arrives at a side: never before what was
 * sent to it earlier. */
static uint64_t arrival(struct sim *sim, const struct conn *conn,
                        struct side *to)
{
    uint64_t at_us = sim->now_us + jittered(sim, conn->delay_us);

    if (at_us < to->last_us) {
        at_us = to->last_us;
    }
    to->last_us = at_us;
    return at_us;
}

static void push_conn_event(struct sim *sim, uint64_t time_us,
                            enum sim_event_type type, const struct conn *conn,
                            uint32_t node)
{
    struct event *event = event_new(sim, time_us, type, node);

    event->conn = id_of(sim, conn);
    event->other =
        conn->sides[0].node == node ? conn->sides[1].node : conn->sides[0].node;
    event->is_dialled = conn->sides[0].node == node;
}

/* Both sides notice some time later, each by itself. */
static void go_silent(struct sim *sim, struct conn *conn)
{
    if (conn->is_silent) {
        return;
    }
    conn->is_silent = true;
    for (size_t i = 0; i < 2; i++) {
        uint64_t half_us = sim->config.silence_us / 2;
        uint64_t in_us =
            half_us + assay_random_below(&sim->random, half_us + 1);

        push_conn_event(sim, sim->now_us + in_us, SIM_LOST, conn,
                        conn->sides[i].node);
    }
}

void sim_dial(struct sim *sim, uint32_t node, uint32_t other, uint64_t tag)
{
    uint64_t delay_us = sim_delay_us(sim, node, other);

    ASSAY_CHECK(sim->nodes[node].is_up && node != other);
    if (may_pass(sim, node, other)) {
        struct conn *conn = conn_new(sim, node, other);
        uint64_t open_us = sim->now_us + 4 * jittered(sim, delay_us);

        conn->sides[0].is_open = true;
        conn->sides[1].is_open = true;
        conn->sides[0].last_us = open_us;
        conn->sides[1].last_us = open_us + jittered(sim, delay_us);
        push_conn_event(sim, open_us, SIM_CONNECTED, conn, node);
        push_conn_event(sim, conn->sides[1].last_us, SIM_CONNECTED, conn,
                        other);
        return;
    }
    /* A machine that is up refuses at once; others do not answer. */
    bool is_refused = sim->nodes[node].part == sim->nodes[other].part &&
                      !sim->nodes[other].is_gone;
    struct event *event = event_new(
        sim,
        sim->now_us + (is_refused ? 2 * delay_us : sim->config.dial_timeout_us),
        SIM_DIAL_FAILED, node);
    event->other = other;
    event->tag = tag;
}

void sim_send(struct sim *sim, uint32_t node, uint32_t conn_id,
              struct assay_bytes bytes)
{
    struct conn *conn = conn_of(sim, conn_id);

    if (conn == NULL || !side_of(conn, node)->is_open || conn->is_silent ||
        !other_side(conn, node)->is_open) {
        return;
    }
    struct side *to = other_side(conn, node);
    struct event *event =
        event_new(sim, arrival(sim, conn, to), SIM_MESSAGE, to->node);
    event->conn = conn_id;
    event->other = node;
    event->len = (uint32_t)bytes.len;
    event->bytes = malloc(bytes.len == 0 ? 1 : bytes.len);
    ASSAY_CHECK(event->bytes != NULL);
    if (bytes.len > 0) {
        memcpy(event->bytes, bytes.data, bytes.len);
    }
    to->unread += bytes.len;
}

void sim_close(struct sim *sim, uint32_t node, uint32_t conn_id)
{
    struct conn *conn = conn_of(sim, conn_id);

    if (conn == NULL || !side_of(conn, node)->is_open) {
        return;
    }
    struct side *to = other_side(conn, node);
    side_of(conn, node)->is_open = false;
    if (to->is_open && !conn->is_silent) {
        push_conn_event(sim, arrival(sim, conn, to), SIM_LOST, conn, to->node);
    }
    conn_release(sim, conn);
}

void sim_break(struct sim *sim, uint32_t conn_id)
{
    struct conn *conn = conn_of(sim, conn_id);

    if (conn != NULL) {
        go_silent(sim, conn);
    }
}

uint32_t sim_other(const struct sim *sim, uint32_t node, uint32_t conn_id)
{
    struct conn *conn = conn_of(sim, conn_id);

    ASSAY_CHECK(conn != NULL);
    return other_side(conn, node)->node;
}

size_t sim_unread(const struct sim *sim, uint32_t node, uint32_t conn_id)
{
    struct conn *conn = conn_of(sim, conn_id);

    return conn == NULL ? 0 : (size_t)other_side(conn, node)->unread;
}

/* Nodes. */

void sim_start(struct sim *sim, uint32_t node)
{
    ASSAY_CHECK(!sim->nodes[node].is_up);
    sim->nodes[node].is_up = true;
    sim->nodes[node].is_gone = false;
    sim->nodes[node].timer_us = SIM_NEVER;
}

bool sim_is_up(const struct sim *sim, uint32_t node)
{
    return sim->nodes[node].is_up;
}

void sim_crash(struct sim *sim, uint32_t node, bool is_silent)
{
    ASSAY_CHECK(sim->nodes[node].is_up);
    for (uint32_t i = 0; i < sim->conn_count; i++) {
        struct conn *conn = &sim->conns[i];

        if (!conn->is_used ||
            (conn->sides[0].node != node && conn->sides[1].node != node)) {
            continue;
        }
        if (is_silent) {
            go_silent(sim, conn);
            side_of(conn, node)->is_open = false;
            conn_release(sim, conn);
        } else {
            sim_close(sim, node, id_of(sim, conn));
        }
    }
    sim->nodes[node].is_up = false;
    sim->nodes[node].is_gone = is_silent;
    sim->nodes[node].timer_us = SIM_NEVER;
}

void sim_set_part(struct sim *sim, uint32_t node, uint32_t part)
{
    sim->nodes[node].part = part;
    for (uint32_t i = 0; i < sim->conn_count; i++) {
        struct conn *conn = &sim->conns[i];

        if (conn->is_used && sim->nodes[conn->sides[0].node].part !=
                                 sim->nodes[conn->sides[1].node].part) {
            go_silent(sim, conn);
        }
    }
}

/* A node's timer has one entry in the queue that counts; one that was set
 * earlier than it is followed by another. */
void sim_set_timer(struct sim *sim, uint32_t node, uint64_t time_us)
{
    struct node *timed = &sim->nodes[node];

    if (time_us != SIM_NEVER && time_us < sim->now_us) {
        time_us = sim->now_us;
    }
    timed->timer_us = time_us;
    if (time_us < timed->armed_us) {
        timed->armed_us = time_us;
        (void)event_new(sim, time_us, SIM_TIMER, node);
    }
}

void sim_call(struct sim *sim, uint64_t time_us, uint32_t node, uint64_t tag)
{
    event_new(sim, time_us, SIM_CALL, node)->tag = tag;
}

/* Whether a timer's entry is the one that counts and its time has come. */
static bool timer_is_due(struct sim *sim, struct node *timed, uint32_t node)
{
    if (timed->armed_us != sim->now_us) {
        return false;
    }
    timed->armed_us = SIM_NEVER;
    if (timed->timer_us > sim->now_us) {
        if (timed->timer_us != SIM_NEVER) {
            sim_set_timer(sim, node, timed->timer_us);
        }
        return false;
    }
    timed->timer_us = SIM_NEVER;
    return true;
}

/* Whether an event of a connection still concerns its node; LOST ends the
 * connection at this side. */
static bool conn_event_counts(struct sim *sim, const struct event *event)
{
    struct conn *conn = conn_of(sim, event->conn);

    if (conn == NULL) {
        return false;
    }
    struct side *side = side_of(conn, event->node);
    bool is_open = side->is_open;
    if (event->type == SIM_MESSAGE) {
        side->unread -= event->len;
    }
    if (event->type == SIM_LOST) {
        side->is_open = false;
        conn_release(sim, conn);
        return is_open;
    }
    return is_open && !conn->is_silent;
}

static bool event_counts(struct sim *sim, const struct event *event)
{
    struct node *node = &sim->nodes[event->node];

    switch ((enum sim_event_type)event->type) {
    case SIM_CALL:
        return true;
    case SIM_TIMER:
        return timer_is_due(sim, node, event->node) && node->is_up;
    case SIM_DIAL_FAILED:
        return node->is_up;
    case SIM_CONNECTED:
    case SIM_MESSAGE:
    case SIM_LOST:
        return conn_event_counts(sim, event) && node->is_up;
    }
    return false;
}

/* The slot is given back after the handler, for the bytes are in it; events
 * may move while the handler makes new ones, so what it sees is a copy. */
static void handle(struct sim *sim, uint32_t slot)
{
    struct event copy = sim->events[slot];

    if (event_counts(sim, &copy)) {
        struct sim_event event = {
            .type = (enum sim_event_type)copy.type,
            .node = copy.node,
            .other = copy.other,
            .conn = copy.conn,
            .is_dialled = copy.is_dialled,
            .tag = copy.tag,
            .bytes = {copy.bytes, copy.len},
        };

        sim->event_count++;
        sim->handler(sim->context, sim, &event);
    }
    event_release(sim, slot);
}

void sim_run_until(struct sim *sim, uint64_t time_us)
{
    while (sim->queue_len > 0 && sim->queue[0].key >> 20 <= time_us) {
        struct entry entry = queue_pop(sim);

        sim->now_us = entry.key >> 20;
        handle(sim, entry.event);
    }
    sim->now_us = time_us;
}

uint64_t sim_now_us(const struct sim *sim)
{
    return sim->now_us;
}

struct assay_random *sim_random(struct sim *sim)
{
    return &sim->random;
}

uint64_t sim_event_count(const struct sim *sim)
{
    return sim->event_count;
}

struct sim *sim_new(const struct sim_config *config, sim_handler_fn handler,
                    void *context)
{
    uint8_t seed[ASSAY_RANDOM_SEED_SIZE] = {0};
    struct sim *sim = calloc(1, sizeof(*sim));

    ASSAY_CHECK(sim != NULL && config->node_count > 0);
    sim->config = *config;
    sim->handler = handler;
    sim->context = context;
    sim->conn_free = NO_EVENT;
    sim->event_free = NO_EVENT;
    memcpy(seed, &config->seed, sizeof(config->seed));
    assay_random_init(&sim->random, seed);
    sim->nodes = calloc(config->node_count, sizeof(*sim->nodes));
    ASSAY_CHECK(sim->nodes != NULL);
    for (uint32_t i = 0; i < config->node_count; i++) {
        sim->nodes[i].timer_us = SIM_NEVER;
        sim->nodes[i].armed_us = SIM_NEVER;
    }
    return sim;
}

void sim_free(struct sim *sim)
{
    if (sim == NULL) {
        return;
    }
    for (size_t i = 0; i < sim->queue_len; i++) {
        free(sim->events[sim->queue[i].event].bytes);
    }
    free(sim->queue);
    free(sim->events);
    free(sim->conns);
    free(sim->nodes);
    free(sim);
}
