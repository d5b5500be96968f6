/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out at every allocation of an exchange, one after the
 * other: each time there is an error, the machine is silent, and nothing
 * leaks.
 *
 * The linker puts the functions below before the allocator's.
 */
#include "reconcile_desk.h"

#include "testing.h"

#include <stdlib.h>

/* The allocation from now that fails first, as all after it do; 0: it was,
 * negative: none does. */
static long left = -1;
static bool is_armed;

static bool may_allocate(void)
{
    if (is_armed && left > 0) {
        left--;
    }
    return !is_armed || left != 0;
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

/* Two ledgers with other teams, and a log that forks with a branch beside. */
static void deal(struct desk *desk)
{
    size_t base;

    desk_begin(desk, 4);
    base = desk_say(desk, DESK_BOTH);
    for (int i = 0; i < 3; i++) {
        (void)desk_say(desk, DESK_DIALLER);
    }
    history_follow(desk->history, base);
    for (int i = 0; i < 2; i++) {
        (void)desk_say(desk, DESK_LISTENER);
    }
    history_follow(desk->history, base);
    (void)desk_say(desk, DESK_LISTENER);
    (void)desk_give(desk, DESK_LISTENER, history_found(desk->history));
}

static enum assay_err make(struct exchange_side *side, bool is_dialler,
                           struct assay_msg_root *root)
{
    struct assay_reconcile_config config = {.is_dialler = is_dialler,
                                            .follows = side->follows};
    enum assay_err err = assay_reconcile_new(&config, &side->machine);

    return err == ASSAY_OK
               ? assay_reconcile_opening(side->machine, side->view, root)
               : err;
}

/* All that one side has to say; records are made and dropped. */
static enum assay_err say(struct exchange_side *from, struct exchange_side *to,
                          size_t *said)
{
    static uint8_t buffer[ASSAY_MESSAGE_MAX];
    struct assay_message message;
    struct assay_sync_item item;
    struct assay_bytes bytes;
    enum assay_err err;

    for (;;) {
        err =
            assay_reconcile_produce(from->machine, from->view, buffer, &bytes);
        if (err == ASSAY_OK) {
            err = assay_message_open(bytes, &message);
            assert_int_equal(err, ASSAY_OK);
            err = assay_reconcile_feed(to->machine, to->view, &message, NULL);
            ++*said;
        } else if (err == ASSAY_E_NOT_FOUND) {
            err = assay_reconcile_next(from->machine, from->view, &item);
            if (err == ASSAY_OK) {
                assay_reconcile_sent(from->machine);
                ++*said;
            }
        }
        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
    }
}

static void settle(struct exchange_side *side)
{
    if (assay_reconcile_is_settling(side->machine)) {
        assay_reconcile_settled(side->machine, 0);
    }
}

static enum assay_err talk(struct exchange *exchange)
{
    struct assay_msg_root roots[2];
    enum assay_err err = make(&exchange->dialler, true, &roots[0]);
    size_t said;

    if (err == ASSAY_OK) {
        err = make(&exchange->listener, false, &roots[1]);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    assay_reconcile_start(exchange->dialler.machine, &roots[1]);
    assay_reconcile_start(exchange->listener.machine, &roots[0]);
    do {
        said = 0;
        err = say(&exchange->dialler, &exchange->listener, &said);
        if (err == ASSAY_OK) {
            err = say(&exchange->listener, &exchange->dialler, &said);
        }
        settle(&exchange->dialler);
        settle(&exchange->listener);
    } while (err == ASSAY_OK && said > 0);
    return err;
}

static void every_allocation_may_fail(void **state)
{
    struct assay_id team;
    struct desk desk;
    enum assay_err err = ASSAY_E_NOMEM;
    long count = 0;
    (void)state;

    deal(&desk);
    team = history_item(desk.history, desk.root)->id;
    desk.exchange.dialler.follows = (struct assay_follows){false, &team, 1};
    while (err != ASSAY_OK) {
        count++;
        left = count;
        is_armed = true;
        err = talk(&desk.exchange);
        is_armed = false;
        assert_true(err == ASSAY_OK || err == ASSAY_E_NOMEM);
        exchange_end(&desk.exchange);
    }
    assert_in_range(count, 15, 1000);
    desk_end(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
