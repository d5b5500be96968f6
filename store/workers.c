/* SPDX-License-Identifier: Apache-2.0 */
#include "workers.h"

#include "protocol/check.h"

#include <signal.h>
#include <unistd.h>

size_t store_workers_count(unsigned asked)
{
    long count = asked > 0 ? (long)asked : sysconf(_SC_NPROCESSORS_ONLN);

    if (count < 1) {
        return 1;
    }
    return count > STORE_WORKERS_MAX ? STORE_WORKERS_MAX : (size_t)count;
}

enum assay_err store_workers_start(pthread_t *threads, size_t count,
                                   void *(*run)(void *context), void *context,
                                   size_t *count_out)
{
    enum assay_err err = ASSAY_OK;
    sigset_t all;
    sigset_t before;
    int status;

    (void)sigfillset(&all);
    status = pthread_sigmask(SIG_SETMASK, &all, &before);
    ASSAY_CHECK(status == 0);
    for (size_t i = 0; i < count && err == ASSAY_OK; i++) {
        if (pthread_create(&threads[*count_out], NULL, run, context) == 0) {
            ++*count_out;
        } else {
            err = ASSAY_E_BUSY;
        }
    }
    status = pthread_sigmask(SIG_SETMASK, &before, NULL);
    ASSAY_CHECK(status == 0);
    return err;
}

void store_workers_join(const pthread_t *threads, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int status = pthread_join(threads[i], NULL);

        ASSAY_CHECK(status == 0);
    }
}
