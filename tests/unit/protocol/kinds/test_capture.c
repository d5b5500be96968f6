/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/kinds/capture.h"

#include "body_cases.h"

static const uint8_t salt[ASSAY_SALT_SIZE];

static enum assay_err read_body(struct assay_bytes body,
                                struct assay_fault *fault, bool *is_touched_out)
{
    struct assay_capture capture;

    memset(&capture, 0xee, sizeof(capture));
    enum assay_err err = assay_capture_read(body, &capture, fault);
    *is_touched_out = !is_filled(&capture, sizeof(capture));
    return err;
}

static enum assay_err write_and_read(const struct assay_capture *in,
                                     struct assay_capture *out)
{
    static uint8_t space[ASSAY_RECORD_MAX];
    struct assay_cbor_writer writer;
    struct assay_bytes body;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_capture_write(in, salt, &writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &body), ASSAY_OK);
    return assay_capture_read(body, out, NULL);
}

static struct assay_capture minimal(void)
{
    return (struct assay_capture){
        .media_type = assay_bytes_of("text/html"),
        .size = 0,
    };
}

static void all_fields_are_read_as_written(void **state)
{
    struct assay_capture in = minimal();
    struct assay_capture out;
    (void)state;

    in.url = assay_bytes_of("https://example.org/");
    in.size = ASSAY_NUMBER_MAX;
    memset(in.sha256, 0x5a, sizeof(in.sha256));
    in.has_captured_at = true;
    in.captured_at_s = 1760000000;
    in.tool = assay_bytes_of("a tool");
    in.title = assay_bytes_of("a title");
    in.author = assay_bytes_of("an author");
    in.published = assay_bytes_of("2025-10-09T12:34:56Z");
    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_true(assay_bytes_equal(out.url, in.url));
    assert_true(assay_bytes_equal(out.media_type, in.media_type));
    assert_int_equal(out.size, ASSAY_NUMBER_MAX);
    assert_memory_equal(out.sha256, in.sha256, sizeof(in.sha256));
    assert_true(out.has_captured_at);
    assert_int_equal(out.captured_at_s, 1760000000);
    assert_true(assay_bytes_equal(out.tool, in.tool));
    assert_true(assay_bytes_equal(out.title, in.title));
    assert_true(assay_bytes_equal(out.author, in.author));
    assert_true(assay_bytes_equal(out.published, in.published));
}

static void the_required_fields_are_enough(void **state)
{
    struct assay_capture in = minimal();
    struct assay_capture out;
    (void)state;

    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    assert_null(out.url.data);
    assert_int_equal(out.size, 0);
    assert_false(out.has_captured_at);
    assert_null(out.tool.data);
    assert_null(out.title.data);
    assert_null(out.author.data);
    assert_null(out.published.data);
}

static void each_text_has_its_limit(void **state)
{
    struct assay_capture in = minimal();
    struct assay_capture out;
    struct assay_bytes *const names[] = {&in.tool, &in.title, &in.author};
    (void)state;

    for (size_t index = 0; index < 3; index++) {
        in = minimal();
        *names[index] = long_text(ASSAY_NAME_MAX);
        assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
        *names[index] = long_text(ASSAY_NAME_MAX + 1);
        assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    }
    in = minimal();
    in.media_type = long_text(ASSAY_NAME_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
    in = minimal();
    in.url = long_text(ASSAY_URL_MAX + 1);
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_LIMIT);
}

/* "a/b" as text; a size of 0; a hash. */
#define TYPE "02 63 612f62"
#define SIZE "03 00"
#define HASH "04" ID

static const struct body_case cases[] = {
    {"the least", "a4" SALT TYPE SIZE HASH, ASSAY_OK},
    {"unknown keys", "a5" SALT TYPE SIZE HASH "0a 80", ASSAY_OK},
    {"no media type", "a3" SALT SIZE HASH, ASSAY_E_MALFORMED},
    {"no size", "a3" SALT TYPE HASH, ASSAY_E_MALFORMED},
    {"no hash", "a3" SALT TYPE SIZE, ASSAY_E_MALFORMED},
    {"a negative size", "a4" SALT TYPE "03 20" HASH, ASSAY_E_MALFORMED},
    {"size 2^53", "a4" SALT TYPE "03 1b 0020000000000000" HASH, ASSAY_E_LIMIT},
    {"a short hash", "a4" SALT TYPE SIZE "04 41 00", ASSAY_E_MALFORMED},
    {"captured at 2^53", "a5" SALT TYPE SIZE HASH "05 1b 0020000000000000",
     ASSAY_E_LIMIT},
    {"captured in words", "a5" SALT TYPE SIZE HASH "05" A, ASSAY_E_MALFORMED},
    {"an empty title", "a5" SALT TYPE SIZE HASH "07 60", ASSAY_E_MALFORMED},
    {"published in month 13", "a5" SALT TYPE SIZE HASH "09 67 323032352d3133",
     ASSAY_E_MALFORMED},
    {"a URL that is none", "a5" SALT "01" A TYPE SIZE HASH, ASSAY_E_MALFORMED},
    {"a trailing byte", "a4" SALT TYPE SIZE HASH "00", ASSAY_E_MALFORMED},
    {"half of it", "a4" SALT TYPE SIZE, ASSAY_E_TRUNCATED},
};

