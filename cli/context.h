/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context.h - what every command works with: the ledger, and what people's
 * words for records, teams and keys mean.
 */
#ifndef ASSAY_CLI_CONTEXT_H
#define ASSAY_CLI_CONTEXT_H

#include "command.h"
#include "store/keyring.h"
#include "store/ledger.h"
#include "store/view.h"

struct cli_context {
    const char *ledger_option;   /* --ledger, or NULL. */
    const char *as_option;       /* --as, or NULL: the key that signs. */
    const char *team_option;     /* --team, or NULL. */
    bool json;                   /* --json */
    struct store_ledger *ledger; /* Opened by cli_context_open; main closes. */
    uint64_t now_s;              /* Unix time when the command began. */
};

/* The folder of the ledger: --ledger, $ASSAY_LEDGER, $XDG_DATA_HOME/assay or
 * ~/.local/share/assay. malloc'ed; NULL (said on standard error) where none
 * can be told. */
char *cli_context_folder(const struct cli_context *context);

/* Opens the ledger, once. Not CLI_DONE: the reason was said. */
enum cli_exit cli_context_open(struct cli_context *context,
                               enum store_mode mode);

/* Opens it and begins a view; end it with store_view_end. */
enum cli_exit cli_context_view(struct cli_context *context, uint64_t as_of_s,
                               struct store_view **view_out);

/*
 * The record that a whole or short text form means. kind is what it must be
 * (enum assay_kind), or 0 for any. CLI_NO where nothing or several fit (the
 * candidates are listed on standard error), CLI_USAGE where it is no id, or
 * one of another kind.
 */
enum cli_exit cli_context_record(struct store_view *view, const char *text,
                                 uint64_t kind, struct assay_id *id_out);

/* The team that a team1... form or an exact name means. */
enum cli_exit cli_context_team(struct store_view *view, const char *text,
                               struct assay_id *team_out);

/* The key in the keyring that a name or key1... form means. */
enum cli_exit cli_context_key(struct cli_context *context, const char *text,
                              struct store_key_info *info_out);

/* The key that text means; NULL: that of --as, else the only one there is.
 * CLI_USAGE, with their names, where there are several. */
enum cli_exit cli_context_one_key(struct cli_context *context, const char *text,
                                  struct store_key_info *info_out);

/* Says why the keyring, or its key called name (NULL: none in particular),
 * gives err; of permissions that are not safe, where and what to do. Returns
 * the exit code that fits. */
enum cli_exit cli_context_keys_err(const struct cli_context *context,
                                   const char *name, enum assay_err err);

/* The teams in which a key of the keyring has a grant that stands: they
 * always count here. malloc'ed. */
enum cli_exit cli_context_own_teams(struct cli_context *context,
                                    struct store_view *view,
                                    struct assay_id **teams_out,
                                    size_t *count_out);

#endif
