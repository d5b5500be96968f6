/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/kinds/claim.h"

#include "body_cases.h"

#include <stdio.h>

static const uint8_t salt[ASSAY_SALT_SIZE];

static enum assay_err read_body(struct assay_bytes body,
                                struct assay_fault *fault, bool *is_touched_out)
{
    static struct assay_claim claim;

    memset(&claim, 0xee, sizeof(claim));
    enum assay_err err = assay_claim_read(body, &claim, fault);
    *is_touched_out = !is_filled(&claim, sizeof(claim));
    return err;
}

static enum assay_err write_and_read(const struct assay_claim *in,
                                     struct assay_claim *out)
{
    static uint8_t space[2 * ASSAY_RECORD_MAX];
    struct assay_cbor_writer writer;
    struct assay_bytes body;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_claim_write(in, salt, &writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &body), ASSAY_OK);
    return assay_claim_read(body, out, NULL);
}

static struct assay_claim minimal(void)
{
    return (struct assay_claim){.text = assay_bytes_of("It is so.")};
}

static void all_fields_are_read_as_written(void **state)
{
    struct assay_claim in = minimal();
    struct assay_claim out;
    (void)state;

    in.lang = assay_bytes_of("en");
    in.speaker = assay_bytes_of("someone");
    in.said = assay_bytes_of("2025-10");
    in.topics.count = 2;
    in.topics.items[0] = assay_bytes_of("mines");
    in.topics.items[1] = assay_bytes_of("law");
    in.place_count = 2;
    in.places[0].url = assay_bytes_of("https://example.org/");
    in.places[1].has_capture = true;
    in.places[1].capture = sample_id(0xca);
    in.places[1].exact = assay_bytes_of("so");
    in.places[1].prefix = assay_bytes_of("is ");
    in.places[1].suffix = assay_bytes_of(".");
    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_true(assay_bytes_equal(out.text, in.text));
    assert_true(assay_bytes_equal(out.lang, in.lang));
    assert_true(assay_bytes_equal(out.speaker, in.speaker));
    assert_true(assay_bytes_equal(out.said, in.said));
    assert_int_equal(out.topics.count, 2);
    assert_true(assay_bytes_equal(out.topics.items[1], in.topics.items[1]));
    assert_int_equal(out.place_count, 2);
    assert_true(assay_bytes_equal(out.places[0].url, in.places[0].url));
    assert_false(out.places[0].has_capture);
    assert_true(out.places[1].has_capture);
    assert_int_equal(out.places[1].capture.hash[31], 0xca);
    assert_true(assay_bytes_equal(out.places[1].exact, in.places[1].exact));
    assert_true(assay_bytes_equal(out.places[1].prefix, in.places[1].prefix));
    assert_true(assay_bytes_equal(out.places[1].suffix, in.places[1].suffix));
}

static void a_text_is_enough(void **state)
{
    struct assay_claim in = minimal();
    struct assay_claim out;
    (void)state;

    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_null(out.lang.data);
    assert_null(out.speaker.data);
    assert_null(out.said.data);
    assert_int_equal(out.topics.count, 0);
    assert_int_equal(out.place_count, 0);
}

