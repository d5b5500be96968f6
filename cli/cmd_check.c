/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "context.h"
#include "interrupt.h"
#include "json.h"
#include "progress.h"
#include "report.h"
#include "store/check.h"

struct told {
    struct cli_progress progress;
    struct cli_doc doc;
    json_t *problems; /* NULL: said as they come. */
};

static void say_problem(void *context, uint64_t lsn, const char *sentence)
{
    struct told *told = context;

    cli_progress_end(&told->progress);
    if (told->problems != NULL) {
        json_t *object = cli_doc_object(&told->doc);

        if (lsn != 0) {
            cli_doc_put_number(&told->doc, object, "lsn", lsn);
        } else {
            cli_doc_put_null(&told->doc, object, "lsn");
        }
        cli_doc_put_word(&told->doc, object, "problem", sentence);
        cli_doc_add(&told->doc, told->problems, object);
    } else if (lsn != 0) {
        (void)printf("record %" PRIu64 ": %s\n", lsn, sentence);
    } else {
        (void)printf("%s\n", sentence);
    }
}

static bool show_progress(void *context, uint64_t done, uint64_t total)
{
    struct told *told = context;

    cli_progress_show(&told->progress, done, total, "records");
    return !cli_interrupt_has_come();
}

static void summarise(const struct store_check_report *report, bool repaired)
{
    (void)printf("%" PRIu64 " records verified, %" PRIu64
                 " index entries %s, %" PRIu64 " captures hashed: ",
                 report->records, report->index_entries,
                 repaired ? "rebuilt" : "confirmed", report->captures);
    if (report->problems == 0) {
        (void)printf("all is well\n");
    } else {
        (void)printf("%" PRIu64 " problems\n", report->problems);
    }
}

static enum cli_exit print_json(const struct store_check_report *report,
                                bool repaired, struct told *told)
{
    struct cli_doc *doc = &told->doc;
    json_t *document = cli_doc_begin(doc, "assay-check/1");

    cli_doc_put_bool(doc, document, "is_repair", repaired);
    cli_doc_put_number(doc, document, "records", report->records);
    cli_doc_put_number(doc, document, "index_entries", report->index_entries);
    cli_doc_put_number(doc, document, "captures", report->captures);
    cli_doc_put(doc, document, "problems", json_incref(told->problems));
    return cli_doc_print(doc, document);
}

static enum cli_exit check(struct cli_context *context, bool repairs,
                           struct told *told)
{
    struct store_check_hooks hooks = {
        .context = told, .problem = say_problem, .progress = show_progress};
    struct store_check_report report = {0};
    enum assay_err err = repairs
                             ? store_repair(context->ledger, &hooks, &report)
                             : store_check(context->ledger, &hooks, &report);

    cli_progress_end(&told->progress);
    if (err == ASSAY_E_STOPPED) {
        cli_report("interrupted. %s; run it again.",
                   repairs ? "The indexes are as they were"
                           : "A check changes nothing");
        return CLI_INTERRUPTED;
    }
    if (err != ASSAY_OK) {
        return cli_report_err(store_ledger_dir(context->ledger), err, NULL);
    }
    if (told->problems != NULL) {
        enum cli_exit code = print_json(&report, repairs, told);

        return code == CLI_DONE && report.problems > 0 ? CLI_NO : code;
    }
    summarise(&report, repairs);
    if (report.problems > 0 && !repairs) {
        cli_note("What is made of records can be rebuilt from them: assay "
                 "check --repair. Damaged captures come back by capturing the "
                 "page again.");
    }
    return report.problems == 0 ? CLI_DONE : CLI_NO;
}

static enum cli_exit run(struct cli_context *context,
                         const struct cli_args *args)
{
    bool repairs = cli_args_has(args, "repair");
    struct told told = {.problems = NULL};
    enum cli_exit code =
        cli_context_open(context, repairs ? STORE_WRITE : STORE_READ);

    if (code != CLI_DONE) {
        return code;
    }
    cli_interrupt_catch();
    cli_progress_begin(&told.progress);
    told.problems = context->json ? cli_doc_list(&told.doc) : NULL;
    code = check(context, repairs, &told);
    json_decref(told.problems);
    return code;
}

static const struct cli_option options[] = {
    {"repair", NULL, "rebuild the indexes from the records", false, false},
    {0},
};

const struct cli_command cli_cmd_check = {
    .name = "check",
    .summary = "Walk the whole ledger and confirm all of it.",
    .arguments = "",
    .options = options,
    .details = "Every record is verified again, every index entry confirmed "
               "both ways, every capture hashed. --repair rebuilds the indexes "
               "in one step; what does not verify is set aside in the folder "
               "aside/. Exit code 1: there are problems.",
    .example = "assay check",
    .run = run,
};
