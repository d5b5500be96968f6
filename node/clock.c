/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include "protocol/check.h"

#include <sodium.h>
#include <time.h>

static uint64_t read_us(clockid_t clock)
{
    struct timespec now = {0, 0};

    ASSAY_CHECK(clock_gettime(clock, &now) == 0);
    /* A wall clock that was set before 1970 counts as 1970. */
    if (now.tv_sec < 0) {
        return 0;
    }
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t node_clock_wall_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

uint64_t node_clock_wall_s(void)
{
    return read_us(CLOCK_REALTIME) / 1000000;
}

uint64_t node_clock_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / 1000;
}

uint64_t node_clock_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

void node_random(void *out, size_t len)
{
    randombytes_buf(out, len);
}

uint32_t node_random_below(uint32_t bound)
{
    ASSAY_CHECK(bound > 0);
    return randombytes_uniform(bound);
}
