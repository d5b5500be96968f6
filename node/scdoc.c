/* SPDX-License-Identifier: Apache-2.0 */
#include "scdoc.h"

#include <string.h>

void node_scdoc_put(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\*_#`[]<>.~-", *text) != NULL) {
            (void)fputc('\\', out);
        }
        (void)fputc(*text, out);
    }
}
