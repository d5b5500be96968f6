/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logs.h - the logs of a key or a team, in pages.
 *
 * The logs follow each other as their grants were received. A page has room
 * for so many records together: of each log the last ones, in its order, until
 * it is full. Where it ends is said by the LSN of a record, which names both a
 * log and a place in it, so that what is received between two pages moves
 * nothing.
 */
#ifndef ASSAY_CLI_LOGS_H
#define ASSAY_CLI_LOGS_H

#include "paging.h"

/* Whose logs: those of a team, or those of a key. */
struct cli_whose {
    bool is_key;
    struct assay_id_prefix key;
    struct assay_id team;
};

/* Writes a page of them, as text or as a document, and ends the page.
 * CLI_USAGE where page->after is no record of these logs; CLI_NO where there
 * were no records. */
enum cli_exit cli_logs_show(struct cli_page *page,
                            const struct cli_whose *whose);

#endif
