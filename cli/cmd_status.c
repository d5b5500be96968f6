/* SPDX-License-Identifier: Apache-2.0 */
/* assay status: how the node of this ledger is. */
#include <inttypes.h>
#include <stdio.h>

#include "client.h"
#include "json.h"
#include "lines.h"
#include "report.h"
#include "words.h"

static enum cli_exit print_json(const struct assay_control_status *status)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, "assay-status/1");
    json_t *listen = cli_doc_list(&doc);

    cli_doc_put_id(&doc, document, "node", ASSAY_ID_NODE, status->node.bytes);
    cli_doc_put_text(&doc, document, "version", status->version);
    cli_doc_put_text(&doc, document, "ledger", status->ledger);
    cli_doc_put_number(&doc, document, "uptime_s", status->uptime_s);
    cli_doc_put_number(&doc, document, "records", status->records);
    cli_doc_put_number(&doc, document, "last_lsn", status->last_lsn);
    cli_doc_put_number(&doc, document, "connections", status->connections);
    cli_doc_put_number(&doc, document, "neighbours", status->active);
    cli_doc_put_number(&doc, document, "in_reserve", status->passive);
    cli_doc_put_number(&doc, document, "queued", status->queued);
    cli_doc_put_number(&doc, document, "waiting", status->waiting);
    cli_doc_put_number(&doc, document, "added", status->added);
    cli_doc_put_number(&doc, document, "refused", status->refused);
    cli_doc_put_bool(&doc, document, "is_blocked", status->is_blocked);
    cli_doc_put_bool(&doc, document, "follows_all", status->follows_all);
    cli_doc_put_number(&doc, document, "teams", status->teams);
    for (size_t i = 0; i < status->listen_count; i++) {
        cli_doc_add_text(&doc, listen, status->listen[i]);
    }
    cli_doc_put(&doc, document, "listen", listen);
    return cli_doc_print(&doc, document);
}

static void print_number(const char *what, uint64_t number)
{
    char text[CLI_NUMBER_MAX];

    cli_number(number, text);
    (void)printf("  %-26s %s\n", what, text);
}

static void print_text(const char *what, struct assay_bytes text)
{
    (void)printf("  %-26s ", what);
    cli_term_line(stdout, text);
}

static void print_plain(const struct assay_control_status *status)
{
    char node[ASSAY_ID_TEXT_MAX];

    assay_id_format(ASSAY_ID_NODE, status->node.bytes, node);
    (void)printf("%s\n", node);
    print_text("ledger", status->ledger);
    print_text("version", status->version);
    (void)printf("  %-26s %" PRIu64 " h %" PRIu64 " min\n", "up",
                 status->uptime_s / 3600, status->uptime_s / 60 % 60);
    for (size_t i = 0; i < status->listen_count; i++) {
        print_text(i == 0 ? "listens on" : "", status->listen[i]);
    }
    print_number("records", status->records);
    print_number("connections", status->connections);
    print_number("of these neighbours", status->active);
    print_number("addresses in reserve", status->passive);
    if (status->follows_all) {
        (void)printf("  %-26s %s\n", "teams followed", "any");
    } else {
        print_number("teams followed", status->teams);
    }
    print_number("records from peers", status->added);
    print_number("refused", status->refused);
    print_number("being checked or written", status->queued);
    print_number("waiting for others", status->waiting);
    if (status->is_blocked) {
        (void)printf("  The ledger cannot be written: see the node's log.\n");
    }
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct assay_control request = {.type = ASSAY_CONTROL_ASK_STATUS};
    struct assay_control answer = {.type = ASSAY_CONTROL_FAILED};
    struct cli_client *client = NULL;
    enum cli_exit code = cli_client_open(context, args, false, &client);

    if (code == CLI_DONE) {
        code = cli_client_ask(client, &request);
    }
    if (code == CLI_DONE) {
        code = cli_client_next(client, &answer);
    }
    if (code == CLI_DONE && answer.type != ASSAY_CONTROL_STATUS) {
        cli_report("the node answered something else than was asked.");
        code = CLI_ENVIRONMENT;
    } else if (code == CLI_DONE && context->json) {
        code = print_json(&answer.as.status);
    } else if (code == CLI_DONE) {
        print_plain(&answer.as.status);
    }
    cli_client_close(client);
    return code;
}

static const struct cli_option options[] = {CLI_CLIENT_OPTION, {0}};

const struct cli_command cli_cmd_status = {
    .name = "status",
    .summary = "Say how the node that serves the ledger is.",
    .arguments = "",
    .options = options,
    .details = "Exits with 4 where no node runs.",
    .example = "assay status",
    .run = run,
};
