/* SPDX-License-Identifier: Apache-2.0 */
#include "node/http.h"

#include "node/clock.h"
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a test waits for comes at once; this ends one that waits in vain. */
#define PATIENCE_MS 30000
#define ANSWER_MAX 65536
#define PAGE "the page\n"
#define GET "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET_AND_CLOSE                                                          \
    "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

struct fixture {
    uv_loop_t loop;
    uv_timer_t guard;
    struct node_log log;
    struct node_http *http;
    uint16_t port;
    size_t asked; /* Of the node. */
    char answer[ANSWER_MAX + 1];
    size_t answer_len;
};

static void answer(void *context, const char *path,
                   struct node_http_answer *answer)
{
    struct fixture *fixture = context;

    fixture->asked++;
    if (strcmp(path, "/metrics") == 0) {
        answer->status = 200;
        answer->content_type = "text/plain";
        answer->text = strdup(PAGE);
        answer->text_len = strlen(PAGE);
    }
}

static void on_patience(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("what was waited for does not come");
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct node_endpoint at = {.host = "127.0.0.1", .port = 0};
    struct node_endpoints endpoints = {.items = &at, .count = 1};
    struct node_config_fault fault = {0, ""};

    assert_non_null(fixture);
    fixture->log =
        (struct node_log){.fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
                          .now_ms = node_clock_wall_ms};
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    assert_int_equal(uv_timer_init(&fixture->loop, &fixture->guard), 0);
    assert_int_equal(
        uv_timer_start(&fixture->guard, on_patience, PATIENCE_MS, 0), 0);
    uv_unref((uv_handle_t *)&fixture->guard);
    struct node_http_config config = {.loop = &fixture->loop,
                                      .log = &fixture->log,
                                      .endpoints = &endpoints,
                                      .answer = answer,
                                      .context = fixture};
    assert_int_equal(node_http_open(&config, &fixture->http, &fault), ASSAY_OK);
    fixture->port =
        node_listeners_at(node_http_listeners(fixture->http), 0)->port;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    node_http_close(fixture->http);
    uv_close((uv_handle_t *)&fixture->guard, NULL);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    (void)close(fixture->log.fd);
    free(fixture);
    return 0;
}

