/* SPDX-License-Identifier: Apache-2.0 */
/* One broadcast machine: what it sends for each thing that can happen. */
#include "protocol/broadcast.h"

#include "testing.h"

/* Peers of the machine under test. */
enum { ANN = 1000, BEN, CAT, DAN };

/* Static: a step's actions are large. */
static struct assay_broadcast_actions actions;

static struct assay_id id_of(uint8_t byte)
{
    struct assay_id id;

    memset(id.hash, byte, sizeof(id.hash));
    return id;
}

static struct assay_broadcast *machine(size_t seen_max, size_t tree_max)
{
    struct assay_broadcast_config config = {
        .seen_max = seen_max, .tree_max = tree_max, .seed = {1}};
    struct assay_broadcast *broadcast = NULL;

    assert_int_equal(assay_broadcast_new(&config, &broadcast), ASSAY_OK);
    return broadcast;
}

static void step(struct assay_broadcast *broadcast,
                 struct assay_broadcast_event event)
{
    assay_broadcast_step(broadcast, &event, &actions);
}

static void up(struct assay_broadcast *broadcast, uint32_t peer)
{
    step(broadcast, (struct assay_broadcast_event){.type = ASSAY_BROADCAST_UP,
                                                   .peer = peer});
}

static void event_at(struct assay_broadcast *broadcast,
                     enum assay_broadcast_event_type type, uint64_t now_ms,
                     uint32_t peer, uint8_t id)
{
    step(broadcast,
         (struct assay_broadcast_event){
             .type = type, .now_ms = now_ms, .peer = peer, .id = id_of(id)});
}

/* A record that comes from a peer and is found good at once. */
static void receive(struct assay_broadcast *broadcast, uint64_t now_ms,
                    uint32_t peer, uint8_t id)
{
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, now_ms, peer, id);
    step(broadcast,
         (struct assay_broadcast_event){.type = ASSAY_BROADCAST_CHECKED,
                                        .now_ms = now_ms,
                                        .id = id_of(id),
                                        .is_good = true});
}

static size_t count_of(enum assay_broadcast_action_type type, uint32_t peer)
{
    size_t count = 0;

    for (size_t i = 0; i < actions.count; i++) {
        count += actions.items[i].type == type && actions.items[i].peer == peer
                     ? 1
                     : 0;
    }
    return count;
}

static const struct assay_broadcast_action *
only(enum assay_broadcast_action_type type)
{
    const struct assay_broadcast_action *found = NULL;

    for (size_t i = 0; i < actions.count; i++) {
        if (actions.items[i].type == type) {
            assert_null(found);
            found = &actions.items[i];
        }
    }
    assert_non_null(found);
    return found;
}

/* The link to a peer joins the shared tree, as when the peer is alone. */
static void make_eager(struct assay_broadcast *broadcast, uint32_t peer)
{
    step(broadcast,
         (struct assay_broadcast_event){.type = ASSAY_BROADCAST_GRAFT,
                                        .peer = peer,
                                        .mode = ASSAY_GRAFT_ALL});
}

static size_t take(struct assay_broadcast *broadcast, uint32_t peer,
                   uint64_t now_ms, struct assay_id *ids)
{
    return assay_broadcast_take(broadcast, peer, now_ms, ids);
}

/* Who has no link that pushes asks for one; who has some waits to be asked. */
static void the_first_link_joins_the_tree_and_others_begin_lazy(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    struct assay_broadcast_counts counts;
    (void)state;

    up(broadcast, ANN);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_GRAFT)->mode, ASSAY_GRAFT_ALL);
    up(broadcast, BEN);
    assert_int_equal(actions.count, 0);
    assay_broadcast_count(broadcast, &counts);
    assert_int_equal(counts.peers, 2);
    assert_int_equal(counts.eager, 1);
    assay_broadcast_free(broadcast);
}

static void a_record_is_pushed_over_the_tree_and_announced_beside(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    struct assay_id ids[ASSAY_HAVE_MAX];
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1000, 0, 7);
    assert_int_equal(actions.count, 2);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_RECORD)->peer, ANN);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_RECORD)->round, 0);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_HAVE)->peer, BEN);
    assert_int_equal(take(broadcast, BEN, 1000, ids), 1);
    assert_int_equal(ids[0].hash[0], 7);
    assert_int_equal(take(broadcast, ANN, 1000, ids), 0);
    assay_broadcast_free(broadcast);
}

