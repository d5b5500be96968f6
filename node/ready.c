/* SPDX-License-Identifier: Apache-2.0 */
#include "ready.h"

#include <errno.h>
#include <unistd.h>

#define ASIDE ".new"

static enum assay_err err_of_errno(void)
{
    switch (errno) {
    case EACCES:
    case EPERM:
        return ASSAY_E_ACCESS;
    case ENOSPC:
        return ASSAY_E_FULL;
    default:
        return ASSAY_E_IO;
    }
}

static void put_endpoints(FILE *file, const char *word,
                          const struct node_listeners *listeners)
{
    for (size_t i = 0; i < node_listeners_count(listeners); i++) {
        char text[NODE_ENDPOINT_TEXT_MAX];

        node_endpoint_format(node_listeners_at(listeners, i), text);
        (void)fprintf(file, "%s=%s\n", word, text);
    }
}

enum assay_err node_ready_write(const char *path,
                                const struct node_ready *ready)
{
    char aside[NODE_PATH_MAX];
    enum assay_err err = ASSAY_OK;
    FILE *file = NULL;
    int len = snprintf(aside, sizeof(aside), "%s%s", path, ASIDE);

    if (len < 0 || (size_t)len >= sizeof(aside)) {
        return ASSAY_E_LIMIT;
    }
    file = fopen(aside, "w");
    if (file == NULL) {
        return err_of_errno();
    }
    if (ready->node != NULL) {
        (void)fprintf(file, "node=%s\n", ready->node);
    }
    put_endpoints(file, "listen", ready->listeners);
    put_endpoints(file, "metrics", ready->metrics);
    if (ready->control != NULL) {
        (void)fprintf(file, "control=%s\n", ready->control);
    }
    (void)fprintf(file, "pid=%ld\n", (long)getpid());
    if (ferror(file) != 0) {
        err = ASSAY_E_IO;
    }
    if (fclose(file) != 0 && err == ASSAY_OK) {
        err = err_of_errno();
    }
    if (err == ASSAY_OK && rename(aside, path) != 0) {
        err = err_of_errno();
    }
    if (err != ASSAY_OK) {
        (void)unlink(aside);
    }
    return err;
}
