/* SPDX-License-Identifier: Apache-2.0 */
#include "roots_internal.h"

#include "check.h"
#include "key.h"

#include <stdlib.h>

static struct assay_root_link *find(const struct assay_roots *roots,
                                    const struct assay_id *id)
{
    return (struct assay_root_link *)assay_id_table_find(roots->links, id);
}

/* Puts a grant behind the last link of a chain. */
static enum assay_err append(struct assay_roots *roots,
                             struct assay_chain *chain,
                             const struct assay_record *record)
{
    struct assay_root_link *link;
    struct assay_grant grant;
    enum assay_err err = assay_roots_read_grant(record, &grant);

    if (err != ASSAY_OK) {
        return err;
    }
    link = calloc(1, sizeof(*link));
    if (link == NULL) {
        return ASSAY_E_NOMEM;
    }
    link->entry.id = record->id;
    link->key = record->key;
    memcpy(link->next_key_hash, grant.next_key_hash, ASSAY_HASH_SIZE);
    link->chain = chain;
    err = assay_id_table_add(&roots->links, &link->entry);
    if (err != ASSAY_OK) {
        free(link);
        return err;
    }
    if (chain->last == NULL) {
        chain->first = link;
    } else {
        link->index = chain->last->index + 1;
        chain->last->next = link;
    }
    chain->last = link;
    return ASSAY_OK;
}

static bool is_committed(const uint8_t next_key_hash[ASSAY_HASH_SIZE],
                         const struct assay_key *key)
{
    uint8_t hash[ASSAY_HASH_SIZE];

    assay_hash((struct assay_bytes){key->bytes, sizeof(key->bytes)}, hash);
    return memcmp(hash, next_key_hash, sizeof(hash)) == 0;
}

/*
 * Finds the rotate in force that follows a link: of all that are by the
 * committed key, whichever has the smallest id. *is_fork_out says whether
 * there were several. ASSAY_E_NOT_FOUND where there is none.
 */
static enum assay_err next_in_force(const struct assay_log_view *view,
                                    const struct assay_root_link *link,
                                    struct assay_record *next_out,
                                    bool *is_fork_out)
{
    struct assay_record rotate;
    uint64_t cursor = 0;
    bool is_found = false;
    bool is_fork = false;

    for (;;) {
        enum assay_err err =
            view->next_naming(view->context, &link->entry.id, ASSAY_KIND_ROTATE,
                              &cursor, &rotate);

        if (err == ASSAY_E_NOT_FOUND) {
            break;
        }
        if (err != ASSAY_OK) {
            return err;
        }
        if (rotate.payload.kind != ASSAY_KIND_ROTATE ||
            !assay_id_equal(&rotate.payload.auth, &link->entry.id) ||
            !is_committed(link->next_key_hash, &rotate.key)) {
            continue;
        }
        is_fork =
            is_fork || (is_found && !assay_id_equal(&rotate.id, &next_out->id));
        /* RECORDS 8.3: "The root grant that follows another MUST be the
         * rotate record, of all those held that name the other in auth and
         * whose author's key has the hash that the other committed to, that
         * has the smallest id." */
        if (!is_found ||
            memcmp(rotate.id.hash, next_out->id.hash, ASSAY_ID_SIZE) < 0) {
            *next_out = rotate;
        }
        is_found = true;
    }
    *is_fork_out = is_fork;
    return is_found ? ASSAY_OK : ASSAY_E_NOT_FOUND;
}

static void drop_chain(struct assay_roots *roots, struct assay_chain *chain)
{
    struct assay_root_link *link = chain->first;

    while (link != NULL) {
        struct assay_root_link *next = link->next;

        assay_id_table_remove(&roots->links, &link->entry);
        free(link);
        link = next;
    }
    free(chain);
}

static enum assay_err build_chain(struct assay_roots *roots,
                                  const struct assay_record *found)
{
    struct assay_record next;
    struct assay_chain *chain = calloc(1, sizeof(*chain));
    enum assay_err err;

    if (chain == NULL) {
        return ASSAY_E_NOMEM;
    }
    err = append(roots, chain, found);
    while (err == ASSAY_OK && chain->last->index < ASSAY_ROTATIONS_MAX) {
        bool is_fork = false;

        err = next_in_force(roots->view, chain->last, &next, &is_fork);
        if (err == ASSAY_OK) {
            chain->has_fork = chain->has_fork || is_fork;
            err = append(roots, chain, &next);
        }
    }
    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
        drop_chain(roots, chain);
        return err;
    }
    chain->older = roots->newest;
    roots->newest = chain;
    return ASSAY_OK;
}

/* Loads the root grant that a rotate ends, and checks that it may. */
static enum assay_err load_parent(const struct assay_roots *roots,
                                  const struct assay_record *rotate,
                                  struct assay_record *parent_out)
{
    struct assay_grant grant;
    enum assay_err err;

