/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the options that every command has, and the nearness of words.
 */
#ifndef ASSAY_CLI_OPTIONS_H
#define ASSAY_CLI_OPTIONS_H

#include "args.h"

/* --ledger, --as, --team, --json, --help; ends with a NULL name. */
const struct cli_option *cli_options_global(void);

/* How many letters must be changed, added or left out to make a of b. */
size_t cli_options_distance(const char *a, const char *b);

#endif