static void bodies_out_of_form_are_refused(void **state)
{
    (void)state;
    run_body_cases(cases, sizeof(cases) / sizeof(cases[0]), read_body);
}

static void media_types_have_a_form(void **state)
{
    static const char *const good[] = {
        "text/plain",
        "text/plain;charset=utf-8",
        "text/plain; charset=utf-8",
        "text/plain ;\tcharset=\"utf-8\" ; a=b",
        "application/vnd.oasis.opendocument.text",
        "image/svg+xml",
        "A/B",
        "a!#$&-^_.+/0",
        "a/b; c=\"d\\\"e; f\"",
        "a/b; c=\"\"",
    };
    static const char *const bad[] = {
        "text",
        "/plain",
        "text/",
        "text/plain;",
        "text /plain",
        "text/ plain",
        " text/plain",
        "text/plain ",
        "text/plain; charset",
        "text/plain; charset=",
        "text/plain; =a",
        "text/plain charset=a",
        "text/plain; a=b c",
        "text/plain; a=\"b",
        "text/plain; a=\"b\\",
        "text/plain; a=\"b\nc\"",
        "text/plain; a=\"b\\\nc\"",
        "te(xt/plain",
        "text/plain/x",
        "-a/b",
        "text/é",
        "text/plain,text/html",
    };
    struct assay_capture in = minimal();
    struct assay_capture out;
    uint8_t type[130];
    (void)state;

    for (size_t index = 0; index < sizeof(good) / sizeof(good[0]); index++) {
        in.media_type = assay_bytes_of(good[index]);
        if (write_and_read(&in, &out) != ASSAY_OK) {
            fail_msg("%s", good[index]);
        }
    }
    for (size_t index = 0; index < sizeof(bad) / sizeof(bad[0]); index++) {
        in.media_type = assay_bytes_of(bad[index]);
        if (write_and_read(&in, &out) != ASSAY_E_MALFORMED) {
            fail_msg("%s", bad[index]);
        }
    }

    /* Each half is 127 characters at most. */
    memset(type, 'a', sizeof(type));
    type[127] = '/';
    in.media_type = (struct assay_bytes){type, 129};
    assert_int_equal(write_and_read(&in, &out), ASSAY_OK);
    type[127] = 'a';
    type[128] = '/';
    in.media_type = (struct assay_bytes){type, 130};
    assert_int_equal(write_and_read(&in, &out), ASSAY_E_MALFORMED);
}

static void quotes_are_looked_for_in_text(void **state)
{
    static const char *const text[] = {
        "text/plain",       "text/html; charset=utf-8", "TEXT/Markdown",
        "application/json", "application/ld+json; a=b", "application/xml",
        "image/svg+XML",    "application/atom+xml",
    };
    static const char *const other[] = {
        "application/pdf",   "image/png",
        "video/text",        "textual/plain",
        "application/jsonx", "a/b; c=\"text/plain\"",
        "a/b; c=d+json",     "x",
    };
    (void)state;

    for (size_t index = 0; index < sizeof(text) / sizeof(text[0]); index++) {
        if (!assay_capture_is_text(assay_bytes_of(text[index]))) {
            fail_msg("%s", text[index]);
        }
    }
    for (size_t index = 0; index < sizeof(other) / sizeof(other[0]); index++) {
        if (assay_capture_is_text(assay_bytes_of(other[index]))) {
            fail_msg("%s", other[index]);
        }
    }
    assert_false(assay_capture_is_text(ASSAY_BYTES_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields_are_read_as_written),
        cmocka_unit_test(the_required_fields_are_enough),
        cmocka_unit_test(each_text_has_its_limit),
        cmocka_unit_test(bodies_out_of_form_are_refused),
        cmocka_unit_test(media_types_have_a_form),
        cmocka_unit_test(quotes_are_looked_for_in_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
