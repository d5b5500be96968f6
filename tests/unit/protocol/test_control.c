/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/control.h"

#include "testing.h"

static const char text[] = "some words";

static struct assay_bytes a_text(void)
{
    return assay_bytes_of(text);
}

static struct assay_key a_key(uint8_t byte)
{
    struct assay_key key;

    memset(key.bytes, byte, sizeof(key.bytes));
    return key;
}

/* One message of every type, each field with a value of its own. */
static size_t make_all(struct assay_control *out)
{
    size_t count = 0;
    struct assay_control status = {.type = ASSAY_CONTROL_STATUS};
    struct assay_control peer = {.type = ASSAY_CONTROL_PEER};
    struct assay_control record = {.type = ASSAY_CONTROL_RECORD};

    status.as.status = (struct assay_control_status){.node = a_key(1),
                                                     .version = a_text(),
                                                     .ledger = a_text(),
                                                     .uptime_s = 2,
                                                     .records = 3,
                                                     .last_lsn = 4,
                                                     .connections = 5,
                                                     .active = 6,
                                                     .passive = 7,
                                                     .queued = 8,
                                                     .waiting = 9,
                                                     .added = 10,
                                                     .refused = 11,
                                                     .is_blocked = true,
                                                     .teams = 12};
    status.as.status.listen[0] = a_text();
    status.as.status.listen[1] = assay_bytes_of("[::1]:7117");
    status.as.status.listen_count = 2;
    peer.as.peer = (struct assay_control_peer){ASSAY_CONTROL_PEER_ACTIVE,
                                               true,
                                               a_key(2),
                                               a_text(),
                                               true,
                                               false,
                                               true,
                                               20,
                                               21,
                                               22,
                                               23,
                                               24,
                                               25,
                                               a_text()};
    record.as.record = (struct assay_control_record){30, {{7}}, 17, 31};
    out[count++] = (struct assay_control){.type = ASSAY_CONTROL_ASK_STATUS};
    out[count++] = (struct assay_control){.type = ASSAY_CONTROL_ASK_PEERS};
    out[count++] = (struct assay_control){.type = ASSAY_CONTROL_DONE};
    out[count++] = (struct assay_control){.type = ASSAY_CONTROL_PEER_ADD,
                                          .as.address = a_text()};
    out[count++] = (struct assay_control){.type = ASSAY_CONTROL_SYNC};
    out[count++] = (struct assay_control){.type = ASSAY_CONTROL_PEER_REMOVE,
                                          .as.node = a_key(3)};
    out[count++] = (struct assay_control){.type = ASSAY_CONTROL_FOLLOW,
                                          .as.after_lsn = UINT64_MAX};
    out[count++] = (struct assay_control){.type = ASSAY_CONTROL_FAILED,
                                          .as.failure = {4, a_text()}};
    out[count++] = status;
    out[count++] = peer;
    peer.as.peer.has_key = false;
    out[count++] = peer;
    out[count++] = record;
    out[count++] =
        (struct assay_control){.type = ASSAY_CONTROL_PROGRESS,
                               .as.progress = {a_key(4), true, 40, 41, 42, 43}};
    return count;
}

#define ALL_MAX 16

static struct assay_bytes without_head(struct assay_bytes bytes)
{
    return (struct assay_bytes){bytes.data + ASSAY_CONTROL_HEAD_SIZE,
                                bytes.len - ASSAY_CONTROL_HEAD_SIZE};
}

/* What is read is what was written: the same bytes again. */
static void every_message_is_read_as_it_was_written(void **state)
{
    struct assay_control all[ALL_MAX];
    size_t count = make_all(all);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        uint8_t first[ASSAY_CONTROL_MAX];
        uint8_t second[ASSAY_CONTROL_MAX];
        struct assay_control again;
        struct assay_bytes written;
        struct assay_bytes rewritten;
        size_t len = 0;

        assert_int_equal(assay_control_write(&all[i], first, &written),
                         ASSAY_OK);
        assert_int_equal(assay_control_length(written, &len), ASSAY_OK);
        assert_int_equal(len, written.len);
        assert_int_equal(
            assay_control_read(without_head(written), &again, NULL), ASSAY_OK);
        assert_int_equal(again.type, all[i].type);
        assert_int_equal(assay_control_write(&again, second, &rewritten),
                         ASSAY_OK);
        assert_true(assay_bytes_equal(written, rewritten));
    }
}

