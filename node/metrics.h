/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - what a node tells Prometheus (text exposition format 0.0.4).
 */
#ifndef ASSAY_NODE_METRICS_H
#define ASSAY_NODE_METRICS_H

#include "http.h"

#include <stdio.h>

struct node_metrics_values {
    uint64_t uptime_s;
    uint64_t records;
    uint64_t last_lsn;
    uint64_t missing;
    uint64_t disk_bytes;
    uint64_t connections;
    uint64_t neighbours;
    uint64_t in_reserve;
    uint64_t teams;
    uint64_t queued;
    uint64_t waiting;
    uint64_t is_blocked;
    uint64_t added;
    uint64_t refused;
    uint64_t batches;
    uint64_t last_batch_us;
    uint64_t accepted;    /* Connections that were taken. */
    uint64_t turned_away; /* Connections beyond a limit. */
    uint64_t bytes_in;    /* Of all sessions, those that ended too. */
    uint64_t bytes_out;
    uint64_t records_out;
    uint64_t captures_wanted;
    uint64_t captures_fetched;
    uint64_t captures_failed;
    uint64_t captures_bytes;
    uint64_t blob_bytes_in; /* Of all sessions, those that ended too. */
    uint64_t blob_bytes_out;
};

/* The page as text, malloc'ed; NULL where there is no memory. */
char *node_metrics_text(const struct node_metrics_values *values,
                        size_t *len_out);

/* What each is, for assayd(8) as scdoc(5) reads it. */
void node_metrics_print_scdoc(FILE *out);

#endif
