/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver_internal.h - what the parts of the driver share: a file for each
 * thing that it does.
 */
#ifndef ASSAY_NODE_DRIVER_INTERNAL_H
#define ASSAY_NODE_DRIVER_INTERNAL_H

#include "captures.h"
#include "dial.h"
#include "driver.h"
#include "follow.h"
#include "ingest.h"
#include "peer.h"
#include "policy.h"
#include "protocol/broadcast.h"
#include "protocol/membership.h"
#include "store/blob_view.h"
#include "store/sync_view.h"

/* Dials at a time: membership's, and those of syncs. */
#define NODE_DIALS_MAX 16

/* Syncs that are waited for. */
#define NODE_SYNCS_MAX 64

/* Addresses to stay connected with; beside the neighbours that membership
 * looks for by itself they make ASSAY_ACTIVE_MAX. */
#define NODE_STATICS_MAX ASSAY_ACTIVE_MAX

/* How long one may take before whoever waits is told that it goes on. */
#define NODE_SYNC_WAIT_MS 120000

/* How long what is named may be fetched after a sync before its connection
 * ends all the same. */
#define NODE_LEAVE_MS 30000

/* A connection with what only the driver knows of it. */
struct node_link {
    struct node_link *next;
    struct node_peer *peer;
    struct node_driver *driver;
    struct node_address dialled; /* Where it was dialled. */
    bool is_members;             /* For membership, which waits for it. */
    bool is_over;
    bool is_greeted;   /* It has said hello. */
    bool is_active;    /* A neighbour: membership said UP. */
    bool is_announced; /* Membership knows it. */
    bool is_compared;  /* An exchange of frontiers has ended. */
    bool is_synced;    /* No difference when it was last compared. */
    bool is_wanted;    /* Dialled for a sync, and for that alone. */
    bool is_leaving;   /* Its sync is over; what follows from it may not be. */
    uint64_t leave_ms; /* Then it ends, records still missing or not. */
    bool is_due;       /* It is to be woken soon. */
    bool is_blamed;    /* It announced what it does not give. */
    bool has_false_blob;     /* It sent bytes that are others. */
    struct assay_id missing; /* Up to here it was asked for what is named. */
    char agent[ASSAY_HELLO_AGENT_MAX + 1];
};

struct node_dialling {
    struct node_driver *driver;
    struct node_dial *dial; /* NULL: the place is free. */
    struct assay_key node;
    struct node_endpoint at;
    bool is_members; /* Membership asked for it, and waits for the answer. */
};

struct node_sync {
    bool is_used;
    bool has_failed; /* Another one of the client's has. */
    uint64_t client;
    struct assay_key node;
    uint64_t limit_ms;
    uint64_t records_in_before;
    uint64_t records_out_before;
};

/* An address to stay connected with. */
struct node_static {
    struct node_address address;
    bool is_added; /* Through the control socket: no reload removes it. */
};

/* A record that a neighbour's queue had no room for. */
struct node_unsent {
    uint32_t peer;
    struct assay_id id;
};

struct node_driver {
    struct node_driver_config with;
    const struct node_config *config;
    uint8_t nonce[ASSAY_HELLO_NONCE_SIZE];
    struct assay_key key;
    bool is_stopping;
    void (*done)(void *context);
    size_t open_handles;

    struct node_link *links;
    size_t link_count;
    uint32_t last_number;
    struct node_peer_hooks hooks;
    uv_idle_t soon; /* Active while links are due. */
    struct node_dialling dials[NODE_DIALS_MAX];
    struct node_resolver *resolver;

    struct store_sync_view *view; /* Open while view_depth is not 0. */
    struct assay_sync_view lent;
    size_t view_depth;

    struct node_ingest *ingest;
    bool is_ingest_stopped;
    struct node_captures *captures;
    bool are_captures_stopped;
    struct assay_blob_view blob_view;
    struct node_policy *policy;
    struct node_follow *follow;
    uint64_t batch_first_lsn; /* Of the batch whose results are told. */
    uint64_t batch_last_lsn;
    bool has_batch_view;
    size_t batch_announced; /* Records of it that others may not have. */

