/* SPDX-License-Identifier: Apache-2.0 */
#include "net.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>

enum assay_err node_net_err(int number)
{
    if (number >= 0) {
        return ASSAY_OK;
    }
    switch (number) {
    case UV_EACCES:
    case UV_EPERM:
        return ASSAY_E_ACCESS;
    case UV_ENOMEM:
    case UV_EAI_MEMORY:
        return ASSAY_E_NOMEM;
    case UV_EADDRINUSE:
    case UV_EMFILE:
    case UV_ENFILE:
        return ASSAY_E_BUSY;
    case UV_EAI_NONAME:
    case UV_EAI_NODATA:
    case UV_ENOENT:
        return ASSAY_E_NOT_FOUND;
    default:
        return ASSAY_E_IO;
    }
}

const char *node_net_why(int number)
{
    return uv_strerror(number);
}

int node_net_lookup_number(int code)
{
    switch (code) {
    case 0:
        return 0;
    case EAI_AGAIN:
        return UV_EAI_AGAIN;
    case EAI_FAMILY:
        return UV_EAI_FAMILY;
    case EAI_MEMORY:
        return UV_EAI_MEMORY;
    case EAI_NONAME:
        return UV_EAI_NONAME;
    case EAI_SYSTEM:
        return uv_translate_sys_error(errno);
    default:
        return UV_EAI_FAIL;
    }
}

/* Adds the interface on whose link an address means something, if it is one
 * that needs that, and the interface is still there. */
static void add_zone(const struct sockaddr_in6 *v6,
                     struct node_endpoint *endpoint)
{
    char zone[UV_IF_NAMESIZE];
    size_t zone_len = sizeof(zone);
    size_t len = strlen(endpoint->host);

    if (v6->sin6_scope_id != 0 && IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) &&
        uv_if_indextoname(v6->sin6_scope_id, zone, &zone_len) == 0) {
        (void)snprintf(endpoint->host + len, sizeof(endpoint->host) - len,
                       "%%%s", zone);
    }
}

void node_net_endpoint(const struct sockaddr *address,
                       struct node_endpoint *endpoint_out)
{
    memset(endpoint_out, 0, sizeof(*endpoint_out));
    endpoint_out->host[0] = '?';
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;

        memcpy(&v4, address, sizeof(v4));
        (void)uv_ip4_name(&v4, endpoint_out->host, sizeof(endpoint_out->host));
        endpoint_out->port = ntohs(v4.sin_port);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;

        memcpy(&v6, address, sizeof(v6));
        endpoint_out->port = ntohs(v6.sin6_port);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            (void)uv_inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12,
                               endpoint_out->host, sizeof(endpoint_out->host));
        } else {
            (void)uv_ip6_name(&v6, endpoint_out->host,
                              sizeof(endpoint_out->host));
            add_zone(&v6, endpoint_out);
        }
    }
}

void node_net_origin(const struct sockaddr *address,
                     struct node_net_origin *origin_out)
{
    memset(origin_out, 0, sizeof(*origin_out));
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;

        memcpy(&v4, address, sizeof(v4));
        /* As ::ffff:0:0/96 maps it (RFC 4291). */
        origin_out->bytes[10] = 0xff;
        origin_out->bytes[11] = 0xff;
        memcpy(origin_out->bytes + 12, &v4.sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;

        memcpy(&v6, address, sizeof(v6));
        memcpy(origin_out->bytes, v6.sin6_addr.s6_addr,
               IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) ? 16 : 8);
    }
}

bool node_net_peer(const uv_tcp_t *tcp, struct node_endpoint *endpoint_out,
                   struct node_net_origin *origin_out)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    int len = (int)sizeof(address);
    bool is_known =
        uv_tcp_getpeername(tcp, (struct sockaddr *)&address, &len) == 0;

    if (!is_known) {
        address.ss_family = AF_UNSPEC;
    }
    node_net_endpoint((const struct sockaddr *)&address, endpoint_out);
    node_net_origin((const struct sockaddr *)&address, origin_out);
    return is_known;
}

void node_net_self(const uv_tcp_t *tcp, struct node_endpoint *endpoint_out)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    int len = (int)sizeof(address);

    if (uv_tcp_getsockname(tcp, (struct sockaddr *)&address, &len) != 0) {
        address.ss_family = AF_UNSPEC;
    }
    node_net_endpoint((const struct sockaddr *)&address, endpoint_out);
}
