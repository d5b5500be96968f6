/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include "clock.h"
#include "files.h"
#include "lock.h"
#include "metrics.h"
#include "net.h"
#include "notify.h"
#include "once.h"
#include "passphrase.h"
#include "protocol/check.h"
#include "ready.h"
#include "requests.h"
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

/* The same with a sentence that says what. */
static enum node_exit say_fault(const struct node_config_fault *fault,
                                enum assay_err err)
{
    (void)fprintf(stderr, "assayd: %s.\n",
                  fault->text[0] != '\0' ? fault->text : assay_err_phrase(err));
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
    node_files_fit(&node->config, &node->log);
    node->log.level = (enum node_log_level)config.log_level;
    node_driver_configure(node->driver);
    node_log_event(&node->log, NODE_LOG_INFO, "reloaded", NULL, NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct node *node = handle->data;

    if (node->is_stopping || node->driver == NULL) {
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
    struct node *node = context;

    node_driver_accept(node->driver, server);
}

/* Connections wait until the loop runs. */
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
        return say_fault(&fault, err);
    }
    for (size_t i = 0; i < node_listeners_count(node->listeners); i++) {
        char text[NODE_ENDPOINT_TEXT_MAX];

        node_endpoint_format(node_listeners_at(node->listeners, i), text);
        node_log_event(&node->log, NODE_LOG_INFO, "listening", "at", text);
    }
    return NODE_EXIT_DONE;
}

static enum node_exit open_key(struct node *node)
{
    struct assay_bytes passphrase = ASSAY_BYTES_NONE;
    struct node_secret_text *text = NULL;
    enum assay_err err = node_passphrase_read(&text, &passphrase);

    if (err != ASSAY_OK) {
        return fail("ASSAY_PASSPHRASE_FILE", err);
    }
    err = store_node_key_open(node->ledger, passphrase, node_clock_wall_s(),
                              &node->key);
    node_passphrase_free(text);
    if (err != ASSAY_OK) {
        return fail("node.key", err);
    }
    assay_id_format(ASSAY_ID_NODE, node->key->pair.key.bytes, node->id);
    return NODE_EXIT_DONE;
}

static void on_news(void *context)
{
    struct node *node = context;

    if (node->control != NULL) {
        node_control_news(node->control);
    }
}

static void on_failed(void *context, enum assay_err err)
{
    struct node *node = context;

    node->exit = NODE_EXIT_ENVIRONMENT;
    node_log_event(&node->log, NODE_LOG_ERROR, "stopping", "reason",
                   assay_err_phrase(err));
    node_stop(node);
}

/* What others are told of where we listen: the first port, and a host where
 * one was named; else they see themselves where we come from. */
static struct node_endpoint self_of(const struct node *node)
{
    struct node_endpoint self = {.port = 0};

    if (node_listeners_count(node->listeners) > 0) {
        self.port = node_listeners_at(node->listeners, 0)->port;
    }
    return self;
}

static enum node_exit open_driver(struct node *node)
{
    bool is_once = node->options->task == NODE_SYNC_ONCE;
    struct node_driver_config config = {
        .loop = &node->loop,
        .log = &node->log,
        .config = &node->config,
        .ledger = node->ledger,
        .key = node->key,
        .is_alone = is_once,
        .self = self_of(node),
        .context = node,
        .news = on_news,
        .synced = is_once ? node_once_synced : node_requests_synced,
        .idle = is_once ? node_once_idle : NULL,
        .failed = on_failed};
    enum assay_err err = node_driver_new(&config, &node->driver);

    return err == ASSAY_OK ? NODE_EXIT_DONE : fail(node->dir, err);
}

static enum node_exit open_control(struct node *node)
{
    struct node_control_hooks hooks = {.context = node,
                                       .asked = node_requests_asked,
                                       .left = node_requests_left};
    struct node_config_fault fault = {0, ""};
    int len = node->config.control[0] != '\0'
                  ? snprintf(node->control_path, sizeof(node->control_path),
                             "%s", node->config.control)
                  : snprintf(node->control_path, sizeof(node->control_path),
                             "%s/control.sock", node->dir);
    enum assay_err err = ASSAY_E_LIMIT;

    if (len > 0 && (size_t)len < sizeof(node->control_path)) {
        err = node_control_open(&node->loop, node->ledger, node->control_path,
                                &hooks, &node->control, &fault);
    }
    if (err == ASSAY_OK) {
        return NODE_EXIT_DONE;
    }
    return say_fault(&fault, err);
}

