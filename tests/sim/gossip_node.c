/* SPDX-License-Identifier: Apache-2.0 */
#include "gossip_node.h"

#include "protocol/check.h"

#include <sodium.h>
#include <stdlib.h>

#define CALL_JOIN 1
#define ITEM_MAX 128

struct node {
    struct assay_membership *membership;
    struct assay_broadcast *broadcast;
    uint64_t broadcast_ms; /* The deadlines that the timer is set for. */
    uint64_t membership_ms;
};

struct record {
    struct assay_id id;
    uint64_t *arrival_us; /* One a node. */
};

struct gossip_net {
    struct gossip_config config;
    struct sim *sim;
    struct node *nodes;
    struct record *records;
    uint32_t record_count;
    struct gossip_stats stats;
    /* Room for one step's actions; of broadcast also for what a CHECK asks. */
    struct assay_membership_actions membership_actions;
    struct assay_broadcast_actions broadcast_actions;
    struct assay_broadcast_actions checked_actions;
};

static uint64_t now_ms(const struct gossip_net *net)
{
    return sim_now_us(net->sim) / SIM_MS;
}

static void put_number(uint8_t *out, uint32_t number)
{
    for (size_t i = 0; i < 4; i++) {
        out[i] = (uint8_t)(number >> (8 * i));
    }
}

static uint32_t get_number(const uint8_t *in)
{
    uint32_t number = 0;

    for (size_t i = 0; i < 4; i++) {
        number |= (uint32_t)in[i] << (8 * i);
    }
    return number;
}

/* 32 bytes that end in a number; the others are what a hash would be. */
static void name_of(uint64_t seed, const char *what, uint32_t number,
                    uint8_t out[32])
{
    uint8_t key[crypto_generichash_KEYBYTES_MIN] = {0};

    memcpy(key, &seed, sizeof(seed));
    put_number(key + 12, number);
    (void)crypto_generichash(out, 32, (const uint8_t *)what, strlen(what), key,
                             sizeof(key));
    put_number(out + 28, number);
}

static struct assay_peer address_of(const struct gossip_net *net, uint32_t node)
{
    struct assay_key key;
    struct assay_peer peer;
    char host[] = "00000000";

    name_of(net->config.seed, "node", node, key.bytes);
    for (size_t i = 0; i < 8; i++) {
        host[7 - i] = "0123456789abcdef"[(node >> (4 * i)) & 15];
    }
    enum assay_err err =
        assay_peer_set(&key, assay_bytes_of(host), 7070, &peer);
    ASSAY_CHECK(err == ASSAY_OK);
    return peer;
}

static uint32_t node_of(const struct assay_key *key)
{
    return get_number(key->bytes + 28);
}

/* The record of an id; record_max if there is none. */
static uint32_t record_of(const struct gossip_net *net,
                          const struct assay_id *id)
{
    uint32_t number = get_number(id->hash + 28);

    if (number < net->record_count &&
        assay_id_equal(&net->records[number].id, id)) {
        return number;
    }
    return UINT32_MAX;
}

static bool holds(const struct gossip_net *net, uint32_t node, uint32_t record)
{
    return record != UINT32_MAX &&
           net->records[record].arrival_us[node] != SIM_NEVER;
}

static void send_bytes(struct gossip_net *net, uint32_t node, uint32_t conn,
                       const struct assay_cbor_writer *writer)
{
    struct assay_bytes bytes;
    enum assay_err err = assay_cbor_writer_finish(writer, &bytes);

    ASSAY_CHECK(err == ASSAY_OK);
    net->stats.bytes += bytes.len;
    sim_send(net->sim, node, conn, bytes);
}

/* Broadcast. */

static void send_have(struct gossip_net *net, uint32_t node, uint32_t conn)
{
    uint8_t buffer[ASSAY_HAVE_MESSAGE_MAX];
    struct assay_id ids[ASSAY_HAVE_MAX];
    struct assay_cbor_writer writer;
    size_t count = assay_broadcast_take(net->nodes[node].broadcast, conn,
                                        now_ms(net), ids);

    if (count == 0) {
        return;
    }
    net->stats.have_count++;
    net->stats.have_ids += count;
    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_have_write(&writer, ids, count);
    send_bytes(net, node, conn, &writer);
}

