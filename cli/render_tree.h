/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_tree.h - the evidence chain as a tree that a person reads without a
 * manual.
 */
#ifndef ASSAY_CLI_RENDER_TREE_H
#define ASSAY_CLI_RENDER_TREE_H

#include "store/chain.h"
#include "term.h"

struct cli_tree_options {
    struct cli_look look;
    size_t id_chars; /* Of every id; 0: eight; 52 and more: whole ids. */
};

/* Writes the tree. ASSAY_E_NOMEM; ASSAY_E_IO where out failed. */
ASSAY_MUST_CHECK
enum assay_err cli_render_tree(const struct store_chain *chain, FILE *out,
                               const struct cli_tree_options *options);

/*
 * Writes what was checked of one record, as every record of a tree has it: a
 * paragraph on the signature, who speaks and when, and one for whatever is
 * wrong with it. show and log use it, too.
 */
void cli_render_state(struct cli_term *term, const struct store_item *item,
                      size_t id_chars);

#endif
