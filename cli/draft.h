/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draft.h - a record on its way from the command line into the ledger: whom it
 * speaks about, its body, and the checks of what a person typed, each of which
 * says on standard error which option is wrong.
 */
#ifndef ASSAY_CLI_DRAFT_H
#define ASSAY_CLI_DRAFT_H

#include "signer.h"

#include "protocol/body.h"
#include "protocol/quote.h"

/* A record being made. It borrows nothing that it does not copy, and its
 * store part borrows from its own buffer: do not copy the struct. */
struct cli_draft {
    struct store_draft store;
    struct assay_cbor_writer writer; /* Into buffer; for a kind's _write. */
    uint8_t salt[ASSAY_SALT_SIZE];   /* Fresh; for a kind's _write. */
    uint8_t buffer[ASSAY_RECORD_MAX];
};

/* Begins a record of that kind with a fresh salt and nothing in it. */
void cli_draft_begin(struct cli_draft *draft, enum assay_kind kind);

/* Adds one thing it speaks about; one that is there already is not added
 * again. CLI_REFUSED beyond ASSAY_LIST_MAX. */
enum cli_exit cli_draft_about(struct cli_draft *draft,
                              enum assay_relation relation,
                              const struct assay_id *id);

/* Takes what the writer was given as the body. CLI_REFUSED where the texts
 * together are longer than a record. */
enum cli_exit cli_draft_end(struct cli_draft *draft);

/* Ends the draft, lets signer sign it, writes it and prints its id. */
enum cli_exit cli_draft_write(struct cli_context *context,
                              const struct cli_signer *signer,
                              struct cli_draft *draft);

/* Opens the ledger for writing and begins a view of all of it. */
enum cli_exit cli_draft_view(struct cli_context *context,
                             struct store_view **view_out);

/* Forms of a text. */
enum cli_option_form {
    CLI_TEXT_LONG,
    CLI_TEXT_NAME,
    CLI_TEXT_URL,
    CLI_TEXT_LANG,
    CLI_TEXT_DATE
};

/* Why a text has not that form: a static phrase, or NULL where it has. */
const char *cli_draft_text_wrong(const char *text, enum cli_option_form form);

/* The last value of an option as bytes that borrow from args; no bytes where
 * it was not given. CLI_USAGE where it has not that form. */
enum cli_exit cli_draft_option(const struct cli_args *args, const char *name,
                               enum cli_option_form form,
                               struct assay_bytes *text_out);

/* The place of --url, --capture, --quote, --prefix and --suffix, with its
 * quote checked; all zeros where none was given. */
enum cli_exit cli_draft_place(struct cli_context *context,
                              struct store_view *view,
                              const struct cli_args *args,
                              struct assay_place *place_out);

/* Whether what place quotes stands in text, exactly once; where names the
 * place for the message. CLI_REFUSED, said with the nearest text or the number
 * of places. */
enum cli_exit cli_draft_quote(struct assay_bytes text,
                              const struct assay_place *place,
                              const char *where);

/* The records of kind that the values of an option name, added to draft with
 * relation. */
enum cli_exit cli_draft_about_options(struct cli_draft *draft,
                                      struct store_view *view,
                                      const struct cli_args *args,
                                      const char *name, enum assay_kind kind,
                                      enum assay_relation relation);

/* A record and who speaks in it; both borrow from view. CLI_REFUSED where its
 * path of authority is not held, since nobody can then answer for it. */
enum cli_exit cli_draft_target(struct store_view *view,
                               const struct assay_id *id,
                               struct store_row *row_out,
                               const struct assay_authority **by_out);

/* Who the signer is in view. */
enum cli_exit cli_draft_signer(struct store_view *view,
                               const struct cli_signer *signer,
                               const struct assay_authority **by_out);

#endif