/* Nothing is passed on before it was checked, and never back. */
static void a_record_is_passed_on_when_it_was_found_good(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    make_eager(broadcast, BEN);
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, 1000, ANN, 7);
    assert_int_equal(actions.count, 1);
    assert_int_equal(only(ASSAY_BROADCAST_CHECK)->peer, ANN);
    receive(broadcast, 1000, ANN, 7);
    assert_int_equal(actions.count, 1);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_RECORD)->peer, BEN);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_RECORD)->round, 1);
    assay_broadcast_free(broadcast);
}

static void a_bad_copy_is_asked_for_elsewhere(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    struct assay_broadcast_counts counts;
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, 1000, ANN, 7);
    event_at(broadcast, ASSAY_BROADCAST_HAVE, 1001, BEN, 7);
    event_at(broadcast, ASSAY_BROADCAST_CHECKED, 1002, 0, 7);
    assert_int_equal(assay_broadcast_deadline_ms(broadcast), 1002);
    event_at(broadcast, ASSAY_BROADCAST_TICK, 1002, 0, 0);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_GRAFT)->peer, BEN);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_GRAFT)->mode,
                     ASSAY_GRAFT_RECORD);

    /* Without another announcer the id is forgotten, and may come again. */
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, 1003, ANN, 8);
    event_at(broadcast, ASSAY_BROADCAST_CHECKED, 1004, 0, 8);
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, 1005, BEN, 8);
    assert_int_equal(only(ASSAY_BROADCAST_CHECK)->peer, BEN);
    assay_broadcast_count(broadcast, &counts);
    assert_int_equal(counts.missing, 1);
    assay_broadcast_free(broadcast);
}

/* The second copy shows that one link is too much. */
static void a_second_copy_prunes_its_link(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    make_eager(broadcast, BEN);
    receive(broadcast, 1000, ANN, 7);
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, 1001, BEN, 7);
    assert_int_equal(actions.count, 1);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_PRUNE)->peer, BEN);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 2000, 0, 8);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_RECORD)->peer, ANN);
    assay_broadcast_free(broadcast);
}

static void who_is_pruned_announces_instead(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    (void)state;

    up(broadcast, ANN);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1000, 0, 7);
    event_at(broadcast, ASSAY_BROADCAST_PRUNE, 1001, ANN, 7);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 2000, 0, 8);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_HAVE, ANN), 1);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_RECORD, ANN), 0);
    assay_broadcast_free(broadcast);
}

/* Announcers are asked one after the other until one gives it. */
static void what_is_announced_and_does_not_come_is_asked_for(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    uint64_t due_ms = 1000 + ASSAY_GRAFT_FIRST_MS;
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    up(broadcast, CAT);
    event_at(broadcast, ASSAY_BROADCAST_HAVE, 1000, BEN, 7);
    event_at(broadcast, ASSAY_BROADCAST_HAVE, 1001, CAT, 7);
    assert_int_equal(assay_broadcast_deadline_ms(broadcast), due_ms);
    event_at(broadcast, ASSAY_BROADCAST_TICK, due_ms - 1, 0, 0);
    assert_int_equal(actions.count, 0);
    event_at(broadcast, ASSAY_BROADCAST_TICK, due_ms, 0, 0);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_GRAFT)->peer, BEN);
    due_ms += ASSAY_GRAFT_NEXT_MS;
    event_at(broadcast, ASSAY_BROADCAST_TICK, due_ms, 0, 0);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_GRAFT)->peer, CAT);
    receive(broadcast, due_ms + 1, CAT, 7);
    event_at(broadcast, ASSAY_BROADCAST_TICK, due_ms + ASSAY_GRAFT_NEXT_MS, 0,
             0);
    assert_int_equal(actions.count, 0);
    assert_true(assay_broadcast_deadline_ms(broadcast) == UINT64_MAX);
    assay_broadcast_free(broadcast);
}

