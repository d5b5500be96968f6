/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/body.h"

#include "samples.h"
#include "testing.h"

#include <sodium.h>

static const uint8_t salt[ASSAY_SALT_SIZE];

static void every_sample_is_in_form(void **state)
{
    static struct sample sample;
    (void)state;

    for (size_t index = 0; index < SAMPLE_KIND_COUNT; index++) {
        for (uint64_t number = 0; number < 20; number++) {
            sample_make(sample_kinds[index], SAMPLE_VARIED, number, &sample);
            assert_int_equal(assay_body_check(&sample.record, NULL), ASSAY_OK);
        }
    }
}

/* What arrives signed is kept whatever its body says: only this check, not
 * opening, finds fault with it. */
static void a_malformed_body_opens_and_is_found_here(void **state)
{
    static struct sample sample;
    static uint8_t out[ASSAY_RECORD_MAX];
    struct assay_bytes bodies[] = {
        assay_bytes_of("\xa0"),
        assay_bytes_of("no CBOR at all"),
        {(const uint8_t *)"", 0},
    };
    struct assay_bytes envelope;
    struct assay_record record;
    struct assay_fault fault;
    struct assay_id id;
    (void)state;

    for (size_t kind = 0; kind < SAMPLE_KIND_COUNT; kind++) {
        sample_make(sample_kinds[kind], SAMPLE_MINIMAL, 0, &sample);
        for (size_t index = 0; index < 3; index++) {
            assert_int_equal(assay_record_seal(&sample.payload, bodies[index],
                                               sample.secret, out, &envelope,
                                               &id),
                             ASSAY_OK);
            assert_int_equal(
                assay_record_open(envelope, bodies[index], &record, NULL),
                ASSAY_OK);
            assert_int_not_equal(assay_body_check(&record, &fault), ASSAY_OK);
            assert_non_null(fault.rule);
            assert_true(fault.offset <= bodies[index].len);
        }
    }
}

static void a_founder_has_a_name(void **state)
{
    static struct sample sample;
    static uint8_t space[64];
    struct assay_cbor_writer writer;
    struct assay_profile profile;
    (void)state;

    memset(&profile, 0, sizeof(profile));
    sample_make(ASSAY_KIND_FOUND, SAMPLE_MINIMAL, 0, &sample);
    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_profile_write(&profile, salt, &writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &sample.record.body),
                     ASSAY_OK);
    assert_int_equal(assay_body_check(&sample.record, NULL), ASSAY_E_MALFORMED);

    /* A profile need not say it again. */
    sample.record.payload.kind = ASSAY_KIND_PROFILE;
    assert_int_equal(assay_body_check(&sample.record, NULL), ASSAY_OK);
}

static void a_quoted_capture_is_in_about(void **state)
{
    static struct sample sample;
    static const uint64_t kinds[] = {ASSAY_KIND_CLAIM, ASSAY_KIND_SOURCE};
    (void)state;

    for (size_t index = 0; index < 2; index++) {
        sample_make(kinds[index], SAMPLE_FULL, 0, &sample);
        struct assay_payload *payload = &sample.record.payload;
        size_t last = payload->about_count - 1;

        assert_int_equal(payload->about[last].relation, ASSAY_REL_CAPTURE);
        payload->about[last].id.hash[31] ^= 1;
        assert_int_equal(assay_body_check(&sample.record, NULL),
                         ASSAY_E_MALFORMED);

        /* The same id under another relation is not enough. */
        payload->about[last].id.hash[31] ^= 1;
        payload->about[last].relation = 100;
        assert_int_equal(assay_body_check(&sample.record, NULL),
                         ASSAY_E_MALFORMED);

        /* One that no place names does no harm. */
        payload->about[last].relation = ASSAY_REL_CAPTURE;
        payload->about[last + 1] =
            (struct assay_about){ASSAY_REL_CAPTURE, sample_id(0xff)};
        payload->about_count++;
        assert_int_equal(assay_body_check(&sample.record, NULL), ASSAY_OK);
    }
}