    struct assay_membership *membership;
    struct assay_membership_actions membership_actions;
    struct assay_broadcast *broadcast;
    struct assay_broadcast_actions broadcast_actions;
    struct node_unsent unsent[ASSAY_BROADCAST_ACTIONS_MAX];
    size_t unsent_count;
    bool is_stepping; /* Inside a step of membership. */
    struct node_address undialled[ASSAY_DIALS_MAX];
    size_t undialled_count;
    uv_timer_t gossip_timer;
    uint64_t gossip_due_ms;

    struct node_sync syncs[NODE_SYNCS_MAX];
    bool has_leaving; /* Links whose sync is over, perhaps. */
    uv_timer_t sync_timer;

    struct node_static statics[NODE_STATICS_MAX];
    size_t static_count;
    uint64_t accepted; /* Connections from outside. */
    uint64_t turned_away;
    struct assay_session_stats ended; /* Sums of sessions that are over. */
    uint64_t refused_count; /* Connections beyond a limit, not yet logged. */
    uint64_t refused_told_ms;
    char text[NODE_ENDPOINT_TEXT_MAX];   /* Lent by node_driver_peer_at. */
    uint8_t space[ASSAY_SESSION_BUFFER]; /* All peers': one is at work. */
};

/* --- driver.c */

/* Lends a view of the ledger; NULL where it cannot be had. */
const struct assay_sync_view *node_driver_view_begin(void *context);
void node_driver_view_end(void *context);

/* Whether the ledger holds a record. */
bool node_driver_holds(struct node_driver *driver, const struct assay_id *id);

/* What is followed, as sessions are told. Valid until it is refreshed. */
struct assay_follows node_driver_follows(const struct node_driver *driver);

/* Calls done where nothing is left that has to stop. */
void node_driver_finish(struct node_driver *driver);

/* --- driver_links.c */

struct node_link *node_link_by_number(struct node_driver *driver,
                                      uint64_t number);
struct node_link *node_link_by_key(struct node_driver *driver,
                                   const struct assay_key *key);

/* Parts with those who connected and may not any more. */
void node_driver_part(struct node_driver *driver);

/* Wakes a peer in the loop's next turn, after what is being done now. */
void node_driver_soon(void *context, struct node_peer *peer);

/* The same for the connections that leave when nothing is left to do. */
void node_driver_look_soon(struct node_driver *driver);

/* A line of the log about a peer. */
void node_driver_log_peer(struct node_driver *driver, enum node_log_level level,
                          const char *event, const struct node_peer *peer,
                          const char *why);

/* Fills in what peers call. */
void node_links_hooks(struct node_driver *driver,
                      struct node_peer_hooks *hooks_out);

/* --- driver_accept.c */

/* Begins to speak over a connection; takes tcp. */
void node_driver_connected(struct node_driver *driver, uv_tcp_t *tcp,
                           const struct node_address *address, bool is_members);

/* --- driver_dial.c */

/* Dials an address. ASSAY_E_BUSY where too many are dialled. */
ASSAY_MUST_CHECK
enum assay_err node_driver_dial(struct node_driver *driver,
                                const struct node_address *address,
                                bool is_members);
bool node_driver_is_dialling(const struct node_driver *driver,
                             const struct assay_key *node);
/* Gives up dials to a node that are not membership's. */
void node_driver_dial_drop(struct node_driver *driver,
                           const struct assay_key *node);
void node_driver_dial_cancel(struct node_driver *driver);

/* --- driver_gossip.c */

ASSAY_MUST_CHECK
enum assay_err node_gossip_init(struct node_driver *driver);
void node_gossip_clear(struct node_driver *driver);
void node_gossip_start(struct node_driver *driver);
void node_gossip_leave(struct node_driver *driver);

