/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"
#include "diag.h"
#include "record_json.h"
#include "record_text.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>

static enum assay_err end_output(void)
{
    return fflush(stdout) != 0 || ferror(stdout) != 0 ? ASSAY_E_IO : ASSAY_OK;
}

static enum assay_err write_raw(const struct assay_record *record)
{
    uint8_t *buffer = malloc(ASSAY_ITEM_MAX);
    struct assay_bytes item;
    enum assay_err err;

    if (buffer == NULL) {
        return ASSAY_E_NOMEM;
    }
    err = assay_record_join(record->envelope, record->body, buffer,
                            ASSAY_ITEM_MAX, &item);
    if (err == ASSAY_OK && fwrite(item.data, 1, item.len, stdout) != item.len) {
        err = ASSAY_E_IO;
    }
    free(buffer);
    return err;
}

static enum assay_err write_text(struct store_view *view,
                                 const struct store_item *item)
{
    struct cli_look look = cli_look_of(stdout);
    struct cli_term term;
    enum assay_err err;

    cli_term_open(&term, stdout, &look);
    err = cli_record_text(&term, view, item);
    cli_term_close(&term);
    return err;
}

static enum cli_exit write_json(struct store_view *view,
                                const struct store_item *item)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, "assay-record/1");

    cli_record_put_whole(&doc, document, view, item);
    return cli_doc_print(&doc, document);
}

static enum cli_exit show(const struct cli_context *context,
                          const struct cli_args *args, struct store_view *view,
                          struct store_row *row)
{
    struct store_item item;
    enum assay_err err;

    if (cli_args_has(args, "raw")) {
        err = write_raw(&row->record);
    } else if (cli_args_has(args, "diag")) {
        err = cli_diag_record(row->record.envelope, row->record.body, stdout);
    } else {
        err = store_item_fill(view, row, true, &item);
        if (err == ASSAY_OK && context->json) {
            return write_json(view, &item);
        }
        err = err == ASSAY_OK ? write_text(view, &item) : err;
    }
    err = err == ASSAY_OK ? end_output() : err;
    return err == ASSAY_OK
               ? CLI_DONE
               : cli_report_err(cli_args_positional(args, 0), err, NULL);
}

static enum cli_exit find_and_show(const struct cli_context *context,
                                   const struct cli_args *args,
                                   struct store_view *view)
{
    const char *text = cli_args_positional(args, 0);
    struct store_row row;
    struct assay_id id;
    enum cli_exit code = cli_context_record(view, text, 0, &id);
    enum assay_err err;

    if (code != CLI_DONE) {
        return code;
    }
    err = store_view_by_id(view, &id, &row);
    return err == ASSAY_OK ? show(context, args, view, &row)
                           : cli_report_err(text, err, NULL);
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct store_view *view = NULL;
    enum cli_exit code;

    if (cli_args_has(args, "raw") + cli_args_has(args, "diag") + context->json >
        1) {
        cli_report("--json, --diag and --raw exclude each other.");
        return CLI_USAGE;
    }
    code = cli_context_view(context, STORE_NOW, &view);
    if (code == CLI_DONE) {
        code = find_and_show(context, args, view);
    }
    store_view_end(view);
    return code;
}

static const struct cli_option options[] = {
    {"diag", NULL, "print envelope and body in CBOR diagnostic notation", false,
     false},
    {"raw", NULL, "write the record's bytes, [envelope, body]", false, false},
    {0},
};

const struct cli_command cli_cmd_show = {
    .name = "show",
    .summary = "Show one record: what it says and what is known of it.",
    .arguments = "RECORD",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details =
        "The record is named by its whole id or by the first eight or more "
        "characters behind its prefix. Its signature is checked again.\n\n"
        "--diag writes what RFC 8949 section 8 describes, in ASCII; byte "
        "strings that hold CBOR are between << and >>. --raw writes the very "
        "bytes, as an export file holds them; redirect them to a file.",
    .example = "assay show claim1qxyzabcd --diag",
    .run = run,
};
