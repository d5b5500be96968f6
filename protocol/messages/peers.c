/* SPDX-License-Identifier: Apache-2.0 */
#include "peers.h"

#include "../check.h"

static bool is_host_char(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == ':';
}

bool assay_peer_host_is_ok(struct assay_bytes host)
{
    /* PROTOCOL 6.1: "A host MUST be at most 253 letters, digits, hyphens, dots
     * and colons, or empty." */
    if (host.len > ASSAY_HOST_MAX) {
        return false;
    }
    for (size_t i = 0; i < host.len; i++) {
        if (!is_host_char(host.data[i])) {
            return false;
        }
    }
    return true;
}

enum assay_err assay_peer_set(const struct assay_key *key,
                              struct assay_bytes host, uint16_t port,
                              struct assay_peer *peer_out)
{
    if (host.len > ASSAY_HOST_MAX) {
        return ASSAY_E_LIMIT;
    }
    if (!assay_peer_host_is_ok(host)) {
        return ASSAY_E_MALFORMED;
    }
    memset(peer_out, 0, sizeof(*peer_out));
    peer_out->key = *key;
    peer_out->port = port;
    peer_out->host_len = (uint8_t)host.len;
    if (host.len > 0) {
        memcpy(peer_out->host, host.data, host.len);
    }
    return ASSAY_OK;
}

static void read_peer(struct assay_cbor_reader *reader, struct assay_peer *peer)
{
    struct assay_key key;
    struct assay_bytes host;
    uint64_t port;

    /* What a later version says of a peer is skipped. */
    size_t count = assay_cbor_read_array(reader, ASSAY_MESSAGE_FIELDS_MAX);
    if (count < 3) {
        assay_cbor_fail(reader, ASSAY_E_MALFORMED,
                        "a peer is its key, its host and its port");
    }
    assay_cbor_read_fixed(reader, key.bytes, sizeof(key.bytes));
    size_t host_at = reader->pos;
    host = assay_cbor_read_text(reader, ASSAY_HOST_MAX);
    size_t port_at = reader->pos;
    port = assay_cbor_read_uint(reader);
    /* PROTOCOL 6.1: "A port MUST be at most 65,535; 0 says that the node cannot
     * be dialled." */
    if (port > UINT16_MAX) {
        assay_cbor_fail_at(reader, port_at, ASSAY_E_MALFORMED,
                           "a port is at most 65535");
    }
    for (size_t i = 3; i < count && reader->err == ASSAY_OK; i++) {
        (void)assay_cbor_skip(reader);
    }
    if (reader->err == ASSAY_OK &&
        assay_peer_set(&key, host, (uint16_t)port, peer) != ASSAY_OK) {
        assay_cbor_fail_at(reader, host_at, ASSAY_E_MALFORMED,
                           "a host is letters, digits, '-', '.' and ':'");
    }
}

static void read_peers(struct assay_cbor_reader *reader,
                       struct assay_peers_message *message)
{
    /* PROTOCOL 6.2: "A message MUST NOT name more than 8 peers." */
    message->peer_count = assay_cbor_read_array(reader, ASSAY_SHUFFLE_MAX);
    for (size_t i = 0; i < message->peer_count && reader->err == ASSAY_OK;
         i++) {
        read_peer(reader, &message->peers[i]);
    }
}

static void read_one(struct assay_cbor_reader *reader,
                     struct assay_peers_message *message)
{
    message->peer_count = 1;
    read_peer(reader, &message->peers[0]);
}

/* A small number that means something up to max. */
static uint32_t read_small(struct assay_cbor_reader *reader, uint32_t max)
{
    size_t at = reader->pos;
    uint64_t value = assay_cbor_read_uint(reader);

    /* PROTOCOL 6.1: "A step MUST be 0, 1 or 2, and a reason 0 or 1." */
    if (value > max) {
        assay_cbor_fail_at(reader, at, ASSAY_E_MALFORMED,
                           "a step or reason is one of those known");
        return 0;
    }
    return (uint32_t)value;
}

/* PROTOCOL 6.2: "A receiver MUST take a walk beyond 6 for 6." Another version
 * may prefer longer ones. */
static uint32_t read_walk(struct assay_cbor_reader *reader, uint32_t max)
{
    uint64_t walk = assay_cbor_read_uint(reader);

    return walk > max ? max : (uint32_t)walk;
}

