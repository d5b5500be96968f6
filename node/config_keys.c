/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of what may stand in a configuration. */
#include "config.h"

#include "protocol/limits.h"

#include <stddef.h>

#define AT(field) offsetof(struct node_config, field)

static const char *const log_words[] = {"error", "warn", "info", "debug", NULL};
static const char *const capture_words[] = {"all", "cited", "none", NULL};

/* One a line each, so that the table reads like the page made from it. */
/* clang-format off */
static const struct node_config_key keys[] = {
    {"node", "ledger", NODE_CONFIG_PATH, "DIR", "",
     "The ledger's folder. Left out: $ASSAY_LEDGER, else $XDG_DATA_HOME/assay, "
     "else ~/.local/share/assay. It must exist (assay init).",
     false, AT(ledger), 0, 0, NULL},
    {"node", "control", NODE_CONFIG_SOCKET, "PATH", "",
     "The Unix socket, of mode 0600, through which assay(1) speaks with the "
     "node. Left out: control.sock in the ledger's folder.",
     false, AT(control), 0, 0, NULL},
    {"node", "log", NODE_CONFIG_WORD, "LEVEL", "info",
     "How much is said on standard error: error, warn, info or debug.",
     true, AT(log_level), 0, 0, log_words},

    {"network", "listen", NODE_CONFIG_LISTEN, "HOST:PORT...",
     "0.0.0.0:7117 [::]:7117",
     "Where peers may connect: IPv4 addresses, IPv6 addresses in brackets, or "
     "names. Port 0 takes any that is free. Sockets handed over by systemd(1) "
     "are used instead where there are any. Empty: the node only dials.",
     false, AT(listen), 0, 0, NULL},
    {"network", "peers", NODE_CONFIG_PEERS, "NODE@HOST:PORT...", "",
     "Nodes to stay connected with. Who answers must hold NODE's key. A "
     "link-local address names its interface, [fe80::1%eth0]:7117; such a one "
     "is told to no other node.",
     true, AT(peers), 0, 0, NULL},
    {"network", "allow", NODE_CONFIG_ALLOW, "NODE... | open", "",
     "Nodes that may connect, beside the peers above; open lets any.",
     true, AT(allow), 0, 0, NULL},
    {"network", "active-view", NODE_CONFIG_NUMBER, "N", "8",
     "Neighbours that are found through others at most (1 to 48), beside the "
     "peers above; the other known nodes are kept in reserve.",
     false, AT(active_view), 1, 48, NULL},
    {"network", "connections", NODE_CONFIG_NUMBER, "N", "256",
     "Connections that may be open at once; further ones are closed at once.",
     true, AT(connections_max), 1, 65536, NULL},
    {"network", "connections-per-address", NODE_CONFIG_NUMBER, "N", "16",
     "How many of them may come from one address (IPv6: from one /64).",
     true, AT(connections_per_address), 1, 65536, NULL},
    {"network", "handshake-seconds", NODE_CONFIG_NUMBER, "N", "10",
     "What a new connection has to prove who it is.",
     true, AT(handshake_s), 1, 300, NULL},

    {"policy", "accept", NODE_CONFIG_ACCEPT, "trusted | vouched:N | open",
     "trusted",
     "Whose records are kept and passed on: teams that are trusted here "
     "(assay trust) and one's own; those, too, that they vouch for within N "
     "steps (1 to 8); or any team. What a kept record refers to is kept as "
     "well.",
     true, AT(accept), 0, 0, NULL},
    {"policy", "team-quota", NODE_CONFIG_NUMBER, "N", "1000",
     "With accept = open: records a day that are taken of a team which is "
     "neither trusted nor vouched for.",
     true, AT(team_quota), 1, 100000000, NULL},
    {"policy", "named-quota", NODE_CONFIG_NUMBER, "N", "10000",
     "Records a day that are kept although their teams are not followed, since "
     "records of one team refer to them or to what builds on them. What is "
     "more is asked for on another day.",
     true, AT(named_quota), 0, 100000000, NULL},
    {"policy", "follow", NODE_CONFIG_TEAMS, "TEAM...", "",
     "Teams whose records are kept though their verdicts do not count here.",
     true, AT(follow), 0, 0, NULL},

    {"captures", "keep", NODE_CONFIG_WORD, "all | cited | none", "cited",
     "Which captured bytes are fetched from peers: of every record held, of "
     "those that a source or claim cites, or none.",
     true, AT(captures), 0, 0, capture_words},
    {"captures", "size-max", NODE_CONFIG_SIZE, "BYTES", "64M",
     "Longer captures are not fetched. K, M, G and T count in steps of 1024.",
     true, AT(capture_size_max), 1, ASSAY_NUMBER_MAX, NULL},
    {"captures", "quota", NODE_CONFIG_SIZE, "BYTES", "10G",
     "What all captures may take on disk before no more are fetched. Bytes "
     "that are there stay.",
     true, AT(captures_quota), 0, ASSAY_NUMBER_MAX, NULL},
    {"captures", "rate", NODE_CONFIG_SIZE, "BYTES", "4M",
     "Bytes a second that a peer is served of captures, over connections that "
     "are made from then on.",
     true, AT(captures_rate), 1024, ASSAY_NUMBER_MAX, NULL},

    {"metrics", "listen", NODE_CONFIG_LISTEN, "HOST:PORT...", "",
     "Where Prometheus may fetch /metrics by HTTP, unencrypted: keep it on a "
     "loopback address. Empty: nowhere.",
     false, AT(metrics), 0, 0, NULL},
};
/* clang-format on */

const struct node_config_key *node_config_keys(size_t *count_out)
{
    *count_out = sizeof(keys) / sizeof(keys[0]);
    return keys;
}

const struct node_config_key *node_config_find(const char *section,
                                               const char *name)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(keys[i].section, section) == 0 &&
            strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}
