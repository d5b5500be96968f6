/* SPDX-License-Identifier: Apache-2.0 */
#include "standing_log.h"

#include <stdlib.h>

#include "protocol/ancestry.h"
#include "protocol/id_table.h"
#include "refs.h"

/* Records between the last good ones of several revocations that are looked
 * at, and revocations of one grant that are. A log that would need more is
 * left out of comparisons. */
#define WALK_MAX 65536
#define ENDINGS_MAX 1024

/* The last good records that one revocation or rotation names. */
struct ending {
    struct ending *next;
    size_t last_count;
    struct assay_id last[ASSAY_LAST_MAX];
};

/* A walk from last good records down to what stands. */
struct walk {
    struct store_view *view;
    struct store_log *log;  /* Its heads are what was found so far. */
    struct ending *endings; /* That count. */
    size_t ending_count;
    struct assay_id_entry *seen;
    struct step {
        struct assay_id_entry entry;
        struct step *next; /* To be looked at. */
    } * pending;
    size_t count;
};

static enum assay_err is_behind_any(struct store_view *view,
                                    const struct assay_record *record,
                                    const struct assay_id *tips, size_t count,
                                    bool *out)
{
    enum assay_err err = ASSAY_OK;

    *out = false;
    for (size_t i = 0; i < count && err == ASSAY_OK && !*out; i++) {
        err = assay_ancestry_is_behind(store_view_logs(view), record, &tips[i],
                                       out);
    }
    return err;
}

enum assay_err store_standing_row(struct store_view *view,
                                  const struct store_log *log,
                                  const struct store_row *row, bool *stands_out)
{
    enum assay_err err = ASSAY_OK;

    *stands_out = false;
    for (size_t i = 0; i < log->head_count && err == ASSAY_OK && !*stands_out;
         i++) {
        err =
            is_behind_any(view, &row->record, &log->heads[i].id, 1, stands_out);
    }
    return err;
}

/* What all endings that count let stand, and so stands. A record's kind does
 * not matter: where it stands in its log decides. */
static enum assay_err let_by_all(const struct walk *walk,
                                 const struct store_row *row, bool *out)
{
    *out = true;
    for (const struct ending *ending = walk->endings; ending != NULL && *out;
         ending = ending->next) {
        enum assay_err err = is_behind_any(
            walk->view, &row->record, ending->last, ending->last_count, out);

        if (err != ASSAY_OK) {
            return err;
        }
    }
    return ASSAY_OK;
}

static enum assay_err push(struct walk *walk, const struct assay_id *id)
{
    struct step *step;
    enum assay_err err;

    if (assay_id_table_find(walk->seen, id) != NULL) {
        return ASSAY_OK;
    }
    if (walk->count == WALK_MAX) {
        return ASSAY_E_LIMIT;
    }
    step = calloc(1, sizeof(*step));
    if (step == NULL) {
        return ASSAY_E_NOMEM;
    }
    step->entry.id = *id;
    err = assay_id_table_add(&walk->seen, &step->entry);
    if (err != ASSAY_OK) {
        free(step);
        return err;
    }
    step->next = walk->pending;
    walk->pending = step;
    walk->count++;
    return ASSAY_OK;
}

static void walk_clear(struct walk *walk)
{
    struct assay_id_entry *entry;

    while (walk->endings != NULL) {
        struct ending *ending = walk->endings;

        walk->endings = ending->next;
        free(ending);
    }
    for (;;) {
        entry = assay_id_table_pop(&walk->seen);
        if (entry == NULL) {
            return;
        }
        free(entry);
    }
}

/* Adds a standing record to the heads, unless it is behind one of them, and
 * takes out those that are behind it. */
static enum assay_err add_head(struct walk *walk, const struct store_row *row)
{
    const struct assay_log_view *logs = store_view_logs(walk->view);
    struct store_log *log = walk->log;
    size_t kept = 0;