static size_t read_walking(struct assay_message *in,
                           struct assay_peers_message *out)
{
    if (in->type == ASSAY_MSG_FORWARD_JOIN) {
        assay_message_need(in, 2);
        read_one(&in->reader, out);
        out->walk = read_walk(&in->reader, ASSAY_JOIN_WALK);
        return 2;
    }
    if (in->type == ASSAY_MSG_SHUFFLE) {
        assay_message_need(in, 3);
        out->number = assay_cbor_read_uint(&in->reader);
        out->walk = read_walk(&in->reader, ASSAY_SHUFFLE_WALK);
        read_peers(&in->reader, out);
        return 3;
    }
    ASSAY_CHECK(in->type == ASSAY_MSG_SHUFFLE_REPLY);
    assay_message_need(in, 2);
    out->number = assay_cbor_read_uint(&in->reader);
    read_peers(&in->reader, out);
    return 2;
}

static size_t read_fields(struct assay_message *in,
                          struct assay_peers_message *out)
{
    if (in->type == ASSAY_MSG_JOIN) {
        assay_message_need(in, 1);
        read_one(&in->reader, out);
        return 1;
    }
    if (in->type == ASSAY_MSG_NEIGHBOR) {
        assay_message_need(in, 2);
        out->step = read_small(&in->reader, ASSAY_NEIGHBOR_ACCEPT);
        read_one(&in->reader, out);
        return 2;
    }
    if (in->type == ASSAY_MSG_DISCONNECT) {
        assay_message_need(in, 2);
        out->step = read_small(&in->reader, ASSAY_DISCONNECT_LEAVING);
        read_peers(&in->reader, out);
        return 2;
    }
    return read_walking(in, out);
}

enum assay_err assay_peers_read(struct assay_message *message,
                                struct assay_peers_message *out,
                                struct assay_fault *fault_out)
{
    /* It is large, and of the peers only those that are there are touched. */
    struct assay_peers_message read;

    ASSAY_CHECK(message->type >= ASSAY_MSG_JOIN &&
                message->type <= ASSAY_MSG_SHUFFLE_REPLY &&
                message->type % 2 == 0);
    read.type = (enum assay_message_type)message->type;
    read.step = 0;
    read.walk = 0;
    read.number = 0;
    read.peer_count = 0;
    size_t known = read_fields(message, &read);
    enum assay_err err = assay_message_finish(message, known, fault_out);
    if (err != ASSAY_OK) {
        return err;
    }
    out->type = read.type;
    out->step = read.step;
    out->walk = read.walk;
    out->number = read.number;
    out->peer_count = read.peer_count;
    memcpy(out->peers, read.peers, read.peer_count * sizeof(read.peers[0]));
    return ASSAY_OK;
}

static void write_peer(struct assay_cbor_writer *writer,
                       const struct assay_peer *peer)
{
    assay_cbor_write_array(writer, 3);
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){peer->key.bytes, sizeof(peer->key.bytes)});
    assay_cbor_write_text(
        writer,
        (struct assay_bytes){(const uint8_t *)peer->host, peer->host_len});
    assay_cbor_write_uint(writer, peer->port);
}

static void write_peers(struct assay_cbor_writer *writer,
                        const struct assay_peers_message *message)
{
    assay_cbor_write_array(writer, message->peer_count);
    for (size_t i = 0; i < message->peer_count; i++) {
        write_peer(writer, &message->peers[i]);
    }
}

static void write_walking(struct assay_cbor_writer *writer,
                          const struct assay_peers_message *message)
{
    if (message->type == ASSAY_MSG_FORWARD_JOIN) {
        assay_message_begin(writer, message->type, 2);
        write_peer(writer, &message->peers[0]);
        assay_cbor_write_uint(writer, message->walk);
        return;
    }
    if (message->type == ASSAY_MSG_SHUFFLE) {
        assay_message_begin(writer, message->type, 3);
        assay_cbor_write_uint(writer, message->number);
        assay_cbor_write_uint(writer, message->walk);
        write_peers(writer, message);
        return;
    }
    ASSAY_CHECK(message->type == ASSAY_MSG_SHUFFLE_REPLY);
    assay_message_begin(writer, message->type, 2);
    assay_cbor_write_uint(writer, message->number);
    write_peers(writer, message);
}

void assay_peers_write(struct assay_cbor_writer *writer,
                       const struct assay_peers_message *message)
{
    ASSAY_CHECK(message->peer_count <= ASSAY_SHUFFLE_MAX);
    if (message->type == ASSAY_MSG_JOIN) {
        assay_message_begin(writer, message->type, 1);
        write_peer(writer, &message->peers[0]);
        return;
    }
    if (message->type == ASSAY_MSG_NEIGHBOR) {
        assay_message_begin(writer, message->type, 2);
        assay_cbor_write_uint(writer, message->step);
        write_peer(writer, &message->peers[0]);
        return;
    }
    if (message->type == ASSAY_MSG_DISCONNECT) {
        assay_message_begin(writer, message->type, 2);
        assay_cbor_write_uint(writer, message->step);
        write_peers(writer, message);
        return;
    }
    write_walking(writer, message);
}
