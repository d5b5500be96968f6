/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include "protocol/check.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct node_http {
    uv_loop_t *loop;
    struct MHD_Daemon *daemon;
    struct node_listeners *listeners;
    uv_poll_t poll;
    uv_timer_t timer;
    size_t open_handles;
    node_http_fn answer;
    void *context;
};

static void run(struct node_http *http);

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

/* Lets it do what can be done, and comes back when it says. */
static void run(struct node_http *http)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms = 0;

    (void)MHD_run(http->daemon);
    if (MHD_get_timeout(http->daemon, &timeout_ms) == MHD_YES) {
        ASSAY_CHECK(uv_timer_start(&http->timer, on_timer, timeout_ms, 0) == 0);
    } else {
        (void)uv_timer_stop(&http->timer);
    }
}

/* A connection was taken by libuv; a copy of its descriptor goes to MHD. */
static void hand_over(struct node_http *http, const uv_tcp_t *tcp)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    int len = (int)sizeof(address);
    uv_os_fd_t fd = -1;
    int copy = -1;

    if (uv_fileno((const uv_handle_t *)tcp, &fd) == 0 &&
        uv_tcp_getpeername(tcp, (struct sockaddr *)&address, &len) == 0) {
        copy = dup(fd);
    }
    /* It closes the copy, also where it refuses it. */
    if (copy >= 0) {
        (void)MHD_add_connection(http->daemon, copy,
                                 (struct sockaddr *)&address, (socklen_t)len);
        run(http);
    }
}

static void on_tcp_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_connection(void *context, uv_stream_t *server)
{
    struct node_http *http = context;
    uv_tcp_t *tcp = malloc(sizeof(*tcp));

    if (tcp == NULL || uv_tcp_init(http->loop, tcp) != 0) {
        free(tcp);
        return;
    }
    if (uv_accept(server, (uv_stream_t *)tcp) == 0) {
        hand_over(http, tcp);
    }
    uv_close((uv_handle_t *)tcp, on_tcp_closed);
}

static enum MHD_Result reply(struct MHD_Connection *connection,
                             struct node_http_answer *answer)
{
    static char nothing[] = "";
    bool has_text = answer->text != NULL;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        has_text ? answer->text_len : 0, has_text ? answer->text : nothing,
        has_text ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_NO;

    if (response == NULL) {
        free(answer->text);
        return MHD_NO;
    }
    if (answer->content_type != NULL) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                      answer->content_type);
    }
    result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

/* NOLINTNEXTLINE(readability-function-size): the library's signature. */
static enum MHD_Result on_request(void *context,
                                  struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_len, void **state)
{
    struct node_http *http = context;
    struct node_http_answer answer = {.status = MHD_HTTP_NOT_FOUND};

    (void)version;
    (void)upload;
    if (*state == NULL) {
        *state = http; /* The head is there; what follows is not wanted. */
        return MHD_YES;
    }
    if (*upload_len > 0) {
        *upload_len = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
        strcmp(method, MHD_HTTP_METHOD_HEAD) == 0) {
        http->answer(http->context, url, &answer);
    } else {
        answer.status = MHD_HTTP_METHOD_NOT_ALLOWED;
    }
    return reply(connection, &answer);
}

static void on_closed(uv_handle_t *handle)
{
    struct node_http *http = handle->data;

    http->open_handles--;
    if (http->open_handles == 0) {
        free(http);
    }
}

/* The server itself, and its descriptor in the loop. */
static enum assay_err start(struct node_http *http)
{
    const union MHD_DaemonInfo *info = NULL;

    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request,
        http, MHD_OPTION_CONNECTION_LIMIT, (unsigned)NODE_HTTP_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)NODE_HTTP_IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)NODE_HTTP_MEMORY_MAX,
        MHD_OPTION_END);
    if (http->daemon == NULL) {
        return ASSAY_E_NOMEM;
    }
    info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL ||
        uv_poll_init(http->loop, &http->poll, info->epoll_fd) != 0) {
        return ASSAY_E_IO;
    }
    http->poll.data = http;
    http->open_handles++;
    return uv_poll_start(&http->poll, UV_READABLE, on_poll) == 0 ? ASSAY_OK
                                                                 : ASSAY_E_IO;
}

enum assay_err node_http_open(const struct node_http_config *config,
                              struct node_http **http_out,
                              struct node_config_fault *fault_out)
{
    struct node_http *http = calloc(1, sizeof(*http));
    enum assay_err err = ASSAY_E_NOMEM;

    if (http == NULL) {
        return ASSAY_E_NOMEM;
    }
    http->loop = config->loop;
    http->answer = config->answer;
    http->context = config->context;
    ASSAY_CHECK(uv_timer_init(http->loop, &http->timer) == 0);
    http->timer.data = http;
    http->open_handles = 1;
    err = start(http);
    if (err == ASSAY_OK) {
        err = node_listeners_open(config->loop, config->log, config->endpoints,
                                  &http->listeners, fault_out);
    }
    if (err == ASSAY_OK) {
        err = node_listeners_start(http->listeners, on_connection, http,
                                   fault_out);
    }
    if (err != ASSAY_OK) {
        node_http_close(http);
        return err;
    }
    *http_out = http;
    return ASSAY_OK;
}

const struct node_listeners *node_http_listeners(const struct node_http *http)
{
    return http == NULL ? NULL : http->listeners;
}

void node_http_close(struct node_http *http)
{
    if (http == NULL) {
        return;
    }
    node_listeners_close(http->listeners);
    http->listeners = NULL;
    if (http->poll.data != NULL) {
        uv_close((uv_handle_t *)&http->poll, on_closed);
    }
    if (http->daemon != NULL) {
        MHD_stop_daemon(http->daemon);
    }
    uv_close((uv_handle_t *)&http->timer, on_closed);
}
