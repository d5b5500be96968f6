/* SPDX-License-Identifier: Apache-2.0 */
/* What begins, keeps alive and ends a session, and what is none of it. */
#include "protocol/messages/hello.h"

#include "refusals.h"
#include "testing.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct assay_hello full = {
    .versions = {1, 7, UINT32_MAX},
    .version_count = 3,
    .time_s = 1700000000,
    .nonce = {1, 2, 3, 4, 5, 6, 7, 8},
    .follows = {0xf0, 0xf1},
    .root = {0xe0, 0xe1},
    .log_count = ASSAY_NUMBER_MAX,
    .agent = {(const uint8_t *)"assayd 1.2", 10},
    .serves_blobs = true,
};

/* The parts of a hello that refusals leave as they are. */
#define NONCE "\x48NNNNNNNN"
#define DIGESTS "\x50wwwwwwwwwwwwwwww\x50rrrrrrrrrrrrrrrr"
#define VERSIONS "\x81\x01"

static enum assay_err read_hello(struct assay_message *message,
                                 struct assay_fault *fault_out)
{
    struct assay_hello hello;

    return assay_hello_read(message, &hello, fault_out);
}

static enum assay_err read_ping(struct assay_message *message,
                                struct assay_fault *fault_out)
{
    uint64_t nonce;

    return assay_ping_read(message, &nonce, fault_out);
}

static enum assay_err read_close(struct assay_message *message,
                                 struct assay_fault *fault_out)
{
    struct assay_close close;

    return assay_close_read(message, &close, fault_out);
}

static struct assay_bytes write_hello(const struct assay_hello *hello,
                                      uint8_t *buffer, size_t cap)
{
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;

    assay_cbor_writer_init(&writer, buffer, cap);
    assay_hello_write(&writer, hello);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    return bytes;
}

static void a_hello_is_read_as_it_was_written(void **state)
{
    uint8_t buffer[256];
    struct assay_bytes bytes = write_hello(&full, buffer, sizeof(buffer));
    struct assay_message message;
    struct assay_hello hello;
    (void)state;

    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(assay_hello_read(&message, &hello, NULL), ASSAY_OK);
    assert_int_equal(hello.version_count, 3);
    assert_memory_equal(hello.versions, full.versions, 3 * sizeof(uint32_t));
    assert_int_equal(hello.time_s, full.time_s);
    assert_memory_equal(hello.nonce, full.nonce, sizeof(full.nonce));
    assert_memory_equal(hello.follows, full.follows, sizeof(full.follows));
    assert_memory_equal(hello.root, full.root, sizeof(full.root));
    assert_int_equal(hello.log_count, full.log_count);
    assert_true(assay_bytes_equal(hello.agent, full.agent));
    assert_true(hello.serves_blobs);
}

/* Two ledgers that are equal say no more than this: 300 bytes both ways. */
static void a_hello_is_small(void **state)
{
    uint8_t buffer[256];
    (void)state;

    assert_true(write_hello(&full, buffer, sizeof(buffer)).len <= 110);
}

static void a_hello_can_leave_features_out(void **state)
{
    uint8_t buffer[256];
    struct assay_hello hello = full;
    struct assay_message message;
    struct assay_bytes bytes;
    (void)state;

    hello.agent = ASSAY_BYTES_NONE;
    hello.serves_blobs = false;
    bytes = write_hello(&hello, buffer, sizeof(buffer));
    assert_int_equal(bytes.data[bytes.len - 1], 0xa0);
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(assay_hello_read(&message, &hello, NULL), ASSAY_OK);
    assert_int_equal(hello.agent.len, 0);
    assert_false(hello.serves_blobs);
}

/* A later version has features that this one does not know. */
static void unknown_features_are_skipped(void **state)
{
    static const char bytes[] =
        "\x88\x00" VERSIONS "\x00" NONCE DIGESTS "\x00"
        "\xa3\x01\x61z\x02\xf5\x18\x40\x82\x01\xa1\x02\x03";
    struct assay_message message;
    struct assay_hello hello;
    (void)state;

    assert_int_equal(
        assay_message_open(
            (struct assay_bytes){(const uint8_t *)bytes, sizeof(bytes) - 1},
            &message),
        ASSAY_OK);
    assert_int_equal(assay_hello_read(&message, &hello, NULL), ASSAY_OK);
    assert_int_equal(hello.agent.len, 1);
    assert_true(hello.serves_blobs);
}

