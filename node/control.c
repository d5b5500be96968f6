/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include "control_socket.h"
#include "net.h"
#include "protocol/check.h"
#include "store/view.h"

#include <stdlib.h>
#include <unistd.h>

#define BACKLOG 16

/* Records of a follower that are made at a time. */
#define FOLLOW_STEP 64

struct client {
    uv_pipe_t pipe;
    uv_write_t write;
    struct node_control *control;
    struct client *next;
    uint64_t number;
    bool is_asking; /* A request is being answered. */
    bool is_following;
    bool is_writing;
    bool is_closing;
    uint64_t lsn; /* Of a follower: the last that it got. */
    size_t in_len;
    uint8_t in[ASSAY_CONTROL_MAX];
    uint8_t *queued; /* What is to be written next. */
    size_t queued_len;
    size_t queued_room;
    uint8_t *written; /* What is being written. */
};

struct node_control {
    uv_pipe_t pipe;
    struct store_ledger *ledger;
    struct node_control_hooks hooks;
    struct client *clients;
    size_t client_count;
    uint64_t last_number;
    bool is_closing;
    bool is_pipe_open;
    char path[NODE_SOCKET_PATH_MAX];
};

static void read_requests(struct client *client);
static void follow(struct client *client);

static void free_if_done(struct node_control *control)
{
    if (control->is_closing && !control->is_pipe_open &&
        control->clients == NULL) {
        free(control);
    }
}

static void on_client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    struct node_control *control = client->control;
    struct client **link = &control->clients;

    while (*link != client) {
        link = &(*link)->next;
    }
    *link = client->next;
    control->client_count--;
    free(client->queued);
    free(client->written);
    free(client);
    free_if_done(control);
}

static void drop(struct client *client)
{
    struct node_control *control = client->control;

    if (client->is_closing) {
        return;
    }
    client->is_closing = true;
    uv_close((uv_handle_t *)&client->pipe, on_client_closed);
    if (client->is_asking && !client->is_following && !control->is_closing) {
        control->hooks.left(control->hooks.context, client->number);
    }
}

static struct client *find_client(struct node_control *control, uint64_t number)
{
    struct client *client = control == NULL ? NULL : control->clients;

    while (client != NULL && (client->number != number || client->is_closing)) {
        client = client->next;
    }
    return client;
}

static void flush(struct client *client);

static void on_written(uv_write_t *request, int status)
{
    struct client *client = request->data;

    client->is_writing = false;
    free(client->written);
    client->written = NULL;
    if (client->is_closing) {
        return;
    }
    if (status != 0) {
        drop(client);
        return;
    }
    flush(client);
    if (client->is_following) {
        follow(client);
    } else if (!client->is_asking) {
        read_requests(client);
    }
}

static void flush(struct client *client)
{
    if (client->is_closing || client->is_writing || client->queued_len == 0) {
        return;
    }
    client->written = client->queued;
    uv_buf_t buffer =
        uv_buf_init((char *)client->written, (unsigned)client->queued_len);
    client->queued = NULL;
    client->queued_len = 0;
    client->queued_room = 0;
    client->is_writing = true;
    client->write.data = client;
    if (uv_write(&client->write, (uv_stream_t *)&client->pipe, &buffer, 1,
                 on_written) != 0) {
        client->is_writing = false;
        drop(client);
    }
}

static bool enqueue(struct client *client, struct assay_bytes bytes)
{
    size_t len = client->queued_len + bytes.len;

    if (len > NODE_CONTROL_QUEUE_MAX) {
        return false;
    }
    if (len > client->queued_room) {
        size_t room = len * 2;
        uint8_t *queued = realloc(client->queued, room);

        if (queued == NULL) {
            return false;
        }
        client->queued = queued;
        client->queued_room = room;
    }
    memcpy(client->queued + client->queued_len, bytes.data, bytes.len);
    client->queued_len = len;
    return true;
}

static void send_answer(struct client *client,
                        const struct assay_control *message)
{
    uint8_t space[ASSAY_CONTROL_MAX];
    struct assay_bytes bytes;

    if (assay_control_write(message, space, &bytes) != ASSAY_OK ||
        !enqueue(client, bytes)) {
        drop(client);
        return;
    }
    if (message->type == ASSAY_CONTROL_DONE ||
        message->type == ASSAY_CONTROL_FAILED) {
        client->is_asking = false;
    }
    flush(client);
}

void node_control_answer(struct node_control *control, uint64_t client,
                         const struct assay_control *answer)
{
    struct client *found = find_client(control, client);

    if (found != NULL) {
        send_answer(found, answer);
    }
}

void node_control_done(struct node_control *control, uint64_t client)
{
    struct assay_control message = {.type = ASSAY_CONTROL_DONE};

    node_control_answer(control, client, &message);
}

void node_control_fail(struct node_control *control, uint64_t client,
                       uint64_t exit_code, const char *text)
{
    struct assay_control message = {
        .type = ASSAY_CONTROL_FAILED,
        .as.failure = {exit_code, assay_bytes_of(text)}};

    node_control_answer(control, client, &message);
}

/* The next records for one who follows, unless it has not read the last. */
static void follow(struct client *client)
{
    struct store_view *view = NULL;
    struct store_row row;

    if (client->is_writing || client->is_closing ||
        store_view_begin(client->control->ledger, STORE_NOW, &view) !=
            ASSAY_OK) {
        return;
    }
    for (size_t i = 0; i < FOLLOW_STEP; i++) {
        enum assay_err err = store_view_next(view, client->lsn, &row);
        struct assay_control message = {.type = ASSAY_CONTROL_RECORD};

        if (err == ASSAY_E_NOT_FOUND) {
            break;
        }
        if (err != ASSAY_OK) {
            client->lsn++; /* One that is damaged hides no others. */
            continue;
        }
        client->lsn = row.lsn;
        message.as.record = (struct assay_control_record){
            row.lsn, row.record.id, row.record.payload.kind, row.received_s};
        send_answer(client, &message);
    }
    store_view_end(view);
}

