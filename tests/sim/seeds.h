/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seeds.h - which seeds a simulated test runs: some by default, or the one that
 * is given as its argument, to replay it.
 */
#ifndef ASSAY_TESTS_SIM_SEEDS_H
#define ASSAY_TESTS_SIM_SEEDS_H

#include "testing.h"

#include <stdlib.h>

struct sim_seeds {
    uint64_t first;
    uint64_t count;
};

static inline struct sim_seeds sim_seeds_of(int argc, char **argv,
                                            uint64_t count)
{
    if (argc > 1) {
        return (struct sim_seeds){strtoull(argv[1], NULL, 10), 1};
    }
    return (struct sim_seeds){1, count};
}

/* Said before a seed runs, so that the last one said is the one that failed. */
static inline void sim_seed_begins(uint64_t seed)
{
    print_message("seed %llu\n", (unsigned long long)seed);
}

#endif
