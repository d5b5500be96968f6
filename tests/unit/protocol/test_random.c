/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers from a seed: repeatable, and no number favoured. */
#include "protocol/random.h"

#include "testing.h"

#define DRAWS 6000

static void seeded(struct assay_random *random, uint8_t number)
{
    uint8_t seed[ASSAY_RANDOM_SEED_SIZE] = {number};

    assay_random_init(random, seed);
}

/* RFC 8439, A.1, test vectors 1 and 2: key and nonce of zeros, the blocks 0
 * and 1 of ChaCha20. */
static void numbers_are_the_stream_of_chacha20(void **state)
{
    struct assay_random random;
    (void)state;

    seeded(&random, 0);
    assert_true(assay_random_next(&random) == UINT64_C(0x903df1a0ade0b876));
    assert_true(assay_random_next(&random) == UINT64_C(0x28bd8653e56a5d40));
    for (int i = 2; i < 8; i++) {
        (void)assay_random_next(&random);
    }
    assert_true(assay_random_next(&random) == UINT64_C(0x7a385155bee7079f));
}

static void a_seed_gives_its_numbers_again_and_others_give_others(void **state)
{
    struct assay_random first;
    struct assay_random again;
    struct assay_random other;
    (void)state;

    seeded(&first, 7);
    seeded(&again, 7);
    seeded(&other, 8);
    for (int i = 0; i < 100; i++) {
        uint64_t number = assay_random_next(&first);

        assert_true(number == assay_random_next(&again));
        assert_false(number == assay_random_next(&other));
    }
}

/* Six bins of a thousand: 150 is five standard deviations. */
static void a_number_below_a_bound_is_any_of_them(void **state)
{
    struct assay_random random;
    unsigned counts[6] = {0};
    (void)state;

    seeded(&random, 1);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t number = assay_random_below(&random, 6);

        assert_true(number < 6);
        counts[number]++;
    }
    for (size_t i = 0; i < 6; i++) {
        assert_in_range(counts[i], 850, 1150);
    }
    assert_int_equal(assay_random_below(&random, 1), 0);
}

/* At two thirds of the range, numbers that wrap would fall twice as often on
 * the lower half. */
static void a_large_bound_favours_no_half(void **state)
{
    const uint64_t bound = UINT64_MAX / 3 * 2;
    struct assay_random random;
    unsigned low = 0;
    (void)state;

    seeded(&random, 2);
    for (int i = 0; i < DRAWS; i++) {
        low += assay_random_below(&random, bound) < bound / 2 ? 1 : 0;
    }
    assert_in_range(low, DRAWS / 2 - 200, DRAWS / 2 + 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_the_stream_of_chacha20),
        cmocka_unit_test(a_seed_gives_its_numbers_again_and_others_give_others),
        cmocka_unit_test(a_number_below_a_bound_is_any_of_them),
        cmocka_unit_test(a_large_bound_favours_no_half),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
