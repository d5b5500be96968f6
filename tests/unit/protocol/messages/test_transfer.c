/* SPDX-License-Identifier: Apache-2.0 */
/* What asks for records and brings them, and what does neither. */
#include "protocol/messages/transfer.h"

#include "refusals.h"
#include "testing.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define ID "\x58\x20IIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII"

static uint8_t buffer[ASSAY_MESSAGE_MAX];
static uint8_t filler[ASSAY_RECORD_MAX];

static enum assay_err read_range(struct assay_message *message,
                                 struct assay_fault *fault_out)
{
    struct assay_range range;

    return assay_range_read(message, &range, fault_out);
}

static enum assay_err read_id_list(struct assay_message *message,
                                   struct assay_fault *fault_out)
{
    struct assay_id_list list;

    return assay_id_list_read(message, &list, fault_out);
}

static enum assay_err read_records(struct assay_message *message,
                                   struct assay_fault *fault_out)
{
    struct assay_records records;

    return assay_records_read(message, &records, fault_out);
}

static struct assay_bytes filling(size_t len)
{
    return (struct assay_bytes){filler, len};
}

static void a_range_is_read_as_it_was_written(void **state)
{
    struct assay_range range = {7, {{1, 2, 3}}, 1, UINT64_MAX};
    struct assay_cbor_writer writer;
    struct assay_message message;
    struct assay_bytes bytes;
    (void)state;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_range_write(&writer, &range);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    memset(&range, 0, sizeof(range));
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(assay_range_read(&message, &range, NULL), ASSAY_OK);
    assert_int_equal(range.request, 7);
    assert_memory_equal(range.grant.hash, "\x01\x02\x03\x00", 4);
    assert_int_equal(range.from, 1);
    assert_true(range.to == UINT64_MAX);
    assert_cuts_and_growth(bytes, read_range);
}

static void every_other_range_is_refused(void **state)
{
    static const struct refusal refusals[] = {
        REFUSAL("request 0", "\x85\x10\x00" ID "\x01\x02", ASSAY_E_MALFORMED,
                "a request's number is 1 or above"),
        REFUSAL("from 0", "\x85\x10\x01" ID "\x00\x02", ASSAY_E_MALFORMED,
                "a range goes from 1 or above, and not backwards"),
        REFUSAL("backwards", "\x85\x10\x01" ID "\x03\x02", ASSAY_E_MALFORMED,
                "a range goes from 1 or above, and not backwards"),
        REFUSAL("a short grant",
                "\x85\x10\x01\x41"
                "I\x01\x02",
                ASSAY_E_MALFORMED, NULL),
    };
    (void)state;

    assert_refused(refusals, COUNT_OF(refusals), read_range);
}

static void want_and_lack_carry_up_to_32_ids(void **state)
{
    static const enum assay_message_type types[] = {ASSAY_MSG_WANT,
                                                    ASSAY_MSG_LACK};
    struct assay_id_list list = {.request = 300, .count = ASSAY_WANT_MAX};
    (void)state;

    for (size_t index = 0; index < ASSAY_WANT_MAX; index++) {
        list.ids[index].hash[0] = (uint8_t)(index + 1);
    }
    for (size_t index = 0; index < COUNT_OF(types); index++) {
        struct assay_id_list read = {0};
        struct assay_cbor_writer writer;
        struct assay_message message;
        struct assay_bytes bytes;

        assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
        assay_id_list_write(&writer, types[index], &list);
        assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
        assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
        assert_int_equal(message.type, types[index]);
        assert_int_equal(assay_id_list_read(&message, &read, NULL), ASSAY_OK);
        assert_int_equal(read.request, 300);
        assert_int_equal(read.count, ASSAY_WANT_MAX);
        assert_memory_equal(read.ids, list.ids, sizeof(list.ids));
        assert_cuts_and_growth(bytes, read_id_list);
    }
}

static void every_other_list_of_ids_is_refused(void **state)
{
    static const struct refusal refusals[] = {
        REFUSAL("request 0", "\x83\x12\x00\x81" ID, ASSAY_E_MALFORMED,
                "a request's number is 1 or above"),
        REFUSAL("none", "\x83\x12\x01\x80", ASSAY_E_MALFORMED,
                "a list of ids names one"),
        REFUSAL("33", "\x83\x12\x01\x98\x21" ID, ASSAY_E_LIMIT, NULL),
        REFUSAL("a short id",
                "\x83\x14\x01\x81\x41"
                "I",
                ASSAY_E_MALFORMED, NULL),
    };
    (void)state;

    assert_refused(refusals, COUNT_OF(refusals), read_id_list);
}

/* However many records there are, their number stands before them in its
 * shortest form. */
static void records_are_read_as_they_were_written(void **state)
{
    static const size_t counts[] = {1, 2, 23, 24, 255, 256, 400};
    static const uint64_t requests[] = {0, 24, 70000, UINT64_MAX};
    (void)state;

    for (size_t at = 0; at < COUNT_OF(counts) * COUNT_OF(requests); at++) {
        size_t count = counts[at % COUNT_OF(counts)];
        uint64_t request = requests[at / COUNT_OF(counts)];
        struct assay_records_writer writer;
        struct assay_records records;
        struct assay_message message;
        struct assay_bytes envelope;
        struct assay_bytes body;
        struct assay_bytes bytes;

        assay_records_begin(&writer, request, buffer, sizeof(buffer));
        for (size_t index = 0; index < count; index++) {
            assert_true(assay_records_add(&writer, filling(100 + index % 3),
                                          index % 2 == 0 ? filling(index % 30)
                                                         : ASSAY_BYTES_NONE));
        }
        bytes = assay_records_end(&writer);

        assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
        assert_int_equal(assay_records_read(&message, &records, NULL),
                         ASSAY_OK);
        assert_true(records.request == request);
        assert_int_equal(records.count, count);
        for (size_t index = 0; index < count; index++) {
            assert_true(assay_records_next(&records, &envelope, &body));
            assert_int_equal(envelope.len, 100 + index % 3);
            assert_int_equal(body.data != NULL, index % 2 == 0);
            assert_int_equal(body.len, index % 2 == 0 ? index % 30 : 0);
            records.record_len -= envelope.len + body.len;
        }
        assert_false(assay_records_next(&records, &envelope, &body));
        assert_int_equal(records.record_len, 0);
    }
}

