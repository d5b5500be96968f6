/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"
#include "protocol/key.h"
#include "protocol/kinds/team.h"
#include "root_keys.h"
#include "team.h"

/* The key that will replace the root is made before the record that commits to
 * it, and is named by the team once there is one. */
static enum cli_exit write_found(struct cli_context *context,
                                 const struct cli_signer *signer,
                                 struct cli_draft *draft)
{
    const char *base = signer->key.name;
    struct assay_grant grant = {0};
    struct store_key_info next;
    struct assay_id team;
    enum cli_exit code = cli_root_keys_make(context, base, &next);

    if (code != CLI_DONE) {
        return code;
    }
    assay_hash((struct assay_bytes){next.key.bytes, ASSAY_KEY_SIZE},
               grant.next_key_hash);
    draft->store.grant = &grant;
    code = cli_signer_write(context, signer, &draft->store, &team);
    if (code == CLI_DONE) {
        cli_root_keys_keep(context, base, &team, next.name);
    }
    return code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct cli_signer signer = {.secret = NULL};
    struct assay_profile profile = {0};
    struct cli_draft draft;
    enum cli_exit code = cli_profile_options(args, &profile);

    if (code == CLI_DONE) {
        code = cli_team_draft(&profile, ASSAY_KIND_FOUND, &draft);
    }
    if (code == CLI_DONE) {
        code = cli_signer_key(context, NULL, &signer);
    }
    if (code == CLI_DONE) {
        code = cli_signer_unlock(context, &signer);
    }
    if (code == CLI_DONE) {
        code = write_found(context, &signer, &draft);
    }
    cli_signer_clear(&signer);
    return code;
}

static const struct cli_option options[] = {
    {"name", "NAME", "the team's name", true, false},
    {"url", "URL", "the team's page", false, false},
    {"contact", "TEXT", "how to reach the team", false, false},
    {"lang", "LANG", "a language it works in (repeatable)", false, true},
    {"signoffs", "K", "sign-offs that its new members' verdicts need", false,
     false},
    {0},
};

const struct cli_command cli_cmd_team_found = {
    .name = "team",
    .sub = "found",
    .summary = "Found a team; its root key is the one that signs.",
    .arguments = "",
    .options = options,
    .details = "Prints the team's id, which never changes. Makes the key that "
               "can replace the root key, too: NAME.next-TEAM. A person alone "
               "founds a team of one.",
    .example = "assay team found --name \"Harbor Desk\" --as ann",
    .run = run,
};
