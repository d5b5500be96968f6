/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay.h"

#include "protocol/check.h"
#include "protocol/gossip_limits.h"

#include <stdlib.h>

struct visit {
    uint64_t time_us;
    uint32_t node;
};

static void *need(size_t count, size_t size)
{
    void *data = calloc(count == 0 ? 1 : count, size);

    ASSAY_CHECK(data != NULL);
    return data;
}

static void note_degree(struct overlay *overlay, size_t degree)
{
    if (degree < overlay->degree_min) {
        overlay->degree_min = degree;
    }
    if (degree > overlay->degree_max) {
        overlay->degree_max = degree;
    }
    overlay->up_count++;
}

void overlay_take(struct gossip_net *net, struct overlay *out)
{
    uint32_t node_count = gossip_net_size(net);
    const struct sim *sim = gossip_net_sim(net);
    uint32_t edge_count = 0;

    *out = (struct overlay){.node_count = node_count, .degree_min = SIZE_MAX};
    out->first = need((size_t)node_count + 1, sizeof(*out->first));
    out->to = need((size_t)node_count * ASSAY_ACTIVE_MAX, sizeof(*out->to));
    for (uint32_t node = 0; node < node_count; node++) {
        out->first[node] = edge_count;
        if (sim_is_up(sim, node)) {
            size_t degree =
                gossip_net_neighbours(net, node, &out->to[edge_count]);

            note_degree(out, degree);
            edge_count += (uint32_t)degree;
        }
    }
    out->first[node_count] = edge_count;
    out->delay_us = need(edge_count, sizeof(*out->delay_us));
    for (uint32_t node = 0; node < node_count; node++) {
        for (uint32_t i = out->first[node]; i < out->first[node + 1]; i++) {
            out->delay_us[i] = sim_delay_us(sim, node, out->to[i]);
        }
    }
    out->degree_mean =
        out->up_count == 0 ? 0.0 : (double)edge_count / (double)out->up_count;
}

void overlay_clear(struct overlay *overlay)
{
    free(overlay->first);
    free(overlay->to);
    free(overlay->delay_us);
    *overlay = (struct overlay){.first = NULL};
}

static void push(struct visit *heap, size_t *len, struct visit visit)
{
    size_t at = (*len)++;

    while (at > 0 && heap[(at - 1) / 2].time_us > visit.time_us) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = visit;
}

static struct visit pop(struct visit *heap, size_t *len)
{
    struct visit top = heap[0];
    struct visit last = heap[--*len];
    size_t at = 0;

    for (size_t down = 1; down < *len; down = 2 * at + 1) {
        if (down + 1 < *len && heap[down + 1].time_us < heap[down].time_us) {
            down++;
        }
        if (heap[down].time_us >= last.time_us) {
            break;
        }
        heap[at] = heap[down];
        at = down;
    }
    heap[at] = last;
    return top;
}

/* Dijkstra: how many nodes are reached, and when the last is. */
static uint32_t walk(const struct overlay *overlay, uint32_t from,
                     uint64_t *last_us_out)
{
    uint32_t edge_count = overlay->first[overlay->node_count];
    struct visit *heap = need((size_t)edge_count + 1, sizeof(*heap));
    uint64_t *best_us = need(overlay->node_count, sizeof(*best_us));
    uint32_t reached = 0;
    size_t len = 0;

    for (uint32_t i = 0; i < overlay->node_count; i++) {
        best_us[i] = UINT64_MAX;
    }
    best_us[from] = 0;
    push(heap, &len, (struct visit){0, from});
    while (len > 0) {
        struct visit visit = pop(heap, &len);

        if (visit.time_us > best_us[visit.node]) {
            continue;
        }
        reached++;
        *last_us_out = visit.time_us;
        for (uint32_t i = overlay->first[visit.node];
             i < overlay->first[visit.node + 1]; i++) {
            uint64_t time_us = visit.time_us + overlay->delay_us[i];

            if (time_us < best_us[overlay->to[i]]) {
                best_us[overlay->to[i]] = time_us;
                push(heap, &len, (struct visit){time_us, overlay->to[i]});
            }
        }
    }
    free(heap);
    free(best_us);
    return reached;
}

uint32_t overlay_reach(const struct overlay *overlay, uint32_t node)
{
    uint64_t last_us = 0;

    return walk(overlay, node, &last_us);
}

uint64_t overlay_radius_us(const struct overlay *overlay, uint32_t node)
{
    uint64_t last_us = 0;

    (void)walk(overlay, node, &last_us);
    return last_us;
}

void overlay_trip(const struct overlay *overlay, struct gossip_net *net,
                  uint32_t record, uint32_t node, struct overlay_trip *out)
{
    uint64_t sent_us = gossip_net_arrival_us(net, record, node);

    *out =
        (struct overlay_trip){.shortest_us = overlay_radius_us(overlay, node)};
    for (uint32_t i = 0; i < overlay->node_count; i++) {
        uint64_t at_us = gossip_net_arrival_us(net, record, i);

        if (at_us == SIM_NEVER || !sim_is_up(gossip_net_sim(net), i)) {
            continue;
        }
        out->reached++;
        if (at_us - sent_us > out->last_us) {
            out->last_us = at_us - sent_us;
        }
    }
    out->stretch = out->shortest_us == 0
                       ? 1.0
                       : (double)out->last_us / (double)out->shortest_us;
}