static void every_other_hello_is_refused(void **state)
{
    static const struct refusal refusals[] = {
        REFUSAL("no version", "\x88\x00\x80\x00" NONCE DIGESTS "\x00\xa0",
                ASSAY_E_MALFORMED, "a hello lists a version"),
        REFUSAL(
            "nine versions",
            "\x88\x00\x89\x01\x02\x03\x04\x05\x06\x07\x08\x09\x00" NONCE DIGESTS
            "\x00\xa0",
            ASSAY_E_LIMIT, NULL),
        REFUSAL("a version twice",
                "\x88\x00\x82\x01\x01\x00" NONCE DIGESTS "\x00\xa0",
                ASSAY_E_MALFORMED, "versions ascend and are unique"),
        REFUSAL("versions down",
                "\x88\x00\x82\x02\x01\x00" NONCE DIGESTS "\x00\xa0",
                ASSAY_E_MALFORMED, "versions ascend and are unique"),
        REFUSAL(
            "version 2^32",
            "\x88\x00\x81\x1b\x00\x00\x00\x01\x00\x00\x00\x00\x00" NONCE DIGESTS
            "\x00\xa0",
            ASSAY_E_LIMIT, "a version is below 2^32"),
        REFUSAL("time 2^53",
                "\x88\x00" VERSIONS
                "\x1b\x00\x20\x00\x00\x00\x00\x00\x00" NONCE DIGESTS "\x00\xa0",
                ASSAY_E_LIMIT, "a number is below 2^53"),
        REFUSAL("nonce of seven",
                "\x88\x00" VERSIONS "\x00\x47NNNNNNN" DIGESTS "\x00\xa0",
                ASSAY_E_MALFORMED, NULL),
        REFUSAL("root of fifteen",
                "\x88\x00" VERSIONS "\x00" NONCE
                "\x50wwwwwwwwwwwwwwww\x4frrrrrrrrrrrrrrr"
                "\x00\xa0",
                ASSAY_E_MALFORMED, NULL),
        REFUSAL("log count 2^53",
                "\x88\x00" VERSIONS "\x00" NONCE DIGESTS
                "\x1b\x00\x20\x00\x00\x00\x00\x00\x00\xa0",
                ASSAY_E_LIMIT, "a number is below 2^53"),
        REFUSAL("agent of two lines",
                "\x88\x00" VERSIONS "\x00" NONCE DIGESTS "\x00"
                "\xa1\x01\x63"
                "a\nb",
                ASSAY_E_MALFORMED, "this text is one line without tabs"),
        REFUSAL("agent with a tab",
                "\x88\x00" VERSIONS "\x00" NONCE DIGESTS "\x00"
                "\xa1\x01\x63"
                "a\tb",
                ASSAY_E_MALFORMED, "this text is one line without tabs"),
        REFUSAL("agent of 65",
                "\x88\x00" VERSIONS "\x00" NONCE DIGESTS "\x00\xa1\x01\x78\x41"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaa",
                ASSAY_E_LIMIT, NULL),
        REFUSAL("blobs is a number",
                "\x88\x00" VERSIONS "\x00" NONCE DIGESTS "\x00\xa1\x02\x01",
                ASSAY_E_MALFORMED, NULL),
        REFUSAL("features down",
                "\x88\x00" VERSIONS "\x00" NONCE DIGESTS
                "\x00\xa2\x02\xf5\x01\x60",
                ASSAY_E_MALFORMED, NULL),
        REFUSAL("17 features",
                "\x88\x00" VERSIONS "\x00" NONCE DIGESTS
                "\x00\xb1\x03\x00\x04\x00\x05\x00\x06\x00\x07\x00\x08\x00\x09"
                "\x00\x0a\x00\x0b\x00\x0c\x00\x0d\x00\x0e\x00\x0f\x00\x10\x00"
                "\x11\x00\x12\x00\x13\x00",
                ASSAY_E_LIMIT, NULL),
    };
    (void)state;

    assert_refused(refusals, COUNT_OF(refusals), read_hello);
}

static void a_hello_can_grow_and_not_be_cut(void **state)
{
    uint8_t buffer[256];
    (void)state;

    assert_cuts_and_growth(write_hello(&full, buffer, sizeof(buffer)),
                           read_hello);
}

