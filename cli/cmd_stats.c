/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "context.h"
#include "json.h"
#include "protocol/kind.h"
#include "report.h"

static enum cli_exit print_json(const struct store_stats *stats)
{
    struct cli_doc doc = {false};
    json_t *document = cli_doc_begin(&doc, "assay-stats/1");
    json_t *kinds = cli_doc_object(&doc);

    for (uint64_t kind = 1; kind < 32; kind++) {
        if (assay_kind_is_known(kind)) {
            cli_doc_put_number(&doc, kinds, assay_kind_name(kind),
                               stats->by_kind[kind]);
        }
    }
    cli_doc_put_number(&doc, kinds, "unknown", stats->by_kind[0]);
    cli_doc_put_number(&doc, document, "records", stats->records);
    cli_doc_put_number(&doc, document, "last_lsn", stats->last_lsn);
    cli_doc_put_number(&doc, document, "record_bytes", stats->record_bytes);
    cli_doc_put_number(&doc, document, "disk_bytes", stats->disk_bytes);
    cli_doc_put_number(&doc, document, "logs", stats->logs);
    cli_doc_put_number(&doc, document, "teams", stats->teams);
    cli_doc_put_number(&doc, document, "erased", stats->erased);
    cli_doc_put_number(&doc, document, "missing", stats->missing);
    cli_doc_put(&doc, document, "kinds", kinds);
    return cli_doc_print(&doc, document);
}

static void print_plain(const char *dir, const struct store_stats *stats)
{
    (void)printf("%s\n", dir);
    (void)printf("  %-24s %12" PRIu64 "\n", "records", stats->records);
    for (uint64_t kind = 1; kind < 32; kind++) {
        if (stats->by_kind[kind] > 0) {
            (void)printf("    %-22s %12" PRIu64 "\n", assay_kind_name(kind),
                         stats->by_kind[kind]);
        }
    }
    if (stats->by_kind[0] > 0) {
        (void)printf("    %-22s %12" PRIu64 "\n", "of kinds not known here",
                     stats->by_kind[0]);
    }
    (void)printf("  %-24s %12" PRIu64 "\n", "teams", stats->teams);
    (void)printf("  %-24s %12" PRIu64 "\n", "logs", stats->logs);
    (void)printf("  %-24s %12" PRIu64 "\n", "bodies erased here",
                 stats->erased);
    (void)printf("  %-24s %12" PRIu64 "\n", "references to missing",
                 stats->missing);
    (void)printf("  %-24s %12" PRIu64 "\n", "bytes of records",
                 stats->record_bytes);
    (void)printf("  %-24s %12" PRIu64 "\n", "bytes on disk", stats->disk_bytes);
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    struct store_stats stats;
    enum cli_exit code = cli_context_open(context, STORE_READ);
    enum assay_err err;

    (void)args;
    if (code != CLI_DONE) {
        return code;
    }
    err = store_ledger_stats(context->ledger, &stats);
    if (err != ASSAY_OK) {
        return cli_report_err(store_ledger_dir(context->ledger), err, NULL);
    }
    if (context->json) {
        return print_json(&stats);
    }
    print_plain(store_ledger_dir(context->ledger), &stats);
    return CLI_DONE;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_cmd_stats = {
    .name = "stats",
    .summary = "Count what the ledger holds.",
    .arguments = "",
    .options = options,
    .example = "assay stats",
    .run = run,
};
