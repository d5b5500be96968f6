/* SPDX-License-Identifier: Apache-2.0 */
#include "stranger.h"

#include "node/clock.h"
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Small, so that little lies between the two ends. */
#define SOCKET_BUFFER 4096

/* The clock of this program, in place of the node's own. */
static uint64_t now_ms;

uint64_t node_clock_ms(void)
{
    return now_ms;
}

uint64_t node_clock_us(void)
{
    return now_ms * 1000;
}

uint64_t node_clock_wall_ms(void)
{
    return now_ms;
}

uint64_t node_clock_wall_s(void)
{
    return now_ms / 1000;
}

void node_random(void *out, size_t len)
{
    memset(out, 0x5a, len);
}

uint32_t node_random_below(uint32_t bound)
{
    return bound - 1;
}

static const struct assay_sync_view *view_begin(void *context)
{
    struct stranger *stranger = context;

    stranger->view_count++;
    stranger->views_begun++;
    return memledger_view(stranger->ledger);
}

static void view_end(void *context)
{
    struct stranger *stranger = context;

    assert_true(stranger->view_count > 0);
    stranger->view_count--;
}

static bool has_room(void *context)
{
    const struct stranger *stranger = context;

    return !stranger->has_no_room;
}

static void soon(void *context, struct node_peer *peer)
{
    struct stranger *stranger = context;

    assert_ptr_equal(peer, stranger->peer);
    stranger->is_due = true;
}

static bool opened(void *context, struct node_peer *peer,
                   struct assay_session_config *config,
                   struct node_peer_refusal *refusal_out)
{
    struct assay_noise_keypair own;

    (void)context;
    (void)peer;
    (void)refusal_out;
    channel_pair_key(CHANNEL_ANSWERS, &own);
    config->own_key = own.key;
    config->follows = (struct assay_follows){.is_all = true};
    return true;
}

static void event(void *context, struct node_peer *peer,
                  const struct assay_session_event *event)
{
    (void)context;
    (void)peer;
    (void)event;
}

static void over(void *context, struct node_peer *peer, const char *why,
                 bool is_fault)
{
    struct stranger *stranger = context;

    (void)peer;
    stranger->over_count++;
    stranger->is_fault = is_fault;
    (void)snprintf(stranger->why, sizeof(stranger->why), "%s", why);
}

static void gone(void *context, struct node_peer *peer)
{
    struct stranger *stranger = context;

    assert_ptr_equal(peer, stranger->peer);
    assert_int_equal(stranger->over_count, 1);
    stranger->peer = NULL;
}

