/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include "clock.h"
#include "lock.h"
#include "net.h"
#include "notify.h"
#include "protocol/check.h"
#include "ready.h"
#include "store/where.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

void node_say(const char *what, const char *why)
{
    (void)fprintf(stderr, "assayd: %s: %s.\n", what, why);
}

/* For what is wrong with the machine. */
static enum node_exit fail(const char *what, enum assay_err err)
{
    node_say(what, assay_err_phrase(err));
    return NODE_EXIT_ENVIRONMENT;
}

static enum node_exit open_ledger(struct node *node)
{
    struct assay_fault fault = {0, NULL};
    enum assay_err err = store_where(node->config.ledger, &node->dir);

    if (err != ASSAY_OK) {
        return fail("no ledger is named (--ledger DIR)", err);
    }
    err = store_ledger_open(node->dir, STORE_WRITE, &node->ledger, &fault);
    if (err == ASSAY_E_NOT_FOUND) {
        node_say(node->dir, "there is no ledger here. Make one with: assay "
                            "--ledger DIR init");
        return NODE_EXIT_ENVIRONMENT;
    }
    if (err != ASSAY_OK) {
        node_say(node->dir,
                 fault.rule != NULL ? fault.rule : assay_err_phrase(err));
        return NODE_EXIT_ENVIRONMENT;
    }
    err = node_lock(node->dir, &node->lock_fd);
    if (err == ASSAY_E_BUSY) {
        node_say(node->dir, "another assayd serves this ledger");
        return NODE_EXIT_ENVIRONMENT;
    }
    return err == ASSAY_OK ? NODE_EXIT_DONE : fail(node->dir, err);
}

static void on_refused_key(void *context, const struct node_config_key *key)
{
    struct node *node = context;
    struct node_log_line line;

    node_log_begin(&line, &node->log, NODE_LOG_WARN, "reload-needs-restart");
    node_log_text(&line, "section", key->section);
    node_log_text(&line, "key", key->name);
    node_log_end(&line);
}

/* What may change while the node runs is taken from the new configuration;
 * the rest stays, with a line in the log where it differs. */
