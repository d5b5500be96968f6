/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "context.h"
#include "protocol/kind.h"
#include "report.h"

static enum cli_exit print_json(const struct store_stats *stats)
{
    json_t *kinds = json_object();
    json_t *whole;

    for (uint64_t kind = 1; kind < 32; kind++) {
        if (assay_kind_is_known(kind)) {
            (void)json_object_set_new(
                kinds, assay_kind_name(kind),
                json_integer((json_int_t)stats->by_kind[kind]));
        }
    }
    (void)json_object_set_new(kinds, "unknown",
                              json_integer((json_int_t)stats->by_kind[0]));
    whole = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "format",
        "assay-stats/1", "records", (json_int_t)stats->records, "last_lsn",
        (json_int_t)stats->last_lsn, "record_bytes",
        (json_int_t)stats->record_bytes, "disk_bytes",
        (json_int_t)stats->disk_bytes, "logs", (json_int_t)stats->logs, "teams",
        (json_int_t)stats->teams, "erased", (json_int_t)stats->erased,
        "missing", (json_int_t)stats->missing, "kinds", kinds);
    if (whole == NULL) {
        return cli_report_err("JSON", ASSAY_E_NOMEM, NULL);
    }
    (void)json_dumpf(whole, stdout, JSON_INDENT(2));
    (void)printf("\n");
    json_decref(whole);
    return CLI_DONE;
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
