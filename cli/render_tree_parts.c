/* SPDX-License-Identifier: Apache-2.0 */
#include "render_tree_parts.h"

#include "words.h"

#include <inttypes.h>

void cli_tree_named(struct cli_tree *tree, enum assay_id_type type,
                    const struct assay_id *id)
{
    char text[ASSAY_ID_TEXT_MAX];

    cli_id_short(type, id->hash, tree->id_chars, text);
    cli_put(&tree->term, CLI_DIM, text);
}

void cli_tree_id(struct cli_tree *tree, const struct store_item *item)
{
    char text[ASSAY_ID_TEXT_MAX];

    cli_item_id(item, tree->id_chars, text);
    cli_put(&tree->term, CLI_DIM, text);
}

void cli_tree_team(struct cli_tree *tree, enum cli_style style,
                   const struct store_item *item)
{
    if (item->team_name.data != NULL) {
        cli_put_text(&tree->term, style, item->team_name, CLI_LINE);
    } else if (item->validity.authority != NULL) {
        cli_tree_named(tree, ASSAY_ID_TEAM, &item->validity.authority->team);
    } else {
        cli_put(&tree->term, style, "a team not known here");
    }
}

void cli_tree_quoted(struct cli_tree *tree, enum cli_style style,
                     struct assay_bytes text)
{
    if (text.data == NULL) {
        return;
    }
    cli_put(&tree->term, style, "\u201c");
    cli_put_text(&tree->term, style, text, CLI_TEXT);
    cli_put(&tree->term, style, "\u201d");
    cli_end(&tree->term);
}

void cli_tree_more(struct cli_tree *tree, uint64_t count, const char *what)
{
    char number[CLI_NUMBER_MAX];

    if (count == 0) {
        return;
    }
    cli_number(count, number);
    cli_node_begin(&tree->term, true);
    cli_putf(&tree->term, CLI_DIM, "\u2026 and %s more %s", number, what);
    cli_node_end(&tree->term);
}

size_t cli_tree_find_source(const struct store_chain *chain,
                            const struct assay_id *id)
{
    size_t index = 0;

    while (index < chain->source_count &&
           !assay_id_equal(&chain->sources[index].item.id, id)) {
        index++;
    }
    return index;
}

void cli_tree_where(struct cli_tree *tree, const struct store_place *place)
{
    const struct assay_capture *about = &place->about;
    struct assay_bytes url = place->place.url;

    if (url.data == NULL) {
        url = about->url;
    }
    if (about->title.data != NULL) {
        cli_put_text(&tree->term, CLI_PLAIN, about->title, CLI_LINE);
        cli_dot(&tree->term);
    }
    if (url.data != NULL) {
        cli_put_text(&tree->term, CLI_PLAIN, url, CLI_LINE);
    } else if (about->title.data == NULL) {
        cli_put(&tree->term, CLI_PLAIN, "a captured page");
    }
}

/* What kind of bytes were captured, how many and when. */
static void write_capture(struct cli_tree *tree,
                          const struct store_place *place)
{
    struct cli_term *term = &tree->term;
    char number[CLI_NUMBER_MAX];
    char time[CLI_TIME_MAX];

    if (place->capture == NULL) {
        return;
    }
    cli_tree_named(tree, ASSAY_ID_CAPTURE, &place->place.capture);
    if (place->about.media_type.data != NULL) {
        cli_number(place->about.size, number);
        cli_dot(term);
        cli_put_text(term, CLI_PLAIN, place->about.media_type, CLI_LINE);
        cli_dot(term);
        cli_putf(term, CLI_PLAIN, "%s bytes", number);
    }
    if (place->about.author.data != NULL) {
        cli_dot(term);
        cli_put(term, CLI_PLAIN, "by ");
        cli_put_text(term, CLI_PLAIN, place->about.author, CLI_LINE);
    }
    if (place->about.published.data != NULL) {
        cli_dot(term);
        cli_put_glued(term, CLI_PLAIN, "published ");
        cli_put_text(term, CLI_PLAIN, place->about.published, CLI_LINE);
    }
    if (place->about.has_captured_at) {
        cli_time_words(place->about.captured_at_s, time);
        cli_dot(term);
        cli_put(term, CLI_PLAIN, "captured ");
        cli_put_glued(term, CLI_PLAIN, time);
    }
    cli_end(term);
}

