/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.h - ids, times, numbers and states as words, the same wherever they
 * are printed.
 */
#ifndef ASSAY_CLI_WORDS_H
#define ASSAY_CLI_WORDS_H

#include "protocol/id.h"
#include "store/chain.h"

/* Room for a time, and for a number with its separators. */
#define CLI_TIME_MAX 24
#define CLI_NUMBER_MAX 32

/* Data characters of a short id where nothing else is asked. */
#define CLI_ID_CHARS 8

/* An id with the first chars of its data (0: CLI_ID_CHARS; 52 and more: the
 * whole with its checksum). out has room for ASSAY_ID_TEXT_MAX bytes. */
void cli_id_short(enum assay_id_type type, const uint8_t *bytes, size_t chars,
                  char *out);

/* The same for a record, by the kind it has where it is held. */
void cli_item_id(const struct store_item *item, size_t chars, char *out);

/* "2025-10-12T14:03:00Z" (RFC 3339), or false where the year has more than
 * four digits. out has room for CLI_TIME_MAX bytes. */
bool cli_time_rfc3339(uint64_t time_s, char *out);

/* "2025-10-12 14:03 UTC"; seconds since 1970 where the year is longer. */
void cli_time_words(uint64_t time_s, char *out);

/* "31,234"; out has room for CLI_NUMBER_MAX bytes. */
void cli_number(uint64_t number, char *out);

/* For programs: static, stable. */
const char *cli_place_name(enum store_place_state state);
const char *cli_body_name(enum store_body_state state);
const char *cli_signature_name(enum store_signature_state state);

#endif
