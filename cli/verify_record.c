/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/body.h"
#include "protocol/key.h"
#include "render_tree.h"
#include "report.h"
#include "store/chain.h"
#include "store/log.h"
#include "verify.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>

/* Data characters of an id that make it whole. */
#define WHOLE 64

/* A member, then one root a rotation, then the founding record. */
#define PATH_MAX_LEN (ASSAY_ROTATIONS_MAX + 2)

struct verifier {
    struct cli_term term;
    struct store_view *view;
    bool is_good;
};

void cli_verify_mark(struct cli_term *term, enum cli_step step)
{
    switch (step) {
    case CLI_STEP_GOOD:
        cli_put(term, CLI_GOOD, "\u2713 ");
        break;
    case CLI_STEP_BAD:
        cli_put(term, CLI_BAD, "\u2717 ");
        break;
    case CLI_STEP_UNKNOWN:
        cli_put(term, CLI_WARN, "\u25cb ");
        break;
    }
}

void cli_verify_id(struct cli_term *term, enum assay_id_type type,
                   const uint8_t *bytes, size_t chars)
{
    char text[ASSAY_ID_TEXT_MAX];

    cli_id_short(type, bytes, chars, text);
    cli_put(term, CLI_PLAIN, text);
}

/* One step that went well or not, in words of our own. */
static void step(struct verifier *verifier, bool is_good, const char *good,
                 const char *bad)
{
    cli_verify_mark(&verifier->term, is_good ? CLI_STEP_GOOD : CLI_STEP_BAD);
    cli_put(&verifier->term, CLI_PLAIN, is_good ? good : bad);
    cli_end(&verifier->term);
    verifier->is_good = verifier->is_good && is_good;
}

static bool has_good_signature(const struct assay_record *record)
{
    struct assay_record bare = *record;

    bare.body = ASSAY_BYTES_NONE;
    return assay_record_check(&bare) == ASSAY_OK;
}

static void check_form(struct verifier *verifier,
                       const struct assay_record *record,
                       const struct assay_id *id)
{
    struct assay_record again;
    struct assay_fault fault = {0};
    enum assay_err err =
        assay_record_parse(record->envelope, record->body, &again, &fault);

    if (err != ASSAY_OK) {
        cli_verify_mark(&verifier->term, CLI_STEP_BAD);
        cli_putf(&verifier->term, CLI_PLAIN,
                 "its form is wrong at byte %zu: %s", fault.offset,
                 fault.rule != NULL ? fault.rule : assay_err_phrase(err));
        cli_end(&verifier->term);
        verifier->is_good = false;
        return;
    }
    step(verifier, assay_id_equal(&again.id, id),
         "its form is right, and its id is the hash of what was signed",
         "its id is not the hash of what was signed");
    step(verifier, has_good_signature(record), "its signature is good",
         "ITS SIGNATURE IS BAD");
}

static void check_body(struct verifier *verifier, const struct store_row *row)
{
    struct assay_fault fault = {0};
    uint8_t hash[ASSAY_HASH_SIZE];

    if (row->record.body.data == NULL) {
        cli_verify_mark(&verifier->term, CLI_STEP_UNKNOWN);
        cli_put(&verifier->term, CLI_PLAIN,
                row->is_erased ? "its body was erased here; all else can be "
                                 "verified without it"
                               : "its body is not held here");
        cli_end(&verifier->term);
        return;
    }
    assay_hash(row->record.body, hash);
    step(verifier,
         memcmp(hash, row->record.payload.body_hash, sizeof(hash)) == 0,
         "its body has the hash that was signed",
         "its body does not have the hash that was signed");
    if (assay_body_check(&row->record, &fault) != ASSAY_OK) {
        cli_verify_mark(&verifier->term, CLI_STEP_BAD);
        cli_putf(&verifier->term, CLI_PLAIN,
                 "its body breaks a rule of its kind, so it counts for "
                 "nothing: %s",
                 fault.rule != NULL ? fault.rule : "a limit");
        cli_end(&verifier->term);
        verifier->is_good = false;
    }
}

