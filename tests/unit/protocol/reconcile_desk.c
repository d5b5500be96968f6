/* SPDX-License-Identifier: Apache-2.0 */
#include "reconcile_desk.h"

#include "testing.h"

static enum assay_err take(void *ledger, const struct assay_sync_item *item)
{
    return memledger_take(ledger, item->envelope, item->body).err;
}

static void set_side(struct exchange_side *side, struct memledger *ledger)
{
    *side = (struct exchange_side){.view = memledger_view(ledger),
                                   .follows = {.is_all = true},
                                   .take = take,
                                   .context = ledger};
}

void desk_begin(struct desk *desk, uint64_t seed)
{
    desk->history = history_new(seed);
    desk->dialler = memledger_new();
    desk->listener = memledger_new();
    set_side(&desk->exchange.dialler, desk->dialler);
    set_side(&desk->exchange.listener, desk->listener);
    desk->root = desk_give(desk, DESK_BOTH, history_found(desk->history));
    desk->checker = desk_give(
        desk, DESK_BOTH,
        history_member(desk->history, desk->root, ASSAY_ROLE_CHECKER, 0));
}

void desk_end(struct desk *desk)
{
    exchange_end(&desk->exchange);
    memledger_free(desk->dialler);
    memledger_free(desk->listener);
    history_free(desk->history);
}

size_t desk_give(struct desk *desk, enum desk_side side, size_t record)
{
    if (side != DESK_LISTENER) {
        memledger_put(desk->dialler, desk->history, record);
    }
    if (side != DESK_DIALLER) {
        memledger_put(desk->listener, desk->history, record);
    }
    return record;
}

size_t desk_say(struct desk *desk, enum desk_side side)
{
    return desk_give(desk, side, history_capture(desk->history, desk->checker));
}

void desk_run(struct desk *desk)
{
    exchange_begin(&desk->exchange, 77);
    assert_int_equal(exchange_run(&desk->exchange), ASSAY_OK);
}

void desk_check_state(struct desk *desk, enum assay_reconcile_state state)
{
    assert_int_equal(assay_reconcile_state(desk->exchange.dialler.machine),
                     state);
    assert_int_equal(assay_reconcile_state(desk->exchange.listener.machine),
                     state);
}

void desk_check_equal(struct desk *desk)
{
    desk_check_state(desk, ASSAY_RECONCILE_EQUAL);
    assert_true(memledger_equal(desk->dialler, desk->listener));
}

struct assay_reconcile_stats desk_stats(struct desk *desk, enum desk_side side)
{
    struct assay_reconcile_stats stats;

    assay_reconcile_stats(side == DESK_DIALLER
                              ? desk->exchange.dialler.machine
                              : desk->exchange.listener.machine,
                          &stats);
    return stats;
}
