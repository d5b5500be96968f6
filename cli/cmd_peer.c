/* SPDX-License-Identifier: Apache-2.0 */
/* assay peer: with whom the node of this ledger shall speak. */
#include <string.h>

#include "client.h"
#include "report.h"

static enum cli_exit run_add(struct cli_context *context,
                             const struct cli_args *args)
{
    struct assay_control request = {
        .type = ASSAY_CONTROL_PEER_ADD,
        .as.address = assay_bytes_of(cli_args_positional(args, 0))};
    struct cli_client *client = NULL;
    enum cli_exit code = cli_client_open(context, args, false, &client);

    if (code == CLI_DONE) {
        code = cli_client_order(client, &request);
    }
    cli_client_close(client);
    return code;
}

static enum cli_exit run_remove(struct cli_context *context,
                                const struct cli_args *args)
{
    const char *text = cli_args_positional(args, 0);
    struct assay_control request = {.type = ASSAY_CONTROL_PEER_REMOVE};
    struct assay_bytes id = {(const uint8_t *)text, strcspn(text, "@")};
    struct cli_client *client = NULL;
    struct assay_id_prefix prefix;
    enum cli_exit code = CLI_DONE;

    if (assay_id_parse(id, &prefix, NULL) != ASSAY_OK ||
        prefix.type != ASSAY_ID_NODE || prefix.bit_count != 256) {
        cli_report("\"%s\" is no whole node id (node1...). See: assay peers",
                   text);
        return CLI_USAGE;
    }
    memcpy(request.as.node.bytes, prefix.bytes, sizeof(prefix.bytes));
    code = cli_client_open(context, args, false, &client);
    if (code == CLI_DONE) {
        code = cli_client_order(client, &request);
    }
    cli_client_close(client);
    return code;
}

static const struct cli_option options[] = {CLI_CLIENT_OPTION, {0}};

const struct cli_command cli_cmd_peer_add = {
    .name = "peer",
    .sub = "add",
    .summary = "Let the node stay connected with another one.",
    .arguments = "NODE@HOST:PORT",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "Until the node ends; to keep it, put it among the peers of "
               "its configuration (assayd.conf(5)). It may connect here, too, "
               "from then on.",
    .example = "assay peer add node1qxy...@desk.example.org:7117",
    .run = run_add,
};

const struct cli_command cli_cmd_peer_remove = {
    .name = "peer",
    .sub = "remove",
    .summary = "Let the node part with another one.",
    .arguments = "NODE",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "Its connection is closed, and it is not dialled any more "
               "until the node's configuration says so again.",
    .example = "assay peer remove node1qxy...",
    .run = run_remove,
};
