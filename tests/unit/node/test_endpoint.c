/* SPDX-License-Identifier: Apache-2.0 */
#include "node/endpoint.h"

#include <stdio.h>

#include "testing.h"

static enum assay_err parse(const char *text, bool zero_port,
                            struct node_endpoint *out)
{
    struct assay_fault fault = {0, NULL};
    enum assay_err err =
        node_endpoint_parse(assay_bytes_of(text), zero_port, out, &fault);

    assert_true((err == ASSAY_OK) == (fault.rule == NULL));
    return err;
}

/* What is written is what was read. */
static void reads_names_and_both_kinds_of_addresses(void **state)
{
    static const struct {
        const char *text;
        const char *host;
        uint16_t port;
    } good[] = {
        {"desk.example.org:7117", "desk.example.org", 7117},
        {"192.0.2.1:1", "192.0.2.1", 1},
        {"[2001:db8::1]:65535", "2001:db8::1", 65535},
        {"[fe80::1%eth0]:7117", "fe80::1%eth0", 7117},
        {"localhost:00080", "localhost", 80},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct node_endpoint at;

        assert_int_equal(parse(good[i].text, false, &at), ASSAY_OK);
        assert_string_equal(at.host, good[i].host);
        assert_int_equal(at.port, good[i].port);
    }
    for (size_t i = 0; i < 4; i++) {
        struct node_endpoint at;
        char text[NODE_ENDPOINT_TEXT_MAX];

        assert_int_equal(parse(good[i].text, false, &at), ASSAY_OK);
        node_endpoint_format(&at, text);
        assert_string_equal(text, good[i].text);
    }
}

static void refuses_what_is_no_endpoint(void **state)
{
    static const char *const bad[] = {
        "",          "host",         "host:",          ":80",
        "host:x",    "host:65536",   "host:99999999",  "host:0",
        "ho st:80",  "::1:80",       "[::1:80",        "[]:80",
        "host\n:80", "host:-1",      "host:+1",        "[::1]80",
        "h\x7f:80",  "user@host:80", "http://host:80", "host:80/",
        "host:8 0",  "a:b:80",       "[a]b]:80",
    };
    struct node_endpoint at = {.host = "kept", .port = 7};
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(parse(bad[i], false, &at), ASSAY_E_MALFORMED);
    }
    assert_string_equal(at.host, "kept");
    assert_int_equal(at.port, 7);
}

/* Port 0 means "any that is free", which only who listens can mean. */
static void takes_port_0_where_it_means_something(void **state)
{
    struct node_endpoint at;
    (void)state;

    assert_int_equal(parse("127.0.0.1:0", true, &at), ASSAY_OK);
    assert_int_equal(at.port, 0);
    assert_int_equal(parse("127.0.0.1:0", false, &at), ASSAY_E_MALFORMED);
}

static void refuses_a_host_that_is_too_long(void **state)
{
    char text[NODE_HOST_MAX + 16];
    struct node_endpoint at;
    (void)state;

    memset(text, 'a', sizeof(text));
    memcpy(text + NODE_HOST_MAX, ":80", 4);
    assert_int_equal(parse(text, false, &at), ASSAY_OK);
    memcpy(text + NODE_HOST_MAX, "a:80", 5);
    assert_int_equal(parse(text, false, &at), ASSAY_E_MALFORMED);
}

static void reads_an_address_by_its_node(void **state)
{
    struct node_address address = {.at = {"h", 1}};
    char id[ASSAY_ID_TEXT_MAX];
    char text[NODE_ADDRESS_TEXT_MAX];
    char again[NODE_ADDRESS_TEXT_MAX];
    struct assay_key key;
    (void)state;

    memset(key.bytes, 0xa5, sizeof(key.bytes));
    assay_id_format(ASSAY_ID_NODE, key.bytes, id);
    (void)snprintf(text, sizeof(text), "%s@[::1]:7117", id);
    assert_int_equal(node_address_parse(assay_bytes_of(text), &address, NULL),
                     ASSAY_OK);
    assert_true(assay_key_equal(&address.node, &key));
    node_address_format(&address, again);
    assert_string_equal(again, text);

    /* An id of something else, a slip, a part of one, or none. */
    assay_id_format(ASSAY_ID_KEY, key.bytes, id);
    (void)snprintf(text, sizeof(text), "%s@h:1", id);
    assert_int_equal(node_address_parse(assay_bytes_of(text), &address, NULL),
                     ASSAY_E_MALFORMED);
    assay_id_format(ASSAY_ID_NODE, key.bytes, id);
    id[20] = id[20] == 'q' ? 'p' : 'q';
    (void)snprintf(text, sizeof(text), "%s@h:1", id);
    assert_int_equal(node_address_parse(assay_bytes_of(text), &address, NULL),
                     ASSAY_E_MALFORMED);
    assert_int_equal(
        node_address_parse(assay_bytes_of("node1qqqqqqqq@h:1"), &address, NULL),
        ASSAY_E_MALFORMED);
    assert_int_equal(node_address_parse(assay_bytes_of("h:1"), &address, NULL),
                     ASSAY_E_MALFORMED);
    assert_int_equal(node_address_parse(ASSAY_BYTES_NONE, &address, NULL),
                     ASSAY_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names_and_both_kinds_of_addresses),
        cmocka_unit_test(refuses_what_is_no_endpoint),
        cmocka_unit_test(takes_port_0_where_it_means_something),
        cmocka_unit_test(refuses_a_host_that_is_too_long),
        cmocka_unit_test(reads_an_address_by_its_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
