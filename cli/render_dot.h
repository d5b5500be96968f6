/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_dot.h - the evidence chain as a graph for graphviz: a box for each
 * record, an edge for each "speaks about".
 */
#ifndef ASSAY_CLI_RENDER_DOT_H
#define ASSAY_CLI_RENDER_DOT_H

#include "store/chain.h"

#include <stdio.h>

/* Writes the graph, in UTF-8. ASSAY_E_NOMEM, ASSAY_E_IO. */
ASSAY_MUST_CHECK
enum assay_err cli_render_dot(const struct store_chain *chain, FILE *out);

#endif