    for (size_t i = 0; i < log->head_count; i++) {
        struct store_row head;
        bool is_behind = false;
        enum assay_err err = assay_ancestry_is_behind(
            logs, &row->record, &log->heads[i].id, &is_behind);

        if (err != ASSAY_OK || is_behind) {
            return err;
        }
        err = store_view_by_lsn(walk->view, log->heads[i].lsn, &head);
        if (err == ASSAY_OK) {
            err = assay_ancestry_is_behind(logs, &head.record, &row->record.id,
                                           &is_behind);
        }
        if (err != ASSAY_OK) {
            return err;
        }
        if (!is_behind) {
            log->heads[kept++] = log->heads[i];
        }
    }
    if (kept < ASSAY_HEADS_MAX) {
        log->heads[kept++] = (struct store_head){
            row->lsn, row->record.payload.seq, row->record.id};
    }
    log->head_count = kept;
    log->is_frozen = kept == ASSAY_HEADS_MAX;
    return ASSAY_OK;
}

static enum assay_err look_at(struct walk *walk, const struct assay_id *id)
{
    struct store_row row;
    bool stands = false;
    enum assay_err err = store_view_by_id(walk->view, id, &row);

    if (err == ASSAY_E_NOT_FOUND) {
        return ASSAY_OK; /* A last good record that is not held yet. */
    }
    if (err != ASSAY_OK || row.log_lsn != walk->log->log_lsn) {
        return err;
    }
    err = let_by_all(walk, &row, &stands);
    if (err != ASSAY_OK || stands) {
        return err == ASSAY_OK ? add_head(walk, &row) : err;
    }
    for (size_t i = 0; i < row.record.payload.prev_count && err == ASSAY_OK;
         i++) {
        err = push(walk, &row.record.payload.prev[i]);
    }
    return err;
}

/* Whether a revoke or rotate record counts. */
static enum assay_err counts(struct store_view *view,
                             const struct assay_record *record, bool *out)
{
    struct assay_validity *validity = NULL;
    const struct assay_authority *authority = NULL;
    struct assay_validity_result result;
    enum assay_err err = store_view_validity(view, &validity);

    *out = false;
    if (err != ASSAY_OK) {
        return err;
    }
    if (record->payload.kind == ASSAY_KIND_ROTATE) {
        err = assay_validity_authority(validity, &record->id, &authority);
        *out = err == ASSAY_OK && authority != NULL && authority->is_in_force;
        return err == ASSAY_E_AUTH ? ASSAY_OK : err;
    }
    err = assay_validity_of(validity, record, &result);
    *out = err == ASSAY_OK && result.state == ASSAY_STANDS;
    return err;
}

static enum assay_err add_ending(struct walk *walk,
                                 const struct assay_record *record)
{
    struct assay_grant grant;
    struct ending *ending;

    if (assay_grant_read(record->payload.kind, record->payload.grant, &grant,
                         NULL) != ASSAY_OK) {
        return ASSAY_E_CORRUPT; /* It was read when it was stored. */
    }
    if (walk->ending_count == ENDINGS_MAX) {
        return ASSAY_E_LIMIT;
    }
    ending = malloc(sizeof(*ending));
    if (ending == NULL) {
        return ASSAY_E_NOMEM;
    }
    ending->last_count = grant.last_count;
    memcpy(ending->last, grant.last, sizeof(ending->last));
    ending->next = walk->endings;
    walk->endings = ending;
    walk->ending_count++;
    return ASSAY_OK;
}

/* The endings of one kind that name the log's grant and count. */
static enum assay_err find_endings(struct walk *walk, enum assay_kind kind)
{
    struct store_row row;
    uint64_t lsn = 0;

    for (;;) {
        bool is_counted = false;
        enum assay_err err = store_refs_next(walk->view, &walk->log->grant,
                                             (uint64_t)kind, &lsn, &row);

        if (err == ASSAY_OK) {
            err = counts(walk->view, &row.record, &is_counted);
        }
        if (err == ASSAY_OK && is_counted) {
            err = add_ending(walk, &row.record);
        }
        if (err != ASSAY_OK) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
    }
}

