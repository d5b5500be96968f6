/* SPDX-License-Identifier: Apache-2.0 */
#include "author.h"

#include "batch_internal.h"
#include "protocol/body.h"
#include "protocol/check.h"
#include "protocol/key.h"

/* The end of the log: all its heads, which heals a fork, up to a record's
 * own bound; those with the largest seq first. */
static void join_heads(const struct store_log *log,
                       struct assay_payload *payload)
{
    bool is_taken[ASSAY_HEADS_MAX] = {false};
    uint64_t largest = 0;

    while (payload->prev_count < ASSAY_PREV_MAX &&
           payload->prev_count < log->head_count) {
        size_t best = ASSAY_HEADS_MAX;

        for (size_t i = 0; i < log->head_count; i++) {
            if (!is_taken[i] && (best == ASSAY_HEADS_MAX ||
                                 log->heads[i].seq > log->heads[best].seq)) {
                best = i;
            }
        }
        is_taken[best] = true;
        payload->prev[payload->prev_count++] = log->heads[best].id;
        largest =
            log->heads[best].seq > largest ? log->heads[best].seq : largest;
    }
    payload->seq = largest + 1;
}

/* The grant must be this key's, in force and not ended. */
static enum assay_err check_grant(struct store_batch *batch,
                                  const struct assay_id *grant,
                                  const uint8_t *public_key)
{
    struct assay_validity *validity = NULL;
    const struct assay_authority *authority = NULL;
    enum assay_err err =
        store_view_validity(store_batch_view(batch), &validity);

    if (err == ASSAY_OK) {
        err = assay_validity_authority(validity, grant, &authority);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    return authority != NULL && authority->is_in_force &&
                   !authority->is_ended &&
                   memcmp(authority->key.bytes, public_key, ASSAY_KEY_SIZE) == 0
               ? ASSAY_OK
               : ASSAY_E_AUTH;
}

static enum assay_err find_end(struct store_batch *batch,
                               const struct store_draft *draft,
                               const uint8_t *public_key,
                               struct assay_payload *payload)
{
    struct store_log *log = NULL;
    enum assay_err err;

    payload->auth = draft->grant_id;
    payload->seq = 1;
    if (assay_kind_is_root((uint64_t)draft->kind)) {
        return ASSAY_OK; /* A log of its own; put checks a rotate's key. */
    }
    err = check_grant(batch, &draft->grant_id, public_key);
    if (err == ASSAY_OK) {
        err = store_batch_log(batch, &draft->grant_id, &log);
    }
    if (err == ASSAY_OK) {
        join_heads(log, payload);
    }
    return err;
}

enum assay_err store_author_write(struct store_batch *batch,
                                  const struct store_draft *draft,
                                  const uint8_t secret[ASSAY_SECRET_SIZE],
                                  struct assay_id *id_out,
                                  struct assay_fault *fault_out)
{
    struct assay_payload payload = {.kind = (uint64_t)draft->kind,
                                    .time_s = draft->time_s,
                                    .about_count = draft->about_count};
    uint8_t grant_bytes[ASSAY_RECORD_MAX / 8];
    uint8_t envelope_bytes[ASSAY_RECORD_MAX];
    struct assay_cbor_writer writer;
    struct assay_record record;
    struct assay_bytes envelope;
    struct assay_id id;
    uint64_t lsn = 0;
    bool has_new_body = false;
    enum assay_err err;

    ASSAY_CHECK(draft->about_count <= ASSAY_LIST_MAX);
    memcpy(payload.about, draft->about,
           draft->about_count * sizeof(draft->about[0]));
    if (draft->grant != NULL) {
        assay_cbor_writer_init(&writer, grant_bytes, sizeof(grant_bytes));
        assay_grant_write((uint64_t)draft->kind, draft->grant, &writer);
        err = assay_cbor_writer_finish(&writer, &payload.grant);
        if (err != ASSAY_OK) {
            return err;
        }
    }
    err = find_end(batch, draft, secret + ASSAY_SECRET_SIZE - ASSAY_KEY_SIZE,
                   &payload);
    if (err == ASSAY_OK) {
        err = assay_record_seal(&payload, draft->body, secret, envelope_bytes,
                                &envelope, &id);
    }
    if (err == ASSAY_OK) {
        err = assay_record_parse(envelope, draft->body, &record, fault_out);
    }
    /* A body that breaks the rules of its kind is refused where it is written.
     */
    if (err == ASSAY_OK) {
        err = assay_body_check(&record, fault_out);
    }
    if (err == ASSAY_OK) {
        err = store_batch_put(batch, &record, &lsn, &has_new_body);
    }
    if (err == ASSAY_OK) {
        *id_out = id;
    }
    return err;
}
