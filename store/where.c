/* SPDX-License-Identifier: Apache-2.0 */
#include "where.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *join(const char *folder, const char *rest)
{
    size_t size = strlen(folder) + strlen(rest) + 1;
    char *path = malloc(size);

    if (path != NULL) {
        (void)snprintf(path, size, "%s%s", folder, rest);
    }
    return path;
}

enum assay_err store_where(const char *named, char **dir_out)
{
    const char *ledger =
        named != NULL && named[0] != '\0' ? named : getenv("ASSAY_LEDGER");
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    char *dir = NULL;

    if (ledger != NULL && ledger[0] != '\0') {
        dir = join(ledger, "");
    } else if (data != NULL && data[0] == '/') {
        dir = join(data, "/assay");
    } else if (home != NULL && home[0] == '/') {
        dir = join(home, "/.local/share/assay");
    } else {
        return ASSAY_E_NOT_FOUND;
    }
    if (dir == NULL) {
        return ASSAY_E_NOMEM;
    }
    *dir_out = dir;
    return ASSAY_OK;
}
