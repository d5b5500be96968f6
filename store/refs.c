/* SPDX-License-Identifier: Apache-2.0 */
#include "refs.h"

#include "entry.h"
#include "rows.h"

/* The LSN of a record that is held now, also beyond the view's last. */
static enum assay_err lsn_now(struct store_view *view,
                              const struct assay_id *id, uint64_t *lsn_out)
{
    uint64_t last = view->last_lsn;

    view->last_lsn = UINT64_MAX;
    enum assay_err err = store_lsn_of(view, id, lsn_out);
    view->last_lsn = last;
    return err;
}

/* Where the references of a kind to an id begin, behind an LSN. */
static enum assay_err find_start(struct store_view *view,
                                 const struct assay_id *id, uint64_t kind,
                                 uint64_t after, struct store_entry *entry_out)
{
    uint64_t named_lsn = 0;
    enum assay_err err = lsn_now(view, id, &named_lsn);

    if (err == ASSAY_OK) {
        store_entry_ref(named_lsn, kind, after + 1, entry_out);
    } else if (err == ASSAY_E_NOT_FOUND) {
        store_entry_missing(id, kind, after + 1, entry_out);
        err = ASSAY_OK;
    }
    return err;
}

/* Moves to the first reference from there on that the view shows. */
static enum assay_err find_next(struct store_view *view, uint64_t kind,
                                struct store_entry *entry)
{
    enum assay_err err = store_index_seek(view, entry);

    if (err == ASSAY_OK && (!store_entry_has_kind(entry, kind) ||
                            store_entry_lsn(entry) > view->last_lsn)) {
        err = ASSAY_E_NOT_FOUND;
    }
    return err;
}

enum assay_err store_refs_next(struct store_view *view,
                               const struct assay_id *id, uint64_t kind,
                               uint64_t *after_lsn, struct store_row *row_out)
{
    struct store_entry entry;
    enum assay_err err = find_start(view, id, kind, *after_lsn, &entry);

    if (err == ASSAY_OK) {
        err = find_next(view, kind, &entry);
    }
    if (err == ASSAY_OK) {
        err = store_view_by_lsn(view, store_entry_lsn(&entry), row_out);
        err = err == ASSAY_E_NOT_FOUND ? ASSAY_E_CORRUPT : err;
    }
    if (err == ASSAY_OK) {
        *after_lsn = store_entry_lsn(&entry);
    }
    return err;
}

enum assay_err store_refs_count(struct store_view *view,
                                const struct assay_id *id, uint64_t kind,
                                uint64_t max, uint64_t *count_out)
{
    struct store_entry entry;
    uint64_t count = 0;
    enum assay_err err = find_start(view, id, kind, 0, &entry);

    while (err == ASSAY_OK && count < max) {
        err = find_next(view, kind, &entry);
        if (err == ASSAY_OK) {
            count++;
            store_entry_step(&entry);
        }
    }
    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    *count_out = count;
    return ASSAY_OK;
}

enum assay_err store_refs_next_missing(struct store_view *view,
                                       struct assay_id *cursor_id,
                                       uint64_t *named_by_lsn_out)
{
    struct store_entry entry;
    enum assay_err err;

    /* Beyond all that name the cursor's id. */
    store_entry_missing(cursor_id, UINT64_MAX, UINT64_MAX, &entry);
    err = store_index_walk(view, &entry);
    if (err == ASSAY_OK && entry.key_len != ASSAY_ID_SIZE) {
        err = ASSAY_E_CORRUPT;
    }
    if (err == ASSAY_OK) {
        memcpy(cursor_id->hash, entry.key, ASSAY_ID_SIZE);
        *named_by_lsn_out = store_entry_lsn(&entry);
    }
    return err;
}

enum assay_err store_refs_namers(struct store_view *view,
                                 const struct assay_id *id, size_t max,
                                 uint64_t *lsns_out, size_t *count_out)
{
    struct store_entry entry;
    size_t count = 0;
    enum assay_err err = ASSAY_OK;

    store_entry_missing(id, 0, 0, &entry);
    while (err == ASSAY_OK && count < max) {
        err = store_index_seek(view, &entry);
        if (err == ASSAY_OK) {
            if (store_entry_lsn(&entry) <= view->last_lsn) {
                lsns_out[count++] = store_entry_lsn(&entry);
            }
            store_entry_step(&entry);
        }
    }
    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
        return err;
    }
    *count_out = count;
    return ASSAY_OK;
}