static void records_can_grow_and_not_be_cut(void **state)
{
    struct assay_records_writer writer;
    (void)state;

    assay_records_begin(&writer, 5, buffer, sizeof(buffer));
    assert_true(assay_records_add(&writer, filling(200), filling(300)));
    assert_true(assay_records_add(&writer, filling(10), ASSAY_BYTES_NONE));
    assert_cuts_and_growth(assay_records_end(&writer), read_records);
}

/* A message holds the largest record, and no more than a frame. */
static void a_message_is_filled_up_to_a_frame(void **state)
{
    struct assay_records_writer writer;
    struct assay_bytes bytes;
    size_t count = 0;
    (void)state;

    assay_records_begin(&writer, UINT64_MAX, buffer, sizeof(buffer));
    assert_true(assay_records_add(&writer, filling(ASSAY_RECORD_MAX - 300),
                                  filling(300)));
    while (assay_records_add(&writer, filling(200), filling(300))) {
        count++;
    }
    /* What was refused left no trace, and something smaller still fits. */
    assert_int_equal(count, 64);
    assert_true(assay_records_add(&writer, filling(20), ASSAY_BYTES_NONE));
    bytes = assay_records_end(&writer);
    assert_true(bytes.len <= ASSAY_MESSAGE_MAX);
    assert_true(bytes.len > ASSAY_MESSAGE_MAX - 510);
    assert_int_equal(read_message(bytes, read_records, NULL), ASSAY_OK);
}

static void a_message_holds_512_records(void **state)
{
    struct assay_records_writer writer;
    (void)state;

    assay_records_begin(&writer, 1, buffer, sizeof(buffer));
    for (size_t index = 0; index < ASSAY_RECORDS_MAX; index++) {
        assert_true(assay_records_add(&writer, filling(1), ASSAY_BYTES_NONE));
    }
    assert_false(assay_records_add(&writer, filling(1), ASSAY_BYTES_NONE));
    assert_int_equal(
        read_message(assay_records_end(&writer), read_records, NULL), ASSAY_OK);
}

static void every_other_message_of_records_is_refused(void **state)
{
    static const struct refusal refusals[] = {
        REFUSAL("none", "\x83\x0e\x00\x80", ASSAY_E_MALFORMED,
                "a message of records has one"),
        REFUSAL("no body", "\x83\x0e\x00\x81\x81\x41x", ASSAY_E_MALFORMED,
                "a record is [envelope, body / null]"),
        REFUSAL("three parts", "\x83\x0e\x00\x81\x83\x41x\xf6\xf6",
                ASSAY_E_LIMIT, NULL),
        REFUSAL("a text", "\x83\x0e\x00\x81\x82\x61x\xf6", ASSAY_E_MALFORMED,
                NULL),
        REFUSAL("false for null", "\x83\x0e\x00\x81\x82\x41x\xf4",
                ASSAY_E_MALFORMED, NULL),
        REFUSAL("513 items",
                "\x83\x0e\x00\x99\x02\x01"
                "\x82\x40\xf6",
                ASSAY_E_LIMIT, NULL),
        REFUSAL("too long an envelope", "\x83\x0e\x00\x81\x82\x59\x80\x01",
                ASSAY_E_LIMIT, NULL),
    };
    (void)state;

    assert_refused(refusals, COUNT_OF(refusals), read_records);
}

/* Each part may have 32 KiB, but not both. */
static void a_record_is_at_most_32_kib(void **state)
{
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;
    struct assay_fault fault;
    (void)state;

    for (size_t extra = 0; extra <= 1; extra++) {
        assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
        assay_message_begin(&writer, ASSAY_MSG_RECORDS, 2);
        assay_cbor_write_uint(&writer, 0);
        assay_cbor_write_array(&writer, 1);
        assay_cbor_write_array(&writer, 2);
        assay_cbor_write_bytes(&writer, filling(20000));
        assay_cbor_write_bytes(&writer,
                               filling(ASSAY_RECORD_MAX - 20000 + extra));
        assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
        assert_int_equal(read_message(bytes, read_records, &fault),
                         extra == 0 ? ASSAY_OK : ASSAY_E_LIMIT);
    }
    assert_string_equal(fault.rule,
                        "envelope and body are at most 32 KiB together");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_is_read_as_it_was_written),
        cmocka_unit_test(every_other_range_is_refused),
        cmocka_unit_test(want_and_lack_carry_up_to_32_ids),
        cmocka_unit_test(every_other_list_of_ids_is_refused),
        cmocka_unit_test(records_are_read_as_they_were_written),
        cmocka_unit_test(records_can_grow_and_not_be_cut),
        cmocka_unit_test(a_message_is_filled_up_to_a_frame),
        cmocka_unit_test(a_message_holds_512_records),
        cmocka_unit_test(every_other_message_of_records_is_refused),
        cmocka_unit_test(a_record_is_at_most_32_kib),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
