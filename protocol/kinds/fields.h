/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.h - the fields that bodies of several kinds share, for the readers
 * and writers in this folder and body.c. Not installed.
 *
 * Readers fail through the cursor, whose first failure sticks, so that the
 * reader of a kind is one loop over the body's keys.
 */
#ifndef ASSAY_PROTOCOL_KINDS_FIELDS_H
#define ASSAY_PROTOCOL_KINDS_FIELDS_H

#include "../body.h"

/* Begins on a body: its map, and the salt under key 0. */
void assay_field_begin(struct assay_cbor_reader *reader,
                       struct assay_cbor_map *map, struct assay_bytes body);

/* Refuses a body that lacks a field; the rule names it. */
void assay_field_require(struct assay_cbor_reader *reader, bool is_there,
                         const char *rule);

/* A text that is not empty and at most len_max bytes long. */
struct assay_bytes assay_field_text(struct assay_cbor_reader *reader,
                                    size_t len_max);

/* Texts of one form: a URL, a BCP 47 tag, a date as text.h has it. */
struct assay_bytes assay_field_url(struct assay_cbor_reader *reader);
struct assay_bytes assay_field_lang(struct assay_cbor_reader *reader);
struct assay_bytes assay_field_date(struct assay_cbor_reader *reader);

/* A number of at most max; a larger one fails with LIMIT and the rule. */
uint64_t assay_field_number(struct assay_cbor_reader *reader, uint64_t max,
                            const char *rule);

/*
 * One field of a place (body.h), by its key. Returns false, with nothing
 * read, for a key that a place does not have.
 */
bool assay_field_place(struct assay_cbor_reader *reader, uint64_t key,
                       struct assay_place *place);

/* Refuses a place that says neither where nor, with a prefix or suffix, what:
 * called when all its fields were read. */
void assay_field_place_end(struct assay_cbor_reader *reader,
                           const struct assay_place *place);

/* How many fields of a place are given, and their writer. */
size_t assay_field_place_count(const struct assay_place *place);
void assay_field_write_place(struct assay_cbor_writer *writer,
                             const struct assay_place *place);

/* Begins a body of count fields beside its salt. */
void assay_field_write_begin(struct assay_cbor_writer *writer, size_t count,
                             const uint8_t salt[ASSAY_SALT_SIZE]);

/* Writes key and text where the text is given, else nothing. */
void assay_field_write_text(struct assay_cbor_writer *writer, uint64_t key,
                            struct assay_bytes text);

/* Writes key and list where the list is not empty, else nothing. */
void assay_field_write_list(struct assay_cbor_writer *writer, uint64_t key,
                            const struct assay_text_list *list);

/* 1 for a text that is given, else 0: to count the pairs of a map. */
static inline size_t assay_field_given(struct assay_bytes text)
{
    return text.data != NULL ? 1 : 0;
}

#endif
