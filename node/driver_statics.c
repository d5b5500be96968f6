/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses to stay connected with: those of the configuration, and those
 * that somebody added. */
#include "driver_internal.h"

static void add_static(struct node_driver *driver,
                       const struct node_address *address)
{
    struct assay_peer peer;
    struct assay_membership_event event = {.type = ASSAY_MEMBERSHIP_ADD_STATIC,
                                           .address = &peer};

    if (!driver->with.is_alone) {
        node_members_peer(&address->node, &address->at, &peer);
        node_members_step(driver, &event);
    }
}

static void remove_static(struct node_driver *driver, size_t index)
{
    struct node_address address = driver->statics[index].address;
    struct assay_peer peer;
    struct assay_membership_event event = {
        .type = ASSAY_MEMBERSHIP_REMOVE_STATIC, .address = &peer};

    driver->static_count--;
    driver->statics[index] = driver->statics[driver->static_count];
    node_members_peer(&address.node, &address.at, &peer);
    node_members_step(driver, &event);
}

static size_t find_static(const struct node_driver *driver,
                          const struct assay_key *node)
{
    size_t index = 0;

    while (index < driver->static_count &&
           !assay_key_equal(&driver->statics[index].address.node, node)) {
        index++;
    }
    return index;
}

const struct node_address *node_statics_find(const struct node_driver *driver,
                                             const struct assay_key *node)
{
    size_t index = find_static(driver, node);

    return index < driver->static_count ? &driver->statics[index].address
                                        : NULL;
}

static bool is_configured(const struct node_driver *driver,
                          const struct node_address *address)
{
    const struct node_addresses *peers = &driver->config->peers;

    for (size_t i = 0; i < peers->count; i++) {
        if (assay_key_equal(&peers->items[i].node, &address->node) &&
            node_endpoint_equal(&peers->items[i].at, &address->at)) {
            return true;
        }
    }
    return false;
}

enum assay_err node_driver_peer_add(struct node_driver *driver,
                                    const struct node_address *address)
{
    size_t index = find_static(driver, &address->node);

    if (assay_key_equal(&address->node, &driver->key)) {
        return ASSAY_E_PEER;
    }
    if (index < driver->static_count) {
        if (node_endpoint_equal(&driver->statics[index].address.at,
                                &address->at)) {
            return ASSAY_E_EXISTS;
        }
        remove_static(driver, index); /* It has moved. */
    }
    if (driver->static_count + driver->config->active_view >=
        NODE_STATICS_MAX) {
        return ASSAY_E_LIMIT;
    }
    driver->statics[driver->static_count++] =
        (struct node_static){*address, true};
    add_static(driver, address);
    return ASSAY_OK;
}

enum assay_err node_driver_peer_remove(struct node_driver *driver,
                                       const struct assay_key *node)
{
    size_t index = find_static(driver, node);
    struct node_link *link = node_link_by_key(driver, node);

    if (index == driver->static_count && link == NULL) {
        return ASSAY_E_NOT_FOUND;
    }
    if (index < driver->static_count) {
        remove_static(driver, index);
    }
    if (link != NULL) {
        node_peer_close(link->peer, ASSAY_CLOSE_DONE, "removed");
    }
    return ASSAY_OK;
}

/* An address of the configuration that is not kept. */
static void log_unkept(struct node_driver *driver,
                       const struct node_address *address, enum assay_err err)
{
    struct node_log_line line;
    char text[NODE_ADDRESS_TEXT_MAX];

    node_address_format(address, text);
    node_log_begin(&line, driver->with.log, NODE_LOG_WARN, "peer-not-kept");
    node_log_text(&line, "peer", text);
    node_log_text(&line, "reason",
                  err == ASSAY_E_PEER ? "it is this node" : "too many peers");
    node_log_end(&line);
}

void node_statics_refresh(struct node_driver *driver)
{
    const struct node_addresses *peers = &driver->config->peers;

    for (size_t i = driver->static_count; i > 0; i--) {
        if (!driver->statics[i - 1].is_added &&
            !is_configured(driver, &driver->statics[i - 1].address)) {
            remove_static(driver, i - 1);
        }
    }
    for (size_t i = 0; i < peers->count; i++) {
        enum assay_err err = node_driver_peer_add(driver, &peers->items[i]);

        if (err == ASSAY_E_LIMIT || err == ASSAY_E_PEER) {
            log_unkept(driver, &peers->items[i], err);
        } else {
            size_t index = find_static(driver, &peers->items[i].node);

            driver->statics[index].is_added = false;
        }
    }
}
