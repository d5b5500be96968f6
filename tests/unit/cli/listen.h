/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.h - what the code under test says on standard error.
 */
#ifndef ASSAY_TESTS_UNIT_CLI_LISTEN_H
#define ASSAY_TESTS_UNIT_CLI_LISTEN_H

#include <stddef.h>

struct listening {
    void *heard; /* A FILE. */
    int saved;
};

/* From here on standard error is kept apart. */
void listen_begin(struct listening *listening);

/* Puts it back; what was said is in said_out, cut to size bytes. */
void listen_end(struct listening *listening, char *said_out, size_t size);

#endif
