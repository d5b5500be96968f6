/* SPDX-License-Identifier: Apache-2.0 */
/*
 * houses.h - nodes side by side on one loop, for tests: each with a ledger, a
 * key, a configuration and a driver, listening on 127.0.0.1.
 */
#ifndef ASSAY_TESTS_UNIT_NODE_HOUSES_H
#define ASSAY_TESTS_UNIT_NODE_HOUSES_H

#include "node/captures_internal.h"
#include "node/driver_internal.h"
#include "test_ledger.h"

/* What a test waits for comes at once; this ends one that waits in vain. */
#define HOUSES_PATIENCE_MS 30000

struct house {
    struct test_ledger test;
    struct store_node_key *key;
    struct node_config config;
    struct node_driver *driver;
    struct node_log log;
    uv_tcp_t server;
    bool is_deaf; /* Connections are left where they wait. */
    struct node_address address;
    struct node_sync_result result; /* The last one. */
    size_t result_count;
    bool is_stopped;
};

#define HOUSES_MAX 3

struct houses {
    uv_loop_t loop;
    uv_timer_t guard;
    struct house list[HOUSES_MAX];
    size_t count;
};

/* Some of them that let anybody in and have no record. Each function fails the
 * test where it cannot do its work. */
void houses_open(struct houses *houses, size_t count);
void houses_close(struct houses *houses);

/* Runs the loop until a condition holds. */
void houses_run(struct houses *houses,
                bool (*is_so)(const struct houses *houses));

/* Takes the connections that wait at one that was deaf. */
void house_listen(struct house *house);

/* Its connections of all states. */
size_t house_links(const struct house *house);

#endif
