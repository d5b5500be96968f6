/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"
#include "input.h"
#include "report.h"

#include "protocol/kinds/claim.h"

#include <stdlib.h>

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

/* Where the claim appears, checked while the ledger is in view. */
static enum cli_exit read_place(struct cli_context *context,
                                const struct cli_args *args,
                                struct assay_claim *claim)
{
    struct store_view *view = NULL;
    struct assay_place *place = &claim->places[0];
    enum cli_exit exit_code = cli_draft_view(context, &view);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    exit_code = cli_draft_place(context, view, args, place);
    store_view_end(view);
    claim->place_count = place->has_capture || place->url.data != NULL ? 1 : 0;
    return exit_code;
}

static enum cli_exit write_claim(struct cli_context *context,
                                 const struct assay_claim *claim)
{
    struct cli_draft draft;
    struct cli_signer signer;
    enum cli_exit exit_code = cli_signer_choose(context, false, &signer);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    cli_draft_begin(&draft, ASSAY_KIND_CLAIM);
    if (claim->place_count > 0 && claim->places[0].has_capture) {
        exit_code = cli_draft_about(&draft, ASSAY_REL_CAPTURE,
                                    &claim->places[0].capture);
    }
    if (exit_code == CLI_DONE) {
        assay_claim_write(claim, draft.salt, &draft.writer);
        exit_code = cli_draft_write(context, &signer, &draft);
    }
    cli_signer_clear(&signer);
    return exit_code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct assay_claim claim;
    char *text = NULL;

    memset(&claim, 0, sizeof(claim));
    enum cli_exit exit_code = read_options(args, &claim);
    if (exit_code == CLI_DONE) {
        exit_code = read_place(context, args, &claim);
    }
    if (exit_code == CLI_DONE) {
        exit_code =
            cli_input_text("text", cli_args_value(args, "text"),
                           "Say in one sentence what is claimed.", &text);
    }
    if (exit_code == CLI_DONE) {
        claim.text = assay_bytes_of(text);
        exit_code = write_claim(context, &claim);
    }
    free(text);
    return exit_code;
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
