/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "protocol/key.h"
#include "protocol/kinds/team.h"
#include "report.h"
#include "root_keys.h"
#include "team.h"

static bool fill_profile(const struct cli_args *args,
                         struct assay_profile *profile)
{
    profile->name = assay_bytes_of(cli_args_value(args, "name"));
    profile->url = assay_bytes_of(cli_args_value(args, "url"));
    profile->contact = assay_bytes_of(cli_args_value(args, "contact"));
    profile->langs.count = cli_args_count(args, "lang");
    if (profile->langs.count > ASSAY_LIST_MAX) {
        cli_report("--lang may be given %d times at most.", ASSAY_LIST_MAX);
        return false;
    }
    for (size_t i = 0; i < profile->langs.count; i++) {
        profile->langs.items[i] =
            assay_bytes_of(cli_args_value_at(args, "lang", i));
    }
    return cli_team_signoffs(args, &profile->has_signoffs, &profile->signoffs);
}

static enum cli_exit write_found(struct cli_context *context,
                                 const struct cli_args *args,
                                 const struct cli_signer *signer,
                                 const struct store_key_info *next)
{
    struct store_draft draft = {.kind = ASSAY_KIND_FOUND};
    struct assay_profile profile = {0};
    struct assay_grant grant = {0};
    struct assay_cbor_writer writer;
    uint8_t salt[ASSAY_SALT_SIZE];
    uint8_t *body = malloc(ASSAY_RECORD_MAX);
    enum cli_exit code = CLI_REFUSED;
    enum assay_err err;

    if (body == NULL) {
        return cli_report_err("memory", ASSAY_E_NOMEM, NULL);
    }
    if (!fill_profile(args, &profile)) {
        free(body);
        return CLI_USAGE;
    }
    assay_hash((struct assay_bytes){next->key.bytes, ASSAY_KEY_SIZE},
               grant.next_key_hash);
    cli_signer_salt(salt);
    assay_cbor_writer_init(&writer, body, ASSAY_RECORD_MAX);
    assay_profile_write(&profile, salt, &writer);
    err = assay_cbor_writer_finish(&writer, &draft.body);
    if (err == ASSAY_OK) {
        draft.grant = &grant;
        code = cli_signer_write(context, signer, &draft);
    } else {
        code = cli_report_err("the team's profile", err, NULL);
    }
    free(body);
    return code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct cli_signer signer = {.secret = NULL};
    struct store_key_info next;
    enum cli_exit code = cli_signer_key(context, context->as_option, &signer);

    if (code == CLI_DONE) {
        code = cli_root_keys_next(context, signer.key.name, &next);
    }
    if (code == CLI_DONE) {
        code = write_found(context, args, &signer, &next);
    }
    if (code == CLI_DONE) {
        cli_root_keys_advise(context, signer.key.name);
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
               "can replace the root key, too: NAME.next. A person alone "
               "founds a team of one.",
    .example = "assay team found --name \"Harbor Desk\" --as ann",
    .run = run,
};
