/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver.h - what a node does with others: the one place where the machines'
 * actions become I/O, and I/O becomes their events.
 *
 * It owns the connections and dials, the machines of membership and broadcast,
 * the ingest, the policy and the cursor over the ledger. What comes of them
 * for people (logs, who asked for a sync) goes to its owner.
 */
#ifndef ASSAY_NODE_DRIVER_H
#define ASSAY_NODE_DRIVER_H

#include <uv.h>

#include "config.h"
#include "log.h"
#include "metrics.h"
#include "protocol/control.h"
#include "store/ledger.h"
#include "store/node_key.h"

struct node_driver; /* Opaque. */

/* How a sync that was asked for ended, with one peer. */
struct node_sync_result {
    uint64_t client;     /* As it was given to node_driver_sync. */
    bool is_last;        /* No further result follows for the client. */
    bool are_all_synced; /* Of the last: of all peers. */
    const char *why;     /* Where the peer could not be reached or left; else
                            NULL, and progress says what was done. */
    struct assay_control_progress progress;
};

struct node_driver_config {
    uv_loop_t *loop;
    const struct node_log *log;
    const struct node_config *config; /* Borrowed; see node_driver_configure. */
    struct store_ledger *ledger;
    const struct store_node_key *key;
    bool is_alone; /* It looks for no neighbours: a sync for once. */
    /* What it tells others of itself: port 0 where it does not listen. */
    struct node_endpoint self;

    void *context;
    void (*news)(void *context); /* Records were added to the ledger. */
    void (*synced)(void *context, const struct node_sync_result *result);
    /* NULL, or: the driver is idle (node_driver_is_idle). May be called again
     * and again. */
    void (*idle)(void *context);
    /* The ledger is damaged: the node must end. */
    void (*failed)(void *context, enum assay_err err);
};

/* All that is given outlives it. ASSAY_E_NOMEM, and what the ledger says. */
ASSAY_MUST_CHECK
enum assay_err node_driver_new(const struct node_driver_config *config,
                               struct node_driver **driver_out);

/* Begins to look for peers. */
void node_driver_start(struct node_driver *driver);

/* The configuration that it borrows was changed in place. */
void node_driver_configure(struct node_driver *driver);

/* Takes a connection that waits at a server. */
void node_driver_accept(struct node_driver *driver, uv_stream_t *server);

/* Keeps connected with an address, until it is removed. ASSAY_E_EXISTS;
 * ASSAY_E_LIMIT: as many as can be are kept; ASSAY_E_PEER: it is this node. */
ASSAY_MUST_CHECK
enum assay_err node_driver_peer_add(struct node_driver *driver,
                                    const struct node_address *address);

/* Parts with a node. ASSAY_E_NOT_FOUND: it is neither kept nor connected. */
ASSAY_MUST_CHECK
enum assay_err node_driver_peer_remove(struct node_driver *driver,
                                       const struct assay_key *node);

/*
 * Brings the ledger in step with a node, or where address is NULL with all
 * that are connected; synced is called for each. ASSAY_E_NOT_FOUND: nobody is
 * connected; ASSAY_E_BUSY: too many are asked for.
 */
ASSAY_MUST_CHECK
enum assay_err node_driver_sync(struct node_driver *driver, uint64_t client,
                                const struct node_address *address);

/* Who asked for it has gone. */
void node_driver_sync_forget(struct node_driver *driver, uint64_t client);

/* Whether no captured bytes are looked for or fetched, nor records that are
 * named over a connection that is for a sync alone. */
bool node_driver_is_idle(const struct node_driver *driver);

/* Fills in what a status says of peers and records. */
void node_driver_status(struct node_driver *driver,
                        struct assay_control_status *status_out);

/* Fills in what metrics say of peers and records. */
void node_driver_measure(struct node_driver *driver,
                         struct node_metrics_values *values_out);

/* The index-th connection or address to be kept; false behind the last. Texts
 * are valid until the next call. */
bool node_driver_peer_at(struct node_driver *driver, size_t index,
                         struct assay_control_peer *peer_out);

/* Says goodbye, writes what was taken in, and calls done. */
void node_driver_stop(struct node_driver *driver, void (*done)(void *context));

/* Frees one that has stopped; accepts NULL. */
void node_driver_free(struct node_driver *driver);

#endif
