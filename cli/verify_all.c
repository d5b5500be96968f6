/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"
#include "protocol/body.h"
#include "report.h"
#include "verify.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>

#define STATE_COUNT (ASSAY_AUTHORITY_MISSING + 1)

/* What was found in all records. */
struct tally {
    uint64_t records;
    uint64_t wrong;     /* Signature, key, hash of the body. */
    uint64_t malformed; /* Bodies that break the rules of their kind. */
    uint64_t erased;
    uint64_t bodiless; /* Not held, and not erased. */
    uint64_t by_state[STATE_COUNT];
};

/* Where the answer goes. */
struct output {
    struct cli_watch watch;
    struct cli_term term;
    struct cli_doc doc;
    json_t *faults; /* NULL: for people. */
};

static void report_wrong(struct output *output, const struct store_row *row,
                         enum assay_err err)
{
    enum assay_id_type type = assay_id_type_of_kind(row->record.payload.kind);

    cli_watch_end(&output->watch);
    if (output->faults == NULL) {
        cli_verify_mark(&output->term, CLI_STEP_BAD);
        cli_verify_id(&output->term, type, row->record.id.hash, 0);
        cli_putf(&output->term, CLI_PLAIN, ": %s", assay_err_phrase(err));
        cli_end(&output->term);
    } else if (json_array_size(output->faults) < CLI_VERIFY_FAULTS_MAX) {
        json_t *fault = cli_doc_object(&output->doc);

        cli_doc_put_id(&output->doc, fault, "id", type, row->record.id.hash);
        cli_doc_put_number(&output->doc, fault, "lsn", row->lsn);
        cli_doc_put_word(&output->doc, fault, "sentence",
                         assay_err_phrase(err));
        cli_doc_add(&output->doc, output->faults, fault);
    }
}

static enum assay_err look_at(struct output *output,
                              struct assay_validity *validity,
                              const struct store_row *row, struct tally *tally)
{
    const struct assay_record *record = &row->record;
    struct assay_validity_result result;
    enum assay_err err = assay_record_check(record);

    tally->records++;
    if (err != ASSAY_OK) {
        tally->wrong++;
        report_wrong(output, row, err);
    }
    if (record->body.data == NULL) {
        tally->erased += row->is_erased ? 1 : 0;
        tally->bodiless += row->is_erased ? 0 : 1;
    } else if (assay_body_check(record, NULL) != ASSAY_OK) {
        tally->malformed++;
    }
    err = assay_validity_of(validity, record, &result);
    if (err == ASSAY_OK) {
        tally->by_state[result.state]++;
    }
    return err;
}

static enum assay_err walk(struct store_view *view, struct output *output,
                           struct tally *tally)
{
    const uint64_t last = store_view_last_lsn(view);
    const struct store_watch *watch = &output->watch.store;
    struct assay_validity *validity = NULL;
    struct store_row row;
    enum assay_err err = store_view_validity(view, &validity);

    cli_watch_begin(&output->watch, "records verified");
    for (uint64_t lsn = 1; lsn <= last && err == ASSAY_OK; lsn++) {
        err = store_view_by_lsn(view, lsn, &row);
        if (err == ASSAY_OK) {
            err = look_at(output, validity, &row, tally);
        } else if (err == ASSAY_E_NOT_FOUND) {
            err = ASSAY_OK; /* A repaired ledger may have gaps. */
        }
        if (err == ASSAY_OK) {
            err = store_watch_tell(watch, lsn, last);
        }
    }
    cli_watch_end(&output->watch);
    return err;
}

static void write_tally(struct cli_term *term, const struct tally *tally)
{
    char number[CLI_NUMBER_MAX];

    cli_number(tally->records, number);
    cli_putf(term, CLI_BOLD, "%s records verified", number);
    cli_end(term);
    cli_verify_count(term, CLI_STEP_BAD, tally->wrong,
                     "are NOT what was signed");
    cli_verify_count(term, CLI_STEP_GOOD, tally->records - tally->wrong,
                     "are what was signed");
    cli_verify_count(term, CLI_STEP_UNKNOWN, tally->erased,
                     "with a body that was erased here");
    cli_verify_count(term, CLI_STEP_UNKNOWN, tally->bodiless,
                     "with a body that is not held here");
    cli_verify_count(term, CLI_STEP_UNKNOWN, tally->malformed,
                     "that break a rule of their kind and count for nothing");
    cli_verify_count(term, CLI_STEP_GOOD, tally->by_state[ASSAY_STANDS],
                     "stand");
    for (size_t i = ASSAY_STANDS + 1; i < STATE_COUNT; i++) {
        if (tally->by_state[i] > 0) {
            cli_number(tally->by_state[i], number);
            cli_verify_mark(term, CLI_STEP_UNKNOWN);
            cli_putf(term, CLI_PLAIN, "%s do not stand: %s", number,
                     assay_validity_phrase((enum assay_validity_state)i));
            cli_end(term);
        }
    }
}

static enum assay_err verify_for_people(struct store_view *view,
                                        struct tally *tally)
{
    const struct cli_look look = cli_look_of(stdout);
    struct output output = {.faults = NULL};
    enum assay_err err;

    cli_term_open(&output.term, stdout, &look);
    err = walk(view, &output, tally);
    if (err == ASSAY_OK) {
        write_tally(&output.term, tally);
    }
    cli_term_close(&output.term);
    if (err == ASSAY_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        err = ASSAY_E_IO;
    }
    return err;
}

static void put_tally(struct cli_doc *doc, json_t *document,
                      const struct tally *tally)
{
    json_t *states = cli_doc_object(doc);

    cli_doc_put_bool(doc, document, "is_good", tally->wrong == 0);
    cli_doc_put_number(doc, document, "records", tally->records);
    cli_doc_put_number(doc, document, "wrong", tally->wrong);
    cli_doc_put_number(doc, document, "malformed", tally->malformed);
    cli_doc_put_number(doc, document, "erased", tally->erased);
    cli_doc_put_number(doc, document, "bodiless", tally->bodiless);
    for (size_t i = 0; i < STATE_COUNT; i++) {
        cli_doc_put_number(doc, states,
                           assay_validity_name((enum assay_validity_state)i),
                           tally->by_state[i]);
    }
    cli_doc_put(doc, document, "by_validity", states);
}

static enum assay_err verify_as_json(struct store_view *view,
                                     struct tally *tally)
{
    struct output output = {.faults = NULL};
    json_t *document = cli_doc_begin(&output.doc, "assay-verify-ledger/1");
    enum assay_err err;

    output.faults = cli_doc_list(&output.doc);
    err = output.faults == NULL ? ASSAY_E_NOMEM : walk(view, &output, tally);
    put_tally(&output.doc, document, tally);
    cli_doc_put(&output.doc, document, "faults", output.faults);
    if (err != ASSAY_OK) {
        json_decref(document);
        return err;
    }
    return cli_doc_write(&output.doc, document, stdout);
}

enum cli_exit cli_verify_all(struct store_view *view, bool is_json)
{
    struct tally tally = {0};
    enum assay_err err = is_json ? verify_as_json(view, &tally)
                                 : verify_for_people(view, &tally);

    if (err == ASSAY_E_STOPPED) {
        cli_report("interrupted after %" PRIu64 " records, of which %" PRIu64
                   " are not what was signed; verify all of them again.",
                   tally.records, tally.wrong);
        return CLI_INTERRUPTED;
    }
    if (err != ASSAY_OK) {
        return cli_report_err("the ledger", err, NULL);
    }
    return tally.wrong == 0 ? CLI_DONE : CLI_NO;
}