static int client_open(const struct fixture *fixture)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(fixture->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(
        connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static void say(struct fixture *fixture, int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t written = send(fd, text, len, MSG_NOSIGNAL);

        if (written < 0 && (errno == EPIPE || errno == ECONNRESET)) {
            return; /* It has heard enough. */
        }
        if (written < 0) {
            assert_int_equal(errno, EAGAIN);
            (void)uv_run(&fixture->loop, UV_RUN_ONCE);
            continue;
        }
        text += written;
        len -= (size_t)written;
    }
}

/* Runs the loop until the other side has closed; keeps what it says. */
static void hear_all(struct fixture *fixture, int fd)
{
    fixture->answer_len = 0;
    for (;;) {
        ssize_t len = read(fd, fixture->answer + fixture->answer_len,
                           ANSWER_MAX - fixture->answer_len);

        if (len == 0 || (len < 0 && errno == ECONNRESET)) {
            break;
        }
        if (len < 0) {
            assert_int_equal(errno, EAGAIN);
            (void)uv_run(&fixture->loop, UV_RUN_NOWAIT);
        } else {
            fixture->answer_len += (size_t)len;
        }
    }
    fixture->answer[fixture->answer_len] = '\0';
    assert_int_equal(close(fd), 0);
}

static void ask(struct fixture *fixture, const char *request, size_t len)
{
    int fd = client_open(fixture);

    say(fixture, fd, request, len);
    hear_all(fixture, fd);
}

/* The status of the answer; 0 where there was none. */
static unsigned status_of(const struct fixture *fixture)
{
    unsigned status = 0;

    if (fixture->answer_len > 0) {
        assert_int_equal(strncmp(fixture->answer, "HTTP/1.", 7), 0);
        status = (unsigned)strtoul(fixture->answer + 9, NULL, 10);
    }
    return status;
}

static size_t count_of(const struct fixture *fixture, const char *text)
{
    const char *at = strstr(fixture->answer, text);
    size_t count = 0;

    while (at != NULL) {
        count++;
        at = strstr(at + 1, text);
    }
    return count;
}

static const char *body_of(const struct fixture *fixture)
{
    const char *end = strstr(fixture->answer, "\r\n\r\n");

    assert_non_null(end);
    return end + 4;
}

static void a_page_is_answered(void **state)
{
    struct fixture *fixture = *state;

    ask(fixture, GET_AND_CLOSE, strlen(GET_AND_CLOSE));
    assert_int_equal(status_of(fixture), 200);
    assert_string_equal(body_of(fixture), PAGE);
    assert_int_equal(count_of(fixture, "Content-Type: text/plain\r\n"), 1);
}

/* Each of these ends with the connection: the last line says so, or HTTP/1.0
 * does, or the server closes after what it cannot make sense of. */
static void every_request_has_its_status(void **state)
{
    static const struct {
        const char *request;
        unsigned status;
        size_t asked; /* Whether the node was. */
    } cases[] = {
        {"GET /metrics HTTP/1.0\r\n\r\n", 200, 1},
        {"HEAD /metrics HTTP/1.0\r\n\r\n", 200, 1},
        {"GET /metrics?a=b HTTP/1.0\r\n\r\n", 200, 1},
        {"GET / HTTP/1.0\r\n\r\n", 404, 1},
        {"GET /metrics/ HTTP/1.0\r\n\r\n", 404, 1},
        {"GET /metricsx HTTP/1.0\r\n\r\n", 404, 1},
        {"GET /../metrics HTTP/1.0\r\n\r\n", 404, 1},
        {"GET * HTTP/1.0\r\n\r\n", 404, 1},
        {"POST /metrics HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", 405, 0},
        {"PUT /metrics HTTP/1.0\r\nContent-Length: 0\r\n\r\n", 405, 0},
        {"DELETE /metrics HTTP/1.0\r\n\r\n", 405, 0},
        {"get /metrics HTTP/1.0\r\n\r\n", 405, 0},
        {"NONSENSE /metrics HTTP/1.0\r\n\r\n", 405, 0},
        {"GET /metrics HTTP/9.9\r\nConnection: close\r\n\r\n", 505, 0},
        {"GET /metrics NONSENSE\r\nConnection: close\r\n\r\n", 400, 0},
        {"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
         "Content-Length: x\r\n\r\n",
         400, 0},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fixture->asked = 0;
        ask(fixture, cases[i].request, strlen(cases[i].request));
        if (status_of(fixture) != cases[i].status ||
            fixture->asked != cases[i].asked) {
            fail_msg("%s: status %u, asked %zu times", cases[i].request,
                     status_of(fixture), fixture->asked);
        }
    }
}

static void head_has_no_body(void **state)
{
    struct fixture *fixture = *state;
    const char *request = "HEAD /metrics HTTP/1.0\r\n\r\n";

    ask(fixture, request, strlen(request));
    assert_int_equal(count_of(fixture, "Content-Length: 9\r\n"), 1);
    assert_string_equal(body_of(fixture), "");
}

/* A head that is longer than a connection may hold is refused, wherever its
 * length lies, and the node goes on. */
static void heads_that_are_too_long_are_refused(void **state)
{
    static const struct {
        const char *before;
        const char *after;
    } cases[] = {
        {"GET /", " HTTP/1.0\r\n\r\n"},
        {"GET /metrics HTTP/1.0\r\nX-Long: ", "\r\n\r\n"},
        {"GET /metrics HTTP/1.0\r\n", ": x\r\n\r\n"},
        {"", " / HTTP/1.0\r\n\r\n"},
    };
    struct fixture *fixture = *state;
    size_t long_len = (size_t)2 * NODE_HTTP_MEMORY_MAX;
    char *request = malloc(long_len + 256);

    assert_non_null(request);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t before_len = strlen(cases[i].before);
        size_t after_len = strlen(cases[i].after);

        memcpy(request, cases[i].before, before_len);
        memset(request + before_len, 'a', long_len);
        memcpy(request + before_len + long_len, cases[i].after, after_len);
        ask(fixture, request, before_len + long_len + after_len);
        /* It may cut the connection while we still speak: no answer then. */
        assert_true(status_of(fixture) == 0 || status_of(fixture) == 400 ||
                    status_of(fixture) == 413 || status_of(fixture) == 414 ||
                    status_of(fixture) == 431);
        assert_int_equal(fixture->asked, 0);
    }
    free(request);
    a_page_is_answered(state);
}

