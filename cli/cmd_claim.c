/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "statement.h"

#include "protocol/kinds/claim.h"

static const struct cli_option options[] = {
    {"text", "TEXT", "the claim in one sentence; - reads standard input", false,
     false},
    {"capture", "CAPTURE", "the captured bytes that it appears in", false,
     false},
    {"quote", "TEXT", "the words in which it appears there", false, false},
    {"prefix", "TEXT", "the words just before the quote", false, false},
    {"suffix", "TEXT", "the words just after the quote", false, false},
    {"url", "URL", "where it appears", false, false},
    {"speaker", "NAME", "who said it", false, false},
    {"said", "DATE", "when it was said", false, false},
    {"topic", "WORD", "what it is about", false, true},
    {"lang", "TAG", "the language of the text", false, false},
    {NULL, NULL, NULL, false, false}};

static enum cli_exit read_topics(const struct cli_args *args,
                                 struct assay_text_list *topics)
{
    size_t count = cli_args_count(args, "topic");

    if (count > ASSAY_LIST_MAX) {
        cli_report("--topic: a claim has at most %d topics", ASSAY_LIST_MAX);
        return CLI_USAGE;
    }
    for (size_t index = 0; index < count; index++) {
        const char *topic = cli_args_value_at(args, "topic", index);
        const char *wrong = cli_draft_text_wrong(topic, CLI_TEXT_NAME);

        if (wrong != NULL) {
            cli_report("--topic is %s", wrong);
            return CLI_USAGE;
        }
        topics->items[index] = assay_bytes_of(topic);
    }
    topics->count = count;
    return CLI_DONE;
}

static enum cli_exit read_options(const struct cli_args *args,
                                  struct assay_claim *claim)
{
    enum cli_exit exit_code =
        cli_draft_option(args, "speaker", CLI_TEXT_NAME, &claim->speaker);

    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_option(args, "said", CLI_TEXT_DATE, &claim->said);
    }
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_option(args, "lang", CLI_TEXT_LANG, &claim->lang);
    }
    if (exit_code == CLI_DONE) {
        exit_code = read_topics(args, &claim->topics);
    }
    return exit_code;
}

/* Where it appears: there may be one place on the command line, or none. */
static enum cli_exit aim(struct cli_statement *statement)
{
    struct assay_claim *claim = statement->said;
    struct assay_place *place = &claim->places[0];
    enum cli_exit exit_code = cli_draft_place(
        statement->context, statement->view, statement->args, place);

    if (exit_code == CLI_DONE && place->has_capture) {
        exit_code = cli_draft_about(&statement->draft, ASSAY_REL_CAPTURE,
                                    &place->capture);
    }
    claim->place_count = place->has_capture || place->url.data != NULL ? 1 : 0;
    return exit_code;
}

static void write_body(struct cli_statement *statement, const char *text)
{
    struct assay_claim *claim = statement->said;

    claim->text = assay_bytes_of(text);
    assay_claim_write(claim, statement->draft.salt, &statement->draft.writer);
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    static const struct cli_statement_form form = {
        .kind = ASSAY_KIND_CLAIM,
        .option = "text",
        .hint = "Say in one sentence what is claimed.",
        .aim = aim,
        .write = write_body};
    struct assay_claim claim;
    enum cli_exit exit_code;

    memset(&claim, 0, sizeof(claim));
    exit_code = read_options(args, &claim);
    return exit_code == CLI_DONE
               ? cli_statement_make(context, args, &form, &claim)
               : exit_code;
}

const struct cli_command cli_cmd_claim_add = {
    .name = "claim",
    .sub = "add",
    .summary = "Add a claim that someone made.",
    .arguments = "",
    .positional_min = 0,
    .positional_max = 0,
    .options = options,
    .details =
        "A quote is looked for in the captured bytes and must stand there "
        "exactly once, to the byte; --prefix and --suffix tell apart places "
        "that have the same words.",
    .example = "assay claim add --text \"The controls take effect on November "
               "8.\" --url https://example.org/post --speaker \"A. Person\" "
               "--lang en",
    .run = run};
