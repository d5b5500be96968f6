/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node.h - a node: owns the loop, the ledger and all that runs on it.
 *
 * The life of a node:
 *
 *   starting -- everything is open --> running -- SIGTERM --> stopping --> gone
 *
 * What is opened in node_start is closed in the reverse order; the loop ends
 * when the last handle is closed. One thread runs the loop.
 */
#ifndef ASSAY_NODE_NODE_H
#define ASSAY_NODE_NODE_H

#include "control.h"
#include "driver.h"
#include "http.h"
#include "listener.h"
#include "options.h"
#include "store/ledger.h"

enum node_signal { NODE_SIGNAL_TERM, NODE_SIGNAL_INT, NODE_SIGNAL_HUP };

#define NODE_SIGNAL_COUNT 3

struct node {
    uv_loop_t loop;
    bool has_loop;
    bool is_stopping;
    enum node_exit exit;
    const struct node_options *options; /* Borrowed. */
    struct node_config config;
    struct node_log log;
    char *dir; /* The ledger's folder. */
    int lock_fd;
    struct store_ledger *ledger;
    struct store_node_key *key;
    char id[ASSAY_ID_TEXT_MAX]; /* The key as text. */
    uint64_t started_ms;
    uv_signal_t signals[NODE_SIGNAL_COUNT];
    struct node_listeners *listeners;
    struct node_driver *driver;
    struct node_control *control;
    struct node_http *metrics; /* NULL where none are wanted. */
    bool is_synced;            /* Of one that lives for one sync. */
    char control_path[NODE_PATH_MAX];
};

/* Runs a node until it is told to end; takes the configuration. */
enum node_exit node_run(const struct node_options *options,
                        struct node_config *config);

/* Begins the end. It may be called more than once. */
void node_stop(struct node *node);

/* Says why a node cannot start: "assayd: what: why." on standard error. */
void node_say(const char *what, const char *why);

#endif
