/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team.h - what the commands about teams have in common.
 */
#ifndef ASSAY_CLI_TEAM_H
#define ASSAY_CLI_TEAM_H

#include "args.h"
#include "context.h"
#include "draft.h"
#include "protocol/kinds/team.h"

/* Reads --signoffs; *is_given_out says whether it was given. False: it is no
 * number that a grant may hold, and that was said. */
bool cli_team_signoffs(const struct cli_args *args, bool *is_given_out,
                       uint32_t *signoffs_out);

/*
 * What a team says of itself now: the founding record with every standing
 * profile after it laid over it, along its chain of roots. Texts borrow from
 * the view. ASSAY_E_NOT_FOUND where the founding record is not held; ASSAY_OK
 * with empty fields where bodies are not.
 */
ASSAY_MUST_CHECK
enum assay_err cli_team_profile(struct store_view *view,
                                const struct assay_id *team,
                                struct assay_profile *profile_out);

/*
 * The roots of a team from the founding record to the one in force, each by
 * its grant: malloc'ed.
 */
ASSAY_MUST_CHECK
enum assay_err cli_team_roots(struct store_view *view,
                              const struct assay_id *team,
                              struct assay_id **roots_out, size_t *count_out);

/* The text of --note, NULL where it was not given, checked before anything is
 * made or asked for. Not CLI_DONE: what is wrong with it was said. */
enum cli_exit cli_team_note(const struct cli_args *args, const char **note_out);

/* Begins a draft whose body is a profile, and checks that. Not CLI_DONE: what
 * is wrong with it was said. */
enum cli_exit cli_team_draft(const struct assay_profile *profile,
                             enum assay_kind kind, struct cli_draft *draft_out);

/* Fills a draft whose body is a salt and a text (NULL: none), and writes it;
 * prints the new id. */
enum cli_exit cli_team_write_note(struct cli_context *context,
                                  const struct cli_signer *signer,
                                  struct store_draft *draft, const char *text);

/* The same inside a batch, printing nothing. */
enum cli_exit cli_team_put_note(struct cli_context *context,
                                struct store_batch *batch,
                                const struct cli_signer *signer,
                                struct store_draft *draft, const char *text,
                                struct assay_id *id_out);

/* Prints the id of a record of that kind, alone on its line. */
void cli_team_print_id(uint64_t kind, const struct assay_id *id);

#endif
