/* SPDX-License-Identifier: Apache-2.0 */
#include "gossip.h"

#include "../check.h"

enum assay_err assay_gossip_read(struct assay_message *message,
                                 struct assay_gossip_message *out,
                                 struct assay_fault *fault_out)
{
    struct assay_gossip_message gossip = {.round = 0};
    struct assay_cbor_reader *reader = &message->reader;

    assay_message_need(message, 3);
    /* PROTOCOL 6.3: "A round beyond 255 MUST be taken for 255." */
    uint64_t round = assay_cbor_read_uint(reader);
    gossip.round = round > ASSAY_ROUND_MAX ? ASSAY_ROUND_MAX : (uint32_t)round;
    gossip.tree = assay_cbor_read_uint(reader);
    size_t item_at = reader->pos;
    gossip.item = assay_cbor_skip(reader);
    if (gossip.item.len > ASSAY_ITEM_MAX) {
        assay_cbor_fail_at(reader, item_at, ASSAY_E_LIMIT,
                           "a record is no larger than its limit");
    }

    enum assay_err err = assay_message_finish(message, 3, fault_out);
    if (err == ASSAY_OK) {
        *out = gossip;
    }
    return err;
}

enum assay_err assay_have_read(struct assay_message *message,
                               struct assay_have_message *out,
                               struct assay_fault *fault_out)
{
    struct assay_have_message have = {.count = 0};
    struct assay_cbor_reader *reader = &message->reader;

    assay_message_need(message, 1);
    size_t ids_at = reader->pos;
    have.ids =
        assay_cbor_read_bytes(reader, (size_t)ASSAY_HAVE_MAX * ASSAY_ID_SIZE);
    have.count = have.ids.len / ASSAY_ID_SIZE;
    /* PROTOCOL 6.3: "A have MUST hold 1 to 128 ids." */
    if (have.count == 0 || have.ids.len % ASSAY_ID_SIZE != 0) {
        assay_cbor_fail_at(reader, ids_at, ASSAY_E_MALFORMED,
                           "ids are 32 bytes each, and at least one");
    }

    enum assay_err err = assay_message_finish(message, 1, fault_out);
    if (err == ASSAY_OK) {
        *out = have;
    }
    return err;
}

enum assay_err assay_graft_read(struct assay_message *message,
                                struct assay_graft_message *out,
                                struct assay_fault *fault_out)
{
    struct assay_graft_message graft;
    struct assay_cbor_reader *reader = &message->reader;

    assay_message_need(message, 2);
    assay_cbor_read_fixed(reader, graft.id.hash, sizeof(graft.id.hash));
    size_t mode_at = reader->pos;
    uint64_t mode = assay_cbor_read_uint(reader);
    /* PROTOCOL 6.3: "A mode MUST be 0, 1 or 2." */
    if (mode > ASSAY_GRAFT_ALL) {
        assay_cbor_fail_at(reader, mode_at, ASSAY_E_MALFORMED,
                           "a graft's mode is 0, 1 or 2");
        mode = 0;
    }
    graft.mode = (enum assay_graft_mode)mode;

    enum assay_err err = assay_message_finish(message, 2, fault_out);
    if (err == ASSAY_OK) {
        *out = graft;
    }
    return err;
}

enum assay_err assay_prune_read(struct assay_message *message,
                                struct assay_prune_message *out,
                                struct assay_fault *fault_out)
{
    struct assay_prune_message prune;
    struct assay_cbor_reader *reader = &message->reader;

    assay_message_need(message, 1);
    assay_cbor_read_fixed(reader, prune.id.hash, sizeof(prune.id.hash));

    enum assay_err err = assay_message_finish(message, 1, fault_out);
    if (err == ASSAY_OK) {
        *out = prune;
    }
    return err;
}

struct assay_id assay_have_id(const struct assay_have_message *have,
                              size_t index)
{
    struct assay_id id;

    ASSAY_CHECK(index < have->count);
    memcpy(id.hash, have->ids.data + index * ASSAY_ID_SIZE, sizeof(id.hash));
    return id;
}

static void write_id(struct assay_cbor_writer *writer,
                     const struct assay_id *id)
{
    assay_cbor_write_bytes(writer,
                           (struct assay_bytes){id->hash, sizeof(id->hash)});
}

void assay_gossip_write(struct assay_cbor_writer *writer,
                        const struct assay_gossip_message *gossip)
{
    assay_message_begin(writer, ASSAY_MSG_GOSSIP, 3);
    assay_cbor_write_uint(writer, gossip->round);
    assay_cbor_write_uint(writer, gossip->tree);
    assay_cbor_write_raw(writer, gossip->item);
}

void assay_have_write(struct assay_cbor_writer *writer,
                      const struct assay_id *ids, size_t count)
{
    ASSAY_CHECK(count > 0 && count <= ASSAY_HAVE_MAX);
    assay_message_begin(writer, ASSAY_MSG_HAVE, 1);
    assay_cbor_write_bytes(
        writer, (struct assay_bytes){ids[0].hash, count * sizeof(ids[0])});
}

void assay_graft_write(struct assay_cbor_writer *writer,
                       const struct assay_graft_message *graft)
{
    assay_message_begin(writer, ASSAY_MSG_GRAFT, 2);
    write_id(writer, &graft->id);
    assay_cbor_write_uint(writer, (uint64_t)graft->mode);
}

void assay_prune_write(struct assay_cbor_writer *writer,
                       const struct assay_prune_message *prune)
{
    assay_message_begin(writer, ASSAY_MSG_PRUNE, 1);
    write_id(writer, &prune->id);
}
