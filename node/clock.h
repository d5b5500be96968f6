/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - the only readers of time and randomness in a node. Everything
 * else is told.
 */
#ifndef ASSAY_NODE_CLOCK_H
#define ASSAY_NODE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Unix time, which a person may set back or ahead. */
uint64_t node_clock_wall_ms(void);
uint64_t node_clock_wall_s(void);

/* Milliseconds since some moment; never goes back. */
uint64_t node_clock_ms(void);

/* The same in microseconds, to measure with. */
uint64_t node_clock_us(void);

/* Fills out with random bytes that nobody can guess. */
void node_random(void *out, size_t len);

/* A random number below bound, which is not 0; each equally likely. */
uint32_t node_random_below(uint32_t bound);

#endif
