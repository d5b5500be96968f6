/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include "draft.h"
#include "report.h"
#include "team.h"

static enum cli_exit take_langs(const struct cli_args *args,
                                struct assay_text_list *langs)
{
    langs->count = cli_args_count(args, "lang");
    if (langs->count > ASSAY_LIST_MAX) {
        cli_report("--lang may be given %d times at most.", ASSAY_LIST_MAX);
        return CLI_USAGE;
    }
    for (size_t i = 0; i < langs->count; i++) {
        const char *tag = cli_args_value_at(args, "lang", i);
        const char *wrong = cli_draft_text_wrong(tag, CLI_TEXT_LANG);

        if (wrong != NULL) {
            cli_report("--lang is %s", wrong);
            return CLI_USAGE;
        }
        langs->items[i] = assay_bytes_of(tag);
    }
    return CLI_DONE;
}

enum cli_exit cli_profile_options(const struct cli_args *args,
                                  struct assay_profile *profile)
{
    enum cli_exit code =
        cli_draft_option(args, "name", CLI_TEXT_NAME, &profile->name);

    if (code == CLI_DONE) {
        code = cli_draft_option(args, "url", CLI_TEXT_URL, &profile->url);
    }
    if (code == CLI_DONE) {
        code =
            cli_draft_option(args, "contact", CLI_TEXT_NAME, &profile->contact);
    }
    if (code == CLI_DONE) {
        code = take_langs(args, &profile->langs);
    }
    if (code == CLI_DONE &&
        !cli_team_signoffs(args, &profile->has_signoffs, &profile->signoffs)) {
        code = CLI_USAGE;
    }
    return code;
}
