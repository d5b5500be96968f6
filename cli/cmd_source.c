/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"
#include "input.h"
#include "report.h"

#include "protocol/kinds/source.h"

#include <stdlib.h>

static const struct cli_option options[] = {
    {"stance", "STANCE", "supports, refutes or context", true, false},
    {"url", "URL", "where the evidence is", false, false},
    {"capture", "CAPTURE", "captured bytes that are the evidence", false,
     false},
    {"quote", "TEXT", "the words there that bear on the claim", false, false},
    {"prefix", "TEXT", "the words just before the quote", false, false},
    {"suffix", "TEXT", "the words just after the quote", false, false},
    {"note", "TEXT", "what the evidence says; - reads standard input", false,
     false},
    {NULL, NULL, NULL, false, false}};

static enum cli_exit read_source(struct cli_context *context,
                                 struct store_view *view,
                                 const struct cli_args *args,
                                 struct cli_draft *draft,
                                 struct assay_source *source)
{
    struct assay_id claim;
    enum cli_exit exit_code = cli_context_record(
        view, cli_args_positional(args, 0), ASSAY_KIND_CLAIM, &claim);

    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_about(draft, ASSAY_REL_ON, &claim);
    }
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_place(context, view, args, &source->place);
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

static enum cli_exit write_source(struct cli_context *context,
                                  struct cli_draft *draft,
                                  const struct assay_source *source)
{
    struct cli_signer signer;
    enum cli_exit exit_code = cli_signer_choose(context, false, &signer);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    assay_source_write(source, draft->salt, &draft->writer);
    exit_code = cli_draft_write(context, &signer, draft);
    cli_signer_clear(&signer);
    return exit_code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct assay_source source;
    struct cli_draft draft;
    struct store_view *view = NULL;
    const char *stance = cli_args_value(args, "stance");
    const char *note_given = cli_args_value(args, "note");
    char *note = NULL;

    memset(&source, 0, sizeof(source));
    source.stance = assay_stance_by_name(assay_bytes_of(stance));
    if (source.stance == 0) {
        cli_report("--stance is supports, refutes or context, not %s", stance);
        return CLI_USAGE;
    }
    cli_draft_begin(&draft, ASSAY_KIND_SOURCE);
    enum cli_exit exit_code = cli_draft_view(context, &view);
    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    exit_code = read_source(context, view, args, &draft, &source);
    store_view_end(view);
    if (exit_code == CLI_DONE && note_given != NULL) {
        exit_code = cli_input_text("note", note_given, "", &note);
        source.note = assay_bytes_of(note);
    }
    if (exit_code == CLI_DONE) {
        exit_code = write_source(context, &draft, &source);
    }
    free(note);
    return exit_code;
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
