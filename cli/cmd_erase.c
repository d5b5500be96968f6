/* SPDX-License-Identifier: Apache-2.0 */
#include "draft.h"
#include "editor.h"
#include "input.h"
#include "report.h"

#include "protocol/kinds/capture.h"
#include "store/batch.h"
#include "store/captures.h"

#include <stdlib.h>

static const struct cli_option options[] = {
    {"reason", "TEXT", "why; - reads standard input, none opens an editor",
     false, false},
    {NULL, NULL, NULL, false, false}};

/* What is to be erased, and the bytes that go with it. */
struct target {
    struct assay_id id;
    bool is_erased;
    bool has_bytes;
    uint8_t sha256[ASSAY_HASH_SIZE];
};

static enum cli_exit find_target(struct cli_context *context, const char *text,
                                 struct target *target)
{
    struct store_view *view = NULL;
    struct store_row row;
    struct assay_capture capture;
    enum cli_exit exit_code = cli_draft_view(context, &view);

    if (exit_code != CLI_DONE) {
        return exit_code;
    }
    exit_code = cli_context_record(view, text, 0, &target->id);
    if (exit_code == CLI_DONE) {
        enum assay_err err = store_view_by_id(view, &target->id, &row);

        if (err != ASSAY_OK) {
            exit_code = cli_report_err(text, err, NULL);
        } else {
            target->is_erased = row.is_erased;
            target->has_bytes =
                row.record.payload.kind == ASSAY_KIND_CAPTURE &&
                row.record.body.data != NULL &&
                assay_capture_read(row.record.body, &capture, NULL) == ASSAY_OK;
        }
    }
    if (exit_code == CLI_DONE && target->has_bytes) {
        memcpy(target->sha256, capture.sha256, sizeof(target->sha256));
    }
    store_view_end(view);
    return exit_code;
}

static enum assay_err erase(struct cli_context *context,
                            const struct target *target, const char *reason)
{
    struct store_batch *batch = NULL;
    enum assay_err err =
        store_batch_begin(context->ledger, context->now_s, &batch);

    if (err == ASSAY_OK) {
        err =
            store_batch_erase(batch, &target->id, NULL, assay_bytes_of(reason));
    }
    if (err == ASSAY_OK) {
        err = store_batch_commit(batch);
        batch = NULL; /* Commit frees it, also when it fails. */
    }
    store_batch_abort(batch);
    return err;
}

/* Bytes go with the body once that is durable, where they can. */
static void tell_of_bytes(const struct cli_context *context,
                          const struct target *target)
{
    if (target->has_bytes &&
        store_captures_has(context->ledger, target->sha256)) {
        cli_note("The captured bytes are still here: another capture is of "
                 "them too, or their file cannot be removed now, which is "
                 "tried again with the next record.");
    }
}

static enum cli_exit say_erased(const char *text)
{
    cli_report("%s: its body was erased before", text);
    return CLI_NO;
}

static enum cli_exit erase_for(struct cli_context *context,
                               const struct target *target, const char *text,
                               const char *reason)
{
    enum assay_err err = erase(context, target, reason);

    if (err == ASSAY_E_EXISTS) {
        return say_erased(text);
    }
    if (err != ASSAY_OK) {
        return cli_report_err(text, err, NULL);
    }
    tell_of_bytes(context, target);
    return CLI_DONE;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct target target;
    const char *text = cli_args_positional(args, 0);
    char *reason = NULL;
    char *draft = NULL;

    memset(&target, 0, sizeof(target));
    enum cli_exit exit_code = find_target(context, text, &target);
    if (exit_code == CLI_DONE && target.is_erased) {
        exit_code = say_erased(text);
    }
    if (exit_code == CLI_DONE) {
        exit_code =
            cli_input_text("reason", cli_args_value(args, "reason"),
                           "Say why this body has to go.", &reason, &draft);
    }
    if (exit_code == CLI_DONE) {
        exit_code = erase_for(context, &target, text, reason);
    }
    free(reason);
    return cli_editor_end(draft, exit_code);
}

const struct cli_command cli_cmd_erase = {
    .name = "erase",
    .sub = NULL,
    .summary = "Drop a body from this ledger.",
    .arguments = "RECORD",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "For a court order or a privacy request. The record and its "
               "place in its log stay and still verify; what it said is gone "
               "here, and the reason is kept. A capture's bytes go too, "
               "unless another capture is of the same. Nothing is signed and "
               "other ledgers are not asked: retract --erase does that.",
    .example = "assay erase claim1qqqqqqqq --reason \"Court order 12/34\"",
    .run = run};
