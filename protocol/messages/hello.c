/* SPDX-License-Identifier: Apache-2.0 */
#include "hello.h"

#include "../check.h"

/* Fields behind the type. */
#define HELLO_FIELDS 7
#define PING_FIELDS 1
#define CLOSE_FIELDS 2

enum feature { FEATURE_AGENT = 1, FEATURE_BLOBS = 2 };

const char *assay_close_name(uint64_t code)
{
    switch (code) {
#define CLOSE_NAME(name, number, text)                                         \
    case (number):                                                             \
        return text;
        ASSAY_CLOSE_MAP(CLOSE_NAME)
#undef CLOSE_NAME
    default:
        return "other";
    }
}

/* One line: what goes into a log as it is. */
static struct assay_bytes read_line(struct assay_cbor_reader *reader,
                                    size_t len_max)
{
    size_t at = reader->pos;
    struct assay_bytes text = assay_cbor_read_text(reader, len_max);

    for (size_t index = 0; index < text.len; index++) {
        if (text.data[index] == '\n' || text.data[index] == '\t') {
            assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                               "this text is one line without tabs");
            return ASSAY_BYTES_NONE;
        }
    }
    return text;
}

static void read_versions(struct assay_cbor_reader *reader,
                          struct assay_hello *hello)
{
    size_t at = reader->pos;

    /* PROTOCOL 3.1: "A hello MUST list 1 to 8 versions below 2^32, ascending
     * and unique." */
    hello->version_count =
        assay_cbor_read_array(reader, ASSAY_HELLO_VERSIONS_MAX);
    if (hello->version_count == 0) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a hello lists a version");
    }
    for (size_t index = 0; index < hello->version_count; index++) {
        uint64_t version = 0;

        at = reader->pos;
        version = assay_cbor_read_uint(reader);
        if (version > UINT32_MAX) {
            assay_cbor_fail_at(reader, at, ASSAY_E_LIMIT,
                               "a version is below 2^32");
            return;
        }
        hello->versions[index] = (uint32_t)version;
        if (index > 0 && version <= hello->versions[index - 1]) {
            assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                               "versions ascend and are unique");
        }
    }
}

static void read_features(struct assay_cbor_reader *reader,
                          struct assay_hello *hello)
{
    /* PROTOCOL 3.1: "features MUST have 16 entries at most." */
    struct assay_cbor_map map =
        assay_cbor_read_map(reader, ASSAY_HELLO_FEATURES_MAX);
    uint64_t key = 0;

    while (assay_cbor_next_key(reader, &map, &key)) {
        if (key == FEATURE_AGENT) {
            hello->agent = read_line(reader, ASSAY_HELLO_AGENT_MAX);
        } else if (key == FEATURE_BLOBS) {
            hello->serves_blobs = assay_cbor_read_bool(reader);
        } else {
            (void)assay_cbor_skip(reader);
        }
    }
}

static uint64_t read_number(struct assay_cbor_reader *reader)
{
    size_t at = reader->pos;
    uint64_t number = assay_cbor_read_uint(reader);

    if (number > ASSAY_NUMBER_MAX) {
        assay_cbor_fail_at(reader, at, ASSAY_E_LIMIT, "a number is below 2^53");
    }
    return number;
}

enum assay_err assay_hello_read(struct assay_message *message,
                                struct assay_hello *hello_out,
                                struct assay_fault *fault_out)
{
    struct assay_hello hello;
    struct assay_cbor_reader *reader = &message->reader;
    enum assay_err err;

    ASSAY_CHECK(message->type == ASSAY_MSG_HELLO);
    memset(&hello, 0, sizeof(hello));
    assay_message_need(message, HELLO_FIELDS);
    read_versions(reader, &hello);
    /* PROTOCOL 3.1: "time and log-count MUST be below 2^53." */
    hello.time_s = read_number(reader);
    assay_cbor_read_fixed(reader, hello.nonce, sizeof(hello.nonce));
    assay_cbor_read_fixed(reader, hello.follows, sizeof(hello.follows));
    assay_cbor_read_fixed(reader, hello.root, sizeof(hello.root));
    hello.log_count = read_number(reader);
    read_features(reader, &hello);

