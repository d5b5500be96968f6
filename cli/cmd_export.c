/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "context.h"
#include "interrupt.h"
#include "report.h"
#include "store/transfer.h"

/* The file is written aside and put in place when it is whole. */
static enum cli_exit write_file(struct cli_context *context,
                                struct store_view *view,
                                const struct assay_id *id, bool has_captures,
                                const char *path)
{
    char aside[4096];
    uint64_t count = 0;
    struct cli_watch watch;
    struct store_ledger *captures = has_captures ? context->ledger : NULL;
    enum assay_err err;

    if (snprintf(aside, sizeof(aside), "%s.partial-XXXXXX", path) >=
        (int)sizeof(aside)) {
        return cli_report_err(path, ASSAY_E_LIMIT, NULL);
    }
    int fd = mkstemp(aside);
    if (fd < 0) {
        cli_report("%s cannot be written: %s.", path, strerror(errno));
        return CLI_ENVIRONMENT;
    }
    cli_watch_begin(&watch, "records exported");
    store_ledger_watch(context->ledger, &watch.store);
    err = id == NULL ? store_export_all(view, fd, captures, &count)
                     : store_export_record(view, id, fd, captures, &count);
    store_ledger_watch(context->ledger, NULL);
    cli_watch_end(&watch);
    if (err == ASSAY_OK && fsync(fd) != 0) {
        err = ASSAY_E_IO;
    }
    (void)close(fd);
    if (err == ASSAY_OK && rename(aside, path) != 0) {
        err = ASSAY_E_IO;
    }
    if (err != ASSAY_OK) {
        (void)unlink(aside);
        if (err == ASSAY_E_STOPPED) {
            cli_report("interrupted. %s was not written; export it again.",
                       path);
            return CLI_INTERRUPTED;
        }
        return cli_report_err(path, err, NULL);
    }
    cli_note("%" PRIu64 " records are in %s. Anyone can check it with: assay "
             "verify %s",
             count, path, path);
    return CLI_DONE;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    bool is_all = cli_args_has(args, "all");
    const char *text = cli_args_positional(args, 0);
    bool has_captures = is_all ? cli_args_has(args, "captures")
                               : !cli_args_has(args, "no-captures");
    struct store_view *view = NULL;
    struct assay_id id;
    enum cli_exit code;

    if (is_all == (text != NULL)) {
        cli_report("give either a record or --all. See: assay help export");
        return CLI_USAGE;
    }
    if (is_all && cli_args_has(args, "no-captures")) {
        cli_report("--no-captures is for a record's file: with --all captured "
                   "bytes are left out unless --captures is given.");
        return CLI_USAGE;
    }
    if (!is_all && cli_args_has(args, "captures")) {
        cli_report("--captures is for --all: a record's file holds its "
                   "captured bytes unless --no-captures is given.");
        return CLI_USAGE;
    }
    code = cli_context_view(context, STORE_NOW, &view);
    if (code == CLI_DONE && !is_all) {
        code = cli_context_record(view, text, 0, &id);
    }
    if (code == CLI_DONE) {
        code = write_file(context, view, is_all ? NULL : &id, has_captures,
                          cli_args_value(args, "output"));
    }
    store_view_end(view);
    return code;
}

static const struct cli_option options[] = {
    {"output", "FILE", "the file to write, also -o", true, false},
    {"all", NULL, "the whole ledger", false, false},
    {"captures", NULL, "with --all: captured bytes, too", false, false},
    {"no-captures", NULL, "of a record: leave captured bytes out", false,
     false},
    {0},
};

const struct cli_command cli_cmd_export = {
    .name = "export",
    .summary = "Write a record's proof, or the whole ledger, to a file.",
    .arguments = "[RECORD]",
    .positional_max = 1,
    .options = options,
    .details = "The file of a claim holds its evidence chain, with all that is "
               "needed to check it without this ledger: assay verify FILE.",
    .example = "assay export claim1qxy... -o claim.assay",
    .run = run,
};
