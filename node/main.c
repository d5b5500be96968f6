/* SPDX-License-Identifier: Apache-2.0 */
/* assayd - a node of the ledger. */
#include "node.h"

#include "protocol/key.h"

#include <signal.h>

/* What a configuration was refused for: "FILE:LINE: why". */
static enum node_exit say_refused(const struct node_options *options,
                                  enum assay_err err,
                                  const struct node_config_fault *fault)
{
    if (err != ASSAY_E_MALFORMED) {
        node_say(options->config != NULL ? options->config : "options",
                 assay_err_phrase(err));
        return NODE_EXIT_ENVIRONMENT;
    }
    if (fault->line > 0) {
        (void)fprintf(stderr, "assayd: %s:%u: %s.\n", options->config,
                      fault->line, fault->text);
        return NODE_EXIT_REFUSED;
    }
    (void)fprintf(stderr, "assayd: %s.\n", fault->text);
    return NODE_EXIT_USAGE;
}

static enum node_exit start(const struct node_options *options)
{
    struct node_config_fault fault;
    struct node_config config;
    enum assay_err err = node_options_config(options, &config, &fault);
    enum node_exit code = NODE_EXIT_DONE;

    if (err != ASSAY_OK) {
        return say_refused(options, err, &fault);
    }
    if (options->task == NODE_CHECK_CONFIG) {
        node_config_clear(&config);
        return NODE_EXIT_DONE;
    }
    if (assay_key_self_test() != ASSAY_OK) {
        node_say("the signature library",
                 "it does not check signatures as the ledger's rules say");
        code = NODE_EXIT_ENVIRONMENT;
    } else {
        code = node_run(options, &config);
    }
    node_config_clear(&config);
    return code;
}

int main(int argc, char **argv)
{
    struct node_options options;

    (void)signal(SIGPIPE, SIG_IGN);
    if (!node_options_parse(argc, argv, &options)) {
        return NODE_EXIT_USAGE;
    }
    switch (options.task) {
    case NODE_HELP:
        node_options_print_help(stdout);
        return NODE_EXIT_DONE;
    case NODE_VERSION:
        (void)printf("assayd %s\n", ASSAY_VERSION);
        return NODE_EXIT_DONE;
    case NODE_SAMPLE_CONFIG:
        node_config_print_sample(stdout);
        return NODE_EXIT_DONE;
    case NODE_PAGE:
        node_options_print_scdoc(stdout);
        return NODE_EXIT_DONE;
    case NODE_PAGE_CONF:
        node_config_print_scdoc(stdout);
        return NODE_EXIT_DONE;
    case NODE_RUN:
    case NODE_SYNC_ONCE:
    case NODE_CHECK_CONFIG:
        return (int)start(&options);
    }
    return NODE_EXIT_USAGE;
}
