/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of the rules over random histories: validity.h and standing.h
 * together, through reading.h. A failure prints its seed, and
 *
 *   test_validity_random SEED [LAST]
 *
 * runs every property with that seed alone, or with all from SEED to LAST.
 */
#include "testing.h"

#include "history.h"
#include "memview.h"
#include "oracle.h"
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDER_COUNT 4

/* The seeds that a property runs with, where they were given. */
static uint64_t first_seed;
static uint64_t last_seed; /* 0: none were. */

/* What the rules say of each record of a history, by its index. */
struct lines {
    char (*at)[READING_TEXT_MAX];
    size_t count;
};

typedef void (*property_fn)(uint64_t seed);

static void run(property_fn property, uint64_t seed_count)
{
    uint64_t first = last_seed > 0 ? first_seed : 1;
    uint64_t last = last_seed > 0 ? last_seed : seed_count;

    for (uint64_t seed = first; seed <= last; seed++) {
        property(seed);
    }
}

static void add(struct memview *memview, const struct history *history,
                size_t index)
{
    const struct history_item *item = history_item(history, index);

    assert_int_equal(memview_add(memview, item->envelope, item->body),
                     ASSAY_OK);
}

static void add_all(struct memview *memview, const struct history *history)
{
    for (size_t i = 0; i < history_count(history); i++) {
        add(memview, history, i);
    }
}

/* Reads the first records of a history, in a random order, so that what one
 * answer left in the evaluator's memory meets every other question. */
static struct lines read_first(struct memview *memview, struct history *history,
                               size_t count)
{
    const struct assay_log_view *view = memview_view(memview);
    struct assay_validity *validity = NULL;
    struct lines lines = {calloc(count + 1, READING_TEXT_MAX), count};
    size_t offset = history_below(history, count);

    assert_non_null(lines.at);
    assert_int_equal(assay_validity_new(view, &validity), ASSAY_OK);
    for (size_t i = 0; i < count; i++) {
        size_t index = (i + offset) % count;
        struct reading reading = reading_of(
            validity, view,
            memview_find(memview, &history_item(history, index)->id));

        reading_format(&reading, lines.at[index]);
    }
    assay_validity_free(validity);
    return lines;
}

static struct lines read_all(struct memview *memview, struct history *history)
{
    return read_first(memview, history, history_count(history));
}

static void fail_at(uint64_t seed, const struct history *history, size_t index,
                    const char *was, const char *is)
{
    const struct history_item *item = history_item(history, index);

    print_error("seed %llu, record %zu (%s, grant %zu, seq %llu):\n"
                "  %s\n  %s\n",
                (unsigned long long)seed, index, assay_kind_name(item->kind),
                item->grant, (unsigned long long)item->seq, was, is);
    fail();
}

/* Takes b. */
static void expect_same(uint64_t seed, const struct history *history,
                        const struct lines *a, struct lines b)
{
    assert_int_equal(a->count, b.count);
    for (size_t i = 0; i < b.count; i++) {
        if (strcmp(a->at[i], b.at[i]) != 0) {
            fail_at(seed, history, i, a->at[i], b.at[i]);
        }
    }
    free(b.at);
}

/* What the seeds of a run must have met, each at least a few times. */
static const char *const wanted[] = {
    "stands by",     "revoked by",   "rotated by",   "grant-fell by",
    "root-not-in-f", "out-of-place", " ended",       " root-fork",
    " retracted",    "1 signoffs",   "2 signoffs",   "0 signoffs,",
    " published",    " superseded",  " current",     "single of 1",
    "agreed of 2",   "close of 2",   "contested of", " unsettled",
};
#define WANTED_COUNT (sizeof(wanted) / sizeof(wanted[0]))
#define WANTED_MIN 5

static size_t met[WANTED_COUNT];

static void count_met(const struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        for (size_t j = 0; j < WANTED_COUNT; j++) {
            met[j] += strstr(lines->at[i], wanted[j]) != NULL;
        }
    }
}

