/* SPDX-License-Identifier: Apache-2.0 */
/* The index of slots by hash: what is in it is found, also after others went.
 */
#include "protocol/random.h"
#include "protocol/slot_index.h"

#include "testing.h"

#define SLOTS 64

static bool has(const struct assay_slot_index *index, uint32_t hash,
                uint32_t slot)
{
    size_t cursor = SIZE_MAX;

    for (;;) {
        uint32_t found = assay_slot_index_next(index, hash, &cursor);

        if (found == slot) {
            return true;
        }
        if (found == ASSAY_SLOT_NONE) {
            return false;
        }
    }
}

static void slots_under_one_hash_are_all_found(void **state)
{
    struct assay_slot_index index;
    (void)state;

    assert_int_equal(assay_slot_index_init(&index, 8), ASSAY_OK);
    for (uint32_t slot = 0; slot < 8; slot++) {
        assay_slot_index_add(&index, 5, slot);
    }
    for (uint32_t slot = 0; slot < 8; slot++) {
        assert_true(has(&index, 5, slot));
    }
    assert_false(has(&index, 6, 0));
    assay_slot_index_clear(&index);
}

/* Hashes from a few values only, so that runs of cells touch and wrap round
 * the end: what is taken out must not hide what stands behind it. */
static void what_goes_hides_nothing(void **state)
{
    uint8_t seed[ASSAY_RANDOM_SEED_SIZE] = {1};
    uint32_t hashes[SLOTS] = {0};
    bool is_there[SLOTS] = {false};
    struct assay_random random;
    struct assay_slot_index index;
    (void)state;

    assay_random_init(&random, seed);
    assert_int_equal(assay_slot_index_init(&index, SLOTS), ASSAY_OK);
    for (int turn = 0; turn < 20000; turn++) {
        uint32_t slot = (uint32_t)assay_random_below(&random, SLOTS);

        if (is_there[slot]) {
            assay_slot_index_remove(&index, hashes[slot], slot);
        } else {
            hashes[slot] = (uint32_t)assay_random_below(&random, 24) - 12;
            assay_slot_index_add(&index, hashes[slot], slot);
        }
        is_there[slot] = !is_there[slot];
        for (uint32_t i = 0; turn % 16 == 0 && i < SLOTS; i++) {
            assert_true(!is_there[i] || has(&index, hashes[i], i));
        }
    }
    assay_slot_index_clear(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_under_one_hash_are_all_found),
        cmocka_unit_test(what_goes_hides_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
