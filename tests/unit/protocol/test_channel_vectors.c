/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The channel of tests/vectors/channel, which tests/interop/channel_client.py
 * makes as well: from fixed keys, each byte is what docs/protocol.md says.
 */
#include "protocol/channel.h"

#include "channel_pair.h"
#include "testing.h"
#include "vectors.h"

#include <string.h>

static struct channel_wire wire;

static const char *const roles[] = {"initiator", "responder"};

static struct assay_channel_rekey limits_of(const json_t *root)
{
    const json_t *rekey = json_object_get(root, "rekey");

    return (struct assay_channel_rekey){
        (uint64_t)json_number_value(json_object_get(rekey, "frames")),
        (uint64_t)json_number_value(json_object_get(rekey, "bytes"))};
}

static struct assay_channel *end_of(const json_t *root, size_t end)
{
    const json_t *keys = json_object_get(root, roles[end]);
    struct assay_channel_rekey rekey = limits_of(root);
    static struct assay_noise_keypair owns[2];
    struct assay_noise_keypair *own = &owns[end];
    struct assay_channel *channel = NULL;
    struct vector secret;
    struct vector key;
    struct vector ephemeral;
    struct assay_channel_config config = {
        .is_initiator = end == CHANNEL_DIALS, .own = own, .rekey = &rekey};

    assay_noise_keypair_make(vector_from_member(&secret, keys, "secret").data,
                             own);
    assert_memory_equal(own->key.bytes,
                        vector_from_member(&key, keys, "key").data,
                        ASSAY_KEY_SIZE);
    config.ephemeral_secret =
        vector_from_member(&ephemeral, keys, "ephemeral").data;
    assert_int_equal(assay_channel_new(&config, &channel), ASSAY_OK);
    return channel;
}

static void check_handshake(const json_t *root, struct assay_channel *ends[2])
{
    const json_t *messages = json_object_get(root, "handshake");
    struct vector expected;

    assert_int_equal(json_array_size(messages), 3);
    for (size_t index = 0; index < 3; index++) {
        (void)vector_from_hex(
            &expected, json_string_value(json_array_get(messages, index)));
        struct assay_bytes frame = channel_end_pull(ends[index % 2], &wire);
        assert_int_equal(frame.len, expected.len);
        assert_memory_equal(frame.data, expected.data, frame.len);
        (void)channel_end_feed(ends[1 - index % 2], frame, NULL);
    }
    (void)vector_from_member(&expected, root, "hash");
    for (size_t end = 0; end < 2; end++) {
        assert_memory_equal(assay_channel_hash(ends[end]), expected.data,
                            ASSAY_HASH_SIZE);
    }
}

static void seal(struct assay_channel *end, struct assay_bytes message)
{
    if (message.len == 0) {
        assert_int_equal(assay_channel_seal_end(end, wire.bytes), ASSAY_OK);
        wire.len = ASSAY_CHANNEL_OVERHEAD;
    } else {
        (void)channel_end_seal(end, message, &wire);
    }
}

static void check_frame(const json_t *sent, struct assay_channel *ends[2])
{
    size_t from = strcmp(vectors_text(sent, "from"), roles[0]) == 0 ? 0 : 1;
    struct vector message;
    struct vector expected;
    struct assay_bytes received;

    seal(ends[from], vector_from_member(&message, sent, "message"));
    (void)vector_from_member(&expected, sent, "frame");
    assert_int_equal(wire.len, expected.len);
    assert_memory_equal(wire.bytes, expected.data, wire.len);
    enum assay_channel_event event = channel_end_feed(
        ends[1 - from], (struct assay_bytes){wire.bytes, wire.len}, &received);
    assert_int_equal(event, message.len == 0 ? ASSAY_CHANNEL_END
                                             : ASSAY_CHANNEL_MESSAGE);
    assert_int_equal(received.len, message.len);
    assert_memory_equal(received.data, message.data, message.len);
}

static void the_example_comes_out_byte_for_byte(void **state)
{
    json_t *root = vectors_load("channel/channel.json");
    const json_t *frames = json_object_get(root, "frames");
    struct assay_channel *ends[2] = {end_of(root, 0), end_of(root, 1)};
    (void)state;

    check_handshake(root, ends);
    assert_true(json_array_size(frames) > 10);
    for (size_t index = 0; index < json_array_size(frames); index++) {
        check_frame(json_array_get(frames, index), ends);
    }
    for (size_t end = 0; end < 2; end++) {
        assert_int_equal(assay_channel_state(ends[end]), ASSAY_CHANNEL_ENDED);
        assay_channel_free(ends[end]);
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_comes_out_byte_for_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
