/* SPDX-License-Identifier: Apache-2.0 */
/* What asks for captures' bytes and brings them, and what does neither. */
#include "protocol/messages/blob.h"

#include "refusals.h"
#include "testing.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define HASH "\x58\x20HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH"
#define TWO_TO_53 "\x1b\x00\x20\x00\x00\x00\x00\x00\x00"

static uint8_t buffer[ASSAY_MESSAGE_MAX];
static uint8_t chunk[ASSAY_BLOB_CHUNK_MAX];

static enum assay_err read_want(struct assay_message *message,
                                struct assay_fault *fault_out)
{
    struct assay_blob_want want;

    return assay_blob_want_read(message, &want, fault_out);
}

static enum assay_err read_blob(struct assay_message *message,
                                struct assay_fault *fault_out)
{
    struct assay_blob blob;

    return assay_blob_read(message, &blob, fault_out);
}

static enum assay_err read_lack(struct assay_message *message,
                                struct assay_fault *fault_out)
{
    uint8_t sha256[ASSAY_HASH_SIZE];

    return assay_blob_lack_read(message, sha256, fault_out);
}

static struct assay_bytes write_blob(const struct assay_blob *blob)
{
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_blob_write(&writer, blob);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    return bytes;
}

static void a_want_is_read_as_it_was_written(void **state)
{
    struct assay_blob_want want = {{9, 8}, ASSAY_NUMBER_MAX, ASSAY_NUMBER_MAX};
    struct assay_cbor_writer writer;
    struct assay_message message;
    struct assay_bytes bytes;
    (void)state;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_blob_want_write(&writer, &want);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    memset(&want, 0, sizeof(want));
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(assay_blob_want_read(&message, &want, NULL), ASSAY_OK);
    assert_memory_equal(want.sha256, "\x09\x08\x00", 3);
    assert_true(want.offset == ASSAY_NUMBER_MAX);
    assert_true(want.len == ASSAY_NUMBER_MAX);
    assert_cuts_and_growth(bytes, read_want);
}

static void every_other_want_is_refused(void **state)
{
    static const struct refusal refusals[] = {
        REFUSAL("no bytes", "\x84\x18\x2c" HASH "\x00\x00", ASSAY_E_MALFORMED,
                "a byte is wanted at least"),
        REFUSAL("offset 2^53", "\x84\x18\x2c" HASH TWO_TO_53 "\x01",
                ASSAY_E_LIMIT, "a number is below 2^53"),
        REFUSAL("length 2^53", "\x84\x18\x2c" HASH "\x00" TWO_TO_53,
                ASSAY_E_LIMIT, "a number is below 2^53"),
        REFUSAL("a short hash",
                "\x84\x18\x2c\x41"
                "H\x00\x01",
                ASSAY_E_MALFORMED, NULL),
    };
    (void)state;

    assert_refused(refusals, COUNT_OF(refusals), read_want);
}

static void bytes_are_read_as_they_were_written(void **state)
{
    struct assay_blob blob = {{1}, 7, ASSAY_NUMBER_MAX, {chunk, sizeof(chunk)}};
    struct assay_message message;
    struct assay_bytes bytes;
    (void)state;

    chunk[sizeof(chunk) - 1] = 77;
    bytes = write_blob(&blob);
    assert_true(bytes.len <= ASSAY_MESSAGE_MAX);
    memset(&blob, 0, sizeof(blob));
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(assay_blob_read(&message, &blob, NULL), ASSAY_OK);
    assert_int_equal(blob.sha256[0], 1);
    assert_int_equal(blob.offset, 7);
    assert_true(blob.total == ASSAY_NUMBER_MAX);
    assert_int_equal(blob.bytes.len, sizeof(chunk));
    assert_int_equal(blob.bytes.data[sizeof(chunk) - 1], 77);
}

/* Nothing is a capture too: of no bytes. */
static void a_capture_may_be_empty(void **state)
{
    struct assay_blob blob = {{1}, 0, 0, {chunk, 0}};
    (void)state;

    assert_int_equal(read_message(write_blob(&blob), read_blob, NULL),
                     ASSAY_OK);
}

static void bytes_can_grow_and_not_be_cut(void **state)
{
    struct assay_blob blob = {{1}, 3, 103, {chunk, 100}};
    (void)state;

    assert_cuts_and_growth(write_blob(&blob), read_blob);
}

static void every_other_message_of_bytes_is_refused(void **state)
{
    static const struct refusal refusals[] = {
        REFUSAL("behind the end", "\x85\x18\x2e" HASH "\x01\x02\x42yz",
                ASSAY_E_MALFORMED, "captured bytes end at their total"),
        REFUSAL("offset behind the end", "\x85\x18\x2e" HASH "\x03\x02\x40",
                ASSAY_E_MALFORMED, "captured bytes end at their total"),
        REFUSAL("no bytes of some", "\x85\x18\x2e" HASH "\x00\x02\x40",
                ASSAY_E_MALFORMED,
                "a message brings bytes where there are any"),
        REFUSAL("offset 2^53", "\x85\x18\x2e" HASH TWO_TO_53 "\x02\x40",
                ASSAY_E_LIMIT, "a number is below 2^53"),
        REFUSAL("total 2^53", "\x85\x18\x2e" HASH "\x00" TWO_TO_53 "\x41x",
                ASSAY_E_LIMIT, "a number is below 2^53"),
        REFUSAL("60001 bytes",
                "\x85\x18\x2e" HASH "\x00\x19\xff\xff\x59\xea\x61",
                ASSAY_E_LIMIT, NULL),
    };
    (void)state;

    assert_refused(refusals, COUNT_OF(refusals), read_blob);
}

static void a_lack_names_the_hash(void **state)
{
    uint8_t sha256[ASSAY_HASH_SIZE] = {5, 6};
    struct assay_cbor_writer writer;
    struct assay_message message;
    struct assay_bytes bytes;
    (void)state;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_blob_lack_write(&writer, sha256);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    memset(sha256, 0, sizeof(sha256));
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(assay_blob_lack_read(&message, sha256, NULL), ASSAY_OK);
    assert_memory_equal(sha256, "\x05\x06\x00", 3);
    assert_cuts_and_growth(bytes, read_lack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_want_is_read_as_it_was_written),
        cmocka_unit_test(every_other_want_is_refused),
        cmocka_unit_test(bytes_are_read_as_they_were_written),
        cmocka_unit_test(a_capture_may_be_empty),
        cmocka_unit_test(bytes_can_grow_and_not_be_cut),
        cmocka_unit_test(every_other_message_of_bytes_is_refused),
        cmocka_unit_test(a_lack_names_the_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
