/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - JSON documents in a stable shape (docs/json.md).
 *
 * Keys stand in the order in which they are put, and what is not known is
 * null, never left out. What is written is ASCII: text beyond it is escaped,
 * so that no record can send control or bidi characters to a terminal.
 */
#ifndef ASSAY_CLI_JSON_H
#define ASSAY_CLI_JSON_H

#include "protocol/id.h"
#include "store/chain.h"

#include <jansson.h>
#include <stdio.h>

/* Remembers that memory ran out, so that builders stay straight lines. */
struct cli_doc {
    bool has_failed;
};

/* A new object or list; NULL where memory is exhausted, which every function
 * here takes and reports by has_failed. */
json_t *cli_doc_object(struct cli_doc *json);
json_t *cli_doc_list(struct cli_doc *json);

/* Puts a value, which is taken, under a key or at the end of a list. */
void cli_doc_put(struct cli_doc *json, json_t *object, const char *key,
                 json_t *value);
void cli_doc_add(struct cli_doc *json, json_t *list, json_t *value);

/* Puts one value of a type; absent text and a NULL word give null. */
void cli_doc_put_text(struct cli_doc *json, json_t *object, const char *key,
                      struct assay_bytes text);
void cli_doc_put_word(struct cli_doc *json, json_t *object, const char *key,
                      const char *word);
void cli_doc_put_number(struct cli_doc *json, json_t *object, const char *key,
                        uint64_t number);
void cli_doc_put_bool(struct cli_doc *json, json_t *object, const char *key,
                      bool value);

/* Puts bytes as { "text": bech32m, "hex": ... }; NULL gives null. */
void cli_doc_put_id(struct cli_doc *json, json_t *object, const char *key,
                    enum assay_id_type type, const uint8_t *bytes);
json_t *cli_doc_id(struct cli_doc *json, enum assay_id_type type,
                   const uint8_t *bytes);

/* Puts bytes in hexadecimal. */
void cli_doc_put_hex(struct cli_doc *json, json_t *object, const char *key,
                     struct assay_bytes bytes);

/* Puts a time as { "s": Unix seconds, "text": RFC 3339 }. */
void cli_doc_put_time(struct cli_doc *json, json_t *object, const char *key,
                      uint64_t time_s);

/* The object that says everything about one record but what its body says. */
json_t *cli_doc_item(struct cli_doc *json, const struct store_item *item);

/* Writes a document and a line's end, and frees it. ASSAY_E_NOMEM where
 * building it failed, ASSAY_E_IO. */
ASSAY_MUST_CHECK
enum assay_err cli_doc_write(struct cli_doc *json, json_t *document, FILE *out);

#endif