/* What a kind speaks about, by relation; the number is how often. */
static const struct about_case {
    uint64_t kind;
    uint64_t relations[3];
    enum assay_err err;
} about_cases[] = {
    {ASSAY_KIND_FOUND, {0}, ASSAY_OK},
    {ASSAY_KIND_FOUND, {1}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_PROFILE, {1}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_MEMBER, {2}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_REVOKE, {3}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_ROTATE, {16}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_CAPTURE, {0}, ASSAY_OK},
    {ASSAY_KIND_CAPTURE, {2}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_CAPTURE, {99}, ASSAY_OK},
    {ASSAY_KIND_FOUND, {99}, ASSAY_OK},
    {ASSAY_KIND_VOUCH, {0}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_VOUCH, {1}, ASSAY_OK},
    {ASSAY_KIND_VOUCH, {1, 1}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_CLAIM, {0}, ASSAY_OK},
    {ASSAY_KIND_CLAIM, {1}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_CLAIM, {2, 2}, ASSAY_OK},
    {ASSAY_KIND_CLAIM, {3}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_SOURCE, {0}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_SOURCE, {1}, ASSAY_OK},
    {ASSAY_KIND_SOURCE, {1, 1}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_SOURCE, {1, 2, 99}, ASSAY_OK},
    {ASSAY_KIND_SOURCE, {1, 3}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_VERDICT, {0}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_VERDICT, {1, 3, 4}, ASSAY_OK},
    {ASSAY_KIND_VERDICT, {1, 3, 3}, ASSAY_OK},
    {ASSAY_KIND_VERDICT, {1, 4, 4}, ASSAY_OK},
    {ASSAY_KIND_VERDICT, {3, 4}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_VERDICT, {1, 1}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_VERDICT, {1, 2}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_VERDICT, {1, 5}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_VERDICT, {1, 16}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_VERDICT, {1, 32}, ASSAY_OK},
    {ASSAY_KIND_ENDORSE, {1}, ASSAY_OK},
    {ASSAY_KIND_ENDORSE, {0}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_ENDORSE, {1, 1}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_LINK, {1, 16}, ASSAY_OK},
    {ASSAY_KIND_LINK, {1, 20}, ASSAY_OK},
    {ASSAY_KIND_LINK, {1, 31}, ASSAY_OK},
    {ASSAY_KIND_LINK, {1, 32}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_LINK, {1}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_LINK, {16}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_LINK, {1, 16, 16}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_LINK, {1, 16, 17}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_CHALLENGE, {1}, ASSAY_OK},
    {ASSAY_KIND_CHALLENGE, {1, 3, 3}, ASSAY_OK},
    {ASSAY_KIND_CHALLENGE, {1, 4}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_CHALLENGE, {3}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_CARRY, {1}, ASSAY_OK},
    {ASSAY_KIND_CARRY, {0}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_CARRY, {1, 3}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_RETRACT, {1}, ASSAY_OK},
    {ASSAY_KIND_RETRACT, {0}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_RETRACT, {5}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_RETRACT, {1, 1}, ASSAY_E_MALFORMED},
    {ASSAY_KIND_RETRACT, {1, 5}, ASSAY_E_MALFORMED}, /* Another record. */
    {ASSAY_KIND_RETRACT, {1, 5, 5}, ASSAY_E_MALFORMED},
};

static void each_kind_speaks_about_what_it_may(void **state)
{
    static struct sample sample;
    (void)state;

    for (size_t index = 0; index < sizeof(about_cases) / sizeof(about_cases[0]);
         index++) {
        const struct about_case *about_case = &about_cases[index];
        struct assay_payload *payload = &sample.record.payload;

        sample_make(about_case->kind, SAMPLE_MINIMAL, 0, &sample);
        payload->about_count = 0;
        for (size_t entry = 0; entry < 3; entry++) {
            if (about_case->relations[entry] != 0) {
                payload->about[payload->about_count] = (struct assay_about){
                    about_case->relations[entry], sample_id((uint8_t)entry)};
                payload->about_count++;
            }
        }
        enum assay_err err = assay_body_check(&sample.record, NULL);
        if (err != about_case->err) {
            fail_msg("case %zu, %s: %s", index,
                     assay_kind_name(about_case->kind), assay_err_name(err));
        }
    }
}

static void a_retraction_erases_what_it_retracts(void **state)
{
    static struct sample sample;
    struct assay_payload *payload = &sample.record.payload;
    (void)state;

    sample_make(ASSAY_KIND_RETRACT, SAMPLE_FULL, 0, &sample);
    assert_int_equal(payload->about_count, 2);
    assert_int_equal(payload->about[1].relation, ASSAY_REL_ERASES);
    assert_int_equal(assay_body_check(&sample.record, NULL), ASSAY_OK);
    payload->about[1].id.hash[0] ^= 1;
    assert_int_equal(assay_body_check(&sample.record, NULL), ASSAY_E_MALFORMED);
}

static void a_kind_that_is_not_known_is_let_through(void **state)
{
    static struct sample sample;
    (void)state;

    sample_make(ASSAY_KIND_CLAIM, SAMPLE_FULL, 0, &sample);
    sample.record.payload.kind = 77;
    sample.record.body = assay_bytes_of("anything");
    assert_int_equal(assay_body_check(&sample.record, NULL), ASSAY_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_is_in_form),
        cmocka_unit_test(a_malformed_body_opens_and_is_found_here),
        cmocka_unit_test(a_founder_has_a_name),
        cmocka_unit_test(a_quoted_capture_is_in_about),
        cmocka_unit_test(each_kind_speaks_about_what_it_may),
        cmocka_unit_test(a_retraction_erases_what_it_retracts),
        cmocka_unit_test(a_kind_that_is_not_known_is_let_through),
    };

    if (sodium_init() < 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
