/* SPDX-License-Identifier: Apache-2.0 */
#include "render_dot.h"

#include "term.h"
#include "words.h"

#include <inttypes.h>
#include <stdlib.h>

/* Columns and lines of a label: a box that can be read beside others. */
#define LABEL_WIDTH 44
#define LABEL_LINES_MAX 7

/* A label that is being made: paragraphs, each cut to some lines. */
struct label {
    struct cli_term term;
    char *text; /* What the stream below has given; NULL on failure. */
    size_t len;
    FILE *stream;
};

struct graph {
    FILE *out;
    const struct store_chain *chain;
    bool has_failed;
};

/* How a box looks. */
struct box {
    const char *shape;
    const char *fill;
    const char *border;
    bool is_faint; /* It does not count now, or is not held. */
};

static void label_begin(struct label *label)
{
    static const struct cli_look look = {LABEL_WIDTH, false, true};

    memset(label, 0, sizeof(*label));
    label->stream = open_memstream(&label->text, &label->len);
    if (label->stream != NULL) {
        cli_term_open(&label->term, label->stream, &look);
    }
}

static bool label_is_open(const struct label *label)
{
    return label->stream != NULL;
}

/* Ends the text; false where memory ran out. */
static bool label_end(struct label *label)
{
    int result;

    if (label->stream == NULL) {
        return false;
    }
    cli_term_close(&label->term);
    result = fclose(label->stream);
    label->stream = NULL;
    return result == 0 && label->text != NULL;
}

/* Adds a paragraph, cut where it is too long for a box. */
static void label_text(struct label *label, const char *before,
                       struct assay_bytes text, const char *after)
{
    size_t max = (size_t)LABEL_WIDTH * LABEL_LINES_MAX;
    bool is_cut = text.len > max;

    if (text.data == NULL || !label_is_open(label)) {
        return;
    }
    while (is_cut && max > 0 && (text.data[max] & 0xc0U) == 0x80) {
        max--;
    }
    if (is_cut) {
        text.len = max;
    }
    cli_put(&label->term, CLI_PLAIN, before);
    cli_put_text(&label->term, CLI_PLAIN, text, CLI_LINE);
    cli_put(&label->term, CLI_PLAIN, is_cut ? "\u2026" : "");
    cli_put(&label->term, CLI_PLAIN, after);
    cli_end(&label->term);
}

static void label_words(struct label *label, const char *words)
{
    if (label_is_open(label)) {
        cli_put(&label->term, CLI_PLAIN, words);
        cli_end(&label->term);
    }
}

static void label_id(struct label *label, enum assay_id_type type,
                     const struct assay_id *id)
{
    char text[ASSAY_ID_TEXT_MAX];

    cli_id_short(type, id->hash, 0, text);
    label_words(label, text);
}

/* Graphviz reads backslashes, quotation marks and HTML's entities. */
static void write_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '\n':
            (void)fputs("\\l", out);
            break;
        case '"':
            (void)fputs("\\\"", out);
            break;
        case '\\':
            (void)fputs("\\\\", out);
            break;
        case '&':
            (void)fputs("&amp;", out);
            break;
        default:
            (void)fputc(*text, out);
            break;
        }
    }
}

/* Nodes are named by their ids, so that edges need no table. */
static void write_name(FILE *out, const struct assay_id *id)
{
    (void)fputc('"', out);
    for (size_t i = 0; i < sizeof(id->hash); i++) {
        (void)fprintf(out, "%02x", (unsigned)id->hash[i]);
    }
    (void)fputc('"', out);
}

static void write_node(struct graph *graph, const struct assay_id *id,
                       const struct box *box, struct label *label)
{
    if (!label_end(label)) {
        graph->has_failed = true;
        free(label->text);
        return;
    }
    (void)fputs("  ", graph->out);
    write_name(graph->out, id);
    (void)fputs(" [label=\"", graph->out);
    write_escaped(graph->out, label->text);
    (void)fprintf(graph->out,
                  "\", shape=%s, fillcolor=\"%s\", color=\"%s\"%s];\n",
                  box->shape, box->is_faint ? "#f4f4f4" : box->fill,
                  box->is_faint ? "#9a9a9a" : box->border,
                  box->is_faint ? ", style=\"filled,dashed\", "
                                  "fontcolor=\"#5c5c5c\""
                                : "");
    free(label->text);
}

static void write_edge(struct graph *graph, const struct assay_id *from,
                       const struct assay_id *to, const char *label,
                       const char *attributes)
{
    (void)fputs("  ", graph->out);
    write_name(graph->out, from);
    (void)fputs(" -> ", graph->out);
    write_name(graph->out, to);
    (void)fprintf(graph->out, " [label=\"%s\"%s];\n", label, attributes);
}

