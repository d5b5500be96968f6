/* SPDX-License-Identifier: Apache-2.0 */
/* Records that are named here and not held. */
#include "driver_internal.h"

#include "store/refs.h"

/* Named records that are not held and are asked for at a time, and names that
 * are looked at for it. */
#define FETCH_MAX 256
#define LOOK_MAX 4096

/* The link that is asked after one: by number, so that each is asked once and
 * two that lack the same are not asked by turns for ever. NULL: none is left;
 * being in step with another asks again. */
static struct node_link *link_after(struct node_driver *driver,
                                    const struct node_link *link)
{
    struct node_link *next = NULL;

    for (struct node_link *other = driver->links; other != NULL;
         other = other->next) {
        uint32_t number = node_peer_number(other->peer);

        if (node_peer_session(other->peer) != NULL &&
            number > node_peer_number(link->peer) &&
            (next == NULL || number < node_peer_number(next->peer))) {
            next = other;
        }
    }
    return next;
}

void node_records_lacked(struct node_driver *driver, struct node_link *link,
                         const struct assay_id *ids, size_t count)
{
    struct node_link *next = link_after(driver, link);

    for (size_t i = 0; i < count && next != NULL; i++) {
        if (assay_session_fetch(node_peer_session(next->peer), &ids[i]) !=
            ASSAY_OK) {
            break;
        }
    }
    if (next != NULL) {
        node_driver_soon(driver, next->peer);
    }
}

/* The next name that is to be asked for, after where the link stands; false
 * where there is none, or *looks is used up. */
static bool next_missing(struct node_driver *driver, struct store_view *view,
                         struct node_link *link, size_t *looks)
{
    uint64_t named_by = 0;

    for (; *looks > 0; (*looks)--) {
        if (store_refs_next_missing(view, &link->missing, &named_by) !=
            ASSAY_OK) {
            link->missing = (struct assay_id){{0}}; /* Begin again next time. */
            return false;
        }
        if (node_policy_asks_for(driver->policy, view, &link->missing)) {
            return true;
        }
    }
    return false;
}

void node_records_fetch_missing(struct node_driver *driver,
                                struct node_link *link)
{
    struct assay_session *session = node_peer_session(link->peer);
    struct store_view *view = NULL;
    size_t looks = LOOK_MAX;

    if (session == NULL ||
        store_view_begin(driver->with.ledger, STORE_NOW, &view) != ASSAY_OK) {
        return;
    }
    for (size_t i = 0;
         i < FETCH_MAX && next_missing(driver, view, link, &looks); i++) {
        if (assay_session_fetch(session, &link->missing) != ASSAY_OK) {
            break;
        }
    }
    store_view_end(view);
    node_driver_soon(driver, link->peer);
}
