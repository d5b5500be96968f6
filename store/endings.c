/* SPDX-License-Identifier: Apache-2.0 */
#include "endings.h"

#include <pthread.h>
#include <stdlib.h>

#include "lists.h"
#include "log.h"
#include "protocol/check.h"
#include "protocol/id_table.h"

struct store_endings {
    pthread_mutex_t lock;
    struct assay_id_entry *ids; /* Grants and teams. */
    uint64_t seen_revoke;       /* The last LSN that was taken in. */
    uint64_t seen_rotate;
};

enum assay_err store_endings_new(struct store_endings **endings_out)
{
    struct store_endings *endings = calloc(1, sizeof(*endings));

    if (endings == NULL) {
        return ASSAY_E_NOMEM;
    }
    if (pthread_mutex_init(&endings->lock, NULL) != 0) {
        free(endings);
        return ASSAY_E_NOMEM;
    }
    *endings_out = endings;
    return ASSAY_OK;
}

void store_endings_free(struct store_endings *endings)
{
    struct assay_id_entry *entry;

    if (endings == NULL) {
        return;
    }
    for (;;) {
        entry = assay_id_table_pop(&endings->ids);
        if (entry == NULL) {
            break;
        }
        free(entry);
    }
    (void)pthread_mutex_destroy(&endings->lock);
    free(endings);
}

static enum assay_err add(struct store_endings *endings,
                          const struct assay_id *id)
{
    struct assay_id_entry *entry;
    enum assay_err err;

    if (assay_id_table_find(endings->ids, id) != NULL) {
        return ASSAY_OK;
    }
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return ASSAY_E_NOMEM;
    }
    entry->id = *id;
    err = assay_id_table_add(&endings->ids, entry);
    if (err != ASSAY_OK) {
        free(entry);
    }
    return err;
}

/* A revocation ends one grant, whoever says it; a rotation may take a root's
 * whole branch of grants along. */
static enum assay_err add_row(struct store_endings *endings,
                              struct store_view *view,
                              const struct store_row *row)
{
    const struct assay_payload *payload = &row->record.payload;
    struct assay_grant grant;
    struct store_log log;
    enum assay_err err;

    if (payload->kind == ASSAY_KIND_ROTATE) {
        err = store_log_find(view, &row->record.id, &log);
        return err == ASSAY_OK ? add(endings, &log.team) : err;
    }
    err = assay_grant_read(payload->kind, payload->grant, &grant, NULL);
    /* It was read when it was stored. */
    return err == ASSAY_OK ? add(endings, &grant.target) : ASSAY_E_CORRUPT;
}

static enum assay_err update_kind(struct store_endings *endings,
                                  struct store_view *view, enum assay_kind kind,
                                  uint64_t *seen)
{
    struct store_list_query query = {.list = STORE_LIST_KIND, .kind = kind};
    struct store_row row;
    uint64_t lsn = *seen;

    for (;;) {
        enum assay_err err = store_list_next(view, &query, &lsn, &row);

        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
        err = add_row(endings, view, &row);
        if (err != ASSAY_OK) {
            return err;
        }
        *seen = lsn;
    }
}

enum assay_err store_endings_update(struct store_endings *endings,
                                    struct store_view *view)
{
    enum assay_err err;

    ASSAY_CHECK(pthread_mutex_lock(&endings->lock) == 0);
    err = update_kind(endings, view, ASSAY_KIND_REVOKE, &endings->seen_revoke);
    if (err == ASSAY_OK) {
        err = update_kind(endings, view, ASSAY_KIND_ROTATE,
                          &endings->seen_rotate);
    }
    ASSAY_CHECK(pthread_mutex_unlock(&endings->lock) == 0);
    return err;
}

bool store_endings_are_empty(struct store_endings *endings)
{
    bool is_empty;

    ASSAY_CHECK(pthread_mutex_lock(&endings->lock) == 0);
    is_empty = endings->ids == NULL;
    ASSAY_CHECK(pthread_mutex_unlock(&endings->lock) == 0);
    return is_empty;
}

bool store_endings_concern(struct store_endings *endings,
                           const struct assay_id *grant,
                           const struct assay_id *team)
{
    bool concern;

    ASSAY_CHECK(pthread_mutex_lock(&endings->lock) == 0);
    concern = endings->ids != NULL &&
              (assay_id_table_find(endings->ids, grant) != NULL ||
               assay_id_table_find(endings->ids, team) != NULL);
    ASSAY_CHECK(pthread_mutex_unlock(&endings->lock) == 0);
    return concern;
}