/* What the ledger holds is not asked for. */
static void what_is_held_is_not_asked_for(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    (void)state;

    up(broadcast, ANN);
    step(broadcast, (struct assay_broadcast_event){.type = ASSAY_BROADCAST_HAVE,
                                                   .now_ms = 1000,
                                                   .peer = ANN,
                                                   .id = id_of(7),
                                                   .is_held = true});
    assert_true(assay_broadcast_deadline_ms(broadcast) == UINT64_MAX);
    assay_broadcast_free(broadcast);
}

/* The link over which the record was heard of earlier takes the tree. */
static void the_tree_moves_to_the_link_that_was_earlier(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    event_at(broadcast, ASSAY_BROADCAST_HAVE, 1000, BEN, 7);
    receive(broadcast, 1000 + ASSAY_OPTIMISE_MS - 1, ANN, 7);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1500, 0, 8);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_RECORD)->peer, ANN);

    event_at(broadcast, ASSAY_BROADCAST_HAVE, 2000, BEN, 9);
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, 2000 + ASSAY_OPTIMISE_MS, ANN,
             9);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_GRAFT)->peer, BEN);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_GRAFT)->mode, ASSAY_GRAFT_LINK);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_PRUNE)->peer, ANN);
    assay_broadcast_free(broadcast);
}

/* A record that is late over the tree was asked for, and both copies come. The
 * tree moves to the link that answers; that its copy is the second is no reason
 * to give it up again, for the first one's link is pruned already. */
static void a_copy_that_was_asked_for_does_not_cost_its_link(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    uint64_t now_ms = 1000 + ASSAY_GRAFT_FIRST_MS;
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    event_at(broadcast, ASSAY_BROADCAST_HAVE, 1000, BEN, 7);
    event_at(broadcast, ASSAY_BROADCAST_TICK, now_ms, 0, 0);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_GRAFT)->peer, BEN);
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, now_ms + 1, ANN, 7);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_PRUNE)->peer, ANN);
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, now_ms + 2, BEN, 7);
    assert_int_equal(actions.count, 0);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, now_ms + 3, 0, 8);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_RECORD)->peer, BEN);
    assay_broadcast_free(broadcast);
}

static void who_is_grafted_pushes_from_then_on(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 0);
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1000, 0, 7);
    step(broadcast,
         (struct assay_broadcast_event){.type = ASSAY_BROADCAST_GRAFT,
                                        .now_ms = 1100,
                                        .peer = BEN,
                                        .id = id_of(7),
                                        .mode = ASSAY_GRAFT_LINK});
    assert_int_equal(actions.count, 0);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 2000, 0, 8);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_RECORD, ANN), 1);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_RECORD, BEN), 1);
    assay_broadcast_free(broadcast);
}

static void who_asks_for_a_record_gets_it_and_the_next(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 0);
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1000, 0, 7);
    event_at(broadcast, ASSAY_BROADCAST_GRAFT, 1500, BEN, 7);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_RECORD)->peer, BEN);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_RECORD)->tree,
                     ASSAY_TREE_SHARED);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 2000, 0, 8);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_RECORD, BEN), 1);
    assay_broadcast_free(broadcast);
}

/* What was remembered once and is in the ledger only says nothing of today's
 * trees; what is not here cannot be given. */
static void an_old_record_is_given_without_a_tree(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    struct assay_broadcast_counts counts;
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    event_at(broadcast, ASSAY_BROADCAST_GRAFT, 1000, BEN, 7);
    assert_int_equal(actions.count, 0);
    step(broadcast,
         (struct assay_broadcast_event){.type = ASSAY_BROADCAST_GRAFT,
                                        .now_ms = 1000,
                                        .peer = BEN,
                                        .id = id_of(7),
                                        .is_held = true});
    assert_int_equal(only(ASSAY_BROADCAST_SEND_RECORD)->tree, ASSAY_TREE_NONE);
    assay_broadcast_count(broadcast, &counts);
    assert_int_equal(counts.eager, 1);
    assay_broadcast_free(broadcast);
}