static void read_in_orders(uint64_t seed)
{
    struct history *history = history_troubled(seed, 60);
    size_t count = history_count(history);
    size_t *order = calloc(count, sizeof(*order));
    struct memview *memview = memview_new();
    struct lines first;

    assert_non_null(order);
    add_all(memview, history);
    first = read_all(memview, history);
    count_met(&first);
    memview_free(memview);
    for (size_t i = 0; i < ORDER_COUNT; i++) {
        memview = memview_new();
        if (i % 2 == 1) {
            memview_stutter(memview);
        }
        history_shuffle(history, order);
        for (size_t j = 0; j < count; j++) {
            add(memview, history, order[j]);
        }
        expect_same(seed, history, &first, read_all(memview, history));
        memview_free(memview);
    }
    free(first.at);
    free(order);
    history_free(history);
}

/* Two nodes with the same records give the same answers, in whatever order
 * these came in. */
static void answers_do_not_depend_on_the_order_of_arrival(void **state)
{
    (void)state;
    run(read_in_orders, 300);
}

/* The property before this one says little of what never comes up. */
static void those_histories_met_every_answer(void **state)
{
    (void)state;
    if (last_seed > 0) {
        skip();
    }
    for (size_t i = 0; i < WANTED_COUNT; i++) {
        if (met[i] < WANTED_MIN) {
            print_error("\"%s\" was met %zu times\n", wanted[i], met[i]);
            fail();
        }
    }
}

static void compare_with_oracle(uint64_t seed)
{
    struct history *history = history_troubled(seed, 16);
    struct memview *memview = memview_new();
    struct lines lines;

    add_all(memview, history);
    lines = read_all(memview, history);
    for (size_t i = 0; i < lines.count; i++) {
        char text[READING_TEXT_MAX];
        struct reading reading = oracle_of(
            memview, memview_find(memview, &history_item(history, i)->id));

        reading_format(&reading, text);
        if (strcmp(text, lines.at[i]) != 0) {
            fail_at(seed, history, i, text, lines.at[i]);
        }
    }
    free(lines.at);
    memview_free(memview);
    history_free(history);
}

/* A second writing of the rules, without any cleverness, says the same. */
static void answers_are_those_of_the_oracle(void **state)
{
    (void)state;
    run(compare_with_oracle, 2000);
}

static void add_stranger(uint64_t seed)
{
    struct history *history = history_troubled(seed, 25);
    struct history *stranger = history_new(~seed);
    struct history_mix mix = {.count = 15, .team_max = 2, .end_once_in = 6};
    struct memview *memview = memview_new();
    struct lines before;

    history_grow(stranger, &mix);
    add_all(memview, history);
    before = read_all(memview, history);
    add_all(memview, stranger);
    expect_same(seed, history, &before, read_all(memview, history));
    free(before.at);
    memview_free(memview);
    history_free(stranger);
    history_free(history);
}

/* What a team does that has nothing to do with another changes nothing. */
static void an_unrelated_team_changes_nothing(void **state)
{
    (void)state;
    run(add_stranger, 100);
}

/* A team that tries all it can against every record of another. */
static void attack(struct history *history, size_t target_count)
{
    size_t root = history_found(history);
    size_t editor = history_member(history, root, ASSAY_ROLE_EDITOR, 0);
    size_t claim = history_claim(history, editor);

    for (size_t i = 0; i < target_count; i++) {
        uint64_t kind = history_item(history, i)->kind;

        (void)history_revoke(history, root, i, NULL, 0);
        (void)history_revoke(history, editor, i, NULL, 0);
        (void)history_retract(history, root, i, true);
        (void)history_retract(history, editor, i, false);
        if (kind == ASSAY_KIND_VERDICT) {
            (void)history_endorse(history, root, i);
            (void)history_endorse(history, editor, i);
            (void)history_verdict(history, editor, claim, ASSAY_RATING_TRUE, &i,
                                  1);
        }
    }
}