static void write_quote(struct cli_tree *tree, const struct assay_place *place)
{
    struct cli_term *term = &tree->term;

    if (place->exact.data == NULL) {
        return;
    }
    if (place->prefix.data != NULL) {
        cli_put(term, CLI_DIM, "\u2026");
        cli_put_text(term, CLI_DIM, place->prefix, CLI_TEXT);
    }
    cli_put(term, CLI_PLAIN, "\u201c");
    cli_put_text(term, CLI_PLAIN, place->exact, CLI_TEXT);
    cli_put(term, CLI_PLAIN, "\u201d");
    if (place->suffix.data != NULL) {
        cli_put_text(term, CLI_DIM, place->suffix, CLI_TEXT);
        cli_put(term, CLI_DIM, "\u2026");
    }
    cli_end(term);
}

/* What a state means to a reader. */
struct place_words {
    enum cli_style style;
    const char *mark;
    const char *words;
};

static struct place_words words_of(enum store_place_state state)
{
    switch (state) {
    case STORE_PLACE_URL_ONLY:
        return (struct place_words){CLI_WARN, "\u25cb ",
                                    "a link only, nothing is archived"};
    case STORE_PLACE_UNKNOWN:
        return (struct place_words){
            CLI_WARN, "\u25cb ", "the record of this capture is not held here"};
    case STORE_PLACE_NO_BYTES:
        return (struct place_words){CLI_WARN, "\u25cb ",
                                    "captured, but not archived here"};
    case STORE_PLACE_NOT_TEXT:
        return (struct place_words){
            CLI_WARN, "\u25cb ",
            "archived here; not a text in which a quote can be looked for"};
    case STORE_PLACE_NO_QUOTE:
        return (struct place_words){CLI_GOOD, "\u2713 ",
                                    "archived here, the bytes fit their hash"};
    case STORE_PLACE_FOUND:
        return (struct place_words){CLI_GOOD, "\u2713 ",
                                    "quote found in the captured bytes"};
    case STORE_PLACE_ABSENT:
        return (struct place_words){CLI_BAD, "\u2717 ",
                                    "quote NOT FOUND in the captured bytes"};
    case STORE_PLACE_AMBIGUOUS:
        return (struct place_words){
            CLI_WARN, "! ", "quote found more than once in the captured bytes"};
    case STORE_PLACE_BAD_BYTES:
        return (struct place_words){
            CLI_BAD, "\u2717 ",
            "the bytes archived here are NOT those that were captured"};
    case STORE_PLACE_UNCHECKED:
        return (struct place_words){
            CLI_WARN, "\u25cb ", "archived here, its bytes were not checked"};
    }
    return (struct place_words){CLI_BAD, "\u2717 ", "unknown"};
}

static void write_place_state(struct cli_tree *tree,
                              const struct store_place *place)
{
    struct place_words words = words_of(place->state);
    char number[CLI_NUMBER_MAX];

    cli_put(&tree->term, words.style, words.mark);
    cli_put(&tree->term, words.style == CLI_BAD ? CLI_BAD : CLI_PLAIN,
            words.words);
    if (place->state == STORE_PLACE_FOUND) {
        cli_number(place->quote_offset, number);
        cli_putf(&tree->term, CLI_PLAIN, ", at byte %s", number);
    }
    cli_end(&tree->term);
}

/* Whether anything is to be said of a record beyond that it is there. */
static bool is_in_trouble(const struct store_item *item)
{
    return item->is_held &&
           (item->validity.state != ASSAY_STANDS || item->is_retracted ||
            item->body != STORE_BODY_HELD || item->is_log_forked ||
            item->signature == STORE_SIGNATURE_BAD);
}

void cli_tree_place(struct cli_tree *tree, const struct store_place *place)
{
    write_capture(tree, place);
    write_quote(tree, &place->place);
    write_place_state(tree, place);
    if (place->capture != NULL && is_in_trouble(place->capture)) {
        cli_put(&tree->term, CLI_PLAIN, "The capture's record:");
        cli_end(&tree->term);
        cli_render_state(&tree->term, place->capture, tree->id_chars);
    }
}

