/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out at every allocation that the rules make, one after the
 * other: each time there is an error, nothing leaks, and the same evaluator
 * answers rightly once there is memory again.
 *
 * The linker puts the functions below before the allocator's.
 */
#include "testing.h"

#include "protocol/ancestry.h"
#include "protocol/standing.h"
#include "protocol/validity.h"

#include "history.h"
#include "memview.h"

#include <stdlib.h>

/* The allocation from now that fails first, as all after it do; 0: it was,
 * negative: none does. */
static long left = -1;

static bool may_allocate(void)
{
    if (left > 0) {
        left--;
    }
    return left != 0;
}

/* The linker's --wrap dictates the names. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
/* NOLINTBEGIN(cert-dcl51-cpp,readability-identifier-naming) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
    return may_allocate() ? __real_realloc(old, size) : NULL;
}
/* NOLINTEND(cert-dcl51-cpp,readability-identifier-naming) */
/* NOLINTEND(bugprone-reserved-identifier) */

struct world {
    struct history *history;
    struct memview *memview;
    const struct assay_record *claim; /* Behind a fork, under two cuts. */
    struct assay_id tip;
};

static int make_world(void **state)
{
    static struct world world;
    size_t root;
    size_t member;
    size_t base;
    size_t claim;
    size_t last;

    world = (struct world){history_new(3), memview_new(), NULL, {{0}}};
    root = history_found(world.history);
    member = history_member(world.history, root, ASSAY_ROLE_CHECKER, 0);
    root = history_rotate(world.history, root, &member, 1);
    base = history_claim(world.history, member);
    claim = history_claim(world.history, member);
    for (int i = 0; i < 20; i++) {
        history_follow(world.history, base);
        last = history_claim(world.history, member);
        if (i % 7 == 6) {
            history_heal(world.history, member);
            last = history_claim(world.history, member);
        }
    }
    history_heal(world.history, member);
    last = history_claim(world.history, member);
    (void)history_revoke(world.history, root, member, &last, 1);
    (void)history_revoke(world.history, root, member, &last, 1);
    world.tip = history_item(world.history, last)->id;
    for (size_t i = 0; i < history_count(world.history); i++) {
        const struct history_item *item = history_item(world.history, i);

        assert_int_equal(memview_add(world.memview, item->envelope, item->body),
                         ASSAY_OK);
    }
    world.claim =
        memview_find(world.memview, &history_item(world.history, claim)->id);
    *state = &world;
    return 0;
}

static int drop_world(void **state)
{
    struct world *world = *state;

    left = -1;
    memview_free(world->memview);
    history_free(world->history);
    return 0;
}

static void validity_survives_a_lack_of_memory(void **state)
{
    struct world *world = *state;
    const struct assay_log_view *view = memview_view(world->memview);
    enum assay_validity_state expected = ASSAY_AUTHORITY_MISSING;
    enum assay_err err = ASSAY_E_NOMEM;
    long count = 0;

    while (err == ASSAY_E_NOMEM) {
        struct assay_validity *validity = NULL;
        struct assay_validity_result result = {.state = expected};

        count++;
        left = count;
        err = assay_validity_new(view, &validity);
        if (err == ASSAY_OK) {
            err = assay_validity_of(validity, world->claim, &result);
        }
        left = -1;
        if (err == ASSAY_E_NOMEM && validity != NULL) {
            assert_int_equal(assay_validity_of(validity, world->claim, &result),
                             ASSAY_OK);
            assert_int_equal(result.state, ASSAY_STANDS);
        }
        assay_validity_free(validity);
    }
    assert_int_equal(err, ASSAY_OK);
    assert_true(count > 20);
}

static void ancestry_survives_a_lack_of_memory(void **state)
{
    struct world *world = *state;
    enum assay_err err = ASSAY_E_NOMEM;
    bool is = false;
    long count = 0;

    while (err == ASSAY_E_NOMEM) {
        assert_false(is);
        count++;
        left = count;
        err = assay_ancestry_is_behind(memview_view(world->memview),
                                       world->claim, &world->tip, &is);
        left = -1;
    }
    assert_int_equal(err, ASSAY_OK);
    assert_true(is);
    assert_true(count > 10);
}

static void standing_says_that_memory_is_exhausted(void **state)
{
    struct assay_finding finding = {.stands = true};
    struct assay_standing_result result;
    enum assay_err err;
    (void)state;

    left = 1;
    (void)may_allocate();
    err = assay_standing_of(&finding, 1, &result);
    left = -1;
    assert_int_equal(err, ASSAY_E_NOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(validity_survives_a_lack_of_memory,
                                        make_world, drop_world),
        cmocka_unit_test_setup_teardown(ancestry_survives_a_lack_of_memory,
                                        make_world, drop_world),
        cmocka_unit_test(standing_says_that_memory_is_exhausted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
