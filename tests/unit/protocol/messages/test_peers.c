/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of membership: read as written, cut anywhere, wrong anywhere. */
#include "protocol/messages/peers.h"

#include "testing.h"

struct fixture {
    uint8_t buffer[ASSAY_PEERS_MESSAGE_MAX];
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

static struct assay_peer peer_of(uint8_t byte, const char *host, uint16_t port)
{
    struct assay_key key;
    struct assay_peer peer;

    memset(key.bytes, byte, sizeof(key.bytes));
    assert_int_equal(assay_peer_set(&key, assay_bytes_of(host), port, &peer),
                     ASSAY_OK);
    return peer;
}

/* The longest that a message of this type can be. */
static struct assay_peers_message full(enum assay_message_type type)
{
    struct assay_peers_message message = {.type = type};
    char host[ASSAY_HOST_MAX + 1] = {0};

    memset(host, 'a', ASSAY_HOST_MAX);
    if (type == ASSAY_MSG_JOIN || type == ASSAY_MSG_NEIGHBOR ||
        type == ASSAY_MSG_FORWARD_JOIN) {
        message.peer_count = 1;
    } else {
        message.peer_count = ASSAY_SHUFFLE_MAX;
        message.number = type == ASSAY_MSG_DISCONNECT ? 0 : UINT64_MAX;
    }
    for (size_t i = 0; i < message.peer_count; i++) {
        message.peers[i] = peer_of((uint8_t)i, host, UINT16_MAX);
    }
    if (type == ASSAY_MSG_FORWARD_JOIN || type == ASSAY_MSG_SHUFFLE) {
        message.walk = ASSAY_JOIN_WALK;
    } else if (type == ASSAY_MSG_NEIGHBOR || type == ASSAY_MSG_DISCONNECT) {
        message.step = 1;
    }
    return message;
}

static const enum assay_message_type types[] = {
    ASSAY_MSG_JOIN,       ASSAY_MSG_FORWARD_JOIN, ASSAY_MSG_NEIGHBOR,
    ASSAY_MSG_DISCONNECT, ASSAY_MSG_SHUFFLE,      ASSAY_MSG_SHUFFLE_REPLY,
};

#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

/* Field by field: padding and peers beyond the count are nobody's. */
static void assert_same(const struct assay_peers_message *a,
                        const struct assay_peers_message *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->step, b->step);
    assert_int_equal(a->walk, b->walk);
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->peer_count, b->peer_count);
    for (size_t i = 0; i < a->peer_count; i++) {
        const struct assay_peer *left = &a->peers[i];
        const struct assay_peer *right = &b->peers[i];

        assert_memory_equal(&left->key, &right->key, sizeof(left->key));
        assert_int_equal(left->port, right->port);
        assert_int_equal(left->host_len, right->host_len);
        assert_string_equal(left->host, right->host);
    }
}

static void each_message_is_read_as_it_was_written(void **state)
{
    static struct fixture fixture;
    (void)state;

    for (size_t i = 0; i < TYPE_COUNT; i++) {
        struct assay_peers_message message = full(types[i]);
        struct assay_peers_message back;

        begin(&fixture);
        assay_peers_write(&fixture.writer, &message);
        end(&fixture);
        assert_int_equal(fixture.message.type, types[i]);
        assert_int_equal(assay_peers_read(&fixture.message, &back, NULL),
                         ASSAY_OK);
        assert_same(&back, &message);
    }
}

static void each_message_cut_anywhere_is_refused(void **state)
{
    static struct fixture fixture;
    (void)state;

    for (size_t i = 0; i < TYPE_COUNT; i++) {
        struct assay_peers_message message = full(types[i]);
        struct assay_peers_message back;

        begin(&fixture);
        assay_peers_write(&fixture.writer, &message);
        end(&fixture);
        for (size_t len = 0; len < fixture.bytes.len; len++) {
            struct assay_bytes cut = {fixture.buffer, len};
            enum assay_err err = assay_message_open(cut, &fixture.message);

            if (err == ASSAY_OK) {
                err = assay_peers_read(&fixture.message, &back, NULL);
            }
            assert_int_equal(err, ASSAY_E_TRUNCATED);
        }
    }
}

/* A host goes into log lines and resolvers: nothing but a name or a number. */
static void a_host_is_a_name_or_a_number(void **state)
{
    static const char *const bad[] = {"a b",   "a\n",      "a/b", "a@b",
                                      "%eth0", "\xc3\xa9", "a\"", "[::1]"};
    static const char *const good[] = {"", "node-1.example.org", "192.0.2.1",
                                       "2001:db8::1"};
    struct assay_key key = {{0}};
    struct assay_peer peer;
    (void)state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(
            assay_peer_set(&key, assay_bytes_of(good[i]), 1, &peer), ASSAY_OK);
        assert_string_equal(peer.host, good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(assay_peer_set(&key, assay_bytes_of(bad[i]), 1, &peer),
                         ASSAY_E_MALFORMED);
    }
}