/* All stands where every head is among the last good records of each. */
static bool is_whole(const struct walk *walk)
{
    for (const struct ending *ending = walk->endings; ending != NULL;
         ending = ending->next) {
        for (size_t i = 0; i < walk->log->head_count; i++) {
            bool is_last = false;

            for (size_t j = 0; j < ending->last_count; j++) {
                is_last = is_last || assay_id_equal(&ending->last[j],
                                                    &walk->log->heads[i].id);
            }
            if (!is_last) {
                return false;
            }
        }
    }
    return true;
}

/* The heads of what stands of a log that is cut. */
static enum assay_err find_heads(struct walk *walk)
{
    enum assay_err err = ASSAY_OK;

    walk->log->head_count = 0;
    walk->log->is_frozen = false;
    for (const struct ending *ending = walk->endings; ending != NULL;
         ending = ending->next) {
        for (size_t i = 0; i < ending->last_count && err == ASSAY_OK; i++) {
            err = push(walk, &ending->last[i]);
        }
    }
    while (err == ASSAY_OK && walk->pending != NULL) {
        struct step *step = walk->pending;

        walk->pending = step->next;
        err = look_at(walk, &step->entry.id);
    }
    return err;
}

/* Of a log whose grant is not in force, or of a root's without last good
 * records: a root's own first record, which proves what it is. */
static enum assay_err leave_first(struct store_view *view,
                                  struct store_log *log)
{
    struct store_row row;
    enum assay_err err = ASSAY_OK;

    log->head_count = 0;
    log->is_frozen = false;
    if (log->is_root) {
        err = store_view_by_lsn(view, log->log_lsn, &row);
    }
    if (log->is_root && err == ASSAY_OK) {
        log->heads[0] =
            (struct store_head){row.lsn, row.record.payload.seq, row.record.id};
        log->head_count = 1;
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_E_CORRUPT : err;
}

static enum assay_err is_in_force(struct store_view *view,
                                  const struct assay_id *grant, bool *out)
{
    struct assay_validity *validity = NULL;
    const struct assay_authority *authority = NULL;
    enum assay_err err = store_view_validity(view, &validity);

    if (err == ASSAY_OK) {
        err = assay_validity_authority(validity, grant, &authority);
    }
    *out = err == ASSAY_OK && authority != NULL && authority->is_in_force;
    return err == ASSAY_E_AUTH ? ASSAY_OK : err;
}

enum assay_err store_standing_log(struct store_view *view,
                                  struct store_log *log,
                                  enum store_extent *extent_out)
{
    struct walk walk = {.view = view, .log = log};
    bool in_force = false;
    enum assay_err err = is_in_force(view, &log->grant, &in_force);

    *extent_out = STORE_LOG_CUT;
    if (err == ASSAY_OK && in_force) {
        err = find_endings(&walk, log->is_root ? ASSAY_KIND_ROTATE
                                               : ASSAY_KIND_REVOKE);
    }
    if (err == ASSAY_OK && in_force && is_whole(&walk)) {
        *extent_out = STORE_LOG_WHOLE;
    } else if (err == ASSAY_OK && in_force) {
        err = find_heads(&walk);
    }
    walk_clear(&walk);
    if (err == ASSAY_E_LIMIT) {
        log->head_count = 0;
        err = ASSAY_OK;
    }
    if (err == ASSAY_OK && *extent_out == STORE_LOG_CUT &&
        (!in_force || log->head_count == 0)) {
        err = leave_first(view, log);
    }
    if (err == ASSAY_OK && *extent_out == STORE_LOG_CUT &&
        log->head_count == 0) {
        *extent_out = STORE_LOG_GONE;
    }
    return err;
}
