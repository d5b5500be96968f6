/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - what every benchmark says about where it ran, and its clock.
 */
#ifndef ASSAY_TESTS_BENCH_MACHINE_H
#define ASSAY_TESTS_BENCH_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* Prints processor, cores and kernel in one line. */
void bench_machine_print(void);

/* How many processors this process may use; at least 1. */
unsigned bench_machine_cores(void);

/* Monotonic time in nanoseconds. */
uint64_t bench_machine_now_ns(void);

/* Sorts count figures and returns the one at the given percentile (0-100). */
uint64_t bench_machine_percentile(uint64_t *figures, size_t count,
                                  unsigned percentile);

#endif
