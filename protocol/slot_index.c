/* SPDX-License-Identifier: Apache-2.0 */
#include "slot_index.h"

#include "check.h"

#include <stdlib.h>

enum assay_err assay_slot_index_init(struct assay_slot_index *index,
                                     size_t slot_max)
{
    size_t cell_count = 4;

    ASSAY_CHECK(slot_max < UINT32_MAX / 4);
    while (cell_count < 2 * slot_max) {
        cell_count *= 2;
    }
    struct assay_slot_cell *cells = calloc(cell_count, sizeof(*cells));
    if (cells == NULL) {
        return ASSAY_E_NOMEM;
    }
    *index = (struct assay_slot_index){cells, cell_count - 1, 0, slot_max};
    return ASSAY_OK;
}

void assay_slot_index_clear(struct assay_slot_index *index)
{
    free(index->cells);
    *index = (struct assay_slot_index){.cells = NULL};
}

void assay_slot_index_add(struct assay_slot_index *index, uint32_t hash,
                          uint32_t slot)
{
    size_t at = hash & index->mask;

    ASSAY_CHECK(index->count < index->count_max);
    ASSAY_CHECK(slot != ASSAY_SLOT_NONE);
    while (index->cells[at].slot_plus != 0) {
        at = (at + 1) & index->mask;
    }
    index->cells[at] = (struct assay_slot_cell){hash, slot + 1};
    index->count++;
}

/* Closes a gap: what stands behind it and would not be found any more moves
 * into it, and leaves the next one. */
static void close_gap(struct assay_slot_index *index, size_t gap)
{
    size_t at = gap;

    for (;;) {
        at = (at + 1) & index->mask;
        const struct assay_slot_cell *cell = &index->cells[at];
        if (cell->slot_plus == 0) {
            break;
        }
        size_t from_home = (at - (cell->hash & index->mask)) & index->mask;
        size_t from_gap = (at - gap) & index->mask;
        if (from_home >= from_gap) {
            index->cells[gap] = *cell;
            gap = at;
        }
    }
    index->cells[gap] = (struct assay_slot_cell){0, 0};
}

void assay_slot_index_remove(struct assay_slot_index *index, uint32_t hash,
                             uint32_t slot)
{
    size_t at = hash & index->mask;

    while (index->cells[at].slot_plus != slot + 1) {
        ASSAY_CHECK(index->cells[at].slot_plus != 0);
        at = (at + 1) & index->mask;
    }
    close_gap(index, at);
    index->count--;
}

uint32_t assay_slot_index_next(const struct assay_slot_index *index,
                               uint32_t hash, size_t *cursor)
{
    size_t at =
        *cursor == SIZE_MAX ? hash & index->mask : (*cursor + 1) & index->mask;

    while (index->cells[at].slot_plus != 0) {
        if (index->cells[at].hash == hash) {
            *cursor = at;
            return index->cells[at].slot_plus - 1;
        }
        at = (at + 1) & index->mask;
    }
    return ASSAY_SLOT_NONE;
}