static void reload(struct node *node)
{
    struct node_config config;
    struct node_config_fault fault;
    enum assay_err err = node_options_config(node->options, &config, &fault);
    struct node_log_line line;

    if (err != ASSAY_OK) {
        node_log_begin(&line, &node->log, NODE_LOG_ERROR, "reload-refused");
        node_log_number(&line, "line", fault.line);
        node_log_text(&line, "reason",
                      fault.text[0] != '\0' ? fault.text
                                            : assay_err_phrase(err));
        node_log_end(&line);
        return;
    }
    node_config_keep(&config, &node->config, on_refused_key, node);
    node_config_clear(&node->config);
    node->config = config;
    node->log.level = (enum node_log_level)config.log_level;
    node_log_event(&node->log, NODE_LOG_INFO, "reloaded", NULL, NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct node *node = handle->data;

    if (node->is_stopping) {
        return;
    }
    if (number != SIGHUP) {
        node_log_event(&node->log, NODE_LOG_INFO, "stopping", "signal",
                       number == SIGINT ? "SIGINT" : "SIGTERM");
        node_stop(node);
        return;
    }
    node_notify("RELOADING=1");
    reload(node);
    node_notify("READY=1");
}

static enum node_exit watch_signals(struct node *node)
{
    static const int numbers[NODE_SIGNAL_COUNT] = {[NODE_SIGNAL_TERM] = SIGTERM,
                                                   [NODE_SIGNAL_INT] = SIGINT,
                                                   [NODE_SIGNAL_HUP] = SIGHUP};

    for (size_t i = 0; i < NODE_SIGNAL_COUNT; i++) {
        ASSAY_CHECK(uv_signal_init(&node->loop, &node->signals[i]) == 0);
        node->signals[i].data = node;
        if (uv_signal_start(&node->signals[i], on_signal, numbers[i]) != 0) {
            return fail("signals", ASSAY_E_IO);
        }
    }
    return NODE_EXIT_DONE;
}

static void on_connection(void *context, uv_stream_t *server)
{
    (void)context;
    (void)server;
}

static enum node_exit listen_all(struct node *node)
{
    int fds[NODE_LISTENERS_MAX];
    struct node_config_fault fault = {0, ""};
    size_t count = node_notify_sockets(fds, NODE_LISTENERS_MAX);
    enum assay_err err =
        count > 0
            ? node_listeners_inherit(&node->loop, fds, count, &node->listeners,
                                     &fault)
            : node_listeners_open(&node->loop, &node->log, &node->config.listen,
                                  &node->listeners, &fault);

    if (err == ASSAY_OK) {
        err =
            node_listeners_start(node->listeners, on_connection, node, &fault);
    }
    if (err != ASSAY_OK) {
        (void)fprintf(stderr, "assayd: %s.\n",
                      fault.text[0] != '\0' ? fault.text
                                            : assay_err_phrase(err));
        return NODE_EXIT_ENVIRONMENT;
    }
    for (size_t i = 0; i < node_listeners_count(node->listeners); i++) {
        char text[NODE_ENDPOINT_TEXT_MAX];

        node_endpoint_format(node_listeners_at(node->listeners, i), text);
        node_log_event(&node->log, NODE_LOG_INFO, "listening", "at", text);
    }
    return NODE_EXIT_DONE;
}

static enum node_exit say_ready(struct node *node)
{
    struct node_ready ready = {.listeners = node->listeners};

    if (node->options->ready_file != NULL) {
        enum assay_err err =
            node_ready_write(node->options->ready_file, &ready);

        if (err != ASSAY_OK) {
            return fail(node->options->ready_file, err);
        }
    }
    node_log_event(&node->log, NODE_LOG_INFO, "ready", "ledger", node->dir);
    node_notify("READY=1");
    return NODE_EXIT_DONE;
}

static enum node_exit start(struct node *node)
{
    static enum node_exit (*const steps[])(struct node *) = {
        open_ledger, watch_signals, listen_all, say_ready};
    enum node_exit code = NODE_EXIT_DONE;

    for (size_t i = 0;
         code == NODE_EXIT_DONE && i < sizeof(steps) / sizeof(steps[0]); i++) {
        code = steps[i](node);
    }
    return code;
}

void node_stop(struct node *node)
{
    if (node->is_stopping) {
        return;
    }
    node->is_stopping = true;
    node_notify("STOPPING=1");
    node_listeners_close(node->listeners);
    node->listeners = NULL;
    for (size_t i = 0; i < NODE_SIGNAL_COUNT; i++) {
        if (node->signals[i].loop != NULL) {
            uv_close((uv_handle_t *)&node->signals[i], NULL);
        }
    }
}

enum node_exit node_run(const struct node_options *options,
                        struct node_config *config)
{
    struct node *node = calloc(1, sizeof(*node));

    if (node == NULL || uv_loop_init(&node->loop) != 0) {
        free(node);
        return fail("the loop", ASSAY_E_NOMEM);
    }
    node->options = options;
    node->config = *config; /* Its lists are the node's from here on. */
    memset(config, 0, sizeof(*config));
    node->lock_fd = -1;
    node->log =
        (struct node_log){.fd = STDERR_FILENO,
                          .level = (enum node_log_level)node->config.log_level,
                          .is_journal = getenv("JOURNAL_STREAM") != NULL,
                          .now_ms = node_clock_wall_ms};
    enum node_exit code = start(node);

    if (code != NODE_EXIT_DONE) {
        node_stop(node);
    }
    ASSAY_CHECK(uv_run(&node->loop, UV_RUN_DEFAULT) == 0);
    ASSAY_CHECK(uv_loop_close(&node->loop) == 0);
    if (code == NODE_EXIT_DONE) {
        node_log_event(&node->log, NODE_LOG_INFO, "stopped", NULL, NULL);
        code = node->exit;
    }
    node_unlock(node->lock_fd);
    store_ledger_close(node->ledger);
    node_config_clear(&node->config);
    free(node->dir);
    free(node);
    return code;
}