/* Two ends of a connection on 127.0.0.1 that hold little; [0] dialled. */
static void make_sockets(int *fds)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int size = SOCKET_BUFFER;
    int server = socket(AF_INET, SOCK_STREAM, 0);

    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(server >= 0 && fds[0] >= 0);
    assert_int_equal(
        setsockopt(server, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    assert_int_equal(
        setsockopt(server, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
    assert_int_equal(
        setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
    assert_int_equal(
        setsockopt(fds[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
    assert_int_equal(bind(server, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(connect(fds[0], (struct sockaddr *)&address, len), 0);
    fds[1] = accept(server, NULL, NULL);
    assert_true(fds[1] >= 0);
    assert_int_equal(close(server), 0);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
}

static void begin_peer(struct stranger *stranger, int fd)
{
    uv_tcp_t *tcp = malloc(sizeof(*tcp));
    struct node_peer_config config = {.loop = &stranger->loop,
                                      .tcp = tcp,
                                      .number = 1,
                                      .own = &stranger->keys,
                                      .handshake_ms = STRANGER_HANDSHAKE_MS,
                                      .space = stranger->space,
                                      .hooks = &stranger->hooks};

    assert_non_null(tcp);
    assert_int_equal(uv_tcp_init(&stranger->loop, tcp), 0);
    assert_int_equal(uv_tcp_open(tcp, fd), 0);
    assert_int_equal(node_peer_new(&config, &stranger->peer), ASSAY_OK);
    node_peer_wake(stranger->peer);
}

struct stranger *stranger_new(void)
{
    struct stranger *stranger = calloc(1, sizeof(*stranger));
    int fds[2];

    assert_non_null(stranger);
    now_ms = 1000000;
    stranger->hooks = (struct node_peer_hooks){.context = stranger,
                                               .view_begin = view_begin,
                                               .view_end = view_end,
                                               .has_room = has_room,
                                               .soon = soon,
                                               .opened = opened,
                                               .event = event,
                                               .over = over,
                                               .gone = gone};
    stranger->ledger = memledger_new();
    stranger->space = malloc(ASSAY_SESSION_BUFFER);
    stranger->out = malloc(STRANGER_OUT_MAX);
    assert_non_null(stranger->space);
    assert_non_null(stranger->out);
    assert_int_equal(uv_loop_init(&stranger->loop), 0);
    channel_pair_key(CHANNEL_ANSWERS, &stranger->keys);
    stranger->channel = channel_end_new(CHANNEL_DIALS, 0, NULL, NULL);
    make_sockets(fds);
    stranger->fd = fds[0];
    begin_peer(stranger, fds[1]);
    return stranger;
}

void stranger_free(struct stranger *stranger)
{
    if (stranger->peer != NULL) {
        node_peer_cut(stranger->peer, "the test is over");
    }
    assert_int_equal(uv_run(&stranger->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&stranger->loop), 0);
    assert_null(stranger->peer);
    assert_int_equal(stranger->view_count, 0);
    (void)close(stranger->fd);
    assay_channel_free(stranger->channel);
    memledger_free(stranger->ledger);
    free(stranger->space);
    free(stranger->out);
    free(stranger);
}

static void pull(struct stranger *stranger)
{
    assert_true(STRANGER_OUT_MAX - stranger->out_len >=
                ASSAY_CHANNEL_HANDSHAKE_MAX);
    stranger->out_len += assay_channel_pull(stranger->channel,
                                            stranger->out + stranger->out_len);
}

static void take_message(struct stranger *stranger, struct assay_bytes bytes)
{
    struct assay_message message;
    struct assay_records records;

    stranger->message_count++;
    assert_int_equal(assay_message_open(bytes, &message), ASSAY_OK);
    if (message.type == ASSAY_MSG_RECORDS) {
        assert_int_equal(assay_records_read(&message, &records, NULL),
                         ASSAY_OK);
        stranger->record_count += records.count;
    }
}

static void take_input(struct stranger *stranger)
{
    struct assay_bytes rest = {stranger->in, stranger->in_len};
    enum assay_channel_event event = ASSAY_CHANNEL_REPLY;

    while (event != ASSAY_CHANNEL_IDLE && event != ASSAY_CHANNEL_END) {
        struct assay_bytes message = ASSAY_BYTES_NONE;

        event = assay_channel_feed(stranger->channel, &rest, stranger->message,
                                   &message);
        assert_int_not_equal(event, ASSAY_CHANNEL_BROKEN);
        if (event == ASSAY_CHANNEL_OPENED) {
            stranger->is_open = true;
        }
        if (event == ASSAY_CHANNEL_OPENED || event == ASSAY_CHANNEL_REPLY) {
            pull(stranger);
        }
        if (event == ASSAY_CHANNEL_MESSAGE) {
            take_message(stranger, message);
        }
    }
    memmove(stranger->in, stranger->in + stranger->in_len - rest.len, rest.len);
    stranger->in_len = rest.len;
}

static void read_some(struct stranger *stranger)
{
    ssize_t len = recv(stranger->fd, stranger->in + stranger->in_len,
                       sizeof(stranger->in) - stranger->in_len, 0);

    if (len > 0) {
        stranger->in_len += (size_t)len;
        take_input(stranger);
    } else {
        stranger->has_ended = len == 0 || errno != EAGAIN;
    }
}

size_t stranger_send(struct stranger *stranger, size_t limit)
{
    size_t left = stranger->out_len - stranger->out_pos;
    ssize_t len =
        send(stranger->fd, stranger->out + stranger->out_pos,
             left < limit ? left : limit, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (len <= 0) {
        return 0;
    }
    stranger->out_pos += (size_t)len;
    return (size_t)len;
}

void stranger_turn(struct stranger *stranger, size_t turns, bool reads)
{
    for (size_t i = 0; i < turns; i++) {
        (void)stranger_send(stranger, SIZE_MAX);
        (void)uv_run(&stranger->loop, UV_RUN_NOWAIT);
        if (stranger->is_due && stranger->peer != NULL) {
            stranger->is_due = false;
            node_peer_wake(stranger->peer);
        }
        if (reads && !stranger->has_ended) {
            read_some(stranger);
        }
    }
}

void stranger_say(struct stranger *stranger, struct assay_bytes message)
{
    assert_true(STRANGER_OUT_MAX - stranger->out_len >=
                message.len + ASSAY_CHANNEL_OVERHEAD);
    assert_int_equal(assay_channel_seal(stranger->channel, message,
                                        stranger->out + stranger->out_len),
                     ASSAY_OK);
    stranger->out_len += message.len + ASSAY_CHANNEL_OVERHEAD;
}

static void say_hello(struct stranger *stranger)
{
    struct assay_hello hello = {.versions = {ASSAY_PROTOCOL_VERSION},
                                .version_count = 1,
                                .time_s = now_ms / 1000,
                                .nonce = {1}};
    uint8_t space[1024];
    struct assay_cbor_writer writer;
    struct assay_bytes bytes;

    assay_cbor_writer_init(&writer, space, sizeof(space));
    assay_hello_write(&writer, &hello);
    assert_int_equal(assay_cbor_writer_finish(&writer, &bytes), ASSAY_OK);
    stranger_say(stranger, bytes);
}

void stranger_open(struct stranger *stranger)
{
    pull(stranger);
    while (!stranger->is_open) {
        stranger_turn(stranger, 1, true);
    }
    say_hello(stranger);
    while (stranger->message_count == 0 ||
           stranger->out_pos < stranger->out_len) {
        stranger_turn(stranger, 1, true);
    }
    stranger_turn(stranger, 16, true);
}

void stranger_wait(struct stranger *stranger, uint64_t ms)
{
    now_ms += ms;
    if (stranger->peer != NULL && now_ms >= stranger->peer->armed_ms &&
        uv_is_active((uv_handle_t *)&stranger->peer->timer)) {
        /* As if it were its time: in a millisecond. */
        uv_timer_set_repeat(&stranger->peer->timer, 1);
        assert_int_equal(uv_timer_again(&stranger->peer->timer), 0);
        while (stranger->peer != NULL && now_ms >= stranger->peer->armed_ms) {
            (void)uv_run(&stranger->loop, UV_RUN_NOWAIT);
        }
    }
}
