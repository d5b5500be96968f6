/* SPDX-License-Identifier: Apache-2.0 */
/*
 * follows.h - the teams whose records a ledger wants: those that it trusts,
 * its own, and those that they vouch for.
 */
#ifndef ASSAY_STORE_FOLLOWS_H
#define ASSAY_STORE_FOLLOWS_H

#include "view.h"

/* Teams, sorted bytewise, each once. */
struct store_teams {
    struct assay_id *ids; /* malloc'ed; NULL where there are none. */
    size_t count;
};

/* The teams in which a key of the keyring has a grant that stands.
 * ASSAY_E_NOMEM and the codes of keyring and view. */
ASSAY_MUST_CHECK
enum assay_err store_own_teams(struct store_ledger *ledger,
                               struct store_view *view,
                               struct store_teams *teams_out);

/*
 * The trusted teams, the own ones and those of more, and the teams that all
 * these vouch for within steps steps (0: none), by vouches that stand. Walks
 * all vouches once a step. Errors as above.
 */
ASSAY_MUST_CHECK
enum assay_err store_followed_teams(struct store_ledger *ledger,
                                    struct store_view *view,
                                    const struct store_teams *more,
                                    unsigned steps,
                                    struct store_teams *teams_out);

bool store_teams_have(const struct store_teams *teams,
                      const struct assay_id *team);

/* Frees the ids; accepts a zeroed one. */
void store_teams_clear(struct store_teams *teams);

#endif
