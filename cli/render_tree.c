/* SPDX-License-Identifier: Apache-2.0 */
#include "render_tree.h"

#include "render_tree_parts.h"
#include "words.h"

#include <inttypes.h>
#include <stdlib.h>

/* Verdicts that the sentence about the standing names. */
#define NAMED_MAX 6

/* Which verdicts a section lists. */
enum group { GROUP_CURRENT, GROUP_WAITING, GROUP_OTHERS, GROUP_EARLIER };

struct section {
    const char *heading;
    size_t count;   /* Entries; a section without any is left out. */
    uint64_t more;  /* Beyond this page. */
    const char *of; /* What there are more of. */
    void (*write)(struct cli_tree *tree, const struct section *section);
    enum group group;
};

static enum group group_of(const struct store_chain_verdict *verdict)
{
    if (verdict->is_current) {
        return GROUP_CURRENT;
    }
    if (verdict->item.validity.state != ASSAY_STANDS ||
        verdict->item.is_retracted || verdict->is_superseded ||
        verdict->item.body != STORE_BODY_HELD) {
        return GROUP_EARLIER;
    }
    return verdict->is_published ? GROUP_OTHERS : GROUP_WAITING;
}

static size_t count_group(const struct store_chain *chain, enum group group)
{
    size_t count = 0;

    for (size_t i = 0; i < chain->verdict_count; i++) {
        count += group_of(&chain->verdicts[i]) == group;
    }
    return count;
}

static size_t count_uncited(const struct cli_tree *tree)
{
    size_t count = 0;

    for (size_t i = 0; i < tree->chain->source_count; i++) {
        count += !tree->is_cited[i];
    }
    return count;
}

static void write_topics(struct cli_tree *tree, const struct assay_claim *claim)
{
    for (size_t i = 0; i < claim->topics.count; i++) {
        if (i == 0) {
            cli_dot(&tree->term);
        }
        cli_put(&tree->term, CLI_PLAIN, i == 0 ? "topics: " : ", ");
        cli_put_text(&tree->term, CLI_PLAIN, claim->topics.items[i], CLI_LINE);
    }
}

static void write_saying(struct cli_tree *tree, const struct assay_claim *claim)
{
    struct cli_term *term = &tree->term;

    if (claim->speaker.data != NULL) {
        cli_put(term, CLI_PLAIN, "said by ");
        cli_put_text(term, CLI_BOLD, claim->speaker, CLI_LINE);
    }
    if (claim->said.data != NULL) {
        cli_dot(term);
        cli_put_text(term, CLI_PLAIN, claim->said, CLI_LINE);
    }
    if (claim->lang.data != NULL) {
        cli_dot(term);
        cli_put(term, CLI_PLAIN, "language: ");
        cli_put_text(term, CLI_PLAIN, claim->lang, CLI_LINE);
    }
    write_topics(tree, claim);
    cli_end(term);
}

static void write_claim(struct cli_tree *tree)
{
    const struct store_chain *chain = tree->chain;
    struct cli_term *term = &tree->term;
    char time[CLI_TIME_MAX];

    cli_put(term, CLI_BOLD, "CLAIM ");
    cli_tree_id(tree, &chain->item);
    if (chain->as_of_s != STORE_NOW) {
        cli_time_words(chain->as_of_s, time);
        cli_dot(term);
        cli_put(term, CLI_WARN, "as received here by ");
        cli_put_glued(term, CLI_WARN, time);
    }
    cli_end(term);
    cli_tree_quoted(tree, CLI_BOLD, chain->claim.text);
    write_saying(tree, &chain->claim);
    cli_render_state(term, &chain->item, tree->id_chars);
}

static void write_places(struct cli_tree *tree, const struct section *section)
{
    for (size_t i = 0; i < section->count; i++) {
        cli_node_begin(&tree->term, i + 1 == section->count);
        cli_tree_where(tree, &tree->chain->places[i]);
        cli_end(&tree->term);
        cli_tree_place(tree, &tree->chain->places[i]);
        cli_node_end(&tree->term);
    }
}

static const char *sentence_of(enum assay_standing standing)
{
    switch (standing) {
    case ASSAY_STANDING_NONE:
        return "no verdict counts yet";
    case ASSAY_STANDING_SINGLE:
        return "one team has judged it";
    case ASSAY_STANDING_AGREED:
        return "the ratings are the same";
    case ASSAY_STANDING_CLOSE:
        return "the ratings differ, but lie on one side";
    case ASSAY_STANDING_CONTESTED:
        return "the ratings differ";
    }
    return "unknown";
}

