/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/id.h"

#include "testing.h"

static uint8_t sample[ASSAY_ID_SIZE];

static int fill_sample(void **state)
{
    (void)state;
    for (size_t index = 0; index < sizeof(sample); index++) {
        sample[index] = (uint8_t)(index * 37 + 11);
    }
    return 0;
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;

    for (int type = ASSAY_ID_RECORD; type <= ASSAY_ID_NODE; type++) {
        char text[ASSAY_ID_TEXT_MAX];
        struct assay_id_prefix prefix;

        assay_id_format((enum assay_id_type)type, sample, text);
        assert_int_equal(assay_id_parse(assay_bytes_of(text), &prefix, NULL),
                         ASSAY_OK);
        assert_int_equal(prefix.type, type);
        assert_int_equal(prefix.bit_count, 256);
        assert_memory_equal(prefix.bytes, sample, sizeof(sample));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
    };

    return cmocka_run_group_tests(tests, fill_sample, NULL);
}
