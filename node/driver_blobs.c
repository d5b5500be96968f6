/* SPDX-License-Identifier: Apache-2.0 */
/* Captured bytes: what the fetches of captures.h ask of sessions. */
#include "driver_internal.h"

static uint32_t next_peer(void *context, uint32_t after)
{
    const struct node_driver *driver = context;
    uint32_t next = 0;

    for (const struct node_link *link = driver->links; link != NULL;
         link = link->next) {
        uint32_t number = node_peer_number(link->peer);

        if (link->is_greeted && !link->is_over && number > after &&
            (next == 0 || number < next)) {
            next = number;
        }
    }
    return next;
}

static struct assay_session *session_of(struct node_driver *driver,
                                        uint32_t peer,
                                        struct node_link **link_out)
{
    *link_out = node_link_by_number(driver, peer);
    return *link_out == NULL ? NULL : node_peer_session((*link_out)->peer);
}

static enum assay_err ask(void *context, uint32_t peer,
                          const uint8_t sha256[ASSAY_HASH_SIZE],
                          uint64_t offset)
{
    struct node_driver *driver = context;
    struct node_link *link = NULL;
    struct assay_session *session = session_of(driver, peer, &link);
    enum assay_err err = ASSAY_E_NOT_FOUND;

    if (session != NULL) {
        err = assay_session_fetch_blob(session, sha256, offset);
        node_driver_soon(driver, link->peer);
    }
    return err;
}

static void cancel(void *context, uint32_t peer,
                   const uint8_t sha256[ASSAY_HASH_SIZE])
{
    struct node_link *link = NULL;
    struct assay_session *session = session_of(context, peer, &link);

    if (session != NULL) {
        assay_session_cancel_blob(session, sha256);
    }
}

static void taken(void *context, uint32_t peer, size_t len)
{
    struct node_driver *driver = context;
    struct node_link *link = NULL;
    struct assay_session *session = session_of(driver, peer, &link);

    if (session != NULL) {
        assay_session_blob_taken(session, len);
        node_driver_soon(driver, link->peer);
    }
}

static const struct assay_key *key_of(void *context, uint32_t peer)
{
    const struct node_link *link = node_link_by_number(context, peer);

    return link == NULL ? NULL : node_peer_key(link->peer);
}

static void blame(void *context, uint32_t peer)
{
    struct node_driver *driver = context;
    struct node_link *link = node_link_by_number(driver, peer);

    if (link != NULL) {
        node_driver_log_peer(driver, NODE_LOG_WARN, "peer-sent-false-bytes",
                             link->peer, "a capture's bytes are others");
        link->has_false_blob = true; /* Soon: it may end the session. */
        node_driver_soon(driver, link->peer);
    }
}

static void idle(void *context)
{
    node_syncs_part(context);
}

enum assay_err node_blobs_init(struct node_driver *driver)
{
    struct node_captures_hooks hooks = {
        .context = driver,
        .tries_max = driver->with.is_alone ? 1 : NODE_CAPTURES_TRIES_MAX,
        .next_peer = next_peer,
        .ask = ask,
        .cancel = cancel,
        .taken = taken,
        .key = key_of,
        .blame = blame,
        .idle = idle};

    driver->blob_view = store_blob_view(driver->with.ledger);
    return node_captures_new(driver->with.loop, driver->with.ledger,
                             driver->with.log, &hooks, &driver->captures);
}