static void each_text_has_its_limit(void **state)
{
    struct assay_claim in = minimal();
    struct assay_claim out;
    (void)state;

    in.text = long_text(ASSAY_TEXT_MAX);
    in.speaker = long_text(ASSAY_NAME_MAX);
    in.topics.count = 1;
    in.topics.items[0] = long_text(ASSAY_NAME_MAX);
    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    in.topics.items[0] = long_text(ASSAY_NAME_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in = minimal();
    in.text = long_text(ASSAY_TEXT_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in = minimal();
    in.speaker = long_text(ASSAY_NAME_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in = minimal();
    in.lang = long_text(ASSAY_NAME_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in = minimal();
    in.said = long_text(100);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in = minimal();
    in.place_count = 1;
    in.places[0].url = long_text(ASSAY_URL_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
}

static void lists_hold_64_and_no_more(void **state)
{
    static char names[ASSAY_LIST_MAX][8];
    static uint8_t space[128];
    static const uint8_t zeros[128];
    struct assay_claim in = minimal();
    struct assay_claim out;
    (void)state;

    in.topics.count = ASSAY_LIST_MAX;
    in.place_count = ASSAY_LIST_MAX;
    for (size_t index = 0; index < ASSAY_LIST_MAX; index++) {
        (void)snprintf(names[index], sizeof(names[index]), "t%zu", index);
        in.topics.items[index] = assay_bytes_of(names[index]);
        in.places[index].has_capture = true;
    }
    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_int_equal(out.topics.count, ASSAY_LIST_MAX);
    assert_int_equal(out.place_count, ASSAY_LIST_MAX);

    /* 65 zeros, so that there are bytes for each item. */
    struct assay_bytes body =
        sample_hex("a3" SALT "01" A "05 98 41", space, sizeof(space));
    memcpy(space + body.len, zeros, 65);
    body.len += 65;
    assert_int_equal(assay_claim_read(body, &out, NULL), ASSAY_E_LIMIT);
    space[body.len - 65 - 3] = 0x06;
    assert_int_equal(assay_claim_read(body, &out, NULL), ASSAY_E_LIMIT);
}

static const struct body_case cases[] = {
    {"the least", "a2" SALT "01" A, ASSAY_OK},
    {"unknown keys", "a3" SALT "01" A "07 80", ASSAY_OK},
    {"no text", "a1" SALT, ASSAY_E_MALFORMED},
    {"an empty text", "a2" SALT "01 60", ASSAY_E_MALFORMED},
    {"a date that is none", "a3" SALT "01" A "04 6a 323032352d31332d3031",
     ASSAY_E_MALFORMED},
    {"30 February", "a3" SALT "01" A "04 6a 323032352d30322d3330",
     ASSAY_E_MALFORMED},
    {"28 February", "a3" SALT "01" A "04 6a 323032352d30322d3238", ASSAY_OK},
    {"a year", "a3" SALT "01" A "04 64 32303235", ASSAY_OK},
    {"no topics", "a3" SALT "01" A "05 80", ASSAY_OK},
    {"a topic twice", "a3" SALT "01" A "05 82" A A, ASSAY_E_MALFORMED},
    {"an empty topic", "a3" SALT "01" A "05 81 60", ASSAY_E_MALFORMED},
    {"a topic of bytes", "a3" SALT "01" A "05 81 41 61", ASSAY_E_MALFORMED},
    {"a topic alone", "a3" SALT "01" A "05" A, ASSAY_E_MALFORMED},
    {"places", "a3" SALT "01" A "06 82 a1 01" URL "a2 02" ID "03" A, ASSAY_OK},
    {"an empty place", "a3" SALT "01" A "06 81 a0", ASSAY_E_MALFORMED},
    {"a place's unknown key", "a3" SALT "01" A "06 81 a2 01" URL "06 f5",
     ASSAY_OK},
    {"a place's key twice", "a3" SALT "01" A "06 81 a2 01" URL "01" URL,
     ASSAY_E_MALFORMED},
    {"a place's prefix alone", "a3" SALT "01" A "06 81 a2 01" URL "04" A,
     ASSAY_E_MALFORMED},
    {"a place that is a list", "a3" SALT "01" A "06 81 81" URL,
     ASSAY_E_MALFORMED},
    {"half a place", "a3" SALT "01" A "06 81 a1 01", ASSAY_E_TRUNCATED},
    {"a trailing byte", "a2" SALT "01" A "00", ASSAY_E_MALFORMED},
};

static void bodies_out_of_form_are_refused(void **state)
{
    (void)state;
    run_body_cases(cases, sizeof(cases) / sizeof(cases[0]), read_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields_are_read_as_written),
        cmocka_unit_test(a_text_is_enough),
        cmocka_unit_test(each_text_has_its_limit),
        cmocka_unit_test(lists_hold_64_and_no_more),
        cmocka_unit_test(bodies_out_of_form_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
