/* SPDX-License-Identifier: Apache-2.0 */
#include "export_file.h"
#include "internal.h"

static bool is_any(const void *context, uint64_t lsn)
{
    (void)context;
    (void)lsn;
    return true;
}

static enum assay_err write_all_bytes(struct store_export *export)
{
    struct store_list_query query = {.list = STORE_LIST_KIND,
                                     .kind = ASSAY_KIND_CAPTURE};
    struct store_row row;
    uint64_t cursor = 0;
    enum assay_err err = store_list_next(export->view, &query, &cursor, &row);

    while (err == ASSAY_OK) {
        err = store_export_bytes(export, cursor, is_any, NULL);
        if (err == ASSAY_OK) {
            err = store_list_next(export->view, &query, &cursor, &row);
        }
    }
    return err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
}

enum assay_err store_export_all(struct store_view *view, int fd,
                                struct store_ledger *captures_of,
                                uint64_t *count_out)
{
    struct store_export export;
    uint64_t last = store_view_last_lsn(view);
    enum assay_err err = store_export_begin(&export, view, fd, captures_of);

    for (uint64_t lsn = 1; err == ASSAY_OK && lsn <= last; lsn++) {
        err = store_export_lsn(&export, lsn);
        if (err == ASSAY_E_NOT_FOUND) {
            err = ASSAY_OK; /* A repair set it aside. */
        }
        if (err == ASSAY_OK) {
            err = store_watch_tell(view->ledger->watch, lsn, last);
        }
    }
    if (err == ASSAY_OK && captures_of != NULL) {
        err = write_all_bytes(&export);
    }
    if (err == ASSAY_OK) {
        err = store_export_finish(&export);
    }
    store_export_clear(&export);
    if (err == ASSAY_OK) {
        *count_out = export.count;
    }
    return err;
}
