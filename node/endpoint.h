/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint.h - where a node is to be found, as people write it: HOST:PORT, or
 * NODE@HOST:PORT where it matters who answers there.
 *
 * HOST is a name (RFC 1123), an IPv4 address, or an IPv6 address in brackets,
 * which may name a zone: [fe80::1%eth0]:7117 (RFC 3986, RFC 6874). A zone is an
 * interface of this machine, so that such a host means nothing elsewhere and is
 * told to nobody.
 */
#ifndef ASSAY_NODE_ENDPOINT_H
#define ASSAY_NODE_ENDPOINT_H

#include "protocol/bytes.h"
#include "protocol/err.h"
#include "protocol/id.h"

/* RFC 1035: a name is at most 253 characters of text. */
#define NODE_HOST_MAX 253

/* Host in brackets, a colon, five digits and a final zero. */
#define NODE_ENDPOINT_TEXT_MAX (NODE_HOST_MAX + 9)

/* An id, "@" and an endpoint. */
#define NODE_ADDRESS_TEXT_MAX (ASSAY_ID_TEXT_MAX + NODE_ENDPOINT_TEXT_MAX)

struct node_endpoint {
    char host[NODE_HOST_MAX + 1]; /* Without brackets. */
    uint16_t port;
};

/* A node by its key and where it listens. */
struct node_address {
    struct assay_key node;
    struct node_endpoint at;
};

/* Reads HOST:PORT. Port 0 is refused unless zero_port: "any that is free".
 * ASSAY_E_MALFORMED with the rule that is broken. */
ASSAY_MUST_CHECK
enum assay_err node_endpoint_parse(struct assay_bytes text, bool zero_port,
                                   struct node_endpoint *endpoint_out,
                                   struct assay_fault *fault_out);

/* Reads a whole node1... id. ASSAY_E_MALFORMED. */
ASSAY_MUST_CHECK
enum assay_err node_id_parse(struct assay_bytes text, struct assay_key *id_out,
                             struct assay_fault *fault_out);

/* Reads NODE@HOST:PORT. ASSAY_E_MALFORMED. */
ASSAY_MUST_CHECK
enum assay_err node_address_parse(struct assay_bytes text,
                                  struct node_address *address_out,
                                  struct assay_fault *fault_out);

/* Writes HOST:PORT, in brackets where the host has a colon. */
void node_endpoint_format(const struct node_endpoint *endpoint,
                          char text_out[NODE_ENDPOINT_TEXT_MAX]);

/* Writes NODE@HOST:PORT. */
void node_address_format(const struct node_address *address,
                         char text_out[NODE_ADDRESS_TEXT_MAX]);

static inline bool node_endpoint_equal(const struct node_endpoint *a,
                                       const struct node_endpoint *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

#endif
