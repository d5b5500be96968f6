/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoint.h"

#include "protocol/check.h"

#include <stdio.h>

static enum assay_err refuse(const char *rule, struct assay_fault *fault_out)
{
    if (fault_out != NULL) {
        *fault_out = (struct assay_fault){0, rule};
    }
    return ASSAY_E_MALFORMED;
}

static bool is_in(char letter, const char *set)
{
    return letter != '\0' && strchr(set, letter) != NULL;
}

/* What a host name is made of; a resolver judges the rest. */
#define NAME_LETTERS                                                           \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

static bool is_host(struct assay_bytes host, bool is_bracketed)
{
    if (host.len == 0 || host.len > NODE_HOST_MAX) {
        return false;
    }
    for (size_t i = 0; i < host.len; i++) {
        char letter = (char)host.data[i];

        if (!is_in(letter, NAME_LETTERS) &&
            !(is_bracketed && is_in(letter, ":%"))) {
            return false;
        }
    }
    return true;
}

static bool read_port(struct assay_bytes text, bool zero_port,
                      uint16_t *port_out)
{
    uint32_t port = 0;

    if (text.len == 0 || text.len > 5) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        port = port * 10 + (uint32_t)(text.data[i] - '0');
    }
    if (port > UINT16_MAX || (port == 0 && !zero_port)) {
        return false;
    }
    *port_out = (uint16_t)port;
    return true;
}

/* Where the last colon is; text.len where there is none. */
static size_t last_colon(struct assay_bytes text)
{
    for (size_t at = text.len; at > 0; at--) {
        if (text.data[at - 1] == ':') {
            return at - 1;
        }
    }
    return text.len;
}

enum assay_err node_endpoint_parse(struct assay_bytes text, bool zero_port,
                                   struct node_endpoint *endpoint_out,
                                   struct assay_fault *fault_out)
{
    size_t colon = last_colon(text);
    struct assay_bytes host = {text.data, colon};
    bool is_bracketed = false;
    uint16_t port = 0;

    if (colon == text.len) {
        return refuse("a port is missing: HOST:PORT", fault_out);
    }
    if (host.len >= 2 && host.data[0] == '[' &&
        host.data[host.len - 1] == ']') {
        is_bracketed = true;
        host = (struct assay_bytes){host.data + 1, host.len - 2};
    }
    if (!is_host(host, is_bracketed)) {
        return refuse("the host is no name, IPv4 address or IPv6 address in "
                      "brackets",
                      fault_out);
    }
    struct assay_bytes digits = {text.data + colon + 1, text.len - colon - 1};
    if (!read_port(digits, zero_port, &port)) {
        return refuse(zero_port ? "the port is no number from 0 to 65535"
                                : "the port is no number from 1 to 65535",
                      fault_out);
    }
    memset(endpoint_out, 0, sizeof(*endpoint_out));
    memcpy(endpoint_out->host, host.data, host.len);
    endpoint_out->port = port;
    return ASSAY_OK;
}

enum assay_err node_id_parse(struct assay_bytes text, struct assay_key *id_out,
                             struct assay_fault *fault_out)
{
    struct assay_id_prefix prefix;

    if (assay_id_parse(text, &prefix, fault_out) != ASSAY_OK) {
        return refuse("it is no node id (node1...) that is whole and free of "
                      "slips",
                      fault_out);
    }
    if (prefix.type != ASSAY_ID_NODE || prefix.bit_count != 256) {
        return refuse("it is no whole node id (node1...)", fault_out);
    }
    memcpy(id_out->bytes, prefix.bytes, sizeof(id_out->bytes));
    return ASSAY_OK;
}

enum assay_err node_address_parse(struct assay_bytes text,
                                  struct node_address *address_out,
                                  struct assay_fault *fault_out)
{
    const uint8_t *at = text.len == 0 ? NULL : memchr(text.data, '@', text.len);
    struct node_address address;
    enum assay_err err;

    if (at == NULL) {
        return refuse("it is not of the form NODE@HOST:PORT", fault_out);
    }
    size_t len = (size_t)(at - text.data);
    err = node_id_parse((struct assay_bytes){text.data, len}, &address.node,
                        fault_out);
    if (err == ASSAY_OK) {
        err = node_endpoint_parse(
            (struct assay_bytes){at + 1, text.len - len - 1}, false,
            &address.at, fault_out);
    }
    if (err == ASSAY_OK) {
        *address_out = address;
    }
    return err;
}

void node_endpoint_format(const struct node_endpoint *endpoint,
                          char text_out[NODE_ENDPOINT_TEXT_MAX])
{
    bool has_colon = strchr(endpoint->host, ':') != NULL;
    int len = snprintf(text_out, NODE_ENDPOINT_TEXT_MAX, "%s%s%s:%u",
                       has_colon ? "[" : "", endpoint->host,
                       has_colon ? "]" : "", (unsigned)endpoint->port);

    ASSAY_CHECK(len > 0 && len < NODE_ENDPOINT_TEXT_MAX);
}

void node_address_format(const struct node_address *address,
                         char text_out[NODE_ADDRESS_TEXT_MAX])
{
    char id[ASSAY_ID_TEXT_MAX];
    char at[NODE_ENDPOINT_TEXT_MAX];

    assay_id_format(ASSAY_ID_NODE, address->node.bytes, id);
    node_endpoint_format(&address->at, at);
    int len = snprintf(text_out, NODE_ADDRESS_TEXT_MAX, "%s@%s", id, at);
    ASSAY_CHECK(len > 0 && len < NODE_ADDRESS_TEXT_MAX);
}