/* The first record of a node takes the shared tree, later ones its own. */
static void a_node_that_publishes_again_takes_a_tree_of_its_own(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    uint64_t tree;
    (void)state;

    up(broadcast, ANN);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1000, 0, 7);
    assert_true(only(ASSAY_BROADCAST_SEND_RECORD)->tree == ASSAY_TREE_SHARED);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 2000, 0, 8);
    tree = only(ASSAY_BROADCAST_SEND_RECORD)->tree;
    assert_true(tree != ASSAY_TREE_SHARED && tree != ASSAY_TREE_NONE);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 3000, 0, 9);
    assert_true(only(ASSAY_BROADCAST_SEND_RECORD)->tree == tree);

    /* After a long silence links have changed: it begins again. */
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 3001 + ASSAY_TREE_FRESH_MS, 0,
             10);
    assert_true(only(ASSAY_BROADCAST_SEND_RECORD)->tree == ASSAY_TREE_SHARED);
    assay_broadcast_free(broadcast);
}

/* Receives from a peer a record that goes over a node's tree. */
static void receive_over(struct assay_broadcast *broadcast, uint64_t now_ms,
                         uint32_t peer, uint8_t id, uint64_t tree)
{
    step(broadcast,
         (struct assay_broadcast_event){.type = ASSAY_BROADCAST_GOSSIP,
                                        .now_ms = now_ms,
                                        .peer = peer,
                                        .id = id_of(id),
                                        .tree = tree});
    step(broadcast,
         (struct assay_broadcast_event){.type = ASSAY_BROADCAST_CHECKED,
                                        .now_ms = now_ms,
                                        .id = id_of(id),
                                        .is_good = true});
}

static void what_happens_on_one_tree_changes_no_other(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    up(broadcast, CAT);
    make_eager(broadcast, BEN);
    make_eager(broadcast, CAT);
    /* Tree 50 loses BEN. */
    receive_over(broadcast, 1000, ANN, 1, 50);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_RECORD, BEN), 1);
    event_at(broadcast, ASSAY_BROADCAST_PRUNE, 1100, BEN, 1);
    receive_over(broadcast, 2000, ANN, 2, 50);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_RECORD, BEN), 0);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_RECORD, CAT), 1);
    /* Tree 51 and the shared one have it still. */
    receive_over(broadcast, 3000, ANN, 3, 51);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_RECORD, BEN), 1);
    receive_over(broadcast, 4000, ANN, 4, ASSAY_TREE_SHARED);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_RECORD, BEN), 1);
    assay_broadcast_free(broadcast);
}

/* With room for two trees the third takes the place of the one used longest
 * ago, which begins anew when it is used again. */
static void trees_are_bounded(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 2);
    struct assay_broadcast_counts counts;
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    make_eager(broadcast, BEN);
    receive_over(broadcast, 1000, ANN, 1, 50);
    event_at(broadcast, ASSAY_BROADCAST_PRUNE, 1100, BEN, 1);
    receive_over(broadcast, 1200, ANN, 2, 51);
    receive_over(broadcast, 1300, ANN, 3, 50);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_RECORD, BEN), 0);
    receive_over(broadcast, 1400, ANN, 4, 52);
    receive_over(broadcast, 1500, ANN, 5, 53);
    assay_broadcast_count(broadcast, &counts);
    assert_int_equal(counts.trees, 2);
    receive_over(broadcast, 1600, ANN, 6, 50);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_RECORD, BEN), 1);
    assay_broadcast_free(broadcast);
}

/* A record that was fetched is announced and not pushed, and the copy that the
 * tree brings after it says nothing against the link. */
static void what_came_by_other_ways_is_only_announced(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    event_at(broadcast, ASSAY_BROADCAST_ANNOUNCE, 1000, 0, 7);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_HAVE, ANN), 1);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_HAVE, BEN), 1);
    assert_int_equal(actions.count, 2);
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, 1001, ANN, 7);
    assert_int_equal(actions.count, 0);
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, 1002, BEN, 7);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_PRUNE)->peer, BEN);

    step(broadcast,
         (struct assay_broadcast_event){.type = ASSAY_BROADCAST_GOSSIP,
                                        .now_ms = 1003,
                                        .peer = BEN,
                                        .id = id_of(8),
                                        .is_held = true});
    assert_int_equal(actions.count, 0);
    assay_broadcast_free(broadcast);
}

