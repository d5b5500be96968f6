/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.h - what a record's body and grant say, as one flat list, so that
 * each kind is read in one place however it is then shown.
 */
#ifndef ASSAY_CLI_FIELDS_H
#define ASSAY_CLI_FIELDS_H

#include "protocol/body.h"
#include "store/view.h"

/* A claim with as many topics and places as it may have, and the rest. */
#define CLI_FIELDS_MAX 512

enum cli_field_type {
    CLI_FIELD_TEXT, /* Of the record: never shown as it is. */
    CLI_FIELD_WORD, /* Of our own. */
    CLI_FIELD_NUMBER,
    CLI_FIELD_TIME, /* Unix seconds, in number. */
    CLI_FIELD_HASH, /* 32 bytes, shown in hexadecimal digits. */
    CLI_FIELD_ID,   /* 32 bytes, shown with the prefix of id_type. */
    CLI_FIELD_LIST, /* A list begins, called name; its entries follow. */
    CLI_FIELD_IDS   /* The same, and its entries are ids. */
};

struct cli_field {
    const char *list; /* The list that it is in; NULL for none. */
    size_t index;     /* Which entry of the list. */
    const char *name; /* NULL where the entry is this one value. */
    enum cli_field_type type;
    bool is_absent; /* Its kind has it, this record does not. */
    struct assay_bytes text;
    const char *word;
    uint64_t number;
    enum assay_id_type id_type;
    uint8_t bytes[ASSAY_ID_SIZE];
};

struct cli_fields {
    struct cli_field items[CLI_FIELDS_MAX];
    size_t count;
};

/*
 * Reads the body of a record that holds one: every field of its kind, those
 * that this record leaves out as absent. Entries of a list stand side by side.
 * A kind that is not known gives no fields. Texts borrow from the body.
 * Fails as the kinds' readers do, for a body that breaks its kind's rules;
 * *fields_out is unspecified then.
 */
ASSAY_MUST_CHECK
enum assay_err cli_fields_of_body(const struct assay_record *record,
                                  struct cli_fields *fields_out);

/* The same for the grant; no fields where the kind has none. */
ASSAY_MUST_CHECK
enum assay_err cli_fields_of_grant(const struct assay_record *record,
                                   struct cli_fields *fields_out);

/* What a record says in one line (a claim's text, a verdict's rationale, a
 * name): for lists. None where its body is not held or says nothing. */
struct assay_bytes cli_fields_gist(const struct assay_record *record);

#endif
