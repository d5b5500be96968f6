/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - JSON documents in the one form that docs/json.md defines: how an
 * id, a time, a text look is decided here and nowhere else.
 *
 * Members stand in the order in which they are put, and what is not known is
 * null, never left out. What is written is ASCII: text beyond it is escaped,
 * so that no record can send control or bidi characters to a terminal.
 */
#ifndef ASSAY_CLI_JSON_H
#define ASSAY_CLI_JSON_H

#include "command.h"
#include "protocol/id.h"

#include <jansson.h>
#include <stdio.h>

/* Remembers that memory ran out, so that builders stay straight lines. */
struct cli_doc {
    bool has_failed;
};

/* A new object or list; NULL where memory is exhausted, which every function
 * here takes and reports by has_failed. */
json_t *cli_doc_object(struct cli_doc *doc);
json_t *cli_doc_list(struct cli_doc *doc);

/* A document: an object whose member format is the name of its shape. */
json_t *cli_doc_begin(struct cli_doc *doc, const char *format);

/* Puts a value, which is taken, under a key or at the end of a list. */
void cli_doc_put(struct cli_doc *doc, json_t *object, const char *key,
                 json_t *value);
void cli_doc_add(struct cli_doc *doc, json_t *list, json_t *value);

/* Puts one value of a type; absent text and a NULL word give null. Bytes that
 * are not UTF-8, as a file's name may hold, become U+FFFD. */
void cli_doc_put_null(struct cli_doc *doc, json_t *object, const char *key);
void cli_doc_put_text(struct cli_doc *doc, json_t *object, const char *key,
                      struct assay_bytes text);
void cli_doc_put_word(struct cli_doc *doc, json_t *object, const char *key,
                      const char *word);
void cli_doc_put_bool(struct cli_doc *doc, json_t *object, const char *key,
                      bool value);
void cli_doc_add_text(struct cli_doc *doc, json_t *list,
                      struct assay_bytes text);

/* Puts a number; those above 2^63 - 1, which JSON's readers do not take,
 * become that. */
void cli_doc_put_number(struct cli_doc *doc, json_t *object, const char *key,
                        uint64_t number);

/* Puts 32 bytes as text (bech32m) under key, and in hexadecimal under key
 * with "_hex" behind it; NULL gives null for both. */
void cli_doc_put_id(struct cli_doc *doc, json_t *object, const char *key,
                    enum assay_id_type type, const uint8_t *bytes);

/* Puts two empty lists, key and key_hex, and adds an id to both. */
void cli_doc_put_ids(struct cli_doc *doc, json_t *object, const char *key);
void cli_doc_add_id(struct cli_doc *doc, json_t *object, const char *key,
                    enum assay_id_type type, const uint8_t *bytes);

/* Puts a hash in hexadecimal. */
void cli_doc_put_hash(struct cli_doc *doc, json_t *object, const char *key,
                      const uint8_t hash[ASSAY_HASH_SIZE]);

/* Puts Unix seconds as RFC 3339; as a number beyond the year 9999. */
void cli_doc_put_time(struct cli_doc *doc, json_t *object, const char *key,
                      uint64_t time_s);

/* Writes a document and a line's end, and frees it. ASSAY_E_NOMEM where
 * building it failed, ASSAY_E_IO. */
ASSAY_MUST_CHECK
enum assay_err cli_doc_write(struct cli_doc *doc, json_t *document, FILE *out);

/* The same to standard output, flushed; what failed was said. */
enum cli_exit cli_doc_print(struct cli_doc *doc, json_t *document);

/* The same in one line, for documents that follow each other. */
enum cli_exit cli_doc_print_line(struct cli_doc *doc, json_t *document);

#endif
