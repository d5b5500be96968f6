/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of broadcast: read as written, cut anywhere, wrong anywhere. */
#include "protocol/messages/gossip.h"

#include "testing.h"

#define BUFFER_LEN (ASSAY_HAVE_MESSAGE_MAX + 64)

/* A message that a test writes, and one that it is opened as. */
struct fixture {
    uint8_t buffer[BUFFER_LEN];
    struct assay_cbor_writer writer;
    struct assay_message message;
    struct assay_bytes bytes;
};

static void begin(struct fixture *fixture)
{
    assay_cbor_writer_init(&fixture->writer, fixture->buffer,
                           sizeof(fixture->buffer));
}

static void end(struct fixture *fixture)
{
    assert_int_equal(
        assay_cbor_writer_finish(&fixture->writer, &fixture->bytes), ASSAY_OK);
    assert_int_equal(assay_message_open(fixture->bytes, &fixture->message),
                     ASSAY_OK);
}

static struct assay_id id_of(uint8_t byte)
{
    struct assay_id id;

    memset(id.hash, byte, sizeof(id.hash));
    return id;
}

static void write_bytes(struct fixture *fixture, const void *data, size_t len)
{
    assay_cbor_write_bytes(&fixture->writer, (struct assay_bytes){data, len});
}

static void gossip_is_read_as_it_was_written(void **state)
{
    static const uint8_t item[] = {0x82, 0x41, 0x07, 0xf6};
    struct assay_gossip_message gossip = {3, UINT64_MAX, {item, sizeof(item)}};
    struct assay_gossip_message back;
    struct fixture fixture;
    (void)state;

    begin(&fixture);
    assay_gossip_write(&fixture.writer, &gossip);
    end(&fixture);
    assert_true(fixture.bytes.len <= sizeof(item) + ASSAY_GOSSIP_OVERHEAD_MAX);
    assert_int_equal(fixture.message.type, ASSAY_MSG_GOSSIP);
    assert_int_equal(assay_gossip_read(&fixture.message, &back, NULL),
                     ASSAY_OK);
    assert_int_equal(back.round, 3);
    assert_true(back.tree == UINT64_MAX);
    assert_true(assay_bytes_equal(back.item, gossip.item));
}

/* The round is told by peers; a machine counts on its being small. */
static void a_round_beyond_the_largest_is_taken_for_it(void **state)
{
    struct assay_gossip_message back;
    struct fixture fixture;
    (void)state;

    begin(&fixture);
    assay_message_begin(&fixture.writer, ASSAY_MSG_GOSSIP, 3);
    assay_cbor_write_uint(&fixture.writer, UINT64_MAX);
    assay_cbor_write_uint(&fixture.writer, ASSAY_TREE_SHARED);
    assay_cbor_write_array(&fixture.writer, 0);
    end(&fixture);
    assert_int_equal(assay_gossip_read(&fixture.message, &back, NULL),
                     ASSAY_OK);
    assert_int_equal(back.round, ASSAY_ROUND_MAX);
}

static void a_record_beyond_its_limit_is_refused(void **state)
{
    static uint8_t body[ASSAY_ITEM_MAX];
    static uint8_t buffer[ASSAY_MESSAGE_MAX];
    struct assay_cbor_writer writer;
    struct assay_message message;
    struct assay_gossip_message back;
    struct assay_bytes bytes;
    (void)state;

    assay_cbor_writer_init(&writer, buffer, sizeof(buffer));
    assay_message_begin(&writer, ASSAY_MSG_GOSSIP, 3);
    assay_cbor_write_uint(&writer, 0);
    assay_cbor_write_uint(&writer, ASSAY_TREE_SHARED);
    assay_cbor_write_bytes(&writer, (struct assay_bytes){body, sizeof(body)});
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    assert_int_equal(assay_gossip_read(&message, &back, NULL), ASSAY_E_LIMIT);
}

static void have_is_read_as_it_was_written(void **state)
{
    struct assay_id ids[ASSAY_HAVE_MAX];
    struct assay_have_message back;
    struct fixture fixture;
    (void)state;

    for (size_t i = 0; i < ASSAY_HAVE_MAX; i++) {
        ids[i] = id_of((uint8_t)i);
    }
    for (size_t count = 1; count <= ASSAY_HAVE_MAX; count += 127) {
        begin(&fixture);
        assay_have_write(&fixture.writer, ids, count);
        end(&fixture);
        assert_true(fixture.bytes.len <= ASSAY_HAVE_MESSAGE_MAX);
        assert_int_equal(assay_have_read(&fixture.message, &back, NULL),
                         ASSAY_OK);
        assert_int_equal(back.count, count);
        for (size_t i = 0; i < count; i++) {
            struct assay_id id = assay_have_id(&back, i);

            assert_true(assay_id_equal(&id, &ids[i]));
        }
    }
}

static void have_with_no_or_half_or_too_many_ids_is_refused(void **state)
{
    static uint8_t ids[(ASSAY_HAVE_MAX + 1) * ASSAY_ID_SIZE];
    static const struct {
        size_t len;
        enum assay_err err;
    } cases[] = {
        {0, ASSAY_E_MALFORMED},
        {31, ASSAY_E_MALFORMED},
        {33, ASSAY_E_MALFORMED},
        {sizeof(ids), ASSAY_E_LIMIT},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct fixture fixture;
        struct assay_have_message back;

        begin(&fixture);
        assay_message_begin(&fixture.writer, ASSAY_MSG_HAVE, 1);
        write_bytes(&fixture, ids, cases[i].len);
        end(&fixture);
        assert_int_equal(assay_have_read(&fixture.message, &back, NULL),
                         cases[i].err);
    }
}