/* One source that a challenge rests on, or a verdict for the second time. */
static void write_source_again(struct cli_tree *tree, size_t index)
{
    const struct store_chain_source *source = &tree->chain->sources[index];

    cli_put(&tree->term, CLI_PLAIN, assay_stance_name(source->source.stance));
    cli_dot(&tree->term);
    cli_tree_id(tree, &source->item);
    cli_dot(&tree->term);
    cli_put(&tree->term, CLI_DIM, "shown above");
    cli_end(&tree->term);
    cli_tree_where(tree, &source->place);
    cli_end(&tree->term);
}

static enum cli_style stance_style(enum assay_stance stance)
{
    switch (stance) {
    case ASSAY_STANCE_SUPPORTS:
        return CLI_GOOD;
    case ASSAY_STANCE_REFUTES:
        return CLI_BAD;
    case ASSAY_STANCE_CONTEXT:
        return CLI_BOLD;
    }
    return CLI_PLAIN;
}

/* The first line of a source's node, and what it says. */
static void write_source(struct cli_tree *tree,
                         const struct store_chain_source *source)
{
    struct cli_term *term = &tree->term;

    if (source->item.body != STORE_BODY_HELD ||
        source->source.stance == (enum assay_stance)0) {
        cli_put(term, CLI_WARN,
                source->item.is_held ? "a source that cannot be read"
                                     : "a source that is not held");
        cli_dot(term);
        cli_tree_id(tree, &source->item);
        cli_end(term);
        return;
    }
    cli_put(term, stance_style(source->source.stance),
            assay_stance_name(source->source.stance));
    cli_dot(term);
    cli_tree_id(tree, &source->item);
    cli_end(term);
    cli_tree_where(tree, &source->place);
    cli_end(term);
    cli_tree_quoted(tree, CLI_PLAIN, source->source.note);
    cli_tree_place(tree, &source->place);
}

void cli_tree_source(struct cli_tree *tree, size_t index, bool is_last)
{
    const struct store_chain_source *source = &tree->chain->sources[index];
    const struct store_item *item = &source->item;

    cli_node_begin(&tree->term, is_last);
    if (tree->is_shown[index] && item->body == STORE_BODY_HELD) {
        write_source_again(tree, index);
        cli_node_end(&tree->term);
        return;
    }
    tree->is_shown[index] = true;
    write_source(tree, source);
    cli_render_state(&tree->term, item, tree->id_chars);
    if (item->is_held && item->row != NULL) {
        const struct assay_id *on =
            assay_record_about(&item->row->record, ASSAY_REL_ON);

        if (on != NULL && !assay_id_equal(on, &tree->chain->item.id)) {
            cli_put(&tree->term, CLI_PLAIN, "attached to another record: ");
            cli_tree_named(tree, ASSAY_ID_CLAIM, on);
            cli_end(&tree->term);
        }
    }
    for (size_t i = 0; i < source->challenge_count; i++) {
        cli_tree_challenge(tree, &source->challenges[i],
                           i + 1 == source->challenge_count &&
                               source->challenge_more == 0);
    }
    cli_tree_more(tree, source->challenge_more, "challenges");
    cli_node_end(&tree->term);
}

/* What a challenge cites. */
static void write_challenge_cites(struct cli_tree *tree,
                                  const struct store_challenge *challenge)
{
    for (size_t i = 0; i < challenge->cite_count; i++) {
        const struct store_item *cite = &challenge->cites[i];

        cli_node_begin(&tree->term, i + 1 == challenge->cite_count);
        cli_put(&tree->term, CLI_PLAIN, "cites ");
        cli_tree_id(tree, cite);
        cli_end(&tree->term);
        cli_render_state(&tree->term, cite, tree->id_chars);
        cli_node_end(&tree->term);
    }
}

void cli_tree_challenge(struct cli_tree *tree,
                        const struct store_challenge *challenge, bool is_last)
{
    struct cli_term *term = &tree->term;

    cli_node_begin(term, is_last);
    cli_put(term, CLI_WARN, "Challenged");
    cli_put(term, CLI_PLAIN, " by ");
    cli_tree_team(tree, CLI_BOLD, &challenge->item);
    if (!challenge->is_accepted) {
        cli_put(term, CLI_PLAIN, " (not on your list of teams)");
    }
    cli_dot(term);
    cli_tree_id(tree, &challenge->item);
    cli_end(term);
    cli_tree_quoted(tree, CLI_PLAIN, challenge->reason);
    cli_render_state(term, &challenge->item, tree->id_chars);
    write_challenge_cites(tree, challenge);
    cli_node_end(term);
}