/* What a failed reading leaves is what was there. */
static void a_hello_that_is_refused_leaves_the_output_alone(void **state)
{
    struct assay_hello hello = {.time_s = 77};
    struct assay_message message;
    (void)state;

    assert_int_equal(
        assay_message_open((struct assay_bytes){(const uint8_t *)"\x81", 1},
                           &message),
        ASSAY_E_TRUNCATED);
    assert_int_equal(
        assay_message_open((struct assay_bytes){(const uint8_t *)"\x81\x00", 2},
                           &message),
        ASSAY_OK);
    assert_int_equal(assay_hello_read(&message, &hello, NULL),
                     ASSAY_E_MALFORMED);
    assert_int_equal(hello.time_s, 77);
}

static void ping_and_pong_carry_a_nonce(void **state)
{
    static const enum assay_message_type types[] = {ASSAY_MSG_PING,
                                                    ASSAY_MSG_PONG};
    (void)state;

    for (size_t index = 0; index < COUNT_OF(types); index++) {
        uint8_t buffer[16];
        struct assay_cbor_writer writer;
        struct assay_message message;
        struct assay_bytes bytes;
        uint64_t nonce = 0;

        assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
        assay_ping_write(&writer, types[index], UINT64_MAX);
        assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
        assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
        assert_int_equal(message.type, types[index]);
        assert_int_equal(assay_ping_read(&message, &nonce, NULL), ASSAY_OK);
        assert_true(nonce == UINT64_MAX);
        assert_cuts_and_growth(bytes, read_ping);
    }
}

static void a_close_says_why(void **state)
{
    uint8_t buffer[300];
    struct assay_cbor_writer writer;
    struct assay_message message;
    struct assay_bytes bytes;
    struct assay_close close = {ASSAY_CLOSE_INVALID,
                                assay_bytes_of("a bad signature")};
    (void)state;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_close_write(&writer, &close);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    memset(&close, 0, sizeof(close));
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(assay_close_read(&message, &close, NULL), ASSAY_OK);
    assert_int_equal(close.code, ASSAY_CLOSE_INVALID);
    assert_true(
        assay_bytes_equal(close.text, assay_bytes_of("a bad signature")));
    assert_cuts_and_growth(bytes, read_close);
}

static void every_other_close_is_refused(void **state)
{
    static const struct refusal refusals[] = {
        REFUSAL("two lines", "\x83\x02\x00\x61\n", ASSAY_E_MALFORMED,
                "this text is one line without tabs"),
        REFUSAL("bytes", "\x83\x02\x00\x41z", ASSAY_E_MALFORMED, NULL),
        REFUSAL("an escape", "\x83\x02\x00\x61\x1b", ASSAY_E_MALFORMED, NULL),
        REFUSAL("too long", "\x83\x02\x00\x79\x01\x01", ASSAY_E_LIMIT, NULL),
    };
    (void)state;

    assert_refused(refusals, COUNT_OF(refusals), read_close);
}

static void a_compare_says_nothing_more(void **state)
{
    uint8_t buffer[8];
    struct assay_cbor_writer writer;
    struct assay_message message;
    struct assay_bytes bytes;
    (void)state;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_compare_write(&writer);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    assert_int_equal(bytes.len, 2);
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(assay_compare_read(&message, NULL), ASSAY_OK);
}

static void reasons_have_names(void **state)
{
    (void)state;

    assert_string_equal(assay_close_name(0), "done");
    assert_string_equal(assay_close_name(ASSAY_CLOSE_TIMEOUT), "timeout");
    assert_string_equal(assay_close_name(UINT64_MAX), "other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hello_is_read_as_it_was_written),
        cmocka_unit_test(a_hello_is_small),
        cmocka_unit_test(a_hello_can_leave_features_out),
        cmocka_unit_test(unknown_features_are_skipped),
        cmocka_unit_test(every_other_hello_is_refused),
        cmocka_unit_test(a_hello_can_grow_and_not_be_cut),
        cmocka_unit_test(a_hello_that_is_refused_leaves_the_output_alone),
        cmocka_unit_test(ping_and_pong_carry_a_nonce),
        cmocka_unit_test(a_close_says_why),
        cmocka_unit_test(every_other_close_is_refused),
        cmocka_unit_test(a_compare_says_nothing_more),
        cmocka_unit_test(reasons_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