static void graft_and_prune_are_read_as_they_were_written(void **state)
{
    struct assay_graft_message graft = {id_of(1), ASSAY_GRAFT_ALL};
    struct assay_graft_message graft_back;
    struct assay_prune_message prune = {id_of(2)};
    struct assay_prune_message prune_back;
    struct fixture fixture;
    (void)state;

    begin(&fixture);
    assay_graft_write(&fixture.writer, &graft);
    end(&fixture);
    assert_int_equal(assay_graft_read(&fixture.message, &graft_back, NULL),
                     ASSAY_OK);
    assert_true(assay_id_equal(&graft_back.id, &graft.id));
    assert_int_equal(graft_back.mode, ASSAY_GRAFT_ALL);

    begin(&fixture);
    assay_prune_write(&fixture.writer, &prune);
    end(&fixture);
    assert_int_equal(assay_prune_read(&fixture.message, &prune_back, NULL),
                     ASSAY_OK);
    assert_true(assay_id_equal(&prune_back.id, &prune.id));
}

static void a_graft_of_an_unknown_mode_is_refused(void **state)
{
    struct assay_id id = id_of(1);
    struct assay_graft_message back;
    struct fixture fixture;
    (void)state;

    begin(&fixture);
    assay_message_begin(&fixture.writer, ASSAY_MSG_GRAFT, 2);
    write_bytes(&fixture, id.hash, sizeof(id.hash));
    assay_cbor_write_uint(&fixture.writer, 3);
    end(&fixture);
    assert_int_equal(assay_graft_read(&fixture.message, &back, NULL),
                     ASSAY_E_MALFORMED);
}

/* Opens and reads a message of any type of this file. */
static enum assay_err read_any(struct assay_bytes bytes)
{
    struct assay_message message;
    struct assay_gossip_message gossip;
    struct assay_have_message have;
    struct assay_graft_message graft;
    struct assay_prune_message prune;

    enum assay_err err = assay_message_open(bytes, &message);
    if (err != ASSAY_OK) {
        return err;
    }
    switch (message.type) {
    case ASSAY_MSG_GOSSIP:
        return assay_gossip_read(&message, &gossip, NULL);
    case ASSAY_MSG_HAVE:
        return assay_have_read(&message, &have, NULL);
    case ASSAY_MSG_GRAFT:
        return assay_graft_read(&message, &graft, NULL);
    default:
        return assay_prune_read(&message, &prune, NULL);
    }
}

static void check_cuts(struct fixture *fixture)
{
    end(fixture);
    for (size_t len = 0; len < fixture->bytes.len; len++) {
        struct assay_bytes cut = {fixture->buffer, len};

        assert_int_equal(read_any(cut), ASSAY_E_TRUNCATED);
    }
    assert_int_equal(read_any(fixture->bytes), ASSAY_OK);
}

static void a_message_cut_anywhere_is_refused(void **state)
{
    static const uint8_t item[] = {0x82, 0x41, 0x07, 0xf6};
    struct assay_id ids[2] = {id_of(1), id_of(2)};
    struct assay_graft_message graft = {id_of(3), ASSAY_GRAFT_LINK};
    struct assay_prune_message prune = {id_of(4)};
    struct assay_gossip_message gossip = {1, 0, {item, sizeof(item)}};
    struct fixture fixture;
    (void)state;

    begin(&fixture);
    assay_gossip_write(&fixture.writer, &gossip);
    check_cuts(&fixture);
    begin(&fixture);
    assay_have_write(&fixture.writer, ids, 2);
    check_cuts(&fixture);
    begin(&fixture);
    assay_graft_write(&fixture.writer, &graft);
    check_cuts(&fixture);
    begin(&fixture);
    assay_prune_write(&fixture.writer, &prune);
    check_cuts(&fixture);
}

static void a_lacking_field_is_refused_and_a_new_one_skipped(void **state)
{
    struct assay_id id = id_of(1);
    struct assay_graft_message back;
    struct fixture fixture;
    (void)state;

    for (size_t count = 1; count <= 3; count++) {
        begin(&fixture);
        assay_message_begin(&fixture.writer, ASSAY_MSG_GRAFT, count);
        write_bytes(&fixture, id.hash, sizeof(id.hash));
        for (size_t i = 1; i < count; i++) {
            assay_cbor_write_uint(&fixture.writer, ASSAY_GRAFT_LINK);
        }
        end(&fixture);
        assert_int_equal(assay_graft_read(&fixture.message, &back, NULL),
                         count < 2 ? ASSAY_E_MALFORMED : ASSAY_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gossip_is_read_as_it_was_written),
        cmocka_unit_test(a_round_beyond_the_largest_is_taken_for_it),
        cmocka_unit_test(a_record_beyond_its_limit_is_refused),
        cmocka_unit_test(have_is_read_as_it_was_written),
        cmocka_unit_test(have_with_no_or_half_or_too_many_ids_is_refused),
        cmocka_unit_test(graft_and_prune_are_read_as_they_were_written),
        cmocka_unit_test(a_graft_of_an_unknown_mode_is_refused),
        cmocka_unit_test(a_message_cut_anywhere_is_refused),
        cmocka_unit_test(a_lacking_field_is_refused_and_a_new_one_skipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
