/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "protocol/key.h"
#include "report.h"
#include "store/log.h"
#include "team.h"

/* The key of a member: a whole key1..., as it was sent, or one held here. */
static enum cli_exit take_key(struct cli_context *context, const char *text,
                              struct assay_key *key_out)
{
    struct assay_id_prefix prefix;
    struct store_key_info info;

    if (assay_id_parse(assay_bytes_of(text), &prefix, NULL) == ASSAY_OK &&
        prefix.type == ASSAY_ID_KEY && prefix.bit_count == 8 * ASSAY_KEY_SIZE) {
        memcpy(key_out->bytes, prefix.bytes, ASSAY_KEY_SIZE);
    } else {
        enum cli_exit code = cli_context_key(context, text, &info);

        if (code != CLI_DONE) {
            return code;
        }
        *key_out = info.key;
    }
    if (!assay_key_is_prime_order(key_out)) {
        return cli_report_err(text, ASSAY_E_KEY, NULL);
    }
    return CLI_DONE;
}

static bool take_role(const struct cli_args *args, enum assay_role *role_out)
{
    const char *text = cli_args_value(args, "role");

    *role_out = assay_role_by_name(assay_bytes_of(text));
    if (*role_out == 0) {
        cli_report("there is no role \"%s\". Roles are: checker, editor, "
                   "archivist.",
                   text);
    }
    return *role_out != 0;
}

/* Says which grants the key has already: a second one does not end them. */
static enum assay_err warn_of_others(struct store_view *view,
                                     const struct assay_id *team,
                                     const struct assay_key *key)
{
    const struct store_log_query query = {team, key};
    struct assay_validity *validity = NULL;
    struct store_log log;
    uint64_t after = 0;
    enum assay_err err = store_view_validity(view, &validity);

    while (err == ASSAY_OK) {
        const struct assay_authority *authority = NULL;

        err = store_log_next_of(view, &query, &after, &log);
        if (err == ASSAY_OK) {
            err = assay_validity_authority(validity, &log.grant, &authority);
        }
        if (err == ASSAY_OK && authority != NULL && authority->is_in_force &&
            !authority->is_ended) {
            cli_note("This key speaks for the team already, as %s. That grant "
                     "goes on beside the new one; to end it: assay team "
                     "revoke",
                     authority->is_root ? "its root"
                                        : assay_role_name(authority->role));
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* How many sign-offs: as given, else as the team's profile says. */
static enum assay_err default_signoffs(struct store_view *view,
                                       const struct assay_id *team,
                                       uint32_t *signoffs)
{
    struct assay_profile profile;
    enum assay_err err = cli_team_profile(view, team, &profile);

    if (err == ASSAY_OK) {
        *signoffs = profile.has_signoffs ? profile.signoffs : 0;
    }
    return err;
}

static enum cli_exit prepare(struct cli_context *context,
                             const struct cli_signer *signer, bool has_signoffs,
                             struct assay_grant *grant)
{
    struct store_view *view = NULL;
    enum cli_exit code = cli_context_view(context, STORE_NOW, &view);
    enum assay_err err = ASSAY_OK;

    if (code == CLI_DONE) {
        err = warn_of_others(view, &signer->team, &grant->key);
    }
    if (code == CLI_DONE && err == ASSAY_OK && !has_signoffs) {
        err = default_signoffs(view, &signer->team, &grant->signoffs);
    }
    if (err != ASSAY_OK) {
        code = cli_report_err("the team", err, NULL);
    }
    store_view_end(view);
    return code;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct store_draft draft = {.kind = ASSAY_KIND_MEMBER};
    struct cli_signer signer = {.secret = NULL};
    struct assay_grant grant = {.signoffs = 0};
    bool has_signoffs = false;
    enum cli_exit code;

    if (!take_role(args, &grant.role) ||
        !cli_team_signoffs(args, &has_signoffs, &grant.signoffs)) {
        return CLI_USAGE;
    }
    code = cli_context_open(context, STORE_WRITE);
    if (code == CLI_DONE) {
        code = take_key(context, cli_args_positional(args, 0), &grant.key);
    }
    if (code == CLI_DONE) {
        code = cli_signer_choose(context, true, &signer);
    }
    if (code == CLI_DONE) {
        code = prepare(context, &signer, has_signoffs, &grant);
    }
    if (code == CLI_DONE) {
        code = cli_signer_unlock(context, &signer);
    }
    if (code == CLI_DONE) {
        draft.grant = &grant;
        code = cli_team_write_note(context, &signer, &draft,
                                   cli_args_value(args, "name"));
    }
    cli_signer_clear(&signer);
    return code;
}

static const struct cli_option options[] = {
    {"name", "NAME", "what the member is called", true, false},
    {"role", "checker|editor|archivist", "what the member may do", true, false},
    {"signoffs", "K",
     "sign-offs that the member's verdicts need (else as the profile says)",
     false, false},
    {0},
};

const struct cli_command cli_cmd_team_member = {
    .name = "team",
    .sub = "member",
    .summary = "Let a key speak for your team, in a role.",
    .arguments = "KEY",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "KEY is what the new member's own \"assay key new\" printed, or "
               "the name of a key held here. Signed by the root key; prints "
               "the grant's id.",
    .example = "assay team member ben --name \"Ben Ito\" --role editor",
    .run = run,
};
