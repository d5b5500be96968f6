/* SPDX-License-Identifier: Apache-2.0 */
#include "trust.h"

#include "batch_internal.h"
#include "local.h"

static struct assay_bytes key_of(const struct assay_id *team)
{
    return (struct assay_bytes){team->hash, sizeof(team->hash)};
}

enum assay_err store_trust_add(struct store_batch *batch,
                               const struct assay_id *team)
{
    uint8_t since[8];

    if (store_trust_has(&batch->view, team)) {
        return ASSAY_E_EXISTS;
    }
    store_put_u64(since, batch->now_s);
    return store_local_put(&batch->view, STORE_LOCAL_TRUST, key_of(team),
                           (struct assay_bytes){since, sizeof(since)});
}

enum assay_err store_trust_remove(struct store_batch *batch,
                                  const struct assay_id *team)
{
    return store_local_del(&batch->view, STORE_LOCAL_TRUST, key_of(team));
}

enum assay_err store_trust_next(struct store_view *view,
                                struct assay_id *cursor, uint64_t *since_s_out)
{
    uint8_t from[ASSAY_ID_SIZE + 1] = {0};
    struct assay_bytes key;
    struct assay_bytes value;
    enum assay_err err;

    /* The smallest key above the cursor is the cursor and one more byte. */
    memcpy(from, cursor->hash, ASSAY_ID_SIZE);
    err = store_local_next(view, STORE_LOCAL_TRUST,
                           (struct assay_bytes){from, sizeof(from)}, &key,
                           &value);
    if (err != ASSAY_OK) {
        return err;
    }
    if (key.len != ASSAY_ID_SIZE || value.len != 8) {
        return ASSAY_E_CORRUPT;
    }
    memcpy(cursor->hash, key.data, ASSAY_ID_SIZE);
    *since_s_out = store_get_u64(value.data);
    return ASSAY_OK;
}

bool store_trust_has(struct store_view *view, const struct assay_id *team)
{
    struct assay_bytes value;

    return store_local_get(view, STORE_LOCAL_TRUST, key_of(team), &value) ==
           ASSAY_OK;
}
