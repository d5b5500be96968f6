/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root_keys.h - what the key files of teams' roots are called.
 *
 *   NAME            signs
 *   NAME.next-TEAM  will replace it in a team; TEAM is the first eight
 *                   characters of the team's id behind its prefix
 *   NAME-TEAM       signs in a team where NAME is used elsewhere, too
 *   NAME.old-1 ...  was replaced
 *   NAME.after-1    is on its way to be NAME.next-TEAM
 *
 * Names are for people: a next key is found by the hash that its team has
 * committed to. NAME.next, as older ledgers call it, is as good.
 */
#ifndef ASSAY_CLI_ROOT_KEYS_H
#define ASSAY_CLI_ROOT_KEYS_H

#include "context.h"

#define CLI_KEY_NAME_SIZE (STORE_KEY_NAME_MAX + 1)

/* NAME of the key that is called name, whichever of these it is. */
void cli_root_keys_base(const char *name, char base_out[CLI_KEY_NAME_SIZE]);

/* Makes a key that is called NAME.after-1, or the next free number. */
enum cli_exit cli_root_keys_make(struct cli_context *context, const char *base,
                                 struct store_key_info *info_out);

/* Calls the key that is called after NAME.next-TEAM, and says where it
 * belongs. What cannot be renamed is said, and where to find it: the record
 * that commits to it is there. */
void cli_root_keys_keep(struct cli_context *context, const char *base,
                        const struct assay_id *team, const char *after);

/* Calls the key that has become a team's root NAME, or NAME-TEAM where NAME
 * may still speak for some team; what is called so becomes NAME.old-1, or the
 * next free number. Says the name. */
void cli_root_keys_advance(struct cli_context *context, const char *base,
                           const struct assay_id *team, const char *next);

#endif
