/* SPDX-License-Identifier: Apache-2.0 */
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

static void report_wrong(struct cli_term *term, const struct store_row *row,
                         enum assay_err err)
{
    cli_verify_mark(term, CLI_STEP_BAD);
    cli_verify_id(term, assay_id_type_of_kind(row->record.payload.kind),
                  row->record.id.hash, 0);
    cli_putf(term, CLI_PLAIN, ": %s", assay_err_phrase(err));
    cli_end(term);
}

static enum assay_err look_at(struct cli_term *term,
                              struct assay_validity *validity,
                              const struct store_row *row, struct tally *tally)
{
    const struct assay_record *record = &row->record;
    struct assay_validity_result result;
    enum assay_err err = assay_record_check(record);

    tally->records++;
    if (err != ASSAY_OK) {
        tally->wrong++;
        report_wrong(term, row, err);
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

static enum assay_err walk(struct store_view *view, struct cli_term *term,
                           struct tally *tally)
{
    const uint64_t last = store_view_last_lsn(view);
    struct assay_validity *validity = NULL;
    struct store_row row;
    enum assay_err err = store_view_validity(view, &validity);

    for (uint64_t lsn = 1; lsn <= last && err == ASSAY_OK; lsn++) {
        err = store_view_by_lsn(view, lsn, &row);
        if (err == ASSAY_OK) {
            err = look_at(term, validity, &row, tally);
        } else if (err == ASSAY_E_NOT_FOUND) {
            err = ASSAY_OK; /* A repaired ledger may have gaps. */
        }
    }
    return err;
}

static void write_count(struct cli_term *term, enum cli_step step,
                        uint64_t count, const char *what)
{
    char number[CLI_NUMBER_MAX];

    if (count == 0) {
        return;
    }
    cli_number(count, number);
    cli_verify_mark(term, step);
    cli_putf(term, CLI_PLAIN, "%s %s", number, what);
    cli_end(term);
}

static void write_tally(struct cli_term *term, const struct tally *tally)
{
    char number[CLI_NUMBER_MAX];

    cli_number(tally->records, number);
    cli_putf(term, CLI_BOLD, "%s records verified", number);
    cli_end(term);
    write_count(term, CLI_STEP_BAD, tally->wrong, "are NOT what was signed");
    write_count(term, CLI_STEP_GOOD, tally->records - tally->wrong,
                "are what was signed");
    write_count(term, CLI_STEP_UNKNOWN, tally->erased,
                "with a body that was erased here");
    write_count(term, CLI_STEP_UNKNOWN, tally->bodiless,
                "with a body that is not held here");
    write_count(term, CLI_STEP_UNKNOWN, tally->malformed,
                "that break a rule of their kind and count for nothing");
    write_count(term, CLI_STEP_GOOD, tally->by_state[ASSAY_STANDS], "stand");
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

enum cli_exit cli_verify_all(struct store_view *view)
{
    const struct cli_look look = cli_look_of(stdout);
    struct cli_term term;
    struct tally tally = {0};
    enum assay_err err;

    cli_term_open(&term, stdout, &look);
    err = walk(view, &term, &tally);
    if (err == ASSAY_OK) {
        write_tally(&term, &tally);
    }
    cli_term_close(&term);
    if (err == ASSAY_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        err = ASSAY_E_IO;
    }
    if (err != ASSAY_OK) {
        return cli_report_err("the ledger", err, NULL);
    }
    return tally.wrong == 0 ? CLI_DONE : CLI_NO;
}
