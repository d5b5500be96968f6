/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of commands, and the options that all of them have. */
#include "command.h"
#include "options.h"

/* One a line, so that each can be added by itself. */
/* clang-format off */
static const struct cli_command *const commands[] = {
    &cli_cmd_backup,
    &cli_cmd_capture,
    &cli_cmd_carry,
    &cli_cmd_chain,
    &cli_cmd_challenge,
    &cli_cmd_check,
    &cli_cmd_claim_add,
    &cli_cmd_completion,
    &cli_cmd_endorse,
    &cli_cmd_erase,
    &cli_cmd_export,
    &cli_cmd_follow,
    &cli_cmd_help,
    &cli_cmd_import,
    &cli_cmd_init,
    &cli_cmd_key_export,
    &cli_cmd_key_import,
    &cli_cmd_key_list,
    &cli_cmd_key_new,
    &cli_cmd_key_passphrase,
    &cli_cmd_key_show,
    &cli_cmd_link,
    &cli_cmd_list,
    &cli_cmd_load,
    &cli_cmd_log,
    &cli_cmd_peer_add,
    &cli_cmd_peer_remove,
    &cli_cmd_peers,
    &cli_cmd_restore,
    &cli_cmd_retract,
    &cli_cmd_show,
    &cli_cmd_source_add,
    &cli_cmd_stats,
    &cli_cmd_status,
    &cli_cmd_sync,
    &cli_cmd_team_found,
    &cli_cmd_team_list,
    &cli_cmd_team_member,
    &cli_cmd_team_profile,
    &cli_cmd_team_revoke,
    &cli_cmd_team_rotate,
    &cli_cmd_team_show,
    &cli_cmd_team_vouch,
    &cli_cmd_trust_add,
    &cli_cmd_trust_list,
    &cli_cmd_trust_remove,
    &cli_cmd_verdict_add,
    &cli_cmd_verify,
};
/* clang-format on */

static const struct cli_option global_options[] = {
    {"ledger", "DIR", "the ledger's folder (else $ASSAY_LEDGER, else your own)",
     false, false},
    {"as", "KEY", "the key that signs, by name", false, false},
    {"team", "TEAM", "the team to speak for, by name or id", false, false},
    {"json", NULL, "print JSON, where a command has it", false, false},
    {"help", NULL, "say how to use the command", false, false},
    {0},
};

const struct cli_command *const *cli_commands(size_t *count_out)
{
    *count_out = sizeof(commands) / sizeof(commands[0]);
    return commands;
}

const struct cli_option *cli_options_global(void)
{
    return global_options;
}
