/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"
#include "input.h"
#include "paging.h"
#include "protocol/kinds/source.h"
#include "protocol/kinds/verdict.h"
#include "report.h"
#include "store/lists.h"

/* What is listed, and which records of it. */
struct filter {
    uint64_t kind;
    struct assay_bytes topic; /* None: any. */
    bool has_team;
    struct assay_id team;
    enum assay_rating rating; /* 0: any. */
    enum assay_stance stance; /* 0: any. */
    uint64_t since_s;
    uint64_t until_s; /* Not included. */
};

struct noun {
    const char *name;
    uint64_t kind;
};

static const struct noun nouns[] = {
    {"claims", ASSAY_KIND_CLAIM},   {"verdicts", ASSAY_KIND_VERDICT},
    {"sources", ASSAY_KIND_SOURCE}, {"captures", ASSAY_KIND_CAPTURE},
    {"teams", ASSAY_KIND_FOUND},
};

static uint64_t kind_of(const char *noun)
{
    for (size_t i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++) {
        if (strcmp(noun, nouns[i].name) == 0) {
            return nouns[i].kind;
        }
    }
    cli_report("there is no list of \"%s\"; there are claims, verdicts, "
               "sources, captures and teams.",
               noun);
    return 0;
}

/* An option that one list alone has. */
static bool fits(const struct cli_args *args, const char *name, uint64_t kind,
                 uint64_t kind_that_has_it)
{
    if (cli_args_has(args, name) && kind != kind_that_has_it) {
        cli_report("--%s is for the list of %ss.", name,
                   assay_kind_name(kind_that_has_it));
        return false;
    }
    return true;
}

static bool take_words(const struct cli_args *args, struct filter *filter)
{
    const char *rating = cli_args_value(args, "rating");
    const char *stance = cli_args_value(args, "stance");

    filter->topic = assay_bytes_of(cli_args_value(args, "topic"));
    filter->rating = assay_rating_by_name(assay_bytes_of(rating));
    filter->stance = assay_stance_by_name(assay_bytes_of(stance));
    if (rating != NULL && filter->rating == 0) {
        cli_report("there is no rating \"%s\"; they are in: assay help "
                   "verdict add",
                   rating);
        return false;
    }
    if (stance != NULL && filter->stance == 0) {
        cli_report("a stance is supports, refutes or context, not \"%s\".",
                   stance);
        return false;
    }
    return true;
}

static enum cli_exit take_filter(const struct cli_context *context,
                                 const struct cli_args *args,
                                 struct store_view *view, struct filter *filter)
{
    const char *since = cli_args_value(args, "since");
    const char *until = cli_args_value(args, "until");
    enum cli_exit code = CLI_DONE;

    filter->kind = kind_of(cli_args_positional(args, 0));
    filter->until_s = UINT64_MAX;
    if (filter->kind == 0 ||
        !fits(args, "topic", filter->kind, ASSAY_KIND_CLAIM) ||
        !fits(args, "rating", filter->kind, ASSAY_KIND_VERDICT) ||
        !fits(args, "stance", filter->kind, ASSAY_KIND_SOURCE) ||
        !take_words(args, filter)) {
        return CLI_USAGE;
    }
    if (since != NULL) {
        code = cli_input_time(since, &filter->since_s);
    }
    if (code == CLI_DONE && until != NULL) {
        code = cli_input_time(until, &filter->until_s);
    }
    if (code == CLI_DONE && context->team_option != NULL) {
        filter->has_team = true;
        code = cli_context_team(view, context->team_option, &filter->team);
    }
    return code;
}

/* The index that gives the fewest records to look at. */
static struct store_list_query query_of(const struct filter *filter)
{
    struct store_list_query query = {
        .list = STORE_LIST_KIND, .kind = filter->kind, .newest_first = true};

    if (filter->topic.data != NULL) {
        query.list = STORE_LIST_TOPIC;
        query.text = filter->topic;
    } else if (filter->has_team && filter->kind == ASSAY_KIND_CLAIM) {
        query.list = STORE_LIST_TEAM_CLAIMS;
        query.id = filter->team;
    }
    return query;
}