/* An item is [envelope, null]; the envelope is the id. */
static void send_record(struct gossip_net *net, uint32_t node,
                        const struct assay_broadcast_action *action)
{
    uint8_t buffer[ITEM_MAX];
    uint8_t item[ITEM_MAX];
    struct assay_cbor_writer writer;
    struct assay_gossip_message gossip = {.round = action->round,
                                          .tree = action->tree};
    uint32_t record = record_of(net, &action->id);

    ASSAY_CHECK(holds(net, node, record));
    assay_cbor_writer_init(&writer, item, sizeof(item));
    assay_cbor_write_array(&writer, 2);
    assay_cbor_write_bytes(
        &writer, (struct assay_bytes){action->id.hash, ASSAY_ID_SIZE});
    assay_cbor_write_null(&writer);
    enum assay_err err = assay_cbor_writer_finish(&writer, &gossip.item);
    ASSAY_CHECK(err == ASSAY_OK);
    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_gossip_write(&writer, &gossip);
    net->stats.record_count++;
    send_bytes(net, node, action->peer, &writer);
}

static void send_graft(struct gossip_net *net, uint32_t node,
                       const struct assay_broadcast_action *action)
{
    uint8_t buffer[ASSAY_GRAFT_MESSAGE_MAX];
    struct assay_cbor_writer writer;
    struct assay_graft_message graft = {action->id, action->mode};

    if (action->mode == ASSAY_GRAFT_RECORD) {
        net->stats.graft_count++;
    } else {
        net->stats.move_count++;
    }
    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_graft_write(&writer, &graft);
    send_bytes(net, node, action->peer, &writer);
}

static void send_prune(struct gossip_net *net, uint32_t node,
                       const struct assay_broadcast_action *action)
{
    uint8_t buffer[ASSAY_GRAFT_MESSAGE_MAX];
    struct assay_cbor_writer writer;
    struct assay_prune_message prune = {action->id};

    net->stats.prune_count++;
    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_prune_write(&writer, &prune);
    send_bytes(net, node, action->peer, &writer);
}

/* Carries out all actions but CHECK, whose id it gives back. */
static bool carry_out(struct gossip_net *net, uint32_t node,
                      const struct assay_broadcast_actions *actions,
                      struct assay_id *check_out)
{
    bool has_check = false;

    for (size_t i = 0; i < actions->count; i++) {
        const struct assay_broadcast_action *action = &actions->items[i];

        switch (action->type) {
        case ASSAY_BROADCAST_SEND_RECORD:
            send_record(net, node, action);
            break;
        case ASSAY_BROADCAST_SEND_HAVE:
            send_have(net, node, action->peer);
            break;
        case ASSAY_BROADCAST_SEND_GRAFT:
            send_graft(net, node, action);
            break;
        case ASSAY_BROADCAST_SEND_PRUNE:
            send_prune(net, node, action);
            break;
        case ASSAY_BROADCAST_CHECK:
            ASSAY_CHECK(!has_check);
            has_check = true;
            *check_out = action->id;
            break;
        case ASSAY_BROADCAST_BLAME:
            net->stats.blame_count++;
            break;
        }
    }
    return has_check;
}

static void broadcast_step(struct gossip_net *net, uint32_t node,
                           struct assay_broadcast_event *event)
{
    struct assay_broadcast *broadcast = net->nodes[node].broadcast;
    struct assay_id check;

    event->now_ms = now_ms(net);
    assay_broadcast_step(broadcast, event, &net->broadcast_actions);
    if (!carry_out(net, node, &net->broadcast_actions, &check)) {
        return;
    }
    uint32_t record = record_of(net, &check);
    struct assay_broadcast_event checked = {.type = ASSAY_BROADCAST_CHECKED,
                                            .now_ms = event->now_ms,
                                            .id = check,
                                            .is_good = record != UINT32_MAX};
    if (record != UINT32_MAX) {
        net->records[record].arrival_us[node] = sim_now_us(net->sim);
    }
    assay_broadcast_step(broadcast, &checked, &net->checked_actions);
    bool has_check = carry_out(net, node, &net->checked_actions, &check);
    ASSAY_CHECK(!has_check);
}

