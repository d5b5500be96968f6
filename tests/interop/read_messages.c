/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_messages.c - our side of the comparison with docs/protocol.cddl.
 *
 * Reads messages in hex, a line each, and prints for each what our writer
 * makes of what our reader understood, or "refused: CODE".
 */
#include "protocol/messages/blob.h"
#include "protocol/messages/gossip.h"
#include "protocol/messages/hello.h"
#include "protocol/messages/peers.h"
#include "protocol/messages/sync.h"
#include "protocol/messages/transfer.h"
#include "protocol/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

static uint8_t input[ASSAY_MESSAGE_MAX + 1];
static uint8_t output[ASSAY_MESSAGE_MAX];
static char line[2 * sizeof(input) + 2];

static enum assay_err session_again(struct assay_message *message,
                                    struct assay_cbor_writer *writer)
{
    struct assay_hello hello;
    struct assay_close close;
    uint64_t nonce = 0;
    enum assay_err err;

    if (message->type == ASSAY_MSG_HELLO) {
        err = assay_hello_read(message, &hello, NULL);
        if (err == ASSAY_OK) {
            assay_hello_write(writer, &hello);
        }
    } else if (message->type == ASSAY_MSG_CLOSE) {
        err = assay_close_read(message, &close, NULL);
        if (err == ASSAY_OK) {
            assay_close_write(writer, &close);
        }
    } else if (message->type == ASSAY_MSG_COMPARE) {
        err = assay_compare_read(message, NULL);
        if (err == ASSAY_OK) {
            assay_compare_write(writer);
        }
    } else {
        err = assay_ping_read(message, &nonce, NULL);
        if (err == ASSAY_OK) {
            assay_ping_write(writer, (enum assay_message_type)message->type,
                             nonce);
        }
    }
    return err;
}

/* The writer puts the message somewhere of its own. */
static enum assay_err records_again(struct assay_message *message,
                                    struct assay_cbor_writer *writer)
{
    static uint8_t space[ASSAY_MESSAGE_MAX];
    struct assay_records_writer records_writer;
    struct assay_records records;
    struct assay_bytes envelope;
    struct assay_bytes body;
    enum assay_err err = assay_records_read(message, &records, NULL);

    if (err != ASSAY_OK) {
        return err;
    }
    assay_records_begin(&records_writer, records.request, space, sizeof(space));
    while (assay_records_next(&records, &envelope, &body)) {
        if (!assay_records_add(&records_writer, envelope, body)) {
            return ASSAY_E_LIMIT;
        }
    }
    assay_cbor_write_raw(writer, assay_records_end(&records_writer));
    return ASSAY_OK;
}

static enum assay_err transfer_again(struct assay_message *message,
                                     struct assay_cbor_writer *writer)
{
    struct assay_range range;
    struct assay_id_list list;
    enum assay_err err;

    if (message->type == ASSAY_MSG_RECORDS) {
        return records_again(message, writer);
    }
    if (message->type == ASSAY_MSG_RANGE) {
        err = assay_range_read(message, &range, NULL);
        if (err == ASSAY_OK) {
            assay_range_write(writer, &range);
        }
        return err;
    }
    err = assay_id_list_read(message, &list, NULL);
    if (err == ASSAY_OK) {
        assay_id_list_write(writer, (enum assay_message_type)message->type,
                            &list);
    }
    return err;
}

static enum assay_err blob_again(struct assay_message *message,
                                 struct assay_cbor_writer *writer)
{
    struct assay_blob_want want;
    struct assay_blob blob;
    uint8_t sha256[ASSAY_HASH_SIZE];
    enum assay_err err;

    if (message->type == ASSAY_MSG_BLOB_WANT) {
        err = assay_blob_want_read(message, &want, NULL);
        if (err == ASSAY_OK) {
            assay_blob_want_write(writer, &want);
        }
    } else if (message->type == ASSAY_MSG_BLOB) {
        err = assay_blob_read(message, &blob, NULL);
        if (err == ASSAY_OK) {
            assay_blob_write(writer, &blob);
        }
    } else {
        err = assay_blob_lack_read(message, sha256, NULL);
        if (err == ASSAY_OK) {
            assay_blob_lack_write(writer, sha256);
        }
    }
    return err;
}

static enum assay_err sync_again(struct assay_message *message,
                                 struct assay_cbor_writer *writer)
{
    struct assay_msg_follows follows;
    struct assay_msg_root root;
    struct assay_msg_buckets buckets;
    struct assay_msg_done done;
    enum assay_err err;

    if (message->type == ASSAY_MSG_FOLLOWS) {
        err = assay_msg_follows_read(message, &follows, NULL);
        if (err == ASSAY_OK) {
            assay_msg_follows_write(&follows, writer);
        }
    } else if (message->type == ASSAY_MSG_ROOT) {
        err = assay_msg_root_read(message, &root, NULL);
        if (err == ASSAY_OK) {
            assay_msg_root_write(&root, writer);
        }
    } else if (message->type == ASSAY_MSG_BUCKETS) {
        err = assay_msg_buckets_read(message, &buckets, NULL);
        if (err == ASSAY_OK) {
            assay_msg_buckets_write(&buckets, writer);
        }
    } else {
        err = assay_msg_done_read(message, &done, NULL);
        if (err == ASSAY_OK) {
            assay_msg_done_write(&done, writer);
        }
    }
    return err;
}