/* What is wrong with a record, in a word each. */
static void label_state(struct label *label, const struct store_item *item)
{
    if (!item->is_held) {
        label_words(label, "\u25cb not held here");
        return;
    }
    if (item->signature == STORE_SIGNATURE_BAD) {
        label_words(label, "\u2717 SIGNATURE BAD");
    }
    if (item->validity.state != ASSAY_STANDS) {
        label_words(label, "\u2717 does not stand:");
        label_words(label, assay_validity_phrase(item->validity.state));
    }
    if (item->is_retracted) {
        label_words(label, "\u2717 retracted");
    }
    if (item->is_log_forked) {
        label_words(label, "! its author's log is forked");
    }
    if (item->body == STORE_BODY_ERASED) {
        label_words(label, "\u25cb erased here");
    } else if (item->body == STORE_BODY_MALFORMED) {
        label_words(label, "\u2717 malformed, counts for nothing");
    } else if (item->body == STORE_BODY_MISSING) {
        label_words(label, "\u25cb its text is not held here");
    }
}

static bool is_faint(const struct store_item *item)
{
    return !item->is_held || item->validity.state != ASSAY_STANDS ||
           item->is_retracted || item->body != STORE_BODY_HELD;
}

static void label_team(struct label *label, const struct store_item *item)
{
    if (item->team_name.data != NULL) {
        label_text(label, "", item->team_name, "");
    } else if (item->validity.authority != NULL) {
        label_id(label, ASSAY_ID_TEAM, &item->validity.authority->team);
    }
}

static const char *place_mark(enum store_place_state state)
{
    switch (state) {
    case STORE_PLACE_FOUND:
        return "quote found";
    case STORE_PLACE_ABSENT:
        return "quote NOT FOUND";
    case STORE_PLACE_AMBIGUOUS:
        return "quote ambiguous";
    case STORE_PLACE_BAD_BYTES:
        return "bytes WRONG";
    case STORE_PLACE_URL_ONLY:
    case STORE_PLACE_UNKNOWN:
    case STORE_PLACE_NO_BYTES:
    case STORE_PLACE_NOT_TEXT:
    case STORE_PLACE_NO_QUOTE:
    case STORE_PLACE_UNCHECKED:
        break;
    }
    return "quotes";
}

/* Whether the place's capture was written for an earlier place: graphviz
 * takes a second statement of a node as more about it. */
static void write_capture(struct graph *graph, const struct assay_id *from,
                          const struct store_place *place)
{
    struct box box = {"note", "#eef3fb", "#4a6fa5", false};
    struct label label;

    if (place->capture == NULL) {
        return;
    }
    box.is_faint = is_faint(place->capture);
    label_begin(&label);
    label_words(&label, "CAPTURE");
    label_text(&label, "", place->about.title, "");
    label_text(&label, "", place->about.url, "");
    if (place->state == STORE_PLACE_NO_BYTES) {
        label_words(&label, "\u25cb not archived here");
    }
    label_state(&label, place->capture);
    label_id(&label, ASSAY_ID_CAPTURE, &place->capture->id);
    write_node(graph, &place->capture->id, &box, &label);
    write_edge(graph, from, &place->capture->id, place_mark(place->state),
               place->state == STORE_PLACE_ABSENT ||
                       place->state == STORE_PLACE_BAD_BYTES
                   ? ", color=\"#c92a2a\", fontcolor=\"#c92a2a\""
                   : ", color=\"#4a6fa5\"");
}

static void write_claim(struct graph *graph)
{
    const struct store_chain *chain = graph->chain;
    struct box box = {"box", "#fff3c4", "#8a6d00", is_faint(&chain->item)};
    char standing[64];
    struct label label;

    label_begin(&label);
    label_words(&label, "CLAIM");
    label_text(&label, "\u201c", chain->claim.text, "\u201d");
    label_text(&label, "said by ", chain->claim.speaker, "");
    (void)snprintf(standing, sizeof(standing), "Standing: %s",
                   assay_standing_name(chain->standing.standing));
    label_words(&label, standing);
    label_state(&label, &chain->item);
    label_id(&label, ASSAY_ID_CLAIM, &chain->item.id);
    write_node(graph, &chain->item.id, &box, &label);
    for (size_t i = 0; i < chain->place_count; i++) {
        write_capture(graph, &chain->item.id, &chain->places[i]);
    }
}

