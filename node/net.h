/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.h - what libuv says of addresses and failures, in our words. The only
 * place where its error numbers are read.
 */
#ifndef ASSAY_NODE_NET_H
#define ASSAY_NODE_NET_H

#include <uv.h>

#include "endpoint.h"

/* Who a limit by address counts together: an IPv4 address, or the /64 that an
 * IPv6 host can move about in. Zero where there is no address. */
struct node_net_origin {
    uint8_t bytes[16];
};

/* The code for one of libuv's error numbers; 0 and above are ASSAY_OK. */
enum assay_err node_net_err(int number);

/* What libuv says of an error number: static, lower case, in English. */
const char *node_net_why(int number);

/* libuv's number for what getaddrinfo returned; 0 for success. */
int node_net_lookup_number(int code);

/* The numeric host and the port of a socket address; an IPv4 address that is
 * mapped into IPv6 is written as the IPv4 address that it is, and a link-local
 * one with its zone. */
void node_net_endpoint(const struct sockaddr *address,
                       struct node_endpoint *endpoint_out);

void node_net_origin(const struct sockaddr *address,
                     struct node_net_origin *origin_out);

/* The other end of a connection; what cannot be told is "?" and port 0. False
 * where it cannot: the other side has cut the connection. */
bool node_net_peer(const uv_tcp_t *tcp, struct node_endpoint *endpoint_out,
                   struct node_net_origin *origin_out);

/* Our own end. */
void node_net_self(const uv_tcp_t *tcp, struct node_endpoint *endpoint_out);

#endif
