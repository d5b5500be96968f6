/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root_keys.h - what a root's key files are called: NAME signs, NAME.next will
 * replace it, NAME.old-1 and so on are what was replaced. NAME.after-1 is a
 * key on its way to be NAME.next.
 */
#ifndef ASSAY_CLI_ROOT_KEYS_H
#define ASSAY_CLI_ROOT_KEYS_H

#include "context.h"

#define CLI_KEY_NAME_SIZE (STORE_KEY_NAME_MAX + 1)

/* NAME of the key that is called name, whichever of these it is. */
void cli_root_keys_base(const char *name, char base_out[CLI_KEY_NAME_SIZE]);

/* Makes NAME.next where there is none. */
enum cli_exit cli_root_keys_next(struct cli_context *context, const char *base,
                                 struct store_key_info *info_out);

/* Makes a key that is called NAME.after-1, or the next free number. */
enum cli_exit cli_root_keys_after(struct cli_context *context, const char *base,
                                  struct store_key_info *info_out);

/* Lets the key called next be NAME and the one called after NAME.next; what
 * has these names becomes NAME.old-1, or the next free number. */
ASSAY_MUST_CHECK
enum assay_err cli_root_keys_advance(struct store_ledger *ledger,
                                     const char *base, const char *next,
                                     const char *after);

/* Says where NAME.next belongs. */
void cli_root_keys_advise(struct cli_context *context, const char *base);

#endif
