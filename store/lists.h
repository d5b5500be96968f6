/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lists.h - the orders that lists need, each an index kept with every batch.
 */
#ifndef ASSAY_STORE_LISTS_H
#define ASSAY_STORE_LISTS_H

#include "view.h"

enum store_list {
    STORE_LIST_KIND,        /* All of a kind: kind is given. */
    STORE_LIST_TOPIC,       /* Claims with a topic: text is given. */
    STORE_LIST_TEAM_CLAIMS, /* Claims of a team: id is the team's. */
    STORE_LIST_SHA256,      /* Captures of these bytes: id holds the hash. */
    STORE_LIST_URL          /* Captures of a URL: text is given. */
};

struct store_list_query {
    enum store_list list;
    uint64_t kind;
    struct assay_bytes text;
    struct assay_id id;
    bool newest_first; /* By LSN. */
};

/*
 * The next record of the list, beyond *cursor_lsn (begin with 0), which is set
 * to its LSN: a page begins where the last ended. ASSAY_E_NOT_FOUND at the
 * end.
 */
ASSAY_MUST_CHECK
enum assay_err store_list_next(struct store_view *view,
                               const struct store_list_query *query,
                               uint64_t *cursor_lsn, struct store_row *row_out);

#endif