/* One grant on the way up. */
static enum assay_err check_grant(struct verifier *verifier,
                                  const struct store_row *row)
{
    struct cli_term *term = &verifier->term;
    const uint64_t kind = row->record.payload.kind;
    struct assay_validity_result result;
    struct assay_validity *validity = NULL;
    enum assay_err err = store_view_validity(verifier->view, &validity);
    bool is_good;

    if (err == ASSAY_OK) {
        err = assay_validity_of(validity, &row->record, &result);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    is_good = has_good_signature(&row->record) && result.state == ASSAY_STANDS;
    cli_verify_mark(term, is_good ? CLI_STEP_GOOD : CLI_STEP_BAD);
    cli_putf(term, CLI_PLAIN, "%s ", assay_kind_name(kind));
    cli_verify_id(term, assay_id_type_of_kind(kind), row->record.id.hash, 0);
    cli_putf(term, CLI_PLAIN, " signed by ");
    cli_verify_id(term, ASSAY_ID_KEY, row->record.key.bytes, 0);
    cli_putf(term, CLI_PLAIN, ": signature %s, %s",
             has_good_signature(&row->record) ? "good" : "BAD",
             assay_validity_phrase(result.state));
    cli_end(term);
    verifier->is_good = verifier->is_good && is_good;
    return ASSAY_OK;
}

/* What gives the author the authority, up to the founding record. */
static enum assay_err check_path(struct verifier *verifier,
                                 const struct assay_record *record)
{
    struct store_row row = {.record = *record};
    enum assay_err err = ASSAY_OK;
    size_t len = 0;

    if (record->payload.kind == ASSAY_KIND_FOUND) {
        step(verifier, true, "it founds its team: nobody is above it", "");
        return ASSAY_OK;
    }
    cli_put(&verifier->term, CLI_PLAIN, "Its authority comes from:");
    cli_end(&verifier->term);
    while (row.record.payload.kind != ASSAY_KIND_FOUND &&
           len++ < PATH_MAX_LEN) {
        const struct assay_id auth = row.record.payload.auth;

        err = store_view_by_id(verifier->view, &auth, &row);
        if (err == ASSAY_E_NOT_FOUND) {
            step(verifier, false, "", "a record above it is not held here");
            return ASSAY_OK;
        }
        if (err == ASSAY_OK) {
            cli_node_begin(&verifier->term,
                           row.record.payload.kind == ASSAY_KIND_FOUND);
            err = check_grant(verifier, &row);
            cli_node_end(&verifier->term);
        }
        if (err != ASSAY_OK) {
            return err;
        }
    }
    return ASSAY_OK;
}

/* Each prev is held, of the same log, and seq follows from them. */
static enum assay_err check_prev(struct verifier *verifier,
                                 const struct assay_record *record,
                                 bool *is_right_out)
{
    uint64_t last = 0;
    bool is_right = true;

    for (size_t i = 0; i < record->payload.prev_count; i++) {
        struct store_row row;
        enum assay_err err =
            store_view_by_id(verifier->view, &record->payload.prev[i], &row);

        if (err != ASSAY_OK && err != ASSAY_E_NOT_FOUND) {
            return err;
        }
        if (err == ASSAY_E_NOT_FOUND ||
            !assay_id_equal(assay_record_log(&row.record),
                            assay_record_log(record))) {
            is_right = false;
            continue;
        }
        if (row.record.payload.seq > last) {
            last = row.record.payload.seq;
        }
    }
    *is_right_out = is_right && record->payload.seq == last + 1;
    return ASSAY_OK;
}

static enum assay_err check_place(struct verifier *verifier,
                                  const struct assay_record *record)
{
    struct cli_term *term = &verifier->term;
    struct store_log log;
    bool is_right = false;
    enum assay_err err = check_prev(verifier, record, &is_right);

    if (err == ASSAY_OK) {
        err = store_log_find(verifier->view, assay_record_log(record), &log);
    }
    if (err != ASSAY_OK) {
        return err;
    }
    cli_verify_mark(term, is_right ? CLI_STEP_GOOD : CLI_STEP_BAD);
    cli_putf(term, CLI_PLAIN, "number %" PRIu64 " in a log of %" PRIu64 "%s",
             record->payload.seq, log.record_count,
             is_right ? ", and what it builds on is here"
                      : ", but it does not follow from what it builds on");
    if (log.head_count > 1) {
        cli_dot(term);
        cli_putf(term, CLI_WARN, "! the log is forked: %zu heads",
                 log.head_count);
    }
    cli_end(term);
    verifier->is_good = verifier->is_good && is_right;
    return ASSAY_OK;
}

static enum assay_err check_all(struct verifier *verifier,
                                struct store_row *row,
                                const struct assay_id *id)
{
    struct store_item item;
    enum assay_err err = store_item_fill(verifier->view, row, true, &item);

    if (err != ASSAY_OK) {
        return err;
    }
    cli_put(&verifier->term, CLI_BOLD,
            assay_kind_name(row->record.payload.kind));
    cli_put(&verifier->term, CLI_PLAIN, " ");
    cli_verify_id(&verifier->term,
                  assay_id_type_of_kind(row->record.payload.kind), id->hash,
                  WHOLE);
    cli_end(&verifier->term);
    check_form(verifier, &row->record, id);
    check_body(verifier, row);
    err = check_path(verifier, &row->record);
    if (err == ASSAY_OK) {
        err = check_place(verifier, &row->record);
    }
    if (err == ASSAY_OK) {
        step(verifier, item.validity.state == ASSAY_STANDS, "it stands",
             "it does not stand:");
        cli_render_state(&verifier->term, &item, 0);
    }
    return err;
}

enum cli_exit cli_verify_record(struct store_view *view,
                                const struct assay_id *id)
{
    const struct cli_look look = cli_look_of(stdout);
    struct verifier verifier = {.view = view, .is_good = true};
    struct store_row row;
    enum assay_err err = store_view_by_id(view, id, &row);

    if (err == ASSAY_OK) {
        cli_term_open(&verifier.term, stdout, &look);
        err = check_all(&verifier, &row, id);
        cli_term_close(&verifier.term);
    }
    if (err == ASSAY_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        err = ASSAY_E_IO;
    }
    if (err != ASSAY_OK) {
        return cli_report_err("the record", err, NULL);
    }
    return verifier.is_good ? CLI_DONE : CLI_NO;
}
