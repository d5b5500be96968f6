/* SPDX-License-Identifier: Apache-2.0 */
#include "drop_plan.h"

#include "drop.h"
#include "entry.h"
#include "rows.h"

#include <stdlib.h>

size_t store_drop_plan_find(const struct store_drop_plan *plan,
                            uint64_t log_lsn)
{
    size_t low = 0;
    size_t high = plan->log_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (plan->logs[middle].log_lsn < log_lsn) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < plan->log_count && plan->logs[low].log_lsn == log_lsn
               ? low
               : plan->log_count;
}

static size_t find_grant(const struct store_drop_plan *plan,
                         const struct assay_id *grant)
{
    size_t index = 0;

    while (index < plan->log_count &&
           !assay_id_equal(&plan->logs[index].grant, grant)) {
        index++;
    }
    return index;
}

static enum assay_err add_log(struct store_drop_plan *plan,
                              const struct store_log *log)
{
    struct store_drop_log *grown =
        realloc(plan->logs, (plan->log_count + 1) * sizeof(*grown));

    if (grown == NULL) {
        return ASSAY_E_NOMEM;
    }
    plan->logs = grown;
    grown[plan->log_count] = (struct store_drop_log){
        .log_lsn = log->log_lsn,
        .grant = log->grant,
        .is_root = log->is_root,
        .parent = plan->log_count,
        .prior = plan->log_count,
    };
    plan->log_count++;
    plan->record_count += log->record_count;
    return plan->record_count > STORE_DROP_MAX ? ASSAY_E_LIMIT : ASSAY_OK;
}

static enum assay_err find_logs(struct store_view *view,
                                const struct assay_id *team,
                                struct store_drop_plan *plan)
{
    struct store_log_query query = {.team = team};
    struct store_log log;
    uint64_t after_lsn = 0;
    enum assay_err err = store_log_next_of(view, &query, &after_lsn, &log);

    while (err == ASSAY_OK) {
        err = add_log(plan, &log);
        if (err == ASSAY_OK) {
            err = store_log_next_of(view, &query, &after_lsn, &log);
        }
    }
    if (err == ASSAY_E_NOT_FOUND && plan->log_count > 0) {
        return ASSAY_OK;
    }
    return err;
}

/* Whether a record of another team names this one. */
static enum assay_err is_named(struct store_view *view,
                               const struct store_drop_plan *plan, uint64_t lsn,
                               bool *is_named_out)
{
    struct store_entry entry;
    enum assay_err err = ASSAY_OK;

    *is_named_out = false;
    store_entry_ref(lsn, 0, 0, &entry);
    err = store_index_seek(view, &entry);
    while (err == ASSAY_OK && !*is_named_out) {
        struct store_raw_row raw;

        err = store_row_get(view, store_entry_lsn(&entry), &raw);
        if (err == ASSAY_OK) {
            *is_named_out =
                store_drop_plan_find(plan, raw.log_lsn) == plan->log_count;
            store_entry_step(&entry);
            err = store_index_seek(view, &entry);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* Notes where the grants of logs stand. */
static void note_grant(struct store_drop_plan *plan, size_t index,
                       const struct store_row *row)
{
    size_t granted = store_drop_plan_find(plan, row->lsn);

    if (granted == plan->log_count) {
        return;
    }
    plan->logs[granted].parent = index;
    plan->logs[granted].parent_seq = row->record.payload.seq;
    if (row->record.payload.kind == ASSAY_KIND_ROTATE) {
        size_t prior = find_grant(plan, &row->record.payload.auth);

        if (prior < plan->log_count) {
            plan->logs[granted].prior = prior;
        }
    }
}

static enum assay_err look_at_log(struct store_view *view,
                                  struct store_drop_plan *plan, size_t index)
{
    struct store_log_cursor cursor = {0, 0};
    struct store_row row;
    bool named = false;
    enum assay_err err =
        store_log_next_row(view, plan->logs[index].log_lsn, &cursor, &row);

    while (err == ASSAY_OK) {
        note_grant(plan, index, &row);
        err = is_named(view, plan, row.lsn, &named);
        if (err == ASSAY_OK && named) {
            plan->logs[index].keep_seq = row.record.payload.seq;
        }
        if (err == ASSAY_OK) {
            err = store_log_next_row(view, plan->logs[index].log_lsn, &cursor,
                                     &row);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

static bool raise(uint64_t *seq, uint64_t least)
{
    bool is_raised = *seq < least;

    *seq = is_raised ? least : *seq;
    return is_raised;
}

/* What stays of a log needs its grant, and so on up to the founding record. */
static void keep_grants(struct store_drop_plan *plan)
{
    bool has_changed = true;

    while (has_changed) {
        has_changed = false;
        for (size_t i = 0; i < plan->log_count; i++) {
            const struct store_drop_log *log = &plan->logs[i];

            if (log->keep_seq == 0) {
                continue;
            }
            has_changed |=
                raise(&plan->logs[log->parent].keep_seq, log->parent_seq);
            has_changed |= raise(&plan->logs[log->prior].keep_seq, 1);
        }
    }
}

enum assay_err store_drop_plan_make(struct store_view *view,
                                    const struct assay_id *team,
                                    struct store_drop_plan *plan_out)
{
    struct store_drop_plan plan = {NULL, 0, 0};
    enum assay_err err = find_logs(view, team, &plan);

    for (size_t i = 0; err == ASSAY_OK && i < plan.log_count; i++) {
        err = look_at_log(view, &plan, i);
    }
    if (err != ASSAY_OK) {
        store_drop_plan_clear(&plan);
        return err;
    }
    keep_grants(&plan);
    *plan_out = plan;
    return ASSAY_OK;
}

void store_drop_plan_clear(struct store_drop_plan *plan)
{
    free(plan->logs);
    *plan = (struct store_drop_plan){NULL, 0, 0};
}
