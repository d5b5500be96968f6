/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two honest nodes through anything: records that come to be on either side,
 * told or not, a slow ingest, messages in any interleaving, time that passes,
 * connections that break. They come to hold the same, and neither ever takes
 * the other for somebody who misbehaves.
 *
 *   test_session_random SEED    plays one
 */
#include "pair.h"
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 12
#define STEPS 1500

/* What a small offence by mistake may come to. */
#define SCORE_HONEST (ASSAY_SYNC_SCORE_MAX / 4)

struct play {
    struct pair *pair;
    struct history *history;
    size_t *order; /* In which records come to be. */
    size_t count;
    size_t next;
};

static struct side *any_side(struct play *play)
{
    return &play->pair->sides[history_below(play->history, 2)];
}

static bool can_put(const struct side *side, const struct history *history,
                    size_t index)
{
    const struct history_item *item = history_item(history, index);

    if (item->auth != HISTORY_NONE &&
        !memledger_has(side->ledger, &history_item(history, item->auth)->id)) {
        return false;
    }
    for (size_t prev = 0; prev < item->prev_count; prev++) {
        if (!memledger_has(side->ledger,
                           &history_item(history, item->prev[prev])->id)) {
            return false;
        }
    }
    return !memledger_has(side->ledger, &item->id);
}

/* A record comes to be where its author's records are, and is told or not. */
static void write_record(struct play *play)
{
    size_t index;
    size_t first = history_below(play->history, 2);

    if (play->next == play->count) {
        return;
    }
    index = play->order[play->next];
    for (size_t turn = 0; turn < 2; turn++) {
        struct side *side = &play->pair->sides[(first + turn) % 2];

        if (can_put(side, play->history, index)) {
            struct assay_session_news news = {
                .id = history_item(play->history, index)->id};

            memledger_put(side->ledger, play->history, index);
            play->next++;
            if (!history_once_in(play->history, 4)) {
                (void)assay_session_tell(side->session, &news);
            }
            return;
        }
    }
}

static void assert_honest(const struct play *play, uint64_t seed)
{
    for (size_t index = 0; index < 2; index++) {
        const struct side *side = &play->pair->sides[index];
        struct assay_session_stats stats;

        assay_session_stats(side->session, &stats);
        if (side->is_closed || stats.score > SCORE_HONEST) {
            fail_msg("seed %llu: side %zu has %u points: %s",
                     (unsigned long long)seed, index, stats.score,
                     side->close_text);
        }
    }
}

/* Hellos have to be said within ten seconds, which steps do not see to. */
static void greet(struct play *play)
{
    for (size_t index = 0; index < 2; index++) {
        assert_true(pair_step(play->pair, index));
    }
}

/* The connection breaks; what was not judged is judged, and a new one made. */
static void reconnect(struct play *play)
{
    for (size_t index = 0; index < 2; index++) {
        struct side *side = &play->pair->sides[index];

        side_judge(side, play->pair->now_ms, SIZE_MAX);
        assay_session_free(side->session);
        side->session = NULL;
        side->config.handshake_hash[0]++;
    }
    pair_open(play->pair);
    greet(play);
}

static void pass_time(struct play *play)
{
    struct pair *pair = play->pair;

    pair->now_ms += history_below(play->history, 3000);
    for (size_t index = 0; index < 2; index++) {
        side_tick(&pair->sides[index], pair->now_ms);
    }
}

static void step(struct play *play)
{
    struct side *side = any_side(play);
    struct assay_id id = {{1}};
    enum assay_err err = ASSAY_OK;

    switch (history_below(play->history, 12)) {
    case 0:
        write_record(play);
        break;
    case 1:
        pass_time(play);
        break;
    case 2:
        assay_session_sync(side->session);
        break;
    case 3:
        /* Something that is there, or not, or not yet. */
        if (!history_once_in(play->history, 4)) {
            id = history_item(play->history,
                              history_below(play->history, play->count))
                     ->id;
        }
        if (history_once_in(play->history, 5)) {
            err = assay_session_fetch(side->session, &id);
        }
        assert_true(err == ASSAY_OK || err == ASSAY_E_BUSY);
        break;
    case 4:
    case 5:
        side_judge(side, play->pair->now_ms,
                   1 + history_below(play->history, 20));
        break;
    case 6:
        if (history_once_in(play->history, 20)) {
            reconnect(play);
        }
        break;
    default:
        (void)pair_step(play->pair, history_below(play->history, 2));
        break;
    }
}

/* All that is left comes to be, everybody gets time, and both hold the same. */
static void finish(struct play *play, uint64_t seed)
{
    for (size_t index = 0; index < 2; index++) {
        play->pair->sides[index].judges_later = false;
        side_judge(&play->pair->sides[index], play->pair->now_ms, SIZE_MAX);
    }
    pair_run(play->pair);
    while (play->next < play->count) {
        size_t before = play->next;

        write_record(play);
        if (play->next == before) {
            pair_advance(play->pair, 2 * ASSAY_SYNC_EXCHANGE_MAX_MS);
        }
    }
    pair_advance(play->pair, 3 * ASSAY_SYNC_EXCHANGE_MAX_MS);
    assert_honest(play, seed);
    if (!memledger_equal(play->pair->sides[0].ledger,
                         play->pair->sides[1].ledger) ||
        memledger_count(play->pair->sides[0].ledger) != play->count) {
        fail_msg("seed %llu: %zu, %zu of %zu records", (unsigned long long)seed,
                 memledger_count(play->pair->sides[0].ledger),
                 memledger_count(play->pair->sides[1].ledger), play->count);
    }
}

static void play_seed(uint64_t seed)
{
    struct history_mix mix = {250, 5, 15, 30, 25, 0};
    struct play play;

    memset(&play, 0, sizeof(play));
    play.history = history_new(seed);
    history_grow(play.history, &mix);
    play.count = history_count(play.history);
    play.order = test_malloc(play.count * sizeof(*play.order));
    history_shuffle(play.history, play.order);
    play.pair = pair_new();
    for (size_t index = 0; index < 2; index++) {
        play.pair->sides[index].judges_later = true;
    }
    pair_open(play.pair);
    greet(&play);
    for (size_t count = 0; count < STEPS; count++) {
        step(&play);
        assert_honest(&play, seed);
    }
    finish(&play, seed);
    pair_free(play.pair);
    history_free(play.history);
    test_free(play.order);
}

static void honest_nodes_come_to_hold_the_same(void **state)
{
    const uint64_t *only = *state;

    if (only != NULL) {
        play_seed(*only);
        return;
    }
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        play_seed(seed);
    }
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(honest_nodes_come_to_hold_the_same,
                                  argc > 1 ? &seed : NULL),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