/* A queue that is full takes no record: the peer hears of it instead. */
static void what_could_not_be_sent_is_announced(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    struct assay_id ids[ASSAY_HAVE_MAX];
    (void)state;

    up(broadcast, ANN);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1000, 0, 7);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1000, 0, 8);
    event_at(broadcast, ASSAY_BROADCAST_NOT_SENT, 1001, ANN, 8);
    event_at(broadcast, ASSAY_BROADCAST_NOT_SENT, 1001, ANN, 7);
    assert_int_equal(take(broadcast, ANN, 1001, ids), 2);
    assert_int_equal(ids[0].hash[0], 7);
    assert_int_equal(ids[1].hash[0], 8);
    assay_broadcast_free(broadcast);
}

/* After the first at once, what follows is gathered for a while. */
static void announcements_are_gathered(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    struct assay_id ids[ASSAY_HAVE_MAX];
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1000, 0, 1);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_HAVE, BEN), 1);
    assert_int_equal(take(broadcast, BEN, 1000, ids), 1);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1001, 0, 2);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1002, 0, 3);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_HAVE, BEN), 0);
    assert_int_equal(assay_broadcast_deadline_ms(broadcast),
                     1000 + ASSAY_HAVE_MS);
    event_at(broadcast, ASSAY_BROADCAST_TICK, 1000 + ASSAY_HAVE_MS, 0, 0);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_HAVE, BEN), 1);
    assert_int_equal(take(broadcast, BEN, 1000 + ASSAY_HAVE_MS, ids), 2);
    assay_broadcast_free(broadcast);
}

/* More than a message holds comes in several; what a peer that does not read
 * could not take in time is forgotten with its id. */
static void a_slow_reader_costs_no_memory(void **state)
{
    struct assay_broadcast *broadcast = machine(200, 16);
    struct assay_id ids[ASSAY_HAVE_MAX];
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    for (uint8_t id = 0; id < 250; id++) {
        event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1000, 0, id);
    }
    assert_int_equal(take(broadcast, BEN, 2000, ids), ASSAY_HAVE_MAX);
    assert_int_equal(ids[0].hash[0], 50);
    assert_int_equal(assay_broadcast_deadline_ms(broadcast), 2000);
    event_at(broadcast, ASSAY_BROADCAST_TICK, 2000, 0, 0);
    assert_int_equal(count_of(ASSAY_BROADCAST_SEND_HAVE, BEN), 1);
    assert_int_equal(take(broadcast, BEN, 2000, ids), 200 - ASSAY_HAVE_MAX);
    assert_int_equal(take(broadcast, BEN, 2000, ids), 0);
    assay_broadcast_free(broadcast);
}

/* Endless announcements of what does not exist fill a part of a part. */
static void one_peer_makes_few_ids_wait(void **state)
{
    size_t seen_max = 64 * ASSAY_MISSING_SHARE;
    struct assay_broadcast *broadcast = machine(seen_max, 16);
    struct assay_broadcast_counts counts;
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    for (uint8_t id = 0; id < 255; id++) {
        event_at(broadcast, ASSAY_BROADCAST_HAVE, 1000, ANN, id);
    }
    assay_broadcast_count(broadcast, &counts);
    assert_int_equal(counts.missing,
                     seen_max / ASSAY_MISSING_SHARE / ASSAY_MISSING_SHARE);
    event_at(broadcast, ASSAY_BROADCAST_HAVE, 1000, BEN, 255);
    assay_broadcast_count(broadcast, &counts);
    assert_int_equal(counts.missing,
                     seen_max / ASSAY_MISSING_SHARE / ASSAY_MISSING_SHARE + 1);
    /* When the peer goes, so does what only it has announced. */
    event_at(broadcast, ASSAY_BROADCAST_DOWN, 1001, ANN, 0);
    assay_broadcast_count(broadcast, &counts);
    assert_int_equal(counts.missing, 1);
    assay_broadcast_free(broadcast);
}

static void who_announces_what_it_never_gives_is_blamed(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    uint64_t now_ms = 1000;
    size_t blamed = 0;
    (void)state;

    up(broadcast, ANN);
    for (unsigned id = 0; id < ASSAY_UNANSWERED_MAX; id++) {
        event_at(broadcast, ASSAY_BROADCAST_HAVE, now_ms, ANN, (uint8_t)id);
        now_ms += ASSAY_GRAFT_FIRST_MS;
        event_at(broadcast, ASSAY_BROADCAST_TICK, now_ms, 0, 0);
        assert_int_equal(count_of(ASSAY_BROADCAST_SEND_GRAFT, ANN), 1);
        assert_int_equal(count_of(ASSAY_BROADCAST_BLAME, ANN), 0);
        now_ms += ASSAY_GRAFT_NEXT_MS;
        event_at(broadcast, ASSAY_BROADCAST_TICK, now_ms, 0, 0);
        assert_int_equal(blamed, 0);
        blamed += count_of(ASSAY_BROADCAST_BLAME, ANN);
    }
    assert_int_equal(blamed, 1);
    assay_broadcast_free(broadcast);
}

