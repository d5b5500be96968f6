/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_json.h - one record as JSON, the same wherever it stands; docs/json.md
 * defines the shape.
 */
#ifndef ASSAY_CLI_RECORD_JSON_H
#define ASSAY_CLI_RECORD_JSON_H

#include "command.h"
#include "store/chain.h"

#include <jansson.h>

/* Adds a member; a value that could not be made counts as a failure. False
 * stays: give the last result as is_good. */
bool cli_json_put(json_t *object, const char *name, json_t *value,
                  bool is_good);

/* Values; NULL where memory is exhausted. A time beyond the year 9999 is a
 * number, no text is null. */
json_t *cli_json_text(struct assay_bytes text);
json_t *cli_json_id(enum assay_id_type type, const uint8_t *bytes);
json_t *cli_json_time(uint64_t time_s);
json_t *cli_json_number(uint64_t number);

/* An id with the prefix that its record has, where that is held. */
json_t *cli_json_id_of(struct store_view *view, const struct assay_id *id);

/* A record, with what was found out about it. NULL where memory is
 * exhausted. */
json_t *cli_json_record(struct store_view *view, const struct store_item *item);

/* Writes root, which may be NULL, to standard output, with everything that is
 * not ASCII escaped, and frees it. What failed was said. */
enum cli_exit cli_json_write(json_t *root);

#endif
