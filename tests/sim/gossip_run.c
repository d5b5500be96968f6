/* SPDX-License-Identifier: Apache-2.0 */
#include "gossip_run.h"

#include "overlay.h"
#include "protocol/check.h"

#include <stdlib.h>

/* After the joins, until views are mixed; between two records, by when all have
 * the first; how long those who vanished go unnoticed, and until the overlay is
 * whole again. */
#define SETTLE_US (90 * SIM_S)
#define APART_US (2 * SIM_S)
#define OUTAGE_RECORDS 10
#define OUTAGE_APART_US (10 * SIM_S)
#define REPAIR_US (150 * SIM_S)
#define AFTER_WARM 10

struct run {
    const struct gossip_run_config *config;
    struct gossip_net *net;
    struct sim *sim;
    struct overlay overlay;
    uint32_t senders[GOSSIP_RUN_SENDERS_MAX];
    uint32_t sender_count;
};

/* What the records of one turn were like. */
struct samples {
    double stretch[GOSSIP_RUN_SENDERS_MAX];
    double redundancy[GOSSIP_RUN_SENDERS_MAX];
    double last_ms[GOSSIP_RUN_SENDERS_MAX];
    size_t count;
};

static uint32_t random_node(struct run *run)
{
    uint32_t node;

    do {
        node = (uint32_t)assay_random_below(sim_random(run->sim),
                                            run->config->net.node_count);
    } while (!sim_is_up(run->sim, node));
    return node;
}

static void wait(struct run *run, uint64_t time_us)
{
    sim_run_until(run->sim, sim_now_us(run->sim) + time_us);
}

static int compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

static double largest(const double *values, size_t count)
{
    double max = values[0];

    for (size_t i = 1; i < count; i++) {
        max = values[i] > max ? values[i] : max;
    }
    return max;
}

static void reckon(struct samples *samples, struct gossip_run_turn *turn)
{
    double sum = 0.0;

    for (size_t i = 0; i < samples->count; i++) {
        sum += samples->redundancy[i];
    }
    turn->redundancy_mean = sum / (double)samples->count;
    turn->redundancy_max = largest(samples->redundancy, samples->count);
    turn->stretch_max = largest(samples->stretch, samples->count);
    turn->stretch_median = median(samples->stretch, samples->count);
    turn->last_ms_median = median(samples->last_ms, samples->count);
}

/* One record, with nothing else under way. */
static void measure(struct run *run, uint32_t sender, struct samples *samples,
                    struct gossip_run_turn *turn)
{
    struct overlay_trip trip;
    const struct gossip_stats *stats = gossip_net_stats(run->net);
    size_t at = samples->count++;

    ASSAY_CHECK(at < GOSSIP_RUN_SENDERS_MAX);
    gossip_net_reset_stats(run->net);
    uint32_t record = gossip_net_publish(run->net, sender);
    wait(run, APART_US);
    overlay_trip(&run->overlay, run->net, record, sender, &trip);
    samples->stretch[at] = trip.stretch;
    samples->last_ms[at] = (double)trip.last_us / (double)SIM_MS;
    samples->redundancy[at] =
        (double)stats->record_count / (double)(run->overlay.up_count - 1) - 1.0;
    turn->graft_count += stats->graft_count;
    turn->unreached += run->overlay.up_count - trip.reached;
}

/* Records of random senders. */
static void measure_random(struct run *run, uint32_t count,
                           struct gossip_run_turn *turn)
{
    struct samples samples = {.count = 0};

    *turn = (struct gossip_run_turn){.unreached = 0};
    for (uint32_t i = 0; i < count; i++) {
        measure(run, random_node(run), &samples, turn);
    }
    reckon(&samples, turn);
}

static void measure_turn(struct run *run, struct gossip_figures *out,
                         struct gossip_run_turn *turn)
{
    struct samples samples = {.count = 0};

    *turn = (struct gossip_run_turn){.unreached = 0};
    for (uint32_t i = 0; i < run->sender_count; i++) {
        measure(run, run->senders[i], &samples, turn);
        out->bytes += gossip_net_stats(run->net)->bytes;
        out->turn_records++;
    }
    reckon(&samples, turn);
}

static void retake(struct run *run)
{
    overlay_clear(&run->overlay);
    overlay_take(run->net, &run->overlay);
}

static void note_overlay(struct run *run, struct gossip_figures *out)
{
    out->degree_min = run->overlay.degree_min;
    out->degree_max = run->overlay.degree_max;
    out->degree_mean = run->overlay.degree_mean;
    out->reach = overlay_reach(&run->overlay, random_node(run));
}

/* Nodes that are up and lack a record. */
static uint32_t lacking(struct run *run, uint32_t record)
{
    uint32_t count = 0;

    for (uint32_t node = 0; node < run->config->net.node_count; node++) {
        count +=
            sim_is_up(run->sim, node) &&
                    gossip_net_arrival_us(run->net, record, node) == SIM_NEVER
                ? 1
                : 0;
    }
    return count;
}

static void vanish(struct run *run)
{
    uint32_t gone = (uint32_t)((uint64_t)run->config->net.node_count *
                               run->config->vanish_percent / 100);

    for (uint32_t i = 0; i < gone; i++) {
        gossip_net_crash(run->net, random_node(run), true);
    }
}

/* Records while the dead are not missed yet, then the repair, then more. */
static void survive(struct run *run, struct gossip_figures *out)
{
    uint32_t records[OUTAGE_RECORDS];

    vanish(run);
    retake(run);
    out->left = run->overlay.up_count;
    out->at_once = 1.0;
    for (size_t i = 0; i < OUTAGE_RECORDS; i++) {
        records[i] = gossip_net_publish(run->net, random_node(run));
        wait(run, OUTAGE_APART_US);
        double part =
            1.0 - (double)lacking(run, records[i]) / (double)out->left;
        out->at_once = part < out->at_once ? part : out->at_once;
    }
    wait(run, REPAIR_US);
    retake(run);
    out->left_reach = overlay_reach(&run->overlay, random_node(run));
    for (size_t i = 0; i < OUTAGE_RECORDS; i++) {
        out->left_missing += lacking(run, records[i]);
    }
    measure_random(run, AFTER_WARM, &out->after);
}

void gossip_run(const struct gossip_run_config *config,
                struct gossip_figures *out)
{
    struct gossip_config net = config->net;
    struct run run = {.config = config, .sender_count = config->sender_count};

    ASSAY_CHECK(config->sender_count <= GOSSIP_RUN_SENDERS_MAX);
    ASSAY_CHECK(config->warm_count <= GOSSIP_RUN_SENDERS_MAX);
    *out = (struct gossip_figures){.left_missing = 0};
    net.record_max = config->warm_count +
                     (size_t)config->sender_count * GOSSIP_RUN_TURNS +
                     OUTAGE_RECORDS + AFTER_WARM;
    net.has_exchange = true;
    run.net = gossip_net_new(&net);
    run.sim = gossip_net_sim(run.net);
    gossip_net_grow(run.net, config->join_interval_us);
    wait(&run, SETTLE_US);
    retake(&run);
    note_overlay(&run, out);
    measure_random(&run, config->warm_count, &out->warm);
    for (uint32_t i = 0; i < config->sender_count; i++) {
        run.senders[i] = random_node(&run);
    }
    for (size_t i = 0; i < GOSSIP_RUN_TURNS; i++) {
        measure_turn(&run, out, &out->turns[i]);
    }
    if (config->vanish_percent > 0) {
        survive(&run, out);
    }
    out->event_count = sim_event_count(run.sim);
    overlay_clear(&run.overlay);
    gossip_net_free(run.net);
}
