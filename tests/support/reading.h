/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.h - all that the rules say about one record, in a form that can be
 * compared and printed.
 *
 * Two views of the same records must give the same readings, whatever they are
 * made of and in whatever order they were filled.
 */
#ifndef ASSAY_TESTS_SUPPORT_READING_H
#define ASSAY_TESTS_SUPPORT_READING_H

#include "protocol/standing.h"
#include "protocol/validity.h"

/* Room for a reading as text. */
#define READING_TEXT_MAX 384

struct reading {
    /* Any record: whether it stands, and who speaks in it. */
    enum assay_validity_state state;
    struct assay_id cut_by;
    struct assay_id team; /* Zero where authority is missing. */
    struct assay_id root;
    enum assay_role role;
    uint32_t signoffs;
    bool is_in_force;
    bool is_ended;
    bool has_root_fork;
    bool is_retracted;
    /* A verdict. */
    size_t signoff_count;
    bool is_published;
    bool is_superseded;
    bool is_current; /* All teams are accepted. */
    /* A claim. */
    struct assay_standing_result standing;
};

/*
 * Reads one held record through the library. Calls of the view that fail, and
 * a lack of memory, stop the program.
 */
struct reading reading_of(struct assay_validity *validity,
                          const struct assay_log_view *view,
                          const struct assay_record *record);

/* Writes a reading as one line of text with a final zero. */
void reading_format(const struct reading *reading,
                    char text_out[READING_TEXT_MAX]);

#endif
