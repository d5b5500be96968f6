/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer.h - chooses and unlocks who signs, and writes what they say. Choosing
 * asks nobody anything: a passphrase is asked for when what is to be signed
 * has been looked at.
 */
#ifndef ASSAY_CLI_SIGNER_H
#define ASSAY_CLI_SIGNER_H

#include "context.h"
#include "store/author.h"

struct cli_signer {
    struct store_key_info key;
    struct assay_id grant; /* Zero before a team is founded. */
    struct assay_id team;
    enum assay_role role;
    bool is_root;
    struct store_secret *secret; /* NULL until it is unlocked. */
};

/*
 * The key of --as and the team of --team, the only ones there are being the
 * default, and the grant in force of that key there (needs_root: it must be
 * the team's root). Clear it with cli_signer_clear. Opens the ledger for
 * writing.
 */
enum cli_exit cli_signer_choose(struct cli_context *context, bool needs_root,
                                struct cli_signer *signer_out);

/* The same with a team by its exact name or id (NULL: the default) and a key
 * by name (NULL: the one that may speak for that team), as manifests want. */
enum cli_exit cli_signer_choose_for(struct cli_context *context,
                                    const char *team, const char *key,
                                    struct cli_signer *signer_out);

/* A key of the keyring by itself, with no grant: who founds a team or rotates.
 * name NULL: that of --as, else the only key there is. */
enum cli_exit cli_signer_key(struct cli_context *context, const char *name,
                             struct cli_signer *signer_out);

/* Unlocks the key of a signer that was chosen: passphrase from
 * $ASSAY_PASSPHRASE_FILE or the terminal. Nothing to do where it is. */
enum cli_exit cli_signer_unlock(struct cli_context *context,
                                struct cli_signer *signer);

void cli_signer_clear(struct cli_signer *signer);

/* A fresh salt for a body. */
void cli_signer_salt(uint8_t salt_out[ASSAY_SALT_SIZE]);

/* Writes one record, whose signer is unlocked, in a batch of its own (draft's
 * grant_id and time_s are filled in here) and prints its id alone on standard
 * output, flushed after the batch is durable. id_out may be NULL. */
enum cli_exit cli_signer_write(struct cli_context *context,
                               const struct cli_signer *signer,
                               struct store_draft *draft,
                               struct assay_id *id_out);

/* The same inside a batch that the caller commits; prints nothing. */
enum cli_exit cli_signer_put(struct cli_context *context,
                             struct store_batch *batch,
                             const struct cli_signer *signer,
                             struct store_draft *draft,
                             struct assay_id *id_out);

#endif