static const char *rating_fill(enum assay_rating rating)
{
    switch (rating) {
    case ASSAY_RATING_TRUE:
        return "#c3ebc3";
    case ASSAY_RATING_MOSTLY_TRUE:
        return "#dff3d6";
    case ASSAY_RATING_MIXED:
        return "#fdf1cf";
    case ASSAY_RATING_MISLEADING:
        return "#fde0c8";
    case ASSAY_RATING_MOSTLY_FALSE:
        return "#fbd0c6";
    case ASSAY_RATING_FALSE:
        return "#f5b5ae";
    case ASSAY_RATING_UNPROVEN:
    case ASSAY_RATING_SATIRE:
    case ASSAY_RATING_OUTDATED:
        break;
    }
    return "#e8e8ee";
}

/* A box for what a challenge cites, unless it is one of the sources. */
static void write_cite(struct graph *graph, const struct store_item *cite)
{
    const struct store_chain *chain = graph->chain;
    struct box box = {"box", "#ffffff", "#9a9a9a", is_faint(cite)};
    char id[ASSAY_ID_TEXT_MAX];
    struct label label;

    for (size_t i = 0; i < chain->source_count; i++) {
        if (assay_id_equal(&chain->sources[i].item.id, &cite->id)) {
            return;
        }
    }
    cli_item_id(cite, 0, id);
    label_begin(&label);
    label_words(&label, "CITED");
    label_team(&label, cite);
    label_state(&label, cite);
    label_words(&label, id);
    write_node(graph, &cite->id, &box, &label);
}

static void write_challenges(struct graph *graph, const struct assay_id *on,
                             const struct store_challenge *challenges,
                             size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct store_challenge *challenge = &challenges[i];
        struct box box = {"box", "#f1e4fb", "#7b3fa0",
                          is_faint(&challenge->item)};
        struct label label;

        label_begin(&label);
        label_words(&label, "CHALLENGE");
        label_team(&label, &challenge->item);
        label_text(&label, "\u201c", challenge->reason, "\u201d");
        label_state(&label, &challenge->item);
        label_id(&label, ASSAY_ID_RECORD, &challenge->item.id);
        write_node(graph, &challenge->item.id, &box, &label);
        write_edge(graph, &challenge->item.id, on, "challenges",
                   ", color=\"#7b3fa0\", fontcolor=\"#7b3fa0\"");
        for (size_t j = 0; j < challenge->cite_count; j++) {
            write_cite(graph, &challenge->cites[j]);
            write_edge(graph, &challenge->item.id, &challenge->cites[j].id,
                       "cites", ", style=dashed, constraint=false");
        }
    }
}

static void label_signoffs(struct label *label,
                           const struct store_chain_verdict *verdict)
{
    char words[96];

    if (verdict->signoffs_needed == 0) {
        return;
    }
    (void)snprintf(
        words, sizeof(words), "%s%" PRIu32 " of %" PRIu32 " sign-offs",
        verdict->is_published ? "\u2713 published, " : "\u25cb waiting, ",
        verdict->signoffs_count, verdict->signoffs_needed);
    label_words(label, words);
}

static void label_rating(struct label *label,
                         const struct store_chain_verdict *verdict)
{
    char words[64];

    (void)snprintf(words, sizeof(words), "VERDICT: %s",
                   verdict->item.body == STORE_BODY_HELD
                       ? assay_rating_name(verdict->verdict.rating)
                       : "cannot be read");
    label_words(label, words);
}

static void write_verdict(struct graph *graph,
                          const struct store_chain_verdict *verdict)
{
    const struct assay_id *id = &verdict->item.id;
    struct box box = {"box", rating_fill(verdict->verdict.rating), "#444444",
                      !verdict->is_current};
    struct label label;

    label_begin(&label);
    label_rating(&label, verdict);
    label_text(&label, "\u201c", verdict->verdict.label, "\u201d");
    label_team(&label, &verdict->item);
    label_text(&label, "", verdict->verdict.rationale, "");
    label_signoffs(&label, verdict);
    if (!verdict->is_accepted) {
        label_words(&label, "\u25cb team not on your list");
    }
    label_state(&label, &verdict->item);
    label_id(&label, ASSAY_ID_VERDICT, id);
    write_node(graph, id, &box, &label);
    write_edge(graph, id, &graph->chain->item.id,
               verdict->is_current ? "verdict" : "verdict, does not count",
               verdict->is_current ? ", penwidth=2"
                                   : ", style=dashed, color=\"#9a9a9a\"");
    if (verdict->is_superseded) {
        write_edge(graph, &verdict->superseded_by, id, "supersedes",
                   ", color=\"#9a9a9a\", constraint=false");
    }
    for (size_t i = 0; i < verdict->cite_count; i++) {
        write_edge(graph, id, &verdict->cites[i], "cites", ", style=dashed");
    }
    write_challenges(graph, id, verdict->challenges, verdict->challenge_count);
}

