/* SPDX-License-Identifier: Apache-2.0 */
/* assay peers: whom the node of this ledger speaks with. */
#include <inttypes.h>
#include <stdio.h>

#include "client.h"
#include "json.h"
#include "lines.h"
#include "report.h"
#include "words.h"

/* Whether the node is asked about its peers for people or for programs. */
struct listing {
    struct cli_doc doc;
    json_t *list; /* NULL: for people. */
    size_t count;
};

static const char *state_name(uint64_t state)
{
    switch (state) {
    case ASSAY_CONTROL_PEER_AWAY:
        return "away";
    case ASSAY_CONTROL_PEER_DIALLING:
        return "dialling";
    case ASSAY_CONTROL_PEER_OPEN:
        return "open";
    case ASSAY_CONTROL_PEER_ACTIVE:
        return "neighbour";
    case ASSAY_CONTROL_PEER_CLOSING:
        return "closing";
    default:
        return "other";
    }
}

static void add_json(struct listing *listing,
                     const struct assay_control_peer *peer)
{
    struct cli_doc *doc = &listing->doc;
    json_t *object = cli_doc_object(doc);

    cli_doc_put_word(doc, object, "state", state_name(peer->state));
    cli_doc_put_id(doc, object, "node", ASSAY_ID_NODE,
                   peer->has_key ? peer->node.bytes : NULL);
    cli_doc_put_text(doc, object, "at", peer->at);
    cli_doc_put_bool(doc, object, "is_dialled", peer->is_dialled);
    cli_doc_put_bool(doc, object, "is_kept", peer->is_static);
    cli_doc_put_bool(doc, object, "is_synced", peer->is_synced);
    cli_doc_put_number(doc, object, "connected_s", peer->connected_s);
    cli_doc_put_number(doc, object, "records_in", peer->records_in);
    cli_doc_put_number(doc, object, "records_out", peer->records_out);
    cli_doc_put_number(doc, object, "bytes_in", peer->bytes_in);
    cli_doc_put_number(doc, object, "bytes_out", peer->bytes_out);
    cli_doc_put_number(doc, object, "score", peer->score);
    cli_doc_put_text(doc, object, "agent", peer->agent);
    cli_doc_add(doc, listing->list, object);
}

static void print_peer(const struct assay_control_peer *peer)
{
    char node[ASSAY_ID_TEXT_MAX] = "a node not known yet";
    char in[CLI_NUMBER_MAX];
    char out[CLI_NUMBER_MAX];

    if (peer->has_key) {
        assay_id_format(ASSAY_ID_NODE, peer->node.bytes, node);
    }
    cli_number(peer->records_in, in);
    cli_number(peer->records_out, out);
    (void)printf("%s\n  %s%s%s, ", node, state_name(peer->state),
                 peer->is_static ? ", kept" : "",
                 peer->is_synced ? ", in step" : "");
    if (peer->state != ASSAY_CONTROL_PEER_AWAY) {
        (void)printf("%s records in, %s out, ", in, out);
    }
    cli_term_line(stdout, peer->at);
}

static enum cli_exit list(struct cli_client *client, struct listing *listing)
{
    struct assay_control request = {.type = ASSAY_CONTROL_ASK_PEERS};
    struct assay_control answer = {.type = ASSAY_CONTROL_FAILED};
    enum cli_exit code = cli_client_ask(client, &request);

    while (code == CLI_DONE) {
        code = cli_client_next(client, &answer);
        if (code != CLI_DONE || answer.type == ASSAY_CONTROL_DONE) {
            break;
        }
        if (answer.type == ASSAY_CONTROL_PEER) {
            listing->count++;
            if (listing->list != NULL) {
                add_json(listing, &answer.as.peer);
            } else {
                print_peer(&answer.as.peer);
            }
        }
    }
    return code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct listing listing = {{false}, NULL, 0};
    struct cli_client *client = NULL;
    enum cli_exit code = cli_client_open(context, args, false, &client);

    if (code != CLI_DONE) {
        return code;
    }
    if (context->json) {
        listing.list = cli_doc_list(&listing.doc);
    }
    code = list(client, &listing);
    cli_client_close(client);
    if (context->json && code == CLI_DONE) {
        json_t *document = cli_doc_begin(&listing.doc, "assay-peers/1");

        cli_doc_put(&listing.doc, document, "peers", listing.list);
        code = cli_doc_print(&listing.doc, document);
    } else if (context->json) {
        json_decref(listing.list);
    } else if (code == CLI_DONE && listing.count == 0) {
        cli_note("No peer is connected, and none is to be.");
    }
    return code == CLI_DONE && listing.count == 0 ? CLI_NO : code;
}

static const struct cli_option options[] = {CLI_CLIENT_OPTION, {0}};

const struct cli_command cli_cmd_peers = {
    .name = "peers",
    .summary = "List whom the node speaks with, or shall speak with.",
    .arguments = "",
    .options = options,
    .example = "assay peers",
    .run = run,
};