static void begin_to_follow(struct client *client, uint64_t after_lsn)
{
    struct store_view *view = NULL;

    if (store_view_begin(client->control->ledger, STORE_NOW, &view) !=
        ASSAY_OK) {
        drop(client);
        return;
    }
    client->lsn =
        after_lsn == UINT64_MAX ? store_view_last_lsn(view) : after_lsn;
    store_view_end(view);
    client->is_following = true;
    follow(client);
}

void node_control_news(struct node_control *control)
{
    for (struct client *client = control->clients; client != NULL;
         client = client->next) {
        if (client->is_following) {
            follow(client);
        }
    }
}

static void take_request(struct client *client, struct assay_bytes bytes)
{
    struct node_control *control = client->control;
    struct assay_control request;
    struct assay_fault fault = {0, NULL};
    enum assay_err err = assay_control_read(bytes, &request, &fault);

    client->is_asking = true;
    if (err != ASSAY_OK) {
        node_control_fail(control, client->number, 2,
                          err == ASSAY_E_VERSION
                              ? "this node does not know that request; it is "
                                "of another version"
                              : "the request is malformed");
    } else if (request.type == ASSAY_CONTROL_FOLLOW) {
        begin_to_follow(client, request.as.after_lsn);
    } else {
        control->hooks.asked(control->hooks.context, client->number, &request);
    }
}

/* Takes whole requests from the front of what was received, one at a time. */
static void read_requests(struct client *client)
{
    while (!client->is_asking && !client->is_closing) {
        struct assay_bytes input = {client->in, client->in_len};
        size_t len = 0;

        if (assay_control_length(input, &len) != ASSAY_OK) {
            drop(client);
            return;
        }
        if (len == 0 || len > client->in_len) {
            return;
        }
        take_request(client,
                     (struct assay_bytes){client->in + ASSAY_CONTROL_HEAD_SIZE,
                                          len - ASSAY_CONTROL_HEAD_SIZE});
        client->in_len -= len;
        memmove(client->in, client->in + len, client->in_len);
    }
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    struct client *client = handle->data;

    (void)size;
    /* None is left where a client asks on without reading: an error. */
    *buffer = uv_buf_init((char *)client->in + client->in_len,
                          (unsigned)(sizeof(client->in) - client->in_len));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct client *client = stream->data;

    (void)buffer;
    if (len < 0) {
        drop(client);
        return;
    }
    client->in_len += (size_t)len;
    read_requests(client);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct node_control *control = server->data;
    struct client *client = NULL;

    if (status != 0 || control->is_closing) {
        return;
    }
    client = calloc(1, sizeof(*client));
    if (client == NULL || uv_pipe_init(server->loop, &client->pipe, 0) != 0) {
        free(client); /* The connection waits until another one ends. */
        return;
    }
    client->pipe.data = client;
    client->control = control;
    client->number = ++control->last_number;
    client->next = control->clients;
    control->clients = client;
    control->client_count++;
    if (uv_accept(server, (uv_stream_t *)&client->pipe) != 0 ||
        control->client_count > NODE_CONTROL_CLIENTS_MAX ||
        uv_read_start((uv_stream_t *)&client->pipe, on_alloc, on_read) != 0) {
        drop(client);
    }
}

static enum assay_err listen_at(uv_loop_t *loop, struct node_control *control,
                                const char *path)
{
    int fd = -1;
    enum assay_err err = node_control_bind(path, &fd);

    if (err != ASSAY_OK) {
        return err;
    }
    memcpy(control->path, path, strlen(path));
    ASSAY_CHECK(uv_pipe_init(loop, &control->pipe, 0) == 0);
    control->pipe.data = control;
    control->is_pipe_open = true;
    int number = uv_pipe_open(&control->pipe, fd);

    if (number != 0) {
        (void)close(fd);
    } else {
        number =
            uv_listen((uv_stream_t *)&control->pipe, BACKLOG, on_connection);
    }
    return node_net_err(number);
}

enum assay_err node_control_open(uv_loop_t *loop, struct store_ledger *ledger,
                                 const char *path,
                                 const struct node_control_hooks *hooks,
                                 struct node_control **control_out,
                                 struct node_config_fault *fault_out)
{
    struct node_control *control = calloc(1, sizeof(*control));
    enum assay_err err = ASSAY_E_NOMEM;

    if (control == NULL) {
        return ASSAY_E_NOMEM;
    }
    control->ledger = ledger;
    control->hooks = *hooks;
    err = listen_at(loop, control, path);
    if (err != ASSAY_OK) {
        (void)snprintf(fault_out->text, sizeof(fault_out->text),
                       "cannot listen on %.150s: %s", path,
                       node_control_why(err));
        node_control_close(control);
        return err;
    }
    *control_out = control;
    return ASSAY_OK;
}

static void on_pipe_closed(uv_handle_t *handle)
{
    struct node_control *control = handle->data;

    control->is_pipe_open = false;
    free_if_done(control);
}

void node_control_close(struct node_control *control)
{
    if (control == NULL) {
        return;
    }
    control->is_closing = true;
    if (control->path[0] != '\0') {
        (void)unlink(control->path);
    }
    for (struct client *client = control->clients; client != NULL;
         client = client->next) {
        drop(client);
    }
    if (control->is_pipe_open) {
        uv_close((uv_handle_t *)&control->pipe, on_pipe_closed);
    } else {
        free_if_done(control);
    }
}
