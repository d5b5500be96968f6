/* SPDX-License-Identifier: Apache-2.0 */
#include "lacking.h"

#include "check.h"

#include <stdlib.h>

/* Records of one seq that are sampled. */
#define SAMPLES_A_SEQ 4

/* Room begins with this many and doubles; a power of two. */
#define ROOM_FIRST ((size_t)256)

/* A record that is read for its prev is one that is stored. */
static enum assay_err read_prev(const struct assay_sync_item *item,
                                struct assay_record *record_out)
{
    enum assay_err err =
        assay_record_parse(item->envelope, ASSAY_BYTES_NONE, record_out, NULL);

    return err == ASSAY_OK ? ASSAY_OK : ASSAY_E_CORRUPT;
}

/* What must be there, as a row that is there names it. */
static enum assay_err must_be(enum assay_err err)
{
    return err == ASSAY_E_NOT_FOUND ? ASSAY_E_CORRUPT : err;
}

static bool has_point(const struct assay_points *points, uint64_t lsn)
{
    for (size_t i = 0; i < points->count; i++) {
        if (points->lsns[i] == lsn) {
            return true;
        }
    }
    return false;
}

static void add_point(struct assay_points *points,
                      const struct assay_sync_item *item)
{
    if (points->count < ASSAY_SYNC_POINTS_MAX &&
        !has_point(points, item->lsn)) {
        points->ids[points->count] = item->id;
        points->lsns[points->count] = item->lsn;
        points->count++;
    }
}

static enum assay_err add_samples(const struct assay_sync_view *view,
                                  uint64_t log_number, uint64_t seq,
                                  struct assay_points *points)
{
    struct assay_sync_item item = {.lsn = 0};

    for (size_t i = 0; i < SAMPLES_A_SEQ; i++) {
        enum assay_err err =
            view->next_in_log(view->context, log_number, seq, item.lsn, &item);

        if (err != ASSAY_OK || item.seq != seq) {
            return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        }
        add_point(points, &item);
    }
    return ASSAY_OK;
}

/* Whether another head has, or comes to, the same seq at this distance. */
static bool is_sampled(const struct assay_sync_log *log, size_t head,
                       uint64_t distance)
{
    for (size_t i = 0; i < head; i++) {
        if (log->heads[i].seq == log->heads[head].seq) {
            return true;
        }
    }
    return log->heads[head].seq <= distance;
}

static enum assay_err add_all_samples(const struct assay_sync_view *view,
                                      const struct assay_sync_log *log,
                                      struct assay_points *points)
{
    for (uint64_t distance = 1; distance < points->last_seq; distance *= 2) {
        for (size_t head = 0; head < log->head_count; head++) {
            if (points->count == ASSAY_SYNC_POINTS_MAX) {
                return ASSAY_OK;
            }
            if (is_sampled(log, head, distance)) {
                continue;
            }
            enum assay_err err = add_samples(
                view, log->number, log->heads[head].seq - distance, points);
            if (err != ASSAY_OK) {
                return err;
            }
        }
    }
    return ASSAY_OK;
}

enum assay_err assay_points_take(const struct assay_sync_view *view,
                                 const struct assay_sync_log *log,
                                 struct assay_points *points_out)
{
    struct assay_sync_item item;

    points_out->count = 0;
    points_out->last_seq = 0;
    for (size_t i = 0; i < log->head_count; i++) {
        enum assay_err err =
            view->find(view->context, &log->heads[i].id, &item);

        if (err != ASSAY_OK) {
            return must_be(err);
        }
        add_point(points_out, &item);
        if (item.seq > points_out->last_seq) {
            points_out->last_seq = item.seq;
        }
    }
    points_out->head_count = points_out->count;
    return add_all_samples(view, log, points_out);
}

