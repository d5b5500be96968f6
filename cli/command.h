/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - what a command is. commands.c holds the one table, from which
 * parser, help, man page and completions come.
 */
#ifndef ASSAY_CLI_COMMAND_H
#define ASSAY_CLI_COMMAND_H

#include "args.h"

enum cli_exit {
    CLI_DONE = 0,
    CLI_NO = 1,           /* Found nothing, or the answer is no. */
    CLI_USAGE = 2,        /* The command line is wrong. */
    CLI_REFUSED = 3,      /* The input is refused. */
    CLI_ENVIRONMENT = 4,  /* No ledger, no space, no permission. */
    CLI_INTERRUPTED = 130 /* As the shell says it: interrupt.h. */
};

struct cli_context;

struct cli_command {
    const char *name;      /* "claim" */
    const char *sub;       /* "add"; NULL where the name is all */
    const char *summary;   /* One line, an imperative. */
    const char *arguments; /* "CLAIM RELATION CLAIM"; "" for none. */
    size_t positional_min;
    size_t positional_max;
    const struct cli_option *options; /* Ends with a NULL name. */
    const char *details; /* Paragraphs for help and man page; or NULL. */
    const char *example; /* One line that works. */
    enum cli_exit (*run)(struct cli_context *context,
                         const struct cli_args *args);
};

/* The table; *count_out commands, those of one name side by side. */
const struct cli_command *const *cli_commands(size_t *count_out);

/* Every command's entry is defined in cmd_<name>.c, or in cmd_<name>_<sub>.c
 * where those of one name are long. */
extern const struct cli_command cli_cmd_backup, cli_cmd_capture, cli_cmd_carry,
    cli_cmd_chain, cli_cmd_challenge, cli_cmd_check, cli_cmd_claim_add,
    cli_cmd_completion, cli_cmd_endorse, cli_cmd_erase, cli_cmd_export,
    cli_cmd_follow, cli_cmd_help, cli_cmd_import, cli_cmd_init,
    cli_cmd_key_export, cli_cmd_key_import, cli_cmd_key_list, cli_cmd_key_new,
    cli_cmd_key_passphrase, cli_cmd_key_show, cli_cmd_link, cli_cmd_list,
    cli_cmd_load, cli_cmd_log, cli_cmd_peer_add, cli_cmd_peer_remove,
    cli_cmd_peers, cli_cmd_restore, cli_cmd_retract, cli_cmd_show,
    cli_cmd_source_add, cli_cmd_stats, cli_cmd_status, cli_cmd_sync,
    cli_cmd_team_found, cli_cmd_team_list, cli_cmd_team_member,
    cli_cmd_team_profile, cli_cmd_team_revoke, cli_cmd_team_rotate,
    cli_cmd_team_show, cli_cmd_team_vouch, cli_cmd_trust_add,
    cli_cmd_trust_list, cli_cmd_trust_remove, cli_cmd_verdict_add,
    cli_cmd_verify;

#endif