static void fields_come_where_they_belong(void **state)
{
    struct assay_control all[ALL_MAX];
    size_t count = make_all(all);
    uint8_t space[ASSAY_CONTROL_MAX];
    struct assay_control read;
    struct assay_bytes bytes;
    (void)state;

    for (size_t i = 0; i < count; i++) {
        if (all[i].type != ASSAY_CONTROL_STATUS) {
            continue;
        }
        assert_int_equal(assay_control_write(&all[i], space, &bytes), ASSAY_OK);
        assert_int_equal(assay_control_read(without_head(bytes), &read, NULL),
                         ASSAY_OK);
        assert_int_equal(read.as.status.records, 3);
        assert_int_equal(read.as.status.waiting, 9);
        assert_true(read.as.status.is_blocked);
        assert_false(read.as.status.follows_all);
        assert_int_equal(read.as.status.teams, 12);
        assert_int_equal(read.as.status.listen_count, 2);
    }
}

/* However much of a message is missing, it is not taken. */
static void every_shorter_message_is_refused(void **state)
{
    struct assay_control all[ALL_MAX];
    size_t count = make_all(all);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        uint8_t space[ASSAY_CONTROL_MAX];
        struct assay_control read = {.type = 99};
        struct assay_bytes bytes;

        assert_int_equal(assay_control_write(&all[i], space, &bytes), ASSAY_OK);
        bytes = without_head(bytes);
        for (size_t len = 0; len < bytes.len; len++) {
            assert_int_equal(
                assay_control_read((struct assay_bytes){bytes.data, len}, &read,
                                   NULL),
                ASSAY_E_TRUNCATED);
        }
        assert_int_equal(read.type, 99);
    }
}

/* A newer program may say more; one that says less is refused. */
static void fields_may_be_more_but_not_fewer(void **state)
{
    static const uint8_t more[] = {0x83, 0x06, 0x05, 0x61, 'x'};
    static const uint8_t fewer[] = {0x81, 0x06};
    static const uint8_t behind[] = {0x82, 0x06, 0x05, 0x00};
    struct assay_control read;
    struct assay_fault fault;
    (void)state;

    assert_int_equal(
        assay_control_read((struct assay_bytes){more, sizeof(more)}, &read,
                           &fault),
        ASSAY_OK);
    assert_int_equal(read.as.after_lsn, 5);
    assert_int_equal(
        assay_control_read((struct assay_bytes){fewer, sizeof(fewer)}, &read,
                           &fault),
        ASSAY_E_TRUNCATED);
    assert_int_equal(
        assay_control_read((struct assay_bytes){behind, sizeof(behind)}, &read,
                           &fault),
        ASSAY_E_MALFORMED);
}

static void an_unknown_type_is_told_apart(void **state)
{
    static const uint8_t unknown[] = {0x81, 0x18, 0x63};
    struct assay_control read;
    (void)state;

    assert_int_equal(
        assay_control_read((struct assay_bytes){unknown, sizeof(unknown)},
                           &read, NULL),
        ASSAY_E_VERSION);
}

static void a_head_says_how_long(void **state)
{
    static const uint8_t none[] = {0, 0, 0, 0};
    static const uint8_t most[] = {0, 0, 0x7f, 0xfc};
    static const uint8_t beyond[] = {0, 0, 0x7f, 0xfd};
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff};
    size_t len = 7;
    (void)state;

    assert_int_equal(assay_control_length((struct assay_bytes){most, 3}, &len),
                     ASSAY_OK);
    assert_int_equal(len, 0);
    assert_int_equal(assay_control_length((struct assay_bytes){most, 4}, &len),
                     ASSAY_OK);
    assert_int_equal(len, ASSAY_CONTROL_MAX);
    assert_int_equal(
        assay_control_length((struct assay_bytes){beyond, 4}, &len),
        ASSAY_E_LIMIT);
    assert_int_equal(assay_control_length((struct assay_bytes){huge, 4}, &len),
                     ASSAY_E_LIMIT);
    assert_int_equal(assay_control_length((struct assay_bytes){none, 4}, &len),
                     ASSAY_E_LIMIT);
}

/* What does not fit is said, not cut. */
static void a_message_that_is_too_long_is_not_written(void **state)
{
    static char lengthy[ASSAY_CONTROL_MAX];
    uint8_t space[ASSAY_CONTROL_MAX];
    struct assay_control control = {.type = ASSAY_CONTROL_SYNC};
    struct assay_bytes bytes;
    (void)state;

    memset(lengthy, 'x', sizeof(lengthy));
    control.as.address =
        (struct assay_bytes){(const uint8_t *)lengthy, sizeof(lengthy)};
    assert_int_equal(assay_control_write(&control, space, &bytes),
                     ASSAY_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_read_as_it_was_written),
        cmocka_unit_test(fields_come_where_they_belong),
        cmocka_unit_test(every_shorter_message_is_refused),
        cmocka_unit_test(fields_may_be_more_but_not_fewer),
        cmocka_unit_test(an_unknown_type_is_told_apart),
        cmocka_unit_test(a_head_says_how_long),
        cmocka_unit_test(a_message_that_is_too_long_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
