/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/key.h"

#include "testing.h"

/* The library at hand draws the lines where the ledger draws them. */
static void the_library_passes_the_self_test(void **state)
{
    (void)state;

    assert_int_equal(assay_key_self_test(), ASSAY_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_passes_the_self_test),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