/* A message of membership or broadcast has come. */
void node_gossip_message(struct node_driver *driver, struct node_link *link,
                         const struct assay_session_event *event);

/* Sends bytes to a peer; false where its queue has no room. */
bool node_gossip_pass(struct node_driver *driver, uint32_t number,
                      const struct assay_cbor_writer *writer);

/* Sets the timer to what is due first. */
void node_gossip_arm(struct node_driver *driver);

/* --- driver_statics.c */

/* Keeps what the configuration names. */
void node_statics_refresh(struct node_driver *driver);

/* Where to find a node to stay connected with; NULL: it is none. */
const struct node_address *node_statics_find(const struct node_driver *driver,
                                             const struct assay_key *node);

/* --- driver_broadcast.c */

/* One step of it and whatever follows; sets the event's time. */
void node_broadcast_step(struct node_driver *driver,
                         struct assay_broadcast_event *event);

/* A message for it; false where that is malformed. */
bool node_broadcast_message(struct node_driver *driver, struct node_link *link,
                            struct assay_message *message);

/* A record was written here, or has come by other ways. */
void node_broadcast_publish(struct node_driver *driver,
                            const struct assay_id *id);
void node_broadcast_announce(struct node_driver *driver,
                             const struct assay_id *id);

/* A record that broadcast wanted to have checked was. */
void node_broadcast_checked(struct node_driver *driver,
                            const struct assay_id *id, bool is_good);

/* --- driver_members.c */

/* One step of it, and one more for each dial that it wanted and that could not
 * be begun; sets the event's time. */
void node_members_step(struct node_driver *driver,
                       struct assay_membership_event *event);

/* A message for it; false where that is malformed. */
bool node_members_message(struct node_driver *driver, struct node_link *link,
                          struct assay_message *message);

/* An address as membership has it: without its host where the protocol takes
 * it for none, as with [fe80::1%eth0], which nobody else can do anything with.
 * Membership tells others of none without a host; the host of a peer to stay
 * connected with is known to who dials it. */
void node_members_peer(const struct assay_key *key,
                       const struct node_endpoint *at,
                       struct assay_peer *peer_out);

/* A link is open, or has ended; a dial for membership has failed. */
void node_members_connected(struct node_driver *driver, struct node_link *link);
void node_members_lost(struct node_driver *driver, struct node_link *link);
void node_members_dial_failed(struct node_driver *driver,
                              const struct node_address *address);

/* --- driver_records.c */

ASSAY_MUST_CHECK
enum assay_err node_records_init(struct node_driver *driver);

/* The hooks of the ingest and the follower stand in driver_records.c. */

/* What a session gave to check and store. */
void node_records_take(struct node_driver *driver, struct node_link *link,
                       const struct assay_session_event *event);
/* One record of a gossip message; is_wanted: broadcast waits for it. */
void node_records_take_one(struct node_driver *driver, struct node_link *link,
                           const struct assay_record *record, bool is_wanted);

/* --- driver_fetch.c */

/* Asks another peer for records that one did not have. */
void node_records_lacked(struct node_driver *driver, struct node_link *link,
                         const struct assay_id *ids, size_t count);

/* Asks a peer that is in step for what is named here and not held. */
void node_records_fetch_missing(struct node_driver *driver,
                                struct node_link *link);

/* --- driver_blobs.c */

ASSAY_MUST_CHECK
enum assay_err node_blobs_init(struct node_driver *driver);

/* --- driver_sync.c */

void node_syncs_init(struct node_driver *driver);

/* Something has ended: so do the connections that were for syncs alone and
 * fetch no named records or captured bytes any more. Tells whoever waits for
 * the driver to be idle. */
void node_syncs_part(struct node_driver *driver);

/* A peer is in step, or is not to be had. */
void node_syncs_done(struct node_driver *driver, const struct assay_key *node,
                     const char *why);
void node_syncs_fail_all(struct node_driver *driver, const char *why);

#endif