/* Ticks until nothing is due at a time any more; returns how often one of the
 * peers is blamed for it. */
static size_t blames_at(struct assay_broadcast *broadcast, uint64_t now_ms)
{
    size_t blamed = 0;

    do {
        event_at(broadcast, ASSAY_BROADCAST_TICK, now_ms, 0, 0);
        blamed += count_of(ASSAY_BROADCAST_BLAME, ANN);
    } while (assay_broadcast_deadline_ms(broadcast) <= now_ms);
    return blamed;
}

/* After many announcements at once the answers are on their way for a while,
 * and late, if they are, all together. */
static void who_is_slow_to_give_much_is_blamed_once(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    uint64_t now_ms = 1000;
    (void)state;

    up(broadcast, ANN);
    for (unsigned id = 0; id < 4 * ASSAY_UNANSWERED_MAX; id++) {
        event_at(broadcast, ASSAY_BROADCAST_HAVE, now_ms, ANN, (uint8_t)id);
    }
    now_ms += ASSAY_GRAFT_FIRST_MS;
    assert_int_equal(blames_at(broadcast, now_ms), 0);
    now_ms += ASSAY_GRAFT_NEXT_MS;
    assert_int_equal(blames_at(broadcast, now_ms), 1);
    /* Whoever gives anything begins anew. */
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, now_ms, ANN, 0);
    assert_int_equal(blames_at(broadcast, now_ms + ASSAY_GRAFT_NEXT_MS), 0);
    assay_broadcast_free(broadcast);
}

/* A liar that announces first and delivers nothing gets the tree a few times,
 * and then no more. */
static void who_takes_the_tree_and_breaks_it_does_not_get_it_again(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    uint64_t now_ms = 1000;
    size_t moved = 0;
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    up(broadcast, CAT);
    for (uint8_t id = 0; id < 20; id++) {
        event_at(broadcast, ASSAY_BROADCAST_HAVE, now_ms, BEN, id);
        event_at(broadcast, ASSAY_BROADCAST_HAVE, now_ms + 1, CAT, id);
        now_ms += ASSAY_GRAFT_FIRST_MS;
        event_at(broadcast, ASSAY_BROADCAST_TICK, now_ms, 0, 0);
        now_ms += ASSAY_GRAFT_NEXT_MS;
        event_at(broadcast, ASSAY_BROADCAST_TICK, now_ms, 0, 0);
        event_at(broadcast, ASSAY_BROADCAST_GOSSIP, now_ms, CAT, id);
        moved += count_of(ASSAY_BROADCAST_SEND_GRAFT, BEN);
        step(broadcast,
             (struct assay_broadcast_event){.type = ASSAY_BROADCAST_CHECKED,
                                            .now_ms = now_ms,
                                            .id = id_of(id),
                                            .is_good = true});
    }
    assert_in_range(moved, 1, ASSAY_BROKEN_MAX + 1);
    assay_broadcast_free(broadcast);
}

static void a_peer_that_goes_leaves_nothing(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    struct assay_broadcast_counts counts;
    struct assay_id ids[ASSAY_HAVE_MAX];
    (void)state;

    up(broadcast, ANN);
    up(broadcast, BEN);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1000, 0, 7);
    event_at(broadcast, ASSAY_BROADCAST_HAVE, 1000, ANN, 8);
    event_at(broadcast, ASSAY_BROADCAST_HAVE, 1000, BEN, 8);
    event_at(broadcast, ASSAY_BROADCAST_DOWN, 1001, ANN, 0);
    /* The last link of the tree went, so another one takes its place. */
    assert_int_equal(only(ASSAY_BROADCAST_SEND_GRAFT)->peer, BEN);
    assay_broadcast_count(broadcast, &counts);
    assert_int_equal(counts.peers, 1);
    assert_int_equal(counts.eager, 1);
    assert_int_equal(counts.missing, 1);
    assert_int_equal(take(broadcast, ANN, 1002, ids), 0);
    event_at(broadcast, ASSAY_BROADCAST_GOSSIP, 1003, ANN, 9);
    assert_int_equal(actions.count, 0);
    /* Its slot is taken by a newcomer, who inherits nothing. */
    up(broadcast, DAN);
    assert_int_equal(take(broadcast, DAN, 1004, ids), 0);
    event_at(broadcast, ASSAY_BROADCAST_TICK, 1000 + ASSAY_GRAFT_FIRST_MS, 0,
             0);
    assert_int_equal(only(ASSAY_BROADCAST_SEND_GRAFT)->peer, BEN);
    assay_broadcast_free(broadcast);
}