static void answer_metrics(void *context, const char *path,
                           struct node_http_answer *answer)
{
    struct node *node = context;
    struct node_metrics_values values = {
        .uptime_s = (node_clock_ms() - node->started_ms) / 1000};
    struct store_stats stats;

    if (strcmp(path, "/metrics") != 0 || node->is_stopping) {
        return;
    }
    answer->status = 503;
    if (store_ledger_stats(node->ledger, &stats) != ASSAY_OK) {
        return;
    }
    values.records = stats.records;
    values.last_lsn = stats.last_lsn;
    values.missing = stats.missing;
    values.disk_bytes = stats.disk_bytes;
    node_driver_measure(node->driver, &values);
    answer->text = node_metrics_text(&values, &answer->text_len);
    if (answer->text != NULL) {
        answer->status = 200;
        answer->content_type = "text/plain; version=0.0.4";
    }
}

static enum node_exit open_metrics(struct node *node)
{
    struct node_config_fault fault = {0, ""};
    enum assay_err err = ASSAY_OK;

    if (node->config.metrics.count > 0) {
        struct node_http_config config = {.loop = &node->loop,
                                          .log = &node->log,
                                          .endpoints = &node->config.metrics,
                                          .answer = answer_metrics,
                                          .context = node};

        err = node_http_open(&config, &node->metrics, &fault);
    }
    return err == ASSAY_OK ? NODE_EXIT_DONE : say_fault(&fault, err);
}

static enum node_exit say_ready(struct node *node)
{
    struct node_ready ready = {.node = node->id,
                               .control = node->control_path,
                               .listeners = node->listeners,
                               .metrics = node_http_listeners(node->metrics)};
    struct node_log_line line;

    if (node->options->ready_file != NULL) {
        enum assay_err err =
            node_ready_write(node->options->ready_file, &ready);

        if (err != ASSAY_OK) {
            return fail(node->options->ready_file, err);
        }
    }
    node_log_begin(&line, &node->log, NODE_LOG_INFO, "ready");
    node_log_text(&line, "node", node->id);
    node_log_text(&line, "ledger", node->dir);
    node_log_end(&line);
    node_notify("READY=1");
    node_driver_start(node->driver);
    return NODE_EXIT_DONE;
}

/* One sync, and nothing else. */
static enum node_exit begin_once(struct node *node)
{
    struct node_address address;
    struct assay_fault fault = {0, NULL};

    if (node_address_parse(assay_bytes_of(node->options->sync_peer), &address,
                           &fault) != ASSAY_OK) {
        node_say(node->options->sync_peer, fault.rule);
        return NODE_EXIT_USAGE;
    }
    enum assay_err err = node_driver_sync(node->driver, 0, &address);
    return err == ASSAY_OK ? NODE_EXIT_DONE
                           : fail(node->options->sync_peer, err);
}

typedef enum node_exit (*step_fn)(struct node *node);

static enum node_exit start(struct node *node)
{
    static const step_fn all[] = {open_ledger,  open_key,    watch_signals,
                                  listen_all,   open_driver, open_control,
                                  open_metrics, say_ready,   NULL};
    static const step_fn once[] = {open_ledger, open_key,   watch_signals,
                                   open_driver, begin_once, NULL};
    const step_fn *step = node->options->task == NODE_SYNC_ONCE ? once : all;
    enum node_exit code = NODE_EXIT_DONE;

    for (; code == NODE_EXIT_DONE && *step != NULL; step++) {
        code = (*step)(node);
    }
    return code;
}

/* The driver has stopped: nothing is left that writes or speaks. */
static void on_driver_stopped(void *context)
{
    struct node *node = context;

    node_driver_free(node->driver);
    node->driver = NULL;
    node_control_close(node->control);
    node->control = NULL;
    node_http_close(node->metrics);
    node->metrics = NULL;
    for (size_t i = 0; i < NODE_SIGNAL_COUNT; i++) {
        if (node->signals[i].loop != NULL) {
            uv_close((uv_handle_t *)&node->signals[i], NULL);
        }
    }
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
    if (node->driver != NULL) {
        node_driver_stop(node->driver, on_driver_stopped);
    } else {
        on_driver_stopped(node);
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
    node->started_ms = node_clock_ms();
    node->log =
        (struct node_log){.fd = STDERR_FILENO,
                          .level = (enum node_log_level)node->config.log_level,
                          .is_journal = getenv("JOURNAL_STREAM") != NULL,
                          .now_ms = node_clock_wall_ms};
    node_files_fit(&node->config, &node->log);
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
    store_node_key_free(node->key);
    node_unlock(node->lock_fd);
    store_ledger_close(node->ledger);
    node_config_clear(&node->config);
    free(node->dir);
    free(node);
    return code;
}
