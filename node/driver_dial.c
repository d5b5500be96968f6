/* SPDX-License-Identifier: Apache-2.0 */
/* Dials: addresses become connections. */
#include "driver_internal.h"

#include "protocol/check.h"

bool node_driver_is_dialling(const struct node_driver *driver,
                             const struct assay_key *node)
{
    for (size_t i = 0; i < NODE_DIALS_MAX; i++) {
        if (driver->dials[i].dial != NULL &&
            assay_key_equal(&driver->dials[i].node, node)) {
            return true;
        }
    }
    return false;
}

static void log_failed(const struct node_driver *driver,
                       const struct node_address *address, const char *why)
{
    struct node_log_line line;
    char text[NODE_ADDRESS_TEXT_MAX];

    node_address_format(address, text);
    node_log_begin(&line, driver->with.log, NODE_LOG_INFO, "dial-failed");
    node_log_text(&line, "peer", text);
    node_log_text(&line, "reason", why);
    node_log_end(&line);
}

static void on_dialled(void *context, uv_tcp_t *tcp, const char *why)
{
    struct node_dialling *place = context;
    struct node_driver *driver = place->driver;
    struct node_address address = {place->node, place->at};
    bool is_members = place->is_members;

    place->dial = NULL;
    if (tcp != NULL) {
        node_driver_connected(driver, tcp, &address, is_members);
        return;
    }
    log_failed(driver, &address, why);
    if (is_members) {
        node_members_dial_failed(driver, &address);
    }
    node_syncs_done(driver, &address.node, why);
}

enum assay_err node_driver_dial(struct node_driver *driver,
                                const struct node_address *address,
                                bool is_members)
{
    for (size_t i = 0; i < NODE_DIALS_MAX; i++) {
        struct node_dialling *place = &driver->dials[i];

        if (place->dial == NULL) {
            place->driver = driver;
            place->node = address->node;
            place->at = address->at;
            place->is_members = is_members;
            return node_dial_start(driver->with.loop, driver->resolver,
                                   &address->at, on_dialled, place,
                                   &place->dial);
        }
    }
    return ASSAY_E_BUSY;
}

void node_driver_dial_drop(struct node_driver *driver,
                           const struct assay_key *node)
{
    for (size_t i = 0; i < NODE_DIALS_MAX; i++) {
        struct node_dialling *place = &driver->dials[i];

        if (place->dial != NULL && !place->is_members &&
            assay_key_equal(&place->node, node)) {
            node_dial_cancel(place->dial);
            place->dial = NULL;
        }
    }
}

void node_driver_dial_cancel(struct node_driver *driver)
{
    for (size_t i = 0; i < NODE_DIALS_MAX; i++) {
        if (driver->dials[i].dial != NULL) {
            node_dial_cancel(driver->dials[i].dial);
            driver->dials[i].dial = NULL;
        }
    }
}
