/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest_reader.h - walks a manifest's JSON by tables of fields, knowing at
 * each step where it is. The first failure sticks. Not installed.
 */
#ifndef ASSAY_CLI_MANIFEST_READER_H
#define ASSAY_CLI_MANIFEST_READER_H

#include "draft.h"
#include "manifest.h"

#include <jansson.h>

struct cli_manifest_reader {
    char path[192];
    size_t path_len;
    enum assay_err err;
    struct cli_manifest_fault *fault;
};

enum cli_manifest_type {
    CLI_MANIFEST_TEXT,  /* const char *, of a form. */
    CLI_MANIFEST_REF,   /* struct cli_manifest_ref: a key. */
    CLI_MANIFEST_LIST,  /* struct cli_manifest_list of short texts. */
    CLI_MANIFEST_NESTED /* An array that somebody else reads. */
};

/* One field of an object. */
struct cli_manifest_field {
    const char *name; /* NULL ends a table. */
    enum cli_manifest_type type;
    enum cli_option_form form;
    size_t offset; /* Of what is filled in, in the entry's struct. */
    bool is_required;
};

/* Goes into a field and, where index is not CLI_MANIFEST_NONE, an element of
 * it; returns what to leave with. */
size_t cli_manifest_enter(struct cli_manifest_reader *reader, const char *name,
                          size_t index);
void cli_manifest_leave(struct cli_manifest_reader *reader, size_t mark);

/* Fails here, if nothing failed before, for a reason in words. */
__attribute__((format(printf, 3, 4))) void
cli_manifest_fail(struct cli_manifest_reader *reader, enum assay_err err,
                  const char *format, ...);

/* The same at a field of where the reader is. */
void cli_manifest_fail_at(struct cli_manifest_reader *reader, const char *name,
                          const char *why);

/* Fills entry from object by the table: refuses what is no object, an unknown
 * field, a wrong type or form, and a missing field that is required. Lists
 * that it allocates are the entry's. */
void cli_manifest_object(struct cli_manifest_reader *reader,
                         const json_t *object,
                         const struct cli_manifest_field *fields, void *entry);

/* How many elements an optional array has; fails where it is no array or has
 * more than max. */
size_t cli_manifest_array(struct cli_manifest_reader *reader,
                          const json_t *object, const char *name, size_t max);

#endif
