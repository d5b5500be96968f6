/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - asks the node that serves the ledger, through its Unix socket.
 */
#ifndef ASSAY_CLI_CLIENT_H
#define ASSAY_CLI_CLIENT_H

#include "context.h"
#include "protocol/control.h"

struct cli_client; /* Opaque. */

/*
 * Connects to --control PATH, $ASSAY_CONTROL or control.sock in the ledger's
 * folder. CLI_ENVIRONMENT where no node answers there: with is_quiet nothing
 * was said, else the reason was.
 */
enum cli_exit cli_client_open(struct cli_context *context,
                              const struct cli_args *args, bool is_quiet,
                              struct cli_client **client_out);
void cli_client_close(struct cli_client *client);

/* Sends a request. Not CLI_DONE: the reason was said. */
enum cli_exit cli_client_ask(struct cli_client *client,
                             const struct assay_control *request);

/*
 * Waits for the next answer, which borrows from the client until the next
 * call. CLI_DONE also for DONE; a FAILED answer is said on standard error and
 * its exit code returned.
 */
enum cli_exit cli_client_next(struct cli_client *client,
                              struct assay_control *answer_out);

/* Sends a request that is answered by DONE alone. */
enum cli_exit cli_client_order(struct cli_client *client,
                               const struct assay_control *request);

/* --control, for the tables of options. */
#define CLI_CLIENT_OPTION                                                      \
    {                                                                          \
        "control", "PATH",                                                     \
            "the node's socket (else $ASSAY_CONTROL, else "                    \
            "control.sock in the ledger's folder)",                            \
            false, false                                                       \
    }

#endif
