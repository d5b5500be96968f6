/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slot_index.h - finds the slots of an array by a hash of what is in them.
 * Not installed.
 *
 * A table of fixed size with open addressing: nothing is allocated after
 * _init. The owner of the array compares the contents itself, and hashes them
 * with a key of its own (SipHash), so that nobody can aim at one place.
 */
#ifndef ASSAY_PROTOCOL_SLOT_INDEX_H
#define ASSAY_PROTOCOL_SLOT_INDEX_H

#include "bytes.h"
#include "err.h"

#define ASSAY_SLOT_NONE UINT32_MAX

/* A slot and the hash of what is in it; the slot is one too large, so that
 * zeros are an empty cell. */
struct assay_slot_cell {
    uint32_t hash;
    uint32_t slot_plus;
};

struct assay_slot_index {
    struct assay_slot_cell *cells;
    size_t mask; /* Cells less one; their number is a power of two. */
    size_t count;
    size_t count_max; /* At most half of the cells. */
};

/* Makes room for slot_max slots. ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err assay_slot_index_init(struct assay_slot_index *index,
                                     size_t slot_max);
void assay_slot_index_clear(struct assay_slot_index *index);

/* Adds a slot that is not there yet, or takes it out. */
void assay_slot_index_add(struct assay_slot_index *index, uint32_t hash,
                          uint32_t slot);
void assay_slot_index_remove(struct assay_slot_index *index, uint32_t hash,
                             uint32_t slot);

/* The slots under a hash, one after the other: *cursor begins as SIZE_MAX.
 * ASSAY_SLOT_NONE behind the last. */
uint32_t assay_slot_index_next(const struct assay_slot_index *index,
                               uint32_t hash, size_t *cursor);

#endif
