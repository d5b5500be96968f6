/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

#include <stddef.h>

enum assay_err store_watch_tell(const struct store_watch *watch, uint64_t done,
                                uint64_t total)
{
    return watch == NULL || watch->goes_on == NULL ||
                   watch->goes_on(watch->context, done, total)
               ? ASSAY_OK
               : ASSAY_E_STOPPED;
}

int store_watch_stop_fd(const struct store_watch *watch)
{
    return watch == NULL ? -1 : watch->stop_fd;
}
