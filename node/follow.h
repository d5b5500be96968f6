/* SPDX-License-Identifier: Apache-2.0 */
/*
 * follow.h - notices what other processes write into the ledger: assay(1) adds
 * records and changes the list of trusted teams while the node runs.
 *
 * A cursor over LSNs. The file system tells of each write (inotify(7)); a look
 * at the ledger's count of commits then says whether there is anything new,
 * which costs nothing where there is not. A slow timer looks as well, for file
 * systems that tell nothing.
 */
#ifndef ASSAY_NODE_FOLLOW_H
#define ASSAY_NODE_FOLLOW_H

#include <uv.h>

#include "store/view.h"

/* How often the timer looks. */
#define NODE_FOLLOW_LOOK_MS 500

struct node_follow; /* Opaque. */

struct node_follow_hooks {
    void *context;
    /* Records with LSNs above after_lsn, up to last_lsn, were written by
     * others; they can be read from view. */
    void (*records)(void *context, struct store_view *view, uint64_t after_lsn,
                    uint64_t last_lsn);
    /* Other teams are trusted than before. */
    void (*trust)(void *context);
};

/* Begins behind the last record that is there. The ledger outlives it.
 * ASSAY_E_NOMEM, and the codes of store_view_begin. */
ASSAY_MUST_CHECK
enum assay_err node_follow_new(uv_loop_t *loop, struct store_ledger *ledger,
                               const struct node_follow_hooks *hooks,
                               struct node_follow **follow_out);

/* Looks at once. */
void node_follow_look(struct node_follow *follow);

/* While the node's own writer writes, what is new may be its own: looking is
 * put off until it rests. */
void node_follow_hold(struct node_follow *follow);

/* It rests, and wrote these LSNs itself (0: none). Looks, where that was put
 * off. */
void node_follow_resume(struct node_follow *follow, uint64_t first_lsn,
                        uint64_t last_lsn);

/* How far it has got. */
uint64_t node_follow_lsn(const struct node_follow *follow);

/* Ends; its handles are closed by the loop afterwards. Accepts NULL. */
void node_follow_free(struct node_follow *follow);

#endif