/* Writes a join of one peer whose parts are given. */
static enum assay_err read_join(size_t key_len, const char *host, uint64_t port)
{
    static struct fixture fixture;
    static const uint8_t key[ASSAY_KEY_SIZE + 1];
    struct assay_peers_message back;

    begin(&fixture);
    assay_message_begin(&fixture.writer, ASSAY_MSG_JOIN, 1);
    assay_cbor_write_array(&fixture.writer, 3);
    assay_cbor_write_bytes(&fixture.writer, (struct assay_bytes){key, key_len});
    assay_cbor_write_text(&fixture.writer, assay_bytes_of(host));
    assay_cbor_write_uint(&fixture.writer, port);
    end(&fixture);
    return assay_peers_read(&fixture.message, &back, NULL);
}

static void a_peer_that_breaks_a_rule_is_refused(void **state)
{
    char host[ASSAY_HOST_MAX + 2] = {0};
    (void)state;

    memset(host, 'a', ASSAY_HOST_MAX + 1);
    assert_int_equal(read_join(32, "a", 0), ASSAY_OK);
    assert_int_equal(read_join(31, "a", 1), ASSAY_E_MALFORMED);
    assert_int_equal(read_join(33, "a", 1), ASSAY_E_MALFORMED);
    assert_int_equal(read_join(32, "a", 65536), ASSAY_E_MALFORMED);
    assert_int_equal(read_join(32, "a b", 1), ASSAY_E_MALFORMED);
    assert_int_equal(read_join(32, host, 1), ASSAY_E_LIMIT);
}

static void more_peers_than_a_shuffle_has_are_refused(void **state)
{
    static struct fixture fixture;
    struct assay_peers_message back;
    (void)state;

    begin(&fixture);
    assay_message_begin(&fixture.writer, ASSAY_MSG_SHUFFLE_REPLY, 2);
    assay_cbor_write_uint(&fixture.writer, 1);
    assay_cbor_write_array(&fixture.writer, ASSAY_SHUFFLE_MAX + 1);
    end(&fixture);
    assert_int_equal(assay_peers_read(&fixture.message, &back, NULL),
                     ASSAY_E_LIMIT);
}

static void a_walk_beyond_the_longest_is_cut(void **state)
{
    static struct fixture fixture;
    struct assay_peers_message message = full(ASSAY_MSG_FORWARD_JOIN);
    struct assay_peers_message back;
    (void)state;

    message.walk = UINT32_MAX;
    begin(&fixture);
    assay_peers_write(&fixture.writer, &message);
    end(&fixture);
    assert_int_equal(assay_peers_read(&fixture.message, &back, NULL), ASSAY_OK);
    assert_int_equal(back.walk, ASSAY_JOIN_WALK);
}

static void unknown_steps_and_reasons_are_refused(void **state)
{
    static struct fixture fixture;
    struct assay_peers_message message = full(ASSAY_MSG_NEIGHBOR);
    struct assay_peers_message back;
    (void)state;

    message.step = ASSAY_NEIGHBOR_ACCEPT + 1;
    begin(&fixture);
    assay_peers_write(&fixture.writer, &message);
    end(&fixture);
    assert_int_equal(assay_peers_read(&fixture.message, &back, NULL),
                     ASSAY_E_MALFORMED);

    message = full(ASSAY_MSG_DISCONNECT);
    message.step = ASSAY_DISCONNECT_LEAVING + 1;
    begin(&fixture);
    assay_peers_write(&fixture.writer, &message);
    end(&fixture);
    assert_int_equal(assay_peers_read(&fixture.message, &back, NULL),
                     ASSAY_E_MALFORMED);
}

/* A later version may say more of a peer, and more in a message. */
static void unknown_further_fields_are_skipped(void **state)
{
    static struct fixture fixture;
    static const uint8_t key[ASSAY_KEY_SIZE];
    struct assay_peers_message back;
    (void)state;

    begin(&fixture);
    assay_message_begin(&fixture.writer, ASSAY_MSG_JOIN, 2);
    assay_cbor_write_array(&fixture.writer, 4);
    assay_cbor_write_bytes(&fixture.writer,
                           (struct assay_bytes){key, sizeof(key)});
    assay_cbor_write_text(&fixture.writer, assay_bytes_of("a"));
    assay_cbor_write_uint(&fixture.writer, 1);
    assay_cbor_write_uint(&fixture.writer, 99);
    assay_cbor_write_null(&fixture.writer);
    end(&fixture);
    assert_int_equal(assay_peers_read(&fixture.message, &back, NULL), ASSAY_OK);
    assert_string_equal(back.peers[0].host, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_is_read_as_it_was_written),
        cmocka_unit_test(each_message_cut_anywhere_is_refused),
        cmocka_unit_test(a_host_is_a_name_or_a_number),
        cmocka_unit_test(a_peer_that_breaks_a_rule_is_refused),
        cmocka_unit_test(more_peers_than_a_shuffle_has_are_refused),
        cmocka_unit_test(a_walk_beyond_the_longest_is_cut),
        cmocka_unit_test(unknown_steps_and_reasons_are_refused),
        cmocka_unit_test(unknown_further_fields_are_skipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