/* Sixty-four neighbours are served, and one more is passed over. */
static void as_many_peers_as_there_can_be(void **state)
{
    struct assay_broadcast *broadcast = machine(0, 16);
    struct assay_broadcast_counts counts;
    (void)state;

    for (uint32_t peer = 0; peer <= ASSAY_ACTIVE_MAX; peer++) {
        up(broadcast, peer);
        make_eager(broadcast, peer);
    }
    assay_broadcast_count(broadcast, &counts);
    assert_int_equal(counts.peers, ASSAY_ACTIVE_MAX);
    event_at(broadcast, ASSAY_BROADCAST_PUBLISH, 1000, 0, 7);
    assert_int_equal(actions.count, ASSAY_ACTIVE_MAX);
    assay_broadcast_free(broadcast);
}

static void sizes_out_of_bounds_are_refused(void **state)
{
    static const struct assay_broadcast_config configs[] = {
        {.seen_max = ASSAY_SEEN_MIN - 1},
        {.seen_max = ASSAY_SEEN_MAX + 1},
        {.tree_max = ASSAY_TREES_MAX + 1},
    };
    struct assay_broadcast *broadcast = NULL;
    (void)state;

    for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        assert_int_equal(assay_broadcast_new(&configs[i], &broadcast),
                         ASSAY_E_LIMIT);
    }
    assert_null(broadcast);
    assay_broadcast_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_link_joins_the_tree_and_others_begin_lazy),
        cmocka_unit_test(a_record_is_pushed_over_the_tree_and_announced_beside),
        cmocka_unit_test(a_record_is_passed_on_when_it_was_found_good),
        cmocka_unit_test(a_bad_copy_is_asked_for_elsewhere),
        cmocka_unit_test(a_second_copy_prunes_its_link),
        cmocka_unit_test(who_is_pruned_announces_instead),
        cmocka_unit_test(what_is_announced_and_does_not_come_is_asked_for),
        cmocka_unit_test(what_is_held_is_not_asked_for),
        cmocka_unit_test(the_tree_moves_to_the_link_that_was_earlier),
        cmocka_unit_test(a_copy_that_was_asked_for_does_not_cost_its_link),
        cmocka_unit_test(who_is_grafted_pushes_from_then_on),
        cmocka_unit_test(who_asks_for_a_record_gets_it_and_the_next),
        cmocka_unit_test(an_old_record_is_given_without_a_tree),
        cmocka_unit_test(a_node_that_publishes_again_takes_a_tree_of_its_own),
        cmocka_unit_test(what_happens_on_one_tree_changes_no_other),
        cmocka_unit_test(trees_are_bounded),
        cmocka_unit_test(what_came_by_other_ways_is_only_announced),
        cmocka_unit_test(what_could_not_be_sent_is_announced),
        cmocka_unit_test(announcements_are_gathered),
        cmocka_unit_test(a_slow_reader_costs_no_memory),
        cmocka_unit_test(one_peer_makes_few_ids_wait),
        cmocka_unit_test(who_announces_what_it_never_gives_is_blamed),
        cmocka_unit_test(who_is_slow_to_give_much_is_blamed_once),
        cmocka_unit_test(
            who_takes_the_tree_and_breaks_it_does_not_get_it_again),
        cmocka_unit_test(a_peer_that_goes_leaves_nothing),
        cmocka_unit_test(as_many_peers_as_there_can_be),
        cmocka_unit_test(sizes_out_of_bounds_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
