/* SPDX-License-Identifier: Apache-2.0 */
/* A message's frame: its type, fields to come, and what may be skipped. */
#include "protocol/message.h"

#include "testing.h"

static struct assay_bytes bytes_of(const char *text, size_t len)
{
    return (struct assay_bytes){(const uint8_t *)text, len};
}

static void a_message_is_read_as_it_was_written(void **state)
{
    uint8_t buffer[32];
    struct assay_cbor_writer writer;
    struct assay_message message;
    struct assay_bytes bytes;
    (void)state;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_message_begin(&writer, ASSAY_MSG_PING, 1);
    assay_cbor_write_uint(&writer, 77);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);

    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(message.type, ASSAY_MSG_PING);
    assert_int_equal(message.field_count, 1);
    assert_int_equal(assay_cbor_read_uint(&message.reader), 77);
    assert_int_equal(assay_message_finish(&message, 1, NULL), ASSAY_OK);
}

/* A later version says more: what stands behind the known fields is passed. */
static void fields_that_are_not_known_are_skipped(void **state)
{
    struct assay_message message;
    (void)state;

    /* [1, 77, "x", [1, 2]] */
    assert_int_equal(
        assay_message_open(bytes_of("\x84\x01\x18\x4d\x61x\x82\x01\x02", 9),
                           &message),
        ASSAY_OK);
    assert_int_equal(assay_cbor_read_uint(&message.reader), 77);
    assert_int_equal(assay_message_finish(&message, 1, NULL), ASSAY_OK);
}

static void a_field_that_is_lacking_is_refused(void **state)
{
    struct assay_message message;
    (void)state;

    assert_int_equal(assay_message_open(bytes_of("\x81\x01", 2), &message),
                     ASSAY_OK);
    assert_int_equal(message.field_count, 0);
    assert_int_equal(assay_message_finish(&message, 1, NULL),
                     ASSAY_E_MALFORMED);
}

static void what_is_no_message_is_refused(void **state)
{
    static uint8_t zeros[ASSAY_MESSAGE_MAX + 1];
    struct assay_message message;
    (void)state;

    assert_int_equal(assay_message_open(bytes_of("", 0), &message),
                     ASSAY_E_TRUNCATED);
    assert_int_equal(assay_message_open(bytes_of("\x80", 1), &message),
                     ASSAY_E_TRUNCATED);
    assert_int_equal(assay_message_open(bytes_of("\x81", 1), &message),
                     ASSAY_E_TRUNCATED);
    assert_int_equal(assay_message_open(bytes_of("\xa1\x01\x02", 3), &message),
                     ASSAY_E_MALFORMED);
    assert_int_equal(assay_message_open(bytes_of("\x81\x61x", 3), &message),
                     ASSAY_E_MALFORMED);
    assert_int_equal(assay_message_open(bytes_of("\x98\x42\x01", 3), &message),
                     ASSAY_E_LIMIT);
    assert_int_equal(assay_message_open(
                         (struct assay_bytes){zeros, sizeof(zeros)}, &message),
                     ASSAY_E_LIMIT);
}

static void bytes_behind_a_message_are_refused(void **state)
{
    struct assay_message message;
    (void)state;

    assert_int_equal(
        assay_message_open(bytes_of("\x81\x18\x1e\x00", 4), &message),
        ASSAY_OK);
    assert_int_equal(assay_message_finish(&message, 0, NULL),
                     ASSAY_E_MALFORMED);
}

static void odd_types_may_be_skipped_and_even_ones_may_not(void **state)
{
    (void)state;

    assert_true(assay_message_is_optional(ASSAY_MSG_PONG));
    assert_true(assay_message_is_optional(UINT64_MAX));
    assert_false(assay_message_is_optional(ASSAY_MSG_HELLO));
    assert_false(assay_message_is_optional(1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_read_as_it_was_written),
        cmocka_unit_test(fields_that_are_not_known_are_skipped),
        cmocka_unit_test(a_field_that_is_lacking_is_refused),
        cmocka_unit_test(what_is_no_message_is_refused),
        cmocka_unit_test(bytes_behind_a_message_are_refused),
        cmocka_unit_test(odd_types_may_be_skipped_and_even_ones_may_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
