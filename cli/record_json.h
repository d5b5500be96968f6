/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_json.h - one record as JSON, the same wherever it stands; docs/json.md
 * defines the shape.
 */
#ifndef ASSAY_CLI_RECORD_JSON_H
#define ASSAY_CLI_RECORD_JSON_H

#include "json.h"
#include "store/chain.h"

/* A record in brief: what it is, who signed it, and what was found out about
 * it. Its id alone where it is not held. */
json_t *cli_record_brief(struct cli_doc *doc, const struct store_item *item);

/* Puts the members of a whole, held record into object: those of the brief
 * one, what it builds on, and what it says. */
void cli_record_put_whole(struct cli_doc *doc, json_t *object,
                          struct store_view *view,
                          const struct store_item *item);

/* Puts the id of a record with the prefix that it has, where it is held. */
void cli_record_put_id(struct cli_doc *doc, json_t *object, const char *key,
                       struct store_view *view, const struct assay_id *id);

#endif
