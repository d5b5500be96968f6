/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gossip.h - the messages of broadcast (Plumtree): types 24 to 30.
 *
 *   24 gossip  [round, tree, [envelope, body|null]]
 *   26 have    [ids, 32 bytes each, as one byte string]
 *   28 graft   [id, mode]
 *   30 prune   [id]
 *
 * docs/protocol.md, "Membership and broadcast", says what each is for.
 */
#ifndef ASSAY_PROTOCOL_MESSAGES_GOSSIP_H
#define ASSAY_PROTOCOL_MESSAGES_GOSSIP_H

#include "../gossip_limits.h"
#include "../id.h"
#include "../message.h"

/* Over which links a record is pushed: who publishes it chooses, and everybody
 * keeps to it. Any other number is the tree of the node that chose it. */
#define ASSAY_TREE_SHARED 0 /* The one that all nodes share. */
#define ASSAY_TREE_NONE 1   /* None: it was asked for, and is only announced. */

struct assay_gossip_message {
    uint32_t round; /* Hops the record has made, the sender's not counted. */
    uint64_t tree;
    struct assay_bytes item; /* CBOR [envelope, body or null]: record.h reads
                                it. Borrows from the message. */
};

struct assay_have_message {
    size_t count;           /* 1 to ASSAY_HAVE_MAX. */
    struct assay_bytes ids; /* count times 32 bytes; borrows. */
};

enum assay_graft_mode {
    ASSAY_GRAFT_RECORD = 0, /* Send me the record; the link joins its tree. */
    ASSAY_GRAFT_LINK = 1,   /* The link joins the tree the record came over. */
    ASSAY_GRAFT_ALL = 2     /* The link joins all trees; id is zeros. */
};

struct assay_graft_message {
    struct assay_id id;
    enum assay_graft_mode mode;
};

/* The record came twice, or later than it was announced elsewhere: the link
 * leaves the tree it came over. */
struct assay_prune_message {
    struct assay_id id;
};

/* What a gossip message adds around its item; a have message whole. */
#define ASSAY_GOSSIP_OVERHEAD_MAX 16
#define ASSAY_HAVE_MESSAGE_MAX (8 + ASSAY_HAVE_MAX * ASSAY_ID_SIZE)
#define ASSAY_GRAFT_MESSAGE_MAX (8 + ASSAY_ID_SIZE)

/* Each reads the fields of an opened message of its type and skips unknown
 * further ones. TRUNCATED, MALFORMED, LIMIT. */
ASSAY_MUST_CHECK
enum assay_err assay_gossip_read(struct assay_message *message,
                                 struct assay_gossip_message *out,
                                 struct assay_fault *fault_out);
ASSAY_MUST_CHECK
enum assay_err assay_have_read(struct assay_message *message,
                               struct assay_have_message *out,
                               struct assay_fault *fault_out);
ASSAY_MUST_CHECK
enum assay_err assay_graft_read(struct assay_message *message,
                                struct assay_graft_message *out,
                                struct assay_fault *fault_out);
ASSAY_MUST_CHECK
enum assay_err assay_prune_read(struct assay_message *message,
                                struct assay_prune_message *out,
                                struct assay_fault *fault_out);

/* One id of a have message; index is below its count. */
struct assay_id assay_have_id(const struct assay_have_message *have,
                              size_t index);

/* Each writes a message whole. item is CBOR already. */
void assay_gossip_write(struct assay_cbor_writer *writer,
                        const struct assay_gossip_message *gossip);
void assay_have_write(struct assay_cbor_writer *writer,
                      const struct assay_id *ids, size_t count);
void assay_graft_write(struct assay_cbor_writer *writer,
                       const struct assay_graft_message *graft);
void assay_prune_write(struct assay_cbor_writer *writer,
                       const struct assay_prune_message *prune);

#endif
