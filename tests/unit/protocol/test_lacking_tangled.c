/* SPDX-License-Identifier: Apache-2.0 */
/* A log of which too much would have to be remembered: apart, as it takes
 * thousands of signatures. */
#include "protocol/lacking.h"

#include "history.h"
#include "memledger.h"

#include "testing.h"

/* Somebody whose branch of this log has nothing in common with ours, though
 * both are long: that is told, and memory for it is bounded. */
static void a_log_that_is_too_tangled_is_left_out(void **state)
{
    struct history *history = history_new(1);
    struct memledger *ledger = memledger_new();
    const struct assay_sync_view *view = memledger_view(ledger);
    struct assay_held held = {.count = 0};
    struct assay_lacking_ask ask = {.held = &held, .last_seq = UINT64_MAX / 2};
    struct assay_lacking lacking;
    struct assay_points points;
    struct assay_sync_item item;
    struct assay_sync_log log;
    size_t root = history_found(history);
    size_t steps = ASSAY_LACKING_MAX * 2;
    (void)state;

    for (size_t i = 0; i < ASSAY_LACKING_MAX; i++) {
        (void)history_capture(history, root);
    }
    memledger_put_all(ledger, history, 0, history_count(history));
    assert_int_equal(
        view->find_log(view->context, &history_item(history, root)->id, &log),
        ASSAY_OK);
    assert_int_equal(assay_points_take(view, &log, &points), ASSAY_OK);
    ask.log_number = log.number;
    ask.heads = points.lsns;
    ask.head_count = points.head_count;
    assert_int_equal(assay_lacking_init(&lacking, view, &ask), ASSAY_OK);
    assert_int_equal(assay_lacking_next(&lacking, view, &steps, &item),
                     ASSAY_E_LIMIT);
    assay_lacking_clear(&lacking);
    memledger_free(ledger);
    history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_that_is_too_tangled_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
