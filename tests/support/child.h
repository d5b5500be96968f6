/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.h - a second process of a test, and a word between the two.
 *
 * No environment of LMDB may be open where one is begun. What goes wrong in a
 * child stops it with ASSAY_CHECK: cmocka's assertions are the parent's. Where
 * one of the two ends early, the other hears of it and does not wait for ever.
 */
#ifndef ASSAY_TESTS_SUPPORT_CHILD_H
#define ASSAY_TESTS_SUPPORT_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* Each of the two has such an object, with ends of its own. */
struct child {
    pid_t pid; /* 0 in the child itself, and once it was waited for. */
    int to_other;
    int from_other;
};

/* Begins a child; true in it. */
bool child_begin(struct child *child_out);

/* Ends a child from within, successfully. */
__attribute__((noreturn)) void child_end(void);

/* A word to the other one; waits for one from it. */
void child_say(const struct child *child);
void child_hear(const struct child *child);

/* Whether the child has ended, which is looked up once, or waited for. Fails
 * the test where it did not end successfully. */
bool child_has_ended(struct child *child);
void child_expect_end(struct child *child);

#endif