static void on_gossip(struct gossip_net *net, uint32_t node, uint32_t conn,
                      struct assay_message *message)
{
    struct assay_gossip_message gossip;
    struct assay_cbor_reader reader;
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_GOSSIP,
                                          .peer = conn};
    enum assay_err err = assay_gossip_read(message, &gossip, NULL);

    ASSAY_CHECK(err == ASSAY_OK);
    assay_cbor_reader_init(&reader, gossip.item);
    (void)assay_cbor_read_array(&reader, 2);
    assay_cbor_read_fixed(&reader, event.id.hash, ASSAY_ID_SIZE);
    ASSAY_CHECK(reader.err == ASSAY_OK);
    uint32_t record = record_of(net, &event.id);
    ASSAY_CHECK(record != UINT32_MAX);
    event.round = gossip.round;
    event.tree = gossip.tree;
    event.is_held = holds(net, node, record);
    broadcast_step(net, node, &event);
}

static void on_have(struct gossip_net *net, uint32_t node, uint32_t conn,
                    struct assay_message *message)
{
    struct assay_have_message have;
    enum assay_err err = assay_have_read(message, &have, NULL);

    ASSAY_CHECK(err == ASSAY_OK);
    for (size_t i = 0; i < have.count; i++) {
        struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_HAVE,
                                              .peer = conn,
                                              .id = assay_have_id(&have, i)};

        event.is_held = holds(net, node, record_of(net, &event.id));
        broadcast_step(net, node, &event);
    }
}

static void on_graft(struct gossip_net *net, uint32_t node, uint32_t conn,
                     struct assay_message *message)
{
    struct assay_graft_message graft;
    enum assay_err err = assay_graft_read(message, &graft, NULL);

    ASSAY_CHECK(err == ASSAY_OK);
    uint32_t record = record_of(net, &graft.id);
    struct assay_broadcast_event event = {
        .type = ASSAY_BROADCAST_GRAFT,
        .peer = conn,
        .id = graft.id,
        .mode = graft.mode,
        .is_held = holds(net, node, record),
    };
    broadcast_step(net, node, &event);
}

static void on_prune(struct gossip_net *net, uint32_t node, uint32_t conn,
                     struct assay_message *message)
{
    struct assay_prune_message prune;
    enum assay_err err = assay_prune_read(message, &prune, NULL);

    ASSAY_CHECK(err == ASSAY_OK);
    struct assay_broadcast_event event = {
        .type = ASSAY_BROADCAST_PRUNE, .peer = conn, .id = prune.id};
    broadcast_step(net, node, &event);
}

/* Stands in for the exchange of frontiers. */
static void exchange(struct gossip_net *net, uint32_t node, uint32_t conn)
{
    uint8_t buffer[ASSAY_HAVE_MESSAGE_MAX];
    struct assay_id ids[ASSAY_HAVE_MAX];
    size_t count = 0;

    for (uint32_t i = 0; i <= net->record_count; i++) {
        if (count == ASSAY_HAVE_MAX || (i == net->record_count && count > 0)) {
            struct assay_cbor_writer writer;

            assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
            assay_have_write(&writer, ids, count);
            send_bytes(net, node, conn, &writer);
            count = 0;
        }
        if (i < net->record_count && holds(net, node, i)) {
            ids[count++] = net->records[i].id;
        }
    }
}

/* Membership. */

static void on_up_or_down(struct gossip_net *net, uint32_t node, uint32_t conn,
                          bool is_up)
{
    struct assay_broadcast_event event = {.type = is_up ? ASSAY_BROADCAST_UP
                                                        : ASSAY_BROADCAST_DOWN,
                                          .peer = conn};

    broadcast_step(net, node, &event);
    if (is_up && net->config.has_exchange) {
        exchange(net, node, conn);
    }
}