static bool has_rating(const struct assay_record *record,
                       enum assay_rating rating)
{
    struct assay_verdict verdict;

    return record->body.data != NULL &&
           assay_verdict_read(record->body, &verdict, NULL) == ASSAY_OK &&
           verdict.rating == rating;
}

static bool has_stance(const struct assay_record *record,
                       enum assay_stance stance)
{
    struct assay_source source;

    return record->body.data != NULL &&
           assay_source_read(record->body, &source, NULL) == ASSAY_OK &&
           source.stance == stance;
}

static enum assay_err is_of_team(struct store_view *view,
                                 const struct assay_record *record,
                                 const struct assay_id *team, bool *is_out)
{
    const struct assay_authority *authority = NULL;
    struct assay_validity *validity = NULL;
    enum assay_err err = store_view_validity(view, &validity);

    if (err == ASSAY_OK) {
        err = assay_validity_authority(validity,
                                       assay_kind_is_root(record->payload.kind)
                                           ? &record->id
                                           : &record->payload.auth,
                                       &authority);
    }
    if (err == ASSAY_OK) {
        *is_out = authority != NULL && assay_id_equal(&authority->team, team);
    }
    return err;
}

static enum assay_err matches(struct store_view *view,
                              const struct filter *filter,
                              const struct assay_record *record,
                              bool *matches_out)
{
    const uint64_t time_s = record->payload.time_s;

    *matches_out =
        time_s >= filter->since_s && time_s < filter->until_s &&
        (filter->rating == 0 || has_rating(record, filter->rating)) &&
        (filter->stance == 0 || has_stance(record, filter->stance));
    if (*matches_out && filter->has_team) {
        return is_of_team(view, record, &filter->team, matches_out);
    }
    return ASSAY_OK;
}

static enum assay_err walk(struct cli_page *page, const struct filter *filter)
{
    const struct store_list_query query = query_of(filter);
    uint64_t cursor = page->after;
    uint64_t last = 0;
    struct store_row row;
    bool is_match = false;
    enum assay_err err = store_list_next(page->view, &query, &cursor, &row);

    while (err == ASSAY_OK) {
        err = matches(page->view, filter, &row.record, &is_match);
        if (err == ASSAY_OK && is_match) {
            if (page->count == page->limit) {
                page->next = last;
                return ASSAY_OK;
            }
            err = cli_page_add(page, &row);
            last = row.lsn;
        }
        if (err == ASSAY_OK) {
            err = store_list_next(page->view, &query, &cursor, &row);
        }
    }
    return err;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct filter filter = {0};
    struct cli_page page;
    struct store_view *view = NULL;
    enum cli_exit code = cli_context_view(context, STORE_NOW, &view);

    if (code == CLI_DONE) {
        code = take_filter(context, args, view, &filter);
    }
    if (code == CLI_DONE) {
        code = cli_page_begin(&page, view, args, context->json);
        if (code == CLI_DONE) {
            code = cli_page_end(&page, walk(&page, &filter), "assay-list/1");
        }
    }
    store_view_end(view);
    return code;
}

static const struct cli_option options[] = {
    {"topic", "TOPIC", "claims with this topic", false, false},
    {"rating", "RATING", "verdicts of this rating", false, false},
    {"stance", "supports|refutes|context", "sources of this stance", false,
     false},
    {"since", "TIME", "dated then or later", false, false},
    {"until", "TIME", "dated before then", false, false},
    {"limit", "N", "records in a page, 50 by default", false, false},
    {"after", "N", "the next page, as the last one says", false, false},
    {0},
};

const struct cli_command cli_cmd_list = {
    .name = "list",
    .summary = "List claims, verdicts, sources, captures or teams.",
    .arguments = "claims|verdicts|sources|captures|teams",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details =
        "The newest here come first. --team TEAM leaves only what that team "
        "says. Times are what the records themselves say: seconds since 1970, "
        "a date (its first second in UTC) or RFC 3339.\n\n"
        "What was retracted, or does not stand, is listed and marked.",
    .example = "assay list verdicts --rating false --since 2025-10-01",
    .run = run,
};
