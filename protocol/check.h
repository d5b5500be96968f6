/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - assertions that stay on in release builds.
 *
 * They state what only a bug in this program can break: arguments, states,
 * invariants. Bytes from a peer, a disk or a person are never checked with
 * them; those lead to an error code.
 */
#ifndef ASSAY_PROTOCOL_CHECK_H
#define ASSAY_PROTOCOL_CHECK_H

/* Stops the program when the condition, which has no side effects, fails. */
#define ASSAY_CHECK(condition)                                                 \
    do {                                                                       \
        if (!(condition)) {                                                    \
            assay_check_failed(#condition, __FILE__, __LINE__);                \
        }                                                                      \
    } while (0)

/* Writes what failed to standard error and aborts. */
__attribute__((noreturn)) void assay_check_failed(const char *condition,
                                                  const char *file, int line);

#endif