static void send_membership(struct gossip_net *net, uint32_t node,
                            const struct assay_membership_action *action)
{
    uint8_t buffer[ASSAY_PEERS_MESSAGE_MAX];
    struct assay_cbor_writer writer;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_peers_write(&writer, action->message);
    net->stats.membership_count++;
    send_bytes(net, node, action->peer, &writer);
}

static void membership_step(struct gossip_net *net, uint32_t node,
                            struct assay_membership_event *event)
{
    struct assay_membership_actions *actions = &net->membership_actions;

    event->now_ms = now_ms(net);
    assay_membership_step(net->nodes[node].membership, event, actions);
    for (size_t i = 0; i < actions->count; i++) {
        const struct assay_membership_action *action = &actions->items[i];

        switch (action->type) {
        case ASSAY_MEMBERSHIP_DIAL:
            net->stats.dial_count++;
            sim_dial(net->sim, node, node_of(&action->address.key), 0);
            break;
        case ASSAY_MEMBERSHIP_SEND:
            send_membership(net, node, action);
            break;
        case ASSAY_MEMBERSHIP_CLOSE:
            sim_close(net->sim, node, action->peer);
            break;
        case ASSAY_MEMBERSHIP_UP:
            on_up_or_down(net, node, action->peer, true);
            break;
        case ASSAY_MEMBERSHIP_DOWN:
            on_up_or_down(net, node, action->peer, false);
            break;
        }
    }
}

static void membership_event(struct gossip_net *net, uint32_t node,
                             enum assay_membership_event_type type,
                             const struct sim_event *from)
{
    struct assay_peer address = address_of(net, from->other);
    struct assay_membership_event event = {
        .type = type,
        .peer = from->conn,
        .is_dialled = from->is_dialled,
        .address = &address,
    };

    membership_step(net, node, &event);
}

static void on_message(struct gossip_net *net, const struct sim_event *from)
{
    struct assay_message message;
    struct assay_peers_message peers;
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_MESSAGE,
                                           .peer = from->conn,
                                           .message = &peers};
    enum assay_err err = assay_message_open(from->bytes, &message);

    ASSAY_CHECK(err == ASSAY_OK);
    switch (message.type) {
    case ASSAY_MSG_GOSSIP:
        on_gossip(net, from->node, from->conn, &message);
        break;
    case ASSAY_MSG_HAVE:
        on_have(net, from->node, from->conn, &message);
        break;
    case ASSAY_MSG_GRAFT:
        on_graft(net, from->node, from->conn, &message);
        break;
    case ASSAY_MSG_PRUNE:
        on_prune(net, from->node, from->conn, &message);
        break;
    default:
        err = assay_peers_read(&message, &peers, NULL);
        ASSAY_CHECK(err == ASSAY_OK);
        membership_step(net, from->node, &event);
        break;
    }
}

static void on_timer(struct gossip_net *net, uint32_t node)
{
    const struct node *timed = &net->nodes[node];

    if (assay_membership_deadline_ms(timed->membership) <= now_ms(net)) {
        struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_TICK};

        membership_step(net, node, &event);
    }
    if (assay_broadcast_deadline_ms(timed->broadcast) <= now_ms(net)) {
        struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_TICK};

        broadcast_step(net, node, &event);
    }
}

/* After whatever happened to a node its timer is set anew. */
static void set_timer(struct gossip_net *net, uint32_t node)
{
    uint64_t ms = assay_membership_deadline_ms(net->nodes[node].membership);
    uint64_t other_ms = assay_broadcast_deadline_ms(net->nodes[node].broadcast);

    ms = other_ms < ms ? other_ms : ms;
    sim_set_timer(net->sim, node, ms == UINT64_MAX ? SIM_NEVER : ms * SIM_MS);
}

