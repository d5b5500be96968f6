/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel_costs.h - what a channel costs: handshakes, and bytes beside the
 * cipher alone.
 */
#ifndef ASSAY_TESTS_BENCH_CHANNEL_COSTS_H
#define ASSAY_TESTS_BENCH_CHANNEL_COSTS_H

/* Measures on one core and prints a table. */
void bench_channel_print(void);

#endif
