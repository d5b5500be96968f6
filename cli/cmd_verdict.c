/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "statement.h"

#include "protocol/kinds/verdict.h"

static const struct cli_option options[] = {
    {"rating", "RATING", "true, mostly-true, mixed, misleading, ...", true,
     false},
    {"rationale", "TEXT", "why; - reads standard input, none opens an editor",
     false, false},
    {"label", "TEXT", "the team's own word for the rating", false, false},
    {"cite", "SOURCE", "a source that the verdict rests on", false, true},
    {"supersedes", "VERDICT", "an earlier verdict that it replaces", false,
     true},
    {"review-url", "URL", "the published article", false, false},
    {"lang", "TAG", "the language of the rationale", false, false},
    {NULL, NULL, NULL, false, false}};

static enum cli_exit read_options(const struct cli_args *args,
                                  struct assay_verdict *verdict)
{
    const char *rating = cli_args_value(args, "rating");

    verdict->rating = assay_rating_by_name(assay_bytes_of(rating));
    if (verdict->rating == 0) {
        cli_report("--rating is one of true, mostly-true, mixed, misleading, "
                   "mostly-false, false, unproven, satire and outdated, not %s",
                   rating);
        return CLI_USAGE;
    }
    enum cli_exit exit_code =
        cli_draft_option(args, "label", CLI_TEXT_NAME, &verdict->label);
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_option(args, "review-url", CLI_TEXT_URL,
                                     &verdict->review_url);
    }
    if (exit_code == CLI_DONE) {
        exit_code =
            cli_draft_option(args, "lang", CLI_TEXT_LANG, &verdict->lang);
    }
    return exit_code;
}

/* A verdict takes back only verdicts of its own team on the same claim: others
 * would be passed over by everyone who reads them. */
static enum cli_exit check_superseded(struct store_view *view,
                                      const struct assay_id *claim,
                                      const struct assay_id *team,
                                      const struct assay_id *superseded)
{
    struct store_row row;
    const struct assay_authority *by = NULL;
    enum cli_exit exit_code = cli_draft_target(view, superseded, &row, &by);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    const struct assay_id *on = assay_record_about(&row.record, ASSAY_REL_ON);
    if (on == NULL || !assay_id_equal(on, claim)) {
        cli_report("--supersedes: that verdict is on another claim");
        return CLI_REFUSED;
    }
    if (!assay_id_equal(&by->team, team)) {
        cli_report("--supersedes: that verdict is another team's; answer it "
                   "with a challenge");
        return CLI_REFUSED;
    }
    return CLI_DONE;
}

static enum cli_exit read_about(struct store_view *view,
                                const struct cli_args *args,
                                const struct assay_id *team,
                                struct cli_draft *draft)
{
    struct assay_id claim;
    enum cli_exit exit_code = cli_context_record(
        view, cli_args_positional(args, 0), ASSAY_KIND_CLAIM, &claim);

    if (exit_code == CLI_DONE) {
        exit_code =
            cli_draft_about_options(draft, view, args, "supersedes",
                                    ASSAY_KIND_VERDICT, ASSAY_REL_SUPERSEDES);
    }
    for (size_t index = 0;
         exit_code == CLI_DONE && index < draft->store.about_count; index++) {
        exit_code =
            check_superseded(view, &claim, team, &draft->store.about[index].id);
    }
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_about(draft, ASSAY_REL_ON, &claim);
    }
    if (exit_code == CLI_DONE) {
        exit_code = cli_draft_about_options(draft, view, args, "cite",
                                            ASSAY_KIND_SOURCE, ASSAY_REL_CITES);
    }
    return exit_code;
}

static enum cli_exit aim(struct cli_statement *statement)
{
    return read_about(statement->view, statement->args, &statement->signer.team,
                      &statement->draft);
}

static void write_body(struct cli_statement *statement, const char *text)
{
    struct assay_verdict *verdict = statement->said;

    verdict->rationale = assay_bytes_of(text);
    assay_verdict_write(verdict, statement->draft.salt,
                        &statement->draft.writer);
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    static const struct cli_statement_form form = {
        .kind = ASSAY_KIND_VERDICT,
        .option = "rationale",
        .hint = "Say why, so that a reader can follow from the sources.",
        .aim = aim,
        .write = write_body};
    struct assay_verdict verdict;
    enum cli_exit exit_code;

    memset(&verdict, 0, sizeof(verdict));
    exit_code = read_options(args, &verdict);
    return exit_code == CLI_DONE
               ? cli_statement_make(context, args, &form, &verdict)
               : exit_code;
}

const struct cli_command cli_cmd_verdict_add = {
    .name = "verdict",
    .sub = "add",
    .summary = "Say what a team finds on a claim.",
    .arguments = "CLAIM",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details =
        "Ratings: true, mostly-true, mixed, misleading, mostly-false, false, "
        "unproven, satire, outdated.\n\n"
        "A verdict supersedes only verdicts of its own team on the same "
        "claim.",
    .example = "assay verdict add claim1qqqqqqqq --rating misleading "
               "--rationale \"The figure is for pilots.\" --cite "
               "source1qqqqqqqq",
    .run = run};
