/* SPDX-License-Identifier: Apache-2.0 */
#include "synthetic.h"

#include "protocol/check.h"

#include <stdlib.h>

struct log {
    uint64_t count;
    uint64_t branch_from; /* 0: nowhere. */
    uint32_t branch;
};

struct synthetic {
    struct log *logs;
    size_t log_count;
    uint64_t longest;
    uint64_t reads;
    struct assay_sync_view view;
};

static void put_u64(uint64_t value, uint8_t *out)
{
    for (size_t i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> 8 * (7 - i));
    }
}

static uint64_t get_u64(const uint8_t *bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < 8; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* An id says what it is of, so that it can be found again. */
static struct assay_id id_of(const struct synthetic *synthetic, size_t log,
                             uint64_t seq)
{
    const struct log *at = &synthetic->logs[log];
    struct assay_id id = {{0}};

    put_u64(log, id.hash);
    put_u64(seq, id.hash + 8);
    if (at->branch_from > 0 && seq >= at->branch_from) {
        put_u64(at->branch, id.hash + 16);
    }
    return id;
}

static struct assay_id grant_of(size_t log)
{
    struct assay_id id = {{0}};

    put_u64(log, id.hash);
    id.hash[31] = 1;
    return id;
}

static void show(struct synthetic *synthetic, size_t log, uint64_t seq,
                 struct assay_sync_item *item_out)
{
    synthetic->reads++;
    *item_out = (struct assay_sync_item){
        .lsn =
            synthetic->log_count + (seq - 1) * synthetic->log_count + log + 1,
        .id = id_of(synthetic, log, seq),
        .log_number = log + 1,
        .seq = seq,
    };
}

static void show_log(const struct synthetic *synthetic, size_t log,
                     struct assay_sync_log *log_out)
{
    uint64_t count = synthetic->logs[log].count;

    log_out->number = log + 1;
    log_out->grant = grant_of(log);
    memset(&log_out->team, 7, sizeof(log_out->team));
    log_out->is_root = false;
    log_out->record_count = count;
    log_out->head_count = 0;
    if (count > 0) {
        log_out->head_count = 1;
        log_out->heads[0].id = id_of(synthetic, log, count);
        log_out->heads[0].seq = count;
    }
}

static enum assay_err next_log(void *context, uint64_t *number,
                               struct assay_sync_log *log_out)
{
    struct synthetic *synthetic = context;

    if (*number >= synthetic->log_count) {
        return ASSAY_E_NOT_FOUND;
    }
    show_log(synthetic, (size_t)*number, log_out);
    ++*number;
    return ASSAY_OK;
}

static enum assay_err find_log(void *context, const struct assay_id *grant,
                               struct assay_sync_log *log_out)
{
    struct synthetic *synthetic = context;
    uint64_t log = get_u64(grant->hash);

    if (log >= synthetic->log_count) {
        return ASSAY_E_NOT_FOUND;
    }
    show_log(synthetic, (size_t)log, log_out);
    return ASSAY_OK;
}

static enum assay_err next_in_log(void *context, uint64_t log_number,
                                  uint64_t seq, uint64_t lsn,
                                  struct assay_sync_item *item_out)
{
    struct synthetic *synthetic = context;
    size_t log = (size_t)log_number - 1;

    ASSAY_CHECK(log < synthetic->log_count);
    seq = seq == 0 ? 1 : seq;
    if (lsn >=
        synthetic->log_count + (seq - 1) * synthetic->log_count + log + 1) {
        seq++;
    }
    if (seq > synthetic->logs[log].count) {
        return ASSAY_E_NOT_FOUND;
    }
    show(synthetic, log, seq, item_out);
    return ASSAY_OK;
}

static enum assay_err next_row(void *context, uint64_t lsn,
                               struct assay_sync_item *item_out)
{
    struct synthetic *synthetic = context;
    uint64_t row = lsn < synthetic->log_count ? 0 : lsn - synthetic->log_count;

    for (;; row++) {
        uint64_t seq = row / synthetic->log_count + 1;
        size_t log = (size_t)(row % synthetic->log_count);

        if (seq > synthetic->longest) {
            return ASSAY_E_NOT_FOUND;
        }
        if (seq <= synthetic->logs[log].count) {
            show(synthetic, log, seq, item_out);
            return ASSAY_OK;
        }
    }
}

static enum assay_err find(void *context, const struct assay_id *id,
                           struct assay_sync_item *item_out)
{
    struct synthetic *synthetic = context;
    uint64_t log = get_u64(id->hash);
    uint64_t seq = get_u64(id->hash + 8);

    if (log >= synthetic->log_count || seq == 0 ||
        seq > synthetic->logs[log].count) {
        return ASSAY_E_NOT_FOUND;
    }
    show(synthetic, (size_t)log, seq, item_out);
    return assay_id_equal(&item_out->id, id) ? ASSAY_OK : ASSAY_E_NOT_FOUND;
}

struct synthetic *synthetic_new(size_t log_count, uint64_t record_count)
{
    struct synthetic *synthetic = calloc(1, sizeof(*synthetic));

    ASSAY_CHECK(synthetic != NULL && log_count > 0);
    synthetic->logs = calloc(log_count, sizeof(*synthetic->logs));
    ASSAY_CHECK(synthetic->logs != NULL);
    synthetic->log_count = log_count;
    synthetic->view = (struct assay_sync_view){synthetic,   next_log, find_log,
                                               next_in_log, next_row, find};
    for (size_t log = 0; log < log_count; log++) {
        synthetic_set(synthetic, log, record_count);
    }
    return synthetic;
}

void synthetic_free(struct synthetic *synthetic)
{
    if (synthetic != NULL) {
        free(synthetic->logs);
        free(synthetic);
    }
}

void synthetic_set(struct synthetic *synthetic, size_t log, uint64_t count)
{
    ASSAY_CHECK(log < synthetic->log_count);
    synthetic->logs[log].count = count;
    if (count > synthetic->longest) {
        synthetic->longest = count;
    }
}

uint64_t synthetic_length(const struct synthetic *synthetic, size_t log)
{
    ASSAY_CHECK(log < synthetic->log_count);
    return synthetic->logs[log].count;
}

void synthetic_branch(struct synthetic *synthetic, size_t log, uint64_t from,
                      uint32_t branch)
{
    ASSAY_CHECK(log < synthetic->log_count && from > 0);
    synthetic->logs[log].branch_from = from;
    synthetic->logs[log].branch = branch;
}

enum assay_err synthetic_take(void *context, const struct assay_sync_item *item)
{
    struct synthetic *synthetic = context;
    size_t log = (size_t)get_u64(item->id.hash);

    if (item->seq <= synthetic_length(synthetic, log)) {
        return ASSAY_E_EXISTS;
    }
    if (item->seq > synthetic_length(synthetic, log) + 1) {
        return ASSAY_E_EARLY;
    }
    synthetic_set(synthetic, log, item->seq);
    return ASSAY_OK;
}

const struct assay_sync_view *synthetic_view(struct synthetic *synthetic)
{
    return &synthetic->view;
}

uint64_t synthetic_reads(const struct synthetic *synthetic)
{
    return synthetic->reads;
}