/* Which team says what. */
static void write_current(struct cli_tree *tree)
{
    const struct store_chain *chain = tree->chain;
    size_t named = 0;

    for (size_t i = 0; i < chain->verdict_count && named < NAMED_MAX; i++) {
        const struct store_chain_verdict *verdict = &chain->verdicts[i];

        if (!verdict->is_current) {
            continue;
        }
        cli_dot(&tree->term);
        cli_tree_team(tree, CLI_PLAIN, &verdict->item);
        cli_putf(&tree->term, CLI_BOLD, ": %s",
                 assay_rating_name(verdict->verdict.rating));
        named++;
    }
    if (chain->standing.current_count > named) {
        cli_dot(&tree->term);
        cli_putf(&tree->term, CLI_PLAIN, "and %zu more",
                 chain->standing.current_count - named);
    }
    cli_end(&tree->term);
}

static void write_standing(struct cli_tree *tree, bool is_last)
{
    const struct assay_standing_result *standing = &tree->chain->standing;
    struct cli_term *term = &tree->term;

    cli_node_begin(term, is_last);
    cli_put(term, CLI_BOLD, "Standing: ");
    cli_put(term, CLI_BOLD, assay_standing_name(standing->standing));
    cli_put(term, CLI_PLAIN, ": ");
    if (standing->current_count > 1) {
        cli_putf(term, CLI_PLAIN, "%zu team%s, ", standing->team_count,
                 standing->team_count == 1 ? "" : "s");
    }
    cli_put(term, CLI_PLAIN, sentence_of(standing->standing));
    cli_end(term);
    write_current(tree);
    if (standing->is_unsettled) {
        cli_put(term, CLI_WARN, "! ");
        cli_put(term, CLI_PLAIN,
                "unsettled: a team has more than one verdict that counts");
        cli_end(term);
    }
    cli_node_end(term);
}

static void write_verdicts(struct cli_tree *tree, const struct section *section)
{
    size_t left = section->count;

    tree->term.is_dimmed = section->group == GROUP_EARLIER;
    for (size_t i = 0; i < tree->chain->verdict_count; i++) {
        if (group_of(&tree->chain->verdicts[i]) == section->group) {
            left--;
            cli_tree_verdict(tree, &tree->chain->verdicts[i],
                             left == 0 && section->more == 0);
        }
    }
    tree->term.is_dimmed = false;
}

static void write_uncited(struct cli_tree *tree, const struct section *section)
{
    size_t left = section->count;

    for (size_t i = 0; i < tree->chain->source_count; i++) {
        if (!tree->is_cited[i]) {
            left--;
            cli_tree_source(tree, i, left == 0 && section->more == 0);
        }
    }
}

static void write_challenges(struct cli_tree *tree,
                             const struct section *section)
{
    for (size_t i = 0; i < section->count; i++) {
        cli_tree_challenge(tree, &tree->chain->challenges[i],
                           i + 1 == section->count && section->more == 0);
    }
}

/* How the other claim relates to this one, read from this one. */
static void put_relation(struct cli_tree *tree,
                         const struct store_chain_link *link)
{
    struct cli_term *term = &tree->term;

    cli_put(term, CLI_PLAIN,
            link->is_outward ? "this claim \u2192 " : "this claim \u2190 ");
    cli_put(term, CLI_BOLD, assay_relation_name(link->relation));
    cli_put(term, CLI_PLAIN, link->is_outward ? " \u2192 " : " \u2190 ");
    cli_tree_named(tree, ASSAY_ID_CLAIM, &link->other.id);
    cli_end(term);
}

static void write_links(struct cli_tree *tree, const struct section *section)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct store_chain_link *link = &tree->chain->links[i];

        cli_node_begin(&tree->term,
                       i + 1 == section->count && section->more == 0);
        put_relation(tree, link);
        if (link->other_text.data != NULL) {
            cli_tree_quoted(tree, CLI_PLAIN, link->other_text);
        } else if (!link->other.is_held) {
            cli_put(&tree->term, CLI_WARN, "\u25cb ");
            cli_put(&tree->term, CLI_PLAIN, "that claim is not held here");
            cli_end(&tree->term);
        } else {
            cli_put(&tree->term, CLI_WARN, "\u25cb ");
            cli_put(&tree->term, CLI_PLAIN, "that claim cannot be read here");
            cli_end(&tree->term);
        }
        cli_tree_quoted(tree, CLI_DIM, link->note);
        cli_render_state(&tree->term, &link->item, tree->id_chars);
        cli_node_end(&tree->term);
    }
}

static void write_missing(struct cli_tree *tree, const struct section *section)
{
    cli_put(&tree->term, CLI_PLAIN,
            "Records above name these, and they were never received: ");
    for (size_t i = 0; i < section->count; i++) {
        cli_put(&tree->term, CLI_PLAIN, i == 0 ? "" : ", ");
        cli_tree_named(tree, ASSAY_ID_RECORD, &tree->chain->missing[i]);
    }
    cli_end(&tree->term);
}

