/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

void assay_check_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "assay: bug: %s:%d: %s does not hold\n", file, line,
                  condition);
    abort();
}