/* Requests that come at once are answered one after the other. */
static void pipelined_requests_are_all_answered(void **state)
{
    struct fixture *fixture = *state;
    static const char requests[] =
        GET "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" GET GET_AND_CLOSE;

    ask(fixture, requests, strlen(requests));
    assert_int_equal(fixture->asked, 4);
    assert_int_equal(count_of(fixture, "HTTP/1.1 200 "), 3);
    assert_int_equal(count_of(fixture, "HTTP/1.1 404 "), 1);
    assert_int_equal(count_of(fixture, PAGE), 3);
}

/* A request in two parts, wherever it is cut, is one request. */
static void a_request_may_be_cut_at_every_byte(void **state)
{
    struct fixture *fixture = *state;
    const char *request = GET_AND_CLOSE;
    size_t len = strlen(request);

    for (size_t cut = 0; cut < len; cut++) {
        int fd = client_open(fixture);

        fixture->asked = 0;
        say(fixture, fd, request, cut);
        for (size_t turns = 0; turns < 4; turns++) {
            (void)uv_run(&fixture->loop, UV_RUN_NOWAIT);
        }
        assert_int_equal(fixture->asked, 0);
        say(fixture, fd, request + cut, len - cut);
        hear_all(fixture, fd);
        assert_int_equal(status_of(fixture), 200);
        assert_int_equal(fixture->asked, 1);
    }
}

/* Of a request that breaks off nobody is asked. The library may find out only
 * by its silence that the other side has gone where its end comes together
 * with its bytes, so these are fewer than the connections that may be. */
static void a_request_that_breaks_off_is_none(void **state)
{
    struct fixture *fixture = *state;
    size_t len = strlen(GET_AND_CLOSE);

    for (size_t cut = 0; cut < len; cut += 1 + len / 16) {
        int fd = client_open(fixture);

        say(fixture, fd, GET_AND_CLOSE, cut);
        assert_int_equal(close(fd), 0);
    }
    a_page_is_answered(state);
    assert_int_equal(fixture->asked, 1);
}

/* Connections beyond the limit are closed at once; when others end there is
 * room again. */
static void connections_are_limited(void **state)
{
    struct fixture *fixture = *state;
    int fds[NODE_HTTP_CONNECTIONS_MAX];

    for (size_t i = 0; i < NODE_HTTP_CONNECTIONS_MAX; i++) {
        fds[i] = client_open(fixture);
        say(fixture, fds[i], "GET", 3);
    }
    ask(fixture, GET_AND_CLOSE, strlen(GET_AND_CLOSE));
    assert_int_equal(fixture->answer_len, 0);
    assert_int_equal(fixture->asked, 0);
    for (size_t i = 0; i < NODE_HTTP_CONNECTIONS_MAX; i++) {
        assert_int_equal(close(fds[i]), 0);
    }
    while (fixture->asked == 0) {
        ask(fixture, GET_AND_CLOSE, strlen(GET_AND_CLOSE));
    }
    assert_int_equal(status_of(fixture), 200);
}

/* It may be closed at any time, whoever is connected. */
static void it_closes_with_connections_open(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_open(fixture);

    say(fixture, fd, GET, strlen(GET));
    while (fixture->asked == 0) {
        (void)uv_run(&fixture->loop, UV_RUN_ONCE);
    }
    node_http_close(fixture->http);
    fixture->http = NULL;
    hear_all(fixture, fd);
    assert_int_equal(status_of(fixture), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_page_is_answered),
        TEST(every_request_has_its_status),
        TEST(head_has_no_body),
        TEST(heads_that_are_too_long_are_refused),
        TEST(pipelined_requests_are_all_answered),
        TEST(a_request_may_be_cut_at_every_byte),
        TEST(a_request_that_breaks_off_is_none),
        TEST(connections_are_limited),
        TEST(it_closes_with_connections_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
