/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "context.h"
#include "interrupt.h"
#include "report.h"
#include "store/transfer.h"

/* What the hooks are told and need. */
struct told {
    struct cli_watch watch;
    uint64_t durable; /* Records added by the batches that are durable. */
};

static bool show_progress(void *context,
                          const struct store_import_report *so_far)
{
    struct told *told = context;

    told->durable = so_far->added;
    cli_progress_show(&told->watch.progress, so_far->records, 0,
                      "records read");
    return !cli_interrupt_has_come();
}

static void tell_refused(void *context, uint64_t offset,
                         const struct assay_id *id, enum assay_err err,
                         const char *rule)
{
    struct told *told = context;

    cli_progress_end(&told->watch.progress);
    cli_report_refused(NULL, offset, id, err, rule);
}

static enum cli_exit summarise(const char *path,
                               const struct store_import_report *report)
{
    (void)printf("%" PRIu64 " records read: %" PRIu64 " added, %" PRIu64
                 " held already, %" PRIu64 " refused, %" PRIu64 " too early\n",
                 report->records, report->added, report->held, report->refused,
                 report->early);
    if (report->bodies > 0 || report->captures > 0) {
        (void)printf("%" PRIu64 " missing bodies and %" PRIu64
                     " captures are now here\n",
                     report->bodies, report->captures);
    }
    if (report->is_cut) {
        cli_report("%s is cut: it ends without its end mark. What was whole, "
                   "up to byte %" PRIu64 ", is kept. Get the file again.",
                   path, report->cut_offset);
    }
    if (report->early > 0) {
        cli_report("%" PRIu64 " records name a prev or auth that is not held. "
                   "Import what they build on, then this file again.",
                   report->early);
    }
    return report->is_cut || report->early > 0 || report->refused > 0
               ? CLI_REFUSED
               : CLI_DONE;
}

static enum cli_exit import(struct cli_context *context, int fd,
                            const char *path)
{
    struct told told = {.durable = 0};
    struct store_import_hooks hooks = {
        .context = &told, .refused = tell_refused, .progress = show_progress};
    struct store_import_report report = {0};

    cli_watch_begin(&told.watch, NULL);
    store_ledger_watch(context->ledger, &told.watch.store);
    enum assay_err err =
        store_import(context->ledger, fd, 0, context->now_s, &hooks, &report);
    store_ledger_watch(context->ledger, NULL);
    cli_watch_end(&told.watch);
    if (err == ASSAY_E_STOPPED) {
        cli_report("interrupted. %" PRIu64 " records were added and are kept. "
                   "Import %s again for the rest; what is here is not added "
                   "twice.",
                   told.durable, path);
        return CLI_INTERRUPTED;
    }
    if (err == ASSAY_E_MALFORMED) {
        cli_report("%s is no file of records, such as assay export writes.",
                   path);
        return CLI_REFUSED;
    }
    if (err != ASSAY_OK) {
        enum cli_exit code = cli_report_err(path, err, NULL);

        cli_note("%" PRIu64 " records were added and are kept.", told.durable);
        return code;
    }
    return summarise(path, &report);
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    const char *path = cli_args_positional(args, 0);
    enum cli_exit code = cli_context_open(context, STORE_WRITE);
    int fd = STDIN_FILENO;

    if (code != CLI_DONE) {
        return code;
    }
    if (strcmp(path, "-") != 0) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0) {
        cli_report("%s cannot be opened: %s.", path, strerror(errno));
        return CLI_ENVIRONMENT;
    }
    code = import(context, fd, path);
    if (fd != STDIN_FILENO) {
        (void)close(fd);
    }
    return code;
}

static const struct cli_option options[] = {{0}};

const struct cli_command cli_cmd_import = {
    .name = "import",
    .summary = "Take in the records of a file, checking each.",
    .arguments = "FILE",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .details = "Every signature and every record's place are checked. What is "
               "whole is kept, whatever follows; what is refused is named "
               "with the reason. - reads standard input.",
    .example = "assay import claim.assay",
    .run = run,
};