    if (rotate->payload.kind != ASSAY_KIND_ROTATE) {
        return ASSAY_E_AUTH;
    }
    err = roots->view->load(roots->view->context, &rotate->payload.auth,
                            parent_out);
    if (err != ASSAY_OK) {
        return err;
    }
    if (!assay_kind_is_root(parent_out->payload.kind)) {
        return ASSAY_E_AUTH;
    }
    err = assay_roots_read_grant(parent_out, &grant);
    if (err != ASSAY_OK) {
        return err;
    }
    /* RECORDS 8.1: "The author's key of a rotate record MUST have the hash
     * that the grant in auth committed to." */
    return is_committed(grant.next_key_hash, &rotate->key) ? ASSAY_OK
                                                           : ASSAY_E_AUTH;
}

/*
 * Walks up from a root grant to the first link of a chain, which may be the
 * grant itself, building the team's chain if there is none yet.
 */
static enum assay_err find_link(struct assay_roots *roots,
                                const struct assay_record *record,
                                const struct assay_root_link **link_out)
{
    struct assay_record at = *record;
    const struct assay_root_link *link = find(roots, &at.id);
    size_t step_count = 0;

    while (link == NULL) {
        struct assay_record parent;
        enum assay_err err;

        if (at.payload.kind == ASSAY_KIND_FOUND) {
            err = build_chain(roots, &at);
            if (err != ASSAY_OK) {
                return err;
            }
            break;
        }
        if (step_count == ASSAY_ROTATIONS_MAX) {
            return ASSAY_E_AUTH;
        }
        err = load_parent(roots, &at, &parent);
        if (err != ASSAY_OK) {
            return err;
        }
        step_count++;
        at = parent;
        link = find(roots, &at.id);
    }
    link = find(roots, &at.id);
    ASSAY_CHECK(link != NULL);
    if (link->index + step_count > ASSAY_ROTATIONS_MAX) {
        return ASSAY_E_AUTH;
    }
    *link_out = link;
    return ASSAY_OK;
}

void assay_roots_init(struct assay_roots *roots,
                      const struct assay_log_view *view)
{
    *roots = (struct assay_roots){.view = view};
}

enum assay_err assay_roots_find(struct assay_roots *roots,
                                const struct assay_record *record,
                                struct assay_root_place *place_out)
{
    const struct assay_root_link *link = NULL;
    const struct assay_root_link *own;
    enum assay_err err = find_link(roots, record, &link);

    if (err != ASSAY_OK) {
        return err;
    }
    own = find(roots, &record->id);
    if (own == NULL && link->index == 0) {
        /* The walk may have ended at a found record whose chain it built just
         * then: where the path leaves that chain is seen only now. */
        err = find_link(roots, record, &link);
        if (err != ASSAY_OK) {
            return err;
        }
    }
    *place_out = (struct assay_root_place){
        .chain = link->chain,
        .link = own,
        .winner = own == NULL ? link->next : NULL,
    };
    return ASSAY_OK;
}

enum assay_err assay_roots_chain(struct assay_roots *roots,
                                 const struct assay_id *team,
                                 const struct assay_chain **chain_out)
{
    struct assay_record found;
    const struct assay_root_link *link = find(roots, team);
    enum assay_err err;

    if (link == NULL) {
        err = roots->view->load(roots->view->context, team, &found);
        if (err != ASSAY_OK) {
            return err;
        }
        if (found.payload.kind != ASSAY_KIND_FOUND) {
            return ASSAY_E_AUTH;
        }
        err = build_chain(roots, &found);
        if (err != ASSAY_OK) {
            return err;
        }
        link = find(roots, &found.id);
        ASSAY_CHECK(link != NULL);
    }
    if (link->index != 0) {
        return ASSAY_E_AUTH;
    }
    *chain_out = link->chain;
    return ASSAY_OK;
}

bool assay_chain_has_key(const struct assay_chain *chain,
                         const struct assay_key *key)
{
    for (const struct assay_root_link *link = chain->first; link != NULL;
         link = link->next) {
        if (assay_key_equal(&link->key, key)) {
            return true;
        }
    }
    return false;
}

enum assay_err assay_roots_read_grant(const struct assay_record *record,
                                      struct assay_grant *grant_out)
{
    enum assay_err err = assay_grant_read(
        record->payload.kind, record->payload.grant, grant_out, NULL);

    return err == ASSAY_OK ? ASSAY_OK : ASSAY_E_CORRUPT;
}

void assay_roots_clear(struct assay_roots *roots)
{
    while (roots->newest != NULL) {
        struct assay_chain *chain = roots->newest;

        roots->newest = chain->older;
        drop_chain(roots, chain);
    }
    *roots = (struct assay_roots){0};
}
