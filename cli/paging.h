/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paging.h - lists of records in pages: --limit and --after.
 */
#ifndef ASSAY_CLI_PAGING_H
#define ASSAY_CLI_PAGING_H

#include "context.h"
#include "json.h"
#include "term.h"

/* Records in a page, and the most that one may have. */
#define CLI_PAGE_DEFAULT 50
#define CLI_PAGE_MAX 100000

/* A page that is being written, as text or as a JSON array. */
struct cli_page {
    struct store_view *view;
    uint64_t limit;
    uint64_t after; /* LSN where the page before ended; 0 for the first. */
    uint64_t next;  /* Out: what the next page is after; 0 at the end. */
    uint64_t count; /* Records written. */
    struct cli_doc doc;
    json_t *list; /* Where records go as JSON; NULL: text. */
    struct cli_term term;
};

/* The value of an option that is a decimal number from min to max; left as it
 * is where the option was not given. False: said what was wrong. */
bool cli_paging_number(const struct cli_args *args, const char *name,
                       uint64_t min, uint64_t max, uint64_t *number_out);

/* Reads the options and begins. The page must be ended, unless this fails. */
enum cli_exit cli_page_begin(struct cli_page *page, struct store_view *view,
                             const struct cli_args *args, bool is_json);

/* Writes one record. The view's errors; ASSAY_E_NOMEM. */
ASSAY_MUST_CHECK
enum assay_err cli_page_add(struct cli_page *page, struct store_row *row);

/* Puts the member next: what the next page is after, null at the end. */
void cli_page_put_next(struct cli_page *page, json_t *document);

/*
 * Ends with what became of the walk (ASSAY_E_NOT_FOUND: the list's end). As
 * JSON, an object of that format with the members records and next. CLI_NO
 * where there were no records.
 */
enum cli_exit cli_page_end(struct cli_page *page, enum assay_err err,
                           const char *format);

#endif
