/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between two configurations, and what may change under way. */
#include "config_internal.h"

/* The bytes of a field that say what it means. */
static struct assay_bytes field_bytes(const struct node_config *config,
                                      const struct node_config_key *key)
{
    const void *field = (const char *)config + key->offset;
    const struct node_endpoints *endpoints = field;
    const struct node_addresses *addresses = field;
    const struct node_keys *keys = field;

    switch (key->kind) {
    case NODE_CONFIG_PATH:
    case NODE_CONFIG_SOCKET:
        return assay_bytes_of(field);
    case NODE_CONFIG_LISTEN:
        return (struct assay_bytes){(const uint8_t *)endpoints->items,
                                    endpoints->count *
                                        sizeof(*endpoints->items)};
    case NODE_CONFIG_PEERS:
        return (struct assay_bytes){(const uint8_t *)addresses->items,
                                    addresses->count *
                                        sizeof(*addresses->items)};
    case NODE_CONFIG_ALLOW:
    case NODE_CONFIG_TEAMS:
        return (struct assay_bytes){(const uint8_t *)keys->items,
                                    keys->count * sizeof(*keys->items)};
    case NODE_CONFIG_ACCEPT:
    case NODE_CONFIG_WORD:
    case NODE_CONFIG_NUMBER:
    case NODE_CONFIG_SIZE:
        return (struct assay_bytes){field, sizeof(uint64_t)};
    }
    return ASSAY_BYTES_NONE;
}

/* These have no padding, so that their bytes can be compared. */
_Static_assert(sizeof(struct node_endpoint) ==
                   NODE_HOST_MAX + 1 + sizeof(uint16_t),
               "an endpoint has padding");
_Static_assert(sizeof(struct node_address) ==
                   sizeof(struct node_endpoint) + ASSAY_KEY_SIZE,
               "an address has padding");

bool node_config_is_same(const struct node_config *a,
                         const struct node_config *b,
                         const struct node_config_key *key)
{
    if (key->kind == NODE_CONFIG_ALLOW && a->allow_all != b->allow_all) {
        return false;
    }
    if (key->kind == NODE_CONFIG_ACCEPT && a->accept == NODE_ACCEPT_VOUCHED &&
        a->vouched_steps != b->vouched_steps) {
        return false;
    }
    return assay_bytes_equal(field_bytes(a, key), field_bytes(b, key));
}

static size_t field_size(const struct node_config_key *key)
{
    switch (key->kind) {
    case NODE_CONFIG_PATH:
        return NODE_PATH_MAX;
    case NODE_CONFIG_SOCKET:
        return NODE_SOCKET_PATH_MAX;
    case NODE_CONFIG_LISTEN:
        return sizeof(struct node_endpoints);
    case NODE_CONFIG_PEERS:
        return sizeof(struct node_addresses);
    case NODE_CONFIG_ALLOW:
    case NODE_CONFIG_TEAMS:
        return sizeof(struct node_keys);
    case NODE_CONFIG_ACCEPT:
    case NODE_CONFIG_WORD:
    case NODE_CONFIG_NUMBER:
    case NODE_CONFIG_SIZE:
        return sizeof(uint64_t);
    }
    return 0;
}

void node_config_keep(struct node_config *next, struct node_config *current,
                      void (*refused)(void *context,
                                      const struct node_config_key *key),
                      void *context)
{
    size_t count = 0;
    const struct node_config_key *keys = node_config_keys(&count);

    for (size_t i = 0; i < count; i++) {
        uint8_t *a = NODE_CONFIG_FIELD(next, &keys[i], uint8_t);
        uint8_t *b = NODE_CONFIG_FIELD(current, &keys[i], uint8_t);

        if (keys[i].is_live || node_config_is_same(next, current, &keys[i])) {
            continue;
        }
        /* Exchanged, so that each list keeps one owner. */
        for (size_t at = 0; at < field_size(&keys[i]); at++) {
            uint8_t byte = a[at];

            a[at] = b[at];
            b[at] = byte;
        }
        refused(context, &keys[i]);
    }
}
