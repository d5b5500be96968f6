/* SPDX-License-Identifier: Apache-2.0 */
/* assay follow: records as the node gets them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "input.h"
#include "json.h"
#include "protocol/kind.h"
#include "report.h"
#include "words.h"

static enum cli_exit print_json(const struct assay_control_record *record)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, "assay-follow/1");

    cli_doc_put_number(&doc, document, "lsn", record->lsn);
    cli_doc_put_id(&doc, document, "id", assay_id_type_of_kind(record->kind),
                   record->id.hash);
    cli_doc_put_word(&doc, document, "kind", assay_kind_name(record->kind));
    cli_doc_put_number(&doc, document, "kind_number", record->kind);
    cli_doc_put_time(&doc, document, "received", record->received_s);
    return cli_doc_print_line(&doc, document);
}

static enum cli_exit print_plain(const struct assay_control_record *record)
{
    char id[ASSAY_ID_TEXT_MAX];
    char when[CLI_TIME_MAX];

    assay_id_format(assay_id_type_of_kind(record->kind), record->id.hash, id);
    cli_time_words(record->received_s, when);
    if (printf("%" PRIu64 "  %s  %s\n", record->lsn, when, id) < 0 ||
        fflush(stdout) != 0) {
        return CLI_ENVIRONMENT; /* Who read it has gone. */
    }
    return CLI_DONE;
}

/* --after, a number; what comes from now on where it is not given. */
static bool read_after(const struct cli_args *args, uint64_t *after_out)
{
    const char *text = cli_args_value(args, "after");
    char *end = NULL;

    *after_out = UINT64_MAX;
    if (text == NULL) {
        return true;
    }
    if (text[0] >= '0' && text[0] <= '9') {
        *after_out = strtoull(text, &end, 10);
    }
    if (end == NULL || *end != '\0') {
        cli_report("--after needs a number, as assay log prints it, not "
                   "\"%s\".",
                   text);
        return false;
    }
    return true;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct assay_control request = {.type = ASSAY_CONTROL_FOLLOW};
    struct assay_control answer = {.type = ASSAY_CONTROL_FAILED};
    struct cli_client *client = NULL;
    enum cli_exit code = CLI_DONE;

    if (!read_after(args, &request.as.after_lsn)) {
        return CLI_USAGE;
    }
    code = cli_client_open(context, args, false, &client);
    if (code == CLI_DONE) {
        code = cli_client_ask(client, &request);
    }
    while (code == CLI_DONE) {
        code = cli_client_next(client, &answer);
        if (code == CLI_DONE && answer.type == ASSAY_CONTROL_RECORD) {
            code = context->json ? print_json(&answer.as.record)
                                 : print_plain(&answer.as.record);
        }
    }
    cli_client_close(client);
    return code;
}

static const struct cli_option options[] = {
    {"after", "LSN", "begin behind this record; 0: with the first", false,
     false},
    CLI_CLIENT_OPTION,
    {0}};

const struct cli_command cli_cmd_follow = {
    .name = "follow",
    .summary = "Print records as the node gets them, until Ctrl-C.",
    .arguments = "",
    .options = options,
    .details = "One line a record: its number here, when it came, its id; "
               "with --json one object a line.",
    .example = "assay follow --after 0",
    .run = run,
};
