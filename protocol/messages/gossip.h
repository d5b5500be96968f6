/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gossip.h - the messages of broadcast (Plumtree): types 24 to 30.
 *
 *   24 gossip  [round, is own, [envelope, body|null]]
 *   26 have    [ids, 32 bytes each, as one byte string]
 *   28 graft   [id, mode]
 *   30 prune   [id, is own]
 *
 * docs/protocol.md, "Membership and broadcast", says what each is for.
 */
#ifndef ASSAY_PROTOCOL_MESSAGES_GOSSIP_H
#define ASSAY_PROTOCOL_MESSAGES_GOSSIP_H

#include "../gossip_limits.h"
#include "../id.h"
#include "../message.h"

struct assay_gossip_message {
    uint32_t round; /* Hops the record has made, the sender's not counted. */
    bool is_own;    /* It left the shared tree somewhere on its way. */
    struct assay_bytes item; /* CBOR [envelope, body or null]: record.h reads
                                it. Borrows from the message. */
};

struct assay_have_message {
    size_t count;           /* 1 to ASSAY_HAVE_MAX. */
    struct assay_bytes ids; /* count times 32 bytes; borrows. */
};

enum assay_graft_mode {
    ASSAY_GRAFT_RECORD = 0, /* Send me the record; the link joins the tree. */
    ASSAY_GRAFT_OWN = 1,    /* The link joins the tree of the record's log. */
    ASSAY_GRAFT_SHARED = 2  /* The link joins the shared tree; id is zeros. */
};

struct assay_graft_message {
    struct assay_id id;
    enum assay_graft_mode mode;
};

struct assay_prune_message {
    struct assay_id id; /* The record that came twice, or later than it was
                           announced elsewhere. */
    bool is_own;        /* The link leaves the tree of the record's log only. */
};

/* What a gossip message adds around its item; a have message whole. */
#define ASSAY_GOSSIP_OVERHEAD_MAX 8
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
