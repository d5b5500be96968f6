/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The golden records under tests/vectors/records are the format as it was
 * fixed: a change that alters one of their bytes would make ledgers that no
 * longer understand each other.
 */
#include "record_json.h"
#include "samples.h"
#include "testing.h"

#include <stdio.h>

#include <sodium.h>

static json_t *load_golden(uint64_t kind, enum sample_form form)
{
    char path[1024];
    json_error_t error;

    assert_true(snprintf(path, sizeof(path), "%s/records/%s-%s.json",
                         ASSAY_TEST_VECTORS, assay_kind_name(kind),
                         form == SAMPLE_FULL ? "full" : "minimal") <
                (int)sizeof(path));
    json_t *golden = json_load_file(path, 0, &error);
    if (golden == NULL) {
        fail_msg("%s: %s", path, error.text);
    }
    return golden;
}

static void golden_records_are_made_byte_for_byte(void **state)
{
    static struct sample sample;
    (void)state;

    for (size_t index = 0; index < 2 * SAMPLE_KIND_COUNT; index++) {
        enum sample_form form = index % 2 == 0 ? SAMPLE_MINIMAL : SAMPLE_FULL;
        uint64_t kind = sample_kinds[index / 2];

        json_t *golden = load_golden(kind, form);
        sample_make(kind, form, 0, &sample);
        json_t *made = sample_json_of(&sample);
        if (json_equal(golden, made) != 1) {
            (void)json_dumpf(made, stderr, JSON_INDENT(1));
            fail_msg("%s differs from its golden record",
                     assay_kind_name(kind));
        }
        json_decref(made);
        json_decref(golden);
    }
}

/* What the files hold opens by itself, without what made it. */
static void golden_records_open_to_their_id_and_fields(void **state)
{
    static uint8_t space[ASSAY_ITEM_MAX];
    static struct assay_record record;
    (void)state;

    for (size_t index = 0; index < 2 * SAMPLE_KIND_COUNT; index++) {
        struct assay_bytes envelope;
        struct assay_bytes body;

        json_t *golden =
            load_golden(sample_kinds[index / 2],
                        index % 2 == 0 ? SAMPLE_MINIMAL : SAMPLE_FULL);
        struct assay_bytes item =
            sample_hex(json_string_value(json_object_get(golden, "item")),
                       space, sizeof(space));
        assert_int_equal(assay_record_split(item, &envelope, &body, NULL),
                         ASSAY_OK);
        assert_int_equal(assay_record_open(envelope, body, &record, NULL),
                         ASSAY_OK);
        assert_int_equal(assay_body_check(&record, NULL), ASSAY_OK);
        json_t *read = record_json_of(&record);
        assert_int_equal(json_object_del(golden, "seed"), 0);
        assert_int_equal(json_equal(golden, read), 1);
        json_decref(read);
        json_decref(golden);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_records_are_made_byte_for_byte),
        cmocka_unit_test(golden_records_open_to_their_id_and_fields),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
