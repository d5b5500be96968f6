/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <sys/resource.h>

/* Raises the limit as far as it is let, up to wanted; returns what it is. */
static uint64_t raise_limit(uint64_t wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return UINT64_MAX; /* Who runs out of them is told by the system. */
    }
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < wanted) {
        struct rlimit raised = limit;

        raised.rlim_cur =
            limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted
                ? (rlim_t)wanted
                : limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            limit = raised;
        }
    }
    return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX
                                           : (uint64_t)limit.rlim_cur;
}

void node_files_fit(struct node_config *config, const struct node_log *log)
{
    uint64_t wanted = config->connections_max + NODE_FILES_OWN;
    uint64_t files_max = raise_limit(wanted);
    struct node_log_line line;

    if (files_max >= wanted) {
        return;
    }
    config->connections_max =
        files_max > NODE_FILES_OWN ? files_max - NODE_FILES_OWN : 1;
    node_log_begin(&line, log, NODE_LOG_WARN, "files-limited");
    node_log_number(&line, "files", files_max);
    node_log_number(&line, "connections", config->connections_max);
    node_log_end(&line);
}
