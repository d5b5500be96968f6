/* SPDX-License-Identifier: Apache-2.0 */
#include "store/chain.h"

#include "test_ledger.h"
#include "testing.h"

#include <stdlib.h>

#define SOURCE_COUNT 100000
#define BATCH_COUNT 10000

/* Puts a history, whatever its size, in several batches. */
static void fill(struct test_ledger *ledger, const struct history *history)
{
    size_t count = history_count(history);
    size_t *order = malloc(count * sizeof(*order));

    assert_non_null(order);
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (size_t i = 0; i < count; i += BATCH_COUNT) {
        test_ledger_fill(ledger, history, order + i,
                         count - i < BATCH_COUNT ? count - i : BATCH_COUNT);
    }
    free(order);
}

/* Walks page after page; every source must come once, in order. */
static size_t count_all(struct store_view *view, const struct assay_id *claim)
{
    struct store_chain_options options = {.page_max = 1000};
    uint64_t last_lsn = 0;
    size_t count = 0;

    do {
        struct store_chain *chain = NULL;

        assert_int_equal(store_chain_walk(view, NULL, claim, &options, &chain),
                         ASSAY_OK);
        assert_int_equal(chain->source_total, SOURCE_COUNT);
        assert_true(chain->source_count <= 1000);
        for (size_t i = 0; i < chain->source_count; i++) {
            assert_true(chain->sources[i].item.row->lsn > last_lsn);
            last_lsn = chain->sources[i].item.row->lsn;
        }
        count += chain->source_count;
        options.sources_after = chain->source_next_lsn;
        store_chain_free(chain);
    } while (options.sources_after != 0);
    return count;
}

static void a_claim_with_100000_sources_is_answered_in_pages(void **state)
{
    struct test_ledger ledger;
    struct history *history = history_new(9);
    size_t root = history_found(history);
    size_t claim = history_claim(history, root);
    struct store_view *view = NULL;
    (void)state;

    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        (void)history_source(history, root, claim);
    }
    test_ledger_make(&ledger);
    fill(&ledger, history);
    assert_int_equal(store_view_begin(ledger.ledger, STORE_NOW, &view),
                     ASSAY_OK);
    assert_int_equal(count_all(view, &history_item(history, claim)->id),
                     SOURCE_COUNT);
    store_view_end(view);
    test_ledger_remove(&ledger);
    history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claim_with_100000_sources_is_answered_in_pages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
