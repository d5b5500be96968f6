/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_tree_parts.h - the records inside a tree, for render_tree.c, which
 * puts them in order.
 */
#ifndef ASSAY_CLI_RENDER_TREE_PARTS_H
#define ASSAY_CLI_RENDER_TREE_PARTS_H

#include "render_tree.h"

struct cli_tree {
    struct cli_term term;
    const struct store_chain *chain;
    size_t id_chars;
    bool *is_cited; /* By source: a verdict of this page cites it. */
    bool *is_shown; /* By source: it was written in full above. */
};

/* Adds a record's id; of one that is not held, or that has no prefix of its
 * own, with the prefix that the type has. */
void cli_tree_id(struct cli_tree *tree, const struct store_item *item);
void cli_tree_named(struct cli_tree *tree, enum assay_id_type type,
                    const struct assay_id *id);

/* Adds a team's name, or its id where the name is not held. */
void cli_tree_team(struct cli_tree *tree, enum cli_style style,
                   const struct store_item *item);

/* Writes a paragraph of text between quotation marks; none for none. */
void cli_tree_quoted(struct cli_tree *tree, enum cli_style style,
                     struct assay_bytes text);

/* Adds where something was said: the title of a captured page, or a URL. */
void cli_tree_where(struct cli_tree *tree, const struct store_place *place);

/* Writes the quote, and whether it was found. */
void cli_tree_place(struct cli_tree *tree, const struct store_place *place);

/* Each writes nodes below the current one. */
void cli_tree_verdict(struct cli_tree *tree,
                      const struct store_chain_verdict *verdict, bool is_last);
void cli_tree_source(struct cli_tree *tree, size_t index, bool is_last);
void cli_tree_challenge(struct cli_tree *tree,
                        const struct store_challenge *challenge, bool is_last);

/* Writes a node that says how many more there are; nothing for 0. */
void cli_tree_more(struct cli_tree *tree, uint64_t count, const char *what);

/* The index of a source; chain->source_count if it is not there. */
size_t cli_tree_find_source(const struct store_chain *chain,
                            const struct assay_id *id);

#endif
