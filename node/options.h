/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the command line of assayd: one table, from which parser, help
 * and assayd(8) come. Most options say what a key of the configuration says,
 * and win over it.
 */
#ifndef ASSAY_NODE_OPTIONS_H
#define ASSAY_NODE_OPTIONS_H

#include "config.h"

#define NODE_OPTIONS_MAX 256

/* Exit codes, as assay(1) has them. */
enum node_exit {
    NODE_EXIT_DONE = 0,
    NODE_EXIT_NO = 1,         /* A sync that did not come to its end. */
    NODE_EXIT_USAGE = 2,      /* The command line is wrong. */
    NODE_EXIT_REFUSED = 3,    /* The configuration is refused. */
    NODE_EXIT_ENVIRONMENT = 4 /* No ledger, the port taken, no permission. */
};

/* What to do instead of running a node. */
enum node_task {
    NODE_RUN,
    NODE_SYNC_ONCE,
    NODE_CHECK_CONFIG,
    NODE_SAMPLE_CONFIG,
    NODE_HELP,
    NODE_VERSION,
    NODE_PAGE,     /* assayd(8) for scdoc(5). */
    NODE_PAGE_CONF /* assayd.conf(5) for scdoc(5). */
};

/* A key of the configuration that an option sets. */
struct node_setting {
    const struct node_config_key *key;
    const char *value; /* Borrows from argv. */
};

struct node_options {
    enum node_task task;
    const char *config;     /* NULL: the defaults. */
    const char *ready_file; /* NULL: none. */
    const char *sync_peer;  /* Of NODE_SYNC_ONCE. */
    bool is_json;           /* How NODE_SYNC_ONCE says what it did. */
    struct node_setting settings[NODE_OPTIONS_MAX];
    size_t setting_count;
};

/* Reads argv. False: what was wrong was said on standard error; exit with
 * NODE_EXIT_USAGE. */
bool node_options_parse(int argc, char **argv,
                        struct node_options *options_out);

/*
 * The configuration that the options mean: the file over the defaults, then
 * the settings over the file. What was wrong is in fault_out; its line
 * is 0 where it was an option.
 */
ASSAY_MUST_CHECK
enum assay_err node_options_config(const struct node_options *options,
                                   struct node_config *config_out,
                                   struct node_config_fault *fault_out);

void node_options_print_help(FILE *out);

/* The manual page assayd(8), as scdoc(5) reads it. */
void node_options_print_scdoc(FILE *out);

#endif