static enum assay_err frontier_again(struct assay_message *message,
                                     struct assay_cbor_writer *writer)
{
    struct assay_msg_frontier frontier;
    struct assay_msg_heads heads;
    enum assay_err err;

    if (message->type == ASSAY_MSG_FRONTIER) {
        err = assay_msg_frontier_read(message, &frontier, NULL);
        if (err == ASSAY_OK) {
            assay_msg_frontier_write(&frontier, writer);
        }
    } else {
        err = assay_msg_heads_read(message, &heads, NULL);
        if (err == ASSAY_OK) {
            assay_msg_heads_write(&heads, writer);
        }
    }
    return err;
}

static void write_have(struct assay_cbor_writer *writer,
                       const struct assay_have_message *have)
{
    struct assay_id ids[ASSAY_HAVE_MAX];

    for (size_t index = 0; index < have->count; index++) {
        ids[index] = assay_have_id(have, index);
    }
    assay_have_write(writer, ids, have->count);
}

static enum assay_err gossip_again(struct assay_message *message,
                                   struct assay_cbor_writer *writer)
{
    struct assay_gossip_message gossip;
    struct assay_have_message have;
    struct assay_graft_message graft;
    struct assay_prune_message prune;
    struct assay_bytes envelope;
    struct assay_bytes body;
    enum assay_err err;

    if (message->type == ASSAY_MSG_GOSSIP) {
        err = assay_gossip_read(message, &gossip, NULL);
        if (err == ASSAY_OK) {
            err = assay_record_split(gossip.item, &envelope, &body, NULL);
        }
        if (err == ASSAY_OK) {
            assay_gossip_write(writer, &gossip);
        }
    } else if (message->type == ASSAY_MSG_HAVE) {
        err = assay_have_read(message, &have, NULL);
        if (err == ASSAY_OK) {
            write_have(writer, &have);
        }
    } else if (message->type == ASSAY_MSG_GRAFT) {
        err = assay_graft_read(message, &graft, NULL);
        if (err == ASSAY_OK) {
            assay_graft_write(writer, &graft);
        }
    } else {
        err = assay_prune_read(message, &prune, NULL);
        if (err == ASSAY_OK) {
            assay_prune_write(writer, &prune);
        }
    }
    return err;
}

static enum assay_err peers_again(struct assay_message *message,
                                  struct assay_cbor_writer *writer)
{
    struct assay_peers_message peers;
    enum assay_err err = assay_peers_read(message, &peers, NULL);

    if (err == ASSAY_OK) {
        assay_peers_write(writer, &peers);
    }
    return err;
}

static enum assay_err again(struct assay_message *message,
                            struct assay_cbor_writer *writer)
{
    if (message->type <= ASSAY_MSG_PONG || message->type == ASSAY_MSG_COMPARE) {
        return session_again(message, writer);
    }
    if (message->type % 2 != 0 || message->type > ASSAY_MSG_BLOB_LACK) {
        return ASSAY_E_VERSION;
    }
    if (message->type <= ASSAY_MSG_BUCKETS || message->type == ASSAY_MSG_DONE) {
        return sync_again(message, writer);
    }
    if (message->type <= ASSAY_MSG_HEADS) {
        return frontier_again(message, writer);
    }
    if (message->type <= ASSAY_MSG_LACK) {
        return transfer_again(message, writer);
    }
    if (message->type <= ASSAY_MSG_PRUNE) {
        return gossip_again(message, writer);
    }
    if (message->type <= ASSAY_MSG_SHUFFLE_REPLY) {
        return peers_again(message, writer);
    }
    return blob_again(message, writer);
}

static void print_again(struct assay_bytes bytes)
{
    struct assay_message message;
    struct assay_cbor_writer writer;
    struct assay_bytes written;
    enum assay_err err = assay_message_open(bytes, &message);

    assay_cbor_writer_init(&writer, output, sizeof(output));
    if (err == ASSAY_OK) {
        err = again(&message, &writer);
    }
    if (err == ASSAY_OK) {
        err = assay_cbor_writer_finish(&writer, &written);
    }
    if (err != ASSAY_OK) {
        (void)printf("refused: %s\n", assay_err_name(err));
        return;
    }
    for (size_t index = 0; index < written.len; index++) {
        (void)printf("%02x", written.data[index]);
    }
    (void)putchar('\n');
}

int main(void)
{
    while (fgets(line, sizeof(line), stdin) != NULL) {
        size_t len = 0;

        if (sodium_hex2bin(input, sizeof(input), line, strcspn(line, "\n"),
                           NULL, &len, NULL) != 0) {
            (void)fprintf(stderr, "not hex, or too long\n");
            return EXIT_FAILURE;
        }
        print_again((struct assay_bytes){input, len});
    }
    return EXIT_SUCCESS;
}
