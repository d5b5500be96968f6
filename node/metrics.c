/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics.h"

#include "scdoc.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

#define AT(field) offsetof(struct node_metrics_values, field)

/* Name, type, help, and the value's place. */
static const struct {
    const char *name;
    const char *type;
    const char *help;
    size_t offset;
} metrics[] = {
    {"assayd_uptime_seconds", "gauge", "Time since the node began.",
     AT(uptime_s)},
    {"assayd_records", "gauge", "Records in the ledger.", AT(records)},
    {"assayd_last_lsn", "counter", "Number of the newest record.",
     AT(last_lsn)},
    {"assayd_missing_references", "gauge",
     "Records that are named and not held.", AT(missing)},
    {"assayd_ledger_bytes", "gauge", "Disk space of the ledger's tables.",
     AT(disk_bytes)},
    {"assayd_ledger_blocked", "gauge", "1 while the ledger cannot be written.",
     AT(is_blocked)},
    {"assayd_connections", "gauge", "Open connections.", AT(connections)},
    {"assayd_connections_accepted_total", "counter",
     "Connections from outside that were taken.", AT(accepted)},
    {"assayd_connections_refused_total", "counter",
     "Connections from outside beyond a limit.", AT(turned_away)},
    {"assayd_neighbours", "gauge", "Peers that records are told to.",
     AT(neighbours)},
    {"assayd_reserve_addresses", "gauge", "Addresses kept for later.",
     AT(in_reserve)},
    {"assayd_teams_followed", "gauge",
     "Teams whose records are kept, where not any team's are.", AT(teams)},
    {"assayd_ingest_queued", "gauge",
     "Records that are being checked and written.", AT(queued)},
    {"assayd_ingest_waiting", "gauge",
     "Records that wait for what they build on.", AT(waiting)},
    {"assayd_ingest_added_total", "counter",
     "Records of peers that were stored.", AT(added)},
    {"assayd_ingest_refused_total", "counter",
     "Records of peers that are invalid.", AT(refused)},
    {"assayd_ingest_batches_total", "counter", "Batches that were written.",
     AT(batches)},
    {"assayd_ingest_last_batch_microseconds", "gauge",
     "How long the last batch took.", AT(last_batch_us)},
    {"assayd_peer_received_bytes_total", "counter",
     "Bytes of messages from peers.", AT(bytes_in)},
    {"assayd_peer_sent_bytes_total", "counter", "Bytes of messages to peers.",
     AT(bytes_out)},
    {"assayd_peer_sent_records_total", "counter", "Records sent to peers.",
     AT(records_out)},
    {"assayd_captures_wanted", "gauge",
     "Captures whose bytes are being looked for.", AT(captures_wanted)},
    {"assayd_captures_fetched_total", "counter",
     "Captures whose bytes came from peers.", AT(captures_fetched)},
    {"assayd_captures_failed_total", "counter",
     "Captures whose bytes came and were others.", AT(captures_failed)},
    {"assayd_captures_bytes", "gauge",
     "Disk space of captured bytes when they were last counted, and what came "
     "since.",
     AT(captures_bytes)},
    {"assayd_captures_received_bytes_total", "counter",
     "Captured bytes from peers.", AT(blob_bytes_in)},
    {"assayd_captures_sent_bytes_total", "counter", "Captured bytes to peers.",
     AT(blob_bytes_out)},
};

char *node_metrics_text(const struct node_metrics_values *values,
                        size_t *len_out)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len_out);

    if (out == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
        uint64_t value = 0;

        memcpy(&value, (const char *)values + metrics[i].offset, sizeof(value));
        (void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n",
                      metrics[i].name, metrics[i].help, metrics[i].name,
                      metrics[i].type, metrics[i].name, value);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

void node_metrics_print_scdoc(FILE *out)
{
    for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
        (void)fputc('*', out);
        node_scdoc_put(out, metrics[i].name);
        (void)fputs("*\n\t", out);
        node_scdoc_put(out, metrics[i].help);
        (void)fputs("\n\n", out);
    }
}
