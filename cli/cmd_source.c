/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "statement.h"

#include "protocol/kinds/source.h"

static const struct cli_option options[] = {
    {"stance", "supports|refutes|context", "how it bears on the claim", true,
     false},
    {"url", "URL", "where the evidence is", false, false},
    {"capture", "CAPTURE", "captured bytes that are the evidence", false,
     false},
    {"quote", "TEXT", "the words there that bear on the claim", false, false},
    {"prefix", "TEXT", "the words just before the quote", false, false},
    {"suffix", "TEXT", "the words just after the quote", false, false},
    {"note", "TEXT", "what the evidence says; - reads standard input", false,
     false},
    {NULL, NULL, NULL, false, false}};

static enum cli_exit aim(struct cli_statement *statement)
{
    struct assay_source *source = statement->said;
    struct cli_draft *draft = &statement->draft;
    struct assay_id claim;
    enum cli_exit exit_code = cli_context_record(
        statement->view, cli_args_positional(statement->args, 0),
        ASSAY_KIND_CLAIM, &claim);

    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_about(draft, ASSAY_REL_ON, &claim);
    }
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_place(statement->context, statement->view,
                                    statement->args, &source->place);
    }
    if (exit_code == CLI_DONE && !source->place.has_capture &&
        source->place.url.data == NULL) {
        cli_report("a source has a --url or a --capture");
        exit_code = CLI_USAGE;
    }
    if (exit_code == CLI_DONE && source->place.has_capture) {
        exit_code =
            cli_draft_about(draft, ASSAY_REL_CAPTURE, &source->place.capture);
    }
    return exit_code;
}

static void write_body(struct cli_statement *statement, const char *text)
{
    struct assay_source *source = statement->said;

    source->note = assay_bytes_of(text);
    assay_source_write(source, statement->draft.salt, &statement->draft.writer);
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    static const struct cli_statement_form form = {.kind = ASSAY_KIND_SOURCE,
                                                   .option = "note",
                                                   .aim = aim,
                                                   .write = write_body};
    const char *stance = cli_args_value(args, "stance");
    struct assay_source source;

    memset(&source, 0, sizeof(source));
    source.stance = assay_stance_by_name(assay_bytes_of(stance));
    if (source.stance == 0) {
        cli_report("--stance is supports, refutes or context, not %s", stance);
        return CLI_USAGE;
    }
    return cli_statement_make(context, args, &form, &source);
}

const struct cli_command cli_cmd_source_add = {
    .name = "source",
    .sub = "add",
    .summary = "Attach evidence to a claim.",
    .arguments = "CLAIM",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details =
        "A quote is looked for in the captured bytes and must stand there "
        "exactly once. A URL alone is allowed and shown as not archived.",
    .example = "assay source add claim1qqqqqqqq --stance refutes --url "
               "https://example.org/statistics --note \"Table 2\"",
    .run = run};
