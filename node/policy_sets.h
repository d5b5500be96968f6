/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_sets.h - ids with a number each, bounded: what is put in beyond the
 * bound forgets the oldest.
 */
#ifndef ASSAY_NODE_POLICY_SETS_H
#define ASSAY_NODE_POLICY_SETS_H

#include "protocol/id.h"

struct node_id_set; /* Opaque. */

/* ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err node_id_set_new(size_t count_max, struct node_id_set **set_out);
void node_id_set_free(struct node_id_set *set);

/* The number of an id; NULL where it is not there. Valid until the next put or
 * drop. */
uint64_t *node_id_set_find(struct node_id_set *set, const struct assay_id *id);

/* Puts an id with a number, or gives one that is there another. Without memory
 * nothing happens: what is not remembered is asked for again. */
void node_id_set_put(struct node_id_set *set, const struct assay_id *id,
                     uint64_t number);
void node_id_set_drop(struct node_id_set *set, const struct assay_id *id);
void node_id_set_empty(struct node_id_set *set);
size_t node_id_set_count(const struct node_id_set *set);

#endif
