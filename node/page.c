/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"

#include "metrics.h"
#include "scdoc.h"

static const struct {
    const char *name;
    const char *help;
} events[] = {
    {"ready, reloaded, stopping, stopped", "The node's life."},
    {"listening, listen-skipped",
     "An address that peers may connect to, or one of the defaults that this "
     "machine has not."},
    {"files-limited",
     "The system lets the node have so few open files that it takes fewer "
     "connections than the configuration says."},
    {"peer-open, peer-closed",
     "A peer was let in; a connection ended, and why. Its level is warn where "
     "the peer is to blame."},
    {"peer-in-step, peer-differs",
     "A comparison with a peer has ended: both hold the same, or not yet."},
    {"connection-refused",
     "Connections from outside beyond a limit; count says how many since the "
     "last such line, of which there is one a second at most."},
    {"dial-failed", "An address that could not be reached, and why."},
    {"peer-not-kept",
     "An address of the configuration that is this node's own, or one too "
     "many."},
    {"record-refused", "An invalid record, who sent it, and what is wrong."},
    {"capture-refused, peer-sent-false-bytes",
     "Captured bytes came that are others, with a line for each node that sent "
     "some; the peer that alone sent them."},
    {"captures-quota-reached", "No more captured bytes are fetched."},
    {"capture-not-written", "A file of captured bytes could not be written."},
    {"ledger-not-writable, ledger-writable",
     "The disk is full or fails; the node waits, and then goes on."},
    {"reload-refused, reload-needs-restart",
     "The configuration is wrong, in that line; a key that is read at start "
     "only has changed."},
};

void node_page_begin(FILE *out)
{
    (void)fputs(
        "assayd(8)\n\n# NAME\n\nassayd - a node of the ledger of "
        "fact\\-checks\n\n# SYNOPSIS\n\n*assayd* [_options_]\n\n# DESCRIPTION"
        "\n\nKeeps the records of a ledger in step with those of other nodes: "
        "connects to peers by encrypted channels, checks every record itself, "
        "keeps those that the operator's policy accepts, and passes them on; "
        "fetches captured bytes and serves them. It follows what *assay*(1) "
        "writes into the same ledger and answers *assay status*, *assay "
        "peers* and their like through a Unix socket.\n\nOne node serves a "
        "ledger at a time. Its key, by which others know it, is made at the "
        "first start.\n\n# OPTIONS\n\nOptions take precedence over the "
        "configuration: of a list they replace what that says.\n\n",
        out);
}

static void put_log(FILE *out)
{
    (void)fputs(
        "# LOG\n\nLines on standard error: time, level, event and further "
        "key=value pairs. Where journald reads, they begin with its priority "
        "instead of the time. Values of peers are quoted so that they harm "
        "neither a line nor a terminal.\n\n",
        out);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        (void)fputc('*', out);
        node_scdoc_put(out, events[i].name);
        (void)fputs("*\n\t", out);
        node_scdoc_put(out, events[i].help);
        (void)fputs("\n\n", out);
    }
}

void node_page_end(FILE *out)
{
    (void)fputs(
        "# SIGNALS\n\nSIGTERM and SIGINT end the node: it stops taking "
        "records, makes durable what it took, says goodbye to its peers and "
        "exits with 0. SIGHUP reads the configuration again.\n\n"
        "# SYSTEMD\n\nTells readiness, reloading and stopping as "
        "*sd_notify*(3) does, and takes listening sockets as "
        "*sd_listen_fds*(3) does; then *listen* of the configuration is not "
        "used.\n\n"
        "# ENVIRONMENT\n\n*ASSAY_LEDGER*\n\tThe ledger's folder, where "
        "nothing else names it.\n\n*ASSAY_PASSPHRASE_FILE*\n\tA file of mode "
        "0600 whose first line seals the node's key when it is made and opens "
        "it afterwards.\n\n"
        "# FILES\n\n_LEDGER_/node.key\n\tThe node's key.\n\n"
        "_LEDGER_/control.sock\n\tThe socket for *assay*(1), of mode "
        "0600.\n\n_LEDGER_/incoming/\n\tCaptured bytes on their way.\n\n",
        out);
    put_log(out);
    (void)fputs("# METRICS\n\nServed to Prometheus at /metrics, where the "
                "configuration says.\n\n",
                out);
    node_metrics_print_scdoc(out);
    (void)fputs(
        "# EXIT STATUS\n\n0 done, 1 a sync that did not come to its end, 2 "
        "wrong usage, 3 the configuration is refused, 4 environment (no "
        "ledger, the port taken, no permission).\n\n"
        "# EXAMPLE\n\n```\nassayd \\-\\-ledger /var/lib/assay "
        "\\-\\-listen [::]:7117 \\-\\-allow open\n```\n\n"
        "# SEE ALSO\n\n*assay*(1), *assayd.conf*(5)\n",
        out);
}
