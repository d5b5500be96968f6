/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_internal.h - an open batch, and the parts that putting a record has:
 * its log (batch_logs.c), its place (place.c), erasures (erase.c) and the
 * captured bytes that these take along (erase_bytes.c). Not installed.
 */
#ifndef ASSAY_STORE_BATCH_INTERNAL_H
#define ASSAY_STORE_BATCH_INTERNAL_H

#include "internal.h"

/* Logs that a batch holds in memory; all are written out when it is full. */
#define STORE_BATCH_LOGS_MAX 4096

struct store_batch_logs; /* Opaque: logs by grant id. */

/* A retraction of this batch that asks to erase. */
struct store_erase_wish {
    struct assay_id target;
    struct assay_id by;
};

/* Captured bytes that go when the batch is durable. */
struct store_batch_drop {
    uint8_t sha256[ASSAY_HASH_SIZE];
};

struct store_batch {
    struct store_view view;
    struct store_meta meta;
    uint64_t now_s;
    uint64_t put_count;
    struct store_batch_logs *logs;
    struct store_erase_wish *wishes;
    size_t wish_count;
    bool has_wanted; /* Some retractions wait for what they want to erase. */
    struct store_batch_drop *drops;
    size_t drop_count;
    bool has_drops; /* Captured bytes are noted that may have to go. */
};

/* Logs: the one of a grant, loaded once and changed in memory. */
ASSAY_MUST_CHECK
enum assay_err store_batch_logs_new(struct store_batch_logs **logs_out);
void store_batch_logs_free(struct store_batch_logs *logs);

/* Lends the log of a grant until the next call with the same batch.
 * ASSAY_E_NOT_FOUND where the id is no grant's. */
ASSAY_MUST_CHECK
enum assay_err store_batch_log(struct store_batch *batch,
                               const struct assay_id *grant,
                               struct store_log **log_out);

/* Adds the log of a new grant; store_batch_log then finds it. */
ASSAY_MUST_CHECK
enum assay_err store_batch_log_add(struct store_batch *batch,
                                   const struct store_log *log);

/* Notes that the log was changed; writes all that were. */
void store_batch_log_touch(struct store_batch *batch, struct store_log *log);
ASSAY_MUST_CHECK
enum assay_err store_batch_logs_write(struct store_batch *batch);

/* Whether the grant of a log that the batch looked at has been ended, by a
 * revoke or rotate record that is held. Of very many logs it says so unseen. */
ASSAY_MUST_CHECK
enum assay_err store_batch_logs_ended(struct store_batch *batch, bool *has_out);

/*
 * Whether a record may stand where it says: its grant, key, prev and seq. On
 * ASSAY_OK *log_out is its log as it will be with the record in it (for found
 * and rotate a new one), to be added or copied by the caller.
 */
ASSAY_MUST_CHECK
enum assay_err store_place_check(struct store_batch *batch,
                                 const struct assay_record *record,
                                 uint64_t lsn, struct store_log *log_out);

/* What a found or rotate record begins: the log of a root, empty. */
void store_place_root(const struct assay_record *record, uint64_t lsn,
                      const struct assay_id *team, struct store_log *log_out);

/* What a member record grants: a log of its own, empty. False where it grants
 * nothing, not being in a root's log. */
bool store_place_grants(const struct assay_record *record, uint64_t lsn,
                        const struct store_log *root,
                        struct store_log *log_out);

/* Notes the wishes that a newly put record makes or meets. */
ASSAY_MUST_CHECK
enum assay_err store_erase_note(struct store_batch *batch,
                                const struct store_row *row);

/* The key under which a retraction that asks to erase waits: its target, then
 * its LSN. False for other records. */
#define STORE_WANTED_KEY_SIZE (ASSAY_ID_SIZE + 8)
bool store_erase_wanted_key(const struct store_row *row,
                            uint8_t out[STORE_WANTED_KEY_SIZE]);

/* Notes that the bytes which a row's body names may have to go with it; plans
 * what goes when the batch is durable; removes it. */
ASSAY_MUST_CHECK
enum assay_err store_erase_bytes_note(struct store_batch *batch,
                                      const struct store_row *row);
ASSAY_MUST_CHECK
enum assay_err store_erase_bytes_decide(struct store_batch *batch);
void store_erase_bytes_drop(struct store_ledger *ledger,
                            const struct store_batch_drop *drops, size_t count);

/* Follows the batch's wishes whose retractions stand and may. */
ASSAY_MUST_CHECK
enum assay_err store_erase_follow(struct store_batch *batch);

#endif
