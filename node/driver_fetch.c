/* SPDX-License-Identifier: Apache-2.0 */
/* Records that are named here and not held. */
#include "driver_internal.h"

#include "store/refs.h"

/* Named records that are not held and are asked for at a time. */
#define FETCH_MAX 256

void node_records_lacked(struct node_driver *driver, struct node_link *link,
                         const struct assay_id *ids, size_t count)
{
    for (struct node_link *other = driver->links; other != NULL;
         other = other->next) {
        struct assay_session *session = node_peer_session(other->peer);

        if (other == link || session == NULL ||
            node_peer_key(other->peer) == NULL) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            if (assay_session_fetch(session, &ids[i]) != ASSAY_OK) {
                break;
            }
        }
        node_driver_soon(driver, other->peer);
        return; /* One other peer; the next one when being in step. */
    }
}

void node_records_fetch_missing(struct node_driver *driver,
                                struct node_link *link)
{
    struct assay_session *session = node_peer_session(link->peer);
    struct assay_id cursor = {{0}};
    struct store_view *view = NULL;
    uint64_t named_by = 0;

    if (session == NULL ||
        store_view_begin(driver->with.ledger, STORE_NOW, &view) != ASSAY_OK) {
        return;
    }
    for (size_t i = 0;
         i < FETCH_MAX &&
         store_refs_next_missing(view, &cursor, &named_by) == ASSAY_OK;
         i++) {
        if (assay_session_fetch(session, &cursor) != ASSAY_OK) {
            break;
        }
    }
    store_view_end(view);
    node_driver_soon(driver, link->peer);
}
