/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_json.h - the evidence chain as JSON: everything in it, in the shape
 * "assay-chain/1" of docs/json.md.
 */
#ifndef ASSAY_CLI_RENDER_JSON_H
#define ASSAY_CLI_RENDER_JSON_H

#include "json.h"
#include "store/chain.h"

/* The object that says where a claim stands. */
json_t *cli_render_json_standing(struct cli_doc *doc,
                                 const struct assay_standing_result *standing);

/* Writes the document. ASSAY_E_NOMEM, ASSAY_E_IO. */
ASSAY_MUST_CHECK
enum assay_err cli_render_json(const struct store_chain *chain, FILE *out);

#endif
