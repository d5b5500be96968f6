/* SPDX-License-Identifier: Apache-2.0 */
#include "logs.h"

static enum cli_exit take_whose(struct cli_context *context,
                                struct store_view *view, const char *text,
                                struct cli_whose *whose)
{
    struct store_key_info info;

    if (assay_id_parse(assay_bytes_of(text), &whose->key, NULL) == ASSAY_OK) {
        whose->is_key = whose->key.type == ASSAY_ID_KEY;
    } else if (store_keyring_find(context->ledger, text, &info) == ASSAY_OK) {
        whose->is_key = true;
        whose->key = (struct assay_id_prefix){.type = ASSAY_ID_KEY,
                                              .bit_count = 8 * ASSAY_KEY_SIZE};
        memcpy(whose->key.bytes, info.key.bytes, ASSAY_KEY_SIZE);
    }
    return whose->is_key ? CLI_DONE
                         : cli_context_team(view, text, &whose->team);
}

/* Everything here, the newest first. */
static enum assay_err write_all(struct cli_page *page)
{
    uint64_t lsn = store_view_last_lsn(page->view);
    struct store_row row;
    enum assay_err err = ASSAY_OK;

    if (page->after > 0 && page->after <= lsn) {
        lsn = page->after - 1;
    }
    while (err == ASSAY_OK && lsn > 0 && page->count < page->limit) {
        err = store_view_by_lsn(page->view, lsn, &row);
        if (err == ASSAY_OK) {
            err = cli_page_add(page, &row);
        }
        /* A repaired ledger may have gaps. */
        err = err == ASSAY_E_NOT_FOUND ? ASSAY_OK : err;
        lsn--;
    }
    page->next = lsn > 0 ? lsn + 1 : 0;
    return err;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    const char *text = cli_args_positional(args, 0);
    struct cli_whose whose = {0};
    struct cli_page page;
    struct store_view *view = NULL;
    enum cli_exit code = cli_context_view(context, STORE_NOW, &view);

    if (code == CLI_DONE && text != NULL) {
        code = take_whose(context, view, text, &whose);
    }
    if (code == CLI_DONE) {
        code = cli_page_begin(&page, view, args, context->json);
        if (code == CLI_DONE && text != NULL) {
            code = cli_logs_show(&page, &whose);
        } else if (code == CLI_DONE) {
            code = cli_page_end(&page, write_all(&page), "assay-log/1");
        }
    }
    store_view_end(view);
    return code;
}

static const struct cli_option options[] = {
    {"limit", "N", "records in a page; 50 by default", false, false},
    {"after", "N", "the next page, as the last one says", false, false},
    {0},
};

const struct cli_command cli_cmd_log = {
    .name = "log",
    .summary = "Show what was received here, or signed by a key or a team.",
    .arguments = "[KEY|TEAM]",
    .positional_min = 0,
    .positional_max = 1,
    .options = options,
    .details =
        "Without an argument: every record here, the newest first.\n\n"
        "With a key (its name in the keyring, or key1...) or a team (team1... "
        "or its exact name): the log of each grant, in the order of receipt, "
        "with its last records in the order of their numbers, and whether it "
        "is forked or frozen. The next page goes on with the records before "
        "those, then with the next log.",
    .example = "assay log --limit 20",
    .run = run,
};
