/* SPDX-License-Identifier: Apache-2.0 */
/* A rate with room for bursts: never more than both allow, never less. */
#include "protocol/session_bucket.h"
#include "testing.h"

static void it_begins_full_and_holds_its_cap(void **state)
{
    struct session_bucket bucket;
    (void)state;

    assay_session_bucket_init(&bucket, 10, 5, 1000);
    assert_true(assay_session_bucket_has(&bucket, 1000, 5));
    assert_false(assay_session_bucket_has(&bucket, 1000, 6));
    assert_false(assay_session_bucket_has(&bucket, UINT64_MAX, 6));
    assay_session_bucket_take(&bucket, 1000, 5);
    assert_false(assay_session_bucket_has(&bucket, 1000, 1));
    assert_true(assay_session_bucket_has(&bucket, UINT64_MAX, 5));
}

static void it_says_when_enough_is_there(void **state)
{
    struct session_bucket bucket;
    (void)state;

    assay_session_bucket_init(&bucket, 3, 5, 1000);
    assert_int_equal(assay_session_bucket_ready_ms(&bucket, 5), 1000);
    assert_true(assay_session_bucket_ready_ms(&bucket, 6) == UINT64_MAX);
    assay_session_bucket_take(&bucket, 1000, 5);
    assert_int_equal(assay_session_bucket_ready_ms(&bucket, 1), 1334);
    assert_false(assay_session_bucket_has(&bucket, 1333, 1));
    assert_true(assay_session_bucket_has(&bucket, 1334, 1));
    assert_int_equal(assay_session_bucket_ready_ms(&bucket, 3), 2000);
}

/* However often it is looked at, nothing of the rate is lost. */
static void small_rates_add_up(void **state)
{
    struct session_bucket bucket;
    uint64_t taken = 0;
    (void)state;

    assay_session_bucket_init(&bucket, 7, 10, 0);
    for (uint64_t now_ms = 0; now_ms <= 100000; now_ms++) {
        if (assay_session_bucket_has(&bucket, now_ms, 1)) {
            assay_session_bucket_take(&bucket, now_ms, 1);
            taken++;
        }
    }
    assert_int_equal(taken, 10 + 700);
}

static void a_rate_of_zero_never_fills(void **state)
{
    struct session_bucket bucket;
    (void)state;

    assay_session_bucket_init(&bucket, 0, 1, 5);
    assay_session_bucket_take(&bucket, 5, 1);
    assert_false(assay_session_bucket_has(&bucket, UINT64_MAX, 1));
    assert_true(assay_session_bucket_ready_ms(&bucket, 1) == UINT64_MAX);
}

static void the_largest_rate_does_not_overflow(void **state)
{
    struct session_bucket bucket;
    uint64_t cap = (UINT64_C(1) << 53) - 1;
    (void)state;

    assay_session_bucket_init(&bucket, UINT64_MAX, cap, 0);
    assay_session_bucket_take(&bucket, 0, cap);
    assert_false(assay_session_bucket_has(&bucket, 0, 1));
    assert_int_equal(assay_session_bucket_ready_ms(&bucket, cap), 1);
    assert_true(assay_session_bucket_has(&bucket, 1, cap));
    assert_true(assay_session_bucket_has(&bucket, UINT64_MAX, cap));
}

/* What came back until another rate was set came at the old one. */
static void another_rate_begins_with_what_is_there(void **state)
{
    struct session_bucket bucket;
    (void)state;

    assay_session_bucket_init(&bucket, 10, 1000, 0);
    assay_session_bucket_take(&bucket, 0, 1000);
    assay_session_bucket_pace(&bucket, 2000, 100);
    assert_true(assay_session_bucket_has(&bucket, 2000, 20));
    assert_false(assay_session_bucket_has(&bucket, 2000, 21));
    assert_int_equal(assay_session_bucket_ready_ms(&bucket, 120), 3000);
    assay_session_bucket_pace(&bucket, 3000, 0);
    assert_true(assay_session_bucket_has(&bucket, 100000, 120));
    assert_false(assay_session_bucket_has(&bucket, 100000, 121));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_full_and_holds_its_cap),
        cmocka_unit_test(it_says_when_enough_is_there),
        cmocka_unit_test(small_rates_add_up),
        cmocka_unit_test(a_rate_of_zero_never_fills),
        cmocka_unit_test(the_largest_rate_does_not_overflow),
        cmocka_unit_test(another_rate_begins_with_what_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
