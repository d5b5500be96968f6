/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "context.h"
#include "input.h"
#include "render_dot.h"
#include "render_json.h"
#include "render_tree.h"
#include "report.h"
#include "store/chain.h"

/* Entries of a list that one page may have: memory stays bounded. */
#define PAGE_MAX 1000

static bool take_number(const struct cli_args *args, const char *name,
                        uint64_t max, uint64_t *out)
{
    const char *text = cli_args_value(args, name);
    char *end = NULL;

    if (text == NULL) {
        return true;
    }
    *out = strtoull(text, &end, 10);
    if (*end != '\0' || end == text || text[0] == '-' || *out > max) {
        cli_report("--%s needs a number up to %" PRIu64 ".", name, max);
        return false;
    }
    return true;
}

static enum assay_err render(const struct cli_args *args, bool is_json,
                             const struct store_chain *chain)
{
    struct cli_tree_options tree = {.look = cli_look_of(stdout)};

    if (is_json) {
        return cli_render_json(chain, stdout);
    }
    if (cli_args_has(args, "dot")) {
        return cli_render_dot(chain, stdout);
    }
    return cli_render_tree(chain, stdout, &tree);
}

static enum cli_exit walk(struct cli_context *context,
                          const struct cli_args *args, struct store_view *view,
                          struct store_chain_options *options)
{
    const char *text = cli_args_positional(args, 0);
    struct store_chain *chain = NULL;
    struct assay_id *own = NULL;
    struct assay_id claim;
    enum assay_err err;
    enum cli_exit code =
        cli_context_record(view, text, ASSAY_KIND_CLAIM, &claim);

    if (code == CLI_DONE) {
        code = cli_context_own_teams(context, view, &own,
                                     &options->own_team_count);
    }
    if (code != CLI_DONE) {
        return code;
    }
    options->own_teams = own;
    err = store_chain_walk(view, context->ledger, &claim, options, &chain);
    if (err == ASSAY_OK) {
        err = render(args, context->json, chain);
    }
    store_chain_free(chain);
    free(own);
    return err == ASSAY_OK ? CLI_DONE : cli_report_err(text, err, NULL);
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct store_chain_options options = {.verify_signatures = true,
                                          .check_captures = true};
    const char *as_of = cli_args_value(args, "as-of");
    uint64_t as_of_s = STORE_NOW;
    uint64_t limit = 0;
    struct store_view *view = NULL;
    enum cli_exit code = CLI_DONE;

    if (context->json && cli_args_has(args, "dot")) {
        cli_report("--json and --dot exclude each other.");
        return CLI_USAGE;
    }
    if (as_of != NULL) {
        code = cli_input_time(as_of, &as_of_s);
    }
    if (code == CLI_DONE &&
        (!take_number(args, "limit", PAGE_MAX, &limit) ||
         !take_number(args, "after", UINT64_MAX - 1, &options.sources_after))) {
        code = CLI_USAGE;
    }
    if (code != CLI_DONE) {
        return code;
    }
    options.page_max = (uint32_t)limit;
    code = cli_context_view(context, as_of_s, &view);
    if (code == CLI_DONE) {
        code = walk(context, args, view, &options);
    }
    store_view_end(view);
    return code;
}

static const struct cli_option options[] = {
    {"dot", NULL, "print a graph for graphviz instead of the tree", false,
     false},
    {"as-of", "TIME", "what had been received here by then", false, false},
    {"limit", "N", "entries of each list in a page, 50 by default", false,
     false},
    {"after", "N", "the next page of sources, as the last one says", false,
     false},
    {0},
};

const struct cli_command cli_cmd_chain = {
    .name = "chain",
    .summary = "Show a claim's evidence chain, each record checked.",
    .arguments = "CLAIM",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "The claim and where it was said, its standing, each team's "
               "verdicts with sign-offs and the sources they cite, and what "
               "is superseded, retracted, challenged or missing here.",
    .example = "assay chain claim1qxy...",
    .run = run,
};
