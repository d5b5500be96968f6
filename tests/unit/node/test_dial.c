/* SPDX-License-Identifier: Apache-2.0 */
#include "node/dial.h"

#include "testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct fixture {
    uv_loop_t loop;
    struct node_resolver *resolver;
    size_t done_count;
    uv_tcp_t *tcp;
    char why[128];
    int server; /* -1: none. */
};

static void on_done(void *context, uv_tcp_t *tcp, const char *why)
{
    struct fixture *fixture = context;

    fixture->done_count++;
    fixture->tcp = tcp;
    assert_true((tcp == NULL) == (why != NULL));
    if (why != NULL) {
        (void)snprintf(fixture->why, sizeof(fixture->why), "%s", why);
    }
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture->server = -1;
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    assert_int_equal(node_resolver_new(&fixture->loop, &fixture->resolver),
                     ASSAY_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->tcp != NULL) {
        uv_close((uv_handle_t *)fixture->tcp, on_closed);
    }
    node_resolver_free(fixture->resolver);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    if (fixture->server >= 0) {
        (void)close(fixture->server);
    }
    free(fixture);
    return 0;
}

/* A socket on a port of 127.0.0.1 that is free; it listens, or has only taken
 * the port, where nobody answers. */
static struct node_endpoint make_server(struct fixture *fixture, bool listens)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct node_endpoint at = {.host = "127.0.0.1"};
    socklen_t len = sizeof(address);

    fixture->server = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fixture->server >= 0);
    assert_int_equal(bind(fixture->server, (const struct sockaddr *)&address,
                          sizeof(address)),
                     0);
    if (listens) {
        assert_int_equal(listen(fixture->server, 64), 0);
    }
    assert_int_equal(
        getsockname(fixture->server, (struct sockaddr *)&address, &len), 0);
    at.port = ntohs(address.sin_port);
    return at;
}

static struct node_dial *start(struct fixture *fixture,
                               const struct node_endpoint *at)
{
    struct node_dial *dial = NULL;

    assert_int_equal(node_dial_start(&fixture->loop, fixture->resolver, at,
                                     on_done, fixture, &dial),
                     ASSAY_OK);
    assert_int_equal(fixture->done_count, 0); /* Never before it returns. */
    return dial;
}

static void who_listens_is_reached(void **state)
{
    struct fixture *fixture = *state;
    struct node_endpoint at = make_server(fixture, true);
    int fd = -1;

    (void)start(fixture, &at);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(fixture->done_count, 1);
    assert_non_null(fixture->tcp);
    fd = accept(fixture->server, NULL, NULL);
    assert_true(fd >= 0);
    (void)close(fd);
}

/* A name with addresses of both families is tried at each, also where only
 * one leads anywhere. */
static void every_address_of_a_name_is_tried(void **state)
{
    struct fixture *fixture = *state;
    struct node_endpoint at = make_server(fixture, true);

    (void)snprintf(at.host, sizeof(at.host), "localhost");
    (void)start(fixture, &at);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(fixture->done_count, 1);
    assert_non_null(fixture->tcp);
}

static void nobody_there_is_a_failure_with_its_reason(void **state)
{
    struct fixture *fixture = *state;
    struct node_endpoint at = make_server(fixture, false);

    (void)start(fixture, &at);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(fixture->done_count, 1);
    assert_null(fixture->tcp);
    assert_string_equal(fixture->why, "connection refused");
}

/* A label of DNS has at most 63 letters: a longer one resolves to nothing, and
 * nobody is asked for it. */
static void a_name_without_addresses_is_a_failure(void **state)
{
    struct fixture *fixture = *state;
    struct node_endpoint at = {.port = 9};

    memset(at.host, 'a', 64);
    (void)start(fixture, &at);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(fixture->done_count, 1);
    assert_null(fixture->tcp);
    assert_int_not_equal(fixture->why[0], '\0');
}

/* However far it has come when it is given up: nobody is told, and the loop
 * has nothing left to wait for. */
static void a_cancelled_dial_is_silent_at_every_step(void **state)
{
    struct fixture *fixture = *state;
    struct node_endpoint at = make_server(fixture, true);
    bool is_over = false;

    for (size_t turns = 0; !is_over; turns++) {
        struct node_dial *dial = start(fixture, &at);

        for (size_t i = 0; i < turns && fixture->done_count == 0; i++) {
            (void)uv_run(&fixture->loop, UV_RUN_ONCE);
        }
        is_over = fixture->done_count > 0;
        if (!is_over) {
            node_dial_cancel(dial);
        }
        assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
        assert_int_equal(fixture->done_count, is_over ? 1 : 0);
        assert_true(turns < 1000);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_listens_is_reached),
        TEST(every_address_of_a_name_is_tried),
        TEST(nobody_there_is_a_failure_with_its_reason),
        TEST(a_name_without_addresses_is_a_failure),
        TEST(a_cancelled_dial_is_silent_at_every_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