    err = assay_message_finish(message, HELLO_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *hello_out = hello;
    }
    return err;
}

void assay_hello_write(struct assay_cbor_writer *writer,
                       const struct assay_hello *hello)
{
    ASSAY_CHECK(hello->version_count > 0);
    ASSAY_CHECK(hello->version_count <= ASSAY_HELLO_VERSIONS_MAX);
    ASSAY_CHECK(hello->agent.len <= ASSAY_HELLO_AGENT_MAX);

    assay_message_begin(writer, ASSAY_MSG_HELLO, HELLO_FIELDS);
    assay_cbor_write_array(writer, hello->version_count);
    for (size_t index = 0; index < hello->version_count; index++) {
        assay_cbor_write_uint(writer, hello->versions[index]);
    }
    assay_cbor_write_uint(writer, hello->time_s);
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){hello->nonce, sizeof(hello->nonce)});
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){hello->follows, sizeof(hello->follows)});
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){hello->root, sizeof(hello->root)});
    assay_cbor_write_uint(writer, hello->log_count);
    assay_cbor_write_map(writer, (hello->agent.len > 0 ? 1U : 0U) +
                                     (hello->serves_blobs ? 1U : 0U));
    if (hello->agent.len > 0) {
        assay_cbor_write_uint(writer, FEATURE_AGENT);
        assay_cbor_write_text(writer, hello->agent);
    }
    if (hello->serves_blobs) {
        assay_cbor_write_uint(writer, FEATURE_BLOBS);
        assay_cbor_write_bool(writer, true);
    }
}

enum assay_err assay_ping_read(struct assay_message *message,
                               uint64_t *nonce_out,
                               struct assay_fault *fault_out)
{
    uint64_t nonce = 0;
    enum assay_err err;

    ASSAY_CHECK(message->type == ASSAY_MSG_PING ||
                message->type == ASSAY_MSG_PONG);
    assay_message_need(message, PING_FIELDS);
    nonce = assay_cbor_read_uint(&message->reader);
    err = assay_message_finish(message, PING_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *nonce_out = nonce;
    }
    return err;
}

void assay_ping_write(struct assay_cbor_writer *writer,
                      enum assay_message_type type, uint64_t nonce)
{
    ASSAY_CHECK(type == ASSAY_MSG_PING || type == ASSAY_MSG_PONG);
    assay_message_begin(writer, type, PING_FIELDS);
    assay_cbor_write_uint(writer, nonce);
}

enum assay_err assay_compare_read(struct assay_message *message,
                                  struct assay_fault *fault_out)
{
    ASSAY_CHECK(message->type == ASSAY_MSG_COMPARE);
    return assay_message_finish(message, 0, fault_out);
}

void assay_compare_write(struct assay_cbor_writer *writer)
{
    assay_message_begin(writer, ASSAY_MSG_COMPARE, 0);
}

enum assay_err assay_close_read(struct assay_message *message,
                                struct assay_close *close_out,
                                struct assay_fault *fault_out)
{
    struct assay_close close;
    enum assay_err err;

    ASSAY_CHECK(message->type == ASSAY_MSG_CLOSE);
    assay_message_need(message, CLOSE_FIELDS);
    close.code = assay_cbor_read_uint(&message->reader);
    close.text = read_line(&message->reader, ASSAY_CLOSE_TEXT_MAX);
    err = assay_message_finish(message, CLOSE_FIELDS, fault_out);
    if (err == ASSAY_OK) {
        *close_out = close;
    }
    return err;
}

void assay_close_write(struct assay_cbor_writer *writer,
                       const struct assay_close *close)
{
    ASSAY_CHECK(close->text.len <= ASSAY_CLOSE_TEXT_MAX);
    assay_message_begin(writer, ASSAY_MSG_CLOSE, CLOSE_FIELDS);
    assay_cbor_write_uint(writer, close->code);
    assay_cbor_write_text(writer, close->text);
}
