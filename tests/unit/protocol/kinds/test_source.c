/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/kinds/source.h"

#include "body_cases.h"

static const uint8_t salt[ASSAY_SALT_SIZE];

static enum assay_err read_body(struct assay_bytes body,
                                struct assay_fault *fault, bool *is_touched_out)
{
    struct assay_source source;

    memset(&source, 0xee, sizeof(source));
    enum assay_err err = assay_source_read(body, &source, fault);
    *is_touched_out = !is_filled(&source, sizeof(source));
    return err;
}

static enum assay_err write_and_read(const struct assay_source *in,
                                     struct assay_source *out)
{
    static uint8_t space[2 * ASSAY_RECORD_MAX];
    struct assay_cbor_writer writer;
    struct assay_bytes body;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_source_write(in, salt, &writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &body), ASSAY_OK);
    return assay_source_read(body, out, NULL);
}

static struct assay_source minimal(void)
{
    return (struct assay_source){
        .place = {.url = assay_bytes_of("https://example.org/")},
        .stance = ASSAY_STANCE_REFUTES,
    };
}

static void all_fields_are_read_as_written(void **state)
{
    struct assay_source in = minimal();
    struct assay_source out;
    (void)state;

    in.place.has_capture = true;
    in.place.capture = sample_id(0xca);
    in.place.exact = assay_bytes_of("exact");
    in.place.prefix = assay_bytes_of("before");
    in.place.suffix = assay_bytes_of("after");
    in.note = assay_bytes_of("a note");
    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_true(assay_bytes_equal(out.place.url, in.place.url));
    assert_true(out.place.has_capture);
    assert_true(assay_id_equal(&out.place.capture, &in.place.capture));
    assert_true(assay_bytes_equal(out.place.exact, in.place.exact));
    assert_true(assay_bytes_equal(out.place.prefix, in.place.prefix));
    assert_true(assay_bytes_equal(out.place.suffix, in.place.suffix));
    assert_int_equal(out.stance, ASSAY_STANCE_REFUTES);
    assert_true(assay_bytes_equal(out.note, in.note));
}

static void the_required_fields_are_enough(void **state)
{
    struct assay_source in = minimal();
    struct assay_source out;
    (void)state;

    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_false(out.place.has_capture);
    assert_null(out.place.exact.data);
    assert_null(out.note.data);

    in.place.url = ASSAY_BYTES_NONE;
    in.place.has_capture = true;
    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_null(out.place.url.data);
}

static void each_field_has_its_limit(void **state)
{
    struct assay_source in = minimal();
    struct assay_source out;
    (void)state;

    in.note = long_text(ASSAY_TEXT_MAX);
    in.place.exact = long_text(ASSAY_TEXT_MAX);
    in.place.prefix = long_text(ASSAY_TEXT_MAX);
    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    in.place.prefix = long_text(ASSAY_TEXT_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in.place.prefix = ASSAY_BYTES_NONE;
    in.place.suffix = long_text(ASSAY_TEXT_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in = minimal();
    in.place.exact = long_text(ASSAY_TEXT_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in = minimal();
    in.note = long_text(ASSAY_TEXT_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in = minimal();
    in.place.url = long_text(ASSAY_URL_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
}

static const struct body_case cases[] = {
    {"a URL", "a3" SALT "01" URL "06 01", ASSAY_OK},
    {"a capture", "a3" SALT "02" ID "06 03", ASSAY_OK},
    {"unknown keys", "a4" SALT "01" URL "06 01 08 80", ASSAY_OK},
    {"neither", "a2" SALT "06 01", ASSAY_E_MALFORMED},
    {"a quote without either", "a3" SALT "03" A "06 01", ASSAY_E_MALFORMED},
    {"no stance", "a2" SALT "01" URL, ASSAY_E_MALFORMED},
    {"stance 0", "a3" SALT "01" URL "06 00", ASSAY_E_MALFORMED},
    {"stance 4", "a3" SALT "01" URL "06 04", ASSAY_E_MALFORMED},
    {"a stance in words", "a3" SALT "01" URL "06" A, ASSAY_E_MALFORMED},
    {"a prefix alone", "a4" SALT "01" URL "04" A "06 01", ASSAY_E_MALFORMED},
    {"a suffix alone", "a4" SALT "01" URL "05" A "06 01", ASSAY_E_MALFORMED},
    {"a prefix with it", "a5" SALT "01" URL "03" A "04" A "06 01", ASSAY_OK},
    {"an empty quote", "a4" SALT "01" URL "03 60 06 01", ASSAY_E_MALFORMED},
    {"a short capture", "a3" SALT "02 41 aa 06 01", ASSAY_E_MALFORMED},
    {"a URL that is none", "a3" SALT "01" A "06 01", ASSAY_E_MALFORMED},
    {"an empty note", "a4" SALT "01" URL "06 01 07 60", ASSAY_E_MALFORMED},
    {"a trailing byte", "a3" SALT "01" URL "06 01 00", ASSAY_E_MALFORMED},
    {"half of it", "a3" SALT "01" URL "06", ASSAY_E_TRUNCATED},
};

static void bodies_out_of_form_are_refused(void **state)
{
    (void)state;
    run_body_cases(cases, sizeof(cases) / sizeof(cases[0]), read_body);
}

static void stances_have_names(void **state)
{
    (void)state;

    for (unsigned stance = 1; stance <= 3; stance++) {
        const char *name = assay_stance_name((enum assay_stance)stance);

        assert_int_equal(assay_stance_by_name(assay_bytes_of(name)), stance);
    }
    assert_string_equal(assay_stance_name(ASSAY_STANCE_CONTEXT), "context");
    assert_string_equal(assay_stance_name((enum assay_stance)0), "unknown");
    assert_string_equal(assay_stance_name((enum assay_stance)4), "unknown");
    assert_int_equal(assay_stance_by_name(assay_bytes_of("support")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields_are_read_as_written),
        cmocka_unit_test(the_required_fields_are_enough),
        cmocka_unit_test(each_field_has_its_limit),
        cmocka_unit_test(bodies_out_of_form_are_refused),
        cmocka_unit_test(stances_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
