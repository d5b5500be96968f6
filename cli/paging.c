/* SPDX-License-Identifier: Apache-2.0 */
#include "paging.h"

#include "record_json.h"
#include "record_text.h"
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool cli_paging_number(const struct cli_args *args, const char *name,
                       uint64_t min, uint64_t max, uint64_t *number_out)
{
    const int base = 10;
    const char *text = cli_args_value(args, name);
    unsigned long long number;
    char *end = NULL;

    if (text == NULL) {
        return true;
    }
    errno = 0;
    number = strtoull(text, &end, base);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        number < min || number > max) {
        cli_report("--%s needs a number from %" PRIu64 " to %" PRIu64 ".", name,
                   min, max);
        return false;
    }
    *number_out = number;
    return true;
}

enum cli_exit cli_page_begin(struct cli_page *page, struct store_view *view,
                             const struct cli_args *args, bool is_json)
{
    const struct cli_look look = cli_look_of(stdout);

    *page = (struct cli_page){.view = view, .limit = CLI_PAGE_DEFAULT};
    if (!cli_paging_number(args, "limit", 1, CLI_PAGE_MAX, &page->limit) ||
        !cli_paging_number(args, "after", 0, UINT64_MAX - 1, &page->after)) {
        return CLI_USAGE;
    }
    if (is_json) {
        page->list = cli_doc_list(&page->doc);
        if (page->list == NULL) {
            return cli_report_err("the list", ASSAY_E_NOMEM, NULL);
        }
    }
    cli_term_open(&page->term, stdout, &look);
    return CLI_DONE;
}

enum assay_err cli_page_add(struct cli_page *page, struct store_row *row)
{
    struct store_item item;
    json_t *record;
    enum assay_err err = store_item_fill(page->view, row, false, &item);

    if (err != ASSAY_OK) {
        return err;
    }
    page->count++;
    if (page->list == NULL) {
        cli_record_lines(&page->term, &item);
        return ASSAY_OK;
    }
    record = cli_doc_object(&page->doc);
    cli_record_put_whole(&page->doc, record, page->view, &item);
    cli_doc_add(&page->doc, page->list, record);
    return page->doc.has_failed ? ASSAY_E_NOMEM : ASSAY_OK;
}

void cli_page_put_next(struct cli_page *page, json_t *document)
{
    if (page->next > 0) {
        cli_doc_put_number(&page->doc, document, "next", page->next);
    } else {
        cli_doc_put_null(&page->doc, document, "next");
    }
}

static enum cli_exit end_json(struct cli_page *page, const char *format)
{
    json_t *document = cli_doc_begin(&page->doc, format);

    cli_doc_put(&page->doc, document, "records", json_incref(page->list));
    cli_page_put_next(page, document);
    return cli_doc_print(&page->doc, document);
}

enum cli_exit cli_page_end(struct cli_page *page, enum assay_err err,
                           const char *format)
{
    const bool is_for_people = page->list == NULL;
    enum cli_exit code = CLI_DONE;

    if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
        code = cli_report_err("the list", err, NULL);
    } else if (page->list != NULL) {
        code = end_json(page, format);
    } else if (page->next != 0) {
        cli_gap_line(&page->term);
        cli_putf(&page->term, CLI_PLAIN,
                 "There are more; the next page begins with --after %" PRIu64
                 ".",
                 page->next);
        cli_end(&page->term);
    }
    cli_term_close(&page->term);
    json_decref(page->list);
    if (code == CLI_DONE && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        code = cli_report_err("standard output", ASSAY_E_IO, NULL);
    }
    if (code != CLI_DONE || page->count > 0) {
        return code;
    }
    if (is_for_people) {
        cli_note("There is nothing here that fits.");
    }
    return CLI_NO;
}
