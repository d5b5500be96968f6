/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement.h - what the commands have in common that sign one record: who
 * signs, whom it speaks about, what it says, in an order in which nobody types
 * a passphrase or a text for a record that is then refused.
 */
#ifndef ASSAY_CLI_STATEMENT_H
#define ASSAY_CLI_STATEMENT_H

#include "draft.h"

/* A statement under way. */
struct cli_statement {
    struct cli_context *context;
    const struct cli_args *args;
    struct store_view *view;  /* While aim runs; NULL after it. */
    struct cli_signer signer; /* Chosen; unlocked after aim. */
    struct cli_draft draft;
    void *said; /* The command's own. */
};

/* What a command makes. */
struct cli_statement_form {
    enum assay_kind kind;
    const char *option; /* The one that gives its text. */
    const char *hint;   /* For the editor, where that option is left out;
                           NULL: it then has no text. */
    /* Puts into the draft whom the record speaks about, and refuses what the
     * signer may not say. NULL: nothing to do. */
    enum cli_exit (*aim)(struct cli_statement *statement);
    /* Writes the body; text may be NULL and borrows until the call returns.
     * NULL: the body is a note of text. */
    void (*write)(struct cli_statement *statement, const char *text);
};

/*
 * Chooses the signer, aims, reads the text that was given, unlocks the key,
 * opens an editor for a text that was not, writes the record and prints its
 * id. said is for aim and write. Whatever fails was said.
 */
enum cli_exit cli_statement_make(struct cli_context *context,
                                 const struct cli_args *args,
                                 const struct cli_statement_form *form,
                                 void *said);

#endif