/* Colour of the border and the edge, by what a source does for a claim. */
static const char *stance_colour(enum assay_stance stance)
{
    switch (stance) {
    case ASSAY_STANCE_SUPPORTS:
        return "#2b8a3e";
    case ASSAY_STANCE_REFUTES:
        return "#c92a2a";
    case ASSAY_STANCE_CONTEXT:
        return "#4c6ef5";
    }
    return "#9a9a9a";
}

static void write_source(struct graph *graph,
                         const struct store_chain_source *source)
{
    const struct assay_id *id = &source->item.id;
    const char *colour = stance_colour(source->source.stance);
    const struct assay_id *on = NULL;
    struct box box = {"box", "#ffffff", colour, is_faint(&source->item)};
    char attributes[64];
    struct label label;

    label_begin(&label);
    label_words(&label, "SOURCE");
    label_text(&label, "", source->source.note, "");
    label_text(&label, "\u201c", source->place.place.exact, "\u201d");
    label_text(&label, "", source->place.place.url, "");
    if (source->item.body == STORE_BODY_HELD &&
        source->place.state == STORE_PLACE_URL_ONLY) {
        label_words(&label, "\u25cb a link only, nothing is archived");
    }
    label_state(&label, &source->item);
    label_id(&label, source->item.is_held ? ASSAY_ID_SOURCE : ASSAY_ID_RECORD,
             id);
    write_node(graph, id, &box, &label);
    if (source->item.is_held) {
        on = assay_record_about(&source->item.row->record, ASSAY_REL_ON);
    }
    if (on != NULL && assay_id_equal(on, &graph->chain->item.id)) {
        (void)snprintf(attributes, sizeof(attributes),
                       ", color=\"%s\", fontcolor=\"%s\"", colour, colour);
        write_edge(graph, id, on,
                   source->source.stance == (enum assay_stance)0
                       ? "source"
                       : assay_stance_name(source->source.stance),
                   attributes);
    }
    write_capture(graph, id, &source->place);
    write_challenges(graph, id, source->challenges, source->challenge_count);
}

static void write_link(struct graph *graph, const struct store_chain_link *link)
{
    const struct assay_id *claim = &graph->chain->item.id;
    struct box box = {"box", "#fffbea", "#8a6d00", !link->other.is_held};
    const char *attributes =
        link->item.validity.state == ASSAY_STANDS && !link->item.is_retracted
            ? ", color=\"#8a6d00\""
            : ", color=\"#9a9a9a\", style=dashed";
    struct label label;

    if (!assay_id_equal(&link->other.id, claim)) {
        label_begin(&label);
        label_words(&label, "LINKED CLAIM");
        label_text(&label, "\u201c", link->other_text, "\u201d");
        label_state(&label, &link->other);
        label_id(&label, ASSAY_ID_CLAIM, &link->other.id);
        write_node(graph, &link->other.id, &box, &label);
    }
    write_edge(graph, link->is_outward ? claim : &link->other.id,
               link->is_outward ? &link->other.id : claim,
               assay_relation_name(link->relation), attributes);
}

/* Says in the picture that it is not the whole chain. */
static void write_more(struct graph *graph)
{
    const struct store_chain *chain = graph->chain;

    if (chain->verdict_more > 0 || chain->source_next_lsn > 0 ||
        chain->link_more > 0 || chain->challenge_more > 0) {
        (void)fputs("  more [label=\"This is a page: the chain has more "
                    "records.\", shape=plaintext, style=\"\"];\n",
                    graph->out);
    }
}

enum assay_err cli_render_dot(const struct store_chain *chain, FILE *out)
{
    struct graph graph = {out, chain, false};

    (void)fputs("digraph assay_chain {\n"
                "  charset=\"UTF-8\";\n"
                "  rankdir=RL;\n"
                "  nodesep=0.25;\n"
                "  ranksep=0.9;\n"
                "  node [style=filled, fontname=\"DejaVu Sans\", fontsize=10, "
                "margin=\"0.14,0.09\"];\n"
                "  edge [fontname=\"DejaVu Sans\", fontsize=9];\n",
                out);
    write_claim(&graph);
    for (size_t i = 0; i < chain->source_count; i++) {
        write_source(&graph, &chain->sources[i]);
    }
    for (size_t i = 0; i < chain->verdict_count; i++) {
        write_verdict(&graph, &chain->verdicts[i]);
    }
    write_challenges(&graph, &chain->item.id, chain->challenges,
                     chain->challenge_count);
    for (size_t i = 0; i < chain->link_count; i++) {
        write_link(&graph, &chain->links[i]);
    }
    write_more(&graph);
    (void)fputs("}\n", out);
    if (graph.has_failed) {
        return ASSAY_E_NOMEM;
    }
    return ferror(out) != 0 ? ASSAY_E_IO : ASSAY_OK;
}