static void add_enemy(uint64_t seed)
{
    struct history *history = history_troubled(seed, 20);
    size_t count = history_count(history);
    struct memview *memview = memview_new();
    struct lines before;

    add_all(memview, history);
    before = read_first(memview, history, count);
    attack(history, count);
    for (size_t i = count; i < history_count(history); i++) {
        add(memview, history, i);
    }
    expect_same(seed, history, &before, read_first(memview, history, count));
    free(before.at);
    memview_free(memview);
    history_free(history);
}

/* No team can revoke, retract, sign off or supersede another's. */
static void a_hostile_team_changes_nothing(void **state)
{
    (void)state;
    run(add_enemy, 100);
}

/* The part of a line that comes before what is said: state and authority. */
static size_t authority_len(const char *line)
{
    const char *end = strstr(line, " signoffs");

    assert_non_null(end);
    return (size_t)(end - line);
}

static void drop_all_bodies(uint64_t seed)
{
    struct history *history = history_troubled(seed, 30);
    struct memview *memview = memview_new();
    struct lines before;
    struct lines after;

    add_all(memview, history);
    before = read_all(memview, history);
    memview_free(memview);
    memview = memview_new();
    for (size_t i = 0; i < before.count; i++) {
        history_drop_body(history, i);
    }
    add_all(memview, history);
    after = read_all(memview, history);
    for (size_t i = 0; i < before.count; i++) {
        if (strncmp(before.at[i], after.at[i], authority_len(before.at[i])) !=
            0) {
            fail_at(seed, history, i, before.at[i], after.at[i]);
        }
        assert_null(strstr(after.at[i], " current"));
    }
    free(before.at);
    free(after.at);
    memview_free(memview);
    history_free(history);
}

/* Authority, sign-offs and retractions outlive every body; ratings do not. */
static void erasing_bodies_changes_no_authority(void **state)
{
    (void)state;
    run(drop_all_bodies, 150);
}

static void fail_each_call(uint64_t seed)
{
    struct history *history = history_troubled(seed, 14);
    struct memview *memview = memview_new();
    const struct assay_log_view *view = memview_view(memview);
    struct assay_validity_result expected;
    struct assay_validity_result result;
    struct assay_validity *validity = NULL;
    const struct assay_record *record;
    size_t call = 1;

    add_all(memview, history);
    record =
        memview_at(memview, history_below(history, memview_count(memview)));
    assert_int_equal(assay_validity_new(view, &validity), ASSAY_OK);
    assert_int_equal(assay_validity_of(validity, record, &expected), ASSAY_OK);
    for (;;) {
        struct assay_validity *other = NULL;
        enum assay_err err;

        assert_int_equal(assay_validity_new(view, &other), ASSAY_OK);
        memview_fail_at(memview, call, ASSAY_E_IO);
        err = assay_validity_of(other, record, &result);
        memview_fail_at(memview, 0, ASSAY_OK);
        if (err == ASSAY_OK) {
            assay_validity_free(other);
            break;
        }
        assert_int_equal(err, ASSAY_E_IO);
        assert_int_equal(assay_validity_of(other, record, &result), ASSAY_OK);
        assert_int_equal(result.state, expected.state);
        assert_memory_equal(&result.cut_by, &expected.cut_by, ASSAY_ID_SIZE);
        assay_validity_free(other);
        call++;
    }
    assay_validity_free(validity);
    memview_free(memview);
    history_free(history);
}

/* A view that fails is reported, and leaves nothing half-known behind. */
static void a_failing_view_is_an_error_and_no_answer(void **state)
{
    (void)state;
    run(fail_each_call, 150);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_do_not_depend_on_the_order_of_arrival),
        cmocka_unit_test(those_histories_met_every_answer),
        cmocka_unit_test(answers_are_those_of_the_oracle),
        cmocka_unit_test(an_unrelated_team_changes_nothing),
        cmocka_unit_test(a_hostile_team_changes_nothing),
        cmocka_unit_test(erasing_bodies_changes_no_authority),
        cmocka_unit_test(a_failing_view_is_an_error_and_no_answer),
    };

    if (argc > 1) {
        first_seed = strtoull(argv[1], NULL, 10);
        last_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : first_seed;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
