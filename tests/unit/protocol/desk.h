/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk.h - a team with two members, for the tests of validity.h.
 *
 * A test writes more records into desk->history and asks about them; the view
 * and the evaluator follow by themselves.
 */
#ifndef ASSAY_TESTS_UNIT_PROTOCOL_DESK_H
#define ASSAY_TESTS_UNIT_PROTOCOL_DESK_H

#include "testing.h"

#include "protocol/validity.h"

#include "history.h"
#include "memview.h"

struct desk {
    struct history *history;
    struct memview *memview;
    struct assay_validity *validity; /* NULL until something is asked. */
    size_t added;                    /* Records that the view has. */
    size_t root;
    size_t editor;
    size_t checker; /* Whose verdicts need two sign-offs. */
};

/* Set-up and tear-down of a test; *state is the desk. */
int desk_open(void **state);
int desk_close(void **state);

/* The evaluator over all that was written so far. */
struct assay_validity *desk_ask(struct desk *desk);

/* Forgets the evaluator, so that the next question meets an empty memory. */
void desk_forget(struct desk *desk);

const struct assay_id *desk_id(const struct desk *desk, size_t index);

/* Of two records the one with the smaller id. */
size_t desk_smaller(const struct desk *desk, size_t a, size_t b);

/* What the rules say of a record; who speaks under a grant, never NULL. */
struct assay_validity_result desk_judge(struct desk *desk, size_t index);
const struct assay_authority *desk_authority(struct desk *desk, size_t grant);

void desk_expect_stands(struct desk *desk, size_t index);
void desk_expect_fell(struct desk *desk, size_t index,
                      enum assay_validity_state state, size_t cut_by);

#endif
