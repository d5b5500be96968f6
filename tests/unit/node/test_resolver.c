/* SPDX-License-Identifier: Apache-2.0 */
#include "node/resolver.h"

#include "testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    uv_loop_t loop;
    struct node_resolver *resolver;
    size_t done_count;
    struct node_lookup_found found; /* The last one's. */
};

static void on_done(void *context, const struct node_lookup_found *found)
{
    struct fixture *fixture = context;

    fixture->done_count++;
    fixture->found = *found;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    assert_int_equal(node_resolver_new(&fixture->loop, &fixture->resolver),
                     ASSAY_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    node_resolver_free(fixture->resolver);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    free(fixture);
    return 0;
}

static struct node_lookup *ask(struct fixture *fixture, const char *host)
{
    struct node_endpoint at = {.port = 7117};
    struct node_lookup *lookup = NULL;
    size_t before = fixture->done_count;

    (void)snprintf(at.host, sizeof(at.host), "%s", host);
    assert_int_equal(
        node_resolver_ask(fixture->resolver, &at, on_done, fixture, &lookup),
        ASSAY_OK);
    assert_int_equal(fixture->done_count, before); /* Not before it returns. */
    return lookup;
}

static void numbers_are_an_address(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    (void)ask(fixture, "192.0.2.1");
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(fixture->found.number, 0);
    assert_int_equal(fixture->found.count, 1);
    memcpy(&v4, &fixture->found.addresses[0], sizeof(v4));
    assert_int_equal(v4.sin_family, AF_INET);
    assert_int_equal(ntohl(v4.sin_addr.s_addr), 0xc0000201);
    assert_int_equal(ntohs(v4.sin_port), 7117);
    (void)ask(fixture, "2001:db8::1");
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    memcpy(&v6, &fixture->found.addresses[0], sizeof(v6));
    assert_int_equal(v6.sin6_family, AF_INET6);
    assert_int_equal(fixture->done_count, 2);
}

/* The zone of a link-local address is an interface of this machine. */
static void a_zone_is_an_interface(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_in6 v6;

    (void)ask(fixture, "fe80::1%lo");
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(fixture->found.count, 1);
    memcpy(&v6, &fixture->found.addresses[0], sizeof(v6));
    assert_int_not_equal(v6.sin6_scope_id, 0);
    (void)ask(fixture, "fe80::1%nosuch");
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(fixture->found.count, 0);
    assert_int_equal(fixture->found.number, UV_EAI_NONAME);
}

static void a_name_has_its_addresses(void **state)
{
    struct fixture *fixture = *state;

    (void)ask(fixture, "localhost");
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(fixture->done_count, 1);
    assert_int_equal(fixture->found.number, 0);
    assert_true(fixture->found.count >= 1);
    assert_true(fixture->found.count <= NODE_LOOKUP_ADDRESSES_MAX);
}

/* A label of DNS has at most 63 letters: nobody is asked for a longer one. */
static void a_name_without_addresses_is_told(void **state)
{
    struct fixture *fixture = *state;
    char host[65] = {0};

    memset(host, 'a', 64);
    (void)ask(fixture, host);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(fixture->done_count, 1);
    assert_int_equal(fixture->found.count, 0);
    assert_int_not_equal(fixture->found.number, 0);
}

static void what_is_forgotten_is_not_told(void **state)
{
    struct fixture *fixture = *state;

    node_lookup_forget(ask(fixture, "localhost"));
    node_lookup_forget(ask(fixture, "127.0.0.1"));
    (void)ask(fixture, "::1");
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(fixture->done_count, 1);
}

/* Whether its threads have come to their end or not: whoever is last tidies
 * up, and a sanitizer looks on. */
static void it_may_go_while_names_are_looked_up(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < 50; i++) {
        for (size_t j = 0; j < 4; j++) {
            (void)ask(fixture, j % 2 == 0 ? "localhost" : "127.0.0.1");
        }
        node_resolver_free(fixture->resolver);
        fixture->resolver = NULL;
        assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
        assert_int_equal(node_resolver_new(&fixture->loop, &fixture->resolver),
                         ASSAY_OK);
    }
    assert_int_equal(fixture->done_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_an_address),
        TEST(a_zone_is_an_interface),
        TEST(a_name_has_its_addresses),
        TEST(a_name_without_addresses_is_told),
        TEST(what_is_forgotten_is_not_told),
        TEST(it_may_go_while_names_are_looked_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