static void on_event(void *context, struct sim *sim,
                     const struct sim_event *event)
{
    struct gossip_net *net = context;
    (void)sim;

    switch (event->type) {
    case SIM_TIMER:
        on_timer(net, event->node);
        break;
    case SIM_CONNECTED:
        membership_event(net, event->node, ASSAY_MEMBERSHIP_CONNECTED, event);
        break;
    case SIM_DIAL_FAILED:
        membership_event(net, event->node, ASSAY_MEMBERSHIP_DIAL_FAILED, event);
        break;
    case SIM_LOST:
        membership_event(net, event->node, ASSAY_MEMBERSHIP_LOST, event);
        break;
    case SIM_MESSAGE:
        on_message(net, event);
        break;
    case SIM_CALL:
        if (!sim_is_up(net->sim, event->node)) {
            gossip_net_start(net, event->node, (uint32_t)event->tag);
        }
        break;
    }
    if (sim_is_up(net->sim, event->node)) {
        set_timer(net, event->node);
    }
}

/* From outside. */

static void draw_seed(struct gossip_net *net,
                      uint8_t seed[ASSAY_RANDOM_SEED_SIZE])
{
    for (size_t at = 0; at < ASSAY_RANDOM_SEED_SIZE; at += 8) {
        uint64_t number = assay_random_next(sim_random(net->sim));

        memcpy(seed + at, &number, sizeof(number));
    }
}

static size_t seen_max_of(const struct gossip_config *config)
{
    if (config->seen_max != 0) {
        return config->seen_max;
    }
    return config->record_max < ASSAY_SEEN_MIN ? ASSAY_SEEN_MIN
                                               : config->record_max;
}

void gossip_net_start(struct gossip_net *net, uint32_t node, uint32_t contact)
{
    struct node *started = &net->nodes[node];
    struct assay_membership_config membership = {
        .self = address_of(net, node),
        .active_target = net->config.active_target,
        .active_max = net->config.active_max,
        .passive_max = net->config.passive_max,
        .static_max = net->config.static_max,
    };
    struct assay_broadcast_config broadcast = {
        .seen_max = seen_max_of(&net->config),
        .tree_max = net->config.tree_max,
    };

    ASSAY_CHECK(started->membership == NULL);
    draw_seed(net, membership.seed);
    draw_seed(net, broadcast.seed);
    enum assay_err err =
        assay_membership_new(&membership, &started->membership);
    ASSAY_CHECK(err == ASSAY_OK);
    err = assay_broadcast_new(&broadcast, &started->broadcast);
    ASSAY_CHECK(err == ASSAY_OK);
    sim_start(net->sim, node);

    struct assay_peer address = address_of(net, contact);
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_LEARN,
                                           .address = &address};
    membership_step(net, node, &event);
    set_timer(net, node);
}

void gossip_net_add_static(struct gossip_net *net, uint32_t node,
                           uint32_t other)
{
    struct assay_peer address = address_of(net, other);
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_ADD_STATIC,
                                           .address = &address};

    membership_step(net, node, &event);
    set_timer(net, node);
}

void gossip_net_grow(struct gossip_net *net, uint64_t interval_us)
{
    uint64_t at_us = sim_now_us(net->sim);

    for (uint32_t node = 0; node < net->config.node_count; node++) {
        uint64_t contact =
            node == 0 ? 0 : assay_random_below(sim_random(net->sim), node);

        sim_call(net->sim, at_us, node, contact);
        at_us += interval_us;
    }
    sim_run_until(net->sim, at_us);
}

void gossip_net_crash(struct gossip_net *net, uint32_t node, bool is_silent)
{
    struct node *crashed = &net->nodes[node];

    sim_crash(net->sim, node, is_silent);
    assay_membership_free(crashed->membership);
    assay_broadcast_free(crashed->broadcast);
    crashed->membership = NULL;
    crashed->broadcast = NULL;
}

