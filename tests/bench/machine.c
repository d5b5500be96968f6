/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "protocol/check.h"

static void processor_name(char *out, size_t cap)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "re");

    (void)snprintf(out, cap, "unknown processor");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        const char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            (void)snprintf(out, cap, "%.*s", (int)strcspn(colon + 2, "\n"),
                           colon + 2);
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

void bench_machine_print(void)
{
    char name[200];
    struct utsname system;

    processor_name(name, sizeof(name));
    ASSAY_CHECK(uname(&system) >= 0);
    printf("machine: %s, %u cores, %s %s\n", name, bench_machine_cores(),
           system.sysname, system.release);
}

unsigned bench_machine_cores(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count < 1 ? 1 : (unsigned)count;
}

uint64_t bench_machine_now_ns(void)
{
    struct timespec now;

    ASSAY_CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static int compare_figures(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

uint64_t bench_machine_percentile(uint64_t *figures, size_t count,
                                  unsigned percentile)
{
    ASSAY_CHECK(count > 0 && percentile <= 100);
    qsort(figures, count, sizeof(*figures), compare_figures);
    return figures[(count - 1) * percentile / 100];
}
