/* SPDX-License-Identifier: Apache-2.0 */
/* assay sync: bring the ledger in step with a node's. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"
#include "json.h"
#include "report.h"
#include "words.h"

/* How the program of a node is called. */
#define PROGRAM "assayd"

static enum cli_exit print_json(const struct assay_control_progress *progress)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, "assay-sync/1");

    cli_doc_put_id(&doc, document, "node", ASSAY_ID_NODE, progress->node.bytes);
    cli_doc_put_bool(&doc, document, "is_synced", progress->is_synced);
    cli_doc_put_number(&doc, document, "records_in", progress->records_in);
    cli_doc_put_number(&doc, document, "records_out", progress->records_out);
    cli_doc_put_number(&doc, document, "bytes_in", progress->bytes_in);
    cli_doc_put_number(&doc, document, "bytes_out", progress->bytes_out);
    return cli_doc_print_line(&doc, document);
}

static void print_plain(const struct assay_control_progress *progress)
{
    char node[ASSAY_ID_TEXT_MAX];
    char in[CLI_NUMBER_MAX];
    char out[CLI_NUMBER_MAX];

    cli_id_short(ASSAY_ID_NODE, progress->node.bytes, 0, node);
    cli_number(progress->records_in, in);
    cli_number(progress->records_out, out);
    (void)printf("%s %s: %s new records came, %s went.\n",
                 progress->is_synced ? "In step with" : "Not in step with",
                 node, in, out);
}

/* What the node says of each peer; the last word is its DONE or FAILED. */
static enum cli_exit ask_node(struct cli_context *context,
                              struct cli_client *client, const char *address)
{
    struct assay_control request = {.type = ASSAY_CONTROL_SYNC,
                                    .as.address = assay_bytes_of(address)};
    struct assay_control answer = {.type = ASSAY_CONTROL_FAILED};
    enum cli_exit code = cli_client_ask(client, &request);

    while (code == CLI_DONE) {
        code = cli_client_next(client, &answer);
        if (code != CLI_DONE || answer.type == ASSAY_CONTROL_DONE) {
            break;
        }
        if (answer.type == ASSAY_CONTROL_PROGRESS && context->json) {
            code = print_json(&answer.as.progress);
        } else if (answer.type == ASSAY_CONTROL_PROGRESS) {
            print_plain(&answer.as.progress);
        }
    }
    return code;
}

/* The program beside our own, where it was installed with it; malloc'ed. */
static char *program_beside(void)
{
    char own[4096];
    ssize_t len = readlink("/proc/self/exe", own, sizeof(own));

    while (len > 0 && own[len - 1] != '/') {
        len--;
    }
    if (len <= 0 || (size_t)len >= sizeof(own)) {
        return NULL;
    }
    size_t size = (size_t)len + sizeof(PROGRAM);
    char *path = malloc(size);
    if (path != NULL) {
        memcpy(path, own, (size_t)len);
        memcpy(path + len, PROGRAM, sizeof(PROGRAM));
    }
    return path;
}

/* No node runs: one is started for this alone, in our place. */
static enum cli_exit run_once(struct cli_context *context, char *address)
{
    char *beside = program_beside();
    char *folder = cli_context_folder(context);
    char name[] = PROGRAM;
    char ledger[] = "--ledger";
    char log[] = "--log";
    char level[] = "warn";
    char once[] = "--sync-once";
    char json[] = "--json";
    char *arguments[] = {name,  ledger, folder,  log,
                         level, once,   address, context->json ? json : NULL,
                         NULL};

    if (folder == NULL) {
        free(beside);
        return CLI_ENVIRONMENT;
    }
    (void)fflush(stdout);
    if (beside != NULL && access(beside, X_OK) == 0) {
        (void)execv(beside, arguments);
    }
    (void)execvp(PROGRAM, arguments);
    cli_report("no node runs here, and the program %s cannot be started. Is it "
               "installed?",
               PROGRAM);
    free(beside);
    free(folder);
    return CLI_ENVIRONMENT;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    const char *address = cli_args_positional(args, 0);
    struct cli_client *client = NULL;
    enum cli_exit code = CLI_DONE;

    if (cli_client_open(context, args, address != NULL, &client) == CLI_DONE) {
        code = ask_node(context, client, address);
        cli_client_close(client);
        return code;
    }
    if (address == NULL) {
        return CLI_ENVIRONMENT; /* That no node runs was said. */
    }
    char *copied = strdup(address);
    if (copied == NULL) {
        return cli_report_err(address, ASSAY_E_NOMEM, NULL);
    }
    code = run_once(context, copied);
    free(copied);
    return code;
}

static const struct cli_option options[] = {CLI_CLIENT_OPTION, {0}};

const struct cli_command cli_cmd_sync = {
    .name = "sync",
    .summary = "Bring the ledger in step with another node's, now.",
    .arguments = "[NODE@HOST:PORT]",
    .positional_max = 1,
    .options = options,
    .details = "Where a node serves this ledger, it does it, and without an "
               "address with all its peers. Where none runs, an address is "
               "needed, and the connection lasts as long as the command. "
               "Records go both ways. Exits with 1 where they are not in step "
               "in the end.",
    .example = "assay sync node1qxy...@desk.example.org:7117",
    .run = run,
};
