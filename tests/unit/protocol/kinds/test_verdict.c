/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/kinds/verdict.h"

#include "body_cases.h"

static const uint8_t salt[ASSAY_SALT_SIZE];

static enum assay_err read_body(struct assay_bytes body,
                                struct assay_fault *fault, bool *is_touched_out)
{
    struct assay_verdict verdict;

    memset(&verdict, 0xee, sizeof(verdict));
    enum assay_err err = assay_verdict_read(body, &verdict, fault);
    *is_touched_out = !is_filled(&verdict, sizeof(verdict));
    return err;
}

static enum assay_err write_and_read(const struct assay_verdict *in,
                                     struct assay_verdict *out)
{
    static uint8_t space[ASSAY_RECORD_MAX];
    struct assay_cbor_writer writer;
    struct assay_bytes body;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_verdict_write(in, salt, &writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &body), ASSAY_OK);
    return assay_verdict_read(body, out, NULL);
}

static struct assay_verdict minimal(void)
{
    return (struct assay_verdict){
        .rating = ASSAY_RATING_MIXED,
        .rationale = assay_bytes_of("because"),
    };
}

static void all_fields_are_read_as_written(void **state)
{
    struct assay_verdict in = minimal();
    struct assay_verdict out;
    (void)state;

    in.label = assay_bytes_of("Halb wahr");
    in.lang = assay_bytes_of("de-CH");
    in.review_url = assay_bytes_of("https://harbor.example/1");
    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_int_equal(out.rating, ASSAY_RATING_MIXED);
    assert_true(assay_bytes_equal(out.label, in.label));
    assert_true(assay_bytes_equal(out.lang, in.lang));
    assert_true(assay_bytes_equal(out.rationale, in.rationale));
    assert_true(assay_bytes_equal(out.review_url, in.review_url));
}

static void the_required_fields_are_enough(void **state)
{
    struct assay_verdict in = minimal();
    struct assay_verdict out;
    (void)state;

    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_null(out.label.data);
    assert_null(out.lang.data);
    assert_null(out.review_url.data);
}

static void every_rating_is_read(void **state)
{
    struct assay_verdict in = minimal();
    struct assay_verdict out;
    (void)state;

    for (unsigned rating = 1; rating <= ASSAY_RATING_COUNT; rating++) {
        in.rating = (enum assay_rating)rating;
        assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
        assert_int_equal(out.rating, rating);
    }
}