static void write_section(struct cli_tree *tree, const struct section *section,
                          bool is_last)
{
    cli_gap_node(&tree->term);
    cli_node_begin(&tree->term, is_last);
    cli_put(&tree->term, CLI_BOLD, section->heading);
    cli_end(&tree->term);
    section->write(tree, section);
    cli_tree_more(tree, section->more, section->of);
    cli_node_end(&tree->term);
}

/* Sources of other pages: cited ones of this page may be of another. */
static uint64_t more_sources(const struct store_chain *chain)
{
    return chain->source_total > chain->source_count
               ? chain->source_total - chain->source_count
               : 0;
}

static void write_sections(struct cli_tree *tree)
{
    const struct store_chain *chain = tree->chain;
    struct section sections[] = {
        {"Verdicts that count now", count_group(chain, GROUP_CURRENT), 0,
         "verdicts", write_verdicts, GROUP_CURRENT},
        {"Verdicts that wait for sign-off", count_group(chain, GROUP_WAITING),
         0, "verdicts", write_verdicts, GROUP_WAITING},
        {"Verdicts of teams that are not on your list",
         count_group(chain, GROUP_OTHERS), 0, "verdicts", write_verdicts,
         GROUP_OTHERS},
        {"Earlier verdicts, which no longer count",
         count_group(chain, GROUP_EARLIER), 0, "verdicts", write_verdicts,
         GROUP_EARLIER},
        {"Sources that no verdict cites", count_uncited(tree),
         more_sources(chain), "sources", write_uncited, 0},
        {"Challenges to the claim itself", chain->challenge_count,
         chain->challenge_more, "challenges", write_challenges, 0},
        {"Linked claims", chain->link_count, chain->link_more, "links",
         write_links, 0},
        {"Missing here", chain->missing_count, 0, "records", write_missing, 0},
    };
    const size_t count = sizeof(sections) / sizeof(sections[0]);
    size_t last = count;

    for (size_t i = 0; i < count; i++) {
        if (sections[i].count > 0 || sections[i].more > 0) {
            last = i;
        }
    }
    cli_gap_node(&tree->term);
    write_standing(tree, last == count);
    for (size_t i = 0; i < count; i++) {
        if (sections[i].count > 0 || sections[i].more > 0) {
            write_section(tree, &sections[i], i == last);
        }
    }
}

/* What this page leaves out, and how to go on. */
static void write_pages(struct cli_tree *tree)
{
    const struct store_chain *chain = tree->chain;
    char number[CLI_NUMBER_MAX];

    if (chain->verdict_more > 0) {
        cli_number(chain->verdict_more, number);
        cli_putf(&tree->term, CLI_PLAIN,
                 "%s more verdicts are not shown; all count for the standing.",
                 number);
        cli_end(&tree->term);
    }
    if (chain->source_next_lsn > 0) {
        cli_number(chain->source_total, number);
        cli_putf(&tree->term, CLI_PLAIN,
                 "There are %s sources; the next page begins with --after "
                 "%" PRIu64 ".",
                 number, chain->source_next_lsn);
        cli_end(&tree->term);
    }
}

static void mark_cited(struct cli_tree *tree)
{
    const struct store_chain *chain = tree->chain;

    for (size_t i = 0; i < chain->verdict_count; i++) {
        for (size_t j = 0; j < chain->verdicts[i].cite_count; j++) {
            size_t index =
                cli_tree_find_source(chain, &chain->verdicts[i].cites[j]);

            if (index < chain->source_count) {
                tree->is_cited[index] = true;
            }
        }
    }
}

static void write_tree(struct cli_tree *tree)
{
    const struct store_chain *chain = tree->chain;
    const struct section places = {
        "Where it was said", chain->place_count, 0, "", write_places, 0};

    mark_cited(tree);
    write_claim(tree);
    if (chain->place_count > 0) {
        write_section(tree, &places, false);
    }
    write_sections(tree);
    write_pages(tree);
}

enum assay_err cli_render_tree(const struct store_chain *chain, FILE *out,
                               const struct cli_tree_options *options)
{
    struct cli_tree *tree = calloc(1, sizeof(*tree));
    enum assay_err err = ASSAY_E_NOMEM;

    if (tree == NULL) {
        return ASSAY_E_NOMEM;
    }
    tree->chain = chain;
    tree->id_chars = options->id_chars;
    tree->is_cited = calloc(chain->source_count + 1, sizeof(bool));
    tree->is_shown = calloc(chain->source_count + 1, sizeof(bool));
    if (tree->is_cited == NULL || tree->is_shown == NULL) {
        goto out;
    }
    cli_term_open(&tree->term, out, &options->look);
    write_tree(tree);
    cli_term_close(&tree->term);
    err = ferror(out) != 0 ? ASSAY_E_IO : ASSAY_OK;

out:
    free(tree->is_cited);
    free(tree->is_shown);
    free(tree);
    return err;
}