uint32_t gossip_net_publish(struct gossip_net *net, uint32_t node)
{
    uint32_t number = net->record_count;
    struct record *record = &net->records[number];
    struct assay_broadcast_event event = {.type = ASSAY_BROADCAST_PUBLISH};

    ASSAY_CHECK(number < net->config.record_max);
    net->record_count++;
    name_of(net->config.seed, "record", number, record->id.hash);
    record->arrival_us =
        calloc(net->config.node_count, sizeof(*record->arrival_us));
    ASSAY_CHECK(record->arrival_us != NULL);
    for (uint32_t i = 0; i < net->config.node_count; i++) {
        record->arrival_us[i] = SIM_NEVER;
    }
    record->arrival_us[node] = sim_now_us(net->sim);
    event.id = record->id;
    broadcast_step(net, node, &event);
    set_timer(net, node);
    return number;
}

uint64_t gossip_net_arrival_us(const struct gossip_net *net, uint32_t record,
                               uint32_t node)
{
    return net->records[record].arrival_us[node];
}

/* Whether a node holds the other for a neighbour. */
static bool is_neighbour(const struct gossip_net *net, uint32_t node,
                         uint32_t other)
{
    const struct assay_membership *membership = net->nodes[node].membership;
    uint32_t conn;

    for (size_t i = 0; membership != NULL &&
                       assay_membership_active_at(membership, i, &conn, NULL);
         i++) {
        if (sim_other(net->sim, node, conn) == other) {
            return true;
        }
    }
    return false;
}

size_t gossip_net_neighbours(struct gossip_net *net, uint32_t node,
                             uint32_t *nodes_out)
{
    const struct assay_membership *membership = net->nodes[node].membership;
    uint32_t conn;
    size_t count = 0;

    for (size_t i = 0; membership != NULL &&
                       assay_membership_active_at(membership, i, &conn, NULL);
         i++) {
        uint32_t other = sim_other(net->sim, node, conn);

        if (is_neighbour(net, other, node)) {
            nodes_out[count++] = other;
        }
    }
    return count;
}

const struct assay_membership *
gossip_net_membership(const struct gossip_net *net, uint32_t node)
{
    return net->nodes[node].membership;
}

const struct assay_broadcast *gossip_net_broadcast(const struct gossip_net *net,
                                                   uint32_t node)
{
    return net->nodes[node].broadcast;
}

struct sim *gossip_net_sim(struct gossip_net *net)
{
    return net->sim;
}

uint32_t gossip_net_size(const struct gossip_net *net)
{
    return net->config.node_count;
}

const struct gossip_stats *gossip_net_stats(const struct gossip_net *net)
{
    return &net->stats;
}

void gossip_net_reset_stats(struct gossip_net *net)
{
    net->stats = (struct gossip_stats){.bytes = 0};
}

struct gossip_net *gossip_net_new(const struct gossip_config *config)
{
    struct gossip_net *net = calloc(1, sizeof(*net));
    struct sim_config sim = {
        .seed = config->seed,
        .node_count = config->node_count,
        .delay_median_us = config->delay_median_us == 0
                               ? 40 * SIM_MS
                               : config->delay_median_us,
        .delay_sigma = config->delay_median_us == 0 ? 0.6 : config->delay_sigma,
        .jitter = 0.1,
        .dial_timeout_us = 10 * SIM_S,
        .silence_us = 90 * SIM_S,
    };

    ASSAY_CHECK(net != NULL);
    net->config = *config;
    net->sim = sim_new(&sim, on_event, net);
    net->nodes = calloc(config->node_count, sizeof(*net->nodes));
    net->records = calloc(config->record_max, sizeof(*net->records));
    ASSAY_CHECK(net->nodes != NULL && net->records != NULL);
    return net;
}

void gossip_net_free(struct gossip_net *net)
{
    if (net == NULL) {
        return;
    }
    for (uint32_t i = 0; i < net->config.node_count; i++) {
        assay_membership_free(net->nodes[i].membership);
        assay_broadcast_free(net->nodes[i].broadcast);
    }
    for (uint32_t i = 0; i < net->record_count; i++) {
        free(net->records[i].arrival_us);
    }
    sim_free(net->sim);
    free(net->records);
    free(net->nodes);
    free(net);
}