static void each_field_has_its_limit(void **state)
{
    struct assay_verdict in = minimal();
    struct assay_verdict out;
    (void)state;

    in.rationale = long_text(ASSAY_TEXT_MAX);
    in.label = long_text(ASSAY_NAME_MAX);
    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    in.label = long_text(ASSAY_NAME_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in = minimal();
    in.rationale = long_text(ASSAY_TEXT_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in = minimal();
    in.lang = long_text(ASSAY_NAME_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in = minimal();
    in.review_url = long_text(ASSAY_URL_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
}

static const struct body_case cases[] = {
    {"the least", "a3" SALT "01 01 04" A, ASSAY_OK},
    {"unknown keys", "a5" SALT "01 01 04" A "06 80 18 64 a1 61 61 f6",
     ASSAY_OK},
    {"no salt", "a2 01 01 04" A, ASSAY_E_MALFORMED},
    {"an empty body", "a0", ASSAY_E_MALFORMED},
    {"no body", "", ASSAY_E_TRUNCATED},
    {"a short salt", "a3 00 4f 000102030405060708090a0b0c0d0e 01 01 04" A,
     ASSAY_E_MALFORMED},
    {"a salt in words", "a3 00" A "01 01 04" A, ASSAY_E_MALFORMED},
    {"no rating", "a2" SALT "04" A, ASSAY_E_MALFORMED},
    {"no rationale", "a2" SALT "01 01", ASSAY_E_MALFORMED},
    {"rating 0", "a3" SALT "01 00 04" A, ASSAY_E_MALFORMED},
    {"rating 10", "a3" SALT "01 0a 04" A, ASSAY_E_MALFORMED},
    {"rating 2^32 + 1", "a3" SALT "01 1b 0000000100000001 04" A,
     ASSAY_E_MALFORMED},
    {"a rating in words", "a3" SALT "01" A "04" A, ASSAY_E_MALFORMED},
    {"an empty label", "a4" SALT "01 01 02 60 04" A, ASSAY_E_MALFORMED},
    {"a label of bytes", "a4" SALT "01 01 02 41 61 04" A, ASSAY_E_MALFORMED},
    {"a label null", "a4" SALT "01 01 02 f6 04" A, ASSAY_E_MALFORMED},
    {"a language with a blank", "a4" SALT "01 01 03 63 64 20 65 04" A,
     ASSAY_E_MALFORMED},
    {"an empty rationale", "a3" SALT "01 01 04 60", ASSAY_E_MALFORMED},
    {"a URL without a host", "a4" SALT "01 01 04" A "05 67 687474703a2f2f",
     ASSAY_E_MALFORMED},
    {"another scheme", "a4" SALT "01 01 04" A "05 69 6674703a2f2f652e61",
     ASSAY_E_MALFORMED},
    {"keys out of order", "a3" SALT "04" A "01 01", ASSAY_E_MALFORMED},
    {"a key twice", "a4" SALT "01 01 01 01 04" A, ASSAY_E_MALFORMED},
    {"a key in words", "a4" SALT "01 01 04" A "61 61 00", ASSAY_E_MALFORMED},
    {"a float under an unknown key", "a4" SALT "01 01 04" A "09 f9 0000",
     ASSAY_E_MALFORMED},
    {"a trailing byte", "a3" SALT "01 01 04" A "00", ASSAY_E_MALFORMED},
    {"half of it", "a3" SALT "01 01 04 62 61", ASSAY_E_TRUNCATED},
    {"no UTF-8", "a3" SALT "01 01 04 62 c328", ASSAY_E_MALFORMED},
    {"an escape", "a3" SALT "01 01 04 64 1b5b316d", ASSAY_E_MALFORMED},
    {"a zero", "a3" SALT "01 01 04 61 00", ASSAY_E_MALFORMED},
    {"a return", "a3" SALT "01 01 04 61 0d", ASSAY_E_MALFORMED},
    {"DEL", "a3" SALT "01 01 04 61 7f", ASSAY_E_MALFORMED},
    {"CSI", "a3" SALT "01 01 04 62 c29b", ASSAY_E_MALFORMED},
    {"newline and tab", "a3" SALT "01 01 04 63 610a09", ASSAY_OK},
    {"a bidi override", "a3" SALT "01 01 04 63 e280ae", ASSAY_OK},
};

static void bodies_out_of_form_are_refused(void **state)
{
    (void)state;
    run_body_cases(cases, sizeof(cases) / sizeof(cases[0]), read_body);
}

/* U+0301 thousands of times is a text, if an ugly one: what shows it bounds
 * what it does. */
static void combining_marks_are_text(void **state)
{
    static uint8_t marks[ASSAY_TEXT_MAX];
    struct assay_verdict in = minimal();
    struct assay_verdict out;
    (void)state;

    for (size_t index = 0; index < sizeof(marks); index += 2) {
        marks[index] = 0xcc;
        marks[index + 1] = 0x81;
    }
    in.rationale = (struct assay_bytes){marks, sizeof(marks)};
    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_int_equal(out.rationale.len, ASSAY_TEXT_MAX);
}

static void ratings_have_names(void **state)
{
    (void)state;

    for (unsigned rating = 1; rating <= ASSAY_RATING_COUNT; rating++) {
        const char *name = assay_rating_name((enum assay_rating)rating);

        assert_int_equal(assay_rating_by_name(assay_bytes_of(name)), rating);
    }
    assert_string_equal(assay_rating_name(ASSAY_RATING_MOSTLY_FALSE),
                        "mostly-false");
    assert_string_equal(assay_rating_name((enum assay_rating)0), "unknown");
    assert_string_equal(assay_rating_name((enum assay_rating)10), "unknown");
    assert_int_equal(assay_rating_by_name(assay_bytes_of("True")), 0);
    assert_int_equal(assay_rating_by_name(ASSAY_BYTES_NONE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields_are_read_as_written),
        cmocka_unit_test(the_required_fields_are_enough),
        cmocka_unit_test(every_rating_is_read),
        cmocka_unit_test(each_field_has_its_limit),
        cmocka_unit_test(bodies_out_of_form_are_refused),
        cmocka_unit_test(combining_marks_are_text),
        cmocka_unit_test(ratings_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
