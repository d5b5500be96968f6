/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - what a person says of a team: the options that founding one and
 * changing its profile have in common.
 */
#ifndef ASSAY_CLI_PROFILE_H
#define ASSAY_CLI_PROFILE_H

#include "args.h"
#include "command.h"

#include "protocol/kinds/team.h"

/* Fills a profile, all zeros before, from --name, --url, --contact, --lang and
 * --signoffs; its texts borrow from args. CLI_USAGE, with the option named on
 * standard error, where one has not its form. */
enum cli_exit cli_profile_options(const struct cli_args *args,
                                  struct assay_profile *profile);

#endif
