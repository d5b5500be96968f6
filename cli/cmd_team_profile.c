/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "report.h"
#include "team.h"

/* Reads one --word RATING=WORD. */
static bool take_word(const char *text, struct assay_profile *profile)
{
    const char *sign = strchr(text, '=');
    enum assay_rating rating = 0;

    if (sign != NULL) {
        rating = assay_rating_by_name(
            (struct assay_bytes){(const uint8_t *)text, (size_t)(sign - text)});
    }
    if (rating == 0 || sign[1] == '\0') {
        cli_report("--word needs a rating and a word for it: --word "
                   "mostly-false=\"Pants on fire\". You gave: %s",
                   text);
        return false;
    }
    profile->words[rating] = assay_bytes_of(sign + 1);
    return true;
}

static bool take_words(const struct cli_args *args,
                       struct assay_profile *profile)
{
    size_t count = cli_args_count(args, "word");

    for (size_t i = 0; i < count; i++) {
        if (!take_word(cli_args_value_at(args, "word", i), profile)) {
            return false;
        }
    }
    return true;
}

/* Whether anything is said: the options that all commands have do not count. */
static bool is_change(const struct cli_args *args)
{
    static const char *const fields[] = {"name", "url",  "contact",
                                         "lang", "word", "signoffs"};

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (cli_args_has(args, fields[i])) {
            return true;
        }
    }
    cli_report("there is nothing to change. Give --name, --url, --contact, "
               "--lang, --word or --signoffs.");
    return false;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct cli_signer signer = {.secret = NULL};
    struct assay_profile profile = {0};
    struct cli_draft draft;
    enum cli_exit code = CLI_USAGE;

    if (is_change(args) && take_words(args, &profile)) {
        code = cli_profile_options(args, &profile);
    }
    if (code == CLI_DONE) {
        code = cli_team_draft(&profile, ASSAY_KIND_PROFILE, &draft);
    }
    if (code == CLI_DONE) {
        code = cli_signer_choose(context, true, &signer);
    }
    if (code == CLI_DONE) {
        code = cli_signer_unlock(context, &signer);
    }
    if (code == CLI_DONE) {
        code = cli_signer_write(context, &signer, &draft.store, NULL);
    }
    cli_signer_clear(&signer);
    return code;
}

static const struct cli_option options[] = {
    {"name", "NAME", "the team's name from now on", false, false},
    {"url", "URL", "the team's page", false, false},
    {"contact", "TEXT", "how to reach the team", false, false},
    {"lang", "LANG", "a language it works in (repeatable)", false, true},
    {"word", "RATING=WORD", "the team's own word for a rating (repeatable)",
     false, true},
    {"signoffs", "K", "sign-offs that new members' verdicts need", false,
     false},
    {0},
};

const struct cli_command cli_cmd_team_profile = {
    .name = "team",
    .sub = "profile",
    .summary = "Change what your team says of itself.",
    .arguments = "",
    .options = options,
    .details = "What is not given stays as it is. Signed by the root key. "
               "--signoffs holds for members added later: who is a member "
               "already keeps the number in the grant.",
    .example = "assay team profile --url https://harbor.example/ --signoffs 1",
    .run = run,
};