void assay_held_add(struct assay_held *held, uint64_t lsn, uint64_t seq)
{
    ASSAY_CHECK(held->count < sizeof(held->lsns) / sizeof(held->lsns[0]));
    held->lsns[held->count++] = lsn;
    held->seq = seq > held->seq ? seq : held->seq;
}

/* The other holds it: a shared point, or the only one of its seq with a
 * shared point not below. */
static enum assay_err is_held(const struct assay_lacking *lacking,
                              const struct assay_sync_view *view,
                              const struct assay_sync_item *item, bool *out)
{
    const struct assay_held *held = lacking->held;
    struct assay_sync_item other = {.lsn = 0};
    enum assay_err err;

    *out = false;
    for (size_t i = 0; i < held->count; i++) {
        if (held->lsns[i] == item->lsn) {
            *out = true;
            return ASSAY_OK;
        }
    }
    if (item->seq > held->seq) {
        return ASSAY_OK;
    }
    err = view->next_in_log(view->context, lacking->log_number, item->seq, 0,
                            &other);
    if (err != ASSAY_OK || other.lsn != item->lsn) {
        return must_be(err);
    }
    err = view->next_in_log(view->context, lacking->log_number, item->seq,
                            item->lsn, &other);
    *out =
        err == ASSAY_E_NOT_FOUND || (err == ASSAY_OK && other.seq > item->seq);
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

/* Where a row is in the table, or could be put. */
static size_t slot_of(const struct assay_lacking *lacking, uint64_t lsn)
{
    size_t mask = lacking->table_size - 1;
    size_t slot = (size_t)(lsn * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

    while (lacking->table[slot] != 0 && lacking->table[slot] != lsn) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

static bool is_found(const struct assay_lacking *lacking, uint64_t lsn)
{
    return lacking->table_size > 0 &&
           lacking->table[slot_of(lacking, lsn)] == lsn;
}

/* Doubles the room; the table is kept half empty. */
static enum assay_err make_room(struct assay_lacking *lacking)
{
    size_t room = lacking->room == 0 ? ROOM_FIRST : lacking->room * 2;
    uint64_t *found;
    uint64_t *table;

    if (room > ASSAY_LACKING_MAX) {
        return ASSAY_E_LIMIT;
    }
    found = realloc(lacking->found, room * sizeof(*found));
    if (found == NULL) {
        return ASSAY_E_NOMEM;
    }
    lacking->found = found;
    table = calloc(room * 2, sizeof(*table));
    if (table == NULL) {
        return ASSAY_E_NOMEM;
    }
    free(lacking->table);
    lacking->table = table;
    lacking->table_size = room * 2;
    lacking->room = room;
    for (size_t i = 0; i < lacking->found_count; i++) {
        table[slot_of(lacking, found[i])] = found[i];
    }
    return ASSAY_OK;
}

/* Takes in a record beside, unless the other holds it. */
static enum assay_err consider(struct assay_lacking *lacking,
                               const struct assay_sync_view *view,
                               const struct assay_sync_item *item)
{
    bool held = false;
    enum assay_err err;

    if (item->seq > lacking->last_seq || is_found(lacking, item->lsn)) {
        return ASSAY_OK;
    }
    err = is_held(lacking, view, item, &held);
    if (err != ASSAY_OK || held) {
        return err;
    }
    if (lacking->found_count == lacking->room) {
        err = make_room(lacking);
        if (err != ASSAY_OK) {
            return err;
        }
    }
    lacking->found[lacking->found_count++] = item->lsn;
    lacking->table[slot_of(lacking, item->lsn)] = item->lsn;
    return ASSAY_OK;
}

static enum assay_err consider_prev(struct assay_lacking *lacking,
                                    const struct assay_sync_view *view,
                                    const struct assay_sync_item *item)
{
    struct assay_record record;
    struct assay_sync_item prev;
    enum assay_err err = read_prev(item, &record);

    for (size_t i = 0; i < record.payload.prev_count && err == ASSAY_OK; i++) {
        if (assay_id_equal(&record.payload.prev[i], &lacking->scan_id)) {
            continue;
        }
        err =
            must_be(view->find(view->context, &record.payload.prev[i], &prev));
        if (err == ASSAY_OK) {
            err = consider(lacking, view, &prev);
        }
    }
    return err;
}

static enum assay_err row_at(const struct assay_sync_view *view, uint64_t lsn,
                             struct assay_sync_item *item_out)
{
    enum assay_err err = view->next_row(view->context, lsn - 1, item_out);

    if (err == ASSAY_OK && item_out->lsn != lsn) {
        return ASSAY_E_CORRUPT;
    }
    return must_be(err);
}

enum assay_err assay_lacking_init(struct assay_lacking *lacking,
                                  const struct assay_sync_view *view,
                                  const struct assay_lacking_ask *ask)
{
    enum assay_err err = ASSAY_OK;

    *lacking = (struct assay_lacking){.log_number = ask->log_number,
                                      .last_seq = ask->last_seq,
                                      .held = ask->held,
                                      .scan_seq = ask->last_seq + 1};
    for (size_t i = 0; i < ask->head_count && err == ASSAY_OK; i++) {
        struct assay_sync_item head;

        err = row_at(view, ask->heads[i], &head);
        if (err == ASSAY_OK) {
            err = consider(lacking, view, &head);
        }
    }
    return err;
}

void assay_lacking_clear(struct assay_lacking *lacking)
{
    free(lacking->found);
    free(lacking->table);
    *lacking = (struct assay_lacking){.log_number = 0};
}

static int compare_rows(const void *left, const void *right)
{
    uint64_t a;
    uint64_t b;

    memcpy(&a, left, sizeof(a));
    memcpy(&b, right, sizeof(b));
    return (a > b) - (a < b);
}

/* One step of going back from what was found; rows are sorted when no more
 * is found, since prev came before. */
static enum assay_err go_back(struct assay_lacking *lacking,
                              const struct assay_sync_view *view)
{
    struct assay_sync_item item;
    enum assay_err err = row_at(view, lacking->found[lacking->expanded], &item);

    if (err == ASSAY_OK) {
        err = consider_prev(lacking, view, &item);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    lacking->expanded++;
    if (lacking->expanded == lacking->found_count) {
        qsort(lacking->found + lacking->sorted,
              lacking->found_count - lacking->sorted, sizeof(lacking->found[0]),
              compare_rows);
        lacking->sorted = lacking->found_count;
    }
    return ASSAY_OK;
}

enum assay_err assay_lacking_next(struct assay_lacking *lacking,
                                  const struct assay_sync_view *view,
                                  size_t *steps,
                                  struct assay_sync_item *item_out)
{
    enum assay_err err = ASSAY_OK;

    while (err == ASSAY_OK) {
        if (lacking->emitted < lacking->sorted) {
            err = row_at(view, lacking->found[lacking->emitted], item_out);
            lacking->current = *item_out;
            return err;
        }
        if (*steps == 0) {
            return ASSAY_E_BUSY;
        }
        --*steps;
        if (lacking->expanded < lacking->found_count) {
            err = go_back(lacking, view);
            continue;
        }
        err = view->next_in_log(view->context, lacking->log_number,
                                lacking->scan_seq, lacking->scan_lsn, item_out);
        if (err == ASSAY_OK) {
            err = consider_prev(lacking, view, item_out);
        }
        if (err == ASSAY_OK && lacking->expanded == lacking->found_count) {
            lacking->current = *item_out;
            return ASSAY_OK;
        }
    }
    return err;
}

void assay_lacking_advance(struct assay_lacking *lacking)
{
    if (lacking->emitted < lacking->sorted) {
        lacking->emitted++;
        return;
    }
    lacking->scan_seq = lacking->current.seq;
    lacking->scan_lsn = lacking->current.lsn;
    lacking->scan_id = lacking->current.id;
}
