/* SPDX-License-Identifier: Apache-2.0 */
#include "render_tree_parts.h"

#include "words.h"

#include <inttypes.h>

static enum cli_style rating_style(enum assay_rating rating)
{
    switch (rating) {
    case ASSAY_RATING_TRUE:
    case ASSAY_RATING_MOSTLY_TRUE:
        return CLI_GOOD;
    case ASSAY_RATING_MISLEADING:
    case ASSAY_RATING_MOSTLY_FALSE:
    case ASSAY_RATING_FALSE:
        return CLI_BAD;
    case ASSAY_RATING_MIXED:
    case ASSAY_RATING_UNPROVEN:
    case ASSAY_RATING_SATIRE:
    case ASSAY_RATING_OUTDATED:
        return CLI_WARN;
    }
    return CLI_PLAIN;
}

/* The rating as a heading, in capitals. */
static void put_rating(struct cli_tree *tree,
                       const struct store_chain_verdict *verdict)
{
    const char *name = assay_rating_name(verdict->verdict.rating);
    char heading[32];
    size_t len = 0;

    if (verdict->item.body != STORE_BODY_HELD) {
        cli_put(&tree->term, CLI_WARN, "A VERDICT THAT CANNOT BE READ");
        return;
    }
    while (name[len] != '\0' && len + 1 < sizeof(heading)) {
        char letter = name[len];

        if (letter >= 'a' && letter <= 'z') {
            letter = (char)(letter - 'a' + 'A');
        }
        heading[len++] = letter == '-' ? ' ' : letter;
    }
    heading[len] = '\0';
    cli_put(&tree->term, rating_style(verdict->verdict.rating), heading);
    if (verdict->verdict.label.data != NULL) {
        cli_put(&tree->term, CLI_PLAIN, " (\u201c");
        cli_put_text(&tree->term, CLI_PLAIN, verdict->verdict.label, CLI_LINE);
        cli_put(&tree->term, CLI_PLAIN, "\u201d)");
    }
}

static void put_signoffs(struct cli_tree *tree,
                         const struct store_chain_verdict *verdict)
{
    struct cli_term *term = &tree->term;

    if (verdict->is_published) {
        cli_put(term, CLI_GOOD, "\u2713 ");
        cli_put(term, CLI_PLAIN, "published, ");
    } else {
        cli_put(term, CLI_WARN, "\u25cb ");
        cli_put(term, CLI_PLAIN, "waiting, ");
    }
    if (verdict->signoffs_needed == 0) {
        cli_put(term, CLI_PLAIN, "no sign-off needed");
    } else {
        cli_putf(term, CLI_PLAIN, "%" PRIu32 " of %" PRIu32 " sign-offs",
                 verdict->signoffs_count, verdict->signoffs_needed);
    }
}

/* Whether it counts, and why not. */
static void write_status(struct cli_tree *tree,
                         const struct store_chain_verdict *verdict)
{
    struct cli_term *term = &tree->term;

    put_signoffs(tree, verdict);
    if (verdict->is_superseded) {
        cli_dot(term);
        cli_put(term, CLI_BAD, "\u2717 ");
        cli_put(term, CLI_PLAIN, "superseded by ");
        cli_tree_named(tree, ASSAY_ID_VERDICT, &verdict->superseded_by);
    }
    if (!verdict->is_accepted) {
        cli_dot(term);
        cli_put(term, CLI_WARN, "\u25cb ");
        cli_put(term, CLI_PLAIN, "its team is not on your list");
    }
    cli_end(term);
}

static void write_endorsement(struct cli_tree *tree,
                              const struct store_endorsement *endorsement,
                              bool is_last)
{
    struct cli_term *term = &tree->term;
    const struct store_item *item = &endorsement->item;

    cli_node_begin(term, is_last);
    if (endorsement->counts) {
        cli_put(term, CLI_GOOD, "\u2713 ");
        cli_put(term, CLI_PLAIN, "signed off");
    } else {
        cli_put(term, CLI_WARN, "\u25cb ");
        cli_put(term, CLI_PLAIN, "endorsed, does not count as a sign-off");
    }
    cli_dot(term);
    cli_tree_id(tree, item);
    cli_end(term);
    cli_tree_quoted(tree, CLI_PLAIN, endorsement->note);
    cli_render_state(term, item, tree->id_chars);
    cli_node_end(term);
}

/* How many nodes stand below a verdict. */
static size_t count_children(const struct store_chain_verdict *verdict)
{
    size_t count = verdict->cite_count + verdict->endorsement_count +
                   verdict->challenge_count;

    count += verdict->endorsement_more > 0 ? 1 : 0;
    count += verdict->challenge_more > 0 ? 1 : 0;
    return count;
}

/* A node that says how many more there are, in the midst of others. */
static void write_more(struct cli_tree *tree, uint64_t count, const char *what,
                       size_t *left)
{
    char number[CLI_NUMBER_MAX];

    if (count == 0) {
        return;
    }
    cli_number(count, number);
    cli_node_begin(&tree->term, --*left == 0);
    cli_putf(&tree->term, CLI_DIM, "\u2026 and %s more %s", number, what);
    cli_node_end(&tree->term);
}

static void write_children(struct cli_tree *tree,
                           const struct store_chain_verdict *verdict)
{
    size_t left = count_children(verdict);

    for (size_t i = 0; i < verdict->cite_count; i++) {
        size_t index = cli_tree_find_source(tree->chain, &verdict->cites[i]);

        left--;
        if (index < tree->chain->source_count) {
            cli_tree_source(tree, index, left == 0);
        }
    }
    for (size_t i = 0; i < verdict->endorsement_count; i++) {
        write_endorsement(tree, &verdict->endorsements[i], --left == 0);
    }
    write_more(tree, verdict->endorsement_more, "endorsements", &left);
    for (size_t i = 0; i < verdict->challenge_count; i++) {
        cli_tree_challenge(tree, &verdict->challenges[i], --left == 0);
    }
    write_more(tree, verdict->challenge_more, "challenges", &left);
}

void cli_tree_verdict(struct cli_tree *tree,
                      const struct store_chain_verdict *verdict, bool is_last)
{
    struct cli_term *term = &tree->term;

    cli_node_begin(term, is_last);
    put_rating(tree, verdict);
    cli_dot(term);
    cli_tree_team(tree, CLI_BOLD, &verdict->item);
    cli_dot(term);
    cli_tree_id(tree, &verdict->item);
    cli_end(term);
    cli_tree_quoted(tree, CLI_PLAIN, verdict->verdict.rationale);
    if (verdict->verdict.review_url.data != NULL) {
        cli_put(term, CLI_PLAIN, "Review: ");
        cli_put_text(term, CLI_PLAIN, verdict->verdict.review_url, CLI_LINE);
        cli_end(term);
    }
    write_status(tree, verdict);
    cli_render_state(term, &verdict->item, tree->id_chars);
    write_children(tree, verdict);
    cli_node_end(term);
}
